# SPDX-License-Identifier: Apache-2.0
"""KTAP, as kernel test systems read it.  XPASS is "not ok": it must not be lost on the way."""
from __future__ import annotations

from .run import Run, reason
from .verdicts import SKIPPED


def line(number: int, test: dict[str, object], why: str) -> str:
    verdict = str(test["verdict"])
    name = str(test["id"]).replace("#", "_").replace("\n", " ")
    if verdict == "PASS":
        return f"ok {number} {name}"
    if verdict in SKIPPED:
        return f"ok {number} {name} # SKIP {verdict} {why}"
    if verdict == "WAIVED":
        return f"not ok {number} {name} # XFAIL WAIVED {why}"
    return f"not ok {number} {name} # {verdict} {why}"


def text(run: Run) -> str:
    lines = ["KTAP version 1", f"# {' '.join(run.head['backend']['identity'].split())}", f"1..{len(run.tests)}"]
    for number, test in enumerate(run.tests, 1):
        lines.append(line(number, test, " ".join(reason(test).split())).rstrip())
    if not run.complete:
        lines.append("Bail out! the run ended early")
    return "\n".join(lines) + "\n"
