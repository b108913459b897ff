# SPDX-License-Identifier: Apache-2.0
"""The oracle's own mutants, judged by what the tests state and never by the oracle itself.

A mutant of the oracle is killed when it and the suites' statements part where the original agrees with them:

  playback   the mutant plays the device (backend `model`): a stated outcome is not met;
  permits    a run in which a test's statement fails is permitted up to that step (evidence.py has the runs);
  refuses    a run in which every statement holds is not permitted;
  cites      at the step whose statement fails, another clause is cited than the test states;
  names      there, another outcome is said to be permitted than the test states;
  covers     a clause that a test declares, and that its run enforces, is no longer enforced;
  rules      a ruling (rulings.py) is contradicted;
  units      a C test of the oracle fails (units.py).

This module runs as a process of its own: the library that has the mutants takes the place of libirqcts
(IRQCTS_LIBRARY).  It prints JSON lines: progress, and at last the result.
"""

from __future__ import annotations

import ctypes
import dataclasses
import functools
import json
import os
import subprocess
import sys
import time
from typing import Any, Callable

from .. import _abi, rulings, specification
from ..agent import BackendChoice
from ..library import LibraryError, library
from ..program import Program
from . import distinguish, emulator, generated, jobs, oracle_build
from .cases import Case, CollectionError, collect
from .evidence import Evidence
from .inprocess import InProcess
from .mutants import SAME_CODE, Killer, Mutant
from .scenarios import Player
from .schemata import SchemataError, SourceMutant

Report = Callable[[str, int, int], None]
#: The backend `model` ends a program when the oracle refuses its own prediction; here statements alone judge.
UNCHECKED = "unchecked=yes"
#: A mutant that loops without end is given so much of a processor; a whole job takes a sixth of a second.
PROCESSOR_SECONDS = 1.5


class Scoring:
    """Everything that a child needs: the cases, the evidence, the mutable oracle."""

    def __init__(self, built: oracle_build.Built, report: Report) -> None:
        self.unit_tests = built.unit_tests
        self.number = ctypes.c_uint.in_dll(library(), "irqcts_mutant")
        entry = library().irqcts_backend_model_entry
        entry.restype, entry.argtypes = ctypes.POINTER(_abi.irqcts_backend_interface), [ctypes.c_uint32]
        self.model = entry(_abi.IRQCTS_BACKEND_ABI_VERSION)
        report("collecting the suites' programs", 0, 0)
        # Calling a test would let the oracle judge; what a test that looks at traces itself states is in its plays.
        self.played = [dataclasses.replace(case, call=None) for case in collect(BackendChoice("model"))]
        self.cases = [dataclasses.replace(case, call=None) for case in collect(BackendChoice("emulator"))]
        self.by_number = specification.by_number()
        self.rulings = rulings.every()
        self.evidence = Evidence(self.cases, {name: number for number, name in self.by_number.items()}, report)

    # --- one mutant ------------------------------------------------------------------------------

    def kill(self, mutant: int, note: jobs.Note) -> list[Any] | None:
        """[test, clause, why, nanoseconds] of the first disagreement; None when there is none.

        Runs in a child: the chosen mutant stays chosen.  The note's position is a case: of `played` first,
        then of `cases`, then a ruling.
        """
        self.number.value = mutant
        started = time.process_time_ns()

        def said(case: Case, clause: str, why: str) -> list[Any]:
            return [case.test, clause or (case.clauses[0] if case.clauses else ""), why,
                    time.process_time_ns() - started]

        with InProcess(self.model, UNCHECKED) as device:
            played = Player(device, oracle=False).play(self.played, note, first_only=True)
        if played["kills"]:
            number, clause, why, _ = played["kills"][0]
            return said(self.played[number], clause, f"playback: {why}")
        for number, case in enumerate(self.cases):
            note.write(len(self.played) + number, time.process_time_ns() - started)
            found = self._asked(functools.partial(self.evidence.disagrees_on_clean, number))
            if found is not None:
                return said(case, self.by_number.get(found[0] or 0, ""), found[1])
        for run in self.evidence.failing:
            note.write(len(self.played) + run.case, time.process_time_ns() - started)
            found = self._asked(functools.partial(self.evidence.disagrees_on_failing, run))
            if found is not None:
                return said(self.cases[run.case], self.by_number.get(found[0] or 0, ""), found[1])
        for number, ruling in enumerate(self.rulings):
            note.write(len(self.played) + len(self.cases) + number, time.process_time_ns() - started)
            try:
                contradicted = ruling.disagreement()
            except LibraryError as error:
                contradicted = f"breaks: {error}"
            if contradicted is not None:
                return [_named(ruling), ruling.clause, f"rules: {contradicted}", time.process_time_ns() - started]
        for test in self.unit_tests:
            failure = test.failure(mutant)
            if failure is not None:
                return [test.source, "", f"units: {failure}", time.process_time_ns() - started]
        return None

    @staticmethod
    def _asked(question: Callable[[], tuple[int | None, str] | None]) -> tuple[int | None, str] | None:
        try:
            return question()
        except LibraryError as error:  # an oracle that cannot even be laid out, say
            return None, f"breaks: {error}"

    def name_of(self, position: int) -> tuple[str, str]:
        """The test that a child which died was at, and its clause."""
        cases = [*self.played, *self.cases]
        if position < len(cases):
            return cases[position].test, (cases[position].clauses or ("",))[0]
        ruling = self.rulings[position - len(cases)]
        return _named(ruling), ruling.clause

    def difference(self, mutant: int, note: jobs.Note) -> str | None:
        """The shortest program that original and mutant play back differently."""
        def playing(number: int, device: InProcess) -> Callable[[Program], ctypes.c_void_p]:
            def execute(program: Program) -> ctypes.c_void_p:
                self.number.value = number
                return device.execute(program)

            return execute

        with InProcess(self.model, UNCHECKED) as one, InProcess(self.model, UNCHECKED) as other:
            candidates = [play.program for case in self.played for play in case.plays]
            candidates += generated.samples(one.record)
            return distinguish.shortest(playing(0, one), playing(mutant, other), candidates)


