# SPDX-License-Identifier: Apache-2.0
"""A program's standard input and output, with deadlines.

What is sent may be longer than any pipe holds, and a program that hangs reads none of it, so sending never
waits: it goes on while the answer is awaited.
"""

from __future__ import annotations

import os
import queue
import subprocess
import threading
import time
from typing import IO, Protocol

CHUNK = 1 << 20


class Late(Exception):
    """The deadline passed."""


class Pipes(Protocol):
    """Both directions; `deadline` is of time.monotonic()."""

    def send(self, data: bytes) -> None:
        """Sends whole, at the latest while `receive` waits; that the reader is gone shows there."""

    def receive(self, most: int, deadline: float) -> bytes:
        """At least one byte and at most `most`; b"" at the end of the output; Late after the deadline."""

    def close(self) -> None:
        """Both ends, as soon as nobody is in them."""


class ThreadedPipes:
    """By a thread for each direction, where select knows sockets only (Windows).

    A thread that waits in a pipe would keep another from closing it, so each closes its own when it ends: the
    writing one after `close`, the reading one with the program's output.
    """

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None and process.stdout is not None
        self._unsent: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._received: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._rest = b""
        threading.Thread(target=self._write, args=(process.stdin,), daemon=True).start()
        threading.Thread(target=self._read, args=(process.stdout,), daemon=True).start()

    def send(self, data: bytes) -> None:
        self._unsent.put(data)

    def receive(self, most: int, deadline: float) -> bytes:
        if not self._rest:
            try:
                self._rest = self._received.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise Late from None
        if not self._rest:
            self._received.put(b"")  # the end stays the end
        data, self._rest = self._rest[:most], self._rest[most:]
        return data

    def close(self) -> None:
        """What was sent before still goes out."""
        self._unsent.put(b"")

    def _write(self, pipe: IO[bytes]) -> None:
        try:
            while data := self._unsent.get():
                unsent = memoryview(data)
                while unsent:
                    unsent = unsent[os.write(pipe.fileno(), unsent[:1 << 16]):]
            pipe.close()
        except OSError:
            pass  # it is gone; reading says so

    def _read(self, pipe: IO[bytes]) -> None:
        data = b"?"
        while data:
            try:
                data = os.read(pipe.fileno(), CHUNK)
            except OSError:
                data = b""
            self._received.put(data)
        pipe.close()
