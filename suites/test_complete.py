# SPDX-License-Identifier: Apache-2.0
"""Complete suites: every state that two entries can be in, and every operation in each.

Nobody wrote these programs: they are generated from the oracle (docs/decisions/0012-complete-suites.md),
as far as the backend's capabilities go, and judged by it alone. What passing proves stands in the test's
record as its claim. `irqcts run --complete 1` asks for more states, `--complete none` leaves them out.
"""
from irqcts import clauses, needs


@clauses("SEND-CONDITION", "PEND-SET", "PEND-RELEASE", "ROUTE-SET-ASSIGNS", "ROUTE-MASK", "ROUTE-UNMASK")
@needs(entries=2, messages=2, operations=("start", "mask", "unmask", "poll"))
def test_every_operation_in_every_state(machine, extra_states):
    """Masking, routing, events and bad arguments in every state that they lead to."""
    machine.check_complete(extra_states, resets=False)


@clauses("RESET-STATE", "RESET-NO-STALE", "SEND-CONDITION", "PEND-SET", "PEND-RELEASE")
@needs(entries=2, messages=2, operations=("start", "mask", "unmask", "poll", "reset"))
def test_every_operation_and_reset_in_every_state(machine, extra_states):
    """The same with every kind of reset, which clears whatever was there."""
    machine.check_complete(extra_states, resets=True)
