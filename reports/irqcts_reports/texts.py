# SPDX-License-Identifier: Apache-2.0
"""Texts that a device or backend chose, made safe to show.  Each output format adds its own escaping."""
from __future__ import annotations

import unicodedata

#: Characters that are not seen, or that change how others are seen: controls, bidirectional
#: overrides, surrogates, private and unassigned ones, line and paragraph separators.
UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def visible(text: str) -> str:
    """Unseen characters written out as \\u{…}; line ends and tabs stay."""
    if text.isprintable():
        return text
    return "".join(c if c in "\n\t" or unicodedata.category(c) not in UNSEEN else f"\\u{{{ord(c):x}}}" for c in text)


def one_line(text: str) -> str:
    """On one line, with single spaces; for formats in which a line end ends the record."""
    return visible(" ".join(text.split()))
