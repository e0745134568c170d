"""Rows of small pictures with captions: what each pixel contributes, in the colours of the weights, or grey ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PyQt5.QtCore import QPoint, QRect, Qt
from PyQt5.QtGui import QImage, QPainter

from engine.basics.validation import Array
from nnviz.cards.explanation.content import LINE, write
from nnviz.ui import theme
from nnviz.ui.picture import grey_image

_SMALL = 200  # pixels
_ZERO, _END = 128, 127  # of the 256 diverging colours: that of 0, and the number of colours on each side


@dataclass(frozen=True, eq=False)
class Pane:
    """One picture.

    Attributes:
        values: (height, width); grey in 0…1, or signed contributions if ``limit`` is given.
        caption: the line below it.
        limit: the contribution that has the last colour; 0 for a grey picture.
        is_old: whether it answers an earlier question, and is therefore shown faintly.
    """

    values: Array
    caption: str
    limit: float = 0.0
    is_old: bool = False

    def image(self) -> QImage:
        """The picture in the theme in use."""
        return signed_image(self.values, self.limit, theme.current()) if self.limit else grey_image(self.values)


def signed_image(values: Array, limit: float, look: theme.Theme) -> QImage:
    """Contributions (height, width) as an image with its own pixels: 0 has the colour of the field."""
    steps = np.rint(np.nan_to_num(values) * (_END / limit))
    pixels = (np.clip(steps, -_END, _END) + _ZERO).astype(np.uint8)
    height, width = pixels.shape
    image = QImage(pixels.tobytes(), width, height, width, QImage.Format_Indexed8)
    image.setColorTable(theme.diverging_table(look))
    return image.copy()


@dataclass(frozen=True, eq=False)
class Pictures:
    """Rows of panes, all of the same size, from the left.

    ``told`` returns the read-out of a pane, a row and a column of its picture.
    """

    rows: Sequence[Sequence[Pane]]
    told: Callable[[Pane, int, int], str]
    columns: int = 3
    gap: int = 10

    def place(self, within: QRect, row: int, column: int) -> QRect:
        """Where a picture is; its caption is below it."""
        width = (within.width() - (self.columns - 1) * self.gap) // self.columns
        height = (within.height() + self.gap) // max(1, len(self.rows)) - self.gap - theme.px(LINE)
        cell = QRect(within.x() + column * (width + self.gap), 0, width, max(1, height))
        tall, wide = self.rows[row][column].values.shape
        scale = min(cell.width() / wide, cell.height() / tall)
        if int(scale) > 0.85 * scale:
            scale = int(scale)  # all pixels of one size
        size = max(1, round(wide * scale)), max(1, round(tall * scale))
        return QRect(cell.x(), within.y() + row * (size[1] + theme.px(LINE) + self.gap), *size)

    def are_small(self, within: QRect) -> bool:
        """Whether it is one row of pictures that a read-out beside the mouse would cover."""
        return len(self.rows) == 1 and self.place(within, 0, 0).height() < _SMALL

    def bottom(self, within: QRect) -> int:
        """The height at which the last row of pictures ends."""
        return self.place(within, len(self.rows) - 1, 0).bottom() + 1

    def paint(self, painter: QPainter, within: QRect) -> None:
        """Paints all pictures and captions."""
        for row, panes in enumerate(self.rows):
            for column, pane in enumerate(panes):
                place = self.place(within, row, column)
                painter.setOpacity(0.4 if pane.is_old else 1)
                painter.drawImage(place, pane.image())
                painter.setOpacity(1)
                painter.setPen(theme.colour("border"))
                painter.setBrush(Qt.NoBrush)
                painter.drawRect(place.adjusted(0, 0, -1, -1))
                width = max(place.width(), (within.width() + self.gap) // self.columns - 4)
                write(painter, QRect(place.x(), place.bottom() + 2, width, theme.px(LINE)), pane.caption)

    def found_at(self, within: QRect, point: QPoint) -> tuple[int, int] | None:
        """Row and column of the picture at that point."""
        places = ((row, column) for row, panes in enumerate(self.rows) for column in range(len(panes)))
        return next((where for where in places if self.place(within, *where).contains(point)), None)

    def told_at(self, within: QRect, point: QPoint) -> str:
        """The read-out of the pixel at that point."""
        found = self.found_at(within, point)
        if found is None:
            return ""
        pane, place = self.rows[found[0]][found[1]], self.place(within, *found)
        (tall, wide), inside = pane.values.shape, point - place.topLeft()
        return self.told(pane, inside.y() * tall // place.height(), inside.x() * wide // place.width())
