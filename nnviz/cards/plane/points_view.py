"""A field with the points of the data, in which one asks about a place: what the plane and the curve have in common."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PyQt5.QtCore import QEvent, QPoint, QPointF, QRect, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QKeyEvent, QMouseEvent, QPainter, QPen, QPixmap, QResizeEvent
from PyQt5.QtWidgets import QWidget

from engine.basics.validation import Array
from nnviz.ui import theme
from nnviz.ui.plane.points import no_points, painted
from nnviz.ui.read_out import ReadOut, Text

_STEPS, _FINE_STEPS = 50, 500  # of the arrow keys, across the field; with Shift
WAYS = {Qt.Key_Left: (-1, 0), Qt.Key_Right: (1, 0), Qt.Key_Up: (0, 1), Qt.Key_Down: (0, -1)}

Ends = tuple[float, float]


class PointsView(QWidget):
    """A click asks about a place, and a drag about all on its way; the arrow keys move it. Subclasses paint it.

    While points are painted, clicks and drags set them, and with the right button erase them; so does Enter, at the
    place that is asked about.

    Signals:
        hovered(object): the place (x, y) under the mouse, sent again when its answer may have changed; None: none.
        moved(float, float): x and y of a place where the button was pressed, or to which it is dragged.
        asked(float, float): x and y of a place where it was released, or to which an arrow key led.
        touched(float, float, bool): x and y of a place where a point is painted, or, if true, erased.
        lifted: such a stroke has ended.
        chosen(int): a digit was pressed while points are painted.
        left: so was Escape.

    Attributes:
        x_ends, y_ends: what is seen, y upwards.
        points: those that are shown.
    """

    hovered = pyqtSignal(object)
    moved = pyqtSignal(float, float)
    asked = pyqtSignal(float, float)
    touched = pyqtSignal(float, float, bool)
    lifted = pyqtSignal()
    chosen = pyqtSignal(int)
    left = pyqtSignal()
    ways: Mapping[Qt.Key, tuple[int, int]] = WAYS  # in which the arrow keys lead

    def __init__(self) -> None:
        super().__init__()
        self.x_ends: Ends = (-1.0, 1.0)
        self.y_ends: Ends = (-1.0, 1.0)
        self.points = no_points()
        self._caption = ""
        self._asked: tuple[float, float] | None = None
        self._sheet: QPixmap | None = None  # the points; None if they are to be painted anew
        self._mouse: QPoint | None = None
        self._pressed: Qt.MouseButton | None = None  # the button that was pressed in the field
        self._is_painted = False
        self._eraser = 0.0  # its radius; 0: there is none
        self._read_out = ReadOut(self)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.StrongFocus)
        self.setAttribute(Qt.WA_OpaquePaintEvent)  # paintEvent covers the whole widget
        theme.changed.connect(self._repaint)

    @property
    def frame(self) -> QRect:
        """Where the field is in the widget."""
        raise NotImplementedError

    # ---- what is shown

    def show_asked(self, place: tuple[float, float] | None) -> None:
        """Marks the place that is asked about, or none."""
        if place != self._asked:
            self._asked = place
            self.update()

    def set_painted(self, painted: bool, eraser: float = 0.0) -> None:
        """Whether clicks paint, and the radius of the eraser that is shown under the mouse; 0 for none."""
        self._is_painted, self._eraser = painted, eraser
        self.update()

    def show_text(self, words: Text) -> None:
        """Shows a read-out beside the mouse; an empty text hides it."""
        self._read_out.show_text(words, self._mouse)

    def _answers_changed(self) -> None:
        if self._mouse is not None:
            self.hovered.emit(self.point_at(self._mouse))
        self.update()

    def sizeHint(self) -> QSize:
        """Takes what there is."""
        return QSize(400, 240)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, 60)

    # ---- places

    def place_of(self, x: float, y: float) -> QPointF:
        """Where a point is in the widget."""
        place = self._within(np.array([[x, y]]))[0]
        return QPointF(self.frame.topLeft()) + QPointF(float(place[0]), float(place[1]))

    def _within(self, points: Array) -> Array:
        """(k, 2): where points (k, 2) are in the frame, in pixels."""
        low, high = np.array([self.x_ends, self.y_ends], float).T
        shares = (points - low) / (high - low)
        found: Array = np.stack([shares[:, 0], 1 - shares[:, 1]], axis=1) * (self.frame.width(), self.frame.height())
        return found

    def point_at(self, place: QPoint) -> tuple[float, float] | None:
        """The point at a place in the widget; None beside the field."""
        return self._point(place) if self.frame.contains(place) else None

    def _point(self, place: QPoint) -> tuple[float, float]:
        """The same, also beside it."""
        frame = self.frame
        across, down = (place.x() + 0.5 - frame.x()) / frame.width(), (place.y() + 0.5 - frame.y()) / frame.height()
        (left, right), (low, high) = self.x_ends, self.y_ends
        return left + across * (right - left), high - down * (high - low)

    def _inside(self, x: float, y: float) -> tuple[float, float]:
        """The nearest point of the field."""
        return min(max(x, self.x_ends[0]), self.x_ends[1]), min(max(y, self.y_ends[0]), self.y_ends[1])

    # ---- painting

    def _repaint(self) -> None:
        self._sheet = None
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Places the points anew."""
        self._repaint()

    def _paint_points(self, painter: QPainter) -> None:
        """Paints the points anew only if they changed."""
        if self._sheet is None:
            places = self._within(self.points.places)
            self._sheet = painted(self.points, places, self.frame.size(), self.devicePixelRatioF())
        painter.drawPixmap(self.frame.topLeft(), self._sheet)

    def _paint_notes(self, painter: QPainter) -> None:
        """The caption in the upper corner; in the lower one that there are more points; and the eraser."""
        self._paint_eraser(painter)
        shown, total = len(self.points.places), self.points.total
        more = f"{shown:,} of {total:,} points".replace(",", "\u202f") if shown < total else ""
        painter.setFont(theme.font(theme.SMALL))
        for words, is_above in ((self._caption, True), (more, False)):
            if words:
                self._paint_note(painter, words, is_above)

    def _paint_note(self, painter: QPainter, words: str, is_above: bool) -> None:
        box = QRect(0, 0, painter.fontMetrics().horizontalAdvance(words) + 16, theme.px(22))
        box.moveLeft(self.frame.left() + 8)
        box.moveTop(self.frame.top() + 8 if is_above else self.frame.bottom() - 8 - box.height())
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
        self._go_on(event.pos())
        if self._eraser:
            self.update()

    def _go_on(self, place: QPoint) -> None:
        """The mouse with its button down is there."""
        x, y = self._inside(*self._point(place))
        if self._pressed is not None and self._is_painted:
            self.touched.emit(x, y, self._pressed == Qt.RightButton)
        elif self._pressed is not None:
            self.moved.emit(x, y)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begins to ask about places, or to paint."""
        buttons = (Qt.LeftButton, Qt.RightButton) if self._is_painted else (Qt.LeftButton,)
        if event.button() in buttons and self._pressed is None and self.frame.contains(event.pos()):
            self._pressed = event.button()
            self._go_on(event.pos())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Asks about the place where the button is released, or ends a stroke."""
        if event.button() != self._pressed:
            return
        self._pressed = None
        if self._is_painted:
            self.lifted.emit()
        else:
            self.asked.emit(*self._inside(*self._point(event.pos())))

    def _paint_eraser(self, painter: QPainter) -> None:
        """Its outline under the mouse."""
        if self._eraser and self._mouse is not None and self.frame.contains(self._mouse):
            x, y = self._point(self._mouse)
            corner = self.place_of(x + self._eraser, y - self._eraser) - self.place_of(x, y)
            painter.setPen(QPen(theme.colour("text"), 1))
            painter.setBrush(Qt.NoBrush)
            painter.drawEllipse(QPointF(self._mouse), corner.x(), corner.y())

    def leaveEvent(self, event: QEvent) -> None:
        """Hides the read-out, and the eraser."""
        self._mouse = None
        self.hovered.emit(None)
        if self._eraser:
            self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The arrows move the place that is asked about, with Shift a little; the first asks about the middle."""
        way = self.ways.get(Qt.Key(event.key()))
        if self._is_painted and self._painting_key(event):
            return
        if way is None:
            super().keyPressEvent(event)
        elif self._asked is None:
            self.asked.emit(sum(self.x_ends) / 2, sum(self.y_ends) / 2)
        else:
            steps = _FINE_STEPS if event.modifiers() & Qt.ShiftModifier else _STEPS
            ends = self.x_ends, self.y_ends
            shifts = (by * (high - low) / steps for by, (low, high) in zip(way, ends, strict=True))
            self.asked.emit(*self._inside(*(at + by for at, by in zip(self._asked, shifts, strict=True))))

    def _painting_key(self, event: QKeyEvent) -> bool:
        """Carries out a key that is about painting; returns whether it was one."""
        if event.key() == Qt.Key_Escape:
            self.left.emit()
        elif event.text().isdecimal():
            self.chosen.emit(int(event.text()))
        elif event.key() in (Qt.Key_Return, Qt.Key_Enter) and self._asked is not None:
            self.touched.emit(*self._asked, False)
            self.lifted.emit()
        else:
            return False
        return True
