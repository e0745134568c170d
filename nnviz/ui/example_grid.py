"""Grid of a few examples: images in rows, or a line of text for each that has room."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt5.QtCore import QRect, QSize, Qt
from PyQt5.QtGui import QImage, QPainter, QPaintEvent
from PyQt5.QtWidgets import QSizePolicy

from engine.basics.validation import Array
from nnviz.ui import alignment, theme
from nnviz.ui.item_view import ItemView
from nnviz.ui.name_elision import fitted
from nnviz.ui.picture import grey_image

_GAP, _SIDE, _LEAST = 6, 60, 24  # pixels between two images, and of one that is seen well or just recognised
_LOWEST_LINE, _HIGHEST_LINE = 15, 19


class ExampleGrid(ItemView):
    """Shows images (height, width) in 0…1, in as many rows as have room, or lines of text."""

    def __init__(self, rows: int, columns: int) -> None:
        """``rows`` and ``columns``: of as many images as it is meant for."""
        super().__init__()
        self._rows, self._columns = rows, columns
        self._images: list[QImage] = []
        self._lines: Sequence[str] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    @property
    def count(self) -> int:
        if self._images:
            rows = max(1, min(self._rows, (self.height() + _GAP) // (_SIDE + _GAP)))
            return min(len(self._images), rows * self._columns)
        return min(len(self._lines), self.height() // theme.px(_LOWEST_LINE))

    @property
    def columns(self) -> int:
        return self._columns if self._images else 1

    def show_pictures(self, pictures: Sequence[Array]) -> None:
        """Shows copies of images."""
        self._images, self._lines = [grey_image(picture) for picture in pictures], ()
        self.items_changed()

    def show_lines(self, lines: Sequence[str]) -> None:
        self._images, self._lines = [], lines
        self.items_changed()

    def sizeHint(self) -> QSize:
        """Returns a size at which the images can be seen well."""
        return QSize(self._columns * (_SIDE + _GAP) - _GAP, self._rows * (_SIDE + _GAP) - _GAP)

    def minimumSizeHint(self) -> QSize:
        """Returns the smallest size at which a row of images can be recognised."""
        return QSize(self._columns * _LEAST, _LEAST)

    def place_of(self, number: int) -> QRect:
        if not self._images:
            high = min(theme.px(_HIGHEST_LINE), self.height() // max(1, self.count))
            return QRect(0, number * high, self.width(), high)
        row, column = divmod(number, self._columns)
        rows = -(-self.count // self._columns)
        image = self._images[0].size()
        cell = QSize(
            (self.width() - (self._columns - 1) * _GAP) // self._columns, (self.height() - (rows - 1) * _GAP) // rows
        )
        size = image.scaled(cell, Qt.AspectRatioMode.KeepAspectRatio)
        return QRect(column * (size.width() + _GAP), row * (size.height() + _GAP), size.width(), size.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for number, image in enumerate(self._images[: self.count]):
            painter.drawImage(self.place_of(number), image)
        painter.setFont(theme.font(theme.SMALL))
        painter.setPen(theme.colour("ink"))
        for number, line in enumerate(self._lines[: self.count]):
            place = self.place_of(number)
            painter.drawText(place, alignment.LEFT, fitted(line, place.width()))
        self.paint_mark(painter)
