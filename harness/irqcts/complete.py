# SPDX-License-Identifier: Apache-2.0
"""Complete suites (docs/decisions/0012-complete-suites.md): their programs, and what they claim.

The library explores the oracle for a configuration and an alphabet of inputs and generates the programs;
here they are made for a backend's description, and the claim is put into words.
"""

from __future__ import annotations

import ctypes
from typing import Any, Iterator

from . import _abi
from .library import check, library
from .program import Program

ENTRIES = 2
MESSAGES = 2
#: On a larger table a start programs thousands of registers: there it is no input of its own, and only what the
#: claim rests on is run.
OPEN_ENTRIES_MAX = 256
_PROPERTY = _abi.irqcts_property


class CompleteSuite:
    """The programs that are complete for at most `extra_states` states more than the specification has.

    `record`: the backend's description.  On a device with more entries than ENTRIES the inputs name the
    first of them.  `opaque`: its messages cannot be named by register writes.
    """

    def __init__(self, record: Any, extra_states: int = 0, *, resets: bool = True, opaque: bool = False) -> None:
        configurable = record.properties & _PROPERTY.IRQCTS_PROPERTY_CONFIGURABLE
        self.entries = ENTRIES if configurable else record.entries_max
        self.extra_states = extra_states
        self._options = _abi.irqcts_complete_options(
            entries=ENTRIES, messages=MESSAGES, extra_states=extra_states, observations=record.observations,
            properties=record.properties, operations=record.operations,
            reset_kinds=record.reset_kinds if resets else 0, stimulus=record.stimulus, table_entries=self.entries,
            opaque_messages=int(opaque), walk=1, start_once=int(self.entries > OPEN_ENTRIES_MAX))
        self._handle = ctypes.c_void_p()
        check(library().irqcts_complete_create(ctypes.byref(self._handle), ctypes.byref(self._options)))
        self.report = _abi.irqcts_complete_report()
        check(library().irqcts_complete_describe(ctypes.byref(self.report), self._handle))

    def __del__(self) -> None:
        library().irqcts_complete_free(getattr(self, "_handle", None))

    def __len__(self) -> int:
        return int(self.report.programs + self.open_programs)

    @property
    def open_programs(self) -> int:
        """Programs outside the claim, that try what is open."""
        return int(self.report.open_programs) if self.entries <= OPEN_ENTRIES_MAX else 0

    def __getitem__(self, index: int) -> Program:
        handle = ctypes.c_void_p()
        check(library().irqcts_complete_program(ctypes.byref(handle), self._handle, index))
        return Program.owned(handle)

    def __iter__(self) -> Iterator[Program]:
        """Those that the claim rests on first."""
        return (self[index] for index in range(len(self)))

    def alphabet(self) -> list[str]:
        """The inputs in words; each ends in a poll."""
        words = []
        for index in range(self.report.inputs):
            count = ctypes.c_uint32()
            operations = library().irqcts_complete_input(ctypes.byref(count), self._handle, index)
            program = Program().configure(self.entries, MESSAGES)
            for position in range(count.value):
                check(library().irqcts_program_append(program.handle, ctypes.byref(operations[position]), None, None))
            texts = [program.step_text(number) for number in range(1, len(program))]
            words.append(", ".join(text for text in texts if text != "poll"))
        return words

    def claim(self, established: bool) -> dict[str, Any]:
        """What a device that passes is proved to be, for the record of its test."""
        report = self.report
        numbers = {name: int(getattr(report, name)) for name, _ in report._fields_
                   if name not in ("walked", "reserved")}
        return {"established": established, "text": self._sentence(), "entries": ENTRIES, "messages": MESSAGES,
                "table_entries": self.entries, "extra_states": self.extra_states,
                "method": "walk" if report.walked else "harmonised identifiers", "alphabet": self.alphabet(), **numbers,
                "open_programs": self.open_programs}

    def _sentence(self) -> str:
        report, most = self.report, self.report.states + self.extra_states
        first = ("" if self.entries == ENTRIES else
                 f"; of the {self.entries} entries the inputs name the first {ENTRIES}")
        tried = "" if not self.open_programs else (f" ({self.open_programs} further programs try each of them once and "
                                                   "hold it against what is permitted)")
        merged = "" if not report.merged_pairs else (f", nor of a device that takes one for the other of "
                                                     f"{report.merged_pairs} pairs of states that this observer cannot "
                                                     "tell apart")
        return (f"N = {self.entries}, M = {MESSAGES}, {report.inputs} inputs, k = {self.extra_states}{first}. Of all "
                f"devices that answer alike whenever they are configured and operated alike, and have at most {most} "
                f"states as this observer sees them (the specification has {report.states}), none passes these "
                f"{report.programs} programs unless it gives the specified outcome to every input in every state where "
                f"that is decided, {report.transitions} of them. Nothing is claimed of the {report.undefined} where the "
                f"sources leave the outcome or what follows open{tried}{merged}.")


def messages_are_opaque(first: Any) -> bool:
    """From the trace of `opacity_probe`: whether a register write cannot name a message."""
    return bool(first[1].status == "not-supported")


def opacity_probe(entries: int) -> Program:
    return Program().configure(entries, MESSAGES).table_write(0, "data", message=0)
