# SPDX-License-Identifier: Apache-2.0
"""Every verdict and every exit status, each from the device, backend or suite that must lead to it."""

from __future__ import annotations

from typing import Any

import pytest

from conftest import Irqcts, agent_command
from irqcts.verdict import Verdict, empty_counts, exit_status


def test_pass(irqcts: Irqcts) -> None:
    outcome = irqcts.run()
    assert outcome.status == 0, outcome.output
    assert outcome.verdicts == {"test_masked": "PASS", "test_delivers": "PASS", "test_reads_back": "PASS"}
    assert outcome.end["type"] == "end" and outcome.end["exit_status"] == 0 and not outcome.end["interrupted"]
    assert "PEND-SET" in outcome.tests["test_small.py::test_masked"]["covered"]


def test_fail_by_oracle_and_statement(irqcts: Irqcts) -> None:
    outcome = irqcts.run("--agent-command", agent_command("reads-zero"))
    assert outcome.status == 1
    record = outcome.tests["test_small.py::test_reads_back"]
    assert record["verdict"] == "FAIL"
    assert record["attribution"]["cause"] == "device" and "oracle and test agree" in record["attribution"]["why"]
    program = record["programs"][0]
    step = program["steps"][program["first_divergence"]]
    assert step["divergent"] and step["clause"] == "ENTRY-READBACK" and "0x1234" in step["expected"]


def test_fail_by_the_oracle_alone(irqcts: Irqcts) -> None:
    irqcts.write('''
from irqcts import clauses
@clauses("ENTRY-READBACK")
def test_unstated(machine):
    machine.check(machine.program().table_write(0, "data", 7).table_read(0, "data"))
''')
    outcome = irqcts.run("--agent-command", agent_command("reads-zero"))
    assert outcome.status == 1
    assert "the oracle does not permit" in outcome.tests["test_small.py::test_unstated"]["attribution"]["why"]


WRONG_STATEMENT = '''
from irqcts import clauses
@clauses("ENTRY-READBACK")
def test_wrong(machine):
    machine.check(machine.program().table_write(0, "data", 7).table_read(0, "data", expect=8))
'''


def test_fail_by_the_statement_alone(irqcts: Irqcts) -> None:
    irqcts.write(WRONG_STATEMENT)
    outcome = irqcts.run()
    record = outcome.tests["test_small.py::test_wrong"]
    assert outcome.status == 1 and record["verdict"] == "FAIL"
    assert "the test's own statement fails, the oracle permits" in record["attribution"]["why"]


def test_a_statement_that_the_oracle_contradicts_is_the_suites_fault(irqcts: Irqcts) -> None:
    """On the played-back oracle there is no device to blame."""
    irqcts.write(WRONG_STATEMENT)
    record = irqcts.run("--backend", "model").tests["test_small.py::test_wrong"]
    assert record["verdict"] == "FAIL" and record["attribution"]["cause"] == "suite"


def test_an_assertion_of_the_test_is_a_fail(irqcts: Irqcts) -> None:
    irqcts.write('''
from irqcts import clauses
@clauses("ENTRY-READBACK")
def test_looks_itself(machine):
    trace = machine.run(machine.program().table_write(0, "data", 7).table_read(0, "data"))
    assert trace[2].value == 8, "it reads 8"
''')
    record = irqcts.run().tests["test_small.py::test_looks_itself"]
    assert record["verdict"] == "FAIL" and "it reads 8" in record["attribution"]["why"] and record["programs"]


def test_inconclusive_when_nothing_ever_arrives(irqcts: Irqcts) -> None:
    """Silence passes the test's statement; the control before it says that silence means nothing."""
    outcome = irqcts.run("--agent-command", agent_command("drops-everything"), "--tests",
                         "test_small.py::test_masked")
    record = outcome.tests["test_small.py::test_masked"]
    assert outcome.status == 3 and record["verdict"] == "INCONCLUSIVE"
    assert any("control before" in line for line in record["evidence"])


def test_inconclusive_when_the_control_after_fails(irqcts: Irqcts) -> None:
    outcome = irqcts.run("--agent-command", agent_command("drops-after-first"), "--tests",
                         "test_small.py::test_masked")
    record = outcome.tests["test_small.py::test_masked"]
    assert record["verdict"] == "INCONCLUSIVE" and any("control after" in line for line in record["evidence"])


