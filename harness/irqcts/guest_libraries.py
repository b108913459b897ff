# SPDX-License-Identifier: Apache-2.0
"""A guest whose agent can load libraries: a stimulus driver that was built outside the tree.

The static agent cannot, so the dynamic one goes into the guest, with the backend, the driver, and the
machine's own libraries that they need.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

from .guest import GuestUnavailable
from .paths import layout

BACKEND = "irqcts-backend-vfio.so"
#: Where the guest's init says backends are, and where drivers are put beside them.
FOLDER = "lib/irqcts"
_STIMULUS = re.compile(r"(?P<before>^|,)stimulus=(?P<path>[^,]*/[^,]*)")
_NEEDED = re.compile(r"^\s*(?:\S+ => )?(/\S+) \(0x", re.MULTILINE)
_MISSING = re.compile(r"^\s*(\S+) => not found", re.MULTILINE)


def stimulus_library(options: str) -> Path | None:
    """The library that a stimulus= of the backend's options names; None for a built-in driver."""
    found = _STIMULUS.search(options)
    return Path(found["path"]) if found is not None else None


def _libraries(files: Iterable[Path]) -> dict[str, Path]:
    """What the dynamic linker would load for these files, by their place in the guest."""
    found: dict[str, Path] = {}
    for file in files:
        said = subprocess.run(["ldd", str(file)], capture_output=True, text=True, check=False, timeout=20)
        missing = _MISSING.findall(said.stdout)
        if said.returncode != 0 or missing:
            why = f"needs {', '.join(missing)}" if missing else said.stderr.strip() or said.stdout.strip()
            raise GuestUnavailable(f"{file} cannot be loaded in a guest: {why}")
        for path in map(Path, _NEEDED.findall(said.stdout)):
            interpreter = path.name.startswith("ld-")  # its place is written into every program
            found[str(path).lstrip("/") if interpreter else f"lib/{path.name}"] = path
    return found


def with_stimulus(library: Path, options: str) -> tuple[Path, dict[str, Path], str]:
    """The agent, the files to put beside it, and the backend's options as they read in the guest."""
    if not library.is_file():
        raise GuestUnavailable(f"stimulus={library}: no such file")
    places = layout()
    inside = f"{FOLDER}/{library.name}"
    backend = places.backends / BACKEND
    files = {f"{FOLDER}/{BACKEND}": backend, inside: library.resolve(),
             **_libraries((places.agent, backend, library.resolve()))}
    # As it was written: a Path has lost the "./" of the option already.
    return places.agent, files, _STIMULUS.sub(lambda found: f"{found['before']}stimulus=/{inside}", options, count=1)
