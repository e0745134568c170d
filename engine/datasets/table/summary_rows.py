"""Rows at the end of a table that are no examples but a sum or a mean of the others: "Total", "Summe", "Average"."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from engine.datasets.table.cells import is_missing
from engine.datasets.table.table import Table
from engine.datasets.table.table_columns import NUMBER, TableColumn

_LEAST_ROWS = 10  # least rows for a decision by numbers alone
_LEAST_NUMBERS = 2  # columns whose sums or means they must be
_PRECISION = 1e-6  # tolerance of a sum
_ROUNDING = 0.005  # tolerance of a mean, to two decimals
_PART_OF_SPREAD = 1e-3  # limit of the tolerance of both
_WORDS = re.compile(
    r"(grand |sub)?totals?|(gesamt|zwischen)?summen?|sums?|gesamt|insgesamt|averages?|avg|mean|mittel(wert)?"
    r"|durchschnitt|totaux|somme|moyenne|totale|promedio",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class SummaryRow:
    """A row that looks like a sum or a mean of the others.

    Attributes:
        row: its number in the file, from 1; 0 if that is not known.
        kind: "sum" or "mean".
    """

    row: int
    kind: str

    def __str__(self) -> str:
        which = f"Row {self.row:,}" if self.row else "The last row"
        return f"{which} looks like a {self.kind} of the others"


def summary_rows(table: Table) -> tuple[SummaryRow, ...]:
    """Returns the last rows, at most three, that all look like summaries by their first word or their numbers."""
    for count in range(min(len(table.tail), len(table) - 1), 0, -1):
        rest = len(table) - count
        kinds = [_kind(table, rest + place, cells, rest) for place, (_, cells) in enumerate(table.tail[-count:])]
        if all(kinds):
            return tuple(SummaryRow(row, kind) for (row, _), kind in zip(table.tail[-count:], kinds, strict=True))
    return ()


def _kind(table: Table, place: int, cells: tuple[str, ...], rest: int) -> str:
    """Returns whether a row looks like the "sum" or the "mean" of the first ``rest`` rows; empty if like neither."""
    return _kind_by_word(table, place, cells, rest) or _kind_by_numbers(table, place, rest)


def _kind_by_word(table: Table, place: int, cells: tuple[str, ...], rest: int) -> str:
    """Returns "sum" or "mean" by the row's first word, if other cells are empty or its numbers agree; else empty."""
    first = next((cell.strip() for cell in cells if not is_missing(cell)), "")
    word = re.split(r"[\s:.(]+", first)[0] if not re.match(r"grand total", first, re.IGNORECASE) else first
    if not _WORDS.fullmatch(word):
        return ""
    others = [cell for cell in cells if cell.strip() != first]
    has_numbers = any(column.kind == NUMBER and not np.isnan(column.values[place]) for column in table.columns)
    is_empty = any(is_missing(cell) for cell in others) and has_numbers
    if not is_empty and not _kind_by_numbers(table, place, rest, least=1):
        return ""
    return "mean" if re.match(r"av|mean|mitt|durch|moy|prom", word, re.IGNORECASE) else "sum"


def _kind_by_numbers(table: Table, place: int, rest: int, least: int = _LEAST_NUMBERS) -> str:
    """Returns "sum" or "mean" if all the row's numbers are that of the first ``rest`` rows; else empty."""
    columns = [each for each in table.columns if each.kind == NUMBER and not np.isnan(each.values[place])]
    if rest < _LEAST_ROWS or len(columns) < least:
        return ""
    for kind in ("sum", "mean"):
        if all(_is_that(kind, column, place, rest) for column in columns):
            return kind
    return ""


def _is_that(kind: str, column: TableColumn, place: int, rest: int) -> bool:
    """Whether a number is the sum or mean of the first numbers of its column, which must not be all alike."""
    value, numbers = column.values[place], column.values[:rest]
    numbers = numbers[~np.isnan(numbers)]
    if not len(numbers) or numbers.min() == numbers.max():
        return False
    with np.errstate(over="ignore", invalid="ignore"):  # such large numbers are refused later
        wanted = numbers.sum() if kind == "sum" else numbers.mean()
        allowed = _PRECISION * np.abs(numbers).sum() if kind == "sum" else _ROUNDING
        is_near = abs(value - wanted) <= min(allowed, _PART_OF_SPREAD * float(numbers.std()))
    return bool(np.isfinite(wanted) and is_near)