def test_a_failed_control_does_not_hide_a_fail(irqcts: Irqcts) -> None:
    irqcts.write('''
from irqcts import clauses
@clauses("PEND-SET")
def test_both(machine):
    machine.check(machine.program().write_entry(0, message=0).enable().raise_event(0).poll({})
                  .unmask_entry(0).poll({0: 1}))
''')
    outcome = irqcts.run("--agent-command", agent_command("drops-everything"))
    assert outcome.status == 1 and outcome.verdicts == {"test_both": "FAIL"}


def test_crash(irqcts: Irqcts) -> None:
    """The agent dies in one test; the others run on a new one."""
    outcome = irqcts.run("--agent-command", agent_command("crash-on-third"))
    assert outcome.status == 1
    crashed = [r for r in outcome.tests.values() if r["verdict"] == "CRASH"]
    assert len(crashed) == 1 and "SIGSEGV" in crashed[0]["attribution"]["why"]
    assert any("falls over" in line for line in crashed[0]["evidence"])
    assert crashed[0]["programs"][0]["text"].startswith("irqcts-program 1")
    assert sorted(outcome.verdicts.values()) == ["CRASH", "PASS", "PASS"] or len(outcome.tests) == 3


def test_an_agent_that_leaves_is_a_crash(irqcts: Irqcts) -> None:
    outcome = irqcts.run("--agent-command", agent_command("exit-on-run"))
    assert outcome.status == 1 and set(outcome.verdicts.values()) == {"CRASH"}
    assert "status 3" in next(iter(outcome.tests.values()))["attribution"]["why"]


@pytest.mark.parametrize("mode", ["hang-on-run", "stubborn-on-run"])
def test_timeout(irqcts: Irqcts, mode: str) -> None:
    outcome = irqcts.run("--agent-command", agent_command(mode), "--timeout", "0.3", "--tests",
                         "test_small.py::test_reads_back")
    assert outcome.status == 1 and outcome.verdicts == {"test_reads_back": "TIMEOUT"}
    assert "0.3 s" in outcome.tests["test_small.py::test_reads_back"]["attribution"]["why"]


@pytest.mark.parametrize("mode", ["nonsense-trace", "short-trace", "wrong-sequence", "wrong-type", "wrong-magic",
                                  "wrong-version", "says-broken"])
def test_error_of_the_backend(irqcts: Irqcts, mode: str) -> None:
    outcome = irqcts.run("--agent-command", agent_command(mode), "--tests", "test_small.py::test_reads_back")
    record = outcome.tests["test_small.py::test_reads_back"]
    assert outcome.status == 3 and record["verdict"] == "ERROR", outcome.output
    assert record["attribution"]["cause"] == "backend"


def test_a_torn_frame_is_a_crash(irqcts: Irqcts) -> None:
    outcome = irqcts.run("--agent-command", agent_command("torn-frame"), "--tests", "test_small.py::test_reads_back")
    assert outcome.status == 1 and outcome.verdicts == {"test_reads_back": "CRASH"}


@pytest.mark.parametrize("mode", ["nonsense-description", "short-description", "crash-on-hello"])
def test_a_backend_that_cannot_be_opened_ends_the_run_in_one_sentence(irqcts: Irqcts, mode: str) -> None:
    outcome = irqcts.run("--agent-command", agent_command(mode))
    assert outcome.status == 2 and not outcome.records
    assert "Traceback" not in outcome.output and len(outcome.output.strip().splitlines()) == 1, outcome.output


def test_a_backend_that_answers_ok_to_everything(irqcts: Irqcts) -> None:
    irqcts.write('''
from irqcts import clauses
@clauses("ROUTE-SET-BAD-ENTRY")
def test_refuses(machine):
    machine.check(machine.program().start().set_entry(5, 0, expect="invalid-parameter"))
''')
    outcome = irqcts.run("--agent-command", agent_command("says-ok"))
    assert outcome.status == 1 and outcome.verdicts == {"test_refuses": "FAIL"}


def test_not_applicable(irqcts: Irqcts) -> None:
    irqcts.write('''
from irqcts import NotApplicable, clauses
@clauses("CAP-HEADER")
def test_elsewhere(machine):
    machine.check(machine.program().get_size())
    raise NotApplicable("the device has no such thing", evidence=["it says so"])
''')
    outcome = irqcts.run()
    assert outcome.status == 5, "nothing was judged"
    assert outcome.tests["test_small.py::test_elsewhere"]["verdict"] == "NOT_APPLICABLE"
    assert outcome.tests["test_small.py::test_elsewhere"]["evidence"] == ["it says so"]


