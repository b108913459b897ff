# SPDX-License-Identifier: Apache-2.0
"""What the guest reports against what QEMU's own side of the same machine saw: neither may lie.

Only with --guest and --witness; the bridge notes the witness's view behind every program.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from irqcts import clauses, needs
from irqcts.program import Program
from irqcts.verdict import NotTested

FIELDS = ("address", "data", "vector-control")


@pytest.fixture
def witness(machine: Any) -> Path:
    """The file of the witness's notes, which begin with the first program."""
    machine.check(machine.program().start().raise_event(0).poll({0: 1}))  # leaves nothing pending behind
    noted = os.environ.get("IRQCTS_WITNESS")
    if not noted or not Path(noted).is_file():
        raise NotTested("no witness is switched on; it needs --guest and --witness")
    return Path(noted)


def last_note(witness: Path) -> dict[str, Any]:
    note: dict[str, Any] = json.loads(witness.read_text("utf-8").splitlines()[-1])
    return note


def observing_program(machine: Any) -> Program:
    """Events on masked and unmasked entries; ends by reading everything that the witness sees too."""
    program = machine.program().start()
    program.mask(1)
    for entry in (0, 1, 1, 2):
        program.raise_event(entry)
    program.poll({0: 1, 2: 1})
    program.capability_read(2, 2)
    program.pba_read({0: 0, 1: 1, 2: 0, 3: 0})
    for entry in range(4):
        for field in FIELDS:
            program.table_read(entry, field)
    return program


@clauses("PBA-READ", "VFIO-MMAP")
@needs(entries=4, messages=4, stimulus="device", observes=("deliveries", "table", "pba"))
def test_guest_and_witness_see_the_same(machine: Any, witness: Path) -> None:
    """Message Control, every field of four entries, the pending bits and the number of messages agree."""
    program = observing_program(machine)
    trace = machine.judge(machine.run(program))
    note = last_note(witness)
    reads = [step.value for step in trace.steps[-4 * len(FIELDS):]]
    table = [value for entry in note["table"][:4] for value in entry]
    assert reads == table, f"the guest reads the table {reads}, the witness {table}"
    assert trace.steps[-4 * len(FIELDS) - 1].value & 0xF == sum(1 << entry for entry in note["pending"] if entry < 4)
    assert trace.steps[-4 * len(FIELDS) - 2].value == note["control"]
    ours = {(address, data) for address, data, _ in note["table"][:4]}
    sent = sum(count for address, data, count in note["messages"] if (address, data) in ours)
    reported = sum(sum(step.deliveries.values()) for step in trace.steps)
    assert sent == reported, f"{sent} messages left the device, {reported} were reported"
