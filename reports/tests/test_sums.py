# SPDX-License-Identifier: Apache-2.0
"""What a run adds up to: clause states and verdicts, the headline, the exit status."""
from __future__ import annotations

import json
from typing import Any, Callable

import pytest
import sample
from irqcts_reports import Run

Loaded = Callable[[list[dict[str, Any]]], Run]
JUDGED = {"PASS", "FAIL", "WAIVED", "XPASS", "CRASH", "TIMEOUT"}


def of(*verdicts: str, clause: str = "PEND-SET") -> list[dict[str, Any]]:
    return sample.whole_run([sample.test_record(f"test_a.py::t{n}", v, [clause]) for n, v in enumerate(verdicts)])


@pytest.mark.parametrize("verdict", sample.VERDICTS)
def test_the_state_of_a_clause_with_one_test(loaded: Loaded, verdict: str) -> None:
    """Only a judged test makes a clause tested; an ERROR or MISS is not how a clause gets covered."""
    clause = loaded(of(verdict)).clauses["PEND-SET"]
    expected = "tested" if verdict in JUDGED else "not-testable" if verdict.startswith("NOT_") else "not-covered"
    assert (clause.state, clause.verdict) == (expected, verdict)
    assert bool(clause.why) == (expected != "tested")


@pytest.mark.parametrize("verdicts, state, verdict", [
    (("PASS", "NOT_TESTED"), "tested", "PASS"), (("PASS", "FAIL", "WAIVED"), "tested", "FAIL"),
    (("WAIVED", "PASS"), "tested", "WAIVED"), (("NOT_TESTED", "ERROR"), "not-covered", "ERROR"),
    (("NOT_TESTED", "NOT_APPLICABLE"), "not-testable", "NOT_TESTED"),
    (("PASS", "INCONCLUSIVE"), "tested", "INCONCLUSIVE"),
    (("XPASS", "CRASH", "TIMEOUT"), "tested", "CRASH"),
])
def test_the_worst_test_is_the_verdict_of_its_clause(loaded: Loaded, verdicts: tuple[str, ...], state: str,
                                                     verdict: str) -> None:
    clause = loaded(of(*verdicts)).clauses["PEND-SET"]
    assert (clause.state, clause.verdict) == (state, verdict)


def test_a_clause_that_no_test_names_is_not_covered_but_seen_enforced(loaded: Loaded) -> None:
    tests = [sample.test_record("test_a.py::a", "PASS", ["PEND-SET"], covered=["PEND-SET", "PEND-RELEASE"])]
    clause = loaded(sample.whole_run(tests)).clauses["PEND-RELEASE"]
    assert (clause.state, clause.verdict, clause.enforced) == ("not-covered", "", 1)
    assert clause.why == "no test of this run is about it"
    clause.untested = "nothing shows it"
    assert clause.why == "nothing shows it"


@pytest.mark.parametrize("verdicts, status, words", [
    (("PASS",), 0, "Conforms in what was tested: 1 judged test."),
    (("PASS", "WAIVED"), 0, "2 judged tests, 1 under a declared deviation"),
    (("PASS", "NOT_TESTED"), 0, "1 judged test."),
    (("PASS", "FAIL"), 1, "Does not conform: 1 of 2 judged tests shows"),
    (("PASS", "XPASS"), 1, "Does not conform"), (("PASS", "CRASH"), 1, "Does not conform"),
    (("PASS", "TIMEOUT", "ERROR"), 1, "Does not conform"), (("PASS", "ERROR"), 3, "Undecided: 1 test"),
    (("PASS", "INCONCLUSIVE"), 3, "Undecided"), (("PASS", "MISS"), 3, "Undecided"),
    (("NOT_TESTED", "NOT_APPLICABLE"), 5, "Nothing was judged"), ((), 5, "Nothing was judged"),
])
def test_headline_and_exit_status(loaded: Loaded, verdicts: tuple[str, ...], status: int, words: str) -> None:
    run = loaded(of(*verdicts))
    assert run.exit_status == status
    assert words in run.headline
    assert ("Conforms" in run.headline) == (status == 0)


@pytest.mark.parametrize("interrupted", [True, False])
def test_a_run_that_did_not_end_never_conforms(loaded: Loaded, interrupted: bool) -> None:
    records = of("PASS")
    records[-1]["interrupted"] = True
    run = loaded(records if interrupted else records[:-1])
    assert run.headline.startswith("Incomplete") and run.mood == "undecided"


def test_the_summary_counts_all_eleven(rendered: Callable[..., Any]) -> None:
    made = json.loads(rendered(sample.whole_run(sample.every_verdict())).text("summary.json"))
    assert made["counts"] == {verdict: 1 for verdict in sample.VERDICTS}
    assert sum(sum(counts.values()) for counts in made["families"].values()) == len(sample.VERDICTS)
    assert set(made["clauses"]) == set(sample.CLAUSES)
    assert made["environment"]["spec"]["digest"] == "825a13702d074008"


def test_tests_stand_in_the_catalogue_s_order_whatever_the_log_s(loaded: Loaded) -> None:
    tests = [sample.test_record(f"test_a.py::t[{n}]", "PASS", [clause]) for clause in ("VFIO-MMAP", "PEND-SET")
             for n in (10, 9, 1)]
    run = loaded(sample.whole_run(tests))
    assert [(t["family"], t["id"][-4:].strip("t[]")) for t in run.tests][:3] == \
        [("PEND", "1"), ("PEND", "9"), ("PEND", "10")]
