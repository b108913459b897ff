# SPDX-License-Identifier: Apache-2.0
"""irqcts merge"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ..results import merge
from .options import Folder


@click.command(epilog="Example: irqcts merge results/part1 results/part2 --out results/whole")
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", required=True, type=Folder(), metavar="DIR")
def command(folders: tuple[Path, ...], out: Path) -> None:
    """Make one run of the shards of it; refused unless suite, specification and backend identity agree."""
    from rich.console import Console

    from .run import render

    log = merge(folders, out)
    status = log.end(interrupted=False)
    render(Console(highlight=False), out)
    click.echo(f"{sum(log.counts.values())} tests of {len(folders)} shards in {out}")
    sys.exit(status)
