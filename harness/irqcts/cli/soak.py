# SPDX-License-Identifier: Apache-2.0
"""irqcts soak"""

from __future__ import annotations

import ctypes
import re
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import click

from .. import _abi, host
from ..agent import AgentProcess, BackendChoice, ProgramRefused
from ..description import Description
from ..library import LibraryError, check, library
from ..minimal import minimal
from ..program import Program
from ..trace import Trace
from ..verdict import AgentCrash, AgentTimeout, EXIT_CONFORMS, EXIT_INTERRUPTED, EXIT_NONCONFORMANCE
from . import Problem
from .options import Folder, backend_options
from .replay import show
from .soak_histories import soak_histories

#: A backend that ended so often while its failure was being shrunk is left alone.
ENDINGS_MAX = 5


@dataclass(frozen=True)
class Failure:
    """Why a program failed; a smaller one fails for the same reason if its failure is equal."""

    what: str
    clause: str | None = None

    def __str__(self) -> str:
        return f"{self.what}{f' of {self.clause}' if self.clause else ''}"


def written(seed: int) -> str:
    """A seed as people pass it on: with the generator's version, which decides what it means."""
    return f"{_abi.IRQCTS_GENERATOR_VERSION}:{seed:#018x}"


def read(text: str) -> int:
    """The seed; Problem when it is none, or one of another generator."""
    match = re.fullmatch(r"(\d+):0x([0-9a-fA-F]{1,16})", text)
    if match is None:
        raise Problem(f"{text!r} is no seed; one looks like {written(0x1234)}")
    if int(match[1]) != _abi.IRQCTS_GENERATOR_VERSION:
        raise Problem(f"seed {text} was made by version {match[1]} of the generator and would be another program in "
                      f"version {_abi.IRQCTS_GENERATOR_VERSION}; replay the program that was saved with it instead")
    return int(match[2], 16)


def program_of(description: Description, seed: int) -> Program:
    handle = ctypes.c_void_p()
    check(library().irqcts_soak_program(ctypes.byref(handle), ctypes.byref(description.record), seed))
    return Program.owned(handle)


def failure_of(agent: AgentProcess, program: Program) -> tuple[Failure | None, Trace | None]:
    """How a program fails, if it does."""
    try:
        trace = agent.run(program)
    except AgentCrash:
        return Failure("crash"), None
    except AgentTimeout:
        return Failure("hang"), None
    first = trace.first_divergence
    return (None if first is None else Failure("violation", trace[first].clause)), trace


class _StoppedAnswering(Exception):
    """While shrinking, too often."""


def shrunk(agent: AgentProcess, program: Program, failure: Failure, runs: int, repeats: int) -> tuple[Program, str]:
    """The smallest program found that fails alike, and what is to be said of it."""
    endings = 0

    def fails(candidate: Program) -> bool:
        nonlocal endings
        try:
            found, trace = failure_of(agent, candidate)
        except (LibraryError, ProgramRefused):
            return False  # a message was left without its configuration: no program that could be run
        except Exception:  # the backend broke, or no longer opens
            found, trace = Failure("an end"), None
        if trace is None and found != failure:
            endings += 1
            if endings > ENDINGS_MAX:
                raise _StoppedAnswering
        return found == failure

    report = _abi.irqcts_shrink_report()
    try:
        small = minimal(program, fails, runs, repeats, report)
    except _StoppedAnswering:
        return program, f"not shrunk: the backend stopped answering after {report.runs} runs"
    except LibraryError as error:
        if error.code != _abi.irqcts_error.IRQCTS_ERROR_ARGUMENT:
            raise
        return program, "it did not fail again, so it is not shrunk: an intermittent failure; try --repeats"
    said = (f"shrunk from {report.operations_before} operations to {report.operations_after} in {report.runs} runs"
            f"{'' if report.minimal else ', not to the end (--shrink-runs)'}")
    tries = max(1, repeats)
    if repeats > 1:
        said += f"; failed in {report.confirmations} of its last {tries} runs, a trial counts if one of {tries} fails"
    return small, said


class Soak:
    """Which program comes next, and what has been reached (as irqcts_soak_run, on a backend behind an agent)."""

    def __init__(self, run_seed: int, steered: bool = True) -> None:
        self._state = _abi.irqcts_soak(run_seed=run_seed)
        self._state.flags = 0 if steered else _abi.irqcts_soak_flag.IRQCTS_SOAK_UNSTEERED
        self.programs = 0
        self.steps = 0
        self.covered: set[str] = set()

    def next_seed(self, description: Description) -> int:
        seed = ctypes.c_uint64()
        check(library().irqcts_soak_next(ctypes.byref(seed), ctypes.byref(self._state),
                                         ctypes.byref(description.record)))
        return seed.value

    def account(self, trace: Trace | None) -> None:
        self.programs += 1
        if trace is not None:
            self.steps += len(trace)
            self.covered |= trace.covered()