def test_not_tested_and_never_green(irqcts: Irqcts) -> None:
    irqcts.write('''
from irqcts import clauses
@clauses("CAP-HEADER")
def test_raw(machine):
    machine.check(machine.program().vfio("reset"))
''')
    outcome = irqcts.run()
    record = outcome.tests["test_small.py::test_raw"]
    assert outcome.status == 5 and record["verdict"] == "NOT_TESTED" and record["evidence"]


def test_a_skip_is_not_tested(irqcts: Irqcts) -> None:
    irqcts.write('''
import pytest
from irqcts import clauses
@clauses("CAP-HEADER")
def test_skips(machine):
    pytest.skip("not today")
''')
    outcome = irqcts.run()
    assert outcome.status == 5 and outcome.verdicts == {"test_skips": "NOT_TESTED"}


@pytest.mark.parametrize("body, why", [
    ("pass", "without running a program"),
    ("1 / 0", "ZeroDivisionError"),
    ("machine.program().set_entry(0, 0, expect='perhaps')", "perhaps"),
])
def test_error_of_the_suite(irqcts: Irqcts, body: str, why: str) -> None:
    irqcts.write(f'''
from irqcts import clauses
@clauses("CAP-HEADER")
def test_broken(machine):
    {body}
''')
    outcome = irqcts.run()
    record = outcome.tests["test_small.py::test_broken"]
    assert outcome.status == 3 and record["verdict"] == "ERROR"
    assert record["attribution"]["cause"] == "suite" and why in record["attribution"]["why"]


def test_nothing_selected_is_no_success(irqcts: Irqcts) -> None:
    outcome = irqcts.run("-k", "no_such_name")
    assert outcome.status == 5 and "nothing was executed" in outcome.output


def test_a_dry_run_never_says_pass(irqcts: Irqcts) -> None:
    outcome = irqcts.run("--dry-run")
    assert outcome.status == 5 and "pass" not in outcome.output.lower() and not outcome.records
    assert "3 of 3 tests would run" in outcome.output


@pytest.mark.parametrize("counts, status", [
    ({}, 5), ({"NOT_TESTED": 4, "NOT_APPLICABLE": 1}, 5), ({"PASS": 1}, 0), ({"PASS": 1, "WAIVED": 1}, 0),
    ({"WAIVED": 1}, 0), ({"PASS": 9, "FAIL": 1}, 1), ({"PASS": 9, "XPASS": 1}, 1), ({"CRASH": 1, "ERROR": 1}, 1),
    ({"TIMEOUT": 1}, 1), ({"PASS": 9, "ERROR": 1}, 3), ({"PASS": 9, "INCONCLUSIVE": 1}, 3), ({"MISS": 1}, 3),
    ({"NOT_TESTED": 1, "ERROR": 1}, 3),
])
def test_exit_status(counts: dict[str, int], status: int) -> None:
    assert exit_status({**empty_counts(), **counts}) == status


def test_there_are_eleven_verdicts() -> None:
    assert len(empty_counts()) == len(Verdict) == 11


def test_unknown_clause_is_a_collection_error(irqcts: Irqcts) -> None:
    irqcts.write("from irqcts import clauses\n@clauses('PEND-SETT')\ndef test_x(machine): pass\n")
    outcome = irqcts.run()
    assert outcome.status == 2 and "PEND-SETT" in outcome.output and "PEND-SET" in outcome.output
    assert "Traceback" not in outcome.output


def test_a_test_without_clauses_is_a_collection_error(irqcts: Irqcts) -> None:
    irqcts.write("def test_x(machine): pass\n")
    outcome = irqcts.run()
    assert outcome.status == 2 and "which clauses" in outcome.output


def test_processes_agree_with_one(irqcts: Irqcts) -> None:
    """The verdicts of a run do not depend on how many processes share it."""
    def judged(outcome: Any) -> Any:
        return outcome.status, outcome.verdicts

    assert judged(irqcts.run(out="one")) == judged(irqcts.run("--jobs", "2", out="two"))
