# SPDX-License-Identifier: Apache-2.0
"""irqcts bench"""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import click

from .. import host
from ..environment import machine, suite
from ..paths import layout
from . import Interrupted, Problem, may_write

SECONDS = 600


def met(value: float, limit: str | None) -> bool | None:
    """Whether a limit such as ">= 20e6" or "< 5" holds; None without one."""
    if not limit:
        return None
    match = re.fullmatch(r"\s*(>=|<=|<|>)\s*([0-9.eE+-]+)\s*", str(limit))
    if match is None:
        raise Problem(f"a benchmark gives the limit {limit!r}; a limit is an operator and a number")
    bound = float(match[2])
    return {">=": value >= bound, "<=": value <= bound, "<": value < bound, ">": value > bound}[match[1]]


def ratio(value: float, limit: str | None) -> float | None:
    """Value over limit."""
    if not limit:
        return None
    bound = float(re.sub(r"[<>= ]", "", str(limit)))
    return value / bound if bound else None


def programs() -> list[Path]:
    """Every irqcts-bench-* of the build; each prints {"figures": […]}."""
    return sorted(path for path in layout().agent.parent.glob("irqcts-bench-*") if os.access(path, os.X_OK))


def from_program(path: Path) -> list[dict[str, Any]]:
    try:
        done = subprocess.run([str(path)], capture_output=True, text=True, timeout=SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Problem(f"{path.name}: {error}") from error
    if done.returncode == 77:
        click.echo(f"{path.name}: cannot measure here: {done.stderr.strip()}", err=True)
        return []
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise Problem(f"{path.name} ended with status {done.returncode}: {said[-1] if said else 'without a word'}")
    try:
        figures: list[dict[str, Any]] = json.loads(done.stdout)["figures"]
    except (ValueError, KeyError) as error:
        raise Problem(f"{path.name} prints no figures: {error}") from error
    return figures


def _median_of(command: list[str], rounds: int) -> float:
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True)
        times.append(time.perf_counter() - start)
        if done.returncode not in (0, 3):
            said = (done.stderr or done.stdout).strip().splitlines()
            raise Problem(f"{' '.join(command[-3:])} ended with status {done.returncode}: {said[-1] if said else ''}")
    return statistics.median(times)


def from_harness() -> list[dict[str, Any]]:
    """From the shell prompt: the launcher, the harness, the suite on the emulator."""
    import tempfile

    launcher = layout().root / "irqcts"
    command = [str(launcher)] if launcher.exists() else [sys.executable, "-m", "irqcts"]
    figures = [{"name": "harness: ./irqcts list", "value": _median_of([*command, "list"], 7), "unit": "s",
                "limit": "< 0.5"}]
    with tempfile.TemporaryDirectory() as folder:
        counter = iter(range(100))
        times = []
        for _ in range(3):
            start = time.perf_counter()
            done = subprocess.run([*command, "run", "--out", f"{folder}/{next(counter)}"], capture_output=True)
            times.append(time.perf_counter() - start)
            if done.returncode not in (0, 3):
                raise Problem(f"the suite on the emulator ended with status {done.returncode}; "
                              f"{host.COMMAND} run shows why")
    figures.append({"name": "harness: ./irqcts run on the emulator", "value": statistics.median(times), "unit": "s",
                    "limit": "< 5"})
    return figures


