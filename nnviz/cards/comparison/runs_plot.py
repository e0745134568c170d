"""A plot of several runs over epochs, each in its colour, with its last value and its name at the end of its line.

A group of seeds is a line, the median, over a band of its range or its quartiles.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyqtgraph as pg
from PyQt5.QtCore import QEvent, QPoint, QRect, QRectF, Qt
from PyQt5.QtGui import QFont, QFontMetrics, QMouseEvent, QPainter, QResizeEvent

from engine.sweeps.quantile_bands import QUARTILES, RANGE, Band, band
from engine.training.history import Curve
from nnviz.cards.comparison.band_fill import BandFill
from nnviz.formatting.run_name import RunName
from nnviz.ui import alignment, theme
from nnviz.ui.name_elision import fitted
from nnviz.ui.plots.curve_axes import ERROR, Axes, EpochAxis, Quantity, ValueAxis, axis_around
from nnviz.ui.plots.curve_figures import Line, value_at
from nnviz.ui.plots.curve_line import CurveLine
from nnviz.ui.plots.spacing import pushed_apart
from nnviz.ui.plots.zoom_plot import ZoomPlot

_MOST_SHARE = 0.34  # of the plot's width, for the texts at the ends of the lines
_SIDE = alignment.LEFT | Qt.TextFlag.TextDontClip
_LEAST_HEIGHT = 110  # pixels of the plot
# Pixels of a value's line by the size of its letters, and of the line of the name below it. In the smallest size the
# name is beside the value.
_VALUES, _NAME = {theme.FIGURE: 30, theme.LARGE: 21, theme.SMALL: 17}, 17
_AROUND, _AXIS = 3, 30  # pixels: between two texts, and what the axis of epochs takes of the plot's height
_BESIDE, _GAP = 14, 7  # pixels right of a line's end, and between value and name in a line


@dataclass(frozen=True, eq=False)
class RunCurve:
    """The curve of a run, or the curves of a group's runs.

    Attributes:
        name: a short form of the title that no other run has, for the end of its line.
        colour: a colour name of the theme.
        curves: the curves so far, with the estimates of their first epoch.
        count: the final number of runs.
        lacks_estimates: whether nothing is known of the first epoch between its ends.
    """

    title: RunName
    name: str
    colour: str
    curves: Sequence[Curve]
    count: int = 1
    lacks_estimates: bool = False

    @property
    def is_group(self) -> bool:
        """Whether there are several runs, or will be."""
        return max(self.count, len(self.curves)) > 1


@dataclass(frozen=True, eq=False)
class _DrawnRun:
    """A drawn line, with its band for a group."""

    run: RunCurve
    line: Curve
    band: Band | None

    @classmethod
    def of(cls, run: RunCurve, is_log: bool, spread: str) -> _DrawnRun:
        if not run.is_group:
            return cls(run, run.curves[0], None)
        found = band(run.curves, is_log, spread)
        return cls(run, found.line, found)

    def told(self, place: int) -> str:
        """Returns the number of a group's runs at a point: "n = 5", "n = 3 of 5"; empty for a run."""
        if self.band is None:
            return ""
        count, all_of_them = int(self.band.counts[place]), max(self.run.count, len(self.run.curves))
        return f" · n = {count}" if count == all_of_them else f" · n = {count} of {all_of_them}"

    @property
    def whole(self) -> str:
        """What stands after the name at the end of the line: ", median of 5", or ", median of 3 of 5"."""
        return self.told(-1).replace(" · n = ", ", median of ")


