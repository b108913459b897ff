# SPDX-License-Identifier: Apache-2.0
"""A third version: the reference model in Python against the emulator, the oracle played back, and faulty emulators."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from irqcts.mutation.emulator import options_of, table
from irqcts.mutation.inprocess import InProcess, load
from irqcts.reference import model
from irqcts.reference.model import Operation
from irqcts.reference.stepper import Stepper, program_of
from irqcts.reference.strategies import random_operations

BACKENDS = ("emulator", "model")
INDEX = st.integers(0, 3)


class ThreeVersions(RuleBasedStateMachine):
    """Whatever is done, the Python model permits what the emulator and the oracle answer, and the oracle what the
    emulator does."""

    def __init__(self) -> None:
        super().__init__()
        self.steppers = [Stepper(backend) for backend in BACKENDS]
        self.operations: list[Operation] = []

    @initialize(entries=st.sampled_from([1, 2, 5, 64, 65]), granted=st.integers(1, 4), few=st.lists(st.integers(0, 64),
                min_size=4, max_size=4))
    def configure(self, entries: int, granted: int, few: list[int]) -> None:
        self.entries, self.messages = entries, min(entries, granted)
        self.few = [index % entries for index in few]
        for stepper in self.steppers:
            stepper.configure(self.entries, self.messages)

    def do(self, operation: Operation) -> None:
        self.operations.append(operation)
        for name, stepper in zip(BACKENDS, self.steppers):
            why = stepper.step(operation)
            assert why is None, f"{name}, {operation}: {why}"

    @rule()
    def start(self) -> None:
        self.do(Operation(model.START))

    @rule(which=INDEX, message=st.integers(0, 5))
    def set_entry(self, which: int, message: int) -> None:
        self.do(Operation(model.SET_ENTRY, entry=self.few[which], message=message))

    @rule(which=INDEX, masked=st.booleans(), beyond=st.sampled_from([0, 0, 0, 1]))
    def mask_or_unmask(self, which: int, masked: bool, beyond: int) -> None:
        self.do(Operation(model.MASK if masked else model.UNMASK, entry=self.few[which] + beyond * self.entries))

    @rule(which=INDEX)
    def event(self, which: int) -> None:
        self.do(Operation(model.RAISE, entry=self.few[which]))

    @rule(which=INDEX)
    def event_and_poll(self, which: int) -> None:
        self.do(Operation(model.RAISE, entry=self.few[which]))
        self.do(Operation(model.POLL))

    @rule(on=st.booleans(), whole=st.booleans())
    def control(self, on: bool, whole: bool) -> None:
        self.do(Operation(model.ENABLE if whole else model.FUNCTION_MASK, value=int(on)))

    @rule(which=INDEX, message=INDEX, half=st.booleans(), masked=st.booleans())
    def write_half_an_entry(self, which: int, message: int, half: bool, masked: bool) -> None:
        self.do(Operation(model.TABLE_WRITE, address=16 * self.few[which] + 8 * half, width=8,
                          message=message % self.messages, from_message=True, control=int(masked)))

    @rule(which=INDEX, masked=st.booleans())
    def write_vector_control(self, which: int, masked: bool) -> None:
        self.do(Operation(model.TABLE_WRITE, address=16 * self.few[which] + 12, width=4, value=int(masked)))

    @rule(which=INDEX, dword=INDEX)
    def read(self, which: int, dword: int) -> None:
        self.do(Operation(model.TABLE_READ, address=16 * self.few[which] + 4 * dword, width=4))
        self.do(Operation(model.PBA_READ, address=self.few[which] // 64 * 8, width=8))
        self.do(Operation(model.CAPABILITY_READ, address=2, width=2))

    @rule(kind=st.integers(0, 1))
    def reset(self, kind: int) -> None:
        self.do(Operation(model.RESET, value=kind))

    def teardown(self) -> None:
        if self.operations:
            self.do(Operation(model.POLL))
            with InProcess(load("emulator")) as emulator:
                assert emulator.run(program_of(self.entries, self.messages, self.operations)).conforms
        for stepper in self.steppers:
            stepper.close()


TestThreeVersions: Any = ThreeVersions.TestCase
TestThreeVersions.settings = settings(max_examples=200, stateful_step_count=40, deadline=None, derandomize=True,
                                      database=None, suppress_health_check=list(HealthCheck))


def test_it_finds_faults_and_none_that_the_oracle_does_not() -> None:
    """Looser than the oracle where it cannot follow, never stricter; and not so loose that it says nothing."""
    interface = load("emulator")
    faults = table().faults
    found: list[str] = []
    for fault in faults:
        source = random.Random(1)
        if fault["options"]:
            continue  # planted in a device of another shape
        stepper = Stepper("emulator", options_of(fault))
        for _ in range(60):
            entries = source.choice([2, 8, 65])
            operations = list(random_operations(source, entries, min(entries, 4), 60))
            stepper.configure(entries, min(entries, 4))
            if any(stepper.step(operation) is not None for operation in operations):
                with InProcess(interface, options_of(fault)) as device:
                    assert not device.run(program_of(entries, min(entries, 4), operations)).conforms, fault["id"]
                found.append(fault["id"])
                break
        stepper.close()
    assert len(found) >= 50, f"{len(found)} of {len(faults)}: {found}"
