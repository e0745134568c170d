"""Points with two numbers each, a line with which to compare them, and axes: few are discs, many are dots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PyQt5.QtCore import QLineF, QPoint, QPointF, QRect, QRectF, QSize, Qt
from PyQt5.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen, QPixmap, QPolygonF

from engine.basics.validation import Array
from nnviz.ui import alignment, theme
from nnviz.ui.map.mark import paint_ring
from nnviz.ui.map.painting import Dots, PointPainter, mixed, no_dots
from nnviz.ui.painted_view import ENTER
from nnviz.ui.plots.choice_plot import ChoicePlot, nearest, next_along
from nnviz.ui.plots.painted_axes import AxesFrame, field_of, paint_axes, paint_grid

_REACH = 10  # pixels from the mouse to the nearest point that it points at
_FEW, _SOME = 150, 600  # points; more get smaller
_FAINT = 0.45  # how much of its colour a series that stands back keeps
_RING = 6
_ARM = 3.5  # pixels from the middle of a cross to its ends
DISC, CIRCLE, CROSS, ABOVE = "disc", "circle", "cross", "above"


@dataclass(frozen=True, eq=False)
class Series:
    """Points (k, 2) in the colour of that name.

    Attributes:
        is_faint: whether they lie behind the others, and stand back.
        mark: "disc"; or for few of them "circle", "cross", or "above": a disc that lies above all others.
        size: of a disc, as a factor.
    """

    points: Array
    ink: str
    is_faint: bool = False
    mark: str = DISC
    size: float = 1.0


class PointPlot(ChoicePlot):
    """Draws series of points. Those beyond the ends lie at the edge; those that are not finite are not drawn.

    A point is known by its number, counted through all series in their order.
    Left and Right go along x; Enter chooses and opens a point.
    """

    def __init__(self) -> None:
        super().__init__()
        self.frame = AxesFrame()
        self._series: Sequence[Series] = ()
        self._points: Array = np.zeros((0, 2))
        self._path: Array = np.zeros((0, 2))
        self._hint = ""
        self._painter = PointPainter()
        self._picture: QPixmap | None = None  # with axes and all points
        self._known_field: QRect | None = None
        self._known_places: tuple[QRect, Array] | None = None  # for that field

    def show_points(
        self, series: Sequence[Series], frame: AxesFrame, hint: str = "", path: Array | None = None
    ) -> None:
        """Shows points within a frame, over a line through the places ``path`` (k, 2); without points the hint."""
        self._series, self.frame, self._hint = series, frame, hint
        self._path = np.zeros((0, 2)) if path is None else path
        self._points = np.concatenate([each.points for each in series]) if series else np.zeros((0, 2))
        self._known_places = None
        self._redraw()
        if self._mouse is not None:
            self._update_hovered()

    @property
    def series(self) -> Sequence[Series]:
        """The series that are drawn."""
        return self._series

    @property
    def count(self) -> int:
        """The number of points."""
        return len(self._points)

    # ---- places

    @property
    def field(self) -> QRect:
        """The rectangle of the points."""
        if self._known_field is None:
            self._known_field = field_of(self.rect(), self.frame)
        return self._known_field

    def _places(self) -> Array:
        """(k, 2) pixels within the field; NaN for points that are not finite."""
        field = self.field
        if self._known_places is None or self._known_places[0] != field:
            self._known_places = field, self._within_field(self._points)
        return self._known_places[1]

    def _within_field(self, points: Array) -> Array:
        ends, field = np.array([self.frame.x, self.frame.y]), self.field
        with np.errstate(invalid="ignore", over="ignore"):
            shares = np.clip((points - ends[:, 0]) / (ends[:, 1] - ends[:, 0]), 0, 1)
        shares[~np.isfinite(points).all(axis=1)] = np.nan
        shares[:, 1] = 1 - shares[:, 1]
        return shares * (field.width() - 1, field.height() - 1)

    def place_of(self, number: int) -> QPointF:
        """Returns the place of a point in the widget."""
        return QPointF(*self._places()[number].tolist()) + QPointF(self.field.topLeft())

    def _at(self, point: QPoint) -> int:
        return nearest(self._places(), point - self.field.topLeft(), _REACH)

    # ---- painting

    def sizeHint(self) -> QSize:
        return QSize(400, 240)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, 140)

    def _redraw(self) -> None:
        self._picture = self._known_field = None
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the points and the axes, which are drawn once, and the choice."""
        painter, field = QPainter(self), self.field
        if self._picture is None:
            self._picture = self._draw(field)
        painter.drawPixmap(0, 0, self._picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._choice is not None and self._choice < self.count and np.isfinite(self._points[self._choice]).all():
            paint_ring(painter, self.place_of(self._choice), _RING, "ink")
        else:
            self._paint_focus(painter, QRectF(field).adjusted(-1, -1, 1, 1))

    def _draw(self, field: QRect) -> QPixmap:
        """Returns an image of the points in their field and the axes around it."""
        picture = self._new_pixmap(self.size())
        painter = QPainter(picture)
        painter.drawPixmap(field.topLeft(), self._draw_field(field.size()))
        paint_axes(painter, self.frame, field)
        if not self.count:
            painter.drawText(field, alignment.CENTER, self._hint)
        painter.end()
        return picture

    def _draw_field(self, size: QSize) -> QPixmap:
        """Returns an image of the line and the points over the grid."""
        ratio, ground = self.devicePixelRatioF(), theme.colour("card").rgb() & 0xFFFFFF
        picture = self._new_pixmap(size)
        pixels = picture.width(), picture.height()
        painter = QPainter(picture)
        paint_grid(painter, self.frame, size)
        is_dark = theme.colour("card").lightness() < 128  # the points' own ground then hides neither grid nor line
        over = (
            QPainter.CompositionMode.CompositionMode_Lighten
            if is_dark
            else QPainter.CompositionMode.CompositionMode_Darken
        )
        for factor in sorted({self._size(each) for each in self._series if each.mark == DISC}):
            self._painter.paint(pixels, *self._dots(ratio, factor), ground, ground, factor * self._radius * ratio)
            painter.setCompositionMode(over)
            painter.drawImage(QRect(QPoint(0, 0), size), self._painter.image)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._draw_path(painter)
        self._draw_marks(painter)
        painter.end()
        return picture

    def _draw_path(self, painter: QPainter) -> None:
        if len(self._path):
            painter.setPen(QPen(theme.colour("good"), 2))
            painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in self._within_field(self._path).tolist()]))

    def _draw_marks(self, painter: QPainter) -> None:
        """Draws circles, crosses, and discs above all others."""
        places, start = self._places(), 0
        for each in self._series:
            own, start = places[start : start + len(each.points)], start + len(each.points)
            own = own[np.isfinite(own).all(axis=1)]
            painter.setPen(QPen(theme.colour(each.ink), 1.5))
            if each.mark in (CIRCLE, ABOVE):
                radius = _ARM if each.mark == CIRCLE else each.size * self._radius + 0.5
                painter.setPen(QPen(theme.colour(each.ink if each.mark == CIRCLE else "card"), 1.5))
                painter.setBrush(Qt.BrushStyle.NoBrush if each.mark == CIRCLE else theme.colour(each.ink))
                for x, y in own.tolist():
                    painter.drawEllipse(QPointF(x, y), radius, radius)
            elif each.mark == CROSS:
                arms = ((-_ARM, -_ARM, _ARM, _ARM), (-_ARM, _ARM, _ARM, -_ARM))
                ends = [QLineF(x + a, y + b, x + c, y + d) for x, y in own.tolist() for a, b, c, d in arms]
                painter.drawLines(ends)

    @property
    def _radius(self) -> float:
        return 3.5 if self.count <= _FEW else 2.5 if self.count <= _SOME else 1.8

    def _size(self, series: Series) -> float:
        """Returns the factor by which the discs of a series are larger; 1 if the points are very many."""
        return series.size if self.count <= _SOME else 1.0

    def _dots(self, ratio: float, factor: float) -> tuple[Array, Dots, Array]:
        """Returns discs of a size: places in screen pixels, points and their colours; faint ones lie behind."""
        if not self.count:
            return np.zeros((0, 2)), no_dots(), np.zeros(1, np.uint32)
        ground = theme.colour("card").rgb() & 0xFFFFFF
        inks = np.array([theme.colour(each.ink).rgb() & 0xFFFFFF for each in self._series], np.uint32)
        faint = np.array([each.is_faint for each in self._series])
        inks[faint] = mixed(inks[faint], ground, _FAINT) & 0xFFFFFF
        of = np.repeat(np.arange(len(inks)), [len(each.points) for each in self._series])
        drawn = np.array([each.mark == DISC and self._size(each) == factor for each in self._series])
        order = np.argsort(~faint[of], kind="stable")
        order = order[drawn[of[order]]]
        nobody = np.zeros(len(order), bool)
        places = self._places()[order] * ratio
        return places, Dots(places, of[order], nobody, nobody), inks

    # ---- keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Goes to the next point along x by Left and Right; Enter chooses and opens it."""
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if event.key() in ENTER and self._choice is not None:
            self.chosen.emit(self._choice)
            self.opened.emit(self._choice)
        elif step is None or not self.count:
            super().keyPressEvent(event)
        else:
            self.moved.emit(next_along(self._points[:, 0], self._choice, step))
