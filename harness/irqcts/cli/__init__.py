# SPDX-License-Identifier: Apache-2.0
"""The command line.  Each command is a module of this package, loaded when it is used."""

from __future__ import annotations

import importlib
import io
import os
import sys
from pathlib import Path
from typing import Any

import click

from .. import __version__, host
from ..verdict import EXIT_INTERRUPTED, EXIT_UNDECIDED, EXIT_USAGE

#: Command: its line in the overview.  The module has the command as `command`.
COMMANDS = {
    "run": "Run the suite on a backend and write a report.",
    "test": "Run the project's own tests.",
    "list": "List tests, clauses or backends.",
    "explain": "Everything about one clause.",
    "replay": "Run one program and show its trace beside what is permitted.",
    "soak": "Random programs for a while; a failing one is shrunk.",
    "report": "Render the reports of a run again.",
    "merge": "Make one run of the shards of it.",
    "backends": "Backends, their options and what they say of themselves.",
    "bind": "Give a PCI device to vfio-pci, and say what else is missing.",
    "unbind": "Give a device back to the driver it was taken from.",
    "doctor": "What works on this machine, and how to get what is missing.",
    "bench": "Measure, beside the limits.",
    "mutate": "Score the suite on planted faults.",
    "completion": "Shell completion for bash, zsh or fish.",
}

#: They fork, or they are about what only Linux has (vfio-pci, the project's own build).
NOT_ON_WINDOWS = ("test", "bind", "unbind", "bench", "mutate")


class Problem(click.ClickException):
    """What went wrong and what to do next, in one sentence; exit status 2."""

    exit_code = EXIT_USAGE

    def show(self, file: Any = None) -> None:
        click.echo(f"irqcts: {self.message}", err=True, file=file)


def may_write(path: Path) -> bool:
    """Whether this user may write a file or folder, or make it with what leads to it."""
    existing = path
    while not os.path.exists(existing) and existing != existing.parent:  # False also where this user may not look
        existing = existing.parent
    if os.path.isdir(existing):
        return os.access(existing, os.W_OK | os.X_OK)
    return existing == path and os.access(path, os.W_OK)


class Interrupted(click.ClickException):
    """Ctrl-C; the message says what became of the command's work."""

    exit_code = EXIT_INTERRUPTED

    def show(self, file: Any = None) -> None:
        click.echo(f"\nirqcts: {self.message}", err=True, file=file)


class Commands(click.Group):
    """Loads a command's module only when that command is asked for."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            interrupted = Interrupted("interrupted")
            if ctx.invoked_subcommand == "run":
                interrupted.exit_code = EXIT_UNDECIDED
            raise interrupted from None

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name in COMMANDS if (Path(__file__).parent / f"{_module(name)}.py").exists()
                and not (host.WINDOWS and name in NOT_ON_WINDOWS)]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if host.WINDOWS and name in NOT_ON_WINDOWS:
            raise Problem(f"irqcts {name} is a command of Linux; irqcts --help lists those of Windows")
        if name not in self.list_commands(ctx):
            return None
        command: click.Command = importlib.import_module(f".{_module(name)}", __name__).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name]) for name in self.list_commands(ctx)])


def _module(name: str) -> str:
    return {"list": "listing", "test": "selftest"}.get(name, name)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
             epilog="Examples: irqcts run · irqcts run --backend qemu --device rocker · irqcts explain PEND-RELEASE")
@click.version_option(__version__, prog_name="irqcts")
def group() -> None:
    """Conformance test suite for MSI-X interrupt routing.

    Exit status of run: 0 all judged tests pass; 1 a non-conformance (FAIL, XPASS, CRASH, TIMEOUT);
    2 usage or bad input; 3 only ERROR, INCONCLUSIVE or MISS, or interrupted; 5 nothing executed.
    The other commands end with 130 when they are interrupted.
    """


def main() -> None:
    """The entry point: no traceback reaches a user unless IRQCTS_DEBUG is set."""
    from ..library import LibraryError
    from ..program import ProgramError
    from ..results import ResultsError
    from ..specification import SpecificationMissing
    from ..verdict import Ending

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a console of few characters must not end a run
    try:
        group(prog_name="irqcts")
    except (Ending, LibraryError, ProgramError, ResultsError, SpecificationMissing) as error:
        if os.environ.get("IRQCTS_DEBUG"):
            raise
        click.echo(f"irqcts: {error}", err=True)
        sys.exit(EXIT_USAGE)
    except BrokenPipeError:
        # The reader of our output is gone; keep Python from complaining when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
