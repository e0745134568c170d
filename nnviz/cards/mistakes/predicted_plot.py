"""Plot of predictions over targets: a point for each example, and the diagonal of perfect predictions."""

from __future__ import annotations

import numpy as np
from PyQt5.QtCore import QLineF, QPoint, QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap

from engine.basics.validation import Array
from nnviz.formatting import text
from nnviz.ui import alignment, theme
from nnviz.ui.map.mark import paint_ring
from nnviz.ui.map.painting import Dots, PointPainter, no_dots
from nnviz.ui.painted_view import ENTER, PaintedView
from nnviz.ui.plots.choice_plot import nearest, next_along

_REACH = 9  # Pixels up to which the mouse points at a point.
_LINE, _MARGIN = 16, 8
_AIR = 0.04  # margin beyond the outermost points, as a share of the range
_FEW = 400  # Examples. More examples have smaller points.


class PredictedPlot(PaintedView):
    """Square plot whose axes have the same range. Mouse or keys choose the point of an example.

    Signals:
        hovered(int): the mouse points at an example; -1 for none.
        chosen(int): a click on an example, or Left or Right, in the order of the targets; -1 for a click outside.
        opened(): Enter, or a double click.
    """

    hovered = pyqtSignal(int)
    chosen = pyqtSignal(int)
    opened = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self._pairs: Array = np.zeros((0, 2))
        self._earlier: Array | None = None  # predictions of another network
        self._ends = (0.0, 1.0)
        self._ink = "test"
        self._choice: int | None = None
        self._painter = PointPainter()
        self._picture: QPixmap | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def show_numbers(self, true: Array, predicted: Array, ink: str, earlier: Array | None = None) -> None:
        """Shows finite targets and predictions, (k,) each. ``ink`` is the theme's name of their colour.

        ``earlier``: (k,) predictions of an earlier network, in the colour of the past and below the others.
        """
        self._pairs, self._ink, self._earlier = np.stack([true, predicted], axis=1), ink, earlier
        pairs = self._pairs if earlier is None else np.concatenate([self._pairs, np.stack([true, earlier], axis=1)])
        seen = pairs[np.isfinite(pairs).all(axis=1)]
        low, high = (float(seen.min()), float(seen.max())) if len(seen) else (0.0, 1.0)
        air = _AIR * (high - low) or max(abs(low), 1.0) * _AIR
        self._ends = low - air, high + air
        self._redraw()

    def show_choice(self, number: int | None) -> None:
        """Paints a ring around an example; None for none."""
        if number != self._choice:
            self._choice = number
            self.update()

    @property
    def count(self) -> int:
        """Number of examples."""
        return len(self._pairs)

    # ---- places

    @property
    def _square(self) -> QRectF:
        side = max(10.0, min(self.width() - 2 * _MARGIN, self.height() - theme.px(_LINE) - _MARGIN))
        return QRectF(round((self.width() - side) / 2), _MARGIN / 2, round(side), round(side))

    def _places(self, pairs: Array | None = None) -> Array:
        """Returns the pixels (k, 2) of the points in the square, or of other pairs of numbers."""
        low, high = self._ends
        with np.errstate(invalid="ignore"):
            shares = ((self._pairs if pairs is None else pairs) - low) / (high - low)
        return np.stack([shares[:, 0], 1 - shares[:, 1]], axis=1) * self._square.width()

    def place_of(self, number: int) -> QPointF:
        """Returns the pixel of an example in the widget."""
        return QPointF(*self._places()[number].tolist()) + self._square.topLeft()

    def _at(self, point: QPoint) -> int:
        """Returns the example nearest to a pixel; -1 if none is near."""
        return nearest(self._places(), point - self._square.topLeft().toPoint(), _REACH)

    # ---- painting

    def sizeHint(self) -> QSize:
        """Returns the preferred size."""
        return QSize(250, 262)

    def minimumSizeHint(self) -> QSize:
        """Returns the smallest readable size."""
        return QSize(120, 130)

    def _redraw(self) -> None:
        self._picture = None
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the cached points, and the choice."""
        square, painter = self._square, QPainter(self)
        if self._picture is None:
            self._picture = self._draw(square)
        painter.drawPixmap(square.topLeft(), self._picture)
        self._paint_ends(painter, square)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._choice is not None and self._choice < len(self._pairs):
            if np.isfinite(self._pairs[self._choice]).all():
                paint_ring(painter, self.place_of(self._choice), 6, "ink")
        else:
            self._paint_focus(painter, square.adjusted(-1, -1, 1, 1))

    def _draw(self, square: QRectF) -> QPixmap:
        ratio = self.devicePixelRatioF()
        ground, side = theme.colour("field"), int(square.width() * ratio)
        places, kinds = self._places() * ratio, np.ones(len(self._pairs), np.intp)
        if self._earlier is not None:
            others = self._places(np.stack([self._pairs[:, 0], self._earlier], axis=1)) * ratio
            places, kinds = np.concatenate([others, places]), np.concatenate([0 * kinds, kinds])
        none = np.zeros(len(places), bool)
        dots = Dots(places, kinds, none, none) if len(places) else no_dots()
        colours = np.array([theme.colour(ink).rgb() & 0xFFFFFF for ink in ("looking_back", self._ink)], np.uint32)
        radius = (2.5 if len(places) <= _FEW else 1.5) * ratio
        rgb = ground.rgb() & 0xFFFFFF
        self._painter.paint((side, side), places, dots, colours, rgb, rgb, radius)
        picture = QPixmap.fromImage(self._painter.image.copy())
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.colour("muted"), 1, Qt.PenStyle.DashLine))
        painter.drawLine(QLineF(0, side, side, 0))
        painter.end()
        picture.setDevicePixelRatio(ratio)
        return picture

    def _paint_ends(self, painter: QPainter, square: QRectF) -> None:
        """Paints the ends of the horizontal axis, which are those of the vertical axis too."""
        painter.setFont(theme.font(theme.SMALL))
        painter.setPen(theme.colour("muted"))
        below = QRectF(square.left(), square.bottom() + 1, square.width(), theme.px(_LINE))
        painter.drawText(below, alignment.LEFT, text.compact(self._ends[0]))
        painter.drawText(below, alignment.RIGHT, text.compact(self._ends[1]))

    # ---- mouse and keys

    def _update_hovered(self) -> None:
        self.hovered.emit(-1 if self._mouse is None else self._at(self._mouse))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Chooses the clicked example."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.chosen.emit(self._at(event.pos()))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Opens the clicked example."""
        if self._at(event.pos()) >= 0:
            self.opened.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Handles keys: Left and Right choose the neighbour by target, Enter opens."""
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if event.key() in ENTER:
            self.opened.emit()
        elif event.key() not in steps or not len(self._pairs):
            super().keyPressEvent(event)
        else:
            self.chosen.emit(next_along(self._pairs[:, 0], self._choice, steps[Qt.Key(event.key())]))
