# SPDX-License-Identifier: Apache-2.0
"""Giving a real device to vfio-pci and back, and saying beforehand what stands in the way.

``bind`` notes the driver that had the device in a file before it changes anything, so that ``unbind``
restores it also after a crash in between.  A device that the machine depends on (a mounted file system,
swap, a disk that somebody holds, the default route, a part of a bond or bridge) is refused unless the caller
says otherwise.
"""

from __future__ import annotations

import errno
import json
import os
import re
from pathlib import Path

from . import host
from .obstacle import Obstacle

DRIVER = "vfio-pci"
IOMMU_ON = "turn it on in the firmware and boot with intel_iommu=on; on AMD it is on by default"
MULTIPATH = re.compile(r"(nvme\d+)c\d+(n\d+)")
ADDRESS = re.compile(r"(?:[0-9a-f]{4,8}:)?[0-9a-f]{2}:[01][0-9a-f]\.[0-7]", re.IGNORECASE)


class BindError(Exception):
    """Binding or restoring did not work; the message says what was tried."""


class Machine:
    """Where the kernel's files are; tests put a folder of their own here."""

    def __init__(self, root: Path = Path("/"), state: Path | None = None) -> None:
        self.root = root
        runtime = os.environ.get("XDG_RUNTIME_DIR") if os.geteuid() != 0 else None
        self.state = state or Path(runtime or "/run") / "irqcts"

    def device(self, address: str) -> Path:
        return self.root / "sys/bus/pci/devices" / address

    def driver(self, address: str) -> str:
        """The driver that has the device, "" for none."""
        link = self.device(address) / "driver"
        return link.readlink().name if link.is_symlink() else ""

    def gives_vfio(self, address: str) -> bool:
        """Whether its driver is vfio-pci or a vendor's in its place, which Linux shows since 6.1."""
        return self.driver(address) == DRIVER or (self.device(address) / "vfio-dev").exists()

    def text(self, path: str) -> str:
        file = self.root / path
        return file.read_text("utf-8", "replace") if file.is_file() else ""

    def may_open(self, file: str) -> bool:
        """Whether this user may open one of VFIO's files for reading and writing."""
        return os.access(self.root / file.lstrip("/"), os.R_OK | os.W_OK)

    def is_claimed(self, block: str) -> bool:
        """Whether somebody holds the block device for himself, who need not be in any list."""
        try:
            os.close(os.open(self.root / "dev" / block.replace("!", "/"), os.O_RDONLY | os.O_EXCL | os.O_NONBLOCK))
        except OSError as error:
            return error.errno == errno.EBUSY
        return False

    def write(self, path: Path, text: str) -> None:
        """Writes to one of the kernel's files."""
        try:
            path.write_text(text)
        except OSError as error:
            raise BindError(f"cannot write {text.strip()!r} to {path}: {error.strerror}; are you root?") from error


def full_address(text: str) -> str:
    """"03:00.0" and "0000:03:00.0" name the same device; a domain may have more digits (Intel VMD: 10000)."""
    if ADDRESS.fullmatch(text) is None:
        raise BindError(f"{text!r} is not a PCI address such as 0000:03:00.0")
    domain, place = text.lower().split(":", 1) if text.count(":") == 2 else ("0", text.lower())
    return f"{int(domain, 16):04x}:{place}"


def users(address: str, machine: Machine) -> list[str]:
    """What on this machine depends on the device: file systems, swap, other holders of its disks, the network."""
    device = machine.device(address).resolve()
    # Virtual functions go when the physical one's driver does.
    devices = {device, *(link.resolve() for link in device.glob("virtfn*"))}
    return list(dict.fromkeys([*_block_users(devices, machine), *_network_users(devices, machine)]))


def _on(devices: set[Path], entry: Path) -> bool:
    """Whether an entry of /sys/class belongs to one of the devices."""
    return not devices.isdisjoint(entry.resolve().parents)


def _block_users(devices: set[Path], machine: Machine) -> list[str]:
    found = []
    blocks = _blocks_on(devices, machine)
    for line in machine.text("proc/self/mounts").splitlines():
        source, place = line.split()[:2]
        if source.startswith("/dev/") and _block_name(machine, source) in blocks:
            found.append(f"the file system at {place}")
    for line in machine.text("proc/swaps").splitlines()[1:]:
        if _block_name(machine, line.split()[0]) in blocks:
            found.append(f"swap on {line.split()[0]}")
    claimed = sorted(block for block in blocks if machine.is_claimed(block))
    if claimed and not found:
        found.append(f"somebody who holds {', '.join(claimed)} (ZFS, btrfs, LVM, RAID, another mount namespace)")
    return found


