# SPDX-License-Identifier: Apache-2.0
"""irqcts list"""

from __future__ import annotations

import json

import click

from .. import specification
from . import Problem
from .collecting import tests
from .completion import clause_ids


@click.command("list", epilog="""\b
Examples:
  irqcts list
  irqcts list tests --clause PEND
  irqcts list clauses --json""")
@click.argument("what", type=click.Choice(["tests", "clauses", "backends"]), default="tests")
@click.option("--clause", metavar="ID", shell_complete=clause_ids, help="Only this clause or family.")
@click.option("--json", "as_json", is_flag=True, help="For scripts: one JSON array.")
def command(what: str, clause: str | None, as_json: bool) -> None:
    """List tests, clauses or backends, one a line."""
    if clause is not None and not any(_covers((i,), clause) for i in specification.clauses()):
        raise Problem(f"there is no clause {clause!r}{specification.nearest(clause, families=True)}")
    if what == "backends":
        from .backends import every

        found = every()
        click.echo(json.dumps({name: str(path) for name, path in found.items()}, indent=1) if as_json
                   else "\n".join(found))
    elif what == "clauses":
        rows = [c for i, c in specification.clauses().items() if clause is None or _covers((i,), clause)]
        if as_json:
            click.echo(json.dumps([c._asdict() for c in rows], indent=1, ensure_ascii=False))
            return
        width = max(len(c.id) for c in rows)
        for c in rows:
            click.echo(f"{c.id:{width}}  {c.level}  {c.text}")
    else:
        selected = [t for t in tests() if clause is None or _covers(tuple(t["clauses"]), clause)]
        if as_json:
            click.echo(json.dumps(selected, indent=1, ensure_ascii=False))
            return
        for test in selected:
            click.echo(f"{test['id']}  [{' '.join(test['clauses'])}]")


def _covers(declared: tuple[str, ...], wanted: str) -> bool:
    return any(i == wanted or i.startswith(wanted + "-") for i in declared)
