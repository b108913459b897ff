# SPDX-License-Identifier: Apache-2.0
"""The harness for Windows, as far as Linux can tell: its types there, its imports, its pipes, its launcher.

What needs a Windows interpreter is in test_windows_python.py.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import Iterator

import pytest

from conftest import HARNESS, agent_command
from irqcts import AgentCrash, AgentTimeout, Program, needed
from irqcts.agent import AgentProcess, BackendChoice
from irqcts.host_posix import Process
from irqcts.pipes import Late, ThreadedPipes

ROOT = HARNESS.parent
#: Modules about what only Linux has: guests, vfio-pci, apt, Wine, forked children.  They are loaded on Windows,
#: but nothing there calls them.
LINUX = {"apt.py", "guest.py", "guest_bridge.py", "guest_ivshmem.py", "guest_witness.py", "host_posix.py", "jobs.py",
         "mutate.py", "vfio_bind.py", "wine_prefix.py"}


@pytest.mark.timeout(200)
@pytest.mark.skipif(shutil.which("mypy") is None, reason="not tested: mypy is not installed")
def test_types_on_windows() -> None:
    """As mypy reads it for Windows, nothing outside those modules uses what Windows does not have."""
    done = subprocess.run(["mypy", "--platform", "win32", "--cache-dir", "/dev/null", "--no-error-summary",
                           "harness/irqcts", "reports/irqcts_reports"], cwd=ROOT, capture_output=True, text=True)
    errors = [line for line in done.stdout.splitlines() if ": error:" in line]
    assert errors, "os.killpg alone is one: mypy did not read for Windows"
    assert [line for line in errors if Path(line.split(":")[0]).name not in LINUX] == []
    assert {Path(line.split(":")[0]).name for line in errors} == LINUX, "the list of modules is of this day"


HIDING = """
import importlib, os, pkgutil, signal, sys
for name in ("fcntl", "grp", "pwd", "resource", "termios", "pty", "tty", "posix_ipc"):
    sys.modules[name] = None
for name in ("SIGKILL", "SIGSTOP", "SIGCONT", "SIGHUP", "SIGPROF", "SIGALRM", "setitimer", "pthread_kill"):
    delattr(signal, name)
for name in ("fork", "killpg", "setsid", "geteuid", "getuid", "sched_getaffinity", "memfd_create"):
    delattr(os, name)
import irqcts
names = [m.name for m in pkgutil.walk_packages(irqcts.__path__, "irqcts.")]
for name in names:
    if name not in ("irqcts.host_windows", "irqcts.__main__"):
        importlib.import_module(name)
print(len(names))
"""


def test_imports_without_what_only_posix_has() -> None:
    done = subprocess.run([sys.executable, "-c", HIDING], capture_output=True, text=True, timeout=60,
                          env={"PYTHONPATH": str(HARNESS), "PATH": "/usr/bin"})
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 50, "all modules were found"


# --- pipes without select -------------------------------------------------------------------------------------------


@pytest.fixture
def threaded(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Agents driven as on Windows."""
    def pipes(process: Process) -> ThreadedPipes:
        if process._pipes is None:
            process._pipes = ThreadedPipes(process)
        assert isinstance(process._pipes, ThreadedPipes)
        return process._pipes

    monkeypatch.setattr(Process, "pipes", property(pipes))
    yield


def small() -> Program:
    return Program().configure(2, 2).write_entry(0, message=0, masked=False).enable().raise_event(0).poll({0: 1})


@pytest.mark.usefixtures("threaded")
def test_programs_of_any_length() -> None:
    agent = AgentProcess(BackendChoice("emulator"))
    long = Program().configure(2048, 2048)
    for entry in range(2048):
        long.write_entry(entry, message=entry).table_read(entry, "data")
    try:
        assert agent.run(small()).conforms and agent.run(long).conforms and agent.run(small()).conforms
        assert agent.starts == 1
    finally:
        agent.close()


@pytest.mark.usefixtures("threaded")
@pytest.mark.parametrize("mode, ending, what", [
    ("hang-on-run", AgentTimeout, "no answer within 0.2 s"),
    ("stubborn-on-run", AgentTimeout, "no answer within 0.2 s"),
    ("crash-on-third", AgentCrash, "SIGSEGV"),
])
def test_deadlines_and_deaths(mode: str, ending: type[Exception], what: str) -> None:
    agent = AgentProcess(BackendChoice("emulator"), command=json.loads(agent_command(mode)))
    agent.description()
    start = time.monotonic()
    with pytest.raises(ending, match=what):
        for _ in range(3):
            agent.run(small(), timeout=5.0 if ending is AgentCrash else 0.2)
    assert time.monotonic() - start < 15 and not agent.alive
    agent.close()


def test_a_reader_that_does_not_read() -> None:
    """What nobody takes does not stop the sender, and its end is seen."""
    with Process([sys.executable, "-c", "import time; time.sleep(60)"], stdin=subprocess.PIPE,
                 stdout=subprocess.PIPE) as process:
        pipes = ThreadedPipes(process)
        pipes.send(b"x" * (1 << 22))
        with pytest.raises(Late):
            pipes.receive(1, time.monotonic() + 0.1)
        process.force()
        assert pipes.receive(1, time.monotonic() + 10) == b"" == pipes.receive(1, time.monotonic() + 10)


# --- the launcher ----------------------------------------------------------------------------------------------------


def test_launcher_names_what_pip_installs() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    assert {re.split(r"[>=]", name)[0] for name in declared} == set(needed.PACKAGES.values())


def test_launcher_is_a_file_of_windows() -> None:
    """Its interpreter wants its own line ends, and finds labels and nothing but ASCII."""
    data = (ROOT / "irqcts.cmd").read_bytes()
    assert data.count(b"\r\n") == data.count(b"\n") > 20 and data.isascii()
    text = data.decode()
    assert set(re.findall(r"(?:goto|call) :?(\w+)", text)) == set(re.findall(r"^:(\w+)\r$", text, re.MULTILINE))


def test_needed_says_the_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert needed.main() == 0
    monkeypatch.setitem(needed.PACKAGES, "no_such_module", "no-such-package")
    assert needed.main() == 1
    assert f'"{sys.executable}" -m pip install no-such-package' in capsys.readouterr().err
