#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Generates the Python bindings and the library's description of itself from the public headers.

    generate_bindings.py --clang clang --spec DIR            writes harness/irqcts/_abi.py and core/abi/layout.c
    generate_bindings.py --clang clang --spec DIR --check    fails when they differ from what is checked in

DIR is where core/spec/generate.py has put its tables (clauses.h is a public header too).
"""
from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Iterator

ROOT = Path(__file__).resolve().parents[2]
HEADERS = ROOT / "core/include"
BINDINGS = ROOT / "harness/irqcts/_abi.py"
LAYOUT = ROOT / "core/abi/layout.c"

SCALARS = {
    "uint8_t": ("u8", "c_uint8"), "uint16_t": ("u16", "c_uint16"), "uint32_t": ("u32", "c_uint32"),
    "uint64_t": ("u64", "c_uint64"), "int32_t": ("i32", "c_int32"), "size_t": ("size", "c_size_t"),
}


class Interface:
    """The public declarations, in the order of the headers."""

    def __init__(self, clang: str, generated: Path) -> None:
        names = sorted(p.name for p in (HEADERS / "irqcts").glob("*.h")) + ["clauses.h"]
        self.headers = names
        source = "".join(f'#include "irqcts/{n}"\n' for n in names)
        flags = ["-std=c11", f"-I{HEADERS}", f"-I{generated / 'include'}", "-x", "c", "-"]
        dump = subprocess.run([clang, "-Xclang", "-ast-dump=json", "-fsyntax-only", *flags],
                              input=source, capture_output=True, text=True, check=True)
        macros = subprocess.run([clang, "-dM", "-E", *flags], input=source, capture_output=True, text=True, check=True)
        self.structs: dict[str, list[tuple[str, str]]] = {}
        self.enums: dict[str, list[tuple[str, int]]] = {}
        self.functions: dict[str, tuple[str, list[str]]] = {}
        self.defines: dict[str, int | str] = {}
        for node in json.loads(dump.stdout)["inner"]:
            self._declaration(node)
        for line in macros.stdout.splitlines():
            self._macro(line)

    def _declaration(self, node: dict[str, Any]) -> None:
        name = node.get("name", "")
        if not name.startswith("irqcts_"):
            return
        if node["kind"] == "RecordDecl" and node.get("completeDefinition"):
            self.structs[name] = [(f["name"], f["type"]["qualType"]) for f in node["inner"]
                                  if f["kind"] == "FieldDecl"]
        elif node["kind"] == "EnumDecl":
            self.enums[name] = list(enumerators(node))
        elif node["kind"] == "FunctionDecl":
            result = node["type"]["qualType"].split("(", 1)[0].strip()
            parameters = [p["type"]["qualType"] for p in node.get("inner", []) if p["kind"] == "ParmVarDecl"]
            if node.get("variadic"):
                parameters.append("...")
            self.functions[name] = (result, parameters)

    def _macro(self, line: str) -> None:
        match = re.fullmatch(r"#define (IRQCTS_[A-Z0-9_]+) (.+)", line)
        if not match or match[1].endswith("_H") or match[1] == "IRQCTS_API":
            return
        text = match[2]
        if text.startswith('"'):
            self.defines[match[1]] = text.strip('"')
            return
        text = re.sub(r"\b(0x[0-9a-fA-F]+|\d+)[uUlL]*\b", r"\1", text).replace("UINT32_MAX", "0xffffffff")
        text = re.sub(r"IRQCTS_[A-Z0-9_]+", lambda m: str(self._resolve(m[0])), text)
        if re.fullmatch(r"[0-9a-fx()+*\- ]+", text):
            self.defines[match[1]] = int(eval(text, {"__builtins__": {}}))  # digits and operators only

    def _resolve(self, name: str) -> int | str:
        defaults = {"IRQCTS_VIRTUAL_FUNCTIONS_MAX": 64}
        return self.defines.get(name, defaults.get(name, name))


def enumerators(node: dict[str, Any]) -> Iterator[tuple[str, int]]:
    value = -1
    for constant in node.get("inner", []):
        if constant["kind"] != "EnumConstantDecl":
            continue
        value += 1
        for inner in constant.get("inner", []):
            if "value" in inner:
                value = int(inner["value"])
        yield constant["name"], value


def array(type_name: str) -> tuple[str, int] | None:
    match = re.fullmatch(r"(.+?) ?\[(\d+)\]", type_name)
    return (match[1], int(match[2])) if match else None


def kind(type_name: str) -> str:
    if type_name in SCALARS:
        return SCALARS[type_name][0]
    if array(type_name) or type_name.startswith("struct ") and not type_name.endswith("*"):
        return "block"
    return "pointer"


def python_type(type_name: str, structs: dict[str, Any]) -> str:
    """The ctypes expression for a C type."""
    plain = type_name.replace("const ", "").strip()
    if plain in SCALARS:
        return SCALARS[plain][1]
    if plain == "void":
        return "None"
    if (of := array(plain)) is not None:
        return f"{'c_char' if of[0] == 'char' else python_type(of[0], structs)} * {of[1]}"
    if plain in ("char *",):
        return "c_char_p" if type_name.startswith("const ") else "POINTER(c_char)"
    if plain == "uint8_t *":
        return "POINTER(c_uint8)"
    match = re.fullmatch(r"struct (irqcts_\w+) (\*+)", plain)
    if match and match[1] in structs:
        return "POINTER(" * len(match[2]) + match[1] + ")" * len(match[2])
    if match and match[2] == "**":
        return "POINTER(c_void_p)"
    match = re.fullmatch(r"(\w+) \*", plain)
    if match and match[1] in SCALARS:
        return f"POINTER({SCALARS[match[1]][1]})"
    match = re.fullmatch(r"struct (irqcts_\w+)", plain)
    if match and match[1] in structs:
        return match[1]
    if plain == "irqcts_shrink_trial":
        return "irqcts_shrink_trial"
    return "c_void_p"


def signature(result: str, parameters: list[str]) -> str:
    return f"{result} ({', '.join(parameters) or 'void'})"


def in_dependency_order(structs: dict[str, list[tuple[str, str]]]) -> list[str]:
    done: list[str] = []

    def visit(name: str) -> None:
        for _, type_name in structs[name]:
            match = re.search(r"struct (irqcts_\w+)", type_name)
            if match and match[1] in structs and match[1] != name and match[1] not in done:
                visit(match[1])
        if name not in done:
            done.append(name)

    for name in structs:
        visit(name)
    return done


def bindings(interface: Interface) -> str:
    out = ["# SPDX-License-Identifier: Apache-2.0",
           '"""ctypes bindings of libirqcts.  Generated by core/abi/generate_bindings.py; do not edit."""',
           "# mypy: ignore-errors", "",
           "from ctypes import (CFUNCTYPE, POINTER, Structure, byref, c_char, c_char_p, c_int32, c_size_t, c_uint8,",
           "                    c_uint16, c_uint32, c_uint64, c_void_p, sizeof)",
           "from enum import IntEnum", "", "",
           "class LayoutError(ImportError):",
           '    """The library was built from other headers than these bindings."""', ""]
    for name, value in sorted(interface.defines.items()):
        out.append(f"{name} = {value!r}")
    for name, constants in interface.enums.items():
        out += ["", "", f"class {name}(IntEnum):"] + [f"    {c} = {v}" for c, v in constants]
    out.append("")
    for name in in_dependency_order(interface.structs):
        out += ["", f"class {name}(Structure):", "    _fields_ = ["]
        out += [f'        ("{field}", {python_type(type_name, interface.structs)}),'
                for field, type_name in interface.structs[name]]
        out += ["    ]", ""]
    out += ["", "irqcts_shrink_trial = CFUNCTYPE(c_int32, c_void_p, c_void_p)", "", "FUNCTIONS = {"]
    for name, (result, parameters) in interface.functions.items():
        arguments = ", ".join(python_type(p, interface.structs) for p in parameters if p != "...")
        out.append(f'    "{name}": ({python_type(result, interface.structs)}, ({arguments}{"," if arguments else ""}),')
        out.append(f"        {signature(result, parameters)!r}),")
    out += ["}", "", "KINDS = {"]
    for name, fields in interface.structs.items():
        out.append(f'    "{name}": {[kind(t) for _, t in fields]!r},')
    out += ["}", "", CHECK]
    return "\n".join(out)


CHECK = '''
def _expected():
    """(owner, name) -> (type, offset, width) as these bindings have it."""
    items = {}
    for name, kinds in KINDS.items():
        struct = globals()[name]
        items["struct " + name, ""] = ("block", 0, sizeof(struct))
        for (field, _), kind in zip(struct._fields_, kinds):
            place = getattr(struct, field)
            items["struct " + name, field] = (kind, place.offset, place.size)
    for name, value in globals().items():
        if isinstance(value, type) and issubclass(value, IntEnum) and value is not IntEnum:
            for constant, number in value.__members__.items():
                items["enum " + name, constant] = ("enumerator", int(number) & 0xFFFFFFFFFFFFFFFF, 4)
    for name, (_, _, signature) in FUNCTIONS.items():
        items["function", name] = (signature, 0, 0)
    return items


def check(library):
    """Compares the library's own description with these bindings; names the first difference."""
    library.irqcts_abi_count.restype = c_uint32
    library.irqcts_abi_item.argtypes = (POINTER(irqcts_abi_item), c_uint32)
    expected = _expected()
    item = irqcts_abi_item()
    for index in range(library.irqcts_abi_count()):
        library.irqcts_abi_item(byref(item), index)
        key = item.owner.decode(), item.name.decode()
        actual = item.type.decode(), item.offset, item.width
        wanted = expected.pop(key, None)
        if wanted != actual:
            raise LayoutError(f"{key[0]} {key[1]}: the library has {actual}, the bindings have {wanted}; "
                              "build library and bindings from the same headers")
    if expected:
        owner, name = next(iter(expected))
        raise LayoutError(f"{owner} {name}: the library does not have it; it is older than the bindings")


