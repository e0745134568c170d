"""A view of the plane: predictions in colours, the points of the data over them, and a mark at the current input."""

from __future__ import annotations

import numpy as np
from PyQt5.QtCore import QPointF, QRect, QRectF
from PyQt5.QtGui import QImage, QPainter, QPainterPath, QPaintEvent, QPen

from engine.basics.validation import Array
from engine.explain.input_grid import Square
from nnviz.cards.stage.plane.points_view import PointsView
from nnviz.ui import theme
from nnviz.ui.plane.colours import image_of
from nnviz.ui.plane.points import Points

_CROSS = 7  # pixels from its middle to an end
_ROUND = 6  # radius of the plane's corners


class PlaneView(PointsView):
    """A square of the plane, as large as there is room for.

    Attributes:
        square: the visible square.
    """

    def __init__(self) -> None:
        super().__init__()
        self.square = Square()
        self._pixels: Array = np.zeros((0, 0), np.uint32)  # those of the image
        self._image: QImage | None = None
        self._is_smooth = True

    # ---- display

    def show_colours(self, pixels: Array | None, is_smooth: bool = True, caption: str = "") -> None:
        """Shows (side, side) uint32 colours, the highest y first, or none. The array must not be written to any more.

        ``is_smooth``: whether colours are interpolated; ``caption``: a text over the plane.
        """
        self._pixels = np.zeros((0, 0), np.uint32) if pixels is None else pixels
        self._image = None if pixels is None else image_of(pixels)
        self._is_smooth, self._caption = is_smooth, caption
        self._answers_changed()

    def show_points(self, points: Points, square: Square) -> None:
        """Shows points in a square of the plane."""
        self.points, self.square = points, square
        low, high = square.corners
        self.x_ends, self.y_ends = ((float(low[axis]), float(high[axis])) for axis in (0, 1))
        self._redraw()

    @property
    def frame(self) -> QRect:
        """The rectangle of the plane in the widget."""
        side = max(1, min(self.width(), self.height()))
        return QRect((self.width() - side) // 2, (self.height() - side) // 2, side, side)

    # ---- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the colours, the points and the marks over them."""
        painter, frame = QPainter(self), self.frame
        painter.fillRect(self.rect(), theme.colour("card"))
        painter.fillRect(frame, theme.colour("field"))
        if self._image is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self._is_smooth)
            painter.drawImage(QRectF(frame), self._image)
        self._paint_points(painter)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillPath(_outside(QRectF(frame)), theme.colour("card"))
        if self._input is not None:
            self._paint_cross(painter, QPointF(self.place_of(*self._input).toPoint()))  # whole pixels, so it is sharp
        self._paint_notes(painter)
        self._paint_focus(painter, QRectF(frame), _ROUND)

    def _paint_cross(self, painter: QPainter, at: QPointF) -> None:
        for ink, width, reach in (("field", 4, _CROSS + 1), ("ink", 2, _CROSS)):
            painter.setPen(QPen(theme.colour(ink), width))
            for way in (QPointF(reach, 0), QPointF(0, reach)):
                painter.drawLine(at - way, at + way)


def _outside(frame: QRectF) -> QPainterPath:
    """Returns the corners that are cut off the frame."""
    whole, inner = QPainterPath(), QPainterPath()
    whole.addRect(frame.adjusted(-1, -1, 1, 1))
    inner.addRoundedRect(frame, _ROUND, _ROUND)
    return whole.subtracted(inner)
