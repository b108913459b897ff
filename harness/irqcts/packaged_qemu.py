# SPDX-License-Identifier: Apache-2.0
"""The QEMU of another suite of the distribution, with all it needs, fetched and run without being installed.

It has devices that this machine's own may not have (igb since QEMU 8.0).
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from .apt import Unavailable, check_suite_name, default_cache, foreign, is_suite_name, run

PROGRAM = "qemu-system-x86_64"
PACKAGE = "qemu-system-x86"
#: A cached one is used without asking for a newer one for this long.
FRESH_SECONDS = 7 * 24 * 3600
#: Everything is the suite's own, also the loader and the C library: nothing is taken from this machine.
SCRIPT = """#!/bin/sh
root=$(dirname "$(readlink -f "$0")")/root
export QEMU_MODULE_DIR="$root/{libraries}/qemu"
exec "$root/{loader}" --library-path "$root/{libraries}" "$root/usr/bin/{program}" \\
    -L "$root/usr/share/qemu" -L "$root/usr/share/seabios" "$@"
"""


def packaged_qemu(suite: str, cache: Path | None = None, refresh: bool = False) -> Path:
    """A program that runs the suite's QEMU, from the cache if that is fresh."""
    check_suite_name(suite)
    folder = (cache or default_cache()) / "qemu" / suite
    cached = sorted(folder.glob(f"*/{PROGRAM}"), key=lambda path: path.stat().st_mtime)
    newest = cached[-1] if cached else None
    if newest is not None and not refresh and time.time() - newest.stat().st_mtime < FRESH_SECONDS:
        return newest
    try:
        return _fetch(suite, folder)
    except Unavailable:
        if newest is None:
            raise
        return newest  # an older one is better than none; its version is in every report


def named_qemu(text: str) -> str:
    """What --qemu names: a file or a program on PATH, else a suite of the distribution."""
    if "/" in text or shutil.which(text) is not None or not is_suite_name(text):
        return text
    return str(packaged_qemu(text))


def has_device(program: str | Path, device: str) -> bool:
    """Whether a QEMU knows a device; False also where there is no such QEMU."""
    try:
        said = subprocess.run([str(program), "-device", f"{device},help"], capture_output=True, text=True, timeout=20,
                              check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return False
    return said.startswith(f"{device} options:")


def _fetch(suite: str, folder: Path) -> Path:
    with foreign(suite) as apt:
        try:
            record = apt.call("apt-cache", "show", "--no-all-versions", PACKAGE)
        except Unavailable as error:
            raise Unavailable(f"no {PACKAGE} of {suite!r} could be fetched ({error}); sources tried: "
                              f"{'; '.join(apt.lines)}") from error
        version = re.search(r"^Version: (\S+)", record, re.MULTILINE)
        if version is None:
            raise Unavailable(f"{suite} has no package {PACKAGE}; sources: {'; '.join(apt.lines)}")
        target = folder / f"{PACKAGE}_{version.group(1).replace(':', '%3a')}"
        if (target / PROGRAM).is_file():
            (target / PROGRAM).touch()
            return target / PROGRAM
        # With nothing installed there, everything that it needs comes along.
        apt.call("apt-get", "-q", "-y", "--no-install-recommends", "--download-only", "install", PACKAGE)
        return _unpack(apt.work / "cache" / "archives", target)


def _unpack(archives: Path, target: Path) -> Path:
    """All packages in one folder of the cache, whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=".new-", dir=target.parent))
    try:
        root = staging / "root"
        for archive in sorted(archives.glob("*.deb")):
            run(["dpkg-deb", "-x", str(archive), str(root)])
        loaders = sorted(root.glob("usr/lib/*/ld-linux-x86-64.so.2")) + sorted(root.glob("lib/*/ld-linux-x86-64.so.2"))
        if not loaders or not (root / "usr" / "bin" / PROGRAM).is_file():
            raise Unavailable(f"the packages of {target.name} hold no {PROGRAM} that can be run uninstalled")
        libraries = loaders[0].parent.relative_to(root)
        script = staging / PROGRAM
        script.write_text(SCRIPT.format(loader=loaders[0].relative_to(root), libraries=libraries, program=PROGRAM),
                          "utf-8")
        script.chmod(0o755)
        shutil.rmtree(target, ignore_errors=True)
        staging.rename(target)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    return target / PROGRAM
