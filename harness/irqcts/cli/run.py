# SPDX-License-Identifier: Apache-2.0
"""irqcts run"""

from __future__ import annotations

import datetime
import json
import os
import re
import signal
import sys
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from .. import host, results, specification
from ..agent import BackendChoice
from ..environment import suite_digest
from ..verdict import EXIT_NOTHING, EXIT_UNDECIDED, EXIT_USAGE, Verdict, exit_status
from . import Interrupted, Problem
from .collecting import Quiet, pytest_main, tests
from .completion import clause_ids, test_ids
from .options import Folder, backend_options

STYLES = {
    "PASS": "green", "FAIL": "bold red", "WAIVED": "yellow", "XPASS": "bold red", "NOT_APPLICABLE": "dim",
    "NOT_TESTED": "dim", "INCONCLUSIVE": "magenta", "ERROR": "magenta", "TIMEOUT": "bold red",
    "CRASH": "bold red", "MISS": "magenta",
}
#: Verdicts that are worth a line of their own while the run goes on.
SPOKEN = {"FAIL", "XPASS", "INCONCLUSIVE", "ERROR", "TIMEOUT", "CRASH", "MISS", "WAIVED"}


class Progress(Quiet):
    """Stands in for pytest's terminal reporter: a bar where there is a terminal, a line for what matters."""

    def __init__(self, console: Any, folder: Path) -> None:
        super().__init__()
        self.console = console
        self.folder = folder
        self.run: Any = None
        self.bar: Any = None  # rich.progress.Progress, imported when the first test ends
        self.task: Any = None
        self.internal: list[str] = []

    def pytest_internalerror(self, excrepr: Any) -> bool:
        lines = str(excrepr).strip().splitlines()
        self.internal.append(lines[-1].removeprefix("E").strip() if lines else "an internal error of pytest")
        return True

    def configured(self, config: Any) -> None:
        from ..plugin import RUN

        self.run = config.stash[RUN]

    def _start(self) -> None:
        self.console.print(f"irqcts on [bold]{_plain(str(self.run.choice))}[/], results in {_plain(str(self.folder))}")
        from rich.progress import BarColumn, MofNCompleteColumn, Progress as Bar, TextColumn, TimeElapsedColumn

        self.bar = Bar(TextColumn("[bold]{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
                       TextColumn("{task.fields[last]}"), console=self.console, transient=True,
                       disable=not self.console.is_terminal)
        done = len(self.run.recorded)
        self.task = self.bar.add_task(str(self.run.choice), total=len(self.run.selected), completed=done, last="")
        self.bar.start()

    def pytest_runtest_logreport(self, report: Any) -> None:
        from ..plugin import RECORD

        if getattr(report, RECORD, None) is None:
            return
        if self.bar is None:
            self._start()
        record = json.loads(getattr(report, RECORD))
        verdict = getattr(report, "irqcts_verdict", record["verdict"])
        bar: Any = self.bar
        bar.update(self.task, advance=1, last=record["id"][-40:].replace("[", "\\["))
        if verdict in SPOKEN:
            why = (record["attribution"] or {}).get("why", "")
            self.console.print(f"[{STYLES[verdict]}]{verdict:12}[/] {_plain(record['id'])}\n             {_plain(why)}",
                               highlight=False, soft_wrap=True)

    def pytest_sessionfinish(self) -> None:
        if self.bar is not None:
            self.bar.stop()


def _plain(text: str) -> str:
    return text.replace("[", "\\[")


def print_summary(console: Any, families: dict[str, dict[str, int]], counts: dict[str, int]) -> None:
    """One row per clause family; only the verdicts that occurred have a column, and PASS always has."""
    from rich.table import Table

    shown = [v.value for v in Verdict if counts.get(v.value) or v is Verdict.PASS]
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("family")
    for verdict in shown:
        table.add_column(verdict.replace("_", " ").lower(), justify="right", style=STYLES[verdict])
    for family in sorted(families):
        table.add_row(family, *(str(families[family].get(verdict, 0) or "·") for verdict in shown))
    table.add_section()
    table.add_row("all", *(str(counts.get(verdict, 0)) for verdict in shown), style="bold")
    console.print(table)


def default_out(chosen: BackendChoice) -> Path:
    stamp = datetime.datetime.now().strftime("%Y%m%d-%H%M%S")
    name = re.sub(r"[^A-Za-z0-9.]+", "-", Path(str(chosen)).name).strip("-")[:60]
    folder = Path("results") / f"{name}-{stamp}"
    number = 1
    while os.path.exists(folder):  # Path.exists raises where this user may not look
        number += 1
        folder = Path("results") / f"{name}-{stamp}-{number}"
    return folder


def render(console: Any, folder: Path, raised: tuple[type[Exception], ...] = ()) -> bool:
    """summary.json, report.html and the others from results.jsonl; False when that failed.

    `raised`: what the caller has a sentence for.
    """
    try:
        from irqcts_reports import render as render_reports
    except ImportError as error:
        console.print(f"no reports were rendered: {error}", style="magenta", markup=False)
        return False
    try:
        render_reports(folder)
    except raised:
        raise
    except Exception as error:  # a report that cannot be made must not hide the results
        console.print(f"results.jsonl is complete, but rendering it failed: {type(error).__name__}: {error}",
                      style="magenta", markup=False)
        return False
    return True


class _Signals:
    """Ctrl-C and SIGTERM end the run, and are remembered: pytest may take one for a mistake of what it imports."""

    def __init__(self) -> None:
        self.came = False
        for number in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(number) != signal.SIG_IGN:  # as a shell sets it for what it puts in the background
                signal.signal(number, self._end)

    def _end(self, number: int, frame: Any) -> None:
        self.came = True
        raise KeyboardInterrupt

    def pytest(self, arguments: list[str], plugins: list[Any]) -> int:
        """pytest's status; 2 also when it was interrupted before it could say so."""
        try:
            return pytest_main(arguments, plugins)
        except KeyboardInterrupt:
            return EXIT_USAGE


#: Options that a run's record keeps, and where.
_KEPT = {
    "backend": ("backend", "choice"), "clause": ("selection", "clauses"), "only": ("selection", "tests"),
    "keyword": ("selection", "keyword"), "complete": ("selection", "complete"), "seed": ("seed",),
    "deviations": ("deviations",), "shard": ("shard",),
}
#: Options that it does not keep; the command that continues a run repeats them.
_NOT_KEPT = ("timeout", "jobs", "no_shrink", "agent_command")


def _as_it_was(context: click.Context, parameter: click.Parameter, folder: Path | None) -> Path | None:
    """--resume: what the run's record keeps is the default of every option."""
    if folder is not None:
        record, _ = results.read(folder)
        # First of all: an option that another suite does not know would be called misspelt.
        results.same(folder, record, {"suite": {"digest": suite_digest()}, "spec": {"digest": specification.digest()}},
                     results.JUDGES)
        kept = {name: results.at(record, keys) for name, keys in _KEPT.items()}
        if isinstance(kept["shard"], dict):
            kept["shard"] = f"{kept['shard']['index']}/{kept['shard']['count']}"
        context.default_map = {name: value for name, value in kept.items() if value is not None}
    return folder


def _continuation(context: click.Context, folder: Path) -> str:
    """The command that goes on with the run in a folder."""
    words = ["run", "--resume", str(folder)]
    for option in context.command.params:
        if option.name in _NOT_KEPT and context.get_parameter_source(option.name) == ParameterSource.COMMANDLINE:
            words.append(option.opts[0])
            if context.params[option.name] is not True:
                words.append(str(context.params[option.name]))
    return f"{host.COMMAND} {host.quoted(*words)}"


def _interrupted_early() -> Interrupted:
    interrupted = Interrupted("interrupted before the first test")
    interrupted.exit_code = EXIT_UNDECIDED
    return interrupted


@click.command(epilog="""\b
Examples:
  irqcts run
  irqcts run --backend qemu --device rocker --out results/rocker
  irqcts run --clause PEND -k coalesce
  irqcts run --shard 2/4 --out results/part2
  irqcts run --resume results/rocker""")
@backend_options
@click.option("--out", type=Folder(), metavar="DIR",
              help="Run folder; by default results/BACKEND-TIME.")
@click.option("--resume", type=Folder(), metavar="DIR", is_eager=True, callback=_as_it_was,
              help="Continue the run in this folder: what has its verdict is not run again.  Backend, selection, "
                   "seed, shard and deviations are those of the run, where they are not given.")
@click.option("--clause", multiple=True, metavar="ID", shell_complete=clause_ids,
              help="Only tests of this clause or family (PEND, PEND-SET).")
@click.option("--tests", "only", multiple=True, metavar="ID", shell_complete=test_ids,
              help="Only this test; may be given several times.")
@click.option("-k", "keyword", metavar="EXPRESSION", help="Only tests whose names match, as pytest's -k.")
@click.option("--deviations", type=click.Path(path_type=Path), metavar="FILE",
              help="Declared deviations of the device; see docs/deviations.md.")
@click.option("--shard", metavar="I/N", help="The I-th of N parts of the tests, I from 1.")
@click.option("--seed", type=int, default=1, show_default=True, help="Seed of generated programs.")
@click.option("--complete", type=click.Choice(["none", "0", "1", "2"]), default="0", show_default=True,
              help="The complete suites: for devices with at most so many states more than the specification.")
@click.option("--jobs", "-j", type=click.IntRange(1, 64), default=1, show_default=True,
              help="Processes, on backends of which several may run at once.")
@click.option("--timeout", type=float, metavar="SECONDS", help="Time limit of one program (30).")
@click.option("--no-shrink", is_flag=True, help="Show failing programs as they are, without looking for smaller ones.")
@click.option("--dry-run", is_flag=True, help="Say what would run; nothing is executed (exit status 5).")
@click.option("--save-programs", type=click.Path(path_type=Path), hidden=True)
@click.option("--agent-command", metavar="JSON", hidden=True, help="Another program that speaks the agent's frames.")
@click.pass_context
def command(context: click.Context, backend: BackendChoice, out: Path | None, resume: Path | None,
            clause: tuple[str, ...], only: tuple[str, ...], keyword: str | None, deviations: Path | None,
            shard: str | None, seed: int, complete: str, jobs: int, timeout: float | None, no_shrink: bool,
            dry_run: bool, save_programs: Path | None, agent_command: str | None) -> None:
    """Run the suite on a backend, judge it clause by clause, and write a report.

    The run folder holds results.jsonl (written as each verdict falls), summary.json, report.html and
    junit.xml.
    """
    signals = _Signals()
    from rich.console import Console

    console = Console(highlight=False)
    if out is not None and resume is not None:
        raise Problem("--resume names the run folder already; leave --out away")
    chosen = backend  # what --backend and its shorthands say together
    arguments = ["--backend", str(chosen), "--seed", str(seed), "--complete", complete]
    for name, values in (("--clause", clause), ("--tests", only)):
        for value in values:
            arguments += [name, value]
    for name, single in (("-k", keyword), ("--shard", shard), ("--deviations", deviations),
                         ("--save-programs", save_programs)):
        if single is not None:
            arguments += [name, str(single)]
    if agent_command is not None:
        arguments += ["--agent-command", agent_command]
    if timeout is not None:
        if timeout <= 0:
            raise Problem("--timeout takes seconds, more than 0")
        arguments += ["--timeout-seconds", str(timeout)]
    if no_shrink:
        arguments.append("--no-shrink")
    folder = resume or out or default_out(chosen)
    progress = Progress(console, folder)
    if dry_run:
        _dry_run(progress, signals, arguments, chosen)
    arguments += ["--irqcts-out", str(folder)] + (["--irqcts-resume"] if resume is not None else [])
    if jobs > 1:
        arguments += ["-p", "xdist", "-n", str(jobs)]
    status = signals.pytest(arguments, [progress])
    run = progress.run
    if signals.came and (run is None or run.log is None):
        raise _interrupted_early()
    if progress.sentences:
        raise Problem("the tests cannot be collected: " + "; ".join(progress.sentences))
    if progress.usage:
        raise Problem(progress.usage)
    if run is None:
        sys.exit(EXIT_USAGE)
    if progress.internal:
        console.print(f"the run broke off: {progress.internal[0]}", style="magenta", markup=False)
    if run.log is None:
        console.print("nothing was executed: no test is selected", style="magenta")
        sys.exit(EXIT_NOTHING)
    print_summary(console, run.families, run.counts)
    other = run.deviations.elsewhere
    if other:
        console.print(f"{len(other)} {'entry' if len(other) == 1 else 'entries'} of {run.deviations.path} about other "
                      f"backends: {', '.join(sorted({entry.identity for entry in other}))}", markup=False)
    rendered = render(console, folder)
    verdict = exit_status(run.counts)
    if status == 2:
        console.print(f"interrupted; continue with: {_continuation(context, folder)}", markup=False, soft_wrap=True)
        verdict = verdict or EXIT_UNDECIDED
    elif (progress.internal or not rendered) and verdict == 0:
        verdict = EXIT_UNDECIDED
    console.print(f"{_headline(run.counts, verdict)} · {folder / ('report.html' if rendered else 'results.jsonl')}",
                  markup=False, style="bold", soft_wrap=True)
    sys.exit(verdict)


def _headline(counts: dict[str, int], status: int) -> str:
    words = {0: "every judged test passes", 1: "non-conformance found", 3: "no conclusion", 5: "nothing was executed"}
    some = ", ".join(f"{count} {verdict.replace('_', ' ').lower()}" for verdict, count in counts.items() if count)
    return f"{words[status]}: {some or 'no tests'}"


def _dry_run(progress: Progress, signals: _Signals, arguments: list[str], chosen: BackendChoice) -> None:
    class Selected:
        ids: list[str] = []

        def pytest_collection_finish(self, session: Any) -> None:
            from ..plugin import stable_id, uses_machine

            self.ids = [stable_id(item.nodeid) for item in session.items if uses_machine(item)]

    selected = Selected()
    status = signals.pytest([*arguments, "--collect-only", "-q"], [progress, selected])
    if signals.came:
        raise _interrupted_early()
    if progress.sentences:
        raise Problem("the tests cannot be collected: " + "; ".join(progress.sentences))
    if progress.usage or status not in (0, 5):
        raise Problem(progress.usage or "the tests cannot be collected")
    for identifier in selected.ids:
        click.echo(identifier)
    click.echo(f"dry run: {len(selected.ids)} of {len(tests())} tests would run on {chosen}; nothing was executed")
    sys.exit(EXIT_NOTHING)
