# SPDX-License-Identifier: Apache-2.0
"""Declared deviations: a FAIL that is known, reasoned and replayable becomes WAIVED, and only that one.

The file (TOML, docs/deviations.md) is strict: an entry that is unknown, misspelt, expired or never
matched is an error, and an entry whose tests pass is XPASS.
"""

from __future__ import annotations

import datetime
import fnmatch
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Iterable

from . import host, specification
from .program import Program, ProgramError
from .verdict import Verdict

_REQUIRED = {"identity", "reason", "reference", "program"}
_OPTIONAL = {"clause", "test", "expires"}


class DeviationsError(ValueError):
    """The file cannot be used as it is; the text names the file, the entry and what to change."""


@dataclass
class Deviation:
    """One entry.  `clause` or `test`, exactly one of them."""

    number: int
    identity: str
    reason: str
    reference: str
    program: Path
    clause: str | None = None
    test: str | None = None
    expires: datetime.date | None = None
    waived: list[str] = field(default_factory=list)
    passed: list[str] = field(default_factory=list)

    @property
    def subject(self) -> str:
        return self.clause or self.test or ""

    def as_json(self) -> dict[str, Any]:
        return {"entry": self.number, "backend": self.identity, "clause": self.clause, "test": self.test,
                "reason": self.reason, "reference": self.reference, "program": str(self.program),
                "expires": self.expires.isoformat() if self.expires else None}


class Deviations:
    """The entries that are about one backend identity; see `load`."""

    def __init__(self, path: Path | None = None, entries: Iterable[Deviation] = (),
                 elsewhere: Iterable[Deviation] = ()) -> None:
        self.path = path
        self.entries = list(entries)
        #: Entries about other backends; a run names them, so that a misspelt pattern is seen.
        self.elsewhere = list(elsewhere)

    def _matching(self, record: dict[str, Any]) -> list[Deviation]:
        return [entry for entry in self.entries
                if entry.test == record["id"] or (entry.clause is not None and entry.clause in record["clauses"])]

    def apply(self, record: dict[str, Any]) -> None:
        """Changes the verdict of one test record where an entry is about exactly that."""
        verdict = record["verdict"]
        if verdict == Verdict.FAIL:
            failed = _failed_clauses(record)
            for entry in self.entries:
                if entry.test == record["id"] or (entry.clause is not None and entry.clause in failed):
                    entry.waived.append(record["id"])
                    record["verdict"] = Verdict.WAIVED.value
                    record["waiver"] = entry.as_json()
                    return
            return
        if verdict != Verdict.PASS:
            return
        for entry in self._matching(record):
            entry.passed.append(record["id"])
            if entry.test is not None:
                record["verdict"] = Verdict.XPASS.value
                record["waiver"] = entry.as_json()
                record["attribution"] = {"cause": "device", "why": f"deviation {entry.number} of {self.path} says "
                                         "that this test fails, and it passes: remove the entry"}

    def closing_records(self, whole_suite: bool) -> list[dict[str, Any]]:
        """What the run has to say about entries once it has ended.

        An entry for a clause that waived nothing while tests of that clause passed is an XPASS of its
        own; one that nothing ran for is an ERROR when the whole suite ran.
        """
        records: list[dict[str, Any]] = []
        for entry in self.entries:
            if entry.waived or (entry.test is not None and entry.passed):
                continue
            verdict, why = Verdict.ERROR, (f"deviation {entry.number} of {self.path} ({entry.subject}) matched no "
                                           "test that was judged: correct or remove it")
            if entry.passed:
                verdict, why = Verdict.XPASS, (f"deviation {entry.number} of {self.path} says that {entry.subject} "
                                               f"deviates, and {len(entry.passed)} tests of it pass: remove the entry")
            elif not whole_suite:
                continue
            family = entry.clause.split("-")[0] if entry.clause else "DEVIATIONS"
            records.append({
                "type": "test", "id": f"deviations/{entry.number}", "verdict": verdict.value,
                "clauses": [entry.clause] if entry.clause else [], "duration_s": 0.0, "family": family,
                "title": f"Deviation {entry.number}: {entry.subject}",
                "attribution": {"cause": "suite", "why": why}, "evidence": entry.passed[:20], "programs": [],
                "covered": [], "waiver": entry.as_json(),
            })
        return records


