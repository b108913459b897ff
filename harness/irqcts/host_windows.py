# SPDX-License-Identifier: Apache-2.0
"""The harness on Windows (see host.py)."""

from __future__ import annotations

import ctypes
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any, Sequence

from .pipes import Pipes, ThreadedPipes

assert sys.platform == "win32"  # also tells mypy to read on only there

from ctypes import wintypes  # noqa: E402

COMMAND = "irqcts"
LIBRARY = "libirqcts.dll"
AGENT = "irqcts-agent.exe"

#: NTSTATUS of the exceptions by which a program of this kind dies.
EXCEPTIONS = {0xC0000005: "access violation", 0xC00000FD: "stack overflow", 0xC0000094: "division by zero",
              0xC000001D: "illegal instruction", 0xC0000374: "heap corruption", 0xC0000409: "a failed check (fastfail)",
              0xC000013A: "Ctrl-C"}


def backend_name(path: Path) -> str | None:
    """irqcts-backend-NAME.dll; the client of irqcts.sys has the name irqcts_windows.dll."""
    for prefix in ("irqcts-backend-", "irqcts_"):
        if path.name.startswith(prefix) and path.suffix == ".dll":
            return path.stem[len(prefix):]
    return None


def quoted(*words: str) -> str:
    return subprocess.list2cmdline(words)


def cache_base() -> Path:
    return Path(os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local"))


def system() -> tuple[str, str]:
    return f"{platform.system()} {platform.release()}", platform.version()


def ended(status: int) -> str:
    code = status & 0xFFFFFFFF
    if code in EXCEPTIONS:
        return f"was ended by {EXCEPTIONS[code]} ({code:#010x})"
    return f"ended with status {code:#010x}" if code >= 0x80000000 else f"ended with status {code}"


class _BasicLimits(ctypes.Structure):
    """JOBOBJECT_BASIC_LIMIT_INFORMATION."""

    _fields_ = [("PerProcessUserTimeLimit", ctypes.c_int64), ("PerJobUserTimeLimit", ctypes.c_int64),
                ("LimitFlags", wintypes.DWORD), ("MinimumWorkingSetSize", ctypes.c_size_t),
                ("MaximumWorkingSetSize", ctypes.c_size_t), ("ActiveProcessLimit", wintypes.DWORD),
                ("Affinity", ctypes.c_size_t), ("PriorityClass", wintypes.DWORD),
                ("SchedulingClass", wintypes.DWORD)]


class _ExtendedLimits(ctypes.Structure):
    """JOBOBJECT_EXTENDED_LIMIT_INFORMATION."""

    _fields_ = [("BasicLimitInformation", _BasicLimits), ("IoInfo", ctypes.c_uint64 * 6),
                ("ProcessMemoryLimit", ctypes.c_size_t), ("JobMemoryLimit", ctypes.c_size_t),
                ("PeakProcessMemoryUsed", ctypes.c_size_t), ("PeakJobMemoryUsed", ctypes.c_size_t)]


_KILL_ON_JOB_CLOSE = 0x2000
_EXTENDED_LIMIT_INFORMATION = 9
_kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
_kernel32.CreateJobObjectW.restype = wintypes.HANDLE
_kernel32.CreateJobObjectW.argtypes = (wintypes.LPVOID, wintypes.LPCWSTR)
_kernel32.SetInformationJobObject.argtypes = (wintypes.HANDLE, ctypes.c_int, wintypes.LPVOID, wintypes.DWORD)
_kernel32.AssignProcessToJobObject.argtypes = (wintypes.HANDLE, wintypes.HANDLE)
_kernel32.TerminateJobObject.argtypes = (wintypes.HANDLE, wintypes.UINT)
_kernel32.CloseHandle.argtypes = (wintypes.HANDLE,)


def _job() -> int:
    """A job whose processes end with its last handle, so also when the harness is ended."""
    job = _kernel32.CreateJobObjectW(None, None)
    limits = _ExtendedLimits()
    limits.BasicLimitInformation.LimitFlags = _KILL_ON_JOB_CLOSE
    if not job or not _kernel32.SetInformationJobObject(job, _EXTENDED_LIMIT_INFORMATION, ctypes.byref(limits),
                                                        ctypes.sizeof(limits)):
        raise ctypes.WinError(ctypes.get_last_error())
    return int(job)


class Process(subprocess.Popen[bytes]):
    """In a job of its own, so that what it starts goes with it, and out of the reach of the console's Ctrl-C."""

    def __init__(self, command: Sequence[str], **more: Any) -> None:
        self._job: int | None = None
        self._pipes: Pipes | None = None
        super().__init__(command, creationflags=subprocess.CREATE_NEW_PROCESS_GROUP, **more)
        self._job = _job()
        # What it started before this line would be outside; an agent starts nothing until it is spoken to.
        handle = int(self._handle)  # type: ignore[attr-defined]  # Popen's own, not documented
        if not _kernel32.AssignProcessToJobObject(self._job, handle) and self.poll() is None:
            error = ctypes.WinError(ctypes.get_last_error())
            self.kill()
            raise error

    @property
    def pipes(self) -> Pipes:
        if self._pipes is None:
            self._pipes = ThreadedPipes(self)
        return self._pipes

    def end(self, patience: float, last: float) -> None:
        """All of the job: asked by the end of its input, which lets a backend close its device, then forced."""
        if self._pipes is not None:
            self._pipes.close()
        try:
            self.wait(patience)
        except subprocess.TimeoutExpired:
            pass
        self.force()
        try:
            self.wait(last)
        except subprocess.TimeoutExpired:
            pass

    def force(self) -> None:
        """All of the job, at once."""
        job, self._job = self._job, None
        if job is not None:
            _kernel32.TerminateJobObject(job, 1)
            _kernel32.CloseHandle(job)
