# SPDX-License-Identifier: Apache-2.0
"""What the programs that stand in for an agent elsewhere have in common: frames by their headers."""

from __future__ import annotations

import struct
import sys

HEADER = struct.Struct("<IHHII")  # magic, version, type, sequence, length (core/include/irqcts/wire.h)
TRACE, ERROR, CLOSED = 4, 5, 7
OPEN_ERROR = 7  # IRQCTS_ERROR_OPEN, positive as on the wire
EXIT_UNAVAILABLE = 69  # sysexits: the other side cannot be had, nothing was tested
EXIT_LOST = 70  # it was lost


class Frames:
    """Bytes that arrive in any pieces, taken out in whole frames."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def add(self, data: bytes) -> None:
        self._bytes += data

    def take(self) -> tuple[int, bytes] | None:
        """The next whole frame and its type; None when it is not there yet."""
        if len(self._bytes) < HEADER.size:
            return None
        _, _, kind, _, length = HEADER.unpack_from(self._bytes)
        end = HEADER.size + length
        if len(self._bytes) < end:
            return None
        frame = bytes(self._bytes[:end])
        del self._bytes[:end]
        return kind, frame

    @property
    def begun(self) -> int:
        """Bytes of a frame that is not whole."""
        return len(self._bytes)


def send(frame: bytes) -> None:
    """To the harness."""
    sys.stdout.buffer.write(frame)
    sys.stdout.buffer.flush()


def refuse(sentence: str) -> None:
    """Answers the harness's first frame as an agent does whose backend cannot be opened."""
    print(sentence, file=sys.stderr)
    hello = sys.stdin.buffer.read(HEADER.size)
    if len(hello) == HEADER.size:
        magic, version, _, sequence, _ = HEADER.unpack(hello)
        text = sentence.encode()
        payload = struct.pack("<II", OPEN_ERROR, len(text)) + text
        send(HEADER.pack(magic, version, ERROR, sequence, len(payload)) + payload)