def _failed_clauses(record: dict[str, Any]) -> set[str]:
    """Clauses at the first divergence of each program; a test about one clause fails that one."""
    found = set()
    for program in record.get("programs", ()):
        first = program.get("first_divergence")
        if first is not None and program["steps"][first]["clause"]:
            found.add(program["steps"][first]["clause"])
    if len(record["clauses"]) == 1:
        found.add(record["clauses"][0])
    return found


def load(path: Path, identity: str, tests: Iterable[str] | None = None,
         today: datetime.date | None = None) -> Deviations:
    """Reads and checks the whole file; keeps the entries whose pattern matches `identity`.

    `tests`: the ids that exist, to refuse misspelt ones (None: not known here).
    """
    today = today or datetime.date.today()
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DeviationsError(f"{path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DeviationsError(f"{path}: {error}") from error
    raw = document.pop("deviation", [])
    if document:
        raise DeviationsError(f"{path}: there is no key {_listed(document)}; only [[deviation]] belongs here")
    if not isinstance(raw, list) or not raw:
        raise DeviationsError(f"{path}: it has no [[deviation]]")
    known_tests = set(tests) if tests is not None else None
    entries = [_entry(path, number, each, known_tests, today) for number, each in enumerate(raw, 1)]
    seen: dict[tuple[str, str], int] = {}
    for entry in entries:
        first = seen.setdefault((entry.identity, entry.subject), entry.number)
        if first != entry.number:
            raise DeviationsError(f"{path}: deviation {entry.number} says the same as deviation {first}")
    matching = [entry for entry in entries if fnmatch.fnmatchcase(identity, entry.identity)]
    if not matching:
        raise DeviationsError(f"{path}: no entry is about this backend, \"{identity}\"; correct its pattern or leave "
                              "the file out")
    return Deviations(path, matching, [entry for entry in entries if entry not in matching])


def _listed(keys: Iterable[str]) -> str:
    return ", ".join(sorted(keys))


def _entry(path: Path, number: int, raw: Any, tests: set[str] | None, today: datetime.date) -> Deviation:
    where = f"{path}: deviation {number}"
    if not isinstance(raw, dict):
        raise DeviationsError(f"{where}: not a table")
    missing, unknown = _REQUIRED - set(raw), set(raw) - _REQUIRED - _OPTIONAL
    if unknown:
        raise DeviationsError(f"{where}: there is no key {_listed(unknown)}; an entry has "
                              f"{_listed(_REQUIRED)}, either clause or test, and may have expires")
    if missing:
        raise DeviationsError(f"{where}: it lacks {_listed(missing)}")
    if ("clause" in raw) == ("test" in raw):
        raise DeviationsError(f"{where}: name either a clause or a test")
    for key in set(raw) - {"expires"}:
        if not isinstance(raw[key], str) or not raw[key].strip():
            raise DeviationsError(f"{where}: {key} is not a text, or empty")
    if "clause" in raw and raw["clause"] not in specification.clauses():
        raise DeviationsError(f"{where}: there is no clause {raw['clause']!r}{specification.nearest(raw['clause'])}")
    if "test" in raw and tests is not None and raw["test"] not in tests:
        raise DeviationsError(f"{where}: there is no test {raw['test']!r}; {host.COMMAND} list tests shows all")
    expires = raw.get("expires")
    if expires is not None:
        if not isinstance(expires, datetime.date) or isinstance(expires, datetime.datetime):
            raise DeviationsError(f"{where}: expires is a date, as in expires = 2027-06-30")
        if expires < today:
            raise DeviationsError(f"{where}: it expired on {expires}; mend the device or renew the entry")
    program = (path.parent / raw["program"]).resolve()
    try:
        Program.from_text(program.read_text(encoding="utf-8"))
    except OSError as error:
        raise DeviationsError(f"{where}: program {program}: {error.strerror}") from error
    except (ProgramError, UnicodeDecodeError) as error:
        raise DeviationsError(f"{where}: program {program}: {error}") from error
    return Deviation(number=number, identity=raw["identity"], reason=raw["reason"], reference=raw["reference"],
                     program=program, clause=raw.get("clause"), test=raw.get("test"), expires=expires)
