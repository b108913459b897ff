# SPDX-License-Identifier: Apache-2.0
"""The style sheet: contrast in both schemes, nothing fetched, every verdict drawn."""
from __future__ import annotations

import re
from pathlib import Path

import pytest
import sample

TEMPLATES = Path(__file__).resolve().parents[1] / "irqcts_reports" / "templates"
CSS = (TEMPLATES / "report.css").read_text(encoding="utf-8")
#: WCAG 2.1: 4.5 for text, 3 for graphics.
TEXT, GRAPHIC = 4.5, 3.0


def palettes() -> dict[str, dict[str, str]]:
    blocks = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)
    return {name: dict(re.findall(r"--([a-z-]+): (#[0-9a-f]+)", block))
            for name, block in zip(("light", "dark", "print"), blocks, strict=True)}


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * c for c in colour[1:])
    channels = [int(digits[i:i + 2], 16) / 255 for i in (0, 2, 4)]
    linear: list[float] = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    dark, light = sorted((luminance(a), luminance(b)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", palettes())
def test_contrast(scheme: str) -> None:
    colours = palettes()[scheme]
    tones = dict(re.findall(r"--tone: var\(--([a-z]+)\); --tint: var\(--([a-z-]+)\)", CSS))
    pairs = [(text, ground) for text in ("text", "quiet", "link") for ground in ("ground", "raised", "fail-tint")]
    pairs += list(tones.items())
    for text, ground in pairs:
        assert contrast(colours[text], colours[ground]) >= TEXT, (text, ground)
    for fill in re.findall(r"\.fill-[A-Z_]+ \{ fill: var\(--([a-z]+)\)", CSS):
        assert contrast(colours[fill], colours["ground"]) >= (GRAPHIC if fill != "absent" else 2.5), fill


def test_every_verdict_is_drawn() -> None:
    for verdict in sample.VERDICTS:
        assert re.search(rf"\.{verdict}\b[^{{]*\{{ --tone", CSS) and f".fill-{verdict} " in CSS


@pytest.mark.parametrize("name", ["report.css", "report.js", "report.html.j2"])
def test_nothing_is_fetched(name: str) -> None:
    text = (TEMPLATES / name).read_text(encoding="utf-8")
    assert not re.search(r"https?:|url\(|@import|fetch\(|XMLHttpRequest|innerHTML|\bsrc=", text)
