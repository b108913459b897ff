# SPDX-License-Identifier: Apache-2.0
"""A run with every verdict, as the harness would write it, for the tests and for looking at the pages.

    python3 reports/tests/sample.py DIR    writes DIR/results.jsonl
"""
from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Iterable

VERDICTS = ("PASS", "FAIL", "WAIVED", "XPASS", "NOT_APPLICABLE", "NOT_TESTED", "INCONCLUSIVE", "ERROR", "TIMEOUT",
            "CRASH", "MISS")
CLAUSES = {
    "ROUTE-DEFAULT-IDENTITY": ("M", ["W"], "After start, entry i is assigned message i for every i < min(N, M)."),
    "ROUTE-GET-SIZE": ("R", ["W"], "GetTableSize returns N."),
    "PEND-SET": ("M", ["P"], "Event while Enable = 1 and effectively masked: Pending becomes 1, no message."),
    "PEND-RELEASE": ("M", ["P"], "Effective mask 1 to 0 with Pending = 1: one message, Pending cleared."),
    "PEND-COALESCE": ("M", ["P"], "Further events while Pending = 1 leave one pending bit and one message."),
    "CAP-HEADER": ("M", ["P"], "Capability ID is 0x11."),
    "CAP-RESERVED": ("S", ["P?"], "Reserved bits of Message Control read 0 & ignore writes < > \" '."),
    "RESET-FLR": ("M", ["P", "K"], "A function level reset clears Enable, sets every mask, clears every pending bit."),
    "SAVE-RESTORE-EQUAL": ("M", ["X"], "After restore, the state equals the state saved."),
    "VFIO-MMAP": ("U", ["K"], "Whether the table can be mapped is left open."),
}
PROGRAM = """irqcts-program 1
configure entries=4 messages=2
table-write 0.address-low message=0
table-write 0.data message=0
enable on
raise 0
poll => none [PEND-SET]
unmask 0
poll => 0:1 [PEND-RELEASE]
"""


def run_record(selected: Iterable[str] = (), **changes: Any) -> dict[str, Any]:
    return {
        "type": "run", "schema": 1,
        "suite": {"version": "0.1.0", "commit": "0123456789abcdef0123456789abcdef01234567", "dirty": False,
                  "digest": "a6e690bb1c28148e"},
        "spec": {"digest": "825a13702d074008", "clauses": len(CLAUSES)}, "seed": 1,
        "backend": {"name": "qemu", "device": "rocker", "driver": "qtest", "identity": "qemu: rocker, QEMU 7.2.22",
                    "choice": "qemu:device=rocker", "operations": ["configure", "poll", "raise"],
                    "observations": ["deliveries", "pba", "table"], "properties": ["synchronous"], "stimulus": "device",
                    "reset_kinds": ["conventional"], "entries_max": 256, "messages_max": 256, "settle_ns": 1000,
                    "geometry": {"table_bar": 1, "table_offset": 0, "pba_bar": 1, "pba_offset": 2048}},
        "shard": None, "selection": {"clauses": [], "tests": [], "keyword": None}, "selected": sorted(selected),
        "environment": {"system": "Debian GNU/Linux 12 (bookworm)", "kernel": "6.1.0", "machine": "x86_64",
                        "processors": 8, "python": "3.11.2", "interpreter": "/usr/bin/python3"},
        "deviations": None, "started": "2026-01-02T03:04:05+00:00",
        "clauses": {i: {"family": i.split("-")[0], "level": level, "basis": basis, "text": text, "views": ["register"],
                        "observables": ["deliveries"]} for i, (level, basis, text) in CLAUSES.items()},
        **changes,
    }


def step(operation: str, expected: str, observed: str, reason: str = "", clause: str | None = None) -> dict[str, Any]:
    return {"operation": operation, "expected": expected, "observed": observed, "divergent": bool(reason),
            "reason": reason, "clause": clause}


