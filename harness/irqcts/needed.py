# SPDX-License-Identifier: Apache-2.0
"""Which packages of Python's this interpreter lacks; run as a file by irqcts.cmd, before anything needs them.

Exit status 0 when all are there; 1 with the command that installs the others.
"""

from __future__ import annotations

import importlib.util
import sys

#: Module: the package that has it, under the name that pip knows.
PACKAGES = {"click": "click", "jinja2": "jinja2", "jsonschema": "jsonschema", "pytest": "pytest",
            "xdist": "pytest-xdist", "rich": "rich"}


def main() -> int:
    missing = [package for module, package in PACKAGES.items() if importlib.util.find_spec(module) is None]
    if missing:
        print("irqcts: Python lacks packages; to install them:\n"
              f"    \"{sys.executable}\" -m pip install {' '.join(missing)}", file=sys.stderr)
    return int(bool(missing))


if __name__ == "__main__":
    sys.exit(main())
