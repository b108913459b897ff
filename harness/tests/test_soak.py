# SPDX-License-Identifier: Apache-2.0
"""irqcts soak: failures found, shrunk, written down and found again by their seed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from irqcts.agent import AgentProcess, BackendChoice
from irqcts.cli import Problem, soak
from irqcts.program import Program


def run(*arguments: Any) -> Result:
    return CliRunner().invoke(soak.command, [str(a) for a in arguments])


def test_a_right_device_is_soaked_until_the_time_is_over(tmp_path: Path) -> None:
    done = run("--seconds", 0.5, "--run-seed", 3, "--out", tmp_path)
    assert done.exit_code == 0, done.output
    closing = re.search(r"(\d+) programs, \d+ steps, (\d+) clauses reached, none failed", done.output)
    assert closing is not None, done.output
    programs, clauses = closing.groups()
    assert int(programs) > 10 and int(clauses) > 20
    assert not list(tmp_path.iterdir())


def test_a_failure_is_shrunk_and_its_seed_finds_it_again(tmp_path: Path) -> None:
    out = tmp_path / "two words"
    first = run("--backend", "emulator:fault=K10", "--seconds", 20, "--run-seed", 3, "--out", out)
    assert first.exit_code == 1 and "violation of" in first.output, first.output
    seed = re.search(r"^seed (\S+):", first.output, re.M)[1].rstrip(":")
    (saved,) = out.iterdir()
    assert f"\n./irqcts replay --backend emulator:fault=K10 '{saved}'\n" in first.output
    small = Program.from_text(saved.read_text())
    assert len(small) <= 12 and "shrunk from" in first.output
    again = run("--backend", "emulator:fault=K10", "--seed", seed, "--out", tmp_path / "again")
    assert again.exit_code == 1 and "1 programs" in again.output
    assert (tmp_path / "again" / saved.name).read_text() == saved.read_text()


@pytest.mark.parametrize("text", ["12", "5:12", "5:0x", "5:0x11111111111111111", "x:0x1"])
def test_what_is_no_seed_is_refused(text: str) -> None:
    done = run("--seed", text)
    assert done.exit_code == 2 and "is no seed" in str(done.output)


def test_a_seed_of_another_generator_is_refused_with_the_reason() -> None:
    with pytest.raises(Problem, match="made by version 1 of the generator"):
        soak.read("1:0x5")
    assert soak.read(soak.written(5)) == 5


FAILING = ("irqcts-program 1\nconfigure entries=2 messages=2\nstart\nget-size\nget-size\nget-size\nget-size\n"
           "raise 1\nraise 1\npoll\n")


class Dying:
    """Fails once, and does not answer any more when it is shrunk."""

    def __init__(self) -> None:
        self.agent = AgentProcess(BackendChoice("emulator", "fault=K10"))
        self.runs = 0

    def run(self, program: Program) -> Any:
        self.runs += 1
        if self.runs > 3:
            raise soak.AgentTimeout("it does not answer")
        return self.agent.run(program)


def test_a_backend_that_stops_answering_while_shrinking() -> None:
    dying = Dying()
    try:
        program = Program.from_text(FAILING)
        failure, _ = soak.failure_of(dying, program)  # type: ignore[arg-type]
        assert failure is not None
        small, said = soak.shrunk(dying, program, failure, 0, 1)  # type: ignore[arg-type]
        assert "stopped answering" in said and small.text() == program.text()
        assert dying.runs <= 3 + soak.ENDINGS_MAX + 1
    finally:
        dying.agent.close()


class Interrupted(Dying):
    """Ctrl-C comes while a program runs."""

    def run(self, program: Program) -> Any:
        self.runs += 1
        if self.runs == 4:
            raise KeyboardInterrupt
        return self.agent.run(program)


def test_ctrl_c_while_shrinking_is_not_lost_in_the_library() -> None:
    interrupted = Interrupted()
    try:
        program = Program.from_text(FAILING)
        failure, _ = soak.failure_of(interrupted, program)  # type: ignore[arg-type]
        assert failure is not None
        with pytest.raises(KeyboardInterrupt):
            soak.shrunk(interrupted, program, failure, 0, 1)  # type: ignore[arg-type]
        assert interrupted.runs == 4
    finally:
        interrupted.agent.close()


class Flaky:
    """Fails in every other run."""

    def __init__(self) -> None:
        self.good, self.bad = (AgentProcess(BackendChoice("emulator", o)) for o in ("", "fault=K10"))
        self.runs = 0

    def run(self, program: Program) -> Any:
        self.runs += 1
        return (self.bad if self.runs % 2 else self.good).run(program)


def test_an_intermittent_device_is_given_several_tries() -> None:
    flaky = Flaky()
    try:
        program = Program.from_text("irqcts-program 1\nconfigure entries=2 messages=2\nstart\nget-size\nget-size\n"
                                    "get-size\nraise 1\nraise 1\npoll\nget-size\n")
        failure, _ = soak.failure_of(flaky, program)  # type: ignore[arg-type]
        assert failure is not None
        small, said = soak.shrunk(flaky, program, failure, 0, 4)  # type: ignore[arg-type]
        assert "a trial counts if one of 4 fails" in said and "failed in 2 of its last 4 runs" in said
        assert "get-size" not in small.text()
    finally:
        flaky.good.close()
        flaky.bad.close()
