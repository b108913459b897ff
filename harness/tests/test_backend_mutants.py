# SPDX-License-Identifier: Apache-2.0
"""Mutants of the backends' decisions: the originals pass, and what guards a buffer cannot be changed unseen."""

from __future__ import annotations

import shutil

import pytest

from irqcts.mutation import backends
from irqcts.mutation.mutants import SAME_CODE


def test_mutants_are_put_to_the_c_tests() -> None:
    """Every thirtieth of both backends; an original that fails its tests would end this with a CollectionError."""
    if not shutil.which("clang"):
        pytest.skip("no clang on this system, which parses the sources")
    judged = backends.run(2, lambda what, done, total: None, lambda mutant: mutant.number % 30 == 0)
    assert len(judged) > 20 and {mutant.kind for mutant in judged} == {"backends"}
    assert {mutant.source.split("/")[1] for mutant in judged} == {"vfio", "windows"}
    for mutant in judged:
        if mutant.killed:
            killer = mutant.killed_by
            assert killer is not None and killer.test.startswith("backends/") and killer.why.startswith("units: ")
        else:
            assert mutant.argument in (None, SAME_CODE)
    assert sum(mutant.killed for mutant in judged) >= len(judged) / 2
