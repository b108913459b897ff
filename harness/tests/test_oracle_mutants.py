# SPDX-License-Identifier: Apache-2.0
"""The oracle's mutants: the original is not killed, and what decides a delivery cannot be changed unseen."""

from __future__ import annotations

import re
import shutil

import pytest

from irqcts.mutation import evidence, oracle
from irqcts.mutation.mutants import Mutant
from irqcts.mutation.schemata import SourceMutant

#: Functions whose every condition is stated by some test: when an event is sent, kept or dropped.
DECIDING = {"entry_gate", "deliver_event", "release"}
ROUTES = re.compile(r"playback|permits|refuses|cites|names|covers|rules|units|breaks|the process ended|it loops")


@pytest.fixture(scope="module")
def judged() -> list[Mutant]:
    """Negated conditions of the deciding functions, and every sixtieth of all the others."""
    if not shutil.which("clang"):
        pytest.skip("no clang on this system, which parses the oracle's source")

    def chosen(mutant: SourceMutant) -> bool:
        return (mutant.function in DECIDING and mutant.operator == "negate") or mutant.number % 60 == 0

    return oracle.run(2, lambda what, done, total: None, chosen)


def test_a_mutant_is_killed_by_a_statement_or_shown(judged: list[Mutant]) -> None:
    """main() itself refuses to score when the original is killed."""
    assert len(judged) > 30 and {mutant.kind for mutant in judged} == {"oracle"}
    for mutant in judged:
        if mutant.killed:
            killer = mutant.killed_by
            assert killer is not None and ROUTES.match(killer.why) and killer.test.startswith(("test_", "ruling ", "core/tests/")), mutant.id
            assert mutant.program is None and mutant.argument is None
        else:
            assert mutant.argument in (None, oracle.SAME_CODE)
    assert sum(mutant.killed for mutant in judged) >= len(judged) / 2


def test_what_becomes_of_an_event_is_stated(judged: list[Mutant]) -> None:
    """Conditions about masks and enables; what the open points leave open is no test's statement."""
    wanted = re.compile(r'negate "(!function->enabled|function->function_mask|masked|function->paused)"')
    found = [mutant for mutant in judged if wanted.search(mutant.id) and " deliver_event " in mutant.id]
    assert found and all(mutant.killed for mutant in found), [mutant.id for mutant in found if not mutant.killed]


def test_other_deliveries_are_others() -> None:
    """Every alteration of what arrived is another outcome than what arrived."""
    found = [(0, 2, 2, 7, 0x1000), (1, 0, 1, 8, 0x2000)]
    others = [other for _, other in evidence.other_deliveries(found)]
    assert len(others) >= 8 and all(sorted(other) != sorted(found) for other in others)
    assert [what for what, _ in evidence.other_deliveries([])][0] == "a stray"


@pytest.mark.parametrize("mask, bits", [(0, []), (1, [0]), (0xFF, [0, 1, 4, 6, 7]), (0x80000001, [0, 31])])
def test_edges_of_a_mask(mask: int, bits: list[int]) -> None:
    assert evidence.bits_of(mask) == bits
