# SPDX-License-Identifier: Apache-2.0
"""VFIO-MIGRATION-STOP against a driver that can stop its device.

No driver for a device that QEMU has can, so backends/vfio/tests/migrating stands in for one: it is the
stopping that is its own, the rest is the kernel's vfio_pci_core.  What the tests of the clause are worth shows
in its faults.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import guests
import kernel_module
from irqcts.apt import Unavailable
from irqcts.guest_choice import encode


@pytest.fixture(scope="module", params=["bookworm", "trixie"])
def backend(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    suite = str(request.param)
    kernel = guests.kernel(suite)
    try:
        module = kernel_module.build(suite, kernel, tmp_path_factory.mktemp(suite))
    except Unavailable as error:
        pytest.skip(f"NOT_TESTED, no module: {error}")
    return f"vfio:guest={suite},module={encode(str(module))},driver=irqcts-migrating"


def run(tmp_path: Path, backend: str, *arguments: str) -> list[dict[str, Any]]:
    return guests.records(tmp_path / "run", "--backend", backend, "--no-shrink", *arguments)


def test_every_test_of_the_interface_passes_on_it(backend: str, tmp_path: Path) -> None:
    records = run(tmp_path, backend, "--complete", "none")
    assert [f"{record['verdict']} {record['id']}" for record in records
            if record["verdict"] not in ("PASS", "NOT_APPLICABLE", "NOT_TESTED")] == []
    passed = [record["id"] for record in records if record["verdict"] == "PASS"]
    assert sum("test_a_stopped_device_is_silent_and_answers" in identifier for identifier in passed) == 2
    assert len(passed) > 100


@pytest.mark.parametrize("fault, seen", [("delivers", "poll: "), ("forgets", "table-read 0.vector-control"),
                                         ("shows", "capability-read +0x2"), ("deaf", "table-read 1.vector-control")])
def test_a_driver_that_stops_wrongly_fails(backend: str, tmp_path: Path, fault: str, seen: str) -> None:
    records = run(tmp_path, f"{backend},append={encode(f'{kernel_module.NAME}.fault={fault}')}", "--clause",
                  "VFIO-MIGRATION-STOP")
    assert [record["verdict"] for record in records] == ["FAIL", "FAIL"]
    assert all(seen in record["attribution"]["why"] for record in records), records
