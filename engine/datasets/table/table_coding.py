"""``TableCoding``: how a row of a table becomes the inputs of a network. It travels with the network."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from engine.basics.errors import DataError, Verbatim, counted
from engine.basics.validation import Array
from engine.datasets.raw_rows import Cells, at_row, columns_of, missing_column
from engine.datasets.scaling import Scaling
from engine.datasets.stored_texts import check_characters, text_in, texts_in
from engine.datasets.table.cells import (
    INFINITE,
    SIGN,
    THOUSANDS,
    is_missing,
    number_in,
    plain_number,
    read_number,
    read_number_with,
    read_yes_no,
)
from engine.datasets.table.table import Table, listed
from engine.datasets.table.table_columns import NUMBER, TEXT, YES_NO, TableColumn, largest_size
from engine.datasets.table.table_format import FORMAT, TableFormat

LARGEST = 1e38  # nearly the largest that the network's numbers can be


@dataclass(frozen=True)
class CodedColumn:
    """A column of the table that a network was trained on.

    Attributes:
        name: its name in the table.
        kind: ``NUMBER``, ``YES_NO`` or ``TEXT``.
        categories: of texts, one input for each; of yes/no, the words for 0 and 1; else empty.
        filled: the replacement of a missing value: a number, 0 or 1 for yes/no, or for texts the index of a category.
            None if a value is required.
        sign: €, % or the like next to its numbers in the table; empty without one.
    """

    name: str
    kind: str
    categories: tuple[str, ...] = ()
    filled: float | None = None
    sign: str = ""

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of its inputs: its own, or for texts "island = Biscoe" and so on."""
        if self.kind != TEXT:
            return (self.name,)
        return tuple(f"{self.name} = {category}" for category in self.categories)

    @property
    def characters(self) -> int:
        """The least total length of the names of its inputs."""
        return len(self.name) * max(1, len(self.categories)) + sum(map(len, self.categories))

    def read(self, value: object) -> float:
        """Returns a value as one number: a text's is the place of its category; NaN if it is missing.

        Missing are None, NaN, and texts like "NA". Numbers may be texts with a decimal point. Raises DataError, which
        names the column, for what does not belong into it.
        """
        if _is_absent(value):
            return math.nan
        if self.kind == TEXT:
            return self._place(value)
        return self._number(value) if self.kind == NUMBER else self._yes_no(value)

    def read_cells(self, cells: Cells, parameter: str) -> Array:
        """Returns the numbers of raw cells, (k,) float64, filled like :meth:`fill`.

        Raises DataError, which names the column, and the row in what errors call ``parameter``.
        """
        values = np.empty(len(cells))
        if self.kind == NUMBER and isinstance(cells, np.ndarray) and self._are_plain(cells):
            values[:] = cells
        else:
            for place, cell in enumerate(cells):
                try:
                    values[place] = self.read(cell)
                except DataError as error:
                    raise at_row(error, parameter, place) from None
        absent = np.flatnonzero(np.isnan(values))
        if len(absent) and self.filled is None:
            raise at_row(self._missing("missing"), parameter, int(absent[0]))
        return self.fill(values)

    def _are_plain(self, cells: Array) -> bool:
        """Whether :meth:`read` takes all of them for the numbers that they are."""
        is_plain = type(cells) is np.ndarray and cells.dtype.kind in "iuf"
        return is_plain and largest_size(cells.astype(np.float64)) <= LARGEST

    def read_column(self, column: TableColumn) -> Array:
        """Returns the numbers of a whole column of a table, (rows,) float64. Raises DataError like :meth:`read`."""
        if column.wrong:
            value = Verbatim(f"wrong in {counted(column.wrong, 'row')}")
            raise DataError(self.name, value, f"must be {self._rule}", "Check the problems listed for these rows.")
        if column.kind == self.kind != TEXT:
            values = column.values
            if self.kind == NUMBER and len(values):
                self._check_size(values)
            return values
        different, places = np.unique(column.values, return_inverse=True)
        read: Array = np.array([self.read(_written(column, value)) for value in different])[places]
        return read

    def read_known(self, column: TableColumn) -> tuple[Array, Array]:
        """Returns (rows,) float64 of a table's column, NaN where a value is missing or unknown; and (rows,) of
        booleans.

        They are True where the value is unknown: the network has not learned it, or it cannot be read as a number. An
        unknown value is not a missing one, which may be filled.
        """
        unread = np.zeros(len(column.values), bool)
        unread[column.unreadable] = True
        if column.kind == self.kind == NUMBER:
            is_unknown = unread | (np.abs(column.values) > LARGEST)
            return np.where(is_unknown, np.nan, column.values), is_unknown
        different, places = np.unique(column.values, return_inverse=True)
        written = [_written(column, value) for value in different]
        fits = np.array([self._takes(value) for value in written], bool)
        read = [self.read(value) if is_fit else math.nan for value, is_fit in zip(written, fits, strict=True)]
        return np.array(read)[places], unread | ~fits[places]

    def _takes(self, value: object) -> bool:
        try:
            self.read(value)
        except DataError:
            return False
        return True

    def fill(self, values: Array) -> Array:
        """Returns numbers, (rows,), with missing values filled. Raises DataError if a required value is missing."""
        absent = np.isnan(values)
        if not absent.any():
            return values
        if self.filled is None:
            raise self._missing("missing" if len(values) == 1 else f"missing in {counted(int(absent.sum()), 'row')}")
        return np.where(absent, self.filled, values)

    def _missing(self, value: str) -> DataError:
        rule = "must have a value, because the network was trained without such rows"
        return DataError(self.name, Verbatim(value), rule, "Give it a value, or remove such rows.")

    def expand(self, values: Array, out: Array) -> None:
        """Writes values of :meth:`fill` into the column's inputs, (rows, inputs) of zeros."""
        if self.kind == TEXT:
            out[np.arange(len(values)), values.astype(np.int64)] = 1
        else:
            out[:, 0] = values

    @property
    def _rule(self) -> str:
        if self.kind == TEXT:
            return f"one of: {listed(self.categories)}"
        if self.kind == NUMBER:
            return f"a number, with or without {self.sign}" if self.sign else "a number"
        return f"{self.categories[0]} or {self.categories[1]}"

    def _refusal(self, value: object, rule: str = "") -> DataError:
        return DataError(self.name, value, f"must be {rule or self._rule}", "Change the value.")

    def _place(self, value: object) -> float:
        text = value.strip() if isinstance(value, str) else _plain(value)
        if text not in self.categories:
            raise self._refusal(value)
        return float(self.categories.index(text))

    def _number(self, value: object) -> float:
        if isinstance(value, str):
            number, wrong = read_number_with(value, ".", self.sign)
            if wrong == THOUSANDS:
                raise self._refusal(value, "a number without thousands separators")
            if wrong not in (None, INFINITE, SIGN):
                raise self._refusal(value)
        else:
            if not isinstance(value, numbers.Real):
                raise self._refusal(value)
            number, wrong = _as_float(value), None
        if wrong == INFINITE or abs(number) > LARGEST:
            raise self._refusal(value, f"a finite number up to {LARGEST:g}")
        return number

    def _check_size(self, values: Array) -> None:
        largest = largest_size(values)
        if largest > LARGEST:
            raise self._refusal(largest, f"finite numbers up to {LARGEST:g}")

    def _yes_no(self, value: object) -> float:
        if isinstance(value, str):
            text = value.strip()
            known = float(self.categories.index(text)) if text in self.categories else read_yes_no(text)
            if known is not None:
                return float(known)
        if isinstance(value, str) and value.strip() in ("0", "1"):
            return float(value)
        if isinstance(value, (numbers.Real, np.bool_)) and (math.isnan(value) or value in (0, 1)):
            return float(value)
        raise self._refusal(value)


