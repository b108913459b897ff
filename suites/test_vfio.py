# SPDX-License-Identifier: Apache-2.0
"""VFIO-*: the Linux vfio-pci interface to MSI-X, by calls with raw arguments.

The oracle does not follow raw calls; every outcome is stated here.  What differs between kernels stands
in vfio_profiles.toml.  A test that refuses something ends by showing that the refusal changed nothing:
every vector still delivers its own message.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from irqcts import clauses, needs
from irqcts.verdict import NotApplicable
from irqcts.vfio_program import (BOOL, CONFIG_REGION, EVENTFD, INFO_AUTOMASKED, INFO_EVENTFD, INFO_MASKABLE,
                                 INFO_NORESIZE, INTX, IRQ_INDEXES, MASK, MSI, NONE, RUNNING, SET_HEADER_BYTES,
                                 STOP, STOP_COPY, TRIGGER, UNBOUND_CALLS, UNMASK, Exceptional, VfioProgram, bool_payload, eventfd_payload)

PCI_COMMAND = 4
BUS_MASTER = 4
MSIX_ENABLE = 0x8000
ALL_ONES = {1: 0xFF, 2: 0xFFFF, 4: 0xFFFF_FFFF, 8: 0xFFFF_FFFF_FFFF_FFFF}
REGION_READ_WRITE_MAP = 7
REGION_MAP = 4
TABLE_MAPPABLE = 1 << 32
#: Since this kernel MSI-X vectors are allocated as they are used, where the interrupt controller can do that.
DYNAMIC_SINCE = (6, 5)

four_vectors = needs(entries=4, messages=4, stimulus="device",
                     operations=("vfio_set_irqs", "vfio_irq_info", "vfio_region_read"))


@pytest.fixture
def profile(machine: Any) -> dict[str, Any]:
    """What this kernel does where kernels differ: chosen by what GET_IRQ_INFO said when the device was opened."""
    found = re.search(r"\b(static|dynamic) vectors", machine.description.identity)
    assert found is not None, f"neither static nor dynamic vectors in {machine.description.identity!r}"
    profiles = tomllib.loads(Path(__file__).with_name("vfio_profiles.toml").read_text("utf-8"))
    chosen: dict[str, Any] = profiles[found.group(1)]
    return chosen


@pytest.fixture
def kernel(machine: Any) -> tuple[int, int]:
    """The version of the kernel that has the device."""
    found = re.search(r"Linux (\d+)\.(\d+)", machine.description.driver)
    assert found is not None, f"no kernel version in {machine.description.driver!r}"
    return int(found.group(1)), int(found.group(2))


def begin(machine: Any) -> VfioProgram:
    return VfioProgram(machine.shape.entries, machine.shape.messages)


def enabled(machine: Any, vectors: int = 4) -> VfioProgram:
    """MSI-X enabled with vectors 0 .. vectors-1, each with the eventfd of its own message."""
    program = begin(machine)
    program.assign(0, vectors, clause="VFIO-ENABLE")
    return program


def every_vector_delivers(program: VfioProgram, vectors: int = 4, clause: str = "") -> None:
    """The control behind a refusal: what was set up still works, and nothing else came."""
    for vector in range(vectors):
        program.raise_event(vector)
    program.poll({vector: 1 for vector in range(vectors)}, clause)


# GET_IRQ_INFO --------------------------------------------------------------------------------------


@clauses("VFIO-INFO")
@four_vectors
def test_irq_info_of_msix(machine: Any, kernel: tuple[int, int]) -> None:
    """MSI-X has N interrupts with eventfds, neither maskable nor automasked; NORESIZE says whether the set can grow."""
    value = INFO_EVENTFD | machine.shape.entries << 32
    known = INFO_NORESIZE if kernel < DYNAMIC_SINCE else 0  # afterwards it is the interrupt controller's choice
    program = begin(machine)
    program.irq_info(value=value | known, mask=ALL_ONES[8] ^ INFO_NORESIZE ^ known, clause="VFIO-INFO")
    machine.check(program.finish())


@clauses("VFIO-INFO")
@four_vectors
def test_irq_info_of_intx(machine: Any) -> None:
    """INTx is the one index that can be masked and masks itself."""
    flags = INFO_EVENTFD | INFO_MASKABLE | INFO_AUTOMASKED
    program = begin(machine)
    program.irq_info(INTX, value=flags, mask=0xFFFF_FFFF, clause="VFIO-INFO")
    machine.check(program.finish())


@clauses("VFIO-INFO")
@four_vectors
@pytest.mark.parametrize(("index", "argsz"), [(IRQ_INDEXES, 0), (0xFFFF_FFFF, 0), (2, 12), (2, 1)])
def test_irq_info_refuses(machine: Any, index: int, argsz: int) -> None:
    """An index that does not exist, or a structure that is too small, gives EINVAL."""
    program = begin(machine)
    program.irq_info(index, argsz=argsz, errno="EINVAL", clause="VFIO-INFO")
    machine.check(program.finish())


# SET_IRQS: arguments -------------------------------------------------------------------------------


BAD_ARGUMENTS: dict[str, dict[str, Any]] = {
    "unreadable": {"flags": EVENTFD | TRIGGER, "count": 1, "unreadable": True, "errno": "EFAULT"},
    "unreadable-before-all-else": {"flags": 0, "index": 9, "start": 0xFFFF_FFFF, "count": 0xFFFF_FFFF,
                                   "unreadable": True, "errno": "EFAULT"},
    "structure-too-small": {"flags": NONE | TRIGGER, "argsz": SET_HEADER_BYTES - 1},
    "index-out-of-range": {"flags": EVENTFD | TRIGGER, "index": IRQ_INDEXES, "count": 1},
    "count-at-the-limit": {"flags": EVENTFD | TRIGGER, "count": 0xFFFF_FFFF},
    "start-plus-count-wraps": {"flags": EVENTFD | TRIGGER, "start": 0xFFFF_FFFF, "count": 2},
    "unknown-flag": {"flags": NONE | TRIGGER | 0x40},
    "unknown-high-flag": {"flags": NONE | TRIGGER | 0x8000_0000},
    "no-data-type": {"flags": TRIGGER, "count": 1},
    "two-data-types": {"flags": NONE | EVENTFD | TRIGGER, "count": 1},
    "three-data-types": {"flags": NONE | BOOL | EVENTFD | TRIGGER, "count": 1},
    "flags-empty": {"flags": 0, "count": 1},
    "eventfd-payload-too-short": {"flags": EVENTFD | TRIGGER, "count": 2, "argsz": SET_HEADER_BYTES + 4},
    "eventfd-payload-missing": {"flags": EVENTFD | TRIGGER, "count": 1, "argsz": SET_HEADER_BYTES},
    "bool-payload-too-short": {"flags": BOOL | TRIGGER, "count": 2, "argsz": SET_HEADER_BYTES + 1},
    # The range and the data are looked at before the action is: EINVAL, not ENOTTY.
    "data-before-action": {"flags": MASK | UNMASK, "count": 1},
}


@clauses("VFIO-SET-CHECKS")
@four_vectors
@pytest.mark.parametrize("name", BAD_ARGUMENTS)
def test_set_irqs_refuses(machine: Any, name: str) -> None:
    """Each bad argument has its errno, whether MSI-X is enabled or not, and changes nothing."""
    arguments = {"errno": "EINVAL", "clause": "VFIO-SET-CHECKS", **BAD_ARGUMENTS[name]}
    program = begin(machine)
    program.set_irqs(**arguments)
    program.assign(0, 4)
    program.set_irqs(**arguments)
    every_vector_delivers(program, clause="VFIO-SET-CHECKS")
    machine.check(program.finish())


@clauses("VFIO-SET-CHECKS")
@four_vectors
@pytest.mark.parametrize("action", [TRIGGER, MASK])
def test_set_irqs_refuses_vectors_that_do_not_exist(machine: Any, action: int) -> None:
    """start = N, and a block that ends behind N-1: EINVAL, before the action is looked at."""
    entries = machine.shape.entries
    program = enabled(machine)
    for start, count in ((entries, 1), (entries - 1, 2), (0, entries + 1)):
        program.set_irqs(EVENTFD | action, start, count, errno="EINVAL", clause="VFIO-SET-CHECKS")
    program.set_irqs(NONE | TRIGGER, entries, 1, errno="EINVAL", clause="VFIO-SET-CHECKS")
    every_vector_delivers(program, clause="VFIO-SET-CHECKS")
    machine.check(program.finish())


@clauses("VFIO-SET-NOTTY")
@four_vectors
@pytest.mark.parametrize("flags", [NONE | MASK, BOOL | MASK, NONE | UNMASK, BOOL | UNMASK, EVENTFD | UNMASK, NONE, BOOL,
                                   NONE | MASK | UNMASK, NONE | MASK | TRIGGER, EVENTFD | UNMASK | TRIGGER],
                         ids=hex)
def test_masking_is_not_an_ioctl(machine: Any, flags: int) -> None:
    """MASK and UNMASK of MSI-X, no action and several actions: ENOTTY, and nothing is masked."""
    program = begin(machine)
    program.set_irqs(flags, count=1, errno="ENOTTY", clause="VFIO-SET-NOTTY")
    program.assign(0, 4)
    program.set_irqs(flags, count=1, payload=eventfd_payload() if flags & EVENTFD else 1, errno="ENOTTY",
                     clause="VFIO-SET-NOTTY")
    program.masks({0: 0, 1: 0, 2: 0, 3: 0})
    every_vector_delivers(program, clause="VFIO-SET-NOTTY")
    machine.check(program.finish())


# Enabling and disabling ----------------------------------------------------------------------------


@clauses("VFIO-DISABLE")
@four_vectors
def test_disable(machine: Any) -> None:
    """DATA_NONE, TRIGGER, count 0 disables; a second one finds nothing to disable."""
    program = begin(machine)
    program.disable(errno="EINVAL", clause="VFIO-DISABLE")
    program.assign(0, 4)
    program.line("capability-read +0x2 width=2", f"ok value={MSIX_ENABLE:#x}/{MSIX_ENABLE:#x}")
    every_vector_delivers(program)
    program.disable(clause="VFIO-DISABLE")
    program.line("capability-read +0x2 width=2", f"ok value=0x0/{MSIX_ENABLE:#x}", "VFIO-DISABLE")
    program.masks({0: 1, 1: 1, 2: 1, 3: 1}, "VFIO-DISABLE")
    program.raise_event(0)
    program.poll({}, "VFIO-DISABLE")
    program.disable(errno="EINVAL", clause="VFIO-DISABLE")
    machine.check(program.finish())


@clauses("VFIO-DISABLE", "VFIO-ENABLE")
@four_vectors
def test_enable_again_after_disable(machine: Any) -> None:
    """Any number of enables and disables leaks nothing: the last one delivers like the first."""
    program = begin(machine)
    for vectors in (1, 4, 2, 4):
        program.assign(0, vectors, clause="VFIO-ENABLE")
        every_vector_delivers(program, vectors, "VFIO-ENABLE")
        program.disable(clause="VFIO-DISABLE")
    program.assign(0, 4)
    every_vector_delivers(program, clause="VFIO-ENABLE")
    machine.check(program.finish())


@clauses("VFIO-ENABLE")
@four_vectors
def test_an_empty_block_of_eventfds(machine: Any) -> None:
    """EVENTFD with count 0: refused while disabled, and without effect while enabled."""
    program = begin(machine)
    program.set_irqs(EVENTFD | TRIGGER, errno="ERANGE", clause="VFIO-ENABLE")
    program.assign(0, 4)
    program.set_irqs(EVENTFD | TRIGGER)
    every_vector_delivers(program, clause="VFIO-ENABLE")
    machine.check(program.finish())


@clauses("VFIO-ENABLE")
@needs(entries=256, messages=4, stimulus="device", operations=("vfio_set_irqs",))
def test_more_vectors_than_the_machine_has(machine: Any) -> None:
    """Asked for every vector of a large device, the call succeeds, says how many there are, or gives ENOSPC.

    Unless it succeeded, MSI-X stays off and a smaller number can be had.
    """
    entries = machine.shape.entries
    program = begin(machine)
    program.assign(0, entries, errno=None)
    asked = machine.run(program.finish())[1]
    program = begin(machine)
    if asked.status == "ok":
        assert asked.value < entries, f"{asked.value} vectors are said to be available of {entries}"
        program.assign(0, entries, returned=asked.value, clause="VFIO-ENABLE")
    else:
        program.assign(0, entries, errno="ENOSPC", clause="VFIO-ENABLE")
    enable = MSIX_ENABLE if (asked.status, asked.value) == ("ok", 0) else 0
    program.line("capability-read +0x2 width=2", f"ok value={enable:#x}/{MSIX_ENABLE:#x}", "VFIO-ENABLE")
    program.assign(0, asked.value if asked.status == "ok" and asked.value else 4, clause="VFIO-ENABLE")
    every_vector_delivers(program, clause="VFIO-ENABLE")
    machine.check(program.finish())


@clauses("VFIO-ENABLE")
@four_vectors
def test_enable_from_the_middle(machine: Any) -> None:
    """{start 2, count 1} as the first call programs entries 0 to 2, and only entry 2 is unmasked."""
    program = begin(machine)
    program.assign(2, 1, clause="VFIO-ENABLE")
    program.masks({0: 1, 1: 1, 2: 0, 3: 1}, "VFIO-ENABLE")
    program.raise_event(2)
    program.poll({2: 1}, "VFIO-ENABLE")
    program.raise_event(0)
    program.poll({}, "VFIO-ENABLE")
    program.pending(0b1)
    machine.check(program.finish())


@clauses("VFIO-ENABLE")
@four_vectors
def test_enable_overwrites_only_what_it_uses(machine: Any) -> None:
    """What was in the table before: used entries are programmed anew, the others are masked and keep their data."""
    program = begin(machine)
    for entry in range(4):
        program.line(f"table-write {entry}.data 0x{entry + 1:x}5")
        program.line(f"table-write {entry}.vector-control 0x0")
    program.assign(0, 2, clause="VFIO-ENABLE")
    program.masks({0: 0, 1: 0, 2: 1, 3: 1}, "VFIO-ENABLE")
    program.line("table-read 2.data", "ok value=0x35", "VFIO-ENABLE")
    program.line("table-read 3.data", "ok value=0x45", "VFIO-ENABLE")
    every_vector_delivers(program, 2, "VFIO-ENABLE")
    machine.check(program.finish())


@clauses("VFIO-NO-LIVE-VECTOR")
@four_vectors
def test_enabled_with_no_live_vector(machine: Any) -> None:
    """{start 0, count 1, fd -1} leaves the function in MSI-X mode with every entry masked."""
    program = begin(machine)
    program.deassign(0, clause="VFIO-NO-LIVE-VECTOR")
    program.line("capability-read +0x2 width=2", f"ok value={MSIX_ENABLE:#x}/{MSIX_ENABLE:#x}", "VFIO-NO-LIVE-VECTOR")
    program.masks({0: 1, 1: 1, 2: 1, 3: 1}, "VFIO-NO-LIVE-VECTOR")
    program.raise_event(0)
    program.poll({}, "VFIO-NO-LIVE-VECTOR")
    program.disable(clause="VFIO-NO-LIVE-VECTOR")
    machine.check(program.finish())


@clauses("VFIO-EXCLUSIVE")
@four_vectors
@pytest.mark.parametrize("index", [INTX, MSI])
def test_other_kinds_of_interrupt_while_msix_is_on(machine: Any, index: int) -> None:
    """INTx or MSI cannot be enabled while MSI-X is."""
    program = enabled(machine)
    program.set_irqs(EVENTFD | TRIGGER, 0, 1, index=index, errno="EINVAL", clause="VFIO-EXCLUSIVE")
    program.disable(index=index, errno="EINVAL", clause="VFIO-EXCLUSIVE")
    every_vector_delivers(program, clause="VFIO-EXCLUSIVE")
    machine.check(program.finish())


@clauses("VFIO-EXCLUSIVE")
@four_vectors
def test_msix_while_intx_is_on(machine: Any) -> None:
    """MSI-X cannot be enabled while INTx is; after INTx is disabled it can."""
    if machine.run(_irq_count(machine, INTX))[1].value >> 32 == 0:
        raise NotApplicable("the device has no INTx pin, as its GET_IRQ_INFO says")
    program = begin(machine)
    program.set_irqs(EVENTFD | TRIGGER, 0, 1, index=INTX)
    program.assign(0, 4, errno="EINVAL", clause="VFIO-EXCLUSIVE")
    program.disable(index=INTX)
    program.assign(0, 4, clause="VFIO-EXCLUSIVE")
    every_vector_delivers(program, clause="VFIO-EXCLUSIVE")
    machine.check(program.finish())


def _irq_count(machine: Any, index: int) -> Any:
    program = begin(machine)
    program.irq_info(index)
    return program.finish()


# Vectors -------------------------------------------------------------------------------------------


@clauses("VFIO-GROW")
@four_vectors
def test_growing_the_enabled_set(machine: Any, profile: dict[str, Any]) -> None:
    """An eventfd for a vector beyond the enabled set: refused where the set is static, live where it is dynamic."""
    program = enabled(machine, 2)
    program.assign(2, 2, errno=profile["grow"], clause="VFIO-GROW")
    program.raise_event(0)
    program.raise_event(1)
    if profile["grow"] == "":
        program.raise_event(2)
        program.raise_event(3)
        program.poll({0: 1, 1: 1, 2: 1, 3: 1}, "VFIO-GROW")
    else:
        program.poll({0: 1, 1: 1}, "VFIO-GROW")
    machine.check(program.finish())


@clauses("VFIO-GROW")
@four_vectors
def test_deassigning_beyond_the_enabled_set(machine: Any, profile: dict[str, Any]) -> None:
    """fd -1 beyond the enabled set: refused where the set is static, success without effect where it is dynamic."""
    program = enabled(machine, 2)
    program.deassign(3, errno=profile["deassign_beyond"], clause="VFIO-GROW")
    every_vector_delivers(program, 2, "VFIO-GROW")
    machine.check(program.finish())


@clauses("VFIO-DEASSIGN")
@four_vectors
@pytest.mark.parametrize("descriptor", ["-1", "-2"])
def test_deassign_pends_until_assigned_again(machine: Any, descriptor: str) -> None:
    """Any negative descriptor masks the entry; what happens meanwhile pends, and is delivered on assignment."""
    program = enabled(machine)
    program.deassign(1, descriptor=descriptor, clause="VFIO-DEASSIGN")
    program.masks({0: 0, 1: 1, 2: 0, 3: 0}, "VFIO-DEASSIGN")
    program.raise_event(1)
    program.raise_event(2)
    program.poll({2: 1}, "VFIO-DEASSIGN")
    program.pending(0b10, "VFIO-DEASSIGN")
    program.assign(1, 1, clause="VFIO-DEASSIGN")
    program.poll({1: 1}, "VFIO-DEASSIGN")
    program.pending(0)
    every_vector_delivers(program, clause="VFIO-DEASSIGN")
    machine.check(program.finish())


@clauses("VFIO-DEASSIGN")
@four_vectors
def test_deassign_twice(machine: Any) -> None:
    """De-assigning what is not assigned succeeds."""
    program = enabled(machine)
    program.deassign(1, 2, clause="VFIO-DEASSIGN")
    program.deassign(1, 2, clause="VFIO-DEASSIGN")
    program.assign(1, 2)
    every_vector_delivers(program, clause="VFIO-DEASSIGN")
    machine.check(program.finish())


@clauses("VFIO-DEASSIGN")
@four_vectors
@pytest.mark.parametrize(("kind", "errno"), [("closed", "EBADF"), ("no-eventfd", "EINVAL")])
def test_a_descriptor_that_is_no_eventfd(machine: Any, kind: str, errno: str) -> None:
    """A descriptor that is not open gives EBADF, one of something else EINVAL; the other vectors are left alone."""
    program = enabled(machine)
    program.assign(1, 1, exceptional=Exceptional(kind), errno=errno, clause="VFIO-DEASSIGN")
    for vector in (0, 2, 3):
        program.raise_event(vector)
    program.poll({0: 1, 2: 1, 3: 1}, "VFIO-DEASSIGN")
    machine.check(program.finish())


@clauses("VFIO-ENABLE", "VFIO-DEASSIGN")
@four_vectors
@pytest.mark.parametrize(("kind", "errno"), [("closed", "EBADF"), ("no-eventfd", "EINVAL")])
def test_a_bad_descriptor_as_the_first_call(machine: Any, kind: str, errno: str) -> None:
    """MSI-X stays off when the very first assignment fails, and can be enabled afterwards."""
    program = begin(machine)
    program.assign(0, 2, exceptional=Exceptional(kind), errno=errno, clause="VFIO-DEASSIGN")
    program.line("capability-read +0x2 width=2", f"ok value=0x0/{MSIX_ENABLE:#x}", "VFIO-ENABLE")
    program.assign(0, 4)
    every_vector_delivers(program, clause="VFIO-ENABLE")
    machine.check(program.finish())


@clauses("VFIO-NOT-ATOMIC")
@four_vectors
def test_a_failure_inside_a_block(machine: Any) -> None:
    """A bad descriptor at position 2: either vectors 0 to 2 lose their eventfds and 3 keeps it, or none does."""
    program = enabled(machine)
    program.assign(0, 4, exceptional=Exceptional("closed", 2), errno="EBADF", clause="VFIO-NOT-ATOMIC")
    for vector in range(4):
        program.raise_event(vector)
    polled = len(program)
    program.poll({0: (0, 1), 1: (0, 1), 2: (0, 1), 3: 1}, "VFIO-NOT-ATOMIC")
    trace = machine.run(program.finish())
    machine.judge(trace)
    arrived = set(trace[polled].deliveries)
    assert arrived in ({3}, {0, 1, 2, 3}), f"after a failure at position 2 vectors {sorted(arrived)} deliver"


@clauses("VFIO-SHARED-EVENTFD")
@four_vectors
def test_one_eventfd_for_every_vector(machine: Any) -> None:
    """Its counter adds up the interrupts of all of them."""
    program = begin(machine)
    program.assign(0, 4, first=0, step=0, clause="VFIO-SHARED-EVENTFD")
    for vector in range(4):
        program.raise_event(vector)
    program.poll({0: 4}, "VFIO-SHARED-EVENTFD")
    program.deassign(2)
    program.raise_event(3)
    program.poll({0: 1}, "VFIO-SHARED-EVENTFD")
    machine.check(program.finish())


@clauses("VFIO-ENABLE")
@four_vectors
def test_moving_an_eventfd_to_another_vector(machine: Any) -> None:
    """Assignments are independent: two vectors exchange their eventfds."""
    program = enabled(machine)
    program.assign(0, 1, first=1)
    program.assign(1, 1, first=0)
    program.raise_event(0)
    program.poll({1: 1}, "VFIO-ENABLE")
    program.raise_event(1)
    program.poll({0: 1}, "VFIO-ENABLE")
    machine.check(program.finish())


@clauses("VFIO-REASSIGN-UNMASKS")
@four_vectors
def test_assigning_again_over_a_users_mask(machine: Any) -> None:
    """Whether the mask that a user set through the mapping survives is open; either way the vector works after."""
    program = enabled(machine)
    program.mask(1)
    program.raise_event(1)
    program.poll({}, "VFIO-MMAP")
    program.assign(1, 1, clause="VFIO-REASSIGN-UNMASKS")
    program.poll({1: (0, 1)}, "VFIO-REASSIGN-UNMASKS")
    program.mask(1, False)
    program.poll({1: (0, 1)})
    every_vector_delivers(program, clause="VFIO-REASSIGN-UNMASKS")
    machine.check(program.finish())


# Loopback ------------------------------------------------------------------------------------------


@clauses("VFIO-LOOPBACK")
@four_vectors
def test_loopback(machine: Any) -> None:
    """DATA_NONE and DATA_BOOL triggers add one to the eventfd of each selected vector; any non-zero byte selects."""
    program = enabled(machine)
    program.set_irqs(NONE | TRIGGER, 1, 2, clause="VFIO-LOOPBACK")
    program.poll({1: 1, 2: 1}, "VFIO-LOOPBACK")
    program.set_irqs(BOOL | TRIGGER, 0, 4, payload=bool_payload([1, 0, 0xFF, 0x80]), clause="VFIO-LOOPBACK")
    program.poll({0: 1, 2: 1, 3: 1}, "VFIO-LOOPBACK")
    program.set_irqs(BOOL | TRIGGER, 0, 4, payload=0, clause="VFIO-LOOPBACK")
    program.poll({}, "VFIO-LOOPBACK")
    for _ in range(3):
        program.set_irqs(NONE | TRIGGER, 3, 1)
    program.poll({3: 3}, "VFIO-LOOPBACK")
    machine.check(program.finish())


@clauses("VFIO-LOOPBACK")
@four_vectors
def test_loopback_does_not_pass_through_the_device(machine: Any) -> None:
    """It fires though the hardware entry is masked, and leaves no pending bit."""
    program = enabled(machine)
    program.mask(1)
    program.set_irqs(NONE | TRIGGER, 1, 1, clause="VFIO-LOOPBACK")
    program.poll({1: 1}, "VFIO-LOOPBACK")
    program.pending(0, "VFIO-LOOPBACK")
    program.mask(1, False)
    program.poll({}, "VFIO-LOOPBACK")
    machine.check(program.finish())


@clauses("VFIO-LOOPBACK")
@four_vectors
def test_loopback_skips_vectors_without_eventfd(machine: Any) -> None:
    """A selected vector without an eventfd is skipped in silence."""
    program = enabled(machine)
    program.deassign(1)
    program.set_irqs(NONE | TRIGGER, 0, 3, clause="VFIO-LOOPBACK")
    program.poll({0: 1, 2: 1}, "VFIO-LOOPBACK")
    machine.check(program.finish())


@clauses("VFIO-LOOPBACK")
@four_vectors
@pytest.mark.parametrize("flags", [NONE | TRIGGER, BOOL | TRIGGER])
def test_loopback_needs_msix_enabled(machine: Any, flags: int) -> None:
    """On an index that is not enabled: EINVAL."""
    program = begin(machine)
    program.set_irqs(flags, 0, 1, payload=1 if flags & BOOL else 0, errno="EINVAL", clause="VFIO-LOOPBACK")
    program.assign(0, 4)
    every_vector_delivers(program)
    machine.check(program.finish())


# Configuration space and regions ---------------------------------------------------------------------


def _find_capability(machine: Any) -> int:
    """Where the MSI-X capability is, by walking the list as a driver does."""
    program = begin(machine)
    for offset in range(0, 0x100, 4):
        program.line(f"config-read +0x{offset:x} width=4")
    trace = machine.run(program.finish())
    space = b"".join(trace[1 + word].value.to_bytes(4, "little") for word in range(64))
    offset = space[0x34] & 0xFC
    for _ in range(48):
        if offset == 0 or space[offset] == 0x11:
            break
        offset = space[offset + 1] & 0xFC
    assert offset != 0, "the MSI-X capability is not in the list"
    return offset


@clauses("VFIO-CONFIG")
@four_vectors
def test_the_capability_is_not_writable(machine: Any) -> None:
    """Writes of Message Control and of the Table and PBA registers are taken and dropped."""
    capability = _find_capability(machine)
    program = enabled(machine)
    for offset, width, data in ((2, 2, 0x0000), (2, 2, 0x4000), (0, 4, 0x4000_0011), (3, 1, 0x40), (4, 4, 0), (8, 4, 0)):
        program.region_read(CONFIG_REGION, capability + 4, 4)
        program.region_write(CONFIG_REGION, capability + offset, width, data, returned=width, clause="VFIO-CONFIG")
        program.line("capability-read +0x2 width=2", f"ok value={MSIX_ENABLE | machine.shape.entries - 1:#x}",
                     "VFIO-CONFIG")
    every_vector_delivers(program, clause="VFIO-CONFIG")
    machine.check(program.finish())


@clauses("VFIO-CONFIG")
@four_vectors
def test_the_capability_cannot_be_enabled_by_writing(machine: Any) -> None:
    """MSI-X Enable set through configuration space stays 0."""
    capability = _find_capability(machine)
    program = begin(machine)
    program.region_write(CONFIG_REGION, capability + 2, 2, MSIX_ENABLE, returned=2, clause="VFIO-CONFIG")
    program.line("capability-read +0x2 width=2", f"ok value=0x0/{MSIX_ENABLE:#x}", "VFIO-CONFIG")
    program.disable(errno="EINVAL", clause="VFIO-CONFIG")
    machine.check(program.finish())


@clauses("VFIO-BME")
@four_vectors
def test_set_irqs_leaves_bus_master_alone(machine: Any) -> None:
    """With Bus Master off, enabling does not switch it on; that stays the user's to do."""
    program = begin(machine)
    program.line("bus-master off", "ok")
    program.assign(0, 4, clause="VFIO-BME")
    program.line(f"config-read +0x{PCI_COMMAND:x} width=2", f"ok value=0x0/{BUS_MASTER:#x}", "VFIO-BME")
    program.line("bus-master on", "ok")
    every_vector_delivers(program, clause="VFIO-BME")
    machine.check(program.finish())


