"""The plane: the network's answer in colours, the points of the data over it, and the point that is asked about."""

from __future__ import annotations

import numpy as np
from PyQt5.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QResizeEvent
from PyQt5.QtWidgets import QWidget

from engine.plane_answers import Square
from engine.validation import Array
from nnviz.look import theme
from nnviz.widgets.plane.colours import image_of
from nnviz.widgets.plane.points import Points, no_points, painted
from nnviz.widgets.read_out import ReadOut, Text

_STEPS, _FINE_STEPS = 50, 500  # of the arrow keys, across the plane; with Shift
_CROSS = 7  # pixels from its middle to an end
_WAYS = {Qt.Key_Left: (-1, 0), Qt.Key_Right: (1, 0), Qt.Key_Up: (0, 1), Qt.Key_Down: (0, -1)}


class PlaneView(QWidget):
    """A square of the plane, as large as finds room. A click asks about a point, and a drag about all on its way.

    Signals:
        hovered(object): the point (x, y) under the mouse, sent again when its answer may have changed; None: none.
        moved(float, float): x and y of a point where the button was pressed, or to which it is dragged.
        asked(float, float): x and y of a point where it was released, or to which an arrow key led.

    Attributes:
        square: what is seen.
        points: those that are shown.
    """

    hovered = pyqtSignal(object)
    moved = pyqtSignal(float, float)
    asked = pyqtSignal(float, float)

    def __init__(self) -> None:
        super().__init__()
        self.square = Square()
        self.points = no_points()
        self._pixels: Array = np.zeros((0, 0), np.uint32)  # those of the image
        self._image: QImage | None = None
        self._is_smooth = True
        self._sheet: QPixmap | None = None  # the points; None if they are to be painted anew
        self._caption = ""
        self._asked: tuple[float, float] | None = None
        self._mouse: QPoint | None = None
        self._is_pressed = False  # in the plane
        self._read_out = ReadOut(self)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.StrongFocus)
        self.setAttribute(Qt.WA_OpaquePaintEvent)  # paintEvent covers the whole widget
        theme.changed.connect(self._repaint)

    # ---- what is shown

    def show_answers(self, pixels: Array | None, is_smooth: bool = True, caption: str = "") -> None:
        """Shows colours (side, side) uint32, the highest y first, or none; nobody may write to them any more.

        ``is_smooth``: whether they run into each other; ``caption``: a few words over the plane.
        """
        self._pixels = np.zeros((0, 0), np.uint32) if pixels is None else pixels
        self._image = None if pixels is None else image_of(pixels)
        self._is_smooth, self._caption = is_smooth, caption
        if self._mouse is not None:
            self.hovered.emit(self.point_at(self._mouse))
        self.update()

    def show_points(self, points: Points, square: Square) -> None:
        """Shows these points, in that square of the plane."""
        self.points, self.square = points, square
        self._repaint()

    def show_asked(self, point: tuple[float, float] | None) -> None:
        """Marks the point that is asked about, or none."""
        if point != self._asked:
            self._asked = point
            self.update()

    def show_text(self, words: Text) -> None:
        """Shows a read-out beside the mouse; an empty text hides it."""
        self._read_out.show_text(words, self._mouse)

    def sizeHint(self) -> QSize:
        """Takes what there is."""
        return QSize(400, 240)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, 60)

    # ---- places

    @property
    def frame(self) -> QRect:
        """Where the plane is in the widget."""
        side = max(1, min(self.width(), self.height()))
        return QRect((self.width() - side) // 2, (self.height() - side) // 2, side, side)

    def place_of(self, x: float, y: float) -> QPointF:
        """Where a point of the plane is in the widget."""
        place = self._within(np.array([[x, y]]))[0]
        return QPointF(self.frame.topLeft()) + QPointF(float(place[0]), float(place[1]))

    def _within(self, points: Array) -> Array:
        """(k, 2): where points (k, 2) are in the frame, in pixels."""
        scale = self.frame.width() / (2 * self.square.half)
        x, y = points[:, 0] - self.square.x, points[:, 1] - self.square.y
        return np.stack([(self.square.half + x) * scale, (self.square.half - y) * scale], axis=1)

    def point_at(self, place: QPoint) -> tuple[float, float] | None:
        """The point of the plane at a place in the widget; None beside the plane."""
        return self._point(place) if self.frame.contains(place) else None

    def _point(self, place: QPoint) -> tuple[float, float]:
        """The same, also beside it."""
        frame, unit = self.frame, 2 * self.square.half / self.frame.width()
        across, down = place.x() + 0.5 - frame.x(), place.y() + 0.5 - frame.y()
        return self.square.x - self.square.half + across * unit, self.square.y + self.square.half - down * unit

    # ---- painting

    def _repaint(self) -> None:
        self._sheet = None
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Places the points anew."""
        self._repaint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the colours, the points anew only if they changed, and what lies over them."""
        painter, frame, ratio = QPainter(self), self.frame, self.devicePixelRatioF()
        painter.fillRect(self.rect(), theme.colour("card"))
        painter.fillRect(frame, theme.colour("field"))
        if self._image is not None:
            painter.setRenderHint(QPainter.SmoothPixmapTransform, self._is_smooth)
            painter.drawImage(QRectF(frame), self._image)
        if self._sheet is None:
            self._sheet = painted(self.points, self._within(self.points.places), frame.width(), ratio)
        painter.drawPixmap(frame.topLeft(), self._sheet)
        painter.setRenderHint(QPainter.Antialiasing)
        if self._asked is not None:
            self._paint_cross(painter, QPointF(self.place_of(*self._asked).toPoint()))  # whole pixels, so it is sharp
        self._paint_notes(painter)
        if self.hasFocus():
            painter.setPen(QPen(theme.colour("accent"), 1))
            painter.setBrush(Qt.NoBrush)
            painter.drawRoundedRect(QRectF(frame).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)

    def _paint_cross(self, painter: QPainter, at: QPointF) -> None:
        for ink, width, reach in (("field", 4, _CROSS + 1), ("text", 2, _CROSS)):
            painter.setPen(QPen(theme.colour(ink), width))
            for way in (QPointF(reach, 0), QPointF(0, reach)):
                painter.drawLine(at - way, at + way)

    def _paint_notes(self, painter: QPainter) -> None:
        """The caption in the upper corner; in the lower one that there are more points."""
        shown, total = len(self.points.places), self.points.total
        more = f"{shown:,} of {total:,} points".replace(",", "\u202f") if shown < total else ""
        painter.setFont(theme.font(theme.SMALL))
        for words, is_above in ((self._caption, True), (more, False)):
            if words:
                self._paint_note(painter, words, is_above)

    def _paint_note(self, painter: QPainter, words: str, is_above: bool) -> None:
        box = QRect(0, 0, painter.fontMetrics().horizontalAdvance(words) + 16, 22)
        box.moveLeft(self.frame.left() + 8)
        box.moveTop(self.frame.top() + 8 if is_above else self.frame.bottom() - 30)
        painter.setPen(Qt.NoPen)
        painter.setBrush(theme.colour("card"))
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(theme.colour("text"))
        painter.drawText(box, int(Qt.AlignCenter), words)

    # ---- the mouse and the keyboard

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tells what is under the mouse; with the button down it is asked about."""
        self._mouse = event.pos()
        point = self.point_at(event.pos())
        cursor = Qt.ArrowCursor if point is None else Qt.CrossCursor
        if self.cursor().shape() != cursor:
            self.setCursor(cursor)
        self.hovered.emit(point)
        if self._is_pressed:
            self.moved.emit(*self._inside(*self._point(event.pos())))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begins to ask about points."""
        if event.button() == Qt.LeftButton and self.frame.contains(event.pos()):
            self._is_pressed = True
            self.moved.emit(*self._inside(*self._point(event.pos())))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Asks about the point where the button is released."""
        if event.button() == Qt.LeftButton and self._is_pressed:
            self._is_pressed = False
            self.asked.emit(*self._inside(*self._point(event.pos())))

    def leaveEvent(self, event: QEvent) -> None:
        """Hides the read-out."""
        self._mouse = None
        self.hovered.emit(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The arrows move the point that is asked about, with Shift a little; the first asks about the middle."""
        if event.key() not in _WAYS:
            super().keyPressEvent(event)
        elif self._asked is None:
            self.asked.emit(self.square.x, self.square.y)
        else:
            across, up = _WAYS[Qt.Key(event.key())]
            step = 2 * self.square.half / (_FINE_STEPS if event.modifiers() & Qt.ShiftModifier else _STEPS)
            self.asked.emit(*self._inside(self._asked[0] + across * step, self._asked[1] + up * step))

    def _inside(self, x: float, y: float) -> tuple[float, float]:
        """The nearest point of the square."""
        square = self.square
        x = min(max(x, square.x - square.half), square.x + square.half)
        y = min(max(y, square.y - square.half), square.y + square.half)
        return x, y
