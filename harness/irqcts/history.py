# SPDX-License-Identifier: Apache-2.0
"""Concurrent histories: what several threads did to a device at once, and whether the oracle permits it.

docs/concurrency.md has the semantics; the recording is the agent's, the judging the library's.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any

from . import _abi
from .description import Description
from .library import check, library, text_of

VERDICTS = {int(value): name.removeprefix("IRQCTS_HISTORY_").lower()
            for name, value in _abi.irqcts_history_verdict.__members__.items()}


#: Where arriving takes time, a loss shows in a pause only; and of several messages under way one is enough.
CALLS_BETWEEN_PAUSES = 20


@dataclass(frozen=True)
class Plan:
    """What the threads do, to a function of which size.  The seed decides that, and not which calls meet."""

    entries: int
    messages: int
    seed: int = 1
    threads: int = 4
    operations: int = 400
    sharing: int = 1  # entries that have their messages in common
    polls: int = 400
    pauses: int = 0  # how often all threads wait while what is under way arrives
    routes: bool = True  # there are set-entry calls among them
    coalesces: bool = False  # messages of one kind that are under way together may become one
    routed_on_arrival: bool = False  # what is under way when its entry is set may come as the new message
    whole: bool = False  # some calls are Function Mask and MSI-X Enable
    keeps_mask: bool = False  # a set-entry leaves the mask as it was; otherwise that is left open

    @classmethod
    def for_backend(cls, description: Description, messages: int, **others: Any) -> Plan:
        """As many entries as the device has, judged by what stands between device and observer.

        An interrupt controller has one request bit a message, so on the way to what is not synchronous several
        become one.  A register view sets entries by writing all but their mask.
        """
        synchronous = "synchronous" in description.properties
        if not synchronous and "pauses" not in others:
            others["pauses"] = others.get("operations", cls.operations) // CALLS_BETWEEN_PAUSES
        limit = int(_abi.IRQCTS_HISTORY_ENTRIES_MAX)
        configurable = "configurable" in description.properties
        entries = max(messages, 4) if configurable else description.entries_max
        if "messages-fixed" in description.properties:
            messages = description.messages_max
        return cls(min(entries, limit), min(messages, entries, limit),
                   coalesces=not synchronous,
                   routed_on_arrival="routed-on-arrival" in description.properties,
                   keeps_mask="enable" in description.operations, **others)

    def records(self) -> tuple[Any, Any]:
        """irqcts_history_shape and irqcts_history_plan."""
        readings = int(_abi.irqcts_reading.IRQCTS_READING_SET_ENTRY_KEEPS_MASK) * self.keeps_mask
        flags = (int(_abi.irqcts_history_flag.IRQCTS_HISTORY_COALESCES) * self.coalesces |
                 int(_abi.irqcts_history_flag.IRQCTS_HISTORY_ROUTED_ON_ARRIVAL) * self.routed_on_arrival |
                 int(_abi.irqcts_history_flag.IRQCTS_HISTORY_WHOLE_FUNCTION) * self.whole)
        without = 0 if self.routes else 1 << int(_abi.irqcts_operation_kind.IRQCTS_OPERATION_SET_ENTRY)
        return (_abi.irqcts_history_shape(entries=self.entries, messages=self.messages, readings=readings, flags=flags),
                _abi.irqcts_history_plan(seed=self.seed, threads=self.threads, operations=self.operations,
                                         sharing=self.sharing, polls=self.polls, without=without,
                                         pauses=self.pauses))

    def other_cause(self, verdict: str) -> str:
        """What besides the device can be behind a history that ended so; empty where nothing is known."""
        if verdict == "lost" and self.routes and self.routed_on_arrival:
            return ("not only a device loses an interrupt here: Linux's vfio-pci does, when another processor takes it "
                    "while its entry gets another message (docs/concurrency.md says how to tell)")
        return ""

    def __str__(self) -> str:
        return (f"a history of {self.operations} calls by {self.threads} threads (seed {self.seed}, {self.entries} "
                f"entries, {self.messages} messages, {self.sharing} sharing{'' if self.routes else ', no set-entry'}"
                f"{', function mask and enable' if self.whole else ''})")


@dataclass(frozen=True)
class HistoryReport:
    """What the check found; `text` is the minimal history and why it has no order."""

    verdict: str
    calls: int
    kept: int
    merged: bool
    text: str

    @property
    def conforms(self) -> bool:
        return self.verdict == "conforms"


class History:
    """A recorded history; frees the library's."""

    def __init__(self, handle: ctypes.c_void_p) -> None:
        self._handle = handle

    def __del__(self) -> None:
        if getattr(self, "_handle", None):
            library().irqcts_history_free(self._handle)

    def __len__(self) -> int:
        return int(library().irqcts_history_count(self._handle))

    def check(self) -> HistoryReport:
        report = _abi.irqcts_history_report()
        check(library().irqcts_history_check(ctypes.byref(report), self._handle))
        return HistoryReport(VERDICTS[report.verdict], len(self), report.kept, bool(report.merged),
                             text_of(library().irqcts_history_text, self._handle))
