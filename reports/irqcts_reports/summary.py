# SPDX-License-Identifier: Apache-2.0
"""summary.json: the counts that scripts ask for."""
from __future__ import annotations

import json
from typing import Any

from .records import validate
from .run import Run

SCHEMA = 1


def summary(run: Run) -> dict[str, Any]:
    backend = run.head["backend"]
    return {
        "schema": SCHEMA, "headline": run.headline, "exit_status": run.exit_status, "complete": run.complete,
        "counts": run.counts,
        "clauses": {c.id: {"family": c.family, "level": c.level, "state": c.state, "verdict": c.verdict or None,
                           "counts": c.counts, "why": c.why, "enforced": c.enforced,
                           "tests": [t["id"] for t in c.tests]} for c in run.clauses.values()},
        "families": run.families(),
        "environment": {"suite": run.head["suite"], "spec": run.head["spec"], "seed": run.head["seed"],
                        "started": run.head["started"], "machine": run.head["environment"],
                        "backend": {k: backend[k] for k in ("name", "device", "driver", "identity", "choice")}},
    }


def text(run: Run) -> str:
    made = summary(run)
    validate(made, "summary", "summary.json")
    return json.dumps(made, ensure_ascii=False, indent=1) + "\n"
