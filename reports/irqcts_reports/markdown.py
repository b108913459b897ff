# SPDX-License-Identifier: Apache-2.0
"""report.md: short enough for a comment on a change.

Whatever a device or backend chose stands in code spans, where nothing in it is a link or a mention.
"""
from __future__ import annotations

import re

from .run import Run, reason
from .texts import one_line
from .verdicts import LEVELS, NON_CONFORMANCE, UNDECIDED, word

SHOWN = 20
LONGEST = 400


def code(text: str) -> str:
    """A code span, with a fence longer than any run of backticks in the text."""
    line = one_line(text) or " "
    line = line if len(line) <= LONGEST else line[:LONGEST] + "…"
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", line)), default=0))
    return f"{fence} {line} {fence}" if len(fence) > 1 else f"`{line}`"


def text(run: Run) -> str:
    counts = {verdict: count for verdict, count in run.counts.items() if count}
    lines = [f"**{run.headline}**", "", code(run.head["backend"]["identity"]), ""]
    if counts:
        lines += ["| " + " | ".join(word(verdict) for verdict in counts) + " |", "|" + " ---: |" * len(counts),
                  "| " + " | ".join(str(count) for count in counts.values()) + " |", ""]
    # Rare verdicts first, so that none of them is among those left out.
    bad = sorted(run.with_verdicts(*NON_CONFORMANCE, *UNDECIDED), key=lambda test: run.counts[test["verdict"]])
    for test in bad[:SHOWN]:
        about = " ".join(code(clause) for clause in test["clauses"])
        lines.append(f"- **{word(test['verdict'])}** {code(test['id'])} {about + ': ' if about else ''}"
                     f"{code(reason(test))}")
    if len(bad) > SHOWN:
        lines.append(f"- and {len(bad) - SHOWN} more, in report.html")
    waived = run.with_verdicts("WAIVED")
    for test in waived[:SHOWN]:
        waiver = test["waiver"]
        lines.append(f"- waived {code(test['id'])}: {code(waiver['reason'])} ({code(waiver['reference'])})")
    if len(waived) > SHOWN:
        lines.append(f"- and {len(waived) - SHOWN} more waived, in report.html")
    lines += ["", "| clauses | tested | not testable here | not covered |", "| --- | ---: | ---: | ---: |"]
    for level, what in LEVELS.items():
        states = run.states(level)
        lines.append(f"| {level} ({what}) | {states['tested']} | {states['not-testable']} | {states['not-covered']} |")
    return "\n".join(lines) + "\n"
