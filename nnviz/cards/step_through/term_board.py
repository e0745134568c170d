"""A board of cells, one for each term of a formula, arranged as the image or the layer that the terms come from."""

from __future__ import annotations

import math

import numpy as np
from PyQt5.QtCore import QPoint, QRect, QSize, Qt
from PyQt5.QtGui import QImage, QPainter, QPaintEvent

from engine.basics.validation import Array
from nnviz.formatting.round_numbers import round_end
from nnviz.ui import theme
from nnviz.ui.item_view import ItemView

_SIDE = 112
_LARGEST_CELL = 18


class TermBoard(ItemView):
    """Draws values as one image in the diverging colours. Its cells can be pointed at and picked.

    Attributes:
        lit: the cell that is outlined because the mouse is over its term; None for none.
        limit: the value at the end of the colours.
    """

    def __init__(self) -> None:
        super().__init__()
        self.lit: int | None = None
        self.limit = 1.0
        self._values: Array = np.zeros(0)
        self._shape = (0, 0)
        self._image: QImage | None = None
        self.setFixedSize(_SIDE, _SIDE)

    def show_values(self, values: Array, picture: tuple[int, int] | None = None) -> None:
        """Shows (cells,) values in the shape of an image, or nearly as a square."""
        side = max(1, math.ceil(math.sqrt(len(values))))
        self._shape = picture or (math.ceil(len(values) / side), side)
        self._values = np.nan_to_num(np.asarray(values, np.float64), posinf=0, neginf=0)
        self.limit = round_end(float(np.abs(self._values).max(initial=0.0)), 1e-12)
        self.lit = None
        self._redraw()
        self.items_changed()

    def _redraw(self) -> None:
        rows, columns = self._shape
        table = np.array(theme.diverging_table(theme.current()), np.uint32)
        cells = np.full(rows * columns, np.uint32(theme.colour("card").rgb()))
        shares = np.clip(self._values / self.limit, -1, 1)
        cells[: len(self._values)] = table[np.round(128 + 127 * shares).astype(np.intp)]
        # Copied, because the image would only share the memory of the bytes.
        self._image = QImage(cells.tobytes(), columns, rows, 4 * columns, QImage.Format.Format_RGB32).copy()
        self.update()

    @property
    def count(self) -> int:
        """The number of cells."""
        return len(self._values)

    @property
    def columns(self) -> int:
        """The number of cells in a row."""
        return max(1, self._shape[1])

    @property
    def _place(self) -> QRect:
        rows, columns = self._shape
        cell = min(_LARGEST_CELL, self.width() / max(1, columns), self.height() / max(1, rows))
        return QRect(0, 0, max(1, round(cell * columns)), max(1, round(cell * rows)))

    def place_of(self, number: int) -> QRect:
        """Returns the rectangle of a cell."""
        place, (rows, columns) = self._place, self._shape
        row, column = divmod(number, max(1, columns))
        left, right = (place.width() * each // columns for each in (column, column + 1))
        top, bottom = (place.height() * each // rows for each in (row, row + 1))
        return QRect(left, top, max(1, right - left), max(1, bottom - top))

    def number_at(self, point: QPoint) -> int | None:
        """Returns the cell at a point; None if there is none."""
        place, (rows, columns) = self._place, self._shape
        if not self.count or not place.contains(point):
            return None
        number = point.y() * rows // place.height() * columns + point.x() * columns // place.width()
        return number if number < self.count else None

    def outline_of(self, number: int) -> QRect:
        """Returns the outline of a cell: all four edges, also at the edge of the board."""
        return self.place_of(number).adjusted(-1, -1, 0, 0).intersected(self.rect().adjusted(0, 0, -1, -1))

    def light(self, number: int | None) -> None:
        """Outlines a cell, because the mouse is over its term."""
        if number != self.lit:
            self.lit = number
            self.update()

    def sizeHint(self) -> QSize:
        """Returns the size of the board, a square."""
        return QSize(_SIDE, _SIDE)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the image and the outlines."""
        if self._image is None or not self.count:
            return
        painter = QPainter(self)
        painter.drawImage(self._place, self._image)
        painter.setPen(theme.colour("border"))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(self._place.adjusted(0, 0, -1, -1))
        if self.lit is not None and self.lit < self.count:
            painter.setPen(theme.colour("ink"))
            painter.drawRect(self.outline_of(self.lit))
        self.paint_mark(painter)