@clauses("VFIO-REGION-TABLE")
@four_vectors
@pytest.mark.parametrize("width", [1, 2, 4, 8])
def test_reading_the_table_through_the_region(machine: Any, width: int) -> None:
    """read() of the table gives ones, write() takes its bytes and drops them; the mapping shows what is there."""
    geometry = machine.description.geometry
    table, offset = geometry["table_bar"], geometry["table_offset"] + 16
    program = enabled(machine)
    program.mask(1)
    for at in range(0, 16, width):
        program.region_read(table, offset + at, width, value=ALL_ONES[width],
                            clause="VFIO-REGION-TABLE")
        program.region_write(table, offset + at, width, 0, returned=width,
                             clause="VFIO-REGION-TABLE")
    program.masks({0: 0, 1: 1, 2: 0, 3: 0}, "VFIO-REGION-TABLE")
    program.mask(1, False)
    every_vector_delivers(program, clause="VFIO-REGION-TABLE")
    machine.check(program.finish())


@clauses("VFIO-REGION-TABLE")
@four_vectors
def test_reading_the_pending_bits_through_the_region(machine: Any) -> None:
    """The PBA is readable through the region and shows the device's own bits."""
    geometry = machine.description.geometry
    bits = geometry["pba_bar"], geometry["pba_offset"], 4
    program = enabled(machine)
    program.mask(2)
    program.raise_event(2)
    program.poll({})
    program.region_read(*bits, value=0b100, mask=0b1111, clause="VFIO-REGION-TABLE")
    program.mask(2, False)
    program.poll({2: 1})
    program.region_read(*bits, value=0, mask=0b1111, clause="VFIO-REGION-TABLE")
    machine.check(program.finish())


