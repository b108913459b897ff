# SPDX-License-Identifier: Apache-2.0
"""irqcts.sys under Wine: what a program must not be able to do to it, and the backend "windows" as a whole."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from irqcts import wine_prefix
from irqcts.agent import AgentProcess, BackendChoice
from irqcts.paths import layout

try:
    wine_prefix.wine()
    wine_prefix.binaries()
    MISSING = ""
except wine_prefix.WineError as error:
    MISSING = str(error)

pytestmark = [pytest.mark.skipif(bool(MISSING), reason=f"not tested: {MISSING}"), pytest.mark.timeout(200)]
REQUESTS = 20000


@pytest.fixture
def prefix() -> Iterator[wine_prefix.WinePrefix]:
    """The simulated device, installed; everything in it is ended afterwards."""
    made = wine_prefix.WinePrefix()
    with made.locked():
        made.prepare()
        made.install()
        yield made


def attempt(prefix: wine_prefix.WinePrefix, *words: str) -> str:
    process = prefix.start(["irqcts-try.exe", *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE)
    try:
        output, errors = process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        pytest.fail(f"irqcts-try {' '.join(words)} hangs")
    assert process.returncode == 0, errors.decode("utf-8", "replace")
    return output.decode()


def test_handles_waits_lengths_and_removal(prefix: wine_prefix.WinePrefix) -> None:
    """Two handles; requests that end by delivery, cancellation and close; every length; removal while in use."""
    for what in ("handles", "wait", "cancel", "lengths"):
        attempt(prefix, what)
    assert attempt(prefix, "removal").strip() == "removed"


def test_requests_of_any_kind(prefix: wine_prefix.WinePrefix) -> None:
    """A bounded count of fuzzed requests, after which the device still works."""
    assert f"{REQUESTS} requests" in attempt(prefix, "fuzz", str(REQUESTS), "7")


def test_programs_cost_one_request(prefix: wine_prefix.WinePrefix) -> None:
    """Whole programs run at least 20 times as many operations a second as single requests."""
    assert json.loads(attempt(prefix, "bench"))["ratio"] >= 20


def run_suite(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "irqcts", "run", *arguments, "--out", str(tmp_path / "run")],
                          cwd=layout().root, capture_output=True, text=True, timeout=150,
                          env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (layout().root / "harness",
                                                                                     layout().root / "reports")))})


def test_routing_and_virtualized_writes(tmp_path: Path) -> None:
    """The ROUTE, IFACE and VWRITE clauses hold on the simulated bus, and the report says what it ran on."""
    done = run_suite(tmp_path, "--backend", "windows", "--wine", "--clause", "ROUTE", "--clause", "IFACE",
                     "--clause", "VWRITE")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Wine, simulated bus" in (tmp_path / "run" / "results.jsonl").read_text("utf-8")


def test_a_device_that_shows_itself_as_a_real_one(tmp_path: Path) -> None:
    """Without the simulation's means: N and M of its own, a stimulus, configuration space, a measured latency."""
    done = run_suite(tmp_path, "--backend", "windows:device=PLAIN", "--wine", "--clause", "ROUTE", "--clause", "IFACE")
    assert done.returncode == 0, done.stdout + done.stderr
    tests = [json.loads(line) for line in (tmp_path / "run" / "results.jsonl").read_text("utf-8").splitlines()]
    passed = {clause for test in tests if test.get("verdict") == "PASS" for clause in test["clauses"]}
    assert {"ROUTE-DEFAULT-IDENTITY", "ROUTE-SET-ASSIGNS", "ROUTE-MASK", "ROUTE-UNMASK", "ROUTE-SET-BAD-ENTRY",
            "ROUTE-PERSIST-D3", "IFACE-LAYOUT"} <= passed


@pytest.mark.parametrize("locking,status", [("operation", 0), ("access", 1)])
def test_calls_of_several_threads(tmp_path: Path, locking: str, status: int) -> None:
    """Calls meet in the driver: with a lock for each operation nothing is wrong, with one for each access it is."""
    done = run_suite(tmp_path, "--backend", f"windows:locking={locking}", "--wine", "-k",
                     "several_threads or routes_are_set")
    assert done.returncode == status, done.stdout + done.stderr


@pytest.mark.parametrize("level,several", [("passive", True), ("dispatch", False), ("device", False)])
def test_several_threads_and_levels(level: str, several: bool) -> None:
    """The emulator's lock spins, so the simulated device takes several threads at PASSIVE_LEVEL only."""
    agent = AgentProcess(BackendChoice("windows", f"wine=yes,locking=operation,irql={level}"))
    try:
        assert ("concurrent" in agent.description().properties) == several
    finally:
        agent.close()


@pytest.mark.parametrize("backend", ["windows:fault=K6", "windows:device=PLAIN,fault=K6"])
def test_planted_fault_is_found(tmp_path: Path, backend: str) -> None:
    """A bus driver that accepts entries that do not exist fails ROUTE-SET-BAD-ENTRY."""
    done = run_suite(tmp_path, "--backend", backend, "--wine", "--clause", "ROUTE-SET-BAD-ENTRY")
    assert done.returncode == 1, done.stdout + done.stderr


def test_first_verdict_from_a_prefix(tmp_path: Path, prefix: wine_prefix.WinePrefix) -> None:
    """Installing the simulated bus in a prefix that is there takes less than 5 s on an idle machine; 30 here."""
    prefix.remove()
    start = time.monotonic()
    prefix.prepare()
    prefix.install()
    assert time.monotonic() - start < 30


def test_wine_is_said_to_be_missing(tmp_path: Path) -> None:
    """Without --wine the sentence says what to give."""
    done = run_suite(tmp_path, "--backend", "windows", "--clause", "ROUTE-DEFAULT")
    assert done.returncode != 0 and "give --wine" in done.stdout + done.stderr
