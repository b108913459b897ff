# SPDX-License-Identifier: Apache-2.0
"""Wine as part of the choice of a backend: `windows:wine=yes,fault=ID`.

The drivers and the agent are Windows programs; on Linux they run under Wine, on the simulated bus, and
irqcts.wine_bridge stands in for the agent.
"""

from __future__ import annotations

import sys

from .verdict import HarnessError


def command(name: str, options: str) -> list[str] | None:
    """The bridge's command for the backend "windows", which does not run here without Wine; else None."""
    if name != "windows" or sys.platform == "win32":
        return None
    parts = [part for part in options.split(",") if part]
    if "wine=yes" not in parts:
        raise HarnessError("the backend windows runs on Windows; here it runs under Wine, on a simulated bus: "
                           "give --wine", cause="environment")
    rest = ",".join(part for part in parts if part != "wine=yes")
    return [sys.executable, "-m", "irqcts.wine_bridge", f"--options={rest}"]
