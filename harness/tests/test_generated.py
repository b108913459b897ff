# SPDX-License-Identifier: Apache-2.0
"""A second generator, independent of the engine: Hypothesis over configurations and programs, by the bindings."""

from __future__ import annotations

from typing import Iterator

import pytest
from hypothesis import HealthCheck, find, given, settings

from irqcts.agent import AgentProcess, BackendChoice
from irqcts.program import Program
from irqcts.reference.strategies import programs

SETTINGS = settings(max_examples=150, deadline=None, derandomize=True, database=None,
                    suppress_health_check=list(HealthCheck))
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
