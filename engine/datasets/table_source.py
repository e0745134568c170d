"""A table as a data source: its settings, which column is predicted if none is named, and what is told of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from engine.datasets.dataset import Dataset
from engine.datasets.source import SEED, TABLES, TEST_SHARE, DataSetting, DataSource, Progress, Value
from engine.datasets.table import Table, read_table
from engine.datasets.table_dataset import DROP, IGNORED, PreparedTable, TableCounts, table_dataset
from engine.datasets.table_format import TableFormat, sniff

_USUAL_NAMES = ("target", "label", "class", "species", "y")
_MOST_NAMED = 5  # columns in a note
_FORMAT = ("delimiter", "decimal", "encoding", "header")
READING = (*_FORMAT, "texts")  # settings of how the file is read
_TEXTS_TIP = "Columns whose numbers, or yes and no, are names of categories."


def table_settings(target: str | None = None, ignored: tuple[str, ...] = ()) -> tuple[DataSetting, ...]:
    """The settings of a table of which the column to predict is known, and which columns are no inputs."""
    return (
        DataSetting("target", "Predict", target, "The column that the network learns to predict."),
        DataSetting("task", "Task", None, "Whether it tells classes apart or predicts a number."),
        DataSetting("missing", "Missing values", DROP, "Leave out rows without a value, or fill in the median."),
        DataSetting("ignored", "Ignored", ignored, "Columns that the network does not get."),
        DataSetting("texts", "Categories", (), _TEXTS_TIP),
        DataSetting("standardise", "Standardise", True, "Scale numbers by the training part's mean and spread."),
        TEST_SHARE,
        SEED,
    )


def format_settings() -> tuple[DataSetting, ...]:
    """The settings of how a table's file is written; what is not given is found out."""
    return (
        DataSetting("delimiter", "Delimiter", None, "What stands between two cells."),
        DataSetting("decimal", "Decimal mark", None, "A point or a comma."),
        DataSetting("encoding", "Encoding", None, "How letters are written as bytes."),
        DataSetting("header", "First row", None, "Whether the first row holds the names of the columns."),
    )


def table_source(path: str | Path) -> DataSource:
    """The table in a file as a data source. Nothing is read yet."""
    settings = (*table_settings(), *format_settings())
    file = Path(path)
    return DataSource(file.name, partial(load_table, path), TABLES, settings, shows_progress=True, file=file)


def load_table(path: str | Path, progress: Progress | None = None, **settings: Value) -> Dataset:
    """Reads a table and makes a data set of it. Raises what reading and preparing it raise."""
    table = read_table(path, format_of(path, settings), progress, settings.get("texts", ()))
    return prepared(table, settings).dataset


def format_of(path: str | Path, settings: Mapping[str, Value]) -> TableFormat:
    """How a table's file is written, as far as the settings say it, else as it is found. Raises what ``sniff`` does."""
    return sniff(path, **{name: settings[name] for name in _FORMAT if name in settings})


def prepared(table: Table, settings: Mapping[str, Value]) -> PreparedTable:
    """The data set out of a table that was read, with notes. Raises what preparing it raises."""
    others = {name: value for name, value in settings.items() if name not in READING}
    target = others.pop("target", None) or guess_target(table)
    made = table_dataset(table, target, **others)
    return replace(made, dataset=replace(made.dataset, notes=(*_notes_of_file(table), *notes_of(made.counts))))


def guess_target(table: Table) -> str:
    """The column to predict, if nobody says which: one with a usual name, else the last."""
    named = (name for usual in _USUAL_NAMES for name in table.names if name.casefold() == usual)
    return next(named, table.names[-1])


def notes_of(counts: TableCounts) -> list[str]:
    """What became of rows and columns, in sentences."""
    notes = []
    if counts.without_target:
        notes.append(f"{_rows(counts.without_target)} without the value to predict left out.")
    if counts.without_input:
        notes.append(f"{_rows(counts.without_input)} with a missing value left out.")
    if counts.filled:
        notes.append(f"{sum(counts.filled.values()):,} missing values filled in: {_names(list(counts.filled))}.")
    left_out = [(name, why) for name, why in counts.left_out.items() if why != IGNORED]
    notes += [f"{name} left out: it {why}." for name, why in left_out[:_MOST_NAMED]]
    return notes


def _notes_of_file(table: Table) -> list[str]:
    notes = []
    if table.ragged:
        notes.append(f"{_rows(table.ragged)} with more or fewer cells than columns left out.")
    wrong = table.problem_count - table.ragged
    if wrong > 0:
        notes.append(f"{wrong:,} cells that could not be read count as missing.")
    return notes


def _rows(count: int) -> str:
    return f"{count:,} {'row' if count == 1 else 'rows'}"


def _names(names: list[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more
