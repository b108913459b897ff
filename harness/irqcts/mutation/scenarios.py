# SPDX-License-Identifier: Apache-2.0
"""The suites' cases, played on a device in this process and judged as `Machine.check` judges."""

from __future__ import annotations

import ctypes
import time
from typing import Any, Iterable, Sequence

from .. import _abi
from ..library import LibraryError, library
from ..machine import Machine
from ..program import Program
from ..trace import Step, Trace
from ..verdict import Ending, NonConformance
from .cases import Case
from .inprocess import InProcess
from .jobs import Note

#: What a played set of cases gives: see Player.play.
Played = dict[str, Any]


class Player:
    """Plays cases.  `oracle`: whether the oracle judges beside the tests' own statements."""

    def __init__(self, device: InProcess, oracle: bool = True) -> None:
        self.device = device
        self.oracle = oracle
        self._outcome = _abi.irqcts_outcome()
        self._trace = ctypes.c_void_p()

    def play(self, cases: Sequence[Case], note: Note, which: Iterable[int] | None = None,
             first_only: bool = False) -> Played:
        """{"kills": [[case, clause, why, nanoseconds], …], "inconclusive": […], "broken": […]}

        Each case ends at the first of its programs that fails.  Nanoseconds count from the call.
        `inconclusive` are cases whose silence no control brackets, `broken` those that the backend itself
        gave up on: neither is a kill.
        """
        started = time.process_time_ns()
        kills: list[list[Any]] = []
        inconclusive: list[int] = []
        broken: list[int] = []
        for number in range(len(cases)) if which is None else which:
            case = cases[number]
            note.write(number, time.process_time_ns() - started)
            try:
                found = self._call(case) if case.call is not None else self._programs(case)
            except LibraryError:
                broken.append(number)
                continue
            if found == "inconclusive":
                inconclusive.append(number)
            elif isinstance(found, tuple):
                kills.append([number, *found, time.process_time_ns() - started])
                if first_only:
                    break
        return {"kills": kills, "inconclusive": inconclusive, "broken": broken}

    def _programs(self, case: Case) -> tuple[str, str] | str | None:
        bracketed = True
        for play in case.plays:
            if play.control is not None:
                bracketed = not self._fails(play.control) and bracketed
            if self._fails(play.program):
                return self._explain(play.program, case)
            if play.control is not None:
                bracketed = not self._fails(play.control) and bracketed
        return None if bracketed else "inconclusive"

    def _fails(self, program: Program) -> bool:
        """Runs and judges at the library's speed."""
        code = library().irqcts_session_run(ctypes.byref(self._trace), self.device.interface, self.device.context,
                                            program.handle, 0, 0)
        if code >= 0:
            code = library().irqcts_trace_judge(ctypes.byref(self._outcome), self._trace, program.handle, 0)
            library().irqcts_trace_free(self._trace)
        if code < 0:
            raise LibraryError(library().irqcts_last_error().decode("utf-8", "replace"), code)
        return bool(self._outcome.expectations_failed or (self.oracle and self._outcome.divergences))

    def _explain(self, program: Program, case: Case) -> tuple[str, str]:
        """Clause and reason of a program that has just failed, run once more for its texts."""
        trace = self.device.run(program)
        step = first_failed(trace, self.oracle)
        if step is None:
            return case.clauses[0] if case.clauses else "", "it failed once and not again"
        return step.clause or (case.clauses[0] if case.clauses else ""), \
            f"step {step.index}, {step.operation}: {step.reason}"

    def _call(self, case: Case) -> tuple[str, str] | str | None:
        """A test that looks at traces itself."""
        assert case.call is not None
        own = case.clauses[0] if case.clauses else ""
        try:
            case.call(Machine(self.device, case.needs))  # type: ignore[arg-type]  # the two methods it uses
        except NonConformance as ending:
            clause = own
            for program in ending.programs:
                first = program["first_divergence"]
                clause = program["steps"][first]["clause"] or own if first is not None else own
            return clause, ending.why
        except AssertionError as error:
            said = str(error).strip().splitlines()
            return own, f"the test's own statement fails: {said[0] if said else 'an assertion'}"
        except Ending as ending:
            return "inconclusive" if ending.verdict.value == "INCONCLUSIVE" else None
        return None


def first_failed(trace: Trace, oracle: bool) -> Step | None:
    """The first step that is not permitted, or (without the oracle) does not meet its statement."""
    none = 0xFFFFFFFF
    first = trace.outcome.first_failed_expectation
    if oracle:
        first = min(first, trace.outcome.first_divergence)
    return None if first == none else trace[first]
