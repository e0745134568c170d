"""``table_dataset``: a data set out of a table, with one of its columns to predict."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from itertools import chain, count

import numpy as np

from engine.basics.errors import DataError, SettingError, Verbatim
from engine.basics.validation import Array, check_available
from engine.datasets.dataset import MOST_CLASSES, Dataset, Split, one_hot
from engine.datasets.scaling import Scaling, rows_at_once
from engine.datasets.splitting import parts_of
from engine.datasets.table.cells import is_date, number_in, plain_number, separator, sign_of
from engine.datasets.table.summary_rows import SummaryRow, summary_rows
from engine.datasets.table.table import Table, changed, different_cells
from engine.datasets.table.table_coding import LARGEST, CodedColumn, TableCoding
from engine.datasets.table.table_columns import NUMBER, TEXT, TableColumn, are_few, largest_size, mostly_numbers

CLASSIFICATION, REGRESSION = "classification", "regression"
FILL, MEDIAN, DROP, KEEP = "fill", "median", "drop", "keep"
IGNORED = "ignored"  # reason of a column that the settings ignore
MISSING = "missing"  # the category of missing texts
MOST_CATEGORIES = 50  # limit of the texts of a column, each of which is an input
_FEW_NUMBERS = 10  # different whole numbers that are taken for classes
MANY_CLASSES = 20  # different values that may all be meant as classes
_LOOKED_AT = 1000  # numbers among which mostly there are more than these
_MOST_DECIMALS = 2  # of numbers that are kept with all their digits: whole ones, and amounts of money
_MARGIN = 4  # how much farther from the mean numbers may be than those that are looked at
_BYTES_OF_NUMBER = 24  # while the data set is made
_NUMBERS_OF_ROWS = ("column 1", "unnamed: 0", "id", "index", "row", "nr", "no")
_IGNORE = "ignore this column"
_ANOTHER = "Choose another column to predict."


@dataclass(frozen=True)
class TableCounts:
    """Counts of a table's used and omitted rows and columns.

    Attributes:
        rows: rows of the table.
        without_target: rows left out because they have no target.
        without_input: rows left out because another value is missing.
        with_gaps: rows with a target in which an input is missing, left out or not.
        own_category: the columns whose missing texts became a category of their own.
        filled: number of missing values that were filled in, by column name.
        left_out: the reasons why columns are not inputs, by column name.
        summaries: rows left out because they look like a sum or a mean of the others.
        merged: the spellings of classes that are written in several ways, such as 1 and 1.0.
    """

    rows: int
    without_target: int
    without_input: int
    filled: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    summaries: tuple[SummaryRow, ...] = ()
    merged: list[tuple[str, ...]] = field(default_factory=list)
    with_gaps: int = field(default=0, compare=False)
    own_category: list[str] = field(default_factory=list, compare=False)

    @property
    def used(self) -> int:
        """Rows in the data set."""
        return self.rows - self.without_target - self.without_input - len(self.summaries)


@dataclass(frozen=True, eq=False)
class PreparedTable:
    """A data set made from a table.

    Attributes:
        dataset: the data set.
        coding: the encoding of its rows.
        counts: counts of used and omitted rows and columns.
        train_rows: (k,) the rows of the table, from 0, of the training examples, in their order.
        test_rows: (k,) the rows of the table of the test examples.
    """

    dataset: Dataset
    coding: TableCoding
    counts: TableCounts
    train_rows: Array
    test_rows: Array


def guess_task(column: TableColumn) -> str:
    """Returns ``CLASSIFICATION`` for texts, yes/no, and few whole numbers, twice each on average; or ``REGRESSION``."""
    if column.kind != NUMBER:
        return CLASSIFICATION
    there = column.values[~column.absent]
    if len(np.unique(there[:_LOOKED_AT])) > _FEW_NUMBERS:
        return REGRESSION
    different = np.unique(there)
    few = len(different) <= _FEW_NUMBERS and 2 * len(different) <= len(there)
    return CLASSIFICATION if few and (different == np.floor(different)).all() else REGRESSION


def refused_inputs(table: Table, target: str) -> dict[str, DataError]:
    """Returns the columns refused as inputs with the reasons, by name, such as ambiguous thousands separators."""
    found = {}
    for column in table.columns:
        try:
            if column.name != target:
                _check_cells(column)
        except DataError as error:
            found[column.name] = error
    return found


def table_dataset(
    table: Table,
    target: str,
    *,
    task: str | None = None,
    missing: str = FILL,
    ignored: Collection[str] = (),
    standardise: bool = True,
    test_share: float = 0.2,
    seed: int = 0,
    title: str | None = None,
    summary: str = DROP,
) -> PreparedTable:
    """Makes a data set that predicts one column from the others.

    A text column becomes one input per category (one-hot), yes and no become 1 and 0. Columns are left out if they have
    no values, a single text, more than 50 different texts, or only number the rows.

    Args:
        table: the table.
        target: the name of the column to predict. Rows without it are left out.
        task: ``CLASSIFICATION`` or ``REGRESSION``; None: see :func:`guess_task`.
        missing: ``FILL`` fills a missing number with the training set's median, and yes/no with its most frequent
            value; missing texts become a category of their own if the training set has some. ``MEDIAN`` does the same,
            but fills texts with the most frequent one, too. ``DROP`` leaves out rows with a missing value.
        ignored: names of columns that are not inputs.
        standardise: whether numbers, including a numeric target, are scaled by the training set's mean and standard
            deviation.
        test_share: see :func:`~engine.datasets.splitting.parts_of`; classes are drawn in proportion.
        seed: draws the test set, always the same for one seed.
        title: the data set's name; None: the table's.
        summary: ``DROP`` leaves out rows at the end that look like a sum or a mean of the others; ``KEEP`` takes them.

    Raises:
        DataError: a column, named as the parameter, cannot be used; or no rows or inputs are left.
        FileFormatError: numbers are classes, and their names cannot be read from the file again.
        SettingError: an argument breaks its rule, or the data would not fit in memory.
    """
    _check_choice("task", task, (None, CLASSIFICATION, REGRESSION))
    _check_choice("missing", missing, (FILL, MEDIAN, DROP))
    _check_choice("summary", summary, (DROP, KEEP))
    wanted = table.column(target, "target")
    task = task or guess_task(wanted)
    decimal = "." if table.form is None else table.form.decimal
    _check_target(wanted, task, decimal)
    summaries = summary_rows(table) if summary == DROP else ()
    examples = len(table) - len(summaries)  # all summaries are at the end
    rows = np.flatnonzero(~wanted.absent[:examples])
    inputs, left_out = _inputs(table, target, ignored, rows)
    has_gap = _has_gap(inputs, rows)
    kept = _whole_rows(inputs, rows, has_gap) if missing == DROP else rows
    lost = examples - len(rows), len(rows) - len(kept)
    counts = TableCounts(len(table), *lost, {}, left_out, summaries, with_gaps=int(has_gap.sum()))
    targets, different = _targets(wanted, kept, task, decimal)
    spellings = _spellings(table, wanted, different)
    class_names = tuple(names[0] for names in spellings)
    counts.merged.extend(each for each in spellings if len(each) > 1)
    parts = parts_of(targets if class_names else len(kept), test_share, seed)
    columns = tuple(_coded(column, kept) for column in inputs)
    values = [coded.read_column(_at(column, kept)) for coded, column in zip(columns, inputs, strict=True)]
    if missing != DROP:
        pairs = zip(columns, values, strict=True)
        filling = tuple(_with_fill(coded, read[parts[0]], missing) for coded, read in pairs)
        grown = (len(there.categories) > len(coded.categories) for coded, there in zip(columns, filling, strict=True))
        counts.own_category.extend(coded.name for coded, has_grown in zip(columns, grown, strict=True) if has_grown)
        columns = filling
        absent = {coded.name: int(np.isnan(read).sum()) for coded, read in zip(columns, values, strict=True)}
        counts.filled.update((name, count) for name, count in absent.items() if count)
    unscaled = TableCoding(columns, None, target, class_names, form=table.form)
    _check_memory(len(kept), len(unscaled.inputs) + len(class_names))
    filled = [coded.fill(read) for coded, read in zip(columns, values, strict=True)]
    coding = _scaled_coding(unscaled, filled, targets, parts[0]) if standardise else unscaled
    in_file = None if table.places is None else table.places.rows(kept)
    dataset = _dataset(title or table.title, coding, filled, targets, parts, in_file)
    return PreparedTable(dataset, coding, counts, kept[parts[0]], kept[parts[1]])


def _check_choice(parameter: str, value: object, known: tuple[str | None, ...]) -> None:
    if value not in known:
        choices = " or ".join(repr(choice) for choice in known if choice)
        raise SettingError(parameter, value, f"must be {choices}", "Choose one of these.")


def _check_target(column: TableColumn, task: str, decimal: str) -> None:
    _check_cells(column)
    if column.absent.all():
        raise DataError.from_problem(column.name, "the column to predict has no values", _ANOTHER)
    if task == REGRESSION and column.kind != NUMBER:
        rule = "must hold numbers for regression"
        otherwise = "Choose classification." if len(column.categories) <= MANY_CLASSES else _ANOTHER
        remedy = _instead(column, decimal, otherwise)
        raise DataError(column.name, Verbatim(f"a column of {column.kind}"), rule, remedy)


def _instead(column: TableColumn, decimal: str, otherwise: str) -> str:
    """Returns the remedy for a column of texts that cannot be predicted."""
    if not mostly_numbers(column, decimal):
        return otherwise
    option = f"--data-setting numbers={column.name}"
    return f"Most of its cells are numbers: read it as numbers, in the menu of its column or with {option}."


def _check_cells(column: TableColumn) -> None:
    """Raises DataError if too many cells have thousands separators that others contradict, or a number is too large."""
    if not are_few(column.thousands, len(column.values)):
        value = Verbatim(f"written with thousands separators in {column.thousands:,} rows, but not in others")
        rule = "must have one thousands separator, always before three digits, because “1,234” might be 1.234"
        raise DataError(column.name, value, rule, f"Remove them, choose another decimal mark, or {_IGNORE}.")
    if column.kind == NUMBER:
        largest = largest_size(column.values)
        if largest > LARGEST:
            rule = f"must hold numbers up to {LARGEST:g}"
            raise DataError(column.name, largest, rule, f"Change its unit, or {_IGNORE}.")


def _inputs(
    table: Table, target: str, ignored: Collection[str], rows: Array
) -> tuple[list[TableColumn], dict[str, str]]:
    """Returns the columns that can be inputs, by these rows, and the others with the reason. Raises DataError."""
    ignored_columns = {table.column(name, "ignored").name for name in ignored}
    inputs, left_out = [], {}
    for column in table.columns:
        if column.name == target:
            continue
        if column.name in ignored_columns:
            left_out[column.name] = IGNORED
            continue
        _check_cells(column)
        if reason := _uselessness(column, rows):
            left_out[column.name] = reason
        else:
            inputs.append(column)
    if not inputs:
        _refuse_wordy(table, left_out, rows)
        problem = f"no column of {table.title} other than the target can be an input"
        raise DataError.from_problem("table", problem, "Ignore fewer columns, or add some.")
    return inputs, left_out


def _uselessness(column: TableColumn, rows: Array) -> str:
    """Returns the reason why a column cannot be an input; empty if it can."""
    absent = column.absent[rows]
    if absent.all():
        return "has no values"
    if column.kind != TEXT:
        return "only numbers the rows" if _numbers_rows(column, rows) else ""
    values = column.values[rows]
    if not absent.any() and (values == values[0]).all() and not column.is_cut:
        return "has the same text in all rows"
    if _is_wordy(column, rows):
        if sum(map(is_date, column.categories)) * 2 > len(column.categories):
            return f"holds dates, which are read as texts, and {_many_texts(column, rows)} are too many"
        return f"has {_many_texts(column, rows)}, at most {MOST_CATEGORIES} can be inputs"
    return ""


def _is_wordy(column: TableColumn, rows: Array) -> bool:
    """Whether it has too many different texts to be an input."""
    return column.kind == TEXT and len(_present(column, rows)) > MOST_CATEGORIES


def _many_texts(column: TableColumn, rows: Array) -> str:
    return f"{'more than ' if column.is_cut else ''}{len(_present(column, rows)):,} different texts"


def _refuse_wordy(table: Table, left_out: dict[str, str], rows: Array) -> None:
    """Raises DataError if a column had too many different texts, where there is no other input."""
    for name, reason in left_out.items():
        column = table.column(name)
        if reason != IGNORED and _is_wordy(column, rows):
            problem = f"it is the only possible input, but has {_many_texts(column, rows)}"
            problem += f" (each becomes an input, at most {MOST_CATEGORIES} are allowed)"
            raise DataError.from_problem(name, problem, "Convert them to numbers, or add other columns.")


def _numbers_rows(column: TableColumn, rows: Array) -> bool:
    """Whether a column is only the number of each row, by its values and its name; row order is no information."""
    is_called_so = column.name.casefold() in _NUMBERS_OF_ROWS
    return is_called_so and len(rows) > 1 and bool((np.diff(column.values) == 1).all())


def _present(column: TableColumn, rows: Array) -> Array:
    """Returns the different values in these rows, sorted, without missing ones."""
    values = column.values[rows]
    return np.unique(values[~column.absent[rows]])


def _has_gap(inputs: list[TableColumn], rows: Array) -> Array:
    """Returns whether an input is missing in each row, (rows,)."""
    absent = np.zeros(len(rows), bool)
    for column in inputs:
        absent |= column.absent[rows]
    return absent


def _whole_rows(inputs: list[TableColumn], rows: Array, has_gap: Array) -> Array:
    """Returns the rows in which no input is missing. Raises DataError if there are none."""
    if has_gap.all():
        worst = max(inputs, key=lambda column: int(column.absent[rows].sum()))
        missing = f"this column lacks one in {int(worst.absent[rows].sum()):,} of {len(rows):,}"
        remedy = f"{_IGNORE.capitalize()}, or fill in missing values."
        raise DataError.from_problem(worst.name, f"every row lacks a value; {missing}", remedy)
    return rows[~has_gap]


def _targets(column: TableColumn, rows: Array, task: str, decimal: str) -> tuple[Array, Array]:
    """Returns class numbers, (rows,), and each class's value in the column, (classes,); or numbers.

    Raises DataError.
    """
    if task == REGRESSION:
        return column.values[rows], np.empty(0)
    different = _present(column, rows)
    _check_classes(column, rows, decimal)
    if not 1 < len(different) <= MOST_CLASSES:
        count = "only one class" if len(different) == 1 else f"{len(different):,} classes"
        rule = f"must have 2 to {MOST_CLASSES:,} in the rows used"
        raise DataError(column.name, Verbatim(f"of {count}"), rule, "Choose another column, or regression for numbers.")
    return np.searchsorted(different, column.values[rows]), different


def _check_classes(column: TableColumn, rows: Array, decimal: str) -> None:
    """Raises DataError if most classes would have one row, or all of a column of numbers."""
    classes, is_text = len(_present(column, rows)), column.kind == TEXT
    are_single = 2 * classes > len(rows) if is_text else classes == len(rows)
    if classes > MANY_CLASSES and are_single:
        what = _many_texts(column, rows) if is_text else f"{classes:,} different numbers"
        value = Verbatim(f"of {what} in {len(rows):,} rows")
        rule = "must have several rows of each for classification"
        remedy = _instead(column, decimal, _ANOTHER) if is_text else "Choose regression."
        raise DataError(column.name, value, rule, remedy)


def _spellings(table: Table, column: TableColumn, different: Array) -> list[tuple[str, ...]]:
    """Returns the spellings of each class of a column in the file; the first one is the name of the class.

    Equal numbers are one class. If they are written in several ways (1 and 1.0), the plain number comes first, or else
    the first spelling in the file. Raises FileFormatError if the file cannot be read again, or has changed.
    """
    if column.kind != NUMBER:
        return [(column.categories[int(value)],) for value in different]
    if table.path is None or table.form is None or not len(different):
        return [(plain_number(value),) for value in different]
    decimal = table.form.decimal
    written: dict[float, list[str]] = {}
    for cell in different_cells(table.path, table.form, table.columns.index(column), len(table.columns)):
        value = number_in(cell, decimal)
        is_read = sign_of(cell) in ("", column.sign) and separator(cell, decimal) in ("", column.separator)
        if value is not None and is_read:
            written.setdefault(value, []).append(cell)
    if not written.keys() >= set(different.tolist()):
        raise changed(table.path)
    return [tuple(sorted(written[value], key=lambda cell: cell != plain_number(value))) for value in different.tolist()]


def _coded(column: TableColumn, rows: Array) -> CodedColumn:
    if column.kind != TEXT:
        return CodedColumn(column.name, column.kind, column.categories, sign=column.sign)
    return CodedColumn(column.name, TEXT, tuple(column.categories[place] for place in _present(column, rows)))


def _at(column: TableColumn, rows: Array) -> TableColumn:
    """Returns the column's cells in some rows; wrong ones are missing."""
    values = column.values if len(rows) == len(column.values) else column.values[rows]
    return replace(column, values=values, wrong=0, unreadable=rows[:0])


