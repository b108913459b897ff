# SPDX-License-Identifier: Apache-2.0
"""The oracle with all its mutants in one library.

The library is libirqcts with the instrumented oracle in place of its own, and with the backend `model` in
it, so that the oracle which is played back and the one which judges are the mutant.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Sequence

from ..paths import layout
from . import building
from .schemata import SourceMutant
from .units import UnitTest

LIBRARY = "libirqcts-mutants.so"
#: The folders of core whose sources make the rest of the library.
REST = ("program", "session", "wire", "engine", "abi")
#: What the oracle does begins here; the functions that only show its state (for traces) are not reached.
TRANSITIONS = ("irqcts_model_initialise", "irqcts_model_set_message", "irqcts_model_judge", "irqcts_model_predict")
#: The C tests that look at the oracle's state and at what is explored of it.
UNIT_TESTS = ("core/tests/test_model.c", "core/tests/test_model_state.c", "core/tests/test_machine.c")


@dataclass(frozen=True)
class Built:
    folder: Path
    mutants: list[SourceMutant]

    @property
    def library(self) -> Path:
        return self.folder / LIBRARY

    @property
    def unit_tests(self) -> list[UnitTest]:
        return [UnitTest(source, self.folder / Path(source).stem) for source in UNIT_TESTS]


def _includes() -> list[Path]:
    places = layout()
    return [places.root / "core" / "include", places.build / "generated" / "include", places.root / "core" / "model",
            places.root / "core" / "program", places.root / "core" / "session"]


def _flags() -> list[str]:
    return ["-std=c11", "-w", "-DIRQCTS_BUILDING", '-DIRQCTS_VERSION="mutants"', *(f"-I{each}" for each in _includes())]


def build(workers: int) -> Built:
    """The library for this state of the sources; made again only when they change."""
    root, generated = building.source_tree(), layout().build / "generated"
    core = root / "core"
    model = sorted((core / "model").glob("*.c"))
    others = sorted([*(path for name in REST for path in (core / name).glob("*.c")), generated / "clauses.c",
                     root / "backends" / "model" / "model_backend.c"])
    tests = [root / source for source in UNIT_TESTS]

    def make(folder: Path) -> None:
        flags = [*_flags(), "-O1", "-fPIC"]
        instrumented = building.instrument(model, folder, _includes(), TRANSITIONS)
        objects = building.compile_all([*instrumented, *others], folder, flags, workers)
        building.run([building.compiler(), "-shared", "-fPIC", "-Wl,-Bsymbolic", *map(str, objects), "-ldl",
                      "-o", str(folder / LIBRARY)])
        for each in objects:
            each.unlink()
        for test in tests:
            building.run([building.compiler(), *flags, str(test), "-o", str(folder / test.stem), f"-L{folder}",
                          f"-l:{LIBRARY}", "-Wl,-rpath,$ORIGIN"])

    folder = building.kept("oracle", [*model, *others, *tests, *core.rglob("*.h"), Path(__file__),
                                      generated / "include" / "irqcts" / "clauses.h"], make)
    return Built(folder, building.mutants(folder))


def same_code(built: Built, mutants: Sequence[SourceMutant], workers: int) -> set[int]:
    """Numbers of those that are none: the compiler makes the original's code of them."""
    return building.same_code(built.folder, mutants, _flags(), workers)
