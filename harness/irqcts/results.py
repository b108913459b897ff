# SPDX-License-Identifier: Apache-2.0
"""results.jsonl: the one log of a run, appended and flushed record by record.

First {"type": "run", …}, then a {"type": "test", …} for each selected test, last {"type": "end", …}.
A log whose last line is torn, or that has no end, is what a killed run leaves; it can be resumed.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Iterable, Mapping, Sequence

from . import host
from .verdict import Verdict, empty_counts, exit_status

SCHEMA = 1
LOG = "results.jsonl"


class ResultsError(ValueError):
    """A run folder that cannot be written, read, resumed or merged."""


def _line(record: dict[str, Any]) -> str:
    """One line of the log; what a device said may hold halves of characters, which UTF-8 cannot."""
    return json.dumps(record, ensure_ascii=False).encode("utf-8", "backslashreplace").decode() + "\n"


#: What stays the same when a run is resumed, and where its record has it.
JUDGES = {"suite": ("suite", "digest"), "specification": ("spec", "digest")}
RESUMED = {**JUDGES, "backend": ("backend", "identity"), "shard": ("shard",), "seed": ("seed",)}


def same(folder: Path, before: Any, now: Any, what: Mapping[str, Sequence[str]]) -> None:
    """ResultsError when two records of a run are not of the same."""
    for name, keys in what.items():
        old, new = at(before, keys), at(now, keys)
        if old != new:
            raise ResultsError(f"{folder}: it was run with another {name} ({old}, now {new}); start a new run")


@dataclass
class Log:
    """Writes one run's log.  `counts` follows what was written."""

    folder: Path
    counts: dict[str, int] = field(default_factory=empty_counts)
    ids: set[str] = field(default_factory=set)
    replay_prefix: str = f"{host.COMMAND} replay"
    _stream: Any = None

    @classmethod
    def create(cls, folder: Path, run: dict[str, Any]) -> Log:
        if os.path.exists(folder / LOG):  # False also where this user may not look; opening it says so
            raise ResultsError(f"{folder} already holds a run; name another folder, or continue it with --resume")
        log = cls(folder)
        log._open("x")
        log.write(run)
        return log

    @classmethod
    def resume(cls, folder: Path, run: dict[str, Any]) -> Log:
        """Continues a log: whole records of judged tests stay, everything else is done again."""
        before, tests = read(folder)
        same(folder, before, run, RESUMED)
        log = cls(folder)
        temporary = folder / (LOG + ".resumed")
        try:
            with temporary.open("w", encoding="utf-8") as stream:
                for record in (before, *tests.values()):
                    stream.write(_line(record))
                stream.flush()
                os.fsync(stream.fileno())
            temporary.replace(folder / LOG)
        except OSError as error:
            raise ResultsError(f"cannot write to {folder}: {error.strerror}; as its owner it can be resumed") from error
        log._open("a")
        for record in tests.values():
            log.counts[record["verdict"]] += 1
            log.ids.add(record["id"])
        return log

    def _open(self, mode: str) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._stream = (self.folder / LOG).open(mode, encoding="utf-8")
        except OSError as error:
            raise ResultsError(f"cannot write to {self.folder}: {error.strerror}; name another folder with --out") from error

    def write(self, record: dict[str, Any]) -> None:
        try:
            self._stream.write(_line(record))
            self._stream.flush()
        except OSError as error:
            raise ResultsError(f"cannot write to {self.folder}: {error.strerror}") from error

    def test(self, record: dict[str, Any]) -> None:
        """Writes a test's record; programs are put beside the log so that they can be replayed."""
        backend = record.pop("backend", None)
        for number, program in enumerate(record["programs"]):
            name = re.sub(r"[^A-Za-z0-9.-]+", "_", record["id"].split("::", 1)[-1])[:120]
            path = self.folder / "programs" / f"{name}{'-' + str(number) if number else ''}.txt"
            path.parent.mkdir(exist_ok=True)
            path.write_text(program["text"], encoding="utf-8")
            program["replay"] = f"{self.replay_prefix} {host.quoted('--backend', str(backend), str(path))}"
        self.counts[record["verdict"]] += 1
        self.ids.add(record["id"])
        self.write(record)

    def end(self, interrupted: bool) -> int:
        status = exit_status(self.counts)
        self.write({"type": "end", "counts": self.counts, "exit_status": status, "interrupted": interrupted})
        self._stream.close()
        return status