def _with_fill(column: CodedColumn, values: Array, missing: str) -> CodedColumn:
    """Returns the column with the replacement of missing values, from the training set."""
    there = values[~np.isnan(values)]
    if missing == FILL and column.kind == TEXT and len(there) < len(values):
        names = chain([MISSING], (f"{MISSING} {number}" for number in count(2)))
        name = next(each for each in names if each not in column.categories)
        return replace(column, categories=(*column.categories, name), filled=float(len(column.categories)))
    if not len(there):
        return replace(column, filled=0.0)
    if column.kind == NUMBER:
        return replace(column, filled=float(np.median(there)))
    different, counts = np.unique(there, return_counts=True)
    return replace(column, filled=float(different[counts.argmax()]))


def _check_memory(rows: int, numbers: int) -> None:
    purpose = f"encoding {rows:,} rows as {numbers:,} numbers each"
    remedy = "Ignore columns of texts, or use fewer rows."
    check_available(rows * numbers * _BYTES_OF_NUMBER, "table", purpose, remedy)


def _scaled_coding(unscaled: TableCoding, filled: list[Array], targets: Array, train: Array) -> TableCoding:
    of_target = None if unscaled.class_names else Scaling.of(targets[train, None])
    pairs = zip(unscaled.columns, filled, strict=True)
    columns = [numbers if column.kind == NUMBER else None for column, numbers in pairs for _ in column.inputs]
    if len(columns) > 1:
        scaling = Scaling.of_columns(columns, train)
    else:
        scaling = Scaling.of(filled[0][train, None], np.array([columns[0] is None]))
    return replace(unscaled, scaling=scaling, target_scaling=of_target)


