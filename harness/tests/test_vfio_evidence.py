# SPDX-License-Identifier: Apache-2.0
"""What a run in a guest says beyond verdicts: the kernel's log, programs that replay what was seen, own kernels."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

import guests
from conftest import Irqcts
from irqcts import Program
from irqcts.agent import AgentProcess, BackendChoice

OBSERVED = Path(__file__).resolve().parents[2] / "backends" / "vfio" / "observed"
SUITES = OBSERVED.parents[2] / "suites"

#: A message to an address that the IOMMU does not map is nobody's, but the kernel sees it go by.
LOG = '''
import pytest
from irqcts import clauses, needs

def astray(machine):
    program = machine.program().write_entry(0, message=0).table_write(0, "address", 0x12345000).enable()
    machine.check(program.unmask_entry(0).raise_event(0).poll(None))

@clauses("SEND-ONCE")
@needs(entries=4, messages=4)
def test_1_before(machine):
    machine.check(machine.program().write_entry(1, message=1, masked=False).enable().raise_event(1).poll({1: 1}))

@clauses("SEND-FORM")
@needs(entries=4, messages=4)
def test_2_complains(machine):
    astray(machine)

@clauses("SEND-ONCE")
@needs(entries=4, messages=4)
def test_3_after(machine):
    machine.check(machine.program().write_entry(1, message=1, masked=False).enable().raise_event(1).poll({1: 1}))

@clauses("SEND-FORM")
@needs(entries=4, messages=4)
@pytest.mark.expects_kernel_log("DMAR: .*fault")
def test_4_announced(machine):
    astray(machine)
'''


def test_what_the_kernel_logs_fails_the_test_that_did_it(irqcts: Irqcts) -> None:
    mine = guests.kernel("bookworm")
    irqcts.write(LOG)
    # The images and modules of the cache as somebody's own kernel, with more of a command line and a module's parameter.
    done = irqcts.run("--backend", "vfio:view=registers", "--kernel", str(mine.image), "--modules",
                      str(mine.modules[0].parent), "--append", "vfio_pci.disable_idle_d3=1 loglevel=4", "--no-shrink")
    assert done.verdicts == {"test_1_before": "PASS", "test_2_complains": "FAIL", "test_3_after": "PASS",
                             "test_4_announced": "PASS"}, done.output
    (failed,) = [test for test in done.tests.values() if test["verdict"] == "FAIL"]
    assert "the guest's kernel complained during the test: DMAR" in failed["attribution"]["why"]


def test_a_module_that_is_none_of_this_kernels(irqcts: Irqcts) -> None:
    other = guests.kernel("trixie")
    done = irqcts.run("--backend", "vfio:transport=serial", "--kernel", str(guests.kernel("bookworm").image), "--modules",
                      str(other.modules[0].parent))
    assert done.status == 2 and "cannot load module vfio.ko" in done.output and not done.records


@pytest.mark.parametrize("suite", ["bookworm", "trixie"])
def test_what_was_observed_replays(suite: str) -> None:
    """Each difference that a clause leaves open, as the program that shows it."""
    guests.kernel(suite)
    agent = AgentProcess(BackendChoice.parse(f"vfio:guest={suite}"))
    programs = sorted(OBSERVED.glob("*.irqcts"))
    assert len(programs) >= 4
    for program in programs:
        trace = agent.run(Program.from_text(program.read_text("utf-8")))
        assert trace.conforms, f"{program.name}: {trace.first_divergence}"
    agent.close()


#: A bridge whose witness sees something else than there is.
DISSENTING = """
import os, sys
from dataclasses import replace
from irqcts import guest_bridge, guest_witness

true = guest_witness.Witness

class Dissenting(true):
    def {method}(self):
        seen = super().{method}()
        return {changed}

guest_witness.Witness = guest_bridge.Witness = sys.modules["irqcts.guest"].Witness = Dissenting
sys.argv += ["--guest", "bookworm", "--witness", os.environ["IRQCTS_WITNESS"]]
sys.exit(guest_bridge.main())
"""


@pytest.mark.parametrize("method, changed, sentence", [
    ("table", "[*seen[:2], replace(seen[2], data=seen[2].data ^ 1), *seen[3:]]", "the guest reads the table"),
    ("messages", "{key: count + 1 for key, count in seen.items()}", "messages left the device, "),
    ("pending", "[]", "the test's own statement fails"), ("control", "seen | 0x4000", "the test's own statement fails"),
], ids=["table", "messages", "pending", "control"])
def test_a_witness_that_disagrees_is_heard(irqcts: Irqcts, method: str, changed: str, sentence: str) -> None:
    guests.kernel("bookworm")
    irqcts.write((SUITES / "test_vfio_witness.py").read_text("utf-8"))
    bridge = DISSENTING.format(method=method, changed=changed)
    done = irqcts.run("--backend", "vfio:guest=bookworm,witness=yes", "--agent-command",
                      json.dumps([sys.executable, "-c", bridge]))
    (test,) = done.tests.values()
    assert test["verdict"] == "FAIL" and sentence in test["attribution"]["why"], done.output
