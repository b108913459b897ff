# SPDX-License-Identifier: Apache-2.0
"""IFACE: PCI_MSIX_TABLE_CONFIG_INTERFACE, by IRP_MN_QUERY_INTERFACE with raw arguments (Windows).

And what only Windows has: levels (ROUTE-IRQL, VWRITE-IRQL) and power states (ROUTE-PERSIST-D3).  The oracle does
not follow raw calls; what they must return is stated here, from the documents.
"""

from __future__ import annotations

from typing import Any

import pytest

from irqcts import NotTested, clauses, needs, vf

FULL, MINIMUM = 72, 56  # bytes on x64 (IFACE-LAYOUT)
VERSION = 1
MSIX, UNKNOWN, NEARLY = range(3)  # enum irqcts_windows_interface
STATUS_NOT_SUPPORTED = 0xC000_00BB

# Members from Context on: Context, reference, dereference, Set, Mask, Unmask, GetTableEntry, GetTableSize.
REQUIRED = 0b0011_1111
OPTIONAL = 0b1100_0000
MEMBERS, BEYOND = 32, 48  # where they are in what a query shows

query = needs(entries=4, messages=4, operations=("windows_query",))
working = needs(entries=4, messages=4, stimulus="device", operations=("windows_query", "set_entry", "mask"))


def queried(size: int, members: int) -> int:
    return size | VERSION << 16 | members << MEMBERS


def still_works(program: Any) -> Any:
    """The interface that the driver holds routes as before: the control behind every misuse."""
    program.windows("query", message=MSIX, entry=FULL, data=VERSION, expect=queried(FULL, REQUIRED),
                    mask=queried(0xFFFF, REQUIRED) | 1 << BEYOND)
    return program


@clauses("IFACE-GUID", "IFACE-LAYOUT")
@query
def test_the_whole_interface(machine: Any) -> None:
    """Version 1 of the documented GUID, 72 bytes on x64; every routine that is not reserved is there."""
    program = machine.program()
    program.windows("query", message=MSIX, entry=FULL, data=VERSION, expect=queried(FULL, REQUIRED),
                    mask=queried(0xFFFF, REQUIRED) | 1 << BEYOND, clause="IFACE-LAYOUT")
    machine.check(program)


@clauses("IFACE-NULLABLE", "IFACE-LAYOUT", "IFACE-QUERY")
@query
def test_the_minimum_size(machine: Any) -> None:
    """56 bytes are enough, the structure then ends behind UnmaskTableEntry, and nothing is written beyond."""
    program = machine.program()
    program.windows("query", message=MSIX, entry=MINIMUM, data=VERSION, expect=queried(MINIMUM, REQUIRED),
                    mask=queried(0xFFFF, REQUIRED | OPTIONAL) | 1 << BEYOND, clause="IFACE-NULLABLE")
    machine.check(program)


@clauses("IFACE-QUERY")
@query
@pytest.mark.parametrize("size", [FULL + 8, 0xFFF8])
def test_more_room_than_the_interface(machine: Any, size: int) -> None:
    """A caller with more room, from a newer header, gets what there is; Size says how much."""
    program = machine.program()
    program.windows("query", message=MSIX, entry=size, data=VERSION, expect=queried(FULL, REQUIRED),
                    mask=queried(0xFFFF, REQUIRED), clause="IFACE-QUERY")
    machine.check(program)


@clauses("IFACE-QUERY", "IFACE-LAYOUT")
@query
@pytest.mark.parametrize("size", [0, 1, 8, MINIMUM - 1])
def test_too_small(machine: Any, size: int) -> None:
    """Less than the minimum is refused and nothing is written."""
    program = machine.program()
    program.windows("query", message=MSIX, entry=size, data=VERSION, expect="refused", clause="IFACE-QUERY")
    machine.check(still_works(program))


@clauses("IFACE-QUERY")
@query
@pytest.mark.parametrize("version", [2, 0xFFFF])
def test_newer_version(machine: Any, version: int) -> None:
    """The closest version that is not above the one requested: 1."""
    program = machine.program()
    program.windows("query", message=MSIX, entry=FULL, data=version, expect=queried(FULL, REQUIRED),
                    mask=queried(0xFFFF, REQUIRED) | 1 << BEYOND, clause="IFACE-QUERY")
    machine.check(program)


@clauses("IFACE-QUERY", "IFACE-GUID")
@query
@pytest.mark.parametrize("which", [UNKNOWN, NEARLY], ids=["unknown", "one-bit-off"])
def test_another_guid(machine: Any, which: int) -> None:
    """A bus driver without the interface leaves the preset status as it is."""
    program = machine.program()
    program.windows("query", message=which, entry=FULL, data=VERSION, expect=STATUS_NOT_SUPPORTED,
                    clause="IFACE-QUERY")
    machine.check(still_works(program))


@clauses("IFACE-REFERENCE", "IFACE-CONTEXT")
@working
def test_queried_and_released_often(machine: Any) -> None:
    """Each query is referenced by itself: releasing a hundred leaves the one that is held at work."""
    program = machine.program().start()
    program.set_entry(3, 1, expect="ok").mask(2, expect="ok").raise_event(2).raise_event(3)
    program.poll({1: 1}, clause="IFACE-CONTEXT")
    for _ in range(100):
        program.windows("query", message=MSIX, entry=FULL, data=VERSION, expect=queried(FULL, REQUIRED),
                        mask=queried(0xFFFF, REQUIRED), clause="IFACE-REFERENCE")
    program.unmask(2, expect="ok").raise_event(3).poll({1: 1, 2: 1}, clause="IFACE-REFERENCE")
    machine.check(program)


