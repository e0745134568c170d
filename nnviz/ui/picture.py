"""Small greyscale images, such as the network's input or examples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from PyQt5.QtCore import QPoint, QRect, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent
from PyQt5.QtWidgets import QSizePolicy, QWidget


def grey_image(values: npt.NDArray[Any]) -> QImage:
    """Converts a (height, width) float array in 0…1 to an image with its own copy of the pixels; 1 is white."""
    grey = np.ascontiguousarray(np.clip(values, 0, 1) * 255, np.uint8)
    height, width = grey.shape
    return QImage(grey.tobytes(), width, height, width, QImage.Format.Format_Grayscale8).copy()


class Picture(QWidget):
    """Shows a (height, width) float array in 0…1, white on black, with sharp pixels unless ``smooth``.

    What the array leaves free of the widget keeps the widget's own ground.
    """

    def __init__(self, size: QSize, smooth: bool = False, is_at_left: bool = False) -> None:
        """``is_at_left``: whether an array that is not as wide as the widget stands at its left, else in its middle."""
        super().__init__()
        self._smooth, self._is_at_left = smooth, is_at_left
        self._image: QImage | None = None
        self.setFixedHeight(size.height())
        if size.width():
            self.setFixedWidth(size.width())
        else:
            self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_picture(self, values: npt.NDArray[Any]) -> None:
        """Shows the array, of which a copy is taken."""
        self._image = grey_image(values)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._image is None:
            painter.fillRect(self.rect(), Qt.GlobalColor.black)
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self._smooth)
        size = self._image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        left = 0 if self._is_at_left else (self.width() - size.width()) // 2
        painter.drawImage(QRect(QPoint(left, (self.height() - size.height()) // 2), size), self._image)


class LazyPicture(Picture):
    """An image that is computed when it is painted.

    Signals:
        clicked: with the left button.
    """

    clicked = pyqtSignal()

    def __init__(self, size: QSize, source: Callable[[], npt.NDArray[Any] | None]) -> None:
        """``source`` returns the image, or None if there is none."""
        super().__init__(size, smooth=True)
        self._source = source
        self._is_stale = True

    def refresh(self) -> None:
        """Marks the image as outdated; it is computed again when it is next painted."""
        self._is_stale = True
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._is_stale:
            self._is_stale = False
            values = self._source()
            self._image = None if values is None else grey_image(values)
        super().paintEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit()
