# SPDX-License-Identifier: Apache-2.0
"""Devices of QEMU that a guest can be given, and what each needs on the command line and on the host."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .guest_ivshmem import DoorbellServer


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


def _rocker(_work: Path, _vectors: int) -> DeviceArguments:
    return DeviceArguments(("-device", "rocker,addr=4,name=sw1"))


def _rockers(_work: Path, _vectors: int) -> DeviceArguments:
    return DeviceArguments(tuple(word for slot in (4, 6, 7)
                                 for word in ("-device", f"rocker,addr={slot},name=sw{slot}")))


def _e1000e(_work: Path, _vectors: int) -> DeviceArguments:
    return DeviceArguments(("-device", "e1000e,addr=4,romfile="))


def _igb(_work: Path, _vectors: int) -> DeviceArguments:
    # Its capabilities need a root port above it.
    return DeviceArguments(("-device", "pcie-root-port,id=port1,chassis=1,addr=6",
                            "-device", "igb,bus=port1,addr=0,romfile="))


def _nvme(_work: Path, _vectors: int) -> DeviceArguments:
    return DeviceArguments(("-device", "nvme,addr=4,serial=irqcts"))


def _ivshmem(work: Path, vectors: int) -> DeviceArguments:
    server = DoorbellServer(work / "ivshmem.socket", vectors or 32)
    return DeviceArguments(("-chardev", f"socket,id=doorbell,path={server.path}",
                            "-device", f"ivshmem-doorbell,addr=4,chardev=doorbell,vectors={server.vectors}"), server)


DEVICES = {
    device.name: device
    for device in (
        GuestDevice("rocker", "rocker", "0000:00:04.0", _rocker),
        GuestDevice("rockers", "rocker", "0000:00:04.0", _rockers, ("0000:00:06.0", "0000:00:07.0")),
        GuestDevice("ivshmem", "ivshmem-doorbell", "0000:00:04.0", _ivshmem),
        GuestDevice("e1000e", "e1000e", "0000:00:04.0", _e1000e),
        GuestDevice("igb", "igb", "0000:01:00.0", _igb),
        GuestDevice("nvme", "nvme", "0000:00:04.0", _nvme),
    )
}
