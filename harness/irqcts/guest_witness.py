# SPDX-License-Identifier: Apache-2.0
"""A second look at the device, past the guest's kernel: QEMU's own side of the same machine.

While the guest owns the device, QEMU's qtest socket reads the same registers from the host, and a trace
of the interrupt remapping counts the messages that left the device.  What the witness sees and what the
guest reports must agree; where they do not, one of the two lies.
"""

from __future__ import annotations

import re
import socket
import struct
from dataclasses import dataclass
from pathlib import Path

MSIX_CAPABILITY = 0x11
#: Where q35 has configuration space in memory, unless the guest's kernel log says otherwise.
CONFIGURATION_BASE = 0xB000_0000
TRACE_EVENT = "vtd_ir_remap_msi"
_SECONDS = 5.0
_TRACE_LINE = re.compile(r"vtd_ir_remap_msi .*?\(addr 0x([0-9a-f]+), data 0x([0-9a-f]+)\)")


class WitnessError(Exception):
    """The witness cannot look; no verdict about the device."""


@dataclass(frozen=True)
class Entry:
    """A table entry as the device holds it."""

    address: int
    data: int
    control: int


class Witness:
    """Reads registers over qtest and counts messages in a trace file."""

    def __init__(self, path: Path, trace: Path, address: str, configuration_base: int = CONFIGURATION_BASE) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(_SECONDS)
        self._socket.connect(str(path))
        self._received = b""
        self._trace = trace
        self._trace_position = 0
        bus, slot_function = address.split(":")[1:]
        slot, function = slot_function.split(".")
        self._configuration = configuration_base + (int(bus, 16) << 20) + (int(slot, 16) << 15) + (int(function) << 12)
        self._capability = self._find_capability()
        self.entries = (self._read(self._configuration + self._capability + 2, 2) & 0x7FF) + 1
        self._table = self._structure(4)
        self._pba = self._structure(8)

    def close(self) -> None:
        self._socket.close()

    def control(self) -> int:
        """Message Control."""
        return self._read(self._configuration + self._capability + 2, 2)

    def table(self) -> list[Entry]:
        """Every entry."""
        entries = []
        for index in range(self.entries):
            low, high, data, control = (self._read(self._table + 16 * index + 4 * part, 4) for part in range(4))
            entries.append(Entry(high << 32 | low, data, control))
        return entries

    def pending(self) -> list[int]:
        """The entries whose pending bit is set."""
        words = [self._read(self._pba + 8 * word, 8) for word in range((self.entries + 63) // 64)]
        return [entry for entry in range(self.entries) if words[entry // 64] >> entry % 64 & 1]

    def messages(self) -> dict[tuple[int, int], int]:
        """Messages (address, data) that reached the interrupt remapping since the last call, with their counts."""
        counts: dict[tuple[int, int], int] = {}
        if not self._trace.is_file():
            return counts
        with self._trace.open("rb") as file:
            file.seek(self._trace_position)
            block = file.read()
        whole = block[: block.rfind(b"\n") + 1]  # the last line may still be growing
        self._trace_position += len(whole)
        for found in _TRACE_LINE.finditer(whole.decode("ascii", "replace")):
            key = (int(found.group(1), 16), int(found.group(2), 16))
            counts[key] = counts.get(key, 0) + 1
        return counts

    # qtest -----------------------------------------------------------------------------------------

    def _command(self, line: str) -> str:
        try:
            self._socket.sendall(line.encode() + b"\n")
            while b"\n" not in self._received:
                block = self._socket.recv(4096)
                if not block:
                    raise WitnessError("QEMU closed the witness's socket")
                self._received += block
        except OSError as error:
            raise WitnessError(f"the witness's socket: {error}") from error
        answer, _, self._received = self._received.partition(b"\n")
        text = answer.decode("ascii", "replace")
        if not text.startswith("OK"):
            raise WitnessError(f"QEMU answers {text!r} to {line!r}")
        return text[2:].strip()

    def _read(self, address: int, width: int) -> int:
        return int(self._command(f"read{dict(zip((1, 2, 4, 8), 'bwlq'))[width]} 0x{address:x}"), 0)

    def _find_capability(self) -> int:
        if self._read(self._configuration, 4) in (0, 0xFFFF_FFFF):
            raise WitnessError(f"the witness sees no device at 0x{self._configuration:x}")
        offset = self._read(self._configuration + 0x34, 1) & 0xFC
        for _ in range(48):
            if offset == 0:
                break
            if self._read(self._configuration + offset, 1) == MSIX_CAPABILITY:
                return offset
            offset = self._read(self._configuration + offset + 1, 1) & 0xFC
        raise WitnessError("the witness finds no MSI-X capability")

    def _structure(self, register: int) -> int:
        """The address of the table (4) or the PBA (8)."""
        place = self._read(self._configuration + self._capability + register, 4)
        bar = self._read(self._configuration + 0x10 + 4 * (place & 7), 8)
        low, high = struct.unpack("<II", struct.pack("<Q", bar))
        base = (high << 32 if low >> 1 & 3 == 2 else 0) | low & 0xFFFF_FFF0
        return int(base + (place & 0xFFFF_FFF8))
