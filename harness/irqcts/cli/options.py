# SPDX-License-Identifier: Apache-2.0
"""Options that several commands share."""

from __future__ import annotations

from typing import Any, Callable, TypeVar

import click

from ..agent import BackendChoice
from ..guest_choice import encode
from .guest_options import guest_options, with_guest

Command = TypeVar("Command", bound=Callable[..., Any])


def backend_options(command: Command) -> Command:
    """--backend, --device and --qemu; `choice` puts them together."""
    for option in (
        click.option("--qemu", metavar="PATH", help="The QEMU to use (backend qemu)."),
        click.option("--device", metavar="NAME", help="The device behind the backend, as its option device=NAME."),
        click.option("--backend", "-b", default="emulator", show_default=True, metavar="NAME[:KEY=VALUE,…]",
                     help="What to run against; ./irqcts backends shows names and options."),
    ):
        command = option(command)
    return guest_options(command)


def choice(backend: str, device: str | None, qemu: str | None) -> BackendChoice:
    chosen = BackendChoice.parse(backend, device)
    if qemu is not None:
        extra = f"qemu={encode(qemu) if chosen.name == 'vfio' else qemu}"
        chosen = BackendChoice(chosen.name, f"{chosen.options},{extra}" if chosen.options else extra)
    return with_guest(chosen)
