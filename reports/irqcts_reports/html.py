# SPDX-License-Identifier: Apache-2.0
"""report.html: one file, no network, for people on any screen and on paper."""
from __future__ import annotations

import math
from functools import cache
from pathlib import Path
from typing import Any

from .run import LEVELS, NON_CONFORMANCE, SEVERITY, UNDECIDED, Run, reason

#: How each verdict is drawn; the mark says it without colour.
MARKS = {"PASS": ("ok", "✓"), "FAIL": ("bad", "✗"), "XPASS": ("bad", "!"), "CRASH": ("bad", "✗"),
         "TIMEOUT": ("bad", "⧖"), "WAIVED": ("waived", "~"), "ERROR": ("open", "?"), "INCONCLUSIVE": ("open", "?"),
         "MISS": ("open", "∅"), "NOT_TESTED": ("none", "–"), "NOT_APPLICABLE": ("none", "·")}


def bar(counts: dict[str, int]) -> list[dict[str, Any]]:
    """Segments of a family's bar: x and width in percent, by verdict, worst first."""
    total = sum(counts.values()) or 1
    segments, at = [], 0.0
    for verdict in SEVERITY:
        if counts.get(verdict):
            width = 100.0 * counts[verdict] / total
            segments.append({"x": round(at, 3), "width": round(width, 3), "kind": MARKS[verdict][0],
                             "title": f"{verdict}: {counts[verdict]}"})
            at += width
    return segments


def histogram(values: list[float]) -> list[dict[str, Any]]:
    """Durations in decades' thirds: label and count of each column, empty ones between included."""
    bins: dict[int, int] = {}
    for value in values:
        key = math.floor(3 * math.log10(max(value, 1e-6)))
        bins[key] = bins.get(key, 0) + 1
    if not bins:
        return []
    most = max(bins.values())
    columns = []
    for key in range(min(bins), max(bins) + 1):
        low = 10 ** (key / 3)
        label = f"{low * 1e3:.3g} ms" if low < 1 else f"{low:.3g} s"
        columns.append({"label": label, "count": bins.get(key, 0), "height": round(100 * bins.get(key, 0) / most, 2)})
    return columns


@cache
def _environment() -> Any:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True,
        undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["mark"] = lambda verdict: MARKS[verdict][1]
    environment.filters["kind"] = lambda verdict: MARKS[verdict][0]
    environment.filters["anchor"] = lambda text: "".join(c if c.isalnum() else "-" for c in text)
    return environment


def text(run: Run) -> str:
    failures = sorted(run.with_verdicts(*NON_CONFORMANCE, *UNDECIDED),
                      key=lambda t: (SEVERITY.index(t["verdict"]), t["id"]))
    rendered = _environment().get_template("report.html.j2").render(
        run=run, head=run.head, counts={v: n for v, n in run.counts.items() if n}, levels=LEVELS,
        families=[(name, counts, bar(counts)) for name, counts in run.families().items()],
        clauses=list(run.clauses.values()), failures=failures, reason=reason,
        waived=run.with_verdicts("WAIVED"), untested=run.with_verdicts("NOT_TESTED", "NOT_APPLICABLE"),
        durations=histogram([t["duration_s"] for t in run.tests if t["verdict"] != "MISS"]),
        state="bad" if run.exit_status == 1 else "ok" if run.exit_status == 0 and run.complete else "open")
    return str(rendered)
