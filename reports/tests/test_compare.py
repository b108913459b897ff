# SPDX-License-Identifier: Apache-2.0
"""Comparing two runs, and the command line of the package."""
from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sample
from irqcts_reports import ResultsError, Run, load_run
from irqcts_reports.compare import compare

REPORTS = Path(__file__).resolve().parents[1]


def made(folder: Path, verdicts: dict[str, str], **changes: Any) -> Run:
    tests = [sample.test_record(f"test_a.py::{name}", verdict, ["PEND-SET"] if name != "other" else ["CAP-HEADER"])
             for name, verdict in verdicts.items()]
    return load_run(sample.write(folder, sample.whole_run(tests, **changes)))


def test_each_change_is_in_one_list(tmp_path: Path) -> None:
    older = made(tmp_path / "a", {"same": "PASS", "broke": "PASS", "fixed": "FAIL", "hidden": "FAIL", "gone": "FAIL",
                                  "skipped": "NOT_TESTED"})
    newer = made(tmp_path / "b", {"same": "PASS", "broke": "CRASH", "fixed": "PASS", "hidden": "NOT_TESTED",
                                  "other": "PASS", "new": "XPASS", "skipped": "NOT_APPLICABLE"})
    found = compare(older, newer)
    assert found.new_failures == ["test_a.py::broke", "test_a.py::new"]
    assert found.fixed == ["test_a.py::fixed"]
    assert found.changed == ["test_a.py::hidden", "test_a.py::skipped"]
    assert found.added == ["test_a.py::other"]
    assert found.removed == ["test_a.py::gone"]
    assert found.newly_tested == ["CAP-HEADER"] and found.no_longer_tested == []
    assert "test_a.py::hidden: FAIL -> NOT_TESTED" in found.text()


def test_different_specifications_are_refused(tmp_path: Path) -> None:
    older = made(tmp_path / "a", {"t": "PASS"})
    newer = made(tmp_path / "b", {"t": "PASS"}, spec={"digest": "another", "clauses": 10})
    with pytest.raises(ResultsError, match="different specifications"):
        compare(older, newer)
    assert compare(older, newer, any_specification=True).new_failures == []


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "irqcts_reports", *arguments], cwd=REPORTS, capture_output=True,
                          text=True, timeout=60)


def test_the_command_line(tmp_path: Path) -> None:
    made(tmp_path / "a", {"t": "PASS"})
    made(tmp_path / "b", {"t": "FAIL"})
    assert command(str(tmp_path / "b")).returncode == 0
    assert (tmp_path / "b" / "report.html").exists()
    worse = command(str(tmp_path / "b"), "--compare", str(tmp_path / "a"))
    assert worse.returncode == 1 and "new non-conformances: 1" in worse.stdout
    assert command(str(tmp_path / "a"), "--compare", str(tmp_path / "b")).returncode == 0
    missing = command(str(tmp_path / "none"))
    assert missing.returncode == 2 and missing.stderr.startswith("irqcts_reports: ")
    assert "Traceback" not in missing.stderr
