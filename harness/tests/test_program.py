# SPDX-License-Identifier: Apache-2.0
"""The builder and the text form: what is built prints, parses back to itself, and says what is wrong."""

from __future__ import annotations

from typing import Any, Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from irqcts import Message, Program, ProgramError, vf
from irqcts.program import CORRUPTIONS, FIELDS, RESETS, STATUSES
from irqcts.requirements import raised_functions, states_silence
from irqcts.specification import clauses


def program() -> Program:
    return Program().configure(8, 4, 2, 4, 4)


def test_text_of_everything() -> None:
    built = (program().start().set_entry(0, 1, expect="ok", clause="ROUTE-SET-ASSIGNS")
             .write_entry(2, message=1, vf=0).table_write(2, "address-low", message=vf(1).message(3), control=1)
             .enable(vf=vf(0)).raise_event(2, vf=0).poll({0: 1, 3: (1, 2), vf(0).message(1): 1, "stray": 1})
             .poll({}).pba_read({0: 1, 65: 0}).write_virtualized(-1, vf=1, address=0x10, data=2, expect="refused")
             .get_entry(1, expect=(3, True)).restore(1, corrupt="duplicate").reset("conventional"))
    lines = built.text().splitlines()
    for line in ("configure entries=8 messages=4 vfs=2 vf-entries=4 vf-messages=4",
                 "set-entry 0 1 => ok [ROUTE-SET-ASSIGNS]", "table-write 2.vector-control 0x1 vf=0",
                 "enable on vf=0", "poll => none", "get-entry 1 => value=0x100000003",
                 "restore slot=1 corrupt=duplicate", "reset conventional"):
        assert line in lines, built.text()
    assert any(line.startswith("write-virtualized -1 ") and line.endswith("=> refused") for line in lines)
    assert any(line.startswith("poll => 0:1 3:1-2 ") and "vf0.1:1" in line and "stray:1" in line for line in lines)
    assert Program.from_text(built.text()).text() == built.text()


@pytest.mark.parametrize("build, what", [
    (lambda p: p.set_entry(0, 0, expect="fine"), "'fine' is no status"),
    (lambda p: p.set_entry(0, 0, clause="ROUTE-X"), "no clause 'ROUTE-X'"),
    (lambda p: p.table_read(0, "vector_control"), "no field 'vector_control'"),
    (lambda p: p.table_write(0, "data"), "either a value or message="),
    (lambda p: p.table_write(0, "data", 1, message=1), "either a value or message="),
    (lambda p: p.table_write(0, "data", 1 << 32), "wider than 4 bytes"),
    (lambda p: p.table_read_at(0, 3), "width 3"),
    (lambda p: p.capability_read(0, 8), "width 8"),
    (lambda p: p.poll({0: 0}), "leave out a message"),
    (lambda p: p.poll({0: (2, 1)}), "2 to 1"),
    (lambda p: p.poll({"strays": 1}), "names no message"),
    (lambda p: p.reset("warm"), "'warm'"),
    (lambda p: p.save(9), "slot 9"),
    (lambda p: p.restore(0, corrupt="badly"), "'badly'"),
    (lambda p: p.write_virtualized(0, vf=0), "either message= or address="),
    (lambda p: p.write_virtualized(1 << 15, vf=0, message=0), "16 bits"),
    (lambda p: p.write_virtualized(0, vf=None, message=0), "virtual function"),
    (lambda p: p.raise_event(-1), "does not fit"),
    (lambda p: p.configure(1, 1), "first operation"),
    (lambda p: p.pba_read({64: 1}, qword=0), "QWORD 0"),
    (lambda p: p.get_size(mask=1), "mask= without"),
    (lambda p: p.vfio("explode"), "no VFIO call"),
])
def test_a_mistake_is_refused_where_it_is_made(build: Callable[[Program], Any], what: str) -> None:
    built = program()
    with pytest.raises(ProgramError, match=what.replace("(", r"\(").replace("+", r"\+")):
        build(built)
    assert len(built) == 1, "and nothing was appended"


