# SPDX-License-Identifier: Apache-2.0
"""pytest, driven from the command line: its plugins, its start, and the cached list of tests."""

from __future__ import annotations

import contextlib
import io
import json
import os
from pathlib import Path
from typing import Any, Generator

from ..environment import suite_digest
from ..paths import cache_folder, layout
from ..specification import digest
from . import Problem


def pytest_main(arguments: list[str], plugins: list[Any]) -> int:
    """Runs pytest on the suites in this process, without the user's own plugins."""
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    python = [str(Path(__file__).resolve().parents[2])]  # for the processes of pytest-xdist
    os.environ["PYTHONPATH"] = os.pathsep.join(python + [p for p in [os.environ.get("PYTHONPATH")] if p])
    import pytest

    # Marked here because pytest is imported only when it is needed.
    pytest.hookimpl(trylast=True)(Quiet.pytest_configure)
    pytest.hookimpl(hookwrapper=True)(Quiet.pytest_cmdline_main)
    places = layout()
    return int(pytest.main(["--rootdir", str(places.root), "-p", "irqcts.plugin", "-p", "no:cacheprovider",
                            *arguments, str(places.suites)], plugins=plugins))


#: Lists of other states of the suites that stay in the cache.
LISTS_KEPT = 8


class Quiet:
    """Takes the place of pytest's terminal reporter, and turns what cannot be collected into sentences."""

    def __init__(self) -> None:
        self.sentences: list[str] = []
        self.usage = ""

    def configured(self, config: Any) -> None:
        """For what a subclass wants to know of the run."""

    def pytest_configure(self, config: Any) -> None:
        """Called last (see pytest_main), when the reporter is there to be taken away."""
        reporter = config.pluginmanager.getplugin("terminalreporter")
        if reporter is not None:
            config.pluginmanager.unregister(reporter)
        self.configured(config)

    def pytest_cmdline_main(self, config: Any) -> Generator[None, Any, None]:
        """A wrapper (see pytest_main): keeps what a usage error says, which pytest would print its own way."""
        import pytest

        outcome = yield
        if outcome.excinfo is not None and issubclass(outcome.excinfo[0], pytest.UsageError):
            self.usage = str(outcome.excinfo[1])
            outcome.force_result(pytest.ExitCode.USAGE_ERROR)

    def pytest_exception_interact(self, call: Any) -> None:
        """pytest takes an interruption while it imports a module for that module's mistake, and goes on."""
        if call.excinfo.type is KeyboardInterrupt:
            raise KeyboardInterrupt

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            lines = str(report.longrepr).strip().splitlines()
            last = next((line for line in reversed(lines) if line.startswith("E ")), lines[-1] if lines else "")
            self.sentences.append(f"{report.nodeid}: {last.removeprefix('E').strip()}")


class _Listing(Quiet):
    def __init__(self) -> None:
        super().__init__()
        self.tests: list[dict[str, Any]] = []

    def pytest_collection_finish(self, session: Any) -> None:
        from ..plugin import in_every_shard, item_clauses, item_family, item_needs, stable_id, uses_machine

        for item in session.items:
            if not uses_machine(item):
                continue
            title = (item.function.__doc__ or item.name).strip().splitlines()[0]
            needs = item_needs(item)
            self.tests.append({
                "id": stable_id(item.nodeid), "title": title, "clauses": list(item_clauses(item)),
                "family": item_family(item), "mandatory": in_every_shard(item),
                "needs": {k: list(v) if isinstance(v, tuple) else v for k, v in vars(needs).items()},
                "file": str(Path(item.path).name), "line": item.function.__code__.co_firstlineno,
            })


def tests() -> list[dict[str, Any]]:
    """Every test of the suites; collected once for a state of suites and specification."""
    path = cache_folder() / f"tests-{suite_digest()}-{digest()}.json"
    try:
        cached: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
        return cached
    except (OSError, ValueError):
        pass
    listing = _Listing()
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        status = pytest_main(["--collect-only", "-q"], [listing])
    if status == 2 and not listing.sentences:
        raise KeyboardInterrupt
    if listing.sentences or listing.usage or status not in (0, 5):
        raise Problem("the tests cannot be collected: " +
                      ("; ".join(listing.sentences) or listing.usage or said.getvalue().strip()))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        known = sorted(path.parent.glob("tests-*.json"), key=lambda each: each.stat().st_mtime)
        for old in known[:-LISTS_KEPT]:
            old.unlink(missing_ok=True)
        temporary = path.with_suffix(f".{os.getpid()}")
        temporary.write_text(json.dumps(listing.tests), encoding="utf-8")
        temporary.replace(path)
    except OSError:
        pass  # an installation that only root may write to: collected again next time
    return listing.tests
