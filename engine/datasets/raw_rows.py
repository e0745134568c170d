"""Raw rows of a Python program, as lists, dicts, an array or a DataFrame, and the columns in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from engine.basics.errors import DataError, Verbatim, counted
from engine.basics.validation import Array
from engine.datasets.table.cells import shortened
from engine.datasets.table.table import listed

Cells = Sequence[Any] | Array


def has_names(rows: object) -> bool:
    """Whether raw rows name their columns: a DataFrame, or a list whose first row is a dict."""
    return _is_frame(rows) or (isinstance(rows, (list, tuple)) and len(rows) > 0 and isinstance(rows[0], Mapping))


def columns_of(rows: object, names: Sequence[str], parameter: str) -> list[Cells]:
    """Returns the cells of each named column, (rows,).

    Args:
        rows: an array or a list of lists, both with exactly these columns in this order; or a list of dicts or a
            DataFrame (of pandas or polars, or with ``columns`` and ``to_dict``), which may have more columns, in any
            order.
        names: the wanted columns.
        parameter: what errors call the rows.

    Raises:
        DataError: these are no such rows; a row has another number of columns; a named column is missing.
    """
    if isinstance(rows, np.ndarray):
        if rows.ndim != 2:
            raise _no_rows(parameter, f"of dimensions {rows.shape}")
        if rows.shape[1] != len(names):
            raise _wrong_width(parameter, f"of {counted(rows.shape[1], 'column')}", names)
        return [rows[:, place] for place in range(len(names))]
    if _is_frame(rows):
        return _columns_of_frame(rows, names, parameter)
    cells: list[list[Any]] = [[] for _ in names]
    for place, row in enumerate(_each(rows, parameter)):
        for of_column, value in zip(cells, _values(row, names, parameter, place), strict=True):
            of_column.append(value)
    return list(cells)


def cells_of(values: object, name: str, parameter: str) -> Cells:
    """Returns the cells of one column, (k,), from (k,) or (k, 1), or from dicts or a DataFrame in which it is named.

    Raises DataError like :func:`columns_of`.
    """
    if isinstance(values, np.ndarray) and values.ndim == 1:
        return values
    if not isinstance(values, np.ndarray) and not has_names(values):
        values = list(_each(values, parameter))
        if not any(isinstance(value, (list, tuple, np.ndarray)) for value in values):
            return values
    return columns_of(values, (name,), parameter)[0]


def at_row(error: DataError, parameter: str, place: int) -> DataError:
    """Returns the error of a value with the number of its row, from 0, in the rows that are called ``parameter``."""
    return DataError(error.parameter, Verbatim(f"{error.value} at [{place}] of {parameter}"), error.rule, error.remedy)


def missing_column(name: str, present: Sequence[str]) -> DataError:
    """Returns the error of a column that is not among those that are present."""
    rule = f"must be a column, because the network was trained on it (found: {listed(present)})"
    return DataError(name, Verbatim("missing"), rule, f"Add a column named {shortened(name)}.")


def _is_frame(rows: object) -> bool:
    return hasattr(rows, "columns") and any(hasattr(rows, way) for way in ("itertuples", "iter_rows", "to_dict"))


def _columns_of_frame(frame: Any, names: Sequence[str], parameter: str) -> list[Cells]:
    present = [str(name) for name in frame.columns]
    for name in names:
        if name not in present:
            raise missing_column(name, present)
        if present.count(name) > 1:
            problem = f"{parameter} has {present.count(name)} columns of this name"
            raise DataError.from_problem(name, problem, "Rename or remove the others.")
    if hasattr(frame, "itertuples"):  # of pandas
        rows = list(frame.itertuples(index=False, name=None))
    elif hasattr(frame, "iter_rows"):  # of polars
        rows = list(frame.iter_rows())
    else:
        return columns_of(frame.to_dict("records"), names, parameter)
    return [[row[place] for row in rows] for place in map(present.index, names)]


def _each(rows: object, parameter: str) -> Iterable[Any]:
    if isinstance(rows, (str, bytes, Mapping)) or not isinstance(rows, Iterable):
        raise _no_rows(parameter, f"of type {type(rows).__name__}")
    return rows


def _values(row: object, names: Sequence[str], parameter: str, place: int) -> Sequence[Any] | Array:
    """Returns the values of one row, in the order of the names."""
    if isinstance(row, Mapping):
        missing = next((name for name in names if name not in row), None)
        if missing is not None:
            raise at_row(missing_column(missing, [str(name) for name in row]), parameter, place)
        return [row[name] for name in names]
    if not isinstance(row, (list, tuple)) and not (isinstance(row, np.ndarray) and row.ndim == 1):
        raise _no_rows(parameter, f"with a row of type {type(row).__name__} at [{place}]")
    if len(row) != len(names):
        raise _wrong_width(parameter, f"of {counted(len(row), 'column')} at [{place}]", names)
    return row


def _no_rows(parameter: str, value: str) -> DataError:
    rule = "must be rows: lists of values, dicts of columns and values, a two-dimensional array, or a DataFrame"
    return DataError(parameter, Verbatim(value), rule, "Give one row for each example, a single one as [row].")


def _wrong_width(parameter: str, value: str, names: Sequence[str]) -> DataError:
    rule = f"must have {counted(len(names), 'column')}, in this order: {listed(names)}"
    remedy = "Give raw values for these, or dicts. For encoded inputs, use net.network."
    return DataError(parameter, Verbatim(value), rule, remedy)
