# SPDX-License-Identifier: Apache-2.0
"""What a program needs of a backend, derived from the program itself, and whether the backend has it.

NOT_APPLICABLE is about the device (it has no such entry or function), NOT_TESTED about the backend
(it cannot do, see or cause it).  Both carry the evidence: the line of the backend's description.
"""

from __future__ import annotations

from . import _abi
from .declarations import Needs, Shape
from .description import Description, OPERATION_WORDS
from .program import Program
from .verdict import NotApplicable, NotTested

_KIND = _abi.irqcts_operation_kind
_FLAG = _abi.irqcts_expectation_flag
_ROUTING = {"set-entry", "mask", "unmask", "get-entry", "get-size"}
_SEEN_BY_READING = {"table-read": "table", "pba-read": "pba", "capability-read": "capability"}


def shape_for(needs: Needs, description: Description) -> Shape:
    """The configuration for a test: its exact need where the backend can choose, else the device's own."""
    limits = (
        ("entries", needs.entries, description.entries_max),
        ("messages", needs.messages, description.messages_max),
        ("virtual functions", needs.vfs, description.virtual_functions_max),
        ("entries a virtual function", needs.vf_entries, description.virtual_entries_max),
        ("messages a virtual function", needs.vf_messages, description.virtual_messages_max),
    )
    for what, wanted, most in limits:
        if wanted > most:
            raise NotApplicable(f"the test needs {wanted} {what}, the device has {most}",
                                evidence=[f"{description.identity}: at most {most} {what}"])
    if "configurable" in description.properties:
        return Shape(needs.entries, needs.messages, needs.vfs, needs.vf_entries, needs.vf_messages)
    if needs.exact and needs.entries != description.entries_max:
        raise NotApplicable(f"the test needs exactly {needs.entries} entries, the device has "
                            f"{description.entries_max}",
                            evidence=[f"{description.identity}: {description.entries_max} entries, not configurable"])
    vfs = description.virtual_functions_max
    messages = needs.messages
    if "messages-fixed" in description.properties and messages != description.messages_max:
        if messages < needs.entries:
            raise NotTested(f"the test needs {messages} messages for {needs.entries} entries; the device was granted "
                            f"{description.messages_max}, which stays so while it is started",
                            evidence=[f"{description.identity}: {description.messages_max} messages granted"])
        messages = description.messages_max
    return Shape(description.entries_max, messages, vfs, description.virtual_entries_max if vfs else 0,
                 max(needs.vf_messages, min(1, description.virtual_messages_max)) if vfs else 0)


def check_declared(needs: Needs, description: Description) -> None:
    """Raises NotTested when the backend lacks what the test declares."""
    for operation in needs.operations:
        _operation(operation, description)
    for observation in needs.observes:
        _observation(observation, description, "the test declares it")
    if needs.stimulus == "device" and description.stimulus != "device":
        raise NotTested("the test needs events inside the device",
                        evidence=[f"{description.identity}: stimulus {description.stimulus}"])
    if needs.stimulus == "loopback" and description.stimulus == "none":
        raise NotTested("the test needs a stimulus", evidence=[f"{description.identity}: stimulus none"])


def check_program(program: Program, description: Description, needs: Needs) -> None:
    """Raises NotTested when the backend lacks what the program uses or what its statements observe."""
    gated = False  # something between reset and the event that a loopback would not respect
    for operation, expectation in program.steps():
        word = OPERATION_WORDS[operation.kind]
        _operation(word, description)
        if word == "reset" and not _has_reset(operation.value, description):
            raise NotTested(f"the backend cannot do a {('conventional', 'function-level')[operation.value]} reset",
                            evidence=[f"{description.identity}: resets {sorted(description.reset_kinds)}"])
        if word in ("raise", "withdraw") and description.stimulus == "none":
            raise NotTested("the backend cannot cause events in the device",
                            evidence=[f"{description.identity}: stimulus none"])
        if word == "poll":
            _observation("deliveries", description, "the program polls")
        if expectation.flags & (_FLAG.IRQCTS_EXPECTS_STATUS | _FLAG.IRQCTS_EXPECTS_REFUSAL):
            _status(word, expectation, description)
        if expectation.flags & _FLAG.IRQCTS_EXPECTS_VALUE and word in _SEEN_BY_READING:
            _observation(_SEEN_BY_READING[word], description, f"{word} states a value")
        if expectation.flags & _FLAG.IRQCTS_EXPECTS_DELIVERIES:
            stated = program.stated_deliveries(expectation)
            if any(message == _abi.IRQCTS_MESSAGE_STRAY and minimum for _, message, minimum, _ in stated):
                _observation("strays", description, "a stray message is expected")
            if not stated and gated and description.stimulus == "loopback" and needs.stimulus != "loopback":
                raise NotTested("the backend's loopback does not pass through the masks, so its silence says nothing",
                                evidence=[f"{description.identity}: stimulus loopback"])
        gated = gated or word == "raise"


def states_silence(program: Program) -> bool:
    """Whether the program says, or lets the oracle say, that something does not arrive.

    True for a poll that expects nothing or less than was raised before it, and for one without a
    statement.  Such a program is bracketed by controls.
    """
    raised = 0
    for operation, expectation in program.steps():
        if operation.kind == _KIND.IRQCTS_OPERATION_RAISE:
            raised += 1
        elif operation.kind == _KIND.IRQCTS_OPERATION_POLL:
            if not expectation.flags & _FLAG.IRQCTS_EXPECTS_DELIVERIES:
                return True
            stated = program.stated_deliveries(expectation)
            if not stated or sum(minimum for _, _, minimum, _ in stated) < raised:
                return True
            raised = 0
    return False


def raised_functions(program: Program) -> list[int]:
    """The functions in which the program causes events."""
    return sorted({operation.function for operation, _ in program.steps()
                   if operation.kind == _KIND.IRQCTS_OPERATION_RAISE})


def _operation(word: str, description: Description) -> None:
    if word not in description.operations:
        raise NotTested(f"the backend does not support {word}",
                        evidence=[f"{description.identity}: operations {', '.join(sorted(description.operations))}"])


def _observation(name: str, description: Description, why: str) -> None:
    if name not in description.observations:
        raise NotTested(f"the backend cannot observe {name} ({why})",
                        evidence=[f"{description.identity}: observes {', '.join(sorted(description.observations))}"])


def _has_reset(kind: int, description: Description) -> bool:
    return ("conventional", "function-level")[kind] in description.reset_kinds


def _status(word: str, expectation: object, description: Description) -> None:
    refusal = getattr(expectation, "flags") & _FLAG.IRQCTS_EXPECTS_REFUSAL or getattr(expectation, "status") != 0
    if not refusal:
        return
    _observation("status", description, f"{word} states a refusal")
    for words, name in ((_ROUTING, "routing-composed"), ({"write-virtualized"}, "virtualized-composed")):
        if word in words and name in description.properties:
            raise NotTested(f"the backend itself composes {word}, so a refusal would be its own and not a driver's",
                            evidence=[f"{description.identity}: property {name}"])
