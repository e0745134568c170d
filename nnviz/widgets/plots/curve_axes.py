"""What the axes of the curves hold and how they are marked: epochs across; error or loss upwards, linear or log."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyqtgraph as pg
from PyQt5.QtCore import QRectF, Qt

from nnviz.look import theme
from nnviz.look.round_numbers import digits, enough_marks, even_marks, marks, round_top
from nnviz.look.text import percent

Ends = tuple[float, float]
_LEAST_MARKS = 3  # with fewer a logarithmic axis is marked between 1, 2 and 5 as well
_BATCHES = (20, 100, 500)  # ends of an axis in batches, before it holds a whole epoch
_WORD_WIDTH, _WORD_GAP, _LEAST_GAP = 44, 9, 4  # pixels: left of the epoch axis, between it and its word, to a number


@dataclass(frozen=True)
class Quantity:
    """What a plot shows upwards.

    Attributes:
        name: "error" or "loss"; unit: what stands behind it.
        factor: from what a curve holds to what the axis shows.
        lowest, highest: an axis goes no further; smaller values are drawn at the lower end of a logarithmic one.
        low, high: the least that an automatic logarithmic axis holds, where there is one.
    """

    name: str
    unit: str
    factor: float
    lowest: float
    highest: float
    low: float = math.inf
    high: float = 0.0

    def text(self, value: float) -> str:
        """A curve's value as a person reads it: 2.41 %, or 0.0834."""
        if self.unit == "%":
            return percent(value)
        return f"{value:.0f}" if value >= 1000 else f"{value:#.3g}"

    def scale_text(self, is_log: bool) -> str:
        """What the axis shows: error %, log."""
        return f"{self.name} {self.unit}".strip() + (", log" if is_log else ", linear")

    def height(self, values: Any, is_log: bool) -> Any:
        """Where values, an array in the axis' unit, lie on the axis."""
        return np.log10(np.maximum(values, self.lowest)) if is_log else values

    def value(self, height: float, is_log: bool) -> float:
        """The value, in the axis' unit, that lies there."""
        return 10.0**height if is_log else height


ERROR = Quantity("error", "%", 100.0, 1e-3, 100.0, low=1.0, high=10.0)
LOSS = Quantity("loss", "", 1.0, 1e-6, 1e12)


def ends(values: Any, is_log: bool, quantity: Quantity) -> Ends:
    """Marks around the values, an array in the axis' unit; heights on the axis, that is logarithms on a log one."""
    values = values[np.isfinite(values)]
    if not len(values):
        values = np.array([quantity.highest if quantity.high else 1.0])
    low, high = float(values.min()), float(values.max())
    return _log_ends(low, high, quantity) if is_log else _linear_ends(high, quantity)


def _log_ends(low: float, high: float, quantity: Quantity) -> Ends:
    low, high = (min(max(end, quantity.lowest), quantity.highest) for end in (low, high))
    lower = max(marks(low / 10, low))
    upper = min(marks(high, high * 10))
    lower, upper = min(lower, quantity.low), max(upper, quantity.high)
    if upper < 5 * lower:  # one line needs room too
        lower, upper = max(marks(lower / 10, lower / 1.5)), min(marks(upper * 1.5, upper * 10))
    return math.log10(max(lower, quantity.lowest)), math.log10(min(upper, quantity.highest))


def _linear_ends(high: float, quantity: Quantity) -> Ends:
    high = max(min(high, quantity.highest), quantity.lowest)
    return 0.0, round_top(high)


class ValueAxis(pg.AxisItem):
    """Marks of the values. On a logarithmic axis heights are logarithms."""

    def __init__(self) -> None:
        super().__init__("left")
        self.is_log = True

    def boundingRect(self) -> QRectF:
        """With room for the upper and the lower mark, which else would be left out as soon as there is a grid."""
        return super().boundingRect().adjusted(0, -theme.SMALL, 0, theme.SMALL)

    def tickValues(self, minVal: float, maxVal: float, size: float) -> list[tuple[float | None, list[float]]]:  # noqa: N803
        """Those in view; as many as can be read."""
        most = max(size / 36, 2)
        if not self.is_log:
            return [(None, enough_marks(minVal, maxVal, min(most, 6)))]
        low, high = 10.0**minVal, 10.0**maxVal
        shown = marks(low, high)
        if len(shown) < _LEAST_MARKS:
            shown = enough_marks(low, high, min(most, 8))
        elif len(shown) > 2 * most:  # powers of ten say enough, if there are two
            powers = [mark for mark in shown if f"{mark:e}".startswith("1.0")]
            shown = powers if len(powers) > 1 else shown[::2]
        return [(None, [math.log10(mark) for mark in shown])]

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        """In the axis' unit, without it. Even marks have equally many digits."""
        if self.is_log:
            return [f"{10**value:.4g}" for value in values]
        places = digits(list(values))
        return [f"{value:.{places}f}" if value and places < 5 else f"{round(value, 12):.4g}" for value in values]


class EpochAxis(pg.AxisItem):
    """Whole epochs, six or so of them, and the word left of the first, where it is never taken for one of them.

    Attributes:
        batches: of an epoch, while the axis counts batches; None while it counts epochs.
    """

    def __init__(self) -> None:
        super().__init__("bottom")
        self.batches: int | None = None

    def count(self, batches: int | None) -> None:
        """Counts batches, so many of which are an epoch, or epochs."""
        if batches != self.batches:
            self.batches = batches
            self.picture = None  # drawn anew
            self.update()

    def boundingRect(self) -> QRectF:
        """With room for the word, and for a large number under either end: what does not fit would be left out."""
        return super().boundingRect().adjusted(-_WORD_WIDTH, 0, theme.SMALL, 0)

    def tickValues(self, minVal: float, maxVal: float, size: float) -> list[tuple[float | None, list[float]]]:  # noqa: N803
        """Multiples of 1, 2 or 5. Where less than two whole epochs are in view, parts of them."""
        unit = self.batches or 1
        low, high = minVal * unit, maxVal * unit
        whole = even_marks(low, high, min(6.0, high - low))
        return [(None, [mark / unit for mark in (whole if len(whole) > 1 else enough_marks(low, high, 4))])]

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        """With as many digits as tell them apart: none, unless somebody looks closely."""
        counted = [value * (self.batches or 1) for value in values]
        return [f"{value:.{digits(counted)}f}" for value in counted]

    def generateDrawSpecs(self, p: Any) -> Any:  # noqa: N802
        """The marks, and the word, unless a number that lies in its place while one is zoomed."""
        specs = super().generateDrawSpecs(p)
        texts = specs[2] if specs else []
        if texts:
            first = texts[0][0]
            place = QRectF(-_WORD_WIDTH, first.top(), _WORD_WIDTH - _WORD_GAP, first.height())
            if first.left() >= place.right() + _LEAST_GAP:
                word = "batch" if self.batches else "epoch"
                texts.append((place, int(Qt.AlignRight | Qt.AlignTop | Qt.TextDontClip), word))
        return specs


def first_epoch(done: float, batches: int) -> float:
    """The end of an axis in batches, in epochs: far enough for those done, a round number of them, at most the epoch.

    It widens in a few large steps: an axis that grew with every batch could not be read.
    """
    return min(next((end for end in _BATCHES if end >= done * batches - 1e-6), batches), batches) / batches