def report_failure(agent: AgentProcess, seed: int, program: Program, failure: Failure, out: Path, runs: int,
                   repeats: int) -> None:
    click.echo(f"seed {written(seed)}: {failure}")
    small, said = shrunk(agent, program, failure, runs, repeats)
    click.echo(said)
    path = out / f"soak-{_abi.IRQCTS_GENERATOR_VERSION}-{seed:016x}.txt"
    try:
        out.mkdir(parents=True, exist_ok=True)
        path.write_text(small.text(), encoding="utf-8")
    except OSError as error:
        raise Problem(f"cannot write {path}: {error.strerror}") from error
    click.echo(f"{host.COMMAND} {host.quoted('replay', '--backend', str(agent.backend), str(path))}\n")
    found, trace = failure_of(agent, small)
    if trace is not None:
        show(trace)
    elif found is not None:
        click.echo(small.text())


@click.command(epilog="""\b
Examples:
  irqcts soak --seconds 60
  irqcts soak --backend qemu --device rocker --run-seed 7
  irqcts soak --seed 5:0x0000000012345678
  irqcts soak --backend vfio --guest bookworm --threads 4""")
@backend_options
@click.option("--seconds", type=click.FloatRange(min=0.1), default=10.0, show_default=True)
@click.option("--run-seed", type=click.IntRange(0, 2**64 - 1), default=None, metavar="N",
              help="The same programs as another run (of the same length) with this number; else by the clock.")
@click.option("--seed", metavar="VERSION:HEX", help="Only the program of this seed, as a failure was reported.")
@click.option("--repeats", type=click.IntRange(1, 100), default=1, show_default=True,
              help="An intermittent device: a smaller program fails if one of so many runs does.")
@click.option("--shrink-runs", type=click.IntRange(0), default=2000, show_default=True, help="At most; 0: no limit.")
@click.option("--threads", type=click.IntRange(2, _abi.IRQCTS_HISTORY_THREADS_MAX), metavar="N",
              help="Instead of programs, N threads that raise, mask, unmask and route at once; docs/concurrency.md.")
@click.option("--steering/--no-steering", default=True, show_default=True,
              help="Choose each program among several by what it reaches on the oracle.")
@click.option("--out", type=Folder(), default=Path("results/soak"), show_default=True, metavar="DIR")
def command(backend: BackendChoice, seconds: float, run_seed: int | None, seed: str | None, repeats: int,
            shrink_runs: int, threads: int | None, steering: bool, out: Path) -> None:
    """Run random programs of ever other shapes until one fails or the time is over; shrink the one that failed.

    Of several candidates the one is run that reaches most that is new on the oracle.  Exit status: 0 no program
    failed, 1 one did, 2 bad input, 130 interrupted before one did.
    """
    if threads is not None and seed is not None:
        raise Problem("--seed is a program's; which calls of several threads meet is in no seed's power")
    only = read(seed) if seed is not None else None
    run_seed = run_seed if run_seed is not None else time.time_ns() & 0xFFFFFFFFFFFFFFFF
    if threads is not None:
        sys.exit(soak_histories(backend, threads, seconds, run_seed, out))
    soak = Soak(run_seed, steering)
    agent = AgentProcess(backend)
    status = EXIT_CONFORMS
    try:
        description = agent.description()
        click.echo(f"{description.identity}\nrun seed {run_seed}" if only is None else description.identity)
        end = time.monotonic() + seconds
        while status == EXIT_CONFORMS and (soak.programs == 0 or (only is None and time.monotonic() < end)):
            current = only if only is not None else soak.next_seed(description)
            program = program_of(description, current)
            failure, trace = failure_of(agent, program)
            soak.account(trace)
            if failure is not None:
                status = EXIT_NONCONFORMANCE
                report_failure(agent, current, program, failure, out, shrink_runs, repeats)
    except KeyboardInterrupt:
        click.echo("\ninterrupted")
        status = status or EXIT_INTERRUPTED
    finally:
        agent.close()
    click.echo(f"{soak.programs} programs, {soak.steps} steps, {len(soak.covered)} clauses reached, "
               f"{'the last one failed' if status == EXIT_NONCONFORMANCE else 'none failed'}")
    sys.exit(status)
