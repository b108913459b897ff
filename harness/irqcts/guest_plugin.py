# SPDX-License-Identifier: Apache-2.0
"""The kernel log of a guest, test by test.

    pytest suites --backend vfio:guest=bookworm

A test during which the guest's kernel complained fails, unless it says with the mark
`expects_kernel_log(PATTERN)` that this is what it is about.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from pathlib import Path
from typing import Any, Generator

import pytest

from . import guest_choice
from .agent import BackendChoice
from .verdict import Ending, NonConformance

MARK = "expects_kernel_log"
LOG = pytest.StashKey["KernelLog"]()


class KernelLog:
    """The file in which the bridge notes what alarms in the guest's kernel log."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="irqcts-guest-log-")
        self._path = Path(self._folder.name) / "alarms.jsonl"
        self._position = 0
        os.environ[guest_choice.ALARMS_VARIABLE] = str(self._path)
        os.environ[guest_choice.WITNESS_VARIABLE] = str(Path(self._folder.name) / "witness.jsonl")

    def new(self) -> list[str]:
        """Messages since the last call."""
        if not self._path.is_file():
            return []
        with self._path.open("rb") as file:
            file.seek(self._position)
            lines = [line for line in file.read().splitlines(keepends=True) if line.endswith(b"\n")]
        self._position += sum(map(len, lines))
        return [str(json.loads(line)["text"]) for line in lines]

    def close(self) -> None:
        for variable in (guest_choice.ALARMS_VARIABLE, guest_choice.WITNESS_VARIABLE):
            os.environ.pop(variable, None)
        self._folder.cleanup()


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"{MARK}(pattern): kernel messages that this test provokes")
    choice = BackendChoice.parse(config.getoption("backend"))
    if guest_choice.is_guest(choice.name, choice.options):
        config.stash[LOG] = KernelLog()


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
