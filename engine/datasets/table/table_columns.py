"""``TableColumn``, a column of a table, and the columns that grow while a file is read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine.basics.validation import Array
from engine.datasets.table.cells import (
    INFINITE,
    SIGN,
    THOUSANDS,
    WORD,
    is_misgrouped,
    is_missing,
    is_number,
    read_number_with,
    read_numbers,
    separator,
    sign_of,
    without_unit,
    yes_no,
)

NUMBER, YES_NO, TEXT = "number", "yes/no", "text"
MOST_TEXTS = 10_000  # different ones that a column keeps
_NO_TEXT = -1


@dataclass(frozen=True, eq=False)
class TableColumn:
    """One column of a table. Its array must not be changed.

    Attributes:
        name: its name, which no other column of the table has.
        kind: ``NUMBER``, ``YES_NO`` or ``TEXT``.
        values: (rows,). Numbers: float64, NaN if missing; yes/no: 1, 0 or NaN. Texts: int32, the index in
            ``categories``, -1 if missing.
        categories: different texts, sorted; those for 0 and 1 of a yes/no column; empty for numbers.
        wrong: number of its cells that could not be read and count as missing.
        thousands: number of those with a sign that separates thousands in them but has another position in others.
        separator: the sign that separates thousands in its numbers; empty if none does.
        sign: €, % or the like next to its numbers; empty without one.
        unreadable: the indices, from 0, of the ``wrong`` cells.
        is_cut: whether there are more than 10,000 different texts; the value of the others is ``len(categories)``.
    """

    name: str
    kind: str
    values: Array
    categories: tuple[str, ...] = ()
    wrong: int = 0
    thousands: int = 0
    is_cut: bool = False
    separator: str = ""
    sign: str = ""
    unreadable: Array = field(default_factory=lambda: np.empty(0, np.int64))

    @property
    def absent(self) -> Array:
        """(rows,) of booleans: where there is no value."""
        where: Array = self.values == _NO_TEXT if self.kind == TEXT else np.isnan(self.values)
        return where


class NumbersRead:
    """A column of numbers that is being read. ``wrong``: the number of cells by problem, understood ones included.

    Signs between groups of three digits separate thousands if all cells with such a sign have the same one; a sign like
    € or % next to numbers is accepted under the same condition. With ``takes_units`` the first unit after a number, as
    in "12 km", is such a sign, too. If ``sign`` is given, :func:`~engine.datasets.table.cells.read_number_with` decides
    instead.
    """

    def __init__(self, decimal: str, takes_units: bool = False, sign: str | None = None) -> None:
        self._decimal = decimal
        self._takes_units = takes_units and sign is None
        self._sign = sign
        self._unit = ""
        self._values = np.empty(0)  # values so far, with spare capacity
        self._length = 0
        self.wrong: Counter[str] = Counter()
        self._separated: list[Array] = []  # chunks of the indices, from 0, of cells with separators
        self._separators: set[str] = set()
        self._signed: list[Array] = []  # chunks of the indices of cells with €, % or the like
        self._signs: set[str] = set()
        self._misgrouped = 0
        self._unread: list[Array] = []  # chunks of the indices of cells that are words or infinite

    def add(self, cells: Sequence[str]) -> list[tuple[int, str]]:
        """Adds cells; returns (place, kind) of the wrong ones."""
        values, wrong = read_numbers(cells, self._decimal)
        if self._takes_units and any(kind == WORD for _, kind in wrong):
            cells = [self._without_unit(cell) for cell in cells]
            values, wrong = read_numbers(cells, self._decimal)
        if self._sign is not None and wrong:
            cells = list(cells)
            for place, _ in wrong:
                cells[place] = self._without_own_unit(cells[place])
            read = {place: read_number_with(cells[place], self._decimal, self._sign) for place, _ in wrong}
            values[list(read)] = [value for value, _ in read.values()]
            wrong = [(place, kind) for place, (_, kind) in read.items() if kind is not None]
        separated = [place for place, kind in wrong if kind == THOUSANDS]
        unread = [place for place, kind in wrong if kind in (WORD, INFINITE)]
        signs = {place: sign_of(cells[place]) for place, kind in wrong if kind in (THOUSANDS, SIGN)}
        signed = [place for place, sign in signs.items() if sign]
        self._separators.update(separator(cells[place], self._decimal) for place in separated)
        self._signs.update(signs[place] for place in signed)
        self._misgrouped += misgrouped(cells, wrong, self._decimal)
        for places, parts in ((separated, self._separated), (signed, self._signed), (unread, self._unread)):
            if places:
                parts.append(np.array(places) + self._length)
        self.add_values(values)
        self.wrong.update(kind for _, kind in wrong)
        return wrong

    def _without_own_unit(self, cell: str) -> str:
        number, unit = without_unit(cell)
        return number if unit and unit == self._sign else cell

    def _without_unit(self, cell: str) -> str:
        number, unit = without_unit(cell)
        if not unit or not is_number(number, self._decimal) or self._unit not in ("", unit):
            return cell
        self._unit = unit
        return number

    def add_values(self, values: Array) -> None:
        """Adds cells that were read as numbers, (k,)."""
        start, self._length = self._length, self._length + len(values)
        if self._length > len(self._values):
            self.make_room(self._length + self._length // 2)
        self._values[start : self._length] = values

    def make_room(self, cells: int) -> None:
        """Prepares for a total number of cells. Memory is allocated when they arrive."""
        if cells > len(self._values):
            values, self._values = self._values, np.empty(cells)
            self._values[: len(values)] = values

    @property
    def separator(self) -> str:
        """The sign that separates thousands in it; empty if none does, or not throughout."""
        is_one = len(self._separators) == 1 and not self._misgrouped
        return next(iter(self._separators)) if is_one else ""

    @property
    def sign(self) -> str:
        """€, % or the like next to its numbers; empty if there is none, or if there are several."""
        return " and ".join(sorted(self._signs)) if self._takes_signs else self._unit

    @property
    def _takes_signs(self) -> bool:
        return len(self._signs) == 1 or self._sign is not None

    @property
    def understood(self) -> tuple[str, ...]:
        """The kinds of cells that are nothing wrong after all."""
        return (*((THOUSANDS,) if self.separator else ()), *((SIGN,) if self._takes_signs else ()))

    @property
    def is_wordy(self) -> bool:
        """Whether it has too many words for a column of numbers."""
        there = self._length - int(np.count_nonzero(np.isnan(self._values[: self._length])))
        read = self.wrong[THOUSANDS] + self.wrong[SIGN]
        words = self.wrong[WORD] - (self._misgrouped if self.wrong[THOUSANDS] else 0)
        others = 0 if self._takes_signs else sum(map(len, self._signed))
        return not are_few(words + others, there + self.wrong.total() - read)

    def column(self, name: str) -> TableColumn:
        """Returns the whole column; ends the reading."""
        values = self._values[: self._length]
        lost = [*([] if self.separator else self._separated), *([] if self._takes_signs else self._signed)]
        for places in lost:
            values[places] = np.nan
        unreadable = np.unique(np.concatenate([np.empty(0, np.int64), *lost, *self._unread]))
        wrong = self.wrong.total() - sum(self.wrong[kind] for kind in self.understood)
        thousands = 0 if self.separator else self.wrong[THOUSANDS]
        how: dict[str, Any] = {"separator": self.separator, "sign": self.sign, "unreadable": unreadable}
        return TableColumn(name, NUMBER, values, (), wrong, thousands, **how)


class TextsRead:
    """A column of texts that is being read. ``stays_text``: it is not taken for yes/no."""

    def __init__(self, stays_text: bool = False) -> None:
        self._stays_text = stays_text
        self._codes: dict[str, int] = {}
        self._parts: list[Array] = []
        self._is_cut = False

    def add(self, cells: Sequence[str]) -> list[tuple[int, str]]:
        """Adds cells, none of which can be wrong."""
        codes = {cell: self._code(cell) for cell in dict.fromkeys(cells)}
        self._parts.append(np.fromiter(map(codes.__getitem__, cells), np.int32, len(cells)))
        return []

    def _code(self, cell: str) -> int:
        text = cell.strip()
        if is_missing(text):
            return _NO_TEXT
        if text not in self._codes and len(self._codes) == MOST_TEXTS:
            self._is_cut = True
            return MOST_TEXTS
        return self._codes.setdefault(text, len(self._codes))

    def column(self, name: str) -> TableColumn:
        """Returns the whole column; ends the reading."""
        categories = sorted(self._codes)
        places = np.empty(len(categories) + 2, np.int32)  # that of the others, and last that of no text
        places[[self._codes[text] for text in categories]] = np.arange(len(categories))
        places[-2:] = len(categories), _NO_TEXT
        values = places[np.concatenate(self._parts)]
        self._parts.clear()
        meaning = None if self._stays_text or len(categories) > 4 else yes_no(categories)
        if meaning is None:
            return TableColumn(name, TEXT, values, tuple(categories), is_cut=self._is_cut)
        names = {0: "no", 1: "yes", **{meaning[text]: text for text in reversed(categories)}}
        numbers = np.array([*(meaning[text] for text in categories), np.nan])[values]
        return TableColumn(name, YES_NO, numbers, (names[0], names[1]))


def mostly_numbers(column: TableColumn, decimal: str) -> bool:
    """Whether most cells of a column of texts would be numbers, perhaps with a unit after them."""
    if column.kind != TEXT:
        return False
    counts = np.bincount(column.values[~column.absent], minlength=len(column.categories))
    are_numbers = np.array([is_number(without_unit(text)[0], decimal) for text in column.categories], bool)
    return bool(2 * counts[: len(are_numbers)][are_numbers].sum() > counts.sum())


def are_few(words: int, cells: int) -> bool:
    """Whether a column with this number of words is still numeric: 1 in 20 cells, or 3 of at least 12."""
    return words == 0 or words * 20 <= cells or (words <= 3 and words * 4 <= cells)


def misgrouped(cells: Sequence[str], wrong: Sequence[tuple[int, str]], decimal: str) -> int:
    """Returns the number of words among wrong cells, (place, kind), that are digits with misplaced separators."""
    return sum(kind == WORD and is_misgrouped(cells[place], decimal) for place, kind in wrong)


def column_of(cells: Sequence[str], decimal: str, is_text: bool) -> NumbersRead | TextsRead:
    """Returns the reader for a column that begins with these cells, which are not yet added."""
    if is_text:
        return TextsRead(stays_text=True)
    values, wrong = read_numbers(cells, decimal)
    kinds = Counter(kind for _, kind in wrong)
    separated = kinds[THOUSANDS]
    words = kinds[WORD] - (misgrouped(cells, wrong, decimal) if separated else 0)
    there = len(values) - int(np.isnan(values).sum()) + len(wrong) - separated - kinds[SIGN]
    return NumbersRead(decimal) if are_few(words, there) else TextsRead()


def largest_size(values: Array) -> float:
    """Returns the largest of numbers without their signs; NaN is none, and without any it is 0. Copies nothing."""
    return float(max(np.fmax.reduce(values, initial=0), -np.fmin.reduce(values, initial=0)))
