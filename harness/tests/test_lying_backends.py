# SPDX-License-Identifier: Apache-2.0
"""Lying and broken backends, each in a run of a suite, in soaking and in shrinking: the verdict is the right one.

The backend is backends/emulator/tests/lying_backend.c: the emulator, and between it and the agent a lie.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from conftest import HARNESS, Irqcts
from irqcts.agent import AgentProcess, BackendChoice
from irqcts.cli import soak
from irqcts.paths import layout
from irqcts.program import Program

HONESTY = (HARNESS.parent / "suites" / "test_honesty.py").read_text("utf-8")
SUITE = '''
from irqcts import clauses, needs

@clauses("ROUTE-SET-BAD-ENTRY", "ROUTE-MASK-BAD-ENTRY")
@needs(entries=2, messages=2)
def test_refusals(machine):
    """What names no entry is refused."""
    machine.check(machine.program().start().set_entry(9, 0, expect="refused").mask(9, expect="refused"))

@clauses("SEND-ONCE")
@needs(entries=2, messages=2, stimulus="device")
def test_twelve_events(machine):
    """Twelve events are twelve messages, each when it is polled for."""
    program = machine.program().start()
    for number in range(12):
        program.raise_event(number % 2).poll({number % 2: 1})
    machine.check(program)

@clauses("PEND-SET", "PEND-RELEASE")
@needs(entries=2, messages=2, stimulus="device")
def test_masked_then_released(machine):
    """Nothing while masked, one message at unmask."""
    machine.check(machine.program().start().mask(1).raise_event(1).poll({}).unmask(1).poll({1: 1}).poll({}))

@clauses("ENTRY-RETAINED")
@needs(entries=2)
def test_two_entries_hold_two_values(machine):
    """What is written is read, entry by entry."""
    program = machine.program().table_write(0, "data", 1).table_write(1, "data", 2)
    program.table_read(0, "data", expect=1).table_read(1, "data", expect=2)
    machine.check(program.table_read(0, "data", expect=1))
'''
STRAY = ("irqcts-program 1\nconfigure entries=2 messages=2\nstart\nget-size\nget-size\ntable-write 0.data 0x3ffffff0\n"
         "enable on\nget-size\nraise 0\npoll\n")
HONEST = ["the_delivery_path_works", "messages_are_told_apart", "counts_are_exact",
          "the_table_that_is_seen_is_the_one_that_is_written", "the_pending_bits_that_are_seen_are_live",
          "the_control_word_that_is_seen_is_live", "strays_are_seen", "what_is_not_supported_is_refused"]
PLAIN = ["refusals", "twelve_events", "masked_then_released", "two_entries_hold_two_values"]


@dataclass(frozen=True)
class Lie:
    """A backend's options, and what must come of it; tests that are not named pass."""

    options: str
    verdict: str
    tests: tuple[str, ...]
    soaked: str    # how the first program that soaking finds fails
    shrunk: str | tuple[str, ...]  # how what is said of shrinking that program begins
    recorded: str  # and what the run's record says of its first failure: "shrunk", or how its evidence begins


