# SPDX-License-Identifier: Apache-2.0
"""irqcts: a conformance test suite for MSI-X interrupt routing.

What suites use: the decorators `clauses`, `needs` and `mandatory`, the names `vf` and `pf` of
functions, and the fixture `machine` of irqcts.plugin.
"""

from .declarations import clauses, mandatory, needs
from .program import Message, Program, ProgramError, pf, vf
from .verdict import (AgentCrash, AgentTimeout, HarnessError, Inconclusive, NonConformance, NotApplicable,
                      NotTested, Verdict)

__version__ = "0.1.0"

__all__ = ["AgentCrash", "AgentTimeout", "HarnessError", "Inconclusive", "Message", "NonConformance",
           "NotApplicable", "NotTested", "Program", "ProgramError", "Verdict", "clauses", "mandatory", "needs",
           "pf", "vf"]
