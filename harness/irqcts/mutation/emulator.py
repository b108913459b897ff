# SPDX-License-Identifier: Apache-2.0
"""The emulator's fault table as mutants."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from typing import Any, Callable, Sequence

from ..agent import BackendChoice
from ..paths import layout
from ..program import Program
from ..specification import by_number
from . import distinguish, generated, jobs
from .cases import Case, CollectionError, collect
from .inprocess import InProcess, load
from .mutants import Killer, Mutant, Shares
from .scenarios import Player

Report = Callable[[str, int, int], None]  # what is being done, done, of how many


class FaultsError(ValueError):
    """A fault that the table does not have, or a table that cannot be read."""


@dataclass(frozen=True)
class Table:
    faults: list[dict[str, str]]
    unexpressed: list[dict[str, str]]


def table() -> Table:
    """The table that the built emulator prints of itself."""
    program = layout().agent.parent / "irqcts-emulator-faults"
    try:
        said = subprocess.run([str(program)], capture_output=True, text=True, timeout=30, check=True).stdout
        rows = json.loads(said)["faults"]
    except (OSError, subprocess.SubprocessError, ValueError, KeyError) as error:
        raise FaultsError(f"cannot read the fault table from {program}: {error}; build the tree first") from error
    return Table([row for row in rows if "unexpressed" not in row], [row for row in rows if "unexpressed" in row])


def chosen(faults: Sequence[dict[str, str]], ids: Sequence[str]) -> list[dict[str, str]]:
    """The faults of these ids; all when none is named."""
    known = {fault["id"]: fault for fault in faults}
    for each in ids:
        if each not in known:
            raise FaultsError(f"there is no fault {each!r}; irqcts-emulator-faults lists them")
    return [known[each] for each in dict.fromkeys(ids)] if ids else list(faults)


def options_of(fault: dict[str, str]) -> str:
    return ",".join(part for part in (f"fault={fault['id']}" if fault["id"] else "", fault["options"]) if part)


class Scoring:
    """Plays scenarios and generated programs on faulty emulators, each in a process of its own."""

    def __init__(self, workers: int, shares: Shares, report: Report) -> None:
        self.workers, self.shares, self.report = workers, shares, report
        self.report("collecting the suites' programs", 0, 0)
        self.cases: list[Case] = collect(BackendChoice("emulator")) if shares.scenarios else []
        by_number()  # read here once and not by every child
        self.interface = load("emulator")
        with InProcess(self.interface) as device:
            self.complete = generated.Complete.make(device.record, 0)

    def _work(self, fault: dict[str, str], share: str) -> Callable[[jobs.Note], Any]:
        def scenarios(note: jobs.Note) -> Any:
            with InProcess(self.interface, options_of(fault)) as device:
                return Player(device).play(self.cases, note)

        def programs(note: jobs.Note) -> Any:
            with InProcess(self.interface, options_of(fault)) as device:
                return generated.play(device, self.complete, note)

        return scenarios if share == "scenarios" else programs

    def check_unfaulted(self, faults: Sequence[dict[str, str]]) -> None:
        """The right device passes everything, with each set of options that a fault is planted with."""
        right = [{"id": "", "options": options} for options in dict.fromkeys(["", *(f["options"] for f in faults)])]
        work = [jobs.Job((each["options"], share), self._work(each, share)) for each in right for share in self.shares]
        for ended in jobs.run(work, self.workers):
            options, share = ended.key
            if ended.verdict:
                raise CollectionError(f"false alarm: the unfaulted emulator ({options or 'no options'}) ends the "
                                      f"{share} with {ended.verdict}: {ended.why}")
            kills = ended.result["kills"] if share == "scenarios" else ended.result
            undecided = ended.result["inconclusive"] + ended.result["broken"] if share == "scenarios" else []
            if kills:
                raise CollectionError(f"false alarm: the unfaulted emulator ({options or 'no options'}) does not pass "
                                      f"{self._name(share, kills[0][0])}: {kills[0][2]}")
            if undecided:
                raise CollectionError(f"the unfaulted emulator ({options or 'no options'}) leaves "
                                      f"{self._name(share, undecided[0])} undecided")

    def _name(self, share: str, what: Any) -> str:
        if share == "scenarios":
            test: str = self.cases[what].test
            return test
        return what if isinstance(what, str) else generated.name_of(what, self.complete)

    def run(self, faults: Sequence[dict[str, str]]) -> list[Mutant]:
        """Every fault, judged by each share."""
        self.report("the unfaulted emulator", 0, 0)
        self.check_unfaulted(faults)
        mutants = {fault["id"]: Mutant("emulator", fault["id"], fault["source"], fault["description"],
                                       (fault["clause"],), options=fault["options"]) for fault in faults}
        work = [jobs.Job((fault["id"], share), self._work(fault, share)) for fault in faults for share in self.shares]
        for done, ended in enumerate(jobs.run(work, self.workers), 1):
            identifier, share = ended.key
            self._take(mutants[identifier], share, ended)
            self.report("faulty emulators", done, len(work))
        survivors = [fault for fault in faults if not mutants[fault["id"]].killed]
        looks = [jobs.Job(fault["id"], self._difference(fault)) for fault in survivors]
        for done, ended in enumerate(jobs.run(looks, self.workers), 1):
            mutants[ended.key].program = ended.result
            self.report("survivors", done, len(looks))
        return list(mutants.values())

    def _take(self, mutant: Mutant, share: str, ended: jobs.Ended) -> None:
        if ended.verdict:  # crashed or hung: whatever it was at has ended in that verdict
            case = self.cases[ended.position] if share == "scenarios" else None
            mutant.shares[share] = Killer(self._name(share, ended.position),
                                          case.clauses[0] if case is not None and case.clauses else "", share,
                                          ended.verdict, ended.why, ended.nanoseconds / 1e6)
            mutant.killing_tests.append(mutant.shares[share].test)
            return
        kills = ended.result["kills"] if share == "scenarios" else ended.result
        for what, clause, why, nanoseconds in kills:
            killer = Killer(self._name(share, what), clause, share, "FAIL", why, nanoseconds / 1e6)
            mutant.shares.setdefault(share, killer)
            mutant.killing_tests.append(killer.test)
            mutant.killing_clauses.add(clause)

    def _difference(self, fault: dict[str, str]) -> Callable[[jobs.Note], str | None]:
        """The shortest program that shows a surviving fault; from the table's own, which shows it."""

        def look(note: jobs.Note) -> str | None:
            right = {"id": "", "options": fault["options"]}
            with InProcess(self.interface, options_of(right)) as one, \
                    InProcess(self.interface, options_of(fault)) as other:
                candidates = [Program.from_text(fault["program"])]
                candidates += [play.program for case in self.cases for play in case.plays]
                return distinguish.shortest(one.execute, other.execute, candidates)

        return look
