# SPDX-License-Identifier: Apache-2.0
"""mutation.json: the sums over mutants, and the score of each clause."""

from __future__ import annotations

import statistics
from typing import Any, Sequence

from .. import environment, specification
from .mutants import Mutant, Shares

SCHEMA = 1


def counts(mutants: Sequence[Mutant]) -> dict[str, Any]:
    """Planted, killed, equivalent, survived, and killed over those that are not equivalent."""
    verdicts = [mutant.verdict for mutant in mutants]
    planted, equivalent = len(mutants), verdicts.count("equivalent")
    killed = verdicts.count("killed")
    return {"planted": planted, "killed": killed, "equivalent": equivalent,
            "survived": verdicts.count("survived"),
            "score": round(killed / (planted - equivalent), 6) if planted > equivalent else None}


def of_set(mutants: Sequence[Mutant], seconds: float) -> dict[str, Any]:
    times = [killer.time_ms for mutant in mutants if (killer := mutant.killed_by) is not None]
    return {**counts(mutants),
            "killed_by_scenarios": sum("scenarios" in mutant.shares for mutant in mutants),
            "killed_by_generated": sum("generated" in mutant.shares for mutant in mutants),
            "median_ms": round(statistics.median(times), 3) if times else None,
            "seconds": round(seconds, 3)}


def clause_table(mutants: Sequence[Mutant]) -> dict[str, dict[str, int]]:
    """For each clause: mutants that break it first and how many of them were killed; mutants of all sets whose first
    killer cites it; mutants that a non-conformance against it shows; and those that nothing else shows."""
    rows = {identifier: {"planted": 0, "killed": 0, "equivalent": 0, "first": 0, "shown": 0, "alone": 0}
            for identifier in specification.clauses()}
    for mutant in mutants:
        for clause in mutant.clauses:
            rows[clause]["planted"] += 1
            rows[clause]["killed"] += mutant.killed
            rows[clause]["equivalent"] += mutant.verdict == "equivalent"
        if mutant.killed_by is not None and mutant.killed_by.clause:
            rows[mutant.killed_by.clause]["first"] += 1
        shown = mutant.killing_clauses - {""}
        for clause in shown:
            rows[clause]["shown"] += 1
        if len(shown) == 1:
            rows[next(iter(shown))]["alone"] += 1
    return rows


def document(sets: dict[str, tuple[list[Mutant], float]], unexpressed: Sequence[dict[str, str]], shares: Shares,
             whole: bool, started: str, workers: int) -> dict[str, Any]:
    mutants = [mutant for members, _ in sets.values() for mutant in members]
    rows = clause_table(mutants)
    texts = specification.clauses()
    return {
        "schema": SCHEMA, **counts(mutants),
        "whole": whole, "selection": {"shares": list(shares), "sets": list(sets)},
        "sets": {name: of_set(members, seconds) for name, (members, seconds) in sets.items()},
        "faults": [mutant.as_json() for mutant in mutants],
        "clauses": {identifier: {"family": texts[identifier].family, "text": texts[identifier].text, **row}
                    for identifier, row in rows.items()},
        "not_alone": [identifier for identifier, row in rows.items() if row["alone"] == 0],
        "unexpressed": [{"id": row["id"], "source": row["source"], "description": row["description"],
                         "reason": row["unexpressed"]} for row in unexpressed],
        "started": started, "workers": workers, "suite": environment.suite(),
        "spec": {"digest": specification.digest(), "clauses": len(texts)}, "environment": environment.machine(),
    }