def _named(ruling: rulings.Ruling) -> str:
    """A ruling among the tests' names."""
    return f"ruling {ruling.id}"


# --- the process with the mutable library --------------------------------------------------------


def _say(**what: Any) -> None:
    print(json.dumps(what), flush=True)


def _last_report() -> Report:
    shown = 0.0

    def report(what: str, done: int, total: int) -> None:
        nonlocal shown
        if time.monotonic() - shown > 0.1 or done == total:
            shown = time.monotonic()
            _say(progress=[what, done, total])

    return report


def main() -> None:
    """irqcts.mutation.oracle WORKERS [NUMBER …]: judges the mutants of these numbers, or all."""
    workers, wanted = int(sys.argv[1]), {int(each) for each in sys.argv[2:]}
    report = _last_report()
    built = oracle_build.build(workers)
    mutants = [mutant for mutant in built.mutants if not wanted or mutant.number in wanted]
    start = time.monotonic()
    scoring = Scoring(built, report)
    results: dict[int, dict[str, Any]] = {}
    # Number 0 is the original: if it disagreed, the kills would say nothing.
    first = next(jobs.run([jobs.Job(0, lambda note: scoring.kill(0, note))], 1))
    if first.verdict or first.result is not None:
        raise CollectionError(f"false alarm: the original oracle is killed: {first.verdict or first.result}")
    work = [jobs.Job(mutant.number, functools.partial(scoring.kill, mutant.number)) for mutant in mutants]
    for done, ended in enumerate(jobs.run(work, workers, processor_seconds=PROCESSOR_SECONDS), 1):
        if ended.verdict:
            results[ended.key] = {"killer": [*scoring.name_of(ended.position), ended.verdict, ended.why,
                                             ended.nanoseconds]}
        elif ended.result is not None:
            test, clause, why, nanoseconds = ended.result
            results[ended.key] = {"killer": [test, clause, "FAIL", why, nanoseconds]}
        else:
            results[ended.key] = {}
        report("mutants of the oracle", done, len(work))
    alive = [mutant for mutant in mutants if not results[mutant.number]]
    report("survivors that compile to the same code", 0, 0)
    same = oracle_build.same_code(built, alive, workers)
    for number in same:
        results[number] = {"same": True}
    looks = [jobs.Job(mutant.number, functools.partial(scoring.difference, mutant.number))
             for mutant in alive if mutant.number not in same]
    for done, ended in enumerate(jobs.run(looks, workers), 1):
        results[ended.key] = {"program": ended.result}
        report("programs for survivors", done, len(looks))
    _say(result=results, seconds=time.monotonic() - start,
              runs={"clean": sum(map(len, scoring.evidence.clean)), "failing": len(scoring.evidence.failing),
               "played": sum(len(case.plays) for case in scoring.played)})


# --- for the command line ------------------------------------------------------------------------

def run(workers: int, report: Report, chosen: Callable[[SourceMutant], bool] = lambda mutant: True) -> list[Mutant]:
    """Builds and judges the oracle's mutants; raises SchemataError or CollectionError with a sentence."""
    report("building the oracle's mutants", 0, 0)
    built = oracle_build.build(workers)
    wanted = [mutant for mutant in built.mutants if chosen(mutant)]
    some = [str(mutant.number) for mutant in wanted] if len(wanted) < len(built.mutants) else []
    result: dict[str, Any] | None = None
    with subprocess.Popen([sys.executable, "-m", "irqcts.mutation.oracle", str(workers), *some],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          env={**os.environ, "IRQCTS_LIBRARY": str(built.library)}) as process:
        assert process.stdout is not None and process.stderr is not None
        for line in process.stdout:
            said = json.loads(line)
            if "progress" in said:
                report(*said["progress"])
            else:
                result = said["result"]
        error = process.stderr.read()
    if process.returncode != 0 or result is None:
        raise CollectionError(f"judging the oracle's mutants broke off: {error.strip()[-1500:]}")
    return [_mutant(mutant, result[str(mutant.number)]) for mutant in wanted]


def _mutant(mutant: SourceMutant, result: dict[str, Any]) -> Mutant:
    made = Mutant("oracle", mutant.id, f"core/model/{mutant.file}:{mutant.line}", mutant.description, ())
    if "killer" in result:
        test, clause, verdict, why, nanoseconds = result["killer"]
        made.shares["scenarios"] = Killer(test, clause, "scenarios", verdict, why, nanoseconds / 1e6)
        made.killing_tests.append(test)
    made.program = result.get("program")
    if result.get("same"):
        made.argument = SAME_CODE
    return made


if __name__ == "__main__":
    try:
        main()
    except (CollectionError, SchemataError, emulator.FaultsError, jobs.JobError, rulings.RulingError) as broken:
        sys.exit(str(broken))
