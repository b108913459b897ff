# SPDX-License-Identifier: Apache-2.0
"""The server that an ivshmem-doorbell device connects to: one peer, which rings its own doorbell.

The protocol is in QEMU's docs/specs/ivshmem-spec: on connecting, a peer is sent eight-byte integers,
some with a file descriptor: protocol version 0, the peer's number, -1 with the shared memory, and then
for every peer, itself included, its number once a vector with the eventfd of that vector.
"""

from __future__ import annotations

import os
import socket
import struct
import threading
from pathlib import Path

SHARED_MEMORY_BYTES = 4096 * 256
PEER = 0


def _eventfd() -> int:
    flags = os.EFD_NONBLOCK | os.EFD_CLOEXEC  # type: ignore[attr-defined]  # Python 3.10; mypy's list is older
    number: int = os.eventfd(0, flags)  # type: ignore[attr-defined]
    return number


class DoorbellServer:
    """Serves on a Unix socket until closed."""

    def __init__(self, path: Path, vectors: int) -> None:
        self.path = path
        self.vectors = vectors
        self._memory = os.memfd_create("irqcts-ivshmem")
        os.ftruncate(self._memory, SHARED_MEMORY_BYTES)
        self._eventfds = [_eventfd() for _ in range(vectors)]
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        self._listener.listen(1)
        self._connection: socket.socket | None = None
        self._thread = threading.Thread(target=self._serve, name="ivshmem server", daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        try:
            self._connection, _ = self._listener.accept()
            self._send(0)
            self._send(PEER)
            self._send(-1, self._memory)
            for eventfd in self._eventfds:
                self._send(PEER, eventfd)
        except OSError:
            return  # closed, or QEMU is gone; the guest reports that itself

    def _send(self, value: int, file: int | None = None) -> None:
        assert self._connection is not None
        socket.send_fds(self._connection, [struct.pack("<q", value)], [] if file is None else [file])

    def close(self) -> None:
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # nobody was connected
        self._listener.close()
        self._thread.join(timeout=5)
        if self._connection is not None:
            self._connection.close()
        for file in (self._memory, *self._eventfds):
            os.close(file)
        self.path.unlink(missing_ok=True)
