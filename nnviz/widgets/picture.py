"""A small grey picture: what the network is shown, or a row of examples."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PyQt5.QtCore import QRect, QSize, Qt
from PyQt5.QtGui import QImage, QPainter, QPaintEvent
from PyQt5.QtWidgets import QSizePolicy, QWidget


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
        grey = np.ascontiguousarray(np.clip(values, 0, 1) * 255, np.uint8)
        height, width = grey.shape
        self._image = QImage(grey.tobytes(), width, height, width, QImage.Format_Grayscale8).copy()
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
