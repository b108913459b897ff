# SPDX-License-Identifier: Apache-2.0
"""What the harness's tests share: small suites of their own, run on true, lying and broken agents."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from irqcts.agent import AgentProcess

TESTS = Path(__file__).resolve().parent
HARNESS = TESTS.parent

#: Three tests: one that states silence, one that states a delivery, one of a second family.
SUITE = '''
from irqcts import clauses, needs

@clauses("PEND-SET")
@needs(entries=2, messages=2)
def test_masked(machine):
    """A masked event sends nothing."""
    machine.check(machine.program().write_entry(0, message=0).enable().raise_event(0).poll({}, clause="PEND-SET"))

@clauses("SEND-ONCE")
@needs(entries=2, messages=2)
def test_delivers(machine):
    """An unmasked event sends its message once."""
    machine.check(machine.program().write_entry(1, message=1, masked=False).enable().raise_event(1).poll({1: 1}))

@clauses("ENTRY-READBACK")
def test_reads_back(machine):
    """What is written is read."""
    machine.check(machine.program().table_write(0, "data", 0x1234).table_read(0, "data", expect=0x1234))
'''


def agent_command(mode: str, backend: str = "emulator") -> str:
    """The command of tampering_agent.py in one of its modes, as --agent-command takes it."""
    return json.dumps([sys.executable, str(TESTS / "tampering_agent.py"), mode, backend])


@contextmanager
def unnoticed(agent: AgentProcess) -> Iterator[None]:
    """What happens inside is seen by the harness's side only when the next program is under way."""
    assert agent._process is not None
    number = agent._process.pid
    os.kill(number, signal.SIGSTOP)
    yield
    threading.Timer(0.3, os.kill, (number, signal.SIGCONT)).start()


@dataclass
class Outcome:
    """What a run of irqcts left behind."""

    status: int
    output: str
    folder: Path

    @property
    def records(self) -> list[dict[str, Any]]:
        path = self.folder / "results.jsonl"
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []

    @property
    def tests(self) -> dict[str, dict[str, Any]]:
        return {r["id"]: r for r in self.records if r["type"] == "test"}

    @property
    def verdicts(self) -> dict[str, str]:
        return {identifier.split("::")[-1]: r["verdict"] for identifier, r in self.tests.items()}

    @property
    def end(self) -> dict[str, Any]:
        return self.records[-1]


class Irqcts:
    """Calls the command line in a process of its own, with a suite of the test's choosing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.suites = folder / "suites"
        self.suites.mkdir()
        self.write(SUITE)
        # Rendering has tests of its own (reports/tests); here it must neither help nor hinder.
        (folder / "python" / "irqcts_reports").mkdir(parents=True)
        (folder / "python" / "irqcts_reports" / "__init__.py").write_text("def render(folder): pass\n", "utf-8")

    def write(self, text: str, name: str = "test_small.py") -> None:
        (self.suites / name).write_text(text, "utf-8")

    def environment(self) -> dict[str, str]:
        python = [str(self.folder / "python"), str(HARNESS)]
        return {**os.environ, "IRQCTS_SUITES": str(self.suites), "PYTHONPATH": os.pathsep.join(python),
                "XDG_CACHE_HOME": str(self.folder / "cache"), "COLUMNS": "200",
                # A suite written again within a second, as long as before, would be taken for its bytecode.
                "PYTHONDONTWRITEBYTECODE": "1"}

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "irqcts", *arguments]

    def __call__(self, *arguments: str, out: str = "out", seconds: float = 60, text: str | None = None) -> Outcome:
        done = subprocess.run(self.command(*arguments), cwd=self.folder, env=self.environment(), capture_output=True,
                              text=True, timeout=seconds, input=text)
        return Outcome(done.returncode, done.stdout + done.stderr, self.folder / out)

    def run(self, *arguments: str, out: str = "out") -> Outcome:
        return self("run", "--out", str(self.folder / out), *arguments, out=out)


@pytest.fixture
def irqcts(tmp_path: Path) -> Irqcts:
    return Irqcts(tmp_path)
