"""``RawColumn``: a column of an example in its own unit, before encoding and scaling, to read and change."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.basics.validation import Array
from engine.datasets.dataset import Dataset
from engine.datasets.scaling import Scaling
from engine.datasets.table.table_coding import CodedColumn
from engine.datasets.table.table_columns import NUMBER, TEXT

_MOST_ROWS = 10_000
_FEW = 100  # numbers checked first, which mostly show that there are more decimals
_MOST_DECIMALS = 6
_ROUNDING = 4e-7  # rounding of float32, relative to the largest number
_DIGITS = 3  # digits of the range, for numbers with many decimals


@dataclass(frozen=True, eq=False)
class RawColumn:
    """A column of raw examples.

    Attributes:
        name: its name.
        inputs: where its inputs are.
        choices: the texts that it can hold; empty for numbers.
        low, high: the smallest and largest number in (some) training examples; 0 and 0 for texts.
        decimals: how many decimals its numbers have.
        is_one_hot: whether each text is an input of its own.
        scaling: of its inputs; None if they are raw.
    """

    name: str
    inputs: slice
    choices: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 0.0
    decimals: int = 0
    is_one_hot: bool = False
    scaling: Scaling | None = None

    def read(self, example: Array) -> float:
        """Returns its value in an example, (width,); for texts the index in ``choices``."""
        part = example[None, self.inputs]
        raw = part[0] if self.scaling is None else self.scaling.undo(part)[0]
        if self.is_one_hot:
            return float(raw.argmax())
        return float(raw[0] > 0.5) if self.choices else float(raw[0])

    def write(self, example: Array, value: float) -> Array:
        """Returns a copy of the example, (width,) float32, with another number or text in this column."""
        raw = np.zeros((1, self.inputs.stop - self.inputs.start))
        raw[0, int(value) if self.is_one_hot else 0] = 1 if self.is_one_hot else value
        changed: Array = example.astype(np.float32)
        changed[self.inputs] = (raw if self.scaling is None else self.scaling.apply(raw))[0]
        return changed

    @property
    def step(self) -> float:
        """A round number, of which about a hundred are the range; at least one in the last decimal."""
        least = 10.0**-self.decimals
        about = (self.high - self.low) / 100
        if about <= least:
            return least
        power = 10.0 ** math.floor(math.log10(about))
        return next(step for step in (power, 2 * power, 5 * power, 10 * power) if step >= 0.999 * about)


def raw_columns(data: Dataset) -> tuple[RawColumn, ...]:
    """Returns the columns of the data's examples: those of the table, else one for each input."""
    coded: Sequence[CodedColumn] = data.coding.columns if data.coding is not None else ()
    if not coded:
        coded = [CodedColumn(data.column_name(number), NUMBER) for number in range(data.width)]
    some = data.train.at(sampled_rows(data))
    examples = some.scaled_inputs()
    found, start = [], 0
    for column in coded:
        inputs = slice(start, start + len(column.inputs))
        found.append(_raw_column(column, inputs, data.scaling, examples))
        start = inputs.stop
    return tuple(found)


def sampled_rows(data: Dataset) -> Array:
    """Returns the training rows that determine ranges and decimals: all, or 10,000 at even distances."""
    return np.linspace(0, len(data.train) - 1, min(len(data.train), _MOST_ROWS)).astype(np.int64)


def decimals_of(numbers: Array) -> int:
    """Returns the number of decimals of these numbers, at most six; if there are more, three digits of their range."""
    rounding, span = float(np.abs(numbers).max()) * _ROUNDING, float(np.ptp(numbers))
    for decimals in range(_MOST_DECIMALS + 1):
        is_fine = rounding < 0.1 * 10.0**-decimals
        if not rounding or (is_fine and all(_have(some, decimals, rounding) for some in (numbers[:_FEW], numbers))):
            return decimals
    return min(max(0, _DIGITS - 1 - math.floor(math.log10(span))), _MOST_DECIMALS) if span else _MOST_DECIMALS


def _have(numbers: Array, decimals: int, rounding: float) -> bool:
    """Whether all have that many decimals at most, but for rounding."""
    return bool(np.abs(numbers - np.round(numbers, decimals)).max() <= rounding)


def _raw_column(column: CodedColumn, inputs: slice, of_all: Scaling | None, examples: Array) -> RawColumn:
    scaling = None if of_all is None else Scaling(of_all.mean[inputs], of_all.spread[inputs])
    if column.kind != NUMBER:
        return RawColumn(column.name, inputs, column.categories, is_one_hot=column.kind == TEXT, scaling=scaling)
    numbers = examples[:, inputs] if scaling is None else scaling.undo(examples[:, inputs])
    decimals = decimals_of(numbers)
    low, high = (round(float(end), decimals) for end in (numbers.min(), numbers.max()))
    return RawColumn(column.name, inputs, low=low, high=high, decimals=decimals, scaling=scaling)
