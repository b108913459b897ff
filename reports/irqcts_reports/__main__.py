# SPDX-License-Identifier: Apache-2.0
"""python3 -m irqcts_reports DIR, or with --compare OLDER_DIR (exit status 1: new non-conformances)."""
from __future__ import annotations

import argparse
import sys
from pathlib import Path

from . import ResultsError, load_run, render
from .compare import compare


def main() -> int:
    parser = argparse.ArgumentParser(prog="irqcts_reports", description="Render the reports of a run folder.")
    parser.add_argument("folder", type=Path, metavar="DIR", help="the folder with results.jsonl")
    parser.add_argument("--compare", type=Path, metavar="OLDER_DIR", help="say what changed since that run instead")
    parser.add_argument("--any-specification", action="store_true",
                        help="compare although the two runs were judged by different specifications")
    arguments = parser.parse_args()
    try:
        if arguments.compare is None:
            render(arguments.folder)
            return 0
        found = compare(load_run(arguments.compare), load_run(arguments.folder), arguments.any_specification)
    except (ResultsError, OSError) as error:
        print(f"irqcts_reports: {error}", file=sys.stderr)
        return 2
    print(found.text(), end="")
    return 1 if found.new_failures else 0


if __name__ == "__main__":
    sys.exit(main())
