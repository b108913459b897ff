# SPDX-License-Identifier: Apache-2.0
"""PEND: what masking keeps back, and what unmasking releases."""
import pytest
from irqcts import clauses, needs


@clauses("PEND-SET", "PEND-COALESCE")
@needs(entries=1, messages=1, stimulus="device")
def test_events_while_masked_coalesce(machine):
    """Three events while masked give one pending bit and one message at unmask."""
    program = machine.program().write_entry(0, message=0).enable()
    for _ in range(3):
        program.raise_event(0)
    program.poll({}, clause="PEND-SET")
    program.pba_read({0: 1, 1: 0})
    program.unmask_entry(0)
    program.poll({0: 1}, clause="PEND-COALESCE")
    program.pba_read({0: 0})
    machine.check(program)


@pytest.mark.parametrize("order", ["address-first", "data-first", "qwords"])
@clauses("PEND-FRESH")
@needs(entries=2, messages=2, stimulus="device")
def test_release_uses_what_the_entry_holds_now(machine, order):
    """Address and data rewritten while an event is pending: the released message is the new one."""
    program = machine.program().write_entry(0, message=0, masked=False).enable().raise_event(0).poll({0: 1})
    program.mask_entry(0).raise_event(0)
    if order == "qwords":
        program.table_write(0, "address", message=1).table_write(0, "data-control", message=1, control=1)
    else:
        fields = ["address-low", "address-high", "data"]
        for field in fields if order == "address-first" else reversed(fields):
            program.table_write(0, field, message=1)
    program.poll({}).unmask_entry(0).poll({1: 1}, clause="PEND-FRESH").raise_event(0).poll({1: 1})
    machine.check(program)


@clauses("PEND-FRESH", "ENTRY-QWORD")
@needs(entries=2, messages=2, stimulus="device")
def test_qword_that_unmasks_uses_its_own_data(machine):
    """A QWORD over data and Vector Control that clears Mask releases with the data it carries."""
    program = machine.program().write_entry(0, message=0).enable().raise_event(0).poll({})
    program.table_write(0, "address", message=1).table_write(0, "data-control", message=1, control=0)
    program.poll({1: 1}, clause="ENTRY-QWORD")
    machine.check(program)


@clauses("PEND-HELD", "PEND-EFFECTIVE-MASK")
@needs(entries=1, messages=1, stimulus="device")
def test_both_masks_must_be_clear(machine):
    """Clearing one of the two masks while the other is set sends nothing and keeps Pending."""
    program = machine.program().write_entry(0, message=0).function_mask().enable().raise_event(0).poll({})
    program.function_mask(False).poll({}, clause="PEND-HELD").pba_read({0: 1})
    program.function_mask().unmask_entry(0).poll({}, clause="PEND-HELD").pba_read({0: 1})
    program.function_mask(False).poll({0: 1}, clause="PEND-RELEASE").pba_read({0: 0})
    machine.check(program)


@clauses("PEND-POLLING", "PBA-READ")
@needs(entries=3, messages=3, stimulus="device", observes=("pba",))
def test_pending_can_be_polled_for_ever(machine):
    """Masked for ever, Pending follows the cause; reading it changes nothing."""
    program = machine.program().write_entry(1, message=1).enable().pba_read({0: 0, 1: 0, 2: 0}).raise_event(1)
    for _ in range(5):
        program.pba_read({0: 0, 1: 1, 2: 0}, clause="PBA-READ")
    program.poll({}).unmask_entry(1).poll({1: 1})
    machine.check(program)


@clauses("PEND-WITHDRAWN")
@needs(entries=1, messages=1, stimulus="device", operations=("withdraw",))
def test_a_withdrawn_cause_clears_pending(machine):
    """A cause that is satisfied while masked leaves nothing behind; a later event pends again."""
    program = machine.program().write_entry(0, message=0).enable().raise_event(0).pba_read({0: 1})
    program.withdraw(0).pba_read({0: 0}, clause="PEND-WITHDRAWN").unmask_entry(0).poll({}, clause="PEND-WITHDRAWN")
    program.mask_entry(0).raise_event(0).pba_read({0: 1}).unmask_entry(0).poll({0: 1})
    machine.check(program)


@clauses("PEND-INDEPENDENT")
@needs(entries=4, messages=4, stimulus="device")
def test_operations_on_one_entry_leave_the_pending_bit_of_another(machine):
    """Writing, masking, unmasking and raising entry 1 does nothing to what is pending on entry 2."""
    program = machine.program().enable().write_entry(2, message=2).raise_event(2)
    program.write_entry(1, message=1, masked=False).raise_event(1).poll({1: 1})
    program.mask_entry(1).raise_event(1).pba_read({0: 0, 1: 1, 2: 1, 3: 0}, clause="PEND-INDEPENDENT")
    program.unmask_entry(1).poll({1: 1}).pba_read({0: 0, 1: 0, 2: 1, 3: 0}).unmask_entry(2).poll({2: 1})
    machine.check(program)


@pytest.mark.parametrize("entries", [64, 65, 130])
@clauses("PEND-RELEASE-MANY", "PEND-RELEASE")
@needs(entries="{entries}", messages="{entries}", stimulus="device")
def test_clearing_function_mask_releases_every_pending_entry(machine, entries):
    """Many entries pending behind Function Mask: all their messages are sent, those still masked are not."""
    used = [e for e in range(entries) if e % 7 != 3]
    program = machine.program().function_mask().enable()
    for entry in range(entries):
        program.write_entry(entry, message=entry, masked=entry % 7 == 3)
        program.raise_event(entry)
    program.poll({}).function_mask(False).poll({e: 1 for e in used}, clause="PEND-RELEASE-MANY")
    for entry in range(3, entries, 7):
        program.unmask_entry(entry)
    program.poll({e: 1 for e in range(3, entries, 7)})
    machine.check(program)


@clauses("PEND-RELEASE", "PEND-NOTHING")
@needs(entries=1, messages=1, stimulus="device")
def test_a_released_event_is_not_sent_again(machine):
    """What was released by one mask is not released by the other later."""
    program = machine.program().write_entry(0, message=0, masked=False).function_mask().enable().raise_event(0)
    program.function_mask(False).poll({0: 1}).function_mask().function_mask(False).poll({})
    program.mask_entry(0).unmask_entry(0).poll({}, clause="PEND-NOTHING")
    machine.check(program)
