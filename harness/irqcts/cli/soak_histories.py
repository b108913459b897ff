# SPDX-License-Identifier: Apache-2.0
"""irqcts soak --threads: concurrent histories until one has no order that the oracle permits."""

from __future__ import annotations

import random
import time
from pathlib import Path

import click

from ..agent import AgentProcess, BackendChoice
from ..description import Description
from ..history import Plan
from ..verdict import EXIT_CONFORMS, EXIT_INTERRUPTED, EXIT_NONCONFORMANCE
from . import Problem


def _plan(description: Description, threads: int, choice: random.Random) -> Plan:
    """Few or many calls, with and without messages in common; polls from never to after each call."""
    operations = choice.choice((16, 100, 500, 2000))
    messages = choice.choice((1, 2, min(4, description.messages_max)))
    return Plan.for_backend(description, min(messages, description.messages_max), seed=choice.getrandbits(64),
                            threads=threads, operations=operations, polls=choice.choice((operations // 8, operations)),
                            sharing=choice.choice((1, 2)), routes=choice.random() < 0.75)


def soak_histories(backend: BackendChoice, threads: int, seconds: float, run_seed: int, out: Path) -> int:
    """The exit status; a history that fails is made minimal, shown and saved."""
    agent = AgentProcess(backend)
    choice = random.Random(run_seed)
    count = calls = merged = 0
    try:
        description = agent.description()
        if "concurrent" not in description.properties:
            raise Problem(f"{description.identity} is used by one thread at a time")
        click.echo(f"{description.identity}\nrun seed {run_seed}")
        end = time.monotonic() + seconds
        while count == 0 or time.monotonic() < end:
            plan = _plan(description, threads, choice)
            report = agent.record(plan).check()
            count += 1
            calls += report.calls
            merged += report.merged
            if not report.conforms:
                text = "\n".join(filter(None, [f"{plan}: {report.verdict}", report.text.rstrip("\n"),
                                               plan.other_cause(report.verdict)]))
                path = out / f"history-{plan.seed:016x}.txt"
                try:
                    out.mkdir(parents=True, exist_ok=True)
                    path.write_text(text, encoding="utf-8")
                except OSError as error:
                    raise Problem(f"cannot write {path}: {error.strerror}") from error
                click.echo(f"{text}\nsaved as {path}")
                return EXIT_NONCONFORMANCE
    except KeyboardInterrupt:
        click.echo("\ninterrupted")
        return EXIT_INTERRUPTED
    finally:
        agent.close()
        click.echo(f"{count} histories, {calls} calls, {merged} of them too many to follow each order")
    click.echo("none failed")
    return EXIT_CONFORMS
