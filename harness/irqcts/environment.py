# SPDX-License-Identifier: Apache-2.0
"""What a run's record says about where it ran: enough to tell whether two runs may be compared."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

from . import __version__, host
from .paths import layout


def suite_files() -> list[Path]:
    return sorted(path for path in layout().suites.rglob("*")
                  if path.suffix in (".py", ".toml", ".txt") and "__pycache__" not in path.parts)


@cache
def suite_digest() -> str:
    """Over the suites' files: two runs judged by the same tests agree in it."""
    digest = hashlib.sha256()
    for path in suite_files():
        digest.update(path.relative_to(layout().suites).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _git(*arguments: str) -> str | None:
    if not (layout().root / ".git").exists():
        return None
    try:
        done = subprocess.run(["git", "-C", str(layout().root), *arguments], capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def suite() -> dict[str, Any]:
    commit = _git("rev-parse", "HEAD")
    dirty = _git("status", "--porcelain", "--untracked-files=no")
    return {"version": __version__, "commit": commit, "dirty": None if dirty is None else bool(dirty),
            "digest": suite_digest()}


def machine() -> dict[str, Any]:
    """No host name: a report is handed to others."""
    system, kernel = host.system()
    return {
        "system": system, "kernel": kernel,
        "machine": platform.machine(), "processors": os.cpu_count(),
        "python": platform.python_version(), "interpreter": sys.executable,
    }
