# SPDX-License-Identifier: Apache-2.0
"""The oracle with all its mutants in one library, and the proof by compiler that some are none.

The library is libirqcts with the instrumented oracle in place of its own, and with the backend `model` in
it, so that the oracle which is played back and the one which judges are the mutant.
"""

from __future__ import annotations

import concurrent.futures
import hashlib
import json
import os
import shutil
import subprocess
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Sequence

from ..paths import layout
from . import effects, schemata, units
from .schemata import SchemataError, SourceMutant
from .units import UnitTest

KEPT_SECONDS = 86400
LIBRARY = "libirqcts-mutants.so"
#: The folders of core whose sources make the rest of the library.
REST = ("program", "session", "wire", "engine", "abi")
#: What the oracle does begins here; the functions that only show its state (for traces) are not reached.
TRANSITIONS = ("irqcts_model_initialise", "irqcts_model_set_message", "irqcts_model_judge", "irqcts_model_predict")
#: The C tests that look at the oracle's state and at what is explored of it.
UNIT_TESTS = ("core/tests/test_model.c", "core/tests/test_model_state.c", "core/tests/test_machine.c")


@dataclass(frozen=True)
class Built:
    library: Path
    folder: Path
    mutants: list[SourceMutant]

    @property
    def unit_tests(self) -> list[UnitTest]:
        return [UnitTest(source, self.folder / Path(source).stem) for source in UNIT_TESTS]


def _includes() -> list[Path]:
    places = layout()
    return [places.root / "core" / "include", places.build / "generated" / "include", places.root / "core" / "model",
            places.root / "core" / "program", places.root / "core" / "session"]


def _compiler() -> str:
    for name in (os.environ.get("CC"), "gcc", "clang", "cc"):
        if name and shutil.which(name):
            return name
    raise SchemataError("no C compiler is there: install gcc, or set CC")


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        raise SchemataError(f"{' '.join(command[-3:])}: {done.stderr.strip()[:800]}")


def build(workers: int) -> Built:
    """The library for this state of the sources; made again only when they change."""
    places = layout()
    if places.installed:
        raise SchemataError("only a source tree has the oracle's source; clone the repository and call "
                            "./irqcts mutate there")
    core = places.root / "core"
    model = sorted((core / "model").glob("*.c"))
    generated = places.build / "generated"
    others = sorted([*(path for name in REST for path in (core / name).glob("*.c")), generated / "clauses.c",
                     places.root / "backends" / "model" / "model_backend.c"])
    tool = [Path(module.__file__ or "") for module in (schemata, effects, units)] + [Path(__file__)]
    tests = [places.root / source for source in UNIT_TESTS]
    folder = places.build / "mutants" / _digest([*model, *others, *tests, *core.rglob("*.h"), *tool,
                                                 generated / "include" / "irqcts" / "clauses.h"])
    listing = folder / "mutants.json"
    if not listing.exists():
        temporary = folder.with_suffix(f".{os.getpid()}")
        temporary.mkdir(parents=True)
        mutants = _instrument(model, temporary)
        _compile([temporary / path.name for path in model] + others, temporary, workers)
        for test in tests:
            _run([_compiler(), *_flags(), str(test), "-o", str(temporary / test.stem), f"-L{temporary}",
                  f"-l:{LIBRARY}", "-Wl,-rpath,$ORIGIN"])
        (temporary / "mutants.json").write_text(json.dumps([asdict(mutant) for mutant in mutants]), encoding="utf-8")
        _forget(folder.parent)
        try:
            temporary.rename(folder)
        except OSError:  # another process has built the same meanwhile
            shutil.rmtree(temporary, ignore_errors=True)
    return Built(folder / LIBRARY, folder, [SourceMutant(**each) for each in json.loads(listing.read_text("utf-8"))])


def _forget(folder: Path) -> None:
    """Takes away what was built of sources of days before; what is younger may be in use."""
    for old in folder.iterdir():
        if time.time() - old.stat().st_mtime > KEPT_SECONDS:
            shutil.rmtree(old, ignore_errors=True)


def _digest(paths: Sequence[Path]) -> str:
    together = hashlib.sha256()
    for path in sorted(paths):
        together.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return together.hexdigest()[:16]


def _instrument(model: Sequence[Path], folder: Path) -> list[SourceMutant]:
    mutants: list[SourceMutant] = []
    for path, made in zip(model, schemata.instrument(model, _includes(), TRANSITIONS)):
        (folder / path.name).write_text(made.source, encoding="utf-8")
        mutants += made.mutants
    return mutants


def _flags() -> list[str]:
    return ["-std=c11", "-O1", "-fPIC", "-w", "-DIRQCTS_BUILDING", '-DIRQCTS_VERSION="mutants"',
            *(f"-I{each}" for each in _includes())]


def _compile(sources: Sequence[Path], folder: Path, workers: int) -> None:
    objects = [folder / f"{number}-{path.stem}.o" for number, path in enumerate(sources)]
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        list(pool.map(lambda pair: _run([_compiler(), *_flags(), "-c", str(pair[0]), "-o", str(pair[1])]),
                      zip(sources, objects)))
    chosen = folder / "chosen.c"
    chosen.write_text(units.CHOICE, encoding="utf-8")
    _run([_compiler(), "-shared", "-fPIC", "-Wl,-Bsymbolic", str(chosen), *map(str, objects), "-ldl", "-o",
          str(folder / LIBRARY)])
    for each in objects:
        each.unlink()


def same_code(built: Built, mutants: Sequence[SourceMutant], workers: int) -> set[int]:
    """Numbers of those that an optimising compiler turns into the very code of the original.

    A sound proof of equivalence (trivial compiler equivalence: Papadakis, Jia, Harman, Le Traon 2015).
    """
    def code(file: str, number: int) -> bytes:
        out = built.folder / f"only-{file}-{number}.o"
        try:
            _run([_compiler(), "-std=c11", "-O2", "-w", "-DIRQCTS_BUILDING", f"-DIRQCTS_ONLY_MUTANT={number}",
                  *(f"-I{each}" for each in _includes()), "-c", str(built.folder / file), "-o", str(out)])
            return out.read_bytes()
        finally:
            out.unlink(missing_ok=True)

    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        original = {file: code(file, 0) for file in {mutant.file for mutant in mutants}}
        found = pool.map(lambda mutant: code(mutant.file, mutant.number) == original[mutant.file], mutants)
        return {mutant.number for mutant, same in zip(mutants, found) if same}
