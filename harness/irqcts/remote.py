# SPDX-License-Identifier: Apache-2.0
"""An agent on another machine: `--backend vfio:connect=HOST:PORT`, with its token in IRQCTS_TOKEN.

There `irqcts-agent-static --backend vfio --options device=… --listen PORT --token TOKEN` waits; the backend's
options are given where the device is.  As a program (`python3 -m irqcts.remote HOST:PORT`) this module is the
agent that the harness starts: it connects and relays frames.

A token on the command line (token=…) is moved into the environment at once, so that no log, report or replay
command shows it.
"""

from __future__ import annotations

import os
import socket
import sys
import threading

from . import relay
from .verdict import HarnessError

TOKEN_VARIABLE = "IRQCTS_TOKEN"
CONNECT_SECONDS = 10.0


def _split(options: str) -> dict[str, str]:
    return {key: value for key, _, value in (part.partition("=") for part in options.split(",") if part)}


def is_remote(options: str) -> bool:
    """Whether this choice of a backend names an agent elsewhere."""
    return "connect" in _split(options)


def without_token(options: str) -> str:
    """The options of a remote choice without their token, which goes into the environment."""
    given = _split(options)
    if "connect" not in given or "token" not in given:
        return options
    os.environ[TOKEN_VARIABLE] = given.pop("token")
    return ",".join(f"{key}={value}" for key, value in given.items())


def token(options: str) -> bytes:
    """What HELLO carries; empty for an agent of this machine."""
    return os.environ.get(TOKEN_VARIABLE, "").encode() if is_remote(options) else b""


def command(options: str) -> list[str] | None:
    """The relay's command for a choice that is remote, else None."""
    given = _split(options)
    place = given.pop("connect", None)
    if place is None:
        return None
    if given:
        raise HarnessError(f"connect={place} takes no other option than token; {', '.join(sorted(given))}: give "
                           "them to the agent over there (--options)", cause="environment")
    return [sys.executable, "-m", "irqcts.remote", place]


def _connect(place: str) -> socket.socket:
    host, _, port = place.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise OSError("it is HOST:PORT")
    connection = socket.create_connection((host.strip("[]"), int(port)), timeout=CONNECT_SECONDS)
    connection.settimeout(None)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    return connection


def _forward(connection: socket.socket) -> None:
    """What the harness says, until it closes its end; a thread, because not every system selects on pipes."""
    while data := os.read(sys.stdin.fileno(), 1 << 20):
        try:
            connection.sendall(data)
        except OSError:
            return  # reading says why
    os._exit(0)  # nobody is left to say anything to


def _relay(connection: socket.socket, place: str) -> int:
    """Until the harness closes its end or the agent said CLOSED."""
    frames = relay.Frames()
    threading.Thread(target=_forward, args=(connection,), daemon=True).start()
    while True:
        try:
            data = connection.recv(1 << 20)
        except OSError as error:
            data = b""
            print(f"the connection to {place}: {error.strerror or error}", file=sys.stderr)
        if not data:
            where = f"in the middle of a frame, after {frames.begun} bytes of it" if frames.begun else "early"
            print(f"the agent at {place} closed the connection {where}", file=sys.stderr)
            return relay.EXIT_LOST
        relay.send(data)  # also what is no frame: the harness says what is wrong with it
        frames.add(data)
        while (frame := frames.take()) is not None:
            if frame[0] == relay.CLOSED:
                return 0


def main() -> int:
    place = sys.argv[1]
    try:
        connection = _connect(place)
    except OSError as error:
        relay.refuse(f"no agent at {place}: {error.strerror or error}; start irqcts-agent-static there with --backend, "
                     "--options, --listen and --token, or a tunnel to it here")
        return relay.EXIT_UNAVAILABLE
    with connection:
        try:
            return _relay(connection, place)
        except BrokenPipeError:
            return 0  # the harness is gone


if __name__ == "__main__":
    sys.exit(main())
