# SPDX-License-Identifier: Apache-2.0
"""The backend "windows" under Wine when something is missing, of another age, removed, or dies: a sentence or the
verdict CRASH, never a hang, and the next program runs."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import psutil
import pytest

from conftest import Irqcts
from irqcts import AgentCrash, HarnessError, Program, windows_preflight, wine_prefix
from irqcts.agent import AgentProcess, BackendChoice
from irqcts.paths import layout
from irqcts.wine_prefix import WineError, WinePrefix, binaries, wine

try:
    wine()
    binaries()
    MISSING = ""
except WineError as error:
    MISSING = str(error)

pytestmark = [pytest.mark.skipif(bool(MISSING), reason=f"not tested: {MISSING}"), pytest.mark.timeout(200)]
UNDER_WINE = BackendChoice("windows", "wine=yes")


def small() -> Program:
    return Program().configure(2, 2).write_entry(0, message=0, masked=False).enable().raise_event(0).poll({0: 1})


def long() -> Program:
    """Tens of milliseconds, so that what happens meanwhile happens in the middle of it."""
    program = Program().configure(64, 64)
    for entry in range(15000):
        program.write_entry(entry % 64, message=entry % 64)
    return program


@pytest.fixture
def agent() -> Iterator[AgentProcess]:
    made = AgentProcess(UNDER_WINE)
    yield made
    made.close()


@pytest.fixture
def prefix() -> Iterator[WinePrefix]:
    """Made, and nothing installed in it."""
    made = WinePrefix()
    with made.locked():
        made.prepare()
        yield made


def hosts_of_drivers() -> list[psutil.Process]:
    """Wine's processes of this prefix that have irqcts.sys in them."""
    found = []
    for process in psutil.process_iter():
        try:
            if (process.environ().get("WINEPREFIX") == str(WinePrefix().folder) and
                    any(each.path.endswith("/irqcts.sys") for each in process.memory_maps())):
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def poison(host: psutil.Process) -> None:
    """Makes every instruction of irqcts.sys an illegal one.  (A signal sent from outside may meet the process in a
    call of Wine's, which then fails instead of the driver.)"""
    maps = [line.split() for line in Path(f"/proc/{host.pid}/maps").read_text().splitlines()]
    header = next(number for number, line in enumerate(maps) if line[-1].endswith("/irqcts.sys"))
    span, permissions = maps[header + 1][:2]  # its code, which Wine copies behind the header
    first, end = (int(number, 16) for number in span.split("-"))
    assert "x" in permissions and maps[header][0].endswith(span.split("-")[0])
    with open(f"/proc/{host.pid}/mem", "r+b", buffering=0) as memory:
        memory.seek(first)
        memory.write(b"\x06" * (end - first))


# --- a driver that dies ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", [poison, psutil.Process.kill], ids=["exception", "killed"])
def test_a_driver_that_dies_in_the_middle_of_a_program(agent: AgentProcess,
                                                       end: Callable[[psutil.Process], None]) -> None:
    """By an exception in its code, and without a word: CRASH, and the next program runs on a driver of its own."""
    assert agent.run(small()).conforms
    [host] = hosts_of_drivers()
    program = long()
    threading.Timer(0.02, end, (host,)).start()
    start = time.monotonic()
    with pytest.raises(AgentCrash, match="irqcts.sys died while it ran a program"):
        while True:
            agent.run(program, timeout=60)
    assert time.monotonic() - start < 60
    assert agent.run(small()).conforms and agent.starts == 2


def test_the_devices_stay_started_after_their_installation(prefix: WinePrefix) -> None:
    """The agent meets the drivers that the installation waited for, and not new ones that are still to start."""
    prefix.install()
    assert len(hosts_of_drivers()) == 1


@pytest.mark.parametrize("failures", [1, wine_prefix.INSTALLATIONS])
def test_devices_that_do_not_start_are_installed_again(prefix: WinePrefix, monkeypatch: pytest.MonkeyPatch,
                                                       failures: int) -> None:
    """A bounded number of times, each in a server of its own."""
    run, tried = prefix.run, 0

    def unwilling(words: Sequence[str], seconds: float = wine_prefix.STEP_SECONDS) -> None:
        nonlocal tried
        tried += "install" in words
        if "install" in words and tried <= failures:
            raise WineError("2 of 2 simulated devices did not start")
        run(words, seconds)

    monkeypatch.setattr(prefix, "run", unwilling)
    if failures < wine_prefix.INSTALLATIONS:
        prefix.install()
        assert tried == failures + 1 and len(hosts_of_drivers()) == 1
    else:
        with pytest.raises(WineError, match="did not start"):
            prefix.install()


