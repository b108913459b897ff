# SPDX-License-Identifier: Apache-2.0
"""Traces: what a backend answered to a program, step by step, judged by the library."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Iterator, Sequence

from . import _abi
from .library import check, library, text_of
from .program import Message, Program, STATUSES
from .specification import by_number

_NONE = 0xFFFFFFFF
_OUTCOME = _abi.irqcts_expectation_outcome
_JUDGEMENT = _abi.irqcts_judgement_kind
_STATUS_WORDS = {value: name for name, value in STATUSES.items()} | {8: "not-executed"}
_FAILED = (_OUTCOME.IRQCTS_EXPECTATION_STATUS, _OUTCOME.IRQCTS_EXPECTATION_VALUE,
           _OUTCOME.IRQCTS_EXPECTATION_DELIVERIES)


@dataclass(frozen=True)
class Step:
    """One step; the texts are made when asked for."""

    trace: Trace
    index: int
    record: Any

    @property
    def status(self) -> str:
        return _STATUS_WORDS.get(self.record.result.status, f"status {self.record.result.status}")

    @property
    def value(self) -> int:
        return int(self.record.result.value)

    @property
    def latency_ns(self) -> int:
        return int(self.record.result.latency_ns)

    @property
    def deliveries(self) -> dict[Any, int]:
        """{message: count} with the keys of Program.poll."""
        count = ctypes.c_uint32()
        records = library().irqcts_trace_deliveries(ctypes.byref(count), self.trace.handle, self.index)
        found: dict[Any, int] = {}
        for i in range(count.value):
            delivery = records[i]
            key: Any = delivery.message if delivery.function == 0 else Message(delivery.function, delivery.message)
            if delivery.message == _abi.IRQCTS_MESSAGE_STRAY:
                key = "stray"
            found[key] = found.get(key, 0) + delivery.count
        return found

    @property
    def oracle_divergent(self) -> bool:
        return self.record.judgement.kind not in (_JUDGEMENT.IRQCTS_JUDGEMENT_CONFORMS,
                                                  _JUDGEMENT.IRQCTS_JUDGEMENT_NOT_OBSERVED)

    @property
    def statement_failed(self) -> bool:
        return self.record.expectation in _FAILED

    @property
    def divergent(self) -> bool:
        return self.oracle_divergent or self.statement_failed

    @property
    def clause(self) -> str | None:
        """The clause that the judgement (or the failed statement) follows from."""
        number = self.record.judgement.clause
        if self.statement_failed and not self.oracle_divergent and self.record.expectation_clause:
            number = self.record.expectation_clause
        return by_number().get(number)

    @property
    def operation(self) -> str:
        return self.trace.program.step_text(self.index)

    @property
    def expected(self) -> str:
        return text_of(library().irqcts_trace_expected_text, self.trace.handle, self.index)

    @property
    def observed(self) -> str:
        return text_of(library().irqcts_trace_observed_text, self.trace.handle, self.index)

    @property
    def reason(self) -> str:
        return text_of(library().irqcts_trace_reason_text, self.trace.handle, self.index)

    def as_json(self) -> dict[str, Any]:
        return {"operation": self.operation, "expected": self.expected, "observed": self.observed,
                "divergent": self.divergent, "reason": self.reason, "clause": self.clause}


class Trace:
    """Owns the library's trace; judged when it is made."""

    def __init__(self, handle: ctypes.c_void_p, program: Program, readings: int = 0) -> None:
        self.handle = handle
        self.program = program
        self.outcome = _abi.irqcts_outcome()
        check(library().irqcts_trace_judge(ctypes.byref(self.outcome), handle, program.handle, readings))

    def __del__(self) -> None:
        if getattr(self, "handle", None):
            library().irqcts_trace_free(self.handle)

    def __len__(self) -> int:
        return int(library().irqcts_trace_count(self.handle))

    @cached_property
    def steps(self) -> Sequence[Step]:
        found = []
        for index in range(len(self)):
            record = _abi.irqcts_step()
            check(library().irqcts_trace_step(ctypes.byref(record), self.handle, index))
            found.append(Step(self, index, record))
        return found

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    def __getitem__(self, index: int) -> Step:
        return self.steps[index]

    def polls(self) -> list[Step]:
        """The steps that polled, in order."""
        return [step for step in self.steps
                if self.program.operation(step.index).kind == _abi.irqcts_operation_kind.IRQCTS_OPERATION_POLL]

    @property
    def oracle_failed(self) -> bool:
        return bool(self.outcome.divergences)

    @property
    def statement_failed(self) -> bool:
        return bool(self.outcome.expectations_failed)

    @property
    def conforms(self) -> bool:
        return not self.oracle_failed and not self.statement_failed

    @property
    def first_divergence(self) -> int | None:
        """The first step that the oracle does not permit or that fails its statement."""
        first = min(self.outcome.first_divergence, self.outcome.first_failed_expectation)
        return None if first == _NONE else int(first)

    @property
    def first_not_observed(self) -> int | None:
        first = self.outcome.first_not_observed
        return None if first == _NONE else int(first)

    def covered(self) -> set[str]:
        """Clauses that the oracle's transitions enforced on the judged steps."""
        words = list(self.outcome.coverage.words)
        return {identifier for number, identifier in by_number().items()
                if words[number // 64] >> number % 64 & 1}

    def as_json(self) -> dict[str, Any]:
        return {"text": self.program.text(), "steps": [step.as_json() for step in self.steps],
                "first_divergence": self.first_divergence}