@pytest.mark.parametrize("text, line, column", [
    ("", 1, 1), ("irqcts-program 2\n", 1, 16), ("irqcts-program 1\nexplode\n", 2, 1),
    ("irqcts-program 1\nconfigure entries=1 messages=1\nraise\n", 3, None),
    ("irqcts-program 1\nconfigure entries=1 messages=1\nraise 0 => purple\n", 3, 12),
    ("irqcts-program 1\nconfigure entries=1 messages=1\nraise 0 => ok [NO-CLAUSE]\n", 3, None),
])
def test_errors_of_text_name_line_and_column(text: str, line: int, column: int | None) -> None:
    with pytest.raises(ProgramError) as error:
        Program.from_text(text)
    assert str(error.value).startswith(f"line {line}, column {'' if column is None else column}"), error.value


def test_the_first_operation_configures() -> None:
    with pytest.raises(ProgramError, match="first"):
        Program().enable()


def test_what_states_silence() -> None:
    raised = program().enable().raise_event(0)
    assert states_silence(Program.from_text(raised.text()).poll({}))
    assert states_silence(Program.from_text(raised.text()).poll())
    assert not states_silence(Program.from_text(raised.text()).poll({0: 1}))
    assert states_silence(Program.from_text(raised.text()).raise_event(0).poll({0: 1})), "two raised, one expected"
    assert not states_silence(raised), "nobody looks"
    assert raised_functions(raised.raise_event(1, vf=1)) == [0, 2]


# --- round trips ---------------------------------------------------------------------------------

FUNCTIONS = st.one_of(st.none(), st.integers(0, 63))
ENTRIES = st.integers(0, 0xFFFFFFFF)
STATEMENTS = st.one_of(st.none(), st.sampled_from([*STATUSES, "refused"]))
CLAUSES = st.sampled_from(sorted(clauses()))
VALUES = {width: st.integers(0, (1 << 8 * width) - 1) for width in (1, 2, 4, 8)}


@st.composite
def stated(draw: Any, read: int | None = None) -> dict[str, Any]:
    """Keywords of a statement; of a read, also values with masks."""
    found: dict[str, Any] = {"vf": draw(FUNCTIONS)}
    expect = draw(STATEMENTS)
    if read is not None and draw(st.booleans()):
        mask = draw(st.one_of(st.none(), VALUES[read].filter(bool)))
        expect = draw(VALUES[read]) & (mask if mask is not None else -1)
        if mask is not None:
            found["mask"] = mask
    if expect is not None:
        found["expect"] = expect
        if draw(st.booleans()):
            found["clause"] = draw(CLAUSES)
    return found


