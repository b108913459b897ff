# SPDX-License-Identifier: Apache-2.0
"""A second generator, independent of the engine: Hypothesis over configurations and programs, by the bindings."""

from __future__ import annotations

from typing import Iterator

import pytest
from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st

from irqcts.agent import AgentProcess, BackendChoice
from irqcts.program import Program

SETTINGS = settings(max_examples=150, deadline=None, derandomize=True, database=None,
                    suppress_health_check=list(HealthCheck))
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


@pytest.fixture(params=["emulator", "model"])
def agent(request: pytest.FixtureRequest) -> Iterator[AgentProcess]:
    process = AgentProcess(BackendChoice(request.param))
    yield process
    process.close()


@SETTINGS
@given(program=programs())
def test_what_devices_do_is_permitted(agent: AgentProcess, program: Program) -> None:
    trace = agent.run(program)
    assert trace.conforms, program.text()


@SETTINGS
@given(program=programs())
def test_a_program_is_its_text(program: Program) -> None:
    assert Program.from_text(program.text()).text() == program.text()


@pytest.mark.parametrize("fault", ["F7", "PLUS-ROUTE-SET-IGNORED"])
def test_it_finds_faults_and_shrinks_them(fault: str) -> None:
    agent = AgentProcess(BackendChoice("emulator", f"fault={fault}"))
    try:
        smallest = find(programs(), lambda program: not agent.run(program).conforms,
                        settings=settings(SETTINGS, max_examples=3000))
        assert len(smallest) <= 14, smallest.text()
    finally:
        agent.close()
