"""Error against epochs: few lines, a logarithmic axis in percent, and a read-out under the mouse."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from PyQt5.QtCore import QEvent, QRectF, Qt
from PyQt5.QtGui import QMouseEvent

from engine.tape import Curve
from nnviz import theme
from nnviz.widgets.quiet_plot import QuietPlot

# Marks of the axis in percent; its ends are always two of them.
_MARKS = [mantissa * 10.0**power for power in range(-3, 3) for mantissa in (1, 2, 5) if mantissa * 10.0**power <= 100]
_LOWEST = _MARKS[0]
_READ_OUT_DISTANCE = 14
_LINES = ("live_train", "live_test", "held_out", "train", "test")  # the last on top


class ErrorPlot(QuietPlot):
    """Curves of train, test and perhaps held-out error, and the fine lines of the epoch under way."""

    def __init__(self) -> None:
        self._bottom = _EpochAxis("bottom")
        self._left = _PercentAxis("left")
        super().__init__(axisItems={"bottom": self._bottom, "left": self._left})
        self._curves: dict[str, Curve] = {}
        self._epochs = 1.0
        self._lines = {name: self.plot() for name in _LINES}
        self._cross, self._read_out = self._make_quiet((0, 10, 12, 0))
        self._left.setWidth(40)  # room for 0.001
        self._left.setZValue(-1)  # its grid lies behind the curves
        self.setMinimumHeight(140)
        self._dress()

    def show_curves(self, curves: dict[str, Curve], epochs: float) -> None:
        """Draws curves named train, test, held_out, live_train, live_test (errors as shares) up to ``epochs``."""
        if not curves["train"].values:
            self._hide_read_out()
        self._curves = curves
        self._epochs = max(epochs, 1.0)
        for name, line in self._lines.items():
            curve = curves.get(name, Curve())
            line.setData(np.array(curve.epochs, float), _log_percent(curve.values))
        self._set_range()

    def _set_range(self) -> None:
        low, high = _ends([curve for curve in self._curves.values() if curve.values])
        wanted = ((0.0, self._epochs), (math.log10(low), math.log10(high)))
        box = self.getPlotItem().getViewBox()
        if [list(pair) for pair in wanted] != box.targetRange():
            box.setRange(xRange=wanted[0], yRange=wanted[1], padding=0, update=True)

    # ---- looks

    def changeEvent(self, event: QEvent) -> None:
        """Pens follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.PaletteChange and hasattr(self, "_read_out"):
            self._dress()

    def _dress(self) -> None:
        self.setBackground(theme.colour("card"))
        for axis in (self._bottom, self._left):
            axis.setStyle(tickFont=theme.font(theme.SMALL), tickLength=0, hideOverlappingLabels=False)
            axis.setTextPen(theme.colour("muted"))
            axis.setPen(theme.colour("border") if axis is self._bottom else pg.mkPen(None))
            axis.setTickPen(theme.colour("grid"))
        self._left.setGrid(255)
        for name, line in self._lines.items():
            is_live = name.startswith("live_")
            style = Qt.DashLine if name == "held_out" else Qt.SolidLine
            line.setPen(pg.mkPen(theme.colour(name.removeprefix("live_")), width=1 if is_live else 2, style=style))
            line.opts["antialias"] = True
            line.setAlpha(0.6 if is_live else 1.0, False)
        self._cross.setPen(pg.mkPen(theme.colour("muted"), style=Qt.DotLine))

    # ---- read-out

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Shows the figures of the nearest epoch."""
        super().mouseMoveEvent(event)
        place = self.getPlotItem().getViewBox().mapSceneToView(self.mapToScene(event.pos()))
        epoch = round(place.x())
        text = self._figures(epoch)
        self._cross.setVisible(text is not None)
        self._read_out.setVisible(text is not None)
        if text is not None:
            self._cross.setPos(epoch)
            self._read_out.setText(text)
            self._read_out.adjustSize()
            right = event.x() + _READ_OUT_DISTANCE + self._read_out.width() < self.width()
            x = event.x() + _READ_OUT_DISTANCE if right else event.x() - _READ_OUT_DISTANCE - self._read_out.width()
            self._read_out.move(x, max(4, event.y() - self._read_out.height() - 4))

    def leaveEvent(self, event: QEvent) -> None:
        """The read-out goes with the mouse."""
        super().leaveEvent(event)
        self._hide_read_out()

    def _hide_read_out(self) -> None:
        self._cross.hide()
        self._read_out.hide()

    def _figures(self, epoch: int) -> str | None:
        parts = []
        for name in ("train", "test", "held_out"):
            value = _at(self._curves.get(name), epoch)
            if value is not None:
                ink, word = theme.colour(name).name(), name.replace("_", " ")
                parts.append(f'<span style="color:{ink}">{word} {100 * value:.2f} %</span>')
        return f"epoch {epoch}<br>" + "&nbsp;&nbsp;&nbsp;".join(parts) if parts else None


def _at(curve: Curve | None, epoch: int) -> float | None:
    if curve is None:
        return None
    index = bisect_right(curve.epochs, epoch) - 1
    return curve.values[index] if index >= 0 and curve.epochs[index] == epoch else None


def _log_percent(shares: Sequence[float]) -> Any:
    return np.log10(np.maximum(100 * np.array(shares, float), _LOWEST))


def _ends(curves: list[Curve]) -> tuple[float, float]:
    """Marks around the curves. What lies before the first epoch's end does not stretch the axis for ever."""
    points = [(x, max(100 * y, _LOWEST)) for curve in curves for x, y in zip(curve.epochs, curve.values, strict=True)]
    late = [y for x, y in points if x >= 1]
    heights = late or [y for _, y in points] or [100.0]
    low = max(mark for mark in _MARKS if mark <= min(heights) * 1.0001)
    high = min((mark for mark in _MARKS if mark >= max(heights) * 0.9999), default=100.0)
    return min(low, 1.0), max(high, 10.0)


class _PercentAxis(pg.AxisItem):
    """Marks at 1, 2 and 5 of every power of ten; values are logarithms."""

    def boundingRect(self) -> QRectF:
        """With room for the upper and the lower mark, which else would be left out as soon as there is a grid."""
        return super().boundingRect().adjusted(0, -theme.SMALL, 0, theme.SMALL)

    def tickValues(self, minVal: float, maxVal: float, size: float) -> list[tuple[float | None, list[float]]]:  # noqa: N803
        """All marks in view."""
        margin = 1e-6
        shown = [math.log10(mark) for mark in _MARKS if minVal - margin <= math.log10(mark) <= maxVal + margin]
        return [(None, shown)]

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        """As percent, without the sign."""
        return [f"{10**value:.4g}" for value in values]


class _EpochAxis(pg.AxisItem):
    """Whole epochs only, six or so of them."""

    def tickValues(self, minVal: float, maxVal: float, size: float) -> list[tuple[float | None, list[float]]]:  # noqa: N803
        """Multiples of 1, 2 or 5."""
        wanted = max((maxVal - minVal) / 6, 1)
        decade = 10 ** math.floor(math.log10(wanted))
        step = next(decade * factor for factor in (1, 2, 5, 10) if decade * factor >= wanted)
        return [(None, [float(x) for x in np.arange(0, maxVal + step / 1000, step)])]

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        """Whole numbers."""
        return [f"{value:.0f}" for value in values]
