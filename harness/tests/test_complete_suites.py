# SPDX-License-Identifier: Apache-2.0
"""The complete suites as tests of a run: their claims, their options, what they say of devices that fail."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from conftest import HARNESS, Irqcts, Outcome
from irqcts.agent import AgentProcess, BackendChoice
from irqcts.complete import CompleteSuite

SUITE = (HARNESS.parent / "suites" / "test_complete.py").read_text("utf-8")
SCHEMA = json.loads((HARNESS.parent / "reports" / "irqcts_reports" / "schema" / "results.schema.json")
                    .read_text("utf-8"))
WITHOUT, WITH = "test_every_operation_in_every_state", "test_every_operation_and_reset_in_every_state"


@pytest.fixture
def complete(irqcts: Irqcts) -> Irqcts:
    irqcts.write(SUITE, "test_complete.py")
    (irqcts.suites / "test_small.py").unlink()
    return irqcts


def claims(outcome: Outcome) -> dict[str, dict[str, Any]]:
    return {record["id"].split("::")[-1]: record["claim"] for record in outcome.tests.values()}


def description(backend: str = "emulator") -> Any:
    agent = AgentProcess(BackendChoice.parse(backend))
    try:
        return agent.description().record
    finally:
        agent.close()


def test_the_claim_says_what_was_proved(complete: Irqcts) -> None:
    outcome = complete.run()
    assert outcome.verdicts == {WITHOUT: "PASS", WITH: "PASS"}, outcome.output
    for record in outcome.records:
        jsonschema.validate(record, SCHEMA)
    claim = claims(outcome)[WITH]
    assert claim["established"] and (claim["entries"], claim["messages"], claim["table_entries"]) == (2, 2, 2)
    assert claim["extra_states"] == 0 and claim["merged_pairs"] == 0 and claim["method"] == "walk"
    # Every input in every state: it is in the claim, or it is open and tried beside it.
    assert claim["transitions"] + claim["undefined"] == claim["states"] * claim["inputs"]
    assert claim["inputs"] == len(claim["alphabet"]) == len(set(claim["alphabet"]))
    assert {"start", "enable on", "function-mask off", "raise 0", "set-entry 1 0", "mask 1", "unmask 0",
            "set-entry 2 0", "mask 2", "set-entry 0 2"} <= set(claim["alphabet"])
    assert sum(word.startswith("reset ") for word in claim["alphabet"]) == 2
    for number in ("states", "transitions", "undefined", "programs", "open_programs"):
        assert re.search(rf"\b{claim[number]}\b", claim["text"]), claim["text"]
    assert not any(word.startswith("reset") for word in claims(outcome)[WITHOUT]["alphabet"])


def test_more_states_and_none(complete: Irqcts) -> None:
    claim = claims(complete.run("--complete", "1", "--tests", f"test_complete.py::{WITHOUT}"))[WITHOUT]
    assert claim["established"] and claim["extra_states"] == 1 and "k = 1" in claim["text"]
    assert claim["programs"] > 10000 and f"at most {claim['states'] + 1} states" in claim["text"]
    complete.write("from irqcts import clauses\n@clauses()\ndef test_other(machine):\n"
                   "    machine.check(machine.program())\n")
    assert complete.run("--complete", "none", out="none").verdicts == {"test_other": "PASS"}


def test_a_device_that_fails_establishes_nothing(complete: Irqcts) -> None:
    """Each clause that failed has its smallest program, and how many programs fail is said."""
    outcome = complete.run("--backend", "emulator:fault=F7")
    assert outcome.status == 1 and set(outcome.verdicts.values()) == {"FAIL"}
    record = outcome.tests[f"test_complete.py::{WITHOUT}"]
    assert not record["claim"]["established"] and record["attribution"]["cause"] == "device"
    assert re.match(r"\d+ of the \d+ programs of the complete suite fail: ", record["evidence"][0])
    shrunk = [program for program in record["programs"] if "shrunk" in program]
    first = [program["steps"][program["first_divergence"]]["clause"] for program in shrunk]
    assert "PEND-SET" in first and len(first) == len(set(first))
    assert all(program["shrunk"]["operations_after"] < 12 for program in shrunk)


def test_a_fault_with_a_memory_needs_a_state_more(complete: Irqcts) -> None:
    """K10 remembers something: identifiers for k = 0 need not find it, those for k = 1 must."""
    outcome = complete.run("--backend", "emulator:fault=K10", "--complete", "1", "--no-shrink",
                           "--tests", f"test_complete.py::{WITHOUT}")
    assert outcome.verdicts[WITHOUT] == "FAIL"


@pytest.mark.parametrize("backend", ["emulator", "model"])
def test_a_larger_table_is_the_same_claim(backend: str) -> None:
    """On a device of fixed size the inputs name the first two entries, and bad arguments are those of its size."""
    small, record = CompleteSuite(description(backend)), description(backend)
    record.properties &= ~8  # not configurable
    record.entries_max = record.messages_max = 65
    large = CompleteSuite(record)
    assert large.entries == 65 and small.entries == 2
    assert bytes(small.report) == bytes(large.report)
    assert "of the 65 entries the inputs name the first 2" in large.claim(True)["text"]
    assert {"set-entry 65 0", "mask 65"} <= set(large.alphabet())
    agent = AgentProcess(BackendChoice.parse(backend))
    try:
        assert all(agent.run(program).conforms for program in large)
    finally:
        agent.close()


def test_the_alphabet_is_what_the_backend_can_do() -> None:
    record = description()
    record.operations &= ~(1 << 16)  # ENABLE
    record.properties |= 2  # the backend composes the routing view: refusals would be its own
    words = CompleteSuite(record, resets=False).alphabet()
    assert not any(word.startswith(("enable", "reset", "set-entry 2", "mask 2")) for word in words)
    record = description()
    record.stimulus = 0
    assert not any("raise" in word for word in CompleteSuite(record).alphabet())


def test_opaque_messages_are_made_to_come() -> None:
    """Nothing reads them, so the input that shows the state raises events, and a walk is complete all the same."""
    suite = CompleteSuite(description(), opaque=True)
    assert suite.report.walked and suite.report.merged_pairs == 0
    assert "raise 0, raise 1" in suite.alphabet()[0] and not any("table-write" in word for word in suite.alphabet())


def test_without_anything_to_read_identifiers_do_it() -> None:
    """An observer of deliveries alone: no input shows the state, sequences must."""
    record = description()
    record.observations = 1 | 2 | 4  # status, deliveries, exact counts
    suite = CompleteSuite(record)
    assert not suite.report.walked and suite.report.identifier_length > 1
    assert suite.report.programs_w > suite.report.programs
    agent = AgentProcess(BackendChoice.parse("emulator"))
    try:
        assert all(agent.run(suite[index]).conforms for index in range(0, len(suite), 50))
    finally:
        agent.close()


def test_a_table_of_thousands_runs_the_claim_alone() -> None:
    record = description()
    record.properties &= ~8
    suite = CompleteSuite(record)
    assert suite.entries == 2048 and len(suite) == suite.report.programs
    assert "start" not in suite.alphabet() and suite[0].step_text(1) == "start"
    assert suite.claim(True)["open_programs"] == 0 and "further programs" not in suite.claim(True)["text"]


def test_it_is_no_scenario_of_the_mutation_score(tmp_path: Path) -> None:
    from irqcts.mutation.cases import collect

    assert not any(case.test.startswith("test_complete.py") for case in collect(BackendChoice("emulator")))
