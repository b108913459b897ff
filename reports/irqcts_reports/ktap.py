# SPDX-License-Identifier: Apache-2.0
"""results.ktap, as kernel test systems read it.

KTAP knows ok, not ok and directives.  The verdict's own word stands behind the #, so that none of the
eleven is lost; what KTAP has a directive for (SKIP, XFAIL, TIMEOUT, ERROR) says it first.
"""
from __future__ import annotations

from typing import Any

from .run import Run, reason
from .texts import one_line
from .verdicts import SKIPPED

DIRECTIVES = {"WAIVED": "XFAIL WAIVED", **{verdict: f"SKIP {verdict}" for verdict in SKIPPED}}


def line(number: int, test: dict[str, Any]) -> str:
    verdict = test["verdict"]
    name = one_line(test["id"]).replace("#", "_")
    start = f"{'ok' if verdict == 'PASS' or verdict in SKIPPED else 'not ok'} {number} {name}"
    if verdict == "PASS":
        return start
    return f"{start} # {DIRECTIVES.get(verdict, verdict)} {one_line(reason(test))}".rstrip()


def text(run: Run) -> str:
    lines = ["KTAP version 1", f"# {one_line(run.head['backend']['identity'])}", f"1..{len(run.tests)}"]
    lines += [line(number, test) for number, test in enumerate(run.tests, 1)]
    if not run.complete:
        lines.append("Bail out! the run ended early")
    return "\n".join(lines) + "\n"
