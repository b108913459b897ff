# SPDX-License-Identifier: Apache-2.0
"""Rulings: what the specification says of single outcomes, written down beside it (core/spec/rulings).

A ruling is a program with the answers of a device that conforms, and at some of its steps other answers,
each permitted too or forbidden by a clause.  It needs no device: the answers are given to the oracle.
docs/rulings.md has the form.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Iterator, Sequence

from . import _abi, specification
from .answers import Answers
from .library import LibraryError
from .paths import layout
from .program import Program, ProgramError
from .trace import Trace

_FLAG = _abi.irqcts_expectation_flag
_MESSAGE = struct.Struct("<QII")  # as in wire.h: address, data, flags
_HEAD = re.compile(r"ruling (?P<clause>[A-Z0-9-]+): (?P<sentence>.+)")
_FORK = re.compile(r"(?P<verdict>or|not|unseen) (?P<answer>.+)")
_CLAUSE = re.compile(r" \[(?P<clause>[A-Z0-9-]+)\]$")

PERMITTED, FORBIDDEN, UNSEEN = "permitted", "forbidden", "unseen"
_VERDICTS = {"or": PERMITTED, "not": FORBIDDEN, "unseen": UNSEEN}


class RulingError(ValueError):
    """A ruling that cannot be read; the text begins with file and line."""


@dataclass(frozen=True)
class Answer:
    """What a device answers to one operation."""

    status: int = 0
    value: int = 0
    deliveries: tuple[tuple[int, int, int], ...] = ()  # function, message, count
    breaks: str = ""  # the clause that it breaks; judging goes on from what was answered


@dataclass(frozen=True)
class Fork:
    """Another answer at a step, and what is said of it."""

    step: int
    text: str
    answer: Answer
    verdict: str  # PERMITTED, FORBIDDEN or UNSEEN: the oracle learns nothing from it
    clause: str  # by which it is forbidden


@dataclass(frozen=True)
class Enforced:
    """Clauses that the steps up to this one have enforced, or have not."""

    step: int
    clauses: tuple[str, ...]
    holds: bool


@dataclass
class Observer:
    """What judges: everything is seen unless the ruling says otherwise."""

    observations: int = int(sum(_abi.irqcts_observation.__members__.values()))
    properties: int = int(_abi.irqcts_property.IRQCTS_PROPERTY_SYNCHRONOUS)
    stimulus: int = int(_abi.irqcts_stimulus.IRQCTS_STIMULUS_DEVICE)
    readings: int = 0
    opaque: bool = False  # nobody shows what makes a message

    def set(self, keyword: str, words: Sequence[str]) -> None:
        for word in words:
            if keyword == "without" and word == "synchronous":
                self.properties &= ~int(_abi.irqcts_property.IRQCTS_PROPERTY_SYNCHRONOUS)
            elif keyword == "without":
                self.observations &= ~_named(_abi.irqcts_observation, "OBSERVES", word)
            elif keyword == "property":
                self.properties |= _named(_abi.irqcts_property, "PROPERTY", word)
            elif keyword == "reading":
                self.readings |= _named(_abi.irqcts_reading, "READING", word)
            else:
                self.stimulus = _named(_abi.irqcts_stimulus, "STIMULUS", word)

    def description(self) -> Any:
        return _abi.irqcts_backend_description(
            name=b"ruling", operations=sum(1 << kind for kind in set(_abi.irqcts_operation_kind)),
            observations=self.observations, properties=self.properties, stimulus=self.stimulus)


def _named(enumeration: Any, kind: str, word: str) -> int:
    name = f"IRQCTS_{kind}_{word.upper().replace('-', '_')}"
    if name not in enumeration.__members__:
        known = ", ".join(each.removeprefix(f"IRQCTS_{kind}_").lower().replace("_", "-")
                          for each in enumeration.__members__)
        raise RulingError(f"there is no {kind.lower()} {word!r}; known: {known}")
    return int(enumeration[name])


@dataclass
class Ruling:
    """One ruling, read and ready to be put to the oracle."""

    clause: str
    sentence: str
    place: str  # file:line
    program: Program
    answers: list[Answer]
    observer: Observer = field(default_factory=Observer)
    forks: list[Fork] = field(default_factory=list)
    enforced: list[Enforced] = field(default_factory=list)

    @property
    def id(self) -> str:
        return f"{self.clause}: {self.sentence}"

    def disagreement(self) -> str | None:
        """The first sentence of the ruling that the oracle contradicts; None when it says the same throughout."""
        return next(self.disagreements(), None)

    def disagreements(self) -> Iterator[str]:
        trace = self._judged(self.answers)
        for index, answer in enumerate(self.answers):
            step = trace[index]
            if not answer.breaks and step.oracle_divergent:
                yield f"{self._at(index)} is permitted, the oracle refuses it: {step.reason}"
                return
            if answer.breaks and (said := step.clause if step.oracle_divergent else "permits it") != answer.breaks:
                yield f"{self._at(index)} breaks {answer.breaks}, the oracle {_cites(said)}"
                return
        for each in self.enforced:
            yield from self._coverage(each)
        for fork in self.forks:
            yield from self._fork(fork)

    def _fork(self, fork: Fork) -> Iterator[str]:
        trace = self._judged([*self.answers[:fork.step], fork.answer])
        judgement = trace[fork.step].record.judgement
        kinds = _abi.irqcts_judgement_kind
        said = {kinds.IRQCTS_JUDGEMENT_CONFORMS: PERMITTED,
                kinds.IRQCTS_JUDGEMENT_NOT_OBSERVED: UNSEEN}.get(judgement.kind, FORBIDDEN)
        what = f"{self._at(fork.step)} answered {fork.text}"
        if said != fork.verdict:
            yield f"{what} is {fork.verdict}, the oracle calls it {said}"
        elif fork.clause and (cited := trace[fork.step].clause) != fork.clause:
            yield f"{what} is forbidden by {fork.clause}, the oracle {_cites(cited)}"

    def _coverage(self, enforced: Enforced) -> Iterator[str]:
        words = self._judged(self.answers[:enforced.step + 1]).outcome.coverage.words
        numbers = {identifier: number for number, identifier in specification.by_number().items()}
        for identifier in enforced.clauses:
            number = numbers[identifier]
            if bool(words[number // 64] >> number % 64 & 1) != enforced.holds:
                yield (f"up to {self._at(enforced.step)} {identifier} is {'' if enforced.holds else 'not '}enforced, "
                       f"the oracle says {'it is not' if enforced.holds else 'it is'}")

    def _at(self, step: int) -> str:
        return f"step {step}, {self.program.step_text(step)},"

    def _judged(self, answers: Sequence[Answer]) -> Trace:
        """The oracle's judgement of these answers to the first so many operations."""
        trace = Answers([(answer.status, 0, 0, 0, 0, 0, answer.value) for answer in answers],
                        [[(*record, 0, 0) for record in answer.deliveries] for answer in answers],
                        _messages(self.program, self.observer.opaque)).trace(self.program, self.observer.description())
        if trace is None:
            raise RulingError(f"{self.place}: no device could answer so")
        return Trace(trace, self.program, self.observer.readings)


