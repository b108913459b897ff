# SPDX-License-Identifier: Apache-2.0
"""mutation.json against its schema, and its page."""
from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from irqcts_reports import ResultsError, mutation
from irqcts_reports.records import validate
from test_browser import visit
from test_renderings import HOSTILE, Page

KILLER = {"test": "test_pending.py::test_x", "clause": "PEND-SET", "share": "scenarios", "verdict": "FAIL",
          "why": "step 3, poll: message 0 arrived", "time_ms": 1.5}


def fault(identifier: str, **more: Any) -> dict[str, Any]:
    return {"set": "emulator", "id": identifier, "source": "QEMU 1234", "description": "a mask is ignored",
            "clauses": ["PEND-SET"], "options": "", "verdict": "killed", "killed_by": KILLER, "time_ms": 1.5,
            "shares": {"scenarios": KILLER}, "killing_tests": 3, "killing_clauses": ["PEND-SET"], "program": None,
            "argument": None, **more}


def document() -> dict[str, Any]:
    alive = {"killed_by": None, "time_ms": None, "shares": {}, "killing_tests": 0, "killing_clauses": []}
    return {
        "schema": 1, "planted": 3, "killed": 1, "equivalent": 1, "survived": 1, "score": 0.5, "whole": True,
        "selection": {"shares": ["scenarios", "generated"], "sets": ["emulator"]},
        "sets": {"emulator": {"planted": 3, "killed": 1, "equivalent": 1, "survived": 1, "score": 0.5,
                              "killed_by_scenarios": 1, "killed_by_generated": 0, "median_ms": 1.5, "seconds": 2.0}},
        "faults": [fault("A1"), fault("B1", **alive, verdict="survived", program="irqcts-program 1\npoll\n"),
                   fault("C1", **alive, verdict="equivalent", argument="nothing reads what it changes")],
        "clauses": {"PEND-SET": {"family": "PEND", "text": "A masked event is kept.", "planted": 3, "killed": 1,
                                 "equivalent": 1, "first": 1, "shown": 1, "alone": 1},
                    "SEND-ONCE": {"family": "SEND", "text": "Once.", "planted": 0, "killed": 0, "equivalent": 0,
                                  "first": 0, "shown": 0, "alone": 0}},
        "not_alone": ["SEND-ONCE"],
        "unexpressed": [{"id": "Z9", "source": "KVM 1", "description": "a race", "reason": "it is not in the device"}],
        "started": "2026-01-01T00:00:00+00:00", "workers": 2,
        "suite": {"version": "0.1.0", "commit": None, "dirty": False},
        "spec": {"digest": "x", "clauses": 2}, "environment": {},
    }


def write(folder: Path, what: dict[str, Any]) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / mutation.DOCUMENT).write_text(json.dumps(what), encoding="utf-8")
    return folder


def test_the_page_says_what_the_document_says(tmp_path: Path) -> None:
    page = mutation.render(write(tmp_path / "score", document())).read_text(encoding="utf-8")
    words = " ".join(" ".join(Page(page).words).split())
    for said in ("1 of 3 mutants survive", "Score 50.0 %", "Survivors (1)", "Equivalents (1)", "irqcts-program 1 poll",
                 "nothing reads what it changes", "test_pending.py::test_x", "it is not in the device", "QEMU 1234",
                 "1 clauses have no such mutant"):
        assert said in words, said
    assert page == mutation.text(mutation.load(tmp_path / "score"))


@pytest.mark.parametrize("change, where", [
    (lambda d: d.update(planted=4), "planted is 4"), (lambda d: d.update(survived=0), "survived is 0"),
    (lambda d: d["faults"][0].update(killed_by=None), "killed_by"),
    (lambda d: d["faults"][1].update(killed_by=KILLER), "killed_by"),
    (lambda d: d["faults"][2].update(argument=None), "argument"),
    (lambda d: d["faults"][0].update(argument="x"), "argument"),
    (lambda d: d["faults"][0].update(verdict="KILLED"), "verdict"), (lambda d: d.update(more=1), "more"),
    (lambda d: d.pop("not_alone"), "not_alone"), (lambda d: d["sets"].update(other={}), "other"),
])
def test_what_contradicts_itself_is_refused(tmp_path: Path, change: Any, where: str) -> None:
    wrong = copy.deepcopy(document())
    change(wrong)
    with pytest.raises(ResultsError, match=where):
        mutation.load(write(tmp_path / "score", wrong))
    validate(document(), "mutation", "the sample")


def test_the_page_runs_quietly_and_hostile_texts_do_nothing(tmp_path: Path) -> None:
    hostile = "".join(text.encode("utf-8", "replace").decode() for name, text in HOSTILE.items() if name != "long")
    what = document()
    for each in what["faults"]:
        each.update(id=hostile, description=hostile, source=hostile)
    what["faults"][1]["program"] = what["faults"][2]["argument"] = hostile
    seen = visit(mutation.render(write(tmp_path / "score", what)), tmp_path)
    assert seen.console == [] and seen.requests == []
    assert "<img" not in seen.dom and seen.dom.count("<script") == 1
    assert "3 of 3 shown" in seen.dom and "2 of 2 shown" in seen.dom
