# SPDX-License-Identifier: Apache-2.0
"""The suite against real vfio-pci, in guests: the kernels and devices that every change is tried on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import guests
from irqcts import specification

DEVIATIONS = guests.HARNESS.parent / "backends" / "vfio" / "deviations" / "rocker.toml"
#: A complete suite waits for silence thousands of times; one kernel and view show what there is to see.
COMPLETE = [("bookworm", "0"), ("trixie", "none")]
#: Verdicts that are no answer in favour of the device.
BAD = ("FAIL", "XPASS", "CRASH", "TIMEOUT", "ERROR", "INCONCLUSIVE", "MISS")


def run(tmp_path: Path, suite: str, backend: str, *arguments: str) -> list[dict[str, Any]]:
    """The test records of one run."""
    guests.kernel(suite)
    return guests.records(tmp_path / "run", "--backend", backend, "--guest", suite, *arguments)


def with_verdict(records: list[dict[str, Any]], *verdicts: str) -> list[str]:
    return [f"{record['verdict']} {record['id']}" for record in records if record["verdict"] in verdicts]


@pytest.mark.parametrize("suite,complete", COMPLETE)
def test_the_vfio_interface_and_routing(tmp_path: Path, suite: str, complete: str) -> None:
    """Rocker with eventfds for messages: every VFIO clause that the suite has tests for is tested and holds."""
    deviations = ["--deviations", str(DEVIATIONS)] if complete == "0" else []
    records = run(tmp_path, suite, "vfio", "--witness", "--complete", complete, *deviations)
    assert with_verdict(records, *BAD) == []
    tested = {clause for record in records if record["verdict"] == "PASS" for clause in record["clauses"]}
    wanted = {clause for clause in specification.clauses() if clause.startswith("VFIO-")}
    # Debian's kernels have no character device, and no driver of a device that QEMU has can migrate it.
    assert wanted - tested == {"VFIO-CDEV-BIND", "VFIO-MIGRATION-STOP"}
    established = [record["claim"]["established"] for record in records if "claim" in record]
    assert established == ([True, False] if complete == "0" else [])
    assert with_verdict(records, "PASS").count("PASS test_vfio_witness.py::test_guest_and_witness_see_the_same") == 1


@pytest.mark.parametrize("suite", ["bookworm", "trixie"])
def test_the_register_view(tmp_path: Path, suite: str) -> None:
    """Rocker with its registers in the test's hands and the kernel's interrupts behind them."""
    records = run(tmp_path, suite, "vfio:view=registers", "--complete", "none")
    assert with_verdict(records, *BAD) == []
    families = {str(record["family"]) for record in records if record["verdict"] == "PASS"}
    assert {"CAP", "ENABLE", "ENTRY", "PBA", "PEND", "RESET", "ROUTE", "SAVE", "SEND"} <= families


def test_virtualized_writes(tmp_path: Path) -> None:
    """Three rockers, two in the place of virtual functions: what a virtual-machine monitor composes, on real routes."""
    records = run(tmp_path, "bookworm", "vfio:view=registers", "--device", "rockers", "--complete", "none",
                  "--clause", "VWRITE", "--clause", "SAVE", "--clause", "RESET")
    assert with_verdict(records, *BAD) == []
    passed = with_verdict(records, "PASS")
    assert [sum(f" test_{file}.py" in line for line in passed) >= least for file, least in
            (("virtualized_writes", 15), ("save_restore", 14), ("reset", 11))] == [True] * 3, passed


def test_many_vectors(tmp_path: Path) -> None:
    """ivshmem with more vectors than one pending word holds."""
    records = run(tmp_path, "bookworm", "vfio:view=registers", "--complete", "none", "--device", "ivshmem",
                  "--vectors", "96")
    assert with_verdict(records, *BAD) == []
    assert len(with_verdict(records, "PASS")) > 60


def test_more_vectors_than_the_machine_has(tmp_path: Path) -> None:
    """The kernel refuses 500 vectors on one processor; what the suite can do with fewer it does."""
    records = run(tmp_path, "bookworm", "vfio", "--device", "ivshmem", "--vectors", "500", "--clause", "VFIO-ENABLE")
    assert with_verdict(records, *BAD) == []
    assert "PASS test_vfio.py::test_more_vectors_than_the_machine_has" in with_verdict(records, "PASS")


def test_a_locked_down_kernel(tmp_path: Path) -> None:
    """What needs the host's configuration access is not listed and not supported; the rest holds as elsewhere."""
    records = run(tmp_path, "bookworm", "vfio", "--append", "lockdown=integrity lsm=lockdown,yama",
                  "--clause", "SEND-CONDITION", "--complete", "0")
    assert with_verdict(records, *BAD) == []
    assert "PASS test_honesty.py::test_what_is_not_supported_is_refused" in with_verdict(records, "PASS")
