# SPDX-License-Identifier: Apache-2.0
"""results.jsonl record by record, each checked against the published schema."""
from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

LOG = "results.jsonl"
RECORD_TYPES = ("run", "test", "end")


class ResultsError(ValueError):
    """A log that cannot be read or does not follow its schema; the text says where."""


@cache
def schema(name: str) -> Any:
    """A published JSON schema: "results" or "summary"."""
    return json.loads((Path(__file__).parent / "schema" / f"{name}.schema.json").read_text(encoding="utf-8"))


@cache
def _validator(name: str, definition: str | None) -> Any:
    import jsonschema

    whole = schema(name)
    # One record type at a time: the errors of a choice between three say nothing about the one meant.
    one = {"$ref": f"#/definitions/{definition}", "definitions": whole["definitions"]}
    return jsonschema.Draft7Validator(whole if definition is None else one)


def validate(instance: Any, name: str, where: str, definition: str | None = None) -> None:
    """Raises ResultsError that names the place in the instance."""
    error = next(_validator(name, definition).iter_errors(instance), None)
    if error is not None:
        place = "/".join(str(part) for part in error.absolute_path)
        raise ResultsError(f"{where}: {place or 'the record'}: {error.message[:300]}")


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")


def _whole(text: str) -> str:
    """Half a surrogate pair cannot be written to any file; a device may still have sent one."""
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return value if value.isascii() else _whole(value)
    if isinstance(value, list):
        return [_clean(each) for each in value]
    if isinstance(value, dict):
        return {_clean(key): _clean(each) for key, each in value.items()}
    return value


def read_records(folder: Path) -> list[dict[str, Any]]:
    """All records in order.  A torn last line is what a killed run leaves, and is left out.

    Raises ResultsError on anything else that is not a record of the schema.
    """
    path = folder / LOG
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise ResultsError(f"{path}: {error.strerror}") from error
    records = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            record = _clean(json.loads(line.decode("utf-8"), parse_constant=_no_constant))
        except ValueError:
            if number == len(lines):  # no newline behind it: it was being written
                break
            raise ResultsError(f"{path}, line {number}: not JSON") from None
        where = f"{path}, line {number}"
        kind = record.get("type") if isinstance(record, dict) else None
        if kind not in RECORD_TYPES:
            raise ResultsError(f"{where}: not a record of type {', '.join(RECORD_TYPES)}")
        validate(record, "results", where, kind)
        records.append(record)
    return records
