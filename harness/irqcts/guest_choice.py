# SPDX-License-Identifier: Apache-2.0
"""A guest as part of the choice of a backend: `vfio:guest=bookworm,device=rocker`.

The guest's own options are taken out of the choice and become the command of irqcts.guest_bridge, which
then stands in for the agent; what is left are the backend's options.  Values are percent-encoded where
they contain what separates options (, / : space).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from urllib.parse import quote, unquote

from .guest_devices import DEVICES
from .verdict import HarnessError

#: Option of the choice -> argument of the bridge.
OPTIONS = {
    "guest": "--guest", "kernel": "--kernel", "modules": "--modules", "append": "--append", "vectors": "--vectors",
    "qemu": "--qemu", "transport": "--transport", "folder": "--folder", "processors": "--processors",
    "module": "--module", "driver": "--driver",
}
#: The bridge finds its files here; whoever reads them sets it (guest_plugin.py).
ALARMS_VARIABLE = "IRQCTS_GUEST_ALARMS"
WITNESS_VARIABLE = "IRQCTS_WITNESS"


def encode(value: str) -> str:
    return quote(value, safe="=+._-")


def _split(options: str) -> dict[str, str]:
    parts = [part.partition("=") for part in options.split(",") if part]
    return {key: value for key, _, value in parts}


def is_guest(name: str, options: str) -> bool:
    """Whether this choice of a backend runs in a guest."""
    return name == "vfio" and not {"guest", "kernel"}.isdisjoint(_split(options))


def command(name: str, options: str) -> list[str] | None:
    """The bridge's command for a choice that runs in a guest, else None."""
    if not is_guest(name, options):
        return None
    given = _split(options)
    device = given.pop("device", "rocker")
    if device not in DEVICES:
        raise HarnessError(f"device={device}: in a guest it is one of {', '.join(DEVICES)}")
    words = [sys.executable, "-m", "irqcts.guest_bridge", f"--device={device}"]
    for key, argument in OPTIONS.items():
        if key in given:
            words.append(f"{argument}={unquote(given.pop(key))}")
    witness = given.pop("witness", "no")
    if witness == "yes" and WITNESS_VARIABLE in os.environ:
        words.append(f"--witness={os.environ[WITNESS_VARIABLE]}")
    if ALARMS_VARIABLE in os.environ:
        words.append(f"--alarms={os.environ[ALARMS_VARIABLE]}")
    words.append("--options=" + ",".join(f"{key}={value}" for key, value in given.items()))
    return words


def environment() -> dict[str, str]:
    """What the bridge needs to find this package."""
    folder = str(Path(__file__).resolve().parents[1])
    return {"PYTHONPATH": os.pathsep.join(part for part in (folder, os.environ.get("PYTHONPATH")) if part)}
