"""The first rows of a table as a person would write them: in raw numbers, and a category as one word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.datasets import Dataset
from engine.validation import Array


@dataclass(frozen=True)
class Rows:
    """Some rows.

    Attributes:
        names: of the columns; the one to predict comes first.
        cells: row by row, a text for each column.
        numbers: for each column, whether it holds numbers.
    """

    names: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]
    numbers: tuple[bool, ...]


def first_rows(data: Dataset, count: int, most_columns: int) -> Rows:
    """The first training examples, with the target and so many columns more."""
    part = data.train.head(count)
    inputs = np.stack([part.example(number) for number in range(len(part))])
    raw = inputs if data.scaling is None else data.scaling.undo(inputs)
    columns = [_target(data, part.labels, part.targets), *_columns(data, raw, most_columns)]
    names, cells, numbers = zip(*columns, strict=True)
    return Rows(names, tuple(zip(*cells, strict=True)), numbers)


_Column = tuple[str, Sequence[str], bool]  # its name, its cells, whether they are numbers


def _target(data: Dataset, labels: Array | None, targets: Array) -> _Column:
    if labels is not None:
        return "class", [data.class_name(int(label)) for label in labels], False
    raw = targets if data.target_scaling is None else data.target_scaling.undo(targets)
    return data.targets[0] if data.targets else "target", [f"{value:.4g}" for value in raw[:, 0].tolist()], True


def _columns(data: Dataset, raw: Array, most: int) -> list[_Column]:
    group_of = {group[0]: group for group in data.categories}
    inside = {number for group in data.categories for number in group[1:]}
    found: list[_Column] = []
    for number in range(data.width):
        if len(found) == most:
            break
        if number in group_of:
            found.append(_category(data, raw, group_of[number]))
        elif number not in inside:
            cells = [f"{value:.4g}" for value in raw[:, number].tolist()]
            found.append((data.column_name(number), cells, True))
    return found


def _category(data: Dataset, raw: Array, group: tuple[int, ...]) -> _Column:
    """A column of categories: its name is what the names of its inputs share, "island" of "island = Biscoe"."""
    column = data.column_name(group[0]).partition(" = ")[0]
    words = [data.column_name(number).partition(" = ")[2] for number in group]
    return column, [words[place] for place in raw[:, list(group)].argmax(axis=1)], False
