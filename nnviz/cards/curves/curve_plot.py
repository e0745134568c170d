"""A plot of error or loss over epochs: the current run in colour, earlier runs in grey, values under the mouse."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pyqtgraph as pg
from PyQt5.QtCore import QEvent, QPoint, QRect, Qt
from PyQt5.QtGui import QMouseEvent
from PyQt5.QtWidgets import QLabel

from engine.training.history import Curve
from nnviz.cards.curves.end_figures import EndFigures
from nnviz.cards.curves.known_figures import ShownFigures
from nnviz.cards.curves.playhead import Playhead
from nnviz.formatting import text
from nnviz.ui import theme
from nnviz.ui.parts import named
from nnviz.ui.plots.curve_axes import ERROR, Axes, Quantity, ValueAxis
from nnviz.ui.plots.curve_figures import (
    EXACT,
    EarlierRun,
    Line,
    change_lines,
    earlier_figures,
    explained_figures,
    grey,
    own_figures,
    sample_line,
    value_at,
)
from nnviz.ui.plots.curve_line import CurveLine
from nnviz.ui.plots.zoom_plot import ZoomPlot
from nnviz.ui.read_out import spoken

EARLIER = "earlier"
_EMPTY = Curve()
_SAMPLE = 4  # pixels between two samples of a line under the read-out
_IN_THE_WAY = 10_000  # cost of covering the button; larger than for any line
_CHANGE = 14  # height in pixels of the mark at a change of settings
_LEAST_HEIGHT, _LEAST_OF_STRIP = 60, 24  # pixels
_LEAST_WITH_NAME, _BESIDE = 90, 6  # height of a chart that names earlier runs, and between the name and its edges
_NEAR = 5  # pixels; closer to a mark, the read-out shows the change
_NAMES = ("live_train", "live_test", "validation", "train", "test")  # later ones are drawn over earlier ones


class CurvePlot(ZoomPlot):
    """Curves of train, test and validation values, thin lines for the epoch in progress, and earlier runs.

    Within the first epoch the curves join estimates. The axes stay as they are for the whole run: epochs to the last
    one planned, values from a round number above that of the untrained network down to a fixed share of it.

    Attributes:
        quantity: the quantity on the y axis.
        changes: the marked epochs, and the changes of settings there.
        playhead: the mark of the displayed epoch.
        figures: the last figures, at the ends of the curves.
    """

    def __init__(self, quantity: Quantity = ERROR, reset_name: str = "resetZoomButton") -> None:
        self._left = ValueAxis()
        super().__init__(axisItems={"left": self._left})
        self.hideAxis("bottom")  # the epochs are at the axis of time below, which all charts share
        self.quantity = quantity
        self.axes = Axes(quantity, is_root=True, floor=1.0)
        self._curves: Mapping[str, Curve] = {}
        self._sizes: Mapping[str, int] = {}
        self._batches: int | None = None
        self._explained: Mapping[str, Curve] = {}
        self._epochs = 1.0
        self._earlier: Sequence[EarlierRun] = ()
        self._grey: list[tuple[CurveLine, CurveLine]] = []
        self._hidden: set[str] = set()
        self._mouse: QPoint | None = None
        self.changes: tuple[tuple[float, str], ...] = ()
        self._summarised = 0.0  # epoch that is described to screen readers
        self._lines = {name: self._add_line(name) for name in _NAMES}
        self._cross, self._read_out = self._disable_mouse_actions((0, 0, 0, 0))
        self._level = pg.InfiniteLine(angle=0, movable=False)
        self._level.hide()
        self.addItem(self._level, ignoreBounds=True)
        self._make_zoomable(reset_name)
        self._marks = pg.PlotCurveItem()  # where settings changed
        self._marks.setZValue(-0.6)
        self.addItem(self._marks, ignoreBounds=True)
        self.playhead = Playhead(self)
        self.figures = EndFigures(self)
        self._read_out.raise_()
        self._hint = named(QLabel("", self), "plotHint")
        self._hint.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._grey_name = named(QLabel("", self), "earlierName")
        self._grey_name.setTextFormat(Qt.TextFormat.PlainText)
        self._grey_name.setProperty("role", "muted")
        self._grey_name.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.view_changed.connect(self._draw)
        self.view_changed.connect(self._name_earlier)  # which leaves while the view is zoomed
        self.view_changed.connect(self._update_read_out)  # the epoch under a resting mouse changed
        self.getViewBox().sigResized.connect(self._resized)
        self._left.setZValue(-1)  # draws the grid behind the curves
        self._left.setGrid(255)
        self._left.setStyle(tickTextOffset=6)
        self.setMinimumHeight(_LEAST_HEIGHT)
        self._apply_theme()
        self._set_home()

    def _add_line(self, name: str) -> CurveLine:
        line = CurveLine(1.0 if name.startswith("live_") else 2.0, dashed=name == "validation")
        self.addItem(line, ignoreBounds=True)
        return line

    # ---- curves

    def show_curves(
        self,
        curves: Mapping[str, Curve],
        epochs: float,
        batches_per_epoch: int | None = None,
        lacks_estimates: bool = False,
    ) -> None:
        """Draws the curves train, test and validation, each with its early_ one, live_train and live_test.

        Args:
            epochs: the end of the axis; a line beyond it extends the axis by a quarter.
            batches_per_epoch: if given, the read-out names the batch within an epoch.
            lacks_estimates: whether the first epoch is dashed, because nothing is known of it.
        """
        self._curves, self._batches = curves, batches_per_epoch
        changed = [
            line.take(self._curve(name), self.quantity, self._curve(_early(name)), lacks_estimates and name in EXACT)
            for name, line in self._lines.items()
        ]
        if any(changed) or max(epochs, 1.0) != self._epochs:
            self._epochs = max(epochs, 1.0)
            self._update()

    def _curve(self, name: str) -> Curve:
        return self._curves.get(name) or _EMPTY

    def show_sizes(self, sizes: Mapping[str, int]) -> None:
        """Sets the numbers of examples of the sets, of which the read-out of an estimate speaks."""
        self._sizes = sizes

    def set_quantity(self, quantity: Quantity) -> None:
        """Sets the quantity with another unit or other limits."""
        if quantity != self.quantity:
            self.quantity = quantity
            self._update()

    def show_explained(self, curves: Mapping[str, Curve]) -> None:
        """Shows the R² of the same epochs in the read-out."""
        self._explained = curves

    def set_changes(self, changes: Sequence[tuple[float, str]]) -> None:
        """Marks the epochs at which settings changed; the read-out near a mark shows its text."""
        if tuple(changes) != self.changes:
            self.changes = tuple(changes)
            self._draw_changes()
            self._update_read_out()

    def set_strip(self, is_strip: bool) -> None:
        """Chooses a form that is only some lines of text high, without numbers of values."""
        self.setMinimumHeight(_LEAST_OF_STRIP if is_strip else _LEAST_HEIGHT)
        self._left.setStyle(showValues=not is_strip)
        self.figures.set_low(is_strip)

    def set_hint(self, words: str) -> None:
        """Sets the hint for a run without curves, which is displayed even over earlier runs; "" for none."""
        if words != self._hint.text():
            self._hint.setText(words)
            self._place_hint()
            self._show_hint()
            self._set_home()
        self._summarise()

    def show_earlier(self, runs: Sequence[EarlierRun]) -> None:
        """Draws earlier runs behind the current one, test solid and train dashed."""
        self._earlier = tuple(runs)
        while len(self._grey) < len(runs):
            pair = CurveLine(1.0, dashed=True), CurveLine(1.0)
            for line in pair:
                line.setZValue(-0.5)
                line.setVisible(EARLIER not in self._hidden)
                self.addItem(line, ignoreBounds=True)
            self._grey.append(pair)
        for number, (train, test) in enumerate(self._grey):
            run = runs[number] if number < len(runs) else EarlierRun("", Curve(), Curve())
            train.take(run.train, self.quantity, has_gap=run.lacks_estimates)
            test.take(run.test, self.quantity, has_gap=run.lacks_estimates)
        self._colour_earlier()
        self._update()

    def _name_earlier(self) -> None:
        """Names the grey curves in the upper right corner of the chart, if there is room."""
        names = [run.title for run in self._earlier if run.begins_before(self.end)]
        label, area = self._grey_name, self.plot_area()
        words = names[0] if len(names) == 1 else f"{len(names)} earlier runs"
        label.setText(label.fontMetrics().elidedText(f"grey: {words}", Qt.TextElideMode.ElideRight, area.width() // 3))
        label.adjustSize()
        label.move(area.right() - label.width() - _BESIDE, area.top() + _BESIDE)
        has_room = area.height() >= theme.px(_LEAST_WITH_NAME) and not self.is_zoomed
        label.setVisible(bool(names) and EARLIER not in self._hidden and has_room)

    def set_shown(self, name: str, shown: bool) -> None:
        """Shows or hides train, test, validation or earlier; hidden curves do not count for the range of the axes."""
        (self._hidden.discard if shown else self._hidden.add)(name)
        self.figures.set_shown(name, shown)
        for of, line in self._by_name():
            if of == name:
                line.setVisible(shown)
        self._update()

    @property
    def is_log(self) -> bool:
        """Whether the y axis is logarithmic."""
        return self.axes.is_log

    def set_axes(self, is_log: bool, is_root: bool) -> None:
        """Chooses logarithms of the values and square roots of the epochs; a zoomed view keeps its ranges."""
        zoom, before = self._zoom, self.axes
        if (is_log, is_root) == (before.is_log, before.is_root):
            return
        self.axes = replace(before, is_log=is_log, is_root=is_root)
        self._zoom = None
        self._update()
        self.playhead.place()
        if zoom is not None:
            across = [float(self.axes.across(before.epoch(at))) for at in zoom[0]]
            heights = [float(self.axes.height(before.value(at))) for at in zoom[1]]
            self.zoom_to(((across[0], across[1]), (heights[0], heights[1])))

    def line(self, name: str) -> CurveLine:
        """Returns the line of train, test, validation, live_train or live_test."""
        return self._lines[name]

    @property
    def earlier_lines(self) -> list[tuple[CurveLine, CurveLine]]:
        """The lines of train and test of each earlier run, in the order they were given."""
        return self._grey[: len(self._earlier)]

    def _by_name(self) -> list[tuple[str, CurveLine]]:
        own = [(name.removeprefix("live_"), line) for name, line in self._lines.items()]
        return own + [(EARLIER, line) for pair in self._grey for line in pair]

    def _update(self) -> None:
        self._set_home()
        self._draw()
        self._name_earlier()
        self._update_read_out()
        self._summarise()

    def _draw(self) -> None:
        across, pixels = self.view[0], max(self.getViewBox().width(), 1.0)
        for name, line in self._by_name():
            if name not in self._hidden:
                line.draw(across, pixels, self.axes)
        self._draw_changes()

    def _draw_changes(self) -> None:
        """Draws the marks with a constant height on the screen."""
        (low, high), height = self.view[1], max(self.getViewBox().height(), 1.0)
        across = np.repeat([float(self.axes.across(epoch)) for epoch, _ in self.changes], 2)
        heights = np.tile([low, low + _CHANGE / height * (high - low)], len(self.changes))
        self._marks.setData(across, heights, connect="pairs")

    def _resized(self) -> None:
        """Draws the lines with as many points as the new width needs."""
        self._draw()
        self._place_hint()
        self._name_earlier()

    def _place_hint(self) -> None:
        self._hint.adjustSize()
        self._hint.move(self.plot_area().center() - self._hint.rect().center())

    def _set_home(self) -> None:
        """Sets the automatic view, which does not change during a run, and how far one can zoom out."""
        self._show_hint()
        low, high = self.quantity.fixed_ends(self._untrained())
        if low != self.axes.floor or self.quantity != self.axes.quantity:
            self.axes = replace(self.axes, quantity=self.quantity, floor=low)
        shown = [line.y for name, line in self._by_name() if name not in self._hidden]
        values = np.concatenate(shown) if shown else np.empty(0)
        values = values[np.isfinite(values)]
        self._left.follow(self.axes)
        across = 0.0, float(self.axes.across(self._last_epoch()))
        home = self.axes.heights(low, high)
        highest = min(max(float(values.max()) if len(values) else high, high), self.quantity.highest)
        self.set_home((across, home), (across, self.axes.heights(low, highest)))

    def _untrained(self) -> float | None:
        """Returns the highest first value of the current run's curves, in the unit of the axis; None without any."""
        lines = [self._lines[name] for name in EXACT]
        first = [float(line.y[0]) for line in lines if len(line.y) and np.isfinite(line.y[0])]
        return max(first, default=None)

    def _last_epoch(self) -> float:
        """Returns the end of the axis: the last epoch planned, extended by quarters as long as lines go beyond it."""
        far = max((float(line.x[-1]) for line in self._lines.values() if len(line.x)), default=0.0)
        end = self._epochs
        while end < far:
            end = math.ceil(end * 1.25)
        return end

    def _show_hint(self) -> None:
        self._hint.setVisible(bool(self._hint.text()) and not any(len(line.x) for line in self._lines.values()))

    def show_figures(self, known: ShownFigures, epoch: float) -> None:
        """Shows the last figures at the displayed epoch; those of the live network right of all its lines."""
        ends = [float(line.x[-1]) for line in self._lines.values() if len(line.x)]
        self.figures.show(known, epoch if known.past else max([epoch, *ends]))

    @property
    def end(self) -> float:
        """The last epoch that can be displayed."""
        return self.axes.epoch(self._bounds[0][1])

    # ---- looks

    def _apply_theme(self) -> None:
        super()._apply_theme()
        self._left.setTickPen(theme.colour("grid"))
        self._left.setPen(pg.mkPen(None))
        for name, line in self._lines.items():
            line.set_colour(theme.colour(name.removeprefix("live_")))
            line.setOpacity(0.6 if name.startswith("live_") else 1.0)
        self._colour_earlier()
        self.playhead.apply_theme()
        self._marks.setPen(pg.mkPen(theme.colour("muted"), dash=[3, 3]))
        for cross in (self._cross, self._level):
            cross.setPen(pg.mkPen(theme.colour("muted"), style=Qt.PenStyle.DotLine))

    def _colour_earlier(self) -> None:
        for number, pair in enumerate(self._grey):
            for line in pair:
                line.set_colour(grey(max(len(self._earlier) - 1 - number, 0)))

    # ---- read-out

    def viewportEvent(self, event: QEvent) -> bool:
        """Shows no tooltip over a read-out, and hides the read-out where the zoom button or a menu has the mouse."""
        if event.type() in (QEvent.Type.Leave, QEvent.Type.ContextMenu) and hasattr(self, "_hint"):
            self.leaveEvent(event)
        if event.type() == QEvent.Type.ToolTip and not self._read_out.isHidden():
            event.accept()
            return True
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
        """Shows the cross and the values at the mouse."""
        lines: list[Line] = []
        mouse = self._mouse
        if mouse is not None and self.plot_area().contains(mouse):
            place = self.place(mouse)
            at = self._nearest(place.x())
            lines = self._figures(at) + change_lines(self._changes_near(mouse))
            self._cross.setPos(float(self.axes.across(at)))
            self._level.setPos(place.y())
        self._cross.setVisible(bool(lines))
        self._level.setVisible(bool(lines))
        self._read_out.show_text(lines, mouse, self._cost)

    def summarise(self, epoch: float) -> None:
        """Describes the values at an epoch to screen readers, while the mouse points at no other."""
        if epoch != self._summarised:
            self._summarised = epoch
            self._summarise()

    def _summarise(self) -> None:
        self._read_out.set_summary(spoken(self._figures(self._summarised)) or self._hint.text())

    def _nearest(self, x: float) -> float:
        """Returns the epoch in view whose position is nearest to a position: a whole one, or one with an estimate."""
        low, high = map(self.axes.epoch, self.view[0])
        whole = np.arange(math.ceil(low - 1e-6), math.floor(high + 1e-6) + 1, dtype=float)
        known = np.concatenate([whole, *(line.x for line in self._lines.values())])
        known = known[(known >= low - 1e-6) & (known <= high + 1e-6)]
        return float(known[np.abs(self.axes.across(known) - x).argmin()]) if len(known) else 0.0

    def _changes_near(self, mouse: QPoint) -> list[tuple[float, str]]:
        left, right = (self.axes.epoch(self.place(mouse + QPoint(by, 0)).x()) for by in (-_NEAR, _NEAR))
        return [change for change in self.changes if left <= change[0] <= right]

    def _cost(self, place: QRect) -> float:
        """Returns the cost of covering a rectangle with the read-out."""
        button = self.reset_button
        is_in_the_way = button.isVisible() and place.intersects(button.geometry())
        return self.hidden_under(place) + _IN_THE_WAY * is_in_the_way

    def hidden_under(self, place: QRect) -> int:
        """Returns how much of the lines a rectangle covers, as a number of places along them."""
        area, ((left, right), (low, high)) = self.plot_area(), self.getViewBox().viewRange()
        pixels = np.arange(place.left(), place.right() + _SAMPLE, _SAMPLE)
        across = left + (pixels - area.left()) / max(area.width(), 1) * (right - left)
        count = 0
        for _, line in self._by_name():
            if line.isVisible() and line.xData is not None and len(line.xData):
                x, y = line.xData, line.yData
                at = np.concatenate([across, x[(x > across[0]) & (x < across[-1])]])
                heights = np.interp(at, x, y, left=np.nan, right=np.nan)
                rows = area.bottom() - (heights - low) / (high - low) * area.height()
                count += int(((rows >= place.top() - 1) & (rows <= place.bottom() + 1)).sum())
        return count

    def _figures(self, at: float) -> list[Line]:
        """Returns the lines of the read-out: a head and the values of the visible curves; empty without values."""
        shown = [name for name in EXACT if name not in self._hidden]
        head, names, sample = f"epoch {at:.0f}", shown, list[Line]()
        if not any(value_at(self._curve(name), at) is not None for name in EXACT):
            early = [_early(name) for name in shown]
            is_early = any(value_at(self._curve(name), at) is not None for name in early)
            names = early if is_early else [f"live_{name}" for name in shown]
            head = f"{self._place_text(at)}, estimate" if at % 1 else head
            sample = [sample_line({name: self._sizes[name] for name in shown if name in self._sizes})]
        lines = own_figures(self._curves, names, at, self.quantity) + explained_figures(self._explained, names, at)
        lines += sample if lines else []
        if EARLIER not in self._hidden:
            lines += earlier_figures(self._earlier, at, self.quantity)
        return [[(head, "ink")], *lines] if lines else []

    def _place_text(self, at: float) -> str:
        """Returns a place within an epoch: "epoch 0.133 (batch 80)"."""
        if not self._batches:
            return f"epoch {text.epochs(at, 0)}"
        batch = f"batch {text.count(round(at * self._batches))}"
        return f"epoch {text.epochs(at, self._batches)} ({batch})"


def _early(name: str) -> str:
    """Returns the name of the curve with the estimates of the first epoch."""
    return f"early_{name}"
