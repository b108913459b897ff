# SPDX-License-Identifier: Apache-2.0
"""irqcts mutate"""

from __future__ import annotations

import datetime
import json
import os
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..paths import layout
from ..verdict import EXIT_CONFORMS, EXIT_NONCONFORMANCE
from . import Interrupted, Problem, may_write
from .options import Folder

if TYPE_CHECKING:
    from ..mutation.mutants import Mutant, Shares

EQUIVALENTS = "equivalent-mutants.toml"
#: Lines of survivors on the terminal; the page has all.
SURVIVORS_SHOWN = 20


def workers_of(jobs: int | None) -> int:
    """Every core that this process may use, or what the user says."""
    return jobs or len(os.sched_getaffinity(0))


class _Bar:
    """One line of progress; refreshed here and not by a thread, because children are forked meanwhile."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        self.console = Console(highlight=False)
        self._progress = Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
                                  TimeElapsedColumn(), console=self.console, auto_refresh=False, transient=True,
                                  disable=not self.console.is_terminal)
        self._task: Any = None
        self._what = ""
        self._shown = 0.0

    def __enter__(self) -> _Bar:
        self._progress.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._progress.stop()

    def report(self, what: str, done: int, total: int) -> None:
        if what != self._what:
            if self._task is not None:
                self._progress.remove_task(self._task)
            self._task, self._what, self._shown = self._progress.add_task(what, total=total or None), what, 0.0
        self._progress.update(self._task, completed=done, total=total or None)
        if time.monotonic() - self._shown > 0.1 or done == total:
            self._shown = time.monotonic()
            self._progress.refresh()


@click.command(epilog="""\b
Examples:
  irqcts mutate
  irqcts mutate --emulator --scenarios-only
  irqcts mutate --fault F10 --fault D4""")
@click.option("--out", type=Folder(), metavar="DIR",
              help="The folder for mutation.json and mutation.html (default: below results/).")
@click.option("--emulator", "only", flag_value="emulator", help="Only the faults of the emulator's table.")
@click.option("--oracle", "only", flag_value="oracle", help="Only mutants of the oracle (a source tree and clang).")
@click.option("--backends", "only", flag_value="backends",
              help="Only mutants of the VFIO and Windows backends' decisions (a source tree and clang).")
@click.option("--fault", "ids", multiple=True, metavar="ID",
              help="Only this fault of the emulator; may be given several times.")
@click.option("--scenarios-only", is_flag=True, help="Only the suites' own programs.")
@click.option("--generated-only", is_flag=True, help="Only random programs and the complete suite.")
@click.option("--jobs", "-j", type=click.IntRange(1, 256), help="Processes (default: every core).")
def command(out: Path | None, only: str | None, ids: tuple[str, ...], scenarios_only: bool, generated_only: bool,
            jobs: int | None) -> None:
    """Score the suite on planted faults, and the tests of oracle and backends on mutants of their sources.

    Exit status: 0 no mutant survives; 1 one does; 2 bad input, or a right implementation does not pass;
    130 interrupted, and no score is written.
    """
    from ..mutation import emulator, score
    from ..mutation.cases import CollectionError
    from ..mutation.jobs import JobError
    from ..mutation.mutants import SETS, EquivalentsError, Shares
    from ..mutation.schemata import SchemataError

    if scenarios_only and generated_only:
        raise Problem("--scenarios-only and --generated-only leave nothing to judge by")
    of_source = only in ("oracle", "backends")
    if of_source and (ids or generated_only):
        raise Problem(f"--{only} is judged by the tests' statements alone; --fault and --generated-only are about the "
                      "emulator")
    shares = Shares(scenarios=not generated_only, generated=not scenarios_only and not of_source)
    sets = [only] if only else ["emulator"] if ids or generated_only else list(SETS)
    if only is None and len(sets) > 1 and (why := _no_source()):
        click.echo(f"only the emulator's faults: {why}", err=True)
        sets = ["emulator"]
    now = datetime.datetime.now(datetime.timezone.utc)
    folder = out or Path("results") / f"mutation-{now:%Y%m%d-%H%M%S}"
    if os.path.exists(folder / "mutation.json"):
        raise Problem(f"{folder} already holds a score; name another folder")
    if not may_write(folder):  # before minutes of judging
        raise Problem(f"cannot write to {folder}; name another folder with --out")
    workers = workers_of(jobs)
    try:
        with _Bar() as bar:
            unexpressed = emulator.table().unexpressed if "emulator" in sets else []
            judged = {name: _judge(name, ids, shares, workers, bar) for name in sets}
        whole = not ids and sets == list(SETS) and len(list(shares)) == 2
        document = score.document(judged, unexpressed, shares, whole, now.isoformat(timespec="seconds"), workers)
    except KeyboardInterrupt:
        raise Interrupted("interrupted; no score is written") from None
    except (emulator.FaultsError, CollectionError, EquivalentsError, JobError, SchemataError) as error:
        raise Problem(str(error)) from error
    written = _write(folder, document)
    _show(bar.console, document)
    bar.console.print(f"{document['killed']} of {document['planted']} mutants killed, {document['equivalent']} "
                      f"equivalent, {document['survived']} survived · {written}", style="bold", soft_wrap=True)
    sys.exit(EXIT_NONCONFORMANCE if document["survived"] else EXIT_CONFORMS)


def _no_source() -> str:
    """Why no source can be mutated here; "" when it can."""
    if layout().installed:
        return "the sources that are mutated are not here; a source tree has them"
    return "" if shutil.which("clang") else "clang, which parses the sources, is not there (Debian: clang)"


def _judge(name: str, ids: tuple[str, ...], shares: Shares, workers: int, bar: _Bar) -> tuple[list[Mutant], float]:
    """The mutants of a set with what became of them, and how long that took."""
    from ..mutation import backends, emulator, oracle
    from ..mutation.mutants import argue

    start = time.monotonic()
    if name == "emulator":
        faults = emulator.chosen(emulator.table().faults, ids)
        mutants = emulator.Scoring(workers, shares, bar.report).run(faults)
    elif name == "oracle":
        mutants = oracle.run(workers, bar.report)
    else:
        mutants = backends.run(workers, bar.report)
    argue(mutants, layout().suites / EQUIVALENTS, whole=not ids)
    return mutants, time.monotonic() - start


def _write(folder: Path, document: dict[str, Any]) -> Path:
    """Both files; the path of the page."""
    from irqcts_reports import mutation

    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "mutation.json").write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n",
                                              encoding="utf-8")
        return mutation.render(folder)
    except OSError as error:
        raise Problem(f"cannot write to {folder}: {error.strerror}; name another folder with --out") from error


#: What a set's row in mutation.json is called in the table, and how it is written there.
_FIGURES = (("planted", "planted", "{}"), ("killed", "killed", "{}"), ("by scenarios", "killed_by_scenarios", "{}"),
            ("by generated programs", "killed_by_generated", "{}"), ("equivalent", "equivalent", "{}"),
            ("survived", "survived", "{}"), ("score", "score", "{:.1%}"),
            ("median time to kill, ms", "median_ms", "{:.2f}"), ("seconds", "seconds", "{:.1f}"))


def _show(console: Any, document: dict[str, Any]) -> None:
    from rich.table import Table

    table = Table("mutants of", box=None, header_style="bold")  # a column a set: that fits any terminal
    for name in document["sets"]:
        table.add_column(name, justify="right")
    for label, key, form in _FIGURES:
        table.add_row(label, *("" if row[key] is None else form.format(row[key]) for row in document["sets"].values()))
    console.print(table)
    survivors = [fault for fault in document["faults"] if fault["verdict"] == "survived"]
    for fault in survivors[:SURVIVORS_SHOWN]:
        console.print(f"survived: {fault['set']} {fault['id']}, {fault['description']}", style="red", markup=False)
    if len(survivors) > SURVIVORS_SHOWN:
        console.print(f"and {len(survivors) - SURVIVORS_SHOWN} more, which the page lists", style="red")