class RunsPlot(ZoomPlot):
    """A plot with the read-out, zoom and axes of the curves in the Train workspace.

    Attributes:
        spread: meaning of bands: "range" or "quartiles".
        runs: the drawn curves.
    """

    def __init__(self) -> None:
        self._bottom, self._left = EpochAxis(), ValueAxis()
        super().__init__(axisItems={"bottom": self._bottom, "left": self._left})
        self.spread = RANGE
        self.axes = Axes(ERROR, is_root=True)
        self.runs: Sequence[RunCurve] = ()
        self._planned = self._room = 0  # epochs; pixels for the texts, which do not shrink during training
        self._shown: list[_DrawnRun] = []
        self._lines: list[CurveLine] = []
        self._fills: list[BandFill] = []
        self._mouse: QPoint | None = None
        self._cross, self._read_out = self._disable_mouse_actions((0, 10, 0, 0))
        self._make_zoomable("theirResetZoomButton")
        self._read_out.raise_()
        self._left.setZValue(-1)
        self._left.setGrid(255)
        self._left.setStyle(tickTextOffset=6)
        self._bottom.setStyle(tickTextOffset=8)
        self.view_changed.connect(self._draw)
        self.view_changed.connect(self._update_read_out)
        self.getViewBox().sigResized.connect(self._resized)
        self.setMinimumHeight(_LEAST_HEIGHT)
        self._apply_theme()

    # ---- what is drawn

    def show_runs(self, runs: Sequence[RunCurve], quantity: Quantity, planned: int = 0, spread: str = RANGE) -> None:
        """Draws curves.

        Args:
            quantity: the quantity on the y axis. Another one shows the whole curves.
            planned: the last epoch of runs in training; the x axis extends to it, so that it does not grow.
            spread: meaning of bands: "range" or "quartiles".
        """
        is_same = [(run.title, run.colour) for run in runs] == [(run.title, run.colour) for run in self.runs]
        self._room = self._room if is_same and planned else 0
        if quantity.name != self.axes.quantity.name:
            self._zoom = None
        self.axes = replace(self.axes, quantity=quantity)
        self.runs, self._planned, self.spread = tuple(runs), planned, spread
        self._take()
        self._make_room()
        self._colour()
        self._update()

    def _take(self) -> None:
        """Passes the curves to the lines, transformed as the axis, which decides the interpolation."""
        while len(self._lines) < len(self.runs):
            for item, items in ((BandFill(), self._fills), (CurveLine(2.0), self._lines)):
                self.addItem(item, ignoreBounds=True)
                items.append(item)
        shown = [_DrawnRun.of(run, self.is_log, self.spread) for run in self.runs]
        for number, (line, fill) in enumerate(zip(self._lines, self._fills, strict=True)):
            is_there = number < len(shown)
            has_gap = is_there and shown[number].run.lacks_estimates
            line.take(shown[number].line if is_there else Curve(), self.axes.quantity, has_gap=has_gap)
            fill.take(shown[number].band if is_there else None, self.axes.quantity)
        self._shown = shown

    def set_axes(self, is_log: bool, is_root: bool) -> None:
        """Chooses logarithms of the values and square roots of the epochs, and shows the whole curves."""
        if (is_log, is_root) != (self.axes.is_log, self.axes.is_root):
            self.axes = replace(self.axes, is_log=is_log, is_root=is_root)
            self._take()
            self.reset_zoom()
            self._update()

    @property
    def is_log(self) -> bool:
        """Whether the y axis is logarithmic."""
        return self.axes.is_log

    @property
    def lines(self) -> list[CurveLine]:
        """The line of each run."""
        return self._lines[: len(self.runs)]

    @property
    def fills(self) -> list[BandFill]:
        """The band of each run; without points for a single run."""
        return self._fills[: len(self.runs)]

    def _update(self) -> None:
        drawn = [(line.x, line.y) for line in self.lines]
        drawn += [(fill.x, edge) for fill in self.fills for edge in (fill.low, fill.high)]
        drawn = [(x, y) for x, y in drawn if len(x)]
        last = max((float(x[-1]) for x, _ in drawn), default=1.0)
        every = np.concatenate([y for _, y in drawn]) if drawn else np.empty(0)
        later = np.concatenate([y[x >= min(1.0, last)] for x, y in drawn]) if drawn else every
        first = [float(line.y[0]) for line in self.lines if len(line.y) and np.isfinite(line.y[0])]
        self.axes, home = axis_around(self.axes, every if self.is_log else later, max(first, default=None))
        _, whole = axis_around(self.axes, every, max(first, default=None))
        self._left.follow(self.axes)
        self._bottom.follow(self.axes)
        across = 0.0, float(self.axes.across(max(1.0, self._planned, math.ceil(last))))
        self.set_home((across, home), (across, (min(home[0], whole[0]), max(home[1], whole[1]))))
        self._draw()
        self._update_read_out()

    def _draw(self) -> None:
        across, pixels = self.view[0], max(self.getViewBox().width(), 1.0)
        for line, fill in zip(self._lines, self._fills, strict=True):
            line.draw(across, pixels, self.axes)
            fill.draw(across, pixels, self.axes)
        self.viewport().update()

    @property
    def _size(self) -> int:
        """The size of the values' letters: the largest with which all texts have room."""
        room = self.height() - theme.px(_AXIS)
        count = len(self._shown)
        sizes = theme.FIGURE, theme.LARGE
        return next((size for size in sizes if count * theme.px(self._apart_of(size)) <= room), theme.SMALL)

    @staticmethod
    def _apart_of(size: int) -> int:
        """Pixels between two texts, at 100 %."""
        return _VALUES[size] + _AROUND + (0 if size == theme.SMALL else _NAME)

    def _make_room(self) -> None:
        """Reserves the width of the texts, up to a share of the plot; a value is never cut."""
        large, small = self._metrics
        known = [each for each in self._shown if each.line.values]
        values = [large.horizontalAdvance(self._value(each)) for each in known]
        names = [small.horizontalAdvance(f"{each.run.name}{each.whole}") for each in known]
        if self._size == theme.SMALL:
            names = [value + theme.px(_GAP) + name for value, name in zip(values, names, strict=True)]
        least, beside = max(values, default=0), theme.px(_BESIDE) + 2
        wanted = min(max([least, *names]), round(_MOST_SHARE * self.width()) - beside)
        self._room = max(self._room, wanted, least)
        self.getPlotItem().layout.setContentsMargins(0, 10, self._room + beside if known else beside, 0)

    @property
    def _metrics(self) -> tuple[QFontMetrics, QFontMetrics]:
        """The metrics of values and names at the ends of the lines."""
        return QFontMetrics(self._value_font), QFontMetrics(theme.font(theme.SMALL))

    @property
    def _value_font(self) -> QFont:
        return theme.font(self._size, bold=True)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if hasattr(self, "_shown"):  # pyqtgraph sizes the plot while it is made
            self._make_room()

    def _resized(self) -> None:
        self._draw()

    # ---- looks

    def _apply_theme(self) -> None:
        super()._apply_theme()
        for axis in (self._bottom, self._left):
            axis.setTickPen(theme.colour("grid"))
        self._left.setPen(pg.mkPen(None))
        self._cross.setPen(pg.mkPen(theme.colour("muted"), style=Qt.PenStyle.DotLine))
        self._colour()

    def _colour(self) -> None:
        for run, line, fill in zip(self.runs, self._lines, self._fills, strict=False):
            line.set_colour(theme.colour(run.colour))
            fill.set_colour(theme.colour(run.colour))

    def drawForeground(self, painter: QPainter, rect: QRectF) -> None:  # noqa: N802
        """Paints the last values and the names at the ends of the lines."""
        super().drawForeground(painter, rect)
        painter.save()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left = self.plot_area().right() + theme.px(_BESIDE)
        size, (large, _) = self._size, self._metrics
        high = theme.px(_VALUES[size])
        for shown, y in self._labels():
            value = self._value(shown)
            place = QRect(left, round(y - high / 2), self.width() - left, high)
            painter.setPen(theme.colour(shown.run.colour))
            painter.setFont(self._value_font)
            painter.drawText(place, _SIDE, value)
            if size == theme.SMALL:
                place.setLeft(left + large.horizontalAdvance(value) + theme.px(_GAP))
            else:
                place = QRect(left, place.bottom() + 1, place.width(), theme.px(_NAME))
            painter.setPen(theme.colour("muted"))
            painter.setFont(theme.font(theme.SMALL))
            painter.drawText(place, _SIDE, self._name(shown, place.width()))
        painter.restore()

    @property
    def labels(self) -> list[str]:
        """The values and unshortened names at the ends of the lines."""
        return [f"{self._value(each)} {self._name(each, 10_000)}" for each in self._shown]

    def _name(self, shown: _DrawnRun, width: int) -> str:
        """Returns a run's name and the number of its seeds, as much as fits; a name is not cut beside its value."""
        measure, name = self._metrics[1].horizontalAdvance, shown.run.name
        if self._size == theme.SMALL and measure(name) > width:
            return ""
        return f"{name}{shown.whole}" if measure(name + shown.whole) <= width else fitted(name, width)

    def _value(self, shown: _DrawnRun) -> str:
        """Returns the last value of a line."""
        return self.axes.quantity.text(shown.line.values[-1])

    def _labels(self) -> list[tuple[_DrawnRun, float]]:
        """Returns each run with the middle of its value in pixels; the texts do not overlap."""
        area, (low, high) = self.plot_area(), self.view[1]
        found = []
        for shown, line in zip(self._shown, self._lines, strict=False):
            within = line.y[line.x <= self.axes.epoch(self.view[0][1]) * (1 + 1e-9)]
            if len(within) and np.isfinite(within[-1]):
                share = (float(self.axes.height(within[-1])) - low) / (high - low)
                found.append((shown, area.bottom() - min(max(share, 0.0), 1.0) * area.height()))
        found.sort(key=lambda each: each[1])
        apart, value = theme.px(self._apart_of(self._size)), theme.px(_VALUES[self._size])
        below = value / 2 + (0 if self._size == theme.SMALL else theme.px(_NAME))
        lowest = area.bottom() + value / 4  # where the last number of the epochs begins, which is as wide as the axis
        heights = pushed_apart([y for _, y in found], apart, value / 2, lowest - below)
        return [(shown, y) for (shown, _), y in zip(found, heights, strict=True)]

    # ---- read-out

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave and hasattr(self, "_hint"):
            self.leaveEvent(event)
        return bool(super().viewportEvent(event))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        self._mouse = event.pos()
        self._update_read_out()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._mouse = None
        self._update_read_out()

    def _update_read_out(self) -> None:
        lines: list[Line] = []
        if self._mouse is not None and self.plot_area().contains(self._mouse):
            low, high = (self.axes.epoch(end) for end in self.view[0])
            epoch = round(self.axes.epoch(self.place(self._mouse).x()))
            at = min(max(epoch, math.ceil(low - 1e-6)), math.floor(high + 1e-6))
            lines = self._figures(at)
            self._cross.setPos(float(self.axes.across(at)))
        self._cross.setVisible(bool(lines))
        self._read_out.show_text(lines, self._mouse)

    def _figures(self, at: float) -> list[Line]:
        lines: list[Line] = []
        for shown in self._shown:
            value = value_at(shown.line, at)
            if value is not None:
                words = f"{shown.run.title} {self.axes.quantity.text(value)}{self._spread(shown, at)}"
                lines.append([("■", theme.colour(shown.run.colour)), (words, "ink")])
        return [[(f"epoch {at:.0f}", "muted")], *lines] if lines else []

    def _spread(self, shown: _DrawnRun, at: float) -> str:
        """Returns the spread of a group at an epoch, and the number of runs: ", 2.20 – 2.60 % · n = 5".

        For quartiles the text names them: ", quartiles 2.25 – 2.41 % · n = 5".
        """
        place = None if shown.band is None else shown.band.place(at)
        if shown.band is None or place is None:
            return ""
        low, high = float(shown.band.low[place]), float(shown.band.high[place])
        which = QUARTILES if shown.band.has_quartiles[place] else RANGE
        named = f"{which} " if self.spread == QUARTILES else ""
        return f", {named}{self.axes.quantity.number(low)} – {self.axes.quantity.text(high)}{shown.told(place)}"
