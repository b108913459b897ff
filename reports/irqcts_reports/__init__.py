# SPDX-License-Identifier: Apache-2.0
"""Reports of a run.  They read results.jsonl and nothing else; everything else is a rendering of it."""
from __future__ import annotations

from pathlib import Path

from .records import ResultsError
from .run import Run, load_run

__all__ = ["ResultsError", "Run", "load_run", "render"]


def render(folder: Path) -> None:
    """Writes summary.json, report.html, report.md, junit.xml and results.ktap beside results.jsonl.

    All or nothing: no file is touched before every rendering has succeeded.  Raises ResultsError when
    the log is not what its schema says, OSError when the folder cannot be written.
    """
    from . import html, junit, ktap, markdown, summary

    run = load_run(folder)
    texts = {"summary.json": summary.text(run), "report.html": html.text(run), "report.md": markdown.text(run),
             "junit.xml": junit.text(run), "results.ktap": ktap.text(run)}
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
