# SPDX-License-Identifier: Apache-2.0
"""Deviations: exactly the declared FAIL is waived, and no entry goes wrong in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import Irqcts, agent_command

ENTRY = {
    "identity": "emulator*", "clause": "ENTRY-READBACK", "reason": "the data register reads 0",
    "reference": "errata sheet, item 3", "program": "readback.txt",
}
PROGRAM = "irqcts-program 1\nconfigure entries=1 messages=1\ntable-write 0.data 0x7\ntable-read 0.data => value=0x7\n"


def write(irqcts: Irqcts, *entries: dict[str, object], head: str = "", name: str = "deviations.toml") -> str:
    """The file, with one entry for each of the arguments (None leaves a key out)."""
    (irqcts.folder / "readback.txt").write_text(PROGRAM, "utf-8")
    text = head
    for entry in entries:
        text += "\n[[deviation]]\n"
        for key, value in {**ENTRY, **entry}.items():
            if value is not None:
                text += f"{key} = {value if key == 'expires' else repr(value)}\n"
    path = irqcts.folder / name
    path.write_text(text, "utf-8")
    return str(path)


def test_exactly_the_declared_fail_is_waived(irqcts: Irqcts) -> None:
    path = write(irqcts, {})
    outcome = irqcts.run("--agent-command", agent_command("reads-zero"), "--deviations", path)
    assert outcome.status == 0, outcome.output
    record = outcome.tests["test_small.py::test_reads_back"]
    assert record["verdict"] == "WAIVED" and record["waiver"]["reason"] == ENTRY["reason"]
    assert record["attribution"] and record["programs"], "why it failed stays in the record"
    assert outcome.verdicts["test_masked"] == "PASS"


def test_another_fail_stays_a_fail(irqcts: Irqcts) -> None:
    path = write(irqcts, {"clause": "PEND-SET"})
    outcome = irqcts.run("--agent-command", agent_command("reads-zero"), "--deviations", path)
    assert outcome.status == 1 and outcome.verdicts["test_reads_back"] == "FAIL"


def test_a_declared_clause_whose_tests_pass_is_xpass(irqcts: Irqcts) -> None:
    outcome = irqcts.run("--deviations", write(irqcts, {}))
    assert outcome.status == 1 and outcome.tests["deviations/1"]["verdict"] == "XPASS"
    assert "remove the entry" in outcome.tests["deviations/1"]["attribution"]["why"]


def test_a_declared_test_that_passes_is_xpass(irqcts: Irqcts) -> None:
    path = write(irqcts, {"clause": None, "test": "test_small.py::test_reads_back"})
    outcome = irqcts.run("--deviations", path)
    assert outcome.status == 1 and outcome.verdicts["test_reads_back"] == "XPASS"
    assert outcome.end["counts"]["XPASS"] == 1


def test_a_declared_test_that_fails_is_waived(irqcts: Irqcts) -> None:
    path = write(irqcts, {"clause": None, "test": "test_small.py::test_reads_back"})
    outcome = irqcts.run("--agent-command", agent_command("reads-zero"), "--deviations", path)
    assert outcome.status == 0 and outcome.verdicts["test_reads_back"] == "WAIVED"


def test_crash_and_timeout_are_never_waived(irqcts: Irqcts) -> None:
    path = write(irqcts, {})
    outcome = irqcts.run("--agent-command", agent_command("exit-on-run"), "--deviations", path)
    assert outcome.status == 1 and set(outcome.verdicts.values()) >= {"CRASH"}
    assert "WAIVED" not in outcome.verdicts.values()


def test_an_entry_that_nothing_ran_for_is_an_error(irqcts: Irqcts) -> None:
    path = write(irqcts, {"clause": "VWRITE-WRITES"})
    outcome = irqcts.run("--deviations", path)
    assert outcome.status == 3 and outcome.tests["deviations/1"]["verdict"] == "ERROR"
    # With a part of the suite there is nothing to say about entries for the rest.
    part = irqcts.run("--deviations", path, "--clause", "PEND", out="part")
    assert part.status == 0 and "deviations/1" not in part.tests


@pytest.mark.parametrize("entry, what", [
    ({"clause": "ENTRY-REEDBACK"}, "no clause 'ENTRY-REEDBACK'; did you mean ENTRY-READBACK"),
    ({"clause": None, "test": "test_small.py::test_gone"}, "no test 'test_small.py::test_gone'"),
    ({"clause": None}, "either a clause or a test"),
    ({"test": "test_small.py::test_masked"}, "either a clause or a test"),
    ({"reason": None}, "it lacks reason"),
    ({"reference": "  "}, "reference is not a text, or empty"),
    ({"reson": "x"}, "there is no key reson; an entry has identity, program, reason, reference, either clause or test"),
    ({"expires": "2020-01-31"}, "expired on 2020-01-31"),
    ({"expires": "'soon'"}, "expires is a date"),
    ({"identity": "emulater*"}, "no entry is about this backend"),
    ({"program": "nowhere.txt"}, "nowhere.txt: No such file"),
    ({"program": "deviations.toml"}, "line 2, column 1"),
])
def test_a_wrong_entry_is_refused(irqcts: Irqcts, entry: dict[str, object], what: str) -> None:
    outcome = irqcts.run("--deviations", write(irqcts, entry))
    assert outcome.status == 2 and what in outcome.output, outcome.output
    assert not outcome.records and "Traceback" not in outcome.output


@pytest.mark.parametrize("head, entries, what", [
    ("", (), "no [[deviation]]"), ("waive = true\n", ({},), "there is no key waive; only [[deviation]]"),
    ("waive = \n", ({},), "deviations.toml: "),
    ("", ({}, {}), "says the same as deviation 1"),
])
def test_a_wrong_file_is_refused(irqcts: Irqcts, head: str, entries: tuple[dict[str, object], ...], what: str) -> None:
    outcome = irqcts.run("--deviations", write(irqcts, *entries, head=head))
    assert outcome.status == 2 and what in outcome.output, outcome.output


def test_entries_about_other_backends_are_named(irqcts: Irqcts) -> None:
    """One file may serve several devices, and a misspelt pattern still shows."""
    path = write(irqcts, {}, {"identity": "qemu*"})
    outcome = irqcts.run("--agent-command", agent_command("reads-zero"), "--deviations", path)
    assert outcome.status == 0 and "1 entry of" in outcome.output and "qemu*" in outcome.output


def test_a_missing_file(irqcts: Irqcts) -> None:
    outcome = irqcts.run("--deviations", str(Path("no") / "such.toml"))
    assert outcome.status == 2 and "such.toml" in outcome.output


def test_a_date_to_come_is_accepted(irqcts: Irqcts) -> None:
    path = write(irqcts, {"expires": "2999-12-31"})
    assert irqcts.run("--agent-command", agent_command("reads-zero"), "--deviations", path).status == 0
