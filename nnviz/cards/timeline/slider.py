"""The slider of the timeline: the epochs of a run, its progress, and the displayed epoch."""

from __future__ import annotations

from collections.abc import Callable

from PyQt5.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PyQt5.QtWidgets import QSizePolicy, QSlider

from nnviz.session.timeline import pointed_epoch
from nnviz.ui import theme

PER_EPOCH = 1000  # values of the slider
_MOST = 2**31 - 1
_SIDE, _RADIUS, _FAINT_RADIUS = 10, 7.0, 5.0  # pixels
_TRACK, _TICK, _HEIGHT = 3, 10, 24
_LEAST_GAP = 6  # pixels between two ticks
_STEPS_OF_EPOCHS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 100_000, 1_000_000)


class TimelineSlider(QSlider):
    """A slider whose value is the displayed epoch in thousandths. It moves when the displayed epoch changes.

    Signals:
        pointed(epoch): the mouse points to an epoch.
        wanted(epoch): a key or a script requests an epoch.
        stepped(by): an arrow key requests the previous (-1) or the next (1) snapshot.
        live_wanted: the End key was pressed.
    """

    pointed = pyqtSignal(float)
    wanted = pyqtSignal(float)
    stepped = pyqtSignal(int)
    live_wanted = pyqtSignal()

    def __init__(self, nearest: Callable[[float], float]) -> None:
        """``nearest`` returns the epoch of the snapshot that is nearest to an epoch."""
        super().__init__(Qt.Orientation.Horizontal)
        self._nearest = nearest
        self._last, self._live, self._is_live = 1.0, 0.0, True
        self._faint: float | None = None  # the epoch of the mark under the mouse
        self._second: float | None = None  # the epoch that the displayed one is compared with
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.valueChanged.connect(lambda value: self.wanted.emit(value / PER_EPOCH))
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(240, _HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, _HEIGHT)

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
        epoch = min(max((x - _SIDE) * self._per_pixel, 0.0), self._last)
        return pointed_epoch(epoch, self._live, self._per_pixel)

    @property
    def _per_pixel(self) -> float:
        """Epochs that a pixel stands for."""
        return self._last / max(self.width() - 2 * _SIDE, 1)

    def place_of(self, epoch: float) -> float:
        """Returns the x position of an epoch, in pixels."""
        return _SIDE + epoch / self._last * (self.width() - 2 * _SIDE)

    # ---- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, middle = QPainter(self), self.height() / 2
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = "ink" if self._is_live else "looking_back"
        here = self.place_of(self.value() / PER_EPOCH)
        self._paint_ticks(painter, middle)
        for end, name in ((self._last, "edge"), (self._live, "faint")):
            self._paint_track(painter, self.place_of(end), middle, name)
        self._paint_track(painter, here, middle, ink if self.isEnabled() else "faint")
        if self._second is not None:
            painter.setPen(QPen(theme.colour("ink" if self._second >= self._live else "looking_back"), 2))
            painter.setBrush(theme.colour("bar"))
            painter.drawEllipse(QPointF(self.place_of(self._second), middle), _FAINT_RADIUS, _FAINT_RADIUS)
        painter.setPen(Qt.PenStyle.NoPen)
        if self._faint is not None:
            faint = theme.colour("looking_back")
            faint.setAlphaF(0.45)
            painter.setBrush(faint)
            painter.drawEllipse(QPointF(self.place_of(self._faint), middle), _FAINT_RADIUS, _FAINT_RADIUS)
        painter.setBrush(theme.colour(ink if self.isEnabled() else "faint"))
        painter.drawEllipse(QPointF(here, middle), _RADIUS, _RADIUS)
        if self.hasFocus():
            painter.setPen(QPen(theme.colour("bar"), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(QPointF(here, middle), _RADIUS - 2, _RADIUS - 2)

    def _paint_ticks(self, painter: QPainter, middle: float) -> None:
        step = self.epochs_between_ticks
        painter.setPen(QPen(theme.colour("faint"), 1))
        for number in range(int(self._last / step) + 1):
            x = round(self.place_of(number * step)) + 0.5
            painter.drawLine(QLineF(x, middle - _TICK / 2, x, middle + _TICK / 2))

    @property
    def epochs_between_ticks(self) -> int:
        """The smallest distance of ticks that there is room for, in epochs."""
        least = _LEAST_GAP * self._per_pixel
        return next((step for step in _STEPS_OF_EPOCHS if step >= least), round(self._last))

    def _paint_track(self, painter: QPainter, end: float, middle: float, colour: str) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour(colour))
        painter.drawRoundedRect(QRectF(_SIDE, middle - _TRACK / 2, max(0.0, end - _SIDE), _TRACK), 1.5, 1.5)
