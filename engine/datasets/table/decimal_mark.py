"""Detection of a table's decimal mark from its unambiguous numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence

from engine.datasets.table.cells import bare, separator

MARKS = {".": "point", ",": "comma"}
DECIMALS = tuple(MARKS)
_CLEAR_ENOUGH = 4  # numbers like 1.234 for each with a clear decimal comma, at most, to be taken for thousands
# Patterns of a number with this decimal mark, and of one that may be in thousands.
_PLAIN = {mark: re.compile(rf"[+-]?\d*{re.escape(mark)}\d+") for mark in DECIMALS}
_PERHAPS_THOUSANDS = {mark: re.compile(rf"[+-]?[1-9]\d{{0,2}}{re.escape(mark)}\d{{3}}") for mark in DECIMALS}


def decimal_mark(rows: Sequence[Sequence[str]], delimiter: str, default: str | None = None) -> tuple[str, str]:
    """Returns the decimal mark of rows of cells, and an ambiguous number; "" if there is none.

    1.5 and 1.234,5 and 1.234.567 determine the mark; 1.234 alone does not. Between semicolons it is read as a thousand,
    because files with semicolons usually have decimal commas.

    Args:
        rows: the cells.
        delimiter: the delimiter of the file.
        default: the default mark.
    """
    cells = [bare(cell.strip()) for row in rows for cell in row]
    points, commas = (sum(_says(cell, mark) for cell in cells) for mark in DECIMALS)
    dotted, with_comma = ([cell for cell in cells if _PERHAPS_THOUSANDS[mark].fullmatch(cell)] for mark in DECIMALS)
    if points > commas:
        return ".", ""
    is_between_semicolons = delimiter == ";" and not points
    if commas > points and (is_between_semicolons or _CLEAR_ENOUGH * commas >= len(dotted)):
        return ",", ""
    if default is not None:
        return default, ""
    mark = "," if is_between_semicolons and dotted and not with_comma else "."
    doubtful = [] if delimiter == "," else dotted + with_comma
    return mark, next(iter(doubtful), "")


def guess_note(mark: str, doubt: str) -> str:
    """Returns a note that the decimal mark is a guess, with the ambiguous number; empty if there is none."""
    if not doubt:
        return ""
    sign = MARKS["." if "." in doubt else ","]
    is_decimal = "is a decimal mark" if mark in doubt else "separates thousands"
    return f"nnviz assumes that the {sign} in {doubt} {is_decimal}."


def _says(cell: str, mark: str) -> bool:
    """Whether a number says that a sign is the decimal mark."""
    if mark in cell and _PLAIN[mark].fullmatch(cell) and not _PERHAPS_THOUSANDS[mark].fullmatch(cell):
        return True
    if mark not in cell and all(cell.count(other) < 2 for other in DECIMALS):
        return False
    separating = separator(cell, mark)
    return separating != "" and (mark in cell or separating in DECIMALS)
