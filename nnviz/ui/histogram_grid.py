"""A grid of small histograms: a row per layer, a column per kind of number; and the counts that they show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from PyQt5.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PyQt5.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PyQt5.QtWidgets import QSizePolicy

from engine.basics.validation import Array
from nnviz.ui import alignment, theme
from nnviz.ui.painted_view import PaintedView

_NAMES = 108  # pixels for the names of the rows
_GAP = 16
_HEAD, _FOOT = 22, 18  # pixels for the names of the columns, and for the numbers below each histogram
_LEAST, _MOST = 44, 150  # height of a row in pixels
_BINS = 48


def histogram(values: Array, low: float, high: float) -> Array:
    """Returns counts of values (k,) in 48 equal bins; numbers beyond the ends count in the outer bins."""
    place = (values.astype(np.float64) - low) * (_BINS / (high - low))
    return np.bincount(np.clip(place, 0, _BINS - 1).astype(np.intp), minlength=_BINS)


@dataclass(frozen=True, eq=False)
class HistogramCell:
    """A histogram: counts in bins from ``low`` to ``high``, now and at the start, and the text of its read-out."""

    now: Array
    start: Array
    low: float
    high: float
    text: str


@dataclass(frozen=True, eq=False)
class HistogramRow:
    """The name of a row, a note below it, and a cell per column."""

    name: str
    note: str
    is_warning: bool
    cells: Sequence[HistogramCell]


class HistogramGrid(PaintedView):
    """Draws square roots of counts, scaled for each cell, so that one high bar does not hide the others."""

    def __init__(self, columns: Sequence[str]) -> None:
        super().__init__()
        self._columns = columns
        self.rows: Sequence[HistogramRow] = ()
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme.changed.connect(self._fit_height)

    def show_rows(self, rows: Sequence[HistogramRow]) -> None:
        is_other_number = len(rows) != len(self.rows)
        self.rows = rows
        if is_other_number:
            self._fit_height()
        self._update_hovered()
        self.update()

    def _fit_height(self) -> None:
        self.setMinimumHeight(theme.px(_HEAD) + theme.px(_LEAST) * len(self.rows))

    def sizeHint(self) -> QSize:
        return QSize(480, theme.px(_HEAD) + 90 * max(1, len(self.rows)))

    def cell_rect(self, row: int, column: int) -> QRect:
        """Returns the rectangle of a histogram's bars."""
        height = min((self.height() - theme.px(_HEAD)) / max(1, len(self.rows)), _MOST)
        width = (self.width() - theme.px(_NAMES)) / len(self._columns)
        top, left = theme.px(_HEAD) + row * height, theme.px(_NAMES) + column * width
        return QRect(round(left), round(top) + 4, round(width) - _GAP, round(height) - theme.px(_FOOT) - 8)

    # ---- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), theme.colour("card"))
        painter.setFont(theme.font(theme.SMALL))
        for column, name in enumerate(self._columns):
            place = self.cell_rect(0, column)
            painter.setPen(theme.colour("muted"))
            painter.drawText(
                QRect(place.x(), 0, place.width(), theme.px(_HEAD)),
                alignment.LEFT,
                name,
            )
        for index, row in enumerate(self.rows):
            self._paint_name(painter, index, row)
        for place, cell in self._cells():
            self._paint_cell(painter, place, cell)

    def _cells(self) -> Iterator[tuple[QRect, HistogramCell]]:
        for index, row in enumerate(self.rows):
            for column, cell in enumerate(row.cells):
                yield self.cell_rect(index, column), cell

    def _paint_name(self, painter: QPainter, index: int, row: HistogramRow) -> None:
        place = self.cell_rect(index, 0)
        painter.setFont(theme.font(theme.SMALL, bold=True))
        painter.setPen(theme.colour("ink"))
        painter.drawText(
            QRect(0, place.y() - 2, theme.px(_NAMES) - 8, theme.px(18)),
            alignment.LEFT,
            row.name,
        )
        painter.setFont(theme.font(theme.SMALL))
        painter.setPen(theme.colour("error" if row.is_warning else "muted"))
        painter.drawText(
            QRect(0, place.y() + theme.px(16), theme.px(_NAMES) - 8, theme.px(34)),
            alignment.TOP_LEFT | Qt.TextFlag.TextWordWrap,
            row.note,
        )

    def _paint_cell(self, painter: QPainter, place: QRect, cell: HistogramCell) -> None:
        painter.fillRect(place, theme.colour("field"))
        if cell.low < 0 < cell.high:
            zero = place.x() + round(place.width() * -cell.low / (cell.high - cell.low))
            painter.setPen(theme.colour("border"))
            painter.drawLine(zero, place.y(), zero, place.bottom())
        highest = np.sqrt(max(cell.now.max(initial=1), cell.start.max(initial=1)))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("ink"))
        painter.drawPolygon(_silhouette(cell.now, place, highest))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.colour("muted"), 1))
        painter.drawPolyline(_silhouette(cell.start, place, highest))
        painter.setPen(theme.colour("muted"))
        foot = QRect(place.x(), place.bottom() + 1, place.width(), theme.px(_FOOT))
        painter.drawText(foot, alignment.TOP_LEFT, _short(cell.low))
        painter.drawText(foot, alignment.TOP_RIGHT, _short(cell.high))

    # ---- under the mouse

    def _update_hovered(self) -> None:
        mouse = self._mouse
        pointed = (cell.text for place, cell in self._cells() if mouse is not None and place.contains(mouse))
        self.show_text(next(pointed, ""))


def _silhouette(counts: Array, place: QRect, highest: float) -> QPolygonF:
    """Returns the outline of the bars, from the lower left to the lower right corner."""
    box = QRectF(place)
    heights = np.sqrt(counts) * (box.height() - 2) / highest
    ground, step = box.bottom(), box.width() / len(counts)
    points = [QPointF(box.left(), ground)]
    for index, height in enumerate(heights.tolist()):
        left = box.left() + index * step
        points += [QPointF(left, ground - height), QPointF(left + step, ground - height)]
    return QPolygonF([*points, QPointF(box.right(), ground)])


def _short(value: float) -> str:
    return f"{value:.2g}".replace("-", "−")
