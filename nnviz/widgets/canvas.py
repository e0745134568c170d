"""The canvas: strokes of the mouse or a tablet's pen, white on black."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PyQt5.QtCore import QEvent, QPointF, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen, QResizeEvent, QTabletEvent
from PyQt5.QtWidgets import QSizePolicy, QWidget

from nnviz import theme
from nnviz.drawing import picture_of_strokes

Array = npt.NDArray[Any]

DEFAULT_PEN = 18
_HINT = "Draw a digit here"


class Canvas(QWidget):
    """Keeps strokes as lists of points in its own pixels, y down.

    Signals:
        changed: another point, or other strokes.
        stroke_finished(before, after): the strokes as tuples of arrays, for undo.
    """

    changed = pyqtSignal()
    stroke_finished = pyqtSignal(object, object)

    def __init__(self) -> None:
        super().__init__()
        self.pen_width = float(DEFAULT_PEN)
        self._strokes: list[list[tuple[float, float]]] = []
        self._drawing = False
        self.setAttribute(Qt.WA_OpaquePaintEvent)
        self.setCursor(Qt.CrossCursor)
        self.setFocusPolicy(Qt.ClickFocus)
        self.setSizePolicy(QSizePolicy.Expanding, QSizePolicy.Expanding)
        self.setMinimumSize(QSize(160, 160))
        self.resize(272, 240)

    @property
    def strokes(self) -> list[Array]:
        """(n, 2) float arrays, canvas pixels, y down."""
        return [np.array(stroke, float).reshape(-1, 2) for stroke in self._strokes]

    def set_strokes(self, strokes: Sequence[Array]) -> None:
        """Replaces the drawing. ``strokes`` are (n, 2) arrays in canvas pixels, y down."""
        arrays = [np.asarray(stroke, float).reshape(-1, 2) for stroke in strokes]
        self._strokes = [[(float(x), float(y)) for x, y in stroke] for stroke in arrays if len(stroke)]
        self._drawing = False  # a stroke under way, if there is one, went with the others
        self._tell()

    def set_pen_width(self, pixels: float) -> None:
        """The pen of the whole drawing, in canvas pixels."""
        self.pen_width = float(pixels)
        self._tell()

    def network_input(self) -> Array:
        """(784,) float32 in 0…1: what the network is shown."""
        return picture_of_strokes(self.strokes, self.pen_width).ravel()

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
        self._before = tuple(self.strokes)
        self._drawing = True
        self._strokes.append([(place.x(), place.y())])
        self._tell()

    def _pen_to(self, place: QPointF) -> None:
        self._strokes[-1].append((place.x(), place.y()))
        self._tell()

    def _pen_up(self) -> None:
        self._drawing = False
        self.stroke_finished.emit(self._before, tuple(self.strokes))

    # ---- looks

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The drawing grows and shrinks with the canvas."""
        old, new = event.oldSize(), event.size()
        if self._strokes and old.width() > 0 and old.height() > 0:
            scale = min(new.width() / old.width(), new.height() / old.height())
            self._strokes = [[(x * scale, y * scale) for x, y in stroke] for stroke in self._strokes]
            self._tell()

    def paintEvent(self, event: QPaintEvent) -> None:
        """White ink with round ends on black, in both themes: as the network sees it."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), Qt.black)
        painter.setRenderHint(QPainter.Antialiasing)
        if self.is_empty:
            painter.setPen(Qt.gray)
            painter.setFont(theme.font(theme.SMALL))
            painter.drawText(self.rect(), Qt.AlignCenter, _HINT)
        painter.setPen(QPen(Qt.white, self.pen_width, Qt.SolidLine, Qt.RoundCap, Qt.RoundJoin))
        for stroke in self._strokes:
            painter.drawPath(_path(stroke))


def _path(stroke: list[tuple[float, float]]) -> QPainterPath:
    path = QPainterPath(QPointF(*stroke[0]))
    for point in stroke[1:] or stroke:
        # A line of no length would not be drawn; a hair's breadth gives the dot.
        path.lineTo(QPointF(point[0] + (0.01 if len(stroke) == 1 else 0), point[1]))
    return path
