# SPDX-License-Identifier: Apache-2.0
"""An agent that lives in a guest, as a program on this side: boots the guest and relays its frames.

    python3 -m irqcts.guest_bridge --guest bookworm --device rocker [--alarms FILE]

To the harness it is an agent like any other: frames on standard input and output, a sentence on standard
error when it ends early.  It ends when its input does, and takes the guest with it.

After every answer of the agent it asks the guest's kernel for its log, before it passes the answer on.
What alarms there (a BUG, a WARNING, an Oops, a DMAR fault) is in the alarms file by the time the harness
sees the answer, one JSON object a line.  With a witness (guest_witness.py) what that one sees after each
answer is appended to its file in the same way.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import NoReturn

from .guest import TRANSPORTS, VFIO_PCI, Guest, GuestError, GuestOptions, GuestUnavailable
from .guest_devices import DEVICES
from .guest_libraries import stimulus_library, with_stimulus
from .guest_kernel import Kernel, KernelUnavailable, distribution_kernel, kernel_from_file, with_module
from .guest_witness import Witness, WitnessError
from .paths import layout
from .relay import CLOSED, EXIT_LOST, EXIT_UNAVAILABLE, TRACE, Frames, refuse, send

_LOOK_SECONDS = 0.25


class _Ended(Exception):
    """The harness is done, or wants this program to end."""


def _on_signal(_number: int, _frame: FrameType | None) -> NoReturn:
    raise _Ended


class Bridge:
    """Relays frames between standard input and output and the guest's agent channel."""

    def __init__(self, guest: Guest, alarms: Path | None, witness: Path | None) -> None:
        self._guest = guest
        self._channel = guest.channel
        self._alarms = alarms
        self._witness_file = witness
        self._witness: Witness | None = None
        self._from_agent = Frames()

    def serve(self) -> None:
        """Until the harness closes its end or the agent said CLOSED."""
        source = sys.stdin.fileno()
        while True:
            ready, _, _ = select.select([source, self._channel], [], [], _LOOK_SECONDS)
            if source in ready:
                data = os.read(source, 1 << 20)
                if not data:
                    return
                self._channel.sendall(data)
            if self._channel in ready:
                try:
                    data = self._channel.recv(1 << 20)
                except OSError:
                    data = b""
                if not data:
                    self._guest.kernel_log()  # says how the guest ended
                    raise GuestError("the guest closed its agent channel")
                self._from_agent.add(data)
                if self._pass_frames():
                    return
            if not ready and (status := self._guest.agent_ended()) is not None:
                raise GuestError(f"the agent in the guest {status}")

    def _pass_frames(self) -> bool:
        """Passes whole frames on; True after the last one."""
        while (taken := self._from_agent.take()) is not None:
            kind, frame = taken
            self.note_alarms()
            if kind == TRACE:
                self._note_witness()
            send(frame)
            if kind == CLOSED:
                return True
        return False

    def note_alarms(self) -> None:
        records = [record for record in self._guest.kernel_log() if record.alarming]
        if self._alarms is not None and records:
            with self._alarms.open("a", encoding="utf-8") as file:
                for record in records:
                    file.write(json.dumps({"level": record.level, "sequence": record.sequence,
                                           "microseconds": record.microseconds, "text": record.text}) + "\n")

    def _note_witness(self) -> None:
        if self._witness_file is None:
            return
        if self._witness is None:
            self._witness = self._guest.witness()
        seen = self._witness
        messages = [[address, data, count] for (address, data), count in seen.messages().items()]
        table = [[entry.address, entry.data, entry.control] for entry in seen.table()]
        with self._witness_file.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"control": seen.control(), "table": table, "pending": seen.pending(),
                                   "messages": messages}) + "\n")


def _kernel(arguments: argparse.Namespace) -> Kernel:
    if arguments.kernel is not None:
        kernel = kernel_from_file(arguments.kernel, arguments.modules)
    else:
        kernel = distribution_kernel(arguments.guest, arguments.cache)
    return kernel if arguments.module is None else with_module(kernel, arguments.module)


def guest_options(arguments: argparse.Namespace) -> GuestOptions:
    """The guest that the command line asks for, with this build's programs in it."""
    binaries = layout().agent.parent
    init = binaries / "irqcts-guest-init"
    if layout().installed:
        init = binaries.parent / "libexec" / "irqcts" / "irqcts-guest-init"
    agent = binaries / "irqcts-agent-static"
    files: dict[str, Path] = {}
    library = stimulus_library(arguments.options)
    if library is not None:
        agent, files, arguments.options = with_stimulus(library, arguments.options)
    return GuestOptions(kernel=_kernel(arguments), init=init, agent=agent, files=files,
                        device=arguments.device, vectors=arguments.vectors, append=arguments.append,
                        qemu=arguments.qemu, transport=arguments.transport, processors=arguments.processors,
                        folder=arguments.folder, witness=arguments.witness is not None, driver=arguments.driver)


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(prog="irqcts.guest_bridge", description="An agent in a guest.")
    found.add_argument("--guest", default="bookworm", metavar="SUITE", help="distribution whose cloud kernel is booted")
    found.add_argument("--kernel", type=Path, metavar="PATH", help="a kernel image of your own instead (bzImage, vmlinux)")
    found.add_argument("--modules", type=Path, metavar="DIR", help="its modules, where VFIO is not built in")
    found.add_argument("--module", type=Path, metavar="FILE", help="one more module, loaded after the others")
    found.add_argument("--driver", default=VFIO_PCI, metavar="NAME", help="the VFIO driver that gets the device")
    found.add_argument("--append", default="", metavar="TEXT", help="more of the kernel's command line")
    found.add_argument("--device", default="rocker", choices=sorted(DEVICES), help="the device under test")
    found.add_argument("--vectors", type=int, default=0, metavar="N", help="vectors of an ivshmem device")
    found.add_argument("--qemu", default="qemu-system-x86_64", metavar="PATH")
    found.add_argument("--transport", default=TRANSPORTS[0], choices=TRANSPORTS)
    found.add_argument("--processors", type=int, default=1, metavar="N")
    found.add_argument("--options", default="", help="options of the vfio backend, without device=")
    found.add_argument("--alarms", type=Path, metavar="FILE", help="where alarming kernel messages are noted")
    found.add_argument("--witness", type=Path, metavar="FILE", help="where a second look at the device is noted")
    found.add_argument("--cache", type=Path, metavar="DIR", help="where kernels are kept")
    found.add_argument("--folder", type=Path, metavar="DIR", help="keep the console and the logs here")
    return found


def main() -> int:
    arguments = parser().parse_args()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _on_signal)
    try:
        with Guest(guest_options(arguments)) as guest:
            if guest.problems:
                refuse(f"the guest is not ready for VFIO: {'; '.join(guest.problems)}")
                return EXIT_UNAVAILABLE
            guest.kernel_log()  # what the boot itself said is no test's
            options = ",".join(part for part in (guest.backend_options, arguments.options) if part)
            guest.start_agent(["--backend", "vfio", "--options", options])
            bridge = Bridge(guest, arguments.alarms, arguments.witness)
            try:
                bridge.serve()
            except BrokenPipeError:
                pass  # the harness is gone; the guest ends in order all the same
            guest.stop_agent()
            bridge.note_alarms()
    except _Ended:
        return 0
    except (GuestUnavailable, KernelUnavailable, WitnessError) as error:
        refuse(str(error))
        return EXIT_UNAVAILABLE
    except GuestError as error:
        print(error, file=sys.stderr)
        return EXIT_LOST
    return 0


if __name__ == "__main__":
    sys.exit(main())