def _dataset(
    title: str,
    coding: TableCoding,
    filled: list[Array],
    targets: Array,
    parts: tuple[Array, Array],
    in_file: Array | None,
) -> Dataset:
    """Returns the data set of encoded columns and targets.

    ``in_file``: (rows,) the row of each in the file; None if there is no file.
    """
    pairs = zip(parts, _inputs_of_parts(coding, filled, parts), strict=True)
    exact = _exact_columns(coding, filled, targets)
    splits: list[Split | None] = []
    for part, inputs in pairs:
        of_part = {name: numbers[part] for name, numbers in exact.items()}
        rows = None if in_file is None else in_file[part]
        made = _split(coding, inputs, targets[part]) if len(part) else None
        splits.append(made and replace(made, rows=rows, exact=of_part))
    train, test = splits
    assert train is not None
    return Dataset(title, train, test, coding=coding)


def _exact_columns(coding: TableCoding, filled: list[Array], targets: Array) -> dict[str, Array]:
    """Returns the numbers, (rows,), of each column whose digits exceed the precision of inputs and targets."""
    found, start = {}, 0
    for column, numbers in zip(coding.columns, filled, strict=True):
        if column.kind == NUMBER and _are_cut(numbers, 0.0 if coding.scaling is None else coding.scaling.mean[start]):
            found[column.name] = numbers
        start += len(column.inputs)
    scaling = coding.target_scaling
    if not coding.class_names and _are_cut(targets, 0.0 if scaling is None else scaling.mean[0]):
        found[coding.target] = targets
    return found


