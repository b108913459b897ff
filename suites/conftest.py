# SPDX-License-Identifier: Apache-2.0
"""Makes `pytest suites` work in a checkout without anything installed."""
import sys
from pathlib import Path

HARNESS = Path(__file__).resolve().parents[1] / "harness"
if str(HARNESS) not in sys.path:
    sys.path.insert(0, str(HARNESS))

pytest_plugins = ["irqcts.plugin"]
