# SPDX-License-Identifier: Apache-2.0
"""The package for Windows as a person there uses it: irqcts.cmd, Python, the agent and the drivers, all under Wine.

    python3 backends/windows/tests/windows_python.py FOLDER
    IRQCTS_WINDOWS_PYTHON=FOLDER/python.exe … pytest harness/tests/test_windows_python.py
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from irqcts.wine_prefix import WineError, WinePrefix, binaries, wine
from test_windows_package import package

PYTHON = os.environ.get("IRQCTS_WINDOWS_PYTHON", "")
try:
    wine()
    binaries()
    MISSING = "" if PYTHON else ("IRQCTS_WINDOWS_PYTHON names no Python for Windows; "
                                 "backends/windows/tests/windows_python.py makes one")
except WineError as error:
    MISSING = str(error)

pytestmark = [pytest.mark.skipif(bool(MISSING), reason=f"not tested: {MISSING}"), pytest.mark.timeout(300)]
__all__ = ["package"]


def windows_path(path: Path | str) -> str:
    return "Z:" + str(path).replace("/", "\\")


class Windows:
    """A prompt in the unpacked package."""

    def __init__(self, prefix: WinePrefix, folder: Path) -> None:
        self.prefix = prefix
        self.folder = folder
        self.variables = {"PYTHONHOME": windows_path(Path(PYTHON).parent), "IRQCTS_PYTHON": windows_path(PYTHON)}

    def call(self, *words: str, seconds: float = 200) -> tuple[int, str]:
        done = subprocess.run([str(self.prefix.program), *words], cwd=self.folder, input=b"", timeout=seconds,
                              env={**self.prefix.environment, **self.variables}, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        return done.returncode, done.stdout.decode("utf-8", "replace")

    def irqcts(self, *words: str) -> tuple[int, str]:
        return self.call("cmd", "/c", "irqcts.cmd", *words)

    def python(self, text: str) -> tuple[int, str]:
        self.variables["PYTHONPATH"] = windows_path(self.folder / "python")
        return self.call(PYTHON, "-c", text)


@pytest.fixture
def windows(package: Path) -> Iterator[Windows]:
    prefix = WinePrefix()
    with prefix.locked():
        prefix.prepare()
        yield Windows(prefix, package)


# --- the launcher ----------------------------------------------------------------------------------------------------


def test_no_python_and_a_wrong_one(windows: Windows) -> None:
    del windows.variables["IRQCTS_PYTHON"]
    status, said = windows.irqcts("run")
    assert status == 2 and "winget install --exact --id Python.Python.3.12" in said, said
    windows.variables["IRQCTS_PYTHON"] = r"C:\No Such (x86)\python.exe"
    status, said = windows.irqcts("run")
    assert status == 2 and r"IRQCTS_PYTHON=C:\No Such (x86)\python.exe is no Python 3.11 or later" in said, said


def test_a_package_of_python_that_is_missing(windows: Windows, tmp_path: Path) -> None:
    """The interpreter without one of its packages: the command that installs it."""
    home = tmp_path / "a python"
    shutil.copytree(Path(PYTHON).parent, home, ignore=shutil.ignore_patterns("click", "objects", "ffi"))
    windows.variables.update(PYTHONHOME=windows_path(home), IRQCTS_PYTHON=windows_path(home / "python.exe"))
    status, said = windows.irqcts("run")
    assert status == 2 and f'"{windows_path(home)}\\python.exe" -m pip install click' in said, said


# --- the suite -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_the_suite_on_the_emulator(windows: Windows, jobs: str) -> None:
    status, said = windows.irqcts("run", "--jobs", jobs, "--out", f"jobs-{jobs}")
    assert status == 0 and "every judged test passes" in said, said
    assert (windows.folder / f"jobs-{jobs}" / "report.html").stat().st_size > 100_000


def test_a_fault_and_its_replay(windows: Windows) -> None:
    status, said = windows.irqcts("run", "--backend", "emulator:fault=F10", "--clause", "PEND-RELEASE",
                                  "--out", "fault")
    assert status == 1 and "non-conformance found" in said, said
    program = sorted((windows.folder / "fault" / "programs").iterdir())[0]
    assert f"irqcts replay --backend emulator:fault=F10 fault\\\\programs\\\\{program.name}" in \
        (windows.folder / "fault" / "results.jsonl").read_text("utf-8")
    status, said = windows.irqcts("replay", "--backend", "emulator:fault=F10", f"fault\\programs\\{program.name}")
    assert status == 1 and "diverges at step" in said, said


def test_the_simulated_device(windows: Windows) -> None:
    """The backend windows, its preflight, agent, library and driver without any part of Linux."""
    windows.prefix.install()
    status, said = windows.irqcts("run", "--backend", "windows", "--out", "simulated")
    assert status == 0 and "every judged test passes" in said, said
    log = (windows.folder / "simulated" / "results.jsonl").read_text("utf-8")
    assert r"Wine, simulated bus: irqcts.sys on IRQCTS\\SIMULATED\\0" in log
    status, said = windows.irqcts("run", "--backend", "windows:fault=K6", "--clause", "ROUTE-SET-BAD-ENTRY",
                                  "--out", "k6")
    assert status == 1, said
    windows.prefix.remove()


# --- what stands in the way ------------------------------------------------------------------------------------------


def test_the_preflight_speaks(windows: Windows) -> None:
    folder = windows_path(windows.folder / "windows")
    for words, what in (
            ((), f'"{folder}\\irqcts-setup.exe" install "{folder}"'),
            (("--device", "VEN_9999"), "pnputil /enum-devices /connected"),
            (("--device", r"ROOT\WINE\WINEBUS"), f'pnputil /add-driver "{folder}\\irqcts.inf" /install')):
        status, said = windows.irqcts("run", "--backend", "windows", *words)
        assert status == 2 and "cannot run yet" in said and what in said and "Traceback" not in said, said
    status, said = windows.irqcts("doctor")
    assert status == 0 and "ok       backend emulator" in said and "missing  backend windows" in said, said
    status, said = windows.irqcts("test")
    assert status == 2 and "a command of Linux" in said, said


DEATHS = r'''
import subprocess, sys, time
from irqcts import AgentCrash, AgentTimeout, Program
from irqcts.agent import AgentProcess, BackendChoice
from irqcts.paths import layout

FAKE = r"""
import ctypes, subprocess, sys, time
agent = subprocess.Popen([sys.argv[1], "--backend", "emulator"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
def pass_on(source, to):
    header = source.read(16)
    to.write(header + source.read(int.from_bytes(header[12:16], "little")))
    to.flush()
pass_on(sys.stdin.buffer, agent.stdin)
pass_on(agent.stdout, sys.stdout.buffer)
sys.stdin.buffer.read(16)
if sys.argv[2] == "crash":
    ctypes.windll.kernel32.ExitProcess(0xC0000005)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"])
print(agent.pid, child.pid, file=sys.stderr, flush=True)
time.sleep(1000)
"""

def runs(pid):
    import ctypes
    handle = ctypes.windll.kernel32.OpenProcess(0x100000, False, pid)  # SYNCHRONIZE
    return bool(handle) and ctypes.windll.kernel32.WaitForSingleObject(handle, 0) != 0

program = Program().configure(2, 2)
for mode, ending in (("hang", AgentTimeout), ("crash", AgentCrash)):
    agent = AgentProcess(BackendChoice("emulator"), command=[sys.executable, "-c", FAKE, str(layout().agent), mode])
    agent.description()
    start = time.monotonic()
    try:
        agent.run(program, timeout=2)
        sys.exit("it answered")
    except ending as end:
        print(mode, end.why, "late" if time.monotonic() - start > 20 else "in time")
        if mode == "hang":
            print("left behind:", [pid for pid in map(int, end.evidence[0].split()) if runs(pid)])
'''


def test_agents_that_hang_and_die(windows: Windows) -> None:
    """A deadline ends all that the agent started; a death says how."""
    status, said = windows.python(DEATHS)
    assert status == 0, said
    assert "hang no answer within 2 s while running a program of 1 operations; the agent was ended in time" in said
    assert "left behind: []" in said, said
    assert "crash the agent was ended by access violation (0xc0000005) while running" in said, said


def test_names_and_endings(windows: Windows) -> None:
    status, said = windows.python(
        "from pathlib import Path; from irqcts.host_windows import *; from irqcts.host_windows import ended\n"
        "names = ('irqcts-backend-x.dll', 'irqcts_windows.dll', 'irqcts.sys', 'libirqcts.dll')\n"
        "print([backend_name(Path(name)) for name in names])\n"
        "print(ended(3), '|', ended(0xC0000005 - (1 << 32)), '|', ended(0xC0000142))")
    assert status == 0, said
    assert said.splitlines() == ["['x', 'windows', None, None]",
                                 "ended with status 3 | was ended by access violation (0xc0000005) | "
                                 "ended with status 0xc0000142"]
