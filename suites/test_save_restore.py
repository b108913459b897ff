# SPDX-License-Identifier: Apache-2.0
"""SAVE: what a saved function is, and that a restored one equals it."""
import pytest
from irqcts import clauses, needs, vf

MOVING = ("pause", "resume", "save", "restore")


def reset_kind(machine, which=None):
    """The reset that makes one function forget everything; all of them where the physical one has no own."""
    whole = which is None and "function-level" not in machine.description.reset_kinds
    return "conventional" if whole else "function-level"


def move(machine, program, *, which=None, reset=True):
    """Save, forget everything, restore: the function stays paused."""
    program.pause(vf=which).save(0, vf=which, expect="ok")
    if reset:
        program.reset(reset_kind(machine, which), vf=which).pause(vf=which)
    return program.restore(0, vf=which, expect="ok")


@clauses("SAVE-RESTORE-EQUAL", "SAVE-COMPLETE")
@needs(entries=4, messages=4, observes=("table", "capability"), operations=(*MOVING, "reset"))
def test_table_and_control_word_are_restored(machine):
    """Masks, Function Mask, Enable, addresses and data equal the source."""
    program = machine.program().capability_write(2, 2, 0xC000)
    for entry in range(4):
        program.table_write(entry, "address", 0x1_0000_1000 + 16 * entry)
        program.table_write(entry, "data", 0x100 + entry).table_write(entry, "vector-control", entry % 2)
    move(machine, program)
    program.capability_read(2, 2, expect=0xC000, mask=0xC000, clause="SAVE-RESTORE-EQUAL")
    for entry in range(4):
        program.table_read(entry, "address-low", expect=0x1000 + 16 * entry)
        program.table_read(entry, "address-high", expect=1).table_read(entry, "data", expect=0x100 + entry)
        program.table_read(entry, "vector-control", expect=entry % 2, mask=1, clause="SAVE-RESTORE-EQUAL")
    machine.check(program)


@pytest.mark.parametrize("which", [None, 0, 1], ids=["pf", "vf0", "vf1"])
@clauses("SAVE-RESTORE-EQUAL", "SAVE-REARM", "RESET-ROUTES")
@needs(entries=4, messages=4, vfs=2, vf_entries=4, vf_messages=4, stimulus="device", operations=(*MOVING, "reset"))
def test_deliveries_continue(machine, which):
    """After restore the same events give the same deliveries, on the physical and on virtual functions."""
    key = (lambda m: m) if which is None else vf(which).message
    program = machine.program()
    for entry in range(4):
        program.write_entry(entry, message=3 - entry, masked=entry == 2, vf=which)
    program.enable(vf=which)
    move(machine, program, which=which).resume(vf=which).poll({})
    for entry in (0, 1, 3):
        program.raise_event(entry, vf=which).poll({key(3 - entry): 1}, clause="SAVE-REARM")
    program.raise_event(2, vf=which).poll({}).unmask_entry(2, vf=which).poll({key(1): 1})
    machine.check(program)


@clauses("SAVE-REARM", "SAVE-RESTORE-EQUAL")
@needs(entries=2, messages=2, stimulus="device", operations=MOVING)
def test_deliveries_continue_without_virtual_functions(machine):
    """The same for a function without virtual ones, restored over itself."""
    program = machine.program().write_entry(0, message=1, masked=False).write_entry(1, message=0).enable()
    move(machine, program, reset=False).resume().poll({})
    program.raise_event(0).poll({1: 1}).raise_event(1).poll({}).unmask_entry(1).poll({0: 1})
    machine.check(program)


@clauses("SAVE-COMPLETE", "SAVE-RESTORE-EQUAL")
@needs(entries=65, messages=2, stimulus="device", observes=("pba",), operations=(*MOVING, "reset"))
def test_pending_and_masked_stays_pending(machine):
    """Pending bits travel: shown after restore, sent once at unmask."""
    program = machine.program().enable()
    for entry in (0, 63, 64):
        program.write_entry(entry, message=1).raise_event(entry)
    move(machine, program).resume().poll({}).pba_read({0: 1, 63: 1, 1: 0}, clause="SAVE-COMPLETE").pba_read({64: 1}, qword=1)
    for entry in (64, 0, 63):
        program.unmask_entry(entry).poll({1: 1}, clause="SAVE-RESTORE-EQUAL").unmask_entry(entry).poll({})
    machine.check(program)


