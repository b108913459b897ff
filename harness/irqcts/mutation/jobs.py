# SPDX-License-Identifier: Apache-2.0
"""Jobs in forked children: a mutant that crashes or hangs ends its child and nothing else.

A child inherits what its parent has loaded and parsed, so starting one costs milliseconds.  It notes in
a shared cell what it is about to do; of a child that dies the note is what is left.
"""

from __future__ import annotations

import gc
import json
import mmap
import os
import selectors
import signal
import struct
import time
import traceback
from dataclasses import dataclass, field
from typing import Any, Callable, Iterable, Iterator

#: Longer than any whole job of a mutant that does not hang: on the clock, for one that waits, and of processor
#: time, for one that loops, which a busy machine does not shorten.
SECONDS = 60.0
PROCESSOR_SECONDS = 10.0
_CELL = struct.Struct("<Iq")  # position, nanoseconds since the job began


class JobError(RuntimeError):
    """A job broke for a reason that is no mutant's: a mistake of this project."""


class Note:
    """Where a job is, readable by its parent also after its death."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, _CELL.size)

    def write(self, position: int, nanoseconds: int) -> None:
        _CELL.pack_into(self._memory, 0, position, nanoseconds)

    def read(self) -> tuple[int, int]:
        position, nanoseconds = _CELL.unpack_from(self._memory, 0)
        return int(position), int(nanoseconds)

    def close(self) -> None:
        self._memory.close()


@dataclass(frozen=True)
class Job:
    """`work(note)` returns something JSON can carry."""

    key: Any
    work: Callable[[Note], Any]


@dataclass(frozen=True)
class Ended:
    """How a job ended.  `verdict` is "" when it returned `result`, else CRASH or TIMEOUT at `position`."""

    key: Any
    result: Any
    verdict: str = ""
    why: str = ""
    position: int = 0
    nanoseconds: int = 0


@dataclass
class _Child:
    job: Job
    pid: int
    pipe: int
    note: Note
    started: float
    said: bytearray = field(default_factory=bytearray)
    late: bool = False


def run(jobs: Iterable[Job], workers: int, seconds: float = SECONDS,
        processor_seconds: float = PROCESSOR_SECONDS) -> Iterator[Ended]:
    """Runs the jobs, at most `workers` at a time, and yields each as it ends."""
    waiting = iter(jobs)
    children: dict[int, _Child] = {}
    more = True
    with selectors.DefaultSelector() as selector:
        try:
            while more or children:
                while more and len(children) < workers:
                    job = next(waiting, None)
                    if job is None:
                        more = False
                        break
                    child = _start(job, processor_seconds)
                    children[child.pipe] = child
                    selector.register(child.pipe, selectors.EVENT_READ)
                if not children:
                    break
                first = min(child.started for child in children.values())
                ready = selector.select(max(0.0, first + seconds - time.monotonic()))
                for key, _ in ready:
                    child = children[key.fd]
                    said = os.read(child.pipe, 1 << 16)
                    child.said += said
                    if not said:
                        selector.unregister(child.pipe)
                        del children[child.pipe]
                        yield _ended(child, seconds)
                for child in children.values():
                    if not child.late and time.monotonic() - child.started > seconds:
                        child.late = True  # its pipe closes with it
                        os.kill(child.pid, signal.SIGKILL)
        finally:
            for child in children.values():
                os.kill(child.pid, signal.SIGKILL)
                _ended(child, seconds)


def _start(job: Job, processor_seconds: float) -> _Child:
    import resource  # where there is no fork there is none either; then irqcts mutate says so

    note = Note()
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            os.close(reading)
            gc.disable()  # a collection would touch, and so copy, every page that the child shares
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            signal.signal(signal.SIGPROF, signal.SIG_DFL)
            signal.setitimer(signal.ITIMER_PROF, processor_seconds)
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends its children itself
            try:
                said = {"result": job.work(note)}
            except Exception:  # a mistake of ours; the parent says it
                said = {"broken": traceback.format_exc()}
            with os.fdopen(writing, "wb") as pipe:
                pipe.write(json.dumps(said).encode())
            status = 0
        finally:
            os._exit(status)
    os.close(writing)
    return _Child(job, pid, reading, note, time.monotonic())


def _ended(child: _Child, seconds: float) -> Ended:
    os.close(child.pipe)
    _, status = os.waitpid(child.pid, 0)
    position, nanoseconds = child.note.read()
    child.note.close()
    if child.late:
        return Ended(child.job.key, None, "TIMEOUT", f"no end within {seconds:g} s", position, nanoseconds)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGPROF:
        return Ended(child.job.key, None, "TIMEOUT", "it loops: no end within its processor time", position,
                     nanoseconds)
    if os.WIFSIGNALED(status):
        name = signal.Signals(os.WTERMSIG(status)).name
        return Ended(child.job.key, None, "CRASH", f"the process ended with {name}", position, nanoseconds)
    try:
        said = json.loads(child.said)
    except ValueError:
        raise JobError(f"{child.job.key}: the child ended with status {os.WEXITSTATUS(status)} and said "
                       f"{bytes(child.said[:200])!r}") from None
    if "broken" in said:
        raise JobError(f"{child.job.key}: {said['broken']}")
    return Ended(child.job.key, said["result"])