@st.composite
def append_one(draw: Any, built: Program) -> None:
    """One operation of any kind with any operands that the builder accepts."""
    width = draw(st.sampled_from([1, 2, 4, 8]))
    narrow = draw(st.sampled_from([1, 2, 4]))
    offset = draw(st.integers(0, 0xFFFF))
    field = draw(st.sampled_from(sorted(FIELDS)))
    entry, small = draw(ENTRIES), draw(st.integers(0, 2047))
    which = draw(st.integers(0, 19))
    if which == 0:
        built.set_entry(entry, draw(ENTRIES), **draw(stated()))
    elif which == 1:
        getattr(built, draw(st.sampled_from(["mask", "unmask", "raise_event", "withdraw"])))(entry, **draw(stated()))
    elif which == 2:
        getattr(built, draw(st.sampled_from(["start", "pause", "resume"])))(**draw(stated()))
    elif which == 3:
        built.get_entry(entry, **draw(stated(read=8)))
    elif which == 4:
        built.get_size(**draw(stated(read=4)))
    elif which == 5:
        built.table_read_at(offset, width, **draw(stated(read=width)))
    elif which == 6:
        built.table_read(small, field, **draw(stated(read=FIELDS[field][1])))
    elif which == 7:
        built.table_write_at(offset, width, draw(VALUES[width]), **draw(stated()))
    elif which == 8:
        message = draw(st.one_of(st.integers(0, 2047), st.builds(Message, st.integers(0, 64), st.integers(0, 2047))))
        built.table_write(small, field, message=message, control=draw(VALUES[4]), **draw(stated()))
    elif which == 9:
        built.pba_read_at(offset, width, **draw(stated(read=width)))
    elif which == 10:
        built.pba_write_at(offset, width, draw(VALUES[width]), **draw(stated()))
    elif which == 11:
        read = draw(st.sampled_from(["capability_read", "config_read"]))
        getattr(built, read)(offset, narrow, **draw(stated(read=narrow)))
    elif which == 12:
        write = draw(st.sampled_from(["capability_write", "config_write"]))
        getattr(built, write)(offset, narrow, draw(VALUES[narrow]), **draw(stated()))
    elif which == 13:
        getattr(built, draw(st.sampled_from(["enable", "function_mask", "bus_master"])))(draw(st.booleans()),
                                                                                        **draw(stated()))
    elif which == 14:
        keys = st.one_of(st.integers(0, 2047), st.just("stray"),
                         st.builds(Message, st.integers(1, 64), st.integers(0, 2047)))
        counts = st.one_of(st.integers(1, 99), st.tuples(st.integers(0, 3), st.integers(3, 9)))
        built.poll(draw(st.one_of(st.none(), st.dictionaries(keys, counts, max_size=4))))
    elif which == 15:
        built.write_virtualized(draw(st.integers(-32768, 32767)), **{**draw(stated()), "vf": draw(st.integers(0, 99))},
                                address=draw(VALUES[8]), data=draw(VALUES[4]), control=draw(VALUES[4]))
    elif which == 16:
        built.write_virtualized(draw(st.integers(-32768, 32767)), **{**draw(stated()), "vf": draw(st.integers(0, 63))},
                                message=draw(st.integers(0, 2047)), control=draw(VALUES[4]))
    elif which == 17:
        built.save(draw(st.integers(0, 3)), **draw(stated()))
    elif which == 18:
        built.restore(draw(st.integers(0, 3)), corrupt=draw(st.sampled_from(list(CORRUPTIONS))), **draw(stated()))
    else:
        built.reset(draw(st.sampled_from(list(RESETS))), **draw(stated()))


@st.composite
def programs(draw: Any) -> Program:
    entries, vfs = draw(st.integers(0, 2048)), draw(st.integers(0, 64))
    vf_entries = draw(st.integers(0, 2048)) if vfs else 0
    built = Program().configure(entries, draw(st.integers(0, entries)), vfs, vf_entries,
                                draw(st.integers(0, vf_entries)))
    for _ in range(draw(st.integers(0, 8))):
        draw(append_one(built))
    return built


def _fields(record: Any, leave: tuple[str, ...] = ()) -> dict[str, Any]:
    return {name: getattr(record, name) for name, _ in record._fields_ if name not in leave}


@settings(max_examples=300, deadline=None)
@given(programs())
def test_text_round_trip(built: Program) -> None:
    """parse(print(p)) = p, field by field, and the text is canonical."""
    text = built.text()
    read = Program.from_text(text)
    assert read.text() == text
    assert len(read) == len(built)
    for (operation, statement), (operation_read, statement_read) in zip(built.steps(), read.steps()):
        assert _fields(operation) == _fields(operation_read), text
        assert _fields(statement, ("line",)) == _fields(statement_read, ("line",)), text
        assert built.stated_deliveries(statement) == read.stated_deliveries(statement_read)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200), st.integers(0, 200))
def test_no_text_breaks_the_parser(noise: str, where: int) -> None:
    """Any text is a program or a sentence with its place."""
    good = "irqcts-program 1\nconfigure entries=2 messages=2\ntable-read 0.data => value=0x1 [ENTRY-READBACK]\n"
    for text in (noise, good[:where] + noise + good[where:]):
        try:
            Program.from_text(text)
        except ProgramError as error:
            assert str(error).startswith("line "), error
