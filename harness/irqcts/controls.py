# SPDX-License-Identifier: Apache-2.0
"""Controls: programs that must deliver, run before and after one that must not.

"Nothing arrived" means something only when the same path, on the same functions, delivers just before
and just after.
"""

from __future__ import annotations

from typing import Sequence

from . import _abi
from .declarations import Shape
from .description import Description
from .program import Message, Program
from .trace import Trace

#: Functions that one control visits; the first ones of those that the program uses.
FUNCTIONS_MAX = 8


def shape_of(program: Program) -> Shape:
    configure = program.operation(0)
    return Shape(configure.entry, configure.message, configure.value, configure.data, configure.control)


def control_shape(program: Program, description: Description) -> Shape:
    """The program's own, or the least that delivers."""
    shape = shape_of(program)
    if shape.messages == 0 and "configurable" in description.properties:
        return Shape(entries=1, messages=1)  # a function without MSI-X has no path of its own
    return shape


def control_program(description: Description, shape: Shape, functions: Sequence[int]) -> Program | None:
    """One event and its one message on each function; None when the backend cannot do it."""
    if description.stimulus == "none" or not {"raise", "poll"} <= description.operations:
        return None
    usable = [f for f in functions if f <= shape.vfs and (shape.messages if f == 0 else shape.vf_messages) > 0]
    if not usable and shape.messages > 0:
        usable = [0]
    if not usable:
        return None
    program = Program().configure(shape.entries, shape.messages, shape.vfs, shape.vf_entries, shape.vf_messages)
    for function in usable[:FUNCTIONS_MAX]:
        vf = None if function == 0 else function - 1
        if {"table-write", "enable"} <= description.operations:
            program.write_entry(0, message=0, masked=False, vf=vf).enable(vf=vf)
        elif "start" in description.operations:
            program.start(vf=vf)
        else:
            return None
        program.raise_event(0, vf=vf)
        program.poll({Message(function, 0): 1})
    return program


def delivered(control: Program, trace: Trace) -> str | None:
    """Why a control failed, None when it did not."""
    first = trace.first_divergence
    if first is None:
        first = trace.first_not_observed
    if first is None and len(trace) == len(control):
        return None
    if first is None:
        return "the control was not run to its end"
    step = trace[first]
    return f"the control's \"{step.operation}\" gave {step.observed} where {step.expected} was expected"


def control_functions(program: Program) -> list[int]:
    """Functions with events in the program; the physical one when there are none."""
    kind = _abi.irqcts_operation_kind.IRQCTS_OPERATION_RAISE
    return sorted({operation.function for operation, _ in program.steps() if operation.kind == kind}) or [0]
