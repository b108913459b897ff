# SPDX-License-Identifier: Apache-2.0
"""irqcts bind"""

from __future__ import annotations

import sys

import click

from .. import host, vfio_bind
from ..obstacle import Obstacle
from ..verdict import EXIT_UNDECIDED
from . import Problem


def _in_use(address: str, driver: str) -> list[Obstacle]:
    """What bind would refuse the device for."""
    machine = vfio_bind.Machine()
    if not machine.device(address).exists() or machine.driver(address) == driver:
        return []
    carried = vfio_bind.users(address, machine)
    return [Obstacle(f"{address} carries {', '.join(carried)}; taking it away would harm this machine",
                     f"if that is meant: {host.COMMAND} bind {address} --although-in-use")] if carried else []


@click.command(epilog="""\b
Examples:
  irqcts bind 0000:03:00.0
  irqcts run --backend vfio --device 0000:03:00.0
  irqcts unbind 0000:03:00.0""")
@click.argument("address")
@click.option("--check", is_flag=True, help="Change nothing; say what keeps the suite from the device.")
@click.option("--although-in-use", is_flag=True,
              help="Take the device even from a mounted file system, swap or the default route.")
@click.option("--driver", default=vfio_bind.DRIVER, show_default=True, metavar="NAME",
              help="A vendor's VFIO driver in the place of vfio-pci (mlx5_vfio_pci, …).")
def command(address: str, check: bool, although_in_use: bool, driver: str) -> None:
    """Give the PCI device at ADDRESS to vfio-pci, and say what else is missing.

    Exit status: 0 the suite can run on it, 2 it could not be given, 3 something else is missing (with --check:
    anything).
    """
    try:
        address = vfio_bind.full_address(address)
        if not check:
            former = vfio_bind.bind(address, although_in_use=although_in_use, driver=driver)
            click.echo(f"{address}: {former or 'no driver'} -> {driver}")
        obstacles = vfio_bind.preflight(address)
        if check and not although_in_use:
            obstacles = [*_in_use(address, driver), *obstacles]
    except vfio_bind.BindError as error:
        raise Problem(str(error)) from error
    for obstacle in obstacles:
        click.echo(str(obstacle))
    if obstacles:
        sys.exit(EXIT_UNDECIDED)
    click.echo(f"the suite can run on it: {host.COMMAND} run --backend vfio --device {address}")
