"""Preview of a table: its columns, the problems of its cells, and a summary of the resulting data set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from engine.basics.errors import EngineError
from engine.datasets.data_setting import Value
from engine.datasets.dataset import Dataset
from engine.datasets.preview import DatasetSummary, PreviewColumn, TablePreview
from engine.datasets.table.cells import SIGN, THOUSANDS, read_number
from engine.datasets.table.table import Table
from engine.datasets.table.table_columns import NUMBER, TableColumn, mostly_numbers
from engine.datasets.table.table_dataset import guess_task, refused_inputs
from engine.datasets.table.table_format import TableFormat
from engine.datasets.table.table_source import guess_target, prepare, with_notes


def preview_table(
    table: Table, form: TableFormat, settings: Mapping[str, Value], is_whole: bool
) -> tuple[TablePreview, Dataset | None]:
    """Returns the preview of a table with these settings, and the data set if it can be made.

    Missing settings are proposed: the column to predict, and the columns to ignore because they would be refused. If
    only the head was read, no data set is made, because the table may be sorted by its classes.
    """
    target = settings.get("target") or guess_target(table)
    refused = refused_inputs(table, target)
    settings = {"ignored": tuple(refused), **settings, "target": target}
    columns = [_column(column, refused.get(column.name), form.decimal) for column in table.columns]
    of_target = next((column for column in table.columns if column.name == target), None)
    preview = TablePreview(
        form,
        settings,
        tuple(columns),
        table.head,
        table.head_rows,
        _wrong_cells(table, form.decimal),
        len(table),
        tuple(sorted(table.problems, key=lambda problem: problem.row)),
        table.problem_count,
        settings.get("task") or (guess_task(of_target) if of_target is not None else ""),
        skipped=table.skipped,
    )
    return _with_outcome(preview, table) if is_whole else (preview, None)


def _with_outcome(preview: TablePreview, table: Table) -> tuple[TablePreview, Dataset | None]:
    try:
        made = with_notes(table, prepare(table, preview.settings))
    except EngineError as error:
        return replace(preview, error=error), None
    reasons, summaries = made.counts.left_out, len(made.counts.summaries)
    examples = slice(len(table) - summaries)  # all summaries are at the end
    columns = []
    for column, read in zip(preview.columns, table.columns, strict=True):
        missing = int(np.count_nonzero(read.absent[examples]))
        column = replace(column, missing=missing, wrong=min(column.wrong, missing))
        if column.name not in preview.settings["ignored"]:
            column = replace(column, reason_unavailable=reasons.get(column.name, ""))
        columns.append(column)
    outcome, with_gaps = DatasetSummary.of(made.dataset, len(table)), made.counts.with_gaps
    found = replace(preview, columns=tuple(columns), outcome=outcome, summaries=summaries, with_gaps=with_gaps)
    return found, made.dataset


def _column(column: TableColumn, refused: EngineError | None, decimal: str) -> PreviewColumn:
    why = "" if refused is None else f"is {refused.value}, and {refused.rule}"
    missing, are_numbers = int(np.count_nonzero(column.absent)), mostly_numbers(column, decimal)
    how = (column.separator, column.sign, are_numbers)
    return PreviewColumn(column.name, column.kind, missing, column.wrong, why, *how)


def _wrong_cells(table: Table, decimal: str) -> frozenset[tuple[int, int]]:
    numbers = [place for place, column in enumerate(table.columns) if column.kind == NUMBER and column.wrong]
    understood = {place: _understood(table.columns[place]) for place in numbers}
    return frozenset(
        (row, place)
        for row, cells in enumerate(table.head)
        for place in numbers
        if read_number(cells[place], decimal)[1] not in understood[place]
    )


def _understood(column: TableColumn) -> tuple[str | None, ...]:
    """Returns the problems of cells that are understood as numbers nevertheless."""
    return (None, *((THOUSANDS,) if column.separator else ()), *((SIGN,) if column.sign else ()))
