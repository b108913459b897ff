# SPDX-License-Identifier: Apache-2.0
"""report.html: one file that needs nothing else, made from templates/.

What devices and backends send is hostile until it is escaped: the template escapes everything, and
characters that would not be seen (controls, bidirectional overrides) are written out.  The content
security policy allows exactly the one script and the one style sheet of this package.
"""
from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from . import plots
from .run import Run, reason
from .texts import visible
from .verdicts import LEVELS, MEANINGS, NON_CONFORMANCE, SKIPPED, UNDECIDED, word

TEMPLATES = Path(__file__).parent / "templates"
#: Failures shown unfolded; the others are one click away, and all are unfolded in print.
UNFOLDED = 5
#: Steps shown before and behind the first divergence.
BEFORE, BEHIND = 30, 10
#: Lines of a program shown.
PROGRAM_LINES = 400
SLOWEST = 10
#: Messages whose latencies get a figure of their own.
LATENCY_FIGURES = 16


def _finalize(value: Any) -> Any:
    """Every text that the template shows; what is markup already was made here."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def text(run: Run) -> str:
    """The page; the same for the same run."""
    style, script = asset("report.css"), asset("report.js")
    anchors = {test["id"]: f"t{number}" for number, test in enumerate(run.tests)}
    bad = [_shown(test, anchors, n) for n, test in enumerate(run.with_verdicts(*NON_CONFORMANCE))]
    undecided = [_shown(test, anchors, n + len(bad)) for n, test in enumerate(run.with_verdicts(*UNDECIDED))]
    page = environment().get_template("report.html.j2").render(
        run=run, head=run.head, style=Markup(style), script=Markup(script), style_hash=source_hash(style),
        script_hash=source_hash(script), anchors=anchors, bad=bad, undecided=undecided, failed_clauses=_failed_clauses(bad),
        waived=[_shown(test, anchors, UNFOLDED) for test in run.with_verdicts("WAIVED")],
        claims=[test for test in run.tests if "claim" in test], skipped=_skipped(run), families=_families(run), clause_families=_clause_families(run),
        durations=plots.histogram([t["duration_s"] for t in run.tests], "durations of tests"),
        slowest=sorted(run.tests, key=_duration, reverse=True)[:SLOWEST], latencies=_latencies(run),
        detailed=set(anchors) - {t["id"] for t in run.with_verdicts("PASS", *SKIPPED)},
        levels=LEVELS, meanings=MEANINGS)
    return page + "\n"


@cache
def environment() -> jinja2.Environment:
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, finalize=_finalize,
                                     undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["word"] = word
    environment.filters["seconds"] = plots.seconds
    environment.filters["reason"] = reason
    return environment


@cache
def asset(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


def source_hash(content: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()


def _shown(test: dict[str, Any], anchors: dict[str, str], number: int) -> dict[str, Any]:
    """A test that is shown in full."""
    return {"test": test, "anchor": anchors[test["id"]], "open": number < UNFOLDED,
            "programs": [_program(program) for program in test["programs"]], "clauses": _clauses_of(test)}


def _clauses_of(test: dict[str, Any]) -> list[str]:
    """The clause at the first divergence, then those that the test is about."""
    found = [diverging(program) for program in test["programs"]]
    return list(dict.fromkeys([each for each in found if each] + test["clauses"]))


def diverging(program: dict[str, Any]) -> str | None:
    """The clause that the first divergence is about."""
    first, steps = program["first_divergence"], program["steps"]
    clause: str | None = steps[first]["clause"] if first is not None and first < len(steps) else None
    return clause


def _program(program: dict[str, Any]) -> dict[str, Any]:
    """The steps around the first divergence; how many are left out on either side is said."""
    steps, first = program["steps"], program["first_divergence"]
    start = 0 if first is None else max(0, first - BEFORE)
    stop = min(len(steps), (BEFORE if first is None else first) + BEHIND + 1)
    lines = program["text"].rstrip("\n").split("\n")
    return {"steps": [(number, steps[number]) for number in range(start, stop)], "first": first, "before": start,
            "behind": len(steps) - stop, "text": "\n".join(lines[:PROGRAM_LINES]),
            "lines": len(lines), "lines_left_out": max(0, len(lines) - PROGRAM_LINES), "replay": program.get("replay"),
            "heading": _heading(program)}


def _heading(program: dict[str, Any]) -> str:
    shrunk = program.get("shrunk")
    if shrunk is None:
        return "The test's program"
    heading = (f"{'Shortest' if shrunk['minimal'] else 'Shorter'} program that fails for the same clause: "
               f"{shrunk['operations_after']} of {shrunk['operations_before']} operations")
    if shrunk["trials"] > 1:
        heading += f"; it failed in {shrunk['confirmations']} of {shrunk['trials']} last trials"
    return heading


def _failed_clauses(bad: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Non-conformances by the clause they are about first; the most frequent first."""
    found: dict[str, list[dict[str, Any]]] = {}
    for shown in bad:
        found.setdefault(next(iter(shown["clauses"]), ""), []).append(shown)
    return sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))


def _skipped(run: Run) -> list[dict[str, Any]]:
    """What was not tested, once per reason."""
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for test in run.with_verdicts(*SKIPPED):
        key = (test["verdict"], reason(test), "\n".join(test["evidence"]))
        group = found.setdefault(key, {"verdict": test["verdict"], "why": reason(test), "evidence": test["evidence"],
                                       "tests": []})
        group["tests"].append(test)
    return list(found.values())


def _families(run: Run) -> list[dict[str, Any]]:
    counted = run.families()
    names = list(dict.fromkeys([clause.family for clause in run.clauses.values()] + list(counted)))
    return [{"name": name, "counts": counted.get(name, {}), "bar": plots.verdict_bar(counted[name]) if name in counted
             else None, "clauses": [c for c in run.clauses.values() if c.family == name]} for name in names]


def _clause_families(run: Run) -> list[tuple[str, list[Any]]]:
    found: dict[str, list[Any]] = {}
    for clause in run.clauses.values():
        found.setdefault(clause.family, []).append(clause)
    return list(found.items())


def _duration(test: dict[str, Any]) -> float:
    return float(test["duration_s"])


def _by_number(item: tuple[str, list[float]]) -> str:
    """Message 10 behind message 9, and those of virtual functions behind those of the physical one."""
    return re.sub(r"\d+", lambda number: number.group().zfill(5), item[0])


def _latencies(run: Run) -> list[dict[str, Any]]:
    """By message, over all tests that measured."""
    found: dict[str, list[float]] = {}
    for test in run.tests:
        for message, values in test.get("latencies_ns", {}).items():
            found.setdefault(message, []).extend(value / 1e9 for value in values)
    rows: list[dict[str, Any]] = []
    for message, values in sorted(found.items(), key=_by_number):
        if values:
            ordered = sorted(values)
            figure = plots.histogram(ordered, "arrivals") if len(rows) < LATENCY_FIGURES else None
            rows.append({"message": message, "count": len(ordered), "least": ordered[0], "most": ordered[-1],
                         "half": plots.quantile(ordered, 0.5), "p99": plots.quantile(ordered, 0.99), "figure": figure})
    return rows
