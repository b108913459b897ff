# SPDX-License-Identifier: Apache-2.0
"""ENTRY: layout of and access to the MSI-X table."""
import pytest
from irqcts import NotTested, clauses, needs

from shapes import SOME_TABLE_SIZES, edges

PATTERNS = [0x00000000, 0xFFFFFFFC, 0xA5A5A5A4, 0x12345678]


@pytest.mark.parametrize("entries", SOME_TABLE_SIZES)
@clauses("ENTRY-LAYOUT", "ENTRY-READBACK")
@needs(entries="{entries}", messages=1, observes=("table",))
def test_every_dword_is_its_own(machine, entries):
    """Distinct values in every DWORD of the edge entries read back where they were written."""
    program = machine.program()
    chosen = edges(entries)
    for entry in chosen:
        program.table_write(entry, "address-low", 0x1000 + 16 * entry).table_write(entry, "address-high", entry)
        program.table_write(entry, "data", 0x40000000 + entry)
    for entry in chosen:
        program.table_read(entry, "address-low", expect=0x1000 + 16 * entry, clause="ENTRY-LAYOUT")
        program.table_read(entry, "address-high", expect=entry, clause="ENTRY-READBACK")
        program.table_read(entry, "data", expect=0x40000000 + entry, clause="ENTRY-READBACK")
        program.table_read(entry, "vector-control", expect=1, mask=1, clause="ENTRY-LAYOUT")
    machine.check(program)


@pytest.mark.parametrize("value", PATTERNS)
@clauses("ENTRY-READBACK")
@needs(entries=2, messages=1, observes=("table",))
def test_contents_read_back_whatever_the_masks_are(machine, value):
    """Address and data read back what was last written, enabled or not, masked or not."""
    program = machine.program()
    for masked in (1, 0):
        for enabled in (False, True):
            program.enable(enabled).table_write(1, "vector-control", 1)
            program.table_write(1, "address-low", value & 0xFFFFFFFC).table_write(1, "address-high", value)
            program.table_write(1, "data", value).table_write(1, "vector-control", masked)
            program.table_read(1, "address-low", expect=value & 0xFFFFFFFC).table_read(1, "address-high", expect=value)
            program.table_read(1, "data", expect=value).table_read(1, "vector-control", expect=masked, mask=1)
    machine.check(program)


@clauses("ENTRY-QWORD", "ENTRY-ACCESS-WIDTH")
@needs(entries=3, messages=1, observes=("table",))
def test_qwords_equal_their_dwords(machine):
    """A QWORD write is its two DWORD writes, and reads likewise."""
    program = machine.program().table_write(1, "address", 0x123456789ABCDEF0)
    program.table_read(1, "address-low", expect=0x9ABCDEF0, clause="ENTRY-QWORD")
    program.table_read(1, "address-high", expect=0x12345678, clause="ENTRY-QWORD")
    program.table_write(1, "data-control", 0x00000000_55AA1234).table_read(1, "data", expect=0x55AA1234)
    program.table_read(1, "vector-control", expect=0, mask=1)
    program.table_write(1, "data", 0x77).table_write(1, "vector-control", 1)
    program.table_read(1, "data-control", expect=0x1_00000077, mask=0x1_FFFFFFFF)
    program.table_read(0, "vector-control", expect=1, mask=1).table_read(2, "vector-control", expect=1, mask=1)
    machine.check(program)


@clauses("ENTRY-QWORD", "PEND-RELEASE")
@needs(entries=2, messages=2, stimulus="device")
def test_an_entry_programmed_by_qwords_sends(machine):
    """Address by one QWORD, data and Vector Control by the other."""
    program = machine.program().table_write(0, "address", message=1)
    program.table_write(0, "data-control", message=1, control=0).enable().raise_event(0).poll({1: 1})
    program.table_write(0, "data-control", message=1, control=1).raise_event(0).poll({})
    program.table_write(0, "data-control", message=1, control=0).poll({1: 1})
    machine.check(program)


@clauses("ENTRY-ADDRESS-64")
@needs(entries=1, messages=1, stimulus="device", observes=("strays",))
def test_the_upper_address_counts(machine):
    """An entry whose upper address differs from the message's sends something else."""
    program = machine.program().write_entry(0, message=0).table_write(0, "address-high", 0x7FFFFF00)
    program.unmask_entry(0).enable().raise_event(0).poll({"stray": 1}, clause="ENTRY-ADDRESS-64")
    program.mask_entry(0).table_write(0, "address-high", message=0).unmask_entry(0).raise_event(0).poll({0: 1})
    machine.check(program)