def _network_users(devices: set[Path], machine: Machine) -> list[str]:
    interfaces, found = _interfaces_on(devices, machine)
    for line in machine.text("proc/net/route").splitlines()[1:]:
        fields = line.split()
        if fields[0] in interfaces and fields[1] == "00000000":
            found.append(f"the default route through {fields[0]}")
    for line in machine.text("proc/net/ipv6_route").splitlines():
        fields = line.split()
        if fields[-1] in interfaces and fields[0] == "0" * 32 and fields[1] == "00":
            found.append(f"the IPv6 default route through {fields[-1]}")
    return found


def _interfaces_on(devices: set[Path], machine: Machine) -> tuple[set[str], list[str]]:
    """The network interfaces on PCI devices with those built on them (bond, VLAN), and what they are parts of."""
    folder = machine.root / "sys/class/net"
    interfaces: set[str] = set()
    parts = []
    waiting = sorted(entry.name for entry in folder.glob("*") if _on(devices, entry))
    while waiting:
        name = waiting.pop(0)
        if name in interfaces:
            continue
        interfaces.add(name)
        waiting += sorted(link.name.removeprefix("upper_") for link in (folder / name).glob("upper_*"))
        master = folder / name / "master"
        if master.is_symlink():
            waiting.append(master.readlink().name)
            parts.append(f"{master.readlink().name}, which {name} is a part of")
    return interfaces, parts


def _blocks_on(devices: set[Path], machine: Machine) -> set[str]:
    """The block devices on PCI devices, with those built on them (LVM, encryption, RAID, NVMe multipath)."""
    entries = list((machine.root / "sys/class/block").glob("*"))
    blocks = {entry.name for entry in entries if _on(devices, entry)}
    grown = True
    while grown:
        above = {entry.name for entry in entries if entry.resolve().parent.name in blocks
                 or {part.name for part in (entry / "slaves").glob("*")} & blocks}
        # A path of NVMe multipath, nvme0c1n2, is hidden; what is used is nvme0n2.
        above |= {f"{path[1]}{path[2]}" for path in map(MULTIPATH.fullmatch, blocks) if path is not None}
        grown = not above <= blocks
        blocks |= above
    return blocks


def _block_name(machine: Machine, source: str) -> str:
    """The kernel's name of a block device, through links such as /dev/disk/by-uuid or /dev/mapper."""
    return (machine.root / source.lstrip("/")).resolve().name


def preflight(address: str, machine: Machine | None = None) -> list[Obstacle]:
    """Everything that keeps this process from running the suite on the device, in the order to remove it."""
    machine = machine or Machine()
    address = full_address(address)
    obstacles = []
    if not machine.device(address).exists():
        return [Obstacle(f"there is no PCI device {address}", "lspci -D lists the devices of this machine")]
    group = machine.device(address) / "iommu_group"
    if not group.exists():
        obstacles.append(Obstacle("the IOMMU is off", IOMMU_ON))
    bound = machine.gives_vfio(address)
    if not bound:
        if not (machine.root / "sys/bus/pci/drivers" / DRIVER).exists():
            obstacles.append(Obstacle(f"the driver {DRIVER} is not loaded", f"modprobe {DRIVER}"))
        obstacles.append(Obstacle(f"{address} belongs to {machine.driver(address) or 'no driver'}",
                                  f"{host.COMMAND} bind {address}"))
    if group.exists():
        for neighbour in sorted((group / "devices").glob("*")):
            owner = machine.driver(neighbour.name)
            is_bridge = (neighbour / "class").is_file() and (neighbour / "class").read_text().startswith("0x0604")
            harmless = owner in ("", "pci-stub") or machine.gives_vfio(neighbour.name) or is_bridge
            if neighbour.name != address and not harmless:
                obstacles.append(Obstacle(f"{neighbour.name} shares its IOMMU group and belongs to {owner}",
                                          f"{host.COMMAND} bind {neighbour.name}"))
        if bound:
            obstacles += _closed_files(address, group.resolve().name, machine)
    return obstacles


def _closed_files(address: str, group: str, machine: Machine) -> list[Obstacle]:
    """What this user may not open, when neither way to the device is open to him: character device or group."""
    ways = [[f"/dev/vfio/{group}", "/dev/vfio/vfio"]]
    ways += [[f"/dev/vfio/devices/{entry.name}", "/dev/iommu"]
             for entry in sorted((machine.device(address) / "vfio-dev").glob("vfio*"))]
    closed = [[file for file in way if not machine.may_open(file)] for way in ways]
    if [] in closed:
        return []
    there = [files for way, files in zip(ways, closed)
             if all((machine.root / file.lstrip("/")).exists() for file in way)]
    if not there:
        return [Obstacle(f"there is no {ways[0][0]} with /dev/vfio/vfio, and no VFIO character device with /dev/iommu",
                         "modprobe vfio_iommu_type1 (or iommufd)")]
    return [Obstacle(f"this user may not open {' and '.join(there[0])}", f"sudo chown $USER {' '.join(there[0])}")]


