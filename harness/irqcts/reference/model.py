# SPDX-License-Identifier: Apache-2.0
"""Routing, masking and pending of one function, written from the clauses and not from core/model.

Where the sources leave something open it is unknown (None) until an answer settles it; a message then may
come and need not.  What the model cannot follow (an entry whose message was changed while it could send)
may send anything: it is looser than the oracle there, never stricter.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Mapping

from .. import _abi

_KIND = _abi.irqcts_operation_kind
CONFIGURE = int(_KIND.IRQCTS_OPERATION_CONFIGURE)
START = int(_KIND.IRQCTS_OPERATION_START)
SET_ENTRY = int(_KIND.IRQCTS_OPERATION_SET_ENTRY)
MASK = int(_KIND.IRQCTS_OPERATION_MASK)
UNMASK = int(_KIND.IRQCTS_OPERATION_UNMASK)
TABLE_READ = int(_KIND.IRQCTS_OPERATION_TABLE_READ)
TABLE_WRITE = int(_KIND.IRQCTS_OPERATION_TABLE_WRITE)
PBA_READ = int(_KIND.IRQCTS_OPERATION_PBA_READ)
CAPABILITY_READ = int(_KIND.IRQCTS_OPERATION_CAPABILITY_READ)
ENABLE = int(_KIND.IRQCTS_OPERATION_ENABLE)
FUNCTION_MASK = int(_KIND.IRQCTS_OPERATION_FUNCTION_MASK)
RAISE = int(_KIND.IRQCTS_OPERATION_RAISE)
POLL = int(_KIND.IRQCTS_OPERATION_POLL)
RESET = int(_KIND.IRQCTS_OPERATION_RESET)
OK, INVALID_PARAMETER, INVALID_STATE = 0, 1, 3
FROM_MESSAGE = int(_abi.IRQCTS_OPERATION_FROM_MESSAGE)
STRAY = int(_abi.IRQCTS_MESSAGE_STRAY)
CONTROL = 3  # the DWORD of an entry that holds its mask bit

#: A DWORD of a message's address or data: which message's.  A number is just itself, None is not known.
Word = tuple[int, int] | int | None


@dataclass(slots=True)
class Operation:
    """One operation, as far as this model knows it."""

    kind: int
    entry: int = 0
    message: int = 0
    value: int = 0
    address: int = 0
    width: int = 0
    from_message: bool = False
    control: int = 0


@dataclass(slots=True)
class Entry:
    """A table entry: what is known of it."""

    words: list[Word] = field(default_factory=lambda: [None, None, None])
    masked: bool | None = True
    pending: bool | None = False
    #: Changed while it may have been unmasked, and the DWORDs that were written since it was masked for certain.
    stale: bool = False
    fresh: int = 0

    def assign(self, message: int) -> None:
        self.words = [(message, 0), (message, 1), (message, 2)]
        self.stale, self.fresh = False, 0

    @property
    def message(self) -> int | None:
        """The message that it sends for certain."""
        if self.stale or not all(isinstance(word, tuple) for word in self.words):
            return None
        sources = {word[0] for word in self.words if isinstance(word, tuple)}
        return sources.pop() if len(sources) == 1 else None


class Function:
    """A function with N entries and M messages, after `configure`."""

    def __init__(self, entries: int, messages: int) -> None:
        self.entries, self.messages = entries, messages
        self.table: dict[int, Entry] = {}  # what is not in it is as reset left it
        self.words: dict[tuple[int, int], int] = {}  # what reads have shown of messages
        self.waiting: set[int] = set()  # entries whose pending bit is or may be 1
        self.enabled = self.function_mask = self.started = False
        self.at_least: dict[int, int] = {}
        self.at_most: dict[int, int] = {}
        self.anything = 0

    def judge(self, operation: Operation, status: int, value: int, deliveries: Mapping[int, int]) -> str | None:
        """Why this outcome is not permitted, None when it is; the state follows it."""
        kind = operation.kind
        if kind in (SET_ENTRY, MASK, UNMASK):
            return self._route(operation, status)
        if status != OK:
            return f"status {status}"
        if kind == POLL:
            return self._poll(deliveries)
        if kind == RAISE:
            self._raise(operation.entry)
        elif kind == ENABLE:
            self._enable(bool(operation.value))
        elif kind == FUNCTION_MASK:
            self.function_mask = bool(operation.value)
            self._release()
        elif kind == TABLE_WRITE:
            self._write(operation)
        elif kind == TABLE_READ:
            return self._read(operation, value)
        elif kind == PBA_READ:
            return self._read_pending(operation, value)
        elif kind == CAPABILITY_READ:
            wanted = self.enabled << 15 | self.function_mask << 14 | self.entries - 1
            return None if (value ^ wanted) & 0xC7FF == 0 else f"Message Control {value:#x}, not {wanted:#x}"
        elif kind == START:
            self._start()
        elif kind == RESET:
            self.table.clear()
            self.waiting.clear()
            self.enabled = self.function_mask = self.started = False
        return None

    def _at(self, index: int) -> Entry:
        found = self.table.get(index)
        if found is None:
            found = self.table[index] = Entry()
        return found

    # --- events ----------------------------------------------------------------------------------

    def _send(self, entry: Entry, certainly: bool) -> None:
        message = entry.message
        if message is None:
            self.anything += 1
            return
        self.at_least[message] = self.at_least.get(message, 0) + certainly
        self.at_most[message] = self.at_most.get(message, 0) + 1

    def _raise(self, index: int) -> None:
        if index >= self.entries:
            return
        entry = self._at(index)
        if not self.enabled:
            if not entry.pending:  # dropped or kept (ENABLE-OFF-EVENT)
                entry.pending = None
                self.waiting.add(index)
        elif self.function_mask or entry.masked:  # PEND-SET, PEND-COALESCE
            entry.pending = True
            self.waiting.add(index)
        elif entry.masked is None:
            self._send(entry, certainly=False)
            entry.pending = None
            self.waiting.add(index)
        else:
            self._send(entry, certainly=True)

    def _release(self) -> None:
        """PEND-RELEASE, wherever it applies now."""
        if not self.enabled or self.function_mask:
            return
        for index in list(self.waiting):
            entry = self.table[index]
            if entry.masked:
                continue
            self._send(entry, certainly=entry.pending is True and entry.masked is False)
            if entry.masked is None:
                entry.pending = None
            else:
                entry.pending = False
                self.waiting.discard(index)

    def _enable(self, on: bool) -> None:
        if self.enabled and not on:
            for index in self.waiting:  # it may survive or not (ENABLE-CYCLE-PENDING)
                self.table[index].pending = None
        self.enabled = on
        self._release()

    def _poll(self, deliveries: Mapping[int, int]) -> str | None:
        extra = 0
        for message in {*self.at_least, *deliveries}:
            seen, least = deliveries.get(message, 0), self.at_least.get(message, 0)
            if seen < least:
                return f"message {message} came {seen} times, not {least}"
            extra += max(0, seen - self.at_most.get(message, 0))
        allowed, self.anything = self.anything, 0
        self.at_least.clear()
        self.at_most.clear()
        return f"{extra} messages came that must not" if extra > allowed else None

    # --- the routing view ------------------------------------------------------------------------

    def _route(self, operation: Operation, status: int) -> str | None:
        index, kind = operation.entry, operation.kind
        if index >= self.entries or (kind == SET_ENTRY and operation.message >= self.messages):
            return None if status == INVALID_PARAMETER else f"bad arguments were answered {status}"
        if status != OK:
            refusable = not self.started and status in (INVALID_PARAMETER, INVALID_STATE)
            return None if refusable else f"status {status}"
        entry = self._at(index)
        if kind == SET_ENTRY:
            entry.assign(operation.message)
            if entry.masked:  # whether it stays masked is open (ROUTE-SET-MASK-STATE)
                entry.masked = None
        else:
            entry.masked = kind == MASK
        self._release()
        return None

    def _start(self) -> None:
        self._enable(False)
        self.function_mask = False
        for index in range(self.entries):
            entry = self._at(index)
            entry.assign(index if index < self.messages else 0)
            entry.masked = False
        self.started = True
        self._enable(True)

    # --- the register view -----------------------------------------------------------------------

    def _write(self, operation: Operation) -> None:
        entry = self._at(operation.address // 16)
        for part in range(operation.width // 4):
            number = operation.address % 16 // 4 + part
            word = operation.value >> 32 * part & 0xFFFFFFFF
            if number == CONTROL:
                entry.masked = bool((operation.control if operation.from_message else word) & 1)
                entry.fresh = 0
                continue
            entry.words[number] = (operation.message, number) if operation.from_message else word
            if entry.masked is not True:
                entry.stale, entry.fresh = True, 0
            elif entry.stale:
                entry.fresh |= 1 << number
                entry.stale = entry.fresh != 7
        self._release()

    def _read(self, operation: Operation, value: int) -> str | None:
        entry = self._at(operation.address // 16)
        for part in range(operation.width // 4):
            number, seen = operation.address % 16 // 4 + part, value >> 32 * part & 0xFFFFFFFF
            if number == CONTROL:
                if entry.masked is None:
                    entry.masked = bool(seen & 1)
                    self._release()
                elif entry.masked != bool(seen & 1):
                    return f"Mask reads {seen & 1}"
                continue
            word = entry.words[number]
            if word is None:  # after a reset: open, and kept from now on
                entry.words[number] = seen
                continue
            wanted = self.words.setdefault(word, seen) if isinstance(word, tuple) else word
            if (seen ^ wanted) & (0xFFFFFFFC if number == 0 else 0xFFFFFFFF):
                return f"{seen:#x} is read where {wanted:#x} was written"
        return None

    def _read_pending(self, operation: Operation, value: int) -> str | None:
        first = operation.address * 8
        for index in range(first, min(first + 8 * operation.width, self.entries)):
            seen = bool(value >> index - first & 1)
            entry = self.table.get(index)
            known = False if entry is None else entry.pending
            if known is None:
                assert entry is not None
                entry.pending = seen
                if not seen:
                    self.waiting.discard(index)
            elif known != seen:
                return f"pending bit {index} reads {int(seen)}"
        return None
