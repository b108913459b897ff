# SPDX-License-Identifier: Apache-2.0
"""What a piece of C reads and writes, so far as it decides whether two statements may change places.

Coarse on the safe side: a structure's field is one place in whatever object, an access through a pointer may
be any place of that type, and what is not understood touches everything.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Iterable, Iterator

Node = dict[str, Any]
Place = tuple[str, str]  # name ("field:x", "local:0x…", "deref", "any") and type
ANY: Place = ("any", "")
COMMUTING = ("|=", "&=", "^=", "+=")


@dataclass
class Effects:
    reads: set[Place] = field(default_factory=set)
    writes: set[Place] = field(default_factory=set)
    #: x |= y and the like, with the operator: two of the same kind may change places.
    updates: set[tuple[Place, str]] = field(default_factory=set)

    def add(self, other: Effects) -> None:
        self.reads |= other.reads
        self.writes |= other.writes
        self.updates |= other.updates


def children(node: Node) -> list[Node]:
    return [child for child in node.get("inner", []) if child.get("kind")]


def descendants(node: Node) -> Iterator[Node]:
    yield node
    for child in children(node):
        yield from descendants(child)


def plain(node: Node) -> Node:
    """Without the conversions that the compiler adds."""
    while node["kind"] in ("ImplicitCastExpr", "ParenExpr") and children(node):
        node = children(node)[0]
    return node


def callee(node: Node) -> str | None:
    """The function that a call calls by name."""
    target = plain(children(node)[0])
    return target["referencedDecl"]["name"] if target["kind"] == "DeclRefExpr" else None


def type_of(node: Node) -> str:
    kind = node.get("type", {})
    return str(kind.get("desugaredQualType", kind.get("qualType", ""))).replace("const ", "").replace("volatile ", "")


def _place(node: Node) -> Place:
    node = plain(node)
    kind = type_of(node)
    if kind.startswith("struct ") and not kind.endswith("*") or kind in ("char", "unsigned char") and \
            node["kind"] == "UnaryOperator":
        return ANY  # a whole structure, or bytes of anything
    if node["kind"] == "MemberExpr":
        return (f"field:{node['name']}", kind)
    if node["kind"] == "DeclRefExpr":
        return (f"local:{node['referencedDecl']['id']}", kind)
    if node["kind"] == "ArraySubscriptExpr":
        base = plain(children(node)[0])
        if base["kind"] in ("MemberExpr", "DeclRefExpr") and "[" in type_of(base):
            return (_place(base)[0], kind)
        return ("deref", kind)
    if node["kind"] == "UnaryOperator" and node["opcode"] == "*":
        return ("deref", kind)
    return ANY


def _way(node: Node) -> list[Node]:
    """What is read to get to a place: of x->a[i].b the pointer x and the index i, but no structure as a whole."""
    node = plain(node)
    if node["kind"] == "MemberExpr" and not node.get("isArrow"):
        return _way(children(node)[0])
    return children(node)


def effects(node: Node, summaries: dict[str, Effects]) -> Effects:
    """Of a statement or an expression with everything in it; `summaries` are of the functions it may call."""
    found = Effects()
    kind = node["kind"]
    parts = children(node)
    if kind == "BinaryOperator" and node["opcode"] == "=" or kind == "CompoundAssignOperator":
        if node["opcode"] in COMMUTING:
            found.updates.add((_place(parts[0]), node["opcode"]))
        else:
            found.writes.add(_place(parts[0]))
            found.reads |= {_place(parts[0])} if kind == "CompoundAssignOperator" else set()
        parts = [*_way(parts[0]), parts[1]]
    elif kind == "UnaryOperator" and node["opcode"] in ("++", "--"):
        found.writes.add(_place(parts[0]))
        found.reads.add(_place(parts[0]))
        parts = _way(parts[0])
    elif kind == "CallExpr":
        name = callee(node)
        summary = summaries.get(name) if name is not None else None
        found.add(summary if summary is not None else Effects({ANY}, {ANY}))
    elif kind in ("MemberExpr", "DeclRefExpr", "ArraySubscriptExpr") or \
            kind == "UnaryOperator" and node["opcode"] == "*":
        if node.get("referencedDecl", {}).get("kind") not in ("FunctionDecl", "EnumConstantDecl"):
            found.reads.add(_place(node))
        parts = _way(node)
    for part in parts:
        found.add(effects(part, summaries))
    return found


def summarise(functions: Iterable[Node]) -> dict[str, Effects]:
    """What a call of each function touches outside of itself: the least fixed point over the call graph."""
    bodies: dict[str, list[Node]] = {}
    for node in functions:  # static functions of two files may share a name: a call is a call of both
        bodies.setdefault(node["name"], []).append(node)
    known = {name: Effects() for name in bodies}
    changed = True
    while changed:
        changed = False
        for name, nodes in bodies.items():
            found = Effects()
            for node in nodes:
                found.add(effects(node, known))
            seen = Effects({p for p in found.reads if not p[0].startswith("local:")},
                           {p for p in found.writes if not p[0].startswith("local:")},
                           {(p, how) for p, how in found.updates if not p[0].startswith("local:")})
            if seen != known[name]:
                known[name], changed = seen, True
    return known


def _same(one: Place, other: Place) -> bool:
    """Whether the two may be one place in memory."""
    return one[0] == other[0] or "any" in (one[0], other[0]) or ("deref" in (one[0], other[0]) and one[1] == other[1])


def _disturbs(one: Effects, other: Effects) -> bool:
    """Whether `one` changes something that `other` sees or changes too."""
    touched = other.reads | other.writes | {place for place, _ in other.updates}
    return any(_same(place, each) for place in one.writes for each in touched) or \
        any(_same(place, each) for place, _ in one.updates for each in other.reads | other.writes) or \
        any(_same(place, each) and how != which for place, how in one.updates for each, which in other.updates)


def interfere(one: Effects, other: Effects) -> bool:
    """Whether the order of the two can matter."""
    return _disturbs(one, other) or _disturbs(other, one)


def reachable(functions: Iterable[Node], roots: Iterable[str]) -> set[str]:
    """Functions that the roots call, with the roots themselves."""
    calls: dict[str, set[str]] = {}
    for node in functions:
        calls.setdefault(node["name"], set()).update(
            name for each in descendants(node) if each["kind"] == "CallExpr" and (name := callee(each)) is not None)
    found: set[str] = set()
    waiting = [root for root in roots if root in calls]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [each for each in calls[name] if each in calls]
    return found
