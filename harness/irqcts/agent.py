# SPDX-License-Identifier: Apache-2.0
"""One agent process: a backend in a process of its own, driven over a pipe in the wire form.

A crash or a hang of a device, a driver or a backend ends this process or its deadline, never the
harness.  What a backend starts (a QEMU, say) goes with it.
"""

from __future__ import annotations

import ctypes
import os
import re
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Sequence

from . import _abi, guest_choice, host, remote, wine_choice
from .description import Description
from .history import History, Plan
from .library import LibraryError, check, library
from .paths import layout
from .pipes import Late
from .program import Program
from .trace import Trace
from .verdict import AgentCrash, AgentTimeout, HarnessError

_TYPE = _abi.irqcts_wire_type
_ERROR = _abi.irqcts_error
#: Errors before the backend is open that are a matter of how things were set up: a wrong token is one.
_ENVIRONMENT = (_ERROR.IRQCTS_ERROR_OPEN, _ERROR.IRQCTS_ERROR_LOAD, _ERROR.IRQCTS_ERROR_ARGUMENT,
                _ERROR.IRQCTS_ERROR_VERSION)
OPEN_SECONDS = 60.0
RUN_SECONDS = 30.0
CLOSE_SECONDS = 5.0
PATIENCE_SECONDS = 2.0


@dataclass(frozen=True)
class BackendChoice:
    """What `--backend NAME[:key=value,…]` says."""

    name: str
    options: str = ""

    @classmethod
    def parse(cls, text: str, device: str | None = None) -> BackendChoice:
        """The options begin at the first colon that a KEY= follows: a path keeps its other colons."""
        found = re.search(r":(?=[A-Za-z][\w-]*=)", text)
        name, options = (text[:found.start()], text[found.end():]) if found else (text, "")
        parts = [options] if options else []
        if device is not None:
            parts.append(f"device={device}")
        return cls(name, remote.without_token(",".join(parts)))

    def __str__(self) -> str:
        return self.name + (f":{self.options}" if self.options else "")


class ProgramRefused(HarnessError):
    """The program itself makes no sense, whatever the device."""


