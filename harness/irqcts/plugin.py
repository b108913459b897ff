# SPDX-License-Identifier: Apache-2.0
"""The pytest plugin: the fixture `machine`, and a verdict for every test, written as it falls.

    pytest suites --backend emulator
    pytest suites --backend qemu:device=rocker --irqcts-out results/rocker

The process that controls the run writes results.jsonl; under pytest-xdist the others send it their
records with their reports.
"""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import json
import re
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest

from . import deviations, environment, host, results, specification
from .agent import AgentProcess, BackendChoice
from .declarations import Needs, declared_clauses, declared_needs, is_mandatory
from .library import LibraryError
from .machine import Machine
from .program import Message, ProgramError
from .shrinking import Shrinker
from .verdict import (Ending, HarnessError, NonConformance, NotTested, Verdict, empty_counts,
                      exit_status)

pytest_plugins = ["irqcts.guest_plugin"]

RECORD = "irqcts_record"
ABOUT = "irqcts_about"
RUN = pytest.StashKey["Run"]()
MACHINE = pytest.StashKey[Machine]()
START = pytest.StashKey[float]()
ENDED = pytest.StashKey[dict[str, Any]]()
#: What pytest itself makes of a verdict.
OUTCOMES = {
    Verdict.PASS: "passed", Verdict.WAIVED: "skipped", Verdict.NOT_APPLICABLE: "skipped",
    Verdict.NOT_TESTED: "skipped",
}
LETTERS = {
    Verdict.PASS: ".", Verdict.FAIL: "F", Verdict.WAIVED: "w", Verdict.XPASS: "X", Verdict.NOT_APPLICABLE: "a",
    Verdict.NOT_TESTED: "n", Verdict.INCONCLUSIVE: "?", Verdict.ERROR: "E", Verdict.TIMEOUT: "T",
    Verdict.CRASH: "C", Verdict.MISS: "M",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("irqcts", "MSI-X conformance")
    group.addoption("--backend", default="emulator", metavar="NAME[:KEY=VALUE,…]",
                    help="what to run against: a backend by name, or the path of its library")
    group.addoption("--agent-command", default=None, metavar="JSON",
                    help="another program that speaks the agent's frames, as a JSON list")
    group.addoption("--timeout-seconds", type=float, default=None, metavar="S", help="time limit of one program")
    group.addoption("--irqcts-out", type=Path, default=None, metavar="DIR", help="write results.jsonl to this folder")
    group.addoption("--irqcts-resume", action="store_true", help="continue the run in that folder")
    group.addoption("--deviations", type=Path, default=None, metavar="FILE",
                    help="declared deviations of the device (docs/deviations.md)")
    group.addoption("--no-shrink", action="store_true", help="leave failing programs as long as they are")
    group.addoption("--shard", default=None, metavar="I/N", help="run the I-th of N parts, I from 1")
    group.addoption("--clause", action="append", default=[], metavar="ID",
                    help="only tests that cover this clause, or clauses that begin so (PEND or PEND-SET)")
    group.addoption("--tests", action="append", default=[], metavar="ID", help="only the test of this id")
    group.addoption("--seed", type=int, default=1, metavar="N", help="seed of generated programs")
    group.addoption("--complete", default="0", choices=("none", "0", "1", "2"), metavar="K",
                    help="the complete suites: for at most K states more than the specification has; none: not at all")
    group.addoption("--save-programs", type=Path, metavar="FILE",
                    help="write every program that the tests run, as JSON, for mutation scoring")


class Run:
    """What one pytest process knows of the run."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.worker = hasattr(config, "workerinput")
        self.choice = BackendChoice.parse(config.getoption("backend"))
        command = config.getoption("agent_command")
        self.agent = AgentProcess(self.choice, command=parse_command(command))
        if config.getoption("timeout_seconds"):
            self.agent.run_seconds = config.getoption("timeout_seconds")
        #: Only a log shows shrunk programs.
        self.shrinker = (None if config.getoption("no_shrink") or config.getoption("irqcts_out") is None
                         else Shrinker(self.agent))
        self.selected: list[str] = []
        self.counts = empty_counts()
        self.recorded: set[str] = set()
        self.families: dict[str, dict[str, int]] = {}
        self.log: results.Log | None = None
        self.resumed: set[str] = set()
        self.deviations = deviations.Deviations()
        self.programs: dict[str, list[str]] = {}
        self.whole_suite = True
        self.known: set[str] = set()  # before any selection
        self.about: dict[str, dict[str, Any]] = {}  # of selected tests: clauses, family, title
        self.told: tempfile.TemporaryDirectory[str] | None = None  # where the processes of pytest-xdist say that
        self.chosen = False  # the selection was made without an error
        self.opened = False

    def open(self, selected: list[str]) -> None:
        """Once the tests are known: the deviations, and the log's first record."""
        if self.opened:
            return
        self.opened = True
        self.selected = selected
        getoption = self.config.getoption
        if getoption("deviations") is None and getoption("irqcts_out") is None:
            return
        try:
            description = self.agent.description()
            if getoption("numprocesses", None) and "parallel" not in description.properties:
                raise pytest.UsageError(f"only one instance of {self.choice.name} may run at a time; leave --jobs away")
            if getoption("deviations") is not None:
                self.deviations = deviations.load(getoption("deviations"), description.identity,
                                                  self.known or None)
            if getoption("irqcts_out") is None:
                return
            folder = getoption("irqcts_out")
            record = run_record(self, description.as_json())
            if getoption("irqcts_resume"):
                self.log = results.Log.resume(folder, record)
                self.counts = self.log.counts
                self.recorded = set(self.log.ids)
            else:
                self.log = results.Log.create(folder, record)
                self.counts = self.log.counts
        except (Ending, results.ResultsError, deviations.DeviationsError, specification.SpecificationMissing,
                LibraryError) as error:
            self.agent.close()
            raise pytest.UsageError(str(error)) from error

    def tell_about(self) -> None:
        """To the controller, before it hears which tests there are; not with the end, which may never come."""
        Path(self.config.workerinput[ABOUT]).write_text(json.dumps(self.about), "utf-8")  # type: ignore[attr-defined]

    def record(self, record: dict[str, Any]) -> None:
        """One finished test: the deviations' word on it, then the log."""
        self.deviations.apply(record)
        self.add(record)

    def add(self, record: dict[str, Any]) -> None:
        self.recorded.add(record["id"])
        family = self.families.setdefault(record["family"], {})
        family[record["verdict"]] = family.get(record["verdict"], 0) + 1
        record.setdefault("backend", str(self.choice))
        if self.log is not None:
            self.log.test(record)
        else:
            record.pop("backend", None)
            self.counts[record["verdict"]] += 1

    def finish(self, interrupted: bool) -> None:
        """Tests without a record become MISS, the deviations have their last word, the log ends."""
        for identifier in self.selected:
            if identifier not in self.recorded:
                why = "the run was interrupted before this test ended" if interrupted else \
                    "the test was selected and never reported an end"
                self.add({**closing_record(identifier, Verdict.MISS, why), **self.about.get(identifier, {})})
        if not interrupted and self.selected:
            for record in self.deviations.closing_records(self.whole_suite):
                self.add(record)
        if self.log is not None:
            self.log.end(interrupted)


def closing_record(identifier: str, verdict: Verdict, why: str) -> dict[str, Any]:
    return {"type": "test", "id": identifier, "verdict": verdict.value, "clauses": [], "duration_s": 0.0,
            "family": "RUN", "title": identifier, "attribution": {"cause": "environment", "why": why},
            "evidence": [], "programs": [], "covered": [], "waiver": None}


def run_record(run: Run, description: dict[str, Any]) -> dict[str, Any]:
    shard = parse_shard(run.config.getoption("shard"))
    return {
        "type": "run", "schema": results.SCHEMA, "suite": environment.suite(),
        "spec": {"digest": specification.digest(), "clauses": len(specification.clauses())},
        "seed": run.config.getoption("seed"), "backend": {**description, "choice": str(run.choice)},
        "shard": None if shard is None else {"index": shard[0], "count": shard[1]},
        "selection": {"clauses": run.config.getoption("clause"), "tests": run.config.getoption("tests"),
                      "keyword": run.config.getoption("keyword") or None,
                      "complete": run.config.getoption("complete")},
        "selected": sorted(run.selected), "environment": environment.machine(),
        "deviations": str(run.deviations.path) if run.deviations.path else None,
        "started": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        # Reports read nothing but this log: what the clauses say travels with it.
        "clauses": {clause.id: {"family": clause.family, "level": clause.level, "basis": list(clause.basis),
                                "text": clause.text, "views": list(clause.views),
                                "observables": list(clause.observables),
                                **({"untested": clause.untested} if clause.untested else {})}
                    for clause in specification.clauses().values()},
    }


# --- names ---------------------------------------------------------------------------------------


def stable_id(nodeid: str) -> str:
    """test_pending.py::test_x[y], from whatever folder pytest was started in."""
    path, separator, rest = nodeid.partition("::")
    return path.rsplit("/", 1)[-1] + separator + rest


def parse_command(text: str | None) -> list[str] | None:
    if text is None:
        return None
    try:
        words = json.loads(text)
    except ValueError:
        words = None
    if not isinstance(words, list) or not words or not all(isinstance(word, str) for word in words):
        raise pytest.UsageError(f"--agent-command {text}: write a JSON list, as in '[\"ssh\", \"box\"]'")
    return words


def parse_shard(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    match = re.fullmatch(r"(\d+)/(\d+)", text)
    if match is None or not 1 <= int(match[1]) <= int(match[2]):
        raise pytest.UsageError(f"--shard {text}: write I/N with I from 1 to N, as in --shard 1/4")
    return int(match[1]), int(match[2])


def in_shard(identifier: str, shard: tuple[int, int]) -> bool:
    """By a hash of the id, so that a test is in the same shard everywhere."""
    number = int.from_bytes(hashlib.sha256(identifier.encode()).digest()[:8], "big")
    return number % shard[1] == shard[0] - 1


def in_every_shard(item: pytest.Item) -> bool:
    """Tests of the backend itself: without them a shard's verdicts could not be believed."""
    return is_mandatory(getattr(item, "function", None)) or stable_id(item.nodeid).startswith("test_honesty.py::")


def item_needs(item: pytest.Item) -> Needs:
    """A need written "{name}" is the value of that parameter of the test."""
    declared = declared_needs(getattr(item, "function", None))
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    changed = {each.name: parameters[value[1:-1]] for each in dataclasses.fields(declared)
               if isinstance(value := getattr(declared, each.name), str) and value[:1] == "{" and value[-1:] == "}"}
    if changed:
        declared = dataclasses.replace(declared, **changed)
        declared.check()
    return declared


def item_clauses(item: pytest.Item) -> tuple[str, ...]:
    return declared_clauses(getattr(item, "function", None)) or ()


def item_family(item: pytest.Item) -> str:
    """The family of the first clause; RUN for tests of the run itself."""
    declared = item_clauses(item)
    family: str = specification.clauses()[declared[0]].family if declared else "RUN"
    return family


def item_about(item: pytest.Item) -> dict[str, Any]:
    """What a test's record says of it whatever becomes of it, also when it never reports an end."""
    title = (getattr(getattr(item, "function", None), "__doc__", None) or item.name).strip().splitlines()[0]
    return {"clauses": list(item_clauses(item)), "family": item_family(item), "title": title}


def uses_machine(item: pytest.Item) -> bool:
    return "machine" in getattr(item, "fixturenames", ())


# --- collection ----------------------------------------------------------------------------------


def pytest_configure(config: pytest.Config) -> None:
    config.stash[RUN] = Run(config)
    parse_shard(config.getoption("shard"))
    if config.getoption("clause"):
        try:
            known = specification.clauses()
        except specification.SpecificationMissing as error:
            raise pytest.UsageError(str(error)) from error
        for wanted in config.getoption("clause"):
            if not any(covers((identifier,), wanted) for identifier in known):
                raise pytest.UsageError(f"there is no clause {wanted!r}{specification.nearest(wanted, families=True)}")


def covers(declared: tuple[str, ...], wanted: str) -> bool:
    """Whether a clause is `wanted` or begins with its words."""
    return any(identifier == wanted or identifier.startswith(wanted + "-") for identifier in declared)


def pytest_itemcollected(item: pytest.Item) -> None:
    if uses_machine(item):
        item.config.stash[RUN].known.add(stable_id(item.nodeid))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if uses_machine(item) and declared_clauses(getattr(item, "function", None)) is None:
            raise pytest.UsageError(f"{item.nodeid} uses `machine` and does not say which clauses it covers; "
                                    "mark it with @clauses(…), or @clauses() for a test of the run itself")
    wanted, tests, shard = config.getoption("clause"), config.getoption("tests"), parse_shard(config.getoption("shard"))
    without_complete = config.getoption("complete") == "none"
    ids = {stable_id(item.nodeid) for item in items}
    for test in tests:
        if stable_id(test) not in ids and not any(i.startswith(stable_id(test) + "[") for i in ids):
            raise pytest.UsageError(f"there is no test {test!r}; {host.COMMAND} list tests shows all")

    def keep(item: pytest.Item) -> bool:
        if not uses_machine(item):
            return not (wanted or tests or shard)
        if without_complete and "extra_states" in getattr(item, "fixturenames", ()):
            return False
        identifier = stable_id(item.nodeid)
        if wanted and not any(covers(item_clauses(item), each) for each in wanted):
            return False
        if tests and not any(identifier == stable_id(t) or identifier.startswith(stable_id(t) + "[") for t in tests):
            return False
        return shard is None or in_every_shard(item) or in_shard(identifier, shard)

    kept = [item for item in items if keep(item)]
    if len(kept) != len(items):
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept
    config.stash[RUN].chosen = True
    config.stash[RUN].whole_suite = not (wanted or tests or shard or config.getoption("keyword") or without_complete)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    config = session.config
    run = config.stash[RUN]
    items = [item for item in session.items if uses_machine(item)]
    if not config.option.collectonly and not session.testsfailed and run.chosen:
        run.about = {stable_id(item.nodeid): item_about(item) for item in items}
        if run.worker:
            run.tell_about()
    # pytest calls this hook also after a selection that raised.
    if run.worker or config.option.collectonly or not items or session.testsfailed or not run.chosen:
        return
    run.open([stable_id(item.nodeid) for item in items])
    if run.recorded:  # resumed: what has its verdict is not run again
        session.items[:] = [i for i in session.items if not uses_machine(i) or stable_id(i.nodeid) not in run.recorded]


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """The controller of pytest-xdist collects nothing itself: each process says here what it found (tell_about)."""
    run = node.config.stash[RUN]
    if run.told is None:
        run.told = tempfile.TemporaryDirectory(prefix="irqcts-")
    node.workerinput[ABOUT] = str(Path(run.told.name) / node.gateway.id)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: Any, ids: list[str]) -> None:
    run = node.config.stash[RUN]
    if not run.opened:
        told = Path(node.workerinput[ABOUT])
        run.about = json.loads(told.read_text("utf-8")) if told.exists() else {}  # not after a collection that failed
        run.open([stable_id(identifier) for identifier in ids])


# --- running -------------------------------------------------------------------------------------


@pytest.fixture
def machine(request: pytest.FixtureRequest) -> Machine:
    """The device under test, in the shape that this test needs."""
    run = request.config.stash[RUN]
    made = Machine(run.agent, item_needs(request.node), run.shrinker)
    request.node.stash[MACHINE] = made
    return made


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """The run's seed, for generated programs."""
    number: int = request.config.getoption("seed")
    return number


@pytest.fixture
def extra_states(request: pytest.FixtureRequest) -> int:
    """k of the complete suites (--complete); a test that asks for it is one of them."""
    return int(request.config.getoption("complete"))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    item.stash[START] = time.monotonic()


def ending_of(error: BaseException) -> Ending:
    """Any exception of a test as the ending that it means."""
    if isinstance(error, Ending):
        return error
    if isinstance(error, ProgramError):
        return HarnessError(f"the test builds a program that cannot be: {error}", cause="suite")
    if isinstance(error, (LibraryError, specification.SpecificationMissing)):
        return HarnessError(str(error), cause="environment")
    if isinstance(error, AssertionError):
        said = str(error).strip().splitlines()
        return NonConformance(f"the test's own statement fails: {said[0] if said else 'an assertion'}")
    if isinstance(error, pytest.skip.Exception):
        return NotTested(str(error), cause="suite", evidence=[str(error)])
    return HarnessError(f"the test broke: {type(error).__name__}: {error}", cause="suite")


def settle(item: pytest.Item, error: BaseException | None) -> dict[str, Any]:
    """The record of a test that ended."""
    made = item.stash.get(MACHINE, None)
    ending = ending_of(error) if error is not None else None
    if ending is None and (made is None or made.executed == 0):
        ending = HarnessError("the test ended without running a program, so it says nothing", cause="suite")
    verdict = Verdict.PASS if ending is None else ending.verdict
    programs = list(ending.programs) if ending is not None else []
    if ending is not None and not programs and made is not None and made.traces:
        programs = [made.traces[-1].as_json()]
    return {
        "type": "test", "id": stable_id(item.nodeid), "verdict": verdict.value, **item_about(item),
        "duration_s": round(time.monotonic() - item.stash[START], 6),
        "attribution": None if ending is None else {"cause": ending.cause, "why": ending.why},
        "evidence": [*(made.remarks if made is not None else []), *(ending.evidence if ending is not None else [])],
        "programs": programs,
        "covered": sorted(made.covered) if made is not None else [], "waiver": None,
        **({"latencies_ns": latencies} if (latencies := latencies_of(made)) else {}),
        **({"claim": made.claim.claim(verdict is Verdict.PASS)} if made is not None and made.claim is not None else {}),
    }


def latencies_of(made: Machine | None) -> dict[str, list[int]]:
    """From stimulus to arrival by message, of the polls in which one message arrived and was timed."""
    found: dict[str, list[int]] = {}
    if made is None:
        return found
    for trace in made.traces:
        for step in trace.polls():
            if step.latency_ns and len(step.deliveries) == 1:
                (key,) = step.deliveries
                name = f"vf{key.function - 1}.{key.number}" if isinstance(key, Message) else str(key)
                found.setdefault(name, []).append(step.latency_ns)
    return found


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> pytest.TestReport | None:
    """The report of one phase of a test, with the record of its verdict.

    Made here and not by pytest, which would spend ten times a test's own time on a traceback that an
    ending does not need.
    """
    error = call.excinfo.value if call.excinfo is not None else None
    if not uses_machine(item) or isinstance(error, (KeyboardInterrupt, pytest.exit.Exception)):
        return None
    if call.when != "call" and (error is None or ENDED in item.stash):
        return None
    record = item.stash[ENDED] = settle(item, error)
    run = item.config.stash[RUN]
    made = item.stash.get(MACHINE, None)
    if item.config.getoption("save_programs") and made is not None:
        run.programs[record["id"]] = [trace.program.text() for trace in made.traces]
    excinfo, call.excinfo = call.excinfo, None
    report = pytest.TestReport.from_item_and_call(item, call)
    call.excinfo = excinfo
    setattr(report, RECORD, json.dumps(record, ensure_ascii=False))
    verdict = Verdict(record["verdict"])
    report.outcome = OUTCOMES.get(verdict, "failed")  # type: ignore[assignment]
    if excinfo is not None and not isinstance(error, (Ending, pytest.skip.Exception)):
        report.longrepr = item.repr_failure(excinfo)  # the test itself broke: its author wants the place
    elif report.outcome == "failed":
        report.longrepr = explain(record)
    elif verdict is not Verdict.PASS:
        report.longrepr = (str(item.path), 0, f"{verdict}: {record['attribution']['why']}")
    return report


def explain(record: dict[str, Any]) -> str:
    """What a person at the terminal sees of a test that did not pass."""
    lines = [f"{record['verdict']}: {record['attribution']['why']} (likely cause: {record['attribution']['cause']})"]
    lines += [f"  {line}" for line in record["evidence"]]
    for program in record["programs"]:
        first = program["first_divergence"]
        clause = specification.clauses().get(program["steps"][first]["clause"]) if first is not None else None
        if clause is not None:
            lines.append(f"{clause.id} ({clause.level}): {clause.text}")
        for number, step in enumerate(program["steps"]):
            lines.append(f"{'>>' if step['divergent'] else '  '} {number:4} {step['operation']:44} {step['observed']}")
            if step["divergent"]:
                lines.append(f"        {step['reason']}")
    return "\n".join(lines)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    text = getattr(report, RECORD, None)
    if text is None or CONTROLLER is None:
        return
    record = json.loads(text)
    CONTROLLER.record(record)
    verdict = Verdict(record["verdict"])
    setattr(report, "irqcts_verdict", verdict.value)
    report.outcome = OUTCOMES.get(verdict, "failed")  # type: ignore[assignment]
    if verdict is Verdict.XPASS:
        report.longrepr = record["attribution"]["why"]


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    verdict = getattr(report, "irqcts_verdict", None)
    if verdict is None:
        return None
    word = Verdict(verdict)
    category = {"passed": "passed", "failed": "failed"}.get(str(report.outcome), word.value.lower())
    return category, LETTERS[word], word.value


#: The Run of the process that writes the log; hooks that get no config find it here.
CONTROLLER: Run | None = None


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    global CONTROLLER
    run = session.config.stash[RUN]
    if not run.worker:
        CONTROLLER = run


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    global CONTROLLER
    run = session.config.stash[RUN]
    run.agent.close()
    if run.worker:
        return
    if run.told is not None:
        run.told.cleanup()
    if run.config.getoption("save_programs") and run.programs:
        run.config.getoption("save_programs").write_text(json.dumps(run.programs, indent=1), encoding="utf-8")
    if run.opened:
        try:
            run.finish(interrupted=int(exitstatus) == int(pytest.ExitCode.INTERRUPTED))
        except results.ResultsError as error:
            session.config.issue_config_time_warning(pytest.PytestWarning(str(error)), stacklevel=1)
    CONTROLLER = None
    if run.opened and int(exitstatus) in (0, 1):
        status = exit_status(run.counts)
        session.exitstatus = status if status or not int(exitstatus) else int(exitstatus)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    counts = config.stash[RUN].counts
    if any(counts.values()):
        terminalreporter.section("verdicts")
        for verdict, count in counts.items():
            if count:
                terminalreporter.write_line(f"{verdict:15} {count}")
