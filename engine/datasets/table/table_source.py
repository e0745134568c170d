"""A table as a data source: its settings, the default column to predict, and the notes about it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from engine.basics.errors import counted
from engine.datasets.data_setting import SEED, TEST_SHARE, YES_NO, DataSetting, Value
from engine.datasets.dataset import Dataset, Note
from engine.datasets.source import TABLES, DataSource, Progress
from engine.datasets.table.cells import plain_number, shortened
from engine.datasets.table.decimal_mark import MARKS, guess_note
from engine.datasets.table.table import Table, read_table
from engine.datasets.table.table_coding import CodedColumn
from engine.datasets.table.table_columns import NUMBER, TEXT, TableColumn
from engine.datasets.table.table_dataset import (
    CLASSIFICATION,
    DROP,
    FILL,
    IGNORED,
    KEEP,
    MANY_CLASSES,
    MEDIAN,
    REGRESSION,
    PreparedTable,
    table_dataset,
)
from engine.datasets.table.table_format import ENCODINGS, FORMAT, TableFormat, sniff

_TARGET_NAMES = ("target", "label", "class", "species", "y")
_ID = re.compile(
    r"(^|[^a-zäöü])(id|nr|no|num|number|nummer|index|key|kunde|customer|client|ticket|order)([^a-zäöü]|$)|nummer$"
)
_LEAST_IDS = 20  # rows, to say so
_RARE = 2  # rows of a class from which nothing is learned
_MOST_NAMED = 5  # columns in a note
_MOST_FILLED = 3  # columns in the note about missing values
READING = (*FORMAT, "texts", "numbers")  # settings of how the file is read
_TARGET_TIP = "The column that the network learns to predict."
_TARGET_OPTION = "column of the table to predict (default: guessed)"
_TASK_TIP = "What the network predicts: a class or a number."
_TASK_OPTION = "classification or regression (default: determined by the column to predict)"
_SKIP_TIP = "Number of lines to skip above the table, such as a title. Detected in the file."
_TEXTS_TIP = "Columns whose numbers or yes/no values are categories."
_STANDARDISE_TIP = "Scale numbers by the mean and standard deviation of the training set."
_NUMBERS_TIP = "Text columns to read as numbers, such as 12 in “12 km”. Other cells count as missing."
_MISSING_TIP = (
    "fill: missing numbers become the median, missing texts a category.\n"
    "median: missing numbers become the median, missing texts the most frequent text.\n"
    "drop: rows with missing values are left out."
)
_TASKS = {name: name for name in (CLASSIFICATION, REGRESSION)}
_SUMMARY_TIP = "Leaves out or keeps rows at the end that look like a sum or mean of the others."
_SUMMARY = {name: name for name in (DROP, KEEP)}
_MISSING = {name: name for name in (FILL, MEDIAN, DROP)}
_DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
_DECIMALS = {word: mark for mark, word in MARKS.items()}
_ENCODINGS = {**{name: name for name in ENCODINGS}, "latin-1": "windows-1252"}


def table_settings(target: str | None = None, ignored: tuple[str, ...] = ()) -> tuple[DataSetting, ...]:
    """Returns the settings of a table with this column to predict and these ignored columns."""
    return (
        DataSetting("target", "Predict", target, _TARGET_TIP, option=_TARGET_OPTION),
        DataSetting("task", "Task", None, _TASK_TIP, _TASKS, option=_TASK_OPTION),
        DataSetting("missing", "Missing values", FILL, _MISSING_TIP, _MISSING),
        DataSetting("summary", "Summary rows", DROP, _SUMMARY_TIP, _SUMMARY),
        DataSetting("ignored", "Ignored", ignored, "Columns that are not inputs of the network."),
        DataSetting("texts", "Categories", (), _TEXTS_TIP),
        DataSetting("numbers", "Numbers", (), _NUMBERS_TIP),
        DataSetting("standardise", "Standardise", True, _STANDARDISE_TIP),
        TEST_SHARE,
        SEED,
    )


def format_settings() -> tuple[DataSetting, ...]:
    """Returns the settings of the format of a table's file; missing ones are detected."""
    return (
        DataSetting("delimiter", "Delimiter", None, "Character between two cells.", _DELIMITERS),
        DataSetting("decimal", "Decimal mark", None, "Point or comma before the decimals.", _DECIMALS),
        DataSetting("encoding", "Encoding", None, "Character encoding of the file.", _ENCODINGS),
        DataSetting("header", "First row", None, "Whether the first row has the column names.", YES_NO),
        DataSetting("skip", "Skip lines", None, _SKIP_TIP, kind=int, example=0),
    )


