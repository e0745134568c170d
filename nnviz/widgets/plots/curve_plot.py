"""Error or loss against epochs: the run in colour, earlier ones in grey, a cross with the figures under the mouse."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PyQt5.QtCore import QEvent, QPoint, QRect, Qt
from PyQt5.QtGui import QMouseEvent
from PyQt5.QtWidgets import QLabel

from engine.tape import Curve
from nnviz.look import theme
from nnviz.widgets.plots.curve_axes import ERROR, Ends, EpochAxis, Quantity, ValueAxis, ends
from nnviz.widgets.plots.curve_line import CurveLine
from nnviz.widgets.plots.zoom_plot import ZoomPlot

EARLIER = "earlier"
_READ_OUT_DISTANCE = 14
_SAMPLE = 4  # pixels between two places where is looked whether a line lies under the read-out
_IN_THE_WAY = 10_000  # over the mouse or the button: worse than over any line
_NAMES = ("live_train", "live_test", "validation", "train", "test")  # the last on top
_EXACT = ("train", "test", "validation")
_BACK = ("last run", "the one before", "earlier")


@dataclass(frozen=True)
class Earlier:
    """The curves of a run before this one, and what it is called."""

    name: str
    train: Curve
    test: Curve

    def begins_before(self, epoch: float) -> bool:
        """Whether one of its lines is seen on an axis that ends there."""
        return any(len(curve.epochs) > 1 and curve.epochs[0] < epoch for curve in (self.train, self.test))


class CurvePlot(ZoomPlot):
    """Curves of train, test and perhaps validation figures, the fine lines of the epoch under way, and earlier runs.

    Attributes:
        quantity: what the value axis shows.
        is_log: whether that axis is logarithmic.
    """

    def __init__(self, quantity: Quantity = ERROR, reset_name: str = "resetZoomButton") -> None:
        self._bottom, self._left = EpochAxis(), ValueAxis()
        super().__init__(axisItems={"bottom": self._bottom, "left": self._left})
        self.quantity = quantity
        self.is_log = True
        self._curves: Mapping[str, Curve] = {}
        self._epochs = 1.0
        self._earlier: Sequence[Earlier] = ()
        self._grey: list[tuple[CurveLine, CurveLine]] = []
        self._hidden: set[str] = set()
        self._mouse: QPoint | None = None
        self._corner = 0  # of the mouse, where the read-out was last
        self._hint_stays = False
        self._lines = {name: self._add_line(name) for name in _NAMES}
        self._cross, self._read_out = self._make_quiet((0, 10, 24, 0))  # at the right for half of a large epoch
        self._level = pg.InfiniteLine(angle=0, movable=False)
        self._level.hide()
        self.addItem(self._level, ignoreBounds=True)
        self._make_zoomable(reset_name)
        self._read_out.raise_()
        self._hint = QLabel(f"train the network to see its {quantity.name} fall", self)
        self._hint.setObjectName("plotHint")
        self._hint.setAttribute(Qt.WA_TransparentForMouseEvents)
        self.view_changed.connect(self._draw)
        self.view_changed.connect(self._read)  # under a mouse that rests there is another epoch now
        self.getPlotItem().getViewBox().sigResized.connect(self._resized)
        self._left.setWidth(44)  # room for 0.001, and below for the word at the epochs
        self._left.setZValue(-1)  # its grid lies behind the curves
        self.setMinimumHeight(140)
        self._dress()
        self._set_home()

    def _add_line(self, name: str) -> CurveLine:
        line = CurveLine(1.0 if name.startswith("live_") else 2.0, dashed=name == "validation")
        self.addItem(line, ignoreBounds=True)
        return line

    # ---- what is drawn

    def show_curves(self, curves: Mapping[str, Curve], epochs: float) -> None:
        """Draws curves named train, test, validation, live_train, live_test up to ``epochs``."""
        self._curves = curves
        changed = [line.take(curves.get(name) or Curve(), self.quantity) for name, line in self._lines.items()]
        if any(changed) or max(epochs, 1.0) != self._epochs:
            self._epochs = max(epochs, 1.0)
            self._update()

    def set_hint(self, words: str, stays: bool = False) -> None:
        """What stands in the plot while the run has no curves; where it ``stays`` also over those of earlier runs."""
        if (words, stays) != (self._hint.text(), self._hint_stays):
            self._hint_stays = stays
            self._hint.setText(words)
            self._place_hint()
            self._set_home()

    def show_earlier(self, runs: Sequence[Earlier]) -> None:
        """Draws these behind, test solid and train dashed."""
        self._earlier = tuple(runs)
        while len(self._grey) < len(runs):
            pair = CurveLine(1.0, dashed=True), CurveLine(1.0)
            for line in pair:
                line.setZValue(-0.5)
                line.set_colour(theme.colour("past"))
                line.setVisible(EARLIER not in self._hidden)
                self.addItem(line, ignoreBounds=True)
            self._grey.append(pair)
        for number, (train, test) in enumerate(self._grey):
            run = runs[number] if number < len(runs) else Earlier("", Curve(), Curve())
            train.take(run.train, self.quantity)
            test.take(run.test, self.quantity)
        self._update()

    def set_shown(self, name: str, shown: bool) -> None:
        """Shows or hides train, test, validation or earlier; what is hidden does not stretch the axes."""
        (self._hidden.discard if shown else self._hidden.add)(name)
        for of, line in self._by_name():
            if of == name:
                line.setVisible(shown)
        self._update()

    def set_log(self, is_log: bool) -> None:
        """A logarithmic value axis, or a linear one; a zoomed view goes on showing the same values."""
        if is_log == self.is_log:
            return
        zoom, was_log = self._zoom, self.is_log
        self.is_log = self._left.is_log = is_log
        self._zoom = None
        self._left.picture = None
        self._update()
        if zoom is not None:
            values = np.array([self.quantity.value(height, was_log) for height in zoom[1]])
            low, high = self.quantity.height(values, is_log)
            self.zoom_to((zoom[0], (float(low), float(high))))

    def _by_name(self) -> list[tuple[str, CurveLine]]:
        own = [(name.removeprefix("live_"), line) for name, line in self._lines.items()]
        return own + [(EARLIER, line) for pair in self._grey for line in pair]

    def _update(self) -> None:
        self._set_home()
        self._draw()
        self._read()

    def _draw(self) -> None:
        across, pixels = self.view[0], max(self.getPlotItem().getViewBox().width(), 1.0)
        for name, line in self._by_name():
            if name not in self._hidden:
                line.draw(across, pixels, self.is_log, self.quantity)

    def _resized(self) -> None:
        """As many points as there is room for."""
        self._draw()
        self._place_hint()

    def _place_hint(self) -> None:
        self._hint.adjustSize()
        self._hint.move(self._plot_area().center() - self._hint.rect().center())

    def _set_home(self) -> None:
        """This run's epochs, and all values that are shown of them; earlier runs go on to the right, out of sight.

        What lies before the first epoch's end does not stretch the axis for ever: only until this run has come there.
        """
        shown = [(name, line) for name, line in self._by_name() if name not in self._hidden and len(line.x)]
        self._show_hint()
        own = [line for name, line in shown if name != EARLIER]
        far = max((float(line.x[-1]) for line in own), default=1.0)
        across = (0.0, max(self._epochs, math.ceil(far)))  # whole epochs: it stays as it is within one
        values = _values([line for _, line in shown], 0.0, across[1])
        late = _values([line for _, line in shown], 1.0, across[1])
        has_come_there = len(late) and (far >= 1 or not own)
        home = ends(late if has_come_there else values, self.is_log, self.quantity)
        whole = ends(values, self.is_log, self.quantity)
        self.set_home((across, home), (across, _around(home, whole)))

    def _show_hint(self) -> None:
        is_needed = not any(len(line.x) for line in self._lines.values())
        self._hint.setVisible(is_needed and (self._hint_stays or not any(len(line.x) for _, line in self._by_name())))

    @property
    def end(self) -> float:
        """The last epoch that can be seen."""
        return self._bounds[0][1]

    # ---- looks

    def changeEvent(self, event: QEvent) -> None:
        """Pens follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.PaletteChange and hasattr(self, "_hint") and self.getPlotItem() is not None:
            self._dress()

    def _dress(self) -> None:
        self.setBackground(theme.colour("card"))
        for axis in (self._bottom, self._left):
            axis.setStyle(tickFont=theme.font(theme.SMALL), tickLength=0, hideOverlappingLabels=False)
            axis.setStyle(tickTextOffset=8 if axis is self._bottom else 6)
            axis.setTextPen(theme.colour("muted"))
            axis.setPen(theme.colour("border") if axis is self._bottom else pg.mkPen(None))
            axis.setTickPen(theme.colour("grid"))
        self._left.setGrid(255)
        for name, line in self._lines.items():
            line.set_colour(theme.colour(name.removeprefix("live_")))
            line.setOpacity(0.6 if name.startswith("live_") else 1.0)
        for line in (line for pair in self._grey for line in pair):
            line.set_colour(theme.colour("past"))
        for cross in (self._cross, self._level):
            cross.setPen(pg.mkPen(theme.colour("muted"), style=Qt.DotLine))

    # ---- read-out

    def viewportEvent(self, event: QEvent) -> bool:
        """Where there are figures to read, no tooltip lies over them. On the button above it the mouse is not in it."""
        if event.type() == QEvent.Leave and hasattr(self, "_hint"):
            self._forget_mouse()
        if event.type() == QEvent.ToolTip and self._read_out.isVisible():
            event.accept()
            return True
        return bool(super().viewportEvent(event))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Shows the figures of the nearest epoch."""
        super().mouseMoveEvent(event)
        self._mouse = event.pos()
        self._read()

    def leaveEvent(self, event: QEvent) -> None:
        """The read-out goes with the mouse."""
        super().leaveEvent(event)
        self._forget_mouse()

    def _forget_mouse(self) -> None:
        self._mouse = None
        self._read()

    def _read(self) -> None:
        """Cross and figures for where the mouse is."""
        text, epoch, height = None, 0, 0.0
        if self._mouse is not None and self._plot_area().contains(self._mouse):
            place = self.place(self._mouse)
            epoch, height = self._nearest(place.x()), place.y()
            text = self._figures(epoch)
        for part in (self._cross, self._level, self._read_out):
            part.setVisible(text is not None)
        if text is not None and self._mouse is not None:
            self._cross.setPos(epoch)
            self._level.setPos(height)
            self._read_out.setText(text)
            self._read_out.adjustSize()
            self._place_read_out(self._mouse)

    def _nearest(self, x: float) -> int:
        """The whole epoch; none that lies out of view."""
        low, high = self.view[0]
        return min(max(round(x), math.ceil(low - 1e-6)), math.floor(high + 1e-6))

    def _place_read_out(self, at: QPoint) -> None:
        """In the corner beside the mouse where it hides least of the lines, and never off the plot.

        It stays in the one where it is unless another is better.
        """
        places = self._corners(at)
        costs = [self._hidden_under(place) + _IN_THE_WAY * self._is_in_the_way(place, at) for place in places]
        self._corner = min(range(len(places)), key=lambda index: (costs[index], index != self._corner))
        self._read_out.move(places[self._corner].topLeft())

    def _is_in_the_way(self, place: QRect, at: QPoint) -> bool:
        button = self.reset_button
        return place.contains(at) or (button.isVisible() and place.intersects(button.geometry()))

    def _corners(self, at: QPoint) -> list[QRect]:
        """Right above the mouse, left above, right below and left below it."""
        width, height = self._read_out.width(), self._read_out.height()
        beside = (at.x() + _READ_OUT_DISTANCE, at.x() - _READ_OUT_DISTANCE - width)
        over = (at.y() - height - 4, at.y() + _READ_OUT_DISTANCE)
        return [
            QRect(max(0, min(x, self.width() - width)), max(4, min(y, self.height() - height)), width, height)
            for y in over
            for x in beside
        ]

    def _hidden_under(self, place: QRect) -> int:
        """How much of the lines would lie under the read-out there, as a number of places along them."""
        area, ((left, right), (low, high)) = self._plot_area(), self.getPlotItem().getViewBox().viewRange()
        pixels = np.arange(place.left(), place.right() + _SAMPLE, _SAMPLE)
        epochs = left + (pixels - area.left()) / max(area.width(), 1) * (right - left)
        count = 0
        for _, line in self._by_name():
            if line.isVisible() and line.xData is not None and len(line.xData):
                x, y = line.xData, line.yData
                at = np.concatenate([epochs, x[(x > epochs[0]) & (x < epochs[-1])]])
                heights = np.interp(at, x, y, left=np.nan, right=np.nan)
                rows = area.bottom() - (heights - low) / (high - low) * area.height()
                count += int(((rows >= place.top() - 1) & (rows <= place.bottom() + 1)).sum())
        return count

    def _figures(self, epoch: int) -> str | None:
        """What is known of the curves that are shown; None where nothing is."""
        parts = []
        for name in _EXACT:
            value = None if name in self._hidden else _at(self._curves.get(name), epoch)
            if value is not None:
                ink, word = theme.colour(name).name(), name.replace("_", " ")
                parts.append(f'<span style="color:{ink}">{word} {self.quantity.text(value)}</span>')
        lines = ["&nbsp;&nbsp;&nbsp;".join(parts)] if parts else []
        lines += [] if EARLIER in self._hidden else self._earlier_figures(epoch)
        return "<br>".join([f"epoch {epoch}", *lines]) if lines else None

    def _earlier_figures(self, epoch: int) -> list[str]:
        """One line a run, the latest first; where runs have the same name, with which of them it is."""
        ink = theme.colour("muted").name()
        names = [run.name for run in self._earlier]
        lines = []
        for back, run in enumerate(reversed(self._earlier)):
            curve = run.test if run.test.values else run.train
            value = _at(curve, epoch)
            name = run.name if names.count(run.name) == 1 else f"{run.name}, {_BACK[min(back, len(_BACK) - 1)]}"
            if value is not None:
                lines.append(f'<span style="color:{ink}">{name} {self.quantity.text(value)}</span>')
        return lines


def _at(curve: Curve | None, epoch: int) -> float | None:
    if curve is None:
        return None
    index = bisect_left(curve.epochs, epoch)
    return curve.values[index] if index < len(curve.epochs) and curve.epochs[index] == epoch else None


def _values(lines: Sequence[CurveLine], first: float, last: float) -> np.ndarray:
    """All of them from one epoch to another."""
    parts = [line.y[np.searchsorted(line.x, first) : np.searchsorted(line.x, last, side="right")] for line in lines]
    return np.concatenate(parts) if parts else np.empty(0)


def _around(one: Ends, other: Ends) -> Ends:
    return min(one[0], other[0]), max(one[1], other[1])
