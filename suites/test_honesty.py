# SPDX-License-Identifier: Apache-2.0
"""On the backend itself: what it claims to see changes when it must, and what it lacks it refuses.

A backend that fails here proves nothing about a device; every shard runs these tests.
"""
from irqcts import clauses, needs


@clauses("SEND-CONDITION", "SEND-ONCE")
@needs(entries=1, messages=1, stimulus="device")
def test_the_delivery_path_works(machine):
    """The control: one event, one message, nothing before and nothing after."""
    machine.check(machine.program().write_entry(0, message=0, masked=False).enable().poll({})
                  .raise_event(0).poll({0: 1}).poll({}))


@clauses("SEND-FORM")
@needs(entries=2, messages=2, stimulus="device")
def test_messages_are_told_apart(machine):
    """Two messages are two different observations."""
    program = machine.program().enable()
    for entry in (0, 1):
        program.write_entry(entry, message=entry, masked=False).raise_event(entry).poll({entry: 1})
    machine.check(program)


@clauses("SEND-ONCE")
@needs(entries=1, messages=1, stimulus="device", observes=("exact-counts",))
def test_counts_are_exact(machine):
    """A backend that claims exact counts counts to five."""
    program = machine.program().write_entry(0, message=0, masked=False).enable()
    for _ in range(5):
        program.raise_event(0)
    machine.check(program.poll({0: 5}))


@clauses("ENTRY-READBACK")
@needs(entries=1, messages=1, observes=("table",))
def test_the_table_that_is_seen_is_the_one_that_is_written(machine):
    """Table reads change when the table changes."""
    program = machine.program()
    for value in (0x11111111, 0x22222222):
        program.table_write(0, "data", value).table_read(0, "data", expect=value)
    machine.check(program)


@clauses("PBA-READ")
@needs(entries=1, messages=1, stimulus="device", observes=("pba",))
def test_the_pending_bits_that_are_seen_are_live(machine):
    """PBA reads change when a masked event comes."""
    machine.check(machine.program().enable().pba_read({0: 0}).raise_event(0).pba_read({0: 1}))


@clauses("CAP-ENABLE")
@needs(observes=("capability",))
def test_the_control_word_that_is_seen_is_live(machine):
    """Capability reads change when Enable changes."""
    machine.check(machine.program().capability_read(2, 2, expect=0, mask=0x8000).enable()
                  .capability_read(2, 2, expect=0x8000, mask=0x8000))


@clauses("SEND-FORM")
@needs(entries=1, messages=1, stimulus="device", observes=("strays",))
def test_strays_are_seen(machine):
    """A backend that claims to see strays sees a message whose data nobody was granted."""
    program = machine.program().write_entry(0, message=0).table_write(0, "data", 0x3FFFFFF0).unmask_entry(0)
    machine.check(program.enable().raise_event(0).poll({"stray": 1}))


@clauses("SEND-CONDITION")
@needs(entries=1, messages=1)
def test_what_is_not_supported_is_refused(machine):
    """Every operation that the backend does not list is answered "not supported" and does nothing."""
    machine.check(machine.program().poll({}))
    builders = {"withdraw": lambda p: p.withdraw(0), "pause": lambda p: p.pause(), "save": lambda p: p.save(0),
                "set-entry": lambda p: p.set_entry(0, 0), "reset": lambda p: p.reset("function-level"),
                "get-entry": lambda p: p.get_entry(0), "config-read": lambda p: p.config_read(0, 4),
                "write-virtualized": lambda p: p.write_virtualized(0, vf=0, address=0, data=0)}
    for name, build in builders.items():
        if name not in machine.description.operations:
            trace = machine.run(build(machine.program()))
            assert trace[1].status == "not-supported", f"{name} is not listed and was answered {trace[1].status}"
