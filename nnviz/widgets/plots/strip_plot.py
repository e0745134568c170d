"""A low plot of a few shares over the epochs, with a name at the end of each line."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np
from PyQt5.QtCore import QEvent, QLineF, QPoint, QPointF, QRect, QRectF, QSize, Qt
from PyQt5.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QPolygonF, QResizeEvent
from PyQt5.QtWidgets import QSizePolicy, QWidget

from engine.validation import Array
from nnviz.look import theme
from nnviz.widgets.read_out import ReadOut

_LEFT, _TOP, _BOTTOM = 42, 6, 16  # room for 100 %, for half a line of text, for the epochs
_LEAST_HIGH = 40  # pixels of the plot itself: lower, no line can be told from another
_LEAST_RIGHT, _MOST_RIGHT = 16, 70
_LINE = 12  # two names at the right are at least so far apart
_FARTHEST = 10  # from the end of its line a name still belongs to it
_NAME_GAP = 5  # between line and name
_DOT = 2.5
_THICKER = 0.6  # of a second fine line below the first: one wider pen costs four times as much
_SEEN = 0.5  # pixels: what moves by less is not painted again


@dataclass(frozen=True)
class ShareLine:
    """One class: its name, the theme's colour for it, and its share 0…1 at each of the plot's epochs."""

    name: str
    colour: str
    shares: Sequence[float]


class StripPlot(QWidget):
    """Painted by hand: a few lines of a few dozen points need no more. Under the mouse, the figures of that epoch."""

    def __init__(self) -> None:
        super().__init__()
        self._epochs: list[float] = []
        self._lines: list[ShareLine] = []
        self._note = ""
        self._pointed, self._mouse = -1, QPoint()
        self._read_out = ReadOut(self)
        self._painted: tuple[object, Array] | None = None  # the words that are painted, and where the lines run
        self._ground_width = 0.0
        self._ground: QPixmap | None = None  # what stays from view to view: the grid and its marks
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Preferred, QSizePolicy.Expanding)
        self.setAttribute(Qt.WA_OpaquePaintEvent)
        theme.changed.connect(self._paint_anew)

    def show_lines(self, epochs: list[float], lines: Sequence[ShareLine], note: str = "") -> None:
        """Draws the lines, the first on top; ``note`` stands in the plot where there is little to see.

        Up to five lines can be told apart, in the colours of ``theme.CLASSES``.
        """
        self._epochs, self._lines, self._note = epochs, list(lines), note
        if self._pointed >= len(epochs):
            self._point(-1)
        elif self._pointed >= 0:
            self._tell()
        if self._looks_different():
            self.update()

    def _looks_different(self) -> bool:
        """Whether it would be painted otherwise than it is, by half a pixel or another word."""
        if self._painted is None or not self._lines:
            return True
        words, curves = self._painted
        now = self._curves(self.area)
        return words != self._words or now.shape != curves.shape or bool(np.abs(now - curves).max() >= _SEEN)

    @property
    def _words(self) -> object:
        """All that is written, and the colours."""
        end = (_number(self._epochs[0]), _number(self._epochs[0] + self._span)) if self._epochs else ()
        return end, self._note, self._pointed, [(line.name, line.colour) for line in self._lines]

    def _paint_anew(self) -> None:
        """In other colours, or another size."""
        self._ground = self._painted = None
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another size, another grid."""
        super().resizeEvent(event)
        self._paint_anew()

    def sizeHint(self) -> QSize:
        """Low: it stands below what is looked at more."""
        return QSize(220, _TOP + _LEAST_HIGH + _BOTTOM)

    def minimumSizeHint(self) -> QSize:
        """As low as it can be read."""
        return QSize(160, _TOP + _LEAST_HIGH + _BOTTOM)

    # ---- the mouse

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Reads out the nearest epoch."""
        if self._lines and self._epochs:
            self._mouse = event.pos()
            self._point(self._nearest(self._epoch_at(event.x())))
            self._tell()

    def leaveEvent(self, event: QEvent) -> None:
        """No epoch any more."""
        self._point(-1)

    def _point(self, index: int) -> None:
        if index < 0:
            self._read_out.hide()
        if index != self._pointed:
            self._pointed = index
            self.update()

    def _nearest(self, epoch: float) -> int:
        after = bisect_left(self._epochs, epoch)
        around = [index for index in (after - 1, after) if 0 <= index < len(self._epochs)]
        return min(around, key=lambda index: abs(self._epochs[index] - epoch))

    def _tell(self) -> None:
        """The figures of the epoch under the mouse, where they hide least of the lines."""
        figures = [(f"{line.name}: {100 * line.shares[self._pointed]:.0f}", line.colour) for line in self._lines]
        epoch = f"epoch {_number(self._epochs[self._pointed])}, in %"
        self._read_out.show([[(epoch, "muted")], figures], self._mouse, self._points_under)

    def _points_under(self, place: QRect) -> float:
        corners = (place.left(), place.top()), (place.right(), place.bottom())
        points = self._curves(self.area)
        return float(((points >= corners[0]) & (points <= corners[1])).all(axis=-1).sum())

    # ---- places

    @property
    def area(self) -> QRectF:
        """Where lines are drawn, in pixels of the widget."""
        names = max((self.fontMetrics().horizontalAdvance(line.name) for line in self._lines), default=0)
        right = min(max(names + 8, _LEAST_RIGHT), _MOST_RIGHT)
        return QRectF(_LEFT, _TOP, self.width() - _LEFT - right, self.height() - _TOP - _BOTTOM)

    @property
    def _span(self) -> float:
        """At least one epoch, so that the first steps do not fill the plot."""
        return max(self._epochs[-1] - self._epochs[0], 1.0) if self._epochs else 1.0

    def _epoch_at(self, x: float) -> float:
        area = self.area
        return self._epochs[0] + (x - area.left()) / max(1.0, area.width()) * self._span

    def _curves(self, area: QRectF) -> Array:
        """(lines, epochs, 2): where each line runs, in pixels."""
        made = np.empty((len(self._lines), len(self._epochs), 2))
        if made.size:
            epochs = np.array(self._epochs)
            made[..., 0] = area.left() + (epochs - epochs[0]) * (area.width() / self._span)
            made[..., 1] = area.bottom() - np.array([line.shares for line in self._lines]) * area.height()
        return made

    # ---- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Grid, lines, names; the first line on top."""
        painter, area = QPainter(self), self.area
        if self._lines:
            painter.drawPixmap(0, 0, self._up_to_date_ground(area))
        else:
            painter.fillRect(event.rect(), theme.colour("card"))
        painter.setFont(theme.font(theme.SMALL))
        curves = self._curves(area)
        self._painted = self._words, curves
        if self._lines:
            self._paint_epochs(painter, area, curves)
        painter.setRenderHint(QPainter.Antialiasing)
        for line, points in reversed(list(zip(self._lines, curves, strict=True))):
            self._paint_line(painter, line, points)
        self._paint_names(painter, area, curves)
        self._paint_note(painter, area)

    def _up_to_date_ground(self, area: QRectF) -> QPixmap:
        """Painted again only where names of another length leave the lines another width."""
        if self._ground is None or self._ground_width != area.width():
            self._ground_width = area.width()
            ratio = self.devicePixelRatioF()
            self._ground = QPixmap(self.size() * ratio)
            self._ground.setDevicePixelRatio(ratio)
            self._ground.fill(theme.colour("card"))
            painter = QPainter(self._ground)
            painter.setFont(theme.font(theme.SMALL))
            self._paint_grid(painter, area)
            painter.end()
        return self._ground

    def _paint_note(self, painter: QPainter, area: QRectF) -> None:
        """One line in the middle; where there is a grid it makes way, and so do the names at the first points."""
        if not self._note:
            return
        room = area.adjusted(self.width() - area.right(), 0, 0, 0) if self._lines else QRectF(self.rect())
        words = painter.fontMetrics().elidedText(self._note, Qt.ElideRight, int(room.width()))
        place = painter.boundingRect(room, int(Qt.AlignCenter), words)
        painter.fillRect(place.adjusted(-6, 0, 6, 0), theme.colour("card"))
        painter.setPen(theme.colour("muted"))
        painter.drawText(room, int(Qt.AlignCenter), words)

    def _paint_grid(self, painter: QPainter, area: QRectF) -> None:
        painter.setPen(theme.colour("grid"))
        for share in (0.0, 0.5, 1.0):
            height = round(area.bottom() - share * area.height())
            painter.drawLine(QLineF(area.left(), height, area.right(), height))
        painter.setPen(theme.colour("muted"))
        for y, words in ((area.top(), "100 %"), (area.bottom(), "0")):
            painter.drawText(QRectF(0, y - 8, _LEFT - 4, 16), int(Qt.AlignLeft | Qt.AlignVCenter), words)

    def _paint_epochs(self, painter: QPainter, area: QRectF, curves: Array) -> None:
        """Below the plot the ends of the axis; in it a line where the mouse reads."""
        below = QRectF(area.left(), area.bottom() + 1, area.width(), _BOTTOM - 1)
        end = self._epochs[0] + self._span
        painter.setPen(theme.colour("muted"))
        painter.drawText(below, int(Qt.AlignLeft | Qt.AlignBottom), _number(self._epochs[0]))
        painter.drawText(below, int(Qt.AlignRight | Qt.AlignBottom), f"epoch {_number(end)}")
        if self._pointed >= 0:
            x = curves[0, self._pointed, 0]
            painter.setPen(QPen(theme.colour("muted"), 1, Qt.DotLine))
            painter.drawLine(QLineF(x, area.top(), x, area.bottom()))

    def _paint_line(self, painter: QPainter, line: ShareLine, points: Array) -> None:
        ink = theme.colour(line.colour)
        painter.setPen(QPen(ink, 1))
        if len(points) > 1:
            polyline = QPolygonF([QPointF(x, y) for x, y in points.tolist()])
            painter.drawPolyline(polyline)
            painter.drawPolyline(polyline.translated(0, _THICKER))
        marked = self._pointed if self._pointed >= 0 else 0 if len(points) == 1 else None
        if marked is not None:
            painter.setPen(Qt.NoPen)
            painter.setBrush(ink)
            painter.drawEllipse(QPointF(*points[marked]), _DOT, _DOT)

    def _paint_names(self, painter: QPainter, area: QRectF, curves: Array) -> None:
        """At the ends of their lines, moved apart where they would lie on each other."""
        if not curves.size:
            return
        lowest = area.bottom() - 2  # clear of the epochs below
        x = float(curves[0, -1, 0]) + _NAME_GAP
        for index, y in _name_heights(curves[:, -1, 1].tolist(), area.top(), lowest):
            line, place = self._lines[index], QRectF(x, y - 8, self.width() - x, 16)
            if x < area.right():  # the grid goes on behind a line that has just begun
                width = painter.fontMetrics().horizontalAdvance(line.name) + 4
                painter.fillRect(QRectF(x - 2, y - 6, width, 12), theme.colour("card"))
            painter.setPen(theme.colour(line.colour))
            painter.drawText(place, int(Qt.AlignLeft | Qt.AlignVCenter), line.name)


