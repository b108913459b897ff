# SPDX-License-Identifier: Apache-2.0
"""Inline SVG: bars and histograms.  Every figure has a text beside it that says the same.

Only numbers and the words of this package enter the markup; styles stand in report.css by class.
"""
from __future__ import annotations

import math
from typing import Mapping, Sequence

from markupsafe import Markup

from .verdicts import SEVERITY, word

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 640, 190, 44, 34, 10


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


def _bins(values: Sequence[float]) -> tuple[list[float], list[int]]:
    """Edges at 1, 2 and 5 times powers of ten, and how many values lie in [edge, next edge)."""
    low, high = min(values), max(values)
    exponent = math.floor(math.log10(low))
    edges: list[float] = []
    while not edges or edges[-1] <= high:
        edges += [factor * 10.0 ** exponent for factor in (1, 2, 5)]
        exponent += 1
    while len(edges) > 2 and edges[1] <= low:
        edges.pop(0)
    while len(edges) > 2 and edges[-2] > high:
        edges.pop()
    counts = [sum(1 for value in values if a <= value < b) for a, b in zip(edges, edges[1:])]
    return edges, counts


def histogram(values: Sequence[float], what: str) -> Markup:
    """How `values` (seconds, above 0 those that are drawn) are distributed, on a logarithmic axis."""
    drawn = [value for value in values if value > 0]
    if not drawn:
        return Markup("")
    edges, counts = _bins(drawn)
    most = max(counts)
    step = (WIDTH - LEFT - 20) / len(counts)
    floor = HEIGHT - BOTTOM
    parts = [f'<line class="axis" x1="{LEFT}" y1="{floor}" x2="{WIDTH - 16}" y2="{floor}"/>']
    for share in (0.5, 1.0):
        y = floor - share * (floor - TOP)
        value = most * share
        if value == int(value):
            parts.append(f'<line class="grid" x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - 16}" y2="{y:.1f}"/>'
                         f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{int(value)}</text>')
    every = math.ceil(len(edges) / 10)
    for number, count in enumerate(counts):
        x = LEFT + number * step
        height = (floor - TOP) * count / most
        if count:
            parts.append(f'<rect class="column" x="{x + 1:.1f}" y="{floor - height:.1f}" width="{step - 2:.1f}" '
                         f'height="{height:.1f}"><title>{seconds(edges[number])} to {seconds(edges[number + 1])}: '
                         f'{count}</title></rect>')
    for number, edge in enumerate(edges):
        if number % every == 0:
            parts.append(f'<text x="{LEFT + number * step:.1f}" y="{floor + 18}" text-anchor="middle">'
                         f'{seconds(edge)}</text>')
    ordered = sorted(drawn)
    label = (f"{len(drawn)} {what}: shortest {seconds(ordered[0])}, half within {seconds(quantile(ordered, 0.5))}, "
             f"longest {seconds(ordered[-1])}")
    return Markup(f'<svg class="plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">'
                  f'{"".join(parts)}</svg>')
