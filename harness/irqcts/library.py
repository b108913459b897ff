# SPDX-License-Identifier: Apache-2.0
"""libirqcts, found, compared with the bindings field by field, and its errors as exceptions."""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any, Callable

from . import _abi, host
from .paths import layout


class LibraryError(RuntimeError):
    """The library is absent, of another layout, or refused a call; the text is its own sentence."""

    def __init__(self, sentence: str, code: int = 0) -> None:
        super().__init__(sentence)
        self.code = code


@cache
def library() -> Any:
    """The loaded library (IRQCTS_LIBRARY or the build's); its layouts agree with irqcts._abi."""
    path = layout().library
    try:
        loaded = ctypes.CDLL(str(path))
    except OSError as error:
        raise LibraryError(f"cannot load {path}: {error}; build the tree first ({host.COMMAND} run does), "
                           "or set IRQCTS_LIBRARY") from error
    try:
        return _abi.bind(loaded)  # type: ignore[no-untyped-call]
    except AttributeError as error:
        raise LibraryError(f"{path} is no libirqcts of this version: {error}") from error
    except _abi.LayoutError as error:
        raise LibraryError(f"{path}: {error}") from error


def check(code: int) -> None:
    """Turns a negative return into an exception with the library's sentence."""
    if code < 0:
        sentence = library().irqcts_last_error().decode("utf-8", "replace")
        raise LibraryError(sentence or f"libirqcts returned {code} without a sentence", code)


def text_of(function: Callable[..., int], *arguments: Any) -> str:
    """What a function of the form (size_t *out_length, …, char *text, size_t size) writes."""
    size = 512
    while True:
        length = ctypes.c_size_t()
        buffer = ctypes.create_string_buffer(size)
        code = function(ctypes.byref(length), *arguments, buffer, size)
        if code == _abi.irqcts_error.IRQCTS_ERROR_CAPACITY and length.value >= size:
            size = length.value + 1
            continue
        check(code)
        return buffer.raw[:length.value].decode("utf-8", "replace")
