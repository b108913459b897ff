# SPDX-License-Identifier: Apache-2.0
"""mutation.html: the mutation score as one file that needs nothing else, from mutation.json alone."""
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from markupsafe import Markup

from . import html
from .records import ResultsError, validate

DOCUMENT = "mutation.json"
PAGE = "mutation.html"
#: How a mutant's verdict looks: the styles of the run's report, where red is what somebody must look at.
STYLES = {"killed": "PASS", "equivalent": "WAIVED", "survived": "FAIL"}
SETS = {
    "emulator": "The emulator with one fault of its table: bugs of published projects, each with its source.",
    "oracle": "The oracle with one change that a tool made of its source, judged by the tests' statements alone.",
    "backends": "What the VFIO and Windows backends decide, with one change that a tool made of the source, put to their "
                "C tests.",
}


def load(folder: Path) -> dict[str, Any]:
    """Raises ResultsError when the document cannot be read or does not follow its schema."""
    path = folder / DOCUMENT
    try:
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ResultsError(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise ResultsError(f"{path}: not JSON: {error}") from error
    validate(document, "mutation", str(path))
    _check_sums(document, str(path))
    return document


def _check_sums(document: dict[str, Any], where: str) -> None:
    """The counts are those of the list."""
    for name, key in (("planted", None), ("killed", "killed"), ("equivalent", "equivalent"), ("survived", "survived")):
        found = sum(key is None or fault["verdict"] == key for fault in document["faults"])
        if document[name] != found:
            raise ResultsError(f"{where}: {name} is {document[name]}, and the list has {found}")


def text(document: dict[str, Any]) -> str:
    """The page; the same for the same document."""
    style, script = html.asset("report.css"), html.asset("report.js")
    faults = document["faults"]
    page = html.environment().get_template("mutation.html.j2").render(
        document=document, style=Markup(style), script=Markup(script), style_hash=html.source_hash(style),
        script_hash=html.source_hash(script), styles=STYLES, sets=SETS, faults=faults,
        headline=headline(document), mood="bad" if document["survived"] else "good",
        survivors=[fault for fault in faults if fault["verdict"] == "survived"],
        equivalents=_equivalents(faults),
        tests=_tests(faults), families=_families(document))
    return page + "\n"


def headline(document: dict[str, Any]) -> str:
    if document["survived"]:
        return f"{document['survived']} of {document['planted']} mutants survive"
    return f"All {document['planted']} mutants killed or equivalent" if document["equivalent"] \
        else f"All {document['planted']} mutants killed"


def _tests(faults: list[dict[str, Any]]) -> list[tuple[str, int]]:
    """How many mutants each test (of generated programs and rulings: each kind) kills first."""
    found: dict[str, int] = {}
    for fault in faults:
        if fault["killed_by"] is not None:
            name = fault["killed_by"]["test"].split(", seed ")[0].split(", program ")[0]
            if name.startswith("ruling "):
                name = f"rulings on {name.removeprefix('ruling ').partition(':')[0]}"
            found[name] = found.get(name, 0) + 1
    return sorted(found.items(), key=lambda item: (-item[1], item[0]))


def _equivalents(faults: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """By argument, the one that holds for most first."""
    found: dict[str, list[dict[str, Any]]] = {}
    for fault in faults:
        if fault["verdict"] == "equivalent":
            found.setdefault(fault["argument"], []).append(fault)
    return sorted(found.items(), key=lambda item: -len(item[1]))


def _families(document: dict[str, Any]) -> list[tuple[str, list[tuple[str, dict[str, Any]]]]]:
    found: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for identifier, row in document["clauses"].items():
        found.setdefault(row["family"], []).append((identifier, row))
    return list(found.items())


def render(folder: Path) -> Path:
    """Writes mutation.html beside mutation.json."""
    page = text(load(folder))
    (folder / PAGE).write_text(page, encoding="utf-8", newline="\n")
    return folder / PAGE
