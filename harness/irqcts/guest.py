# SPDX-License-Identifier: Apache-2.0
"""A small machine in which a Linux kernel runs the VFIO backend: QEMU with an IOMMU and one device.

The guest's only process is backends/vfio/guest/init.c; its comment describes the two channels.  This
module starts QEMU, speaks the control channel, hands out the agent channel as a socket, and tells
apart how a guest can end: as asked, by a kernel panic, by itself, or not at all within its time.
"""

from __future__ import annotations

import ctypes
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from . import guest_image
from .guest_devices import DEVICES, DeviceArguments
from .guest_kernel import Kernel
from .guest_witness import TRACE_EVENT, Witness

ENDED_STATUS = 43  # isa-debug-exit with the value that init.c writes when it ends as asked
NO_CHANNEL_STATUS = 45
BOOT_SECONDS = 60.0
COMMAND_SECONDS = 20.0
#: A console that shows one of these belongs to a kernel that is gone.
PANIC = re.compile(r"Kernel panic|end Kernel panic|Fatal exception")
#: Kernel messages that fail the test during which they appear, unless it expected them.
ALARM = re.compile(r"\bBUG:|\bWARNING:|\bOops\b|general protection fault|DMAR:.*[Ff]ault|\bIO_PAGE_FAULT\b|"
                   r"soft lockup|rcu.*stall|refcount_t:|KASAN:|UBSAN:|unexpected IRQ trap|nobody cared")
#: On a busy host an emulated timer is late; the kernel would take it for broken and panic while it boots.
NO_TIMER_CHECK = "no_timer_check"
#: The driver that gets the device, unless a user has one of their own.
VFIO_PCI = "vfio-pci"
#: All that QEMU can emulate, but for what tells programs to copy with "rep movsb": emulated, that is byte by byte.
PROCESSOR = "max,-erms,-fsrm"
TRANSPORTS = ("virtio-serial", "serial")
#: QEMU's machine protocol, in the guest's folder: for what happens to a machine from outside.
MONITOR = "qmp.socket"
_PR_SET_PDEATHSIG = 1


class GuestError(Exception):
    """The guest cannot be used; the message says how it ended and shows the end of its console."""


class GuestUnavailable(GuestError):
    """It could not be started at all: no QEMU, no such device in it, a file missing."""


class GuestPanic(GuestError):
    """The guest's kernel panicked."""


class GuestHang(GuestError):
    """The guest runs but does not answer within its time."""


class GuestEnded(GuestError):
    """QEMU ended though nobody asked for it."""


@dataclass(frozen=True)
class KernelRecord:
    """One record of the guest's kernel log."""

    level: int  # 0 emergency … 7 debug
    sequence: int
    microseconds: int
    text: str

    @property
    def alarming(self) -> bool:
        return ALARM.search(self.text) is not None


@dataclass
class GuestOptions:
    """What a guest is made of."""

    kernel: Kernel
    init: Path
    agent: Path
    device: str = "rocker"
    vectors: int = 0
    append: str = ""
    qemu: str = "qemu-system-x86_64"
    transport: str = "virtio-serial"
    processors: int = 1
    memory_mib: int = 256
    boot_seconds: float = BOOT_SECONDS
    witness: bool = False
    driver: str = VFIO_PCI
    folder: Path | None = None  # for console and logs; None: a temporary one, removed at the end
    files: Mapping[str, Path] = field(default_factory=dict)  # more of them, by their place in the guest
    qemu_arguments: tuple[str, ...] = field(default_factory=tuple)


