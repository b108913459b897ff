# SPDX-License-Identifier: Apache-2.0
"""The harness on Linux and its like (see host.py)."""

from __future__ import annotations

import os
import platform
import selectors
import shlex
import signal
import subprocess
import time
from pathlib import Path
from typing import Any, Sequence

from .pipes import CHUNK, Late, Pipes

#: A checkout has the script; an installation is on PATH.
COMMAND = "./irqcts" if (Path(__file__).resolve().parents[2] / "irqcts").is_file() else "irqcts"
LIBRARY = "libirqcts.so"
AGENT = "irqcts-agent"


def backend_name(path: Path) -> str | None:
    name = path.name
    return name[len("irqcts-backend-"):-3] if name.startswith("irqcts-backend-") and name.endswith(".so") else None


def quoted(*words: str) -> str:
    return shlex.join(words)


def cache_base() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache"))


def system() -> tuple[str, str]:
    try:
        name = platform.freedesktop_os_release().get("PRETTY_NAME", platform.system())
    except OSError:
        name = platform.system()
    return name, platform.release()


def ended(status: int) -> str:
    return f"ended with status {status}" if status >= 0 else f"was ended by {signal.Signals(-status).name}"


class SelectedPipes:
    """By select, where that works on pipes."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None and process.stdout is not None
        self._input, self._output = process.stdin, process.stdout
        os.set_blocking(self._input.fileno(), False)
        os.set_blocking(self._output.fileno(), False)
        self._unsent = memoryview(b"")
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._output, selectors.EVENT_READ)

    def send(self, data: bytes) -> None:
        waiting = bool(self._unsent)
        self._unsent = memoryview(bytes(self._unsent) + data)
        self._send_some()
        if self._unsent and not waiting:
            self._selector.register(self._input, selectors.EVENT_WRITE)

    def receive(self, most: int, deadline: float) -> bytes:
        while True:
            events = self._selector.select(max(0.0, deadline - time.monotonic()))
            if not events:
                raise Late
            for key, _ in events:
                if key.fileobj is self._input:
                    self._send_some()
                    if not self._unsent:
                        self._selector.unregister(self._input)
                    continue
                try:
                    return os.read(self._output.fileno(), min(CHUNK, most))
                except BlockingIOError:
                    continue

    def close(self) -> None:
        self._selector.close()
        for pipe in (self._input, self._output):
            try:
                pipe.close()
            except OSError:
                pass

    def _send_some(self) -> None:
        try:
            self._unsent = self._unsent[os.write(self._input.fileno(), self._unsent[:1 << 16]):]
        except BlockingIOError:
            pass
        except OSError:
            self._unsent = memoryview(b"")  # it is gone; reading says so


class Process(subprocess.Popen[bytes]):
    """Leads a process group of its own, so that what it starts (a QEMU, say) goes with it."""

    def __init__(self, command: Sequence[str], **more: Any) -> None:
        self._pipes: Pipes | None = None
        super().__init__(command, start_new_session=True, **more)

    @property
    def pipes(self) -> Pipes:
        if self._pipes is None:
            self._pipes = SelectedPipes(self)
        return self._pipes

    def end(self, patience: float, last: float) -> None:
        """The whole group: asked, which lets a backend close its device, then forced."""
        for number, seconds in ((signal.SIGTERM, patience), (signal.SIGKILL, last)):
            try:
                os.killpg(self.pid, number)
            except (ProcessLookupError, PermissionError):
                pass
            try:
                self.wait(seconds)
            except subprocess.TimeoutExpired:
                continue
        if self._pipes is not None:
            self._pipes.close()

    def force(self) -> None:
        """The whole group, at once."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
