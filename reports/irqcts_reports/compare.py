# SPDX-License-Identifier: Apache-2.0
"""What changed between two runs."""
from __future__ import annotations

from .records import ResultsError
from .run import Run
from .verdicts import NON_CONFORMANCE


def compare(older: Run, newer: Run, any_specification: bool = False) -> str:
    """Refuses runs of different specifications unless told otherwise."""
    if older.head["spec"]["digest"] != newer.head["spec"]["digest"] and not any_specification:
        raise ResultsError("the two runs are about different specifications "
                           f"({older.head['spec']['digest']} and {newer.head['spec']['digest']}); "
                           "--any-specification compares them all the same")
    before = {t["id"]: t["verdict"] for t in older.tests}
    after = {t["id"]: t["verdict"] for t in newer.tests}
    groups = {
        "new non-conformances": [i for i, v in after.items()
                                 if v in NON_CONFORMANCE and before.get(i) not in NON_CONFORMANCE],
        "no longer non-conforming": [i for i, v in after.items()
                                     if v == "PASS" and before.get(i) in NON_CONFORMANCE],
        "otherwise changed": [i for i, v in after.items() if i in before and v != before[i] and not (
            v in NON_CONFORMANCE or (v == "PASS" and before[i] in NON_CONFORMANCE))],
        "only in the newer run": [i for i in after if i not in before],
        "only in the older run": [i for i in before if i not in after],
    }
    lines = [f"older: {older.head['backend']['identity']}, {older.headline}",
             f"newer: {newer.head['backend']['identity']}, {newer.headline}"]
    for title, ids in groups.items():
        lines.append(f"{title}: {len(ids)}")
        lines += [f"  {i}: {before.get(i, '-')} -> {after.get(i, '-')}" for i in ids]
    covered = [{c.id for c in run.clauses.values() if c.state == "tested"} for run in (older, newer)]
    lines.append(f"clauses tested: {len(covered[0])} -> {len(covered[1])}"
                 + "".join(f"\n  no longer tested: {i}" for i in sorted(covered[0] - covered[1]))
                 + "".join(f"\n  newly tested: {i}" for i in sorted(covered[1] - covered[0])))
    return "\n".join(lines) + "\n"
