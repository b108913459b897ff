# SPDX-License-Identifier: Apache-2.0
"""What a test declares beside it, readable without running it: its clauses and its needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Iterable, TypeVar

from . import specification
from .description import OBSERVATIONS, OPERATIONS, STIMULI

Test = TypeVar("Test", bound=Callable[..., Any])
_CLAUSES = "irqcts_clauses"
_NEEDS = "irqcts_needs"
_MANDATORY = "irqcts_mandatory"


class DeclarationError(ValueError):
    """A declaration that names what does not exist; an error of collection."""


@dataclass(frozen=True)
class Needs:
    """The least that a test needs of a device and of a backend.

    exact: exactly `entries` entries, not at least that many.  stimulus: "device" when a loopback
    would not do, "loopback" when it would, "any" when it follows from the program.
    """

    entries: int = 1
    messages: int = 1
    vfs: int = 0
    vf_entries: int = 0
    vf_messages: int = 0
    exact: bool = False
    operations: tuple[str, ...] = ()
    observes: tuple[str, ...] = ()
    stimulus: str = "any"

    def check(self) -> None:
        """Raises DeclarationError for numbers that no device can have."""
        for what, count, among in (("entries", self.entries, self.messages),
                                   ("vf_entries", self.vf_entries, self.vf_messages)):
            if not 0 <= among <= count <= 2048:
                raise DeclarationError(f"needs {what}={count} with {among} messages: entries are 0..2048 and messages "
                                       "at most the entries")
        if not 0 <= self.vfs <= 64 or (self.vfs == 0 and self.vf_entries):
            raise DeclarationError(f"needs vfs={self.vfs}, vf_entries={self.vf_entries}: at most 64, and no entries "
                                   "without functions")


@dataclass(frozen=True)
class Shape:
    """The configuration that a test runs with; `configure` of its programs."""

    entries: int
    messages: int
    vfs: int = 0
    vf_entries: int = 0
    vf_messages: int = 0


def clauses(*identifiers: str) -> Callable[[Test], Test]:
    """The clauses that a test covers.  Without any: a test of the run itself (identity, controls)."""
    known = specification.clauses()
    for identifier in identifiers:
        if identifier not in known:
            raise DeclarationError(f"there is no clause {identifier!r}{specification.nearest(identifier)}")

    def mark(test: Test) -> Test:
        setattr(test, _CLAUSES, tuple(identifiers))
        return test

    return mark


def operation_word(name: str) -> str:
    """An operation by the builder's or the text form's name, as the text form has it."""
    word = name.replace("_", "-")
    word = {"raise-event": "raise"}.get(word, word.removesuffix("-at"))
    if word not in OPERATIONS:
        raise DeclarationError(f"there is no operation {name!r}; there are {', '.join(sorted(OPERATIONS))}")
    return word


def needs(*, entries: int | str = 1, messages: int | str = 1, vfs: int | str = 0, vf_entries: int | str = 0,
          vf_messages: int | str = 0, exact: bool = False, operations: Iterable[str] = (),
          observes: Iterable[str] = (), stimulus: str = "any") -> Callable[[Test], Test]:
    """What a test needs beyond what its programs show; see Needs.

    A number written "{name}" is the value of that parameter of a parametrized test.
    """
    seen = tuple(name.replace("_", "-") for name in observes)
    for name in seen:
        if name not in OBSERVATIONS:
            raise DeclarationError(f"there is no observation {name!r}; there are {', '.join(sorted(OBSERVATIONS))}")
    if stimulus not in ("any", *STIMULI.values()):
        raise DeclarationError(f"there is no stimulus {stimulus!r}; there are any, {', '.join(STIMULI.values())}")
    numbers = {"entries": entries, "messages": messages, "vfs": vfs, "vf_entries": vf_entries,
               "vf_messages": vf_messages}
    declared = Needs(**numbers, exact=exact, observes=seen, stimulus=stimulus,  # type: ignore[arg-type]
                     operations=tuple(operation_word(name) for name in operations))
    if all(isinstance(number, int) for number in numbers.values()):
        declared.check()

    def mark(test: Test) -> Test:
        setattr(test, _NEEDS, declared)
        return test

    return mark


def mandatory(test: Test) -> Test:
    """A test that every shard runs: identity, environment, controls, honesty of the backend."""
    setattr(test, _MANDATORY, True)
    return test


def declared_clauses(test: Any) -> tuple[str, ...] | None:
    """None: not declared at all."""
    found: tuple[str, ...] | None = getattr(test, _CLAUSES, None)
    return found


def declared_needs(test: Any) -> Needs:
    found: Needs = getattr(test, _NEEDS, Needs())
    return found


def is_mandatory(test: Any) -> bool:
    return bool(getattr(test, _MANDATORY, False))
