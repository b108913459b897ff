# SPDX-License-Identifier: Apache-2.0
"""VWRITE: virtualized writes of a virtual function's table (live migration)."""
import itertools

import pytest
from irqcts import clauses, needs, vf

# As many as the smallest real device with virtual functions has (Intel's 82576).
TWO_VFS = dict(entries=2, messages=2, vfs=2, vf_entries=3, vf_messages=3)


@clauses("VWRITE-WRITES", "VWRITE-LAYOUT")
@needs(**TWO_VFS, observes=("table",))
def test_the_entry_becomes_the_value(machine):
    """Address, data and Vector Control of the entry are those that were written."""
    program = machine.program()
    program.write_virtualized(2, vf=0, address=0x1_2345_6780, data=0xCAFE0001, control=0, expect="ok")
    program.table_read(2, "address-low", expect=0x23456780, vf=0, clause="VWRITE-WRITES")
    program.table_read(2, "address-high", expect=0x1, vf=0).table_read(2, "data", expect=0xCAFE0001, vf=0)
    program.table_read(2, "vector-control", expect=0, mask=1, vf=0)
    program.write_virtualized(2, vf=0, address=0x1000, data=1, control=1)
    program.table_read(2, "vector-control", expect=1, mask=1, vf=0).table_read(2, "data", expect=1, vf=0)
    machine.check(program)


@pytest.mark.parametrize("index", [0, 1, 2])
@clauses("VWRITE-WRITES")
@needs(**TWO_VFS, stimulus="device")
def test_a_written_entry_delivers(machine, index):
    """An event on the entry arrives as the message that was written, at once and after another write."""
    program = machine.program().enable(vf=1).write_virtualized(index, vf=1, message=2, control=0, expect="ok")
    program.poll({}).raise_event(index, vf=1).poll({vf(1).message(2): 1}, clause="VWRITE-WRITES")
    program.write_virtualized(index, vf=1, message=0, control=0).poll({})
    program.raise_event(index, vf=1).poll({vf(1).message(0): 1}, clause="VWRITE-WRITES")
    machine.check(program)


@clauses("VWRITE-ISOLATION-ENTRY")
@needs(**TWO_VFS, stimulus="device", observes=("table",))
def test_no_other_entry_changes(machine):
    """The neighbours keep contents, masks, pending bits and deliveries."""
    program = machine.program().enable(vf=0)
    for entry in range(3):
        program.write_entry(entry, message=entry, masked=entry in (0, 2), vf=0)
    program.raise_event(0, vf=0).write_virtualized(2, vf=0, message=1, control=0).poll({})
    program.table_read(0, "vector-control", expect=1, mask=1, vf=0, clause="VWRITE-ISOLATION-ENTRY")
    program.table_read(1, "vector-control", expect=0, mask=1, vf=0).pba_read({0: 1, 1: 0, 2: 0}, vf=0)
    program.raise_event(1, vf=0).poll({vf(0).message(1): 1})
    program.unmask_entry(0, vf=0).poll({vf(0).message(0): 1})
    machine.check(program)


@clauses("VWRITE-ISOLATION-VF")
@needs(**TWO_VFS, stimulus="device", observes=("table", "capability"))
def test_no_other_function_changes(machine):
    """A write to one virtual function: tables, pending bits, control words, deliveries of the others stay."""
    program = machine.program()
    for which in (None, 0, 1):
        program.write_entry(1, message=1, vf=which).enable(vf=which).raise_event(1, vf=which)
    program.write_virtualized(1, vf=0, message=0, control=0).poll({vf(0).message(0): 1})
    for which in (None, 1):
        program.table_read(1, "vector-control", expect=1, mask=1, vf=which, clause="VWRITE-ISOLATION-VF")
        program.pba_read({1: 1}, vf=which).capability_read(2, 2, expect=0x8000, mask=0xC000, vf=which)
    program.unmask_entry(1).poll({1: 1}).unmask_entry(1, vf=1).poll({vf(1).message(1): 1})
    machine.check(program)


@pytest.mark.parametrize("index", ["N", "N+1", 32767, -1, -2, -32768])
@clauses("VWRITE-BAD-INDEX", "VWRITE-PARTIAL-FAIL")
@needs(**TWO_VFS, stimulus="device")
def test_an_index_that_names_no_entry_is_refused(machine, index):
    """Negative or from N on: not success, and nothing changes."""
    number = {"N": machine.shape.vf_entries, "N+1": machine.shape.vf_entries + 1}.get(index, index)
    program = machine.program().enable(vf=0)
    for entry in range(3):
        program.write_entry(entry, message=entry, masked=False, vf=0)
    program.write_virtualized(number, vf=0, message=2, control=1, expect="refused", clause="VWRITE-BAD-INDEX")
    for entry in range(3):
        program.raise_event(entry, vf=0).poll({vf(0).message(entry): 1})
    machine.check(program)


