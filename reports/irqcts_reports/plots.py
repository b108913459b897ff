# SPDX-License-Identifier: Apache-2.0
"""Inline SVG: bars and histograms.  Every figure has a text beside it that says the same.

Only numbers and the words of this package enter the markup; styles stand in report.css by class.
"""
from __future__ import annotations

import math
from typing import Mapping, Sequence

from markupsafe import Markup

from .verdicts import SEVERITY, word

WIDTH, HEIGHT, LEFT, RIGHT, BOTTOM, TOP = 640, 190, 44, 24, 34, 10
#: Columns of a histogram in one power of ten.
PER_DECADE = 10


def verdict_bar(counts: Mapping[str, int]) -> Markup:
    """One bar, divided by verdict, worst first."""
    total = sum(counts.values())
    present = [(verdict, counts[verdict]) for verdict in SEVERITY if counts.get(verdict)]
    words = ", ".join(f"{count} {word(verdict)}" for verdict, count in present)
    parts, x = [], 0.0
    for verdict, count in present:
        width = 100 * count / total
        parts.append(f'<rect class="fill-{verdict}" x="{x:.2f}" y="0" width="{width:.2f}" height="10"/>')
        if x:
            parts.append(f'<rect class="gap" x="{x - 0.2:.2f}" y="0" width="0.4" height="10"/>')
        x += width
    return Markup(f'<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" role="img" '
                  f'aria-label="{words}">{"".join(parts)}</svg>')


def seconds(value: float) -> str:
    """A duration with three figures and a unit."""
    for factor, unit in ((1, "s"), (1e3, "ms"), (1e6, "µs")):
        if value * factor >= 1:
            return f"{value * factor:.3g} {unit}"
    return f"{value * 1e9:.0f} ns"


def quantile(ordered: Sequence[float], share: float) -> float:
    """Of sorted values, the smallest that at least `share` of them do not exceed."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def _columns(values: Sequence[float]) -> tuple[int, list[int]]:
    """Values counted in tenths of a decade; the first column begins at 10 ** (first / 10)."""
    places = [math.floor(PER_DECADE * math.log10(value) + 1e-9) for value in values]
    first = min(places)
    counts = [0] * (max(places) - first + 1)
    for place in places:
        counts[place - first] += 1
    return first, counts


def _ticks(low: float, high: float) -> list[float]:
    """1, 2 and 5 times powers of ten from low to high; powers of ten alone where those are many."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for factors in ((1, 2, 5), (1,)):
        ticks = [factor * 10.0 ** decade for decade in decades for factor in factors]
        ticks = [tick for tick in ticks if low * 0.999 <= tick <= high * 1.001]
        if len(ticks) <= 9:
            break
    return ticks or [low, high]


def histogram(values: Sequence[float], what: str) -> Markup:
    """How `values` (seconds, above 0 those that are drawn) are distributed, on a logarithmic axis."""
    drawn = sorted(value for value in values if value > 0)
    if not drawn:
        return Markup("")
    first, counts = _columns(drawn)
    most, floor = max(counts), HEIGHT - BOTTOM
    step = min((WIDTH - LEFT - RIGHT) / len(counts), 60.0)
    parts = [f'<line class="axis" x1="{LEFT}" y1="{floor}" x2="{WIDTH - RIGHT}" y2="{floor}"/>']
    for value in sorted({most, most // 2} - {0}):
        y = floor - (floor - TOP) * value / most
        parts.append(f'<line class="grid" x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}"/>'
                     f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value}</text>')
    for number, count in enumerate(counts):
        if count:
            height = (floor - TOP) * count / most
            low, high = (10 ** ((first + number + end) / PER_DECADE) for end in (0, 1))
            parts.append(f'<rect class="column" x="{LEFT + number * step + 0.5:.1f}" y="{floor - height:.1f}" '
                         f'width="{step - 1:.1f}" height="{height:.1f}"><title>{seconds(low)} to {seconds(high)}: '
                         f'{count}</title></rect>')
    for tick in _ticks(10 ** (first / PER_DECADE), 10 ** ((first + len(counts)) / PER_DECADE)):
        x = LEFT + (PER_DECADE * math.log10(tick) - first) * step
        parts.append(f'<line class="axis" x1="{x:.1f}" y1="{floor}" x2="{x:.1f}" y2="{floor + 5}"/>'
                     f'<text x="{x:.1f}" y="{floor + 20}" text-anchor="middle">{seconds(tick)}</text>')
    label = (f"{len(drawn)} {what}: shortest {seconds(drawn[0])}, half within {seconds(quantile(drawn, 0.5))}, "
             f"longest {seconds(drawn[-1])}")
    return Markup(f'<svg class="plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">'
                  f'{"".join(parts)}</svg>')
