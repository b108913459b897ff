# SPDX-License-Identifier: Apache-2.0
"""What changed between two runs: verdicts and coverage."""
from __future__ import annotations

from dataclasses import dataclass

from .records import ResultsError
from .run import Run
from .texts import one_line
from .verdicts import NON_CONFORMANCE


@dataclass(frozen=True)
class Comparison:
    """Test ids by what became of them; each test that changed is in exactly one list."""

    older: Run
    newer: Run
    new_failures: list[str]
    fixed: list[str]
    changed: list[str]
    added: list[str]
    removed: list[str]
    newly_tested: list[str]
    no_longer_tested: list[str]

    def text(self) -> str:
        before, after = _verdicts(self.older), _verdicts(self.newer)
        lines = [f"older: {one_line(self.older.head['backend']['identity'])}: {self.older.headline}",
                 f"newer: {one_line(self.newer.head['backend']['identity'])}: {self.newer.headline}"]
        for title, ids in (("new non-conformances", self.new_failures), ("fixed", self.fixed),
                           ("other changes", self.changed), ("only in the newer run", self.added),
                           ("only in the older run", self.removed)):
            lines.append(f"{title}: {len(ids)}")
            lines += [f"  {one_line(i)}: {before.get(i, 'not run')} -> {after.get(i, 'not run')}" for i in ids]
        tested = [run.states()["tested"] for run in (self.older, self.newer)]
        lines.append(f"clauses tested: {tested[0]} -> {tested[1]}")
        lines += [f"  no longer tested: {clause}" for clause in self.no_longer_tested]
        lines += [f"  newly tested: {clause}" for clause in self.newly_tested]
        return "\n".join(lines) + "\n"


def _verdicts(run: Run) -> dict[str, str]:
    return {test["id"]: test["verdict"] for test in run.tests}


def _tested(run: Run) -> list[str]:
    return [clause.id for clause in run.clauses.values() if clause.state == "tested"]


def compare(older: Run, newer: Run, any_specification: bool = False) -> Comparison:
    """Raises ResultsError for runs judged by different specifications, unless told otherwise.

    Fixed is only what failed and now passes; what failed and now is not tested is another change.
    """
    digests = [run.head["spec"]["digest"] for run in (older, newer)]
    if digests[0] != digests[1] and not any_specification:
        raise ResultsError(f"the runs were judged by different specifications ({digests[0]} and {digests[1]}); "
                           "--any-specification compares them all the same")
    before, after = _verdicts(older), _verdicts(newer)
    changed = [i for i in after if before.get(i) != after[i]]
    failures = [i for i in changed if after[i] in NON_CONFORMANCE and before.get(i) not in NON_CONFORMANCE]
    fixed = [i for i in changed if after[i] == "PASS" and before.get(i) in NON_CONFORMANCE]
    added = [i for i in changed if i not in before and i not in failures]
    rest = [i for i in changed if i not in {*failures, *fixed, *added}]
    tested = [_tested(older), _tested(newer)]
    return Comparison(older, newer, failures, fixed, rest, added, [i for i in before if i not in after],
                      [c for c in tested[1] if c not in tested[0]], [c for c in tested[0] if c not in tested[1]])
