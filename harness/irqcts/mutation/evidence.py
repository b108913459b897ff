# SPDX-License-Identifier: Apache-2.0
"""Runs on which the tests' statements say what an oracle must say: the scale for the oracle's mutants.

Each run is kept with the step at which a statement fails (or none), and only if the original oracle agrees:
it refuses the run at that step or before (or permits all of it).  There are

- runs of the unfaulted emulator, in which every statement holds;
- the same with one answer altered so that the statement about it fails: another status, another bit of a
  value, a delivery missing, doubled, sent elsewhere, or a stray one;
- both for observers that see less (no exact counts, no strays) and for devices that repeat messages;
- runs of faulty emulators in which a statement fails.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any, Callable, Iterator, Sequence

from .. import _abi
from ..answers import Answers, Delivery, Result
from ..library import check, library
from ..program import Program
from . import emulator
from .cases import Case, CollectionError
from .inprocess import InProcess, load

NONE = 0xFFFFFFFF
#: Longer programs are those of the largest tables: altering their answers would take longer than all others.
ALTERED_MAX = 300
_FLAG = _abi.irqcts_expectation_flag
_STRAY = (0, _abi.IRQCTS_MESSAGE_STRAY, 1, 0x1234, 0x5000)


@dataclass
class Run:
    """One judged run."""

    trace: ctypes.c_void_p
    program: Program
    case: int
    what: str  # "" or what was altered, planted or not seen
    failed: int  # the step whose statement fails; NONE: every statement holds
    cited: frozenset[int]  # clauses by which the test says it may be refused there; empty: not compared
    named: tuple[Any, ...] | None  # what the oracle says was permitted there, where the statement says the same


def altered(answers: Answers, program: Program) -> Iterator[tuple[str, Answers]]:
    """Each answer that a statement is about, made into one that the statement excludes."""
    for index in range(1, len(answers.results)):
        stated = program.expectation(index)
        result = answers.results[index]

        def with_result(changed: Result, at: int = index) -> Answers:
            results = [*answers.results[:at], changed, *answers.results[at + 1:]]
            return Answers(results, answers.deliveries, answers.rest)

        if stated.flags & (_FLAG.IRQCTS_EXPECTS_STATUS | _FLAG.IRQCTS_EXPECTS_REFUSAL):
            for status in (0, 1, 3):
                yield f"status {status} at step {index}", with_result((status, *result[1:]))
        if stated.flags & _FLAG.IRQCTS_EXPECTS_VALUE:
            for bit in bits_of(stated.value_mask):
                yield f"bit {bit} at step {index}", with_result((*result[:6], result[6] ^ (1 << bit)))
        if stated.flags & _FLAG.IRQCTS_EXPECTS_DELIVERIES:
            for what, found in other_deliveries(answers.deliveries[index]):
                deliveries = [*answers.deliveries[:index], found, *answers.deliveries[index + 1:]]
                yield f"{what} at step {index}", Answers(answers.results, deliveries, answers.rest)


def bits_of(mask: int) -> list[int]:
    """The edges of what a statement says of a value: the lowest two bits, the highest two, and one between."""
    bits = [bit for bit in range(64) if mask >> bit & 1]
    return sorted({bits[i] for i in (0, 1, len(bits) // 2, -2, -1) if -len(bits) <= i < len(bits)})


def other_deliveries(found: list[Delivery]) -> Iterator[tuple[str, list[Delivery]]]:
    yield "a stray", [*found, _STRAY]
    known = {record[:2] for record in found}
    for more in ((0, 0), (0, 1), (1, 0)):
        if more not in known:
            yield f"message {more[1]} of function {more[0]}", [*found, (*more, 1, 0, 0)]
    for i, record in enumerate(found[:2]):
        function, message, count = record[:3]
        others = [*found[:i], *found[i + 1:]]
        yield f"no message {message}", others
        yield f"message {message} once more", [*found[:i], (function, message, count + 1, *record[3:]), *found[i + 1:]]
        if count > 1:
            yield f"message {message} once less", [*found[:i], (function, message, count - 1, *record[3:]),
                                                   *found[i + 1:]]
        if (function, message ^ 1) not in known:
            yield f"message {message ^ 1} for {message}", [*others, (function, message ^ 1, count, *record[3:])]


def observers(description: Any) -> Iterator[tuple[str, Any]]:
    """The device's own description, and those of observers that see less or of a device that may do more."""
    yield "", description
    for name, lacks, has in (("no exact counts", _abi.irqcts_observation.IRQCTS_OBSERVES_EXACT_COUNTS, 0),
                             ("no strays", _abi.irqcts_observation.IRQCTS_OBSERVES_STRAYS, 0),
                             ("repeats", 0, _abi.irqcts_property.IRQCTS_PROPERTY_REPEATS)):
        other = _abi.irqcts_backend_description.from_buffer_copy(description)
        other.observations &= ~int(lacks)
        other.properties |= int(has)
        yield name, other


