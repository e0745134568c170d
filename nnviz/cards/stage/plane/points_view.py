"""The base of the views of plane and curve: a field of points in which a click chooses the input."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PyQt5.QtCore import QPoint, QPointF, QRect, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QKeyEvent, QMouseEvent, QPainter, QPen, QPixmap

from engine.basics.validation import Array
from nnviz.formatting import text
from nnviz.ui import alignment, theme
from nnviz.ui.painted_view import ARROWS, ENTER, PaintedView
from nnviz.ui.plane.points import no_points, painted

_STEPS, _FINE_STEPS = 50, 500  # steps of the arrow keys across the field; with Shift

Ends = tuple[float, float]


class PointsView(PaintedView):
    """A field of points. A click or a drag chooses the input; the arrow keys move it. Subclasses paint the field.

    While points are painted, clicks and drags set points, and erase them with the right button. Enter sets a point at
    the place of the input.

    Signals:
        hovered(object): the place (x, y) under the mouse, sent again if its prediction may have changed; None: none.
        moved(float, float): x and y of a place where the button was pressed, or to which it is dragged.
        picked(float, float): x and y of a place where the button was released, or to which an arrow key led.
        touched(float, float, bool): x and y of a place where a point is painted, or, if true, erased.
        lifted: a stroke of painting has ended.
        chosen(int): a digit was pressed while points are painted.
        left: Escape was pressed while points are painted.

    Attributes:
        x_ends, y_ends: the visible range; y points upwards.
        points: the displayed points.
    """

    hovered = pyqtSignal(object)
    moved = pyqtSignal(float, float)
    picked = pyqtSignal(float, float)
    touched = pyqtSignal(float, float, bool)
    lifted = pyqtSignal()
    chosen = pyqtSignal(int)
    left = pyqtSignal()
    arrows: Mapping[int, tuple[int, int]] = ARROWS  # the keys that move the input

    def __init__(self) -> None:
        super().__init__()
        self.x_ends: Ends = (-1.0, 1.0)
        self.y_ends: Ends = (-1.0, 1.0)
        self.points = no_points()
        self._caption = ""
        self._input: tuple[float, float] | None = None
        self._sheet: QPixmap | None = None  # the painted points; None if they must be painted again
        self._pressed: Qt.MouseButton | None = None  # the button that was pressed in the field
        self._is_painted = False
        self._eraser = 0.0  # its radius; 0: there is none
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # paintEvent covers the whole widget

    @property
    def frame(self) -> QRect:
        """The rectangle of the field in the widget."""
        raise NotImplementedError

    # ---- display

    def show_input(self, place: tuple[float, float] | None) -> None:
        """Marks the place of the input, or none."""
        if place != self._input:
            self._input = place
            self.update()

    def set_painted(self, painted: bool, eraser: float = 0.0) -> None:
        """Sets whether clicks paint, and the radius of the eraser that is drawn under the mouse; 0 for none."""
        self._is_painted, self._eraser = painted, eraser
        self.update()

    def _answers_changed(self) -> None:
        if self._mouse is not None:
            self._update_hovered()
        self.update()

    def sizeHint(self) -> QSize:
        """Returns a small size; the view takes the room there is."""
        return QSize(400, 240)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, 60)

    # ---- places

    def place_of(self, x: float, y: float) -> QPointF:
        """Returns the pixel of a point."""
        place = self._within(np.array([[x, y]]))[0]
        return QPointF(self.frame.topLeft()) + QPointF(float(place[0]), float(place[1]))

    def _within(self, points: Array) -> Array:
        """Returns the pixels (k, 2) of points (k, 2), relative to the frame."""
        low, high = np.array([self.x_ends, self.y_ends], float).T
        shares = (points - low) / (high - low)
        found: Array = np.stack([shares[:, 0], 1 - shares[:, 1]], axis=1) * (self.frame.width(), self.frame.height())
        return found

    def point_at(self, place: QPoint) -> tuple[float, float] | None:
        """Returns the point at a pixel; None outside the field."""
        return self._point(place) if self.frame.contains(place) else None

    def _point(self, place: QPoint) -> tuple[float, float]:
        """Returns the point at a pixel, also outside the field."""
        frame = self.frame
        across, down = (place.x() + 0.5 - frame.x()) / frame.width(), (place.y() + 0.5 - frame.y()) / frame.height()
        (left, right), (low, high) = self.x_ends, self.y_ends
        return left + across * (right - left), high - down * (high - low)

    def _inside(self, x: float, y: float) -> tuple[float, float]:
        """Returns the nearest point of the field."""
        return min(max(x, self.x_ends[0]), self.x_ends[1]), min(max(y, self.y_ends[0]), self.y_ends[1])

    # ---- painting

    def _redraw(self) -> None:
        self._sheet = None
        self.update()

    def _paint_points(self, painter: QPainter) -> None:
        """Paints the points; from a cache if they have not changed."""
        if self._sheet is None:
            places = self._within(self.points.places)
            self._sheet = painted(self.points, places, self.frame.size(), self.devicePixelRatioF())
        painter.drawPixmap(self.frame.topLeft(), self._sheet)

    def _paint_notes(self, painter: QPainter) -> None:
        """Paints the caption, a note that there are more points, and the eraser."""
        self._paint_eraser(painter)
        shown, total = len(self.points.places), self.points.total
        more = f"{text.count(shown)} of {text.count(total)} points" if shown < total else ""
        painter.setFont(theme.font(theme.SMALL))
        for words, is_above in ((self._caption, True), (more, False)):
            if words:
                self._paint_note(painter, words, is_above)

    def _paint_note(self, painter: QPainter, words: str, is_above: bool) -> None:
        box = QRect(0, 0, painter.fontMetrics().horizontalAdvance(words) + 16, theme.px(22))
        box.moveLeft(self.frame.left() + 8)
        box.moveTop(self.frame.top() + 8 if is_above else self.frame.bottom() - 8 - box.height())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("card"))
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(theme.colour("ink"))
        painter.drawText(box, alignment.CENTER, words)

    # ---- the mouse and the keyboard

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Reports the place under the mouse; with the button down it becomes the input."""
        super().mouseMoveEvent(event)
        self._go_on(event.pos())

    def _update_hovered(self) -> None:
        point = None if self._mouse is None else self.point_at(self._mouse)
        cursor = Qt.CursorShape.ArrowCursor if point is None else Qt.CursorShape.CrossCursor
        if self.cursor().shape() != cursor:
            self.setCursor(cursor)
        self.hovered.emit(point)
        if self._eraser:
            self.update()

    def _go_on(self, place: QPoint) -> None:
        """Continues a drag or a stroke at the mouse."""
        x, y = self._inside(*self._point(place))
        if self._pressed is not None and self._is_painted:
            self.touched.emit(x, y, self._pressed == Qt.MouseButton.RightButton)
        elif self._pressed is not None:
            self.moved.emit(x, y)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begins to choose the input, or a stroke of painting."""
        buttons = (
            (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton)
            if self._is_painted
            else (Qt.MouseButton.LeftButton,)
        )
        if event.button() in buttons and self._pressed is None and self.frame.contains(event.pos()):
            self._pressed = event.button()
            self._go_on(event.pos())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Chooses the input where the button is released, or ends a stroke."""
        if event.button() != self._pressed:
            return
        self._pressed = None
        if self._is_painted:
            self.lifted.emit()
        else:
            self.picked.emit(*self._inside(*self._point(event.pos())))

    def _paint_eraser(self, painter: QPainter) -> None:
        """Paints the outline of the eraser under the mouse."""
        if self._eraser and self._mouse is not None and self.frame.contains(self._mouse):
            x, y = self._point(self._mouse)
            corner = self.place_of(x + self._eraser, y - self._eraser) - self.place_of(x, y)
            painter.setPen(QPen(theme.colour("ink"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(QPointF(self._mouse), corner.x(), corner.y())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Moves the input by arrow keys, by a smaller step with Shift. The first key chooses the middle."""
        if self._is_painted and self._painting_key(event):
            return
        if event.key() not in self.arrows:
            super().keyPressEvent(event)
        elif self._input is None:
            self.picked.emit(sum(self.x_ends) / 2, sum(self.y_ends) / 2)
        else:
            steps = _FINE_STEPS if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else _STEPS
            (x, y), (right, down) = self._input, self.arrows[event.key()]
            x += right * (self.x_ends[1] - self.x_ends[0]) / steps
            y -= down * (self.y_ends[1] - self.y_ends[0]) / steps
            self.picked.emit(*self._inside(x, y))

    def _painting_key(self, event: QKeyEvent) -> bool:
        """Handles a key of painting. Returns whether the key was one."""
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        elif event.text().isdecimal():
            self.chosen.emit(int(event.text()))
        elif event.key() in ENTER and self._input is not None:
            self.touched.emit(*self._input, False)
            self.lifted.emit()
        else:
            return False
        return True