def table_source(path: str | Path) -> DataSource:
    """Returns the table in a file as a data source. Nothing is read yet."""
    settings = (*table_settings(), *format_settings())
    make = partial(load_table, path)
    return DataSource(Path(path).name, make, TABLES, settings, shows_progress=True, file=Path(path))


def load_table(path: str | Path, progress: Progress | None = None, **settings: Value) -> Dataset:
    """Reads a table and makes a data set of it. Raises what reading and preparing it raise."""
    table, _ = open_table(path, settings, progress)
    return with_notes(table, prepare(table, settings)).dataset


def with_notes(table: Table, prepared: PreparedTable) -> PreparedTable:
    """Returns the prepared table with notes about the used and omitted rows and columns."""
    odd = notes_of_classes(table, prepared), notes_of_ids(table, prepared)
    notes = (*_notes_of_file(table), *(note for notes in odd for note in notes), *notes_of(prepared))
    return replace(prepared, dataset=replace(prepared.dataset, notes=notes))


def open_table(
    path: str | Path,
    settings: Mapping[str, Value],
    progress: Progress | None = None,
    default_decimal: str | None = None,
    signs: Mapping[str, str] | None = None,
) -> tuple[Table, TableFormat]:
    """Reads a table, and returns how it is written too. Of the settings, those are used that are about its file.

    ``signs``: see :func:`~engine.datasets.table.table.read_table`.
    """
    form = format_of(path, settings, default_decimal)
    kinds = {name: settings.get(name, ()) for name in ("texts", "numbers")}
    return read_table(path, form, progress, signs=signs, **kinds), form


def format_of(path: str | Path, settings: Mapping[str, Value], default_decimal: str | None = None) -> TableFormat:
    """Returns the format of a table's file, from the settings or as detected. Raises the errors of ``sniff``."""
    given = {name: settings[name] for name in FORMAT if name in settings}
    return sniff(path, **given, default_decimal=default_decimal)


def prepare(table: Table, settings: Mapping[str, Value]) -> PreparedTable:
    """Makes a data set of a table. Of the settings, those are used that are not about its file. Raises EngineError."""
    how = {name: value for name, value in settings.items() if name not in (*READING, "target")}
    return table_dataset(table, settings.get("target") or guess_target(table), **how)


def guess_target(table: Table) -> str:
    """Returns the default column to predict: one with a common name, else the last with values to learn."""
    small = [name.casefold() for name in table.names]
    is_plane = {"x", "y"} < set(small)  # where y is a place, and something else is asked
    target_names = [each for each in _TARGET_NAMES if each != "y" or not is_plane]
    named = (name for each in target_names for name in table.names if name.casefold() == each)
    learnable = (column.name for column in reversed(table.columns) if _is_learnable(column))
    return next(named, next(learnable, table.names[-1]))


def _is_learnable(column: TableColumn) -> bool:
    """Whether it has numbers, or texts that come twice on average: names and dates of single rows do not."""
    there = int((~column.absent).sum())
    is_name = column.kind == TEXT and 2 * len(column.categories) > there
    return (there > 0 or column.wrong > 0) and not is_name


def notes_of(prepared: PreparedTable) -> list[str]:
    """Returns sentences about the used and omitted rows and columns."""
    counts = prepared.counts
    notes = [f"{row}: left out." for row in counts.summaries]
    if counts.without_target:
        notes.append(_rows_left_out(counts.without_target, "without the value to predict"))
    if counts.without_input:
        notes.append(_rows_left_out(counts.without_input, "with a missing value"))
    if counts.filled:
        notes.append(Note(f"{filled_in(prepared)}.", "Missing values filled in"))
    left_out = [(name, why) for name, why in counts.left_out.items() if why != IGNORED]
    notes += [f"Column {name} left out: it {why}." for name, why in left_out[:_MOST_NAMED]]
    if len(left_out) > _MOST_NAMED:
        notes.append(f"{len(left_out) - _MOST_NAMED:,} more columns left out.")
    return notes


