# SPDX-License-Identifier: Apache-2.0
"""SEND: when a message is sent, and what it is."""
import pytest
from irqcts import clauses, needs

CONDITIONS = ["enable", "function-mask", "mask", "bus-master"]


@pytest.mark.parametrize("stopped_by", CONDITIONS)
@clauses("SEND-CONDITION")
@needs(entries=1, messages=1, stimulus="device")
def test_each_condition_alone_stops_the_message(machine, stopped_by):
    """Enable off, Function Mask on, Mask set or Bus Master off: each alone keeps the message back."""
    program = machine.program().write_entry(0, message=0, masked=False).enable().raise_event(0).poll({0: 1})
    {"enable": lambda: program.enable(False), "function-mask": lambda: program.function_mask(),
     "mask": lambda: program.mask_entry(0), "bus-master": lambda: program.bus_master(False)}[stopped_by]()
    program.raise_event(0).poll({}, clause="SEND-CONDITION")
    machine.check(program)


@clauses("SEND-BUS-MASTER-OFF")
@needs(entries=1, messages=1, stimulus="device")
def test_bus_master_off_loses_or_keeps(machine):
    """An event while Bus Master is off comes never or once, and nothing is broken afterwards."""
    program = machine.program().write_entry(0, message=0, masked=False).enable().bus_master(False).raise_event(0)
    program.poll({}, clause="SEND-BUS-MASTER-OFF").bus_master().poll({0: (0, 1)})
    program.mask_entry(0).unmask_entry(0).poll({0: (0, 1)}).raise_event(0).poll({0: 1})
    _, returned, unmasked, _ = machine.check(program).polls()
    assert sum(sum(poll.deliveries.values()) for poll in (returned, unmasked)) <= 1, "one event came twice"


@clauses("SEND-NO-INTX")
@needs(entries=2, messages=2, stimulus="device", operations=("config_read",))
def test_the_pin_is_not_used(machine):
    """While MSI-X is enabled Interrupt Status stays 0: before an event, sent, pending, and after its release."""
    status = {"expect": 0, "mask": 0x8, "clause": "SEND-NO-INTX"}
    program = machine.program().write_entry(0, message=0, masked=False).write_entry(1, message=1).enable()
    program.config_read(6, 2, **status).raise_event(0).config_read(6, 2, **status).poll({0: 1})
    program.raise_event(1).config_read(4, 4, expect=0, mask=0x80000, clause="SEND-NO-INTX").poll({})
    program.unmask_entry(1).poll({1: 1}).config_read(6, 2, **status)
    machine.check(program)


@pytest.mark.parametrize("events", [1, 2, 17])
@clauses("SEND-ONCE", "SEND-FORM")
@needs(entries=2, messages=2, stimulus="device", observes=("exact-counts",))
def test_one_message_for_each_event(machine, events):
    """n unmasked events give n messages of the entry's address and data, and no other."""
    program = machine.program().write_entry(1, message=0, masked=False).enable()
    for _ in range(events):
        program.raise_event(1)
    program.poll({0: events}, clause="SEND-ONCE").poll({})
    machine.check(program)


@clauses("SEND-ALIAS")
@needs(entries=3, messages=2, stimulus="device")
def test_entries_with_the_same_message_each_send(machine):
    """Three entries with the same address and data: each event sends."""
    program = machine.program().enable()
    for entry in range(3):
        program.write_entry(entry, message=1, masked=False)
    for entry in range(3):
        program.raise_event(entry).poll({1: 1}, clause="SEND-ALIAS")
    machine.check(program)


@clauses("SEND-REWRITE-UNMASKED")
@needs(entries=2, messages=2, stimulus="device")
def test_rewriting_unmasked_uses_the_new_message_after_unmask(machine):
    """Rewritten while unmasked: old or new, but one; after the next unmask the new one."""
    program = machine.program().write_entry(0, message=0, masked=False).enable()
    for field in ("address-low", "address-high", "data"):
        program.table_write(0, field, message=1)
    program.raise_event(0).poll().mask_entry(0).unmask_entry(0).poll()
    program.raise_event(0).poll({1: 1}, clause="SEND-REWRITE-UNMASKED")
    machine.check(program)


@clauses("SEND-CONDITION", "PEND-INDEPENDENT")
@needs(entries=4, messages=4, stimulus="device")
def test_an_event_is_nobody_elses(machine):
    """Events on one entry send that entry's message only, in any interleaving."""
    program = machine.program().enable()
    for entry in range(4):
        program.write_entry(entry, message=3 - entry, masked=False)
    for entry in (2, 0, 3, 1, 1, 2):
        program.raise_event(entry).poll({3 - entry: 1})
    program.raise_event(0).raise_event(1).raise_event(2).raise_event(3).poll({0: 1, 1: 1, 2: 1, 3: 1})
    machine.check(program)


@pytest.mark.parametrize("beyond", [0, 1, 1000])
@clauses("SEND-ONCE", "SEND-CONDITION")
@needs(entries=3, messages=3, stimulus="device")
def test_an_event_of_no_entry_sends_nothing(machine, beyond):
    """An event inside the device on a vector from N on: no message, and the others still work."""
    program = machine.program().enable()
    for entry in range(3):
        program.write_entry(entry, message=entry, masked=False)
    program.raise_event(machine.shape.entries + beyond).poll({}, clause="SEND-ONCE")
    for entry in range(3):
        program.raise_event(entry).poll({entry: 1})
    machine.check(program)