@pytest.mark.parametrize("which", ["V", "V+1", 63, 65535, 0x7FFFFFFE])
@clauses("VWRITE-BAD-VF")
@needs(**TWO_VFS, stimulus="device")
def test_a_vf_that_is_not_there_is_refused(machine, which):
    """A vfIndex from the number of virtual functions on: not success, and nothing changes."""
    number = {"V": machine.shape.vfs, "V+1": machine.shape.vfs + 1}.get(which, which)
    program = machine.program()
    for function in (None, 0, 1):
        program.write_entry(0, message=0, masked=False, vf=function).enable(vf=function)
    program.write_virtualized(0, vf=number, address=0x1000, data=7, control=1, expect="refused",
                              clause="VWRITE-BAD-VF")
    program.raise_event(0).poll({0: 1})
    for function in (0, 1):
        program.raise_event(0, vf=function).poll({vf(function).message(0): 1})
    machine.check(program)


@clauses("VWRITE-MASKED")
@needs(**TWO_VFS, stimulus="device")
def test_a_write_that_masks_sends_nothing(machine):
    """Left masked by the write: nothing is sent, a later event pends."""
    program = machine.program().enable(vf=0).write_virtualized(0, vf=0, message=0, control=0)
    program.raise_event(0, vf=0).poll({vf(0).message(0): 1})
    program.write_virtualized(0, vf=0, message=1, control=1).poll({}, clause="VWRITE-MASKED")
    program.raise_event(0, vf=0).poll({}).pba_read({0: 1}, vf=0)
    machine.check(program)


@clauses("VWRITE-UNMASK-RELEASE", "VWRITE-NO-TEAR")
@needs(**TWO_VFS, stimulus="device", observes=("strays",))
def test_a_write_that_unmasks_releases_once(machine):
    """Masked and pending, then written unmasked with a new message: exactly that one, Pending clear."""
    program = machine.program().enable(vf=0).write_virtualized(1, vf=0, message=1, control=1)
    program.raise_event(1, vf=0).raise_event(1, vf=0).poll({})
    program.write_virtualized(1, vf=0, message=2, control=0).poll({vf(0).message(2): 1},
                                                                  clause="VWRITE-UNMASK-RELEASE")
    program.pba_read({1: 0}, vf=0).poll({})
    machine.check(program)


@pytest.mark.parametrize("gate", ["function-mask", "disabled"])
@clauses("VWRITE-UNMASK-RELEASE", "PEND-HELD")
@needs(**TWO_VFS, stimulus="device")
def test_an_unmasking_write_behind_a_closed_gate_sends_nothing(machine, gate):
    """Function Mask set or Enable clear: the write releases nothing by itself."""
    program = machine.program().enable(vf=0).write_virtualized(0, vf=0, message=0, control=1).raise_event(0, vf=0)
    if gate == "function-mask":
        program.function_mask(vf=0).write_virtualized(0, vf=0, message=1, control=0).poll({}, clause="PEND-HELD")
        program.function_mask(False, vf=0).poll({vf(0).message(1): 1})
    else:
        program.enable(False, vf=0).write_virtualized(0, vf=0, message=1, control=0).poll({})
        program.enable(vf=0).poll({vf(0).message(1): (0, 1)})
    machine.check(program)


@clauses("VWRITE-NO-TEAR")
@needs(**TWO_VFS, stimulus="device", observes=("strays",))
def test_no_mixture_of_old_and_new_is_sent(machine):
    """Rewritten unmasked again and again around events: only whole messages arrive."""
    program = machine.program().enable(vf=0)
    for round_ in range(6):
        program.write_virtualized(0, vf=0, message=round_ % 3, control=0).raise_event(0, vf=0)
        program.poll({vf(0).message(round_ % 3): 1}, clause="VWRITE-NO-TEAR")
    machine.check(program)


@pytest.mark.parametrize("control", [0, 1])
@clauses("VWRITE-IDEMPOTENT")
@needs(**TWO_VFS, stimulus="device")
def test_the_same_value_again_changes_nothing(machine, control):
    """Writing the same value twice sends nothing and keeps what is pending."""
    program = machine.program().enable(vf=0).write_virtualized(0, vf=0, message=0, control=control)
    if control:
        program.raise_event(0, vf=0)
    program.write_virtualized(0, vf=0, message=0, control=control).poll({}, clause="VWRITE-IDEMPOTENT")
    program.pba_read({0: control}, vf=0).raise_event(0, vf=0).poll({} if control else {vf(0).message(0): 1})
    machine.check(program)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))), ids=lambda o: "".join(map(str, o)))
@clauses("VWRITE-REPLAY")
@needs(**TWO_VFS, stimulus="device")
def test_replay_in_any_order(machine, order):
    """A saved table replayed entry by entry into a fresh function behaves as the source."""
    program = machine.program().enable(vf=0)
    for index in order:
        program.write_virtualized(index, vf=0, message=2 - index, control=int(index == 1), expect="ok")
    program.poll({})
    for index in range(3):
        program.raise_event(index, vf=0)
        program.poll({} if index == 1 else {vf(0).message(2 - index): 1}, clause="VWRITE-REPLAY")
    program.write_virtualized(1, vf=0, message=1, control=0).poll({vf(0).message(1): 1})
    machine.check(program)


