"""Layout and colours of a confusion matrix, for any number of classes."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from PyQt5.QtCore import QRect, QSize
from PyQt5.QtGui import QColor, QFontMetrics

from engine.basics.validation import Array
from nnviz.ui import theme

Cell = tuple[int | None, int | None]  # true and predicted class; None for the header of the row or column

_MOST_CELL = 96  # pixels
_MOST_STRETCH = 1.7  # largest aspect ratio of a cell
_MOST_HEAD = 84  # pixels for the names of rows or columns
_AIR = 6
_READABLE = 4.5  # contrast ratio
_LEAST_TINT = 0.2  # Share of the colour that a single mistake has, so that it is visible.


@dataclass(frozen=True)
class MatrixLayout:
    """Layout of the cells and names.

    Attributes:
        classes: number of classes.
        left, top: pixels at which the cells start, after the names.
        wide, high: pixels of a cell with its gap; may have a fraction.
        is_upright: whether the names of columns are vertical, because they are wider than a cell.
    """

    classes: int
    left: float
    top: float
    wide: float
    high: float
    is_upright: bool

    @cached_property
    def gap(self) -> int:
        """Pixels between two cells; 0 for tiny cells."""
        least = min(self.wide, self.high)
        return 2 if least >= 14 else 1 if least >= 6 else 0

    @property
    def every(self) -> tuple[int, int]:
        """Step between the rows and between the columns that have a name; 1 if there is room for all names."""
        line = QFontMetrics(theme.font(theme.SMALL)).height()
        return max(1, -(-line // max(1, int(self.high)))), max(1, -(-line // max(1, int(self.wide))))

    @cached_property
    def _edges(self) -> tuple[list[int], list[int]]:
        """Pixels at which columns and rows start, and at which the last ones end."""
        numbers = range(self.classes + 1)
        across = [round(self.left + number * self.wide) for number in numbers]
        return across, [round(self.top + number * self.high) for number in numbers]

    def rect(self, row: int, column: int) -> QRect:
        """Returns the rectangle of a cell, without its gap."""
        (across, down), gap = self._edges, self.gap
        x, y = across[column], down[row]
        return QRect(x, y, max(1, across[column + 1] - x - gap), max(1, down[row + 1] - y - gap))

    @property
    def area(self) -> QRect:
        """The rectangle of all cells."""
        return self.rect(0, 0).united(self.rect(self.classes - 1, self.classes - 1))

    def around(self, cell: Cell) -> QRect:
        """Returns the rectangle of a cell, or of a row or column for its header."""
        true, answer = cell
        last = self.classes - 1
        first = self.rect(true or 0, answer or 0)
        return first.united(self.rect(last if true is None else true, last if answer is None else answer))

    def at(self, x: float, y: float) -> Cell | None:
        """Returns the cell or header at a pixel; None outside, and in the corner between the headers."""
        column, row = (bisect(edges, place) - 1 for edges, place in zip(self._edges, (x, y), strict=True))
        if row >= self.classes or column >= self.classes or (row < 0 and column < 0):
            return None
        return (row if row >= 0 else None), (column if column >= 0 else None)


def head_height(names: Sequence[str], width: int) -> int:
    """Returns the pixels above the cells in a widget of that width."""
    return round(layout_of(names, QSize(width, 3 * theme.px(_MOST_HEAD))).top)


def layout_of(names: Sequence[str], size: QSize) -> MatrixLayout:
    """Returns the layout for a widget of a size: nearly square cells, centered."""
    metrics = QFontMetrics(theme.font(theme.SMALL))
    widest, count = max(map(metrics.horizontalAdvance, names)), len(names)
    left = float(min(widest + _AIR + 2, theme.px(_MOST_HEAD), size.width() // 3))
    room = max(1.0, size.width() - left)
    is_upright = widest + 2 > room / count and len(max(names, key=len)) > 2
    top = float(min(widest + _AIR, theme.px(_MOST_HEAD), size.height() // 3) if is_upright else metrics.height() + 2)
    wide, high = room / count, max(1.0, size.height() - top) / count
    wide = min(wide, _MOST_STRETCH * high, _MOST_CELL)
    high = min(high, _MOST_STRETCH * wide, _MOST_CELL)
    spare = (room - wide * count) / 2
    return MatrixLayout(count, left + spare, top, wide, high, is_upright)


def cell_colours(shares: Array) -> Array:
    """Returns (classes, classes, 3) colours 0…255: mistakes in orange by their share of the largest one.

    The diagonal has the colour of fields, and empty cells that of the card.
    """
    ground, field, full = (np.array(theme.colour(name).getRgb()[:3]) for name in ("card", "field", "positive"))
    off = np.where(np.eye(len(shares), dtype=bool), 0, np.nan_to_num(shares))
    most = off.max(initial=0) or 1
    tint = np.where(off > 0, np.maximum(np.sqrt(off / most), _LEAST_TINT), 0)[..., None]
    colours = np.where(off[..., None] > 0, field + (full - field) * tint, ground)
    colours[np.arange(len(shares)), np.arange(len(shares))] = field
    return np.round(colours).astype(np.uint8)


def difference_colours(differences: Array) -> Array:
    """Returns (classes, classes, 3) colours 0…255 of differences of counts: more in orange, fewer in blue.

    The diagonal has the colour of fields, and cells that did not change that of the card.
    """
    ground, field = (np.array(theme.colour(name).getRgb()[:3]) for name in ("card", "field"))
    ends = np.stack([np.array(theme.colour(name).getRgb()[:3]) for name in ("negative", "positive")])
    off = np.where(np.eye(len(differences), dtype=bool), 0, differences)
    most = np.abs(off).max(initial=0) or 1
    tint = np.where(off != 0, np.maximum(np.sqrt(np.abs(off) / most), _LEAST_TINT), 0)[..., None]
    full = ends[(off > 0).astype(np.intp)]
    colours = np.where(off[..., None] != 0, field + (full - field) * tint, ground)
    colours[np.arange(len(off)), np.arange(len(off))] = field
    return np.round(colours).astype(np.uint8)


def difference_text(value: float) -> str:
    """Returns a difference of counts with its sign: "+3", "−12"; empty for 0."""
    return f"{int(value):+d}".replace("-", "−") if value else ""


def inks_on(colours: Array) -> list[list[QColor]]:
    """Returns a text colour for each background colour (classes, classes, 3), with a contrast of at least 4.5 : 1.

    It is the theme's colour of text if its contrast is large enough, else black or white.
    """
    inks = [theme.colour("ink"), QColor("#000000"), QColor("#ffffff")]
    own = _luminances(np.array([ink.getRgb()[:3] for ink in inks]))
    ground = _luminances(colours)[..., None]
    contrasts = (np.maximum(own, ground) + 0.05) / (np.minimum(own, ground) + 0.05)
    best = np.where(contrasts[..., 0] >= _READABLE, 0, contrasts.argmax(axis=-1))
    return [[inks[index] for index in row] for row in best.tolist()]


def _luminances(colours: Array) -> Array:
    """Returns the relative luminance, 0…1, of colours (…, 3), 0…255 (WCAG 2.1)."""
    channels = colours.astype(np.float64) / 255
    linear = np.where(channels <= 0.03928, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    luminances: Array = linear @ np.array([0.2126, 0.7152, 0.0722])
    return luminances


def cell_text(value: float, is_share: bool) -> str:
    """Returns a count, or a share 0…1 in percent with at most two digits; empty for 0."""
    if not value > 0:
        return ""
    if not is_share:
        return str(int(value))
    percent = 100 * value
    if percent < 0.1:
        return "<.1"
    return f"{percent:.0f}" if percent >= 9.95 else f"{percent:.1f}"
