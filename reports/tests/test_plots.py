# SPDX-License-Identifier: Apache-2.0
"""Figures: everything that is to be drawn is drawn, within the frame."""
from __future__ import annotations

import re

import pytest
import sample
from irqcts_reports import plots


@pytest.mark.parametrize("values", [[1e-9], [0.001], [1.0, 10.0], [2.5e-6, 7.9e-6, 5e-6], [0.3] * 1000,
                                    [1e-9 * 3 ** n for n in range(22)], [0.001, 0.002, 0.005, 0.01]],
                         ids=lambda values: f"{len(values)} from {values[0]}")
def test_a_histogram_counts_every_value_within_its_frame(values: list[float]) -> None:
    figure = str(plots.histogram(values, "tests"))
    columns = re.findall(r'<rect class="column" x="([0-9.]+)" y="([0-9.]+)" width="([0-9.]+)" height="([0-9.]+)">'
                         r"<title>[^<]+: (\d+)</title>", figure)
    assert sum(int(count) for *_, count in columns) == len(values)
    for x, y, width, height, _ in columns:
        assert plots.LEFT <= float(x) and float(x) + float(width) <= plots.WIDTH - plots.RIGHT + 0.1
        assert plots.TOP <= float(y) + 0.1 and float(y) + float(height) <= plots.HEIGHT - plots.BOTTOM + 0.1
    labels = re.findall(r'text-anchor="middle">([^<]+)<', figure)
    assert 1 <= len(labels) == len(set(labels)) <= 12
    assert f'aria-label="{len(values)} tests: shortest {plots.seconds(min(values))}' in figure


def test_nothing_measured_is_no_figure() -> None:
    assert plots.histogram([], "tests") == plots.histogram([0.0, 0.0], "tests") == ""


def test_a_bar_is_divided_in_proportion() -> None:
    bar = str(plots.verdict_bar({"PASS": 3, "FAIL": 1}))
    assert re.findall(r'class="fill-(\w+)" x="([0-9.]+)" y="0" width="([0-9.]+)"', bar) == \
        [("FAIL", "0.00", "25.00"), ("PASS", "25.00", "75.00")]
    assert 'aria-label="1 fail, 3 pass"' in bar


def test_every_verdict_has_a_part_of_the_bar() -> None:
    bar = str(plots.verdict_bar({verdict: 1 for verdict in sample.VERDICTS}))
    assert {verdict for verdict in sample.VERDICTS if f"fill-{verdict}\"" in bar} == set(sample.VERDICTS)


@pytest.mark.parametrize("value, text", [(0, "0 ns"), (4e-9, "4 ns"), (1.5e-6, "1.5 µs"), (0.02, "20 ms"), (3, "3 s")])
def test_seconds(value: float, text: str) -> None:
    assert plots.seconds(value) == text


@pytest.mark.parametrize("share, value", [(0.5, 2), (0.99, 4), (1.0, 4), (0.25, 1)])
def test_quantiles(share: float, value: float) -> None:
    assert plots.quantile([1, 2, 3, 4], share) == value
