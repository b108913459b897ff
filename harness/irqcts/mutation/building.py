# SPDX-License-Identifier: Apache-2.0
"""Compiling mutated sources: kept for as long as the sources stay the same, and the proof that some are no mutants."""

from __future__ import annotations

import concurrent.futures
import hashlib
import json
import os
import shutil
import subprocess
import time
from dataclasses import asdict
from pathlib import Path
from typing import Callable, Sequence

from ..paths import layout
from . import effects, schemata, units
from .schemata import SchemataError, SourceMutant

KEPT_SECONDS = 86400
#: The file of a folder of instrumented sources that names their mutants.
_LISTING = "mutants.json"


def source_tree() -> Path:
    """The root of the sources; raises SchemataError where there are none."""
    places = layout()
    if places.installed:
        raise SchemataError("only a source tree has the sources that are mutated; clone the repository and call "
                            "./irqcts mutate there")
    return places.root


def compiler() -> str:
    for name in (os.environ.get("CC"), "gcc", "clang", "cc"):
        if name and shutil.which(name):
            return name
    raise SchemataError("no C compiler is there: install gcc, or set CC")


def run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        raise SchemataError(f"{' '.join(command[-3:])}: {done.stderr.strip()[:800]}")


def instrument(sources: Sequence[Path], folder: Path, includes: Sequence[Path], roots: Sequence[str]) -> list[Path]:
    """Instrumented copies of the sources, with the source of the choice (units.py) behind them; `mutants` reads
    what they hold."""
    made = schemata.instrument(sources, includes, roots)
    copies = [folder / path.name for path in sources]
    for copy, each in zip(copies, made):
        copy.write_text(each.source, encoding="utf-8")
    chosen = folder / "chosen.c"
    chosen.write_text(units.CHOICE, encoding="utf-8")
    found = [asdict(mutant) for each in made for mutant in each.mutants]
    (folder / _LISTING).write_text(json.dumps(found), encoding="utf-8")
    return [*copies, chosen]


def mutants(folder: Path) -> list[SourceMutant]:
    """Those of the instrumented sources in the folder, by number."""
    return [SourceMutant(**each) for each in json.loads((folder / _LISTING).read_text("utf-8"))]


def compile_all(sources: Sequence[Path], folder: Path, flags: Sequence[str], workers: int) -> list[Path]:
    """The objects, in the folder."""
    objects = [folder / f"{number}-{path.stem}.o" for number, path in enumerate(sources)]
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        list(pool.map(lambda pair: run([compiler(), *flags, "-c", str(pair[0]), "-o", str(pair[1])]),
                      zip(sources, objects)))
    return objects


def kept(name: str, inputs: Sequence[Path], make: Callable[[Path], None]) -> Path:
    """The folder that `make` fills; filled again only when an input changes."""
    tool = [Path(module.__file__ or "") for module in (schemata, effects, units)] + [Path(__file__)]
    folder = layout().build / "mutants" / f"{name}-{_digest([*inputs, *tool])}"
    if not folder.exists():
        temporary = folder.with_suffix(f".{os.getpid()}")
        temporary.mkdir(parents=True)
        make(temporary)
        _forget(folder.parent)
        try:
            temporary.rename(folder)
        except OSError:  # another process has built the same meanwhile
            shutil.rmtree(temporary, ignore_errors=True)
    return folder


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


def same_code(folder: Path, candidates: Sequence[SourceMutant], flags: Sequence[str], workers: int) -> set[int]:
    """Numbers of those that an optimising compiler turns into the very code of the original.

    `folder` has the instrumented sources.  A sound proof of equivalence (trivial compiler equivalence:
    Papadakis, Jia, Harman, Le Traon 2015).
    """
    def code(file: str, number: int) -> bytes:
        out = folder / f"only-{file}-{number}.o"
        try:
            run([compiler(), *flags, "-O2", f"-DIRQCTS_ONLY_MUTANT={number}", "-c", str(folder / file), "-o", str(out)])
            return out.read_bytes()
        finally:
            out.unlink(missing_ok=True)

    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        original = {file: code(file, 0) for file in {mutant.file for mutant in candidates}}
        found = pool.map(lambda mutant: code(mutant.file, mutant.number) == original[mutant.file], candidates)
        return {mutant.number for mutant, same in zip(candidates, found) if same}
