# SPDX-License-Identifier: Apache-2.0
"""irqcts backends"""

from __future__ import annotations

import ctypes

import click

from .. import _abi, host
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
        click.echo(f"\n{host.COMMAND} backends NAME shows its options and opens it")
        return
    chosen = BackendChoice.parse(name)
    if chosen.name not in found and "/" not in chosen.name:
        raise Problem(f"there is no backend {chosen.name!r}; there are {', '.join(found)}")
    try:
        click.echo("options")
        for line in option_help(chosen.name):
            click.echo(f"  {line}")
    except LibraryError as error:
        raise Problem(str(error)) from error
    agent = AgentProcess(chosen)
    try:
        for key, value in agent.description().as_json().items():
            click.echo(f"{key:22} {', '.join(value) if isinstance(value, list) else value}")
    except Ending as ending:
        raise Problem(ending.why) from ending
    finally:
        agent.close()