def _note(address: str, machine: Machine) -> Path:
    return machine.state / f"bound-{address}.json"


def _noted_driver(address: str, machine: Machine) -> str | None:
    """The driver that the note names ("" for none), None without a note."""
    note = _note(address, machine)
    try:
        return str(json.loads(note.read_text("utf-8"))["driver"])
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BindError(f"cannot read {note}, which says who had {address}: {error.strerror}; are you root?") from error
    except (ValueError, KeyError, TypeError) as error:
        raise BindError(f"{note} should say which driver had {address}, and does not. Remove it; without it unbind "
                        "leaves the choice of the driver to the kernel") from error


def _write_note(address: str, driver: str, machine: Machine) -> None:
    """Whole or not at all: a crash must not leave half of it."""
    note = _note(address, machine)
    half = note.with_suffix(".new")
    try:
        note.parent.mkdir(parents=True, exist_ok=True)
        half.write_text(json.dumps({"address": address, "driver": driver}) + "\n", "utf-8")
        half.replace(note)
    except OSError as error:
        raise BindError(f"cannot write {note}, which is to say who had {address}: {error.strerror}; "
                        "are you root?") from error


def _forget_note(address: str, machine: Machine) -> None:
    note = _note(address, machine)
    try:
        note.unlink(missing_ok=True)
    except OSError as error:
        raise BindError(f"cannot remove {note}: {error.strerror}; are you root?") from error


def bind(address: str, machine: Machine | None = None, although_in_use: bool = False, driver: str = DRIVER) -> str:
    """Gives the device to vfio-pci, or to a vendor's driver in its place; returns the driver that had it."""
    machine = machine or Machine()
    address = full_address(address)
    if not machine.device(address).exists():
        raise BindError(f"there is no PCI device {address}; lspci -D lists the devices of this machine")
    if machine.driver(address) == driver:
        return driver
    in_use = users(address, machine)
    if in_use and not although_in_use:
        raise BindError(f"{address} carries {', '.join(in_use)}; taking it away would harm this machine. "
                        "If that is meant: --although-in-use")
    if not (machine.root / "sys/bus/pci/drivers" / driver).exists():
        raise BindError(f"the driver {driver} is not loaded: modprobe {driver}")
    former = machine.driver(address)
    # A note that is there while no normal driver has the device is from a run that crashed, and names the true owner.
    if (former and not machine.gives_vfio(address)) or _noted_driver(address, machine) is None:
        _write_note(address, former, machine)
    try:
        machine.write(machine.device(address) / "driver_override", driver + "\n")
        if former:
            machine.write(machine.device(address) / "driver/unbind", address)
        machine.write(machine.root / "sys/bus/pci/drivers_probe", address)
    except BindError as error:
        raise BindError(f"{error}{_put_back(address, machine)}") from error
    if machine.driver(address) != driver:
        raise BindError(f"{driver} did not take {address}; see the kernel log (dmesg | tail)"
                        f"{_put_back(address, machine)}")
    return former


def _put_back(address: str, machine: Machine) -> str:
    """After a bind that failed; returns what to add to its sentence."""
    try:
        unbind(address, machine)
    except BindError as error:
        return f". Putting it back failed too: {error}"
    return ""


def unbind(address: str, machine: Machine | None = None) -> str:
    """Gives the device back to the driver it was taken from; returns that driver."""
    machine = machine or Machine()
    address = full_address(address)
    if not machine.device(address).exists():
        raise BindError(f"there is no PCI device {address}; lspci -D lists the devices of this machine")
    former = _noted_driver(address, machine)
    if former is None and not machine.gives_vfio(address):
        raise BindError(f"{address} was not bound by this program and does not belong to {DRIVER}")
    machine.write(machine.device(address) / "driver_override", "\n")
    if machine.gives_vfio(address):
        machine.write(machine.device(address) / "driver/unbind", address)
    if former != "":  # without a note any driver that wants it may have it
        machine.write(machine.root / "sys/bus/pci/drivers_probe", address)
    now = machine.driver(address)
    if former and now != former:
        raise BindError(f"{address} should belong to {former} again but belongs to {now or 'no driver'}; "
                        f"echo {address} > /sys/bus/pci/drivers/{former}/bind")
    _forget_note(address, machine)
    return now
