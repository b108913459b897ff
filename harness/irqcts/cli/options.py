# SPDX-License-Identifier: Apache-2.0
"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, TypeVar

import click
from click.core import ParameterSource

from .. import host
from ..agent import BackendChoice, installed_backends
from ..apt import Unavailable
from ..guest_choice import encode
from ..packaged_qemu import named_qemu
from . import Problem

Command = TypeVar("Command", bound=Callable[..., Any])

#: Options of the command line that become options of the backend, with their help.
SHORTHANDS = {
    "device": ("NAME", "The device behind the backend: option device=NAME."),
    "qemu": ("PATH", "The QEMU to use, of backend qemu and of a guest; or a suite to fetch it from (trixie)."),
    "guest": ("SUITE", "Backend vfio: boot this distribution's kernel in a guest (bookworm, trixie)."),
    "kernel": ("PATH", "Backend vfio: boot this kernel image in the guest."),
    "modules": ("DIR", "Backend vfio: its modules, where VFIO is not built in."),
    "append": ("TEXT", "Backend vfio: more of the guest kernel's command line."),
    "vectors": ("N", "Vectors of an ivshmem device."),
}
#: The same for options without a value.
SWITCHES = {
    "wine": "Backend windows: run it under Wine, on a simulated bus.",
    "witness": "Backend vfio: compare with what QEMU's own side of the guest sees.",
}


class Folder(click.Path):
    """A folder that is written to; an empty name, as of a variable that is not set, is not the current one."""

    def __init__(self) -> None:
        super().__init__(path_type=Path, file_okay=False)

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> Any:
        if value == "":
            self.fail("the name of the folder is empty; name one, or leave the option away", parameter, context)
        return super().convert(value, parameter, context)


def _program(text: str) -> str:
    try:
        return named_qemu(text)
    except Unavailable as error:
        raise click.BadParameter(f"--qemu {text}: no such program on PATH, and not a suite's: {error}") from error


def backend_options(command: Command) -> Command:
    """--backend and its shorthands, as one keyword `backend` of type BackendChoice."""

    def put_together(context: click.Context, parameter: click.Parameter, value: str) -> BackendChoice:
        chosen = BackendChoice.parse(value)
        name, colon, rest = chosen.name.partition(":")
        if colon and (name in installed_backends() or name == "windows"):
            raise Problem(f"--backend {value}: {rest!r} is no option; write {name}:KEY=VALUE "
                          f"({host.COMMAND} backends {name})")
        given = context.meta.get("irqcts.shorthands", {})
        if given and context.get_parameter_source("backend") == ParameterSource.DEFAULT_MAP:  # run --resume
            raise Problem(f"the run is continued on {value}; leave --{next(iter(given))} away, or give --backend too")
        parts = [chosen.options] if chosen.options else []
        for key, text in given.items():
            if key == "qemu":
                key, text = "path" if chosen.name == "qemu" else key, _program(text)
            # A guest's options are taken apart by guest_choice.py, which wants separators in values encoded.
            parts.append(f"{key}={encode(text) if chosen.name == 'vfio' and key != 'device' else text}")
        return BackendChoice(chosen.name, ",".join(parts))

    def remember(context: click.Context, parameter: click.Parameter, value: str | None) -> None:
        if value is not None and parameter.name is not None:
            context.meta.setdefault("irqcts.shorthands", {})[parameter.name] = value

    def remember_switch(context: click.Context, parameter: click.Parameter, value: bool) -> None:
        remember(context, parameter, "yes" if value else None)

    command = click.option("--backend", "-b", default="emulator", show_default=True, metavar="NAME[:KEY=VALUE,…]",
                           callback=put_together,
                           help="What to run against; irqcts backends shows names and options.")(command)
    for name, (metavar, text) in reversed(SHORTHANDS.items()):
        command = click.option(f"--{name}", metavar=metavar, help=text, callback=remember, expose_value=False,
                               is_eager=True)(command)
    for name, text in SWITCHES.items():
        command = click.option(f"--{name}", is_flag=True, help=text, callback=remember_switch, expose_value=False,
                               is_eager=True)(command)
    return command
