# SPDX-License-Identifier: Apache-2.0
"""A backend in this process, operation by operation, through the bindings."""

from __future__ import annotations

import ctypes
from typing import Any, Iterable

from .. import _abi
from ..library import LibraryError, check, library
from ..mutation.inprocess import InProcess, load
from ..program import Program
from .model import CONFIGURE, FROM_MESSAGE, Function, Operation, POLL

_EXECUTE = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.POINTER(_abi.irqcts_operation), ctypes.c_uint32,
                            ctypes.POINTER(_abi.irqcts_result), ctypes.POINTER(_abi.irqcts_delivery_buffer),
                            ctypes.c_char_p, ctypes.c_size_t)
_MESSAGES = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_uint32, ctypes.c_uint32, ctypes.c_uint32,
                             ctypes.POINTER(_abi.irqcts_message), ctypes.c_char_p, ctypes.c_size_t)
RECORDS = 4096


def fill(record: Any, operation: Operation) -> None:
    """Makes the library's record of an operation."""
    ctypes.memset(ctypes.byref(record), 0, ctypes.sizeof(record))
    record.kind, record.width, record.entry = operation.kind, operation.width, operation.entry
    record.message, record.value, record.address = operation.message, operation.value, operation.address
    if operation.from_message:
        record.flags, record.control = FROM_MESSAGE, operation.control


def program_of(entries: int, messages: int, operations: Iterable[Operation]) -> Program:
    """The same as a program, which the oracle judges."""
    program, record = Program().configure(entries, messages), _abi.irqcts_operation()
    for operation in operations:
        fill(record, operation)
        check(library().irqcts_program_append(program.handle, ctypes.byref(record), None, None))
    return program


class Stepper:
    """An open backend and the reference model that follows it."""

    def __init__(self, backend: str, options: str = "") -> None:
        self._device = InProcess(load(backend), options)
        interface = self._device.interface.contents
        self._execute, self._ask_messages = _EXECUTE(interface.execute), _MESSAGES(interface.messages)
        self._operation, self._result = _abi.irqcts_operation(), _abi.irqcts_result()
        self._records = (_abi.irqcts_delivery * RECORDS)()
        self._buffer = _abi.irqcts_delivery_buffer(records=self._records, capacity=RECORDS)
        self._said = ctypes.create_string_buffer(256)
        self._messages: ctypes.Array[_abi.irqcts_message] = (_abi.irqcts_message * 0)()
        self.model = Function(1, 1)

    def close(self) -> None:
        self._device.close()

    def configure(self, entries: int, messages: int) -> None:
        status, _, _ = self.execute(Operation(CONFIGURE, entry=entries, message=messages))
        if status != 0:
            raise LibraryError(f"the backend refuses {entries} entries, {messages} messages with status {status}", -1)
        self._messages = (_abi.irqcts_message * messages)()
        self._broke(self._ask_messages(self._device.context, 0, 0, messages, self._messages, self._said,
                                       len(self._said)))
        self.model = Function(entries, messages)

    def _broke(self, code: int) -> None:
        if code < 0:
            raise LibraryError(f"the backend broke: {self._said.value.decode('utf-8', 'replace')}", code)

    def execute(self, operation: Operation) -> tuple[int, int, dict[int, int]]:
        """Status, value and deliveries of one operation."""
        record, result = self._operation, self._result
        fill(record, operation)
        if operation.from_message:
            library().irqcts_operation_resolve(ctypes.byref(record), ctypes.byref(self._messages[operation.message]))
        self._buffer.count = 0
        self._broke(self._execute(self._device.context, ctypes.byref(record), 1, ctypes.byref(result),
                                  ctypes.byref(self._buffer), self._said, len(self._said)))
        if operation.kind != POLL:
            return result.status, result.value, {}
        deliveries: dict[int, int] = {}
        for number in range(result.delivery_first, result.delivery_first + result.delivery_count):
            delivery = self._records[number]
            deliveries[delivery.message] = deliveries.get(delivery.message, 0) + delivery.count
        return result.status, result.value, deliveries

    def step(self, operation: Operation) -> str | None:
        """Executes and judges by the reference model: why the outcome is not permitted."""
        return self.model.judge(operation, *self.execute(operation))
