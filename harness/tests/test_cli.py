# SPDX-License-Identifier: Apache-2.0
"""The command line: what it shows, and that every mistake is one sentence and status 2."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from conftest import HARNESS, SUITE, Irqcts, agent_command
from irqcts import wine_choice, wine_prefix
from irqcts.cli import group, may_write

PROGRAM = """irqcts-program 1
configure entries=2 messages=2
table-write 0.data 0x7
table-read 0.data => value=0x7 [ENTRY-READBACK]
"""


@pytest.mark.parametrize("command", ["", "run", "test", "list", "explain", "replay", "report", "merge", "backends",
                                     "doctor", "bench", "mutate", "completion"])
def test_help(irqcts: Irqcts, command: str) -> None:
    outcome = irqcts(*command.split(), "--help")
    assert outcome.status == 0 and "Usage: irqcts" in outcome.output and "Example" in outcome.output


@pytest.mark.parametrize("arguments, what", [
    (["explode"], "No such command"), (["run", "--backend", "no-such"], 'no backend "no-such"'),
    (["run", "--backend", "emulator:x=1"], 'no option "x"'), (["run", "--clause", "PEND-SETT"], "did you mean PEND-SET"),
    (["run", "--tests", "test_nothing.py::test_x"], "no test"), (["run", "--timeout", "0"], "more than 0"),
    (["run", "--jobs", "0"], "--jobs"), (["run", "--resume", "no-such"], "no-such"),
    (["explain", "PEND-SETT"], "did you mean PEND-SET"), (["list", "tests", "--clause", "NOPE"], "no clause"),
    (["replay", "no-such.txt"], "no-such.txt"), (["report", "no-such-folder"], "no-such-folder"),
    (["backends", "no-such"], "no backend"), (["merge", "only-one", "--out", "x"], "only-one"),
    (["completion", "tcsh"], "tcsh"), (["replay", sys.executable], "is no text"),
    (["run", "--backend", "emulator:fault"], "emulator:KEY=VALUE"), (["run", "--agent-command", "ssh"], "a JSON list"),
    (["bench", "--out", f"{sys.executable}/bench.json"], "cannot write"),
    (["mutate", "--out", f"{sys.executable}/score"], "cannot write"), (["bench", "--out", "."], "cannot write"),
    (["run", "--out", ""], "the name of the folder is empty"),
    (["soak", "--out", ""], "the name of the folder is empty"),
    (["run", "--clause", "pend"], "no clause 'pend'; did you mean PEND?"),
    (["list", "tests", "--clause", "pend"], "did you mean PEND?"),
    (["run", "--out", "n" * 300], "File name too long; name another folder"),
])
def test_a_mistake_is_one_sentence(irqcts: Irqcts, arguments: list[str], what: str) -> None:
    outcome = irqcts(*arguments)
    assert outcome.status == 2 and what in outcome.output, outcome.output
    assert "Traceback" not in outcome.output


def test_a_folder_that_may_not_be_searched_or_written(irqcts: Irqcts, monkeypatch: pytest.MonkeyPatch) -> None:
    """As another user's: what is in it cannot even be looked at."""
    theirs = irqcts.folder / "theirs"
    theirs.mkdir(mode=0)
    assert irqcts.run(out="done").status == 0
    log = (irqcts.folder / "done" / "results.jsonl").read_bytes()
    (irqcts.folder / "done" / "results.jsonl.resumed").mkdir()  # nor may root write that
    resumed = irqcts("run", "--resume", "done")
    assert resumed.status == 2 and "cannot write to done" in resumed.output and "Traceback" not in resumed.output
    assert (irqcts.folder / "done" / "results.jsonl").read_bytes() == log
    if os.geteuid() == 0:  # root may do everything; ask as the user would be answered
        monkeypatch.setattr(os.path, "exists", lambda path: theirs not in Path(path).parents)
        monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != theirs)
    assert not may_write(theirs) and not may_write(theirs / "a" / "b") and may_write(irqcts.folder / "new" / "file")
    for arguments in (["mutate", "--out", str(theirs / "score")], ["bench", "--out", str(theirs / "bench.json")]):
        done = CliRunner().invoke(group, arguments)
        assert done.exit_code == 2 and "cannot write" in done.output, done.output


def test_list(irqcts: Irqcts) -> None:
    listed = irqcts("list").output
    assert "test_small.py::test_masked  [PEND-SET]" in listed and len(listed.strip().splitlines()) == 3
    assert irqcts("list", "tests", "--clause", "PEND").output.strip().startswith("test_small.py::test_masked")
    tests = json.loads(irqcts("list", "--json").output)
    assert tests[0]["needs"]["entries"] == 2 and tests[0]["title"] == "A masked event sends nothing."
    assert "PEND-COALESCE " in irqcts("list", "clauses").output
    assert "emulator" in irqcts("list", "backends").output


