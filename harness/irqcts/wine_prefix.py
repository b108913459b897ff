# SPDX-License-Identifier: Apache-2.0
"""A Wine prefix with the simulated bus: made once, kept in the cache, one user at a time.

Everything has a time limit, because a driver that crashes or hangs under Wine takes its server with it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator, Sequence

from .paths import cache_folder, layout

#: Not on PATH: Debian's package wine64 alone leaves these two.
WINE = ("/usr/lib/wine/wine64", "/usr/lib64/wine/wine64")
PREFIX_SECONDS = 120.0
STEP_SECONDS = 30.0
#: How long the server outlives the last program in it, which is also how long one may stay that nobody ended.
IDLE_SECONDS = 30
#: About one time in a hundred Wine's own plug and play never asks the new bus for its devices.
INSTALLATIONS = 3
INFS = ("irqcts.inf", "irqctsbus.inf", "irqctsmini.inf")
DRIVERS = ("irqcts.sys", "irqctsbus.sys", "irqctsmini.sys")
PROGRAMS = (*DRIVERS, *INFS, "irqcts_windows.dll", "irqcts-agent.exe",
            "irqcts-setup.exe", "irqcts-try.exe")


class WineError(RuntimeError):
    """Wine is not there, or it did not do what it was asked; a sentence with what to do next."""


def binaries() -> Path:
    """The folder of the Windows programs."""
    places = layout()
    folder = places.root / "windows" if places.installed else places.build / "windows" / "out"
    missing = [name for name in PROGRAMS if not (folder / name).exists()]
    if missing:
        raise WineError(f"{folder} lacks {', '.join(missing)}: install gcc-mingw-w64-x86-64-win32 and build again")
    return folder


def wine() -> Path:
    for candidate in (*WINE, shutil.which("wine64") or "", shutil.which("wine") or ""):
        if candidate and Path(candidate).exists():
            return Path(candidate)
    raise WineError("Wine is not installed: apt-get install --no-install-recommends wine64")


def _server(program: Path) -> str:
    for candidate in (program.with_name("wineserver64"), program.with_name("wineserver"),
                      Path(shutil.which("wineserver") or "/nonexistent")):
        if candidate.exists():
            return str(candidate)
    raise WineError(f"there is no wineserver beside {program}")


def client() -> Path:
    """The backend that runs under Wine; WineError says what is missing for it."""
    _server(wine())
    return binaries() / "irqcts_windows.dll"


class WinePrefix:
    """One prefix; `locked` gives it to one process."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or cache_folder() / "wine"
        self.program = wine()
        self.stage = self.folder / "drive_c" / "irqcts"
        # No display; no .NET and HTML installers; without the last one a crash waits for a debugger for ever.
        self.environment = {**os.environ, "WINEPREFIX": str(self.folder), "WINEARCH": "win64", "WINEDEBUG": "-all",
                            "WINEDLLOVERRIDES": "mscoree,mshtml,winedbg.exe=", "WINESERVER": _server(self.program)}
        self.environment.pop("DISPLAY", None)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """The prefix without anybody else in it and without a server, before and after."""
        import fcntl  # nobody runs Wine on a system without it

        self.folder.parent.mkdir(parents=True, exist_ok=True)
        with open(self.folder.with_suffix(".lock"), "w", encoding="utf-8") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise WineError(f"another run uses {self.folder}; wait for its end") from error
            self.end()
            try:
                yield
            finally:
                self.end()

    def end(self) -> None:
        """Ends everything that runs in the prefix."""
        if self.folder.exists():
            for argument in ("-k", "-w"):
                try:
                    subprocess.run([self.environment["WINESERVER"], argument], env=self.environment,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   timeout=STEP_SECONDS)
                except subprocess.TimeoutExpired:
                    pass  # it does not end; the next start says so

    def _restart(self) -> None:
        """A server with Wine's services and nothing else, in which devices stay started from program to program.

        Wine's own way ends what runs the drivers with the last program; the next program's services then start the
        devices again, behind its back.
        """
        self.end()
        try:
            done = subprocess.run([self.environment["WINESERVER"], f"-p{IDLE_SECONDS}"], env=self.environment,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                  timeout=STEP_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise WineError(f"wineserver did not start within {STEP_SECONDS:g} s") from error
        if done.returncode != 0:
            raise WineError(f"wineserver does not start in {self.folder}: status {done.returncode}")
        # Any program; not wineboot --init, which the server runs of itself and which a second time ends the services.
        self.run(["cmd", "/c", "exit"], PREFIX_SECONDS)

    def run(self, words: Sequence[str], seconds: float = STEP_SECONDS) -> None:
        """A program to its end; WineError when it fails or takes too long."""
        # Not a pipe: the services that the first program starts have its files for as long as they run.
        with tempfile.TemporaryFile() as errors:
            try:
                done = subprocess.run([str(self.program), *words], env=self.environment, cwd=self.folder,
                                      stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors,
                                      timeout=seconds)
            except subprocess.TimeoutExpired as error:
                raise WineError(f"{words[0]} did not end within {seconds:g} s under Wine") from error
            errors.seek(0)
            said = errors.read().decode("utf-8", "replace").strip().splitlines()
        if done.returncode != 0:
            raise WineError(f"{' '.join(words)} failed under Wine: {said[-1] if said else done.returncode}")

    def prepare(self) -> None:
        """Makes the prefix where there is none; one that was not finished is made again."""
        finished = self.folder / "irqcts-finished"
        if not finished.exists():
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder.mkdir(parents=True)
            self._restart()
            self.end()  # which writes the registry
            finished.write_text("this prefix is complete\n", encoding="utf-8")
        self._restart()

    def install(self) -> None:
        """The simulated bus and the driver, of this build; what an earlier run left behind goes first."""
        if self.stage.exists():
            self.run([str(self.stage / "irqcts-setup.exe"), "remove"])
            self._restart()  # a loaded driver's file cannot be replaced
        self._install(binaries())

    def _install(self, source: Path) -> None:
        self.stage.mkdir(exist_ok=True)
        for name in PROGRAMS:
            shutil.copyfile(source / name, self.stage / name)
        for name in INFS:
            # Wine wants the catalogue that Inf2Cat makes and signs on Windows, or no mention of it.
            lines = (source / name).read_text("utf-8").splitlines()
            kept = [line for line in lines if not line.startswith("CatalogFile")]
            (self.stage / name).write_text("\r\n".join(kept) + "\r\n", encoding="utf-8")
        self.clean_store(source)
        for attempt in range(INSTALLATIONS):
            try:
                self.run([str(self.stage / "irqcts-setup.exe"), "install", r"C:\irqcts"])
                return
            except WineError:
                if attempt + 1 == INSTALLATIONS:
                    raise
                self._restart()

    def clean_store(self, source: Path) -> None:
        """Leaves in Wine's driver store nothing of an earlier build, and the drivers where Wine looks for them.

        Wine notes beside each INF where it came from, and takes that for the place of the driver's file.  Installing
        a device replaces the note by the store itself; the next device of the same INF then looks for the file
        there, and where it is not Wine asks for the medium without end, in the thread that starts devices.
        """
        store = self.folder / "drive_c" / "windows" / "inf"
        for pattern in ("irqcts*", "oem*.inf", "oem*.pnf"):
            for old in store.glob(pattern):
                old.unlink()
        for name in DRIVERS:
            shutil.copyfile(source / name, store / name)

    def remove(self) -> None:
        """The devices; the prefix stays."""
        self.run([str(self.stage / "irqcts-setup.exe"), "remove"])
        shutil.rmtree(self.stage, ignore_errors=True)

    def start(self, words: Sequence[str], **pipes: Any) -> subprocess.Popen[bytes]:
        """A program of the stage that goes on running; `pipes` are Popen's stdin, stdout and stderr."""
        process: subprocess.Popen[bytes] = subprocess.Popen(
            [str(self.program), str(self.stage / words[0]), *words[1:]], env=self.environment, cwd=self.stage, **pipes)
        return process
