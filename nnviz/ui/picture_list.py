"""Many small images in rows, with a caption each. Only visible ones are made and painted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from PyQt5.QtCore import QEvent, QPoint, QRect, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QFontMetrics, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PyQt5.QtWidgets import QAbstractScrollArea

from nnviz.ui import alignment, theme
from nnviz.ui.picture import grey_image
from nnviz.ui.read_out import ReadOut

_SIDE = 44  # least pixels of a picture's longer side
_MOST_SIDE = 96  # pixels up to which a picture is made wider for its caption; longer captions are cut
_MEASURED = 100  # captions, the first ones: the widest is among them, or not much wider
_GAP, _CAPTION, _ROW_GAP, _EDGE = 7, 15, 5, 2
_MOST_KEPT = 600  # pictures

Picture = Callable[[int], npt.NDArray[Any]]


def _nothing(place: int) -> npt.NDArray[Any]:
    return np.zeros((1, 1))


class PictureList(QAbstractScrollArea):
    """A list of images. Arrows and clicks choose one; Enter and a double click open the chosen one.

    Signals:
        chosen(int): the user chose an image by its index.
        opened(): the user opened the chosen image.
        hovered(int): index of the image under the mouse; -1 for none.
    """

    chosen = pyqtSignal(int)
    opened = pyqtSignal()
    hovered = pyqtSignal(int)

    def __init__(self) -> None:
        super().__init__()
        self._count = 0
        self._picture: Picture = _nothing
        self._caption: Callable[[int], str] = str
        self._is_marked: Callable[[int], bool] = lambda place: False
        self._choice: int | None = None
        self._least = _SIDE  # pixels of a picture with its captions
        self._images: dict[int, QImage] = {}
        self._mouse: QPoint | None = None
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # paintEvent covers all of it
        self._read_out = ReadOut(self.viewport())
        theme.changed.connect(self.viewport().update)
        theme.changed.connect(self._measure)

    # ---- what is shown

    def show_pictures(self, count: int, picture: Picture, caption: Callable[[int], str], stays: bool = False) -> None:
        """Shows other images; ``picture`` and ``caption`` are called for visible ones.

        An image is a (height, width) float array in 0…1. The list scrolls to the first one, unless it ``stays``.
        """
        self._count, self._picture, self._caption = count, picture, caption
        self._images.clear()
        self._choice = None
        self._measure()
        if not stays:
            self.verticalScrollBar().setValue(0)
        self.viewport().update()
        if self._mouse is not None:
            self.hovered.emit(self.at(self._mouse.x(), self._mouse.y()))

    def mark(self, is_marked: Callable[[int], bool]) -> None:
        """Writes the captions of those for which this is true in the colour of errors."""
        self._is_marked = is_marked
        self.viewport().update()

    def show_choice(self, place: int | None, into_sight: bool = True) -> None:
        """Outlines an image, and scrolls to it if ``into_sight``; None for none."""
        if place != self._choice:
            self._choice = place
            self.viewport().update()
        if place is not None and into_sight:
            self._scroll_to(place)

    def show_text(self, text: str) -> None:
        """Shows a read-out next to the mouse; an empty text hides it."""
        self._read_out.show_text(text, self._mouse)

    def set_summary(self, words: str) -> None:
        """Sets what a screen reader says of the list while nothing in it is pointed at."""
        self._read_out.set_summary(words)

    @property
    def count(self) -> int:
        return self._count

    def minimumSizeHint(self) -> QSize:
        """Returns a size with two images."""
        return QSize(2 * _SIDE + 3 * _GAP, _SIDE + theme.px(_CAPTION) + 2 * _EDGE)

    # ---- layout

    def _measure(self) -> None:
        """Makes images as wide as their captions, so that these do not overlap at any text size."""
        metrics = QFontMetrics(theme.font(theme.SMALL))
        captions = map(self._caption, range(min(self._count, _MEASURED)))
        widest = max(map(metrics.horizontalAdvance, captions), default=0)
        self._least = max(_SIDE, min(widest, theme.px(_MOST_SIDE)))
        self._fit()

    @property
    def _columns(self) -> int:
        return max(1, (self.viewport().width() - 2 * _EDGE + _GAP) // (self._least + _GAP))

    @property
    def _side(self) -> int:
        columns = self._columns
        return max(_SIDE, (self.viewport().width() - 2 * _EDGE + _GAP) // columns - _GAP)

    @property
    def _pitch(self) -> int:
        return self._side + theme.px(_CAPTION) + _ROW_GAP

    def tile(self, place: int) -> QRect:
        """Returns the square of an image in the viewport; it may be above or below it."""
        row, column = divmod(place, self._columns)
        side = self._side
        return QRect(
            _EDGE + column * (side + _GAP), _EDGE + row * self._pitch - self.verticalScrollBar().value(), side, side
        )

    def at(self, x: int, y: int) -> int:
        """Returns the index of the image, or its caption, at a point of the viewport; -1 for none."""
        column, row = (x - _EDGE) // (self._side + _GAP), (y - _EDGE + self.verticalScrollBar().value()) // self._pitch
        place = row * self._columns + column
        is_within = 0 <= column < self._columns and 0 <= place < self._count
        return place if is_within and x < self.tile(place).right() + 1 else -1

    def _fit(self) -> None:
        bar, rows = self.verticalScrollBar(), -(-self._count // self._columns)
        bar.setRange(0, max(0, rows * self._pitch + 2 * _EDGE - _ROW_GAP - self.viewport().height()))
        bar.setPageStep(max(1, self.viewport().height()))
        bar.setSingleStep(max(1, self._pitch // 3))

    def _scroll_to(self, place: int) -> None:
        bar, tile = self.verticalScrollBar(), self.tile(place)
        above = tile.top() - _EDGE
        below = tile.bottom() + theme.px(_CAPTION) + _EDGE - self.viewport().height()
        bar.setValue(bar.value() + (above if above < 0 else max(0, below)))

    # ---- events

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit()

    def scrollContentsBy(self, dx: int, dy: int) -> None:  # noqa: N802
        """Moves what is painted already, so that only what comes into sight has to be painted."""
        self.show_text("")
        self.viewport().scroll(0, dy)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = self.at(event.x(), event.y())
        if event.button() == Qt.MouseButton.LeftButton and place >= 0:
            self.chosen.emit(place)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Opens the image under the mouse, which the first click has chosen."""
        if event.button() == Qt.MouseButton.LeftButton and self.at(event.x(), event.y()) >= 0:
            self.opened.emit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._mouse = event.pos()
        self.hovered.emit(self.at(event.x(), event.y()))

    def viewportEvent(self, event: QEvent) -> bool:
        """Notices when the mouse leaves, which Qt reports to the viewport only."""
        if event.type() == QEvent.Type.Leave:
            self._mouse = None
            self.hovered.emit(-1)
        return bool(super().viewportEvent(event))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit()
            return
        steps = self._steps().get(event.key())
        if steps is None or not self._count:
            super().keyPressEvent(event)
        elif self._choice is None:
            self.chosen.emit(0)
        else:
            self.chosen.emit(min(max(self._choice + steps, 0), self._count - 1))

    def _steps(self) -> dict[int, int]:
        page = self._columns * max(1, self.viewport().height() // self._pitch)
        return {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -self._columns,
            Qt.Key.Key_Down: self._columns,
            Qt.Key.Key_PageUp: -page,
            Qt.Key.Key_PageDown: page,
            Qt.Key.Key_Home: -self._count,
            Qt.Key.Key_End: self._count,
        }

    # ---- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), theme.colour("card"))
        painter.setFont(theme.font(theme.SMALL))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        scrolled, stale = self.verticalScrollBar().value(), event.rect()
        first = max(0, (scrolled + stale.top() - _EDGE) // self._pitch)
        last = (scrolled + stale.bottom() + _EDGE) // self._pitch
        for place in range(first * self._columns, min((last + 1) * self._columns, self._count)):
            self._paint_tile(painter, self.tile(place), place)

    def _paint_tile(self, painter: QPainter, tile: QRect, place: int) -> None:
        image = self._image(place)
        painter.fillRect(tile, Qt.GlobalColor.black)
        size = image.size().scaled(tile.size(), Qt.AspectRatioMode.KeepAspectRatio)
        middle = QRect(QPoint(0, 0), size)
        middle.moveCenter(tile.center())
        painter.drawImage(middle, image)
        is_chosen = place == self._choice
        colour = "error" if self._is_marked(place) else "ink" if is_chosen else "muted"
        painter.setPen(theme.colour(colour))
        caption = QRect(tile.left(), tile.bottom() + 1, tile.width(), theme.px(_CAPTION))
        painter.drawText(caption, alignment.CENTER, self.shown_caption(place))
        if is_chosen:
            painter.setPen(QPen(theme.colour("ink"), 2))
            painter.drawRect(tile.adjusted(-1, -1, 1, 1))

    def shown_caption(self, place: int) -> str:
        """Returns as much of an image's caption as fits below it."""
        metrics = QFontMetrics(theme.font(theme.SMALL))
        return str(metrics.elidedText(self._caption(place), Qt.TextElideMode.ElideRight, self._side))

    def _image(self, place: int) -> QImage:
        if place not in self._images:
            if len(self._images) >= _MOST_KEPT:
                self._images.clear()
            self._images[place] = grey_image(self._picture(place))
        return self._images[place]
