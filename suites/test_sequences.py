# SPDX-License-Identifier: Apache-2.0
"""The sequences behind most published bugs, each as its project met it."""
import pytest
from irqcts import clauses, needs


@clauses("ENABLE-BOTH-ORDERS", "PEND-RELEASE")
@needs(entries=3, messages=3, stimulus="device")
def test_windows_start_then_affinity_change(machine):
    """Program, unmask, enable; then mask, rewrite, unmask one entry while another is in use."""
    program = machine.program()
    for entry in range(3):
        program.write_entry(entry, message=entry, masked=False)
    program.enable().raise_event(1).poll({1: 1}).mask_entry(1).table_write(1, "address", message=2)
    program.raise_event(1).raise_event(0).poll({0: 1}).table_write(1, "data", message=2).unmask_entry(1)
    program.poll({2: 1}).raise_event(1).poll({2: 1}).raise_event(2).poll({2: 1})
    machine.check(program)


@clauses("ENABLE-BOTH-ORDERS", "PEND-HELD")
@needs(entries=3, messages=3, stimulus="device")
def test_linux_start_with_events_during_set_up(machine):
    """Events arrive while the table is programmed under Function Mask: each comes once at the end."""
    program = machine.program().capability_write(2, 2, 0xC000)
    for entry in range(3):
        program.raise_event(entry).write_entry(entry, message=entry, masked=entry == 1)
    program.poll({}).function_mask(False).poll({0: 1, 2: 1}).unmask_entry(1).poll({1: 1})
    machine.check(program)


@clauses("ENABLE-NONE-UNMASKED", "ENABLE-CYCLE")
@needs(entries=1, messages=1, stimulus="device")
def test_enable_with_nothing_then_disable_then_use(machine):
    """Enabled with no vector in use, disabled, enabled again and then used."""
    program = machine.program().enable().enable(False).enable().write_entry(0, message=0, masked=False)
    program.raise_event(0).poll({0: 1}).enable(False).enable().raise_event(0).poll({0: 1})
    machine.check(program)


@clauses("PEND-INDEPENDENT", "ENTRY-RETAINED")
@needs(entries=5, messages=5, stimulus="device")
def test_the_set_of_vectors_grows(machine):
    """Vectors are added one by one while earlier ones are masked, pending or in use."""
    program = machine.program().enable()
    for entry in range(5):
        program.write_entry(entry, message=entry, masked=False).raise_event(entry).poll({entry: 1})
        program.mask_entry(entry).raise_event(entry)
    program.poll({})
    for entry in reversed(range(5)):
        program.unmask_entry(entry).poll({entry: 1})
    machine.check(program)


@clauses("ENTRY-QWORD", "PEND-FRESH")
@needs(entries=2, messages=2, stimulus="device")
def test_block_moves_to_the_table(machine):
    """The whole entry by two QWORDs, as a block move does it: masked, pending, rewritten, released."""
    program = machine.program().table_write(1, "address", message=0).table_write(1, "data-control", message=0)
    program.enable().raise_event(1).poll({0: 1}).table_write(1, "data-control", message=0, control=1)
    program.raise_event(1).table_write(1, "address", message=1).table_write(1, "data-control", message=1)
    program.poll({1: 1}, clause="PEND-FRESH")
    machine.check(program)


@clauses("PEND-FIRST-UNMASK", "PEND-SET")
@needs(entries=2, messages=2, stimulus="device")
def test_event_in_reset_state_during_bring_up(machine):
    """An event on an entry that is still as reset left it is kept until the driver comes to it."""
    program = machine.program().enable().raise_event(1).poll({}).write_entry(1, message=1)
    program.poll({}).unmask_entry(1).poll({1: 1}, clause="PEND-FIRST-UNMASK")
    machine.check(program)


@pytest.mark.parametrize("entry", [0, 1, 62, 63, 64])
@clauses("PEND-COALESCE", "SEND-CONDITION")
@needs(entries=65, messages=2, stimulus="device")
def test_mask_storm_on_one_vector(machine, entry):
    """Masks, Function Mask and Enable interleaved around events of one entry."""
    program = machine.program().write_entry(entry, message=1, masked=False).enable().raise_event(entry).poll({1: 1})
    program.mask_entry(entry).raise_event(entry).function_mask().unmask_entry(entry).raise_event(entry).poll({})
    program.function_mask(False).poll({1: 1}).function_mask().raise_event(entry).mask_entry(entry)
    program.function_mask(False).poll({}).unmask_entry(entry).poll({1: 1})
    machine.check(program)


@clauses("ROUTE-SET-ASSIGNS", "PEND-RELEASE", "ROUTE-MASK")
@needs(entries=4, messages=4, stimulus="device")
def test_rss_rebalancing(machine):
    """A network driver moves its queues between messages while they are masked and events come in."""
    program = machine.program().start()
    for entry in range(4):
        program.mask(entry).raise_event(entry).set_entry(entry, (entry + 1) % 4, expect="ok")
        program.unmask(entry).poll({(entry + 1) % 4: 1}, clause="PEND-RELEASE")
    for entry in range(4):
        program.raise_event(entry).poll({(entry + 1) % 4: 1}, clause="ROUTE-SET-ASSIGNS")
    machine.check(program)


@clauses("SEND-ONCE", "ENABLE-CYCLE", "RESET-NO-STALE")
@needs(entries=2, messages=2, stimulus="device", operations=("reset",))
def test_enable_reset_enable(machine):
    """Enable, reset, enable: the second life knows nothing of the first."""
    program = machine.program().write_entry(0, message=0, masked=False).enable().raise_event(0).poll({0: 1})
    program.mask_entry(0).raise_event(0).reset("function-level").enable().poll({})
    program.write_entry(0, message=1).unmask_entry(0).poll({}).raise_event(0).poll({1: 1})
    machine.check(program)
