# SPDX-License-Identifier: Apache-2.0
"""report.html in Chromium: it runs without complaints, asks no network for anything, fits a phone.

The instrument is tried first on a page that does all of that wrong.
"""
from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
import sample
from irqcts_reports import html, load_run
from test_renderings import HOSTILE, hostile_run, write_escaped

#: What no page may make the browser say: uncaught exceptions, refused requests, broken policies.
CONSOLE = re.compile(r":CONSOLE[:(]")


@dataclass
class Visit:
    dom: str
    console: list[str]
    requests: list[str]


def chromium() -> str:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found:
            return found
    # Debian has the package and ./irqcts test installs it; Ubuntu has a snap only.
    pytest.skip("no Chromium on this system, so nothing is known about report.html in a browser")


def visit(page: Path, folder: Path, *, width: int = 1280, dark: bool = False) -> Visit:
    """Loads the page, lets its script run, and tells what it did."""
    log = folder / "net.json"
    arguments = [
        chromium(), "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
        "--disable-features=OptimizationHints,MediaRouter,Translate,NetworkTimeServiceQuerying",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", f"--user-data-dir={folder / 'profile'}",
        "--enable-logging=stderr", f"--log-net-log={log}", f"--window-size={width},900",
        *(["--blink-settings=preferredColorScheme=0"] if dark else []), "--virtual-time-budget=2000", "--dump-dom",
        page.as_uri()]
    done = subprocess.run(arguments, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:].decode("utf-8", "replace")
    errors = done.stderr.decode("utf-8", "replace").splitlines()
    return Visit(done.stdout.decode("utf-8"), [line for line in errors if CONSOLE.search(line)], requested(log))


def requested(log: Path) -> list[str]:
    """URLs of the net log that belong to pages, not to the browser's own housekeeping."""
    text = log.read_text(encoding="utf-8")
    try:
        events = json.loads(text)["events"]
    except ValueError:  # the browser left before it wrote the closing bracket
        events = json.loads(text.rstrip().rstrip(",") + "]}")["events"]
    urls = {event["params"]["url"] for event in events if "url" in event.get("params", {})}
    own = ("file:", "chrome:", "devtools:", "about:", "data:")
    housekeeping = re.compile(r"https?://([a-z0-9-]+\.)*(google|gvt1|googleapis|gstatic)\.com/")
    return sorted(url for url in urls if not url.startswith(own) and not housekeeping.match(url))


def test_the_instrument_sees_errors_and_requests(tmp_path: Path) -> None:
    page = tmp_path / "bad.html"
    page.write_text("<!doctype html><title>x</title><img src='http://127.0.0.1:9/leak.png'>"
                    "<script>undefined_name()</script>", encoding="utf-8")
    seen = visit(page, tmp_path)
    assert any("undefined_name" in line for line in seen.console)
    assert seen.requests == ["http://127.0.0.1:9/leak.png"]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_page_runs_quietly(tmp_path: Path, dark: bool) -> None:
    folder = sample.write(tmp_path / "run", sample.rich())
    (folder / "report.html").write_text(html.text(load_run(folder)), encoding="utf-8")
    seen = visit(folder / "report.html", tmp_path, dark=dark)
    assert seen.console == [] and seen.requests == []
    # The script ran: the filters are there and have counted.
    assert seen.dom.count("<form class=\"filters\"") == 2
    assert not re.search(r"<form class=\"filters\"[^>]*hidden", seen.dom)
    assert f"{len(sample.CLAUSES)} of {len(sample.CLAUSES)} shown" in seen.dom


def test_hostile_texts_do_nothing_in_a_browser(tmp_path: Path) -> None:
    folder = write_escaped(tmp_path / "run", hostile_run("".join(v for k, v in HOSTILE.items() if k != "long")))
    (folder / "report.html").write_text(html.text(load_run(folder)), encoding="utf-8")
    seen = visit(folder / "report.html", tmp_path)
    assert seen.console == [] and seen.requests == []
    assert "<img" not in seen.dom and seen.dom.count("<script") == 1


def test_the_state_of_a_clause_is_not_broken(tmp_path: Path) -> None:
    """Each on one line at 1280 pixels, whatever stands beside it; the words of a narrow column break anywhere."""
    head, *_, end = sample.rich()
    records = [{**head, "selected": []}, end]  # no verdict beside the state that would keep its column wide
    for clause in head["clauses"].values():
        clause["text"] = clause["text"] + " and so on" * 60
    folder = sample.write(tmp_path / "run", records)
    page = re.sub("<meta http-equiv[^>]*>", "", html.text(load_run(folder)))
    probe = ("<script>const states = [...document.querySelectorAll('#clause-table tr[id] > td:nth-child(4) > .quiet')];"
             "const broken = states.filter(state => state.getClientRects().length > 1);"
             "document.body.dataset.states = states.length + '/' + broken.length;"
             "</script></body>")
    (folder / "probed.html").write_text(page.replace("</body>", probe), encoding="utf-8")
    found = re.search(r'data-states="(\d+)/(\d+)"', visit(folder / "probed.html", tmp_path).dom)
    assert found is not None and found[1] == str(len(head["clauses"])) and found[2] == "0"


@pytest.mark.parametrize("text", ["calm", "long"])
def test_it_fits_a_phone(tmp_path: Path, text: str) -> None:
    """No sideways scrolling at 390 pixels, also with a word of 20000 letters.

    The page's policy allows no probe, so the probe goes into a copy without the policy.
    """
    records = sample.rich() if text == "calm" else hostile_run(HOSTILE["long"])
    folder = sample.write(tmp_path / "run", records)
    page = re.sub("<meta http-equiv[^>]*>", "", html.text(load_run(folder)))
    probe = ("<script>for (const d of document.querySelectorAll('details')) d.open = true;"
             "document.body.dataset.width = document.documentElement.scrollWidth + '/' + innerWidth;</script></body>")
    (folder / "probed.html").write_text(page.replace("</body>", probe), encoding="utf-8")
    found = re.search(r'data-width="(\d+)/(\d+)"', visit(folder / "probed.html", tmp_path, width=390).dom)
    assert found is not None
    assert int(found[1]) <= int(found[2]) <= 500
