# SPDX-License-Identifier: Apache-2.0
"""Completion as a person sees it: an interactive bash, typed into."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import sys
import time
from collections.abc import Iterator

import pytest

from conftest import Irqcts

pytestmark = [pytest.mark.skipif(shutil.which("bash") is None, reason="not tested: bash is not installed"),
              pytest.mark.timeout(120)]


class Shell:
    """A bash on a terminal of its own, with irqcts on its path and its completion loaded."""

    def __init__(self, irqcts: Irqcts) -> None:
        commands = irqcts.folder / "bin"
        commands.mkdir()
        (commands / "irqcts").write_text(f"#!/bin/sh\nexec {sys.executable} -m irqcts \"$@\"\n", "utf-8")
        (commands / "irqcts").chmod(0o755)
        script = irqcts.folder / "completion.bash"
        script.write_text(irqcts("completion", "bash").output, "utf-8")
        irqcts("list")  # the list of tests is made once, and not while somebody waits for it
        environment = {**irqcts.environment(), "PATH": f"{commands}:{os.environ['PATH']}", "TERM": "dumb",
                       "INPUTRC": os.devnull, "HISTFILE": os.devnull}
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(irqcts.folder)
            os.execvpe("bash", ["bash", "--norc", "--noprofile", "-i"], environment)
        # Control-T shows the line as readline has it, control-U takes it away.
        self.typed("bind 'set bell-style none'; bind 'set enable-bracketed-paste off'\n"
                   "bind -x '\"\\C-t\": printf \"[[%s]]\" \"$READLINE_LINE\"'\n"
                   f". {script}; echo load''ed\n", b"loaded")

    def typed(self, text: str, until: bytes, seconds: float = 30) -> str:
        """What the terminal shows from now on until it has shown `until` behind what was typed."""
        os.write(self.terminal, text.encode())
        shown = b""
        end = time.monotonic() + seconds
        while until not in shown:
            if not select.select([self.terminal], [], [], max(0.0, end - time.monotonic()))[0]:
                pytest.fail(f"bash shows {shown!r} and not {until!r}")
            shown += os.read(self.terminal, 4096)
        return shown.decode("utf-8", "replace")

    def line(self, text: str) -> str:
        """What the line has become after a tab."""
        shown = self.typed(text + "\t\x14", b"]]")
        os.write(self.terminal, b"\x15")
        return re.findall(r"\[\[(.*?)\]\]", shown)[-1]

    def close(self) -> None:
        os.close(self.terminal)  # bash ends with its terminal
        os.waitpid(self.pid, 0)


@pytest.fixture
def shell(irqcts: Irqcts) -> Iterator[Shell]:
    made = Shell(irqcts)
    yield made
    made.close()


def test_ids_with_colons(shell: Shell) -> None:
    """What is completed replaces what was typed, colons and all."""
    for typed, becomes in (
            ("irqcts run --tests test_sm", "irqcts run --tests test_small.py::test_"),
            ("irqcts run --tests test_small.py::test_m", "irqcts run --tests test_small.py::test_masked "),
            ("irqcts run --tests test_small.py::", "irqcts run --tests test_small.py::test_"),
            ("irqcts run --tests test_small.py:", "irqcts run --tests test_small.py::test_"),
            ("irqcts run --tests=test_small.py::test_r", "irqcts run --tests=test_small.py::test_reads_back "),
            ("irqcts run --tests test_small.py::test_masked --tests test_small.py::test_d",
             "irqcts run --tests test_small.py::test_masked --tests test_small.py::test_delivers ")):
        assert shell.line(typed) == becomes


def test_words_without_colons(shell: Shell) -> None:
    for typed, becomes in (("irqcts expl", "irqcts explain "), ("irqcts explain PEND-SE", "irqcts explain PEND-SET "),
                           ("irqcts run --shar", "irqcts run --shard "),
                           ("irqcts explain NO-SUCH", "irqcts explain NO-SUCH")):
        assert shell.line(typed) == becomes
