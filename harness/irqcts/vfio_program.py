# SPDX-License-Identifier: Apache-2.0
"""Programs of raw VFIO calls, in the words of uapi/linux/vfio.h.

A ``VfioProgram`` writes program text line by line; what each call must answer stands beside it, because
the oracle does not follow raw calls.  A refusal is stated by its errno.
"""

from __future__ import annotations

import errno as errno_numbers
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .program import Program

INTX, MSI, MSIX, ERROR, REQUEST = range(5)
IRQ_INDEXES = 5
CONFIG_REGION = 7

NONE, BOOL, EVENTFD = 1, 2, 4
MASK, UNMASK, TRIGGER = 8, 16, 32
SET_HEADER_BYTES = 20

INFO_EVENTFD, INFO_MASKABLE, INFO_AUTOMASKED, INFO_NORESIZE = 1, 2, 4, 8

#: Calls that VfioProgram.unbound makes (enum irqcts_vfio_call).
UNBOUND_CALLS = {"get-info": 0, "get-region-info": 1, "get-irq-info": 2, "set-irqs": 3, "reset": 4}

#: enum vfio_device_mig_state
STOP, RUNNING, STOP_COPY = 1, 2, 3

#: Which answer of the suite's vocabulary an errno is told as (backends/vfio/answers.c).
_STATUSES = {
    "EINVAL": "invalid-parameter", "ERANGE": "invalid-parameter", "EBADF": "invalid-parameter",
    "EFAULT": "invalid-parameter", "ENOTTY": "device-error", "EIO": "device-error",
    "ENOSPC": "no-resources", "EACCES": "access-denied", "ENODEV": "gone",
}


@dataclass(frozen=True)
class Exceptional:
    """Positions of an eventfd payload that carry something else."""

    kind: str  # "-1", "-2", "closed", "no-eventfd"
    position: int = 0
    length: int = 1


_EXCEPTIONS = {"-1": 1, "-2": 2, "closed": 3, "no-eventfd": 4}


def eventfd_payload(first: int = 0, step: int = 1, exceptional: Exceptional | None = None) -> int:
    """IRQCTS_VFIO_PAYLOAD: position i carries the eventfd of message first + i * step, but for the exceptional."""
    payload = first | step << 16
    if exceptional is not None:
        payload |= _EXCEPTIONS[exceptional.kind] << 24 | exceptional.position << 32 | exceptional.length << 48
    return payload


def bool_payload(flags: Sequence[int]) -> int:
    """Up to eight bytes, one a vector."""
    return int.from_bytes(bytes(flags), "little")


