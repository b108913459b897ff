# SPDX-License-Identifier: Apache-2.0
"""The options of a guest, for every command that takes a backend."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, TypeVar

import click

from ..agent import BackendChoice
from ..guest_choice import encode
from . import Problem

Command = TypeVar("Command", bound=Callable[..., Any])
_GIVEN = "irqcts.guest"


def _remember(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    """Kept with the invocation, so that commands need not pass each option on."""
    if value:
        context.meta.setdefault(_GIVEN, {})[str(parameter.name)] = value


def _option(*names: str, **settings: Any) -> Callable[[Command], Command]:
    return click.option(*names, expose_value=False, callback=_remember, **settings)


def guest_options(command: Command) -> Command:
    """--guest, --kernel, --modules, --append, --vectors and --witness (backend vfio)."""
    path = click.Path(path_type=Path)
    for option in (
        _option("--witness", is_flag=True, help="Compare with what QEMU's own side of the guest sees."),
        _option("--vectors", type=click.IntRange(1, 2048), metavar="N", help="Vectors of the guest's ivshmem device."),
        _option("--append", metavar="TEXT", help="More of the guest kernel's command line."),
        _option("--modules", type=path, metavar="DIR", help="That kernel's modules, where VFIO is not built in."),
        _option("--kernel", type=path, metavar="PATH", help="Run vfio in a guest with this kernel image."),
        _option("--guest", metavar="SUITE",
                help="Run vfio in a guest with the kernel of this Debian suite (bookworm, trixie)."),
    ):
        command = option(command)
    return command


def with_guest(chosen: BackendChoice) -> BackendChoice:
    """The choice with the guest's options added to it."""
    given: dict[str, Any] = dict(click.get_current_context().meta.get(_GIVEN, {}))
    if not given:
        return chosen
    if chosen.name != "vfio":
        raise Problem(f"--{next(iter(given))} belongs to the backend vfio; the backend chosen is {chosen.name}")
    if not {"guest", "kernel"} & given.keys() and not {"guest=", "kernel="} & {
            part[:part.find("=") + 1] for part in chosen.options.split(",")}:
        raise Problem(f"--{next(iter(given))} needs a guest: add --guest SUITE or --kernel PATH")
    for key in ("kernel", "modules"):
        if key in given and not given[key].exists():
            raise Problem(f"--{key} {given[key]}: no such file or folder")
    parts = [part for part in chosen.options.split(",") if part]
    for key, value in given.items():
        value = value.resolve() if isinstance(value, Path) else "yes" if value is True else value
        parts.append(f"{key}={encode(str(value))}")
    return BackendChoice(chosen.name, ",".join(parts))
