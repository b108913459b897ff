#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An agent that stands between the harness and a true agent, and lies, breaks or hangs as its mode says.

    tampering_agent.py MODE BACKEND [OPTIONS]

It knows the frames by their layout alone (core/include/irqcts/wire.h), so that it can send wrong ones.
"""

from __future__ import annotations

import os
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import BinaryIO, Callable

HEADER = struct.Struct("<IHHII")  # magic, version, type, sequence, length
HELLO, DESCRIPTION, RUN, TRACE, ERROR, CLOSE, CLOSED, RECORD, HISTORY = range(1, 10)
RESULT = struct.Struct("<IIIIIIQ")  # status, native kind and code, first and number of deliveries, latency, value
DELIVERY_BYTES = 24


def read_frame(stream: BinaryIO) -> tuple[int, int, bytes] | None:
    header = stream.read(HEADER.size)
    if len(header) < HEADER.size:
        return None
    _, _, kind, sequence, length = HEADER.unpack(header)
    return kind, sequence, stream.read(length)


def frame(kind: int, sequence: int, payload: bytes, magic: int = 0x43515249, version: int = 2) -> bytes:
    return HEADER.pack(magic, version, kind, sequence, len(payload)) + payload


def edit_results(payload: bytes, edit: Callable[[list[int]], None], drop_deliveries: bool) -> bytes:
    """The trace with each result changed, and without deliveries if so asked."""
    results, deliveries, functions = struct.unpack_from("<III", payload)
    at = 12
    out = bytearray(struct.pack("<III", results, 0 if drop_deliveries else deliveries, functions))
    for _ in range(results):
        fields = list(RESULT.unpack_from(payload, at))
        at += RESULT.size
        edit(fields)
        if drop_deliveries:
            fields[3] = fields[4] = 0
        out += RESULT.pack(*fields)
    skipped = deliveries * DELIVERY_BYTES
    out += payload[at + skipped:] if drop_deliveries else payload[at:]
    return bytes(out)


def say_ok(fields: list[int]) -> None:
    fields[0] = 0


def read_zero(fields: list[int]) -> None:
    fields[6] = 0


def nothing(fields: list[int]) -> None:
    del fields


def answer(mode: str, kind: int, sequence: int, payload: bytes, runs: int) -> bytes:
    """The bytes to send instead of a true answer."""
    if kind == TRACE:
        if mode == "drops-everything":
            return frame(kind, sequence, edit_results(payload, nothing, True))
        if mode == "drops-after-first" and runs > 1:
            return frame(kind, sequence, edit_results(payload, nothing, True))
        if mode == "says-ok":
            return frame(kind, sequence, edit_results(payload, say_ok, False))
        if mode == "reads-zero":
            return frame(kind, sequence, edit_results(payload, read_zero, False))
        if mode == "nonsense-trace":
            return frame(kind, sequence, b"\xff" * len(payload))
        if mode == "short-trace":
            return frame(kind, sequence, payload[:-3])
        if mode == "wrong-sequence":
            return frame(kind, sequence + 7, payload)
        if mode == "wrong-type":
            return frame(DESCRIPTION, sequence, payload)
        if mode == "wrong-magic":
            return frame(kind, sequence, payload, magic=0x21212121)
        if mode == "wrong-version":
            return frame(kind, sequence, payload, version=99)
        if mode == "says-broken":
            sentence = b"the cable fell out"
            return frame(ERROR, sequence, struct.pack("<II", 8, len(sentence)) + sentence)
    if kind == HISTORY:
        if mode == "nonsense-history":
            return frame(kind, sequence, payload[:4] + b"\xff" * (len(payload) - 4))
        if mode == "short-history":
            return frame(kind, sequence, payload[:-3])
        if mode == "wrong-type":
            return frame(TRACE, sequence, payload)
    if kind == DESCRIPTION:
        if mode == "nonsense-description":
            return frame(kind, sequence, b"\xff" * len(payload))
        if mode == "short-description":
            return frame(kind, sequence, payload[:40])
    return frame(kind, sequence, payload)


def misbehave(mode: str, kind: int, runs: int) -> None:
    """Ends or hangs where the mode says so."""
    if (mode, kind) in (("crash-on-hello", HELLO), ("crash-on-run", RUN)) or (mode == "crash-on-third" and runs == 3):
        print("the agent falls over", file=sys.stderr, flush=True)
        os.kill(os.getpid(), signal.SIGSEGV)
    if (mode, kind) == ("exit-on-run", RUN):
        sys.exit(3)
    if (mode, kind) in (("hang-on-hello", HELLO), ("hang-on-run", RUN)):
        if os.environ.get("TAMPERING_PIDS"):
            with open(os.environ["TAMPERING_PIDS"], "a", encoding="ascii") as file:
                file.write(f"{os.getpid()}\n")
        time.sleep(600)
    if (mode, kind) == ("stubborn-on-run", RUN):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(600)


def main() -> int:
    mode, backend, *options = sys.argv[1:]
    root = Path(__file__).resolve().parents[2]
    build = Path(os.environ.get("IRQCTS_BUILD", root / "build"))
    true = subprocess.Popen([str(build / "bin" / "irqcts-agent"), "--backend", backend,
                             *(("--options", options[0]) if options else ())], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE)
    assert true.stdin is not None and true.stdout is not None
    runs = 0
    while (request := read_frame(sys.stdin.buffer)) is not None:
        kind, sequence, payload = request
        runs += kind == RUN
        misbehave(mode, kind, runs)
        true.stdin.write(frame(kind, sequence, payload))
        true.stdin.flush()
        reply = read_frame(true.stdout)
        if reply is None:
            return 1
        if mode == "torn-frame" and kind == RUN:
            sys.stdout.buffer.write(frame(*reply)[:20])
            sys.stdout.buffer.flush()
            return 0
        sys.stdout.buffer.write(answer(mode, *reply, runs))
        sys.stdout.buffer.flush()
        if kind == CLOSE:
            return true.wait(5)
    return 0


if __name__ == "__main__":
    sys.exit(main())