class VfioProgram:
    """Program text under construction; ``text`` is the whole of it."""

    def __init__(self, entries: int, messages: int) -> None:
        self.entries = entries
        self._lines = ["irqcts-program 1", f"configure entries={entries} messages={messages}"]

    @property
    def text(self) -> str:
        return "\n".join(self._lines) + "\n"

    def finish(self) -> Program:
        """The program that runs."""
        return Program.from_text(self.text)

    def __len__(self) -> int:
        """Operations so far; the next line's step number."""
        return len(self._lines) - 1

    def line(self, operation: str, expect: str = "", clause: str = "") -> None:
        """Any operation of the text form, with what is expected of it."""
        stated = " ".join(part for part in (expect, f"[{clause}]" if clause and expect else "") if part)
        self._lines.append(f"{operation} => {stated}" if stated else operation)

    # Raw calls -------------------------------------------------------------------------------------

    def set_irqs(self, flags: int, start: int = 0, count: int = 0, *, index: int = MSIX, payload: int | None = None,
                 argsz: int = 0, unreadable: bool = False, errno: str | None = "", returned: int = 0,
                 clause: str = "") -> None:
        """VFIO_DEVICE_SET_IRQS.  errno "": it succeeds and returns `returned`; None: nothing is stated."""
        if payload is None:
            payload = eventfd_payload(start) if flags & EVENTFD else 0
        self._call("vfio-set-irqs", {"index": index, "start": start, "count": count, "flags": flags, "argsz": argsz,
                                     "payload": payload, "unreadable": int(unreadable)}, errno, returned, clause)

    def assign(self, start: int, count: int, *, first: int | None = None, step: int = 1,
               exceptional: Exceptional | None = None, errno: str | None = "", returned: int = 0,
               clause: str = "") -> None:
        """Gives vectors start .. start+count-1 the eventfds of messages first, first + step, … (first: start)."""
        self.set_irqs(EVENTFD | TRIGGER, start, count, errno=errno, returned=returned, clause=clause,
                      payload=eventfd_payload(start if first is None else first, step, exceptional))

    def deassign(self, start: int, count: int = 1, *, descriptor: str = "-1", errno: str | None = "",
                 clause: str = "") -> None:
        """Takes the eventfds of vectors start .. start+count-1 away."""
        self.assign(start, count, exceptional=Exceptional(descriptor, 0, count), errno=errno, clause=clause)

    def disable(self, *, index: int = MSIX, errno: str | None = "", clause: str = "") -> None:
        self.set_irqs(NONE | TRIGGER, index=index, errno=errno, clause=clause)

    def irq_info(self, index: int = MSIX, *, argsz: int = 0, value: int | None = None, mask: int | None = None,
                 errno: str | None = "", clause: str = "") -> None:
        """VFIO_DEVICE_GET_IRQ_INFO; value: flags | count << 32."""
        self._call("vfio-irq-info", {"index": index, "argsz": argsz}, errno, value, clause, mask)

    def region_read(self, region: int, offset: int, width: int, *, value: int | None = None, mask: int | None = None,
                    returned: int | None = None, errno: str | None = "", clause: str = "") -> None:
        """read() of a region: what it gives, or how many bytes it returns."""
        operands = {"region": region, "offset": offset, "width": width, "returned": int(returned is not None)}
        self._call("vfio-region-read", operands, errno, value if returned is None else returned, clause, mask)

    def region_write(self, region: int, offset: int, width: int, data: int, *, returned: int | None = None,
                     errno: str | None = "", clause: str = "") -> None:
        """write() of a region, and how many bytes it takes."""
        self._call("vfio-region-write", {"region": region, "offset": offset, "width": width, "data": data}, errno,
                   returned, clause)

    def region_info(self, region: int, *, value: int | None = None, mask: int | None = None, size: bool = False,
                    clause: str = "") -> None:
        """VFIO_DEVICE_GET_REGION_INFO; value: flags | 1 << 32 where the table may be mapped, or the region's size."""
        self._call("vfio-region-info", {"region": region, "size": int(size)}, "", value, clause, mask)

    def reset(self, *, errno: str | None = "", clause: str = "") -> None:
        self._call("vfio-reset", {}, errno, None, clause)

    def unbound(self, call: int, *, errno: str | None = "", clause: str = "") -> None:
        """A device call on the character device opened a second time and not bound to iommufd."""
        self._call("vfio-unbound", {"call": call}, errno, None, clause)

    def migration(self, state: int, *, errno: str | None = "", clause: str = "") -> None:
        """Sets the device's migration state (enum vfio_device_mig_state)."""
        self._call("vfio-migration", {"state": state}, errno, None, clause)

    def _call(self, name: str, operands: Mapping[str, int], errno: str | None, value: int | None, clause: str,
              mask: int | None = None) -> None:
        words = [name] + [f"{key}={number:#x}" for key, number in operands.items() if number != 0]
        expect = ""
        if errno:
            number: int = getattr(errno_numbers, errno)
            expect = f"{_STATUSES[errno]} value={number:#x}"
        elif errno == "":
            expect = "ok"
            if value is not None:
                expect += f" value={value:#x}" + (f"/{mask:#x}" if mask is not None else "")
        self.line(" ".join(words), expect, clause)

    # The rest of the vocabulary, as far as the VFIO clauses use it ------------------------------------

    def raise_event(self, entry: int) -> None:
        self.line(f"raise {entry}")

    def poll(self, deliveries: Mapping[int, int | tuple[int, int]] | None, clause: str = "") -> None:
        """What arrived since the last poll: message -> count, or (least, most); None: whatever it was."""
        if deliveries is None:
            self.line("poll")
            return
        words = [f"{message}:{count[0]}-{count[1]}" if isinstance(count, tuple) else f"{message}:{count}"
                 for message, count in sorted(deliveries.items())]
        self.line("poll", " ".join(words) or "none", clause)

    def mask(self, entry: int, masked: bool = True) -> None:
        self.line(f"{'mask' if masked else 'unmask'} {entry}", "ok")

    def masks(self, states: Mapping[int, int], clause: str = "") -> None:
        """The Mask bits of entries, through the mapping."""
        for entry, state in states.items():
            self.line(f"table-read {entry}.vector-control", f"ok value={state:#x}/0x1", clause)

    def pending(self, bits: int, clause: str = "") -> None:
        """The first 64 pending bits, through the mapping."""
        self.line("pba-read +0x0 width=8", f"ok value={bits:#x}", clause)
