# SPDX-License-Identifier: Apache-2.0
"""irqcts completion"""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command(epilog="""\b
Examples:
  irqcts completion bash >> ~/.bashrc
  irqcts completion fish > ~/.config/fish/completions/irqcts.fish""")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the script that completes irqcts in a shell."""
    from . import group

    found = get_completion_class(shell)
    assert found is not None
    click.echo(found(group, {}, "irqcts", "_IRQCTS_COMPLETE").source())
