# SPDX-License-Identifier: Apache-2.0
"""irqcts test: every test of the project itself, summed into one closing line."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as xml
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import click

from .. import host, wine_prefix
from ..agent import installed_backends
from ..apt import Unavailable
from ..packaged_qemu import has_device, packaged_qemu
from ..paths import layout
from ..results import LOG
from . import Problem

#: Verdicts of a suite's run, as the closing line counts them.
PASSED = {"PASS", "WAIVED"}
SKIPPED = {"NOT_APPLICABLE", "NOT_TESTED"}
#: Devices that the QEMU backend is tried with, with further options.
QEMU_DEVICES = (("rocker", ""), ("ivshmem", ""), ("ivshmem", ",vectors=2048"), ("e1000e", ""), ("nvme", ""),
                ("nvme-sriov", ""), ("xhci", ""), ("vmxnet3", ""), ("megasas", ""), ("igb", ""))
#: Where QEMU comes from for a device that the machine's own does not have: it is fetched, not installed.
NEWER_QEMU = "trixie"


@dataclass
class Count:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def add(self, other: Count) -> None:
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def from_junit(path: Path) -> Count:
    """The counts of a JUnit file, as ctest and pytest write them."""
    count = Count()
    for suite in xml.parse(path).getroot().iter("testsuite"):
        total, skipped = int(suite.get("tests", 0)), int(suite.get("skipped", 0)) + int(suite.get("disabled", 0))
        failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        count.add(Count(total - skipped - failed, failed, skipped))
    return count


def from_results(folder: Path) -> Count:
    """The counts of a suite's run; one without an end is a failure."""
    count = Count()
    ended = False
    for line in (folder / LOG).read_bytes().removesuffix(b"\n").split(b"\n"):
        record = json.loads(line)
        ended = ended or (record["type"] == "end" and not record["interrupted"])
        if record["type"] == "test":
            verdict = record["verdict"]
            count.add(Count(verdict in PASSED, verdict not in PASSED | SKIPPED, verdict in SKIPPED))
    return count if ended else Count(count.passed, count.failed + 1, count.skipped)


class Runner:
    """Runs the parts one after another; each has its output, its count and a time limit."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.total = Count()
        self.root = layout().root
        self.build = layout().build

    def part(self, name: str, run: Callable[[Path], Count]) -> None:
        click.echo(f"--- {name}")
        start = time.monotonic()
        folder = self.folder / name.replace(" ", "-").replace("/", "-")
        folder.mkdir(parents=True)
        try:
            count = run(folder)
        except (OSError, ValueError, xml.ParseError, subprocess.TimeoutExpired) as error:
            click.echo(f"{name} broke: {error}")
            count = Count(failed=1)
        if count == Count():
            click.echo(f"{name} executed nothing, which is a failure")
            count = Count(failed=1)
        self.total.add(count)
        click.echo(f"    {name}: {count} in {time.monotonic() - start:.1f} s\n")

    def call(self, command: list[str], seconds: float, environment: dict[str, str] | None = None) -> int:
        """The command's status, its output where ours goes; its whole group ends with the time."""
        with host.Process(command, cwd=self.root, env={**os.environ, **(environment or {})}) as process:
            try:
                return process.wait(seconds)
            except BaseException:
                process.force()
                raise

    # --- the parts -------------------------------------------------------------------------------

    def ctest(self, build: Path, seconds: float, environment: dict[str, str] | None = None) -> Callable[[Path], Count]:
        def run(folder: Path) -> Count:
            report = folder / "junit.xml"
            status = self.call(["ctest", "--test-dir", str(build), "--output-on-failure", "--no-tests=error", "-j2",
                                "--timeout", "300", "--output-junit", str(report)], seconds, environment)
            count = from_junit(report)
            if status != 0 and count.failed == 0:
                count.failed = 1
            return count

        return run

    def pytest(self, paths: list[Path], seconds: float) -> Callable[[Path], Count]:
        def run(folder: Path) -> Count:
            report = folder / "junit.xml"
            status = self.call([sys.executable, "-m", "pytest", "-q", "-p", "irqcts.plugin", "--junitxml", str(report),
                                *map(str, paths)], seconds)
            count = from_junit(report)
            if status not in (0, 5) and count.failed == 0:
                count.failed = 1
            return count

        return run

    def suite(self, *arguments: str, seconds: float = 600,
              environment: dict[str, str] | None = None) -> Callable[[Path], Count]:
        def run(folder: Path) -> Count:
            out = folder / "run"
            self.call([sys.executable, "-m", "irqcts", "run", *arguments, "--out", str(out)], seconds, environment)
            return from_results(out)

        return run

    def mypy(self, folder: Path) -> Count:
        packages = ["harness/irqcts"] + [p for p in ("reports/irqcts_reports",) if (self.root / p).is_dir()]
        status = self.call(["mypy", "--cache-dir", str(self.build / "mypy"), "--no-error-summary", *packages], 300)
        return Count(passed=int(status == 0), failed=int(status != 0))

    def sanitized_build(self, build: Path) -> Callable[[Path], Count]:
        def run(folder: Path) -> Count:
            status = self.call(["cmake", "-S", str(self.root), "-B", str(build), "-G", "Ninja",
                                "-DCMAKE_C_COMPILER=clang", "-DIRQCTS_SANITIZE=address,undefined", "-DIRQCTS_FUZZ=ON",
                                "-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_C_FLAGS=-O1",
                                f"-DPython3_EXECUTABLE={sys.executable}", "--log-level=WARNING"], 120)
            status = status or self.call(["ninja", "-C", str(build), "--quiet"], 600)
            return Count(passed=int(status == 0), failed=int(status != 0))

        return run


