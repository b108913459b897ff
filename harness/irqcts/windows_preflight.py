# SPDX-License-Identifier: Apache-2.0
"""What keeps the backend "windows" from a device, each with the command that removes it.

`irqcts-setup facts` gathers (backends/windows/setup/facts.c says what), `obstacles` decides.  The decision asks
nothing of the system, so that every case of it is tested anywhere.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass, field, replace
from pathlib import Path

from .obstacle import Obstacle
from .verdict import HarnessError

SERVICE = "irqcts"
#: Instance ids on the simulated bus; of its devices the first is the one of which everything is simulated.
SIMULATED_BUS = "IRQCTS\\"
SIMULATED = SIMULATED_BUS + "SIMULATED\\"
SECONDS = 30.0
MSIX = 4  # DevProp_PciDevice_InterruptType_MsiX
#: Problem codes of the device manager (cfg.h) that have a remedy of their own.
NEEDS_RESTART, DISABLED, UNSIGNED = 14, 22, 52
GONE = (24, 45)  # the device is not there, it is not connected
PROBLEMS = {1: "is not configured", 10: "cannot start", 12: "finds no free resources", 28: "has no driver",
            31: "does not work properly", 37: "failed to initialize", 39: "has a driver that cannot be loaded",
            43: "reported a failure"}
#: Win32 errors of opening the device.
ACCESS_DENIED = 5
NOT_THERE = (2, 3, 433, 1167, 1168)


@dataclass(frozen=True)
class Device:
    """One device; None is what could not be said."""

    instance: str
    service: str = ""
    present: bool = True
    problem: int = 0
    hardware_ids: tuple[str, ...] = ()
    interrupt_support: int | None = None
    message_maximum: int | None = None
    msi_supported: int | None = None
    message_limit: int | None = None
    open_error: int | None = None
    describe_error: int | None = None
    driver_version: int | None = None


@dataclass(frozen=True)
class Facts:
    """The machine, the package, and the devices whose instance ids contain what was asked for."""

    administrator: bool | None = None
    test_signing: bool | None = None
    secure_boot: bool | None = None
    package: str = ""  # irqcts.inf in the driver store, as oemNN.inf
    library_version: int = 0
    inf_ids: tuple[str, ...] = ()  # hardware ids that the package's irqcts.inf names
    devices: tuple[Device, ...] = field(default=())


def read(text: str) -> Facts:
    """What `irqcts-setup facts` printed."""
    facts = Facts()
    devices: list[Device] = []
    for line in text.splitlines():
        key, _, value = line.partition("=")
        name = key.replace("-", "_")
        if key == "device":
            devices.append(Device(value))
        elif key == "hardware-id":
            devices[-1] = replace(devices[-1], hardware_ids=(*devices[-1].hardware_ids, value))
        elif key == "service":
            devices[-1] = replace(devices[-1], service=value)
        elif key == "present":
            devices[-1] = replace(devices[-1], present=value == "1")
        elif key in ("administrator", "test-signing", "secure-boot"):
            facts = replace(facts, **{name: value == "1"})
        elif key == "package":
            facts = replace(facts, package=value)
        elif key == "library-version":
            facts = replace(facts, library_version=int(value))
        elif devices and name in Device.__dataclass_fields__:
            devices[-1] = replace(devices[-1], **{name: int(value)})
    return replace(facts, devices=tuple(devices))


def named_ids(inf: str) -> tuple[str, ...]:
    """The hardware ids in the models section of an INF."""
    section = re.search(r"^\[Irqcts\.Models\.NTamd64\]$(.*?)(?=^\[|\Z)", inf, re.MULTILINE | re.DOTALL | re.IGNORECASE)
    lines = (section[1] if section else "").splitlines()
    return tuple(part.strip() for line in lines if "=" in line and not line.lstrip().startswith(";")
                 for part in line.partition("=")[2].split(",")[1:])


def gather(wanted: str, folder: Path) -> Facts:
    """Of this machine; `folder` has the package's programs."""
    setup = folder / "irqcts-setup.exe"
    try:
        done = subprocess.run([str(setup), "facts", wanted], stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise HarnessError(f"{setup} does not run: {error}; unpack the package again", cause="environment") from error
    if done.returncode != 0:
        raise HarnessError(f"{setup}: {done.stderr.decode('utf-8', 'replace').strip()}", cause="environment")
    inf = folder / "irqcts.inf"
    text = inf.read_text("utf-8", "replace") if inf.exists() else ""
    return replace(read(done.stdout.decode("utf-8", "replace")), inf_ids=named_ids(text))


def check(wanted: str, folder: Path) -> str:
    """The instance id of the device to use; HarnessError with every obstacle."""
    facts = gather(wanted, folder)
    found = obstacles(facts, wanted, folder)
    device = _the_one(facts, wanted)
    if found or not isinstance(device, Device):
        raise HarnessError("the backend windows cannot run yet:\n" + "\n".join(map(str, found)), cause="environment")
    return device.instance


# --- the decision ----------------------------------------------------------------------------------------------------


def obstacles(facts: Facts, wanted: str, folder: Path) -> list[Obstacle]:
    """In the order in which they have to be removed; empty: the suite can run."""
    found = []
    if facts.administrator is False:
        found.append(Obstacle("only administrators may open the device, and this prompt is not an administrator's",
                              "powershell -Command \"Start-Process cmd -Verb RunAs\""))
    device = _the_one(facts, wanted)
    if isinstance(device, Device):
        found += _of_device(facts, device, folder)
    else:
        found.append(device or _none(wanted, folder))
    return found


def _the_one(facts: Facts, wanted: str) -> Device | Obstacle | None:
    """The device that is meant, what is wrong with the choice, or None when there is no device at all."""
    if len(facts.devices) < 2:
        return facts.devices[0] if facts.devices else None
    exact = [device for device in facts.devices if device.instance.lower() == wanted.lower()]
    present = [device for device in facts.devices if device.present]
    if not wanted and all(device.instance.upper().startswith(SIMULATED_BUS) for device in present):
        exact = [device for device in present if device.instance.upper().startswith(SIMULATED)]
    if len(exact or present) == 1:
        return (exact or present)[0]
    names = ", ".join(device.instance for device in facts.devices)
    return Obstacle(f"{wanted or 'irqcts.sys'!r} is a matter of {len(facts.devices)} devices: {names}",
                    f"irqcts run --backend windows --device \"{facts.devices[0].instance}\"")


def _none(wanted: str, folder: Path) -> Obstacle:
    if wanted:
        return Obstacle(f"no device has an instance id that contains {wanted!r}; this lists them",
                        "pnputil /enum-devices /connected")
    return Obstacle("no device has irqcts.sys: give --device with the instance id of the device under test, or make "
                    "the simulated one", f"\"{folder / 'irqcts-setup.exe'}\" install \"{folder}\"")


def _of_device(facts: Facts, device: Device, folder: Path) -> list[Obstacle]:
    if not device.present or device.problem in GONE:
        return [Obstacle(f"{device.instance} is known but not there: it was removed or has no power",
                         "pnputil /scan-devices")]
    found = []
    if device.interrupt_support is not None and not device.interrupt_support & MSIX:
        found.append(Obstacle(
            f"{device.instance} has no MSI-X (DEVPKEY_PciDevice_InterruptSupport is {device.interrupt_support}); this "
            "lists the devices that have it",
            "powershell -Command \"Get-PnpDevice -PresentOnly | Get-PnpDeviceProperty "
            "DEVPKEY_PciDevice_InterruptSupport | Where-Object { $_.Data -band 4 }\""))
    if device.service.lower() != SERVICE:
        return found + _not_bound(facts, device, folder) + _signing(facts)
    found += _not_started(facts, device)
    if device.instance.upper().startswith("PCI\\") and device.msi_supported != 1:
        found.append(Obstacle(
            f"the INF that installed {device.instance} lacks MSISupported = 1, so Windows gives the device a "
            "line-based interrupt; the package's irqcts.inf has it", _again(device, folder)))
    return found + _handshake(facts, device, folder)


def _not_bound(facts: Facts, device: Device, folder: Path) -> list[Obstacle]:
    owner = f"the driver {device.service}" if device.service else "no driver"
    names = [identifier.lower() for identifier in facts.inf_ids]
    inf = folder / "irqcts.inf"
    first = device.hardware_ids[0] if device.hardware_ids else device.instance.rpartition("\\")[0]
    if not any(identifier.lower() in names for identifier in device.hardware_ids):
        return [Obstacle(f"{device.instance} belongs to {owner}, and {inf} does not name it: add the line "
                         f"\"%Device% = Irqcts.Install,{first}\" to [Irqcts.Models.NTamd64], sign again "
                         "(README-Windows.md), then",
                         f"pnputil /add-driver \"{inf}\" /install")]
    if not facts.package:
        return [Obstacle(f"irqcts.sys is not installed; {device.instance} belongs to {owner}",
                         f"pnputil /add-driver \"{inf}\" /install")]
    return [Obstacle(f"{device.instance} belongs to {owner} although {facts.package} is installed; this takes it",
                     f"\"{folder / 'irqcts-setup.exe'}\" bind \"{first}\" \"{folder}\"")]


def _signing(facts: Facts) -> list[Obstacle]:
    """What keeps Windows from loading a test-signed driver."""
    found = []
    if facts.secure_boot:
        found.append(Obstacle("Secure Boot is on, and then Windows loads no test-signed driver; turn it off in the "
                              "firmware, which this enters", "shutdown /r /fw /t 0"))
    if facts.test_signing is False:
        found.append(Obstacle("test-signing is off, so Windows does not load irqcts.sys",
                              "bcdedit /set testsigning on & shutdown /r /t 0"))
    return found


def _not_started(facts: Facts, device: Device) -> list[Obstacle]:
    if device.problem == 0:
        return []
    if device.problem == UNSIGNED:
        return _signing(facts) or [Obstacle(
            "Windows does not trust the signature of irqcts.sys; the certificate that signed it must be known here",
            "certutil -addstore Root irqcts.cer & "
            "certutil -addstore TrustedPublisher irqcts.cer")]
    if device.problem == DISABLED:
        return [Obstacle(f"{device.instance} is disabled", f"pnputil /enable-device \"{device.instance}\"")]
    if device.problem == NEEDS_RESTART:
        return [Obstacle(f"{device.instance} works only after a restart", "shutdown /r /t 0")]
    what = PROBLEMS.get(device.problem, "does not work")
    return [Obstacle(f"{device.instance} {what} (problem code {device.problem})",
                     f"pnputil /restart-device \"{device.instance}\""), *_signing(facts)]


def _again(device: Device, folder: Path) -> str:
    """The driver of this package in the place of the one that the device has."""
    return f"pnputil /add-driver \"{folder / 'irqcts.inf'}\" /install & pnputil /restart-device \"{device.instance}\""


def _handshake(facts: Facts, device: Device, folder: Path) -> list[Obstacle]:
    again = _again(device, folder)
    if device.open_error is not None:
        if device.problem:
            return []  # said already
        if device.open_error == ACCESS_DENIED:
            return [] if facts.administrator is False else [Obstacle(
                f"{device.instance} may not be opened although this is an administrator's prompt: its security was set "
                "by another INF", again)]
        if device.open_error in NOT_THERE:
            return [Obstacle(f"{device.instance} has irqcts.sys, but its device interface is gone: it was removed or "
                             "did not start", f"pnputil /restart-device \"{device.instance}\"")]
        return [Obstacle(f"{device.instance} cannot be opened: error {device.open_error}",
                         f"pnputil /restart-device \"{device.instance}\"")]
    if device.driver_version is None:
        return [Obstacle(f"irqcts.sys on {device.instance} does not say its version (error {device.describe_error}); "
                         "install the one of this package", again)]
    if device.driver_version < facts.library_version:
        return [Obstacle(f"irqcts.sys on {device.instance} is older than irqcts_windows.dll: it speaks version "
                         f"{device.driver_version} of the requests, the library {facts.library_version}", again)]
    if device.driver_version > facts.library_version:
        return [Obstacle(f"irqcts.sys on {device.instance} is newer than irqcts_windows.dll: it speaks version "
                         f"{device.driver_version} of the requests, the library {facts.library_version}; use the "
                         "package that it came from, or install the driver of this one", again)]
    return []
