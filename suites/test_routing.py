# SPDX-License-Identifier: Apache-2.0
"""ROUTE: default message assignment, SetTableEntry, MaskTableEntry, UnmaskTableEntry."""
import pytest
from irqcts import NotTested, Program, clauses, needs

from shapes import SOME_TABLE_SIZES, edges


@pytest.mark.parametrize("entries", SOME_TABLE_SIZES)
@clauses("ROUTE-DEFAULT-IDENTITY")
@needs(entries="{entries}", messages="{entries}", stimulus="device")
def test_entry_has_its_own_message_by_default(machine, entries):
    """With as many messages as entries, entry i is assigned message i."""
    program = machine.program().start()
    for entry in edges(entries):
        program.raise_event(entry).poll({entry: 1}, clause="ROUTE-DEFAULT-IDENTITY")
    machine.check(program)


@pytest.mark.parametrize("messages", [1, 2, 3])
@clauses("ROUTE-DEFAULT-SURPLUS", "ROUTE-DEFAULT-IDENTITY", "ROUTE-SET-SHARED")
@needs(entries=4, messages="{messages}", stimulus="device")
def test_surplus_entries_have_message_0(machine, messages):
    """With fewer messages than entries, every entry from M on is assigned message 0."""
    program = machine.program().start()
    for entry in range(machine.shape.entries if machine.shape.entries <= 8 else 8):
        program.raise_event(entry)
        program.poll({entry if entry < messages else 0: 1})
    machine.check(program)


@clauses("ROUTE-DEFAULT-SURPLUS")
@needs(entries=65, messages=64, stimulus="device")
def test_the_last_surplus_entry_has_message_0(machine):
    """One message short: the last entry alone falls back to message 0."""
    last = machine.shape.entries - 1
    machine.check(machine.program().start().raise_event(last).poll({0: 1}, clause="ROUTE-DEFAULT-SURPLUS")
                  .raise_event(63).poll({63: 1}))


@pytest.mark.parametrize("entry,message", [(0, 1), (1, 0), (3, 2), (2, 3), (0, 0), (3, 3)])
@clauses("ROUTE-SET-ASSIGNS", "ROUTE-SET-ONLY-ONE")
@needs(entries=4, messages=4, stimulus="device")
def test_set_assigns_one_entry(machine, entry, message):
    """SetTableEntry(i, m): events on i arrive as m, those of every other entry as before."""
    program = machine.program().start().set_entry(entry, message, expect="ok", clause="ROUTE-SET-ASSIGNS")
    for other in range(4):
        program.raise_event(other)
        program.poll({message if other == entry else other: 1})
    machine.check(program)


@clauses("ROUTE-SET-ASSIGNS")
@needs(entries=2, messages=2, stimulus="device")
def test_set_again_replaces(machine):
    """The latest SetTableEntry counts, also back to the default."""
    program = machine.program().start()
    for message in (1, 0, 1, 1, 0):
        program.set_entry(0, message, expect="ok").raise_event(0).poll({message: 1})
    machine.check(program)


@clauses("ROUTE-SET-SHARED", "SEND-ALIAS")
@needs(entries=4, messages=4, stimulus="device")
def test_entries_may_share_a_message(machine):
    """All entries on one message: each still delivers."""
    program = machine.program().start()
    for entry in range(4):
        program.set_entry(entry, 2, expect="ok")
    for entry in range(4):
        program.raise_event(entry)
    program.poll({2: 4}, clause="ROUTE-SET-SHARED")
    machine.check(program)


@pytest.mark.parametrize("beyond", [0, 1, 4096, 0x7FFFFFFF, 0xFFFFFFFF])
@clauses("ROUTE-SET-BAD-ENTRY")
@needs(entries=3, messages=3, stimulus="device")
def test_set_refuses_an_entry_that_is_not_there(machine, beyond):
    """SetTableEntry beyond the table: STATUS_INVALID_PARAMETER, and nothing changes."""
    entry = min(machine.shape.entries + beyond, 0xFFFFFFFF)
    program = machine.program().start().set_entry(entry, 1, expect="invalid-parameter", clause="ROUTE-SET-BAD-ENTRY")
    for other in range(3):
        program.raise_event(other).poll({other: 1})
    machine.check(program)


@pytest.mark.parametrize("beyond", [0, 1, 4096, 0xFFFFFFF0])
@clauses("ROUTE-SET-BAD-MESSAGE")
@needs(entries=3, messages=2, stimulus="device")
def test_set_refuses_a_message_that_was_not_granted(machine, beyond):
    """SetTableEntry with a message from M on: STATUS_INVALID_PARAMETER, and nothing changes."""
    program = machine.program().start()
    program.set_entry(1, 2 + beyond, expect="invalid-parameter", clause="ROUTE-SET-BAD-MESSAGE")
    program.raise_event(1).poll({1: 1}).raise_event(2).poll({0: 1})
    machine.check(program)