@pytest.mark.parametrize("offset,width", [(8, 1), (9, 1), (8, 2), (10, 2), (13, 1), (14, 2), (6, 4), (4, 8), (2, 8)])
@clauses("ENTRY-ACCESS-WIDTH")
@needs(entries=3, messages=3, stimulus="device", observes=("table",))
def test_an_odd_access_corrupts_nothing_else(machine, offset, width):
    """Any other access to an entry: its neighbours keep their contents, no message is sent, all still work."""
    program = machine.program().enable()
    for entry in (0, 2):
        program.write_entry(entry, message=entry, masked=False)
    program.write_entry(1, message=1).table_write_at(16 + offset, width, 0).table_read_at(16 + offset, width)
    program.poll({}, clause="ENTRY-ACCESS-WIDTH")
    for entry in (0, 2):
        program.table_read(entry, "vector-control", expect=0, mask=1).raise_event(entry).poll({entry: 1})
    program.write_entry(1, message=1, masked=False).poll().raise_event(1).poll({1: 1})
    machine.check(program)


def must_have_written(trace):
    """Behind the table the oracle permits a refusal; what the backend did not do shows nothing about the device."""
    for step in trace:
        if step.operation.startswith("table-write") and step.status == "not-supported":
            raise NotTested(f"the backend does not write behind the table: {step.operation} is not-supported "
                            "(with vfio: the option beyond=yes)")


@clauses("ENTRY-BEYOND")
@needs(entries=3, messages=3, stimulus="device", observes=("table",))
def test_accesses_beyond_the_table_affect_no_vector(machine):
    """Writes behind the last entry change no entry and send nothing."""
    end = machine.shape.entries * 16
    program = machine.program().enable()
    for entry in range(3):
        program.write_entry(entry, message=entry, masked=entry == 0)
    program.raise_event(0)
    for offset in (end, end + 8, end + 12):
        program.table_write_at(offset, 4, 0xFFFFFFFC if offset % 16 == 0 else 0)
    program.poll({}, clause="ENTRY-BEYOND").table_read(0, "vector-control", expect=1, mask=1)
    for entry in (1, 2):
        program.raise_event(entry).poll({entry: 1})
    program.unmask_entry(0).poll({0: 1})
    must_have_written(machine.check(program))


@clauses("ENTRY-ADDRESS-LOW-BITS")
@needs(entries=2, messages=2, stimulus="device", observes=("table",))
def test_misaligned_address_breaks_nothing_else(machine):
    """Address bits 1:0 not zero: undefined for that entry, and for no other."""
    program = machine.program().write_entry(1, message=1, masked=False).write_entry(0, message=0)
    program.table_write(0, "address-low", 0x1003).table_read(0, "address-low", expect=0x1000, mask=0xFFFFFFFC)
    program.enable().raise_event(1).poll({1: 1})
    program.write_entry(0, message=0, masked=False).raise_event(0).poll({0: 1})
    machine.check(program)


@clauses("ENTRY-ACCESS-WIDTH", "ENTRY-BEYOND")
@needs(entries=3, messages=3, stimulus="device", observes=("pba",))
def test_an_access_across_the_end_reaches_nothing_behind(machine):
    """A misaligned access over the table's last bytes sets no pending bit and sends nothing."""
    end = machine.shape.entries * 16
    program = machine.program().enable().write_entry(0, message=0).pba_read_at(0, 8, expect=0)
    program.table_write_at(end - 2, 4, 0xFFFFFFFF).table_write_at(end - 4, 8, 0xFFFFFFFFFFFFFFFF)
    program.pba_read({0: 0, 1: 0}, clause="ENTRY-ACCESS-WIDTH").poll({}).raise_event(0).poll({})
    program.unmask_entry(0).poll({0: 1})
    must_have_written(machine.check(program))


@clauses("ENTRY-RETAINED")
@needs(entries=3, messages=3, observes=("table",))
def test_masks_are_kept_before_the_entry_is_programmed(machine):
    """Mask bits can be written and read back before address and data ever were."""
    program = machine.program()
    for value in (0, 1, 0, 1):
        program.table_write(1, "vector-control", value).table_read(1, "vector-control", expect=value, mask=1,
                                                                   clause="ENTRY-RETAINED")
    machine.check(program)
