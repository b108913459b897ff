# SPDX-License-Identifier: Apache-2.0
"""CAP-FUNCTION-MASK and PEND: Function Mask against the entries' own masks."""
import pytest
from irqcts import clauses, needs


@clauses("CAP-FUNCTION-MASK", "PEND-EFFECTIVE-MASK", "PEND-SET")
@needs(entries=3, messages=3, stimulus="device")
def test_function_mask_silences_every_entry(machine):
    """With Function Mask set no entry sends, whatever its own mask."""
    program = machine.program().enable()
    for entry in range(3):
        program.write_entry(entry, message=entry, masked=False)
    program.function_mask()
    for entry in range(3):
        program.raise_event(entry).poll({}, clause="PEND-EFFECTIVE-MASK")
    program.pba_read({0: 1, 1: 1, 2: 1}).function_mask(False).poll({0: 1, 1: 1, 2: 1})
    machine.check(program)


@clauses("CAP-FUNCTION-MASK")
@needs(entries=3, messages=3, observes=("table",))
def test_function_mask_leaves_entry_masks_alone(machine):
    """Setting and clearing Function Mask never changes a per-entry Mask bit."""
    program = machine.program().write_entry(0, message=0, masked=False).write_entry(1, message=1)
    for on in (True, False):
        program.function_mask(on)
        program.table_read(0, "vector-control", expect=0, mask=1, clause="CAP-FUNCTION-MASK")
        program.table_read(1, "vector-control", expect=1, mask=1, clause="CAP-FUNCTION-MASK")
    machine.check(program)


@clauses("PEND-HELD", "PEND-RELEASE")
@needs(entries=2, messages=2, stimulus="device")
def test_entry_masks_are_respected_when_function_mask_clears(machine):
    """Function Mask cleared: unmasked pending entries send, masked ones keep Pending."""
    program = machine.program().write_entry(0, message=0, masked=False).write_entry(1, message=1)
    program.function_mask().enable().raise_event(0).raise_event(1).poll({})
    program.function_mask(False).poll({0: 1}, clause="PEND-HELD").pba_read({0: 0, 1: 1})
    program.unmask_entry(1).poll({1: 1}, clause="PEND-RELEASE")
    machine.check(program)


@pytest.mark.parametrize("width", [1, 2, 4])
@clauses("PEND-NOTHING", "CAP-WRITE-WIDTHS")
@needs(entries=2, messages=2, stimulus="device")
def test_rewriting_message_control_unchanged_does_nothing(machine, width):
    """Message Control written with what it holds: nothing is sent, nothing pending is lost."""
    value = {1: 0x80, 2: 0x8000, 4: 0x80000000}[width]
    program = machine.program().write_entry(0, message=0, masked=False).write_entry(1, message=1).enable()
    program.raise_event(1).capability_write({1: 3, 2: 2, 4: 0}[width], width, value).poll({}, clause="PEND-NOTHING")
    program.raise_event(0).poll({0: 1}).capability_write({1: 3, 2: 2, 4: 0}[width], width, value).poll({})
    program.unmask_entry(1).poll({1: 1})
    machine.check(program)


@clauses("PEND-COALESCE", "CAP-FUNCTION-MASK")
@needs(entries=1, messages=1, stimulus="device")
def test_function_mask_cycles(machine):
    """Repeated Function Mask cycles around events: one message a cycle with an event, none without."""
    program = machine.program().write_entry(0, message=0, masked=False).enable()
    for events in (1, 0, 3, 0, 2):
        program.function_mask()
        for _ in range(events):
            program.raise_event(0)
        program.poll({}).function_mask(False).poll({0: 1} if events else {})
    machine.check(program)


@clauses("CAP-FUNCTION-MASK")
@needs(entries=1, messages=1, stimulus="device")
def test_enable_and_function_mask_in_one_write(machine):
    """Enable set and Function Mask cleared by the same write of Message Control."""
    program = machine.program().write_entry(0, message=0, masked=False)
    program.capability_write(2, 2, 0xC000).raise_event(0).poll({})
    program.capability_write(2, 2, 0x8000).poll({0: 1}).raise_event(0).poll({0: 1})
    machine.check(program)


@clauses("PEND-FRESH", "CAP-FUNCTION-MASK")
@needs(entries=2, messages=2, stimulus="device")
def test_entries_rewritten_under_function_mask_use_the_new_message(machine):
    """Function Mask alone covers a rewrite: an entry that stays unmasked sends its new contents afterwards."""
    program = machine.program().write_entry(0, message=0, masked=False).enable().raise_event(0).poll({0: 1})
    program.function_mask().table_write(0, "address", message=1).table_write(0, "data", message=1)
    program.function_mask(False).poll({}).raise_event(0).poll({1: 1}, clause="PEND-FRESH")
    program.function_mask().raise_event(0).table_write(0, "address", message=0).table_write(0, "data", message=0)
    program.poll({}).function_mask(False).poll({0: 1}, clause="PEND-FRESH")
    machine.check(program)
