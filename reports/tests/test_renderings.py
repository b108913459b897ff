# SPDX-License-Identifier: Apache-2.0
"""Every rendering keeps the eleven verdicts apart, survives hostile texts, and is the same each time."""
from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Callable

import pytest
import sample
from irqcts_reports import render

Render = Callable[[list[dict[str, Any]]], Any]
OUTPUTS = ("summary.json", "report.html", "report.md", "junit.xml", "results.ktap")
VOID = {"meta", "br", "input", "link", "img", "hr"}
HOSTILE = {
    "markup": "<script>alert(1)</script><img src=http://192.0.2.1/x onerror=alert(1)>",
    "attribute": "\" onmouseover=\"alert(1)\" x='",
    "closing": "</script></style></code></pre>--><!-- ]]>",
    "template": "{{ 7*7 }}{% for x in y %}{# c #}",
    "control": "\x00\x01\x1b[31mred\x07\x7f\x85",
    "bidi": "\u202egnp.exe\u2066\u200b\ufeff",
    "separators": "a\u2028b\u2029c\rd\ne",
    "unpaired": "\ud800x\udfff",
    "non-characters": "\ufffe\uffff\U0010ffff",
    "directives": "x # SKIP\nok 1 everything",
    "markdown": "`` ` ``` @someone [x](http://192.0.2.1) | a | ![i](http://192.0.2.1/i.png) <b>",
    "long": "a" * 20000,
}