def at(record: Any, keys: Sequence[str]) -> Any:
    """A value of nested objects; None where there is none."""
    for key in keys:
        record = record.get(key) if isinstance(record, dict) else None
    return record


def read(folder: Path) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """The run record and the last record of each judged test; a torn last line is left out."""
    try:
        # By newline bytes: text may hold other characters that end lines, and a torn end half a character.
        lines = (folder / LOG).read_bytes().removesuffix(b"\n").split(b"\n")
    except OSError as error:
        raise ResultsError(f"{folder / LOG}: {error.strerror}; name a run folder") from error
    run: dict[str, Any] | None = None
    tests: dict[str, dict[str, Any]] = {}
    for number, line in enumerate(lines, 1):
        try:
            record = json.loads(line)
        except ValueError:
            if number == len(lines):
                break
            raise ResultsError(f"{folder / LOG}, line {number}: not a JSON object") from None
        if not isinstance(record, dict):
            raise ResultsError(f"{folder / LOG}, line {number}: not a JSON object")
        if record.get("type") == "run" and run is None:
            run = record
        elif record.get("type") == "test":
            identifier, verdict = record.get("id"), record.get("verdict")
            if not isinstance(identifier, str) or verdict not in [each.value for each in Verdict]:
                raise ResultsError(f"{folder / LOG}, line {number}: the test {identifier!r} has the verdict "
                                   f"{verdict!r}, which is none")
            if verdict != Verdict.MISS and not identifier.startswith("deviations/"):
                tests[identifier] = record
    if run is None:
        raise ResultsError(f"{folder / LOG}: it does not begin with a run's record")
    if run.get("schema") != SCHEMA:
        raise ResultsError(f"{folder / LOG}: its schema is {run.get('schema')}, this version reads {SCHEMA}")
    return run, tests


def merge(folders: Iterable[Path], out: Path) -> Log:
    """One run from the shards of it; refused unless suite, specification and backend identity agree."""
    if os.path.exists(out / LOG):
        raise ResultsError(f"{out} already holds a run; name another folder with --out")
    parts = [(folder, *read(folder)) for folder in folders]
    if len(parts) < 2:
        raise ResultsError("merging takes at least two run folders")
    if len({folder.resolve() for folder, _, _ in parts}) < len(parts):
        raise ResultsError("a run folder is named twice; shards of one run are named once each")
    first_folder, first, _ = parts[0]
    for folder, run, _ in parts[1:]:
        for what, key in (("suite", ("suite", "digest")), ("specification", ("spec", "digest")),
                          ("backend identity", ("backend", "identity")), ("seed", ("seed",))):
            if at(run, key) != at(first, key):
                raise ResultsError(f"{folder} and {first_folder} disagree about the {what} ({at(run, key)} and "
                                   f"{at(first, key)}); only shards of one run merge")
    shards: list[dict[str, int]] = [run["shard"] for _, run, _ in parts if run.get("shard")]
    if len(shards) == len(parts):
        count = {shard["count"] for shard in shards}
        present = sorted({shard["index"] for shard in shards})
        if len(count) != 1 or present != list(range(1, max(count) + 1)):
            raise ResultsError(f"the shards given are {present} of {sorted(count)}; all of one division are needed")
    log = Log.create(out, {**first, "shard": None, "merged_from": [str(folder) for folder, _, _ in parts]})
    worst: dict[str, dict[str, Any]] = {}
    for _, _, tests in parts:
        for identifier, record in tests.items():
            # A test that every shard runs counts once, with the worst that happened to it.
            if identifier not in worst or exit_status({record["verdict"]: 1}) == 1:
                worst[identifier] = record
    for record in worst.values():
        log.counts[record["verdict"]] += 1
        log.write(record)
    return log
