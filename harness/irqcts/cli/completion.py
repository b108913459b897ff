# SPDX-License-Identifier: Apache-2.0
"""irqcts completion"""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem, get_completion_class


def clause_ids(context: click.Context, parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Clauses that begin so; zsh and fish show their text beside."""
    from .. import specification

    try:
        known = specification.clauses()
    except specification.SpecificationMissing:
        return []  # not built: nothing to offer, and a sentence here would end up in the shell's line
    return [CompletionItem(i, help=c.text) for i, c in known.items() if i.startswith(begun.upper())]


def test_ids(context: click.Context, parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Tests that begin so."""
    from . import Problem
    from .collecting import tests

    try:
        return [CompletionItem(t["id"], help=t["title"]) for t in tests() if t["id"].startswith(begun)]
    except Problem:
        return []


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
