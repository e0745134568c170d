"""Rows of small images with captions: contributions of pixels in the colours of weights, or grey images."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PyQt5.QtCore import QPoint, QRect, QSize, Qt
from PyQt5.QtGui import QImage, QPainter

from engine.basics.validation import Array
from nnviz.cards.explanation.content import LINE, write
from nnviz.ui import theme
from nnviz.ui.picture import grey_image

_SMALL = 200  # pixels of an image that a read-out would cover
_CAPTION = 110  # pixels between images that are smaller, for their captions
_ZERO, _END = 128, 127  # index of 0 in the 256 diverging colours, and the number of colours on each side


@dataclass(frozen=True, eq=False)
class ImagePane:
    """One image.

    Attributes:
        values: (height, width); grey in 0…1, or signed contributions if ``limit`` is given.
        caption: text below the image.
        limit: contribution with the last colour; 0 for a grey image.
        is_old: whether the image is of an earlier input, and therefore faint.
        outlined: rectangles of pixels with an outline.
    """

    values: Array
    caption: str
    limit: float = 0.0
    is_old: bool = False
    outlined: Sequence[QRect] = ()

    def image(self) -> QImage:
        """Returns the image in the current theme."""
        return signed_image(self.values, self.limit, theme.current()) if self.limit else grey_image(self.values)


def signed_image(values: Array, limit: float, look: theme.Theme) -> QImage:
    """Returns contributions (height, width) as an image; 0 has the colour of fields."""
    steps = np.rint(np.nan_to_num(values) * (_END / limit))
    pixels = (np.clip(steps, -_END, _END) + _ZERO).astype(np.uint8)
    height, width = pixels.shape
    image = QImage(pixels.tobytes(), width, height, width, QImage.Format.Format_Indexed8)
    image.setColorTable(theme.diverging_table(look))
    return image.copy()


def _on_screen(pixels: QRect, pane: ImagePane, place: QRect) -> QRect:
    """Returns the rectangle of some pixels of an image that is painted at a place."""
    tall, wide = pane.values.shape
    left, right = (place.width() * x // wide for x in (pixels.left(), pixels.right() + 1))
    top, bottom = (place.height() * y // tall for y in (pixels.top(), pixels.bottom() + 1))
    return QRect(place.x() + left, place.y() + top, right - left, bottom - top)


@dataclass(frozen=True, eq=False)
class ImageRows:
    """Rows of images of the same size, close together at the left.

    ``read_out`` returns the text for a row and a column of pixels of an image.
    """

    rows: Sequence[Sequence[ImagePane]]
    read_out: Callable[[ImagePane, int, int], str]
    columns: int = 3
    gap: int = 10

    def place(self, within: QRect, row: int, column: int) -> QRect:
        """Returns the rectangle of an image; its caption is below."""
        width = (within.width() - (self.columns - 1) * self.gap) // self.columns
        height = (within.height() + self.gap) // max(1, len(self.rows)) - self.gap - theme.px(LINE)
        cell = QSize(width, max(1, height))
        tall, wide = self.rows[row][column].values.shape
        scale = min(cell.width() / wide, cell.height() / tall)
        if int(scale) > 0.85 * scale:
            scale = int(scale)  # All pixels have the same size.
        size = max(1, round(wide * scale)), max(1, round(tall * scale))
        pitch = min(width, max(size[0], theme.px(_CAPTION))) + self.gap
        return QRect(within.x() + column * pitch, within.y() + row * (size[1] + theme.px(LINE) + self.gap), *size)

    def are_small(self, within: QRect) -> bool:
        """Whether this is one row of images that a read-out next to the mouse would cover."""
        return len(self.rows) == 1 and self.place(within, 0, 0).height() < _SMALL

    def bottom(self, within: QRect) -> int:
        """Returns the y at which the last row of images ends."""
        return self.place(within, len(self.rows) - 1, 0).bottom() + 1

    def paint(self, painter: QPainter, within: QRect) -> None:
        """Paints all images and captions."""
        for row, panes in enumerate(self.rows):
            for column, pane in enumerate(panes):
                place = self.place(within, row, column)
                painter.setOpacity(0.4 if pane.is_old else 1)
                painter.drawImage(place, pane.image())
                painter.setOpacity(1)
                painter.setPen(theme.colour("border"))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(place.adjusted(0, 0, -1, -1))
                painter.setPen(theme.colour("muted"))
                for pixels in pane.outlined if place.width() >= pane.values.shape[1] else ():
                    painter.drawRect(_on_screen(pixels, pane, place).adjusted(0, 0, -1, -1))
                width = max(place.width(), min((within.width() + self.gap) // self.columns - 4, theme.px(_CAPTION)))
                write(painter, QRect(place.x(), place.bottom() + 2, width, theme.px(LINE)), pane.caption)

    def found_at(self, within: QRect, point: QPoint) -> tuple[int, int] | None:
        """Returns row and column of the image at a point."""
        places = ((row, column) for row, panes in enumerate(self.rows) for column in range(len(panes)))
        return next((where for where in places if self.place(within, *where).contains(point)), None)

    def read_out_at(self, within: QRect, point: QPoint) -> str:
        """Returns the read-out of the pixel at a point."""
        found = self.found_at(within, point)
        if found is None:
            return ""
        pane, place = self.rows[found[0]][found[1]], self.place(within, *found)
        (tall, wide), inside = pane.values.shape, point - place.topLeft()
        return self.read_out(pane, inside.y() * tall // place.height(), inside.x() * wide // place.width())
