# SPDX-License-Identifier: Apache-2.0
"""What the backend "windows" costs under Wine: whole programs in one request against a request an operation."""

from __future__ import annotations

import json
import statistics
import subprocess
import time
from typing import Any

from . import host
from .agent import AgentProcess, BackendChoice
from .program import Program
from .verdict import Ending
from .wine_prefix import WineError, WinePrefix, binaries

CHOICE = BackendChoice("windows", "wine=yes")
ENTRIES = 64
OPERATIONS = 60000
ROUNDS = 15
SETUPS = 3
SECONDS = 60.0


def _routing() -> Program:
    """Nothing but SetTableEntry, as irqcts-try's bare loop has it."""
    program = Program().configure(ENTRIES, ENTRIES).start()
    for number in range(OPERATIONS):
        program.set_entry(number % ENTRIES, number // ENTRIES % ENTRIES)
    return program


def _through_the_backend(agent: AgentProcess) -> float:
    """Operations a second: the agent's frames, the requests, the driver and the judging."""
    program = _routing()
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        trace = agent.run(program, SECONDS)
        times.append(time.perf_counter() - start)
        if not trace.conforms:
            raise WineError("the simulated device refuses SetTableEntry; "
                            f"{host.COMMAND} run --backend windows --wine shows why")
    return len(program) / statistics.median(times)


def _bare() -> float:
    """Operations a second of DeviceIoControl with one operation each, in the prefix that the agent is using."""
    process = WinePrefix().start(["irqcts-try.exe", "bench"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    try:
        output, _ = process.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired as error:
        process.kill()
        raise WineError(f"irqcts-try bench did not end within {SECONDS:g} s under Wine") from error
    if process.returncode != 0:
        raise WineError(f"irqcts-try bench ended with status {process.returncode}")
    return float(json.loads(output)["operations_per_second_single"])


def figures() -> list[dict[str, Any]]:
    """For `irqcts bench`; WineError with a sentence where Wine or the Windows programs are not there."""
    binaries()
    prefix = WinePrefix()
    with prefix.locked():
        prefix.prepare()
    setups = []
    agent = AgentProcess(CHOICE)
    try:
        for _ in range(SETUPS):
            agent.close()
            start = time.perf_counter()
            agent.run(Program().configure(2, 2).start().set_entry(0, 1))
            setups.append(time.perf_counter() - start)
        whole, bare = _through_the_backend(agent), _bare()
    except Ending as ending:
        raise WineError(ending.why) from ending
    finally:
        agent.close()
    return [
        {"name": "windows: existing prefix to the first verdict", "value": statistics.median(setups), "unit": "s",
         "limit": "< 5"},
        {"name": "windows: one DeviceIoControl an operation", "value": bare, "unit": "operations/s", "limit": None},
        {"name": "windows: whole programs through the backend", "value": whole, "unit": "operations/s", "limit": None},
        {"name": "windows: whole programs over single requests", "value": whole / bare, "unit": "ratio",
         "limit": ">= 20"},
    ]


__all__ = ["WineError", "figures"]
