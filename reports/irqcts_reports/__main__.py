# SPDX-License-Identifier: Apache-2.0
"""python -m irqcts_reports DIR [--compare OLDER_DIR]"""
from __future__ import annotations

import argparse
import sys
from pathlib import Path

from . import ResultsError, load_run, render
from .compare import compare


def main() -> int:
    parser = argparse.ArgumentParser(prog="irqcts_reports", description="Render the reports of a run folder.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--compare", type=Path, metavar="DIR", help="say what changed since that run instead")
    parser.add_argument("--any-specification", action="store_true",
                        help="compare although the two runs are about different specifications")
    arguments = parser.parse_args()
    try:
        if arguments.compare is None:
            render(arguments.folder)
        else:
            print(compare(load_run(arguments.compare), load_run(arguments.folder), arguments.any_specification), end="")
    except ResultsError as error:
        print(f"irqcts_reports: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
