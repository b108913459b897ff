# SPDX-License-Identifier: Apache-2.0
"""results.jsonl through everything that can happen to a run: killed, interrupted, resumed, cut in shards."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from click.testing import CliRunner

from conftest import Irqcts, agent_command
from irqcts import results
from irqcts.cli import bench, group, mutate

MANY = '''
import pytest
from irqcts import clauses, mandatory
@pytest.mark.parametrize("number", range(12))
@clauses("ENTRY-READBACK")
def test_each(machine, number):
    """One of a dozen."""
    machine.check(machine.program().table_write(0, "data", number).table_read(0, "data", expect=number))
@clauses()
@mandatory
def test_always(machine):
    """In every shard."""
    machine.check(machine.program().get_size())
'''
SLOW = MANY.replace("    machine.check", "    import time; time.sleep(0.3)\n    machine.check")


def test_every_record_is_flushed(irqcts: Irqcts) -> None:
    """A run killed in the middle leaves whole lines of what was judged, and can be resumed."""
    irqcts.write(SLOW)
    out = irqcts.folder / "out"
    with subprocess.Popen(irqcts.command("run", "--out", str(out)), cwd=irqcts.folder, env=irqcts.environment(),
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        _wait_for_lines(out / "results.jsonl", 4)
        process.kill()
    lines = (out / "results.jsonl").read_text("utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    assert records[0]["type"] == "run" and 3 <= len(records) < 14 and records[-1]["type"] == "test"
    with (out / "results.jsonl").open("a", encoding="utf-8") as stream:
        stream.write('{"type": "test", "id": "torn')
    outcome = irqcts("run", "--resume", str(out))
    assert outcome.status == 0, outcome.output
    identifiers = [r["id"] for r in outcome.records if r["type"] == "test"]
    assert len(identifiers) == len(set(identifiers)) == 13
    assert outcome.records[1:len(records)] == records[1:], "what was judged stays"
    assert outcome.end["counts"]["PASS"] == 13 and not outcome.end["interrupted"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_leaves_readable_results_and_no_process(irqcts: Irqcts, number: int) -> None:
    irqcts.write(SLOW)
    out = irqcts.folder / "out"
    with subprocess.Popen(irqcts.command("run", "--out", str(out)), cwd=irqcts.folder, env=irqcts.environment(),
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          preexec_fn=_interruptible) as process:
        _wait_for_lines(out / "results.jsonl", 4)
        children = psutil.Process(process.pid).children(recursive=True)
        assert children, "the agent runs"
        process.send_signal(number)
        output = process.communicate(timeout=20)[0]
    assert process.returncode == 3 and "--resume" in output and "Traceback" not in output, output
    records = [json.loads(line) for line in (out / "results.jsonl").read_text("utf-8").splitlines()]
    assert records[-1]["type"] == "end" and records[-1]["interrupted"] is True
    assert records[-1]["counts"]["MISS"] > 0
    missed = [r for r in records if r.get("verdict") == "MISS" and "test_each" in r["id"]]
    about = {(*r["clauses"], r["family"], r["title"]) for r in missed}
    assert about == {("ENTRY-READBACK", "ENTRY", "One of a dozen.")}, missed
    assert sum(records[-1]["counts"].values()) == 13, "each selected test has a verdict"
    assert not any(child.is_running() for child in children)
    outcome = irqcts("run", "--resume", str(out))
    assert outcome.status == 0 and outcome.end["counts"]["MISS"] == 0 and outcome.end["counts"]["PASS"] == 13


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("where", ["collection", "opening"])
def test_an_interrupt_before_the_first_test(irqcts: Irqcts, number: int, where: str) -> None:
    """While a module is imported, and while the backend is opened; both are a slow start, and neither a mistake."""
    here = irqcts.folder / "here"
    arguments = ["run", "--out", "out"]
    if where == "collection":
        irqcts.write(f"import pathlib, time\npathlib.Path({str(here)!r}).write_text('1')\ntime.sleep(20)\n")
    else:
        silent = f"import pathlib, time; pathlib.Path({str(here)!r}).write_text('1'); time.sleep(20)"
        arguments += ["--agent-command", json.dumps([sys.executable, "-c", silent])]
    status, output = _interrupted(irqcts, here, number, *arguments)
    assert status == 3 and output.strip() == "irqcts: interrupted before the first test", output


@pytest.mark.parametrize("arguments, status", [(["list"], 130), (["run", "--dry-run"], 3)], ids=["list", "dry-run"])
def test_an_interrupt_while_tests_are_listed(irqcts: Irqcts, arguments: list[str], status: int) -> None:
    here = irqcts.folder / "here"
    irqcts.write(f"import pathlib, time\npathlib.Path({str(here)!r}).write_text('1')\ntime.sleep(20)\n")
    ended, output = _interrupted(irqcts, here, signal.SIGINT, *arguments)
    assert ended == status and output.strip().startswith("irqcts: interrupted") and "collected" not in output, output


@pytest.mark.parametrize("arguments, said", [
    (["soak", "--out", "out"], r"interrupted\n0 programs, 0 steps, 0 clauses reached, none failed"),
    (["soak", "--threads", "2", "--out", "out"], r"interrupted\n0 histories, 0 calls"),
    (["replay", "program.txt"], "irqcts: interrupted"),
], ids=["soak", "threads", "replay"])
def test_an_interrupt_is_no_finding(irqcts: Irqcts, tmp_path: Path, arguments: list[str], said: str) -> None:
    """Where 1 would be a non-conformance, an interruption has a status of its own."""
    here = tmp_path / "here"
    # A QEMU that never answers: what a backend of this machine may take long for.
    slow = tmp_path / "slow"
    slow.write_text(f"#!/bin/sh\necho 1 >{here}\nexec sleep 20\n", "utf-8")
    slow.chmod(0o755)
    (tmp_path / "program.txt").write_text("irqcts-program 1\nconfigure entries=1 messages=1\n", "utf-8")
    status, output = _interrupted(irqcts, here, signal.SIGINT, *arguments, "--backend", "qemu", "--device", "rocker",
                                  "--qemu", str(slow))
    assert status == 130 and re.search(said, output) and "Traceback" not in output, output


def test_an_interrupted_mutation_run_or_measurement(irqcts: Irqcts, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_arguments: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(mutate, "_judge", interrupt)
    monkeypatch.setattr(bench, "measured", interrupt)
    for command, said in (("mutate", "no score is written"), ("bench", "no figures are written")):
        done = CliRunner().invoke(group, [command, "--out", str(irqcts.folder / "new")])
        assert done.exit_code == 130 and said in done.output and "Aborted" not in done.output, done.output
        assert not (irqcts.folder / "new").exists()


def test_what_several_processes_missed_is_known(irqcts: Irqcts) -> None:
    """Interrupted while each is in its first test: none of them ends in order, and what the tests are is known."""
    irqcts.write(SLOW.replace("time.sleep(0.3)", "time.sleep(20)"))
    out = irqcts.folder / "out"
    status, output = _interrupted(irqcts, out / "results.jsonl", signal.SIGINT, "run", "--out", "out", "--jobs", "2")
    assert status == 3 and "Traceback" not in output, output
    records = [json.loads(line) for line in (out / "results.jsonl").read_text("utf-8").splitlines()]
    missed = [r for r in records if r.get("verdict") == "MISS" and "test_each" in r["id"]]
    assert len(missed) == 12 and {(*r["clauses"], r["family"], r["title"]) for r in missed} == \
        {("ENTRY-READBACK", "ENTRY", "One of a dozen.")}, missed


def test_a_run_is_continued_as_it_was_begun(irqcts: Irqcts, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the command that is printed, word for word, in a terminal of 80 columns, and nothing else given."""
    irqcts.write(SLOW)
    monkeypatch.setattr(irqcts, "environment", lambda: {**Irqcts.environment(irqcts), "COLUMNS": "80"})
    name = "a folder with a name of several words that is longer than a line"
    out = irqcts.folder / name
    status, output = _interrupted(irqcts, out / "results.jsonl", signal.SIGINT, "run", "--out", name, "--backend",
                                  "emulator:table-bar=2", "--seed", "7", "--clause", "ENTRY", "-k", "not 11",
                                  "--timeout", "9", "--no-shrink", lines=4)
    assert status == 3
    command = re.search(r"continue with: (.*)\n", output)
    assert command is not None
    words = shlex.split(command[1])
    assert words == ["./irqcts", "run", "--resume", name, "--timeout", "9.0", "--no-shrink"]
    outcome = irqcts(*words[1:], out=name)
    assert outcome.status == 0, outcome.output
    assert outcome.end["counts"]["PASS"] == 11 and sum(outcome.end["counts"].values()) == 11, "the selection is kept"
    refused = irqcts("run", "--resume", name, "--device", "rocker")
    assert refused.status == 2 and "continued on emulator:table-bar=2; leave --device away" in refused.output
    assert "leave --out away" in irqcts("run", "--resume", name, "--out", "b").output
    other = irqcts("run", "--resume", name, "--seed", "8")
    assert other.status == 2 and "another seed (7, now 8)" in other.output


