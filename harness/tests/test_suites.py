# SPDX-License-Identifier: Apache-2.0
"""What holds of the suites as a whole."""

from __future__ import annotations

from irqcts import specification
from irqcts.agent import BackendChoice
from irqcts.cli import collecting
from irqcts.mutation import cases


def test_a_clause_has_tests_or_says_why_not() -> None:
    tested = {clause for test in collecting.tests() for clause in test["clauses"]}
    untested = {clause.id for clause in specification.clauses().values() if clause.untested}
    assert untested == set(specification.clauses()) - tested


def test_no_test_relies_on_writes_to_the_pba() -> None:
    """PBA-NO-CRUTCH: only tests about such writes make any; all others bring the device back by other means."""
    writing = {case.test: case.clauses for case in cases.collect(BackendChoice("emulator"))
               for play in case.plays if "pba-write" in play.program.text()}
    assert writing and all("PBA-WRITE" in clauses for clauses in writing.values()), writing
