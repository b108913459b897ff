# SPDX-License-Identifier: Apache-2.0
"""The tests of a run as KCIDB's schema 4.5 wants them, for kcidb-submit.

KCIDB has six statuses and a mark for waived tests; the verdict stands under misc, so that none of the
eleven is lost.  The build that was tested belongs to whoever submits: its id is asked for.
"""
from __future__ import annotations

import json
import re
from typing import Any

from .records import ResultsError
from .run import Run, reason

VERSION = {"major": 4, "minor": 5}
STATUSES = {"PASS": "PASS", "FAIL": "FAIL", "WAIVED": "FAIL", "XPASS": "FAIL", "CRASH": "FAIL", "TIMEOUT": "FAIL",
            "NOT_APPLICABLE": "SKIP", "NOT_TESTED": "SKIP", "INCONCLUSIVE": "ERROR", "ERROR": "ERROR", "MISS": "MISS"}


def path(identifier: str) -> str:
    """irqcts.test_pending.test_x.4 for test_pending.py::test_x[4]: dots, letters, digits, _ and - only."""
    parts = identifier.replace(".py::", ".").replace("[", ".").rstrip("]").split(".")
    return ".".join(["irqcts", *(re.sub(r"[^a-zA-Z0-9_-]", "_", part) for part in parts if part)])


def text(run: Run, build_id: str) -> str:
    """Raises ResultsError for a build id that is not ORIGIN:NAME."""
    match = re.fullmatch(r"([a-z0-9_]+):.+", build_id)
    if match is None:
        raise ResultsError(f"{build_id!r} is no id of a build; write ORIGIN:NAME, as in mylab:linux-6.1-0042")
    tests = [_test(run, test, match[1], build_id) for test in run.tests]
    return json.dumps({"version": VERSION, "tests": tests}, ensure_ascii=False, indent=1) + "\n"


def _test(run: Run, test: dict[str, Any], origin: str, build_id: str) -> dict[str, Any]:
    backend = run.head["backend"]
    return {
        "id": f"{origin}:{build_id.split(':', 1)[1]}/{run.head['started']}/{test['id']}", "build_id": build_id,
        "origin": origin, "path": path(test["id"]), "comment": test["title"], "status": STATUSES[test["verdict"]],
        "waived": test["verdict"] == "WAIVED", "duration": test["duration_s"],
        "environment": {"comment": backend["identity"]},
        "misc": {"irqcts": {"verdict": test["verdict"], "clauses": test["clauses"], "reason": reason(test),
                            "specification": run.head["spec"]["digest"], "suite": run.head["suite"]["version"]}},
    }
