# SPDX-License-Identifier: Apache-2.0
"""Clauses about the suite itself."""

from __future__ import annotations

from irqcts.agent import BackendChoice
from irqcts.mutation import cases


def test_no_test_relies_on_writes_to_the_pba() -> None:
    """PBA-NO-CRUTCH: only tests about such writes make any; all others bring the device back by other means."""
    writing = {case.test: case.clauses for case in cases.collect(BackendChoice("emulator"))
               for play in case.plays if "pba-write" in play.program.text()}
    assert writing and all("PBA-WRITE" in clauses for clauses in writing.values()), writing
