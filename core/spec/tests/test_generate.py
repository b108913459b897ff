# SPDX-License-Identifier: Apache-2.0
"""The generator refuses every mistake in the catalogue, with file and id."""
from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path
from types import ModuleType

import pytest

SPEC = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("irqcts_generate", SPEC / "generate.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    for file in SPEC.glob("*.toml"):
        shutil.copy(file, tmp_path)
    return tmp_path


def test_the_catalogue_generates(generator: ModuleType, tmp_path: Path) -> None:
    generator.generate(SPEC, tmp_path)
    header = (tmp_path / "include/irqcts/clauses.h").read_text("utf-8")
    assert "IRQCTS_CLAUSE_PEND_SET = " in header
    stamp = (tmp_path / "clauses.c").stat().st_mtime_ns
    generator.generate(SPEC, tmp_path)
    assert (tmp_path / "clauses.c").stat().st_mtime_ns == stamp, "an unchanged table was written again"


@pytest.mark.parametrize("file,old,new,sentence", [
    ("clauses.toml", 'id = "PEND-SET"', 'id = "PEND-RELEASE"', "clauses.toml: PEND-RELEASE: used twice"),
    ("clauses.toml", "number = 2\n", "number = 1\n", "number 1 is that of ROUTE-DEFAULT-IDENTITY"),
    ("clauses.toml", "number = 2\n", "number = 256\n", "number 256 is not in 1..255"),
    ("clauses.toml", 'level = "M"', 'level = "X"', "ROUTE-DEFAULT-IDENTITY: level X"),
    ("clauses.toml", 'basis = ["W"]', 'basis = ["Q"]', "basis ['Q'] is unknown"),
    ("clauses.toml", 'family = "ROUTE"', 'family = "ROAD"', "family ROAD does not begin the id"),
    ("clauses.toml", '"windows-msix-interface"', '"no-such-document"', "unknown source no-such-document"),
    ("clauses.toml", '["bus-master-off"]', '["bus-mister-off"]', "unknown ambiguity bus-mister-off"),
    ("clauses.toml", "views = ", "vews = ", "missing ['views'], unknown ['vews']"),
    ("sources.toml", 'title = "', 'title = ""\nx = "', "unknown ['x']"),
    ("ambiguities.toml", 'key = "pba-write"', 'key = "pba-writes"', "unknown ambiguity pba-write"),
    ("clauses.toml", "[[clause]]", "[[claus]]", "unknown table ['claus']"),
    ("clauses.toml", '"', "", "clauses.toml: "),
])
def test_mistakes_are_refused(generator: ModuleType, spec: Path, tmp_path: Path, file: str, old: str, new: str,
                              sentence: str) -> None:
    text = (spec / file).read_text("utf-8")
    assert old in text
    (spec / file).write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(generator.SpecificationError) as error:
        generator.generate(spec, tmp_path / "out")
    assert sentence in str(error.value)