@clauses("SAVE-RESTORE-EQUAL", "PEND-HELD")
@needs(entries=2, messages=2, stimulus="device", operations=(*MOVING, "reset"))
def test_pending_behind_function_mask_travels(machine):
    """Pending behind Function Mask: released once when it is cleared at the target."""
    program = machine.program().write_entry(1, message=1, masked=False).function_mask().enable().raise_event(1)
    move(machine, program).resume().poll({}).function_mask(False).poll({1: 1}, clause="SAVE-RESTORE-EQUAL")
    program.raise_event(1).poll({1: 1})
    machine.check(program)


@clauses("SAVE-COMPLETE", "VWRITE-PAUSED")
@needs(entries=2, messages=2, vfs=1, vf_entries=2, vf_messages=2, stimulus="device", operations=(*MOVING, "reset"))
def test_an_event_latched_while_paused_is_delivered_once(machine):
    """An event between pause and save is part of the state: one message after resume at the target."""
    program = machine.program().write_entry(0, message=0, masked=False, vf=0).enable(vf=0).pause(vf=0)
    program.raise_event(0, vf=0).poll({}, clause="VWRITE-PAUSED").save(0, vf=0)
    program.reset("function-level", vf=0).pause(vf=0).restore(0, vf=0).poll({})
    program.resume(vf=0).poll({vf(0).message(0): 1}, clause="SAVE-COMPLETE").poll({})
    machine.check(program)


@clauses("SAVE-SPARSE")
@needs(entries=130, messages=4, stimulus="device", operations=(*MOVING, "reset"))
def test_indices_are_kept_where_the_used_set_has_gaps(machine):
    """Only entries 0, 65 and the last are used: they keep their places."""
    last = machine.shape.entries - 1
    used = {0: 3, 65: 1, last: 2}
    program = machine.program().enable()
    for entry, message in used.items():
        program.write_entry(entry, message=message, masked=False)
    move(machine, program).resume()
    for entry, message in used.items():
        program.raise_event(entry).poll({message: 1}, clause="SAVE-SPARSE")
    program.table_read(1, "vector-control", expect=1, mask=1).raise_event(64).poll({})
    machine.check(program)


@clauses("SAVE-REARM", "SAVE-RESTORE-EQUAL")
@needs(entries=4, messages=4, stimulus="device", operations=("start", "set_entry", "mask", "unmask", *MOVING))
def test_routes_are_issued_again(machine):
    """The driver's view: assignments and masks made before the save hold after the restore, over another assignment."""
    program = machine.program().start()
    for entry in range(4):
        program.set_entry(entry, 3 - entry, expect="ok")
    program.mask(2, expect="ok").pause().save(0).resume()
    program.set_entry(0, 0, expect="ok").unmask(2, expect="ok").mask(3, expect="ok").pause().restore(0).resume().poll({})
    for entry in (0, 1, 3):
        program.raise_event(entry).poll({3 - entry: 1}, clause="SAVE-REARM")
    program.raise_event(2).poll({}, clause="SAVE-RESTORE-EQUAL").unmask(2, expect="ok").poll({1: 1})
    machine.check(program)


@clauses("SAVE-COMPLETE", "SAVE-RESTORE-EQUAL", "VWRITE-PAUSED")
@needs(entries=4, messages=4, stimulus="device", operations=("start", "mask", "unmask", *MOVING))
def test_what_pends_under_a_driver_travels(machine):
    """Pending behind a mask and latched while paused: each is delivered once, the first at its unmask."""
    program = machine.program().start().mask(1, expect="ok").raise_event(1).pause().raise_event(0)
    program.poll({}, clause="VWRITE-PAUSED").save(0).restore(0).poll({}).resume()
    program.poll({0: 1}, clause="SAVE-COMPLETE").poll({}).unmask(1, expect="ok").poll({1: 1})
    program.mask(1, expect="ok").unmask(1, expect="ok").poll({}, clause="SAVE-RESTORE-EQUAL")
    machine.check(program)


