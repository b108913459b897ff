# SPDX-License-Identifier: Apache-2.0
"""A QEMU that dies or hangs in the middle of a run: that test's verdict, and the run goes on with another."""

from __future__ import annotations

import shutil
import signal
import time
from typing import Iterator

import psutil
import pytest

from irqcts import AgentCrash, AgentTimeout, Program
from irqcts.agent import AgentProcess, BackendChoice

pytestmark = pytest.mark.skipif(shutil.which("qemu-system-x86_64") is None, reason="qemu-system-x86 is not installed")


def small() -> Program:
    return Program().configure(4, 4).write_entry(0, message=0, masked=False).enable().raise_event(0).poll({0: 1})


@pytest.fixture
def agent() -> Iterator[AgentProcess]:
    found = AgentProcess(BackendChoice("qemu", "device=rocker"))
    assert found.run(small()).conforms
    yield found
    found.close()


def qemu_of(agent: AgentProcess) -> psutil.Process:
    assert agent._process is not None
    [process] = psutil.Process(agent._process.pid).children()
    return process


def gone(process: psutil.Process) -> bool:
    end = time.monotonic() + 5
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE and time.monotonic() < end:
        time.sleep(0.01)
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_a_qemu_that_dies_is_a_crash(agent: AgentProcess) -> None:
    qemu_of(agent).send_signal(signal.SIGKILL)
    with pytest.raises(AgentCrash, match="QEMU ended with signal 9"):
        agent.run(small())
    assert agent.run(small()).conforms and agent.starts == 2


def test_a_qemu_that_hangs_is_a_timeout_and_does_not_stay(agent: AgentProcess) -> None:
    hanging = qemu_of(agent)
    hanging.send_signal(signal.SIGSTOP)
    with pytest.raises(AgentTimeout, match="no answer within 1 s"):
        agent.run(small(), timeout=1)
    assert gone(hanging)
    assert agent.run(small()).conforms and agent.starts == 2


def test_the_backend_notices_a_hang_before_the_harness_does(agent: AgentProcess) -> None:
    hanging = qemu_of(agent)
    hanging.send_signal(signal.SIGSTOP)
    with pytest.raises(AgentTimeout, match="QEMU did not answer within 10 s"):
        agent.run(small(), timeout=30)
    assert gone(hanging)


def test_closing_leaves_no_qemu(agent: AgentProcess) -> None:
    running = qemu_of(agent)
    agent.close()
    assert gone(running)