@dataclass(frozen=True, eq=False)
class TableCoding:
    """The encoding of table rows as inputs, and the meaning of the outputs.

    Raises DataError if scaling and inputs differ in number, or the names are too long.

    Attributes:
        columns: the input columns, in their order.
        scaling: the scaling of raw numbers; None if they are raw.
        target: the name of the predicted column.
        class_names: its classes; empty for a number.
        target_scaling: the scaling of a numeric target; None if it is raw.
        form: the format of the table's file; None if unknown.
    """

    columns: tuple[CodedColumn, ...]
    scaling: Scaling | None
    target: str
    class_names: tuple[str, ...] = ()
    target_scaling: Scaling | None = None
    form: TableFormat | None = None

    def __post_init__(self) -> None:
        check_characters("coding", (column.characters for column in self.columns))
        for scaling, width in ((self.scaling, len(self.inputs)), (self.target_scaling, 1)):
            if scaling is not None and len(scaling.mean) != width:
                problem = f"it has {len(scaling.mean):,} columns instead of {width:,}"
                raise DataError.from_problem("scaling", problem, "Train the network again from its data.")

    @property
    def inputs(self) -> tuple[str, ...]:
        """A name per input."""
        return tuple(name for column in self.columns for name in column.inputs)

    @property
    def facts(self) -> dict[str, Any]:
        """The attributes that it determines of a data set, or of the network trained on it, by name."""
        return {
            "class_names": self.class_names,
            "columns": self.inputs,
            "targets": () if self.class_names else (self.target,),
            "scaling": self.scaling,
            "target_scaling": self.target_scaling,
        }

    @property
    def texts(self) -> frozenset[str]:
        """The names of columns that :func:`~engine.datasets.table.table.read_table` must read as texts."""
        return frozenset(column.name for column in self.columns if column.kind == TEXT)

    @property
    def numbers(self) -> frozenset[str]:
        """The names of columns that it must read as numbers."""
        return frozenset(column.name for column in self.columns if column.kind == NUMBER)

    @property
    def signs(self) -> dict[str, str]:
        """The sign or unit next to the numbers of numeric columns, by column name; empty for none."""
        return {column.name: column.sign for column in self.columns if column.kind == NUMBER}

    @property
    def categories(self) -> tuple[tuple[int, ...], ...]:
        """The inputs, from 0, of each column of texts that has several."""
        groups, start = [], 0
        for column in self.columns:
            width = len(column.inputs)
            if width > 1:
                groups.append(tuple(range(start, start + width)))
            start += width
        return tuple(groups)

    def class_number(self, name: str) -> float | None:
        """Returns the class name as a number, read in the format of the table; None for a word."""
        return number_in(name, "." if self.form is None else self.form.decimal)

    @property
    def plain_class_names(self) -> tuple[str, ...]:
        """Its classes; numbers in their shortest form, 1099 for 01099, as named by versions up to 0.21."""
        numbers = [self.class_number(name) for name in self.class_names]
        named = zip(self.class_names, numbers, strict=True)
        return tuple(name if number is None else plain_number(number) for name, number in named)

    @property
    def class_by_name(self) -> dict[str, int]:
        """The number of each class by its name, and by its plain number unless several classes are that number."""
        plain = self.plain_class_names
        known = {name: number for number, name in enumerate(plain) if plain.count(name) == 1}
        return known | {name: number for number, name in enumerate(self.class_names)}

    def encode(self, row: Mapping[str, object]) -> Array:
        """Encodes one row, values by column name, as (1, inputs) float32; see :meth:`encode_rows`."""
        return self.encode_rows([row])

    def encode_rows(self, rows: object, parameter: str = "rows") -> Array:
        """Encodes raw rows.

        Args:
            rows: (k, columns) values of :attr:`columns`; see :func:`~engine.datasets.raw_rows.columns_of`.
            parameter: what errors call the rows.

        Returns:
            (k, inputs) float32, scaled.

        Raises:
            DataError: another number of columns, or one is lacking. A value is missing though rows without were left
                out, or is a word where a number was, or a text that the network has not learned; the error names the
                column and the row.
        """
        columns = columns_of(rows, [column.name for column in self.columns], parameter)
        pairs = zip(self.columns, columns, strict=True)
        return self.scaled(self.expanded([column.read_cells(cells, parameter) for column, cells in pairs]))

    def encode_table(self, table: Table) -> Array:
        """Encodes a table, read with :attr:`texts`, as (rows, inputs) float32. Raises DataError."""
        return self.scaled(self.raw_table(table))

    def raw_table(self, table: Table) -> Array:
        """Returns the encoded rows of a table before scaling, (rows, inputs) float64. Raises DataError."""
        return self.raw(self.read_table(table))

    def read_table(self, table: Table) -> list[Array]:
        """Returns the numbers of each column of a table, (rows,), NaN if missing. Raises DataError."""
        self._check_names(table)
        return [each.read_column(table.column(each.name)) for each in self.columns]

    def _check_names(self, table: Table) -> None:
        for column in self.columns:
            if column.name not in table.names:
                raise missing_column(column.name, table.names)

    def read_known(self, table: Table) -> list[tuple[Array, Array]]:
        """Returns the result of :meth:`CodedColumn.read_known` for each column.

        Raises DataError for a missing column, or a numeric one with words in most rows.
        """
        self._check_names(table)
        columns = [table.column(each.name) for each in self.columns]
        for coded, column in zip(self.columns, columns, strict=True):
            if 2 * column.wrong > len(table):
                coded.read_column(column)
        return [coded.read_known(column) for coded, column in zip(self.columns, columns, strict=True)]

    def raw(self, values: Sequence[Array]) -> Array:
        """Fills and expands each column's numbers, (rows,); returns the rows before scaling, (rows, inputs) float64."""
        return self.expanded([column.fill(read) for column, read in zip(self.columns, values, strict=True)])

    def expanded(self, filled: Sequence[Array]) -> Array:
        """Returns the encoded rows before scaling, (rows, inputs), from columns without missing values."""
        out = np.zeros((len(filled[0]), len(self.inputs)))
        start = 0
        for column, of_column in zip(self.columns, filled, strict=True):
            width = len(column.inputs)
            column.expand(of_column, out[:, start : start + width])
            start += width
        return out

    def scaled(self, raw: Array) -> Array:
        """Returns scaled inputs, (rows, inputs) float32, of raw rows."""
        return raw.astype(np.float32) if self.scaling is None else self.scaling.apply(raw)

    def as_dict(self) -> dict[str, Any]:
        """Returns the coding in types that JSON can hold."""
        return {
            "columns": [{**asdict(column), "categories": list(column.categories)} for column in self.columns],
            "scaling": self.scaling and self.scaling.as_dict(),
            "target": self.target,
            "class_names": list(self.class_names),
            "target_scaling": self.target_scaling and self.target_scaling.as_dict(),
            "form": self.form and {name: getattr(self.form, name) for name in FORMAT},
        }

    @classmethod
    def from_dict(cls, entries: Mapping[str, Any]) -> TableCoding:
        """Returns the coding of an :meth:`as_dict`. Raises DataError if it is none."""
        try:
            columns = tuple(_coded_column(column) for column in entries["columns"])
            scaling, of_target = (_scaling(entries[name]) for name in ("scaling", "target_scaling"))
            target, class_names = text_in(entries["target"]), texts_in(entries["class_names"])
            coding = cls(columns, scaling, target, class_names, of_target, _form(entries.get("form")))
            names = [column.name for column in columns] + [coding.target]
            if len(names) < 2 or any(len(set(each)) < len(each) for each in (names, coding.class_names)):
                raise ValueError(names)
            return coding
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            if isinstance(error, DataError):
                raise
            problem, remedy = "its columns, scaling or target cannot be read", "Train the network again from its data."
            raise DataError.from_problem("coding", problem, remedy) from None


