# SPDX-License-Identifier: Apache-2.0
"""QEMU of another suite, run without being installed, and the device that it is fetched for."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path

import pytest

from irqcts import Program, vf
from irqcts.agent import AgentProcess, BackendChoice
from irqcts.apt import Unavailable
from irqcts.verdict import Ending
from irqcts.packaged_qemu import PROGRAM, has_device, named_qemu, packaged_qemu

IGB_DEVIATES = Path(__file__).parents[2] / "backends" / "qemu" / "deviations"


@pytest.fixture(scope="module")
def newer() -> Path:
    try:
        return packaged_qemu("trixie")
    except Unavailable as error:
        pytest.skip(f"no QEMU of trixie: {error}")


def igb(newer: Path) -> AgentProcess:
    return AgentProcess(BackendChoice("qemu", f"device=igb,path={newer}"))


def test_a_path_and_a_program_are_taken_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert named_qemu("/no/such/qemu") == "/no/such/qemu"
    assert named_qemu("Not_A_Suite") == "Not_A_Suite"
    program = tmp_path / "trixie"  # a program wins over a suite of its name
    program.write_text("#!/bin/sh\n", "utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert named_qemu("trixie") == "trixie"


def test_a_fresh_one_is_taken_from_the_cache_without_apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cached = tmp_path / "qemu" / "trixie" / "qemu-system-x86_1" / PROGRAM
    cached.parent.mkdir(parents=True)
    cached.touch()
    monkeypatch.setenv("PATH", "")
    assert packaged_qemu("trixie", tmp_path) == cached
    assert packaged_qemu("trixie", tmp_path, refresh=True) == cached, "an older one is better than none"


def test_what_cannot_be_had_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Unavailable, match="is not the name of a distribution suite"):
        packaged_qemu("../etc", tmp_path)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Unavailable, match="apt-get: not on this machine"):
        packaged_qemu("trixie", tmp_path)
    assert not list(tmp_path.rglob(PROGRAM))


def test_a_qemu_without_the_device_is_told_apart(tmp_path: Path, newer: Path) -> None:
    assert has_device(newer, "igb") and not has_device(newer, "toaster")
    assert not has_device(tmp_path / "none", "igb")


def test_an_older_qemu_is_told_what_it_lacks() -> None:
    if shutil.which(PROGRAM) is None or has_device(PROGRAM, "igb"):
        pytest.skip("no QEMU without igb is installed")
    agent = AgentProcess(BackendChoice("qemu", "device=igb"))
    try:
        with pytest.raises(Ending, match="'igb' is not a valid device model name.*igb needs QEMU 8.0 or later"):
            agent.description()
    finally:
        agent.close()


def test_igb_delivers_from_each_of_its_functions(newer: Path) -> None:
    agent = igb(newer)
    try:
        description = agent.description()
        assert (description.entries_max, description.virtual_functions_max) == (10, 4)
        assert description.virtual_entries_max == 3
        program = Program().configure(10, 10, vfs=4, vf_entries=3, vf_messages=3)
        for function in (None, 0, 3):
            program.write_entry(2, message=2, masked=False, vf=function).enable(vf=function)
        program.raise_event(2).raise_event(2).raise_event(2, vf=3).poll({2: 2, vf(3).message(2): 1})
        program.raise_event(2, vf=0).poll({vf(0).message(2): 1})
        assert agent.run(program).conforms
    finally:
        agent.close()


@pytest.mark.parametrize("name", sorted(path.name for path in IGB_DEVIATES.glob("igb-*.irqcts")))
def test_the_deviation_replays(newer: Path, name: str) -> None:
    agent = igb(newer)
    try:
        trace = agent.run(Program.from_text((IGB_DEVIATES / name).read_text("utf-8")))
        assert trace.first_divergence == len(trace) - 1, "only the last statement fails"
        assert trace[len(trace) - 1].clause == "ENABLE-OFF-SILENT"
    finally:
        agent.close()
