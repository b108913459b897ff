# SPDX-License-Identifier: Apache-2.0
"""irqcts doctor"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Iterator

import click

from .. import host, vfio_bind
from ..agent import AgentProcess, BackendChoice, installed_backends
from ..paths import layout
from ..verdict import Ending
from .backends import under_wine

#: name, whether it works, what was seen, and the command that mends it.
Finding = tuple[str, bool, str, str]


def _version(command: str) -> str:
    try:
        done = subprocess.run([command, "--version"], capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    lines = (done.stdout or done.stderr).strip().splitlines()
    return lines[0] if lines else "it says nothing of its version"


def packages() -> list[tuple[str, str, str, str]]:
    """(for, seen, package, reason) of harness/packages; an installation has no need of them."""
    path = layout().root / "harness" / "packages"
    if not path.exists():
        return []
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines():
        words = line.split(None, 3)
        if len(words) == 4 and not line.startswith("#"):
            rows.append((words[0], words[1], words[2], words[3]))
    return rows


def _seen(what: str) -> tuple[bool, str]:
    import importlib.util

    kind, separator, name = what.partition(":")
    if separator and kind == "py":
        found = importlib.util.find_spec(name) is not None
        return found, f"module {name}" + ("" if found else " is not there")
    if separator and kind == "file":
        return Path(name).exists(), name
    if what == "clang-rt":
        clang = shutil.which("clang")
        if clang is None:
            return False, "no clang"
        done = subprocess.run([clang, "-print-resource-dir"], capture_output=True, text=True)
        library = next(Path(done.stdout.strip()).glob("lib/*/libclang_rt.fuzzer*.a"), None)
        return library is not None, str(library or "no libclang_rt.fuzzer")
    path = shutil.which(what)
    return path is not None, _version(path) if path else f"{what} is not on PATH"


def findings() -> Iterator[Finding]:
    yield "interpreter", sys.version_info >= (3, 11), f"{sys.executable}, Python {sys.version.split()[0]}", \
        "winget install --exact --id Python.Python.3.12" if host.WINDOWS else "apt-get install python3"
    places = layout()
    for name, path in (("library", places.library), ("agent", places.agent)):
        yield name, path.exists(), str(path), f"{host.COMMAND} run"
    if not host.WINDOWS:  # there irqcts.cmd has looked already
        for _, seen, package, reason in packages():
            works, what = _seen(seen)
            yield package, works, f"{what} ({reason})", f"apt-get install --no-install-recommends {package}"
    for name in installed_backends():
        options = {"qemu": "device=rocker"}.get(name, "")
        agent = AgentProcess(BackendChoice(name, options))
        try:
            description = agent.description()
            yield f"backend {name}", True, description.identity, ""
        except Ending as ending:
            waits = "needs device=" in ending.why
            yield f"backend {name}", waits, "it waits for --device" if waits else ending.why, \
                "" if "\n" in ending.why else f"{host.COMMAND} backends {name}"  # a preflight has its own commands
        finally:
            agent.close()
    if not host.WINDOWS:
        works, what = under_wine()
        yield "backend windows", works, what.removeprefix("not here: "), ""  # which is a command already
        yield from _virtualization()


def _virtualization() -> Iterator[Finding]:
    yield "KVM", os.access("/dev/kvm", os.R_OK | os.W_OK), \
        "/dev/kvm" + ("" if os.path.exists("/dev/kvm") else " is not there; guests run by software emulation"), ""
    iommu = len(list(Path("/sys/kernel/iommu_groups").glob("*"))) if Path("/sys/kernel/iommu_groups").exists() else 0
    yield "IOMMU", iommu > 0, \
        f"{iommu} groups" + ("" if iommu else "; VFIO on this machine's own devices is not possible"), \
        vfio_bind.IOMMU_ON


@click.command(epilog="Example: irqcts doctor")
def command() -> None:
    """What works on this machine, what is missing, and the exact command to get it.

    Exit status 0 when the suite can run on the built-in emulator.
    """
    essential = {"interpreter", "library", "agent", "backend emulator"}
    works_enough = True
    for name, works, seen, mend in findings():
        click.echo(f"{'ok     ' if works else 'missing'}  {name:26} " + seen.replace("\n", f"\n{'':36}"))
        if not works and mend:
            click.echo(f"{'':9}{'':26} -> {mend}")
        works_enough = works_enough and (works or name not in essential)
    sys.exit(0 if works_enough else 1)
