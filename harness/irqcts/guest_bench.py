# SPDX-License-Identifier: Apache-2.0
"""What the suite costs on VFIO, measured in guests by backends/vfio/bench."""

from __future__ import annotations

import json
import statistics
import time
from dataclasses import replace
from typing import Any

from .guest import Guest, GuestError, GuestOptions
from .guest_kernel import KernelUnavailable, distribution_kernel
from .paths import layout

SUITES = ("bookworm", "trixie")
SECONDS = 120.0
BOOTS = 3
#: Least share of a bare loop's speed, for calls that are bound by the ioctl itself.
RATIO_LIMIT = ">= 0.9"
NAMES = {"assign_eventfd": "assigning an eventfd", "loopback_trigger": "loopback trigger"}


def _lines(guest: Guest) -> list[dict[str, Any]]:
    channel = guest.start_agent([guest.address])
    channel.settimeout(SECONDS)
    received = b""
    while not received.endswith(b"end\n"):
        block = channel.recv(65536)
        if not block:
            break
        received += block
    return [json.loads(line) for line in received.decode().splitlines() if line.startswith("{")]


def _figures_of(name: str, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    figures = []
    for line in lines:
        if "error" in line:
            raise GuestError(str(line["error"]))
        if line["measure"] == "latency_ns":
            figures.append({"name": f"vfio, {name}: event to eventfd, vector {line['entry']}, median",
                            "value": line["p50"] / 1e3, "unit": "µs", "limit": None, "histogram_ns": line})
            continue
        what = NAMES[line["measure"]]
        figures += [
            {"name": f"vfio, {name}: {what}, bare loop", "value": line["bare_per_second"], "unit": "calls/s",
             "limit": None},
            {"name": f"vfio, {name}: {what}, suite over bare", "value": line["ratio"], "unit": "ratio",
             "limit": RATIO_LIMIT if line["measure"] == "assign_eventfd" else None}]
    return figures


def figures() -> list[dict[str, Any]]:
    """For `irqcts bench`; raises KernelUnavailable or GuestError with a sentence where it cannot measure."""
    binaries = layout().agent.parent
    found: list[dict[str, Any]] = []
    for suite in SUITES:
        options = GuestOptions(kernel=distribution_kernel(suite), init=binaries / "irqcts-guest-init",
                               agent=binaries / "irqcts-vfio-bench")
        start = time.monotonic()
        with Guest(options) as guest:
            found.append({"name": f"vfio, {suite}: boot until the agent can start", "value": guest.boot_duration,
                          "unit": "s", "limit": None})
            found += _figures_of(suite, _lines(guest))
        once = time.monotonic() - start
        ratios = []
        for _ in range(BOOTS):
            with Guest(replace(options, agent=binaries / "irqcts-agent-static")) as guest:
                ratios.append(guest.boot_duration / (max(r.microseconds for r in guest.kernel_log()) / 1e6))
        found.append({"name": f"vfio, {suite}: boot over the kernel's own", "value": statistics.median(ratios),
                      "unit": "ratio", "limit": "<= 1.5"})
        found.append({"name": f"vfio, {suite}: this guest from start to end", "value": once, "unit": "s",
                      "limit": None})
    return found


__all__ = ["GuestError", "KernelUnavailable", "figures"]
