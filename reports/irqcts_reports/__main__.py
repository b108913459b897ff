# SPDX-License-Identifier: Apache-2.0
"""python3 -m irqcts_reports DIR renders; options print something else of the run instead."""
from __future__ import annotations

import argparse
import sys
from pathlib import Path

from . import ResultsError, kcidb, lava, load_run, render
from .compare import compare


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="irqcts_reports", description="Render the reports of a run folder.")
    parser.add_argument("folder", type=Path, metavar="DIR", help="the folder with results.jsonl")
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--compare", type=Path, metavar="OLDER_DIR",
                         help="print what changed since that run; exit status 1: new non-conformances")
    instead.add_argument("--kcidb", metavar="ORIGIN:BUILD", help="print the tests as JSON for kcidb-submit")
    instead.add_argument("--lava", action="store_true", help="print the tests as LAVA's signals")
    parser.add_argument("--any-specification", action="store_true",
                        help="compare although the two runs were judged by different specifications")
    return parser.parse_args()


def main() -> int:
    arguments = parse()
    try:
        if arguments.compare is not None:
            found = compare(load_run(arguments.compare), load_run(arguments.folder), arguments.any_specification)
            print(found.text(), end="")
            return 1 if found.new_failures else 0
        if arguments.kcidb is not None:
            print(kcidb.text(load_run(arguments.folder), arguments.kcidb), end="")
        elif arguments.lava:
            print(lava.text(load_run(arguments.folder)), end="")
        else:
            render(arguments.folder)
    except (ResultsError, OSError) as error:
        print(f"irqcts_reports: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
