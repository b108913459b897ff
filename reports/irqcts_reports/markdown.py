# SPDX-License-Identifier: Apache-2.0
"""report.md: short enough for a comment on a change."""
from __future__ import annotations

import re

from .run import Run, reason
from .verdicts import NON_CONFORMANCE, UNDECIDED

SHOWN = 20


def escape(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>|#])", r"\\\1", " ".join(text.split()))


def text(run: Run) -> str:
    counts = {v: n for v, n in run.counts.items() if n}
    lines = [f"**{escape(run.headline)}**", "", f"Backend: {escape(run.head['backend']['identity'])}", "",
             "| " + " | ".join(escape(v) for v in counts) + " |", "|" + " ---: |" * len(counts),
             "| " + " | ".join(str(n) for n in counts.values()) + " |", ""]
    bad = run.with_verdicts(*NON_CONFORMANCE, *UNDECIDED)
    for test in bad[:SHOWN]:
        lines.append(f"- {escape(test['verdict'])} {escape(test['id'])} ({escape(', '.join(test['clauses']))}): "
                     f"{escape(reason(test))}")
    if len(bad) > SHOWN:
        lines.append(f"- and {len(bad) - SHOWN} more, in report.html")
    for test in run.with_verdicts("WAIVED"):
        lines.append(f"- waived: {escape(test['id'])}: {escape(test['waiver']['reason'])}")
    states = [c.state for c in run.clauses.values() if c.level == "M"]
    lines += ["", f"Clauses of level must: {states.count('tested')} tested, {states.count('not-testable')} not testable "
                  f"on this backend, {states.count('not-covered')} not covered."]
    return "\n".join(lines) + "\n"
