# SPDX-License-Identifier: Apache-2.0
"""The oracle says what the rulings say, and a ruling that cannot be read is refused with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from irqcts import rulings, specification

#: Each case below changes a line of it.
SILENCE = """ruling PEND-SET: a masked entry is silent
    configure entries=1 messages=1
    table-write 0.address message=0
    table-write 0.data-control message=0 control=1
    enable on
    raise 0
    poll => none
        not 0:1 [PEND-SET]
"""


@pytest.mark.parametrize("ruling", rulings.every(), ids=lambda ruling: ruling.id)
def test_the_oracle_rules_so(ruling: rulings.Ruling) -> None:
    assert not list(ruling.disagreements()), ruling.place


def one(folder: Path, text: str) -> rulings.Ruling:
    (folder / "one.txt").write_text(text, encoding="utf-8")
    (ruling,) = rulings.read(folder / "one.txt")
    return ruling


def test_agreement(tmp_path: Path) -> None:
    assert one(tmp_path, SILENCE).disagreement() is None


@pytest.mark.parametrize("old, new, said", [
    ("poll => none", "poll => 0:1", "is permitted, the oracle refuses it"),
    ("not 0:1 [PEND-SET]", "or 0:1", "is permitted, the oracle calls it forbidden"),
    ("not 0:1", "not none", "is forbidden, the oracle calls it permitted"),
    ("[PEND-SET]", "[SEND-ONCE]", "is forbidden by SEND-ONCE, the oracle cites PEND-SET"),
    ("not 0:1 [PEND-SET]", "enforces PEND-WITHDRAWN", "PEND-WITHDRAWN is enforced, the oracle says it is not"),
    ("not 0:1 [PEND-SET]", "leaves PEND-SET", "PEND-SET is not enforced, the oracle says it is"),
])
def test_contradictions_are_told(tmp_path: Path, old: str, new: str, said: str) -> None:
    disagreement = one(tmp_path, SILENCE.replace(old, new)).disagreement()
    assert disagreement is not None and said in disagreement


@pytest.mark.parametrize("old, new, said", [
    ("ruling PEND-SET: a masked", "ruling PEND-SET a masked", "one.txt:1: a ruling begins with"),
    ("ruling PEND-SET", "ruling PEND-SETT", "one.txt:1: there is no clause 'PEND-SETT'"),
    ("[PEND-SET]", "[PEND-SETT]", "one.txt:8: there is no clause 'PEND-SETT'"),
    ("not 0:1 [PEND-SET]", "not 0:1", "one.txt:8: 'not 0:1': what is forbidden, and only that, names the clause"),
    ("not 0:1 [PEND-SET]", "or 0:1 [PEND-SET]", "what is forbidden, and only that, names the clause"),
    ("poll => none", "poll", "poll: say what arrived"),
    ("poll => none", "poll => 0:0-1", "say exactly how often"),
    ("raise 0", "raise 0 => refused", "say which status"),
    ("raise 0", "pba-read +0 width=8", "say which value is read"),
    ("enable on", "enable perhaps", "one.txt:5: column 8"),
    ("        not 0:1 [PEND-SET]\n", "", "says of some answer"),
    ("    configure", "    without eyes\n    configure", "one.txt:2: there is no observes 'eyes'; known: status"),
    ("    configure", "    not none [PEND-SET]\n    configure", "stands before the step"),
])
def test_mistakes_are_refused_with_their_place(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(rulings.RulingError) as error:
        one(tmp_path, SILENCE.replace(old, new))
    assert said in str(error.value) and str(error.value).startswith("one.txt:")


def test_two_of_one_name_are_refused(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(SILENCE, encoding="utf-8")
    with pytest.raises(rulings.RulingError, match="two rulings are called"):
        rulings.every(tmp_path)


def test_every_family_that_the_oracle_decides_has_rulings() -> None:
    families = {specification.clauses()[ruling.clause].family for ruling in rulings.every()}
    assert {"SEND", "PEND", "ENABLE", "CAP", "ENTRY", "PBA", "RESET", "ROUTE", "VWRITE", "SAVE"} <= families
