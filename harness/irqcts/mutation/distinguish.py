# SPDX-License-Identifier: Apache-2.0
"""The shortest program whose outcome differs between two implementations, where one is known at all."""

from __future__ import annotations

import ctypes
from typing import Callable, Iterable

from .. import _abi
from ..library import LibraryError, check, library
from ..minimal import minimal
from ..program import Program

#: Trials of the shrinker: enough for any program here, and an end for one that shrinks without end.
RUNS_MAX = 20_000


def observed(execute: Callable[[Program], ctypes.c_void_p], program: Program) -> bytes:
    """Everything that a run shows, in the form in which agents send it; or that the backend broke."""
    try:
        trace = execute(program)
    except LibraryError as error:
        return f"broken: {error.code}".encode()
    frame = _abi.irqcts_bytes()
    try:
        check(library().irqcts_wire_encode_trace(ctypes.byref(frame), 0, trace))
        return ctypes.string_at(frame.data, frame.length)
    finally:
        library().irqcts_bytes_free(ctypes.byref(frame))
        library().irqcts_trace_free(trace)


def shortest(right: Callable[[Program], ctypes.c_void_p], wrong: Callable[[Program], ctypes.c_void_p],
             candidates: Iterable[Program]) -> str | None:
    """Text of a locally minimal program that the two answer differently; None when no candidate differs."""

    def differs(program: Program) -> bool:
        return observed(right, program) != observed(wrong, program)

    for candidate in candidates:
        if differs(candidate):
            return minimal(candidate, differs, RUNS_MAX).text()
    return None