def _end_with_parent() -> None:
    """In the child: QEMU must not outlive the program that started it, however that one ends."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


class Guest:
    """A running guest.  Use as a context manager; leaving it ends the machine."""

    def __init__(self, options: GuestOptions) -> None:
        self.options = options
        self.release = ""  # the kernel's
        self.problems: list[str] = []  # what init.c could not do
        self.agent_status: str | None = None  # "exited 0", "killed 11": how the agent last ended
        self.boot_duration = 0.0
        self._records: list[KernelRecord] = []
        self._lines: list[str] = []
        self._partial = b""
        self._token = 0
        self._ended = False
        self._device = DEVICES.get(options.device)
        if self._device is None:
            raise GuestUnavailable(f"no guest device {options.device!r}; known: {', '.join(DEVICES)}")
        if options.transport not in TRANSPORTS:
            raise GuestUnavailable(f"no transport {options.transport!r}; known: {', '.join(TRANSPORTS)}")
        for path in (options.init, options.agent, options.kernel.image):
            if not path.is_file():
                raise GuestUnavailable(f"{path}: no such file; build the project first")
        if shutil.which(options.qemu) is None:
            raise GuestUnavailable(f"{options.qemu}: not found; install qemu-system-x86")
        self._temporary = options.folder is None
        self.folder = options.folder or Path(tempfile.mkdtemp(prefix="irqcts-guest-"))
        self.folder.mkdir(parents=True, exist_ok=True)
        self._helper: DeviceArguments | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._control, control_theirs = socket.socketpair()
        self.channel, channel_theirs = socket.socketpair()  # the agent's standard input and output
        try:
            self._start(control_theirs, channel_theirs)
            self._wait_until_ready()
        except BaseException:
            self._release()
            raise

    @property
    def running(self) -> bool:
        return not self._ended and self._process is not None and self._process.poll() is None

    @property
    def address(self) -> str:
        """The device's PCI address inside the guest."""
        assert self._device is not None
        return self._device.address

    @property
    def backend_options(self) -> str:
        """Which devices the backend opens inside the guest; no harm lies behind the tables of QEMU's."""
        assert self._device is not None
        functions = "+".join(self._device.functions)
        return f"device={self.address},beyond=yes" + (f",functions={functions}" if functions else "")

    def witness(self) -> Witness:
        """A second look at the device from QEMU's side; with the option witness, once a guest."""
        return Witness(self.folder / "qtest.socket", self.folder / "remap.trace", self.address)

    def __enter__(self) -> Guest:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: object, trace: object) -> None:
        try:
            if kind is None:
                self.end()
        finally:
            self._release()

    # Starting --------------------------------------------------------------------------------------

    def _start(self, control: socket.socket, channel: socket.socket) -> None:
        assert self._device is not None
        options = self.options
        archive = self.folder / "initial.cpio"
        archive.write_bytes(guest_image.build(options.init, options.agent, options.kernel.modules,
                                              options.files))
        self._helper = self._device.build(self.folder, options.vectors)
        arguments = [
            options.qemu, "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
            "-machine", "q35", "-accel", "tcg,thread=multi", "-cpu", PROCESSOR,
            "-smp", str(options.processors), "-m", str(options.memory_mib),
            "-kernel", str(options.kernel.image), "-initrd", str(archive),
            "-append", " ".join(word for word in (
                "console=ttyS0 quiet panic=-1 intel_iommu=on log_buf_len=1M printk.devkmsg=on",
                NO_TIMER_CHECK,
                f"irqcts.bind={','.join((self._device.address, *self._device.functions))}",
                f"irqcts.driver={options.driver} irqcts.transport={options.transport}", options.append) if word),
            "-device", "isa-debug-exit,iobase=0x501,iosize=4",
            "-device", "intel-iommu,intremap=on,caching-mode=on",
            "-serial", f"file:{self.folder / 'console.log'}",
            "-chardev", f"socket,id=control,fd={control.fileno()}",
            "-chardev", f"socket,id=agent,fd={channel.fileno()}",
        ]
        if options.transport == "serial":
            arguments += ["-serial", "chardev:agent", "-serial", "chardev:control"]
        else:
            arguments += ["-device", "virtio-serial-pci,addr=5",
                          "-device", "virtserialport,chardev=agent,name=irqcts.agent",
                          "-device", "virtserialport,chardev=control,name=irqcts.control"]
        if options.witness:
            arguments += ["-qtest", f"unix:{self.folder / 'qtest.socket'},server=on,wait=off", "-qtest-log", "none",
                          "-trace", f"enable={TRACE_EVENT},file={self.folder / 'remap.trace'}"]
        arguments += ["-qmp", f"unix:{self.folder / MONITOR},server=on,wait=off", *self._helper.arguments,
                      *options.qemu_arguments]
        self._started = time.monotonic()
        with (self.folder / "qemu.log").open("wb") as log:
            self._process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                             pass_fds=(control.fileno(), channel.fileno()),
                                             preexec_fn=_end_with_parent)
        control.close()
        channel.close()

    def _wait_until_ready(self) -> None:
        answer = self._await(("ready",), self.options.boot_seconds)
        self.release = answer.split(" ", 1)[1]
        self.boot_duration = time.monotonic() - self._started

    # The control channel ---------------------------------------------------------------------------

    def _receive(self, patience: float) -> bool:
        """Reads what is there within `patience` seconds and sorts it; False when nothing came."""
        readable, _, _ = select.select([self._control], [], [], max(patience, 0.0))
        if not readable:
            return False
        try:
            block = self._control.recv(65536)
        except OSError:
            block = b""
        if not block:
            self._explain_end()
        *lines, self._partial = (self._partial + block).split(b"\n")
        for raw in lines:
            line = raw.decode("utf-8", "replace").rstrip("\r")
            word, _, rest = line.partition(" ")
            if word == "kmsg":
                level, sequence, microseconds, text = (rest.split(" ", 3) + [""])[:4]
                if not text.startswith("irqcts: sync"):
                    self._records.append(KernelRecord(int(level), int(sequence), int(microseconds), text))
            elif word == "problem":
                self.problems.append(rest)
            elif word in ("exited", "killed"):
                self.agent_status = line
            else:
                self._lines.append(line)
        return True

    def _await(self, words: tuple[str, ...], seconds: float) -> str:
        deadline = time.monotonic() + seconds
        while True:
            for index, line in enumerate(self._lines):
                if line.split(" ", 1)[0] in words:
                    del self._lines[index]
                    return line
            left = deadline - time.monotonic()
            if left <= 0:
                if self._process is not None and self._process.poll() is not None:
                    self._explain_end()
                if PANIC.search(self.console()):
                    raise GuestPanic(f"the guest's kernel panicked and did not restart{self._evidence()}")
                raise GuestHang(f"the guest did not say {' or '.join(words)!r} within {seconds:.0f} s"
                                f"{self._evidence()}")
            self._receive(min(left, 1.0))

    def _command(self, line: str, answer: str, seconds: float = COMMAND_SECONDS) -> str:
        try:
            self._control.sendall(line.encode() + b"\n")
        except OSError:
            self._explain_end()
        return self._await((answer,), seconds)

    def start_agent(self, arguments: list[str]) -> socket.socket:
        """Starts the agent; its frames are on the returned socket, which belongs to the guest."""
        self._drain_channel()
        self.agent_status = None
        self._command("start " + " ".join(arguments), "started")
        return self.channel

    def stop_agent(self) -> str:
        """Ends the agent, which closes its backend; says how it ended."""
        self._command("stop", "stopped")
        self._drain_channel()
        return self.agent_status or "not running"

    def agent_ended(self) -> str | None:
        """How the agent ended ("exited 0", "killed 11"), None while it runs."""
        while self._receive(0.0):
            pass
        return self.agent_status

    def write(self, path: str, text: str) -> int:
        """Writes a line to a file of the guest (sysfs); 0 or the guest's errno."""
        return int(self._command(f"write {path} {text}", "written").split()[1])

    def kernel_log(self) -> list[KernelRecord]:
        """What the guest's kernel logged since the last call, complete up to now."""
        self._token += 1
        self._command(f"sync {self._token}", "synced")
        records, self._records = self._records, []
        return records

    def _drain_channel(self) -> None:
        """Drops what a former agent left behind, so that the next one starts with a clean channel."""
        while select.select([self.channel], [], [], 0.0)[0]:
            if not self.channel.recv(65536):
                return

    # Ending ----------------------------------------------------------------------------------------

    def end(self) -> None:
        """Ends the machine and checks that it ended as asked."""
        if self._ended or self._process is None:
            return
        try:
            self._command("end", "bye")
        except GuestEnded:
            if self._process.returncode != ENDED_STATUS:  # as asked: only the goodbye was lost on a serial line
                raise
        try:
            status = self._process.wait(timeout=COMMAND_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise GuestHang(f"QEMU did not end after the guest said goodbye{self._evidence()}") from error
        self._ended = True
        if status != ENDED_STATUS:
            raise GuestEnded(f"QEMU ended with {status} instead of {ENDED_STATUS}{self._evidence()}")

    def console(self) -> str:
        path = self.folder / "console.log"
        return path.read_text("utf-8", "replace") if path.is_file() else ""

    def _evidence(self) -> str:
        parts = []
        log = self.folder / "qemu.log"
        for title, text in (("QEMU said", log.read_text("utf-8", "replace") if log.is_file() else ""),
                            ("the console's end", self.console()), ("problems", "\n".join(self.problems))):
            lines = [line for line in text.strip().splitlines() if line.strip()][-12:]
            if lines:
                parts.append(f"\n{title}:\n  " + "\n  ".join(lines))
        return "".join(parts)

    def _explain_end(self) -> None:
        """The control channel is gone: raises what the end of QEMU means."""
        assert self._process is not None
        try:
            status = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            raise GuestHang(f"the guest closed its control channel but QEMU runs on{self._evidence()}") from None
        self._ended = True
        if PANIC.search(self.console()):
            raise GuestPanic(f"the guest's kernel panicked (QEMU's exit status {status}){self._evidence()}")
        if status == NO_CHANNEL_STATUS:
            raise GuestUnavailable(f"the guest found no channel to this program; try the serial transport"
                                   f"{self._evidence()}")
        if status < 0:
            raise GuestEnded(f"QEMU was ended by signal {-status}{self._evidence()}")
        if status == 1 and not self.release:
            raise GuestUnavailable(f"QEMU did not start{self._evidence()}")
        raise GuestEnded(f"QEMU ended with {status} though nobody asked{self._evidence()}")

    def _release(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._ended = True
        self._control.close()
        self.channel.close()
        if self._helper is not None and self._helper.helper is not None:
            self._helper.helper.close()
            self._helper = None
        if self._temporary:
            shutil.rmtree(self.folder, ignore_errors=True)

    def close(self) -> None:
        """Ends the machine at once; for one that is of no use any more."""
        self._release()