def test_folders(root: Path) -> list[Path]:
    """Folders with Python tests of the project itself (those of the suites are about a device)."""
    found = {path.parent for pattern in ("harness/tests", "reports/tests", "core/*/tests", "core/tests",
                                         "backends/*/tests", "docs/tests") for path in root.glob(f"{pattern}/test_*.py")}
    return sorted(found)


PARTS = ("c", "python", "emulator", "model", "qemu", "wine", "sanitizers", "types")


@click.command("test", epilog="""\b
Examples:
  irqcts test
  irqcts test --part c --part python""")
@click.option("--part", "only", multiple=True, type=click.Choice(PARTS), help="Only this part; may be given several times.")
@click.option("--keep", type=click.Path(path_type=Path), metavar="DIR", help="Keep the parts' results in this folder.")
def command(only: tuple[str, ...], keep: Path | None) -> None:
    """Run the project's own tests: C units, Python tests, the suite on emulator and QEMU, sanitizers, types.

    The last line is the sum of all parts. Exit status 0 when something ran and nothing failed.
    """
    if layout().installed:
        raise Problem("only a source tree has the project's own tests; clone the repository and call ./irqcts test")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)
    chosen = only or PARTS
    folder = keep or Path(tempfile.mkdtemp(prefix="irqcts-test-"))
    runner = Runner(folder)
    try:
        if "c" in chosen:
            runner.part("C unit tests", runner.ctest(runner.build, 600))
        if "python" in chosen:
            for tests in test_folders(runner.root):
                runner.part(f"python {tests.relative_to(runner.root)}", runner.pytest([tests], 1200))
        if "emulator" in chosen:
            runner.part("suite on the emulator", runner.suite())
            runner.part("suite in two processes", runner.suite("--jobs", "2"))
        if "model" in chosen and "model" in installed_backends():
            runner.part("suite on the oracle itself", runner.suite("--backend", "model"))
        if "qemu" in chosen and "qemu" in installed_backends():
            _qemu(runner)
        if "wine" in chosen:
            _wine(runner)
        if "sanitizers" in chosen:
            build = runner.build / "sanitized"
            runner.part("sanitized build", runner.sanitized_build(build))
            runner.part("C unit tests sanitized", runner.ctest(build, 900))
            agent = json.dumps([str(build / "bin" / "irqcts-agent"), "--backend", "emulator"])
            runner.part("suite on the sanitized emulator",
                        runner.suite("--agent-command", agent, environment={
                            "IRQCTS_BACKEND_PATH": str(build / "lib" / "irqcts")}))
        if "types" in chosen:
            runner.part("types", runner.mypy)
    except KeyboardInterrupt:
        click.echo("interrupted")
        runner.total.failed += 1
    finally:
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)
    click.echo(str(runner.total))
    sys.exit(0 if runner.total.failed == 0 and runner.total.passed > 0 else 1)


def _wine(runner: Runner) -> None:
    """The Windows drivers on the simulated bus; counted as skipped, with the reason, where Wine is not."""
    try:
        wine_prefix.wine()
        wine_prefix.binaries()
    except wine_prefix.WineError as error:
        click.echo(f"--- suite under Wine: not tested: {error}")
        runner.total.add(Count(skipped=1))
        return
    runner.part("suite under Wine", runner.suite("--backend", "windows", "--wine", seconds=300))


def _qemu(runner: Runner) -> None:
    """Every device that this QEMU has; with its declared deviations where there are some."""
    from .backends import option_help

    known = re.findall(r"[\w-]+", next(line for line in option_help("qemu") if line.startswith("device=")))
    for device, options in QEMU_DEVICES:
        if device not in known:
            continue
        arguments = ["--backend", f"qemu:device={device}{options}"]
        variant = "-".join([device, *re.findall(r"\d+", options)])  # ivshmem-2048
        deviations = runner.root / "backends" / "qemu" / "deviations" / f"{variant}.toml"
        if deviations.exists():
            arguments += ["--deviations", str(deviations)]
        if device == "igb" and not has_device("qemu-system-x86_64", device):
            try:
                arguments += ["--qemu", str(packaged_qemu(NEWER_QEMU))]
            except Unavailable as error:
                click.echo(f"--- suite on QEMU's {device}: SKIPPED, no QEMU that has it: {error}\n")
                runner.total.add(Count(skipped=1))
                continue
        runner.part(f"suite on QEMU's {device}{options}", runner.suite(*arguments, seconds=300))