def _interrupted(irqcts: Irqcts, here: Path, number: int, *arguments: str, lines: int = 1) -> tuple[int, str]:
    """Status and output of a command that gets the signal once so many lines are in `here`."""
    with subprocess.Popen(irqcts.command(*arguments), cwd=irqcts.folder, env=irqcts.environment(),
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          preexec_fn=_interruptible) as process:
        _wait_for_lines(here, lines)
        process.send_signal(number)
        output = process.communicate(timeout=20)[0]
    return process.returncode, output


def test_a_hanging_agent_does_not_outlive_an_interrupt(irqcts: Irqcts, monkeypatch: pytest.MonkeyPatch) -> None:
    pids = irqcts.folder / "pids"
    monkeypatch.setenv("TAMPERING_PIDS", str(pids))
    with subprocess.Popen(irqcts.command("run", "--out", "out", "--agent-command", agent_command("hang-on-run")),
                          cwd=irqcts.folder, env=irqcts.environment(), stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, preexec_fn=_interruptible) as process:
        _wait_for_lines(pids, 1)
        family = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGINT)
        process.wait(20)
    assert family and not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in family)


def _interruptible() -> None:
    """What starts the tests may ignore SIGINT, as a shell does for what it puts in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _wait_for_lines(path: Path, count: int) -> None:
    deadline = time.monotonic() + 20
    while not path.exists() or len(path.read_bytes().splitlines()) < count:
        assert time.monotonic() < deadline, "the run does not get on"
        time.sleep(0.02)


def test_a_run_folder_is_not_overwritten(irqcts: Irqcts) -> None:
    assert irqcts.run().status == 0
    again = irqcts.run()
    assert again.status == 2 and "already holds a run" in again.output and "Traceback" not in again.output


def test_resume_refuses_another_run(irqcts: Irqcts) -> None:
    assert irqcts.run("--tests", "test_small.py::test_masked").status == 0
    out = str(irqcts.folder / "out")
    for arguments, what in ((("--seed", "2"), "seed"), (("--backend", "emulator:table-bar=4"), "backend")):
        outcome = irqcts("run", "--resume", out, *arguments)
        assert outcome.status == 2 and f"another {what}" in outcome.output
    irqcts.write(MANY)
    assert "another suite" in irqcts("run", "--resume", out).output


def test_resume_of_nothing(irqcts: Irqcts) -> None:
    outcome = irqcts("run", "--resume", str(irqcts.folder / "nowhere"))
    assert outcome.status == 2 and "name a run folder" in outcome.output


def test_an_unwritable_folder(irqcts: Irqcts) -> None:
    locked = irqcts.folder / "locked"
    locked.mkdir()
    (locked / "file").write_text("not a folder", "utf-8")
    locked.chmod(stat.S_IRUSR | stat.S_IXUSR)
    for out in ("locked/file/out",) + (("locked/out",) if os.geteuid() != 0 else ()):
        outcome = irqcts.run(out=out)
        assert outcome.status == 2 and "cannot write to" in outcome.output and "--out" in outcome.output
        assert "Traceback" not in outcome.output
    locked.chmod(stat.S_IRWXU)


def test_shards_cover_everything_once(irqcts: Irqcts) -> None:
    irqcts.write(MANY)
    parts = [irqcts.run("--shard", f"{i}/3", out=f"part{i}") for i in (1, 2, 3)]
    assert all(part.status == 0 for part in parts)
    each = [set(part.tests) - {"test_small.py::test_always"} for part in parts]
    assert sum(map(len, each)) == len(set.union(*each)) == 12
    assert all("test_small.py::test_always" in part.tests for part in parts), "in every shard"
    assert irqcts.run("--shard", "2/3", out="again").verdicts == parts[1].verdicts, "the same everywhere"
    merged = irqcts("merge", "part1", "part2", "part3", "--out", str(irqcts.folder / "whole"), out="whole")
    assert merged.status == 0 and len(merged.tests) == 13 and merged.end["counts"]["PASS"] == 13, merged.output
    again = irqcts("merge", "part1", "part2", "part3", "--out", "whole")
    assert again.status == 2 and again.output == "irqcts: whole already holds a run; name another folder with --out\n"


@pytest.mark.parametrize("shard", ["0/3", "4/3", "1", "x/y", "1/0"])
def test_a_shard_that_is_none(irqcts: Irqcts, shard: str) -> None:
    outcome = irqcts.run("--shard", shard)
    assert outcome.status == 2 and "I/N" in outcome.output and not outcome.records


def test_merge_refuses_what_does_not_belong_together(irqcts: Irqcts) -> None:
    irqcts.write(MANY)
    for name, arguments in (("a", ("--shard", "1/2")), ("b", ("--shard", "2/2", "--seed", "9")),
                            ("c", ("--shard", "2/2", "--backend", "emulator:pba-bar=4")), ("d", ("--shard", "1/3",))):
        assert irqcts.run(*arguments, out=name).status == 0
    for other, what in (("b", "seed"), ("c", "backend identity"), ("d", "shards"), ("a", "shards")):
        outcome = irqcts("merge", "a", other, "--out", f"with-{other}")
        assert outcome.status == 2 and what in outcome.output, outcome.output
        assert not (irqcts.folder / f"with-{other}").exists()


def test_merge_refuses_a_folder_named_twice(irqcts: Irqcts) -> None:
    irqcts.run(out="a")
    outcome = irqcts("merge", "a", "./a", "--out", "whole")
    assert outcome.status == 2 and "named twice" in outcome.output, outcome.output


def test_a_test_without_an_end_is_a_miss(irqcts: Irqcts) -> None:
    """A process of pytest-xdist that dies takes its test with it, and nobody may overlook that."""
    irqcts.write(MANY + '''
@clauses("ENTRY-READBACK")
def test_takes_its_process_along(machine):
    import os
    os._exit(9)
''')
    outcome = irqcts.run("--jobs", "2")
    assert outcome.verdicts["test_takes_its_process_along"] == "MISS"
    assert outcome.status == 3 and outcome.end["counts"]["MISS"] == 1
    assert len(outcome.tests) == 14
    (missed,) = [record for record in outcome.tests.values() if record["verdict"] == "MISS"]
    assert missed["clauses"] == ["ENTRY-READBACK"] and missed["family"] == "ENTRY"


def test_reading_what_is_no_log(tmp_path: Path) -> None:
    log = tmp_path / results.LOG
    for text, what in (("", "does not begin"), ("[]\n", "line 1"), ("{}\nnonsense\n{}\n", "line 2"),
                       ('{"type": "run", "schema": 99}\n', "schema")):
        log.write_text(text, "utf-8")
        with pytest.raises(results.ResultsError, match=what):
            results.read(tmp_path)


def test_a_log_is_lines_of_bytes(tmp_path: Path) -> None:
    """Line separators inside text, half a character from a device, and an end torn in the middle of one."""
    record = {"type": "test", "id": "t", "verdict": "FAIL", "programs": [], "clauses": [],
              "evidence": ["one\u2028line", "half \ud83d a character"]}
    log = results.Log.create(tmp_path, {"type": "run", "schema": results.SCHEMA})
    log.test(record)
    log._stream.close()
    path = tmp_path / results.LOG
    path.write_bytes(path.read_bytes() + '{"type": "test", "id": "torn", "title": "é'.encode()[:-1])
    _, tests = results.read(tmp_path)
    assert list(tests) == ["t"]
    assert tests["t"]["evidence"] == record["evidence"]


def test_the_first_record_says_what_ran_where(irqcts: Irqcts) -> None:
    first = irqcts.run("--seed", "7").records[0]
    assert first["type"] == "run" and first["schema"] == results.SCHEMA and first["seed"] == 7
    assert first["backend"]["identity"].startswith("emulator") and first["suite"]["digest"] and first["spec"]["digest"]
    assert first["environment"]["kernel"] and first["started"].endswith("+00:00")
