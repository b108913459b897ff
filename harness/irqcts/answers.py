# SPDX-License-Identifier: Apache-2.0
"""What a trace says, taken apart, so that other answers can be put to the oracle than a device gave."""

from __future__ import annotations

import ctypes
import struct
from dataclasses import dataclass
from typing import Any

from . import _abi
from .library import LibraryError, check, library
from .program import Program

#: As in wire.h: status, native kind and code, first delivery, their count, latency, value.
_RESULT = struct.Struct("<IIIIIIQ")
#: Function, message, count, data, address.
_DELIVERY = struct.Struct("<IIIIQ")
Result = tuple[int, ...]
Delivery = tuple[int, ...]


@dataclass
class Answers:
    """What a trace says, taken apart so that it can be altered."""

    results: list[Result]
    deliveries: list[list[Delivery]]  # by step
    rest: bytes

    @classmethod
    def of(cls, trace: ctypes.c_void_p) -> Answers:
        frame = _abi.irqcts_bytes()
        check(library().irqcts_wire_encode_trace(ctypes.byref(frame), 0, trace))
        payload = ctypes.string_at(frame.data, frame.length)[_abi.IRQCTS_WIRE_HEADER_BYTES:]
        library().irqcts_bytes_free(ctypes.byref(frame))
        count, records, functions = struct.unpack_from("<III", payload)
        at = 12
        results = [_RESULT.unpack_from(payload, at + i * _RESULT.size) for i in range(count)]
        at += count * _RESULT.size
        every = [_DELIVERY.unpack_from(payload, at + i * _DELIVERY.size) for i in range(records)]
        at += records * _DELIVERY.size
        return cls(results, [every[r[3]:r[3] + r[4]] for r in results], struct.pack("<I", functions) + payload[at:])

    def trace(self, program: Program, description: Any) -> ctypes.c_void_p | None:
        """A trace that says this; None when no backend could have said it."""
        body, records = bytearray(), bytearray()
        count = 0
        for result, found in zip(self.results, self.deliveries):
            body += _RESULT.pack(*result[:3], count if found else 0, len(found), *result[5:])
            for record in found:
                records += _DELIVERY.pack(*record)
            count += len(found)
        payload = struct.pack("<II", len(self.results), count) + self.rest[:4] + body + records + self.rest[4:]
        raw = (ctypes.c_uint8 * len(payload)).from_buffer_copy(payload)
        trace = ctypes.c_void_p()
        try:
            check(library().irqcts_wire_decode_trace(ctypes.byref(trace), program.handle, ctypes.byref(description),
                                                     raw, len(payload)))
        except LibraryError:
            return None
        return trace
