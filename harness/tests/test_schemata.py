# SPDX-License-Identifier: Apache-2.0
"""Mutants of C source: each operator does what it says, once, and the original stays what it was."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from irqcts.mutation import schemata
from irqcts.mutation.schemata import MACRO, SchemataError, SourceMutant

SOURCE = """
enum { SIZE = 4 };
#define STEP 2
struct state { int first; int second; int table[SIZE]; };
static struct state state;

static int below(int value) { return value < 9; }
static void unused(void) { state.first = 99; }

int answer(int value)
{
    static const int fixed[2] = {5, 7};
    state.first = value;
    state.second = 1;
    if (below(value) && value != 3) {
        state.first = state.first + STEP;
    }
    state.table[1] = state.first;
    state.first += state.table[1];
    for (int i = 0; i < SIZE; i++) {
        if (i == 2) {
            break;
        }
        state.second += i;
    }
    return state.first + state.second + fixed[0];
}
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[SourceMutant], Any]:
    """The mutants of SOURCE, and a function (number, value) -> answer."""
    if not shutil.which("clang"):
        pytest.skip("no clang on this system, which parses the sources")
    folder = tmp_path_factory.mktemp("schemata")
    path = folder / "small.c"
    path.write_text(SOURCE, "utf-8")
    (made,) = schemata.instrument([path], [], ["answer"])
    copy = folder / "copy.c"
    copy.write_text(made.source + "\nunsigned irqcts_mutant;\n", "utf-8")
    subprocess.run(["clang", "-shared", "-fPIC", "-O1", "-w", "-o", str(folder / "copy.so"), str(copy)], check=True)
    library = ctypes.CDLL(str(folder / "copy.so"))

    def answer(number: int, value: int) -> int:
        ctypes.c_uint.in_dll(library, "irqcts_mutant").value = number
        return int(library.answer(value))

    return made.mutants, answer


def test_the_original_is_number_0(built: tuple[list[SourceMutant], Any]) -> None:
    _, answer = built
    assert [answer(0, value) for value in (1, 3, 8, 9)] == [13, 13, 27, 25]


@pytest.mark.parametrize("operator, text, value, expected", [
    ("drop", "state.first = value", 0, None), ("drop", "state.second = 1", 1, None), ("drop", "break", 1, 18),
    ("negate", "below(value) && value != 3", 1, 9), ("negate", "value != 3", 3, 17), ("negate", "i == 2", 1, 12),
    ("off-by-one", "value < 9", 9, 29), ("off-by-one", "STEP", 1, 15), ("off-by-one", "1", 1, None),
    ("wrong-index", "value", 8, 23), ("swap", "state.table[1] = state.first", 1, None),
])
def test_operators(built: tuple[list[SourceMutant], Any], operator: str, text: str, value: int,
                   expected: int | None) -> None:
    """What the change makes of the answer; None: another one than the original's, on some value at least."""
    mutants, answer = built
    for mutant in (each for each in mutants if (each.operator, each.text) == (operator, text)):
        if expected is not None:
            assert answer(mutant.number, value) == expected
            return
        seen = [answer(mutant.number, other) for other in range(12)]
        if seen != [answer(0, other) for other in range(12)]:
            return
    raise AssertionError(f"no mutant {operator} {text!r} with that answer")


def test_what_is_left_alone(built: tuple[list[SourceMutant], Any]) -> None:
    mutants, _ = built
    assert {mutant.function for mutant in mutants} == {"answer", "below"}, "the root does not reach the other"
    assert not any(mutant.text in ("5", "7") for mutant in mutants), "static tables are the compiler's"
    swapped = {mutant.text for mutant in mutants if mutant.operator == "swap"}
    assert "state.first = value" not in swapped, "statements that do not touch the same have no order"
    assert "state.table[1] = state.first" in swapped


def test_names_are_unique_and_free_of_places(built: tuple[list[SourceMutant], Any], tmp_path: Path) -> None:
    mutants, _ = built
    assert len({mutant.id for mutant in mutants}) == len(mutants)
    assert [mutant.number for mutant in mutants] == list(range(1, len(mutants) + 1))
    path = tmp_path / "small.c"
    path.write_text("/* a line more */\n\n" + SOURCE, "utf-8")
    (moved,) = schemata.instrument([path], [], ["answer"])
    assert [mutant.id for mutant in moved.mutants] == [mutant.id for mutant in mutants]
    assert moved.mutants[0].line == mutants[0].line + 2
    assert all(f"{MACRO}({mutant.number})" in moved.source for mutant in moved.mutants)


def test_a_source_that_is_none(tmp_path: Path) -> None:
    if not shutil.which("clang"):
        pytest.skip("no clang on this system, which parses the sources")
    path = tmp_path / "wrong.c"
    path.write_text("int answer(void) { return }", "utf-8")
    with pytest.raises(SchemataError, match="wrong.c: clang does not parse it"):
        schemata.instrument([path], [], ["answer"])