@clauses("VWRITE-PAUSED")
@needs(**TWO_VFS, stimulus="device", operations=("pause", "resume"))
def test_writes_while_paused_send_nothing(machine):
    """Between pause and resume writes are accepted and nothing is sent; what was due comes after."""
    program = machine.program().enable(vf=0).write_virtualized(0, vf=0, message=0, control=1).raise_event(0, vf=0)
    program.pause(vf=0, expect="ok").write_virtualized(0, vf=0, message=1, control=0, expect="ok")
    program.poll({}, clause="VWRITE-PAUSED").resume(vf=0, expect="ok").poll({vf(0).message(1): 1})
    machine.check(program)


@clauses("VWRITE-WRITES", "VWRITE-PAUSED")
@needs(**TWO_VFS, stimulus="device", operations=("pause", "resume"))
def test_writes_while_paused_hold_after_resume(machine):
    """An entry in use is written while its function is paused: what comes after the resume is the new message."""
    program = machine.program().enable(vf=0).write_virtualized(0, vf=0, message=0, control=0)
    program.raise_event(0, vf=0).poll({vf(0).message(0): 1}).pause(vf=0, expect="ok")
    program.write_virtualized(0, vf=0, message=1, control=0, expect="ok").resume(vf=0, expect="ok").poll({})
    program.raise_event(0, vf=0).poll({vf(0).message(1): 1}, clause="VWRITE-WRITES")
    machine.check(program)


@clauses("VWRITE-ISOLATION-VF", "VWRITE-WRITES")
@needs(entries=2, messages=2, vfs=64, vf_entries=2, vf_messages=2, stimulus="device")
def test_the_last_of_many_virtual_functions(machine):
    """64 virtual functions: writes reach the first and the last, and only them."""
    last = machine.shape.vfs - 1
    program = machine.program()
    for which in (0, 1, last - 1, last):
        program.enable(vf=which)
    program.write_virtualized(1, vf=last, message=0, control=0).write_virtualized(1, vf=0, message=1, control=0)
    program.raise_event(1, vf=last).poll({vf(last).message(0): 1}).raise_event(1, vf=0).poll({vf(0).message(1): 1})
    for which in (1, last - 1):
        program.table_read(1, "vector-control", expect=1, mask=1, vf=which).raise_event(1, vf=which).poll({})
    machine.check(program)


@pytest.mark.parametrize("index", ["N", -1])
@clauses("VWRITE-PARTIAL-FAIL", "VWRITE-BAD-INDEX")
@needs(**TWO_VFS, stimulus="device", observes=("table",))
def test_a_refused_write_leaves_no_half_entry(machine, index):
    """Refused with contents that differ in every field: all entries keep all four DWORDs."""
    number = machine.shape.vf_entries if index == "N" else index
    program = machine.program().enable(vf=0)
    for entry in range(3):
        program.write_entry(entry, message=entry, masked=False, vf=0)
    program.write_virtualized(number, vf=0, address=0x7_7777_7770, data=0x7777, control=1, expect="refused")
    for entry in range(3):
        program.table_read(entry, "vector-control", expect=0, mask=1, vf=0, clause="VWRITE-PARTIAL-FAIL")
        program.raise_event(entry, vf=0).poll({vf(0).message(entry): 1})
    program.write_virtualized(number, vf=0, message=1, control=0, expect="refused")
    program.raise_event(2, vf=0).poll({vf(0).message(2): 1}, clause="VWRITE-PARTIAL-FAIL")
    machine.check(program)


@clauses("PEND-SET", "VWRITE-ISOLATION-VF", "PBA-LAYOUT")
@needs(**TWO_VFS, stimulus="device", observes=("pba",))
def test_pending_bits_belong_to_their_function(machine):
    """A masked event on one function sets its own pending bit and no other function's."""
    program = machine.program()
    for which in (None, 0, 1):
        program.enable(vf=which)
    for which in (0, None, 1):
        program.raise_event(1, vf=which)
        for other in (None, 0, 1):
            program.pba_read_at(0, 8, vf=other)
    program.reset("function-level", vf=0).pba_read_at(0, 8, expect=0, vf=0)
    machine.check(program)


@pytest.mark.parametrize("source", [None, 0, 1], ids=["pf", "vf0", "vf1"])
@clauses("PEND-SET", "VWRITE-ISOLATION-VF")
@needs(**TWO_VFS, stimulus="device", observes=("pba",))
def test_a_pending_bit_shows_in_one_function_only(machine, source):
    """After one masked event exactly one pending bit of all functions is set."""
    program = machine.program()
    for which in (None, 0, 1):
        program.enable(vf=which)
    program.raise_event(1, vf=source)
    for which in (None, 0, 1):
        program.pba_read_at(0, 8, expect=2 if which == source else 0, vf=which, clause="VWRITE-ISOLATION-VF")
    machine.check(program)