def _region_info(machine: Any, region: int, size: bool) -> Any:
    program = begin(machine)
    program.region_info(region, size=size)
    return program.finish()


@clauses("VFIO-MMAP")
@four_vectors
def test_the_table_can_be_mapped(machine: Any) -> None:
    """The BAR that holds the table may be mapped, with the table in it, and the mapping shows real contents."""
    table_bar = machine.description.geometry["table_bar"]
    flags, length = (machine.run(_region_info(machine, table_bar, size))[1].value for size in (False, True))
    pages = re.search(r"(\d+) KiB pages", machine.description.identity)
    if length < 1024 * int(pages.group(1) if pages else 4) and flags & REGION_MAP == 0:
        raise NotApplicable(f"the BAR that holds the table has {length} bytes, less than a page, and cannot be mapped")
    program = enabled(machine)
    program.region_info(table_bar, value=TABLE_MAPPABLE | REGION_READ_WRITE_MAP,
                        mask=TABLE_MAPPABLE | REGION_READ_WRITE_MAP, clause="VFIO-MMAP")
    program.masks({0: 0, 1: 0, 2: 0, 3: 0}, "VFIO-MMAP")
    machine.check(program.finish())


@clauses("VFIO-MMAP")
@four_vectors
def test_masking_through_the_mapping(machine: Any) -> None:
    """Mask, three events, unmask: nothing, one pending bit, then one message."""
    program = enabled(machine)
    program.mask(1)
    for _ in range(3):
        program.raise_event(1)
    program.raise_event(0)
    program.poll({0: 1}, "VFIO-MMAP")
    program.pending(0b10, "VFIO-MMAP")
    program.mask(1, False)
    program.poll({1: 1}, "VFIO-MMAP")
    program.pending(0, "VFIO-MMAP")
    machine.check(program.finish())


