"""Other data than a network was trained with, as it takes them: by its own coding of tables, or its own scaling."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from engine.basics.errors import DataError, Verbatim
from engine.basics.validation import Array
from engine.datasets import Dataset, DataSource, Split
from engine.datasets.data_setting import Value
from engine.datasets.dataset import one_hot
from engine.datasets.description import Description
from engine.datasets.table.cells import number_in, plain_number
from engine.datasets.table.summary_rows import summary_rows
from engine.datasets.table.table import Table
from engine.datasets.table.table_coding import TableCoding
from engine.datasets.table.table_columns import TEXT, TableColumn
from engine.datasets.table.table_format import FORMAT
from engine.datasets.table.table_source import open_table
from nnviz.commands.checks import CommandError
from nnviz.commands.data_options import option_of
from nnviz.commands.number_notation import decimal_note
from nnviz.commands.progress import reading_progress
from nnviz.formatting import text


def coded_table(
    coding: TableCoding, source: DataSource, settings: Mapping[str, Value], default_decimal: str | None
) -> Dataset:
    """Returns the complete rows of a table, encoded as for the network, as the only split of a data set.

    ``default_decimal``: the decimal mark if neither the settings nor the file determine it.

    Raises CommandError for settings that the network determines, and EngineError for a table that does not fit it.
    """
    assert source.table is not None
    decided = [option_of(name) for name in settings if name not in (*FORMAT, "numbers")]
    if decided:
        title = text.name(source.title)
        raise CommandError(
            f"{decided[0]} cannot be given for {title}. The network determines how tables are read. Leave it out."
        )
    with reading_progress(source.title, "B") as show:
        units = [column.name for column in coding.columns if column.sign]
        texts = {*coding.texts, *([coding.target] if coding.class_names != coding.plain_class_names else [])}
        how = {**settings, "texts": sorted(texts), "numbers": (*settings.get("numbers", ()), *units)}
        table, form = open_table(source.table, how, show, default_decimal, coding.signs)
    summaries = summary_rows(table)
    used = _usable_rows(coding, table, len(table) - len(summaries))
    part = replace(table, columns=tuple(_at(column, used) for column in table.columns))
    split = _split(coding, part)
    gaps = len(table) - len(summaries) - len(used)
    left_out = f"{gaps:,} {'row' if gaps == 1 else 'rows'} with a missing or unreadable value left out." if gaps else ""
    notes = (*(f"{row}: left out." for row in summaries), left_out, decimal_note(form, default_decimal))
    return Dataset(table.title, split, coding=coding, notes=tuple(filter(None, notes)))


def _usable_rows(coding: TableCoding, table: Table, examples: int) -> Array:
    """Returns the numbers, from 0, of the examples among the first rows that are complete and readable."""
    usable = ~table.column(coding.target, "target").absent
    for coded in coding.columns:
        if coded.name in table.names:
            column = table.column(coded.name)
            usable &= ~column.absent | (coded.filled is not None)
            usable[column.unreadable] = False
    usable[examples:] = False
    if not usable.any():
        raise DataError("table", table.title, "must have a row without a missing value", "Give another table.")
    return np.flatnonzero(usable)


def _at(column: TableColumn, rows: Array) -> TableColumn:
    return replace(column, values=column.values[rows], wrong=0, unreadable=rows[:0])


def _split(coding: TableCoding, table: Table) -> Split:
    inputs, target = coding.encode_table(table), table.column(coding.target)
    if coding.class_names:
        classes = _classes(coding, target, "." if table.form is None else table.form.decimal)
        return Split(inputs, one_hot(classes, len(coding.class_names)), classes)
    if target.kind == TEXT:
        raise DataError(target.name, Verbatim("a column of text"), "must hold numbers to predict", "Correct it.")
    scaling, numbers = coding.target_scaling, target.values[:, None]
    return Split(inputs, numbers.astype(np.float32) if scaling is None else scaling.apply(numbers))


def _classes(coding: TableCoding, target: TableColumn, decimal: str) -> Array:
    """Returns class numbers (rows,), matched by name or by an equal number. Raises DataError for an unknown class."""
    different, places = np.unique(target.values, return_inverse=True)
    known, found = coding.class_by_name, []
    for value in different:
        name = target.categories[int(value)] if target.categories else plain_number(value)
        number = number_in(name, decimal) if target.kind == TEXT else None
        plain = name if number is None else plain_number(number)
        if (class_number := known.get(name, known.get(plain))) is None:
            rule = f"must be one of the classes of the network: {text.plain(', '.join(coding.class_names), 100)}"
            raise DataError(target.name, name, rule, "Correct it.")
        found.append(class_number)
    numbers: Array = np.array(found)[places]
    return numbers


def rescaled(about: Description, data: Dataset) -> Dataset:
    """Returns the data with the network's scaling in place of their own, if they have the same columns."""
    is_scaled = data.scaling is not None or data.target_scaling is not None
    if not is_scaled or about.columns != data.columns or not _predicts_same(about, data):
        return data
    parts = {name: _rescaled_split(about, data, split) for name, split in data.splits.items()}
    scalings: dict[str, Any] = {"scaling": about.scaling, "target_scaling": about.target_scaling}
    return replace(data, train=parts["train"], test=parts.get("test"), coding=about.coding, **scalings)


def _predicts_same(about: Description, data: Dataset) -> bool:
    """Whether a network of that description and the data have the same classes or numbers to predict."""
    if data.class_names and data.description is not None:
        return about.has_classes_of(data.description)
    return about.output_names == (data.class_names or data.targets)


def _rescaled_split(about: Description, data: Dataset, split: Split) -> Split:
    inputs, targets = split.inputs, split.targets
    if data.scaling is not None:
        raw = data.scaling.undo(inputs)
        inputs = about.inputs_of(raw).astype(np.float32)
    if data.target_scaling is not None:
        numbers = data.target_scaling.undo(targets)
        targets = numbers if about.target_scaling is None else about.target_scaling.apply(numbers)
    return Split(inputs, targets.astype(np.float32), split.labels, split.scale)