@clauses("ROUTE-SET-BAD-ENTRY", "ROUTE-SET-BAD-MESSAGE")
@needs(entries=2, messages=1)
def test_set_refuses_both_at_once(machine):
    """Neither entry nor message exist."""
    machine.check(machine.program().start().set_entry(machine.shape.entries, 1, expect="invalid-parameter"))


@clauses("ROUTE-NOT-MSIX")
@needs(entries=0, messages=0, exact=True)
def test_set_refuses_on_a_device_without_msix(machine):
    """A device without MSI-X: STATUS_INVALID_PARAMETER for each of the three routines."""
    machine.check(machine.program().set_entry(0, 0, expect="invalid-parameter", clause="ROUTE-NOT-MSIX")
                  .mask(0, expect="invalid-parameter").unmask(0, expect="invalid-parameter"))


@pytest.mark.parametrize("entry", [0, 1, 3])
@clauses("ROUTE-MASK", "ROUTE-UNMASK", "ROUTE-MASK-INDEPENDENT")
@needs(entries=4, messages=4, stimulus="device")
def test_mask_silences_one_entry(machine, entry):
    """MaskTableEntry(i): no event on i arrives until UnmaskTableEntry(i); other entries do not notice."""
    program = machine.program().start().mask(entry, expect="ok", clause="ROUTE-MASK")
    program.raise_event(entry).poll({}, clause="ROUTE-MASK")
    for other in range(4):
        if other != entry:
            program.raise_event(other).poll({other: 1}, clause="ROUTE-MASK-INDEPENDENT")
    program.unmask(entry, expect="ok", clause="ROUTE-UNMASK").poll({entry: 1})
    program.raise_event(entry).poll({entry: 1}, clause="ROUTE-UNMASK")
    machine.check(program)


@clauses("ROUTE-MASK-INDEPENDENT")
@needs(entries=4, messages=4, stimulus="device")
def test_unmask_leaves_the_others_masked(machine):
    """Unmasking one of two masked entries releases that one only."""
    program = machine.program().start().mask(1).mask(2).raise_event(1).raise_event(2).poll({})
    program.unmask(1).poll({1: 1}, clause="ROUTE-MASK-INDEPENDENT").raise_event(2).poll({})
    program.unmask(2).poll({2: 1})
    machine.check(program)


@pytest.mark.parametrize("routine", ["mask", "unmask"])
@pytest.mark.parametrize("beyond", [0, 1, 0x7FFFFFFF])
@clauses("ROUTE-MASK-BAD-ENTRY")
@needs(entries=3, messages=3, stimulus="device")
def test_masking_refuses_an_entry_that_is_not_there(machine, routine, beyond):
    """Mask or Unmask beyond the table: STATUS_INVALID_PARAMETER, and nothing changes."""
    program = machine.program().start().mask(0)
    getattr(program, routine)(machine.shape.entries + beyond, expect="invalid-parameter",
                              clause="ROUTE-MASK-BAD-ENTRY")
    program.raise_event(0).poll({})
    program.raise_event(1).poll({1: 1}).raise_event(2).poll({2: 1}).unmask(0).poll({0: 1})
    machine.check(program)


@clauses("ROUTE-MASK-NESTING")
@needs(entries=1, messages=1, stimulus="device")
def test_masks_do_not_count(machine):
    """One unmask undoes any number of masks."""
    machine.check(machine.program().start().mask(0).mask(0).mask(0).raise_event(0).poll({}).unmask(0)
                  .poll({0: 1}, clause="ROUTE-MASK-NESTING"))


@clauses("ROUTE-SET-MASK-STATE", "ROUTE-SET-ASSIGNS")
@needs(entries=2, messages=2, stimulus="device")
def test_set_while_masked_counts_after_unmask(machine):
    """SetTableEntry on a masked entry: whatever becomes of the mask, an event is one message, and the new one."""
    program = machine.program().start().mask(0).set_entry(0, 1, expect="ok").poll({}).raise_event(0)
    program.poll({1: (0, 1)}, clause="ROUTE-SET-ASSIGNS").unmask(0).poll({1: (0, 1)}, clause="ROUTE-SET-ASSIGNS")
    program.raise_event(0).poll({1: 1}, clause="ROUTE-SET-ASSIGNS")
    _, masked, unmasked, _ = (poll.deliveries.get(1, 0) for poll in machine.check(program).polls())
    assert masked + unmasked == 1, f"one event came {masked} times before Unmask and {unmasked} times after it"
    if masked:
        machine.remarks.append("SetTableEntry unmasked the entry")


