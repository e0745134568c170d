"""The canvas: strokes of the mouse or a tablet's pen, white on black."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PyQt5.QtCore import QEvent, QPointF, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen, QTabletEvent
from PyQt5.QtWidgets import QSizePolicy, QWidget

from nnviz import theme
from nnviz.drawing import picture_of_strokes

Array = npt.NDArray[Any]

DEFAULT_PEN = 18
_HINT = "Draw a digit here"


Drawing = tuple[tuple[tuple[float, float], ...], ...]


class Canvas(QWidget):
    """Keeps strokes in units of its shorter side, from its centre, so that they look the same at every size.

    Signals:
        changed: another point, or other strokes.
        stroke_finished(before, after): the whole drawing, for undo with :meth:`restore`.
    """

    changed = pyqtSignal()
    stroke_finished = pyqtSignal(object, object)

    def __init__(self) -> None:
        super().__init__()
        self._strokes: list[list[tuple[float, float]]] = []
        self._drawing = False
        self.setAttribute(Qt.WA_OpaquePaintEvent)
        self.setCursor(Qt.CrossCursor)
        self.setFocusPolicy(Qt.ClickFocus)
        self.setSizePolicy(QSizePolicy.Expanding, QSizePolicy.Expanding)
        self.setMinimumSize(QSize(160, 160))
        self.resize(272, 240)
        self._pen = DEFAULT_PEN / self._side

    @property
    def _side(self) -> int:
        """Canvas pixels in a unit."""
        return max(1, min(self.width(), self.height()))

    @property
    def _middle(self) -> Array:
        return np.array([self.width(), self.height()]) / 2

    @property
    def strokes(self) -> list[Array]:
        """(n, 2) float arrays, canvas pixels, y down."""
        return [np.round(np.array(stroke) * self._side + self._middle, 9) for stroke in self._strokes]

    def set_strokes(self, strokes: Sequence[Array]) -> None:
        """Replaces the drawing. ``strokes`` are (n, 2) arrays in canvas pixels, y down."""
        arrays = [np.asarray(stroke, float).reshape(-1, 2) for stroke in strokes]
        units = [(stroke - self._middle) / self._side for stroke in arrays if len(stroke)]
        self.restore(tuple(tuple((float(x), float(y)) for x, y in stroke) for stroke in units))

    @property
    def drawing(self) -> Drawing:
        """All strokes, whatever size the canvas has now or later."""
        return tuple(tuple(stroke) for stroke in self._strokes)

    def restore(self, drawing: Drawing) -> None:
        """Puts an earlier drawing back."""
        self._strokes = [list(stroke) for stroke in drawing]
        self._drawing = False  # a stroke under way, if there is one, went with the others
        self._tell()

    @property
    def pen_width(self) -> float:
        """In canvas pixels, as the canvas is now."""
        return self._pen * self._side

    def set_pen_width(self, pixels: float) -> None:
        """The pen of the whole drawing, in canvas pixels."""
        self._pen = pixels / self._side
        self._tell()

    def network_input(self) -> Array:
        """(784,) float32 in 0…1: what the network is shown."""
        return picture_of_strokes([np.array(stroke) for stroke in self._strokes], self._pen).ravel()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is drawn."""
        return not self._strokes

    def _tell(self) -> None:
        self.update()
        self.changed.emit()

    # ---- pen

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """The left button puts the pen down."""
        if event.button() == Qt.LeftButton:
            self._pen_down(event.localPos())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Draws while the pen is down."""
        if self._drawing:
            self._pen_to(event.localPos())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Lifts the pen."""
        if event.button() == Qt.LeftButton and self._drawing:
            self._pen_up()

    def tabletEvent(self, event: QTabletEvent) -> None:
        """A tablet's pen draws as the mouse does, with its finer positions."""
        if event.type() == QEvent.TabletPress:
            self._pen_down(event.posF())
        elif event.type() == QEvent.TabletMove and self._drawing:
            self._pen_to(event.posF())
        elif event.type() == QEvent.TabletRelease and self._drawing:
            self._pen_up()
        event.accept()

    def _pen_down(self, place: QPointF) -> None:
        self._before = self.drawing
        self._drawing = True
        self._strokes.append([self._in_units(place)])
        self._tell()

    def _pen_to(self, place: QPointF) -> None:
        self._strokes[-1].append(self._in_units(place))
        self._tell()

    def _pen_up(self) -> None:
        self._drawing = False
        self.stroke_finished.emit(self._before, self.drawing)

    def _in_units(self, place: QPointF) -> tuple[float, float]:
        return (place.x() - self.width() / 2) / self._side, (place.y() - self.height() / 2) / self._side

    # ---- looks

    def paintEvent(self, event: QPaintEvent) -> None:
        """White ink with round ends on black, in both themes: as the network sees it."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), Qt.black)
        painter.setRenderHint(QPainter.Antialiasing)
        if self.is_empty:
            painter.setPen(Qt.gray)
            painter.setFont(theme.font(theme.SMALL))
            painter.drawText(self.rect(), Qt.AlignCenter, _HINT)
        painter.translate(self.width() / 2, self.height() / 2)
        painter.scale(self._side, self._side)
        painter.setPen(QPen(Qt.white, self._pen, Qt.SolidLine, Qt.RoundCap, Qt.RoundJoin))
        for stroke in self._strokes:
            painter.drawPath(_path(stroke))


def _path(stroke: list[tuple[float, float]]) -> QPainterPath:
    path = QPainterPath(QPointF(*stroke[0]))
    for point in stroke[1:] or stroke:
        # A line of no length would not be drawn; a hair's breadth gives the dot.
        path.lineTo(QPointF(point[0] + (1e-4 if len(stroke) == 1 else 0), point[1]))
    return path