class Evidence:
    """Collects the runs with the original oracle, and tells where another one disagrees."""

    def __init__(self, cases: Sequence[Case], numbers: dict[str, int], report: Callable[[str, int, int], None]) -> None:
        self.cases, self.numbers = cases, numbers
        self.outcome = _abi.irqcts_outcome()
        self.step = _abi.irqcts_step()
        self.clean: list[list[Run]] = [[] for _ in cases]
        self.failing: list[Run] = []
        self._known: set[Any] = set()
        with InProcess(load("emulator")) as device:
            for number, case in enumerate(cases):
                for play in case.plays:
                    self._unfaulted(device, number, play.program)
                report("recording the emulator", number + 1, len(cases))
        self.covered = [self._enforced(number) for number in range(len(cases))]
        self._faulty(report)

    # --- collecting ------------------------------------------------------------------------------

    def _unfaulted(self, device: InProcess, case: int, program: Program) -> None:
        trace = device.execute(program)
        self.judge(trace, program)
        if self.outcome.divergences or self.outcome.expectations_failed:
            raise CollectionError(f"{self.cases[case].test} does not pass on the unfaulted emulator in this process")
        self.clean[case].append(Run(trace, program, case, "", NONE, frozenset(), None))
        if len(program) > ALTERED_MAX:
            return
        answers = Answers.of(trace)
        for name, description in observers(device.record):
            if name:
                self._keep(answers.trace(program, description), case, program, name)
            for what, other in altered(answers, program):
                if not name or "message" in what or "stray" in what:  # what the observer makes a difference for
                    self._keep(other.trace(program, description), case, program, f"{what}, {name}" if name else what)

    def _faulty(self, report: Callable[[str, int, int], None]) -> None:
        faults = emulator.table().faults
        interface = load("emulator")
        for done, fault in enumerate(faults, 1):
            with InProcess(interface, emulator.options_of(fault)) as device:
                for number, case in enumerate(self.cases):
                    for play in case.plays:
                        self._keep(device.execute(play.program), number, play.program, f"fault {fault['id']}",
                                   failing_only=True)
            report("recording faulty emulators", done, len(faults))

    def _keep(self, trace: ctypes.c_void_p | None, case: int, program: Program, what: str,
              failing_only: bool = False) -> None:
        if trace is None:
            return
        outcome = self.judge(trace, program)
        failed, divergence = outcome.first_failed_expectation, outcome.first_divergence
        agree = divergence == NONE if failed == NONE else divergence <= failed
        if not agree or (failing_only and failed == NONE) or not self._new(trace, case, failed):
            library().irqcts_trace_free(trace)
            return
        if failed == NONE:
            self.clean[case].append(Run(trace, program, case, what, NONE, frozenset(), None))
        else:
            cited, named = self._said(trace, case, program, failed) if divergence == failed else (frozenset(), None)
            self.failing.append(Run(trace, program, case, what, failed, cited, named))

    def _new(self, trace: ctypes.c_void_p, case: int, failed: int) -> bool:
        """Two faults that look the same up to the failing step are one piece of evidence."""
        if failed == NONE:
            return True
        answers = Answers.of(trace)
        key = (case, failed, hash(tuple((r[0], r[6]) for r in answers.results[:failed + 1])),
               hash(tuple(tuple(d) for d in answers.deliveries[:failed + 1])))
        known = key in self._known
        self._known.add(key)
        return not known

    def _said(self, trace: ctypes.c_void_p, case: int, program: Program,
              at: int) -> tuple[frozenset[int], tuple[Any, ...] | None]:
        """What the oracle says of the failing step, as far as the test says the same."""
        judgement = self._judgement(trace, at)
        number = program.expectation(at).clause
        stated = frozenset([number]) if number else frozenset(self.numbers[each] for each in self.cases[case].clauses)
        return stated if judgement.clause in stated else frozenset(), named(judgement, program, at)

    # --- comparing -------------------------------------------------------------------------------

    def judge(self, trace: ctypes.c_void_p, program: Program) -> Any:
        check(library().irqcts_trace_judge(ctypes.byref(self.outcome), trace, program.handle, 0))
        return self.outcome

    def _judgement(self, trace: ctypes.c_void_p, at: int) -> Any:
        check(library().irqcts_trace_step(ctypes.byref(self.step), trace, at))
        return self.step.judgement

    def _enforced(self, case: int) -> frozenset[int]:
        """Clauses that the case declares and its own runs enforce."""
        found: set[int] = set()
        declared = {self.numbers[identifier] for identifier in self.cases[case].clauses}
        for run in self.clean[case]:
            if not run.what:
                words = self.judge(run.trace, run.program).coverage.words
                found |= {number for number in declared if words[number // 64] >> number % 64 & 1}
        return frozenset(found)

    def disagrees_on_clean(self, case: int) -> tuple[int | None, str] | None:
        """(clause number if one is known, why) when the oracle in force refuses or no longer enforces."""
        for run in self.clean[case]:
            if self.judge(run.trace, run.program).divergences:
                step = self.outcome.first_divergence
                return None, f"refuses: step {step}, {run.program.step_text(step)}" \
                             f"{f' ({run.what})' if run.what else ''}, where every statement holds"
        lost = self.covered[case] - self._enforced(case)
        return (min(lost), "covers: the test declares the clause, and its run no longer enforces it") if lost else None

    def disagrees_on_failing(self, run: Run) -> tuple[int | None, str] | None:
        outcome = self.judge(run.trace, run.program)
        if outcome.first_divergence == NONE or outcome.first_divergence > run.failed:
            return min(run.cited, default=None), f"permits: {where(run)}, where the test's statement fails"
        if outcome.first_divergence != run.failed or not (run.cited or run.named):
            return None
        judgement = self._judgement(run.trace, run.failed)
        if run.cited and judgement.clause not in run.cited:
            return min(run.cited), f"cites: {where(run)}, clause number {judgement.clause}"
        if run.named is not None and named(judgement, run.program, run.failed) != run.named:
            return min(run.cited, default=None), f"names: {where(run)}, another outcome as permitted than is stated"
        return None


def where(run: Run) -> str:
    return f"step {run.failed}, {run.program.step_text(run.failed)} ({run.what})"


def named(judgement: Any, program: Program, at: int) -> tuple[Any, ...] | None:
    """What a judgement says was permitted, if the statement says the same; None when it does not say it."""
    stated = program.expectation(at)
    kind = judgement.kind
    kinds = _abi.irqcts_judgement_kind
    if kind == kinds.IRQCTS_JUDGEMENT_STATUS and stated.flags & _FLAG.IRQCTS_EXPECTS_STATUS:
        return (kind, judgement.statuses) if judgement.statuses == 1 << stated.status else None
    if kind == kinds.IRQCTS_JUDGEMENT_VALUE and stated.flags & _FLAG.IRQCTS_EXPECTS_VALUE:
        mask = stated.value_mask & judgement.value_mask
        same = mask and judgement.value & mask == stated.value & mask
        return (kind, judgement.value_mask, judgement.value) if same else None
    if stated.flags & _FLAG.IRQCTS_EXPECTS_DELIVERIES:
        said = (judgement.function, judgement.message, judgement.minimum, judgement.maximum)
        return (kind, *said, judgement.observed_count) if said in program.stated_deliveries(stated) else None
    return None
