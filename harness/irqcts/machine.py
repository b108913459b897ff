# SPDX-License-Identifier: Apache-2.0
"""The fixture `machine`: what a test sees of the device, and the judging of its programs.

`check` judges a program twice, by the oracle and by what the test states, and keeps the two apart: a
program that satisfies one and not the other is a FAIL whose attribution says which.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from . import controls, requirements
from .agent import AgentProcess
from .complete import CompleteSuite, MESSAGES, messages_are_opaque, opacity_probe
from .declarations import Needs, Shape
from .description import Description
from .history import HistoryReport, Plan
from .program import Program
from .shrinking import Shrinker
from .trace import Trace
from .verdict import AgentCrash, AgentTimeout, HarnessError, Inconclusive, NonConformance, NotTested


#: Failures of a complete suite, by clause, that are shrunk and shown.
CLAUSES_SHOWN = 4


class Machine:
    """One test's view of the device under test."""

    def __init__(self, agent: AgentProcess, needs: Needs, shrinker: Shrinker | None = None) -> None:
        self._agent = agent
        self._shrinker = shrinker
        self.needs = needs
        self.description: Description = agent.description()
        requirements.check_declared(needs, self.description)
        self.shape: Shape = requirements.shape_for(needs, self.description)
        self.covered: set[str] = set()
        self.executed = 0
        self.judged: list[Trace] = []
        self.traces: list[Trace] = []
        #: What passing would prove, of a test that runs a complete suite.
        self.claim: CompleteSuite | None = None
        #: What was seen where the documents leave it open; evidence of the test's record, also of a PASS.
        self.remarks: list[str] = []
        #: The control that ran last, if nothing has run since (it is the next program's "before").
        self._control_passed: tuple[Any, ...] | None = None

    def program(self) -> Program:
        """A program that begins with the configuration of this test's shape."""
        shape = self.shape
        return Program().configure(shape.entries, shape.messages, shape.vfs, shape.vf_entries, shape.vf_messages)

    def check(self, program: Program, timeout: float | None = None) -> Trace:
        """Runs and judges; raises the ending that is not PASS.  Silence is bracketed by controls."""
        requirements.check_program(program, self.description, self.needs)
        if not requirements.states_silence(program):
            self._control_passed = None
            return self.judge(self.run(program, timeout))
        before = self._control(program, "before")
        self._control_passed = None
        trace = self.judge(self.run(program, timeout))
        after = self._control(program, "after")
        for when, why in (("before", before), ("after", after)):
            if why is not None:
                raise Inconclusive(f"nothing more than permitted arrived, but the control {when} it failed: {why}",
                                   evidence=[f"control {when}: {why}"], programs=[self._as_json(trace)])
        return trace

    def run(self, program: Program, timeout: float | None = None) -> Trace:
        """Runs a program in the agent without judging what its trace shows."""
        self._control_passed = None
        try:
            trace = self._agent.run(program, timeout)
        except (AgentCrash, AgentTimeout, HarnessError) as ending:
            ending.programs.append({"text": program.text(), "steps": [], "first_divergence": None})
            raise
        self.executed += 1
        self.traces.append(trace)
        self.covered |= trace.covered()
        return trace

    def check_history(self, plan: Plan, timeout: float | None = None) -> HistoryReport:
        """Records what several threads do to the device at once, and judges whether the oracle permits it."""
        if "concurrent" not in self.description.properties:
            raise NotTested("the backend is used by one thread at a time",
                            evidence=[f"{self.description.identity}: properties "
                                      f"{', '.join(sorted(self.description.properties)) or 'none'}"])
        if plan.entries != self.description.entries_max and "configurable" not in self.description.properties:
            raise NotTested(f"histories have at most {plan.entries} entries",
                            evidence=[f"{self.description.identity}: {self.description.entries_max} entries, not "
                                      "configurable"])
        self._control_passed = None
        history = self._agent.record(plan, timeout)
        self.executed += 1
        report = history.check()
        if not report.conforms:
            sentence, *lines = report.text.splitlines()
            if report.verdict == "refused" and lines[-1:] and lines[-1].endswith("-> not-supported"):
                raise NotTested("the backend does not do one of the calls beside others",
                                evidence=[f"{self.description.identity}:{lines[-1]}"])
            raise NonConformance(f"{sentence} ({report.verdict}): {plan}",
                                 evidence=[f"the {report.kept} of {report.calls} calls without which there is an order, "
                                           "with the instants of call and return:", *lines,
                                           *filter(None, [plan.other_cause(report.verdict)])])
        return report

    def judge(self, trace: Trace) -> Trace:
        """Raises when the trace is not a PASS; for tests that ran a program themselves."""
        self.judged.append(trace)
        if not trace.conforms:
            raise self._nonconformance(trace)
        missing = trace.first_not_observed
        if missing is not None:
            step = trace[missing]
            if missing == 0:
                raise HarnessError(f"the backend could not configure the device: {step.observed}", cause="backend",
                                   programs=[self._as_json(trace)])
            raise NotTested(f"the backend cannot do or see step {missing}, {step.operation}: {step.observed}",
                            evidence=[f"{self.description.identity}: step {missing}, {step.operation}: "
                                      f"{step.observed}"], programs=[self._as_json(trace)])
        return trace

    def check_complete(self, extra_states: int, resets: bool) -> None:
        """Runs the whole complete suite for this backend, bracketed by controls, and judges it by the oracle.

        It goes on after a failure: the ending shows a smallest program for each of the clauses that failed.
        """
        if "messages-fixed" in self.description.properties and self.description.messages_max != MESSAGES:
            raise NotTested(f"a complete suite is about {MESSAGES} messages",
                            evidence=[f"{self.description.identity}: {self.description.messages_max} messages granted"])
        opaque = False
        if "table-write" in self.description.operations:
            opaque = messages_are_opaque(self.run(opacity_probe(self.shape.entries)))
        self.claim = CompleteSuite(self.description.record, extra_states, resets=resets, opaque=opaque)
        before = self._bracket("before")
        failed: dict[str, Trace] = {}  # by clause, the shortest
        counts: Counter[str] = Counter()
        refused: list[Trace] = []
        for number, program in enumerate(self.claim):
            trace = self.run(program)
            self.traces.clear()  # there may be a hundred thousand
            if trace.first_divergence is not None:
                clause = trace[trace.first_divergence].clause or "no clause"
                counts[clause] += 1
                failed[clause] = min(failed.get(clause, trace), trace, key=len)
            elif trace.first_not_observed is not None and number < self.claim.report.programs:
                refused.append(trace)
        after = self._bracket("after")
        if failed:
            raise self._incomplete(failed, counts)
        for when, why in (("before", before), ("after", after)):
            if why is not None:
                raise Inconclusive(f"nothing more than permitted arrived, but the control {when} the suite failed: "
                                   f"{why}", evidence=[f"control {when}: {why}"])
        if refused:
            self.judge(refused[0])  # raises what is not tested then

    def _incomplete(self, failed: dict[str, Trace], counts: Counter[str]) -> NonConformance:
        """One ending for all failures: for each clause its program, shrunk."""
        assert self.claim is not None
        endings = [self._nonconformance(trace) for trace in list(failed.values())[:CLAUSES_SHOWN]]
        first = endings[0]
        first.evidence.insert(0, f"{counts.total()} of the {len(self.claim)} programs of the complete suite fail: "
                              + ", ".join(f"{clause} {count}" for clause, count in counts.items()))
        for other in endings[1:]:
            first.programs += other.programs
            first.evidence += other.evidence
        return first

    def _bracket(self, when: str) -> str | None:
        """A control of its own; a backend without a stimulus has no silence to bracket."""
        return None if self.description.stimulus == "none" else self._control(self.program(), when)

    def _nonconformance(self, trace: Trace) -> NonConformance:
        first = trace.first_divergence
        assert first is not None
        step = trace[first]
        where = f"step {first}, {step.operation}: {step.reason}"
        cause = "device"
        if trace.oracle_failed and trace.statement_failed:
            why = f"oracle and test agree: {where}"
        elif trace.oracle_failed:
            why = f"the oracle does not permit what was seen, the test's own statements hold: {where}"
        else:
            cause = "suite"
            why = f"the test's own statement fails, the oracle permits what was seen, so one of them errs: {where}"
        if "model" in self.description.properties:
            cause = "suite"
            why = "the oracle itself plays the device, so there is no device to blame: " + why
        programs, evidence = [self._as_json(trace)], []
        shrunk = self._shrinker.shrink(trace) if self._shrinker is not None else None
        if isinstance(shrunk, dict):
            programs.insert(0, shrunk)
        elif shrunk is not None:
            evidence.append(shrunk)
        return NonConformance(why, cause=cause, evidence=evidence, programs=programs)

    def _as_json(self, trace: Trace) -> dict[str, Any]:
        return trace.as_json()

    def _control(self, program: Program, when: str) -> str | None:
        """Why the control failed; None when it delivered.  Remembered until the next program runs."""
        shape = controls.control_shape(program, self.description)
        functions = controls.control_functions(program)
        key = (shape, *functions)
        if when == "before" and self._control_passed == key:
            return None
        control = controls.control_program(self.description, shape, functions)
        if control is None:
            if when == "before":
                raise NotTested("silence cannot be judged: the backend cannot show that the path delivers",
                                evidence=[f"{self.description.identity}: stimulus {self.description.stimulus}"])
            return None
        # An agent that dies or hangs here is this test's CRASH or TIMEOUT, as anywhere else.
        why = controls.delivered(control, self._agent.run(control))
        self._control_passed = key if why is None else None
        return why
