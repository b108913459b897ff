# SPDX-License-Identifier: Apache-2.0
"""What tests that boot guests share."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from irqcts.apt import Unavailable
from irqcts.guest_kernel import Kernel, distribution_kernel
from irqcts.paths import layout

HARNESS = Path(__file__).resolve().parents[1]


def kernel(suite: str) -> Kernel:
    """That distribution's kernel; without it, or without what runs in the guest, the test is skipped."""
    if not (layout().agent.parent / "irqcts-agent-static").is_file():
        pytest.skip("NOT_TESTED: irqcts-agent-static is not built")
    try:
        return distribution_kernel(suite)
    except Unavailable as error:
        pytest.skip(f"NOT_TESTED, no kernel: {error}")


def records(out: Path, *arguments: str) -> list[dict[str, Any]]:
    """The records of the tests of one `irqcts run`, which ended as it should."""
    done = subprocess.run([sys.executable, "-m", "irqcts", "run", *arguments, "--out", str(out)], capture_output=True,
                          text=True, timeout=280, env={**os.environ, "PYTHONPATH": str(HARNESS)}, check=False)
    log = out / "results.jsonl"
    assert log.is_file(), done.stdout + done.stderr
    found = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    assert found[-1]["type"] == "end"
    return [record for record in found if record["type"] == "test"]
