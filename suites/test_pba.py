# SPDX-License-Identifier: Apache-2.0
"""PBA: the pending bit array."""
import pytest
from irqcts import clauses, needs

from shapes import SOME_TABLE_SIZES, TABLE_SIZES, edges


@pytest.mark.parametrize("entries", TABLE_SIZES)
@clauses("PBA-LAYOUT", "PEND-SET")
@needs(entries="{entries}", messages=1, stimulus="device", observes=("pba",))
def test_bit_i_is_entry_i(machine, entries):
    """One event at a time: exactly bit i mod 64 of QWORD i/64, and nothing beyond N."""
    program = machine.program().enable()
    qwords = (entries + 63) // 64
    for entry in edges(entries):
        program.write_entry(entry, message=0).raise_event(entry)
        for qword in {0, entry // 64, qwords - 1}:
            program.pba_read_at(8 * qword, 8, expect=1 << (entry % 64) if qword == entry // 64 else 0,
                                clause="PBA-LAYOUT")
        program.unmask_entry(entry).poll({0: 1}).mask_entry(entry)
    machine.check(program)


@clauses("PBA-LAYOUT", "PBA-READ")
@needs(entries=65, messages=1, stimulus="device", observes=("pba",))
def test_dwords_and_qwords_show_the_same(machine):
    """Every aligned DWORD or QWORD shows the live state of all vectors that it covers."""
    program = machine.program().enable()
    for entry in (0, 31, 32, 63, 64):
        program.write_entry(entry, message=0).raise_event(entry)
    program.pba_read_at(0, 8, expect=0x8000000180000001, clause="PBA-READ").pba_read_at(0, 4, expect=0x80000001)
    program.pba_read_at(4, 4, expect=0x80000001).pba_read_at(8, 4, expect=1).pba_read_at(8, 8, expect=1)
    program.pba_read_at(12, 4, expect=0)
    machine.check(program)


@pytest.mark.parametrize("entries", SOME_TABLE_SIZES)
@clauses("PBA-LAYOUT")
@needs(entries="{entries}", messages=1, stimulus="device", observes=("pba",), exact=True)
def test_all_bits_and_no_more(machine, entries):
    """Every entry pending: N bits set, those beyond N read 0."""
    program = machine.program().enable()
    for entry in range(entries):
        program.raise_event(entry)
    for qword in range((entries + 63) // 64):
        bits = min(64, entries - 64 * qword)
        program.pba_read_at(8 * qword, 8, expect=(1 << bits) - 1, clause="PBA-LAYOUT")
    program.poll({})
    machine.check(program)


@pytest.mark.parametrize("width", [4, 8])
@clauses("PBA-WRITE")
@needs(entries=3, messages=3, stimulus="device", observes=("pba",))
def test_writes_send_nothing_and_lose_nothing(machine, width):
    """Software writes to the PBA send no message, and pending events still arrive once."""
    ones = (1 << (8 * width)) - 1
    program = machine.program().enable().write_entry(0, message=0).write_entry(1, message=1, masked=False)
    program.raise_event(0).pba_write_at(0, width, ones).poll({}, clause="PBA-WRITE")
    program.pba_write_at(0, width, 0).poll({}).pba_read({0: 1, 1: 0, 2: 0})
    program.unmask_entry(0).poll({0: 1}).raise_event(1).poll({1: 1})
    machine.check(program)


@clauses("PBA-READ")
@needs(entries=1, messages=1, stimulus="device", observes=("pba",))
def test_the_array_is_empty_after_release(machine):
    """Bits follow the state: set, released by the entry's mask, set, released by Function Mask."""
    program = machine.program().enable().write_entry(0, message=0).pba_read_at(0, 8, expect=0)
    program.raise_event(0).pba_read_at(0, 8, expect=1).unmask_entry(0).poll({0: 1}).pba_read_at(0, 8, expect=0)
    program.function_mask().raise_event(0).pba_read_at(0, 8, expect=1)
    program.function_mask(False).poll({0: 1}).pba_read_at(0, 8, expect=0, clause="PBA-READ")
    machine.check(program)