@clauses("VFIO-CDEV-BIND")
@needs(entries=4, messages=4, stimulus="device", operations=("vfio_unbound",))
@pytest.mark.parametrize("call", UNBOUND_CALLS)
def test_calls_before_the_device_is_bound(machine: Any, call: str) -> None:
    """On a character device that was not bound to iommufd every device call gives EINVAL."""
    program = enabled(machine)
    program.unbound(UNBOUND_CALLS[call], errno="EINVAL", clause="VFIO-CDEV-BIND")
    every_vector_delivers(program, clause="VFIO-CDEV-BIND")
    machine.check(program.finish())


@clauses("VFIO-MIGRATION-STOP")
@needs(entries=4, messages=4, stimulus="device", operations=("vfio_migration",))
@pytest.mark.parametrize("state", [STOP, STOP_COPY], ids=["stop", "stop-copy"])
def test_a_stopped_device_is_silent_and_answers(machine: Any, state: int) -> None:
    """Stopped, an event on an unmasked entry sends nothing, while table and configuration space answer."""
    program = enabled(machine)
    program.mask(1)
    program.migration(state, clause="VFIO-MIGRATION-STOP")
    program.raise_event(0)
    program.poll({}, "VFIO-MIGRATION-STOP")
    program.masks({0: 0, 1: 1, 2: 0, 3: 0}, "VFIO-MIGRATION-STOP")
    program.line("capability-read +0x2 width=2", f"ok value={MSIX_ENABLE | machine.shape.entries - 1:#x}",
                 "VFIO-MIGRATION-STOP")
    if state != STOP:
        program.migration(STOP)
    program.migration(RUNNING)
    program.poll(None)  # whether the event comes afterwards is the device's
    program.mask(1, False)
    every_vector_delivers(program)
    machine.check(program.finish())


@clauses("VFIO-RESET")
@four_vectors
def test_device_reset(machine: Any) -> None:
    """Without a reset method EINVAL and nothing changes; with one, enabling anew works.  The rest is open."""
    program = enabled(machine)
    asked = len(program)
    program.reset(errno=None)
    trace = machine.run(program.finish())
    refused = trace[asked].status != "ok"
    program = enabled(machine)
    program.reset(errno="EINVAL" if refused else "", clause="VFIO-RESET")
    if not refused:
        program.disable(errno=None)
        program.line("bus-master on")
        program.assign(0, 4, clause="VFIO-RESET")
        program.poll(None)
    every_vector_delivers(program, clause="VFIO-RESET")
    machine.check(program.finish())