def from_objects() -> list[dict[str, Any]]:
    """How much code the oracle is: text and constants of its object files, as binutils' size counts them."""
    objects = sorted(layout().build.glob("core/CMakeFiles/irqcts_objects.dir/model/*.o"))
    try:
        done = subprocess.run(["size", "--format=berkeley", *map(str, objects)], capture_output=True, text=True,
                              check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        click.echo(f"oracle: its code cannot be measured here: {error}", err=True)
        return []
    rows = [line.split() for line in done.stdout.splitlines()[1:]]
    return [{"name": "oracle: code", "value": sum(int(row[0]) for row in rows), "unit": "bytes", "limit": None}]


def from_mutation() -> list[dict[str, Any]]:
    """The whole mutation run over the emulator's faults; beside its time, what it found."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([sys.executable, "-m", "irqcts", "mutate", "--emulator", "--out", f"{folder}/score"],
                              capture_output=True, text=True, timeout=SECONDS)
        path = Path(folder) / "score" / "mutation.json"
        if not path.exists():
            raise Problem(f"{host.COMMAND} mutate ended with status {done.returncode}: {done.stderr.strip()[-300:]}")
        row = json.loads(path.read_text(encoding="utf-8"))["sets"]["emulator"]
    return [{"name": "mutation: whole run over the emulator's faults", "value": row["seconds"], "unit": "s",
             "limit": "< 60"},
            {"name": "mutation: median time to kill, in process", "value": row["median_ms"], "unit": "ms",
             "limit": "< 10"},
            {"name": "mutation: killed of those not equivalent", "value": row["score"], "unit": "", "limit": ">= 1"}]


def from_python() -> list[dict[str, Any]]:
    """The engine's pace beside what Python does with the same emulator."""
    try:
        from ..reference import pace

        return pace.figures()
    except ImportError as error:
        click.echo(f"comparison: cannot measure here: {error}; {host.COMMAND} test installs what is missing", err=True)
        return []


def from_guests() -> list[dict[str, Any]]:
    """The VFIO backend on real kernels; nothing where none can be had."""
    from .. import guest_bench

    try:
        return guest_bench.figures()
    except (guest_bench.GuestError, guest_bench.KernelUnavailable) as error:
        click.echo(f"vfio: cannot measure here: {error}", err=True)
        return []


def from_wine() -> list[dict[str, Any]]:
    """The Windows backend on the simulated bus; nothing where Wine is not."""
    from .. import wine_bench

    try:
        return wine_bench.figures()
    except wine_bench.WineError as error:
        click.echo(f"windows: not measured: {error}", err=True)
        return []


def measured(only: str | None) -> list[dict[str, Any]]:
    """The figures of every benchmark whose name contains `only`."""
    figures: list[dict[str, Any]] = []
    for path in programs():
        if only is None or only in path.name:
            figures += from_program(path)
    if only is None or only in "engine oracle":
        figures += from_objects()
    if only is None or only in "comparison hypothesis":
        figures += from_python()
    if only is None or only in "vfio":
        figures += from_guests()
    if only is None or only in "windows wine":
        figures += from_wine()
    if only is None or only in "harness":
        figures += from_harness()
    if only is None or only in "mutation":
        figures += from_mutation()
    return figures


@click.command(epilog="Example: irqcts bench --out bench.json --only engine")
@click.option("--out", type=click.Path(path_type=Path), default=Path("results/bench.json"), show_default=True,
              metavar="FILE")
@click.option("--only", metavar="TEXT", help="Only the benchmarks whose names contain this (engine, qemu, harness, …).")
def command(out: Path, only: str | None) -> None:
    """Run the benchmarks and print each figure beside its limit.

    Exit status 1 when a figure misses its limit, 130 when it is interrupted, and nothing is written.
    """
    from rich.console import Console
    from rich.table import Table

    if os.path.isdir(out) or not may_write(out):
        raise Problem(f"cannot write {out}; name another file with --out")  # before minutes of measuring
    try:
        figures = measured(only)
    except KeyboardInterrupt:
        raise Interrupted("interrupted; no figures are written") from None
    if not figures:
        raise Problem(f"nothing was measured: no benchmark is built or matches; {host.COMMAND} run builds them")
    for figure in figures:
        figure["ratio"] = ratio(figure["value"], figure["limit"])
    table = Table(box=None, header_style="bold")
    for column in ("figure", "value", "unit", "limit", "value/limit", ""):
        table.add_column(column, justify="right" if column.startswith("value") else "left")
    for figure in figures:
        holds = met(figure["value"], figure["limit"])
        share = "" if figure["ratio"] is None else f"{figure['ratio']:.2f}"
        table.add_row(figure["name"], f"{figure['value']:,.4g}" if figure["value"] < 1e4 else f"{figure['value']:,.0f}",
                      figure["unit"], figure["limit"] or "", share,
                      {True: "[green]met[/]", False: "[bold red]missed[/]", None: ""}[holds])
    Console(width=120).print(table)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(json.dumps({"suite": suite(), "environment": machine(), "figures": figures}, indent=1) + "\n",
                       encoding="utf-8")
    except OSError as error:
        raise Problem(f"cannot write {out}: {error.strerror}") from error
    click.echo(f"{out}")
    sys.exit(int(any(met(figure["value"], figure["limit"]) is False for figure in figures)))
