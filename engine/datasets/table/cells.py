"""Cells of a table: numbers, missing values, and problems."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.basics.validation import Array

MISSING = frozenset({"", "na", "n/a", "#n/a", "<na>", "nan", "null", "?", ".", "-", "--"})  # in lower case
_AS_WRITTEN = frozenset({*MISSING, *(word.upper() for word in MISSING), "NaN", "Null"})
WORD, INFINITE, THOUSANDS, SIGN, RAGGED = "word", "infinite", "thousands", "sign", "ragged"
YES_NO = (
    *(("no", "yes"), ("false", "true"), ("n", "y"), ("f", "t"), ("off", "on")),
    *(("nein", "ja"), ("n", "j"), ("non", "oui"), ("no", "si"), ("no", "sí")),
)
_SEPARATORS = {".": ",'’ \u00a0\u202f", ",": ".'’ \u00a0\u202f"}  # signs that may separate thousands, by decimal mark
_SEPARATED = {
    mark: re.compile(rf"[+-]?[1-9]\d{{0,2}}([{signs}])\d{{3}}(?:\1\d{{3}})*(?:{re.escape(mark)}\d*)?")
    for mark, signs in _SEPARATORS.items()
}
_MISGROUPED = {
    mark: re.compile(rf"[+-]?\d*(?:[{signs}]\d+)+(?:{re.escape(mark)}\d*)?") for mark, signs in _SEPARATORS.items()
}
SIGNS = frozenset("€$£¥₹%‰")  # before or after a number
_DIGITS = frozenset("0123456789.,")  # first characters of a number after a sign, and last ones before it
_UNIT = re.compile(r"([+-]?[0-9][0-9.,\u00a0\u202f']*)\s?([^\W\d_]{1,6}[²³]?)")
_MEANINGS = {
    WORD: "is not a number",
    INFINITE: "is infinite",
    THOUSANDS: "has a thousands separator",
    SIGN: "has another sign than others in the column",
    RAGGED: "left out",
}
_DATE = re.compile(r"\d{1,4}([-./])\d{1,2}(\1\d{1,4})?([ T]+\d{1,2}:.*)?")
_WHOLE = 2**53  # limit up to which whole numbers are exact
_LONGEST = 60
_ROWS_NAMED = 3  # of the rows with the same problem


@dataclass(frozen=True)
class Problem:
    """A problem at one place of a file.

    Attributes:
        row: row of the file, from 1; names of columns, if there are any, are in row 1.
        column: the column's name; empty if the problem is the whole row.
        value: the cell's text, shortened to 60 characters.
        kind: ``WORD``, ``INFINITE``, ``THOUSANDS``, ``SIGN`` or ``RAGGED``.
        rows: the first ten rows with the same problem; they begin with ``row``.
        count: number of such rows.
    """

    row: int
    column: str
    value: str
    kind: str
    rows: tuple[int, ...] = ()
    count: int = 1

    def __str__(self) -> str:
        rows = f"Row {self.row:,}" if self.count == 1 else f"Rows {self._first_rows}"
        if self.kind == RAGGED:
            return f"{rows}: left out, as {'it' if self.count == 1 else 'each'} has {self.value}"
        return f"{rows}, column {self.column}: “{self.value}” {_MEANINGS[self.kind]}"

    @property
    def _first_rows(self) -> str:
        shown = [f"{row:,}" for row in self.rows[:_ROWS_NAMED]]
        more = self.count - len(shown)
        return f"{', '.join(shown)} and {more:,} more" if more else f"{', '.join(shown[:-1])} and {shown[-1]}"


def shortened(text: str) -> str:
    """Cuts a text from a file to 60 characters."""
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def is_missing(cell: str) -> bool:
    """Whether a cell says that there is no value: "", NA, N/A, nan, null, ?, . or -, and the like."""
    return cell in _AS_WRITTEN or cell.strip().casefold() in MISSING


def is_number(cell: str, decimal: str) -> bool:
    """Whether a cell is a number, finite or not, with or without thousands separators; missing values are none."""
    value, kind = read_number(cell, decimal)
    return kind != WORD and (kind is not None or not math.isnan(value))


def read_number(cell: str, decimal: str) -> tuple[float, str | None]:
    """Reads one cell: its value, NaN if it is missing or wrong, and its problem (None for none).

    ``THOUSANDS`` comes with the value for a sign that separates thousands, which is decided by its column, and ``SIGN``
    with the number next to €, % and the like.
    """
    text = cell.strip()
    if is_missing(text):
        return math.nan, None
    number = bare(text)
    value, kind = _read_bare(number, decimal)
    return value, SIGN if kind is None and number is not text else kind


def read_number_with(cell: str, decimal: str, sign: str) -> tuple[float, str | None]:
    """Reads a number of a column whose numbers had ``sign`` next to them in training; see :func:`read_number`.

    The number may stand alone or with this sign, which may be a unit such as km. If ``sign`` is empty, any of €, % and
    the like may stand next to the number. Another sign or unit makes the cell no number (``WORD``).
    """
    number, unit = without_unit(cell)
    if sign and unit == sign:
        return read_number(number, decimal)
    value, kind = read_number(cell, decimal)
    return (math.nan, WORD) if sign and sign_of(cell) not in ("", sign) else (value, kind)


def _read_bare(text: str, decimal: str) -> tuple[float, str | None]:
    """Reads a number without a sign; see :func:`read_number`."""
    if separated := _SEPARATED[decimal].fullmatch(text):
        return float(text.replace(separated[1], "").replace(",", ".")), THOUSANDS
    if "_" in text or (decimal == "," and "." in text):
        return math.nan, WORD
    try:
        value = float(text if decimal == "." else text.replace(",", "."))
    except ValueError:
        return math.nan, WORD
    return (math.nan, INFINITE) if math.isinf(value) else (value, None)


def sign_of(cell: str) -> str:
    """Returns a sign such as € or % before or after a number; "" if there is none."""
    return _parted(cell.strip())[1]


def bare(text: str) -> str:
    """Returns a number without €, % or the like before or after it; another text unchanged."""
    return _parted(text)[0]


def _parted(text: str) -> tuple[str, str]:
    """Splits a number from the sign before or after it; another text is returned unchanged, with ""."""
    if text[-1:] in SIGNS:
        number = text[:-1].rstrip()
        return (number, text[-1]) if number[-1:] in _DIGITS else (text, "")
    minus = text[:1] if text[:1] in ("+", "-") else ""
    sign, number = text[len(minus) : len(minus) + 1], text[len(minus) + 1 :].lstrip()
    is_signed = sign in SIGNS and number.lstrip("-" if not minus else "")[:1] in _DIGITS
    return (minus + number, sign) if is_signed else (text, "")


def is_date(cell: str) -> bool:
    """Whether a cell is a date, such as 31.12.2024, 12/31/2024, 2024-12, or one with a time of day."""
    return _DATE.fullmatch(cell.strip()) is not None and any(len(part) == 4 for part in re.findall(r"\d+", cell))


def without_unit(cell: str) -> tuple[str, str]:
    """Splits a number from a unit after it: "12 km" is "12" and "km"; another cell is returned unchanged, with ""."""
    unit = _UNIT.fullmatch(cell.strip())
    return (unit[1], unit[2]) if unit else (cell, "")


def number_in(cell: str, decimal: str) -> float | None:
    """Returns the number in a cell, perhaps with separated thousands, a sign such as % or a unit; None without one."""
    for text in (cell, without_unit(cell)[0]):
        value, kind = read_number(text, decimal)
        if kind in (None, THOUSANDS, SIGN):
            return None if math.isnan(value) else value
    return None


def plain_number(value: float) -> str:
    """Returns a number in its shortest writing: 3, not 3.0; 1.5."""
    return str(int(value)) if value == np.floor(value) and abs(value) < _WHOLE else repr(float(value))


def separator(cell: str, decimal: str) -> str:
    """Returns the sign that separates groups of three digits in a number; "" if there is none."""
    separated = _SEPARATED[decimal].fullmatch(bare(cell.strip()))
    return separated[1] if separated else ""


def is_misgrouped(cell: str, decimal: str) -> bool:
    """Whether a cell is of digits with a sign that separates thousands elsewhere, but not before each three of them."""
    text = bare(cell.strip())
    return _MISGROUPED[decimal].fullmatch(text) is not None and not separator(text, decimal)


def read_numbers(cells: Sequence[str], decimal: str) -> tuple[Array, list[tuple[int, str]]]:
    """Reads cells: (k,) float64, NaN where they are missing or wrong, and (place, kind) for each wrong one.

    Three ways, from the fastest: all are plain numbers; some are missing; one by one.
    """
    together = "".join(cells)
    if "_" not in together and not (decimal == "," and "." in together):
        plain = [cell.replace(",", ".") for cell in cells] if decimal == "," else cells
        values = _plain_numbers(plain)
        if values is None:
            values = _plain_numbers(["nan" if cell in _AS_WRITTEN else cell for cell in plain])
        if values is not None and not np.isinf(values).any():
            return values, []
    read = [read_number(cell, decimal) for cell in cells]
    wrong = [(place, kind) for place, (_, kind) in enumerate(read) if kind is not None]
    return np.array([value for value, _ in read], np.float64), wrong


def _plain_numbers(cells: Sequence[str]) -> Array | None:
    """Returns the numbers of plain cells, (k,) float64; None if a cell is not a number."""
    try:
        return np.fromiter(map(float, cells), np.float64, len(cells))
    except ValueError:
        return None


def yes_no(texts: Sequence[str]) -> dict[str, int] | None:
    """Returns 0 for no and 1 for yes by text; None if one of the different texts is neither.

    Single letters must come in both kinds, since one alone may be any code.
    """
    small = [text.casefold() for text in texts]
    for pair in YES_NO:
        if small and set(small) <= set(pair) and (len(pair[0]) > 1 or set(small) == set(pair)):
            return {text: pair.index(word) for text, word in zip(texts, small, strict=True)}
    return None


def read_yes_no(text: str) -> int | None:
    """Returns 0 for a no, 1 for a yes, None for any other text."""
    small = text.strip().casefold()
    return next((pair.index(small) for pair in YES_NO if small in pair), None)
