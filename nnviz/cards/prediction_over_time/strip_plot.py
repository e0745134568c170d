"""A low plot of a few shares or other numbers over epochs, with a name at the end of each line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np
from PyQt5.QtCore import QLineF, QPointF, QRect, QRectF, QSize, Qt
from PyQt5.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen, QPixmap, QPolygonF
from PyQt5.QtWidgets import QSizePolicy

from engine.basics.validation import Array
from nnviz.ui import alignment, theme
from nnviz.ui.painted_view import PaintedView

_LEFT, _TOP, _BOTTOM = 42, 6, 16  # pixels: for "100 %" at least, for half a line of text, for the epochs
_LEFT_GAP = 4  # between the numbers at the axis and the plot
_LEAST_HIGH = 40  # pixels of the plot without its margins; lower, the lines cannot be distinguished
_LEAST_RIGHT, _MOST_RIGHT = 16, 70
_LINE = 12  # least vertical distance between two names, in pixels
_FARTHEST = 10  # most pixels by which a name is moved away from the end of its line
_NAME_GAP = 5  # between line and name
_NOTE_GAP = 6  # beside a note
_DOT = 2.5
_THICKER = 0.6  # offset of a second thin line, because one thicker pen takes four times as long
_SEEN = 0.5  # pixels; smaller changes are not painted


@dataclass(frozen=True)
class ShareLine:
    """The line of one class: name, colour of the theme, and share 0…1 at each epoch of the plot.

    For a predicted number the shares are those of the axis, and ``figures`` are the numbers as text.
    """

    name: str
    colour: str
    shares: Sequence[float]
    figures: Sequence[str] = ()

    def figure(self, index: int) -> str:
        """Returns the share in percent, or the number, at an epoch."""
        return self.figures[index] if self.figures else f"{100 * self.shares[index]:.0f}"


@dataclass(frozen=True)
class StripAxis:
    """Texts of the axis: at its ends, and the unit in the read-out; and a share that is marked by a line."""

    bottom: str = "0"
    top: str = "100 %"
    unit: str = ", in %"
    mark: float | None = None


SHARES = StripAxis()


class StripPlot(PaintedView):
    """A plot that paints its few lines itself, and shows the values of the epoch under the mouse.

    Attributes:
        lines: the lines, the topmost first.
        axis: the texts of the axis.
        note: a text in place of lines, or next to the first points.
    """

    def __init__(self) -> None:
        super().__init__()
        self._epochs: list[float] = []
        self.lines: Sequence[ShareLine] = ()
        self.axis = SHARES
        self.note = ""
        self._pointed = -1
        self._moment: float | None = None
        self._painted: tuple[object, Array] | None = None  # the texts and the lines as they are painted
        self._ground_width = 0.0
        self._ground: QPixmap | None = None  # the background with grid and axis labels
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def show_lines(
        self, epochs: list[float], lines: Sequence[ShareLine], note: str = "", axis: StripAxis = SHARES
    ) -> None:
        """Draws the lines, the first on top; ``note`` is written into the plot, for example if it is nearly empty.

        Up to four lines can be distinguished, in the colours of ``theme.CLASSES``.
        """
        self._epochs, self.lines, self.note = epochs, lines, note
        if axis != self.axis:
            self.axis = axis
            self._redraw()
        if self._pointed >= len(epochs):
            self._point(-1)
        elif self._pointed >= 0:
            self._show_read_out()
        if self._looks_different():
            self.update()

    def show_moment(self, epoch: float | None) -> None:
        """Marks the displayed epoch of the past; None for the live network."""
        if epoch != self._moment:
            self._moment = epoch
            self.update()

    def _looks_different(self) -> bool:
        """Whether painting now would change a text, a colour or a line by at least half a pixel."""
        if self._painted is None or not self.lines:
            return True
        words, curves = self._painted
        now = self._curves(self.area)
        return words != self._words or now.shape != curves.shape or bool(np.abs(now - curves).max() >= _SEEN)

    @property
    def _words(self) -> object:
        """All texts and colours of the plot."""
        end = (_number(self._epochs[0]), _number(self._epochs[0] + self._span)) if self._epochs else ()
        return end, self.note, self._pointed, [(line.name, line.colour) for line in self.lines]

    def _redraw(self) -> None:
        self._ground = self._painted = None
        self.update()

    def sizeHint(self) -> QSize:
        """Returns a low size, because the plot is less important than what is above it."""
        return QSize(220, theme.px(_TOP) + _LEAST_HIGH + theme.px(_BOTTOM))

    def minimumSizeHint(self) -> QSize:
        """Returns the lowest size at which the plot can be read."""
        return QSize(160, theme.px(_TOP) + _LEAST_HIGH + theme.px(_BOTTOM))

    # ---- the mouse

    def _update_hovered(self) -> None:
        if self._mouse is None:
            self._point(-1)
        elif self.lines and self._epochs:
            self._point(int(np.abs(self._curves(self.area)[0, :, 0] - self._mouse.x()).argmin()))
            self._show_read_out()

    def _point(self, index: int) -> None:
        if index < 0:
            self.show_text("")
        if index != self._pointed:
            self._pointed = index
            self.update()

    def _show_read_out(self) -> None:
        """Shows the values of the epoch under the mouse, placed where they cover least of the lines."""
        figures = [(f"{line.name}: {line.figure(self._pointed)}", line.colour) for line in self.lines]
        epoch = f"epoch {_number(self._epochs[self._pointed])}{self.axis.unit}"
        self._read_out.show_text([[(epoch, "muted")], figures], self._mouse, self._points_under)

    def _points_under(self, place: QRect) -> float:
        corners = (place.left(), place.top()), (place.right(), place.bottom())
        points = self._curves(self.area)
        return float(((points >= corners[0]) & (points <= corners[1])).all(axis=-1).sum())

    # ---- places

    @property
    def area(self) -> QRectF:
        """The rectangle of the lines, in pixels of the widget."""
        names = max((_width(line.name) for line in self.lines), default=0)
        right = min(max(names + 8, theme.px(_LEAST_RIGHT)), theme.px(_MOST_RIGHT))
        left = max(_LEFT, _LEFT_GAP + max(map(_width, (self.axis.top, self.axis.bottom))))
        return QRectF(
            left, theme.px(_TOP), self.width() - left - right, self.height() - theme.px(_TOP) - theme.px(_BOTTOM)
        )

    @property
    def _span(self) -> float:
        """The length of the x axis in epochs; at least 1, so that the first batches do not fill the plot."""
        return max(self._epochs[-1] - self._epochs[0], 1.0) if self._epochs else 1.0

    def _curves(self, area: QRectF) -> Array:
        """Returns the points of the lines in pixels, (lines, epochs, 2)."""
        made = np.empty((len(self.lines), len(self._epochs), 2))
        if made.size:
            epochs = np.array(self._epochs)
            made[..., 0] = area.left() + (epochs - epochs[0]) * (area.width() / self._span)
            made[..., 1] = area.bottom() - np.array([line.shares for line in self.lines]) * area.height()
        return made

    # ---- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, area = QPainter(self), self.area
        if self.lines:
            painter.drawPixmap(0, 0, self._up_to_date_ground(area))
        else:
            painter.fillRect(event.rect(), theme.colour("card"))
        painter.setFont(theme.font(theme.SMALL))
        curves = self._curves(area)
        self._painted = self._words, curves
        if self.lines:
            self._paint_epochs(painter, area, curves)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for line, points in reversed(list(zip(self.lines, curves, strict=True))):
            self._paint_line(painter, line, points)
        self._paint_names(painter, area, curves)
        self._paint_note(painter)

    def _up_to_date_ground(self, area: QRectF) -> QPixmap:
        """Returns the background; paints it again if the width of the names changed that of the plot."""
        if self._ground is None or self._ground_width != area.width():
            self._ground_width = area.width()
            self._ground = self._new_pixmap(self.size())
            painter = QPainter(self._ground)
            painter.setFont(theme.font(theme.SMALL))
            self._paint_grid(painter, area)
            painter.end()
        return self._ground

    def _paint_note(self, painter: QPainter) -> None:
        """Writes the note in the middle, on an empty piece of the grid and next to names at the first points."""
        if not self.note:
            return
        room = self._room_for_note(self._are_named) if self.lines else QRectF(self.rect())
        words = painter.fontMetrics().elidedText(self.note, Qt.TextElideMode.ElideRight, int(room.width()))
        painter.setPen(theme.colour("muted"))  # without a pen a text has no bounds
        place = painter.boundingRect(room, alignment.CENTER, words)
        place.moveLeft(round(place.left()))  # letters are sharp on whole pixels
        painter.fillRect(place.adjusted(-_NOTE_GAP, 0, _NOTE_GAP, 0), theme.colour("card"))
        painter.drawText(place, alignment.CENTER | Qt.TextFlag.TextDontClip, words)

    def _room_for_note(self, are_named: bool) -> QRectF:
        """Returns the rectangle right of the first points and their names."""
        names = max(_width(line.name) for line in self.lines) if are_named else 0
        return self.area.adjusted(_NAME_GAP + names + _NOTE_GAP, 0, 0, 0)

    @property
    def _are_named(self) -> bool:
        """Whether there is room for the names of the lines; beside a note there may be none."""
        return not self.note or not self.lines or _width(self.note) <= self._room_for_note(True).width()

    def _paint_grid(self, painter: QPainter, area: QRectF) -> None:
        painter.setPen(theme.colour("grid"))
        for share in (0.0, 0.5, 1.0):
            height = round(area.bottom() - share * area.height())
            painter.drawLine(QLineF(area.left(), height, area.right(), height))
        painter.setPen(theme.colour("muted"))
        for y, words in ((area.top(), self.axis.top), (area.bottom(), self.axis.bottom)):
            painter.drawText(
                QRectF(0, y - theme.px(8), area.left() - _LEFT_GAP, theme.px(16)),
                alignment.LEFT,
                words,
            )
        if self.axis.mark is not None:
            painter.setPen(theme.colour("ink"))
            height = round(area.bottom() - self.axis.mark * area.height())
            painter.drawLine(QLineF(area.left(), height, area.right(), height))

    def _paint_epochs(self, painter: QPainter, area: QRectF, curves: Array) -> None:
        """Writes the ends of the axis below the plot, and marks the displayed epoch and that of the read-out."""
        below = QRectF(area.left(), area.bottom() + 1, area.width(), theme.px(_BOTTOM) - 1)
        end = self._epochs[0] + self._span
        painter.setPen(theme.colour("muted"))
        painter.drawText(below, alignment.BOTTOM_LEFT, _number(self._epochs[0]))
        painter.drawText(below, alignment.BOTTOM_RIGHT, f"epoch {_number(end)}")
        marks = []
        if self._moment is not None:
            at = (self._moment - self._epochs[0]) / self._span
            marks.append((area.left() + min(max(at, 0.0), 1.0) * area.width(), "looking_back", Qt.PenStyle.SolidLine))
        if self._pointed >= 0:
            marks.append((curves[0, self._pointed, 0], "muted", Qt.PenStyle.DotLine))
        for x, ink, style in marks:
            painter.setPen(QPen(theme.colour(ink), 1, style))
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
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(ink)
            painter.drawEllipse(QPointF(*points[marked]), _DOT, _DOT)

    def _paint_names(self, painter: QPainter, area: QRectF, curves: Array) -> None:
        """Writes the names at the ends of their lines, moved apart where they would overlap."""
        if not curves.size or not self._are_named:
            return
        lowest = area.bottom() - 2  # clear of the epochs below
        x = float(curves[0, -1, 0]) + _NAME_GAP
        for index, y in _name_heights(curves[:, -1, 1].tolist(), area.top(), lowest):
            line, place = self.lines[index], QRectF(x, y - theme.px(8), self.width() - x, theme.px(16))
            name = painter.fontMetrics().elidedText(line.name, Qt.TextElideMode.ElideRight, int(place.width()))
            if x < area.right():  # covers the grid behind the name of a line that does not reach the right end
                painter.fillRect(QRectF(x - 2, y - theme.px(6), _width(name) + 4, theme.px(12)), theme.colour("card"))
            painter.setPen(theme.colour(line.colour))
            painter.drawText(place, alignment.LEFT, name)


def _width(words: str) -> int:
    """Returns the width of a small text, in pixels."""
    return QFontMetrics(theme.font(theme.SMALL)).horizontalAdvance(words)


def _number(epoch: float) -> str:
    """Returns an epoch as text: whole, or below 10 with one decimal, since epochs have several snapshots then."""
    return f"{round(epoch, 1):g}" if epoch < 10 else f"{epoch:.0f}"


def _name_heights(ends: list[float], highest: float, lowest: float) -> list[tuple[int, float]]:
    """Returns index and height of the lines that get a name; the first lines take precedence."""
    shown: list[tuple[int, float]] = []
    for number in range(len(ends)):
        wanted = sorted([*(index for index, _ in shown), number], key=lambda index: ends[index])
        heights = _apart([ends[index] for index in wanted], highest, lowest)
        moved = [abs(ends[index] - height) for index, height in zip(wanted, heights, strict=True)]
        if max(moved) <= theme.px(_FARTHEST) and heights[0] >= highest - 0.5:
            shown = list(zip(wanted, heights, strict=True))
    return shown


def _apart(heights: list[float], highest: float, lowest: float) -> list[float]:
    """Returns the heights, from top to bottom, moved as little as needed to be ``_LINE`` apart and in the plot."""
    groups: list[list[float]] = []  # of touching names: the first name's height as each would have it
    for number, height in enumerate(heights):
        groups.append([height - number * theme.px(_LINE)])
        while len(groups) > 1 and fmean(groups[-2]) > fmean(groups[-1]):
            groups[-2:] = [groups[-2] + groups[-1]]
    limit = lowest - (len(heights) - 1) * theme.px(_LINE)
    first = [min(max(fmean(group), highest), limit) for group in groups for _ in group]
    return [height + number * theme.px(_LINE) for number, height in enumerate(first)]
