# SPDX-License-Identifier: Apache-2.0
"""Binding to vfio-pci, on a small copy of the kernel's files with the kernel's reactions."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from irqcts import vfio_bind
from irqcts.cli import doctor, group
from irqcts.vfio_bind import BindError, Machine

ADDRESS = "0000:03:00.0"
VFIO_DRIVERS = ("vfio-pci", "mlx5_vfio_pci")


class FakeMachine(Machine):
    """The files, and what the kernel does when they are written."""

    def __init__(self, root: Path, native: str = "nvme", vfio_takes: bool = True) -> None:
        super().__init__(root, root / "run")
        self.native = native
        self.vfio_takes = vfio_takes
        self.claimed: set[str] = set()
        self.closed: set[str] = set()  # files that this user may not open
        self.refused: list[str] = []  # files whose next write fails
        self.pci = root / "sys/devices/pci0000:00/0000:00:1c.0" / ADDRESS
        self.pci.mkdir(parents=True)
        (self.pci / "driver_override").write_text("(null)\n")
        for name in (*VFIO_DRIVERS, "nvme"):
            (root / "sys/bus/pci/drivers" / name).mkdir(parents=True)
        (root / "sys/bus/pci/devices").mkdir()
        (root / "sys/bus/pci/devices" / ADDRESS).symlink_to(self.pci)
        group = root / "sys/kernel/iommu_groups/7"
        (group / "devices").mkdir(parents=True)
        (group / "devices" / ADDRESS).symlink_to(self.pci)
        (self.pci / "iommu_group").symlink_to(group)
        (root / "dev/vfio").mkdir(parents=True)
        (root / "dev/vfio/7").touch()
        (root / "dev/vfio/vfio").touch()
        for folder in ("sys/class/block", "sys/class/net", "proc/self", "proc/net"):
            (root / folder).mkdir(parents=True)
        self._set_driver(native)

    def _set_driver(self, name: str) -> None:
        link = self.pci / "driver"
        link.unlink(missing_ok=True)
        if name:
            link.symlink_to(self.root / "sys/bus/pci/drivers" / name)

    def write(self, path: Path, text: str) -> None:
        if path.name in self.refused:
            self.refused.remove(path.name)
            raise BindError(f"cannot write {text!r} to {path}")
        if path.name == "unbind":
            self._set_driver("")
            if (self.pci / "vfio-dev").is_dir():
                (self.pci / "vfio-dev").rmdir()
        elif path.name == "drivers_probe":
            override = (self.pci / "driver_override").read_text().strip()
            if override in VFIO_DRIVERS:
                self._set_driver(override if self.vfio_takes else "")
                (self.pci / "vfio-dev").mkdir(exist_ok=True)
            else:
                self._set_driver(self.native)
        else:
            super().write(path, text)

    def may_open(self, file: str) -> bool:
        return file not in self.closed and super().may_open(file)

    def is_claimed(self, block: str) -> bool:
        return block in self.claimed or super().is_claimed(block)

    def interface(self, name: str, device: Path | None = None) -> Path:
        """A network interface on a device, or on none."""
        folder = (device or self.root / "sys/devices/virtual") / "net" / name
        folder.mkdir(parents=True)
        (self.root / "sys/class/net" / name).symlink_to(folder)
        return folder

    def default_route(self, name: str) -> None:
        (self.root / "proc/net/route").write_text(
            f"Iface\tDestination\tGateway\tFlags\n{name}\t0000A8C0\t00000000\t0001\n"
            f"{name}\t00000000\t0100A8C0\t0003\n")

    def block(self, path: str, device: Path | None = None) -> None:
        """A block device: its folder on the PCI device, or on another."""
        folder = (device or self.pci) / path
        folder.mkdir(parents=True, exist_ok=True)
        (self.root / "sys/class/block" / folder.name).symlink_to(folder)

    def mount(self, source: str, place: str) -> None:
        self.block("nvme/nvme0/nvme0n1/nvme0n1p1")
        (self.root / "proc/self/mounts").write_text(f"{source} {place} ext4 rw 0 0\n")


def test_bind_and_unbind_restore_the_former_driver(tmp_path: Path) -> None:
    machine = FakeMachine(tmp_path)
    assert vfio_bind.bind("03:00.0", machine) == "nvme"
    assert machine.driver(ADDRESS) == "vfio-pci"
    assert vfio_bind.preflight(ADDRESS, machine) == []
    assert vfio_bind.unbind(ADDRESS, machine) == "nvme"
    assert list((tmp_path / "run").iterdir()) == []


def test_a_vendors_vfio_driver_counts_as_one(tmp_path: Path) -> None:
    machine = FakeMachine(tmp_path)
    assert vfio_bind.bind(ADDRESS, machine, driver="mlx5_vfio_pci") == "nvme"
    assert machine.driver(ADDRESS) == "mlx5_vfio_pci"
    assert vfio_bind.preflight(ADDRESS, machine) == []
    assert vfio_bind.unbind(ADDRESS, machine) == "nvme"
    with pytest.raises(BindError, match="modprobe nvgrace_gpu_vfio_pci"):
        vfio_bind.bind(ADDRESS, machine, driver="nvgrace_gpu_vfio_pci")


def test_a_crash_between_bind_and_unbind_forgets_nothing(tmp_path: Path) -> None:
    machine = FakeMachine(tmp_path)
    vfio_bind.bind(ADDRESS, machine)
    machine._set_driver("")  # crashed, unbound by hand, and bound again by the next run
    vfio_bind.bind(ADDRESS, machine)
    assert vfio_bind.unbind(ADDRESS, machine) == "nvme"


def test_a_device_that_vfio_refuses_goes_back(tmp_path: Path) -> None:
    machine = FakeMachine(tmp_path, vfio_takes=False)
    with pytest.raises(BindError, match="did not take"):
        vfio_bind.bind(ADDRESS, machine)
    assert machine.driver(ADDRESS) == "nvme"


@pytest.mark.parametrize("name", ["driver_override", "unbind", "drivers_probe"])
def test_a_write_that_fails_is_undone(tmp_path: Path, name: str) -> None:
    machine = FakeMachine(tmp_path)
    machine.refused = [name]
    with pytest.raises(BindError, match="cannot write"):
        vfio_bind.bind(ADDRESS, machine)
    assert machine.driver(ADDRESS) == "nvme"
    assert (machine.pci / "driver_override").read_text().strip() in ("", "(null)")
    assert list((tmp_path / "run").iterdir()) == []


def test_what_cannot_be_undone_is_said(tmp_path: Path) -> None:
    machine = FakeMachine(tmp_path)
    machine.refused = ["drivers_probe", "drivers_probe"]
    with pytest.raises(BindError, match="Putting it back failed too"):
        vfio_bind.bind(ADDRESS, machine)
    assert vfio_bind.unbind(ADDRESS, machine) == "nvme"  # the note is still there


def test_a_note_of_another_time_is_written_anew(tmp_path: Path) -> None:
    machine = FakeMachine(tmp_path, native="")
    assert vfio_bind.bind(ADDRESS, machine) == ""
    machine.native = "nvme"
    machine.write(machine.pci / "driver/unbind", ADDRESS)
    machine._set_driver("nvme")  # by hand: the note's "no driver" holds no longer
    assert vfio_bind.bind(ADDRESS, machine) == "nvme"
    assert vfio_bind.unbind(ADDRESS, machine) == "nvme"


def test_notes_that_cannot_be_used_are_told(tmp_path: Path) -> None:
    machine = FakeMachine(tmp_path)
    vfio_bind.bind(ADDRESS, machine)
    note = tmp_path / "run" / f"bound-{ADDRESS}.json"
    for text in ("", "[]", "{}", "\0"):
        note.write_text(text)
        with pytest.raises(BindError, match="Remove it"):
            vfio_bind.unbind(ADDRESS, machine)
    note.unlink()
    assert vfio_bind.unbind(ADDRESS, machine) == "nvme"


def test_a_folder_for_notes_that_cannot_be_had_is_told(tmp_path: Path) -> None:
    machine = FakeMachine(tmp_path)
    (tmp_path / "run").touch()
    with pytest.raises(BindError, match="are you root"):
        vfio_bind.bind(ADDRESS, machine)
    assert machine.driver(ADDRESS) == "nvme"


def test_a_mounted_file_system_is_not_taken_away(tmp_path: Path) -> None:
    machine = FakeMachine(tmp_path)
    machine.mount("/dev/nvme0n1p1", "/home")
    with pytest.raises(BindError, match="the file system at /home"):
        vfio_bind.bind(ADDRESS, machine)
    assert machine.driver(ADDRESS) == "nvme"
    assert vfio_bind.bind(ADDRESS, machine, although_in_use=True) == "nvme"


def test_a_file_system_on_an_encrypted_volume_counts(tmp_path: Path) -> None:
    machine = FakeMachine(tmp_path)
    machine.mount("/dev/mapper/root", "/")
    mapped = tmp_path / "sys/devices/virtual/block/dm-0"
    (mapped / "slaves/nvme0n1p1").mkdir(parents=True)
    (tmp_path / "sys/class/block/dm-0").symlink_to(mapped)
    (tmp_path / "dev/mapper").mkdir()
    (tmp_path / "dev/dm-0").touch()
    (tmp_path / "dev/mapper/root").symlink_to("../dm-0")
    assert vfio_bind.users(ADDRESS, machine) == ["the file system at /"]


def test_the_default_route_is_not_taken_away(tmp_path: Path) -> None:
    machine = FakeMachine(tmp_path)
    machine.interface("eth0", machine.pci)
    machine.default_route("eth0")
    assert vfio_bind.users(ADDRESS, machine) == ["the default route through eth0"]


def test_check_announces_what_bind_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = FakeMachine(tmp_path)
    machine.mount("/dev/nvme0n1p1", "/home")
    monkeypatch.setattr(vfio_bind, "Machine", lambda: machine)
    checked = CliRunner().invoke(group, ["bind", "--check", ADDRESS])
    assert checked.exit_code == 3, checked.output
    assert "carries the file system at /home; taking it away would harm this machine" in checked.output
    assert f"bind {ADDRESS} --although-in-use" in checked.output and machine.driver(ADDRESS) == "nvme"
    assert CliRunner().invoke(group, ["bind", ADDRESS]).exit_code == 2
    meant = CliRunner().invoke(group, ["bind", "--check", "--although-in-use", ADDRESS])
    assert meant.exit_code == 3 and "carries" not in meant.output
    assert CliRunner().invoke(group, ["bind", "--although-in-use", ADDRESS]).exit_code == 0
    assert CliRunner().invoke(group, ["bind", "--check", ADDRESS]).exit_code == 0, "it is taken already"


def test_a_device_that_is_not_there(tmp_path: Path) -> None:
    for command in (vfio_bind.bind, vfio_bind.unbind):
        with pytest.raises(BindError, match="there is no PCI device 0000:7f:00.0; lspci -D"):
            command("7f:00.0", FakeMachine(tmp_path / command.__name__))


def test_a_default_route_over_a_bond_and_a_vlan_counts(tmp_path: Path) -> None:
    machine = FakeMachine(tmp_path)
    port = machine.interface("eth0", machine.pci)
    bond = machine.interface("bond0")
    vlan = machine.interface("bond0.7")
    machine.interface("br0")
    (port / "master").symlink_to(bond)
    (port / "upper_bond0").symlink_to(bond)
    (bond / "upper_bond0.7").symlink_to(vlan)
    machine.default_route("bond0.7")
    assert vfio_bind.users(ADDRESS, machine) == ["bond0, which eth0 is a part of", "the default route through bond0.7"]
    machine.default_route("br0")  # which has nothing to do with it
    assert vfio_bind.users(ADDRESS, machine) == ["bond0, which eth0 is a part of"]


def test_a_default_route_over_a_virtual_function_counts(tmp_path: Path) -> None:
    machine = FakeMachine(tmp_path)
    virtual = machine.pci.parent / "0000:03:10.0"
    machine.interface("eth5", virtual)
    (machine.pci / "virtfn0").symlink_to(virtual)
    machine.default_route("eth5")
    assert vfio_bind.users(ADDRESS, machine) == ["the default route through eth5"]


def test_a_file_system_on_nvme_multipath_counts(tmp_path: Path) -> None:
    machine = FakeMachine(tmp_path)
    machine.block("nvme/nvme1/nvme0c1n1")
    machine.block("nvme0n1/nvme0n1p2", tmp_path / "sys/devices/virtual/nvme-subsystem/nvme-subsys0")
    machine.block("nvme2n1/nvme2n1p2", tmp_path / "sys/devices/virtual/nvme-subsystem/nvme-subsys2")
    (tmp_path / "proc/self/mounts").write_text("/dev/nvme0n1p2 / ext4 rw 0 0\n/dev/nvme2n1p2 /other ext4 rw 0 0\n")
    assert vfio_bind.users(ADDRESS, machine) == ["the file system at /"]


def test_a_disk_that_somebody_holds_counts(tmp_path: Path) -> None:
    machine = FakeMachine(tmp_path)
    machine.block("nvme/nvme0/nvme0n1")
    machine.block("nvme/nvme0/nvme0n1/nvme0n1p1")
    machine.claimed = {"nvme0n1", "nvme0n1p1", "sda"}
    assert vfio_bind.users(ADDRESS, machine) == [
        "somebody who holds nvme0n1, nvme0n1p1 (ZFS, btrfs, LVM, RAID, another mount namespace)"]


def test_preflight_names_every_obstacle_and_its_remedy(tmp_path: Path) -> None:
    machine = FakeMachine(tmp_path)
    (machine.pci / "iommu_group").unlink()
    (tmp_path / "sys/bus/pci/drivers/vfio-pci").rmdir()
    texts = [str(obstacle) for obstacle in vfio_bind.preflight(ADDRESS, machine)]
    assert ["IOMMU" in texts[0], "modprobe vfio-pci" in texts[1], f"./irqcts bind {ADDRESS}" in texts[2]] == [True] * 3
    assert "no PCI device" in str(vfio_bind.preflight("0000:7f:00.0", machine)[0])


def test_doctor_names_the_same_remedy_for_the_iommu() -> None:
    found = {name: (works, mend) for name, works, _, mend in doctor._virtualization()}
    assert "intel_iommu=on" in found["IOMMU"][1] and found["IOMMU"][1] == vfio_bind.IOMMU_ON


def test_preflight_is_content_with_one_open_way(tmp_path: Path) -> None:
    machine = FakeMachine(tmp_path)
    vfio_bind.bind(ADDRESS, machine)
    machine.closed = {"/dev/vfio/7"}
    assert [obstacle.remedy for obstacle in vfio_bind.preflight(ADDRESS, machine)] == ["sudo chown $USER /dev/vfio/7"]
    (machine.pci / "vfio-dev/vfio3").mkdir()
    (tmp_path / "dev/vfio/devices").mkdir()
    (tmp_path / "dev/vfio/devices/vfio3").touch()
    (tmp_path / "dev/iommu").touch()
    assert vfio_bind.preflight(ADDRESS, machine) == []
    machine.closed |= {"/dev/iommu", "/dev/vfio/devices/vfio3"}
    assert [obstacle.remedy for obstacle in vfio_bind.preflight(ADDRESS, machine)] == ["sudo chown $USER /dev/vfio/7"]
    (tmp_path / "dev/vfio/7").unlink()  # a kernel without VFIO_GROUP
    assert [obstacle.remedy for obstacle in vfio_bind.preflight(ADDRESS, machine)] == [
        "sudo chown $USER /dev/vfio/devices/vfio3 /dev/iommu"]
    (tmp_path / "dev/iommu").unlink()
    assert "there is no /dev/vfio/7" in str(vfio_bind.preflight(ADDRESS, machine)[0])


def test_what_is_no_address_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BindError, match="not a PCI address"):
        vfio_bind.bind("../../etc", FakeMachine(tmp_path))


def test_addresses_are_written_as_the_kernel_does() -> None:
    texts = ("03:00.0", "0000:3A:1f.7", "10000:e1:00.0", "00010000:e1:00.0")
    assert [vfio_bind.full_address(text) for text in texts] == [
        "0000:03:00.0", "0000:3a:1f.7", "10000:e1:00.0", "10000:e1:00.0"]
    for text in ("000:03:00.0", "123456789:03:00.0", "3:00.0", "03:20.0", "03:00.8"):
        with pytest.raises(BindError, match="not a PCI address"):
            vfio_bind.full_address(text)