def _cites(said: str | None) -> str:
    return said if said == "permits it" else f"cites {said or 'no clause'}"


def _messages(program: Program, opaque: bool) -> bytes:
    """What makes each message of each function, in wire form: any bytes, as long as no two are the same.

    Data differs too, and the addresses need more than 32 bits, so that no part alone tells a message.
    """
    configure = program.operation(0)
    flags = int(_abi.IRQCTS_MESSAGE_OPAQUE) if opaque else 0
    counts = [configure.message] + [configure.control] * configure.value
    functions = [struct.pack("<I", count) + b"".join(
        _MESSAGE.pack(message_address(function, message), message_data(function, message), flags)
        for message in range(count)) for function, count in enumerate(counts)]
    return struct.pack("<I", len(counts)) + b"".join(functions)


def message_address(function: int, message: int) -> int:
    return 0x1_0000_0000 * (1 + message % 2) + 0x10_0000 * function + 0x10 * message


def message_data(function: int, message: int) -> int:
    return 0x4000_0000 + 0x1_0000 * function + message


# --- reading -------------------------------------------------------------------------------------


def read(path: Path) -> list[Ruling]:
    """The rulings of one file; raises RulingError."""
    blocks: list[tuple[int, list[str]]] = []
    lines = path.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, 1):
        text = line.partition("#")[0].rstrip()
        if text.startswith("ruling "):
            blocks.append((number, [text]))
        elif blocks:
            blocks[-1][1].append(text.strip())
        elif text:
            raise RulingError(f"{path.name}:{number}: a ruling begins with \"ruling CLAUSE: what it says\"")
    return [_Reader(path.name, number, block).ruling() for number, block in blocks]


def every(folder: Path | None = None) -> list[Ruling]:
    """All rulings, in the order of the files' names."""
    found = [ruling for path in sorted((folder or layout().rulings).glob("*.txt")) for ruling in read(path)]
    ids = [ruling.id for ruling in found]
    twice = {each for each in ids if ids.count(each) > 1}
    if twice:
        raise RulingError(f"two rulings are called {min(twice)!r}")
    return found