@pytest.mark.parametrize("corrupt", ["size", "duplicate", "index"])
@clauses("SAVE-REJECT-INCONSISTENT")
@needs(entries=3, messages=3, stimulus="device", operations=MOVING)
def test_inconsistent_state_is_refused_whole(machine, corrupt):
    """A state with wrong size, duplicate entry or bad index: refused, and the function is as it was."""
    program = machine.program().write_entry(0, message=0, masked=False).enable().pause().save(0).resume()
    program.write_entry(0, message=1, masked=False).write_entry(1, message=2, masked=False).pause()
    program.restore(0, corrupt=corrupt, expect="refused", clause="SAVE-REJECT-INCONSISTENT").resume().poll({})
    program.raise_event(0).poll({1: 1}).raise_event(1).poll({2: 1})
    machine.check(program)


@clauses("SAVE-REJECT-INCONSISTENT")
@needs(entries=1, messages=1, operations=MOVING)
def test_a_slot_that_was_never_saved_is_refused(machine):
    """Restoring what was never saved does not succeed."""
    machine.check(machine.program().pause().restore(1, expect="refused"))


@clauses("SAVE-RESTORE-EQUAL")
@needs(entries=1, messages=1, stimulus="device", operations=(*MOVING, "reset"))
def test_a_state_can_be_restored_twice(machine):
    """The same state restored again is the same state again: each time the pending event comes once."""
    program = machine.program().write_entry(0, message=0).enable().raise_event(0).pause().save(0)
    for _ in range(2):
        program.reset(reset_kind(machine)).pause().restore(0, expect="ok").resume().poll({})
        program.unmask_entry(0).poll({0: 1}).raise_event(0).poll({0: 1})
    machine.check(program)


@clauses("SAVE-RESTORE-EQUAL", "VWRITE-ISOLATION-VF")
@needs(entries=2, messages=2, vfs=2, vf_entries=2, vf_messages=2, stimulus="device", operations=MOVING)
def test_a_state_restored_into_another_function(machine):
    """Saved on one virtual function and restored into another: that one continues, the source stays as it is."""
    program = machine.program().write_entry(0, message=0, masked=False, vf=0).enable(vf=0)
    program.pause(vf=0).save(0, vf=0).resume(vf=0).pause(vf=1).restore(0, vf=1).resume(vf=1).poll({})
    program.raise_event(0, vf=1).poll({vf(0).message(0): 1})  # the entry's contents travelled with it
    program.raise_event(0, vf=0).poll({vf(0).message(0): 1})
    machine.check(program)


@pytest.mark.parametrize("which", [None, 0], ids=["pf", "vf0"])
@clauses("SAVE-RESTORE-EQUAL", "SAVE-SPARSE")
@needs(entries=4, messages=4, vfs=1, vf_entries=4, vf_messages=4, stimulus="device", observes=("table",),
       operations=MOVING)
def test_entries_that_were_not_in_use_are_restored_too(machine, which):
    """What was changed after the save is undone, also in entries that the saved state leaves masked and unused."""
    program = machine.program().write_entry(0, message=0, masked=False, vf=which).enable(vf=which)
    program.pause(vf=which).save(0, vf=which).resume(vf=which)
    program.write_entry(2, message=2, masked=False, vf=which).raise_event(3, vf=which).pause(vf=which)
    program.restore(0, vf=which, expect="ok").table_read(2, "vector-control", expect=1, mask=1, vf=which)
    program.pba_read({2: 0, 3: 0}, vf=which, clause="SAVE-RESTORE-EQUAL").resume(vf=which).poll({})
    machine.check(program)
