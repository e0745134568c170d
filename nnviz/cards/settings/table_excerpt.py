"""The first rows of a table in its own units, with categories as words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from engine.basics.validation import Array
from engine.datasets import Dataset
from engine.datasets.table.table_coding import TableCoding
from engine.datasets.table.table_columns import NUMBER, YES_NO
from nnviz.formatting import text


@dataclass(frozen=True)
class TableExcerpt:
    """The first rows of a table.

    Attributes:
        names: of the columns; the one to predict comes first.
        cells: row by row, a text for each column.
        numbers: for each column, whether it holds numbers.
    """

    names: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]
    numbers: tuple[bool, ...]


_Column = tuple[str, Sequence[str], bool]  # its name, its cells, whether they are numbers


def first_rows(data: Dataset, count: int, most_columns: int) -> TableExcerpt:
    """Returns the first training examples with the target and at most ``most_columns`` inputs."""
    part = data.train.head(count)
    inputs = np.stack([part.example(number) for number in range(len(part))])
    raw = data.raw_inputs(inputs)
    columns = _plain_columns(data, raw) if data.coding is None else _coded_columns(data.coding, raw)
    shown = [_target(data, part.labels, part.targets), *islice(columns, most_columns)]
    names, cells, numbers = zip(*shown, strict=True)
    return TableExcerpt(names, tuple(zip(*cells, strict=True)), numbers)


def _target(data: Dataset, labels: Array | None, targets: Array) -> _Column:
    name = data.coding.target if data.coding is not None else ""
    if labels is not None:
        return name or "class", [data.class_name(int(label)) for label in labels], False
    return name or (data.targets[0] if data.targets else "target"), _written(data.raw_targets(targets)[:, 0]), True


def _plain_columns(data: Dataset, raw: Array) -> Iterator[_Column]:
    for number in range(data.width):
        yield data.column_name(number), _written(raw[:, number]), True


def _coded_columns(coding: TableCoding, raw: Array) -> Iterator[_Column]:
    first = 0
    for column in coding.columns:
        values = raw[:, first : first + len(column.inputs)]
        first += len(column.inputs)
        if column.kind == NUMBER:
            yield column.name, _written(values[:, 0]), True
        else:
            places = np.rint(values[:, 0]).astype(int) if column.kind == YES_NO else values.argmax(axis=1)
            yield column.name, [column.categories[place] for place in places], False


def _written(values: Array) -> list[str]:
    return [text.compact(value) for value in values.tolist()]