def _rows_left_out(count: int, which: str) -> Note:
    rows = counted(count, "row")
    return Note(f"{rows} {which} left out.", f"{rows} left out")


def filled_in(prepared: PreparedTable) -> str:
    """Returns a note about the columns with most missing values.

    "Missing values: 177 in age filled with the median (28)".
    """
    filled = sorted(prepared.counts.filled.items(), key=lambda each: -each[1])
    coded = {column.name: column for column in prepared.coding.columns}
    own = prepared.counts.own_category
    parts = [_filled_with(coded[name], count, name in own) for name, count in filled[:_MOST_FILLED]]
    more = len(filled) - len(parts)
    if more:
        parts.append(f"and {more:,} more {'column' if more == 1 else 'columns'}")
    return f"Missing values: {'; '.join(parts)}"


def _filled_with(column: CodedColumn, count: int, is_own: bool) -> str:
    where, value = f"{count:,} in {shortened(column.name)}", column.filled
    assert value is not None
    if column.kind == NUMBER:
        return f"{where} filled with the median ({plain_number(value) if value.is_integer() else f'{value:.6g}'})"
    word = column.categories[int(value)]
    if is_own:
        return f"{where} {'gets a category of its own' if count == 1 else 'get a category of their own'}"
    return f"{where} filled with the most frequent ({shortened(word)})"


def notes_of_classes(table: Table, prepared: PreparedTable) -> list[str]:
    """Returns sentences on unusual classes: many numbers, a class with very few rows, or several spellings of one."""
    data, name = prepared.dataset, prepared.coding.target
    if not data.is_classification:
        return []
    labels = [split.labels for split in data.splits.values() if split.labels is not None]
    counts = np.bincount(np.concatenate(labels), minlength=data.outputs)
    merged = [f"{' and '.join(written[:_MOST_NAMED])} are one class" for written in prepared.counts.merged]
    notes = []
    if merged:
        remedy = f"read column {name} as categories, in its menu or with --data-setting texts={name}"
        notes = [f"Equal numbers of column {name}: {_names(merged)}. To keep them separate, {remedy}."]
    if table.column(name).kind == NUMBER and data.outputs > MANY_CLASSES:
        what = f"Column {name} has {data.outputs:,} different numbers"
        return [*notes, f"{what}, each a separate class. Choose regression to predict it as a number."]
    rare = [
        f"{data.class_name(int(each))} ({counted(int(counts[each]), 'row')})"
        for each in np.flatnonzero(counts <= _RARE)
    ]
    return [*notes, f"Too few rows to learn a class from: {_names(rare)}."] if rare else notes


def notes_of_ids(table: Table, prepared: PreparedTable) -> list[str]:
    """Inputs that look like an id of each row by their name and their numbers, in sentences."""
    inputs = [table.column(each.name) for each in prepared.coding.columns if each.kind == NUMBER]
    names = [column.name for column in inputs if _ID.search(column.name.casefold()) and _ascends(column)]
    return [f"Column {name} looks like a row id. Ignore it unless it is informative." for name in names]


def _ascends(column: TableColumn) -> bool:
    """Whether all its numbers are whole, and each is larger than the one before."""
    there = column.values[~column.absent]
    return len(there) >= _LEAST_IDS and bool((np.diff(there) > 0).all() and (there == np.floor(there)).all())


def _notes_of_file(table: Table) -> list[str]:
    notes = []
    if table.form is not None and table.form.doubt:
        notes.append(f"{guess_note(table.form.decimal, table.form.doubt)} If not, choose another decimal mark.")
    if table.skipped:
        notes.append(f"{counted(len(table.skipped), 'line')} above the table left out.")
    if table.ragged:
        notes.append(_rows_left_out(table.ragged, "with more or fewer cells than columns"))
    wrong = table.problem_count - table.ragged
    if wrong > 0:
        cells = counted(wrong, "unreadable cell")
        notes.append(Note(f"{cells} {'counts' if wrong == 1 else 'count'} as missing.", cells))
    return notes


def _names(names: list[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more
