# SPDX-License-Identifier: Apache-2.0
"""A run as reports see it: read from results.jsonl, checked against the schema, added up per clause."""
from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

LOG = "results.jsonl"
#: Worst first: the verdict of a clause is the worst of its tests'.
SEVERITY = ["FAIL", "CRASH", "TIMEOUT", "XPASS", "ERROR", "MISS", "INCONCLUSIVE", "WAIVED", "PASS", "NOT_TESTED",
            "NOT_APPLICABLE"]
NON_CONFORMANCE = {"FAIL", "XPASS", "CRASH", "TIMEOUT"}
UNDECIDED = {"ERROR", "INCONCLUSIVE", "MISS"}
SKIPPED = {"NOT_TESTED", "NOT_APPLICABLE"}
LEVELS = {"M": "must", "S": "should", "U": "left open by the sources", "R": "recorded only"}


class ResultsError(ValueError):
    """A log that cannot be read or does not follow its schema; the text says where."""


@dataclass
class ClauseResult:
    """What a run says about one clause."""

    id: str
    family: str
    level: str
    text: str
    basis: list[str]
    tests: list[dict[str, Any]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def state(self) -> str:
        """tested, not-testable (on this backend) or not-covered (no test was selected)."""
        if any(v not in SKIPPED for v in self.counts):
            return "tested"
        return "not-testable" if self.counts else "not-covered"

    @property
    def verdict(self) -> str:
        return next((v for v in SEVERITY if self.counts.get(v)), "")

    @property
    def why(self) -> str:
        """Why nothing was tested, from the tests' own evidence."""
        if self.state == "not-covered":
            return "no test of this run covers it"
        if self.state == "tested":
            return ""
        reasons = sorted({reason(test) for test in self.tests})
        return "; ".join(r for r in reasons if r)


@dataclass
class Run:
    """The records of one run."""

    head: dict[str, Any]
    tests: list[dict[str, Any]]
    end: dict[str, Any] | None
    clauses: dict[str, ClauseResult]

    @property
    def counts(self) -> dict[str, int]:
        counts = {verdict: 0 for verdict in sorted(SEVERITY)}
        for test in self.tests:
            counts[test["verdict"]] += 1
        return counts

    @property
    def complete(self) -> bool:
        return self.end is not None and not self.end["interrupted"]

    @property
    def exit_status(self) -> int:
        counts = self.counts
        if any(counts[v] for v in NON_CONFORMANCE):
            return 1
        if any(counts[v] for v in UNDECIDED):
            return 3
        return 0 if counts["PASS"] + counts["WAIVED"] else 5

    @property
    def headline(self) -> str:
        """The run in one sentence."""
        counts = self.counts
        failures = sum(counts[v] for v in NON_CONFORMANCE)
        undecided = sum(counts[v] for v in UNDECIDED)
        judged = counts["PASS"] + counts["WAIVED"] + failures
        if not self.complete:
            return f"Incomplete: the run ended early, after {judged} judged tests with {failures} non-conformances."
        if failures:
            return f"Does not conform: {failures} of {judged} judged tests show a non-conformance."
        if undecided:
            return f"Undecided: {undecided} tests came to no judgement; {judged} judged tests conform."
        if judged == 0:
            return "Nothing was executed, so nothing can be said."
        waived = f", {counts['WAIVED']} of them under a declared deviation" if counts["WAIVED"] else ""
        return f"Conforms in everything that was tested: {judged} judged tests{waived}."

    def families(self) -> dict[str, dict[str, int]]:
        """Verdict counts by family of tests, in catalogue order."""
        order = list(dict.fromkeys(c.family for c in self.clauses.values()))
        found: dict[str, dict[str, int]] = {}
        for test in self.tests:
            family = found.setdefault(test["family"], {})
            family[test["verdict"]] = family.get(test["verdict"], 0) + 1
        return dict(sorted(found.items(), key=lambda i: (order.index(i[0]) if i[0] in order else len(order), i[0])))

    def with_verdicts(self, *verdicts: str) -> list[dict[str, Any]]:
        return [t for t in self.tests if t["verdict"] in verdicts]


def reason(test: dict[str, Any]) -> str:
    """The sentence that says why a test did not pass."""
    attribution = test.get("attribution")
    return str(attribution["why"]) if attribution else ""


@cache
def schema(name: str) -> Any:
    """A published JSON schema: "results" or "summary"."""
    return json.loads((Path(__file__).parent / "schema" / f"{name}.schema.json").read_text(encoding="utf-8"))


def validate(instance: Any, name: str, where: str) -> None:
    """Raises ResultsError that names the place in the instance."""
    import jsonschema

    error = jsonschema.exceptions.best_match(jsonschema.Draft7Validator(schema(name)).iter_errors(instance))
    if error is not None:
        place = "/".join(str(p) for p in error.absolute_path)
        raise ResultsError(f"{where}: {place or 'the record'}: {error.message[:300]}")


def load_run(folder: Path, check: bool = True) -> Run:
    """Reads a log.  A torn last line is what a killed run leaves and is left out; of a test that was
    recorded again after a resume the last record counts; a selected test without one is a MISS."""
    path = folder / LOG
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise ResultsError(f"{path}: {error.strerror}") from error
    head, end = None, None
    tests: dict[str, dict[str, Any]] = {}
    for number, line in enumerate(lines, 1):
        try:
            record = json.loads(line)
        except ValueError:
            if number == len(lines):
                break
            raise ResultsError(f"{path}, line {number}: not JSON") from None
        if check:
            validate(record, "results", f"{path}, line {number}")
        if record["type"] == "run":
            head = head or record
        elif record["type"] == "test":
            tests[record["id"]] = record
        else:
            end = record
    if head is None:
        raise ResultsError(f"{path}: there is no record of the run in it")
    for identifier in head["selected"]:
        if identifier not in tests:
            tests[identifier] = {"type": "test", "id": identifier, "verdict": "MISS", "clauses": [],
                                 "duration_s": 0.0, "family": "RUN", "title": identifier,
                                 "attribution": {"cause": "environment", "why": "selected, and no end was recorded"},
                                 "evidence": [], "programs": [], "covered": [], "waiver": None}
    clauses = {i: ClauseResult(i, c["family"], c["level"], c["text"], c["basis"]) for i, c in head["clauses"].items()}
    for test in tests.values():
        for identifier in test["clauses"]:
            if identifier in clauses:
                clause = clauses[identifier]
                clause.tests.append(test)
                clause.counts[test["verdict"]] = clause.counts.get(test["verdict"], 0) + 1
    return Run(head, list(tests.values()), end, clauses)