def bind(library):
    """Checks the library, then gives each function its types."""
    check(library)
    for name, (result, arguments, signature) in FUNCTIONS.items():
        function = getattr(library, name)
        function.restype = result
        function.argtypes = arguments
    return library
'''


def layout(interface: Interface) -> str:
    out = ["/* SPDX-License-Identifier: Apache-2.0 */",
           "/* Generated by core/abi/generate_bindings.py from the public headers; do not edit. */",
           *[f'#include "irqcts/{h}"' for h in interface.headers], "", "#include <stddef.h>", "",
           "/* The compiler's own word for a field's type. */",
           "#define KIND(lvalue) _Generic((lvalue), uint8_t: \"u8\", uint16_t: \"u16\", uint32_t: \"u32\", \\",
           "    int32_t: \"i32\", default: sizeof(lvalue) == 8 ? KIND8(lvalue) : \"block\")",
           "#define KIND8(lvalue) _Generic((lvalue), uint64_t: \"u64\", default: \"pointer\")",
           "#define FIELD(owner, field, type) {\"struct \" #owner, #field, type, offsetof(struct owner, field), \\",
           "    sizeof(((struct owner *)0)->field)}",
           "#define STRUCT(owner) {\"struct \" #owner, \"\", \"block\", 0, sizeof(struct owner)}",
           "#define CONSTANT(owner, name) {\"enum \" #owner, #name, \"enumerator\", (uint64_t)(int64_t)name, 4}", ""]
    out += ["/* A field whose type is not the one that the table names does not compile. */",
            "#define SAME(owner, field, c_type) \\",
            "    _Static_assert(_Generic(((struct owner *)0)->field, c_type: 1, default: 0), #owner \".\" #field)"]
    for name, fields in interface.structs.items():
        out += [f"SAME({name}, {f}, {t});" for f, t in fields if t in SCALARS]
    out += ["", "/* A function whose signature is not the one that the table names does not compile. */"]
    for name, (result, parameters) in interface.functions.items():
        if name != "irqcts_fail":
            out.append(f"_Static_assert(_Generic(&{name}, {result} (*)({', '.join(parameters) or 'void'}): 1, "
                       f"default: 0), \"{name}\");")
    out += ["", "static const struct irqcts_abi_item items[] = {"]
    for name, fields in interface.structs.items():
        out.append(f"    STRUCT({name}),")
        out += [f'    FIELD({name}, {f}, "{kind(t)}"),' for f, t in fields]
    for name, constants in interface.enums.items():
        out += [f"    CONSTANT({name}, {c})," for c, _ in constants]
    for name, (result, parameters) in interface.functions.items():
        out.append(f'    {{"function", "{name}",\n     "{signature(result, parameters)}", 0, 0}},')
    out += ["};", "", "uint32_t irqcts_abi_count(void)", "{", "    return sizeof(items) / sizeof(items[0]);", "}", "",
            "int32_t irqcts_abi_item(struct irqcts_abi_item *out, uint32_t index)", "{",
            "    if (index >= irqcts_abi_count()) {",
            '        return irqcts_fail(IRQCTS_ERROR_ARGUMENT, "item %u of %u", index, irqcts_abi_count());', "    }",
            "    *out = items[index];", "    return IRQCTS_ERROR_NONE;", "}", "",
            "const char *irqcts_version(void)", "{", "    return IRQCTS_VERSION;", "}", ""]
    text = "\n".join(out)
    start, stop = text.index("/* The compiler's own word"), text.index("#define FIELD")
    return text[:start] + text[stop:]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--clang", default="clang")
    parser.add_argument("--spec", type=Path, required=True, metavar="DIR")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    interface = Interface(arguments.clang, arguments.spec)
    stale = []
    for path, text in ((BINDINGS, bindings(interface)), (LAYOUT, layout(interface))):
        if arguments.check:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                stale.append(path.relative_to(ROOT))
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    for name in stale:
        print(f"{name} is not what the headers give; run core/abi/generate_bindings.py", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
