"""The axis of time under the charts: the epochs of a run, and the playhead at the displayed one."""

from __future__ import annotations

from collections.abc import Callable

from PyQt5.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PyQt5.QtWidgets import QSizePolicy, QSlider

from nnviz.session.timeline import pointed_epoch
from nnviz.ui import alignment, theme
from nnviz.ui.plots.curve_axes import ERROR, Axes, Ends, epoch_marks, epoch_texts

PER_EPOCH = 1000  # values of the slider
_MOST = 2**31 - 1
SIDE = 24  # pixels of the axis beyond the chart, at each side: for the knob and half of a number
_RADIUS, _FAINT_RADIUS = 7.0, 5.0  # pixels
_TRACK, _TICK = 3, 8
_MIDDLE = 10  # pixels from the top to the line
_NUMBERS = 16  # pixels of the numbers below it, at a text size of 100 %


class TimeAxis(QSlider):
    """A slider whose value is the displayed epoch in thousandths, in line with the chart above it.

    Its line shows how far the run is trained; the knob is the playhead, in ink at the present, violet in the past.

    Signals:
        pointed(epoch): the mouse points to an epoch.
        wanted(epoch): a key or a script requests an epoch.
        stepped(by): an arrow key requests the previous (-1) or the next (1) snapshot.
        live_wanted: the End key was pressed.
        edited: a double click on the knob: the user wants to type an epoch.
    """

    pointed = pyqtSignal(float)
    wanted = pyqtSignal(float)
    stepped = pyqtSignal(int)
    live_wanted = pyqtSignal()
    edited = pyqtSignal()

    def __init__(self, nearest: Callable[[float], float]) -> None:
        """``nearest`` returns the epoch of the snapshot that is nearest to an epoch."""
        super().__init__(Qt.Orientation.Horizontal)
        self._nearest = nearest
        self._last, self._live, self._is_live = 1.0, 0.0, True
        self._faint: float | None = None  # the epoch of the mark under the mouse
        self._second: float | None = None  # the epoch that the displayed one is compared with
        self._axes, self._across = Axes(ERROR), (0.0, 1.0)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.valueChanged.connect(lambda value: self.wanted.emit(value / PER_EPOCH))
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(240, 2 * _MIDDLE + theme.px(_NUMBERS))

    def minimumSizeHint(self) -> QSize:
        return QSize(80, self.sizeHint().height())

    def set_scale(self, axes: Axes, across: Ends) -> None:
        """Sets which part of the time the chart above shows: between two positions on its axis."""
        if (axes, across) != (self._axes, self._across):
            self._axes, self._across = axes, across
            self.update()

    def show_moment(self, last: float, live: float, epoch: float | None) -> None:
        """Shows a run of ``last`` epochs that has reached ``live``, at a displayed epoch; None for the live network."""
        before = self._last, self._live, self._is_live, self.value()
        self._last, self._live, self._is_live = max(last, live, 1.0), live, epoch is None
        self.blockSignals(True)  # a displayed epoch is not a requested one
        self.setRange(0, min(round(PER_EPOCH * self._last), _MOST))
        self.setValue(min(round(PER_EPOCH * (live if epoch is None else epoch)), _MOST))
        self.blockSignals(False)
        if (self._last, self._live, self._is_live, self.value()) != before:
            self.update()

    def show_second(self, epoch: float | None) -> None:
        """Marks the epoch that the displayed one is compared with by a ring; None for none."""
        if epoch != self._second:
            self._second = epoch
            self.update()

    # ---- the mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._point(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follows the mouse while it is pressed; else marks where a press would go."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._point(event)
        else:
            self._set_faint(self._nearest(self._epoch_at(event.x())) if self.isEnabled() else None)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._set_faint(None)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Asks for a field in which to type an epoch."""
        self.edited.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Goes to a later epoch if the wheel turns upwards."""
        turned = event.angleDelta().y() or event.angleDelta().x()
        if turned:
            self.stepped.emit(1 if turned > 0 else -1)
        event.accept()

    def _point(self, event: QMouseEvent) -> None:
        self._set_faint(None)
        self.pointed.emit(self._epoch_at(event.x()))

    def _set_faint(self, epoch: float | None) -> None:
        if epoch != self._faint:
            self._faint = epoch
            self.update()

    # ---- keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Goes by snapshots with arrows, by epochs with Page up and down, to the start with Home, to live with End."""
        key, now = event.key(), self.value() / PER_EPOCH
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Down):
            self.stepped.emit(-1)
        elif key in (Qt.Key.Key_Right, Qt.Key.Key_Up):
            self.stepped.emit(1)
        elif key in (Qt.Key.Key_PageDown, Qt.Key.Key_PageUp):
            self.wanted.emit(max(0.0, now + (1 if key == Qt.Key.Key_PageUp else -1)))
        elif key == Qt.Key.Key_Home:
            self.wanted.emit(0.0)
        elif key == Qt.Key.Key_End:
            self.live_wanted.emit()
        else:
            event.ignore()

    # ---- places

    def _epoch_at(self, x: float) -> float:
        """Returns the epoch that the mouse points to at a position in pixels."""
        epoch = min(max(self._epoch_of(x), 0.0), self._last)
        return pointed_epoch(epoch, self._live, abs(self._epoch_of(x + 1) - self._epoch_of(x)))

    def _epoch_of(self, x: float) -> float:
        return self._axes.epoch_at((x - SIDE) / self._length, self._across)

    @property
    def _length(self) -> int:
        """The pixels of the axis itself."""
        return max(self.width() - 2 * SIDE, 1)

    def place_of(self, epoch: float) -> float:
        """Returns the x position of an epoch, in pixels; of one out of view, that of the end of the axis."""
        share = float(self._axes.share(epoch, self._across))
        return SIDE + min(max(share, 0.0), 1.0) * self._length

    # ---- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = "ink" if self._is_live else "looking_back"
        here = self.place_of(self.value() / PER_EPOCH)
        self._paint_numbers(painter)
        self._paint_track(painter, SIDE + self._length, "border")
        self._paint_track(painter, self.place_of(self._live), "edge")
        if self._second is not None:
            painter.setPen(QPen(theme.colour("ink" if self._second >= self._live else "looking_back"), 2))
            painter.setBrush(theme.colour("card"))
            painter.drawEllipse(QPointF(self.place_of(self._second), _MIDDLE), _FAINT_RADIUS, _FAINT_RADIUS)
        painter.setPen(Qt.PenStyle.NoPen)
        if self._faint is not None:
            faint = theme.colour("looking_back")
            faint.setAlphaF(0.45)
            painter.setBrush(faint)
            painter.drawEllipse(QPointF(self.place_of(self._faint), _MIDDLE), _FAINT_RADIUS, _FAINT_RADIUS)
        if self.isEnabled():
            painter.setBrush(theme.colour(ink))
            painter.drawEllipse(QPointF(here, _MIDDLE), _RADIUS, _RADIUS)
        if self.hasFocus():
            painter.setPen(QPen(theme.colour("ink"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(QPointF(here, _MIDDLE), _RADIUS + 2, _RADIUS + 2)

    @property
    def numbers(self) -> list[tuple[str, float, QRectF]]:
        """The texts of the epochs below the line, the x position of each, and its place."""
        marks = epoch_marks(self._axes, self._across, self._length)
        measure, found = QFontMetrics(theme.font(theme.SMALL)).horizontalAdvance, []
        for epoch, words in zip(marks, epoch_texts(self._axes, marks), strict=True):
            x, wide = round(self.place_of(epoch)) + 0.5, measure(words)
            left = min(max(x - wide / 2, 0.0), self.width() - wide)
            found.append((words, x, QRectF(left, 2 * _MIDDLE, wide, theme.px(_NUMBERS))))
        return found

    def _paint_numbers(self, painter: QPainter) -> None:
        """Paints ticks, and the epochs below them."""
        painter.setFont(theme.font(theme.SMALL))
        for words, x, place in self.numbers:
            painter.setPen(QPen(theme.colour("edge"), 1))
            painter.drawLine(QLineF(x, _MIDDLE - _TICK / 2, x, _MIDDLE + _TICK / 2))
            painter.setPen(theme.colour("muted"))
            painter.drawText(place, alignment.LEFT | Qt.TextFlag.TextDontClip, words)

    def _paint_track(self, painter: QPainter, end: float, colour: str) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour(colour))
        painter.drawRoundedRect(QRectF(SIDE, _MIDDLE - _TRACK / 2, max(0.0, end - SIDE), _TRACK), 1.5, 1.5)
