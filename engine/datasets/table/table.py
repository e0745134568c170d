"""``Table``: the columns of a CSV or TSV file, and ``read_table``, which reads them."""

from __future__ import annotations

import csv
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from engine.basics.errors import DataError, FileFormatError, bad_file
from engine.basics.regular_files import LARGEST_FILE, open_regular
from engine.basics.validation import above_quarter_of_memory
from engine.datasets.table.cells import RAGGED, Problem, shortened
from engine.datasets.table.table_blocks import Blocks, CannotReadError
from engine.datasets.table.table_columns import TableColumn
from engine.datasets.table.table_format import TableFormat, unreadable
from engine.datasets.table.table_reading import Progress, Reading, SourceRows, is_blank


@dataclass(frozen=True, eq=False)
class Table:
    """A table read from a file.

    Attributes:
        title: the file's name without its ending.
        columns: columns of one length with different names.
        problems: the first 100 problems with their places; the same problem in several rows of a column is one.
        problem_count: the number of all problems.
        ragged: number of rows left out because they have more or fewer cells than there are columns.
        head: the first 100 rows that were read, as written in the file; long cells are shortened.
        head_rows: the number of each of these rows in the file, from 1.
        skipped: the lines above the table that were left out, shortened.
        kept_ragged: the indices, from 0, of ragged rows that were kept without values instead.
        places: the rows of the file; None without a file.
        form: the format of its file; None without a file.
        tail: the last rows, see :class:`~engine.datasets.table.table_reading.Reading`.
        path: its file; None without a file.
    """

    title: str
    columns: tuple[TableColumn, ...]
    problems: tuple[Problem, ...] = ()
    problem_count: int = 0
    ragged: int = 0
    head: tuple[tuple[str, ...], ...] = ()
    head_rows: tuple[int, ...] = ()
    skipped: tuple[str, ...] = ()
    kept_ragged: tuple[int, ...] = ()
    places: SourceRows | None = None
    form: TableFormat | None = None
    tail: tuple[tuple[int, tuple[str, ...]], ...] = ()
    path: Path | None = None

    def __len__(self) -> int:
        return len(self.columns[0].values)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str, parameter: str = "column") -> TableColumn:
        """Returns the column of that name. Raises DataError, about ``parameter``, if there is none."""
        found = next((column for column in self.columns if column.name == name), None)
        if found is None:
            rule = f"must be a column of {self.title}: {listed(self.names)}"
            raise DataError(parameter, name, rule, "Choose one of these.")
        return found


def listed(names: Sequence[str]) -> str:
    """Returns shortened names one after another, at most ten, and the number of the others."""
    more = f" and {len(names) - 10:,} more" if len(names) > 10 else ""
    return ", ".join(shortened(name) for name in names[:10]) + more


def read_table(
    path: str | Path,
    form: TableFormat,
    progress: Progress | None = None,
    texts: Collection[str] = (),
    least_columns: int = 2,
    only_head: bool = False,
    numbers: Collection[str] = (),
    keeps_ragged: bool = False,
    signs: Mapping[str, str] | None = None,
) -> Table:
    """Reads a table.

    A column is numeric if nearly all its cells are numbers; its other cells count as missing and are listed as
    problems. If too many of them turn out to be words, the file is read again with that column as texts. Rows with more
    or fewer cells than there are columns are left out and listed as problems.

    Args:
        path: the file.
        form: its format, see :func:`~engine.datasets.table.table_format.sniff`.
        progress: called after each block with the bytes read and those in total, from the start if the file is read
            again. Its exceptions end the reading and are passed on.
        texts: names of columns that are texts, even if they hold numbers, or yes and no.
        least_columns: least number of columns: one to predict, and the inputs.
        only_head: whether only the first megabyte is read, for a preview.
        numbers: names of columns that are numeric, even if most of their cells are words.
        keeps_ragged: keep rows with more or fewer cells, without values, instead of leaving them out.
        signs: the known sign or unit of some of the ``numbers``; a cell with another one is not a number. See
            :func:`~engine.datasets.table.cells.read_number_with`.

    Raises:
        FileFormatError: the file is missing, empty, no text, in another encoding, or beyond a limit; or it has too few
            columns, or no rows.
    """
    path = Path(path)
    with _opened(path) as file:
        size = os.fstat(file.fileno()).st_size
        _check_size(path, size)
        try:
            how: dict[str, Any] = {"texts": frozenset(texts), "numbers": frozenset(numbers), "signs": signs}
            begun = partial(Reading, path, form, least_columns=least_columns, keeps_ragged=keeps_ragged, **how)
            reading = begun()
            reading.read(file, size, progress, only_head)
            if reading.wordy:
                reading = begun(wordy=reading.wordy)
                file.seek(0)
                reading.read(file, size, progress, only_head)
        except CannotReadError as failure:
            raise unreadable(path, failure.reason) from None
    columns = reading.columns()
    counts, problems = reading.counts, tuple(reading.problems)
    return Table(
        path.stem,
        columns,
        problems,
        problem_count=counts.total(),
        ragged=counts[RAGGED],
        head=reading.head,
        head_rows=reading.head_rows,
        skipped=tuple(reading.skipped),
        kept_ragged=tuple(reading.ragged),
        places=reading.places,
        form=form,
        tail=tuple(reading.tail),
        path=path,
    )


def row_number(path: str | Path, form: TableFormat, place: int) -> int | None:
    """Returns the number in its file, from 1, of a row of a table that was read with ``keeps_ragged``, at ``place``,
    from 0.

    None if the file has changed, and there is none. Raises FileFormatError.
    """
    number, left = 0, place + form.header
    with _opened(Path(path)) as file:
        blocks = Blocks(Path(path), form, file)
        while block := blocks.next():
            for row in blocks.rows(block):
                number += 1
                left -= number > form.skip and not is_blank(row)
                if left < 0:
                    return number
    return None


def different_cells(path: Path, form: TableFormat, place: int, columns: int) -> list[str]:
    """Returns the different cells of a file's column, at ``place`` from 0, as written, in the order of the file.

    Rows that do not have a cell for each of the ``columns`` are left out. Raises FileFormatError.
    """
    found: dict[str, None] = {}
    is_first = True
    with _opened(path) as file:
        blocks = Blocks(path, form, file)
        try:
            while block := blocks.next():
                rows = list(blocks.rows(block))
                if is_first:
                    rows, is_first = [row for row in rows[form.skip :] if not is_blank(row)][form.header :], False
                whole = (
                    row for row in rows if len(row) >= columns and not "".join(row[columns:]).strip(form.delimiter)
                )
                found.update((row[place].strip(), None) for row in whole)
        except CannotReadError as failure:
            raise unreadable(path, failure.reason) from None
        except csv.Error:
            raise changed(path) from None
    return list(found)


def changed(path: Path) -> FileFormatError:
    """Returns the error of a table whose file is no longer as it was read."""
    return bad_file(path, "the file has changed since it was read", "Open it again.")


def _opened(path: Path) -> BinaryIO:
    try:
        return open_regular(path, LARGEST_FILE)
    except OSError as failure:
        raise unreadable(path, failure) from None


def _check_size(path: Path, size: int) -> None:
    if excess := above_quarter_of_memory(size):
        raise bad_file(path, f"the file size is {excess}", "Use fewer rows.")
