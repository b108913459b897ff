# SPDX-License-Identifier: Apache-2.0
"""Mutants of C source, made by rule: nobody chooses them.

The source is parsed by clang.  All mutants of a file go into one instrumented copy, each behind its number
(mutant schemata: Untch, Offutt, Harrold 1993), so that the whole set is compiled once and a mutant is chosen
by one global variable.  Only what stands in function bodies is changed, never a constant that the compiler
needs (array sizes, case labels, static tables).

The operators:
  drop            a statement is left out: expression statements, break, continue, a return that is not the last
  negate          a condition (if, loops, ?:, an operand of && and ||) is turned round
  off-by-one      a boundary is moved (< <= > >=), an integer constant is one more
  wrong-index     a subscript, or an integer variable passed as an argument, has its lowest bit flipped
  swap            a statement comes after the one that follows it, where the one touches what the other does
"""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Sequence

from . import effects
from .effects import Node, children, descendants, plain

#: In an instrumented copy: whether mutant K is the chosen one.
MACRO = "IRQCTS_MUTANT"
PROLOGUE = f"""extern unsigned irqcts_mutant;
#ifdef IRQCTS_ONLY_MUTANT
#define {MACRO}(k) (IRQCTS_ONLY_MUTANT == (k))
#else
#define {MACRO}(k) (irqcts_mutant == (k))
#endif
"""
_INTEGERS = re.compile(r"(const )?(unsigned |signed )?(char|short|int|long|long long|unsigned|"
                       r"u?int(8|16|32|64)_t|size_t|enum \w+)( int)?")
_JUMPS = ("ReturnStmt", "BreakStmt", "ContinueStmt", "GotoStmt")
_CONTEXT = 80


class SchemataError(RuntimeError):
    """The source cannot be parsed, or its instrumented copy does not compile."""


@dataclass(frozen=True)
class SourceMutant:
    """One change.  `id` has no line number, so that it outlives changes elsewhere."""

    number: int
    file: str
    line: int
    function: str
    operator: str
    text: str
    id: str

    @property
    def description(self) -> str:
        what = {"drop": "left out", "negate": "negated", "off-by-one": "off by one",
                "wrong-index": "lowest bit flipped", "swap": "after the statement that follows"}[self.operator]
        return f"{self.function}(): \"{self.text}\" {what}"


@dataclass
class _Edit:
    begin: int
    end: int
    prefix: str
    suffix: str


@dataclass
class Instrumented:
    """The copy of one file, and its mutants."""

    source: str
    mutants: list[SourceMutant]


def instrument(paths: Sequence[Path], includes: Sequence[Path], roots: Sequence[str]) -> list[Instrumented]:
    """All mutants of the functions that `roots` reach, numbered from 1: number 0 is the original."""
    trees = [syntax_tree(path, includes) for path in paths]
    functions = [node for tree in trees for node in defined(tree)]
    summaries = effects.summarise(functions)
    wanted = effects.reachable(functions, roots)
    found: list[Instrumented] = []
    number = 1
    for path, tree in zip(paths, trees):
        found.append(_File(path, tree, number, summaries, wanted).instrumented())
        number += len(found[-1].mutants)
    return found


def defined(tree: Node) -> list[Node]:
    """The functions of a tree that have a body, those of its headers too."""
    return [node for node in children(tree) if node["kind"] == "FunctionDecl" and
            any(child["kind"] == "CompoundStmt" for child in children(node))]


