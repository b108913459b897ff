# SPDX-License-Identifier: Apache-2.0
"""Sizes and indices at which real implementations went wrong (words, DWORDs, the limits)."""
from __future__ import annotations

# Table sizes: one entry, around a DWORD and a QWORD of pending bits, the largest.
TABLE_SIZES = [1, 2, 3, 31, 32, 33, 63, 64, 65, 127, 128, 129, 2047, 2048]
# A few of them for tests that cost more.
SOME_TABLE_SIZES = [1, 2, 64, 65, 2048]


def edges(count: int) -> list[int]:
    """Indices of a table of `count` entries that are worth trying: ends and word borders."""
    return sorted({i for i in (0, 1, 31, 32, 63, 64, 65, count - 2, count - 1) if 0 <= i < count})
