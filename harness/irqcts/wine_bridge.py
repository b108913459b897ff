# SPDX-License-Identifier: Apache-2.0
"""Stands in for the agent of the backend "windows" on Linux.

Installs the simulated bus and the driver in a Wine prefix, lets irqcts-agent.exe have standard input and
output, and removes the devices when it has ended.
"""

from __future__ import annotations

import argparse
import signal
import sys
from typing import Any

from . import relay
from .wine_prefix import WineError, WinePrefix


def _end(number: int, frame: Any) -> None:
    raise KeyboardInterrupt


def _serve(prefix: WinePrefix, options: str) -> int:
    """The agent's status, once it has ended.

    Whoever ends this process does so because something hangs or died: then the prefix's server is ended with all
    that it runs, and the devices are removed by the next run.
    """
    agent = prefix.start(["irqcts-agent.exe", "--backend", r".\irqcts_windows.dll", "--options", options])
    try:
        return agent.wait()
    except KeyboardInterrupt:
        agent.kill()
        raise


def main() -> int:
    parser = argparse.ArgumentParser(prog="irqcts.wine_bridge")
    parser.add_argument("--options", default="")
    options = parser.parse_args().options
    signal.signal(signal.SIGTERM, _end)
    try:
        prefix = WinePrefix()
        with prefix.locked():
            prefix.prepare()
            prefix.install()
            status = _serve(prefix, options)
            prefix.remove()
            return status
    except WineError as error:
        relay.refuse(str(error))
        return relay.EXIT_UNAVAILABLE
    except KeyboardInterrupt:
        return relay.EXIT_LOST


if __name__ == "__main__":
    sys.exit(main())
