# SPDX-License-Identifier: Apache-2.0
"""Where things are: in a source tree with its build folder, or below an installation prefix."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path


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

    @property
    def build(self) -> Path:
        """The build folder of a source tree; where caches go."""
        return self.agent.parent.parent


@cache
def layout() -> Layout:
    """IRQCTS_BUILD names another build folder of the source tree, IRQCTS_LIBRARY another library,
    IRQCTS_SUITES another folder of tests (a vendor's own)."""
    package = Path(__file__).resolve().parent
    tree = package.parents[1]
    library = os.environ.get("IRQCTS_LIBRARY")
    suites = os.environ.get("IRQCTS_SUITES")
    if (tree / "core" / "model").is_dir():
        build = Path(os.environ.get("IRQCTS_BUILD", tree / "build")).resolve()
        return Layout(root=tree, suites=Path(suites).resolve() if suites else tree / "suites",
                      library=Path(library) if library else build / "lib" / "libirqcts.so",
                      agent=build / "bin" / "irqcts-agent", backends=build / "lib" / "irqcts",
                      clauses=build / "generated" / "irqcts_clauses.py", model=tree / "core" / "model",
                      rulings=tree / "core" / "spec" / "rulings", installed=False)
    # PREFIX/share/irqcts/python/irqcts/paths.py
    share = package.parents[1]
    prefix = share.parents[1]
    return Layout(root=share, suites=Path(suites).resolve() if suites else share / "suites",
                  library=Path(library) if library else prefix / "lib" / "libirqcts.so",
                  agent=prefix / "bin" / "irqcts-agent", backends=prefix / "lib" / "irqcts",
                  clauses=share / "python" / "irqcts_clauses.py", model=share / "model",
                  rulings=share / "rulings", installed=True)


def cache_folder() -> Path:
    """For what can be made again at any time."""
    places = layout()
    if not places.installed:
        return places.build / "cache"
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "irqcts"
