# SPDX-License-Identifier: Apache-2.0
"""Builds backends/vfio/tests/migrating against the headers of a guest's kernel.

The headers are the distribution's packages, unpacked into the cache and not installed.  A kernel newer than
this machine's distribution brings tools that this machine's C library cannot run: ``Unavailable``, as without
a network.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from irqcts.apt import Unavailable, default_cache, foreign, run
from irqcts.guest_kernel import Kernel
from irqcts.paths import layout

NAME = "irqcts_migrating"
#: What says that the packages do not fit this machine, rather than that the module's source is wrong.
FOREIGN_TOOLS = re.compile(r"version `GLIBC_\S+' not found.*|.*gcc\S*: (?:[Cc]ommand )?not found.*|"
                           r".*unrecognized command-line option.*|.*Failed to execute .*")


def release_of(kernel: Kernel) -> str:
    """"6.1.0-56-cloud-amd64" of a distribution's kernel."""
    found = re.match(r"linux-image-(\S+) ", kernel.name)
    if found is None:
        raise Unavailable(f"{kernel.name}: no kernel of a distribution, so no headers of it")
    return found.group(1)


def headers(suite: str, kernel: Kernel) -> Path:
    """The folder that `make -C` builds modules in."""
    package = f"linux-headers-{release_of(kernel)}"
    target = default_cache() / "headers" / package
    if not target.is_dir():
        with foreign(suite) as apt:
            depends = apt.call("apt-cache", "depends", package)
            parts = [package, *re.findall(r"^\s*Depends: (linux-(?:headers|kbuild)-\S+)", depends, re.MULTILINE)]
            for part in parts:
                apt.call("apt-get", "-q", "download", part)  # apt checks it against the signed index
            target.parent.mkdir(parents=True, exist_ok=True)
            staging = Path(tempfile.mkdtemp(prefix=".new-", dir=target.parent))
            try:
                for archive in apt.work.glob("*.deb"):
                    run(["dpkg-deb", "-x", str(archive), str(staging)])
                makefile = staging / "usr/src" / package / "Makefile"  # includes the common part by its installed place
                makefile.write_text(makefile.read_text().replace("/usr/src", str(target / "usr/src")))
                staging.rename(target)
            except BaseException:
                shutil.rmtree(staging, ignore_errors=True)
                raise
    return target / "usr/src" / package


def build(suite: str, kernel: Kernel, folder: Path) -> Path:
    """The module for this kernel."""
    if shutil.which("make") is None:
        raise Unavailable("make: not on this machine")
    tree = headers(suite, kernel)
    source = folder / "migrating"  # the kernel's build writes beside the source
    shutil.copytree(layout().root / "backends" / "vfio" / "tests" / "migrating", source)
    done = subprocess.run(["make", "-C", str(tree), f"M={source}", "W=1", "KCFLAGS=-Werror", "modules"],
                          capture_output=True, text=True, timeout=120, check=False)
    module = source / f"{NAME}.ko"
    if not module.is_file():
        foreign_tool = FOREIGN_TOOLS.search(done.stdout + done.stderr)
        if foreign_tool is not None:
            raise Unavailable(f"modules for {kernel.name} cannot be built here: {foreign_tool.group(0)}")
        raise AssertionError(done.stdout + done.stderr)
    return module
