# SPDX-License-Identifier: Apache-2.0
"""What keeps the suite from a device, as a preflight says it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Obstacle:
    """Something that keeps the suite from a device, and the command or action that removes it."""

    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.problem}\n    {self.remedy}"
