"""Grid of small plots with a common vertical axis. Mouse or keyboard point at a place of a curve."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from PyQt5.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PyQt5.QtWidgets import QSizePolicy

from engine.basics.validation import Array
from nnviz.ui import alignment, theme
from nnviz.ui.painted_view import ARROWS, ENTER, PaintedView
from nnviz.ui.read_out import Text

_ACROSS = 3  # plots side by side, if there are more than two
_HEAD, _FOOT, _LEFT, _GAP = 20, 18, 46, 16  # pixels around the plots' areas
_HIGHEST = 260  # pixels, height of an area
_AIR = 5  # pixels between the edge of an area and its outermost points
_DOT, _MARKED_DOT = 2.5, 4.5  # pixels, radii
_BAND = 44  # opacity, of 255
_NEAR = 2  # Pixels within which a place is snapped to, and which the mouse may move in a double click.
_MOST_STEPS = 4  # intervals between the numbers below a plot


@dataclass(frozen=True, eq=False)
class CurvePoints:
    """Points of a curve, (k,) each; x ascending, y not above the axis."""

    x: Array = field(default_factory=lambda: np.empty(0))
    y: Array = field(default_factory=lambda: np.empty(0))

    def is_equal(self, other: CurvePoints) -> bool:
        """Whether the other curve has the same points."""
        return np.array_equal(self.x, other.x) and np.array_equal(self.y, other.y)


@dataclass(frozen=True, eq=False)
class PlotContent:
    """Content of one plot of the grid.

    Attributes:
        title, note: the heading; the note is left out if there is no room.
        places: the measured x, ascending, at least two, 0 among them.
        unit: text after the last number of the horizontal axis.
        line, past: the curve, and the grey curve behind it.
        band: interval in which the background is tinted; None for none.
        step: multiples of it can be pointed at between the places.
    """

    title: str
    note: str
    places: Sequence[float]
    unit: str
    line: CurvePoints
    past: CurvePoints
    band: tuple[float, float] | None = None
    step: float = 1.0

    def looks_like(self, other: PlotContent) -> bool:
        """Whether the other plot is painted in the same way."""
        lines = (self.line, other.line), (self.past, other.past)
        words = [(each.title, each.note, each.places, each.unit, each.band, each.step) for each in (self, other)]
        return words[0] == words[1] and all(one.is_equal(another) for one, another in lines)

    def nearest(self, x: float) -> int:
        """Returns the index of the place nearest to x."""
        return int(np.argmin(np.abs(np.array(self.places) - x)))

    def rounded(self, x: float, reach: float) -> float:
        """Returns the place within ``reach`` of x, else the nearest multiple of the step within the axis."""
        place = self.places[self.nearest(x)]
        multiple = float(f"{round(x / self.step) * self.step:.6g}")
        return place if abs(place - x) <= reach else min(max(multiple, self.places[0]), self.places[-1])


@dataclass(frozen=True)
class ErrorAxis:
    """The common vertical axis, which starts at 0: its end, and the ticks with their texts."""

    end: float = 1.0
    ticks: Sequence[tuple[float, str]] = ()


class PlotGrid(PaintedView):
    """Paints all plots in one widget.

    Signals:
        pointed(plot, x): mouse or arrow keys point at an x of the plot with that index.
        opened: a double click, or Enter, at the marked x.

    Attributes:
        plots, scale, colour: content, vertical axis, and the theme's name of the curves' colour.
        marked: index of the plot and x of the mark; None for no mark.
        describe: returns the read-out for a plot and the place nearest to the mark, both by index.
    """

    pointed = pyqtSignal(int, float)
    opened = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.plots: Sequence[PlotContent] = ()
        self.scale, self.colour = ErrorAxis(), "test"
        self.marked: tuple[int, float] | None = None
        self.describe: Callable[[int, int], Text] = lambda plot, place: ""
        self._opened_at: QPoint | None = None  # The mark stays at the opened place until the mouse moves.
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_plots(self, plots: Sequence[PlotContent], scale: ErrorAxis, colour: str) -> None:
        """Shows plots; those that have not changed are not painted again."""
        before, self.plots = self.plots, plots
        if self.marked is not None and not self._has(*self.marked):
            self.marked = None
        if len(before) != len(plots) or (scale, colour) != (self.scale, self.colour):
            self.scale, self.colour = scale, colour
            self.update()
        for plot, (old, new) in enumerate(zip(before, plots, strict=False)):
            if not old.looks_like(new):
                self._repaint(plot)
        if self._read_out.isVisible():
            self._describe_mark()
        else:
            self._read_out.describe(self._words)

    def mark(self, marked: tuple[int, float] | None) -> None:
        """Marks an x of a plot; None removes the mark."""
        if marked != self.marked:
            before, self.marked = self.marked, marked
            for each in (before, marked):
                if each is not None:
                    self._repaint(each[0])

    def _has(self, plot: int, x: float) -> bool:
        return plot < len(self.plots) and self.plots[plot].places[0] <= x <= self.plots[plot].places[-1]

    def _repaint(self, plot: int) -> None:
        self.update(self._cell(plot))

    def sizeHint(self) -> QSize:
        """Returns the preferred size."""
        return QSize(520, 130 * self._rows)

    def minimumSizeHint(self) -> QSize:
        """Returns the smallest size at which the plots are readable."""
        return QSize(300, 76 * self._rows)

    # ---- where things are

    @property
    def _columns(self) -> int:
        return max(1, min(len(self.plots), _ACROSS))

    @property
    def _rows(self) -> int:
        return max(1, math.ceil(len(self.plots) / self._columns))

    def area(self, plot: int) -> QRect:
        """Returns the rectangle of a plot's curve."""
        row, column = divmod(plot, self._columns)
        width = (self.width() - theme.px(_LEFT) + _GAP) / self._columns
        height = min(self.height() / self._rows, _HIGHEST)
        left, top = theme.px(_LEFT) + column * width, row * height + theme.px(_HEAD)
        return QRect(round(left), round(top), round(width) - _GAP, round(height) - theme.px(_HEAD) - theme.px(_FOOT))

    def _cell(self, plot: int) -> QRect:
        """Returns the area of a plot with its title and the numbers below."""
        return self.area(plot).adjusted(0, -theme.px(_HEAD), 1, theme.px(_FOOT))

    def point(self, plot: int, x: float, y: float) -> QPointF:
        """Returns the pixel of a point of a plot."""
        area, places = QRectF(self.area(plot)), self.plots[plot].places
        across = (x - places[0]) / (places[-1] - places[0])
        share = min(max(y / self.scale.end, 0.0), 1.0)
        return QPointF(area.left() + _AIR + across * (area.width() - 2 * _AIR), area.bottom() - share * area.height())

    def _place_at(self, at: QPoint) -> tuple[int, float] | None:
        """Returns the plot at a pixel and the x there, snapped to a near place."""
        for plot, shown in enumerate(self.plots):
            if self._cell(plot).contains(at):
                first, last = (self.point(plot, shown.places[end], 0).x() for end in (0, -1))
                pixel = (shown.places[-1] - shown.places[0]) / max(last - first, 1.0)
                return plot, shown.rounded(shown.places[0] + (at.x() - first) * pixel, _NEAR * pixel)
        return None

    # ---- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the plots."""
        painter = QPainter(self)
        painter.fillRect(event.rect(), theme.colour("card"))
        to_paint = event.rect().adjusted(0, 0, theme.px(_LEFT), 0)  # with the numbers at the left of a plot
        for plot, shown in enumerate(self.plots):
            area = self.area(plot)
            if not self._cell(plot).intersects(to_paint):
                continue
            self._paint_words(painter, shown, area)
            self._paint_ground(painter, plot, shown, area)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint_line(painter, plot, shown.past, theme.colour("faint"), 1.5)
            self._paint_line(painter, plot, shown.line, theme.colour(self.colour), 2)
            self._paint_mark(painter, plot, shown)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _paint_words(self, painter: QPainter, shown: PlotContent, area: QRect) -> None:
        place = QRect(area.left(), area.top() - theme.px(_HEAD), area.width(), theme.px(_HEAD) - 2)
        painter.setFont(theme.font(theme.SMALL, bold=True))
        painter.setPen(theme.colour("ink"))
        painter.drawText(place, alignment.LEFT, shown.title)
        place.setLeft(place.left() + painter.fontMetrics().horizontalAdvance(shown.title) + 8)
        painter.setFont(theme.font(theme.SMALL))
        if painter.fontMetrics().horizontalAdvance(shown.note) <= place.width():
            painter.setPen(theme.colour("muted"))
            painter.drawText(place, alignment.LEFT, shown.note)

    def _paint_ground(self, painter: QPainter, plot: int, shown: PlotContent, area: QRect) -> None:
        """Paints the background, the band, the grid and the numbers of both axes."""
        painter.fillRect(area, theme.colour("field"))
        if shown.band is not None:
            tint = QColor(theme.colour("ink"))
            tint.setAlpha(_BAND)
            painter.fillRect(self._band(plot, shown.places, shown.band), tint)
        for height, words in self.scale.ticks:
            y = round(self.point(plot, shown.places[0], height).y())
            painter.setPen(theme.colour("border"))
            painter.drawLine(area.left(), y, area.right(), y)
            if plot % self._columns == 0:
                painter.setPen(theme.colour("muted"))
                painter.drawText(
                    QRect(0, y - theme.px(8), theme.px(_LEFT) - 6, theme.px(16)),
                    alignment.RIGHT,
                    words,
                )
        if shown.places[0] < 0:  # two directions, with no perturbation between them
            x = round(self.point(plot, 0, 0).x())
            painter.setPen(theme.colour("border"))
            painter.drawLine(x, area.top(), x, area.bottom())
        self._paint_below(painter, plot, shown, area)

    def _paint_below(self, painter: QPainter, plot: int, shown: PlotContent, area: QRect) -> None:
        """Paints the numbers below an area; every second one if there is no room for all."""
        marks = [(*mark, self._place_below(painter, plot, area, *mark)) for mark in ticks(shown)]
        if any(one[2].right() + _AIR > other[2].left() for one, other in itertools.pairwise(marks)):
            marks = marks[::2] if len(marks) % 2 else [marks[0], marks[-1]]
        painter.setPen(theme.colour("muted"))
        for _, words, place in marks:
            painter.drawText(place, alignment.CENTER, words)

    def _place_below(self, painter: QPainter, plot: int, area: QRect, x: float, words: str) -> QRect:
        """Returns the rectangle of a number below its point, within the area."""
        width = painter.fontMetrics().horizontalAdvance(words) + 2
        middle = round(self.point(plot, x, 0).x())
        left = min(max(middle - width // 2, area.left()), area.right() - width)
        return QRect(left, area.bottom() + 2, width, theme.px(_FOOT) - 2)

    def _band(self, plot: int, places: Sequence[float], band: tuple[float, float]) -> QRect:
        low, high = (min(max(end, places[0]), places[-1]) for end in band)
        left, right = self.point(plot, low, 0).x(), self.point(plot, high, 0).x()
        area = self.area(plot)
        return QRect(round(left), area.top(), max(2, round(right - left)), area.height())

    def _paint_line(self, painter: QPainter, plot: int, line: CurvePoints, colour: QColor, width: float) -> None:
        points = [self.point(plot, x, y) for x, y in zip(line.x.tolist(), line.y.tolist(), strict=True)]
        painter.setPen(QPen(colour, width))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(QPolygonF(points))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        for point in points:
            painter.drawEllipse(point, _DOT * width / 2, _DOT * width / 2)

    def _paint_mark(self, painter: QPainter, plot: int, shown: PlotContent) -> None:
        if self.marked is None or self.marked[0] != plot:
            return
        area, across = self.area(plot), self.point(plot, self.marked[1], 0).x()
        painter.setPen(QPen(theme.colour("ink" if self.hasFocus() else "muted"), 1))
        painter.drawLine(QPointF(across, area.top()), QPointF(across, area.bottom()))
        x = shown.places[shown.nearest(self.marked[1])]
        found = np.flatnonzero(shown.line.x == x)
        if len(found):
            painter.setPen(QPen(theme.colour("field"), 1.5))
            painter.setBrush(theme.colour(self.colour))
            painter.drawEllipse(self.point(plot, x, float(shown.line.y[found[0]])), _MARKED_DOT, _MARKED_DOT)

    # ---- pointing

    def _point_at(self, wanted: tuple[int, float] | None, at: QPoint | None) -> None:
        """Marks an x, reports it, and shows the read-out at a pixel; None leaves the mark where it is."""
        self._mouse = None if wanted is None else at
        if wanted is not None and wanted != self.marked:
            self.mark(wanted)
            self.pointed.emit(*wanted)
        self._describe_mark()

    def _describe_mark(self) -> None:
        self.show_text(self._words)

    @property
    def _words(self) -> Text:
        """The description of the marked place."""
        if self.marked is None:
            return ""
        plot, x = self.marked
        return self.describe(plot, self.plots[plot].nearest(x))

    def _update_hovered(self) -> None:
        opened_at, at = self._opened_at, self._mouse
        if at is None:
            self._point_at(None, None)
        elif opened_at is None or (at - opened_at).manhattanLength() > _NEAR:
            self._opened_at = None
            self._point_at(self._place_at(at), at)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Opens the place under the mouse."""
        if event.button() == Qt.MouseButton.LeftButton and self._place_at(event.pos()) is not None:
            self._point_at(self._place_at(event.pos()), event.pos())
            self._opened_at = event.pos()
            self._open()
        event.accept()

    def _open(self) -> None:
        """Hides the read-out, which belongs to the state before, and reports the opening."""
        self._read_out.hide()
        self.opened.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Handles keys: Left and Right move along a plot, with Shift in small steps, Up and Down between plots."""
        key = event.key()
        if key in ENTER and self.marked is not None:
            self._open()
        elif key in ARROWS and self.plots:
            plot, x = self._stepped(*ARROWS[key], is_fine=bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
            self._point_at((plot, x), self.point(plot, x, self.scale.end / 2).toPoint())
        else:
            super().keyPressEvent(event)

    def _stepped(self, along: int, plots: int, is_fine: bool = False) -> tuple[int, float]:
        """Returns the next place, or the next step if ``is_fine``; 0 in the first plot if there is no mark."""
        if self.marked is None:
            return 0, 0.0
        plot, x = self.marked
        other = min(max(plot + plots, 0), len(self.plots) - 1)
        if other != plot:
            return other, 0.0
        shown = self.plots[plot]
        if is_fine:
            return plot, shown.rounded(x + along * shown.step, 0.0)
        beyond = [place for place in shown.places if along * place > along * x]
        return plot, x if not along or not beyond else min(beyond, key=lambda place: abs(place - x))

    def _mark_first(self) -> None:
        if self.plots and self.marked is None:
            self._point_at(self._stepped(0, 0), None)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Hides the read-out."""
        super().focusOutEvent(event)
        self._read_out.hide()


def ticks(shown: PlotContent) -> list[tuple[float, str]]:
    """Returns the ticks of a plot's horizontal axis with their texts, the last one with the unit.

    They are an even selection of the places, with 0 and both ends if possible. Texts have a sign if x may be negative.
    """
    places = list(shown.places)
    middle, last = places.index(0), len(places) - 1
    every = next(step for step in range(max(1, math.ceil(last / _MOST_STEPS)), last + 1) if _fits(step, middle, last))
    sign = "+" if places[0] < 0 else ""
    words = [f"{mark:{sign}g}".replace("-", "−") if mark else "0" for mark in places[::every]]
    words[-1] += shown.unit
    return list(zip(places[::every], words, strict=True))


def _fits(step: int, middle: int, last: int) -> bool:
    return step == last or (middle % step == 0 and last % step == 0)
