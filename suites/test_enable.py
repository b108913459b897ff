# SPDX-License-Identifier: Apache-2.0
"""ENABLE: MSI-X Enable, both orders of programming, and cycles."""
import pytest
from irqcts import clauses, needs


@clauses("ENABLE-OFF-SILENT", "ENABLE-OFF-EVENT")
@needs(entries=1, messages=1, stimulus="device")
def test_nothing_is_sent_while_disabled(machine):
    """An event while disabled sends nothing; after enabling it arrives at most once."""
    program = machine.program().write_entry(0, message=0, masked=False).raise_event(0)
    program.poll({}, clause="ENABLE-OFF-SILENT").enable().poll({0: (0, 1)}, clause="ENABLE-OFF-EVENT")
    program.raise_event(0).poll({0: 1})
    machine.check(program)


@clauses("ENABLE-BOTH-ORDERS")
@needs(entries=2, messages=2, stimulus="device")
def test_unmask_then_enable(machine):
    """The order of Windows: program, unmask, enable."""
    program = machine.program().write_entry(0, message=0, masked=False).write_entry(1, message=1, masked=False)
    program.enable().raise_event(0).poll({0: 1}, clause="ENABLE-BOTH-ORDERS").raise_event(1).poll({1: 1})
    program.mask_entry(0).raise_event(0).poll({}).unmask_entry(0).poll({0: 1})
    machine.check(program)


@clauses("ENABLE-BOTH-ORDERS")
@needs(entries=2, messages=2, stimulus="device")
def test_enable_under_function_mask_then_unmask(machine):
    """The order of Linux: enable with Function Mask, program, unmask, clear Function Mask."""
    program = machine.program().capability_write(2, 2, 0xC000)
    program.write_entry(0, message=0, masked=False).write_entry(1, message=1, masked=False).function_mask(False)
    program.poll({}).raise_event(1).poll({1: 1}, clause="ENABLE-BOTH-ORDERS").raise_event(0).poll({0: 1})
    machine.check(program)


@clauses("ENABLE-NONE-UNMASKED")
@needs(entries=2, messages=2, stimulus="device")
def test_enable_with_no_entry_unmasked(machine):
    """Enabling with every entry masked is legal and leaves MSI-X on."""
    program = machine.program().enable().capability_read(2, 2, expect=0x8000, mask=0xC000,
                                                         clause="ENABLE-NONE-UNMASKED")
    program.write_entry(1, message=1).raise_event(1).poll({}).unmask_entry(1).poll({1: 1})
    machine.check(program)


@pytest.mark.parametrize("cycles", [1, 3, 20])
@clauses("ENABLE-CYCLE", "ENTRY-RETAINED")
@needs(entries=2, messages=2, stimulus="device")
def test_enable_cycles_leak_nothing(machine, cycles):
    """Enable 1, 0, 1 any number of times: one event is one message afterwards."""
    program = machine.program().write_entry(0, message=0, masked=False).write_entry(1, message=1).enable()
    for _ in range(cycles):
        program.enable(False).enable().raise_event(0).poll({0: 1}, clause="ENABLE-CYCLE")
    program.raise_event(1).poll({}).unmask_entry(1).poll({1: 1})
    machine.check(program)


@clauses("ENTRY-RETAINED")
@needs(entries=2, messages=2, observes=("table",))
def test_entries_are_kept_across_enable(machine):
    """Contents and masks are writable while disabled and kept across Enable 1, 0, 1."""
    program = machine.program().table_write(0, "data", 0x1234).table_write(0, "address-low", 0x1000)
    program.table_write(0, "vector-control", 0).enable().enable(False).enable().enable(False)
    program.table_read(0, "data", expect=0x1234, clause="ENTRY-RETAINED")
    program.table_read(0, "address-low", expect=0x1000).table_read(0, "vector-control", expect=0, mask=1)
    program.table_read(1, "vector-control", expect=1, mask=1)
    machine.check(program)


@clauses("ENABLE-CYCLE-PENDING", "ENABLE-OFF-SILENT")
@needs(entries=1, messages=1, stimulus="device")
def test_pending_across_a_cycle_comes_at_most_once(machine):
    """A pending event may or may not survive Enable 1, 0, 1; it never comes while disabled or twice."""
    program = machine.program().write_entry(0, message=0).enable().raise_event(0).enable(False).poll({})
    program.unmask_entry(0).poll({}, clause="ENABLE-OFF-SILENT").enable().poll({0: (0, 1)})
    program.raise_event(0).poll({0: 1})
    machine.check(program)
