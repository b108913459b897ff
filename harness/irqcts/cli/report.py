# SPDX-License-Identifier: Apache-2.0
"""irqcts report"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ..results import read
from ..verdict import EXIT_NONCONFORMANCE, EXIT_UNDECIDED
from . import Problem

FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)


@click.command(epilog="""\b
Examples:
  irqcts report results/emulator-20260101-120000
  irqcts report results/new --compare results/old
  irqcts report results/new --lava
  irqcts report results/new --kcidb mylab:linux-6.1-0042 | kcidb-submit""")
@click.argument("folder", type=FOLDER)
@click.option("--compare", "older", type=FOLDER, metavar="OTHER",
              help="Print what changed since the run in OTHER; exit status 1: new non-conformances.")
@click.option("--lava", "as_lava", is_flag=True, help="Print the tests as LAVA's signals.")
@click.option("--kcidb", "build", metavar="ORIGIN:BUILD", help="Print the tests as JSON for kcidb-submit.")
@click.option("--any-specification", is_flag=True,
              help="Compare although the two runs were judged by different specifications.")
def command(folder: Path, older: Path | None, as_lava: bool, build: str | None, any_specification: bool) -> None:
    """Render summary.json, report.html and the other reports of the run in FOLDER again.

    With --compare, --lava or --kcidb no file is written: what was asked for is printed.
    """
    if (older is not None) + as_lava + (build is not None) > 1:
        raise Problem("--compare, --lava and --kcidb each print something else; give one of them")
    if any_specification and older is None:
        raise Problem("--any-specification is about --compare; name the older run with --compare OTHER")
    read(folder)  # a sentence, when this is no run folder
    try:
        from irqcts_reports import ResultsError, compare, kcidb, lava, load_run
    except ImportError as error:
        raise Problem(f"nothing can be rendered: {error}; install python3-jsonschema and python3-jinja2") from error
    try:
        if older is None and not as_lava and build is None:
            from rich.console import Console

            from .run import render

            if not render(Console(highlight=False), folder, (ResultsError, OSError)):
                sys.exit(EXIT_UNDECIDED)
            click.echo(f"{folder / 'report.html'}")
            return
        if older is not None:
            read(older)
            found = compare.compare(load_run(older), load_run(folder), any_specification)
            click.echo(found.text(), nl=False)
            sys.exit(EXIT_NONCONFORMANCE if found.new_failures else 0)
        run = load_run(folder)
        click.echo(lava.text(run) if as_lava else kcidb.text(run, build or ""), nl=False)
    except ResultsError as error:
        raise Problem(str(error)) from error
    except OSError as error:
        raise Problem(f"cannot write to {folder}: {error.strerror}") from error
