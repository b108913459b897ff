# SPDX-License-Identifier: Apache-2.0
"""What differs between the systems that the harness itself runs on; no other module asks which one it is.

    COMMAND            how a person calls the command line
    quoted             words as a person writes them behind it
    LIBRARY, AGENT     file names
    backend_name       the name of the backend that a file is, or None
    cache_base         the user's folder for what can be made again
    system             the system's name and version, for a report
    Process            a program with everything that it starts; its pipes and its end
    ended              how a program ended, from its status
"""

from __future__ import annotations

import sys

if sys.platform == "win32":
    from .host_windows import AGENT, COMMAND, LIBRARY, Process, backend_name, cache_base, ended, quoted, system
else:
    from .host_posix import AGENT, COMMAND, LIBRARY, Process, backend_name, cache_base, ended, quoted, system

__all__ = ["AGENT", "COMMAND", "LIBRARY", "WINDOWS", "Process", "backend_name", "cache_base", "ended", "quoted",
           "system"]

WINDOWS = sys.platform == "win32"
