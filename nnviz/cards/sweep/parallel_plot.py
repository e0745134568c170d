"""A plot of parallel coordinates: an axis for each quantity, and a line through the values of each item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PyQt5.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt
from PyQt5.QtGui import (
    QColor,
    QFontMetrics,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
)

from engine.basics.validation import Array
from nnviz.ui import alignment, theme
from nnviz.ui.map.painting import mixed
from nnviz.ui.painted_view import ENTER
from nnviz.ui.plots.choice_plot import ChoicePlot, next_along
from nnviz.ui.plots.painted_axes import NUMBERS, Ends, Scale, written_marks

_LEFT, _RIGHT, _TOP, _FOOT = 46, 64, 30, 12  # pixels around the axes
_APART = 40  # pixels between two marks of an axis, about
_REACH = 8  # pixels from the mouse to the line that it points at
_ROOM_OF_MARK = 84
_NONE: tuple[Array, Array] = np.zeros(0, np.intp), np.zeros((0, 0))


@dataclass(frozen=True)
class LineAxis:
    """An axis: its name, its ends, and the meaning of places on it."""

    name: str
    ends: Ends
    scale: Scale = NUMBERS


@dataclass(frozen=True, eq=False)
class LineGroup:
    """Lines of equal appearance.

    Attributes:
        numbers: (k,) the items.
        ink: name of their colour.
        share: opacity, 0…1, over the background.
        width: width in pixels; groups with more than one pixel should be small.
        is_dotted: whether the lines are dotted.
        is_ground: whether they are behind all others and do not change, so that they are drawn once.
    """

    numbers: Array
    ink: str
    share: float = 1.0
    width: float = 1.0
    is_dotted: bool = False
    is_ground: bool = False


class ParallelPlot(ChoicePlot):
    """A plot whose lines are drawn once into a pixmap; the hovered and the chosen line are painted over it."""

    def __init__(self) -> None:
        super().__init__()
        self._axes: Sequence[LineAxis] = ()
        self._places: Array = np.zeros((0, 0))
        self._lines: Sequence[LineGroup] = ()
        self._hint = ""
        self._pointed = -1
        self._ground: QPixmap | None = None  # with the lines that stay
        self._drawn: tuple[Array, Array] = _NONE  # these lines: their items, and the places that they go through
        self._picture: QPixmap | None = None  # with all lines and axes
        self.hovered.connect(self._highlight)

    def show_lines(self, axes: Sequence[LineAxis], places: Array, lines: Sequence[LineGroup], hint: str = "") -> None:
        """Shows items by their places (items, axes); a NaN leaves a gap in the line. Shows the hint if there are no
        lines.

        Args:
            lines: the appearance of the items, from back to front.
        """
        if list(axes) != list(self._axes) or not self._is_same(places):
            self._ground = None
        self._axes, self._places, self._lines, self._hint = axes, places, lines, hint
        self._picture = None
        self.update()
        if self._mouse is not None:
            self._update_hovered()

    def _is_same(self, places: Array) -> bool:
        """Whether the lines that are drawn once are still valid."""
        numbers, there = self._drawn
        if not len(numbers):
            return True
        return len(places) > numbers.max() and np.array_equal(places[numbers], there, equal_nan=True)

    @property
    def count(self) -> int:
        """Number of items."""
        return sum(len(each.numbers) for each in self._lines)

    # ---- places

    @property
    def field(self) -> QRect:
        """The rectangle from the first axis to the last one."""
        return self.rect().adjusted(theme.px(_LEFT), theme.px(_TOP), -theme.px(_RIGHT), -theme.px(_FOOT))

    def _across(self) -> Array:
        """Returns (axes,) x coordinates of the axes in pixels."""
        field, count = self.field, len(self._axes)
        return field.left() + np.arange(count) * (field.width() - 1) / max(1, count - 1)

    def _heights(self, numbers: Array) -> Array:
        """Returns (k, axes) y coordinates in pixels."""
        ends = np.array([axis.ends for axis in self._axes], float).reshape(-1, 2)
        shares = np.clip((self._places[numbers] - ends[:, 0]) / (ends[:, 1] - ends[:, 0]), 0, 1)
        field = self.field
        heights: Array = field.top() + (1 - shares) * (field.height() - 1)
        return heights

    def place_of(self, number: int, axis: int) -> QPointF:
        """Returns the point where an item's line meets an axis."""
        return QPointF(float(self._across()[axis]), float(self._heights(np.array([number]))[0, axis]))

    def _at(self, point: QPoint) -> int:
        """Returns the item whose line is nearest to a point, the front one in a tie; -1 if none is near."""
        across = self._across()
        if len(across) < 2 or not self.count:
            return -1
        left = int(np.clip(np.searchsorted(across, point.x()) - 1, 0, len(across) - 2))
        share = (point.x() - across[left]) / max(1e-9, across[left + 1] - across[left])
        if not -0.1 <= share <= 1.1:
            return -1
        numbers = np.concatenate([each.numbers for each in self._lines])[::-1]
        heights = self._heights(numbers)[:, left : left + 2]
        rise = heights[:, 1] - heights[:, 0]
        slope = np.hypot(1, rise / max(1e-9, across[left + 1] - across[left]))
        far = np.nan_to_num(np.abs(heights[:, 0] + share * rise - point.y()) / slope, nan=np.inf)
        best = int(far.argmin())
        return int(numbers[best]) if far[best] <= _REACH else -1

    # ---- painting

    def sizeHint(self) -> QSize:
        return QSize(400, 240)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, 110)

    def _redraw(self) -> None:
        self._ground = self._picture = None
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the pixmap of all lines and axes, and the highlighted lines over it."""
        painter = QPainter(self)
        painter.setFont(theme.font(theme.SMALL))
        painter.setPen(theme.colour("muted"))
        if not self.count:
            painter.drawText(self.rect(), alignment.CENTER, self._hint)
            return
        if self._picture is None:
            self._picture = self._draw()
        painter.drawPixmap(0, 0, self._picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for number, ink in ((self._choice, "ink"), (self._pointed, "muted")):
            if number is not None and 0 <= number < len(self._places):
                self._paint_line(painter, number, theme.colour(ink))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        self._paint_focus(painter, QRectF(self.rect()))

    def _draw(self) -> QPixmap:
        if self._ground is None:
            self._ground = self._new_pixmap(self.size())
            self._drawn = _NONE[0], np.zeros((0, self._places.shape[1]))
        painter = QPainter(self._ground)
        for each in self._lines:
            if each.is_ground:
                numbers, places = self._drawn
                new = each.numbers[~np.isin(each.numbers, numbers)]
                self._draw_lines(painter, each, new)
                self._drawn = np.concatenate([numbers, new]), np.concatenate([places, self._places[new]])
        painter.end()
        picture = QPixmap(self._ground)
        painter = QPainter(picture)
        for each in self._lines:
            if not each.is_ground:
                self._draw_lines(painter, each, each.numbers)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setFont(theme.font(theme.SMALL))
        self._paint_axes(painter)
        painter.end()
        return picture

    def _draw_lines(self, painter: QPainter, lines: LineGroup, numbers: Array) -> None:
        """Draws lines with their gaps in batches, each as one path."""
        if not len(numbers):
            return
        heights = self._heights(numbers)
        across = np.broadcast_to(self._across(), heights.shape)
        known = np.isfinite(heights)
        connect = np.zeros(heights.shape, bool)
        connect[:, :-1] = known[:, :-1] & known[:, 1:]
        path = pg.arrayToQPath(across.ravel(), np.nan_to_num(heights).ravel(), connect=connect.ravel().astype(np.int32))
        mixture = mixed(np.array([theme.colour(lines.ink).rgb() & 0xFFFFFF]), theme.colour("card").rgb(), lines.share)
        ink = QColor.fromRgb(int(mixture[0]))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, lines.width > 1)
        painter.setPen(QPen(ink, lines.width, Qt.PenStyle.DotLine if lines.is_dotted else Qt.PenStyle.SolidLine))
        painter.drawPath(path)

    def _paint_line(self, painter: QPainter, number: int, ink: QColor) -> None:
        heights = self._heights(np.array([number]))[0]
        corners = [QPointF(x, y) for x, y in zip(self._across(), heights.tolist(), strict=True) if np.isfinite(y)]
        painter.setPen(QPen(ink, 2.5))
        painter.drawPolyline(QPolygonF(corners))
        painter.setBrush(ink)
        for corner in corners:
            painter.drawEllipse(corner, 3, 3)
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _paint_axes(self, painter: QPainter) -> None:
        field, metrics, last = self.field, painter.fontMetrics(), len(self._axes) - 1
        room = field.width() // max(1, last) - 12
        for number, (axis, x) in enumerate(zip(self._axes, self._across().tolist(), strict=True)):
            painter.setPen(theme.colour("muted"))
            painter.drawLine(round(x), field.top(), round(x), field.bottom())
            side = alignment.RIGHT if number == last else alignment.LEFT if not number else alignment.CENTER
            box = QRect(round(x) - room // 2, 4, room, theme.px(16))
            box.moveLeft(self.width() - room - 4 if number == last else 4 if not number else box.left())
            painter.setPen(theme.colour("ink"))
            painter.drawText(
                box,
                side,
                metrics.elidedText(axis.name, Qt.TextElideMode.ElideMiddle, room),
            )
            self._paint_marks(painter, axis, round(x), number == last, metrics)

    def _paint_marks(self, painter: QPainter, axis: LineAxis, x: int, is_last: bool, metrics: QFontMetrics) -> None:
        """Paints the numbers or names of an axis over the background of the card."""
        field, (low, high) = self.field, axis.ends
        ground = theme.colour("card")
        ground.setAlphaF(0.8)
        for place, words in written_marks(axis.ends, axis.scale, field.height() / theme.px(_APART)):
            y = field.bottom() - round((place - low) / (high - low) * (field.height() - 1))
            shown = metrics.elidedText(
                words,
                Qt.TextElideMode.ElideMiddle,
                theme.px(_ROOM_OF_MARK) if axis is not self._axes[0] else theme.px(_LEFT) - 10,
            )
            width = metrics.horizontalAdvance(shown)
            box = QRect(x + 6 if is_last else x - 6 - width, y - theme.px(8), width, theme.px(16))
            painter.fillRect(QRectF(box.adjusted(-2, 1, 2, -1)), ground)
            painter.setPen(theme.colour("muted"))
            painter.drawLine(x - 3, y, x + 3, y)
            painter.drawText(box, alignment.CENTER, shown)

    # ---- mouse and keys

    def _highlight(self, number: int) -> None:
        """Highlights the line under the mouse."""
        if number != self._pointed:
            self._pointed = number
            self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and Down move along the last axis; Enter opens the chosen item."""
        step = {Qt.Key.Key_Down: -1, Qt.Key.Key_Up: 1}.get(Qt.Key(event.key()))
        if event.key() in ENTER and self._choice is not None:
            self.opened.emit(self._choice)
        elif step is None or not self.count:
            super().keyPressEvent(event)
        else:
            numbers = np.sort(np.concatenate([each.numbers for each in self._lines]))
            places = np.flatnonzero(numbers == (-1 if self._choice is None else self._choice))
            chosen = int(places[0]) if len(places) else None
            self.moved.emit(int(numbers[next_along(self._places[numbers, -1], chosen, step)]))
