# SPDX-License-Identifier: Apache-2.0
"""irqcts explain"""

from __future__ import annotations

import re
from pathlib import Path

import click

from .. import host, rulings, specification
from ..paths import layout
from . import Problem
from .collecting import tests
from .completion import clause_ids

LEVELS = {"M": "must", "S": "should", "U": "left open by the sources; the accepted set is listed",
          "R": "recorded, never judged"}
BASES = {"W": "Windows driver documentation", "P": "PCI Express base specification, as quoted in public sources",
         "P?": "a base-specification rule not yet seen quoted", "K": "Linux kernel", "V": "virtio", "X": "observed"}


def oracle_places(clause: str) -> list[str]:
    """file:line where the oracle names the clause."""
    word = re.compile(rf"\bIRQCTS_CLAUSE_{clause.replace('-', '_')}\b")
    found = []
    for path in sorted(layout().model.glob("*.c")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if word.search(line):
                found.append(f"{shown(path)}:{number}  {line.strip()}")
    return found


def shown(path: Path) -> Path:
    """As it is called in a source tree or an installation."""
    return path.relative_to(layout().root) if path.is_relative_to(layout().root) else path


@click.command(epilog="Example: irqcts explain PEND-COALESCE")
@click.argument("clause", shell_complete=clause_ids)
def command(clause: str) -> None:
    """Everything about one CLAUSE: text, level, basis, sources, open points, the oracle's code, tests."""
    known = specification.clauses()
    identifier = clause.upper().replace("_", "-")
    if identifier not in known:
        raise Problem(f"there is no clause {clause!r}{specification.nearest(clause)}")
    c = known[identifier]
    click.echo(f"{c.id}\n  {c.text}\n")
    click.echo(f"level        {c.level}: {LEVELS[c.level]}")
    for number, basis in enumerate(c.basis):
        click.echo(f"{'basis' if number == 0 else '':12} {basis}: {BASES[basis]}")
    click.echo(f"views        {', '.join(c.views)}")
    click.echo(f"observables  {', '.join(c.observables)}")
    if c.note:
        click.echo(f"note         {c.note}")
    for number, key in enumerate(c.sources):
        source = specification.sources()[key]
        click.echo(f"{'sources' if number == 0 else '':12} {source['title']} ({source['publisher']}), {source['url']}")
    for key in c.ambiguities:
        point = specification.ambiguities()[key]
        switch = point["switch"] if isinstance(point["switch"], str) else ", ".join(point["switch"])
        click.echo(f"open point   {key}: {point['question']}\n             readings: {'; '.join(point['readings'])}\n"
                   f"             chosen: {point['chosen']} (switch: {switch})\n"
                   f"             observed: {point['observed']}")
    places = oracle_places(c.id)
    click.echo(f"oracle       {places[0] if places else 'no transition names it'}")
    for place in places[1:]:
        click.echo(f"             {place}")
    written = rulings.every()
    about = [ruling for ruling in written if ruling.clause == c.id]
    citing = sum(any(fork.clause == c.id for fork in ruling.forks) for ruling in written if ruling.clause != c.id)
    click.echo(f"{'rulings':12} {len(about) or 'none'}{f', and {citing} on other clauses that cite it' if citing else ''}")
    for ruling in about:
        click.echo(f"{'':12} {shown(layout().rulings)}/{ruling.place}  {ruling.sentence}")
    covering = [t for t in tests() if c.id in t["clauses"]]
    click.echo(f"tests        {len(covering) or 'none' + (f': {c.untested}' if c.untested else '')}")
    variants: dict[str, list[str]] = {}  # a test with parameters takes one line
    for test in covering:
        variants.setdefault(test["id"].partition("[")[0], []).append(test["title"])
    for name, titles in variants.items():
        click.echo(f"             {name}{f' ({len(titles)} variants)' if len(titles) > 1 else ''}  {titles[0]}")
    if covering:
        click.echo(f"\nrun them: {host.COMMAND} run --clause {c.id}")
