# SPDX-License-Identifier: Apache-2.0
"""check_page.py PAGE SOURCE: the C code that the page shows stands in the source, word for word."""

from __future__ import annotations

import re
import sys
from pathlib import Path


def main() -> int:
    page, source = (Path(name).read_text("utf-8") for name in sys.argv[1:3])
    blocks = re.findall(r"^```c\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    if not blocks:
        print(f"{sys.argv[1]} shows no C code")
        return 1
    for block in blocks:
        if block not in source:
            print(f"{sys.argv[1]} shows code that is not in {sys.argv[2]}:\n{block}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
