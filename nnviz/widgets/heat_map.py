"""A matrix as a picture: 256 colours, zero at the background, sharp cells, and what lies under the mouse."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PyQt5.QtCore import QEvent, QPoint, QRect, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent
from PyQt5.QtWidgets import QWidget

from nnviz import theme

Array = npt.NDArray[Any]


class HeatMap(QWidget):
    """Shows a (rows, columns) float array; proportions kept where ``square`` cells are asked for.

    Signals:
        hovered(row, column): the cell under the mouse; (-1, -1) when it leaves.
    """

    hovered = pyqtSignal(int, int)

    def __init__(self, square: bool = True) -> None:
        super().__init__()
        self._square = square
        self._cells = b""
        self._image: QImage | None = None
        self.setMouseTracking(True)
        self.setAttribute(Qt.WA_OpaquePaintEvent)  # nothing behind it is painted first
        self.setMinimumSize(QSize(80, 60))

    def show_values(self, values: Array, limit: float) -> None:
        """Draws values; -limit and limit are the ends of the colours."""
        # 128 is zero; rounding to the nearest of 127 steps on either side.
        scaled = np.clip(values * (127 / max(limit, 1e-12)), -127, 127)
        rows, columns = scaled.shape
        # QImage wants lines that begin at multiples of four bytes.
        cells = np.full((rows, (columns + 3) // 4 * 4), 128, np.uint8)
        cells[:, :columns] = np.rint(scaled) + 128
        self._cells = cells.tobytes()  # the image does not copy them
        self._image = QImage(self._cells, columns, rows, cells.shape[1], QImage.Format_Indexed8)
        self.update()

    def clear(self) -> None:
        """Shows nothing."""
        self._image = None
        self.update()

    def picture_rect(self) -> QRect:
        """Where the picture lies in the widget."""
        if self._image is None:
            return QRect()
        size = self._image.size()
        if not self._square:
            return self.rect()
        size.scale(self.size(), Qt.KeepAspectRatio)
        return QRect(QPoint(0, 0), size.expandedTo(QSize(1, 1)))  # however long and thin

    def paintEvent(self, event: QPaintEvent) -> None:
        """One image, however many tiles there are in it."""
        painter = QPainter(self)
        painter.fillRect(event.rect(), theme.colour("card"))
        if self._image is not None:
            self._image.setColorTable(theme.diverging_table(theme.current()))
            # Qt enlarges 32-bit pixels four times faster than indexed ones.
            painter.drawImage(self.picture_rect(), self._image.convertToFormat(QImage.Format_RGB32))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tells which cell is under the mouse."""
        place = self.picture_rect()
        if self._image is None or not place.contains(event.pos()):
            self.hovered.emit(-1, -1)
            return
        column = (event.x() - place.x()) * self._image.width() // place.width()
        row = (event.y() - place.y()) * self._image.height() // place.height()
        self.hovered.emit(row, column)

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under the mouse any more."""
        self.hovered.emit(-1, -1)


class ColourBar(QWidget):
    """The diverging colours with the values of their ends."""

    def __init__(self) -> None:
        super().__init__()
        self._limit = 1.0
        self.setFixedSize(214, 18)
        self.setAccessibleName("Colours of the weights")

    def set_limit(self, limit: float) -> None:
        """The value at the right end; the left end is its opposite."""
        if limit != self._limit:
            self._limit = limit
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Number, gradient, number."""
        painter = QPainter(self)
        painter.setFont(theme.font(theme.SMALL))
        painter.setPen(theme.colour("muted"))
        left, middle, right = QRect(0, 0, 60, 18), QRect(64, 5, 86, 8), QRect(154, 0, 60, 18)
        painter.drawText(left, int(Qt.AlignRight | Qt.AlignVCenter), f"−{self._limit:.2g}")
        painter.drawText(right, int(Qt.AlignLeft | Qt.AlignVCenter), f"+{self._limit:.2g}")
        strip = QImage(bytes(range(1, 256)) + b"\x80", 255, 1, 256, QImage.Format_Indexed8)
        strip.setColorTable(theme.diverging_table(theme.current()))
        painter.drawImage(middle, strip)
