"""A small image of points."""

from __future__ import annotations

from PyQt5.QtCore import QSize
from PyQt5.QtGui import QPainter, QPaintEvent
from PyQt5.QtWidgets import QWidget

from nnviz.ui import theme
from nnviz.ui.plane.points import Points, no_points, painted

_SIDE = 48  # pixels
_MARGIN = 5


class PointsPicture(QWidget):
    """A square with points from -1 to 1, on the ground of the plane."""

    def __init__(self) -> None:
        super().__init__()
        self._points = no_points()
        self.setFixedSize(_SIDE, _SIDE)
        theme.changed.connect(self.update)

    def show_points(self, points: Points) -> None:
        """Shows these points, whose places lie within -1 and 1."""
        self._points = points
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the ground and the points."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme.colour("border"))
        painter.setBrush(theme.colour("field"))
        painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 4, 4)
        half = _SIDE / 2
        places = half + self._points.places * (1, -1) * (half - _MARGIN)
        painter.drawPixmap(0, 0, painted(self._points, places, QSize(_SIDE, _SIDE), self.devicePixelRatioF()))