LIES = {
    "claims what it cannot do": Lie(
        "lie=claims", "FAIL", ("the_pending_bits_that_are_seen_are_live", "strays_are_seen"), "violation",
        "shrunk from", "shrunk"),
    "returns stale reads": Lie(
        "lie=stale", "FAIL", (
            "the_table_that_is_seen_is_the_one_that_is_written", "the_pending_bits_that_are_seen_are_live",
            "the_control_word_that_is_seen_is_live", "two_entries_hold_two_values"), "violation", "shrunk from",
        "it could not be shrunk: the smallest program did not fail when it was run for the report"),
    "drops every tenth delivery": Lie(
        "lie=drops", "FAIL", ("counts_are_exact", "twelve_events"), "violation",
        # Which delivery is the tenth depends on what ran before.
        ("it did not fail again, so it is not shrunk: an intermittent failure", "shrunk from"),
        "the failure did not repeat"),
    "answers success to everything": Lie("lie=yes", "FAIL", ("refusals",), "violation", "shrunk from", "shrunk"),
    "delivers late": Lie(
        "lie=late", "FAIL", (
            "the_delivery_path_works", "messages_are_told_apart", "counts_are_exact", "strays_are_seen",
            "what_is_not_supported_is_refused", "twelve_events", "masked_then_released"), "violation", "shrunk from",
        "the failure did not repeat"),
    "crashes on the n-th call": Lie(
        "crash=40", "CRASH", ("messages_are_told_apart", "what_is_not_supported_is_refused", "masked_then_released"),
        "crash", "shrunk from", ""),
    "never answers": Lie("silent=1", "TIMEOUT", tuple(PLAIN), "hang", "shrunk from", ""),
    "stops answering": Lie(
        "silent=40", "TIMEOUT", ("messages_are_told_apart", "what_is_not_supported_is_refused", "masked_then_released"),
        "hang", "shrunk from", ""),
    "lies, and stops answering while that is shrunk": Lie(
        "lie=claims,silent=22", "FAIL", ("strays_are_seen",), "violation", "not shrunk: the backend stopped answering",
        "it could not be shrunk: no answer within"),
}


def backend(options: str) -> BackendChoice:
    return BackendChoice(str(layout().build / "lib" / "tests" / "irqcts-backend-lying.so"), options)


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_in_a_run(irqcts: Irqcts, lie: Lie) -> None:
    if lie.options != "silent=1":  # each test takes its time there
        irqcts.write(HONESTY, "test_honesty.py")
    irqcts.write(SUITE)
    only = ["--tests", "test_honesty.py::test_strays_are_seen"] if "," in lie.options else []
    outcome = irqcts.run("--backend", str(backend(lie.options)), "--timeout", "0.5", *only)
    wanted = {} if only or lie.options == "silent=1" else {f"test_{name}": "PASS" for name in HONEST + PLAIN}
    wanted.update({f"test_{name}": lie.verdict for name in lie.tests})
    assert outcome.verdicts == wanted and outcome.status == 1
    failed = [record for record in outcome.tests.values() if record["verdict"] != "PASS"]
    assert {record["attribution"]["cause"] for record in failed} == {"device" if lie.verdict == "FAIL" else "backend"}
    first = next(record for record in failed if record["programs"])  # not one whose control was under way
    if lie.recorded == "shrunk":
        assert "shrunk" in first["programs"][0]
    elif lie.recorded:
        assert first["evidence"][0].startswith(lie.recorded) and not any("shrunk" in each for each in first["programs"])
    else:  # what was under way is there to be replayed
        assert first["programs"][0]["text"].startswith("irqcts-program 1") and first["programs"][0]["steps"] == []


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_in_soaking_and_in_shrinking(lie: Lie) -> None:
    agent = AgentProcess(backend(lie.options))
    agent.run_seconds = 0.2
    hangs = "silent" in lie.options
    soaking = soak.Soak(1)
    failure = None
    try:
        if "," in lie.options:  # it answers once, and then no more
            program = Program.from_text(STRAY)
            failure, _ = soak.failure_of(agent, program)
        while failure is None and soaking.programs < 50:
            program = soak.program_of(agent.description(), soaking.next_seed(agent.description()))
            failure, trace = soak.failure_of(agent, program)
            soaking.account(trace)
        assert failure is not None and failure.what == lie.soaked
        small, said = soak.shrunk(agent, program, failure, 5 if hangs and "," not in lie.options else 60, 1)
        assert said.startswith(lie.shrunk)
        assert len(small) < len(program) if said.startswith("shrunk") else small.text() == program.text()
    finally:
        agent.close()


def test_the_suite_without_lies_passes(irqcts: Irqcts) -> None:
    """What stands between changes nothing by itself."""
    irqcts.write(HONESTY, "test_honesty.py")
    irqcts.write(SUITE)
    outcome = irqcts.run("--backend", str(backend("lie=none")))
    assert outcome.status == 0 and outcome.verdicts == {f"test_{name}": "PASS" for name in HONEST + PLAIN}
