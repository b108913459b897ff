# SPDX-License-Identifier: Apache-2.0
"""Verdicts, and the exceptions by which a test ends in each of them.

The eleven verdicts are kept apart in every output (docs/verdicts.md); what each means for the exit
status of a run stands here and nowhere else.
"""

from __future__ import annotations

from enum import Enum
from typing import Any, Iterable, Mapping


class Verdict(str, Enum):
    """How a selected test ended."""

    PASS = "PASS"
    FAIL = "FAIL"
    WAIVED = "WAIVED"
    XPASS = "XPASS"
    NOT_APPLICABLE = "NOT_APPLICABLE"
    NOT_TESTED = "NOT_TESTED"
    INCONCLUSIVE = "INCONCLUSIVE"
    ERROR = "ERROR"
    TIMEOUT = "TIMEOUT"
    CRASH = "CRASH"
    MISS = "MISS"

    def __str__(self) -> str:
        return self.value


#: Verdicts that say the device was judged, and found not to conform.
NONCONFORMING = (Verdict.FAIL, Verdict.XPASS, Verdict.CRASH, Verdict.TIMEOUT)
#: Verdicts that leave open what the device does.
UNDECIDED = (Verdict.ERROR, Verdict.INCONCLUSIVE, Verdict.MISS)
#: Verdicts of tests that ran to an answer about the device.
EXECUTED = (Verdict.PASS, Verdict.WAIVED, *NONCONFORMING)

EXIT_CONFORMS = 0
EXIT_NONCONFORMANCE = 1
EXIT_USAGE = 2
EXIT_UNDECIDED = 3
EXIT_NOTHING = 5
#: Of commands that judge nothing when they are interrupted; a run that is has tests that MISS.
EXIT_INTERRUPTED = 130


def empty_counts() -> dict[str, int]:
    return {verdict.value: 0 for verdict in Verdict}


def exit_status(counts: Mapping[str, int]) -> int:
    """0 all judged tests pass; 1 non-conformance; 3 only undecided ones; 5 nothing executed."""
    if any(counts.get(v.value, 0) for v in NONCONFORMING):
        return EXIT_NONCONFORMANCE
    if any(counts.get(v.value, 0) for v in UNDECIDED):
        return EXIT_UNDECIDED
    if not any(counts.get(v.value, 0) for v in EXECUTED):
        return EXIT_NOTHING
    return EXIT_CONFORMS


class Ending(Exception):
    """A test's ending other than PASS: verdict, likely cause and evidence.

    cause: "device", "backend", "suite" or "environment"; why: one sentence.
    """

    verdict = Verdict.ERROR
    cause = "environment"
    __test__ = False

    def __init__(self, why: str, *, cause: str | None = None, evidence: Iterable[str] = (),
                 programs: Iterable[dict[str, Any]] = ()) -> None:
        super().__init__(why)
        self.why = why
        self.cause = cause or type(self).cause
        self.evidence = list(evidence)
        self.programs = list(programs)


class NonConformance(Ending):
    verdict = Verdict.FAIL
    cause = "device"


class NotApplicable(Ending):
    """The device does not have what the clause is about; the evidence says how that is known."""

    verdict = Verdict.NOT_APPLICABLE
    cause = "device"


class NotTested(Ending):
    """This backend cannot observe or stimulate what the clause is about."""

    verdict = Verdict.NOT_TESTED
    cause = "backend"


class Inconclusive(Ending):
    """Nothing arrived where nothing may, but the control that brackets it did not arrive either."""

    verdict = Verdict.INCONCLUSIVE
    cause = "environment"


class HarnessError(Ending):
    verdict = Verdict.ERROR


class AgentCrash(Ending):
    verdict = Verdict.CRASH
    cause = "backend"


class AgentTimeout(Ending):
    verdict = Verdict.TIMEOUT
    cause = "backend"
