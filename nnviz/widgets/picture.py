"""A small grey picture: what the network is shown, or a row of examples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from PyQt5.QtCore import QRect, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent
from PyQt5.QtWidgets import QSizePolicy, QWidget


def grey_image(values: npt.NDArray[Any]) -> QImage:
    """A copy of a (height, width) float array in 0…1, 1 is white."""
    grey = np.ascontiguousarray(np.clip(values, 0, 1) * 255, np.uint8)
    height, width = grey.shape
    return QImage(grey.tobytes(), width, height, width, QImage.Format_Grayscale8).copy()


class Picture(QWidget):
    """Shows a (height, width) float array in 0…1, white on black, its pixels sharp."""

    def __init__(self, size: QSize, smooth: bool = False) -> None:
        super().__init__()
        self._smooth = smooth
        self._image: QImage | None = None
        self.setFixedHeight(size.height())
        if size.width():
            self.setFixedWidth(size.width())
        else:
            self.setSizePolicy(QSizePolicy.Expanding, QSizePolicy.Fixed)

    def show_picture(self, values: npt.NDArray[Any]) -> None:
        """Draws values; a copy is taken."""
        self._image = grey_image(values)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Black where there is no picture."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), Qt.black)
        if self._image is None:
            return
        painter.setRenderHint(QPainter.SmoothPixmapTransform, self._smooth)
        size = self._image.size().scaled(self.size(), Qt.KeepAspectRatio)
        place = QRect((self.width() - size.width()) // 2, (self.height() - size.height()) // 2, 0, 0)
        place.setSize(size)
        painter.drawImage(place, self._image)


class LazyPicture(Picture):
    """A picture that is worked out when it is really seen, and not before.

    Signals:
        clicked: with the left button.
    """

    clicked = pyqtSignal()

    def __init__(self, size: QSize, source: Callable[[], npt.NDArray[Any] | None]) -> None:
        """``source`` gives the picture, or None where there is none."""
        super().__init__(size, smooth=True)
        self._source = source
        self._is_stale = True

    def refresh(self) -> None:
        """It has become another one."""
        self._is_stale = True
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Asks for the picture if it is not that of the last time."""
        if self._is_stale:
            self._is_stale = False
            values = self._source()
            self._image = None if values is None else grey_image(values)
        super().paintEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click."""
        if event.button() == Qt.LeftButton:
            self.clicked.emit()
