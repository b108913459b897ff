# SPDX-License-Identifier: Apache-2.0
"""The guest: what it is made of, and every way in which it can end.

Tests that boot one need QEMU, a built tree and a kernel from the distribution's mirror or the cache;
without these they are skipped with the reason.
"""

from __future__ import annotations

import lzma
import os
import shutil
import signal
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from irqcts import guest as guest_module
from irqcts.guest import Guest, GuestEnded, GuestHang, GuestOptions, GuestPanic, GuestUnavailable, KernelRecord
from irqcts.guest_image import Archive
from irqcts.guest_kernel import (Kernel, KernelUnavailable, _from_cache, distribution_kernel, extract_vmlinux,
                                 kernel_from_file)
from irqcts.paths import layout


@pytest.fixture(scope="module")
def options() -> GuestOptions:
    binaries = layout().agent.parent
    if not (binaries / "irqcts-agent-static").is_file():
        pytest.skip(f"{binaries} has no irqcts-agent-static; build the tree first")
    try:
        kernel = distribution_kernel("bookworm")
    except KernelUnavailable as error:
        pytest.skip(f"NOT_TESTED, no kernel: {error}")
    return GuestOptions(kernel=kernel, init=binaries / "irqcts-guest-init", agent=binaries / "irqcts-agent-static")


@pytest.fixture
def guest(options: GuestOptions) -> Iterator[Guest]:
    running = Guest(options)
    yield running
    running.close()


# What it is made of --------------------------------------------------------------------------------


def bzimage(payload: bytes, setup_sectors: int = 4) -> bytes:
    """The least that the boot protocol's header needs to say where the payload is."""
    header = bytearray((setup_sectors + 1) * 512)
    header[0x1F1] = setup_sectors
    header[0x202:0x206] = b"HdrS"
    struct.pack_into("<H", header, 0x206, 0x20F)
    struct.pack_into("<II", header, 0x248, 64, len(payload))
    return bytes(header) + bytes(64) + payload + b"trailing"


def gzipped(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=31)
    return packer.compress(data) + packer.flush()


def xzipped(data: bytes) -> bytes:
    return lzma.compress(data, format=lzma.FORMAT_XZ)


@pytest.mark.parametrize("compress", [gzipped, xzipped])
def test_the_kernel_in_a_bzimage_is_found(compress: Callable[[bytes], bytes]) -> None:
    """Behind the compressed kernel stands its size, which is no part of the stream."""
    kernel = b"\x7fELF" + bytes(100_000)
    assert extract_vmlinux(bzimage(compress(kernel) + struct.pack("<I", len(kernel)))) == kernel


@pytest.mark.parametrize("image", [b"", b"MZ", bytes(4096), bzimage(b"no compression known")])
def test_an_image_without_a_kernel_inside_is_left_alone(image: bytes) -> None:
    assert extract_vmlinux(image) is None


def test_the_archive_is_one_that_cpio_reads(tmp_path: Path) -> None:
    if shutil.which("cpio") is None:
        pytest.skip("no cpio on this machine; a guest that boots reads the archive too")
    archive = Archive()
    archive.add("init", b"#!", executable=True)
    archive.add("modules/a/b.ko", b"12345")
    listing = subprocess.run(["cpio", "-itv"], input=archive.finish(), capture_output=True, check=False)
    lines = listing.stdout.decode().splitlines()
    assert [line.split()[-1] for line in lines] == ["init", "modules", "modules/a", "modules/a/b.ko"]
    assert lines[0].startswith("-rwxr-xr-x") and lines[1].startswith("drwxr-xr-x") and " 5 " in lines[3]


def test_a_cached_kernel_that_was_changed_is_refused(options: GuestOptions, tmp_path: Path) -> None:
    copy = tmp_path / "kernel"
    subprocess.run(["cp", "-r", str(options.kernel.image.parent), str(copy)], check=True)
    _from_cache(copy)
    with (copy / "kernel").open("r+b") as file:
        file.seek(4096)
        file.write(b"changed")
    with pytest.raises(KernelUnavailable, match="is not what was cached"):
        _from_cache(copy)


def test_a_suite_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(KernelUnavailable):
        distribution_kernel("no-such-suite", tmp_path)
    with pytest.raises(KernelUnavailable, match="not the name"):
        distribution_kernel("../../etc", tmp_path)


@pytest.mark.parametrize(("text", "alarming"), [
    ("BUG: kernel NULL pointer dereference, address: 0000000000000008", True),
    ("WARNING: CPU: 0 PID: 1 at drivers/vfio/pci/vfio_pci_intrs.c:370", True),
    ("Oops: 0002 [#1] PREEMPT SMP NOPTI", True),
    ("DMAR: [DMA Write NO_PASID] Request device [00:04.0] fault addr 0x0 [fault reason 0x05]", True),
    ("DMAR: DRHD: handling fault status reg 2", True),
    ("irq 16: nobody cared (try booting with the \"irqpoll\" option)", True),
    ("vfio-pci 0000:00:04.0: irq bypass producer (token 0) registration fails: -16", False),
    ("DMAR: Intel(R) Virtualization Technology for Directed I/O", False),
    ("debug: ignoring loglevel setting", False),
])
def test_what_alarms_in_a_kernel_log(text: str, alarming: bool) -> None:
    assert KernelRecord(4, 0, 0, text).alarming is alarming


