# SPDX-License-Identifier: Apache-2.0
"""PEND and SEND seen through the entries' Mask bits, by register accesses."""
import pytest
from irqcts import clauses, needs

from shapes import SOME_TABLE_SIZES, TABLE_SIZES, edges


@pytest.mark.parametrize("entries", TABLE_SIZES)
@clauses("PEND-SET", "PEND-RELEASE", "PEND-INDEPENDENT", "PBA-LAYOUT")
@needs(entries="{entries}", messages=1, stimulus="device", observes=("table",))
def test_mask_holds_at_every_edge(machine, entries):
    """A masked entry sends nothing and sends once when unmasked, wherever it is in the table."""
    program = machine.program().enable()
    for entry in edges(entries):
        program.write_entry(entry, message=0).raise_event(entry).poll({}, clause="PEND-SET")
        program.pba_read({entry: 1}, qword=entry // 64, clause="PBA-LAYOUT")
        program.unmask_entry(entry).poll({0: 1}, clause="PEND-RELEASE")
        program.pba_read({entry: 0}, qword=entry // 64).mask_entry(entry)
    machine.check(program)


@pytest.mark.parametrize("entries", SOME_TABLE_SIZES)
@clauses("PEND-INDEPENDENT")
@needs(entries="{entries}", messages="{entries}", stimulus="device", observes=("table",))
def test_masking_one_entry_leaves_the_others(machine, entries):
    """With one entry masked every other one sends its own message."""
    chosen = edges(entries)
    masked = chosen[len(chosen) // 2]
    program = machine.program().enable()
    for entry in chosen:
        program.write_entry(entry, message=entry, masked=False)
    program.mask_entry(masked).raise_event(masked).poll({})
    for entry in chosen:
        if entry != masked:
            program.raise_event(entry).poll({entry: 1}, clause="PEND-INDEPENDENT")
        program.table_read(entry, "vector-control", expect=int(entry == masked), mask=1)
    program.unmask_entry(masked).poll({masked: 1})
    machine.check(program)


@clauses("PEND-NOTHING")
@needs(entries=1, messages=1, stimulus="device")
def test_unmask_without_event_sends_nothing(machine):
    """Unmasking with Pending clear, and rewriting an unchanged Mask, send nothing."""
    program = machine.program().write_entry(0, message=0).enable()
    program.unmask_entry(0).poll({}, clause="PEND-NOTHING").unmask_entry(0).poll({})
    program.mask_entry(0).mask_entry(0).poll({}).unmask_entry(0).poll({})
    program.raise_event(0).poll({0: 1}).unmask_entry(0).poll({}, clause="PEND-NOTHING")
    machine.check(program)


@clauses("PEND-MASK-EFFECTIVE")
@needs(entries=1, messages=1, stimulus="device")
def test_mask_is_effective_once_read_back(machine):
    """After the mask has been read back no later event produces a message."""
    program = machine.program().write_entry(0, message=0, masked=False).enable().raise_event(0).poll({0: 1})
    program.mask_entry(0).table_read(0, "vector-control", expect=1, mask=1)
    program.raise_event(0).poll({}, clause="PEND-MASK-EFFECTIVE")
    machine.check(program)


@clauses("PEND-FIRST-UNMASK")
@needs(entries=2, messages=2, stimulus="device")
def test_the_very_first_unmask_counts(machine):
    """After reset, the first unmask of an entry with an event pending sends it."""
    program = machine.program().enable().write_entry(1, message=1).raise_event(1)
    program.unmask_entry(1).poll({1: 1}, clause="PEND-FIRST-UNMASK").raise_event(1).poll({1: 1})
    machine.check(program)


@pytest.mark.parametrize("rounds", [1, 2, 10])
@clauses("PEND-RELEASE", "PEND-COALESCE", "SEND-ONCE")
@needs(entries=1, messages=1, stimulus="device")
def test_mask_cycles_lose_and_repeat_nothing(machine, rounds):
    """Every mask, event, unmask cycle gives exactly one message."""
    program = machine.program().write_entry(0, message=0, masked=False).enable()
    for _ in range(rounds):
        program.mask_entry(0).raise_event(0).raise_event(0).poll({}).unmask_entry(0).poll({0: 1})
        program.raise_event(0).poll({0: 1}, clause="SEND-ONCE")
    machine.check(program)


@clauses("ENTRY-VC-RESERVED", "PEND-SET")
@needs(entries=1, messages=1, stimulus="device")
def test_reserved_vector_control_bits_do_not_mask(machine):
    """Only bit 0 of Vector Control masks, whatever the other bits are written as."""
    program = machine.program().write_entry(0, message=0).enable()
    program.table_write(0, "vector-control", 0xFFFFFFFE).raise_event(0).poll({0: 1})
    program.table_write(0, "vector-control", 0xFFFFFFFF).raise_event(0).poll({})
    program.table_write(0, "vector-control", 0x2).poll({0: 1})
    machine.check(program)


@clauses("ENTRY-MASK-RESET", "PEND-SET")
@needs(entries=2, messages=2, stimulus="device")
def test_entries_begin_masked(machine):
    """After reset an event on an entry that nobody unmasked pends."""
    program = machine.program().table_read(0, "vector-control", expect=1, mask=1, clause="ENTRY-MASK-RESET")
    program.table_read(machine.shape.entries - 1, "vector-control", expect=1, mask=1)
    for field in ("address-low", "address-high", "data"):
        program.table_write(0, field, message=0)
    program.enable().raise_event(0).poll({}, clause="PEND-SET").unmask_entry(0).poll({0: 1})
    machine.check(program)