@clauses("ROUTE-GET-ENTRY", "ROUTE-GET-SIZE")
@needs(entries=4, messages=4, operations=("get-entry", "get-size"))
def test_get_routines_are_recorded(machine):
    """GetTableEntry and GetTableSize are reserved for future use: called, recorded, never judged."""
    machine.check(machine.program().start().get_size().get_entry(0).get_entry(3))


@pytest.mark.parametrize("entry", [0, 1])
@clauses("ROUTE-SET-ASSIGNS", "ROUTE-SET-ONLY-ONE")
@needs(entries=4, messages=4, vfs=2, vf_entries=2, vf_messages=2, stimulus="device")
def test_set_on_a_virtual_function(machine, entry):
    """SetTableEntry on one virtual function changes neither the physical nor another virtual function."""
    from irqcts import vf
    program = machine.program().start().start(vf=0).start(vf=1).set_entry(entry, 1 - entry, vf=0, expect="ok")
    program.raise_event(entry, vf=0).poll({vf(0).message(1 - entry): 1})
    program.raise_event(entry, vf=1).poll({vf(1).message(entry): 1})
    program.raise_event(entry).poll({entry: 1})
    machine.check(program)


@clauses("ROUTE-MASK", "ENTRY-RETAINED")
@needs(entries=2, messages=2, observes=("table",), operations=("mask", "unmask"))
def test_routines_and_table_agree(machine):
    """MaskTableEntry and UnmaskTableEntry are the Mask bit of the table, whatever the entry holds."""
    program = machine.program().start()
    for _ in range(2):
        program.mask(1, expect="ok").table_read(1, "vector-control", expect=1, mask=1, clause="ROUTE-MASK")
        program.unmask(1, expect="ok").table_read(1, "vector-control", expect=0, mask=1, clause="ROUTE-UNMASK")
    machine.check(program)


@clauses("ROUTE-MASK-INDEPENDENT", "ROUTE-MASK")
@needs(entries=3, messages=3, stimulus="device", operations=("mask", "unmask"))
def test_adding_an_entry_leaves_masked_ones_masked(machine):
    """An entry brought into use for the first time re-opens none that was masked."""
    program = machine.program().start().mask(0).mask(2).write_entry(1, message=1)
    program.unmask(1).raise_event(0).raise_event(2).poll({}, clause="ROUTE-MASK-INDEPENDENT")
    program.raise_event(1).poll({1: 1}).unmask(0).poll({0: 1}).unmask(2).poll({2: 1})
    machine.check(program)


@clauses("ROUTE-SET-ASSIGNS")
@needs(entries=2, messages=2, stimulus="device", observes=("capability",))
def test_set_while_msix_is_disabled(machine):
    """SetTableEntry succeeds while Enable is clear, and counts once it is set again."""
    program = machine.program().start().enable(False).set_entry(0, 1, expect="ok", clause="ROUTE-SET-ASSIGNS")
    program.enable().poll({}).raise_event(0).poll({1: 1}, clause="ROUTE-SET-ASSIGNS")
    machine.check(program)


@clauses("ROUTE-MASK-INDEPENDENT")
@needs(entries=3, messages=3, stimulus="device", operations=("mask", "unmask"))
def test_the_first_use_of_an_entry_re_opens_no_other(machine):
    """The same where entries come into use one by one, by register writes, with MSI-X on already."""
    program = machine.program().enable().write_entry(0, message=0, masked=False).mask(0).write_entry(1, message=1)
    program.unmask(1).raise_event(0).poll().unmask(0).poll().raise_event(0).poll({0: 1})
    machine.check(program)


@clauses("ROUTE-FEWER-GRANTED", "ROUTE-DEFAULT-IDENTITY", "ROUTE-DEFAULT-SURPLUS")
@needs(entries=1, messages=1, stimulus="device")
def test_a_device_works_with_fewer_messages_than_entries(machine):
    """However few were granted: every entry arrives, as its own message or as message 0, and can be set to each."""
    shape, program = machine.shape, machine.program()
    entries, messages = shape.entries, shape.messages
    if "configurable" in machine.description.properties:
        entries = min(4, machine.description.entries_max)
        messages = min(entries - 1, machine.description.messages_max)
        if messages < 1:
            raise NotTested("the device has one entry at most: it is granted no fewer messages than that",
                            evidence=[f"{machine.description.identity}: {entries} entries at most"])
        program = Program().configure(entries, messages)
    if messages >= entries:
        raise NotTested(f"the device was granted a message for each entry ({messages} of {entries})",
                        evidence=[f"{machine.description.identity}: {entries} entries, {messages} messages"])
    program.start()
    for entry in sorted({0, messages - 1, messages, entries - 1}):
        program.raise_event(entry).poll({entry if entry < messages else 0: 1}, clause="ROUTE-FEWER-GRANTED")
        program.set_entry(entry, messages - 1, expect="ok").raise_event(entry).poll({messages - 1: 1})
    machine.check(program)
