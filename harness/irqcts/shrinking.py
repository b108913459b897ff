# SPDX-License-Identifier: Apache-2.0
"""From a failing test's program to a small one that still fails for the same clause.

The oracle alone decides whether a candidate fails: with operations left out, what the test states of the
others no longer holds.  A test whose own statements fail while the oracle is content is not shrunk.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from . import _abi
from .agent import AgentProcess, ProgramRefused
from .library import LibraryError
from .minimal import minimal
from .program import Program
from .trace import Trace
from .verdict import AgentCrash, AgentTimeout, HarnessError

#: One failure takes about so long, the failures of a run together at most so long.
SECONDS_EACH = 2.0
SECONDS_ALL = 60.0
RUNS = range(20, 400)
#: A candidate on a device that answers in its own time fails when one of so many trials does.
REPEATS_ASYNCHRONOUS = 3


@dataclass
class Shrinker:
    """Shrinks the failures of one run, within its time."""

    agent: AgentProcess
    spent: float = 0.0

    def shrink(self, trace: Trace) -> dict[str, Any] | str | None:
        """The shrunk program with its trace, as in results.jsonl; a sentence when the failure did not repeat;
        None when there is nothing to gain."""
        first = trace.first_divergence
        clause = trace[first].clause if first is not None else None
        if not trace.oracle_failed or clause is None or self.spent > SECONDS_ALL:
            return None
        start = time.monotonic()
        try:
            return self._shrink(trace, clause)
        except (AgentCrash, AgentTimeout, HarnessError) as ending:
            return f"it could not be shrunk: {ending}"
        finally:
            self.spent += time.monotonic() - start

    def _shrink(self, trace: Trace, clause: str) -> dict[str, Any] | str:
        whole = trace.program.without_statements()
        repeats = 1 if "synchronous" in self.agent.description().properties else REPEATS_ASYNCHRONOUS

        def fails(candidate: Program) -> bool:
            try:
                return _fails(self.agent.run(candidate, stop_at_first=True), clause)
            except ProgramRefused:
                return False

        start = time.monotonic()
        if not any(_fails(self.agent.run(whole), clause) for _ in range(repeats)):
            return (f"the failure did not repeat: run again {'once' if repeats == 1 else f'{repeats} times'}, the same "
                    f"program did not fail for {clause}; the device may be intermittent")
        each = max(1e-4, time.monotonic() - start)
        runs = min(max(int(SECONDS_EACH / each), RUNS.start), RUNS.stop)
        report = _abi.irqcts_shrink_report()
        try:
            small = minimal(whole, fails, runs, repeats, report)
        except LibraryError as error:
            return f"it could not be shrunk: {error}"
        smallest = self._shown(small, clause, repeats)
        if smallest is None:
            return "it could not be shrunk: the smallest program did not fail when it was run for the report"
        return {**smallest.as_json(), "shrunk": {
            "operations_before": report.operations_before, "operations_after": report.operations_after,
            "runs": report.runs, "minimal": bool(report.minimal), "trials": repeats,
            "confirmations": report.confirmations}}

    def _shown(self, program: Program, clause: str, repeats: int) -> Trace | None:
        """A trace in which the shrunk program fails."""
        traces = (self.agent.run(program) for _ in range(2 * repeats))
        return next((trace for trace in traces if _fails(trace, clause)), None)


def _fails(trace: Trace, clause: str) -> bool:
    first = trace.first_divergence
    return first is not None and trace.oracle_failed and trace[first].clause == clause
