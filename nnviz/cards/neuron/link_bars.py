"""Bars of the outgoing weights of a neuron: upward for a positive weight, downward for a negative one."""

from __future__ import annotations

import numpy as np
from PyQt5.QtCore import QPoint, QRect, QRectF, QSize
from PyQt5.QtGui import QPainter, QPaintEvent
from PyQt5.QtWidgets import QSizePolicy

from engine.basics.validation import Array
from nnviz.formatting.round_numbers import steady_end
from nnviz.ui import theme
from nnviz.ui.item_view import ItemView
from nnviz.ui.weights.neuron_view import strongest_of_each

_WIDEST = 14  # largest distance of two bars in pixels


class LinkBars(ItemView):
    """A bar for each neuron of the next layer. If there are more weights than pixels, a pixel shows its largest one."""

    def __init__(self) -> None:
        super().__init__()
        self._values: Array = np.zeros(0)
        self.end = 1.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    @property
    def count(self) -> int:
        return len(self._values)

    @property
    def columns(self) -> int:
        return max(2, self.count)

    def show_values(self, values: Array) -> None:
        """Shows weights (neurons of the next layer,)."""
        largest = float(np.abs(np.nan_to_num(values, posinf=0.0, neginf=0.0)).max(initial=0.0))
        self.end, self._values = steady_end(self.end, largest, 1e-6), values
        self.items_changed()

    def sizeHint(self) -> QSize:
        """Returns the preferred size."""
        return QSize(150, 90)

    def minimumSizeHint(self) -> QSize:
        """Returns the smallest size at which the signs can be seen."""
        return QSize(60, 24)

    @property
    def _pitch(self) -> float:
        return min(_WIDEST, self.width() / max(1, self.count))

    def place_of(self, number: int) -> QRect:
        return QRect(int(number * self._pitch), 0, max(1, round(self._pitch)), self.height())

    def number_at(self, point: QPoint) -> int | None:
        number = int(point.x() / self._pitch) if point.x() >= 0 and self.count else -1
        return number if 0 <= number < self.count else None

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        shown = min(self.count, max(1, self.width()))
        middle = self.height() / 2
        if shown:
            heights = strongest_of_each(self._values, shown) / self.end * (middle - 1)
            pitch = min(_WIDEST, self.width() / shown)
            wide = pitch - 1 if pitch >= 3 else pitch
            inks = theme.colour("negative"), theme.colour("positive")
            for number, height in enumerate(heights.tolist()):
                place = QRectF(number * pitch, middle - max(height, 0), wide, abs(height))
                painter.fillRect(place, inks[height > 0])
        painter.fillRect(QRectF(0, middle, self.width(), 1), theme.colour("faint"))
        self.paint_mark(painter)
