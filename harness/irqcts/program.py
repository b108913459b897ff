# SPDX-License-Identifier: Apache-2.0
"""Programs: lists of operations and the outcome that their author states for each.

The builder appends to the library's own program, so that what Python builds, what the text form says
and what agents run is one thing.  A mistake is refused where it is made, with the library's sentence.

Methods are named as the text form's operations, with underscores.  Common keywords:
  vf       virtual function k (a number or irqcts.vf(k)); without it the physical function
  expect   the stated outcome: a status word ("ok", "invalid-parameter", "refused", …) or, of a read,
           the value
  mask     the bits of that value that count
  clause   the clause that the stated outcome follows from
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any, Iterator, Mapping, Sequence

from . import _abi
from .library import LibraryError, check, library, text_of

STRAY = "stray"
_KIND = _abi.irqcts_operation_kind
_FLAG = _abi.irqcts_expectation_flag
_ALL_BITS = (1 << 64) - 1

#: Named parts of a table entry: offset and width in bytes (ENTRY-LAYOUT).
FIELDS: dict[str, tuple[int, int]] = {
    "address-low": (0, 4), "address-high": (4, 4), "data": (8, 4), "vector-control": (12, 4),
    "address": (0, 8), "data-control": (8, 8),
}
RESETS = {"conventional": 0, "function-level": 1}
CORRUPTIONS = {None: 0, "size": 1, "duplicate": 2, "index": 3}
STATUSES: dict[str, int] = {
    name.removeprefix("IRQCTS_STATUS_").lower().replace("_", "-"): int(value)
    for name, value in _abi.irqcts_status.__members__.items()
    if name not in ("IRQCTS_STATUS_COUNT", "IRQCTS_STATUS_NOT_EXECUTED")
}


class ProgramError(ValueError):
    """A program that cannot be built or read; the text says where and why."""


@dataclass(frozen=True)
class Message:
    """Message `number` of a function: a key of expected deliveries, or what an entry is set to."""

    function: int
    number: int


@dataclass(frozen=True)
class Function:
    """The physical function (0) or virtual function k (1 + k)."""

    number: int

    def message(self, number: int) -> Message:
        return Message(self.number, number)


pf = Function(0)


def vf(index: int) -> Function:
    """Virtual function `index`."""
    return Function(1 + index)


Deliveries = Mapping[Any, Any]
VirtualFunction = int | Function | None


def _function(which: VirtualFunction) -> int:
    if which is None:
        return 0
    return which.number if isinstance(which, Function) else 1 + which


class Program:
    """A list of operations with stated outcomes; see the module's text for the keywords."""

    _borrowed = False

    def __init__(self) -> None:
        self._handle = ctypes.c_void_p()
        check(library().irqcts_program_create(ctypes.byref(self._handle)))

    def __del__(self) -> None:
        handle, self._handle = getattr(self, "_handle", None), ctypes.c_void_p()
        if handle and not self._borrowed:
            library().irqcts_program_free(handle)

    @classmethod
    def from_text(cls, text: str) -> Program:
        """Reads program text (docs/program-text.md); errors begin "line L, column C: "."""
        program = cls()
        data = text.encode()
        handle = ctypes.c_void_p()
        try:
            check(library().irqcts_program_parse(ctypes.byref(handle), data, len(data)))
        except LibraryError as error:
            raise ProgramError(str(error)) from None
        library().irqcts_program_free(program._handle)
        program._handle = handle
        return program

    @classmethod
    def owned(cls, handle: ctypes.c_void_p) -> Program:
        """Takes over a program that the library made."""
        program = cls.__new__(cls)
        program._handle = handle
        return program

    @classmethod
    def borrowed(cls, handle: int) -> Program:
        """A view of a program that somebody else frees, for as long as that lasts."""
        program = cls.owned(ctypes.c_void_p(handle))
        program._borrowed = True
        return program

    def without_statements(self) -> Program:
        """The same operations with nothing stated of their outcomes."""
        bare = type(self)()
        for index in range(len(self)):
            check(library().irqcts_program_append(bare.handle, ctypes.byref(self.operation(index)), None, None))
        return bare

    # --- looking into it -------------------------------------------------------------------------

    @property
    def handle(self) -> ctypes.c_void_p:
        return self._handle

    def __len__(self) -> int:
        return int(library().irqcts_program_count(self._handle))

    def operation(self, index: int) -> Any:
        """The library's record of operation `index` (irqcts_operation); borrowed."""
        if not 0 <= index < len(self):
            raise IndexError(index)
        return library().irqcts_program_operation(self._handle, index).contents

    def expectation(self, index: int) -> Any:
        if not 0 <= index < len(self):
            raise IndexError(index)
        return library().irqcts_program_expectation(self._handle, index).contents

    def steps(self) -> Iterator[tuple[Any, Any]]:
        """(operation, expectation) records in order."""
        for index in range(len(self)):
            yield self.operation(index), self.expectation(index)

    def operations(self) -> Iterator[Any]:
        """The library's records of the operations (irqcts_operation); borrowed."""
        for index in range(len(self)):
            yield self.operation(index)

    def stated_deliveries(self, expectation: Any) -> list[tuple[int, int, int, int]]:
        """(function, message, minimum, maximum) of a poll's expectation."""
        records = library().irqcts_program_expected_deliveries(self._handle)
        first = expectation.delivery_first
        return [(r.function, r.message, r.minimum, r.maximum)
                for r in (records[first + i] for i in range(expectation.delivery_count))]

    def text(self) -> str:
        """The canonical text."""
        return text_of(library().irqcts_program_print, self._handle)

    def step_text(self, index: int, with_expectation: bool = False) -> str:
        return text_of(library().irqcts_program_print_step, self._handle, index, int(with_expectation))

    # --- appending -------------------------------------------------------------------------------

    def _append(self, kind: int, *, vf: VirtualFunction = None, expect: Any = None, mask: int | None = None,
                clause: str | None = None, deliveries: Sequence[tuple[int, int, int, int]] | None = None,
                **fields: int) -> Program:
        operation = _abi.irqcts_operation(kind=kind, function=_function(vf))
        for name, value in fields.items():
            width = 8 * ctypes.sizeof(dict(_abi.irqcts_operation._fields_)[name])
            if not 0 <= value < 1 << width:
                raise ProgramError(f"{_name(kind)}: {name} {value:#x} does not fit into {width} bits")
            setattr(operation, name, value)
        expectation = _expectation(kind, expect, mask, clause)
        records: Any = None
        if deliveries is not None:
            expectation.flags |= _FLAG.IRQCTS_EXPECTS_DELIVERIES
            expectation.delivery_count = len(deliveries)
            records = (_abi.irqcts_expected_delivery * max(1, len(deliveries)))(  # type: ignore[misc]
                *deliveries)
        try:
            check(library().irqcts_program_append(self._handle, ctypes.byref(operation), ctypes.byref(expectation),
                                                  records))
        except LibraryError as error:
            raise ProgramError(f"operation {len(self)}: {error}") from None
        return self

    def configure(self, entries: int, messages: int, vfs: int = 0, vf_entries: int = 0, vf_messages: int = 0,
                  expect: str | None = None) -> Program:
        return self._append(_KIND.IRQCTS_OPERATION_CONFIGURE, entry=entries, message=messages, value=vfs,
                            data=vf_entries, control=vf_messages, expect=expect)

    # Routing view.

    def start(self, **stated: Any) -> Program:
        return self._append(_KIND.IRQCTS_OPERATION_START, **stated)

    def set_entry(self, entry: int, message: int, **stated: Any) -> Program:
        return self._append(_KIND.IRQCTS_OPERATION_SET_ENTRY, entry=entry, message=message, **stated)

    def mask(self, entry: int, **stated: Any) -> Program:
        return self._append(_KIND.IRQCTS_OPERATION_MASK, entry=entry, **stated)

    def unmask(self, entry: int, **stated: Any) -> Program:
        return self._append(_KIND.IRQCTS_OPERATION_UNMASK, entry=entry, **stated)

    def get_entry(self, entry: int, expect: Any = None, **stated: Any) -> Program:
        """expect: the value (message | masked << 32), a pair (message, masked), or a status word."""
        if isinstance(expect, tuple):
            expect = expect[0] | int(bool(expect[1])) << 32
        return self._append(_KIND.IRQCTS_OPERATION_GET_ENTRY, entry=entry, expect=expect, **stated)

    def get_size(self, **stated: Any) -> Program:
        return self._append(_KIND.IRQCTS_OPERATION_GET_SIZE, **stated)

    # Register view.

    def table_read(self, entry: int, field: str, **stated: Any) -> Program:
        offset, width = _field(field)
        return self.table_read_at(16 * entry + offset, width, **stated)

    def table_read_at(self, offset: int, width: int, **stated: Any) -> Program:
        return self._append(_KIND.IRQCTS_OPERATION_TABLE_READ, address=offset, width=width, **stated)

    def table_write(self, entry: int, field: str, value: int | None = None, *, message: int | Message | None = None,
                    control: int = 0, **stated: Any) -> Program:
        """Writes `value`, or the bytes of `message` (with Vector Control `control`) that the field covers."""
        offset, width = _field(field)
        if (value is None) == (message is None):
            raise ProgramError("table-write: give either a value or message=")
        if value is not None:
            return self.table_write_at(16 * entry + offset, width, value, **stated)
        return self._append(_KIND.IRQCTS_OPERATION_TABLE_WRITE, address=16 * entry + offset, width=width,
                            **_from_message(message, control, stated), **stated)

    def table_write_at(self, offset: int, width: int, value: int, **stated: Any) -> Program:
        return self._append(_KIND.IRQCTS_OPERATION_TABLE_WRITE, address=offset, width=width, value=value, **stated)

    def pba_read(self, expect: Mapping[int, int | bool] | None = None, *, qword: int | None = None,
                 **stated: Any) -> Program:
        """Reads the pending bits of the entries that `expect` names ({entry: bit}), 64 at a time.

        qword: reads that one (the first one when neither is given), and no other.
        """
        words: dict[int, tuple[int, int]] = {}
        if qword is not None and any(entry // 64 != qword for entry in expect or {}):
            raise ProgramError(f"pba-read: QWORD {qword} holds entries {64 * qword} to {64 * qword + 63}, and bits of "
                               "others are expected")
        for entry, bit in (expect or {}).items():
            value, mask = words.get(entry // 64, (0, 0))
            words[entry // 64] = value | int(bool(bit)) << entry % 64, mask | 1 << entry % 64
        if not words:
            return self.pba_read_at(8 * (qword or 0), 8, **stated)
        for word, (value, mask) in sorted(words.items()):
            self.pba_read_at(8 * word, 8, expect=value, mask=mask, **stated)
        return self

    def pba_read_at(self, offset: int, width: int, **stated: Any) -> Program:
        return self._append(_KIND.IRQCTS_OPERATION_PBA_READ, address=offset, width=width, **stated)

    def pba_write_at(self, offset: int, width: int, value: int, **stated: Any) -> Program:
        return self._append(_KIND.IRQCTS_OPERATION_PBA_WRITE, address=offset, width=width, value=value, **stated)

    def capability_read(self, offset: int, width: int, **stated: Any) -> Program:
        return self._append(_KIND.IRQCTS_OPERATION_CAPABILITY_READ, address=offset, width=width, **stated)

    def capability_write(self, offset: int, width: int, value: int, **stated: Any) -> Program:
        return self._append(_KIND.IRQCTS_OPERATION_CAPABILITY_WRITE, address=offset, width=width, value=value,
                            **stated)

    def config_read(self, offset: int, width: int, **stated: Any) -> Program:
        return self._append(_KIND.IRQCTS_OPERATION_CONFIG_READ, address=offset, width=width, **stated)

    def config_write(self, offset: int, width: int, value: int, **stated: Any) -> Program:
        return self._append(_KIND.IRQCTS_OPERATION_CONFIG_WRITE, address=offset, width=width, value=value, **stated)

    def enable(self, on: bool = True, **stated: Any) -> Program:
        return self._append(_KIND.IRQCTS_OPERATION_ENABLE, value=int(on), **stated)

    def function_mask(self, on: bool = True, **stated: Any) -> Program:
        return self._append(_KIND.IRQCTS_OPERATION_FUNCTION_MASK, value=int(on), **stated)

    def bus_master(self, on: bool = True, **stated: Any) -> Program:
        return self._append(_KIND.IRQCTS_OPERATION_BUS_MASTER, value=int(on), **stated)

    # The device.

    def raise_event(self, entry: int, **stated: Any) -> Program:
        return self._append(_KIND.IRQCTS_OPERATION_RAISE, entry=entry, **stated)

    def withdraw(self, entry: int, **stated: Any) -> Program:
        return self._append(_KIND.IRQCTS_OPERATION_WITHDRAW, entry=entry, **stated)

    def poll(self, expected: Deliveries | None = None, **stated: Any) -> Program:
        """expected: {message: count or (minimum, maximum)}, exactly these and nothing else; {}: nothing.

        Keys: the number of a physical function's message, irqcts.vf(k).message(n), or "stray".
        """
        deliveries = None
        if expected is not None:
            deliveries = []
            for key, count in expected.items():
                function, message = _delivery_key(key)
                minimum, maximum = count if isinstance(count, tuple) else (count, count)
                if maximum == 0:
                    raise ProgramError("poll: leave out a message that must not arrive; only what is listed may")
                deliveries.append((function, message, minimum, maximum))
        return self._append(_KIND.IRQCTS_OPERATION_POLL, deliveries=deliveries, **stated)

    # Virtual-function view.

    def write_virtualized(self, index: int, *, vf: VirtualFunction, message: int | Message | None = None,
                          address: int | None = None, data: int = 0, control: int = 0, **stated: Any) -> Program:
        """Entry {address, data, control}, or that of `message` of the same function (or another's)."""
        if (address is None) == (message is None):
            raise ProgramError("write-virtualized: give either message= or address= and data=")
        stated["vf"] = vf
        entry = index & 0xFFFFFFFF
        if message is not None:
            return self._append(_KIND.IRQCTS_OPERATION_WRITE_VIRTUALIZED, entry=entry,
                                **_from_message(message, control, stated), **stated)
        return self._append(_KIND.IRQCTS_OPERATION_WRITE_VIRTUALIZED, entry=entry, address=address or 0, data=data,
                            control=control, **stated)

    def pause(self, **stated: Any) -> Program:
        return self._append(_KIND.IRQCTS_OPERATION_PAUSE, **stated)

    def resume(self, **stated: Any) -> Program:
        return self._append(_KIND.IRQCTS_OPERATION_RESUME, **stated)

    def save(self, slot: int = 0, **stated: Any) -> Program:
        return self._append(_KIND.IRQCTS_OPERATION_SAVE, value=slot, **stated)

    def restore(self, slot: int = 0, corrupt: str | None = None, **stated: Any) -> Program:
        if corrupt not in CORRUPTIONS:
            raise ProgramError(f"restore: corrupt={corrupt!r} is not size, duplicate or index")
        return self._append(_KIND.IRQCTS_OPERATION_RESTORE, value=slot, data=CORRUPTIONS[corrupt], **stated)

    def reset(self, kind: str = "function-level", **stated: Any) -> Program:
        if kind not in RESETS:
            raise ProgramError(f"reset: {kind!r} is not conventional or function-level")
        return self._append(_KIND.IRQCTS_OPERATION_RESET, value=RESETS[kind], **stated)

    # Raw VFIO calls (docs/program-text.md); fields are those of irqcts_operation.

    def vfio(self, call: str, *, expect: Any = None, mask: int | None = None, clause: str | None = None,
             **fields: Any) -> Program:
        """`call` is a text form's word without "vfio-": "set-irqs", "region-read", …"""
        name = "IRQCTS_OPERATION_VFIO_" + call.upper().replace("-", "_")
        if name not in _KIND.__members__:
            raise ProgramError(f"there is no VFIO call {call!r}")
        return self._append(getattr(_KIND, name), expect=expect, mask=mask, clause=clause, **fields)

    def windows(self, call: str, *, expect: Any = None, mask: int | None = None, clause: str | None = None,
                **fields: Any) -> Program:
        """`call` is a text form's word without "windows-": "query", "messages", "level", "called" or "power"."""
        name = "IRQCTS_OPERATION_WINDOWS_" + call.upper()
        if name not in _KIND.__members__:
            raise ProgramError(f"there is no Windows call {call!r}")
        return self._append(getattr(_KIND, name), expect=expect, mask=mask, clause=clause, **fields)

    # Convenience in the register view.

    def write_entry(self, entry: int, message: int | Message, *, masked: bool = True,
                    vf: VirtualFunction = None) -> Program:
        """Masks the entry, writes address and data of `message`; masked=False unmasks it last."""
        self.table_write(entry, "vector-control", 1, vf=vf)
        for field in ("address-low", "address-high", "data"):
            self.table_write(entry, field, message=message, vf=vf)
        if not masked:
            self.unmask_entry(entry, vf=vf)
        return self

    def mask_entry(self, entry: int, **stated: Any) -> Program:
        return self.table_write(entry, "vector-control", 1, **stated)

    def unmask_entry(self, entry: int, **stated: Any) -> Program:
        return self.table_write(entry, "vector-control", 0, **stated)


def _name(kind: int) -> str:
    name: bytes | None = library().irqcts_operation_name(kind)
    return name.decode() if name else f"operation {kind}"


def _field(name: str) -> tuple[int, int]:
    if name not in FIELDS:
        raise ProgramError(f"a table entry has no field {name!r}; it has {', '.join(FIELDS)}")
    return FIELDS[name]


def _from_message(message: int | Message | None, control: int, stated: Mapping[str, Any]) -> dict[str, Any]:
    function = message.function if isinstance(message, Message) else _function(stated.get("vf"))
    number = message.number if isinstance(message, Message) else int(message or 0)
    return {"flags": _abi.IRQCTS_OPERATION_FROM_MESSAGE, "message": number, "message_function": function,
            "control": control}


def _delivery_key(key: Any) -> tuple[int, int]:
    if key == STRAY:
        return 0, _abi.IRQCTS_MESSAGE_STRAY
    if isinstance(key, Message):
        return key.function, key.number
    if isinstance(key, int):
        return 0, key
    raise ProgramError(f"poll: {key!r} names no message; use a number, vf(k).message(n) or \"stray\"")


def _expectation(kind: int, expect: Any, mask: int | None, clause: str | None) -> Any:
    record = _abi.irqcts_expectation()
    if clause is not None:
        record.clause = library().irqcts_clause_find(clause.encode(), len(clause.encode()))
        if record.clause == 0:
            raise ProgramError(f"{_name(kind)}: there is no clause {clause!r}")
    if isinstance(expect, str):
        if expect == "refused":
            record.flags = _FLAG.IRQCTS_EXPECTS_REFUSAL
        elif expect in STATUSES:
            record.flags = _FLAG.IRQCTS_EXPECTS_STATUS
            record.status = STATUSES[expect]
        else:
            raise ProgramError(f"{_name(kind)}: {expect!r} is no status; use {', '.join(STATUSES)} or refused")
    elif expect is not None:
        record.flags = _FLAG.IRQCTS_EXPECTS_VALUE
        record.value_mask = _ALL_BITS if mask is None else mask
        if not 0 <= expect <= _ALL_BITS:
            raise ProgramError(f"{_name(kind)}: expected value {expect} does not fit into 64 bits")
        record.value = expect
    elif mask is not None:
        raise ProgramError(f"{_name(kind)}: mask= without an expected value")
    return record
