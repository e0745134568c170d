"""The axes of the curves: their ranges and ticks. Epochs on x; error or loss on y, linear or logarithmic."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyqtgraph as pg
from PyQt5.QtCore import QRectF, Qt

from nnviz.formatting import text as words
from nnviz.formatting.round_numbers import digits, enough_marks, even_marks, log_marks, marks, round_top
from nnviz.ui import alignment, theme

SCALES = ("linear", "log")
Ends = tuple[float, float]
_LARGE = 1e9  # from here on values are written like 3.40e+38
_BATCHES = (20, 100, 500)  # possible ends of an axis that counts batches, in the first epoch
_WORD_WIDTH, _WORD_GAP, _LEAST_GAP = 44, 9, 4  # pixels, for the name left of the epochs


@dataclass(frozen=True)
class Quantity:
    """The quantity on the y axis.

    Attributes:
        name: "error", "loss" or "rmse": its curves in a history.
        title: what it is called; by default the name.
        unit: the unit shown behind values, or "".
        factor: converts a curve's values to the unit of the axis.
        lowest, highest: limits of the axis; a logarithmic axis draws smaller values at ``lowest``.
        low, high: range that an automatic logarithmic axis contains at least; by default none.
    """

    name: str
    unit: str
    factor: float
    lowest: float
    highest: float
    low: float = math.inf
    high: float = 0.0
    title: str = ""

    def text(self, value: float) -> str:
        """Formats a curve's value: 2.41 %, 0.0834, or 2.71 mpg."""
        return f"{self.number(value)} {self.unit}".rstrip()

    def number(self, value: float) -> str:
        """Formats a curve's value without its unit."""
        if self.unit == "%":
            return words.percentage(value)
        if 1000 <= value < _LARGE:
            return words.grouped(f"{value:,.0f}" if value >= 1e4 else f"{value:.0f}")
        return words.steady(value) if 1e-4 <= value < _LARGE else f"{value:#.3g}"

    @property
    def called(self) -> str:
        """The name of the quantity within a sentence."""
        return self.title or self.name

    def scale_text(self, is_log: bool) -> str:
        """Describes the axis: error %, log."""
        return f"{f'{self.called} {self.unit}'.strip()}, {SCALES[is_log]}"

    def height(self, values: Any, is_log: bool) -> Any:
        """Converts values in the unit of the axis to positions on the axis; logarithms on a logarithmic one."""
        return np.log10(np.maximum(values, self.lowest)) if is_log else values

    def value(self, height: float, is_log: bool) -> float:
        """Converts a position on the axis to a value in the unit of the axis."""
        return 10.0**height if is_log else height


ERROR = Quantity("error", "%", 100.0, 1e-3, 100.0, low=1.0, high=10.0)
LOSS = Quantity("loss", "", 1.0, 1e-6, 1e12)
RMSE = Quantity("rmse", "", 1.0, 1e-12, 1e12, title="RMSE")  # in the unit of what is predicted


def ends(values: Any, is_log: bool, quantity: Quantity) -> Ends:
    """Returns axis positions of round numbers around the values, an array in the unit of the axis."""
    values = values[np.isfinite(values)]
    if not len(values):
        values = np.array([quantity.highest if quantity.high else 1.0])
    low, high = float(values.min()), float(values.max())
    return (
        _log_ends(low, high, quantity)
        if is_log
        else (0.0, round_top(min(max(high, quantity.lowest), quantity.highest)))
    )


def _log_ends(low: float, high: float, quantity: Quantity) -> Ends:
    low, high = (min(max(end, quantity.lowest), quantity.highest) for end in (low, high))
    lower = max(marks(low / 10, low))
    upper = min(marks(high, high * 10))
    lower, upper = max(min(lower, quantity.low), quantity.lowest), max(upper, quantity.high)
    if upper < 5 * lower:  # a single line needs room too
        lower, upper = max(marks(lower / 10, lower / 1.5)), min(marks(upper * 1.5, upper * 10))
    return math.log10(max(lower, quantity.lowest)), math.log10(min(upper, quantity.highest))


class ValueAxis(pg.AxisItem):
    """The y axis. On a logarithmic one, positions are logarithms of the values."""

    def __init__(self) -> None:
        super().__init__("left")
        self.is_log = True

    def boundingRect(self) -> QRectF:
        """Adds room for the uppermost and the lowest number, which pyqtgraph would otherwise omit next to a grid."""
        return super().boundingRect().adjusted(0, -theme.px(theme.SMALL), 0, theme.px(theme.SMALL))

    def tickValues(self, minVal: float, maxVal: float, size: float) -> list[tuple[float | None, list[float]]]:  # noqa: N803
        """Returns the ticks in view, as many as can be read."""
        most = max(size / 36, 2)
        if not self.is_log:
            return [(None, enough_marks(minVal, maxVal, min(most, 6)))]
        return [(None, [math.log10(mark) for mark in log_marks(10.0**minVal, 10.0**maxVal, most)])]

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        """Formats values without their unit. Evenly spaced ones have equally many decimals."""
        if self.is_log:
            return [words.compact(10**value) for value in values]
        return words.marks(values)


class EpochAxis(pg.AxisItem):
    """The x axis: about six whole epochs, and its name left of the first tick, clear of the numbers.

    Attributes:
        batches: the number of batches per epoch while the axis counts batches; None while it counts epochs.
    """

    def __init__(self) -> None:
        super().__init__("bottom")
        self.batches: int | None = None

    def count(self, batches: int | None) -> None:
        """Counts batches, with this number of them per epoch, or epochs (None)."""
        if batches != self.batches:
            self.batches = batches
            self.picture = None  # pyqtgraph then draws the axis again
            self.update()

    def boundingRect(self) -> QRectF:
        """Adds room for the name and for wide numbers at the ends, which pyqtgraph would otherwise omit."""
        return super().boundingRect().adjusted(-theme.px(_WORD_WIDTH), 0, theme.px(theme.SMALL), 0)

    def tickValues(self, minVal: float, maxVal: float, size: float) -> list[tuple[float | None, list[float]]]:  # noqa: N803
        """Returns multiples of 1, 2 or 5 times a power of ten; fractions if fewer than two whole epochs are in view."""
        unit = self.batches or 1
        low, high = minVal * unit, maxVal * unit
        whole = even_marks(low, high, min(6.0, high - low))
        return [(None, [mark / unit for mark in (whole if len(whole) > 1 else enough_marks(low, high, 4))])]

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        """Formats values with as few decimals as tell them apart."""
        counted = [value * (self.batches or 1) for value in values]
        return [f"{value:.{digits(counted)}f}" for value in counted]

    def generateDrawSpecs(self, p: Any) -> Any:  # noqa: N802
        """Adds the name of the axis, unless a number of a zoomed view needs its place."""
        specs = super().generateDrawSpecs(p)
        texts = specs[2] if specs else []
        if texts:
            first = texts[0][0]
            width = theme.px(_WORD_WIDTH)
            place = QRectF(-width, first.top(), width - theme.px(_WORD_GAP), first.height())
            if first.left() >= place.right() + _LEAST_GAP:
                word = "batch" if self.batches else "epoch"
                texts.append(
                    (
                        place,
                        alignment.TOP_RIGHT | Qt.TextFlag.TextDontClip,
                        word,
                    )
                )
        return specs


def first_epoch(done: float, batches: int) -> float:
    """Returns the end of an axis that counts batches, in epochs: a round number, at least those done.

    The axis grows in a few large steps, because it could not be read if it grew with every batch.
    """
    return min(next((end for end in _BATCHES if end >= done * batches - 1e-6), batches), batches) / batches
