# SPDX-License-Identifier: Apache-2.0
"""A run as LAVA's signals, for a job that prints them on the device's console.

LAVA has four results; the test set is the verdict, so that none of the eleven is lost.
"""
from __future__ import annotations

import re

from .run import Run

RESULTS = {"PASS": "pass", "FAIL": "fail", "WAIVED": "fail", "XPASS": "fail", "CRASH": "fail", "TIMEOUT": "fail",
           "NOT_APPLICABLE": "skip", "NOT_TESTED": "skip", "INCONCLUSIVE": "unknown", "ERROR": "unknown",
           "MISS": "unknown"}


def name(identifier: str) -> str:
    """A test id in the characters that LAVA takes for the name of a test case."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", identifier.replace("::", ".")).strip("_")


def text(run: Run) -> str:
    lines = []
    for verdict, count in run.counts.items():
        if count:
            lines.append(f"<LAVA_SIGNAL_TESTSET START {verdict}>")
            lines += [f"<LAVA_SIGNAL_TESTCASE TEST_CASE_ID={name(test['id'])} RESULT={RESULTS[verdict]} "
                      f"MEASUREMENT={test['duration_s']:.6f} UNITS=seconds>" for test in run.with_verdicts(verdict)]
            lines.append("<LAVA_SIGNAL_TESTSET STOP>")
    return "\n".join(lines) + "\n" if lines else ""
