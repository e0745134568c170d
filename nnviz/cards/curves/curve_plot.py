"""A plot of error or loss over epochs: the current run in colour, earlier runs in grey, values under the mouse."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pyqtgraph as pg
from PyQt5.QtCore import QEvent, QPoint, QRect, Qt
from PyQt5.QtGui import QMouseEvent
from PyQt5.QtWidgets import QLabel

from engine.training.history import Curve
from nnviz.cards.curves.clipped_label import ClippedLabel, clipped_lines, is_in_view, label_place
from nnviz.cards.curves.playhead import BELOW_TOP, Playhead
from nnviz.formatting import text
from nnviz.ui import theme
from nnviz.ui.parts import named
from nnviz.ui.plots.curve_axes import ERROR, EpochAxis, Quantity, ValueAxis, ends, first_epoch
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
_NEAR = 5  # pixels; closer to a mark, the read-out shows the change
_NAMES = ("live_train", "live_test", "validation", "train", "test")  # later ones are drawn over earlier ones


class CurvePlot(ZoomPlot):
    """Curves of train, test and validation values, thin lines for the epoch in progress, and earlier runs.

    Within the first epoch the curves join estimates.

    Attributes:
        quantity: the quantity on the y axis.
        is_log: whether the y axis is logarithmic.
        changes: the marked epochs, and the changes of settings there.
        playhead: the mark of the displayed epoch, which can be dragged.
    """

    def __init__(self, quantity: Quantity = ERROR, reset_name: str = "resetZoomButton") -> None:
        self._bottom, self._left = EpochAxis(), ValueAxis()
        super().__init__(axisItems={"bottom": self._bottom, "left": self._left})
        self.quantity = quantity
        self.is_log = True
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
        margins = (0, 10, 24, 0)  # the right one for half of a wide number
        self._cross, self._read_out = self._disable_mouse_actions(margins)
        self._level = pg.InfiniteLine(angle=0, movable=False)
        self._level.hide()
        self.addItem(self._level, ignoreBounds=True)
        self._make_zoomable(reset_name)
        self._marks = pg.PlotCurveItem()  # where settings changed
        self._marks.setZValue(-0.6)
        self.addItem(self._marks, ignoreBounds=True)
        self.playhead = Playhead(self)
        self._cut = ClippedLabel(self)
        self._read_out.raise_()
        self._hint = named(QLabel("", self), "plotHint")
        self._hint.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.view_changed.connect(self._draw)
        self.view_changed.connect(self._mark_cut)
        self.view_changed.connect(self.playhead.place_dot)
        self.view_changed.connect(self._update_read_out)  # the epoch under a resting mouse changed
        self.getViewBox().sigResized.connect(self._resized)
        self._left.setZValue(-1)  # draws the grid behind the curves
        self._left.setGrid(255)
        self._left.setStyle(tickTextOffset=6)
        self._bottom.setStyle(tickTextOffset=8)
        self.setMinimumHeight(140)
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
            epochs: the end of the axis.
            batches_per_epoch: if given, the axis counts batches until there is an exact value after epoch 0.
            lacks_estimates: whether the first epoch is dashed, because nothing is known of it.
        """
        self._curves, self._batches = curves, batches_per_epoch
        changed = [
            line.take(self._curve(name), self.quantity, self._curve(_early(name)), lacks_estimates and name in EXACT)
            for name, line in self._lines.items()
        ]
        has_begun = any(len(line.x) and line.x[-1] > 0 for line in self._lines.values())
        has_exact = any(curve.epochs and curve.epochs[-1] > 0 for curve in map(curves.get, EXACT) if curve)
        batches = batches_per_epoch if has_begun and not has_exact and self._own_end() <= 1 else None
        if any(changed) or max(epochs, 1.0) != self._epochs or batches != self._bottom.batches:
            self._epochs = max(epochs, 1.0)
            self._bottom.count(batches)
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

    def set_shown(self, name: str, shown: bool) -> None:
        """Shows or hides train, test, validation or earlier; hidden curves do not count for the range of the axes."""
        (self._hidden.discard if shown else self._hidden.add)(name)
        for of, line in self._by_name():
            if of == name:
                line.setVisible(shown)
        self._update()

    def set_log(self, is_log: bool) -> None:
        """Chooses a logarithmic or a linear y axis; a zoomed view keeps its range of values."""
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
        self._mark_cut()
        self._update_read_out()
        self._summarise()

    def _draw(self) -> None:
        across, pixels = self.view[0], max(self.getViewBox().width(), 1.0)
        for name, line in self._by_name():
            if name not in self._hidden:
                line.draw(across, pixels, self.is_log, self.quantity)
        self._draw_changes()

    def _draw_changes(self) -> None:
        """Draws the marks with a constant height on the screen."""
        (low, high), height = self.view[1], max(self.getViewBox().height(), 1.0)
        epochs = np.repeat([epoch for epoch, _ in self.changes], 2)
        heights = np.tile([low, low + _CHANGE / height * (high - low)], len(self.changes))
        self._marks.setData(epochs, heights, connect="pairs")

    def _resized(self) -> None:
        """Draws the lines with as many points as the new width needs."""
        self._draw()
        self._mark_cut()
        self._place_hint()

    def _mark_cut(self) -> None:
        """Shows the height at which clipped curves begin."""
        shown = [self._lines[name] for name in EXACT if name not in self._hidden]
        cut = clipped_lines(shown, self.view, self.quantity, self.is_log)
        self._cut.show_for(cut, self.quantity)
        if cut:
            low, high = self.view[1]
            height = (BELOW_TOP + self._cut.height()) / max(self.getViewBox().height(), 1.0) * (high - low)
            place = self.getViewBox().mapViewToScene(label_place(cut, self.view, self.quantity, self.is_log, height))
            at = self.mapFromScene(place) + QPoint(0, BELOW_TOP)  # the playhead's dot covers no word
            self._cut.stand_at(at, self.plot_area().bottomLeft(), self._is_free)

    def _is_free(self, area: QRect) -> bool:
        """Whether a rectangle is in the plot and crosses no line."""
        first, last = self.place(area.bottomLeft()), self.place(area.topRight())
        view = (first.x(), last.x()), (first.y(), last.y())
        lines = [line for name, line in self._by_name() if name not in self._hidden]
        return self.rect().contains(area) and not any(
            is_in_view(line, view, self.quantity, self.is_log) for line in lines
        )

    def _place_hint(self) -> None:
        self._hint.adjustSize()
        self._hint.move(self.plot_area().center() - self._hint.rect().center())

    def _set_home(self) -> None:
        """Sets the automatic view: the epochs of the current run and the values of all visible curves in them.

        Values before the end of the first epoch count only until the run has values after it; on a logarithmic axis
        they stay if the run has estimates between them.
        """
        shown = [(name, line) for name, line in self._by_name() if name not in self._hidden and len(line.x)]
        self._show_hint()
        own = [line for name, line in shown if name != EARLIER]
        far = max((float(line.x[-1]) for line in own), default=1.0)
        batches = self._bottom.batches
        end = first_epoch(self._own_end(), batches) if batches else max(self._epochs, math.ceil(far))
        across = (0.0, end)  # whole epochs, so that the axis does not grow within one
        values = _values([line for _, line in shown], 0.0, across[1])
        late = _values([line for _, line in shown], 1.0, across[1])
        has_come_there = len(late) and (far >= 1 or not own) and not self._shows_first_epoch
        home = ends(late if has_come_there else values, self.is_log, self.quantity)
        whole = ends(values, self.is_log, self.quantity)
        self.set_home((across, home), (across, (min(home[0], whole[0]), max(home[1], whole[1]))))

    @property
    def _shows_first_epoch(self) -> bool:
        """Whether the axis keeps room for the fall of the first epoch, of which a linear one would be full."""
        return self.is_log and any(self._curve(_early(name)).epochs for name in EXACT)

    def _own_end(self) -> float:
        """Returns the last epoch of the current run's curves, visible or not; 0 without any."""
        return max((float(line.x[-1]) for line in self._lines.values() if len(line.x)), default=0.0)

    def _show_hint(self) -> None:
        self._hint.setVisible(bool(self._hint.text()) and not any(len(line.x) for line in self._lines.values()))

    @property
    def end(self) -> float:
        """The last epoch that can be displayed."""
        return self._bounds[0][1]

    # ---- looks

    def _apply_theme(self) -> None:
        super()._apply_theme()
        for axis in (self._bottom, self._left):
            axis.setTickPen(theme.colour("grid"))
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
        """Shows no tooltip over a read-out, and hides the read-out while the mouse is on the zoom button."""
        if event.type() == QEvent.Type.Leave and hasattr(self, "_hint"):
            self.leaveEvent(event)
        if event.type() == QEvent.Type.ToolTip and not self._read_out.isHidden():
            event.accept()
            return True
        return bool(super().viewportEvent(event))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or not self.playhead.press(event.pos()):
            super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if not self.playhead.release():
            super().mouseReleaseEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if not self.playhead.move(event.pos(), bool(event.buttons() & Qt.MouseButton.LeftButton)):
            super().mouseMoveEvent(event)
        self._mouse = event.pos()
        self._update_read_out()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.playhead.leave()
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
            self._cross.setPos(at)
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
        """Returns the nearest whole epoch or estimate of the first one in view.

        If the axis counts batches, it is the nearest batch with a value.
        """
        low, high = self.view[0]
        if self._bottom.batches:
            known = np.concatenate([line.x for line in self._lines.values()])
            known = known[(known >= low) & (known <= high)]
            return float(known[np.abs(known - x).argmin()]) if len(known) else 0.0
        whole = float(min(max(round(x), math.ceil(low - 1e-6)), math.floor(high + 1e-6)))
        early = {at for name in EXACT for at in self._curve(_early(name)).epochs if low <= at <= high}
        return min((whole, *sorted(early)), key=lambda at: abs(at - x))

    def _changes_near(self, mouse: QPoint) -> list[tuple[float, str]]:
        left, right = (self.place(mouse + QPoint(by, 0)).x() for by in (-_NEAR, _NEAR))
        return [change for change in self.changes if left <= change[0] <= right]

    def _cost(self, place: QRect) -> float:
        """Returns the cost of covering a rectangle with the read-out."""
        button = self.reset_button
        is_in_the_way = button.isVisible() and place.intersects(button.geometry())
        return self._hidden_under(place) + _IN_THE_WAY * is_in_the_way

    def _hidden_under(self, place: QRect) -> int:
        """Returns how much of the lines the read-out would cover there, as a number of places along them."""
        area, ((left, right), (low, high)) = self.plot_area(), self.getViewBox().viewRange()
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
        """Returns a place within an epoch, by the unit of the axis: "batch 80", "epoch 0.133 (batch 80)"."""
        if not self._batches:
            return f"epoch {text.epochs(at, 0)}"
        batch = f"batch {text.count(round(at * self._batches))}"
        return batch if self._bottom.batches else f"epoch {text.epochs(at, self._batches)} ({batch})"


def _early(name: str) -> str:
    """Returns the name of the curve with the estimates of the first epoch."""
    return f"early_{name}"


def _values(lines: Sequence[CurveLine], first: float, last: float) -> np.ndarray:
    """Returns the values of all lines between two epochs."""
    parts = [line.y[np.searchsorted(line.x, first) : np.searchsorted(line.x, last, side="right")] for line in lines]
    return np.concatenate(parts) if parts else np.empty(0)
