# SPDX-License-Identifier: Apache-2.0
"""Where things are: in a source tree with its build folder, or where they are installed.

On Linux that is a prefix; the harness lies in its share/irqcts.  On Windows that folder is all there is, and its
subfolder windows holds every program and library.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from . import host


@dataclass(frozen=True)
class Layout:
    """The folders and files that the harness uses; `root` holds suites/ (pytest's root folder)."""

    root: Path
    suites: Path
    library: Path
    agent: Path
    backends: Path
    clauses: Path
    model: Path
    rulings: Path
    installed: bool
    build: Path  # of a source tree; where caches go


@cache
def layout() -> Layout:
    """IRQCTS_BUILD names another build folder of the source tree, IRQCTS_LIBRARY another library,
    IRQCTS_SUITES another folder of tests (a vendor's own)."""
    package = Path(__file__).resolve().parent
    tree = package.parents[1]
    library = os.environ.get("IRQCTS_LIBRARY")
    suites = os.environ.get("IRQCTS_SUITES")
    if (tree / "core" / "model").is_dir():
        build = Path(os.environ.get("IRQCTS_BUILD", tree / "build" / ("windows" if host.WINDOWS else ""))).resolve()
        programs, libraries, backends = _built(build)
        return Layout(root=tree, suites=Path(suites).resolve() if suites else tree / "suites",
                      library=Path(library) if library else libraries / host.LIBRARY,
                      agent=programs / host.AGENT, backends=backends,
                      clauses=build / "generated" / "irqcts_clauses.py", model=tree / "core" / "model",
                      rulings=tree / "core" / "spec" / "rulings", installed=False, build=build)
    # PREFIX/share/irqcts/python/irqcts/paths.py
    share = package.parents[1]
    prefix = share.parents[1]
    programs, libraries, backends = ((share / "windows",) * 3 if host.WINDOWS else
                                     (prefix / "bin", prefix / "lib", prefix / "lib" / "irqcts"))
    return Layout(root=share, suites=Path(suites).resolve() if suites else share / "suites",
                  library=Path(library) if library else libraries / host.LIBRARY,
                  agent=programs / host.AGENT, backends=backends,
                  clauses=share / "python" / "irqcts_clauses.py", model=share / "model",
                  rulings=share / "rulings", installed=True, build=prefix)


def _built(build: Path) -> tuple[Path, Path, Path]:
    """Where a build folder has programs, libraries and backends."""
    if not host.WINDOWS:
        return build / "bin", build / "lib", build / "lib" / "irqcts"
    out = build / "out"
    for folder in (out / "Release", out / "RelWithDebInfo", out / "Debug"):  # Visual Studio has one for each
        if (folder / host.LIBRARY).exists():
            out = folder
            break
    return out, out, out


def cache_folder() -> Path:
    """For what can be made again at any time."""
    places = layout()
    if not places.installed:
        return places.build / "cache"
    return host.cache_base() / "irqcts"
