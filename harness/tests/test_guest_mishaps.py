# SPDX-License-Identifier: Apache-2.0
"""What can happen to a guest in the middle of a run: each has its own ending, and nothing is left running.

The harness's side is the whole of it: an agent process that is a bridge to a guest.  What befalls the
machine comes from outside, through QEMU's machine protocol.
"""

from __future__ import annotations

import errno
import json
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

import guests
from conftest import Irqcts, unnoticed
from irqcts import AgentCrash, AgentTimeout, HarnessError, Program
from irqcts.agent import AgentProcess, BackendChoice
from irqcts.guest import MONITOR


def small(entries: int = 4) -> Program:
    return Program().configure(entries, entries).start().raise_event(0).poll({0: 1})


class Monitor:
    """QEMU's machine protocol: one command, one answer; events are skipped."""

    def __init__(self, folder: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(10)
        self._socket.connect(str(folder / MONITOR))
        self._lines = self._socket.makefile("r")
        self._lines.readline()  # the greeting
        self("qmp_capabilities")

    def __call__(self, command: str, **arguments: str) -> Any:
        self._socket.sendall(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        while True:
            answer = json.loads(self._lines.readline())
            if "event" not in answer:
                assert "return" in answer, answer
                return answer["return"]


@pytest.fixture
def boot(tmp_path: Path) -> Iterator[Callable[..., tuple[AgentProcess, Monitor]]]:
    """Boots a guest behind an agent process whose backend has opened its device."""
    guests.kernel("bookworm")
    agents: list[AgentProcess] = []
    folder = tmp_path / "guest"

    def start(options: str = "", command: list[str] | None = None) -> tuple[AgentProcess, Monitor]:
        agent = AgentProcess(BackendChoice.parse(f"vfio:guest=bookworm,folder={folder}{options}"), command=command)
        agents.append(agent)
        agent.description()
        return agent, Monitor(folder)

    yield start
    for agent in agents:
        agent.close()
    time.sleep(0.05)
    left = [process.info for process in psutil.process_iter(["pid", "cmdline"])
            if str(folder) in " ".join(process.info["cmdline"] or [])]
    assert not left, "nothing may be left running"


Boot = Callable[..., tuple[AgentProcess, Monitor]]


def test_the_kernel_panics(boot: Boot) -> None:
    """QEMU's exit status is 0 then; the console is what tells."""
    agent, monitor = boot(",append=unknown_nmi_panic")
    with unnoticed(agent):
        monitor("inject-nmi")
    with pytest.raises(AgentCrash) as ending:
        for _ in range(20):
            agent.run(small())
    assert any("the guest's kernel panicked" in line for line in ending.value.evidence), ending.value.evidence
    assert agent.run(small()).conforms, "the next test has a guest of its own"


def test_the_machine_hangs(boot: Boot) -> None:
    agent, monitor = boot()
    monitor("stop")
    with pytest.raises(AgentTimeout, match="no answer within 1 s"):
        agent.run(small(), timeout=1)
    assert agent.run(small()).conforms


def test_the_machine_is_switched_off(boot: Boot) -> None:
    agent, monitor = boot()
    with unnoticed(agent):
        monitor("quit")
    with pytest.raises(AgentCrash) as ending:
        agent.run(small())
    assert any("QEMU ended with 0 though nobody asked" in line for line in ending.value.evidence), ending.value.evidence


def test_the_device_is_unplugged(boot: Boot) -> None:
    """The kernel asks for the device, gets it, and can finish: it is out of the machine afterwards.

    Not rocker: QEMU 7.2 aborts when that one is unplugged.
    """
    agent, monitor = boot(",device=nvme")
    assert agent.run(small(65)).conforms
    monitor("device_del", id="irqcts1")
    with pytest.raises(HarnessError, match="0000:01:00.0 is being unplugged or unbound"):
        for _ in range(100):
            agent.run(small(65))
            time.sleep(0.05)
    for _ in range(100):
        if "irqcts1" not in {device["name"] for device in monitor("qom-list", path="/machine/peripheral")}:
            break
        time.sleep(0.05)
    else:
        pytest.fail("the device is still in the machine five seconds after the backend let go of it")
    with pytest.raises(HarnessError, match="unplugged"):
        agent.run(small(65))


#: A bridge whose agent is killed, by the kernel's own means, before the second answer is passed on.
KILLER = """
import sys
from irqcts import guest_bridge

class Killer(guest_bridge.Bridge):
    answers = 0

    def note_alarms(self):
        self.answers += 1
        if self.answers == 2:
            self._guest.write("/proc/sysrq-trigger", "i")
        super().note_alarms()

guest_bridge.Bridge = Killer
sys.exit(guest_bridge.main())
"""


def test_the_agent_is_killed(boot: Boot, tmp_path: Path) -> None:
    agent, _ = boot(command=[sys.executable, "-c", KILLER, "--folder", str(tmp_path / "guest")])
    assert agent.run(small()).conforms
    with pytest.raises(AgentCrash) as ending:
        agent.run(small())
    assert any("the agent in the guest killed 9" in line for line in ending.value.evidence), ending.value.evidence


def test_no_more_descriptors(boot: Boot) -> None:
    """The guest's kernel gives no more than 64 a process: as many eventfds as there are can be used, more are refused."""
    agent, _ = boot(",device=ivshmem,vectors=96,append=sysctl.fs.nr_open%3D64")
    trace = agent.run(Program().configure(96, 96))
    assert trace[0].observed == f"no-resources (errno {errno.EMFILE})"
    assert agent.run(Program().configure(96, 8).start().raise_event(3).poll({3: 1})).conforms


def test_no_more_vectors(boot: Boot) -> None:
    """The largest table there can be on one processor: its messages have no vectors, and that is what is said."""
    agent, _ = boot(",device=ivshmem,vectors=2048")
    trace = agent.run(Program().configure(2048, 2048).start())
    assert trace[1].observed == f"no-resources (errno {errno.ENOSPC})"
    trace = agent.run(Program().configure(2048, 64).start().raise_event(63).poll({63: 1}).raise_event(2047).poll({0: 1}))
    assert trace.conforms, "surplus entries are assigned message 0, also those that have no vector"


def test_a_kernel_without_vfio(irqcts: Irqcts) -> None:
    """Its image without the modules: one sentence that names what is missing, and nothing executed."""
    kernel = guests.kernel("bookworm")
    done = irqcts.run("--backend", "vfio:transport=serial", "--kernel", str(kernel.image))
    assert done.status == 2 and "is VFIO in this kernel or among the modules?" in done.output
    assert not done.records
