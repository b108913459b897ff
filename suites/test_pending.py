# SPDX-License-Identifier: Apache-2.0
"""PEND: what masking keeps back, and what unmasking releases."""
from irqcts import clauses, needs


@clauses("PEND-SET", "PEND-COALESCE")
@needs(entries=2, messages=2, stimulus="device")
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
