# SPDX-License-Identifier: Apache-2.0
"""An agent over TCP: its token, and every way in which the connection can fail."""

from __future__ import annotations

import os
import signal
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psutil
import pytest

from conftest import Irqcts, unnoticed
from irqcts import AgentCrash, AgentTimeout, HarnessError, Program, _abi
from irqcts.agent import AgentProcess, BackendChoice
from irqcts.paths import layout
from irqcts.remote import TOKEN_VARIABLE

TOKEN = "correct-horse-battery"
HEADER = struct.Struct("<IHHII")
VERSION = int(_abi.IRQCTS_WIRE_VERSION)
MAGIC = 0x43515249
DESCRIPTION, ERROR = 2, 5


def small() -> Program:
    return Program().configure(2, 2).write_entry(0, message=0, masked=False).enable().raise_event(0).poll({0: 1})


@dataclass
class Listener:
    """An agent that listens, on a machine that for once is this one."""

    process: subprocess.Popen[str]
    port: int

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.port}"

    def serving(self) -> psutil.Process:
        """The process that serves the present connection."""
        children: list[psutil.Process] = psutil.Process(self.process.pid).children()
        assert len(children) == 1
        return children[0]


@pytest.fixture
def listener() -> Iterator[Listener]:
    process = subprocess.Popen([str(layout().agent), "--backend", "emulator", "--listen", "0", "--token", TOKEN],
                               stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                               env={**os.environ, "IRQCTS_BACKEND_PATH": str(layout().backends)})
    assert process.stderr is not None
    yield Listener(process, int(process.stderr.readline().split()[-1]))
    process.terminate()
    assert process.wait(10) == 0, "SIGTERM ends a listening agent in order"


@pytest.fixture(autouse=True)
def no_token_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, "")


@pytest.fixture
def connect() -> Iterator[Callable[..., AgentProcess]]:
    opened: list[AgentProcess] = []

    def agent(place: str, token: str = "") -> AgentProcess:
        os.environ[TOKEN_VARIABLE] = token
        opened.append(AgentProcess(BackendChoice.parse(f"emulator:connect={place}"), open_seconds=10, run_seconds=5))
        return opened[-1]

    yield agent
    for each in opened:
        each.close()


def test_a_program_over_tcp(listener: Listener, connect: Callable[..., AgentProcess]) -> None:
    agent = connect(listener.place, TOKEN)
    assert agent.description().name == "emulator"
    assert agent.run(small()).conforms and agent.run(small()).conforms and agent.starts == 1


@pytest.mark.parametrize("token", ["", "wrong", TOKEN[:-1], TOKEN + "x"])
def test_without_the_token_it_is_refused_and_the_next_may_try(listener: Listener, token: str,
                                                              connect: Callable[..., AgentProcess]) -> None:
    with pytest.raises(HarnessError, match="the token is not the one") as error:
        connect(listener.place, token).description()
    assert error.value.cause == "environment"
    assert connect(listener.place, TOKEN).run(small()).conforms, "the listening agent is still there"


def test_a_refused_connection_is_closed(listener: Listener) -> None:
    """There is no second guess on it, and nothing but HELLO is answered before the token."""
    with socket.create_connection(("127.0.0.1", listener.port), timeout=5) as connection:
        payload = struct.pack("<II", VERSION, 3) + b"bad"
        connection.sendall(HEADER.pack(MAGIC, VERSION, 1, 7, len(payload)) + payload)
        answer = b""
        while block := connection.recv(4096):
            answer += block
    assert HEADER.unpack_from(answer)[2:4] == (ERROR, 7)
    with socket.create_connection(("127.0.0.1", listener.port), timeout=5) as connection:
        connection.sendall(HEADER.pack(MAGIC, VERSION, 3, 8, 0))  # RUN
        assert HEADER.unpack(connection.recv(HEADER.size, socket.MSG_WAITALL))[2] == ERROR


def test_the_token_stands_in_no_file_and_no_output(listener: Listener, irqcts: Irqcts) -> None:
    done = irqcts.run("--backend", f"emulator:connect={listener.place},token={TOKEN}")
    assert done.status == 0 and set(done.verdicts.values()) == {"PASS"}
    assert done.records[0]["backend"]["choice"] == f"emulator:connect={listener.place}"
    assert TOKEN not in done.output
    assert not [path for path in done.folder.rglob("*") if path.is_file() and TOKEN.encode() in path.read_bytes()]


def test_the_agents_process_killed(listener: Listener, connect: Callable[..., AgentProcess]) -> None:
    """A crash is that program's, and the next one finds a new process."""
    agent = connect(listener.place, TOKEN)
    agent.description()
    with unnoticed(agent):
        listener.serving().kill()
    with pytest.raises(AgentCrash) as ending:
        agent.run(small())
    assert any("closed the connection early" in line for line in ending.value.evidence)
    assert agent.run(small()).conforms and agent.starts == 2


