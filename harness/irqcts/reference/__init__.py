# SPDX-License-Identifier: Apache-2.0
"""A third reading of the rules, in Python, that shares nothing with the oracle or the emulator but the words.

model.py is the reading, stepper.py drives a backend of this process one operation at a time through the
bindings, strategies.py are Hypothesis's programs.  The project's tests hold emulator and oracle against it
(harness/tests/test_reference_model.py); `irqcts bench` compares its pace with the engine's.
"""
