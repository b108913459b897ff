# SPDX-License-Identifier: Apache-2.0
"""A run as reports see it: its records, added up by verdict, by clause and by family."""
from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Iterable

from .records import LOG, ResultsError, read_records
from .verdicts import JUDGED, NON_CONFORMANCE, SEVERITY, SKIPPED, UNDECIDED, exit_status, word, worst


@dataclass
class ClauseResult:
    """What a run says about one clause."""

    id: str
    family: str
    level: str
    text: str
    basis: list[str]
    #: Why the suites have no test of it, where they have none.
    untested: str = ""
    tests: list[dict[str, Any]] = field(default_factory=list)
    #: In how many tests the oracle enforced this clause on a judged step, whatever the tests name.
    enforced: int = 0

    @cached_property
    def counts(self) -> dict[str, int]:
        return dict(Counter(test["verdict"] for test in self.tests))

    @property
    def state(self) -> str:
        """tested: a test of it was judged.  not-testable: all its tests say that this backend or
        device cannot.  not-covered: no test of it was selected, or none came to a judgement."""
        if any(verdict in JUDGED for verdict in self.counts):
            return "tested"
        if self.counts and all(verdict in SKIPPED for verdict in self.counts):
            return "not-testable"
        return "not-covered"

    @property
    def verdict(self) -> str:
        return worst(self.counts)

    @property
    def why(self) -> str:
        """Why nothing was judged, in the tests' own words."""
        if self.state == "tested":
            return ""
        if not self.tests:
            return self.untested or "no test of this run is about it"
        reasons = sorted({f"{word(test['verdict'])}: {reason(test)}" for test in self.tests})
        return "; ".join(reasons)


@dataclass
class Run:
    """The records of one run; tests in catalogue order of their families, then by id."""

    head: dict[str, Any]
    tests: list[dict[str, Any]]
    end: dict[str, Any] | None
    clauses: dict[str, ClauseResult]

    @cached_property
    def counts(self) -> dict[str, int]:
        """All eleven verdicts, worst first, also those that did not occur."""
        counted = Counter(test["verdict"] for test in self.tests)
        return {verdict: counted[verdict] for verdict in SEVERITY}

    def count(self, verdicts: Iterable[str]) -> int:
        return sum(self.counts[verdict] for verdict in verdicts)

    @property
    def complete(self) -> bool:
        return self.end is not None and not self.end["interrupted"]

    @property
    def exit_status(self) -> int:
        return exit_status(self.counts)

    @property
    def headline(self) -> str:
        """The run in one sentence; whatever is wrong with it is said before what is right."""
        bad, undecided, judged = self.count(NON_CONFORMANCE), self.count(UNDECIDED), self.count(JUDGED)
        if not self.complete:
            return (f"Incomplete: the run ended early, after {_tests(judged, 'judged')} with "
                    f"{_number(bad, 'non-conformance')}.")
        if bad:
            return (f"Does not conform: {bad} of {_tests(judged, 'judged')} {_verb(bad, 'shows', 'show')} "
                    "a non-conformance.")
        if undecided:
            return (f"Undecided: {_tests(undecided)} came to no judgement; {_tests(judged, 'judged')} "
                    f"{_verb(judged, 'conforms', 'conform')}.")
        if judged == 0:
            return "Nothing was judged, so nothing can be said."
        waived = f", {self.counts['WAIVED']} under a declared deviation" if self.counts["WAIVED"] else ""
        return f"Conforms in what was tested: {_tests(judged, 'judged')}{waived}."

    @property
    def mood(self) -> str:
        """The headline as one of: bad, undecided, waived, good, nothing."""
        if self.exit_status == 1:
            return "bad"
        if self.exit_status == 3 or not self.complete:
            return "undecided"
        if self.exit_status == 5:
            return "nothing"
        return "waived" if self.counts["WAIVED"] else "good"

    def families(self) -> dict[str, dict[str, int]]:
        """Verdict counts by family of tests, in catalogue order."""
        found: dict[str, dict[str, int]] = {}
        for test in self.tests:
            family = found.setdefault(test["family"], {})
            family[test["verdict"]] = family.get(test["verdict"], 0) + 1
        return found

    def with_verdicts(self, *verdicts: str) -> list[dict[str, Any]]:
        return [test for test in self.tests if test["verdict"] in verdicts]

    def states(self, level: str | None = None) -> dict[str, int]:
        """Clauses by state, of one level or of all."""
        counted = Counter(clause.state for clause in self.clauses.values() if level in (None, clause.level))
        return {state: counted[state] for state in ("tested", "not-testable", "not-covered")}


def _verb(count: int, one: str, many: str) -> str:
    return one if count == 1 else many


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _tests(count: int, adjective: str = "") -> str:
    return _number(count, f"{adjective} test".strip())


def reason(test: dict[str, Any]) -> str:
    """The sentence that says why a test did not pass."""
    attribution = test["attribution"]
    return str(attribution["why"]) if attribution else ""


def natural(text: str) -> list[tuple[int, int, str]]:
    """A sort key in which [2] stands before [10]."""
    return [(0, int(part), "") if part.isdecimal() and part.isascii() else (1, 0, part)
            for part in re.split(r"([0-9]+)", text) if part]


def missing(identifier: str) -> dict[str, Any]:
    """The record of a test that was selected and never ended."""
    return {"type": "test", "id": identifier, "verdict": "MISS", "clauses": [], "duration_s": 0.0, "family": "RUN",
            "title": identifier, "attribution": {"cause": "environment", "why": "selected, and no end was recorded"},
            "evidence": [], "programs": [], "covered": [], "waiver": None}


def load_run(folder: Path) -> Run:
    """Reads a run folder.  Of a test that was recorded again after a resume the last record counts;
    a selected test without a record is a MISS.  Raises ResultsError."""
    head: dict[str, Any] | None = None
    end: dict[str, Any] | None = None
    tests: dict[str, dict[str, Any]] = {}
    for record in read_records(folder):
        if record["type"] == "run":
            head = head or record
            end = None
        elif record["type"] == "test":
            tests[record["id"]] = record
            end = None  # whatever ended before this was resumed
        else:
            end = record
    if head is None:
        raise ResultsError(f"{folder / LOG}: there is no record of the run in it")
    for identifier in head["selected"]:
        tests.setdefault(identifier, missing(identifier))
    clauses = {identifier: ClauseResult(identifier, each["family"], each["level"], each["text"], each["basis"],
                                        each.get("untested", ""))
               for identifier, each in head["clauses"].items()}
    order = list(dict.fromkeys(clause.family for clause in clauses.values()))
    places = {family: place for place, family in enumerate(order)}
    ordered = sorted(tests.values(), key=lambda test: (places.get(test["family"], len(order)), test["family"],
                                                       natural(test["id"])))
    for test in ordered:
        unknown = [each for each in (*test["clauses"], *test["covered"]) if each not in clauses]
        if unknown:
            raise ResultsError(f"{folder / LOG}: {test['id']} names {unknown[0]}, which the run's catalogue lacks")
        for identifier in dict.fromkeys(test["clauses"]):
            clauses[identifier].tests.append(test)
        if test["verdict"] in JUDGED:
            for identifier in dict.fromkeys(test["covered"]):
                clauses[identifier].enforced += 1
    return Run(head, ordered, end, clauses)