def test_a_driver_that_dies_between_two_requests_of_a_program(prefix: WinePrefix) -> None:
    """The library says so from whichever request meets it: the messages that a program names, a call beside others."""
    prefix.install()
    process = prefix.start(["irqcts-try.exe", "death"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE)
    assert process.stdout is not None and process.stdout.readline().strip() == b"configured"
    [host] = hosts_of_drivers()
    host.kill()
    host.wait(10)
    _, errors = process.communicate(b"\n", timeout=60)
    assert process.returncode == 0, errors.decode("utf-8", "replace")


DYING = '''
import threading
from irqcts import clauses, needs
from test_wine_mishaps import hosts_of_drivers, long

@clauses("ENTRY-READBACK")
@needs(entries=64, messages=64)
def test_1_before(machine):
    machine.check(machine.program().table_write(0, "data", 1).table_read(0, "data", expect=1))

@clauses("ENTRY-READBACK")
@needs(entries=64, messages=64)
def test_2_dies(machine):
    threading.Timer(0.02, lambda: [host.kill() for host in hosts_of_drivers()]).start()
    while True:
        machine.run(long())

@clauses("ENTRY-READBACK")
@needs(entries=64, messages=64)
def test_3_after(machine):
    machine.check(machine.program().table_write(0, "data", 2).table_read(0, "data", expect=2))
'''


def test_a_run_in_which_the_driver_dies(irqcts: Irqcts, monkeypatch: pytest.MonkeyPatch) -> None:
    """One test has the verdict CRASH; those before and after it pass."""
    irqcts.write(DYING)
    (irqcts.folder / "python" / "test_wine_mishaps.py").write_bytes(Path(__file__).read_bytes())
    (irqcts.folder / "python" / "conftest.py").write_bytes((Path(__file__).parent / "conftest.py").read_bytes())
    outcome = irqcts("run", "--backend", "windows", "--wine", "--out", str(irqcts.folder / "out"), seconds=120)
    assert outcome.verdicts == {"test_1_before": "PASS", "test_2_dies": "CRASH", "test_3_after": "PASS"}, outcome.output
    assert outcome.status == 1


# --- removal ---------------------------------------------------------------------------------------------------------


def test_a_device_removed_under_an_open_handle(agent: AgentProcess) -> None:
    """Each program says it; a new agent has the device again."""
    assert agent.run(small()).conforms
    under = WinePrefix()
    under.run([str(under.stage / "irqcts-setup.exe"), "remove"])
    with pytest.raises(HarnessError, match=r"SIMULATED\\0 was removed while it was in use") as ending:
        agent.run(small())
    assert ending.value.cause == "backend" and "pnputil /scan-devices" in ending.value.why
    with pytest.raises(HarnessError, match="no started device with irqcts.sys"):
        agent.run(small())
    agent.close()
    assert agent.run(small()).conforms


def test_a_device_that_comes_back_for_a_program_of_several_threads(prefix: WinePrefix) -> None:
    """The library keeps no handle of the old one, neither its own nor that of the threads."""
    prefix.install()
    setup = str(prefix.stage / "irqcts-setup.exe")
    process = prefix.start(["irqcts-try.exe", "return"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE)
    assert process.stdin is not None and process.stdout is not None
    assert process.stdout.readline().strip() == b"configured"
    prefix.run([setup, "remove"])
    process.stdin.write(b"\n")
    process.stdin.flush()
    assert process.stdout.readline().strip() == b"removed"
    prefix.clean_store(binaries())
    prefix.run([setup, "install", r"C:\irqcts"])
    _, errors = process.communicate(b"\n", timeout=60)
    assert process.returncode == 0, errors.decode("utf-8", "replace")
    prefix.remove()


# --- what is not there, or of another age ----------------------------------------------------------------------------


def opened(prefix: WinePrefix, library: str, options: str = "") -> HarnessError:
    """Why the agent in the prefix does not open the backend of a library."""
    agent = AgentProcess(BackendChoice("windows"), environment=prefix.environment, command=[
        str(prefix.program), str(binaries() / "irqcts-agent.exe"), "--backend", library, "--options", options])
    with pytest.raises(HarnessError) as ending:
        agent.description()
    agent.kill()
    return ending.value


def windows_path(path: Path) -> str:
    return "Z:" + str(path).replace("/", "\\")


def test_a_driver_that_is_not_installed(prefix: WinePrefix) -> None:
    said = opened(prefix, windows_path(binaries() / "irqcts_windows.dll"))
    assert "no started device with irqcts.sys" in said.why and "pnputil /add-driver irqcts.inf /install" in said.why
    assert said.cause == "environment"


def test_a_library_that_is_not_there(prefix: WinePrefix) -> None:
    assert r"Z:\nowhere.dll cannot be loaded: error" in opened(prefix, r"Z:\nowhere.dll").why


def client_of_version(version: int, contract: str, folder: Path) -> Path:
    """irqcts_windows.dll as another version of this project would have it."""
    tree = layout().root
    (folder / "irqcts_windows").mkdir(parents=True)
    (folder / "irqcts_windows" / "ioctl.h").write_text(VERSION.sub(f"#define IRQCTS_IO_VERSION {version}u", contract),
                                                       "utf-8")
    library = folder / "irqcts_windows.dll"
    subprocess.run(["x86_64-w64-mingw32-gcc", "-shared", "-D_WIN32_WINNT=0x0A00", f"-I{folder}",
                    f"-I{tree / 'backends/windows/include'}", f"-I{tree / 'core/include'}",
                    *map(str, sorted((tree / "backends/windows/client").glob("*.c"))), "-lsetupapi", "-o", str(library)],
                   check=True, timeout=60)
    return library


VERSION = re.compile(r"#define IRQCTS_IO_VERSION (\d+)u")


def test_a_driver_of_another_age_than_the_library(prefix: WinePrefix, tmp_path: Path) -> None:
    """Older or newer: refused at the handshake, and nowhere later."""
    contract = (layout().root / "backends/windows/include/irqcts_windows/ioctl.h").read_text("utf-8")
    found = VERSION.search(contract)
    assert found
    ours = int(found[1])
    prefix.install()
    for theirs in (ours + 1, ours - 1):
        library = client_of_version(theirs, contract, tmp_path / str(theirs))
        said = opened(prefix, windows_path(library), r"device=IRQCTS\SIMULATED")
        assert f"irqcts.sys speaks version {ours} and this library version {theirs}" in said.why
        assert "install the driver and the library of one package" in said.why and said.cause == "environment"
    prefix.remove()


WITHOUT_WINE = """
import sys, shutil
from irqcts import wine_bridge, wine_prefix
wine_prefix.WINE = ()
shutil.which = lambda name: None
sys.exit(wine_bridge.main())
"""


def test_wine_that_is_not_there() -> None:
    agent = AgentProcess(UNDER_WINE, command=[sys.executable, "-c", WITHOUT_WINE])
    with pytest.raises(HarnessError, match="Wine is not installed: apt-get install .*wine64") as ending:
        agent.description()
    assert ending.value.cause == "environment" and not agent.alive


def test_a_prefix_in_use(prefix: WinePrefix, agent: AgentProcess) -> None:
    with pytest.raises(HarnessError, match="another run uses .*; wait for its end"):
        agent.description()


# --- what the preflight asks -----------------------------------------------------------------------------------------


def test_facts_of_an_installed_device(prefix: WinePrefix) -> None:
    """What irqcts-setup says of the simulated device is what the preflight lets pass."""
    def facts(*wanted: str) -> windows_preflight.Facts:
        process = prefix.start(["irqcts-setup.exe", "facts", *wanted], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        return windows_preflight.read(process.communicate(timeout=30)[0].decode())

    prefix.install()
    found = facts()
    devices = {each.instance.split("\\")[1]: each for each in found.devices}
    assert set(devices) == {"SIMULATED", "PLAIN"} and all(each.service == "irqcts" for each in devices.values())
    device = devices["SIMULATED"]
    assert device.present and device.problem == 0
    assert device.hardware_ids == (r"IRQCTS\SIMULATED",) and (device.msi_supported, device.message_limit) == (1, 2048)
    assert device.driver_version == found.library_version > 0 and found.administrator and found.package
    assert windows_preflight.obstacles(found, "", Path("windows")) == []
    assert facts("simulated").devices == (device,) and facts("no such device").devices == ()
    [other] = [each for each in facts("winebus").devices if each.instance.startswith("ROOT")]
    assert other.service == "winebus" and other.open_error is None and other.driver_version is None
    prefix.remove()
    assert facts_after_removal(prefix).devices == ()


def facts_after_removal(prefix: WinePrefix) -> windows_preflight.Facts:
    done = subprocess.run([str(prefix.program), str(binaries() / "irqcts-setup.exe"), "facts"], env=prefix.environment,
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=30)
    return windows_preflight.read(done.stdout.decode())
