# SPDX-License-Identifier: Apache-2.0
"""irqcts-windows.zip: what is in it, that nothing else is, and that its README's commands fit its files."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from irqcts.cli import COMMANDS
from irqcts.cli.run import command as run_command
from irqcts.paths import layout

ROOT = layout().root
BUILD = layout().build
pytestmark = [pytest.mark.skipif(not (BUILD / "windows" / "out").is_dir(),
                                 reason="not tested: the Windows programs are not built here (no mingw-w64)"),
              pytest.mark.timeout(200)]
PROGRAMS = {"irqcts.sys", "irqcts.inf", "irqctsbus.sys", "irqctsbus.inf", "irqctsmini.sys", "irqctsmini.inf",
            "irqcts_windows.dll", "irqcts-backend-emulator.dll", "irqcts-backend-model.dll", "libirqcts.dll",
            "irqcts-agent.exe", "irqcts-setup.exe", "irqcts-try.exe"}


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made now and unpacked."""
    subprocess.run(["ninja", "-C", str(BUILD), "irqcts_windows_zip"], check=True, capture_output=True, timeout=180)
    folder = tmp_path_factory.mktemp("package")
    with zipfile.ZipFile(BUILD / "irqcts-windows.zip") as archive:
        assert archive.testzip() is None
        archive.extractall(folder)
    assert [path.name for path in folder.iterdir()] == ["irqcts"], "one folder, so that nothing is unpacked over others"
    return folder / "irqcts"


def files_below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_programs_and_libraries(package: Path) -> None:
    assert {path.name for path in (package / "windows").iterdir()} == PROGRAMS
    for path in (package / "windows").iterdir():
        data = path.read_bytes()
        assert path.suffix == ".inf" or data[:2] == b"MZ" and b"PE\0\0\x64\x86" in data, path.name


def test_the_rest(package: Path) -> None:
    """The harness, the suites and the reports are those of the tree, and no test of the project is among them."""
    assert {path.name for path in package.iterdir()} == {
        "LICENSE", "README-Windows.md", "irqcts.cmd", "model", "pyproject.toml", "python", "rulings", "suites",
        "windows"}
    tracked = subprocess.run(["git", "ls-files", "harness/irqcts", "reports/irqcts_reports", "suites"], cwd=ROOT,
                             capture_output=True, text=True, check=True).stdout.split()
    for name in tracked:
        place = re.sub(r"^(?:harness|reports)/", "python/", name)
        assert (package / place).read_bytes() == (ROOT / name).read_bytes(), name
    foreign = [name for name in files_below(package) if re.search(r"(^|/)(tests|__pycache__)/|\.so$|\.pyc$", name)]
    assert foreign == []
    assert (package / "irqcts.cmd").read_bytes() == (ROOT / "irqcts.cmd").read_bytes()


def test_the_harness_is_whole(package: Path, tmp_path: Path) -> None:
    """It finds its suites and clauses in the unpacked folder (here with the library of this machine)."""
    done = subprocess.run([sys.executable, "-m", "irqcts", "list", "--json"], capture_output=True, text=True,
                          timeout=60, env={"PATH": os.environ["PATH"], "PYTHONPATH": str(package / "python"),
                               "IRQCTS_LIBRARY": str(layout().library), "XDG_CACHE_HOME": str(tmp_path),
                               "PYTHONDONTWRITEBYTECODE": "1"})
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)) > 300


def readme(package: Path) -> tuple[str, list[str]]:
    """The text, and every command in it."""
    text = (package / "README-Windows.md").read_text("utf-8")
    return text, re.findall(r"^ {4,}(\S.*)$", text, re.MULTILINE) + re.findall(r"`([a-z][\w.\\-]* [^`]+)`", text)


def test_every_file_of_the_package_is_in_the_readme(package: Path) -> None:
    text, _ = readme(package)
    for name in PROGRAMS:
        assert f"`windows\\{name}`" in text, name


def test_every_file_that_the_readme_names_is_there(package: Path) -> None:
    text, _ = readme(package)
    named = {name.replace("\\", "/") for name in re.findall(r"\bwindows\\[\w.-]+", text)}
    made = {"windows/irqcts.cat", "windows/irqctsbus.cat", "windows/irqctsmini.cat"}  # by inf2cat, below
    assert len(named) >= len(PROGRAMS)
    for name in named - made:
        assert (package / name).exists() or (package / (name + ".exe")).exists(), name
    for inf in (package / "windows").glob("*.inf"):
        catalogue = re.search(r"^CatalogFile = (\S+)", inf.read_text("utf-8"), re.MULTILINE)
        assert catalogue and f"windows/{catalogue[1]}" in made & named, inf.name


def test_commands_of_the_readme_are_commands(package: Path) -> None:
    """Its own programs know the words that follow them; the others are Windows' own or the WDK's."""
    _, commands = readme(package)
    usage = {name: (ROOT / source).read_text("utf-8") for name, source in
             (("irqcts-setup", "backends/windows/setup/setup.c"),
              ("irqcts-try", "backends/windows/tests/try_driver.c"))}
    options = {name for parameter in run_command.params for name in parameter.opts}
    seen = set()
    for command in commands:
        words = command.split()
        program = words[0].removeprefix("windows\\")
        seen.add(program)
        if program in usage:
            assert f'strcmp(values[1], "{words[1]}") == 0' in usage[program] or \
                f'strcmp(what, "{words[1]}") == 0' in usage[program], command
        elif program == "irqcts":
            assert words[1] in COMMANDS, command
            assert {word for word in words if re.match("--[a-z]", word)} <= options, command
        else:
            assert program in {"bcdedit", "certutil", "inf2cat", "powershell", "pnputil", "shutdown", "signtool",
                               "verifier"}, command
    assert {"irqcts", "irqcts-setup", "irqcts-try", "pnputil", "bcdedit", "signtool", "verifier"} <= seen


def test_the_preflight_names_programs_of_the_package(package: Path) -> None:
    """The commands that it gives are about files that are there, and words that they know."""
    text = (package / "python" / "irqcts" / "windows_preflight.py").read_text("utf-8")
    setup = (ROOT / "backends/windows/setup/setup.c").read_text("utf-8")
    for name in set(re.findall(r"irqcts[\w-]*\.(?:exe|inf|sys|dll)", text)):
        assert name in PROGRAMS, name
    for word in ("bind", "install", "facts"):
        assert f'"{word}"' in setup


def test_installation_lays_out_the_same(package: Path, tmp_path: Path) -> None:
    """`cmake --install` on Linux puts the whole of it below share/irqcts, beside what is for Linux."""
    subprocess.run(["cmake", "--install", str(BUILD), "--prefix", str(tmp_path)], check=True, capture_output=True,
                   timeout=100)
    assert files_below(tmp_path / "share" / "irqcts") >= files_below(package)
    assert (tmp_path / "bin" / "irqcts").exists() and (tmp_path / "lib" / "libirqcts.so").exists()