def syntax_tree(path: Path, includes: Sequence[Path]) -> Node:
    command = ["clang", "-std=c11", "-fsyntax-only", "-Xclang", "-ast-dump=json",
               *(f"-I{folder}" for folder in includes), str(path)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SchemataError(f"{path}: cannot run clang, which parses the source: {error}") from error
    if done.returncode != 0:
        raise SchemataError(f"{path}: clang does not parse it: {done.stderr.strip()[:500]}")
    tree: Node = json.loads(done.stdout)
    return tree


def _is_integer(node: Node) -> bool:
    kind = node.get("type", {})
    return _INTEGERS.fullmatch(kind.get("desugaredQualType", kind.get("qualType", ""))) is not None or \
        _INTEGERS.fullmatch(kind.get("qualType", "")) is not None


@dataclass
class _File:
    path: Path
    tree: Node
    number: int
    summaries: dict[str, effects.Effects]
    wanted: set[str]
    edits: list[_Edit] = field(default_factory=list)
    mutants: list[SourceMutant] = field(default_factory=list)
    function: str = ""
    statement: str = ""
    seen: dict[str, int] = field(default_factory=dict)
    macros: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.bytes = self.path.read_bytes()
        if not self.bytes.isascii():  # offsets are bytes, the copy is made of characters
            raise SchemataError(f"{self.path}: only ASCII sources are mutated")
        self.text = self.bytes.decode()

    # --- places ----------------------------------------------------------------------------------

    def _begin(self, node: Node) -> int:
        place = node["range"]["begin"]
        return int(place.get("expansionLoc", place)["offset"])

    def _end(self, node: Node) -> int:
        place = node["range"]["end"]
        if "expansionLoc" not in place:
            return int(place["offset"]) + int(place["tokLen"])
        end = int(place["expansionLoc"]["offset"]) + int(place["expansionLoc"]["tokLen"])
        if self.text[end:end + 1] != "(":
            return end
        depth = 0
        for position in range(end, len(self.text)):
            depth += {"(": 1, ")": -1}.get(self.text[position], 0)
            if depth == 0:
                return position + 1
        raise SchemataError(f"{self.path}: a macro call without its closing parenthesis")

    def _source(self, node: Node) -> str:
        return self.text[self._begin(node):self._end(node)]

    def _in_macro(self, node: Node) -> bool:
        """Whether the whole of it comes out of one macro."""
        begin, end = node["range"]["begin"], node["range"]["end"]
        return "expansionLoc" in begin and "expansionLoc" in end and \
            int(begin["expansionLoc"]["offset"]) == int(end["expansionLoc"]["offset"])

    # --- making mutants --------------------------------------------------------------------------

    def _mutant(self, operator: str, node: Node, text: str | None = None) -> int:
        said = " ".join((text if text is not None else self._source(node)).split())
        context = "" if said in (self.statement, self.statement + ";") or operator in ("drop", "swap") \
            else f" in \"{self.statement}\""
        key = f"{self.path.name} {self.function} {operator} \"{said[:200]}\"{context}"
        times = self.seen[key] = self.seen.get(key, 0) + 1
        number = self.number
        self.number += 1
        self.mutants.append(SourceMutant(number, self.path.name, self.text.count("\n", 0, self._begin(node)) + 1,
                                         self.function, operator, said[:200],
                                         key + (f" #{times}" if times > 1 else "")))
        return number

    def _wrap(self, node: Node, prefix: str, suffix: str) -> None:
        self.edits.append(_Edit(self._begin(node), self._end(node), prefix, suffix))

    def instrumented(self) -> Instrumented:
        for node in defined(self.tree):
            if "includedFrom" in node["loc"] or node["name"] not in self.wanted:
                continue
            body = children(node)[-1]
            self.function = node["name"]
            self._returns_value = not node["type"]["qualType"].startswith("void (")
            last = children(body)[-1] if children(body) else None
            self._last = last if last is not None and last["kind"] == "ReturnStmt" else None
            self._visit_statement(body)
        return Instrumented(PROLOGUE + f'#line 1 "{self.path.name}"\n' + self._applied(), self.mutants)

    def _applied(self) -> str:
        """The text with all edits; those around nest inside those that were made before them."""
        opening: dict[int, list[tuple[int, int, str]]] = {}
        closing: dict[int, list[tuple[int, int, str]]] = {}
        for order, edit in enumerate(self.edits):
            opening.setdefault(edit.begin, []).append((-edit.end, order, edit.prefix))
            closing.setdefault(edit.end, []).append((-edit.begin, -order, edit.suffix))
        parts: list[str] = []
        at = 0
        for position in sorted({*opening, *closing}):
            parts.append(self.text[at:position])
            parts += [suffix for _, _, suffix in sorted(closing.get(position, []))]
            parts += [prefix for _, _, prefix in sorted(opening.get(position, []))]
            at = position
        return "".join(parts) + self.text[at:]

    # --- statements ------------------------------------------------------------------------------

    def _visit_statement(self, node: Node) -> None:
        kind = node["kind"]
        parts = children(node)
        if kind == "CompoundStmt":
            self._block(parts)
        elif kind in ("CaseStmt", "DefaultStmt"):
            self._substatement(parts[-1])
        elif kind in ("IfStmt", "WhileStmt", "SwitchStmt", "ForStmt", "DoStmt"):
            self._compound(kind, node)
        elif kind == "DeclStmt":
            self.statement = self._line(node)
            for variable in parts:
                if variable.get("storageClass") != "static":
                    for value in children(variable):
                        self._visit_expression(value)
        elif kind == "ReturnStmt":
            self.statement = self._line(node)
            for value in parts:
                self._visit_expression(value)
        elif kind not in _JUMPS and kind != "NullStmt":
            self.statement = self._line(node)
            self._visit_expression(node)

    def _line(self, node: Node) -> str:
        """The statement, short enough to be a part of a name."""
        return " ".join(self._source(node).split())[:_CONTEXT]

    def _substatement(self, node: Node) -> None:
        self._drop(node)
        self._visit_statement(node)

    def _block(self, statements: list[Node]) -> None:
        for node, following in zip(statements, [*statements[1:], None]):
            if following is not None:
                self._swap(node, following)
            self._drop(node)
            self._visit_statement(node)

    def _compound(self, kind: str, node: Node) -> None:
        parts = children(node)
        if kind == "ForStmt":
            # clang lists init, condition variable, condition, increment, body; what is absent has no kind
            slots = [child if child.get("kind") else None for child in node["inner"]]
            init, condition, increment, body = slots[0], slots[2], slots[3], slots[4]
            self.statement = " ".join(self.text[self._begin(node):self._begin(body)].split())[:_CONTEXT] if body else ""
            if init is not None:
                statement = self.statement
                self._visit_statement(init)
                self.statement = statement
            if condition is not None:
                self._condition(condition)
            if increment is not None:
                self._visit_expression(increment)
            branches = [body] if body is not None else []
        elif kind == "DoStmt":
            branches, condition = [parts[0]], parts[1]
            self.statement = self._line(condition)
            self._condition(condition)
        else:
            condition, branches = parts[0], parts[1:]
            self.statement = " ".join(self.text[self._begin(node):self._begin(branches[0])].split())[:_CONTEXT]
            if kind == "SwitchStmt":
                self._visit_expression(condition)
            else:
                self._condition(condition)
        for branch in branches:
            if branch["kind"] in ("CompoundStmt", "IfStmt"):
                self._visit_statement(branch)
            else:
                self._substatement(branch)

    def _drop(self, node: Node) -> None:
        kind = node["kind"]
        if kind in ("DeclStmt", "CompoundStmt", "NullStmt", "IfStmt", "WhileStmt", "ForStmt", "DoStmt", "SwitchStmt",
                    "CaseStmt", "DefaultStmt", "GotoStmt", "LabelStmt"):
            return  # what they contain is dropped; their conditions are negated
        if kind == "ReturnStmt" and (node is self._last or (self._returns_value and self._last is None)):
            return  # the function would end without its value
        if self._is_void_cast(node):
            return
        number = self._mutant("drop", node)
        self._wrap(node, f"if (!{MACRO}({number})) ", "")

    @staticmethod
    def _is_void_cast(node: Node) -> bool:
        """(void)x says that x is not used on purpose."""
        kind = (node["kind"], node.get("type", {}).get("qualType"))
        return kind == ("CStyleCastExpr", "void") and bool(plain(children(node)[0])["kind"] == "DeclRefExpr")

    def _swap(self, node: Node, following: Node) -> None:
        for each in (node, following):
            if each["kind"] in ("DeclStmt", "CaseStmt", "DefaultStmt", "NullStmt", "LabelStmt", *_JUMPS) or \
                    self._is_void_cast(each) or any(inner["kind"] in _JUMPS for inner in descendants(each)):
                return
        if not effects.interfere(effects.effects(node, self.summaries), effects.effects(following, self.summaries)):
            return  # neither touches what the other does: their order is no order
        after = self._statement_end(following)
        number = self._mutant("swap", node)
        moved = self.text[self._begin(node):self._statement_end(node)]
        self._wrap(node, f"if (!{MACRO}({number})) ", "")
        self.edits.append(_Edit(after, after, f" if ({MACRO}({number})) {{ {moved} }}", ""))

    def _statement_end(self, node: Node) -> int:
        """Behind its semicolon; clang's range of an expression statement ends before that."""
        if node["kind"] not in ("CompoundStmt", "IfStmt", "WhileStmt", "ForStmt", "SwitchStmt"):
            return self.text.index(";", self._end(node)) + 1
        return self._end(node)

    # --- expressions -----------------------------------------------------------------------------

    def _condition(self, node: Node) -> None:
        self._negate(node)
        self._visit_expression(node)

    def _negate(self, node: Node) -> None:
        if self._in_macro(node):
            return
        number = self._mutant("negate", node)
        self._wrap(node, f"({MACRO}({number}) == !(", "))")

    def _visit_expression(self, node: Node) -> None:
        kind = node["kind"]
        if self._in_macro(node):
            self._macro(node)
            return
        if kind in ("ConstantExpr", "UnaryExprOrTypeTraitExpr", "StringLiteral"):
            return
        parts = children(node)
        if kind == "IntegerLiteral":
            self._one_more(node)
        elif kind == "BinaryOperator" and node["opcode"] in ("<", "<=", ">", ">="):
            self._boundary(node, parts)
        elif kind == "BinaryOperator" and node["opcode"] in ("&&", "||"):
            for child in parts:
                operand = plain(child)
                if not (operand["kind"] == "BinaryOperator" and operand.get("opcode") in ("&&", "||")):
                    self._negate(child)
        elif kind == "ConditionalOperator":
            self._negate(parts[0])
        elif kind == "ArraySubscriptExpr":
            self._flip(parts[1])
        elif kind == "CallExpr":
            for argument in parts[1:]:
                if plain(argument)["kind"] == "DeclRefExpr" and _is_integer(plain(argument)) and \
                        plain(argument)["referencedDecl"]["kind"] in ("VarDecl", "ParmVarDecl"):
                    self._flip(argument)
        for child in parts:
            self._visit_expression(child)

    def _one_more(self, node: Node) -> None:
        number = self._mutant("off-by-one", node)
        self._wrap(node, "(", f" + {MACRO}({number}))")

    def _macro(self, node: Node) -> None:
        """A constant by name, or a call of a macro with an integer value: one more."""
        begin = self._begin(node)
        if begin not in self.macros and _is_integer(node) and node.get("valueCategory") == "prvalue":
            self.macros.add(begin)
            self._one_more(node)

    def _boundary(self, node: Node, operands: list[Node]) -> None:
        if not all(_is_integer(operand) for operand in operands):
            return
        number = self._mutant("off-by-one", node)
        # a < b becomes a < b + 1, which is a <= b; a <= b becomes a + 1 <= b, which is a < b; and so on.
        moved = operands[1] if node["opcode"] in ("<", ">=") else operands[0]
        self._wrap(moved, "((", f") + {MACRO}({number}))")

    def _flip(self, node: Node) -> None:
        if self._in_macro(node):
            return
        number = self._mutant("wrong-index", node)
        self._wrap(node, "((", f") ^ {MACRO}({number}))")
