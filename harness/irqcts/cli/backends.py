# SPDX-License-Identifier: Apache-2.0
"""irqcts backends"""

from __future__ import annotations

import ctypes
from pathlib import Path

import click

from .. import _abi, host, wine_choice, wine_prefix
from ..agent import AgentProcess, BackendChoice, installed_backends
from ..library import LibraryError, check, library
from ..verdict import Ending
from . import Problem


def option_help(name: str) -> list[str]:
    """One line an option, from the backend's own table."""
    interface = ctypes.POINTER(_abi.irqcts_backend_interface)()
    check(library().irqcts_backend_load(ctypes.byref(interface), str(installed_backends().get(name, name)).encode()))
    table = ctypes.cast(interface.contents.option_help, ctypes.POINTER(ctypes.c_char_p))
    lines: list[str] = []
    while table and table[len(lines)] is not None:
        lines.append(table[len(lines)].decode("utf-8", "replace"))
    return lines


def under_wine() -> tuple[bool, str]:
    """Whether the backend windows can run on this Linux, and where it is or what it needs."""
    try:
        return True, f"{wine_prefix.client()} (under Wine: --wine)"
    except wine_prefix.WineError as error:
        return False, f"not here: {error}"


def every() -> dict[str, Path]:
    """The backends that can run here, by name."""
    found = installed_backends()
    if not host.WINDOWS and under_wine()[0]:
        found["windows"] = wine_prefix.client()
    return found


@click.command(epilog="""\b
Examples:
  irqcts backends
  irqcts backends qemu
  irqcts backends qemu:device=rocker""")
@click.argument("name", required=False)
def command(name: str | None) -> None:
    """Backends that are installed; of one, its options and what it says of itself."""
    found = installed_backends()
    if name is None:
        for each, path in found.items():
            click.echo(f"{each:12} {path}")
        if not host.WINDOWS:
            click.echo(f"{'windows':12} {under_wine()[1]}")
        click.echo(f"\n{host.COMMAND} backends NAME shows its options and opens it")
        return
    chosen = BackendChoice.parse(name)
    of_wine = chosen.name == "windows" and not host.WINDOWS
    if chosen.name not in found and "/" not in chosen.name and not of_wine:
        raise Problem(f"there is no backend {chosen.name!r}; there are {', '.join(every())}")
    try:
        click.echo("options")
        for line in wine_choice.OPTION_HELP if of_wine else option_help(chosen.name):
            click.echo(f"  {line}")
    except LibraryError as error:
        raise Problem(str(error)) from error
    if of_wine and "wine=yes" not in chosen.options.split(","):  # the first time it takes minutes
        works, what = under_wine()
        click.echo(f"needs                  {what if not works else 'Wine and the Windows programs, which are here'}")
        click.echo(f"\n{host.COMMAND} backends windows:wine=yes opens it; "
                   f"{host.COMMAND} run --backend windows --wine runs the suite on it")
        return
    agent = AgentProcess(chosen)
    try:
        for key, value in agent.description().as_json().items():
            click.echo(f"{key:22} {', '.join(value) if isinstance(value, list) else value}")
    except Ending as ending:
        raise Problem(ending.why) from ending
    finally:
        agent.close()