@clauses("IFACE-MESSAGE-INFO")
@needs(entries=4, messages=4, operations=("windows_messages",))
def test_message_count(machine: Any) -> None:
    """IO_INTERRUPT_MESSAGE_INFO.MessageCount is the number of messages granted."""
    program = machine.program()
    program.windows("messages", expect=machine.shape.messages, clause="IFACE-MESSAGE-INFO")
    machine.check(program)


LEVELS = ["passive", "dispatch", "device"]  # enum irqcts_windows_level
SUPPORTED = "ok"


def reach(machine: Any, level: str) -> int:
    """The level's number; NotTested where the platform does not tell it from PASSIVE_LEVEL, as Wine does not."""
    trace = machine.run(machine.program().start().windows("level", message=LEVELS.index(level)))
    if not trace[2].observed.startswith(SUPPORTED):
        raise NotTested(f"the platform cannot show that a routine is called at {level} level",
                        evidence=[f"{machine.description.identity}: windows-level {level}: {trace[2].observed}"])
    return LEVELS.index(level)


@pytest.mark.parametrize("level", LEVELS)
@clauses("ROUTE-IRQL")
@needs(entries=4, messages=4, stimulus="device", operations=("windows-level", "set-entry", "mask", "unmask"))
def test_masking_at_a_level(machine: Any, level: str) -> None:
    """Mask and Unmask do at each level what they do at PASSIVE_LEVEL, and it was that level."""
    number = reach(machine, level)
    program = machine.program().start().windows("level", message=number)
    program.mask(2, expect="ok").windows("called", expect=number, clause="ROUTE-IRQL")
    program.raise_event(1).raise_event(2).poll({1: 1}, clause="ROUTE-IRQL")
    program.unmask(2, expect="ok").windows("called", expect=number, clause="ROUTE-IRQL").poll({2: 1})
    machine.check(program)


@pytest.mark.parametrize("level", LEVELS)
@clauses("ROUTE-IRQL")
@needs(entries=4, messages=4, stimulus="device", operations=("windows-level", "set-entry", "mask", "unmask"))
def test_setting_at_a_level(machine: Any, level: str) -> None:
    """SetTableEntry too; above DISPATCH_LEVEL the documents disagree, and what it does there is recorded."""
    number = reach(machine, level)
    program = machine.program().start().windows("level", message=number)
    if level == "device":
        trace = machine.run(program.set_entry(1, 3))
        machine.remarks.append(f"SetTableEntry at DIRQL: {trace[3].observed}")
        return
    program.set_entry(1, 3, expect="ok").windows("called", expect=number, clause="ROUTE-IRQL")
    program.raise_event(1).poll({3: 1}, clause="ROUTE-IRQL")
    machine.check(program)


@clauses("VWRITE-IRQL")
@needs(entries=2, messages=2, vfs=1, vf_entries=2, vf_messages=2, stimulus="device",
       operations=("windows-called", "write-virtualized"))
def test_virtualized_write_at_passive_level(machine: Any) -> None:
    """The DDI is called at PASSIVE_LEVEL, also after a routine that was called at DISPATCH_LEVEL."""
    number = reach(machine, "dispatch")
    program = machine.program().windows("level", message=number).start().enable(vf=0)
    program.mask(0).windows("called", expect=number)
    program.write_virtualized(1, vf=0, message=1, control=0)
    program.windows("called", expect=LEVELS.index("passive"), clause="VWRITE-IRQL")
    program.raise_event(1, vf=0).poll({vf(0).message(1): 1})
    machine.check(program)


@clauses("ROUTE-PERSIST-D3")
@needs(entries=4, messages=4, stimulus="device", operations=("windows-power", "set-entry", "mask", "unmask"))
def test_assignments_after_d3(machine: Any) -> None:
    """To D3 and back to D0.  Whether assignments survive is not documented: recorded; set anew they must hold."""
    program = machine.program().start().set_entry(0, 3, expect="ok").mask(2, expect="ok").raise_event(0).poll({3: 1})
    program.windows("power", message=3).windows("power", message=0).poll()
    program.raise_event(0).raise_event(2).poll()
    trace = machine.run(program)
    machine.judge(trace)
    for step in (6, 7):
        if not trace[step].observed.startswith(SUPPORTED):
            raise NotTested(f"the device does not change its power state: {trace[step].observed}",
                            evidence=[f"{machine.description.identity}: {trace[step].operation}"])
    seen = dict(trace[len(trace) - 1].deliveries)
    machine.remarks.append(f"after D3 events on entry 0 (was routed to message 3) and 2 (was masked) arrive as {seen}; "
                           f"kept would be {{3: 1}}")
    again = machine.program().start().windows("power", message=3).windows("power", message=0)
    again.set_entry(0, 3, expect="ok").unmask(0, expect="ok").poll()
    again.raise_event(0).poll({3: 1}, clause="ROUTE-PERSIST-D3")
    machine.check(again)
