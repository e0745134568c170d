"""Tables of a command: rows of texts as lines with aligned columns."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

_GAP = "  "


def aligned_lines(rows: Sequence[Sequence[str]], texts: int = 1) -> list[str]:
    """Returns lines with aligned columns; the first ``texts`` columns are left-aligned, the others right-aligned.

    Args:
        rows: the cells, the same number in each row.
    """
    widths = [max(map(display_width, column)) for column in zip(*rows, strict=True)]
    return [_GAP.join(_padded(cell, widths[at], at < texts) for at, cell in enumerate(row)).rstrip() for row in rows]


def display_width(words: str) -> int:
    """Returns the width of a text on a terminal: two columns for wide letters, none for combining marks."""
    return sum(0 if unicodedata.combining(each) else 1 + (unicodedata.east_asian_width(each) in "WF") for each in words)


def _padded(cell: str, width: int, begins: bool) -> str:
    space = " " * (width - display_width(cell))
    return cell + space if begins else space + cell
