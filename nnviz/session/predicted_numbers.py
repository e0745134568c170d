"""The numbers that the network predicts for the example, in the units of its targets, next to the true ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.basics.validation import Array
from engine.datasets import Dataset
from engine.datasets.table.raw_columns import decimals_of, sampled_rows
from nnviz.formatting import text
from nnviz.session.session import Session


@dataclass(frozen=True, eq=False)
class Target:
    """A number that is predicted: its name, its range in training, its decimals, and which output it is."""

    name: str
    low: float
    high: float
    decimals: int
    output: int

    def place(self, value: float) -> float:
        """Returns the position of the number in the range: 0 for its lower end, 1 for its upper one."""
        return (value - self.low) / (self.high - self.low) if self.high > self.low else 0.5

    def format(self, value: float) -> str:
        """Returns a number as text: "−0.18"."""
        if not np.isfinite(value):
            return "not finite"
        if abs(value) >= 1e7:
            return f"{value:.2e}".replace("-", "−")
        value = round(value, self.decimals) or 0.0  # no zero with a sign
        return text.grouped(f"{value:,.{self.decimals}f}" if abs(value) >= 1e4 else f"{value:.{self.decimals}f}")


class Targets:
    """The targets of a session's data, worked out once for each."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: tuple[Dataset | None, Sequence[Target]] = (None, ())

    @property
    def all(self) -> Sequence[Target]:
        """The targets; empty for classification, or if the current network does not fit the data."""
        data = self._session.data.dataset
        if data is None or data.is_classification or self._session.runs.current.network.shape[-1] != data.outputs:
            return ()
        if self._known[0] is not data:
            self._known = data, targets_of(data)
        return self._known[1]

    def values(self, outputs: Array) -> Array:
        """Returns outputs in the targets' units, (…, outputs)."""
        data = self._session.data.dataset
        assert data is not None
        return data.raw_targets(outputs)

    @property
    def truth(self) -> Array | None:
        """(outputs,): the true numbers, if the example is one of the data."""
        truth, data, origin = self._session.question.truth, self._session.data.dataset, self._session.question.origin
        if truth is None or data is None or origin is None:
            return None
        meaning, split = self._session.meaning.for_file, data.splits[origin.part]
        return np.array([meaning.truth_of(split, origin.number, output) for output in range(data.outputs)])


def targets_of(data: Dataset) -> list[Target]:
    """Returns the targets of a regression's data."""
    rows = sampled_rows(data)
    return [_target(data, number, values) for number, values in enumerate(data.raw_targets(data.train.targets[rows]).T)]


def _target(data: Dataset, number: int, values: Array) -> Target:
    low, high = float(values.min()), float(values.max())
    of_range = 2 - math.floor(math.log10(high - low)) if high > low else 0  # three digits of it
    return Target(text.name(data.target_name(number)), low, high, min(max(decimals_of(values), of_range), 6), number)
