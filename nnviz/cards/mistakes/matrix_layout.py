"""The layout and the colours of a confusion matrix, for any number of classes. Paints nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from PyQt5.QtCore import QRect, QSize
from PyQt5.QtGui import QColor, QFontMetrics

from engine.basics.validation import Array
from nnviz.ui import theme

Cell = tuple[int | None, int | None]  # true class and answer; None: the head of the row or column

_MOST_CELL = 96  # pixels
_MOST_STRETCH = 1.7  # of a cell's longer side to its shorter one
_MOST_HEAD = 84  # pixels for the names beside the rows or over the columns
_AIR = 6
_READABLE = 4.5  # contrast
_LEAST_TINT = 0.2  # of the colour of a single mistake among many, so that it can be seen


@dataclass(frozen=True)
class Layout:
    """Where the cells are.

    Attributes:
        classes: their number.
        left, top: where the cells begin, right of and below the names.
        wide, high: pixels of a cell with its gap, maybe with a fraction.
        is_upright: whether the names over the columns run upwards, because the cells are narrower.
    """

    classes: int
    left: float
    top: float
    wide: float
    high: float
    is_upright: bool

    @cached_property
    def gap(self) -> int:
        """Pixels between two cells; none where they are tiny."""
        least = min(self.wide, self.high)
        return 2 if least >= 14 else 1 if least >= 6 else 0

    @property
    def every(self) -> tuple[int, int]:
        """Which rows and columns have their names shown: every first, second, …, where there is no room for all."""
        line = QFontMetrics(theme.font(theme.SMALL)).height()
        return max(1, -(-line // max(1, int(self.high)))), max(1, -(-line // max(1, int(self.wide))))

    @cached_property
    def _edges(self) -> tuple[list[int], list[int]]:
        """Where columns and rows begin; at the end, where the last ones end."""
        numbers = range(self.classes + 1)
        across = [round(self.left + number * self.wide) for number in numbers]
        return across, [round(self.top + number * self.high) for number in numbers]

    def rect(self, row: int, column: int) -> QRect:
        """The pixels of a cell, without its gap."""
        (across, down), gap = self._edges, self.gap
        x, y = across[column], down[row]
        return QRect(x, y, max(1, across[column + 1] - x - gap), max(1, down[row + 1] - y - gap))

    @property
    def area(self) -> QRect:
        """The pixels of all cells."""
        return self.rect(0, 0).united(self.rect(self.classes - 1, self.classes - 1))

    def around(self, cell: Cell) -> QRect:
        """The pixels of a cell, or of a whole row or column for its head."""
        true, answer = cell
        last = self.classes - 1
        first = self.rect(true or 0, answer or 0)
        return first.united(self.rect(last if true is None else true, last if answer is None else answer))

    def at(self, x: float, y: float) -> Cell | None:
        """The cell or head at a place; None beside them, also for the corner between the heads."""
        column, row = int((x - self.left) // self.wide), int((y - self.top) // self.high)
        if row >= self.classes or column >= self.classes or (row < 0 and column < 0):
            return None
        return (row if row >= 0 else None), (column if column >= 0 else None)


def layout_of(names: Sequence[str], size: QSize) -> Layout:
    """Fits a matrix into a widget of that size; the cells are about square, and the matrix is in its middle."""
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
    return Layout(count, left + spare, top, wide, high, is_upright)


def cell_colours(shares: Array) -> Array:
    """Returns (classes, classes, 3) colours 0…255: mistakes in orange by their share of the largest one.

    The diagonal has the colour of fields, and what never happened that of the card.
    """
    ground, field, full = (np.array(theme.colour(name).getRgb()[:3]) for name in ("card", "field", "positive"))
    off = np.where(np.eye(len(shares), dtype=bool), 0, np.nan_to_num(shares))
    most = off.max(initial=0) or 1
    tint = np.where(off > 0, np.maximum(np.sqrt(off / most), _LEAST_TINT), 0)[..., None]
    colours = np.where(off[..., None] > 0, field + (full - field) * tint, ground)
    colours[np.arange(len(shares)), np.arange(len(shares))] = field
    return np.round(colours).astype(np.uint8)


def inks_on(colours: Array) -> list[list[QColor]]:
    """For each of the colours (classes, classes, 3) that of a text on it, which can be read: a contrast of 4.5 : 1.

    It is the theme's colour of text where that will do, else black or white.
    """
    inks = [theme.colour("text"), QColor("#000000"), QColor("#ffffff")]
    own = _luminances(np.array([ink.getRgb()[:3] for ink in inks]))
    ground = _luminances(colours)[..., None]
    contrasts = (np.maximum(own, ground) + 0.05) / (np.minimum(own, ground) + 0.05)
    best = np.where(contrasts[..., 0] >= _READABLE, 0, contrasts.argmax(axis=-1))
    return [[inks[index] for index in row] for row in best.tolist()]


def _luminances(colours: Array) -> Array:
    """Relative luminances, 0…1, of colours (…, 3) 0…255. WCAG 2.1."""
    channels = colours.astype(np.float64) / 255
    linear = np.where(channels <= 0.03928, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    luminances: Array = linear @ np.array([0.2126, 0.7152, 0.0722])
    return luminances


def cell_text(value: float, is_share: bool) -> str:
    """A count, or a share 0…1 in percent with as many digits as there is room for; empty for none."""
    if not value > 0:
        return ""
    if not is_share:
        return str(int(value))
    percent = 100 * value
    if percent < 0.1:
        return "<.1"
    return f"{percent:.0f}" if percent >= 9.95 else f"{percent:.1f}"
