"""``Reading``: a single pass through the file of a table, whose columns grow block by block."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np

from engine.basics.errors import bad_file
from engine.basics.validation import Array, available_memory
from engine.datasets.table.cells import RAGGED, SIGN, THOUSANDS, Problem, shortened
from engine.datasets.table.table_blocks import Blocks, plain_matrix
from engine.datasets.table.table_columns import NumbersRead, TableColumn, TextsRead, column_of
from engine.datasets.table.table_format import TableFormat

MOST_COLUMNS = 10_000
MOST_PROBLEMS = 100  # limit of the listed problems
HEAD_ROWS = 100
_LONGEST_NAME = 200
_ROWS_KEPT = 10  # of those of which the same is to be said
_TAIL_ROWS = 3  # rows that may be a sum of the others
_ROOM = 1.05  # for how many times as many rows as there seem to be

Progress = Callable[[int, int], None]


@dataclass
class SourceRows:
    """Maps rows of a table to rows of its file. Only omitted rows are stored, which saves memory for large tables.

    Attributes:
        first: the row of the file, from 1, that follows the names of the columns.
        gaps: for each omitted row of the file the number of table rows before it; ascending.
        known: number of table rows whose place is known; None for all.
    """

    first: int = 1
    gaps: list[int] = field(default_factory=list)
    known: int | None = None

    def leave_out(self, before: int, count: int = 1) -> None:
        """Adds omitted rows of the file, after the first ``before`` rows of the table."""
        self.gaps += [before] * count

    def mark_unknown(self, before: int) -> None:
        """Marks the file rows of all table rows after the first ``before`` as unknown."""
        self.known = before if self.known is None else min(self.known, before)

    def rows(self, places: Array) -> Array:
        """Returns the file rows, (k,) int32 from 1, of rows of the table, (k,) from 0; 0 if unknown."""
        found = self.first + places + np.searchsorted(np.array(self.gaps, np.int64), places, side="right")
        if self.known is not None:
            found[places >= self.known] = 0
        return found.astype(np.int32)


class Reading:
    """A single pass through a file.

    Attributes:
        path, form: the file and its format.
        counts: the number of problems of each kind.
        head: the first 100 rows that were kept, as written, long cells shortened.
        head_rows: the number of each of these rows in the file, from 1.
        skipped: the text of the lines above the table that were left out, shortened.
        ragged: the indices, from 0, of kept rows that have more or fewer cells than there are columns.
        places: the rows of the file that were kept.
        tail: the last three rows that were kept: the number of each in the file, 0 if unknown, and its cells, without
            those that were read as numbers at once.
    """

    def __init__(
        self,
        path: Path,
        form: TableFormat,
        texts: Collection[str],
        wordy: Collection[str] = frozenset(),
        least_columns: int = 2,
        numbers: Collection[str] = frozenset(),
        keeps_ragged: bool = False,
        signs: Mapping[str, str] | None = None,
    ) -> None:
        """Opens a file with at least ``least_columns`` columns.

        Args:
            texts, wordy: columns of texts by setting and by content.
            numbers: columns that are numeric whatever their content.
            signs: the only accepted sign or unit of some numeric columns.
            keeps_ragged: whether rows with more or fewer cells than there are columns are kept without values.
        """
        self._alike: dict[tuple[str, str, str], _ProblemGroup] = {}
        self.counts: Counter[str] = Counter()
        self.head: tuple[tuple[str, ...], ...] = ()
        self.head_rows: tuple[int, ...] = ()
        self.skipped: list[str] = []
        self.ragged: list[int] = []
        self.places = SourceRows()
        self.tail: list[tuple[int, tuple[str, ...]]] = []
        self.path = path
        self.form = form
        self._texts = texts
        self._wordy = wordy
        self._least_columns = least_columns
        self._numbers = numbers
        self._keeps_ragged = keeps_ragged
        self._signs = signs or {}
        self._names: list[str] = []
        self._columns: list[NumbersRead | TextsRead] = []
        self._next_row = 1
        self._rows = 0
        available = available_memory()
        self._most_cells = None if available is None else available // 16  # of 8 bytes: half of the memory

    def read(self, file: BinaryIO, size: int, progress: Progress | None, only_head: bool = False) -> None:
        """Reads a file from where it is to its end, at ``size`` bytes, or only one block.

        Raises FileFormatError, CannotReadError, and what ``progress`` raises.
        """
        blocks = Blocks(self.path, self.form, file)
        is_first = True
        while block := blocks.next():
            if not self._add_numbers(block):
                self._add_rows(self._split(blocks, block))
            if progress is not None:
                progress(min(file.tell(), size), size)
            if only_head:
                break
            if is_first and size:  # some files have no known size
                self._make_room(file.tell() / size)
            is_first = False

    def _make_room(self, share: float) -> None:
        """Prepares for all rows, of which a share has come."""
        rows = round(_ROOM * self._rows / share)
        if self._most_cells is not None and self._columns:
            rows = min(rows, self._most_cells // len(self._columns))
        for column in self._columns:
            if isinstance(column, NumbersRead):
                column.make_room(rows)

    def _add_numbers(self, block: str) -> bool:
        """Adds a block if it is plain numbers, below the names; returns whether it is."""
        if not self._names:
            return self._add_first(block)
        values = plain_matrix(block, self.form) if self._takes_numbers else None
        return values is not None and self._add_block(values, block)

    @property
    def wordy(self) -> frozenset[str]:
        """The columns that were taken for numbers and are texts."""
        pairs = zip(self._names, self._columns, strict=False)  # without rows there are no columns
        return frozenset(name for name, column in pairs if _is_wordy(column) and name not in self._numbers)

    def columns(self) -> tuple[TableColumn, ...]:
        """Returns all columns and ends the reading. Raises FileFormatError if there are no rows."""
        if not self._columns:
            first = f" ({self.problems[0]})" if self.problems else ""
            remedy = "Check its delimiter, and that it is the right file."
            raise bad_file(self.path, f"it has no row of values{first}", remedy)
        self._forget_understood()
        return tuple(column.column(name) for name, column in zip(self._names, self._columns, strict=True))

    def _add_first(self, block: str) -> bool:
        """Adds the first block if all below the names is plain numbers: then no column can be anything else."""
        above, form = self.form.skip + self.form.header, self.form
        lines = block.split("\n", above + HEAD_ROWS)
        if self._texts or self._wordy or '"' in block or len(lines) <= above + HEAD_ROWS or not lines[-1]:
            return False
        first, rest = lines[:-1], lines[-1]
        rows = list(form.rows(first))
        values = [plain_matrix("\n".join(first[above:]), form), plain_matrix(rest, form)]
        widths = {len(row) for row in rows[form.skip :]} | {-1 if each is None else each.shape[1] for each in values}
        if len(widths) > 1 or values[1] is None:
            return False
        self._add_rows(rows)
        if not self._add_block(values[1], rest):
            self._add_rows(list(form.rows(io.StringIO(rest))))
        return True

    @property
    def _takes_numbers(self) -> bool:
        """Whether all columns are of numbers, so far."""
        are_numbers = all(isinstance(column, NumbersRead) for column in self._columns)
        return are_numbers and len(self.head) >= HEAD_ROWS

    def _add_block(self, values: Array, block: str) -> bool:
        """Adds the next rows as numbers, (rows, columns), with their text ``block``; returns whether they fit."""
        columns = [column for column in self._columns if isinstance(column, NumbersRead)]
        if not self._takes_numbers or values.shape[1] != len(columns):
            return False
        lines = _lines(block)
        self._place(len(values), lines, block)
        self._count_rows(len(values), lines)
        last = range(self._next_row - lines, self._next_row)[-_TAIL_ROWS:] if lines == len(values) else [0] * _TAIL_ROWS
        self._add_tail([(row, ()) for row in last[-len(values) :]])
        for column, of_column in zip(columns, values.T, strict=True):
            column.add_values(of_column)
        return True

    def _place(self, kept: int, lines: int, block: str) -> None:
        """Notes empty lines after the rows. Others are not looked for: what follows has no known place then."""
        if lines == kept or _lines(block.rstrip("\r\n")) == kept:
            self.places.leave_out(self._rows + kept, lines - kept)
        else:
            self.places.mark_unknown(self._rows)

    def _split(self, blocks: Blocks, block: str) -> list[list[str]]:
        rows: list[list[str]] = []
        try:
            rows.extend(blocks.rows(block))
        except csv.Error as failure:
            problem = f"row {self._next_row + len(rows):,} cannot be read ({failure})"
            raise bad_file(self.path, problem, "Look there for a quotation mark without its counterpart.") from None
        return rows

    def _add_rows(self, rows: list[list[str]]) -> None:
        if not self._names:
            rows = self._begin(rows)
        kept, numbers = self._fitting(rows)
        self._count_rows(len(kept), len(rows))
        if not kept:
            return
        cells_of = list(zip(*kept, strict=True))
        room = HEAD_ROWS - len(self.head)
        self.head += tuple(tuple(shortened(cell) for cell in row) for row in kept[:room])
        self.head_rows += tuple(numbers[:room])
        self._add_tail(list(zip(numbers[-_TAIL_ROWS:], map(tuple, kept[-_TAIL_ROWS:]), strict=True)))
        if not self._columns:
            self._columns = [self._column(name, cells) for name, cells in zip(self._names, cells_of, strict=True)]
        for name, column, cells in zip(self._names, self._columns, cells_of, strict=True):
            for place, kind in column.add(cells):
                self._note(numbers[place], name, cells[place].strip(), kind)

    def _add_tail(self, rows: list[tuple[int, tuple[str, ...]]]) -> None:
        self.tail = [*self.tail, *rows][-_TAIL_ROWS:]

    def _column(self, name: str, cells: Sequence[str]) -> NumbersRead | TextsRead:
        if name in self._numbers:
            return NumbersRead(self.form.decimal, takes_units=True, sign=self._signs.get(name))
        return TextsRead() if name in self._wordy else column_of(cells, self.form.decimal, name in self._texts)

    def _begin(self, rows: list[list[str]]) -> list[list[str]]:
        """Names the columns after the first rows; returns those that hold values."""
        rows = self._skip(rows)
        filled = [place for place, row in enumerate(rows) if not is_blank(row)]
        if not filled:
            return rows
        if self.form.header:
            start = filled[0] + 1
            self._next_row += start
            names, rows = rows[start - 1], rows[start:]
        else:
            [(width, _)] = Counter(len(rows[place]) for place in filled).most_common(1)
            names = [""] * width
        self._check_width(len(names))
        self._names = _unique(names)
        self.places.first = self._next_row
        return rows

    def _skip(self, rows: list[list[str]]) -> list[list[str]]:
        """Leaves out the lines above the table; returns the other rows."""
        above = rows[: self.form.skip - len(self.skipped)]
        self.skipped += [shortened(self.form.delimiter.join(row)) for row in above]
        self._next_row += len(above)
        return rows[len(above) :]

    def _check_width(self, width: int) -> None:
        if width > MOST_COLUMNS:
            problem = f"it has {width:,} columns, at most {MOST_COLUMNS:,} are allowed"
            raise bad_file(self.path, problem, "Remove some columns.")
        if width < self._least_columns:
            problem = "it has only one column, at least two are needed (one is predicted)"
            raise bad_file(self.path, problem, "Check its delimiter: comma, semicolon, tab or |.")

    def _fitting(self, rows: list[list[str]]) -> tuple[list[list[str]], Sequence[int]]:
        """Returns the rows with a cell for each column, and their numbers in the file; notes the others."""
        width, first = len(self._names), self._next_row
        if all(len(row) == width for row in rows):
            return rows, range(first, first + len(rows))
        kept, numbers = [], []
        for number, row in enumerate(rows, start=first):
            if len(row) == width or (len(row) > width and not any(row[width:])):
                kept.append(row[:width])
                numbers.append(number)
                continue
            if not is_blank(row):
                cells = "1 cell" if len(row) == 1 else f"{len(row):,} cells"
                self._note(number, "", f"{cells} instead of {width:,}", RAGGED)
                if self._keeps_ragged:
                    self.ragged.append(self._rows + len(kept))
                    kept.append([""] * width)
                    numbers.append(number)
                    continue
            self.places.leave_out(self._rows + len(kept))
        return kept, numbers

    def _count_rows(self, kept: int, read: int) -> None:
        """Counts rows before they are taken. Raises FileFormatError if they would take too much memory."""
        self._next_row += read
        self._rows += kept
        if self._most_cells is not None and self._rows * len(self._names) > self._most_cells:
            problem = f"it has more than {self._most_cells:,} cells, which take half of the available memory"
            raise bad_file(self.path, problem, "Use fewer rows.")

    def _note(self, row: int, column: str, value: str, kind: str) -> None:
        self.counts[kind] += 1
        key = column, kind, "" if kind in (THOUSANDS, SIGN) else value
        if key in self._alike:
            self._alike[key].add(row)
        elif len(self._alike) < MOST_PROBLEMS:
            self._alike[key] = _ProblemGroup(value, [row])

    @property
    def problems(self) -> list[Problem]:
        """The first 100 problems; the same problem in several rows of a column counts once."""
        return [each.problem(column, kind) for (column, kind, _), each in self._alike.items()]

    def _forget_understood(self) -> None:
        """Removes understood thousands separators and signs next to numbers from the problems."""
        for name, column in zip(self._names, self._columns, strict=True):
            if isinstance(column, NumbersRead):
                for kind in column.understood:
                    self._alike.pop((name, kind, ""), None)
                    self.counts[kind] -= column.wrong[kind]


@dataclass
class _ProblemGroup:
    """The rows with the same problem: the first ten, and their number."""

    value: str
    rows: list[int]
    count: int = 1

    def add(self, row: int) -> None:
        self.count += 1
        if len(self.rows) < _ROWS_KEPT:
            self.rows.append(row)

    def problem(self, column: str, kind: str) -> Problem:
        return Problem(self.rows[0], column, shortened(self.value), kind, tuple(self.rows), self.count)


def _is_wordy(column: NumbersRead | TextsRead) -> bool:
    return isinstance(column, NumbersRead) and column.is_wordy


def _lines(block: str) -> int:
    ended = np.count_nonzero(np.frombuffer(block.encode(), np.uint8) == ord("\n"))  # faster than str.count
    return int(ended) + (not block.endswith("\n"))


def is_blank(row: Sequence[str]) -> bool:
    """Whether it is no row at all, but an empty line."""
    return len(row) <= 1 and not "".join(row).strip()


def _unique(written: Sequence[str]) -> list[str]:
    """Returns the names of columns: "column 3" where there is none, and " (2)" after the second of one name."""
    names: dict[str, None] = {}
    counts: Counter[str] = Counter()
    for place, text in enumerate(written, start=1):
        name = first = text.strip("\ufeff \t\n")[:_LONGEST_NAME] or f"column {place}"
        while name in names:
            counts[first] += 1
            name = f"{first} ({counts[first] + 1})"
        names[name] = None
    return list(names)
