# SPDX-License-Identifier: Apache-2.0
"""The preflight of the backend "windows": every obstacle has its sentence and its command, and nothing else is one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PureWindowsPath
from typing import Any, cast

import pytest

from irqcts.windows_preflight import Device, Facts, named_ids, obstacles, read

#: As a path of Windows, wherever the test runs.
FOLDER = cast(Path, PureWindowsPath(r"C:\irqcts\windows"))
ID = r"PCI\VEN_1B36&DEV_0006"
INSTANCE = ID + r"\3&11583659&0&20"
INF = FOLDER / "irqcts.inf"
SETUP = FOLDER / "irqcts-setup.exe"
GOOD = Device(INSTANCE, service="irqcts", hardware_ids=(ID + "&REV_01", ID), interrupt_support=5, message_maximum=4,
              msi_supported=1, message_limit=2048, driver_version=3)
MACHINE = Facts(administrator=True, test_signing=True, secure_boot=False, package="oem7.inf", library_version=3,
                inf_ids=(r"IRQCTS\SIMULATED", ID))


def seen(computer: dict[str, Any] | None = None, wanted: str = INSTANCE, devices: tuple[Device, ...] | None = None,
         **device: Any) -> list[tuple[str, str]]:
    facts = replace(MACHINE, devices=devices if devices is not None else (replace(GOOD, **device),), **(computer or {}))
    return [(obstacle.problem, obstacle.remedy) for obstacle in obstacles(facts, wanted, FOLDER)]


def test_nothing_stands_in_the_way() -> None:
    assert seen() == []
    assert seen(wanted="") == [], "the only device with irqcts.sys needs no name"
    assert seen({"test_signing": False}) == [], "a driver that runs is signed well enough"
    assert seen({"secure_boot": None, "administrator": None}) == [], "what cannot be said is no obstacle"
    assert seen(devices=(Device(r"IRQCTS\SIMULATED\0", service="irqcts", driver_version=3),), wanted="SIMULATED") == []


AGAIN = f'pnputil /add-driver "{INF}" /install & pnputil /restart-device "{INSTANCE}"'
RESTART_DEVICE = f'pnputil /restart-device "{INSTANCE}"'


@pytest.mark.parametrize("computer, device, problem, remedy", [
    ({"administrator": False}, {}, "not an administrator's", 'powershell -Command "Start-Process cmd -Verb RunAs"'),
    ({}, {"present": False}, "is known but not there", "pnputil /scan-devices"),
    ({}, {"problem": 45}, "is known but not there", "pnputil /scan-devices"),
    ({}, {"interrupt_support": 3}, "has no MSI-X (DEVPKEY_PciDevice_InterruptSupport is 3)", "-band 4 }"),
    ({"package": ""}, {"service": "nvme"}, "irqcts.sys is not installed", f'pnputil /add-driver "{INF}" /install'),
    ({}, {"service": "stornvme"}, "belongs to the driver stornvme although oem7.inf is installed",
     f'"{SETUP}" bind "{ID}&REV_01" "{FOLDER}"'),
    ({"inf_ids": (r"IRQCTS\SIMULATED",)}, {"service": ""}, f'"%Device% = Irqcts.Install,{ID}&REV_01"',
     f'pnputil /add-driver "{INF}" /install'),
    ({"test_signing": False}, {"problem": 52, "open_error": 1168}, "test-signing is off",
     "bcdedit /set testsigning on & shutdown /r /t 0"),
    ({"secure_boot": True}, {"problem": 52}, "Secure Boot is on", "shutdown /r /fw /t 0"),
    ({}, {"problem": 52}, "does not trust the signature", "certutil -addstore Root irqcts.cer"),
    ({}, {"problem": 22}, "is disabled", f'pnputil /enable-device "{INSTANCE}"'),
    ({}, {"problem": 14}, "only after a restart", "shutdown /r /t 0"),
    ({}, {"problem": 10}, "cannot start (problem code 10)", RESTART_DEVICE),
    ({}, {"problem": 99}, "does not work (problem code 99)", RESTART_DEVICE),
    ({}, {"msi_supported": None}, "lacks MSISupported = 1", AGAIN),
    ({}, {"msi_supported": 0}, "lacks MSISupported = 1", AGAIN),
    ({}, {"driver_version": 2},
     "older than irqcts_windows.dll: it speaks version 2 of the requests, the library 3", AGAIN),
    ({}, {"driver_version": 4}, "newer than irqcts_windows.dll", AGAIN),
    ({}, {"driver_version": None, "describe_error": 1}, "does not say its version (error 1)", AGAIN),
    ({}, {"driver_version": None, "open_error": 1167}, "its device interface is gone", RESTART_DEVICE),
    ({}, {"driver_version": None, "open_error": 1168}, "its device interface is gone", RESTART_DEVICE),
    ({}, {"driver_version": None, "open_error": 5}, "although this is an administrator's prompt", AGAIN),
    ({}, {"driver_version": None, "open_error": 31}, "cannot be opened: error 31", RESTART_DEVICE),
])
def test_an_obstacle(computer: dict[str, Any], device: dict[str, Any], problem: str, remedy: str) -> None:
    """Each alone: exactly one sentence, with the command in it."""
    [(said, command)] = seen(computer, **device)
    assert problem in said and remedy in command
    assert "\n" not in said and not said.endswith(".")


def test_several_at_once_in_the_order_of_removal() -> None:
    found = seen({"administrator": False, "secure_boot": True, "test_signing": False, "package": ""}, service="nvme")
    assert [problem.split()[0] for problem, _ in found] == ["only", "irqcts.sys", "Secure", "test-signing"]
    found = seen({"administrator": False}, driver_version=None, open_error=5)
    assert len(found) == 1, "that it may not be opened is the same obstacle"


def test_the_choice_of_a_device() -> None:
    other = replace(GOOD, instance=INSTANCE + "1")
    assert "no device has an instance id that contains 'VEN_9999'" in seen(wanted="VEN_9999", devices=())[0][0]
    [(problem, remedy)] = seen(wanted="", devices=())
    assert "give --device" in problem and remedy == f'"{SETUP}" install "{FOLDER}"'
    [(problem, remedy)] = seen(wanted="VEN_1B36", devices=(GOOD, other))
    assert "2 devices" in problem and remedy.endswith(f'--device "{INSTANCE}"')
    assert seen(devices=(other, GOOD)) == [], "a whole instance id means that device only"
    assert seen(wanted="VEN_1B36", devices=(GOOD, replace(other, present=False))) == [], "the one that is there"
    plain, simulated = (replace(GOOD, instance=rf"IRQCTS\{name}\0") for name in ("PLAIN", "SIMULATED"))
    assert seen(wanted="", devices=(plain, simulated)) == [], "of the simulated bus alone, the one that has everything"
    assert "3 devices" in seen(wanted="", devices=(plain, simulated, GOOD))[0][0], "never a real one unasked"


def test_what_setup_prints() -> None:
    facts = read("administrator=1\r\ntest-signing=0\r\npackage=oem3.inf\r\nlibrary-version=1\r\n"
                 f"device={INSTANCE}\r\nservice=irqcts\r\npresent=1\r\nproblem=0\r\nhardware-id=A\r\nhardware-id=B\r\n"
                 "interrupt-support=7\r\nopen-error=5\r\na-key-of-tomorrow=x\r\ndevice=X\\Y\\1\r\npresent=0\r\n")
    assert facts == Facts(administrator=True, test_signing=False, package="oem3.inf", library_version=1, devices=(
        Device(INSTANCE, service="irqcts", hardware_ids=("A", "B"), interrupt_support=7, open_error=5),
        Device(r"X\Y\1", present=False)))


def test_the_ids_that_an_inf_names() -> None:
    text = (Path(__file__).parents[2] / "backends/windows/driver/irqcts.inf").read_text("utf-8")
    ours = (r"IRQCTS\SIMULATED", r"IRQCTS\PLAIN")
    assert named_ids(text) == ours, "the example is a comment"
    line = f"[Irqcts.Models.NTamd64]\n%Device% = Irqcts.Install,{ID}, {ID}&CC_02\n"
    assert named_ids(text.replace("[Irqcts.Models.NTamd64]\n", line)) == (ID, ID + "&CC_02", *ours)
    assert named_ids("") == ()
