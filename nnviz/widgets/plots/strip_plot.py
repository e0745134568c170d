"""A low plot of a few shares over the epochs, with a name at the end of each line."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from PyQt5.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt
from PyQt5.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PyQt5.QtWidgets import QSizePolicy, QWidget

from nnviz.look import theme

_LEFT, _TOP, _BOTTOM = 42, 6, 16  # room for 100 %, for half a line of text, for the epochs
_LEAST_RIGHT, _MOST_RIGHT = 16, 70
_LINE = 12  # two names at the right are at least so far apart
_FARTHEST = 10  # from the end of its line a name still belongs to it
_NAME_GAP = 5  # between line and name
_DOT = 2.5
_THICKER = 0.6  # of a second fine line below the first: one wider pen costs four times as much


@dataclass(frozen=True)
class ShareLine:
    """One class: its name, the theme's colour for it, and its share 0…1 at each of the plot's epochs."""

    name: str
    colour: str
    shares: Sequence[float]


class StripPlot(QWidget):
    """Painted by hand: three lines of a few dozen points need no more. Under the mouse, the figures of that epoch."""

    def __init__(self) -> None:
        super().__init__()
        self._epochs: list[float] = []
        self._lines: list[ShareLine] = []
        self._note = ""
        self._pointed = -1
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Preferred, QSizePolicy.Expanding)
        self.setAttribute(Qt.WA_OpaquePaintEvent)

    def show_lines(self, epochs: list[float], lines: Sequence[ShareLine], note: str = "") -> None:
        """Draws the lines, the first on top; ``note`` stands in the plot where there is little to see."""
        self._epochs, self._lines, self._note = epochs, list(lines), note
        if self._pointed >= len(epochs):
            self._point(-1)
        self.update()

    def sizeHint(self) -> QSize:
        """Low: it stands below what is looked at more."""
        return QSize(220, 60)

    def minimumSizeHint(self) -> QSize:
        """As low as it can be read."""
        return QSize(160, 38)

    # ---- the mouse

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Reads out the nearest epoch."""
        if self._lines and self._epochs:
            self._point(self._nearest(self._epoch_at(event.x())))

    def leaveEvent(self, event: QEvent) -> None:
        """No epoch any more."""
        self._point(-1)

    def _point(self, index: int) -> None:
        if index != self._pointed:
            self._pointed = index
            self.update()

    def _nearest(self, epoch: float) -> int:
        after = bisect_left(self._epochs, epoch)
        around = [index for index in (after - 1, after) if 0 <= index < len(self._epochs)]
        return min(around, key=lambda index: abs(self._epochs[index] - epoch))

    def read_out(self) -> list[tuple[str, str]]:
        """What is read out under the mouse, as words and colours; nothing where it is not."""
        if self._pointed < 0:
            return []
        epoch = f"epoch {_number(self._epochs[self._pointed])}"
        figures = [(f"{line.name}: {100 * line.shares[self._pointed]:.0f} %", line.colour) for line in self._lines]
        return [(epoch, "muted"), *figures]

    # ---- places

    @property
    def _area(self) -> QRectF:
        names = max((self.fontMetrics().horizontalAdvance(line.name) for line in self._lines), default=0)
        right = min(max(names + 8, _LEAST_RIGHT), _MOST_RIGHT)
        return QRectF(_LEFT, _TOP, self.width() - _LEFT - right, self.height() - _TOP - _BOTTOM)

    @property
    def _span(self) -> float:
        """At least one epoch, so that the first steps do not fill the plot."""
        return max(self._epochs[-1] - self._epochs[0], 1.0) if self._epochs else 1.0

    def _epoch_at(self, x: float) -> float:
        area = self._area
        return self._epochs[0] + (x - area.left()) / max(1.0, area.width()) * self._span

    def _points(self, line: ShareLine, area: QRectF) -> list[QPointF]:
        first, scale = (self._epochs[0] if self._epochs else 0.0), area.width() / self._span
        left, bottom, height = area.left(), area.bottom(), area.height()
        return [
            QPointF(left + (epoch - first) * scale, bottom - share * height)
            for epoch, share in zip(self._epochs, line.shares, strict=True)
        ]

    # ---- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Grid, lines, names; the first line on top."""
        painter = QPainter(self)
        painter.fillRect(event.rect(), theme.colour("card"))
        painter.setFont(theme.font(theme.SMALL))
        area = self._area
        if self._lines:
            self._paint_grid(painter, area)
            self._paint_read_out(painter, area)
        painter.setRenderHint(QPainter.Antialiasing)
        curves = [self._points(line, area) for line in self._lines]
        for line, points in reversed(list(zip(self._lines, curves, strict=True))):
            self._paint_line(painter, line, points)
        self._paint_names(painter, area, curves)
        self._paint_note(painter, area)

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

    def _paint_read_out(self, painter: QPainter, area: QRectF) -> None:
        """Below the plot, where else the ends of the axis stand: there it hides nothing."""
        below = QRectF(area.left(), area.bottom() + 1, area.width(), _BOTTOM - 1)
        end = self._epochs[0] + self._span
        if self._pointed < 0:
            painter.drawText(below, int(Qt.AlignLeft | Qt.AlignBottom), _number(self._epochs[0]))
            painter.drawText(below, int(Qt.AlignRight | Qt.AlignBottom), f"epoch {_number(end)}")
            return
        x = self._points(self._lines[0], area)[self._pointed].x()
        painter.setPen(QPen(theme.colour("muted"), 1, Qt.DotLine))
        painter.drawLine(QLineF(x, area.top(), x, area.bottom()))
        below.setRight(self.width())
        for words, colour in self.read_out():
            painter.setPen(theme.colour(colour))
            painter.drawText(below, int(Qt.AlignLeft | Qt.AlignBottom), words)
            below.setLeft(below.left() + painter.fontMetrics().horizontalAdvance(words + "  "))

    def _paint_line(self, painter: QPainter, line: ShareLine, points: list[QPointF]) -> None:
        ink = theme.colour(line.colour)
        painter.setPen(QPen(ink, 1))
        if len(points) > 1:
            polyline = QPolygonF(points)
            painter.drawPolyline(polyline)
            painter.drawPolyline(polyline.translated(0, _THICKER))
        marked = points[self._pointed] if self._pointed >= 0 else points[0] if len(points) == 1 else None
        if marked is not None:
            painter.setPen(Qt.NoPen)
            painter.setBrush(ink)
            painter.drawEllipse(marked, _DOT, _DOT)

    def _paint_names(self, painter: QPainter, area: QRectF, curves: list[list[QPointF]]) -> None:
        """At the ends of their lines, moved apart where they would lie on each other."""
        lowest = area.bottom() - 2  # clear of the epochs below
        for index, y in _name_heights([points[-1].y() for points in curves], area.top(), lowest):
            line, x = self._lines[index], curves[index][-1].x() + _NAME_GAP
            place = QRectF(x, y - 8, self.width() - x, 16)
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
