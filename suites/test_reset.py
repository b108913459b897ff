# SPDX-License-Identifier: Apache-2.0
"""RESET: conventional and function-level reset."""
import pytest
from irqcts import clauses, needs, vf

from shapes import edges

KINDS = ["conventional", "function-level"]


@pytest.mark.parametrize("kind", KINDS)
@clauses("RESET-STATE", "ENTRY-MASK-RESET", "CAP-ENABLE", "CAP-FUNCTION-MASK")
@needs(entries=4, messages=4, operations=("reset",), observes=("table", "capability"))
def test_everything_is_as_after_power_on(machine, kind):
    """Enable 0, Function Mask 0, every Mask 1."""
    program = machine.program()
    for entry in range(4):
        program.write_entry(entry, message=entry, masked=False)
    program.capability_write(2, 2, 0xC000).reset(kind)
    program.capability_read(2, 2, expect=0, mask=0xC000, clause="RESET-STATE")
    for entry in edges(machine.shape.entries):
        program.table_read(entry, "vector-control", expect=1, mask=1, clause="RESET-STATE")
    machine.check(program)


@pytest.mark.parametrize("kind", KINDS)
@clauses("RESET-STATE", "RESET-NO-STALE")
@needs(entries=65, messages=2, stimulus="device", operations=("reset",), observes=("pba",))
def test_pending_bits_are_cleared(machine, kind):
    """What was pending before is neither shown nor sent after."""
    program = machine.program().enable()
    for entry in (0, 63, 64):
        program.write_entry(entry, message=0).raise_event(entry)
    program.reset(kind).pba_read_at(0, 8, expect=0, clause="RESET-STATE").pba_read_at(8, 8, expect=0)
    for entry in (0, 63, 64):
        program.write_entry(entry, message=1, masked=False)
    program.enable().poll({}, clause="RESET-NO-STALE")
    machine.check(program)


@pytest.mark.parametrize("kind", KINDS)
@clauses("RESET-NO-STALE", "RESET-ROUTES", "PEND-FIRST-UNMASK")
@needs(entries=2, messages=2, stimulus="device", operations=("reset",))
def test_the_device_works_again(machine, kind):
    """Programmed anew after the reset, an entry delivers its new message and only that."""
    program = machine.program().write_entry(0, message=0, masked=False).enable().raise_event(0).poll({0: 1})
    program.reset(kind).poll({}).write_entry(0, message=1, masked=False).poll({})
    program.enable().poll({}).raise_event(0).poll({1: 1}, clause="RESET-ROUTES")
    program.mask_entry(0).raise_event(0).poll({}).unmask_entry(0).poll({1: 1})
    machine.check(program)


@clauses("RESET-NO-STALE")
@needs(entries=1, messages=1, stimulus="device", operations=("reset",))
def test_resets_repeat(machine):
    """Any number of resets in a row, with and without MSI-X in use between them."""
    program = machine.program()
    for round_ in range(4):
        program.reset("function-level")
        if round_ % 2:
            program.write_entry(0, message=0, masked=False).enable().raise_event(0).poll({0: 1})
    machine.check(program)


@clauses("RESET-STATE", "VWRITE-ISOLATION-VF")
@needs(entries=2, messages=2, vfs=2, vf_entries=2, vf_messages=2, stimulus="device", operations=("reset",))
def test_resetting_a_virtual_function_leaves_the_others(machine):
    """FLR of one virtual function: the physical and the other virtual function keep delivering."""
    program = machine.program()
    for which in (None, 0, 1):
        program.write_entry(0, message=0, masked=False, vf=which).enable(vf=which)
    program.mask_entry(0, vf=1).raise_event(0, vf=1).reset("function-level", vf=0)
    program.table_read(0, "vector-control", expect=1, mask=1, vf=0)
    program.raise_event(0).poll({0: 1}).pba_read({0: 1}, vf=1).unmask_entry(0, vf=1).poll({vf(1).message(0): 1})
    machine.check(program)


@pytest.mark.parametrize("kind,which", [("conventional", None), ("function-level", None), ("function-level", 0)])
@clauses("RESET-STATE", "CAP-ENABLE")
@needs(entries=2, messages=2, vfs=2, vf_entries=2, vf_messages=2, operations=("reset",), observes=("capability",))
def test_a_reset_reaches_the_virtual_functions(machine, kind, which):
    """Reset of the device, of the physical function, or of itself: the virtual function is disabled and masked."""
    program = machine.program()
    for function in (0, 1):
        program.write_entry(1, message=1, masked=False, vf=function).enable(vf=function).function_mask(vf=function)
    program.reset(kind, vf=which)
    for function in (0,) if which == 0 else (0, 1):
        program.capability_read(2, 2, expect=0, mask=0xC000, vf=function, clause="RESET-STATE")
        program.table_read(1, "vector-control", expect=1, mask=1, vf=function)
    machine.check(program)


@pytest.mark.parametrize("kind", KINDS)
@clauses("RESET-STATE", "ENABLE-OFF-SILENT")
@needs(entries=1, messages=1, stimulus="device", operations=("reset",))
def test_a_reset_function_is_disabled_in_effect(machine, kind):
    """Reset while enabled: Enable is 0 afterwards, and an event on an unmasked entry sends nothing."""
    program = machine.program().write_entry(0, message=0, masked=False).enable().raise_event(0).poll({0: 1})
    program.reset(kind).write_entry(0, message=0, masked=False).raise_event(0).poll({}, clause="RESET-STATE")
    machine.check(program)


@pytest.mark.parametrize("kind,which", [("conventional", None), ("function-level", None), ("function-level", 0)])
@clauses("RESET-STATE", "ENABLE-OFF-SILENT")
@needs(entries=1, messages=1, vfs=1, vf_entries=1, vf_messages=1, stimulus="device", operations=("reset",))
def test_a_reset_virtual_function_is_disabled_in_effect(machine, kind, which):
    """The same for a virtual function that was enabled, whether the reset is its own or reaches it."""
    program = machine.program().write_entry(0, message=0, masked=False, vf=0).enable(vf=0)
    program.raise_event(0, vf=0).poll({vf(0).message(0): 1}).reset(kind, vf=which)
    program.write_entry(0, message=0, masked=False, vf=0).raise_event(0, vf=0).poll({}, clause="RESET-STATE")
    machine.check(program)
