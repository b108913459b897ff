# SPDX-License-Identifier: Apache-2.0
"""A mutant, what became of it, and the arguments for those that no test can tell from the original."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Iterator, Sequence


#: What is mutated.
SETS = ("emulator", "oracle", "backends")
#: The argument for a mutant that building.same_code() proves to be none.
SAME_CODE = "An optimising compiler turns it into the same machine code as the original."


class EquivalentsError(ValueError):
    """The file of arguments says something that is not so."""


@dataclass(frozen=True)
class Shares:
    """Which programs judge."""

    scenarios: bool = True
    generated: bool = True

    def __iter__(self) -> Iterator[str]:
        return iter([name for name in ("scenarios", "generated") if getattr(self, name)])


@dataclass(frozen=True)
class Killer:
    """What a mutant did not pass first."""

    test: str
    clause: str
    share: str  # "scenarios" or "generated"
    verdict: str  # FAIL, CRASH or TIMEOUT
    why: str
    time_ms: float  # processor time from the first program to this verdict

    def as_json(self) -> dict[str, Any]:
        return {"test": self.test, "clause": self.clause or None, "share": self.share, "verdict": self.verdict,
                "why": self.why, "time_ms": round(self.time_ms, 3)}


@dataclass
class Mutant:
    """One faulty implementation and what became of it."""

    kind: str  # its set: "emulator", "oracle" or "backends"
    id: str
    source: str
    description: str
    clauses: tuple[str, ...]  # that it breaks, as its author says; none of a mutant that a tool made
    options: str = ""
    shares: dict[str, Killer] = field(default_factory=dict)
    killing_tests: list[str] = field(default_factory=list)
    killing_clauses: set[str] = field(default_factory=set)
    program: str | None = None  # the shortest that shows a survivor
    argument: str | None = None  # why it is equivalent

    @property
    def killed(self) -> bool:
        return bool(self.shares)

    @property
    def verdict(self) -> str:
        return "killed" if self.killed else "equivalent" if self.argument is not None else "survived"

    @property
    def killed_by(self) -> Killer | None:
        """Scenarios are asked before generated programs."""
        return self.shares.get("scenarios") or self.shares.get("generated")

    def as_json(self) -> dict[str, Any]:
        killer = self.killed_by
        return {
            "set": self.kind, "id": self.id, "source": self.source, "description": self.description,
            "clauses": list(self.clauses), "options": self.options, "verdict": self.verdict,
            "killed_by": killer.as_json() if killer is not None else None,
            "time_ms": round(killer.time_ms, 3) if killer is not None else None,
            "shares": {name: killer.as_json() for name, killer in self.shares.items()},
            "killing_tests": len(self.killing_tests), "killing_clauses": sorted(self.killing_clauses - {""}),
            "program": self.program, "argument": self.argument,
        }


def argue(mutants: Sequence[Mutant], path: Path, whole: bool) -> None:
    """Gives survivors the arguments of the checked-in file.

    An entry about a mutant that is killed is an error: it was argued wrongly.  So is one about a mutant that
    does not exist, when `whole` says that every mutant of its set was made.
    """
    if not path.exists():
        return  # another folder of suites, which argues nothing
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise EquivalentsError(f"{path}: {error}") from error
    sets = {mutant.kind for mutant in mutants}
    argued: set[tuple[str, str]] = set()
    by_id = {(mutant.kind, mutant.id): mutant for mutant in mutants}
    for name, entries in said.items():
        if name not in SETS:
            raise EquivalentsError(f"{path}: there is no set of mutants {name!r}")
        if name not in sets:
            continue
        for entry in entries:
            if set(entry) != {"ids", "argument"} or not entry["ids"] or not str(entry["argument"]).strip():
                raise EquivalentsError(f"{path}: an entry has ids and an argument, and nothing else: {entry}")
            for identifier in entry["ids"]:
                mutant = by_id.get((name, identifier))
                if mutant is None:
                    if whole:
                        raise EquivalentsError(f"{path}: there is no {name} mutant {identifier!r}; take the entry out, "
                                               "or argue anew for what the mutant has become")
                elif mutant.killed:
                    killer = mutant.killed_by
                    raise EquivalentsError(f"{path}: the {name} mutant {identifier!r} is argued to be equivalent, and "
                                           f"{killer.test if killer else 'a test'} kills it; take the entry out")
                if (name, identifier) in argued:
                    raise EquivalentsError(f"{path}: two arguments for the {name} mutant {identifier!r}")
                argued.add((name, identifier))
                if mutant is not None and mutant.argument is None:  # not proved already, by the compiler at hand
                    mutant.argument = str(entry["argument"]).strip()
