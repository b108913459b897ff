# SPDX-License-Identifier: Apache-2.0
"""Failing programs are shrunk for the report: short, for the same clause, within limits, and never instead of the verdict."""

from __future__ import annotations

import json
import signal
import threading
from typing import Any, Iterator

import pytest

from conftest import Irqcts
from irqcts import Program
from irqcts.agent import AgentProcess, BackendChoice
from irqcts.shrinking import Shrinker
from irqcts.trace import Trace

#: A pending bit that is lost at unmask, buried among operations that do not matter.
FAULT = "fault=F10"


@pytest.fixture
def agent() -> Iterator[AgentProcess]:
    found = AgentProcess(BackendChoice("emulator", FAULT))
    yield found
    found.close()


def failing(agent: AgentProcess) -> Trace:
    program = Program().configure(8, 4)
    for entry in range(8):
        program.write_entry(entry, message=entry % 4).table_read(entry, "data")
    program.enable().raise_event(5).poll({}).unmask_entry(5).poll({1: 1})
    trace = agent.run(program)
    assert trace.oracle_failed and trace.statement_failed
    return trace


def test_what_is_left_is_short_and_fails_for_the_same_clause(agent: AgentProcess) -> None:
    trace = failing(agent)
    assert trace.first_divergence is not None
    clause = trace[trace.first_divergence].clause
    shrunk = Shrinker(agent).shrink(trace)
    assert isinstance(shrunk, dict)
    assert shrunk["shrunk"]["operations_before"] == len(trace) and shrunk["shrunk"]["minimal"]
    assert shrunk["shrunk"]["operations_after"] == len(shrunk["steps"]) <= 10
    assert shrunk["steps"][shrunk["first_divergence"]]["clause"] == clause
    again = agent.run(Program.from_text(shrunk["text"]))
    assert again.oracle_failed and again[again.first_divergence or 0].clause == clause


def test_nothing_is_left_to_leave_out(agent: AgentProcess) -> None:
    shrunk = Shrinker(agent).shrink(failing(agent))
    assert isinstance(shrunk, dict)
    lines = shrunk["text"].splitlines()
    clause = shrunk["steps"][shrunk["first_divergence"]]["clause"]
    for left_out in range(2, len(lines)):
        shorter = agent.run(Program.from_text("\n".join(lines[:left_out] + lines[left_out + 1:]) + "\n"))
        first = shorter.first_divergence
        assert first is None or shorter[first].clause != clause


def test_a_failure_that_does_not_repeat_is_said_to_be_one(agent: AgentProcess) -> None:
    trace = failing(agent)
    healthy = AgentProcess(BackendChoice("emulator"))
    try:
        said = Shrinker(healthy).shrink(trace)
    finally:
        healthy.close()
    assert isinstance(said, str) and said.startswith("the failure did not repeat")


def test_a_statement_alone_is_not_shrunk(agent: AgentProcess) -> None:
    trace = agent.run(Program().configure(1, 1).table_write(0, "data", 1).table_read(0, "data", expect=2))
    assert trace.statement_failed and not trace.oracle_failed
    assert Shrinker(agent).shrink(trace) is None


def test_a_run_spends_its_time_on_running(agent: AgentProcess) -> None:
    assert Shrinker(agent, spent=1e6).shrink(failing(agent)) is None


def test_a_backend_that_dies_while_shrinking_leaves_the_verdict(agent: AgentProcess, monkeypatch: Any) -> None:
    trace = failing(agent)
    run, calls = agent.run, [0]

    def dying(program: Program, timeout: float | None = None, *, stop_at_first: bool = False) -> Trace:
        calls[0] += 1
        if calls[0] == 5:
            assert agent._process is not None
            agent._process.send_signal(signal.SIGSTOP)  # alive when the program is sent, and dead before it answers
            threading.Timer(0.2, agent._process.kill).start()
        return run(program, timeout, stop_at_first=stop_at_first)

    monkeypatch.setattr(agent, "run", dying)
    said = Shrinker(agent).shrink(trace)
    assert isinstance(said, str) and said.startswith("it could not be shrunk: the agent was ended by SIGKILL")


def test_ctrl_c_while_shrinking_is_not_lost_in_the_library(agent: AgentProcess, monkeypatch: Any) -> None:
    trace = failing(agent)
    run, calls = agent.run, [0]

    def interrupted(program: Program, timeout: float | None = None, *, stop_at_first: bool = False) -> Trace:
        calls[0] += 1
        if calls[0] == 5:
            raise KeyboardInterrupt
        return run(program, timeout, stop_at_first=stop_at_first)

    monkeypatch.setattr(agent, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        Shrinker(agent).shrink(trace)
    assert calls[0] == 5


@pytest.mark.parametrize("arguments, shrunk", [((), True), (("--no-shrink",), False)])
def test_the_log_has_the_shrunk_program_first(irqcts: Irqcts, arguments: tuple[str, ...], shrunk: bool) -> None:
    irqcts.write('''
from irqcts import clauses

@clauses("PEND-RELEASE")
def test_release(machine):
    """What pends is released by the unmask."""
    machine.check(machine.program().write_entry(0, message=0).enable().raise_event(0).unmask_entry(0).poll({0: 1}))
''')
    done = irqcts.run("--backend", f"emulator:{FAULT}", *arguments)
    assert done.status == 1, done.output
    [test] = done.tests.values()
    assert ["shrunk" in program for program in test["programs"]] == ([True, False] if shrunk else [False])
    assert all((done.folder / "programs").joinpath(program["replay"].split("/")[-1]).read_text() == program["text"]
               for program in test["programs"]), json.dumps(test["programs"])
