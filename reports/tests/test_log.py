# SPDX-License-Identifier: Apache-2.0
"""Reading results.jsonl: killed, resumed and empty runs, and logs that are none."""
from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any, Callable

import pytest
import sample
from irqcts_reports import ResultsError, Run, load_run, render

Loaded = Callable[[list[dict[str, Any]]], Run]


def test_a_torn_last_line_is_left_out_and_its_test_missing(tmp_path: Path) -> None:
    """Cut at every byte of the last record but its whole, also within a character of several bytes."""
    tests = [sample.test_record("test_a.py::a", "PASS"), sample.test_record("test_a.py::b", "PASS", title="é€𐍈")]
    folder = sample.write(tmp_path, [sample.run_record(t["id"] for t in tests), *tests])
    whole = (folder / "results.jsonl").read_bytes()
    start = whole.rindex(b"\n", 0, len(whole) - 1) + 1
    for cut in range(start, len(whole) - 1):
        (folder / "results.jsonl").write_bytes(whole[:cut])
        run = load_run(folder)
        assert [t["verdict"] for t in run.tests] == ["PASS", "MISS"], cut
        assert not run.complete and run.exit_status == 3


def test_a_torn_line_in_the_middle_is_an_error(tmp_path: Path) -> None:
    folder = sample.write(tmp_path, sample.whole_run(sample.every_verdict()))
    lines = (folder / "results.jsonl").read_bytes().split(b"\n")
    lines[2] = lines[2][:-5]
    (folder / "results.jsonl").write_bytes(b"\n".join(lines))
    with pytest.raises(ResultsError, match="line 3: not JSON"):
        load_run(folder)


def test_of_a_test_recorded_twice_the_last_counts(loaded: Loaded) -> None:
    """As a resumed run leaves it: an end, then more tests, then the true end."""
    first, again = sample.test_record("test_a.py::a", "ERROR"), sample.test_record("test_a.py::a", "PASS")
    run = loaded([sample.run_record([first["id"]]), first, sample.end_record([first], interrupted=True), again,
                  sample.end_record([again])])
    assert [t["verdict"] for t in run.tests] == ["PASS"]
    assert run.complete


def test_tests_after_an_end_make_the_run_incomplete(loaded: Loaded) -> None:
    test = sample.test_record("test_a.py::a", "PASS")
    assert not loaded([sample.run_record([test["id"]]), test, sample.end_record([test]), test]).complete


def test_a_selected_test_without_a_record_is_a_miss(loaded: Loaded) -> None:
    tests = [sample.test_record("test_a.py::a", "PASS")]
    run = loaded([sample.run_record(["test_a.py::a", "test_a.py::b"]), *tests, sample.end_record(tests)])
    assert run.counts["MISS"] == 1 and run.exit_status == 3
    assert "Undecided" in run.headline


@pytest.mark.parametrize("records", [[], [sample.end_record([])], [sample.test_record("test_a.py::a", "PASS")]])
def test_a_log_without_a_run_is_refused(tmp_path: Path, records: list[dict[str, Any]]) -> None:
    with pytest.raises(ResultsError, match="no record of the run"):
        load_run(sample.write(tmp_path, records))


def test_a_folder_without_a_log_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match="results.jsonl: No such file"):
        load_run(tmp_path)


def test_line_separators_within_texts_do_not_end_a_record(loaded: Loaded) -> None:
    """JSON escapes only some of what str.splitlines splits at."""
    test = sample.test_record("test_a.py::a", "PASS", title="one\u2028two\x85three\x0cfour")
    assert [t["title"] for t in loaded(sample.whole_run([test])).tests] == [test["title"]]


def test_clauses_outside_the_catalogue_are_refused(loaded: Loaded) -> None:
    with pytest.raises(ResultsError, match="PEND-NONE"):
        loaded(sample.whole_run([sample.test_record("test_a.py::a", "PASS", ["PEND-NONE"])]))


BROKEN: dict[str, Callable[[list[dict[str, Any]]], Any]] = {
    "a verdict that there is not": lambda r: r[1].update(verdict="OK"),
    "a word too much in a test": lambda r: r[1].update(note="x"),
    "a word too much in the run": lambda r: r[0].update(note="x"),
    "a word too much in the end": lambda r: r[-1].update(note="x"),
    "a word too much in a step": lambda r: r[2]["programs"][0]["steps"][0].update(note="x"),
    "a word too much in a program": lambda r: r[2]["programs"][0].update(note="x"),
    "a word too much in a clause": lambda r: r[0]["clauses"]["PEND-SET"].update(note="x"),
    "no clauses in a test": lambda r: r[1].pop("clauses"),
    "no catalogue": lambda r: r[0].pop("clauses"),
    "a level that there is not": lambda r: r[0]["clauses"]["PEND-SET"].update(level="Q"),
    "a negative duration": lambda r: r[1].update(duration_s=-1),
    "a duration that is no number": lambda r: r[1].update(duration_s=float("nan")),
    "an unknown cause": lambda r: r[2]["attribution"].update(cause="weather"),
    "a failure without a reason": lambda r: r[2].update(attribution=None),
    "a waived test without a waiver": lambda r: r[3].update(waiver=None),
    "an XPASS without a waiver": lambda r: r[4].update(waiver=None),
    "a waiver without a reference": lambda r: r[3]["waiver"].pop("reference"),
    "an end with a verdict uncounted": lambda r: r[-1]["counts"].pop("XPASS"),
    "another schema": lambda r: r[0].update(schema=2),
    "a record of another type": lambda r: r[1].update(type="remark"),
    "a record that is no object": lambda r: r.__setitem__(1, "text"),  # type: ignore[call-overload]
    "a digest that is a number": lambda r: r[0]["spec"].update(digest=5),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_breaks_the_schema_is_refused_and_nothing_rendered(tmp_path: Path, what: str) -> None:
    records = copy.deepcopy(sample.whole_run(sample.every_verdict()))
    render(sample.write(tmp_path / "whole", records))
    BROKEN[what](records)
    folder = sample.write(tmp_path / "broken", records)
    with pytest.raises(ResultsError, match="line|no record of the run"):
        render(folder)
    assert [path.name for path in folder.iterdir()] == ["results.jsonl"]


def test_the_summary_follows_its_schema_and_its_schema_refuses(rendered: Callable[..., Any]) -> None:
    from irqcts_reports.records import validate

    made = json.loads(rendered(sample.rich()).text("summary.json"))
    validate(made, "summary", "summary.json")
    changes: tuple[Callable[[dict[str, Any]], Any], ...] = (
        lambda s: s["counts"].pop("MISS"), lambda s: s.update(note=1),
        lambda s: s["clauses"]["PEND-SET"].update(state="fine"), lambda s: s["families"]["PEND"].update(OK=1))
    for change in changes:
        broken = copy.deepcopy(made)
        change(broken)
        with pytest.raises(ResultsError):
            validate(broken, "summary", "summary.json")
