# SPDX-License-Identifier: Apache-2.0
"""The library's shrinker with a trial in Python."""

from __future__ import annotations

import ctypes
from typing import Any, Callable

from . import _abi
from .library import LibraryError, check, library
from .program import Program


def minimal(program: Program, fails: Callable[[Program], bool], runs: int, repeats: int = 0,
            report: Any = None) -> Program:
    """A locally minimal program that still fails.

    `runs`: at most so many trials, 0 for no limit.  `report`: an irqcts_shrink_report, filled also when this raises.
    What `fails` raises ends it and is raised here, Ctrl-C too: nothing passes through the library by itself.
    LibraryError with IRQCTS_ERROR_ARGUMENT: the whole program did not fail.
    """
    raised: list[BaseException] = []

    def trial(_context: Any, borrowed: int) -> int:
        try:
            return int(fails(Program.borrowed(borrowed)))
        except BaseException as ending:
            raised.append(ending)
            return int(_abi.irqcts_error.IRQCTS_ERROR_BACKEND)

    options = _abi.irqcts_shrink_options(runs_max=runs, repeats=repeats)
    report = report if report is not None else _abi.irqcts_shrink_report()
    out = ctypes.c_void_p()
    try:
        check(library().irqcts_shrink(ctypes.byref(out), ctypes.byref(report), program.handle,
                                      _abi.irqcts_shrink_trial(trial), None, ctypes.byref(options)))
    except LibraryError:
        if raised:
            raise raised[0] from None
        raise
    return Program.owned(out)
