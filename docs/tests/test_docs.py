# SPDX-License-Identifier: Apache-2.0
"""What the documents name exists: files, clauses, readings, programs."""
from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
SPEC = ROOT / "core" / "spec"


def clause_ids() -> set[str]:
    return {c["id"] for c in tomllib.loads((SPEC / "clauses.toml").read_text("utf-8"))["clause"]}


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)", page.read_text("utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{name(page)} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_named_files_exist(page: Path) -> None:
    """Paths in backticks that begin with a folder of this tree."""
    for path in re.findall(r"`((?:core|backends|suites|harness|reports|docs)/[\w./-]*)`", page.read_text("utf-8")):
        assert (ROOT / path).exists(), f"{name(page)} names {path}"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_clauses_exist(page: Path) -> None:
    known = clause_ids()
    families = {c.split("-")[0] for c in known}
    for word in re.findall(r"\b[A-Z]+(?:-[A-Z0-9]+)+\b", page.read_text("utf-8")):
        if word.split("-")[0] in families:
            assert word in known, f"{name(page)} names clause {word}"


def test_readings_are_in_the_register() -> None:
    """Every enum irqcts_reading narrows an open point of ambiguities.toml, and the register's switches are declared."""
    headers = "".join(path.read_text("utf-8") for path in sorted((ROOT / "core/include/irqcts").glob("*.h")))
    register = tomllib.loads((SPEC / "ambiguities.toml").read_text("utf-8"))["ambiguity"]
    named = {switch for entry in register for switch in entry["switch"] if switch != "none"}
    assert set(re.findall(r"\b(IRQCTS_READING_\w+) =", headers)) <= named <= set(re.findall(r"\b(IRQCTS_\w+) =", headers))


def test_no_path_of_a_machine() -> None:
    for page in PAGES:
        assert not re.search(r"/(root|home)/\w", page.read_text("utf-8")), name(page)