def _number(epoch: float) -> str:
    """Whole, or below 10, where a view comes after every few batches, with one digit."""
    return f"{round(epoch, 1):g}" if epoch < 10 else f"{epoch:.0f}"


def _name_heights(ends: list[float], highest: float, lowest: float) -> list[tuple[int, float]]:
    """Which lines have a name, the most important given first, and how high; none has one far from its end."""
    shown: list[tuple[int, float]] = []
    for number in range(len(ends)):
        wanted = sorted([*(index for index, _ in shown), number], key=lambda index: ends[index])
        heights = _apart([ends[index] for index in wanted], highest, lowest)
        moved = [abs(ends[index] - height) for index, height in zip(wanted, heights, strict=True)]
        if max(moved) <= _FARTHEST and heights[0] >= highest - 0.5:
            shown = list(zip(wanted, heights, strict=True))
    return shown


def _apart(heights: list[float], highest: float, lowest: float) -> list[float]:
    """The same from the top down, at least a line apart, moved as little as that takes, within the plot."""
    groups: list[list[float]] = []  # of names that touch, each as high as the first of its group would be
    for number, height in enumerate(heights):
        groups.append([height - number * _LINE])
        while len(groups) > 1 and fmean(groups[-2]) > fmean(groups[-1]):
            groups[-2:] = [groups[-2] + groups[-1]]
    limit = lowest - (len(heights) - 1) * _LINE
    first = [min(max(fmean(group), highest), limit) for group in groups for _ in group]
    return [height + number * _LINE for number, height in enumerate(first)]