class Page(HTMLParser):
    """Collects elements, and fails on tags that do not nest."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.stack: list[str] = []
        self.words: list[str] = []
        self.feed(page)
        self.close()
        assert self.stack == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), f"<{tag}> has an attribute twice"
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.stack and self.stack.pop() == tag, f"</{tag}> does not close what is open"

    def handle_data(self, data: str) -> None:
        if not self.stack or self.stack[-1] not in ("style", "script"):
            self.words.append(data)


def hostile_run(text: str) -> list[dict[str, Any]]:
    """The text wherever a device, a backend or a test can put one."""
    tests = []
    for test in sample.every_verdict():
        test = {**test, "id": f"test_h.py::{test['verdict']}[{text}]", "title": text, "evidence": [text]}
        if test["attribution"]:
            test["attribution"] = {**test["attribution"], "why": text}
        if test["waiver"]:
            test["waiver"] = {**test["waiver"], "reason": text, "reference": text}
        program = sample.failing_program()
        program["steps"][7].update(operation=text, expected=text, observed=text, reason=text)
        test["programs"] = [{**program, "text": text, "replay": text}]
        test["latencies_ns"] = {text: [10, 20, 40]}
        tests.append(test)
    records = sample.whole_run(tests)
    records[0]["backend"].update(name=text, device=text, driver=text, identity=text, choice=text, observations=[text])
    records[0]["environment"]["kernel"] = text
    records[0]["deviations"] = text
    return records


def write_escaped(folder: Path, records: list[dict[str, Any]]) -> Path:
    """With \\u escapes, so that half a surrogate pair gets into the file as well."""
    import json

    folder.mkdir()
    (folder / "results.jsonl").write_text("".join(json.dumps(r) + "\n" for r in records), encoding="utf-8")
    return folder


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_texts_stay_texts(tmp_path: Path, what: str) -> None:
    folder = write_escaped(tmp_path / "run", hostile_run(HOSTILE[what]))
    render(folder)
    calm = write_escaped(tmp_path / "calm", hostile_run("calm"))
    render(calm)

    page = Page((folder / "report.html").read_text(encoding="utf-8"))
    calm_page = Page((calm / "report.html").read_text(encoding="utf-8"))
    shape = [(tag, sorted(attributes)) for tag, attributes in page.elements]
    # Markdown and HTML may order by text; the elements and their attributes are the same ones.
    assert sorted(shape) == sorted((tag, sorted(attributes)) for tag, attributes in calm_page.elements)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2066\ufeff]", "".join(page.words))

    cases = list(ET.parse(folder / "junit.xml").getroot().iter("testcase"))
    assert len(cases) == len(sample.VERDICTS)
    ktap = (folder / "results.ktap").read_text(encoding="utf-8").split("\n")
    assert sum(bool(re.match("(not )?ok [0-9]+ ", line)) for line in ktap) == len(sample.VERDICTS)
    assert len(ktap) == len(sample.VERDICTS) + 4
    markdown = (folder / "report.md").read_text(encoding="utf-8")
    assert len(markdown.split("\n")) == len((calm / "report.md").read_text(encoding="utf-8").split("\n"))
    # Nothing of the text is left once code spans are taken out, as GitHub reads them.
    outside = re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", markdown)
    assert "192.0.2.1" not in outside and "@someone" not in outside and "<" not in outside


def test_the_page_says_every_verdict(rendered: Render) -> None:
    page = Page(rendered(sample.whole_run(sample.every_verdict())).text("report.html"))
    words = " ".join(page.words)
    for verdict in sample.VERDICTS:
        assert f"test_all.py::test_{verdict.lower()}" in words
        badges = [a for tag, a in page.elements if tag == "span" and a.get("class") == f"verdict {verdict}"]
        assert badges, verdict
        tiles = [a for tag, a in page.elements if tag == "li" and a.get("class") == verdict]
        assert len(tiles) == 1, verdict


def test_the_page_shows_what_a_failure_needs(rendered: Render) -> None:
    words = " ".join(" ".join(Page(rendered(sample.rich()).text("report.html")).words).split())
    for needed in ("◀ first divergence", "message 0 once", "message 0 twice", "arrived twice instead of once",
                   sample.CLAUSES["PEND-RELEASE"][2], "Likely cause: device.", "irqcts replay --backend qemu",
                   "rocker sends twice", "hw/net/rocker/rocker_desc.c", "evidence of test_all.py::test_not_tested",
                   "There is no trace: the program did not come back.", "deviations/qemu.toml", "vf0.1"):
        assert needed in words, needed


def test_the_page_says_what_complete_suites_claim(rendered: Render) -> None:
    """And that a suite which did not pass establishes nothing."""
    numbers = ("extra_states", "states", "inputs", "transitions", "undefined", "merged_pairs", "identifier_length",
               "programs", "open_programs", "programs_w", "operations", "open_operations", "operations_w")
    tests = [sample.test_record(f"test_complete.py::test_{verdict.lower()}", verdict, ["PEND-SET"], claim={
        "established": verdict == "PASS", "text": f"None of all devices is {verdict} & wrong.", "entries": 2, "messages": 2,
        "table_entries": 4, "method": "walk", "alphabet": ["mask 0", "enable on"], **dict.fromkeys(numbers, 2)})
        for verdict in ("PASS", "FAIL")]
    words = " ".join(" ".join(Page(rendered(sample.whole_run(tests)).text("report.html")).words).split())
    assert "Claims of the complete suites (2)" in words and "None of all devices is PASS & wrong." in words
    assert words.count("The claim is not established.") == 1 and "The alphabet: 2 inputs mask 0 enable on" in words


def test_long_traces_are_shown_around_the_divergence(rendered: Render) -> None:
    test = sample.test_record("test_a.py::long", "FAIL", ["PEND-SET"])
    steps = [sample.step(f"raise {n}", "ok", "ok") for n in range(5000)]
    steps[4000] = sample.step("poll", "no message", "message 9 once", "message 9 may not arrive", "PEND-SET")
    test["programs"] = [{"text": "irqcts-program 1\n" + "raise 0\n" * 5000, "steps": steps, "first_divergence": 4000}]
    page = rendered(sample.whole_run([test])).text("report.html")
    assert "message 9 may not arrive" in page and "the first 3970 steps, all permitted, are left out" in page
    assert "989 later steps are left out" in page
    assert len(page) < 100_000


@pytest.mark.parametrize("records", [sample.whole_run([]), [sample.run_record()], sample.rich(),
                                     sample.whole_run(sample.every_verdict())[:-1]],
                         ids=["empty", "only the run", "rich", "killed"])
def test_all_renderings_exist_and_are_the_same_twice(rendered: Render, records: list[dict[str, Any]]) -> None:
    made = rendered(records)
    first = {name: made.text(name) for name in OUTPUTS}
    render(made.folder)
    assert {name: made.text(name) for name in OUTPUTS} == first
    Page(first["report.html"])
    ET.fromstring(first["junit.xml"])


def test_the_order_of_the_log_does_not_matter(tmp_path: Path) -> None:
    """Processes that share a run end their tests in any order."""
    tests = sample.every_verdict()
    texts = []
    for name, order in (("a", tests), ("b", tests[::-1])):
        head, end = sample.run_record(t["id"] for t in tests), sample.end_record(tests)
        folder = sample.write(tmp_path / name, [head, *order, end])
        render(folder)
        texts.append({output: (folder / output).read_text(encoding="utf-8") for output in OUTPUTS})
    assert texts[0] == texts[1]


KINDS = {"PASS": None, "FAIL": "failure", "XPASS": "failure", "WAIVED": "skipped", "NOT_TESTED": "skipped",
         "NOT_APPLICABLE": "skipped", "INCONCLUSIVE": "error", "ERROR": "error", "TIMEOUT": "error", "CRASH": "error",
         "MISS": "error"}


def test_junit(rendered: Render) -> None:
    """The shape that Jenkins' schema describes, with the verdict as type and property."""
    root = ET.fromstring(rendered(sample.whole_run(sample.every_verdict())).text("junit.xml"))
    assert root.tag == "testsuites"
    found = {}
    for suite in root:
        assert set(suite.attrib) == {"name", "tests", "failures", "errors", "skipped", "time", "timestamp"}
        cases = suite.findall("testcase")
        kinds = []
        for case in cases:
            assert set(case.attrib) == {"classname", "name", "time"}
            verdict = next(p.get("value") for p in case.iter("property") if p.get("name") == "verdict")
            outcome = [child for child in case if child.tag != "properties"]
            assert len(outcome) <= 1
            found[verdict] = outcome[0].tag if outcome else None
            kinds.append(found[verdict])
            if outcome:
                assert outcome[0].get("type") == verdict and outcome[0].get("message")
        for attribute, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.get(attribute, "")) == kinds.count(kind)
        assert int(suite.get("tests", "")) == len(cases)
    assert found == KINDS


