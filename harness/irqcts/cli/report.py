# SPDX-License-Identifier: Apache-2.0
"""irqcts report"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ..results import read
from ..verdict import EXIT_UNDECIDED


@click.command(epilog="Example: irqcts report results/emulator-20260101-120000")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
def command(folder: Path) -> None:
    """Render summary.json, report.html and the other reports of the run in FOLDER again."""
    from rich.console import Console

    from .run import render

    read(folder)  # a sentence, when this is no run folder
    if not render(Console(highlight=False), folder):
        sys.exit(EXIT_UNDECIDED)
    click.echo(f"{folder / 'report.html'}")