# How it ends ---------------------------------------------------------------------------------------


def test_a_guest_that_ends_as_asked(options: GuestOptions) -> None:
    with Guest(options) as running:
        assert running.release.startswith("6.1")
        assert running.problems == []
    assert not running.running


def test_a_kernel_panic_is_no_success(guest: Guest) -> None:
    """QEMU's exit status is 0 then, as it is after a power-off."""
    with pytest.raises(GuestPanic, match="panicked"):
        guest.write("/proc/sysrq-trigger", "c")
        guest.kernel_log()
    assert not guest.running


def test_a_power_off_that_nobody_asked_for(guest: Guest) -> None:
    with pytest.raises(GuestEnded, match="nobody asked"):
        guest.write("/proc/sysrq-trigger", "o")
        for _ in range(100):
            guest.kernel_log()
            time.sleep(0.05)


def test_a_guest_that_hangs(guest: Guest, monkeypatch: pytest.MonkeyPatch) -> None:
    assert guest._process is not None
    guest._process.send_signal(signal.SIGSTOP)
    monkeypatch.setattr(guest_module.Guest._command, "__defaults__", (1.0,))
    with pytest.raises(GuestHang, match="within 1 s"):
        guest.kernel_log()
    guest._process.send_signal(signal.SIGCONT)


def test_qemu_killed(guest: Guest) -> None:
    assert guest._process is not None
    guest._process.kill()
    with pytest.raises(GuestEnded, match="signal 9"):
        guest.kernel_log()


def test_an_agent_that_is_sent_nonsense_ends_and_another_starts(guest: Guest) -> None:
    channel = guest.start_agent(["--backend", "model"])
    channel.sendall(b"GET / HTTP/1.1\r\n\r\n")
    for _ in range(100):
        if guest.agent_ended() is not None:
            break
        time.sleep(0.02)
    assert guest.agent_ended() == "exited 1"
    guest.start_agent(["--backend", "model"])
    assert guest.agent_ended() is None
    guest.stop_agent()


def test_a_kernel_message_during_a_test_is_seen(guest: Guest) -> None:
    guest.kernel_log()
    guest.write("/dev/kmsg", "<4>WARNING: CPU: 0 PID: 1 at a/file.c:1")
    assert [record.text for record in guest.kernel_log() if record.alarming] == ["WARNING: CPU: 0 PID: 1 at a/file.c:1"]


def test_a_kernel_without_vfio_says_so(options: GuestOptions) -> None:
    """The serial transport works without any module; then what is missing is named."""
    bare = Kernel(options.kernel.image, (), "a kernel without its modules")
    changed = GuestOptions(kernel=bare, init=options.init, agent=options.agent, transport="serial")
    with Guest(changed) as running:
        assert any("vfio-pci did not take 0000:01:00.0" in problem for problem in running.problems)


def test_a_kernel_without_virtio_ends_at_once(options: GuestOptions) -> None:
    bare = Kernel(options.kernel.image, (), "a kernel without its modules")
    with pytest.raises(GuestUnavailable, match="serial transport"):
        Guest(GuestOptions(kernel=bare, init=options.init, agent=options.agent))


def test_what_is_missing_on_the_host_is_named(options: GuestOptions, tmp_path: Path) -> None:
    base = {"kernel": options.kernel, "init": options.init, "agent": options.agent}
    for change, sentence in (({"device": "abacus"}, "no guest device"), ({"transport": "pigeon"}, "no transport"),
                             ({"qemu": "/nonexistent/qemu"}, "not found"), ({"agent": tmp_path / "no"}, "no such file")):
        with pytest.raises(GuestUnavailable, match=sentence):
            Guest(GuestOptions(**{**base, **change}))  # type: ignore[arg-type]
    with pytest.raises(KernelUnavailable, match="no such kernel image"):
        kernel_from_file(tmp_path / "bzImage")


def test_qemu_does_not_outlive_the_program_that_started_it(options: GuestOptions, tmp_path: Path) -> None:
    bridge = subprocess.Popen([sys.executable, "-m", "irqcts.guest_bridge", "--folder", str(tmp_path / "guest")],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              env={**os.environ, "PYTHONPATH": str(Path(guest_module.__file__).parents[1])})
    try:
        child = _wait_for_child(bridge.pid)
    finally:
        bridge.kill()
        bridge.wait()
    for _ in range(500):
        if not _is_running(child):
            return
        time.sleep(0.02)
    os.kill(child, signal.SIGKILL)
    pytest.fail("QEMU was still running ten seconds after its parent was killed")


def _wait_for_child(parent: int) -> int:
    children = Path(f"/proc/{parent}/task/{parent}/children")
    for _ in range(500):
        numbers = children.read_text().split()
        if numbers and "qemu" in Path(f"/proc/{numbers[0]}/cmdline").read_text():
            return int(numbers[0])
        time.sleep(0.02)
    pytest.fail("the bridge started no QEMU within ten seconds")


def _is_running(number: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{number}/stat").read_text().split(")")[1].split()[0]
    except FileNotFoundError:
        return False