def test_ktap(rendered: Render) -> None:
    lines = rendered(sample.whole_run(sample.every_verdict())).text("results.ktap").splitlines()
    assert lines[0] == "KTAP version 1" and lines[2] == f"1..{len(sample.VERDICTS)}"
    found = {line.split("test_all.py::test_")[1].split(" ")[0].upper(): line for line in lines[3:]}
    ok = {verdict for verdict, line in found.items() if line.startswith("ok ")}
    assert ok == {"PASS", "NOT_TESTED", "NOT_APPLICABLE"}
    assert "# SKIP NOT_TESTED" in found["NOT_TESTED"] and "# SKIP NOT_APPLICABLE" in found["NOT_APPLICABLE"]
    assert "# XFAIL WAIVED" in found["WAIVED"] and found["XPASS"].startswith("not ok")
    for verdict in set(sample.VERDICTS) - {"PASS"}:
        assert re.search(rf"# (SKIP |XFAIL )?{verdict} why", found[verdict]), verdict


def test_ktap_of_a_killed_run_bails_out(rendered: Render) -> None:
    assert rendered(sample.whole_run(sample.every_verdict())[:-1]).text("results.ktap").rstrip().endswith("ended early")


def test_markdown(rendered: Render) -> None:
    text = rendered(sample.whole_run(sample.every_verdict())).text("report.md")
    header = next(line for line in text.splitlines() if line.startswith("| fail"))
    assert {cell.strip().replace(" ", "_").upper() for cell in header.strip("|").split("|")} == set(sample.VERDICTS)
    for verdict in ("FAIL", "XPASS", "CRASH", "TIMEOUT", "ERROR", "INCONCLUSIVE", "MISS", "WAIVED"):
        assert f"test_{verdict.lower()}`" in text


def test_markdown_leaves_out_no_rare_verdict(rendered: Render) -> None:
    tests = [sample.test_record(f"test_a.py::t{n}", v) for v in ("FAIL", "WAIVED") for n in range(200)]
    tests = [{**test, "id": f"{test['id']}-{test['verdict']}"} for test in tests] + sample.every_verdict()
    text = rendered(sample.whole_run(tests)).text("report.md")
    for verdict in ("XPASS", "CRASH", "TIMEOUT", "ERROR", "INCONCLUSIVE", "MISS"):
        assert f"test_all.py::test_{verdict.lower()}" in text
    assert "- and 187 more, in report.html" in text and "- and 181 more waived, in report.html" in text
    assert len(text.splitlines()) < 70
