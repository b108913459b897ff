# SPDX-License-Identifier: Apache-2.0
"""junit.xml, as CI systems read it.  The verdict stands in every case as a property and as the type."""
from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from .run import Run, reason
from .verdicts import SKIPPED

NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(text: str) -> str:
    """Without what XML 1.0 cannot hold: devices choose some of these strings."""
    return NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)


def element_for(verdict: str) -> str | None:
    if verdict in ("FAIL", "XPASS"):
        return "failure"
    if verdict in SKIPPED or verdict == "WAIVED":
        return "skipped"
    return None if verdict == "PASS" else "error"


def text(run: Run) -> str:
    root = ET.Element("testsuites", name="irqcts")
    for family in run.families():
        tests = [t for t in run.tests if t["family"] == family]
        kinds = [element_for(t["verdict"]) for t in tests]
        suite = ET.SubElement(
            root, "testsuite", name=clean(f"irqcts.{family}"), tests=str(len(tests)),
            failures=str(kinds.count("failure")), errors=str(kinds.count("error")),
            skipped=str(kinds.count("skipped")), time=f"{sum(t['duration_s'] for t in tests):.6f}",
            timestamp=run.head["started"][:19])
        properties = ET.SubElement(suite, "properties")
        ET.SubElement(properties, "property", name="backend", value=clean(run.head["backend"]["identity"]))
        for test in tests:
            case = ET.SubElement(suite, "testcase", classname=clean(f"irqcts.{family}"), name=clean(test["id"]),
                                 time=f"{test['duration_s']:.6f}")
            notes = ET.SubElement(case, "properties")
            ET.SubElement(notes, "property", name="verdict", value=test["verdict"])
            for clause in test["clauses"]:
                ET.SubElement(notes, "property", name="clause", value=clean(clause))
            kind = element_for(test["verdict"])
            if kind is not None:
                node = ET.SubElement(case, kind, message=clean(reason(test)), type=test["verdict"])
                if test["programs"] and kind != "skipped":
                    node.text = clean(test["programs"][0]["text"])
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"
