# SPDX-License-Identifier: Apache-2.0
"""Generated programs, judged by the oracle alone: random ones of fixed seeds, and a complete suite."""

from __future__ import annotations

import ctypes
import time
from dataclasses import dataclass
from typing import Any

from .. import _abi
from ..complete import CompleteSuite
from ..library import check, library
from ..program import Program
from ..specification import by_number
from ..trace import Trace
from .inprocess import InProcess
from .jobs import Note

_NONE = 0xFFFFFFFF
#: Seed of the random runs: any number would do, a fixed one makes scores comparable.
SEED = 1


@dataclass(frozen=True)
class RandomRun:
    """Programs of one shape until so many steps are done."""

    name: str
    entries: int
    messages: int
    vfs: int = 0
    vf_entries: int = 0
    vf_messages: int = 0
    length: int = 200
    steps: int = 400_000


#: Small tables, where entries meet; the edges of words; virtual functions; the largest table.
RANDOM_RUNS = (
    RandomRun("2 entries", 2, 2),
    RandomRun("8 entries", 8, 4),
    RandomRun("4 entries, 2 virtual functions", 4, 4, 2, 4, 4),
    RandomRun("65 entries", 65, 65),
    RandomRun("5 entries, 3 virtual functions of 65", 5, 3, 3, 65, 33),
    RandomRun("2048 entries", 2048, 2048, length=2000, steps=100_000),
)


@dataclass
class Complete:
    """The complete suite of N = 2, M = 2 for the unfaulted device's observer, k extra states."""

    extra_states: int
    programs: list[Program]

    @classmethod
    def make(cls, description: Any, extra_states: int) -> Complete:
        return cls(extra_states, list(CompleteSuite(description, extra_states)))


def play(device: InProcess, complete: Complete, note: Note, first_only: bool = True) -> list[list[Any]]:
    """[[name, clause, why, nanoseconds], …]: the first kill of each random run and of the complete suite."""
    started = time.process_time_ns()
    kills: list[list[Any]] = []
    for number, run in enumerate(RANDOM_RUNS):
        note.write(number, time.process_time_ns() - started)
        found = _random(device, run)
        if found is not None:
            kills.append([*found, time.process_time_ns() - started])
            if first_only:
                return kills
    note.write(len(RANDOM_RUNS), time.process_time_ns() - started)
    found = _complete(device, complete)
    if found is not None:
        kills.append([*found, time.process_time_ns() - started])
    return kills


def name_of(position: int, complete: Complete) -> str:
    """What a child that died was at (jobs.Note)."""
    if position < len(RANDOM_RUNS):
        return f"random, {RANDOM_RUNS[position].name}"
    return f"complete suite N=2 M=2 k={complete.extra_states}"


def shape_of(run: RandomRun, description: Any) -> Any:
    return _abi.irqcts_engine_shape(
        entries=run.entries, messages=run.messages, virtual_functions=run.vfs, virtual_entries=run.vf_entries,
        virtual_messages=run.vf_messages, length=run.length, operations=description.operations,
        reset_kinds=description.reset_kinds, stimulus=description.stimulus)


def _configures(device: InProcess, run: RandomRun) -> bool:
    program = Program().configure(run.entries, run.messages, run.vfs, run.vf_entries, run.vf_messages)
    return device.run(program)[0].status == "ok"


def _random(device: InProcess, run: RandomRun) -> tuple[str, str, str] | None:
    if not _configures(device, run):
        return None  # a device with its table at a place of its own may have no room for this shape
    shape = shape_of(run, device.record)
    report = _abi.irqcts_engine_report()
    check(library().irqcts_engine_run(ctypes.byref(report), device.interface, device.context, ctypes.byref(shape), SEED,
                                      0, run.steps, _abi.irqcts_engine_flag.IRQCTS_ENGINE_JUDGE, 0))
    if report.failing_step == _NONE:
        return None
    handle = ctypes.c_void_p()
    check(library().irqcts_engine_program(ctypes.byref(handle), ctypes.byref(shape), report.failing_seed))
    program = Program.owned(handle)
    return (f"random, {run.name}, seed {report.failing_seed:#018x}",
            by_number().get(report.judgement.clause, ""),
            f"step {report.failing_step}, {program.step_text(report.failing_step)}, of program {report.programs}")


def _complete(device: InProcess, complete: Complete) -> tuple[str, str, str] | None:
    for number, program in enumerate(complete.programs):
        trace: Trace = device.run(program)
        first = trace.first_divergence
        if first is not None:
            step = trace[first]
            return (f"complete suite N=2 M=2 k={complete.extra_states}, program {number}", step.clause or "",
                    f"step {first}, {step.operation}: {step.reason}")
    return None


def samples(description: Any, each: int = 40) -> list[Program]:
    """Some random programs of the small shapes, for looking for a difference."""
    found = []
    for run in RANDOM_RUNS[:3]:
        shape = shape_of(run, description)
        for index in range(each):
            handle = ctypes.c_void_p()
            seed = library().irqcts_engine_seed(SEED, index)
            check(library().irqcts_engine_program(ctypes.byref(handle), ctypes.byref(shape), seed))
            found.append(Program.owned(handle))
    return found
