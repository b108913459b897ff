# SPDX-License-Identifier: Apache-2.0
"""The folder of a run, rendered, and the package's place for pytest started from anywhere."""
from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import sample  # noqa: E402
from irqcts_reports import Run, load_run, render  # noqa: E402


@dataclass
class Rendered:
    """A run folder after `render`."""

    folder: Path

    def text(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")

    @property
    def run(self) -> Run:
        return load_run(self.folder)


@pytest.fixture
def rendered(tmp_path: Path) -> Callable[[list[dict[str, Any]]], Rendered]:
    def make(records: list[dict[str, Any]]) -> Rendered:
        folder = sample.write(tmp_path / "run", records)
        render(folder)
        return Rendered(folder)

    return make


@pytest.fixture
def loaded(tmp_path: Path) -> Callable[[list[dict[str, Any]]], Run]:
    return lambda records: load_run(sample.write(tmp_path / "run", records))