@dataclass
class AgentProcess:
    """Starts when first used; after CRASH and TIMEOUT the next use starts it again."""

    backend: BackendChoice
    command: Sequence[str] | None = None
    open_seconds: float = OPEN_SECONDS
    run_seconds: float = RUN_SECONDS
    environment: dict[str, str] = field(default_factory=dict)
    starts: int = 0
    _process: host.Process | None = None
    _stderr: IO[bytes] | None = None
    _description: Description | None = None
    _sequence: int = 0

    # --- life ------------------------------------------------------------------------------------

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def description(self) -> Description:
        """The backend's description; starts the agent when it is not running."""
        self._ensure()
        assert self._description is not None
        return self._description

    def _ensure(self) -> None:
        if not self.alive or self._description is None:
            self.kill()
            self._start()

    def _start(self) -> None:
        command = list(self.command or guest_choice.command(self.backend.name, self.backend.options) or
                       remote.command(self.backend.options) or
                       wine_choice.command(self.backend.name, self.backend.options) or
                       (str(layout().agent), "--backend", self.backend.name, "--options", self.backend.options))
        self._stderr = tempfile.TemporaryFile()
        environment = {**os.environ, **guest_choice.environment(), **self.environment}
        environment.setdefault("IRQCTS_BACKEND_PATH", str(layout().backends))
        try:
            process = host.Process(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._stderr,
                                   env=environment)
        except OSError as error:
            raise HarnessError(f"cannot start the agent {command[0]}: {error.strerror or error}; "
                               f"build the tree first ({host.COMMAND} run does)", cause="environment") from error
        self._process = process
        self.starts += 1
        hello = _abi.irqcts_bytes()
        self._sequence += 1
        check(library().irqcts_wire_encode_hello(ctypes.byref(hello), self._sequence,
                                                 remote.token(self.backend.options)))
        kind, payload = self._exchange(hello, self.open_seconds, f"opening the backend {self.backend}")
        if kind == _TYPE.IRQCTS_WIRE_ERROR:
            code, sentence = _decode_error(payload)
            self.close()
            cause = "environment" if code in _ENVIRONMENT else "backend"
            raise HarnessError(f"the backend cannot be opened: {sentence}", cause=cause)
        if kind != _TYPE.IRQCTS_WIRE_DESCRIPTION:
            self.kill()
            raise HarnessError(f"the agent answered HELLO with a frame of type {kind}", cause="backend")
        record = _abi.irqcts_backend_description()
        try:
            check(library().irqcts_wire_decode_description(ctypes.byref(record), _bytes(payload), len(payload)))
            self._description = Description.from_record(record)
        except (LibraryError, ValueError) as error:
            self.kill()
            raise HarnessError(f"the backend's description makes no sense: {error}", cause="backend") from error

    def close(self) -> None:
        """Asks the agent to restore the device and end; kills it when it does not."""
        if self.alive:
            try:
                frame = _abi.irqcts_bytes()
                self._sequence += 1
                check(library().irqcts_wire_encode_empty(ctypes.byref(frame), _TYPE.IRQCTS_WIRE_CLOSE,
                                                         self._sequence))
                self._exchange(frame, CLOSE_SECONDS, "closing")
                assert self._process is not None
                self._process.wait(CLOSE_SECONDS)
            except (AgentCrash, AgentTimeout, HarnessError, subprocess.TimeoutExpired):
                pass
        self.kill()

    def kill(self) -> None:
        """Ends it with all that it started: first asked (the backend closes its device), then forced."""
        process, self._process, self._description = self._process, None, None
        if process is not None:
            process.end(PATIENCE_SECONDS, CLOSE_SECONDS)
        if self._stderr is not None:
            self._stderr.close()
            self._stderr = None

    def __del__(self) -> None:
        self.kill()

    # --- running ---------------------------------------------------------------------------------

    def run(self, program: Program, timeout: float | None = None, *, stop_at_first: bool = False) -> Trace:
        """Runs the whole program and judges its trace.

        AgentCrash when the process died, AgentTimeout when the deadline passed (it is killed and the
        next call starts a new one), HarnessError when it answered nonsense or said that it broke.
        """
        self._ensure()
        assert self._description is not None
        description = self._description
        frame = _abi.irqcts_bytes()
        self._sequence += 1
        flags = int(stop_at_first) * _abi.irqcts_session_flag.IRQCTS_SESSION_STOP_AT_FIRST
        check(library().irqcts_wire_encode_run(ctypes.byref(frame), self._sequence, flags, program.handle))
        payload = self._request(frame, timeout, f"running a program of {len(program)} operations",
                                _TYPE.IRQCTS_WIRE_TRACE)
        handle = ctypes.c_void_p()
        try:
            check(library().irqcts_wire_decode_trace(ctypes.byref(handle), program.handle,
                                                     ctypes.byref(description.record), _bytes(payload),
                                                     len(payload)))
            return Trace(handle, program)
        except LibraryError as error:
            self.kill()
            raise HarnessError(f"the agent's trace makes no sense: {error}", cause="backend") from error

    def record(self, plan: Plan, timeout: float | None = None) -> History:
        """Has several threads do what a plan says, on a backend with the property concurrent; not judged yet.

        Raises as run does.
        """
        self._ensure()
        frame = _abi.irqcts_bytes()
        self._sequence += 1
        shape, todo = plan.records()
        check(library().irqcts_wire_encode_record(ctypes.byref(frame), self._sequence, ctypes.byref(shape),
                                                  ctypes.byref(todo)))
        payload = self._request(frame, timeout, f"recording {plan}", _TYPE.IRQCTS_WIRE_HISTORY)
        handle = ctypes.c_void_p()
        try:
            check(library().irqcts_wire_decode_history(ctypes.byref(handle), ctypes.byref(shape), _bytes(payload),
                                                       len(payload)))
            return History(handle)
        except LibraryError as error:
            self.kill()
            raise HarnessError(f"the agent's history makes no sense: {error}", cause="backend") from error

    def _request(self, frame: Any, timeout: float | None, what: str, answer: int) -> bytes:
        """What the agent answers with a frame of that type; raises what an ERROR frame says."""
        kind, payload = self._exchange(frame, timeout or self.run_seconds, what)
        if kind == _TYPE.IRQCTS_WIRE_ERROR:
            code, sentence = _decode_error(payload)
            if code == _ERROR.IRQCTS_ERROR_DIED:
                self.kill()  # the next program gets another
                raise AgentCrash(f"what the backend drives ended: {sentence}")
            if code == _ERROR.IRQCTS_ERROR_HUNG:
                self.kill()
                raise AgentTimeout(f"what the backend drives does not answer: {sentence}")
            if code == _ERROR.IRQCTS_ERROR_ARGUMENT:
                raise ProgramRefused(f"the program asks for what it did not configure: {sentence}", cause="suite")
            raise HarnessError(f"the backend broke: {sentence}", cause="backend")
        if kind != answer:
            self.kill()
            raise HarnessError(f"the agent answered with a frame of type {kind} while {what}", cause="backend")
        return payload

    # --- frames ----------------------------------------------------------------------------------

    def _exchange(self, frame: Any, seconds: float, what: str) -> tuple[int, bytes]:
        """Sends a frame (and releases it) and reads the reply to it, both before the deadline."""
        data = ctypes.string_at(frame.data, frame.length)
        library().irqcts_bytes_free(ctypes.byref(frame))
        process = self._process
        assert process is not None
        deadline = time.monotonic() + seconds
        received = bytearray()
        wanted = _abi.IRQCTS_WIRE_HEADER_BYTES
        header: Any = None
        process.pipes.send(data)
        while len(received) < wanted:
            try:
                chunk = process.pipes.receive(wanted - len(received), deadline)
            except Late:
                raise self._late(seconds, what) from None
            if not chunk:
                raise self._died(what)
            received += chunk
            if header is None and len(received) >= wanted:
                header = self._header(bytes(received[:wanted]), what)
                wanted += header.length
        return int(header.type), bytes(received[_abi.IRQCTS_WIRE_HEADER_BYTES:])

    def _header(self, data: bytes, what: str) -> Any:
        header = _abi.irqcts_wire_header()
        try:
            check(library().irqcts_wire_header_decode(ctypes.byref(header), _bytes(data)))
        except LibraryError as error:
            self.kill()
            raise HarnessError(f"the agent sent no frame while {what}: {error}", cause="backend") from error
        # An agent that could not read a header replies to nothing in particular: sequence 0.
        if header.sequence != self._sequence and not (header.sequence == 0 and header.type == _TYPE.IRQCTS_WIRE_ERROR):
            self.kill()
            raise HarnessError(f"the agent answered request {header.sequence} instead of {self._sequence} while {what}",
                               cause="backend")
        return header

    def _late(self, seconds: float, what: str) -> AgentTimeout:
        said = self._said()
        self.kill()
        return AgentTimeout(f"no answer within {seconds:g} s while {what}; the agent was ended", evidence=said)

    def _died(self, what: str) -> AgentCrash:
        process = self._process
        assert process is not None
        try:
            how = host.ended(process.wait(CLOSE_SECONDS))
        except subprocess.TimeoutExpired:
            how = "closed its output"
        said = self._said()
        self.kill()
        return AgentCrash(f"the agent {how} while {what}", evidence=said)

    def _said(self) -> list[str]:
        """The end of what the agent wrote to its standard error."""
        if self._stderr is None:
            return []
        size = self._stderr.seek(0, os.SEEK_END)
        self._stderr.seek(max(0, size - 4096))
        return self._stderr.read().decode("utf-8", "replace").splitlines()[-20:]


def _bytes(data: bytes) -> Any:
    return ctypes.cast(ctypes.c_char_p(data), ctypes.POINTER(ctypes.c_uint8))


def _decode_error(payload: bytes) -> tuple[int, str]:
    code = ctypes.c_int32()
    sentence = ctypes.create_string_buffer(2048)
    try:
        check(library().irqcts_wire_decode_error(ctypes.byref(code), sentence, len(sentence), _bytes(payload),
                                                 len(payload)))
    except LibraryError as error:
        return 0, f"an error frame that makes no sense: {error}"
    return code.value, sentence.value.decode("utf-8", "replace")


def installed_backends() -> dict[str, Path]:
    """Loadable backends by name: IRQCTS_BACKEND_PATH, then beside the library."""
    folders = [Path(p) for p in os.environ.get("IRQCTS_BACKEND_PATH", "").split(os.pathsep) if p]
    found: dict[str, Path] = {}
    for folder in [*folders, layout().backends]:
        for path in sorted(folder.glob("irqcts*")):
            name = host.backend_name(path)
            if name is not None:
                found.setdefault(name, path)
    return found