def _are_cut(numbers: Array, mean: float) -> bool:
    """Whether numbers of few decimals, by some of them, lose digits if their distance from a mean becomes float32."""
    some = numbers[:: max(1, len(numbers) // _LOOKED_AT)]
    if not len(some):
        return False
    decimals = next((count for count in range(_MOST_DECIMALS + 1) if (np.round(some, count) == some).all()), None)
    farthest = float(np.abs(some - mean).max())
    return decimals is not None and _MARGIN * farthest * float(np.finfo(np.float32).eps) >= 10.0**-decimals


def _inputs_of_parts(coding: TableCoding, filled: list[Array], parts: tuple[Array, Array]) -> list[Array]:
    """Returns the scaled inputs, (k, inputs) float32, of each split's sorted rows, in chunks to save memory."""
    inputs = [np.empty((len(part), len(coding.inputs)), np.float32) for part in parts]
    at_once = rows_at_once(len(coding.inputs))
    for start in range(0, len(filled[0]), at_once):
        rows = slice(start, start + at_once)
        scaled = coding.scaled(coding.expanded([of_column[rows] for of_column in filled]))
        for part, of_part in zip(parts, inputs, strict=True):
            first, last = np.searchsorted(part, (rows.start, rows.stop))
            of_part[first:last] = scaled[part[first:last] - start]
    return inputs


def _split(coding: TableCoding, inputs: Array, targets: Array) -> Split:
    if coding.class_names:
        return Split(inputs, one_hot(targets, len(coding.class_names)), targets)
    numbers = targets[:, None]
    scaled = numbers.astype(np.float32) if coding.target_scaling is None else coding.target_scaling.apply(numbers)
    return Split(inputs, scaled)
