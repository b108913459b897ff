# SPDX-License-Identifier: Apache-2.0
"""irqcts replay"""

from __future__ import annotations

import sys
from typing import TextIO

import click

from .. import requirements
from ..agent import AgentProcess, BackendChoice
from ..declarations import Needs
from ..program import Program
from ..trace import Trace
from ..verdict import Ending, EXIT_CONFORMS, EXIT_NONCONFORMANCE, EXIT_UNDECIDED
from . import Problem
from .options import backend_options


@click.command(epilog="""\b
Examples:
  irqcts replay results/last/programs/test_events.txt
  irqcts replay --backend qemu --device rocker program.txt
  echo 'irqcts-program 1
        configure entries=1 messages=1
        poll => none' | irqcts replay -""")
@click.argument("program", type=click.File(encoding="utf-8"))
@backend_options
@click.option("--timeout", type=float, default=30.0, show_default=True, metavar="SECONDS")
@click.option("--stop", is_flag=True, help="Operation by operation; ends at the first divergence.")
def command(program: TextIO, backend: BackendChoice, timeout: float, stop: bool) -> None:
    """Run PROGRAM (a file of program text, - for standard input) and show what is permitted beside what was seen.

    Exit status: 0 conforms, 1 diverges, crashes or hangs, 2 bad input, 3 the backend cannot do it,
    130 interrupted.
    """
    try:
        text = program.read()
    except UnicodeDecodeError as error:
        raise Problem(f"{program.name} is no text; name a file that begins with \"irqcts-program 1\"") from error
    parsed = Program.from_text(text)
    agent = AgentProcess(backend)
    try:
        description = agent.description()
        click.echo(f"{description.identity}\n")
        try:
            requirements.check_program(parsed, description, Needs())
        except Ending as ending:
            click.echo(f"note: {ending.why}; what follows from there is not judged\n")
        try:
            trace = agent.run(parsed, timeout, stop_at_first=stop)
        except Ending as ending:
            click.echo(f"{ending.verdict}: {ending.why}")
            for line in ending.evidence:
                click.echo(f"  {line}")
            sys.exit(EXIT_NONCONFORMANCE if ending.verdict.value in ("CRASH", "TIMEOUT") else EXIT_UNDECIDED)
    finally:
        agent.close()
    sys.exit(show(trace))


def show(trace: Trace) -> int:
    """The trace as a table; the divergent steps are marked and explained."""
    rows = [(str(step.index), step.operation, step.expected, step.observed) for step in trace]
    heads = ("", "operation", "permitted", "observed")
    widths = [max(len(row[i]) for row in [heads, *rows]) for i in range(3)]
    click.echo("   " + "  ".join(f"{head:{width}}" for head, width in zip(heads, widths)) + "  observed")
    for step, row in zip(trace, rows):
        click.echo(f"{'>>' if step.divergent else '  '} {row[0]:>{widths[0]}}  {row[1]:{widths[1]}}  "
                   f"{row[2]:{widths[2]}}  {row[3]}")
        if step.divergent:
            click.echo(f"   {'':{widths[0]}}  {step.reason}")
    click.echo()
    if not trace.conforms:
        first = trace.first_divergence
        click.echo(f"diverges at step {first}; steps the oracle refuses: {trace.outcome.divergences}, "
                   f"stated outcomes not met: {trace.outcome.expectations_failed}")
        return EXIT_NONCONFORMANCE
    if trace.first_not_observed is not None:
        click.echo(f"from step {trace.first_not_observed} on nothing could be judged on this backend")
        return EXIT_UNDECIDED
    click.echo(f"conforms: {len(trace)} steps, {trace.outcome.expectations_met} stated outcomes met")
    return EXIT_CONFORMS
