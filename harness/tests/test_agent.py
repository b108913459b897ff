# SPDX-License-Identifier: Apache-2.0
"""The agent process: its life, its deadlines, and that it never outlives the harness's interest."""

from __future__ import annotations

import json
import time
from typing import Iterator

import psutil
import pytest

from conftest import agent_command
from irqcts import AgentCrash, AgentTimeout, HarnessError, Program
from irqcts.agent import AgentProcess, BackendChoice


def small() -> Program:
    return Program().configure(2, 2).write_entry(0, message=0, masked=False).enable().raise_event(0).poll({0: 1})


@pytest.fixture
def agent() -> Iterator[AgentProcess]:
    found = AgentProcess(BackendChoice("emulator"))
    yield found
    found.close()


def tampering(mode: str) -> AgentProcess:
    return AgentProcess(BackendChoice("emulator"), command=json.loads(agent_command(mode)))


def test_a_program_and_its_trace(agent: AgentProcess) -> None:
    trace = agent.run(small())
    assert trace.conforms and len(trace) == 9
    assert trace.polls()[0].deliveries == {0: 1} and trace[8].status == "ok"
    assert {"SEND-ONCE", "SEND-CONDITION"} <= trace.covered()
    assert agent.starts == 1 and agent.run(small()).conforms and agent.starts == 1, "one agent for many programs"


def test_stop_at_the_first_divergence() -> None:
    agent = AgentProcess(BackendChoice("emulator"))
    wrong = Program().configure(1, 1).table_write(0, "data", 1).table_read(0, "data", expect=1).get_size()
    try:
        assert len(agent.run(wrong, stop_at_first=True)) == 4
    finally:
        agent.close()


@pytest.mark.parametrize("text, name, options", [
    ("emulator", "emulator", ""), ("qemu:device=rocker,x=y:z", "qemu", "device=rocker,x=y:z"),
    ("qemu:qemu=/opt/qemu/bin/q,device=rocker", "qemu", "qemu=/opt/qemu/bin/q,device=rocker"),
    ("/opt/a:b/irqcts-backend-x.so:k=v", "/opt/a:b/irqcts-backend-x.so", "k=v"),
])
def test_choice_of_a_backend(text: str, name: str, options: str) -> None:
    choice = BackendChoice.parse(text)
    assert (choice.name, choice.options) == (name, options) and str(choice) == text
    assert BackendChoice.parse("qemu:a=b", "nvme").options == "a=b,device=nvme"


@pytest.mark.parametrize("choice, what", [
    ("no-such", 'no backend "no-such"'), ("emulator:colour=red", 'no option "colour"'),
    ("/no/such/backend.so", "/no/such/backend.so"), ("emulator:table-bar=9", "table-bar=9"),
])
def test_what_cannot_be_opened(choice: str, what: str) -> None:
    agent = AgentProcess(BackendChoice.parse(choice))
    with pytest.raises(HarnessError) as error:
        agent.description()
    assert what in error.value.why and error.value.cause == "environment"
    assert not agent.alive


def test_an_agent_that_is_not_there() -> None:
    with pytest.raises(HarnessError, match="cannot start the agent /no/such"):
        AgentProcess(BackendChoice("emulator"), command=["/no/such/agent"]).description()


def test_crash_and_restart() -> None:
    agent = tampering("crash-on-third")
    assert agent.run(small()).conforms and agent.run(small()).conforms
    with pytest.raises(AgentCrash) as crash:
        agent.run(small())
    assert "SIGSEGV" in crash.value.why and crash.value.evidence == ["the agent falls over"]
    assert agent.run(small()).conforms and agent.starts == 2
    agent.close()


def ended(family: list[psutil.Process], within: float) -> bool:
    """Whether all are gone, or dead and not yet collected: a grandchild dies a moment after the kill."""
    def alive(process: psutil.Process) -> bool:
        try:
            return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False

    end = time.monotonic() + within
    while any(map(alive, family)):
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


@pytest.mark.parametrize("mode", ["hang-on-run", "stubborn-on-run"])
def test_the_deadline_ends_the_whole_process_group(mode: str) -> None:
    agent = tampering(mode)
    agent.description()
    assert agent._process is not None
    family = [psutil.Process(agent._process.pid), *psutil.Process(agent._process.pid).children(recursive=True)]
    assert len(family) >= 2
    start = time.monotonic()
    with pytest.raises(AgentTimeout, match="no answer within 0.2 s"):
        agent.run(small(), timeout=0.2)
    assert time.monotonic() - start < 10
    assert ended(family, within=5)


def test_a_hang_while_opening() -> None:
    agent = tampering("hang-on-hello")
    agent.open_seconds = 0.3
    with pytest.raises(AgentTimeout, match="opening the backend"):
        agent.description()
    assert not agent.alive


def test_close_leaves_nothing(agent: AgentProcess) -> None:
    agent.description()
    assert agent._process is not None
    process = psutil.Process(agent._process.pid)
    agent.close()
    assert not process.is_running()
    agent.close()


def test_a_long_program_does_not_block_the_pipe(agent: AgentProcess) -> None:
    """Frames larger than any pipe's buffer, both ways at once."""
    program = Program().configure(2048, 2048)
    for entry in range(2048):
        program.write_entry(entry, message=entry).table_read(entry, "data")
    trace = agent.run(program)
    assert trace.conforms and len(trace) == 1 + 2048 * 5


def test_a_large_poll(agent: AgentProcess) -> None:
    program = Program().configure(2048, 2048).enable()
    for entry in range(2048):
        program.write_entry(entry, message=entry, masked=False).raise_event(entry)
    trace = agent.run(program.poll({entry: 1 for entry in range(2048)}))
    assert trace.conforms and len(trace.polls()[0].deliveries) == 2048
