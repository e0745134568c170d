"""The axes of the curves: their ranges and ticks. Epochs on x; error or loss on y, linear or logarithmic."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyqtgraph as pg
from PyQt5.QtCore import QRectF
from PyQt5.QtGui import QFontMetrics

from engine.basics.validation import Array
from nnviz.formatting import text as words
from nnviz.formatting.round_numbers import digits, enough_marks, even_marks, log_marks, marks, round_top, step
from nnviz.ui import theme

Ends = tuple[float, float]
_LARGE = 1e9  # from here on values are written like 3.40e+38
_ROOT_MARKS = (1.0, 1.5, 2.0, 3.0, 5.0)  # times powers of ten: the marks of an axis of square roots
_FIRST_MARKS = (0.0, 0.1, 0.5, 1.0, 2.0, 3.0, 5.0)
_BETWEEN, _BEYOND = 12, 22  # pixels: between two numbers of the epochs, and right of the axis for the last one
_BELOW = 0.22  # decades from the lowest value of a fixed axis down to the line of all smaller ones
_FOOT = 0.08  # decades below that line


@dataclass(frozen=True)
class Quantity:
    """The quantity on the y axis.

    Attributes:
        name: "error", "loss" or "rmse": its curves in a history.
        title: what it is called; by default the name.
        unit: the unit shown behind values, or "".
        factor: converts a curve's values to the unit of the axis.
        lowest, highest: limits of the axis; a logarithmic axis draws smaller values at ``lowest``.
        top: upper end of a fixed axis; by default the round number above the value of the untrained network.
        expected: value of an untrained network as the data let one expect it, so that the axis is known before.
        bottom: lowest value of a fixed logarithmic axis, as a share of its upper end.
    """

    name: str
    unit: str
    factor: float
    lowest: float
    highest: float
    title: str = ""
    top: float | None = None
    expected: float = 0.0
    bottom: float = 1e-3

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

    def fixed_ends(self, untrained: float | None) -> Ends:
        """Returns the values between which a fixed axis lies, in its unit.

        Args:
            untrained: the value before training, or the first finite one; None if there is none.
        """
        top = self.top
        if top is None:
            first = max(untrained or 0.0, self.expected) or 1.0
            top = step(min(max(first, self.lowest), self.highest / 10) * 1.0001)
        return top * self.bottom, top


@dataclass(frozen=True)
class Axes:
    """Converts epochs and values to positions on the axes of a plot, and back.

    Attributes:
        is_log: whether positions of values are logarithms.
        is_root: whether positions of epochs are their square roots, so that the first epoch is wide.
        floor: values below it lie on one line on a logarithmic axis, which has no room for them; None if all have room.
    """

    quantity: Quantity
    is_log: bool = True
    is_root: bool = False
    floor: float | None = None

    def across(self, epochs: Any) -> Any:
        """Converts epochs, a number or an array, to positions."""
        return np.sqrt(np.maximum(epochs, 0.0)) if self.is_root else epochs

    def epoch(self, across: float) -> float:
        """Converts a position to epochs; 0 left of the axis of square roots."""
        return max(across, 0.0) ** 2 if self.is_root else across

    def share(self, epochs: Any, ends: Ends) -> Any:
        """Returns where epochs, a number or an array, lie between two positions: 0 at the first, 1 at the second."""
        return (self.across(epochs) - ends[0]) / max(ends[1] - ends[0], 1e-12)

    def epoch_at(self, share: float, ends: Ends) -> float:
        """Converts back what :meth:`share` returns."""
        return self.epoch(ends[0] + share * (ends[1] - ends[0]))

    def height(self, values: Any) -> Any:
        """Converts values in the unit of the axis, a number or an array, to positions."""
        if not self.is_log:
            return values
        heights = np.log10(np.maximum(values, self.quantity.lowest))
        return heights if self.floor is None else np.where(values < self.floor, self.below, heights)

    def value(self, height: float) -> float:
        """Converts a position to a value in the unit of the axis."""
        return 10.0**height if self.is_log else height

    @property
    def below(self) -> float:
        """The position of all values below the floor."""
        assert self.floor is not None
        return math.log10(self.floor) - _BELOW

    def heights(self, low: float, high: float) -> Ends:
        """Returns the positions of the ends of a fixed axis between two values; a linear one begins at 0."""
        return (self.below - _FOOT, math.log10(high)) if self.is_log else (0.0, high)


ERROR = Quantity("error", "%", 100.0, 1e-3, 100.0, top=100.0)
LOSS = Quantity("loss", "", 1.0, 1e-6, 1e12)
RMSE = Quantity("rmse", "", 1.0, 1e-12, 1e12, title="RMSE", bottom=0.05)  # in the unit of what is predicted


def axis_around(axes: Axes, values: Array, untrained: float | None) -> tuple[Axes, Ends]:
    """Returns the axes of several runs and the ends of the axis of values, an array in the unit of the axis.

    A logarithmic axis ends above the untrained networks, and below at a round number under the lowest value. Values
    below the lowest one of the quantity lie on one line.
    """
    quantity, values = axes.quantity, values[np.isfinite(values)]
    if not axes.is_log:
        high = float(values.max(initial=quantity.lowest))
        return replace(axes, floor=None), (0.0, round_top(min(high, quantity.highest)))
    low, high = quantity.fixed_ends(untrained)
    high = max(high, min(float(values.max(initial=high)), quantity.highest))
    least = float(values.min(initial=high))
    if least < low:
        axes = replace(axes, floor=low)
        return axes, axes.heights(low, high)
    lower = max(marks(least / 10, min(least, high / 1.5)))
    return replace(axes, floor=None), (math.log10(lower), math.log10(high))


class ValueAxis(pg.AxisItem):
    """The y axis.

    Attributes:
        axes: how positions become values.
    """

    def __init__(self) -> None:
        super().__init__("left")
        self.axes = Axes(ERROR)

    def follow(self, axes: Axes) -> None:
        """Sets the conversion of positions."""
        if axes != self.axes:
            self.axes = axes
            self.picture = None  # pyqtgraph then draws the axis again
            self.update()

    def boundingRect(self) -> QRectF:
        """Adds room for the uppermost and the lowest number, which pyqtgraph would otherwise omit next to a grid."""
        return super().boundingRect().adjusted(0, -theme.px(theme.SMALL), 0, theme.px(theme.SMALL))

    def tickValues(self, minVal: float, maxVal: float, size: float) -> list[tuple[float | None, list[float]]]:  # noqa: N803
        """Returns the ticks in view, as many as can be read."""
        most = max(size / 36, 2)
        if not self.axes.is_log:
            return [(None, enough_marks(minVal, maxVal, min(most, 6)))]
        floor, low = self.axes.floor, minVal
        if floor is not None:
            low = max(low, math.log10(floor))
        found = [math.log10(mark) for mark in log_marks(10.0**low, 10.0**maxVal, most)] if low < maxVal else []
        each = (maxVal - minVal) / max(size, 1)  # of a pixel
        near, kept = theme.px(theme.SMALL + 2) * each, list[float]()
        if floor is not None and minVal <= self.axes.below <= maxVal:
            kept.append(self.axes.below)
            low = max(self.axes.below, minVal + theme.px(theme.SMALL) / 2 * each) + near  # below it, its number stands
        high = math.inf
        for mark in reversed(found):
            if low <= mark <= high:
                kept.append(mark)
                high = mark - near
        found = sorted(kept)
        return [(None, found)]

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        """Formats values, the highest one with its percent sign. Evenly spaced ones have equally many decimals."""
        texts = self._texts(values)
        if texts and self.axes.quantity.unit == "%":
            texts[-1] += " %"
        return texts

    def generateDrawSpecs(self, p: Any) -> Any:  # noqa: N802
        """Moves a number at the lower end of the plot upwards if it would be cut."""
        specs, plot = super().generateDrawSpecs(p), self.getViewWidget()
        if specs and plot is not None:
            end = self.mapFromScene(plot.mapToScene(0, plot.viewport().height())).y()
            most = end - theme.px(theme.SMALL) / 2  # of the middle of a number
            specs[2][:] = [
                (place.translated(0, min(most - place.center().y(), 0.0)), flags, text)
                for place, flags, text in specs[2]
            ]
        return specs

    def _texts(self, values: Sequence[float]) -> list[str]:
        if not self.axes.is_log:
            return words.marks(values)
        floor = self.axes.floor
        is_below = [floor is not None and value < math.log10(floor) - 1e-6 for value in values]
        return [
            f"< {words.compact(floor or 0.0)}" if below else words.compact(10**value)
            for value, below in zip(values, is_below, strict=True)
        ]


class EpochAxis(pg.AxisItem):
    """The x axis, with the word "epoch" before its last number.

    Attributes:
        axes: how positions become epochs.
    """

    def __init__(self) -> None:
        super().__init__("bottom")
        self.axes = Axes(ERROR)

    def follow(self, axes: Axes) -> None:
        """Sets the conversion of positions."""
        if axes.is_root != self.axes.is_root:
            self.picture = None  # pyqtgraph then draws the axis again
            self.update()
        self.axes = axes

    def boundingRect(self) -> QRectF:
        """Adds room for wide numbers at the ends, which pyqtgraph would otherwise omit."""
        wide = QFontMetrics(theme.font(theme.SMALL)).horizontalAdvance("epoch 1000000")
        return super().boundingRect().adjusted(-wide, 0, wide, 0)

    def tickValues(self, minVal: float, maxVal: float, size: float) -> list[tuple[float | None, list[float]]]:  # noqa: N803
        """Returns positions of round numbers, those whose texts have room; of even ones if few are in view."""
        return [(None, [float(self.axes.across(mark)) for mark in epoch_marks(self.axes, (minVal, maxVal), size)])]

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        """Formats epochs with as few decimals as tell them apart; the last one begins with the word."""
        return epoch_texts(self.axes, [self.axes.epoch(value) for value in values])

    def generateDrawSpecs(self, p: Any) -> Any:  # noqa: N802
        """Moves the last number to the left if it would be cut."""
        specs = super().generateDrawSpecs(p)
        if specs and specs[2]:
            place, flags, words_there = specs[2][-1]
            most = self.size().width() + _BEYOND
            specs[2][-1] = (place.translated(min(most - place.right(), 0.0), 0), flags, words_there)
        return specs


def epoch_marks(axes: Axes, across: Ends, size: float) -> list[float]:
    """Returns the round epochs between two positions whose texts have room; of even ones if few are there.

    ``size``: pixels between the positions.
    """
    low, high = axes.epoch(across[0]), axes.epoch(across[1])
    wanted = _root_marks(low, high) if axes.is_root else even_marks(low, high, min(6.0, high - low))
    found = _with_room(axes, wanted, across, size)
    return found if len(found) > 1 else enough_marks(low, high, 2)


def _with_room(axes: Axes, epochs: list[float], across: Ends, size: float) -> list[float]:
    """Returns the last one, and of the others those whose texts have room, from the left."""
    if not epochs:
        return []
    measure = QFontMetrics(theme.font(theme.SMALL)).horizontalAdvance

    def middle(epoch: float) -> float:
        return float(axes.share(epoch, across)) * size

    wide = measure(f"epoch {epochs[-1]:g}")
    end = min(middle(epochs[-1]) - wide / 2, size + _BEYOND - wide)  # the left of the last text
    found, right = [], -math.inf
    for epoch in epochs[:-1]:
        half = measure(f"{epoch:g}") / 2
        if right + _BETWEEN <= middle(epoch) - half and middle(epoch) + half <= end - _BETWEEN:
            found.append(epoch)
            right = middle(epoch) + half
    return [*found, epochs[-1]]


def epoch_texts(axes: Axes, epochs: Sequence[float]) -> list[str]:
    """Formats epochs with as few decimals as tell them apart; the last one begins with the word."""
    if axes.is_root:
        texts = [f"{epoch:.6f}".rstrip("0").rstrip(".") for epoch in epochs]
    else:
        texts = [f"{epoch:.{digits(list(epochs))}f}" for epoch in epochs]
    return [*texts[:-1], f"epoch {texts[-1]}"] if texts else []


def _root_marks(low: float, high: float) -> list[float]:
    """Returns the numbers of an axis of square roots between two epochs, and its end if that is whole."""
    powers = range(1, max(math.ceil(math.log10(max(high, 1.0))), 0) + 1)
    every = [*_FIRST_MARKS, *(mark * 10.0**power for power in powers for mark in _ROOT_MARKS)]
    slack = 1e-6 * max(high, 1.0)
    found = [mark for mark in every if low - slack <= mark <= high + slack]
    is_end = abs(high - round(high)) <= slack and (not found or high - found[-1] > slack)
    return [*found, float(round(high))] if is_end else found
