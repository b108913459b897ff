# SPDX-License-Identifier: Apache-2.0
"""The pytest side of a guest: its options, and the kernel log that belongs to each test.

    pytest suites --backend vfio --guest bookworm
    pytest suites --backend vfio:view=registers --guest trixie --guest-device ivshmem
    pytest suites --backend vfio --kernel arch/x86/boot/bzImage

The agent is then irqcts.guest_bridge.  A test during which the guest's kernel complained fails, unless
it says with the mark `expects_kernel_log(PATTERN)` that this is what it is about.
"""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Any, Generator

import pytest

from .agent import BackendChoice
from .guest_devices import DEVICES
from .verdict import Ending, NonConformance

MARK = "expects_kernel_log"
LOG = pytest.StashKey["KernelLog"]()
#: A first boot may have to fetch the kernel's package.
OPEN_SECONDS = 300.0


class KernelLog:
    """The file in which the bridge notes what alarms in the guest's kernel log."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="irqcts-guest-log-")
        self.path = Path(self._folder.name) / "alarms.jsonl"
        self.witness = Path(self._folder.name) / "witness.jsonl"
        self._position = 0

    def new(self) -> list[str]:
        """Messages since the last call."""
        if not self.path.is_file():
            return []
        with self.path.open("rb") as file:
            file.seek(self._position)
            lines = file.read().splitlines(keepends=True)
        whole = [line for line in lines if line.endswith(b"\n")]
        self._position += sum(map(len, whole))
        return [str(json.loads(line)["text"]) for line in whole]

    def close(self) -> None:
        self._folder.cleanup()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("irqcts guest", "a Linux guest for the vfio backend")
    group.addoption("--guest", default=None, metavar="SUITE",
                    help="run in a guest with the cloud kernel of this Debian suite (bookworm, trixie)")
    group.addoption("--kernel", type=Path, default=None, metavar="PATH",
                    help="run in a guest with this kernel image (bzImage or vmlinux)")
    group.addoption("--modules", type=Path, default=None, metavar="DIR",
                    help="that kernel's modules, where VFIO is not built in")
    group.addoption("--append", default="", metavar="TEXT", help="more of the guest kernel's command line")
    group.addoption("--guest-device", default="rocker", choices=sorted(DEVICES), help="the device under test in the guest")
    group.addoption("--guest-vectors", type=int, default=0, metavar="N", help="vectors of an ivshmem device")
    group.addoption("--guest-qemu", default="qemu-system-x86_64", metavar="PATH", help="another QEMU")
    group.addoption("--guest-transport", default="virtio-serial", metavar="NAME",
                    help="virtio-serial, or serial for a kernel without virtio")
    group.addoption("--guest-folder", type=Path, default=None, metavar="DIR", help="keep the guest's console here")
    group.addoption("--witness", action="store_true", help="compare with what QEMU's own side of the guest sees")


def in_guest(config: pytest.Config) -> bool:
    return config.getoption("guest") is not None or config.getoption("kernel") is not None


def bridge_command(config: pytest.Config, log: KernelLog) -> list[str]:
    """The program that stands in for the agent."""
    choice = BackendChoice.parse(config.getoption("backend"))
    if choice.name != "vfio":
        raise pytest.UsageError(f"--guest and --kernel run the backend vfio, not {choice.name}")
    if "device=" in choice.options:
        raise pytest.UsageError("in a guest --guest-device names the device, the backend's option device= does not")
    command = [sys.executable, "-m", "irqcts.guest_bridge", "--options", choice.options, "--alarms", str(log.path)]
    for option, argument in (("guest", "--guest"), ("kernel", "--kernel"), ("modules", "--modules"),
                             ("append", "--append"), ("guest_device", "--device"), ("guest_vectors", "--vectors"),
                             ("guest_qemu", "--qemu"), ("guest_transport", "--transport"),
                             ("guest_folder", "--folder")):
        value = config.getoption(option)
        if value:
            command += [f"{argument}={value}"]
    if config.getoption("witness"):
        command += ["--witness", str(log.witness)]
        os.environ["IRQCTS_WITNESS"] = str(log.witness)  # where test_vfio_witness.py looks
    return command


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"{MARK}(pattern): kernel messages that this test provokes")
    if not in_guest(config):
        return
    log = config.stash[LOG] = KernelLog()
    config.option.agent_command = json.dumps(bridge_command(config, log))
    folder = str(Path(__file__).resolve().parents[1])
    os.environ["PYTHONPATH"] = os.pathsep.join(part for part in (folder, os.environ.get("PYTHONPATH")) if part)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    if (log := config.stash.get(LOG, None)) is not None:
        log.close()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    if (log := item.config.stash.get(LOG, None)) is not None:
        log.new()  # belongs to nobody: the end of the former test


def unexpected(item: pytest.Item) -> list[str]:
    """What the guest's kernel complained about during this test, without what it provokes."""
    log = item.config.stash.get(LOG, None)
    if log is None:
        return []
    patterns = [str(mark.args[0]) for mark in item.iter_markers(MARK)]
    return [text for text in log.new() if not any(re.search(pattern, text) for pattern in patterns)]


@pytest.hookimpl(trylast=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """Runs behind the test itself, and only when that passed."""
    messages = unexpected(item)
    if messages:
        raise NonConformance(f"the guest's kernel complained during the test: {messages[0]}", evidence=messages)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, None]:
    """What the kernel said belongs to the evidence of a test that failed otherwise."""
    error = call.excinfo.value if call.excinfo is not None else None
    if isinstance(error, Ending) and call.when == "call":
        error.evidence += [f"guest kernel: {text}" for text in unexpected(item)]
    yield
