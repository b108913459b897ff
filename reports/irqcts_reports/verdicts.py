# SPDX-License-Identifier: Apache-2.0
"""The eleven verdicts as reports need them: an order, groups, words.  Nothing here merges two of them."""
from __future__ import annotations

from typing import Mapping

#: Worst first.  The verdict of a clause is the first of these that one of its tests has.
SEVERITY = ("FAIL", "CRASH", "TIMEOUT", "XPASS", "ERROR", "MISS", "INCONCLUSIVE", "WAIVED", "PASS", "NOT_TESTED",
            "NOT_APPLICABLE")
NON_CONFORMANCE = ("FAIL", "CRASH", "TIMEOUT", "XPASS")
UNDECIDED = ("ERROR", "MISS", "INCONCLUSIVE")
SKIPPED = ("NOT_TESTED", "NOT_APPLICABLE")
#: Verdicts that say something about the device.
JUDGED = (*NON_CONFORMANCE, "WAIVED", "PASS")

MEANINGS = {
    "PASS": "every judged step is permitted, and every statement of the test holds",
    "FAIL": "a step that the specification does not permit, or a statement of the test that does not hold",
    "WAIVED": "it fails, and a declared deviation with a reason and a reference says so",
    "XPASS": "a declared deviation says that it fails, and it passes: the declaration has to go",
    "NOT_APPLICABLE": "the device does not have what the test is about; the evidence is given",
    "NOT_TESTED": "this backend cannot observe or stimulate what the test is about",
    "INCONCLUSIVE": "a control failed, so that silence proves nothing",
    "ERROR": "the harness or its environment failed",
    "TIMEOUT": "the device or its backend did not come back in time",
    "CRASH": "the backend's process ended while the test ran",
    "MISS": "selected, and no end was recorded",
}
LEVELS = {"M": "must", "S": "should", "U": "left open by the sources", "R": "recorded only"}


def word(verdict: str) -> str:
    """NOT_TESTED as people read it: not tested."""
    return verdict.replace("_", " ").lower()


def worst(counts: Mapping[str, int]) -> str:
    """Of the verdicts counted, the worst; "" when there is none."""
    return next((verdict for verdict in SEVERITY if counts.get(verdict)), "")


def exit_status(counts: Mapping[str, int]) -> int:
    """As the command line ends: 1 non-conformance, 3 undecided, 5 nothing judged, else 0."""
    if any(counts.get(v) for v in NON_CONFORMANCE):
        return 1
    if any(counts.get(v) for v in UNDECIDED):
        return 3
    return 0 if any(counts.get(v) for v in JUDGED) else 5
