"""Predicted against true: a point for each example, and the line on which they would lie if all answers were right."""

from __future__ import annotations

import numpy as np
from PyQt5.QtCore import QEvent, QLineF, QPoint, QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QResizeEvent
from PyQt5.QtWidgets import QWidget

from engine.basics.validation import Array
from nnviz.formatting import text
from nnviz.ui import theme
from nnviz.ui.map.mark import paint_ring
from nnviz.ui.map.painting import Dots, PointPainter, no_dots
from nnviz.ui.plots.choosing import nearest, next_along
from nnviz.ui.read_out import ReadOut

_REACH = 9  # pixels from the mouse to the nearest point that it points at
_LINE, _MARGIN = 16, 8
_AIR = 0.04  # of the range, beyond the outermost points
_FEW = 400  # examples; more get smaller points


class NumberPlot(QWidget):
    """A square in which both axes have the same range. The point of an example is chosen with the mouse or the keys.

    Signals:
        hovered(int): the mouse points at that example; -1 for none.
        chosen(int): it was clicked, or reached by Left or Right, which go by the true numbers; -1 for a click beside.
        opened(): the chosen one is to be opened.
    """

    hovered = pyqtSignal(int)
    chosen = pyqtSignal(int)
    opened = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self._pairs: Array = np.zeros((0, 2))
        self._ends = (0.0, 1.0)
        self._ink = "test"
        self._choice: int | None = None
        self._painter = PointPainter()
        self._picture: QPixmap | None = None
        self._read_out = ReadOut(self)
        self._mouse: QPoint | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.StrongFocus)
        theme.changed.connect(self._redraw)

    def show_numbers(self, true: Array, predicted: Array, ink: str) -> None:
        """Shows examples, (k,) each; those that are not finite have no place. ``ink`` is the name of their colour."""
        self._pairs, self._ink = np.stack([true, predicted], axis=1), ink
        seen = self._pairs[np.isfinite(self._pairs).all(axis=1)]
        low, high = (float(seen.min()), float(seen.max())) if len(seen) else (0.0, 1.0)
        air = _AIR * (high - low) or max(abs(low), 1.0) * _AIR
        self._ends = low - air, high + air
        self._redraw()

    def show_choice(self, number: int | None) -> None:
        """Rings an example; None for none."""
        if number != self._choice:
            self._choice = number
            self.update()

    def show_text(self, words: str) -> None:
        """Shows a read-out beside the mouse; an empty one hides it."""
        self._read_out.show_text(words, self._mouse)

    @property
    def count(self) -> int:
        """How many examples there are."""
        return len(self._pairs)

    # ---- places

    @property
    def _square(self) -> QRectF:
        side = max(10.0, min(self.width() - 2 * _MARGIN, self.height() - theme.px(_LINE) - _MARGIN))
        return QRectF(round((self.width() - side) / 2), _MARGIN / 2, round(side), round(side))

    def _places(self) -> Array:
        """(k, 2) pixels within the square."""
        low, high = self._ends
        with np.errstate(invalid="ignore"):
            shares = (self._pairs - low) / (high - low)
        return np.stack([shares[:, 0], 1 - shares[:, 1]], axis=1) * self._square.width()

    def place_of(self, number: int) -> QPointF:
        """Where an example is, in the widget."""
        return QPointF(*self._places()[number].tolist()) + self._square.topLeft()

    def _at(self, point: QPoint) -> int:
        """The example nearest to a point; -1 if none is near."""
        return nearest(self._places(), point - self._square.topLeft().toPoint(), _REACH)

    # ---- painting

    def sizeHint(self) -> QSize:
        """About square."""
        return QSize(250, 262)

    def minimumSizeHint(self) -> QSize:
        """Still readable."""
        return QSize(120, 130)

    def _redraw(self) -> None:
        self._picture = None
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Draws anew."""
        super().resizeEvent(event)
        self._redraw()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the points, which are drawn once, and the choice."""
        square, painter = self._square, QPainter(self)
        if self._picture is None:
            self._picture = self._draw(square)
        painter.drawPixmap(square.topLeft(), self._picture)
        self._paint_ends(painter, square)
        painter.setRenderHint(QPainter.Antialiasing)
        if self._choice is not None and self._choice < len(self._pairs):
            if np.isfinite(self._pairs[self._choice]).all():
                paint_ring(painter, self.place_of(self._choice), 6, "accent")
        elif self.hasFocus():
            painter.setPen(theme.colour("accent"))
            painter.drawRect(square.adjusted(-1, -1, 1, 1))

    def _draw(self, square: QRectF) -> QPixmap:
        ratio = self.devicePixelRatioF()
        ground, side = theme.colour("field"), int(square.width() * ratio)
        places, nobody = self._places() * ratio, np.zeros(len(self._pairs), bool)
        dots = Dots(places, np.zeros(len(places), np.intp), nobody, nobody) if len(places) else no_dots()
        colours = np.array([theme.colour(self._ink).rgb() & 0xFFFFFF], np.uint32)
        radius = (2.5 if len(places) <= _FEW else 1.5) * ratio
        rgb = ground.rgb() & 0xFFFFFF
        self._painter.paint((side, side), places, dots, colours, rgb, rgb, radius)
        picture = QPixmap.fromImage(self._painter.image.copy())
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.Antialiasing)
        painter.setPen(QPen(theme.colour("muted"), 1, Qt.DashLine))
        painter.drawLine(QLineF(0, side, side, 0))
        painter.end()
        picture.setDevicePixelRatio(ratio)
        return picture

    def _paint_ends(self, painter: QPainter, square: QRectF) -> None:
        """The numbers at both ends, below; they are those of the other axis too."""
        painter.setFont(theme.font(theme.SMALL))
        painter.setPen(theme.colour("muted"))
        below = QRectF(square.left(), square.bottom() + 1, square.width(), theme.px(_LINE))
        painter.drawText(below, int(Qt.AlignLeft | Qt.AlignVCenter), text.compact(self._ends[0]))
        painter.drawText(below, int(Qt.AlignRight | Qt.AlignVCenter), text.compact(self._ends[1]))

    # ---- mouse and keys

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tells which example is pointed at."""
        self._mouse = event.pos()
        self.hovered.emit(self._at(event.pos()))

    def leaveEvent(self, event: QEvent) -> None:
        """Tells that none is."""
        self._mouse = None
        self.hovered.emit(-1)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Chooses an example."""
        if event.button() == Qt.LeftButton:
            self.chosen.emit(self._at(event.pos()))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Opens it."""
        if self._at(event.pos()) >= 0:
            self.opened.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and Right go on by the true numbers."""
        steps = {Qt.Key_Left: -1, Qt.Key_Right: 1}
        if event.key() in (Qt.Key_Return, Qt.Key_Enter):
            self.opened.emit()
        elif event.key() not in steps or not len(self._pairs):
            super().keyPressEvent(event)
        else:
            self.chosen.emit(next_along(self._pairs[:, 0], self._choice, steps[Qt.Key(event.key())]))