def test_the_list_follows_the_suites(irqcts: Irqcts) -> None:
    """The cached list is of exactly this state of the suites."""
    assert len(irqcts("list").output.splitlines()) == 3
    irqcts.write("from irqcts import clauses\n@clauses('PEND-SET')\ndef test_new(machine): pass\n", "test_more.py")
    assert "test_more.py::test_new" in irqcts("list").output
    (irqcts.suites / "test_more.py").unlink()
    assert "test_new" not in irqcts("list").output


def test_list_of_what_cannot_be_collected(irqcts: Irqcts) -> None:
    irqcts.write("import no_such_module\n")
    outcome = irqcts("list")
    assert outcome.status == 2 and "no_such_module" in outcome.output and "Traceback" not in outcome.output


def test_the_page_on_writing_a_test_followed_by_a_new_user(irqcts: Irqcts) -> None:
    page = HARNESS.parent / "docs" / "writing-a-test.md"
    if not page.exists():
        pytest.skip("an installed package: the pages are elsewhere")
    found = re.search(r"^```python\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert found is not None
    irqcts.write(found[1], "test_NAME.py")
    assert "run --tests test_NAME.py::test_events_while_masked_coalesce`" in page.read_text("utf-8")
    outcome = irqcts.run("--tests", "test_NAME.py::test_events_while_masked_coalesce")
    assert outcome.status == 0 and outcome.verdicts == {"test_events_while_masked_coalesce": "PASS"}, outcome.output


def test_explain(irqcts: Irqcts) -> None:
    said = irqcts("explain", "pend-set").output
    assert re.search(r"rulings +\d+, and \d+ on other clauses that cite it\n +core/spec/rulings/PEND.txt:\d+ ", said)
    for what in ("PEND-SET", "level        M", "basis", "sources", "https://", "core/model/", "test_small.py::test_masked",
                 "run them: ./irqcts run --clause PEND-SET"):
        assert what in said, said
    assert "open point" in irqcts("explain", "ENABLE-OFF-EVENT").output
    assert re.search(r"tests +none: What an event announces is a write", irqcts("explain", "SEND-ORDER").output)


def test_replay(irqcts: Irqcts) -> None:
    path = irqcts.folder / "program.txt"
    path.write_text(PROGRAM, "utf-8")
    outcome = irqcts("replay", str(path))
    assert outcome.status == 0 and "conforms: 3 steps, 1 stated" in outcome.output
    assert irqcts("replay", "-", text=PROGRAM).status == 0
    wrong = irqcts("replay", "-", text=PROGRAM.replace("value=0x7", "value=0x8"))
    assert wrong.status == 1 and ">> 2" in wrong.output and "diverges at step 2" in wrong.output
    broken = irqcts("replay", "-", text=PROGRAM + "explode\n")
    assert broken.status == 2 and "line 5, column 1" in broken.output and "Traceback" not in broken.output


def test_replay_of_what_the_backend_cannot_do(irqcts: Irqcts) -> None:
    outcome = irqcts("replay", "-", text="irqcts-program 1\nconfigure entries=1 messages=1\nvfio-reset\n")
    assert outcome.status == 3 and "does not support vfio-reset" in outcome.output


def test_the_replay_command_of_a_failure_replays_it(irqcts: Irqcts) -> None:
    outcome = irqcts.run("--agent-command", agent_command("reads-zero"), "--tests", "test_small.py::test_reads_back",
                         out="two words")
    program = outcome.tests["test_small.py::test_reads_back"]["programs"][0]
    command = shlex.split(program["replay"])
    assert command[:2] == ["./irqcts", "replay"]
    assert irqcts(*command[1:]).status == 0, "the true emulator conforms"


def test_backends(irqcts: Irqcts) -> None:
    assert "emulator" in irqcts("backends").output
    said = irqcts("backends", "emulator").output
    assert "table-bar=" in said and "entries_max            2048" in said


def test_the_backend_windows_is_known_on_linux(irqcts: Irqcts, monkeypatch: pytest.MonkeyPatch) -> None:
    """With Wine it is listed with its options; without, every list says what it needs."""
    assert re.search(r"^windows +\S", irqcts("backends").output, re.MULTILINE)
    said = irqcts("backends", "windows").output
    for what in ("wine=yes", "device=IRQCTS\\SIMULATED", "fault=ID", "locking=", "needs",
                 "run --backend windows --wine"):
        assert what in said, said
    source = HARNESS.parent / "backends" / "windows" / "client" / "client.c"
    if source.exists():  # not beside an installed package
        table = source.read_text("utf-8").partition("option_help[] = {")[2].partition("NULL}")[0]
        ours = {line.partition("=")[0] for line in wine_choice.OPTION_HELP}
        assert {"device", "fault"} <= set(re.findall(r'^ *"(\w+)=', table, re.MULTILINE)) <= ours
    assert "backend windows" in irqcts("doctor").output
    monkeypatch.setattr(wine_prefix, "client", lambda: Path("/somewhere/irqcts_windows.dll"))
    listed = CliRunner().invoke(group, ["list", "backends", "--json"])
    assert json.loads(listed.output)["windows"] == "/somewhere/irqcts_windows.dll"

    def none() -> Path:
        raise wine_prefix.WineError("Wine is not installed: apt-get install wine64")

    monkeypatch.setattr(wine_prefix, "client", none)
    assert "windows" not in CliRunner().invoke(group, ["list", "backends"]).output
    for arguments in (["backends"], ["backends", "windows"]):
        assert "Wine is not installed: apt-get" in CliRunner().invoke(group, arguments).output


def test_completion(irqcts: Irqcts) -> None:
    for shell in ("bash", "zsh", "fish"):
        outcome = irqcts("completion", shell)
        assert outcome.status == 0 and "_IRQCTS_COMPLETE" in outcome.output


def test_completion_of_clauses_and_tests(irqcts: Irqcts, monkeypatch: pytest.MonkeyPatch) -> None:
    def completed(line: str) -> str:
        monkeypatch.setenv("COMP_WORDS", line)
        monkeypatch.setenv("COMP_CWORD", str(len(line.split()) - 1))
        monkeypatch.setenv("_IRQCTS_COMPLETE", "bash_complete")
        return irqcts().output

    assert "plain,PEND-SET" in completed("irqcts explain pend-s")
    assert "plain,PEND-COALESCE" in completed("irqcts run --clause PEND-C")
    assert completed("irqcts run --tests test_small.py::test_m").strip() == "plain,test_small.py::test_masked"
    irqcts.write("import no_such_module\n")
    assert completed("irqcts run --tests test").strip() == "", "no sentence may end up in the shell's line"


@pytest.fixture
def rendering(irqcts: Irqcts) -> Irqcts:
    """With the real renderers in place of the stand-in."""
    package = irqcts.folder / "python" / "irqcts_reports"
    shutil.rmtree(package)
    package.symlink_to(HARNESS.parent / "reports" / "irqcts_reports", target_is_directory=True)
    return irqcts


def test_report_prints_other_renderings(rendering: Irqcts) -> None:
    good = str(rendering.run(out="good").folder)
    rendering.write(SUITE.replace("poll({1: 1})", "poll({1: 2})"))
    bad = str(rendering.run(out="bad").folder)
    compared = rendering("report", bad, "--compare", good)
    assert compared.status == 1 and "new non-conformances: 1" in compared.output, compared.output
    assert rendering("report", good, "--compare", bad).status == 0
    assert "TEST_CASE_ID=test_small.py.test_masked RESULT=" in rendering("report", good, "--lava").output
    kcidb = json.loads(rendering("report", good, "--kcidb", "lab:1").output)
    assert {test["status"] for test in kcidb["tests"]} == {"PASS"}
    for arguments, what in ((("--kcidb", "lab"), "ORIGIN:NAME"), (("--lava", "--compare", bad), "give one of them"),
                            (("--any-specification",), "--compare"), (("--compare", "none"), "none")):
        outcome = rendering("report", good, *arguments)
        assert outcome.status == 2 and what in outcome.output and "Traceback" not in outcome.output, outcome.output


def test_a_log_that_is_none_is_bad_input(rendering: Irqcts) -> None:
    """One sentence that says where, and status 2, of everything that reads the log."""
    path = rendering.run(out="good").folder / "results.jsonl"
    text = path.read_text("utf-8")
    assert rendering("report", "good").status == 0
    for wrong, where in ((text.replace('"verdict": "PASS"', '"verdict": "FINE"', 1), "line 2: the test"),
                         (text.replace('"duration_s": ', '"duration_s": -', 1), "line 2: duration_s")):
        assert wrong != text
        path.write_text(wrong, "utf-8")
        outcome = rendering("report", "good")
        assert outcome.status == 2 and where in outcome.output and "complete" not in outcome.output, outcome.output
    path.write_text(text, "utf-8")
    (path.parent / "report.md").unlink()
    (path.parent / "report.md").mkdir()
    outcome = rendering("report", "good")
    assert outcome.status == 2 and "cannot write to good: Is a directory" in outcome.output, outcome.output


def test_doctor(irqcts: Irqcts) -> None:
    outcome = irqcts("doctor")
    assert outcome.status == 0 and "backend emulator" in outcome.output and "interpreter" in outcome.output
