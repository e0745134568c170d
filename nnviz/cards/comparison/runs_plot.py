"""A plot of several runs over epochs, each in its colour, with its name and last value at the end of its line.

A group of seeds is a line, the median, over a band of its range or its quartiles.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PyQt5.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt
from PyQt5.QtGui import QFontMetrics, QMouseEvent, QPainter, QResizeEvent
from PyQt5.QtWidgets import QLabel

from engine.sweeps.quantile_bands import QUARTILES, RANGE, Band, band
from engine.training.history import Curve
from nnviz.cards.comparison.band_fill import BandFill
from nnviz.formatting.run_name import RunName
from nnviz.ui import alignment, theme
from nnviz.ui.name_elision import fitted
from nnviz.ui.parts import named
from nnviz.ui.plots.curve_axes import Axes, EpochAxis, Quantity, ValueAxis, ends
from nnviz.ui.plots.curve_figures import Line, value_at
from nnviz.ui.plots.curve_line import CurveLine
from nnviz.ui.plots.zoom_plot import ZoomPlot

_LEAST_RIGHT, _MOST_SHARE = 60, 0.25  # for the names: pixels, and of the plot's width
_LINE = 17  # least vertical distance between two names, in pixels
_GAP, _SIDE = 8, 8


@dataclass(frozen=True, eq=False)
class RunCurve:
    """The curve of a run, or the curves of a group's runs.

    Attributes:
        colour: a colour name of the theme.
        curves: the curves so far.
        count: the final number of runs.
    """

    title: RunName
    colour: str
    curves: Sequence[Curve]
    count: int = 1

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


class RunsPlot(ZoomPlot):
    """A plot with the read-out, zoom and axes of the curves in the Train workspace.

    Attributes:
        quantity: the quantity on the y axis.
        spread: meaning of bands: "range" or "quartiles".
        runs: the drawn curves.
    """

    def __init__(self, quantity: Quantity, reset_name: str) -> None:
        self._bottom, self._left = EpochAxis(), ValueAxis()
        super().__init__(axisItems={"bottom": self._bottom, "left": self._left})
        self.quantity, self.spread = quantity, RANGE
        self.axes = Axes(quantity)
        self.runs: Sequence[RunCurve] = ()
        self._planned = self._room = 0  # epochs; pixels for the names, which do not shrink during training
        self._shown: list[_DrawnRun] = []
        self._lines: list[CurveLine] = []
        self._fills: list[BandFill] = []
        self._mouse: QPoint | None = None
        self._cross, self._read_out = self._disable_mouse_actions((0, 10, theme.px(_LEAST_RIGHT), 0))
        self._make_zoomable(reset_name)
        self._read_out.raise_()
        self._hint = named(QLabel("", self), "plotHint")
        self._hint.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._left.setZValue(-1)
        self._left.setGrid(255)
        self._left.setStyle(tickTextOffset=6)
        self._bottom.setStyle(tickTextOffset=8)
        self.view_changed.connect(self._draw)
        self.view_changed.connect(self._update_read_out)
        self.getViewBox().sigResized.connect(self._resized)
        self.setMinimumHeight(140)
        self._apply_theme()

    # ---- what is drawn

    def show_runs(self, runs: Sequence[RunCurve], hint: str = "", planned: int = 0, spread: str = RANGE) -> None:
        """Draws curves; shows ``hint`` if there are none.

        Args:
            planned: the last epoch of runs in training; the x axis extends to it, so that it does not grow.
            spread: meaning of bands: "range" or "quartiles".
        """
        is_same = [(run.title, run.colour) for run in runs] == [(run.title, run.colour) for run in self.runs]
        self._room = self._room if is_same and planned else 0
        self.runs, self._planned, self.spread = tuple(runs), planned, spread
        self._take()
        self._hint.setText("" if any(shown.line.epochs for shown in self._shown) else hint)
        self._make_room()
        self._place_hint()
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
            line.take(shown[number].line if is_there else Curve(), self.quantity)
            fill.take(shown[number].band if is_there else None, self.quantity)
        self._shown = shown

    def set_log(self, is_log: bool) -> None:
        """Chooses a logarithmic or a linear y axis, and shows the whole curves."""
        if is_log != self.is_log:
            self.axes = Axes(self.quantity, is_log)
            self._left.follow(self.axes)
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
        values = np.concatenate([y[x >= min(1.0, last)] for x, y in drawn]) if drawn else np.empty(0)
        across, home = (0.0, max(1.0, self._planned, math.ceil(last))), ends(values, self.is_log, self.quantity)
        every = np.concatenate([y for _, y in drawn]) if drawn else values
        whole = ends(every, self.is_log, self.quantity)
        self.set_home((across, home), (across, (min(home[0], whole[0]), max(home[1], whole[1]))))
        self._draw()
        self._update_read_out()

    def _draw(self) -> None:
        across, pixels = self.view[0], max(self.getViewBox().width(), 1.0)
        for line, fill in zip(self._lines, self._fills, strict=True):
            line.draw(across, pixels, self.axes)
            fill.draw(across, pixels, self.axes)
        self.viewport().update()

    def _make_room(self) -> None:
        """Reserves the width of the names, up to a share of the plot."""
        metrics, most = QFontMetrics(theme.font(theme.SMALL)), round(_MOST_SHARE * self.width())
        labels = [self._label(each, self.width()) for each in self._shown if each.line.values]
        wanted = map(metrics.horizontalAdvance, labels)
        self._room = max(self._room, theme.px(_LEAST_RIGHT), *(each + _GAP + _SIDE + 16 for each in (0, *wanted)))
        values = (metrics.horizontalAdvance(self._value(each)) for each in self._shown if each.line.values)
        least = max(values, default=0) + _GAP + _SIDE + 16  # a value is never cut
        self.getPlotItem().layout.setContentsMargins(0, 10, max(least, min(most, self._room)), 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if hasattr(self, "_hint"):  # pyqtgraph sizes the plot while it is made
            self._make_room()

    def _resized(self) -> None:
        self._draw()
        self._place_hint()

    def _place_hint(self) -> None:
        """Centres the hint next to the numbers of the axis, on two lines if necessary."""
        hint, left = self._hint, self.plot_area().left()
        hint.setVisible(bool(hint.text()))
        hint.setWordWrap(False)
        size, room = hint.sizeHint(), max(1, self.width() - left)
        if size.width() > room:
            hint.setWordWrap(True)
            size = QSize(room, hint.heightForWidth(room))
        hint.resize(size)
        corner = self.rect().center() - hint.rect().center()
        hint.move(max(left, corner.x()), corner.y())

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
        """Paints the names at the ends of the lines."""
        super().drawForeground(painter, rect)
        painter.save()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font(theme.SMALL))
        x = self.plot_area().right() + _GAP
        for shown, y in self._labels():
            square = QRectF(x, y - _SIDE / 2, _SIDE, _SIDE)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour(shown.run.colour))
            painter.drawRoundedRect(square, 2, 2)
            painter.setPen(theme.colour("ink"))
            place = QRect(x + _SIDE + 6, round(y) - theme.px(9), self.width() - x - _SIDE - 10, theme.px(18))
            painter.drawText(
                place,
                alignment.LEFT,
                self._label(shown, place.width()),
            )
        painter.restore()

    @property
    def labels(self) -> list[str]:
        """The unshortened texts at the ends of the lines."""
        return [self._label(each, 10_000) for each in self._shown]

    def _label(self, shown: _DrawnRun, width: int) -> str:
        """Returns a run's name, last value and number of runs, shortened to the width.

        The number of runs is left out first, then the name is shortened. The value is always complete.
        """
        measure = QFontMetrics(theme.font(theme.SMALL)).horizontalAdvance
        value, count = f" · {self._value(shown)}", shown.told(-1)
        is_cut = measure(shown.run.title.forms[-1] + value + count) > width
        value += "" if is_cut else count
        label = fitted(shown.run.title, width - measure(value)) + value
        return label if measure(label) <= width else self._value(shown)

    def _value(self, shown: _DrawnRun) -> str:
        """Returns the last value of a line."""
        return self.quantity.text(shown.line.values[-1])

    def _labels(self) -> list[tuple[_DrawnRun, float]]:
        """Returns each run with the height of its label in pixels; labels do not overlap."""
        area, (low, high) = self.plot_area(), self.view[1]
        found = []
        for shown, line in zip(self._shown, self._lines, strict=False):
            within = line.y[line.x <= self.view[0][1]]
            if len(within) and np.isfinite(within[-1]):
                share = (float(self.axes.height(within[-1])) - low) / (high - low)
                found.append((shown, area.bottom() - min(max(share, 0.0), 1.0) * area.height()))
        found.sort(key=lambda each: each[1])
        heights = spaced_heights([y for _, y in found], area.top(), area.bottom())
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
            low, high = self.view[0]
            at = min(max(round(self.place(self._mouse).x()), math.ceil(low - 1e-6)), math.floor(high + 1e-6))
            lines = self._figures(at)
            self._cross.setPos(at)
        self._cross.setVisible(bool(lines))
        self._read_out.show_text(lines, self._mouse)

    def _figures(self, at: float) -> list[Line]:
        lines: list[Line] = []
        for shown in self._shown:
            value = value_at(shown.line, at)
            if value is not None:
                words = f"{shown.run.title} {self.quantity.text(value)}{self._spread(shown, at)}"
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
        return f", {named}{self.quantity.number(low)} – {self.quantity.text(high)}{shown.told(place)}"


def spaced_heights(heights: Sequence[float], highest: float, lowest: float) -> list[float]:
    """Returns the heights, from the top, at least ``_LINE`` apart, and none below ``lowest``."""
    moved: list[float] = []
    for height in heights:
        moved.append(max(height, highest if not moved else moved[-1] + theme.px(_LINE)))
    limit = lowest
    for number in range(len(moved) - 1, -1, -1):
        moved[number] = min(moved[number], limit)
        limit = moved[number] - theme.px(_LINE)
    return moved
