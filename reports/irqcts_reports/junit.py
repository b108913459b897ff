# SPDX-License-Identifier: Apache-2.0
"""junit.xml, as CI systems read it.

JUnit knows failures, errors and skipped tests; the verdict itself stands in each case as a property
and as the type of its element, so that none of the eleven is lost.
"""
from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import Any

from .run import Run, reason
from .verdicts import SKIPPED

#: What XML 1.0 cannot hold at all; devices choose some of these strings.
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(text: str) -> str:
    return NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)


def element_for(verdict: str) -> str | None:
    if verdict in ("FAIL", "XPASS"):
        return "failure"
    if verdict in SKIPPED or verdict == "WAIVED":
        return "skipped"
    return None if verdict == "PASS" else "error"


def message(test: dict[str, Any]) -> str:
    if test["verdict"] == "WAIVED":
        return f"{test['waiver']['reason']} ({test['waiver']['reference']}); {reason(test)}"
    return reason(test)


def details(test: dict[str, Any]) -> str:
    """Evidence, then of each program where it diverges, how to run it again, and its text."""
    parts = list(test["evidence"])
    for program in test["programs"]:
        first = program["first_divergence"]
        if first is not None and first < len(program["steps"]):
            step = program["steps"][first]
            parts += [f"first divergence at step {first}: {step['operation']}", f"  permitted: {step['expected']}",
                      f"  observed:  {step['observed']}", f"  {step['reason']}"]
        if "replay" in program:
            parts.append(program["replay"])
        parts.append(program["text"])
    return "\n".join(parts)


def text(run: Run) -> str:
    root = ET.Element("testsuites", name="irqcts")
    for family in run.families():
        tests = [test for test in run.tests if test["family"] == family]
        kinds = [element_for(test["verdict"]) for test in tests]
        suite = ET.SubElement(
            root, "testsuite", name=clean(f"irqcts.{family}"), tests=str(len(tests)),
            failures=str(kinds.count("failure")), errors=str(kinds.count("error")),
            skipped=str(kinds.count("skipped")), time=f"{sum(test['duration_s'] for test in tests):.6f}",
            timestamp=run.head["started"][:19])
        properties = ET.SubElement(suite, "properties")
        ET.SubElement(properties, "property", name="backend", value=clean(run.head["backend"]["identity"]))
        for test in tests:
            _case(suite, family, test)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _case(suite: ET.Element, family: str, test: dict[str, Any]) -> None:
    case = ET.SubElement(suite, "testcase", classname=clean(f"irqcts.{family}"), name=clean(test["id"]),
                         time=f"{test['duration_s']:.6f}")
    properties = ET.SubElement(case, "properties")
    ET.SubElement(properties, "property", name="verdict", value=test["verdict"])
    for clause in test["clauses"]:
        ET.SubElement(properties, "property", name="clause", value=clean(clause))
    kind = element_for(test["verdict"])
    if kind is not None:
        node = ET.SubElement(case, kind, message=clean(message(test)), type=test["verdict"])
        node.text = clean(details(test)) or None
