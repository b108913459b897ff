# SPDX-License-Identifier: Apache-2.0
"""docs/writing-a-stimulus.md, followed to the letter in an empty folder, and what a beginner gets wrong."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from irqcts import HarnessError, Program, guest_libraries
from irqcts.agent import AgentProcess, BackendChoice
from irqcts.guest_kernel import KernelUnavailable, distribution_kernel

TREE = Path(__file__).resolve().parents[2]
PAGE = TREE / "docs" / "writing-a-stimulus.md"


def block(language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert found is not None
    return found.group(1)


@pytest.fixture
def build(tmp_path: Path) -> Callable[[str], Path]:
    """Builds the page's driver, changed or not, with the page's own command; the library's path."""
    if not (TREE / "core").is_dir():
        pytest.skip("an installed package: the page's command is for a checkout")

    def make(source: str) -> Path:
        (tmp_path / "my_device.c").write_text(source, "utf-8")
        for folder in ("backends", "core"):
            if not (tmp_path / folder).exists():
                (tmp_path / folder).symlink_to(TREE / folder)
        subprocess.run(block("sh"), shell=True, cwd=tmp_path, check=True, timeout=60)
        return tmp_path / "my_device.so"

    return make


def agent_with(library: Path, options: str = "") -> AgentProcess:
    try:
        distribution_kernel("bookworm")
    except KernelUnavailable as error:
        pytest.skip(f"NOT_TESTED, no kernel: {error}")
    return AgentProcess(BackendChoice.parse(f"vfio:guest=bookworm,stimulus={library}{options}"))


def test_the_page_followed_by_a_new_user(build: Callable[[str], Path]) -> None:
    """Built out of the tree, loaded in a guest, and the device's own interrupts are there, masks and all."""
    agent = agent_with(build(block("c")))
    try:
        description = agent.description()
        assert description.stimulus == "device" and description.device.endswith("my-device")
        program = Program().configure(4, 4).start().raise_event(2).poll({2: 1})
        program.mask(1).raise_event(1).poll({}).pba_read({1: 1}).unmask(1).poll({1: 1})
        assert agent.run(program).conforms
    finally:
        agent.close()


@pytest.mark.parametrize("old, new, what", [
    ("irqcts_register_write(state, 0, TEST_INTERRUPT, entry);", "(void)entry;",
     "an event on entry 0 did not arrive on its eventfd within half a second; stimulus: my-device"),
    ("0x0006", "0x0007", "does not know the device 1b36:0006"),
    ("abi_version == IRQCTS_STIMULUS_ABI_VERSION ? &driver : NULL", "(void)abi_version, NULL",
     "it speaks another version"),
    ("irqcts_stimulus_entry(uint32_t abi_version)", "my_entry(uint32_t abi_version)",
     "it does not export irqcts_stimulus_entry"),
], ids=["does-nothing", "another-device", "another-version", "no-entry"])
def test_what_a_beginner_gets_wrong(build: Callable[[str], Path], old: str, new: str, what: str) -> None:
    source = block("c")
    assert old in source
    agent = agent_with(build(source.replace(old, new)))
    with pytest.raises(HarnessError) as error:
        agent.description()
    assert what in error.value.why and error.value.cause == "environment"
    agent.close()


@pytest.mark.parametrize("written", ["./my_device.so", "sub/../my_device.so", ".//my_device.so"])
def test_the_guest_is_told_its_own_path(build: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                        written: str) -> None:
    """The page writes ./my_device.so; whatever leads to the file here is replaced as a whole."""
    build(block("c"))
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path)
    options = f"device=0000:00:04.0,stimulus={written},wait=1"
    library = guest_libraries.stimulus_library(options)
    assert library is not None
    _, files, inside = guest_libraries.with_stimulus(library, options)
    assert inside == "device=0000:00:04.0,stimulus=/lib/irqcts/my_device.so,wait=1"
    assert files["lib/irqcts/my_device.so"] == tmp_path / "my_device.so"


def test_a_library_that_is_not_there(tmp_path: Path) -> None:
    agent = agent_with(tmp_path / "no.so")
    with pytest.raises(HarnessError, match=r"no\.so: no such file"):
        agent.description()


def test_a_library_with_something_missing(build: Callable[[str], Path], tmp_path: Path) -> None:
    """What it is linked to goes into the guest too; what is not here is named."""
    (tmp_path / "part.c").write_text("int part(void) { return 0; }\n", "utf-8")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", "libpart.so", "part.c"], cwd=tmp_path, check=True, timeout=60)
    build("int part(void);\n" + block("c").replace("(void)error;", "(void)error; (void)part();", 1))
    command = block("sh").strip() + " -L . -lpart"
    subprocess.run(command, shell=True, cwd=tmp_path, check=True, timeout=60)
    (tmp_path / "libpart.so").unlink()
    agent = agent_with(tmp_path / "my_device.so")
    with pytest.raises(HarnessError, match=r"cannot be loaded in a guest: needs libpart\.so"):
        agent.description()
