# SPDX-License-Identifier: Apache-2.0
"""KCIDB and LAVA: every verdict kept apart, nothing hostile gets through their grammars."""
from __future__ import annotations

import json
import re
from typing import Any, Callable

import pytest
import sample
from irqcts_reports import ResultsError, Run, kcidb, lava
from test_renderings import HOSTILE, hostile_run

Loaded = Callable[[list[dict[str, Any]]], Run]
STATUSES = {"PASS": "PASS", "FAIL": "FAIL", "WAIVED": "FAIL", "XPASS": "FAIL", "CRASH": "FAIL", "TIMEOUT": "FAIL",
            "NOT_APPLICABLE": "SKIP", "NOT_TESTED": "SKIP", "INCONCLUSIVE": "ERROR", "ERROR": "ERROR", "MISS": "MISS"}


def test_kcidb(loaded: Loaded) -> None:
    made = json.loads(kcidb.text(loaded(sample.whole_run(sample.every_verdict())), "lab:build-1"))
    assert made["version"] == {"major": 4, "minor": 5}
    tests = {test["misc"]["irqcts"]["verdict"]: test for test in made["tests"]}
    assert {verdict: test["status"] for verdict, test in tests.items()} == STATUSES
    assert [verdict for verdict, test in tests.items() if test["waived"]] == ["WAIVED"]
    assert len({test["id"] for test in made["tests"]}) == len(sample.VERDICTS)
    for test in made["tests"]:
        assert re.fullmatch("[a-z0-9_]+:.+", test["id"])
        assert test["build_id"] == "lab:build-1" and test["origin"] == "lab"
        assert None not in test.values()
    assert tests["PASS"]["path"] == "irqcts.test_all.test_pass"


def test_kcidb_paths() -> None:
    assert kcidb.path("test_pending.py::test_x[4-mask]") == "irqcts.test_pending.test_x.4-mask"


@pytest.mark.parametrize("build", ["", "lab", ":x", "Lab:x", "lab:"])
def test_kcidb_refuses_what_is_no_build(loaded: Loaded, build: str) -> None:
    with pytest.raises(ResultsError, match="ORIGIN:NAME"):
        kcidb.text(loaded(sample.whole_run([])), build)


def test_lava(loaded: Loaded) -> None:
    lines = lava.text(loaded(sample.whole_run(sample.every_verdict()))).splitlines()
    found, verdict = {}, ""
    for line in lines:
        if match := re.fullmatch("<LAVA_SIGNAL_TESTSET START ([A-Z_]+)>", line):
            verdict = match[1]
        elif match := re.fullmatch(r"<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=(\S+) RESULT=(\w+) MEASUREMENT=[0-9.]+ "
                                   "UNITS=seconds>", line):
            assert match[1] == f"test_all.py.test_{verdict.lower()}"
            found[verdict] = match[2]
        else:
            assert line == "<LAVA_SIGNAL_TESTSET STOP>"
    assert set(found) == set(sample.VERDICTS)
    assert {verdict for verdict, result in found.items() if result == "pass"} == {"PASS"}
    assert {verdict for verdict, result in found.items() if result == "skip"} == {"NOT_TESTED", "NOT_APPLICABLE"}


@pytest.mark.parametrize("what", [what for what in HOSTILE if what != "unpaired"])
def test_hostile_ids(loaded: Loaded, what: str) -> None:
    run = loaded(hostile_run(HOSTILE[what]))
    for test in json.loads(kcidb.text(run, "lab:b"))["tests"]:
        assert re.fullmatch("[.a-zA-Z0-9_-]+", test["path"])
    for line in lava.text(run).split("\n"):
        assert re.fullmatch(r"(<LAVA_SIGNAL_TEST(SET|CASE) [A-Za-z0-9._ =-]+>)?", line)
