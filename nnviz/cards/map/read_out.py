"""A read-out with the picture of an example beside its words."""

from __future__ import annotations

from PyQt5.QtCore import QPoint, QRect, QSize, Qt
from PyQt5.QtGui import QImage, QPainter, QPaintEvent
from PyQt5.QtWidgets import QWidget

from nnviz.ui.read_out import ReadOut, Text

_SIDE = 64  # of the picture, in pixels
_AIR = 8


class PictureReadOut(ReadOut):
    """Shows words, and at their left a picture if there is one."""

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self._image: QImage | None = None

    def show_example(self, text: Text, image: QImage | None, at: QPoint | None) -> None:
        """Shows both beside a point of the widget; an empty text or None as the place hides the read-out."""
        self._image = image
        self.setContentsMargins(*((_SIDE + _AIR + 4, 0, 6, 0) if image is not None else (0, 0, 0, 0)))
        self.setMinimumHeight(_SIDE + 2 * _AIR if image is not None else 0)
        self.show_text(text, at)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the words, and the picture beside them."""
        super().paintEvent(event)
        if self._image is None:
            return
        painter = QPainter(self)
        frame = QRect(_AIR, (self.height() - _SIDE) // 2, _SIDE, _SIDE)
        painter.fillRect(frame, Qt.black)
        size: QSize = self._image.size().scaled(frame.size(), Qt.KeepAspectRatio)
        place = QRect(QPoint(0, 0), size)
        place.moveCenter(frame.center())
        painter.setRenderHint(QPainter.SmoothPixmapTransform)
        painter.drawImage(place, self._image)
