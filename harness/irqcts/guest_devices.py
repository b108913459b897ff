# SPDX-License-Identifier: Apache-2.0
"""Devices of QEMU that a guest can be given, and what each needs on the command line and on the host."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .guest_ivshmem import DoorbellServer

#: Where the guest sees the device behind the first root port.
FIRST = "0000:01:00.0"


@dataclass(frozen=True)
class DeviceArguments:
    """QEMU's arguments for one device, and what has to be closed after QEMU ended."""

    arguments: tuple[str, ...]
    helper: DoorbellServer | None = None


@dataclass(frozen=True)
class GuestDevice:
    """A device by its name on our command line."""

    name: str
    model: str  # QEMU's -device name; a QEMU that lacks it cannot run this guest
    address: str  # where the guest sees it
    build: Callable[[Path, int], DeviceArguments]  # work folder, vectors (0: the device's own number)
    functions: tuple[str, ...] = ()  # devices that stand for its virtual functions


def _behind_port(device: str, bus: int = 1) -> tuple[str, ...]:
    """A device alone behind a root port of its own: it can be reset through its bus, and unplugged."""
    # At 5 GT/s the kernel waits a fixed time after a bus reset; at more it waits for a link that QEMU does not show.
    return ("-device", f"pcie-root-port,id=port{bus},chassis={bus},addr={5 + bus:#x},x-speed=5",
            "-device", f"{device},bus=port{bus},addr=0,id=irqcts{bus}")


def _rocker(_work: Path, _vectors: int) -> DeviceArguments:
    return DeviceArguments(_behind_port("rocker,name=sw1"))


def _rockers(_work: Path, _vectors: int) -> DeviceArguments:
    return DeviceArguments(tuple(word for bus in (1, 2, 3) for word in _behind_port(f"rocker,name=sw{bus}", bus)))


def _e1000e(_work: Path, _vectors: int) -> DeviceArguments:
    return DeviceArguments(_behind_port("e1000e,romfile="))


def _igb(_work: Path, _vectors: int) -> DeviceArguments:
    return DeviceArguments(_behind_port("igb,romfile="))


def _nvme(_work: Path, _vectors: int) -> DeviceArguments:
    return DeviceArguments(_behind_port("nvme,serial=irqcts"))


def _ivshmem(work: Path, vectors: int) -> DeviceArguments:
    server = DoorbellServer(work / "ivshmem.socket", vectors or 32)
    return DeviceArguments(("-chardev", f"socket,id=doorbell,path={server.path}",
                            *_behind_port(f"ivshmem-doorbell,chardev=doorbell,vectors={server.vectors}")), server)


DEVICES = {
    device.name: device
    for device in (
        GuestDevice("rocker", "rocker", FIRST, _rocker),
        GuestDevice("rockers", "rocker", FIRST, _rockers, ("0000:02:00.0", "0000:03:00.0")),
        GuestDevice("ivshmem", "ivshmem-doorbell", FIRST, _ivshmem),
        GuestDevice("e1000e", "e1000e", FIRST, _e1000e),
        GuestDevice("igb", "igb", FIRST, _igb),
        GuestDevice("nvme", "nvme", FIRST, _nvme),
    )
}
