# SPDX-License-Identifier: Apache-2.0
"""Several threads raise, mask, unmask and route at once: is there an order that explains what arrived?

What each thread did and saw is recorded and held against the oracle (docs/concurrency.md).  Which calls meet is
not in a seed's power, so each test records several histories.
"""
import pytest
from irqcts import clauses, needs
from irqcts.history import Plan

HISTORIES = 5


def check(machine, seed, threads, **plan):
    for number in range(HISTORIES):
        machine.check_history(Plan.for_backend(machine.description, machine.needs.messages, threads=threads,
                                               seed=seed * HISTORIES + number, **plan))


@clauses("SEND-ONCE", "PEND-SET", "PEND-RELEASE", "PEND-COALESCE", "ROUTE-MASK", "ROUTE-UNMASK", "PEND-INDEPENDENT")
@needs(entries=4, messages=4, stimulus="device", operations=("mask", "unmask"))
@pytest.mark.parametrize("threads", [2, 4])
def test_events_and_masks_from_several_threads(machine, seed, threads):
    """Every event comes once, at once or when its entry is unmasked, whatever happens on the other entries."""
    check(machine, seed, threads, routes=False)


@clauses("ROUTE-SET-ASSIGNS", "ROUTE-SET-ONLY-ONE", "ROUTE-SET-SHARED", "SEND-ONCE", "PEND-INDEPENDENT")
@needs(entries=4, messages=4, stimulus="device", operations=("mask", "unmask", "set-entry"))
@pytest.mark.parametrize("sharing", [1, 2])
@pytest.mark.parametrize("threads", [2, 4])
def test_routes_are_set_while_events_happen(machine, seed, threads, sharing):
    """An event comes as the message that its entry has, or had while they met, and none is lost on the way."""
    check(machine, seed, threads, sharing=sharing)


@clauses("CAP-FUNCTION-MASK", "PEND-RELEASE-MANY", "PEND-HELD", "ENABLE-CYCLE", "SEND-CONDITION")
@needs(entries=4, messages=4, stimulus="device", operations=("mask", "unmask", "function-mask", "enable"))
@pytest.mark.parametrize("threads", [2, 4])
def test_the_whole_function_is_masked_and_disabled_meanwhile(machine, seed, threads):
    """One thread masks or disables the function while others raise, mask and unmask: nothing is lost at its release."""
    check(machine, seed, threads, routes=False, whole=True)


@clauses("ROUTE-DEFAULT-SURPLUS", "ROUTE-SET-SHARED", "SEND-ALIAS", "SEND-ONCE")
@needs(entries=4, messages=1, stimulus="device", operations=("mask", "unmask"))
def test_entries_that_share_a_message_under_several_threads(machine, seed):
    """All entries send the one message there is."""
    check(machine, seed, 3, operations=200, polls=200)
