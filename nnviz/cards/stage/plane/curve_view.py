"""A plot of the data's points, the network's line over them, and a mark at the current input."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PyQt5.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PyQt5.QtGui import QPainter, QPaintEvent, QPen, QPolygonF

from engine.basics.validation import Array
from nnviz.cards.stage.plane.points_view import PointsView
from nnviz.ui import theme
from nnviz.ui.painted_view import ARROWS
from nnviz.ui.plane.points import Points
from nnviz.ui.plots.painted_axes import AxesFrame, field_of, paint_axes, paint_grid

_WIDTH = 2.0  # of the line, in pixels
_DOT = 5.0  # radius of the dot where the line meets the input
_FILL = 70  # of 255: how much of the colour there is between a neuron's line and 0


@dataclass(frozen=True, eq=False)
class DrawnLine:
    """A line by (k,) x, ascending, and (k,) y. A neuron's line is blue and orange, and filled to 0."""

    x: Array
    y: Array
    is_neuron: bool = False


class CurveView(PointsView):
    """Axes with points and a line. Only the x of a place becomes the input.

    Attributes:
        axes: the ends and names of the axes.
        line: the displayed line; None for none.
    """

    arrows = {key: step for key, step in ARROWS.items() if not step[1]}  # noqa: RUF012

    def __init__(self) -> None:
        super().__init__()
        self.axes = AxesFrame(line=None)
        self.line: DrawnLine | None = None

    @property
    def frame(self) -> QRect:
        """The rectangle of points and line."""
        field = field_of(self.rect(), self.axes)
        return QRect(field.topLeft(), field.size().expandedTo(QSize(1, 1)))

    def show_points(self, points: Points) -> None:
        """Shows points."""
        self.points = points
        self._redraw()

    def show_line(self, line: DrawnLine | None, axes: AxesFrame, caption: str = "") -> None:
        """Shows a line, or none, between axes that it shares with the points. ``caption`` is written above."""
        if axes != self.axes:
            self.axes, self.x_ends, self.y_ends = axes, axes.x, axes.y
            self._sheet = None
        self.line, self._caption = line, caption
        self._answers_changed()

    # ---- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the axes, the points, the line and the mark of the input."""
        painter, frame = QPainter(self), self.frame
        painter.fillRect(self.rect(), theme.colour("card"))
        painter.translate(frame.topLeft())
        paint_grid(painter, self.axes, frame.size())
        painter.resetTransform()
        paint_axes(painter, self.axes, frame)
        painter.setClipRect(frame)
        if self.line is None or not self.line.is_neuron:
            self._paint_points(painter)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._input is not None:
            self._paint_input(painter, self._input[0])
        if self.line is not None:
            self._paint_line(painter, self.line)
        self._paint_notes(painter)
        self._paint_focus(painter, QRectF(frame))

    def _paint_line(self, painter: QPainter, line: DrawnLine) -> None:
        places = self._within(np.stack([line.x, line.y], axis=1)) + np.array([self.frame.x(), self.frame.y()])
        polygon = QPolygonF([QPointF(x, y) for x, y in np.clip(places, -1e6, 1e6).tolist()])
        if not line.is_neuron:
            self._paint_stroke(painter, polygon, "ink")
            self._paint_dot(painter, line)
            return
        frame, zero = QRectF(self.frame), self.place_of(0, 0).y()
        above, below = QRectF(frame), QRectF(frame)
        above.setBottom(zero + _WIDTH)  # a line along 0 is not below it
        below.setTop(zero + _WIDTH)
        for ink, half in (("positive", above), ("negative", below)):
            painter.setClipRect(half)
            self._paint_fill(painter, polygon, ink, zero)
            self._paint_stroke(painter, polygon, ink)
        painter.setClipRect(frame)

    @staticmethod
    def _paint_stroke(painter: QPainter, polygon: QPolygonF, ink: str) -> None:
        painter.setPen(
            QPen(theme.colour(ink), _WIDTH, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
        )
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(polygon)

    @staticmethod
    def _paint_fill(painter: QPainter, polygon: QPolygonF, ink: str, zero: float) -> None:
        area = QPolygonF(polygon)
        area.append(QPointF(polygon.last().x(), zero))
        area.append(QPointF(polygon.first().x(), zero))
        colour = theme.colour(ink)
        colour.setAlpha(_FILL)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawPolygon(area)

    def _paint_input(self, painter: QPainter, x: float) -> None:
        """Paints a thin mark at the input, from top to bottom."""
        at = round(self.place_of(x, 0).x()) + 0.5  # whole pixels, so it is sharp
        painter.setPen(QPen(theme.colour("muted"), 1))
        painter.drawLine(QPointF(at, self.frame.top()), QPointF(at, self.frame.bottom()))

    def _paint_dot(self, painter: QPainter, line: DrawnLine) -> None:
        """Paints a dot where the line meets the mark."""
        if self._input is None or not line.x[0] <= self._input[0] <= line.x[-1]:
            return
        x = self._input[0]
        painter.setPen(QPen(theme.colour("card"), 2))
        painter.setBrush(theme.colour("ink"))
        painter.drawEllipse(self.place_of(x, float(np.interp(x, line.x, line.y))), _DOT, _DOT)
