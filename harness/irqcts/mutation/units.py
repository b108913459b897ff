# SPDX-License-Identifier: Apache-2.0
"""The C tests of mutated sources: each a program linked with the library that has all mutants.

Which mutant is in force the environment says, before main() begins.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

#: The environment variable that chooses a mutant by its number.
VARIABLE = "IRQCTS_MUTANT"
#: Source of the choice: the number, and who sets it before main().
CHOICE = f"""#include <stdlib.h>
unsigned irqcts_mutant;
__attribute__((constructor)) static void choose_mutant(void)
{{
    const char *number = getenv("{VARIABLE}");

    if (number != NULL) {{
        irqcts_mutant = (unsigned)strtoul(number, NULL, 10);
    }}
}}
"""
#: The slowest of them takes a twentieth of a second.
SECONDS = 5.0


@dataclass(frozen=True)
class UnitTest:
    source: str  # relative to the tree
    program: Path

    def failure(self, mutant: int) -> str | None:
        """What the test says of this mutant; None when it passes."""
        try:
            done = subprocess.run([str(self.program)], capture_output=True, timeout=SECONDS,
                                  env={**os.environ, VARIABLE: str(mutant)})
        except subprocess.TimeoutExpired:
            return f"does not end within {SECONDS:.0f} s"
        if done.returncode == 0:
            return None
        said = done.stderr.decode(errors="replace").strip().splitlines()
        return said[-1].rpartition("/")[2] if said else f"ends with status {done.returncode}"