class _Reader:
    """Reads one ruling; every error names its line."""

    def __init__(self, file: str, first: int, lines: Sequence[str]) -> None:
        self.file, self.first, self.lines = file, first, lines
        self.line = first

    def ruling(self) -> Ruling:
        try:
            return self._ruling()
        except (RulingError, ProgramError, LibraryError) as error:
            raise RulingError(f"{self.file}:{self.line}: {error}") from None

    def _ruling(self) -> Ruling:
        head = _HEAD.fullmatch(self.lines[0])
        if head is None:
            raise RulingError("a ruling begins with \"ruling CLAUSE: what it says\"")
        clause = self._clause(head["clause"])
        observer = Observer()
        steps: list[str] = []
        asides: list[tuple[int, int, str]] = []  # line, step, text
        for number, line in enumerate(self.lines[1:], self.first + 1):
            self.line = number
            keyword, *words = line.split()[:1] + line.replace(",", " ").split()[1:] if line else [""]
            if keyword in ("without", "property", "stimulus", "reading") and not steps:
                observer.set(keyword, words)
            elif line == "opaque" and not steps:
                observer.opaque = True
            elif keyword in ("or", "not", "unseen", "enforces", "leaves"):
                asides.append((number, len(steps) - 1, line))
            elif line:
                self._program([*steps[:1], line])  # read alone, so that a mistake is told with its place
                steps.append(line)
        program = self._program(steps)
        answers = [self._answer(program, index) for index in range(len(program))]
        ruling = Ruling(clause, head["sentence"], f"{self.file}:{self.first}", program, answers, observer)
        for number, step, text in asides:
            self.line = number
            if step < 1:
                raise RulingError(f"{text!r} stands before the step that it is about")
            keyword, *words = text.replace(",", " ").split()
            if keyword in ("enforces", "leaves"):
                ruling.enforced.append(Enforced(step, tuple(map(self._clause, words)), keyword == "enforces"))
            else:
                ruling.forks.append(self._fork(program, steps, step, text))
        self.line = self.first
        if not ruling.forks and not ruling.enforced and not any(answer.breaks for answer in answers):
            raise RulingError("a ruling says of some answer that it is permitted or forbidden, or what is enforced")
        return ruling

    @staticmethod
    def _clause(identifier: str) -> str:
        if identifier not in specification.clauses():
            raise RulingError(f"there is no clause {identifier!r}{specification.nearest(identifier)}")
        return identifier

    @staticmethod
    def _program(steps: Sequence[str]) -> Program:
        try:
            return Program.from_text("\n".join(["irqcts-program 1", *steps, ""]))
        except ProgramError as error:
            raise RulingError(re.sub(r"^line \d+, ", "", str(error))) from None

    @staticmethod
    def _answer(program: Program, index: int) -> Answer:
        """What is stated of a step, taken as what the device answered."""
        stated, kinds = program.expectation(index), _abi.irqcts_operation_kind
        kind = program.operation(index).kind
        status = stated.status if stated.flags & _FLAG.IRQCTS_EXPECTS_STATUS else 0
        if stated.flags & _FLAG.IRQCTS_EXPECTS_REFUSAL:
            raise RulingError(f"{program.step_text(index)}: say which status the device answers")
        reads = kind in (kinds.IRQCTS_OPERATION_TABLE_READ, kinds.IRQCTS_OPERATION_PBA_READ,
                         kinds.IRQCTS_OPERATION_CAPABILITY_READ, kinds.IRQCTS_OPERATION_CONFIG_READ,
                         kinds.IRQCTS_OPERATION_GET_ENTRY, kinds.IRQCTS_OPERATION_GET_SIZE)
        if status == 0 and reads and not stated.flags & _FLAG.IRQCTS_EXPECTS_VALUE:
            raise RulingError(f"{program.step_text(index)}: say which value is read: => value=X")
        if status == 0 and kind == kinds.IRQCTS_OPERATION_POLL and not stated.flags & _FLAG.IRQCTS_EXPECTS_DELIVERIES:
            raise RulingError("poll: say what arrived: => none, or => M:COUNT")
        deliveries = program.stated_deliveries(stated)
        if any(least != most for _, _, least, most in deliveries):
            raise RulingError(f"{program.step_text(index)}: say exactly how often a message arrived")
        return Answer(status, stated.value, tuple((function, message, most) for function, message, _, most in deliveries),
                      specification.by_number().get(stated.clause, ""))

    def _fork(self, program: Program, steps: Sequence[str], step: int, text: str) -> Fork:
        found = _FORK.fullmatch(text)
        assert found is not None
        verdict, answer = _VERDICTS[found["verdict"]], found["answer"]
        named = _CLAUSE.search(answer)
        clause = self._clause(named["clause"]) if named else ""
        if bool(named) != (verdict == FORBIDDEN):
            raise RulingError(f"{text!r}: what is forbidden, and only that, names the clause, in brackets at the end")
        answer = answer[:named.start()] if named else answer
        bare = program.step_text(step)
        alone = self._program([steps[0].partition("=>")[0], f"{bare} => {answer}"])
        return Fork(step, answer, self._answer(alone, 1), verdict, clause)
