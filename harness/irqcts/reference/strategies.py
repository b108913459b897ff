# SPDX-License-Identifier: Apache-2.0
"""Programs that the engine has no part in: Hypothesis's, and random operations of Python's own generator."""

from __future__ import annotations

import random
from typing import Iterator

from hypothesis import strategies as st

from ..program import Program
from . import model
from .model import Operation

SIZES = st.sampled_from([1, 2, 3, 31, 32, 63, 64, 65, 128, 2047, 2048])
FIELDS = st.sampled_from(["address-low", "address-high", "data", "vector-control"])


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """Any configuration, then any operations; one index in eight is of no entry."""
    entries = draw(SIZES)
    messages = draw(st.integers(1, min(entries, 16)))
    program = Program().configure(entries, messages)
    few = draw(st.lists(st.integers(0, entries - 1), min_size=1, max_size=3))
    anywhere = st.one_of(*[st.sampled_from(few)] * 7, st.integers(entries, entries + 40))
    for _ in range(draw(st.integers(1, 40))):
        entry, message = draw(anywhere), draw(st.integers(0, messages - 1))
        inside = draw(st.sampled_from(few))
        step = draw(st.integers(0, 15))
        on = draw(st.booleans())
        if step == 0:
            program.start()
        elif step == 1:
            program.set_entry(entry, draw(st.integers(0, messages + 2)))
        elif step == 2:
            program.mask(entry)
        elif step == 3:
            program.unmask(entry)
        elif step in (4, 5, 6):
            program.raise_event(inside)
        elif step in (7, 8):
            program.poll()
        elif step == 9:
            program.enable(on)
        elif step == 10:
            program.function_mask(on)
        elif step == 11:
            program.write_entry(inside, message=message, masked=on)
        elif step == 12:
            program.table_read(inside, draw(FIELDS))
        elif step == 13:
            program.pba_read_at(inside // 64 * 8, 8)
        elif step == 14:
            program.reset(draw(st.sampled_from(["conventional", "function-level"])))
        else:
            (program.mask_entry if on else program.unmask_entry)(inside)
    return program.poll()


def random_operations(source: random.Random, entries: int, messages: int, length: int) -> Iterator[Operation]:
    """What the reference model knows, mostly about three entries, ending in a poll."""
    few = [source.randrange(entries) for _ in range(3)]
    for _ in range(length):
        entry, message, on = source.choice(few), source.randrange(messages), source.random() < 0.5
        yield random_operation(source.randrange(16), entry, message, on, entries)
    yield Operation(model.POLL)


def random_operation(step: int, entry: int, message: int, on: bool, entries: int) -> Operation:
    """One of sixteen; half of them are events and polls."""
    at = 16 * entry
    if step == 0:
        return Operation(model.START)
    if step == 1:
        return Operation(model.SET_ENTRY, entry=entry, message=message)
    if step == 2:
        return Operation(model.MASK if on else model.UNMASK, entry=entry)
    if step == 3:
        return Operation(model.ENABLE, value=int(on))
    if step == 4:
        return Operation(model.FUNCTION_MASK, value=int(on))
    if step == 5:
        return Operation(model.TABLE_WRITE, address=at + 12, width=4, value=int(on))
    if step == 6:
        return Operation(model.TABLE_WRITE, address=at + 8 * on, width=8, message=message, from_message=True, control=1)
    if step == 7:
        return Operation(model.TABLE_READ, address=at + 8 * on, width=8)
    if step == 8:
        return Operation(model.PBA_READ, address=entry // 64 * 8, width=8)
    if step == 9:
        return Operation(model.CAPABILITY_READ, address=2, width=2)
    if step == 10:
        return Operation(model.SET_ENTRY if on else model.MASK, entry=entries + entry)
    if step == 11:
        return Operation(model.RESET, value=int(on)) if entry % 4 == 0 else Operation(model.START)
    return Operation(model.RAISE, entry=entry) if step < 14 else Operation(model.POLL)
