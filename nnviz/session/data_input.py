"""Inputs that are not drawn, and what their numbers stand for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.basics.validation import Array, matrix
from engine.datasets import Dataset
from nnviz.session.selection import Example


@dataclass(frozen=True, eq=False)
class DataInput:
    """An input that is not drawn, (width,) float32.

    Attributes:
        values: the numbers.
        start: the example of the data that it is, or from which the user made it.
        fingerprint: of those data.
        is_start: whether it is that example unchanged.
    """

    values: Array
    start: Example | None = None
    fingerprint: str = ""
    is_start: bool = False


def meaning_of(data: Dataset) -> object:
    """Returns what the numbers of an input stand for: the input is kept for other data of the same meaning."""
    scaling = None if data.scaling is None else (data.scaling.mean.tobytes(), data.scaling.spread.tobytes())
    return data.width, data.example_shape, data.columns, scaling


def input_of(data: Dataset, example: Example) -> DataInput:
    """Returns an example of the data as an input."""
    return DataInput(data.splits[example.part].example(example.number), example, data.fingerprint, is_start=True)


def checked(values: object, width: int) -> Array:
    """Returns a copy of the numbers, (width,) float32. Raises DataError."""
    return np.array(matrix("example", [values], width, np.float32)[0])
