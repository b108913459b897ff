# SPDX-License-Identifier: Apache-2.0
"""The guest's initial file system: a cpio archive in "newc" form, written here because it is forty lines.

Every entry: a header of "070701" and thirteen hexadecimal fields of eight digits, the name with its
closing zero, the content; name and content padded to four bytes (the kernel's buffer-format.rst).
"""

from __future__ import annotations

import stat
from collections.abc import Iterable, Mapping
from pathlib import Path


class Archive:
    """Collects files; ``finish`` gives the bytes."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._inode = 0
        self._folders: set[str] = set()

    def add(self, name: str, content: bytes, executable: bool = False) -> None:
        """A regular file, and the folders above it."""
        for parent in reversed(Path(name).parents):
            folder = str(parent)
            if folder != "." and folder not in self._folders:
                self._folders.add(folder)
                self._entry(folder, stat.S_IFDIR | 0o755, b"")
        self._entry(name, stat.S_IFREG | (0o755 if executable else 0o644), content)

    def finish(self) -> bytes:
        self._entry("TRAILER!!!", 0, b"")
        return b"".join(self._parts)

    def _entry(self, name: str, mode: int, content: bytes) -> None:
        self._inode += 1
        encoded = name.encode() + b"\0"
        fields = (self._inode, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(encoded), 0)
        header = b"070701" + b"".join(b"%08x" % field for field in fields)
        self._parts += [_padded(header + encoded), _padded(content)]


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def build(init: Path, agent: Path, modules: Iterable[Path], files: Mapping[str, Path]) -> bytes:
    """The guest's file system: /init, /irqcts-agent, /modules/… and /modules/list in loading order, more files."""
    archive = Archive()
    archive.add("init", init.read_bytes(), executable=True)
    archive.add("irqcts-agent", agent.read_bytes(), executable=True)
    names = []
    for module in modules:
        names.append(module.name)
        archive.add(f"modules/{module.name}", module.read_bytes())
    for place, source in files.items():
        archive.add(place, source.read_bytes(), executable=True)
    archive.add("modules/list", "".join(f"{name}\n" for name in names).encode())
    return archive.finish()
