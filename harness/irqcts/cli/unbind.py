# SPDX-License-Identifier: Apache-2.0
"""irqcts unbind"""

from __future__ import annotations

import click

from .. import vfio_bind
from . import Problem


@click.command()
@click.argument("address")
def command(address: str) -> None:
    """Give the PCI device at ADDRESS back to the driver that `irqcts bind` took it from.

    Works also after a crash in between; exit status 2 when the driver does not take it.
    """
    try:
        driver = vfio_bind.unbind(address)
    except vfio_bind.BindError as error:
        raise Problem(str(error)) from error
    click.echo(f"{vfio_bind.full_address(address)}: belongs to {driver or 'no driver'} again")
