# SPDX-License-Identifier: Apache-2.0
"""The backend "windows" where it is chosen: on Windows its preflight, on Linux Wine.

The drivers and the agent are Windows programs; on Linux they run under Wine, on the simulated bus
(`windows:wine=yes,fault=ID`), and irqcts.wine_bridge stands in for the agent.
"""

from __future__ import annotations

import sys

from . import host, windows_preflight
from .paths import layout
from .verdict import HarnessError

#: The device of which everything is simulated; the other one shows itself as a real device does (IRQCTS\\PLAIN).
SIMULATED = r"IRQCTS\SIMULATED"

#: Its options under Wine.  The table of irqcts_windows.dll cannot be read here; a test compares them.
OPTION_HELP = (
    "wine=yes run it under Wine, on a simulated bus (--wine)",
    rf"device={SIMULATED}|IRQCTS\PLAIN all of it simulated, or shown as a real device is (default {SIMULATED})",
    "irql=passive|dispatch|device the level at which the routing routines are called (default passive); Wine has one",
    "fault=ID|none, locking=operation, and the emulator's other options: of the simulated device",
)


def command(name: str, options: str) -> list[str] | None:
    """The agent's command for the backend "windows", on Windows or under Wine; None for another backend.

    HarnessError with what is missing.
    """
    if name != "windows":
        return None
    parts = [part for part in options.split(",") if part]
    if host.WINDOWS:
        wanted = next((part.removeprefix("device=") for part in parts if part.startswith("device=")), "")
        chosen = windows_preflight.check(wanted, layout().backends)
        rest = ",".join([f"device={chosen}", *(part for part in parts if not part.startswith("device="))])
        return [str(layout().agent), "--backend", name, "--options", rest]
    if "wine=yes" not in parts:
        raise HarnessError("the backend windows runs on Windows; here it runs under Wine, on a simulated bus: "
                           "give --wine", cause="environment")
    parts.remove("wine=yes")
    if not any(part.startswith("device=") for part in parts):
        parts.insert(0, f"device={SIMULATED}")
    rest = ",".join(parts)
    return [sys.executable, "-m", "irqcts.wine_bridge", f"--options={rest}"]
