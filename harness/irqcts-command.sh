#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The installed command: the harness lies in ../share/irqcts/python, wherever the prefix is.
set -eu
here=$(dirname "$(readlink -f "$0")")
share=$(cd "$here/../share/irqcts" && pwd -P)
PYTHONPATH=$share/python${PYTHONPATH:+:$PYTHONPATH}
export PYTHONPATH
for python in ${IRQCTS_PYTHON:+"$IRQCTS_PYTHON"} /usr/bin/python3 python3; do
    if "$python" -c 'import sys, click, pytest; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        exec "$python" -m irqcts "$@"
    fi
done
echo "irqcts: no Python 3.11 or later with click and pytest; on Debian and Ubuntu:" \
     "apt-get install python3-click python3-pytest python3-jinja2 python3-jsonschema python3-rich python3-pytest-xdist" >&2
exit 2
