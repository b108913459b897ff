# SPDX-License-Identifier: Apache-2.0
"""A backend in this process: what an agent does, without the pipe.

Only for backends that may take this process down with them: mutants run in forked children (jobs.py).
It has the two methods of AgentProcess that `Machine` uses, so that a test can be called on it as it is.
"""

from __future__ import annotations

import ctypes
from typing import Any

from .. import _abi
from ..description import Description
from ..library import LibraryError, check, library
from ..paths import layout
from ..program import Program
from ..trace import Trace

_OPEN = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.POINTER(ctypes.c_void_p), ctypes.c_char_p, ctypes.c_char_p,
                         ctypes.c_size_t)
_DESCRIBE = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p)
_CLOSE = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


def load(name: str) -> Any:
    """The interface of a backend by name; lives as long as the process."""
    interface = ctypes.POINTER(_abi.irqcts_backend_interface)()
    path = layout().backends / f"irqcts-backend-{name}.so"
    check(library().irqcts_backend_load(ctypes.byref(interface), str(path).encode()))
    return interface


class InProcess:
    """An open backend."""

    def __init__(self, interface: Any, options: str = "") -> None:
        self.interface = interface
        self.context = ctypes.c_void_p()
        said = ctypes.create_string_buffer(512)
        code = _OPEN(interface.contents.open)(ctypes.byref(self.context), options.encode(), said, 512)
        if code < 0:
            raise LibraryError(f"the backend cannot be opened with {options!r}: {said.value.decode()}", code)
        self.record = _abi.irqcts_backend_description()
        _DESCRIBE(interface.contents.describe)(self.context, ctypes.byref(self.record))

    def close(self) -> None:
        if self.context:
            _CLOSE(self.interface.contents.close)(self.context)
            self.context = ctypes.c_void_p()

    def __enter__(self) -> InProcess:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def description(self) -> Description:
        return Description.from_record(self.record)

    def run(self, program: Program, timeout: float | None = None) -> Trace:
        """As AgentProcess.run; a hang is the business of whoever started this process."""
        return Trace(self.execute(program), program)

    def execute(self, program: Program) -> ctypes.c_void_p:
        """The library's trace of the whole program, not judged yet; owned by the caller."""
        trace = ctypes.c_void_p()
        check(library().irqcts_session_run(ctypes.byref(trace), self.interface, self.context, program.handle, 0, 0))
        return trace
