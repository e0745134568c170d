"""The playhead over a plot of epochs: a mark of the displayed epoch that can be dragged."""

from __future__ import annotations

from collections.abc import Callable

import pyqtgraph as pg
from PyQt5.QtCore import QObject, QPoint, QPointF, QRectF, Qt, pyqtSignal
from PyQt5.QtGui import QPainter, QPaintEvent
from PyQt5.QtWidgets import QWidget

from nnviz.session.timeline import pointed_epoch
from nnviz.ui import theme
from nnviz.ui.plots.zoom_plot import ZoomPlot

_NEAR = 5  # pixels; so near to the line, the mouse takes hold of it
_BAND = 14  # height in pixels of the band at the top, in which the mouse takes hold of the playhead everywhere
_SIZE = 12  # pixels of the dot
_BELOW_TOP = _SIZE // 2 + 1  # pixels of the plot, from its top, over which the dot lies
_FAR = 100  # times the training: the veil reaches beyond the right end of the plot
_VEIL, _FAINT = 0.62, 0.45  # opacity of what covers the future, and of the mark under the mouse


class Playhead(QObject):
    """A line and a dot at the displayed epoch of the past; later epochs are veiled. For the live network only a dot.

    A dashed line is at the epoch that the displayed one is compared with.

    The plot passes its mouse events on, and ignores those that the playhead handles.

    Signals:
        wanted(epoch): the mouse points to an epoch.
    """

    wanted = pyqtSignal(float)

    def __init__(self, plot: ZoomPlot) -> None:
        super().__init__(plot)
        self._plot = plot
        self._nearest: Callable[[float], float] = lambda epoch: epoch
        self._at = self._live = 0.0
        self._second: float | None = None  # the epoch that the displayed one is compared with
        self._has_past, self._is_live, self._is_held = False, True, False
        self.line, self.faint = pg.InfiniteLine(angle=90, movable=False), pg.InfiniteLine(angle=90, movable=False)
        self.second = pg.InfiniteLine(angle=90, movable=False)
        self._veil = pg.LinearRegionItem(movable=False, pen=pg.mkPen(None))
        for item, depth in ((self._veil, 0.5), (self.faint, 0.6), (self.second, 0.65), (self.line, 0.7)):
            item.setZValue(depth)
            item.hide()
            plot.addItem(item, ignoreBounds=True)
        self.dot = _Dot(plot)
        plot.getViewBox().sigResized.connect(self._place_dot)

    def follow(self, nearest: Callable[[float], float]) -> None:
        """Sets ``nearest``, a function that returns the epoch of the nearest snapshot."""
        self._nearest = nearest

    def show_moment(self, live: float, epoch: float | None, has_past: bool) -> None:
        """Shows an epoch of a run that has reached ``live``; None for the live network."""
        self._live = live
        now = live if epoch is None else epoch, has_past, epoch is None
        if now == (self._at, self._has_past, self._is_live):
            return
        self._at, self._has_past, self._is_live = now
        self.line.setVisible(not self._is_live)
        self._veil.setVisible(not self._is_live)
        if not self._is_live:
            self.line.setPos(self._across(self._at))
        self._place_veil()
        if not has_past:
            self._let_go()
        self.place_dot()

    def show_second(self, epoch: float | None) -> None:
        """Shows the epoch that the displayed one is compared with; None for none."""
        self.second.setVisible(epoch is not None)
        if epoch is not None:
            self.second.setPos(self._across(epoch))
        self._second = epoch
        self._place_veil()

    def place(self) -> None:
        """Places all marks again, after the axis of epochs has changed its scale."""
        self.line.setPos(self._across(self._at))
        self.show_second(self._second)
        self.place_dot()

    def _across(self, epoch: float) -> float:
        return float(self._plot.axes.across(epoch))

    def _place_veil(self) -> None:
        """Veils what is later than the displayed epoch and the one that it is compared with."""
        start = self._at if self._second is None else max(self._at, self._second)
        region = self._across(start), self._across(max(_FAR * max(self._live, 1.0), start))
        if not self._is_live and region != tuple(self._veil.getRegion()):
            self._veil.setRegion(region)

    def apply_theme(self) -> None:
        """Applies the theme's colours."""
        ink = theme.colour("looking_back")
        self.line.setPen(pg.mkPen(ink, width=1))
        self.second.setPen(pg.mkPen(ink, width=1, style=Qt.PenStyle.DashLine))
        ink.setAlphaF(_FAINT)
        self.faint.setPen(pg.mkPen(ink, width=1))
        ground = theme.colour("card")
        ground.setAlphaF(_VEIL)
        self._veil.setBrush(ground)
        self.dot.update()

    # ---- the mouse

    def press(self, place: QPoint) -> bool:
        """Grabs the playhead if the mouse is near. Returns whether it does."""
        self._is_held = self._is_within_reach(place)
        if self._is_held:
            self.faint.hide()
            self._point(place)
        return self._is_held

    def move(self, place: QPoint, is_pressed: bool) -> bool:
        """Follows the mouse while the playhead is held; else marks faintly where a press would go."""
        if self._is_held and is_pressed:
            self._point(place)
            return True
        self._is_held = False
        is_near = not is_pressed and self._is_within_reach(place)
        self.faint.setVisible(is_near)
        if is_near:
            self.faint.setPos(self._across(self._nearest(self._epoch_at(place))))
        self._plot.viewport().setCursor(Qt.CursorShape.SplitHCursor if is_near else Qt.CursorShape.ArrowCursor)
        return is_near

    def release(self) -> bool:
        """Releases the playhead. Returns whether it was held."""
        was_held, self._is_held = self._is_held, False
        return was_held

    def leave(self) -> None:
        """Hides the faint mark when the mouse leaves the plot."""
        self.faint.hide()

    def _let_go(self) -> None:
        self._is_held = False
        self.faint.hide()

    def _is_within_reach(self, place: QPoint) -> bool:
        area = self._plot.getViewBox()
        whole = self._plot.mapFromScene(area.sceneBoundingRect()).boundingRect()
        if not self._has_past or not whole.contains(place):
            return False
        is_on_line = not self._is_live and abs(place.x() - self._pixel()) <= _NEAR
        return is_on_line or place.y() < whole.top() + _BAND

    def _point(self, place: QPoint) -> None:
        self.wanted.emit(self._epoch_at(place))

    def _epoch_at(self, place: QPoint) -> float:
        """Returns the epoch that the mouse points to."""
        at, pixel = self._plot.place(place).x(), self._plot.getViewBox().viewPixelSize()[0]
        epoch = self._plot.axes.epoch(at)
        return pointed_epoch(max(0.0, epoch), self._live, self._plot.axes.epoch(at + pixel) - epoch)

    # ---- the dot

    def _pixel(self) -> int:
        """Returns the x position of the playhead, in pixels of the plot."""
        return self._plot.mapFromScene(self._plot.getViewBox().mapViewToScene(QPointF(self._across(self._at), 0))).x()

    def _place_dot(self) -> None:
        self.place_dot()

    def place_dot(self) -> None:
        """Places the dot over the plot, if the displayed epoch is in view."""
        low, high = self._plot.getViewBox().viewRange()[0]
        self.dot.setVisible(self._has_past and low <= self._across(self._at) <= high)
        if self.dot.isVisibleTo(self._plot):
            top = self._plot.mapFromScene(self._plot.getViewBox().sceneBoundingRect()).boundingRect().top()
            self.dot.show_at(QPoint(self._pixel(), top), self._is_live)


class _Dot(QWidget):
    """The handle of the playhead. Its mouse events go to the plot below."""

    def __init__(self, plot: QWidget) -> None:
        super().__init__(plot)
        self._is_live = True
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.resize(_SIZE, _SIZE)
        self.hide()

    def show_at(self, place: QPoint, is_live: bool) -> None:
        """Shows the dot centred at a place of the plot."""
        self.move(place - QPoint(_SIZE // 2, _SIZE - _BELOW_TOP))
        if is_live != self._is_live:
            self._is_live = is_live
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("ink" if self._is_live else "looking_back"))
        painter.drawEllipse(QRectF(self.rect()).adjusted(1, 1, -1, -1))