def test_the_agents_process_hangs(listener: Listener, connect: Callable[..., AgentProcess]) -> None:
    agent = connect(listener.place, TOKEN)
    agent.description()
    hanging = listener.serving()
    hanging.send_signal(signal.SIGSTOP)
    with pytest.raises(AgentTimeout):
        agent.run(small(), timeout=0.5)
    assert agent.run(small()).conforms, "what hung is ended, so that the device is free again"
    assert not hanging.is_running()


def test_the_listening_agent_killed(listener: Listener, connect: Callable[..., AgentProcess]) -> None:
    agent = connect(listener.place, TOKEN)
    agent.description()
    with unnoticed(agent):
        listener.process.terminate()
        listener.process.wait(10)
    with pytest.raises(AgentCrash):
        agent.run(small())
    with pytest.raises(HarnessError, match="no agent at 127.0.0.1:.*refused; start irqcts-agent-static there"):
        agent.run(small())


def test_nobody_listens(connect: Callable[..., AgentProcess]) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(HarnessError, match="no agent at") as error:
            connect(f"127.0.0.1:{unused.getsockname()[1]}").description()
    assert error.value.cause == "environment"


@pytest.mark.parametrize("place", ["127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:http", ":80"])
def test_places_that_are_none(place: str, connect: Callable[..., AgentProcess]) -> None:
    with pytest.raises(HarnessError, match="it is HOST:PORT"):
        connect(place).description()


def test_options_of_the_device_belong_to_the_other_side() -> None:
    agent = AgentProcess(BackendChoice.parse("vfio:connect=127.0.0.1:9,device=0000:03:00.0"))
    with pytest.raises(HarnessError, match="give them to the agent over there"):
        agent.description()


@pytest.mark.parametrize("place, what", [("x", "needs a --token"), ("1.2.3.4.5:6", "an IPv4 address"),
                                         ("70000", "PORT or ADDRESS:PORT")])
def test_how_an_agent_may_not_listen(place: str, what: str) -> None:
    arguments = [str(layout().agent), "--backend", "emulator", "--listen", place]
    done = subprocess.run(arguments + ([] if place == "x" else ["--token", "t"]), capture_output=True, text=True,
                          timeout=10, check=False)
    assert done.returncode == 2 and what in done.stderr


# An other end that breaks the rules ------------------------------------------------------------------


@pytest.fixture
def pretender() -> Iterator[Callable[[bytes], str]]:
    """A server that answers the first frame with given bytes and closes."""
    servers: list[socket.socket] = []

    def serve(answer: bytes) -> str:
        server = socket.create_server(("127.0.0.1", 0))
        servers.append(server)

        def once() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(answer)
                time.sleep(0.05)

        threading.Thread(target=once, daemon=True).start()
        return f"127.0.0.1:{server.getsockname()[1]}"

    yield serve
    for server in servers:
        server.close()


@pytest.mark.parametrize("answer, what", [
    (HEADER.pack(MAGIC, VERSION + 1, DESCRIPTION, 1, 0), f"speaks wire version {VERSION + 1}, this end {VERSION}"),
    (b"HTTP/1.1 400 Bad Request\r\n\r\n", "sent no frame"),
    (HEADER.pack(MAGIC, VERSION, DESCRIPTION, 1, 4) + b"abcd", "makes no sense"),
    (HEADER.pack(MAGIC, VERSION, DESCRIPTION, 9, 0), "answered request 9 instead of 1"),
    (HEADER.pack(MAGIC, VERSION, DESCRIPTION, 1, 0xFFFF_FFFF), "sent no frame"),
], ids=["version", "no-frame", "short-payload", "another-request", "too-long"])
def test_frames_that_are_wrong(answer: bytes, what: str, pretender: Callable[[bytes], str],
                               connect: Callable[..., AgentProcess]) -> None:
    with pytest.raises(HarnessError, match=what) as error:
        connect(pretender(answer)).description()
    assert error.value.cause == "backend"


@pytest.mark.parametrize("answer", [b"", HEADER.pack(MAGIC, VERSION, DESCRIPTION, 1, 400)[:7],
                                    HEADER.pack(MAGIC, VERSION, DESCRIPTION, 1, 400) + bytes(100)],
                         ids=["nothing", "half-a-header", "half-a-payload"])
def test_a_connection_that_ends_in_a_frame(answer: bytes, pretender: Callable[[bytes], str],
                                           connect: Callable[..., AgentProcess]) -> None:
    with pytest.raises(AgentCrash) as ending:
        connect(pretender(answer)).description()
    where = f"in the middle of a frame, after {len(answer)} bytes" if answer else "early"
    assert any(f"closed the connection {where}" in line for line in ending.value.evidence)