def _scaling(entries: Any) -> Scaling | None:
    return None if entries is None else Scaling.from_dict(entries)


def _form(entries: Any) -> TableFormat | None:
    """Raises KeyError, TypeError or SettingError for what is none."""
    return None if entries is None else TableFormat(**{name: entries[name] for name in FORMAT})


def _coded_column(entries: Mapping[str, Any]) -> CodedColumn:
    """Raises TypeError or ValueError for what is none."""
    kind, categories, filled = entries["kind"], texts_in(entries["categories"]), entries["filled"]
    sizes = {NUMBER: len(categories) == 0, YES_NO: len(categories) == 2, TEXT: len(categories) > 0}
    if not sizes[kind] or len(set(categories)) < len(categories):
        raise ValueError(kind)
    if filled is not None:
        allowed = {NUMBER: abs(filled) <= LARGEST, YES_NO: filled in (0, 1), TEXT: filled in range(len(categories))}
        if isinstance(filled, bool) or not allowed[kind]:
            raise ValueError(filled)
        filled = float(filled)
    return CodedColumn(text_in(entries["name"]), kind, categories, filled, text_in(entries.get("sign", "")))


def _is_absent(value: object) -> bool:
    if isinstance(value, str):
        number, wrong = read_number(value, ".")
        return wrong is None and math.isnan(number)
    if value is None or isinstance(value, numbers.Real):
        return value is None or value != value  # columns of NaN alone
    return is_missing(str(value))  # pandas and numpy.ma write <NA> and -- instead of NaN


def _as_float(value: Any) -> float:
    """Returns a real number as float; inf if it is too large."""
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _plain(value: object) -> str:
    """Returns a number as a text: 3, not 3.0."""
    is_whole = isinstance(value, (float, np.floating)) and float(value).is_integer()
    return f"{value:.0f}" if is_whole else str(value)


def _written(column: TableColumn, value: Any) -> str | float | None:
    """Returns the text of a cell of a table's column; None if it is missing."""
    if column.kind == TEXT:
        known = 0 <= value < len(column.categories)
        return column.categories[value] if known else None if value < 0 else "another text"
    if math.isnan(value):
        return None
    return float(value) if column.kind == NUMBER else column.categories[int(value)]
