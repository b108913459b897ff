# SPDX-License-Identifier: Apache-2.0
"""Packages of any suite of the machine's own mirror, fetched and checked by apt, never installed.

apt works in a configuration directory of its own, so that the machine's lists stay as they are.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

from . import host

APT_SECONDS = 180


class Unavailable(Exception):
    """It could not be had: no network, no apt, no such suite.  Not a verdict about any device."""


def default_cache() -> Path:
    """$XDG_CACHE_HOME/irqcts or ~/.cache/irqcts."""
    return host.cache_base() / "irqcts"


def is_suite_name(text: str) -> bool:
    return re.fullmatch(r"[a-z][a-z0-9-]*", text) is not None


def check_suite_name(suite: str) -> None:
    if not is_suite_name(suite):
        raise Unavailable(f"{suite!r} is not the name of a distribution suite")


def run(command: list[str], cwd: Path | None = None) -> str:
    try:
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=APT_SECONDS, check=False,
                              env={**os.environ, "LC_ALL": "C"})
    except FileNotFoundError as error:
        raise Unavailable(f"{command[0]}: not on this machine; name a file of your own (--kernel, --qemu)") from error
    except subprocess.TimeoutExpired as error:
        raise Unavailable(f"{' '.join(command[:2])}: no answer within {APT_SECONDS} s") from error
    if done.returncode != 0:
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        raise Unavailable(f"{command[0]} {command[-1]} failed: {' '.join(last)}")
    return done.stdout


def sources(suite: str) -> list[str]:
    """sources.list lines for a suite, from the machine's own mirror and components."""
    listing = run(["apt-get", "indextargets", "--no-release-info",
                   "--format", "$(CREATED_BY) $(REPO_URI) $(RELEASE) $(COMPONENT)"])
    rows = [row.split() for row in listing.splitlines()]
    packages = [(uri, release, component) for kind, uri, release, component in
                (row for row in rows if len(row) == 4) if kind == "Packages"]
    releases = [release for _, release, component in packages if component == "main"]
    bases = [release for release in releases if f"{release}-updates" in releases or f"{release}-security" in releases]
    if not releases:
        raise Unavailable("apt knows no package source on this machine; name a file of your own (--kernel, --qemu)")
    base = (bases or [release for release in releases if "-" not in release] or releases)[0]
    lines = []
    for uri, release, component in packages:
        if component == "main" and (release == base or release in (f"{base}-updates", f"{base}-security")):
            line = f"deb {uri} {suite}{release[len(base):]} main"
            if line not in lines:
                lines.append(line)
    return lines


@dataclass(frozen=True)
class Foreign:
    """apt as it would be on a machine of another suite with nothing installed; `work` goes away with it."""

    work: Path
    lines: list[str]
    options: list[str]

    def call(self, program: str, *arguments: str) -> str:
        return run([program, *self.options, *arguments], cwd=self.work)


@contextmanager
def foreign(suite: str, kind: str = "deb") -> Iterator[Foreign]:
    """Its package lists (of sources, if `kind` is deb-src) are fetched; whether a package resolves is for the caller."""
    check_suite_name(suite)
    lines = [kind + line.removeprefix("deb") for line in sources(suite)]
    with tempfile.TemporaryDirectory(prefix="irqcts-apt-") as temporary:
        work = Path(temporary)
        for name in ("lists/partial", "cache/archives/partial"):
            (work / name).mkdir(parents=True)
        (work / "sources.list").write_text("\n".join(lines) + "\n", "utf-8")
        (work / "status").touch()
        options = [f"-oDir::State::lists={work}/lists", f"-oDir::State::status={work}/status",
                   f"-oDir::State::extended_states={work}/extended_states",
                   f"-oDir::Cache={work}/cache", f"-oDir::Etc::sourcelist={work}/sources.list",
                   "-oDir::Etc::sourceparts=/dev/null", "-oAcquire::Languages=none", "-oAcquire::Retries=2"]
        if os.geteuid() == 0:
            options.append("-oAPT::Sandbox::User=root")  # the folder is ours alone
        found = Foreign(work, lines, options)
        try:
            found.call("apt-get", "-q", "update")
        except Unavailable:
            pass  # some suites have no -updates or -security; what matters is whether the package resolves
        yield found
