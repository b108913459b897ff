# SPDX-License-Identifier: Apache-2.0
"""The suites' tests as cases that can be played again without pytest.

One run of the suites on a right implementation collects them.  A test whose programs were all judged as
`Machine.check` does is its programs; one that looks at traces itself is called as it is.
"""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass, field
from typing import Any, Callable, Sequence

from .. import controls, requirements
from ..agent import BackendChoice
from ..cli.collecting import Quiet, pytest_main
from ..declarations import Needs
from ..machine import Machine
from ..program import Program


class CollectionError(RuntimeError):
    """The suites do not pass on the right implementation, so they cannot say anything of a wrong one."""


@dataclass(frozen=True)
class Play:
    """One judged program; `control` brackets it when it states silence."""

    program: Program
    control: Program | None = None


@dataclass
class Case:
    """One test of the suites."""

    test: str
    clauses: tuple[str, ...]
    plays: list[Play] = field(default_factory=list)
    #: Set for a test that looks at traces itself: calls it on a machine.  `plays` are then the programs that it
    #: built from what it saw on the right implementation.
    call: Callable[[Machine], None] | None = None
    needs: Needs = field(default_factory=Needs)


class _Collector(Quiet):
    """Takes the programs of each test as it ends."""

    def __init__(self) -> None:
        super().__init__()
        self.cases: list[Case] = []
        self.bad: list[str] = []

    def pytest_runtest_logreport(self, report: Any) -> None:
        verdict = getattr(report, "irqcts_verdict", None)
        if verdict not in (None, "PASS", "NOT_TESTED", "NOT_APPLICABLE"):
            self.bad.append(f"{report.nodeid} ended as {verdict}")
        elif verdict is None and report.failed:
            self.bad.append(f"{report.nodeid} failed")

    def pytest_runtest_teardown(self, item: Any) -> None:
        from ..plugin import ENDED, MACHINE, item_clauses, stable_id

        machine, record = item.stash.get(MACHINE, None), item.stash.get(ENDED, None)
        if machine is None or record is None or record["verdict"] != "PASS":
            return
        case = Case(stable_id(item.nodeid), item_clauses(item), needs=machine.needs)
        case.plays = [Play(trace.program, _control(trace.program, machine)) for trace in machine.judged]
        if len(machine.judged) != machine.executed:
            fixed = {name: value for name, value in item.funcargs.items()
                     if name in item._fixtureinfo.argnames and name != "machine"}
            case.call = _caller(item.function, fixed)
        self.cases.append(case)


def _caller(function: Callable[..., None], fixed: dict[str, Any]) -> Callable[[Machine], None]:
    return lambda machine: function(machine=machine, **fixed)


def _control(program: Program, machine: Machine) -> Program | None:
    if not requirements.states_silence(program):
        return None
    return controls.control_program(machine.description, controls.control_shape(program, machine.description),
                                    controls.control_functions(program))


def collect(choice: BackendChoice) -> list[Case]:
    """Runs the suites once; raises CollectionError when the implementation does not pass them."""
    collector = _Collector()
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        status = pytest_main(["--backend", str(choice), "-q", "-p", "no:faulthandler", "--complete",
                                "none"], [collector])
    problem = collector.sentences or ([collector.usage] if collector.usage else []) or collector.bad
    if problem or status not in (0, 3):
        raise CollectionError(f"the suites do not pass on {choice}, so what they say of a mutant means nothing: "
                              + ("; ".join(problem[:5]) or said.getvalue().strip()[-500:]))
    if not collector.cases:
        raise CollectionError(f"no test of the suites passes on {choice}")
    return collector.cases


def of_clauses(cases: Sequence[Case], identifiers: set[str]) -> list[Case]:
    """The cases that cover one of the clauses."""
    return [case for case in cases if identifiers & set(case.clauses)]
