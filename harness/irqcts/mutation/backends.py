# SPDX-License-Identifier: Apache-2.0
"""Mutants of what the VFIO and Windows backends decide, put to their C tests.

Only functions that those tests reach are mutated: what stands behind a device's ioctls is tried in guests and
under Wine, where a mutant would cost a boot.
"""

from __future__ import annotations

import concurrent.futures
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Sequence

from ..paths import layout
from . import building, schemata
from .cases import CollectionError
from .effects import callee, descendants
from .mutants import SAME_CODE, Killer, Mutant
from .schemata import SourceMutant
from .units import UnitTest

Report = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Target:
    """Sources, the tests of them, and what a program with both needs besides; paths relative to the tree."""

    name: str
    sources: tuple[str, ...]
    tests: tuple[str, ...]
    includes: tuple[str, ...]
    archives: tuple[str, ...]  # relative to the build folder


TARGETS = (
    Target("vfio", tuple(f"backends/vfio/{name}.c" for name in ("deliveries", "options", "saved")),
           tuple(f"backends/vfio/tests/test_{name}.c"
                 for name in ("options", "saved", "descriptors", "kernel_answers", "deliveries", "open")),
           ("core/include", "core/tests", "backends/vfio"),
           ("backends/vfio/libirqcts_backend_vfio.a", "core/libirqcts_static.a")),
    Target("windows", tuple(f"backends/windows/dispatch/{name}.c"
                            for name in ("dispatch", "location", "migration_calls", "real_device")),
           tuple(f"backends/windows/tests/{name}.c"
                 for name in ("test_dispatch", "test_dispatch_bounds", "test_dispatch_routes", "test_location",
                              "test_migration", "test_migration_bounds", "test_real_device", "test_real_operations")),
           ("core/include", "core/tests", "backends/windows/dispatch", "backends/windows/include",
            "backends/windows/simbus", "backends/windows/sample_miniport", "backends/emulator"),
           ("backends/windows/libirqcts_windows_simulation.a", "backends/windows/libirqcts_windows_sample.a",
            "backends/emulator/libirqcts_backend_emulator.a", "core/libirqcts_static.a")),
)


@dataclass(frozen=True)
class Built:
    target: Target
    folder: Path
    mutants: list[SourceMutant]

    @property
    def unit_tests(self) -> list[UnitTest]:
        return [UnitTest(source, self.folder / Path(source).stem) for source in self.target.tests]

    def source_of(self, mutant: SourceMutant) -> str:
        return next(source for source in self.target.sources if source.endswith(f"/{mutant.file}"))


def _includes(target: Target) -> list[Path]:
    root = layout().root
    return [*(root / each for each in target.includes), layout().build / "generated" / "include"]


def _flags(target: Target) -> list[str]:
    return ["-std=c11", "-D_GNU_SOURCE", "-w", *(f"-I{each}" for each in _includes(target))]


#: What is overrun, read too early or never freed is found too.
SANITIZERS = ("-O1", "-g0", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")


def _reached(tests: Sequence[Path], includes: Sequence[Path]) -> list[str]:
    """Names of all functions that the tests call; those of the sources among them are where mutants begin."""
    return sorted({name for test in tests for node in schemata.defined(schemata.syntax_tree(test, includes))
                   for each in descendants(node) if each["kind"] == "CallExpr" and (name := callee(each)) is not None})


def build(target: Target, workers: int) -> Built:
    root = building.source_tree()
    sources, tests = [root / each for each in target.sources], [root / each for each in target.tests]
    archives = [layout().build / each for each in target.archives]
    headers = [path for folder in _includes(target) for path in folder.rglob("*.h")]

    def make(folder: Path) -> None:
        includes = _includes(target)
        instrumented = building.instrument(sources, folder, includes, _reached(tests, includes))
        objects = building.compile_all(instrumented, folder, [*_flags(target), *SANITIZERS], workers)
        for test in tests:  # the mutated objects come first, so that the archives' own are not taken
            building.run([building.compiler(), *_flags(target), *SANITIZERS, str(test), *map(str, objects),
                          *map(str, archives), "-ldl", "-lpthread", "-o", str(folder / test.stem)])

    folder = building.kept(target.name, [*sources, *tests, *headers, *archives, Path(__file__)], make)
    return Built(target, folder, building.mutants(folder))


def run(workers: int, report: Report, chosen: Callable[[SourceMutant], bool] = lambda mutant: True) -> list[Mutant]:
    """Builds and judges them; raises SchemataError or CollectionError with a sentence."""
    judged: list[Mutant] = []
    for target in TARGETS:
        report(f"building the mutants of {target.name}", 0, 0)
        built = build(target, workers)
        judged += _judge(built, [mutant for mutant in built.mutants if chosen(mutant)], workers, report)
    return judged


def _judge(built: Built, mutants: Sequence[SourceMutant], workers: int, report: Report) -> list[Mutant]:
    tests = built.unit_tests
    for test in tests:
        failure = test.failure(0)
        if failure is not None:
            raise CollectionError(f"false alarm: {test.source} fails on the original: {failure}")
    found: list[Mutant] = []
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        for mutant, killer in zip(mutants, pool.map(lambda each: _killer(tests, each.number), mutants)):
            made = Mutant("backends", mutant.id, f"{built.source_of(mutant)}:{mutant.line}", mutant.description, ())
            if killer is not None:
                made.shares["scenarios"] = killer
                made.killing_tests.append(killer.test)
            found.append(made)
            report(f"mutants of {built.target.name}", len(found), len(mutants))
    alive = [mutant for mutant, made in zip(mutants, found) if not made.killed]
    same = building.same_code(built.folder, alive, _flags(built.target), workers)
    for mutant, made in zip(mutants, found):
        if mutant.number in same:
            made.argument = SAME_CODE
    return found


def _killer(tests: Sequence[UnitTest], number: int) -> Killer | None:
    started = time.monotonic()
    for test in tests:
        failure = test.failure(number)
        if failure is not None:
            return Killer(test.source, "", "scenarios", "FAIL", f"units: {failure}", (time.monotonic() - started) * 1e3)
    return None
