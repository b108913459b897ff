# SPDX-License-Identifier: Apache-2.0
"""irqcts completion"""

from __future__ import annotations

import click
from click.shell_completion import BashComplete, CompletionItem, get_completion_class

#: click's own leaves the words to bash, for which ":" and "=" end one (COMP_WORDBREAKS), and a test's id has two
#: colons.  Here the words are those between blanks, and of a value only what stands behind the last such character
#: is given back, because that is what bash replaces.
BASH = r"""
%(complete_func)s() {
    local line=${COMP_LINE:0:COMP_POINT} response completion type value word begun
    local -a words
    read -ra words <<< "$line"
    [[ $line == *[[:blank:]] ]] && words+=("")
    word=${words[-1]}
    begun=
    [[ $word == -*=* ]] && word=${word#*=}
    [[ $word == *[:=]* && $COMP_WORDBREAKS == *:* && $COMP_WORDBREAKS == *=* ]] && begun=${word%%"${word##*[:=]}"}
    response=$(env COMP_WORDS="$line" COMP_CWORD=$((${#words[@]} - 1)) %(complete_var)s=bash_complete "$1")
    COMPREPLY=()
    while IFS=, read -r type value; do
        case $type in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            plain) COMPREPLY+=("${value#"$begun"}") ;;
        esac
    done <<< "$response"
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""


class Bash(BashComplete):
    source_template = BASH


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

    found = Bash if shell == "bash" else get_completion_class(shell)
    assert found is not None
    click.echo(found(group, {}, "irqcts", "_IRQCTS_COMPLETE").source())