def failing_program() -> dict[str, Any]:
    steps = [step("configure entries=4 messages=2", "any status", "ok"),
             step("table-write 0.address-low message=0", "ok", "ok", clause="PEND-SET"),
             step("table-write 0.data message=0", "ok", "ok"), step("enable on", "ok", "ok"),
             step("raise 0", "ok", "ok"),
             step("poll", "no message", "no message", clause="PEND-SET"), step("unmask 0", "ok", "ok"),
             step("poll", "message 0 once", "message 0 twice", "message 0 arrived twice instead of once (PEND-RELEASE)",
                  "PEND-RELEASE")]
    return {"text": PROGRAM, "replay": "./irqcts replay --backend qemu:device=rocker programs/test_released.txt",
            "steps": steps, "first_divergence": 7}


def test_record(identifier: str, verdict: str, clauses: Iterable[str] = (), **changes: Any) -> dict[str, Any]:
    """One test; what its verdict implies is filled in."""
    named = list(clauses)
    cause = {"FAIL": "device", "XPASS": "suite", "WAIVED": "device", "NOT_APPLICABLE": "device",
             "NOT_TESTED": "backend", "CRASH": "backend", "TIMEOUT": "backend"}.get(verdict, "environment")
    waiver = {"entry": 1, "backend": "qemu: rocker*", "clause": None, "test": identifier,
              "reason": "rocker sends twice", "reference": "hw/net/rocker/rocker_desc.c", "program": "released.txt",
              "expires": None}
    programs = [failing_program()] if verdict in ("FAIL", "WAIVED") else []
    if verdict in ("CRASH", "TIMEOUT"):
        programs = [{"text": PROGRAM, "steps": [], "first_divergence": None}]
    return {
        "type": "test", "id": identifier, "verdict": verdict, "clauses": named, "duration_s": 0.0021,
        "family": named[0].split("-")[0] if named else "RUN", "title": f"What {identifier} shows.",
        "attribution": None if verdict == "PASS" else {"cause": cause, "why": f"why {identifier} is {verdict}"},
        "evidence": [f"evidence of {identifier}"] if verdict.startswith("NOT_") else [], "programs": programs,
        "covered": named if verdict == "PASS" else [], "waiver": waiver if verdict in ("WAIVED", "XPASS") else None,
        **changes,
    }


def end_record(tests: Iterable[dict[str, Any]], **changes: Any) -> dict[str, Any]:
    counts = {verdict: 0 for verdict in VERDICTS}
    for test in tests:
        counts[test["verdict"]] += 1
    return {"type": "end", "counts": counts, "exit_status": 1, "interrupted": False, **changes}


def write(folder: Path, records: Iterable[dict[str, Any]]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(record, ensure_ascii=False) + "\n" for record in records]
    (folder / "results.jsonl").write_text("".join(lines), encoding="utf-8", newline="\n")
    return folder


def whole_run(tests: list[dict[str, Any]], **changes: Any) -> list[dict[str, Any]]:
    return [run_record([test["id"] for test in tests], **changes), *tests, end_record(tests)]


def every_verdict() -> list[dict[str, Any]]:
    """One test per verdict, each of a clause of its own as far as there are some."""
    names = list(CLAUSES)
    return [test_record(f"test_all.py::test_{verdict.lower()}", verdict, [names[number % len(names)]])
            for number, verdict in enumerate(VERDICTS)]


def rich() -> list[dict[str, Any]]:
    """Something like a real run: many passes, a few of everything, latencies."""
    tests = every_verdict()
    for number in range(240):
        clause = list(CLAUSES)[number % 8]
        tests.append(test_record(f"test_{clause.split('-')[0].lower()}.py::test_many[{number}]", "PASS", [clause],
                                 duration_s=0.0004 * 1.03 ** (number % 157)))
    tests[0]["latencies_ns"] = {"0": [900 + 37 * (i * i % 101) for i in range(400)],
                                "vf0.1": [2500 + 61 * (i * i % 89) for i in range(300)]}
    return whole_run(tests, deviations="deviations/qemu.toml")


if __name__ == "__main__":
    write(Path(sys.argv[1]), rich())
