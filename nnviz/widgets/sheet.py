"""The ink of a drawing as it stands on the screen, so that a new piece of line costs only itself."""

from __future__ import annotations

import numpy as np
from PyQt5.QtCore import QPointF, QRectF, QSize, QSizeF, Qt
from PyQt5.QtGui import QPaintDevice, QPainter, QPen, QPixmap, QPolygonF

from engine.validation import Array
from nnviz.digits.strokes import CURVE_STEPS, Drawing, Ink, Stroke, curve_of
from nnviz.widgets.picture import grey_image

_NO_LENGTH = 1e-4  # a line of no length would not be drawn; a hair's breadth gives the dot


class Sheet:
    """White on black, in the pixels of the screen; the drawing's unit is the shorter side, (0, 0) its middle."""

    def __init__(self, size: QSize, ratio: float) -> None:
        """``size`` in the widget's pixels, of which each is ``ratio`` of the screen's long."""
        self.size = size
        self.ratio = ratio
        self.pixmap = QPixmap(size * ratio)
        self.pixmap.setDevicePixelRatio(ratio)
        self.pixmap.fill(Qt.black)

    def lay(self, drawing: Drawing, pen: float) -> None:
        """Draws marks over what is there; ``pen`` is its width in units."""
        painter = self.painter(self.pixmap)
        for mark in drawing:
            if isinstance(mark, Ink):
                _draw_ink(painter, mark)
            else:
                draw_line(painter, *mark.curve, pen, mark.eraser)
        painter.end()

    def lay_piece(self, points: Array, widths: Array | None, pen: float, eraser: float) -> None:
        """Draws a piece of a line."""
        painter = self.painter(self.pixmap)
        draw_line(painter, points, widths, pen, eraser)
        painter.end()

    def painter(self, on: QPaintDevice) -> QPainter:
        """One that paints in units."""
        painter = QPainter(on)
        painter.setRenderHints(QPainter.Antialiasing | QPainter.SmoothPixmapTransform)
        painter.translate(self.size.width() / 2, self.size.height() / 2)
        side = max(1, min(self.size.width(), self.size.height()))
        painter.scale(side, side)
        return painter


def piece_of(stroke: Stroke, number: int) -> tuple[Array, Array | None]:
    """The curve from the point of that number to the next, from the points around; it is as in the whole curve."""
    first = max(0, number - 1)
    around = slice(first, number + 3)
    points, widths = curve_of(stroke.points[around], None if stroke.widths is None else stroke.widths[around])
    pieces = CURVE_STEPS if len(stroke.points[around]) > 2 else 1
    piece = slice((number - first) * pieces, (number - first + 1) * pieces + 1)
    return points[piece], None if widths is None else widths[piece]


def draw_line(painter: QPainter, points: Array, widths: Array | None, pen: float, eraser: float) -> None:
    """A line with round ends: of ink, or of the ground where an eraser draws it."""
    corners = [QPointF(x, y) for x, y in points.tolist()]
    if len(corners) == 1:
        corners.append(corners[0] + QPointF(_NO_LENGTH, 0))
    if widths is None or eraser:
        painter.setPen(_pen(eraser or pen, bool(eraser)))
        painter.drawPolyline(QPolygonF(corners))
        return
    for number, width in enumerate(np.convolve(widths, [0.5, 0.5], "valid") if len(widths) > 1 else widths):
        painter.setPen(_pen(pen * float(width), False))
        painter.drawLine(corners[number], corners[number + 1])


def extent_of(points: Array, width: float) -> QRectF:
    """What a line covers, in units."""
    low, high = points.min(axis=0) - width / 2, points.max(axis=0) + width / 2
    return QRectF(QPointF(*low), QPointF(*high))


def _pen(width: float, erases: bool) -> QPen:
    return QPen(Qt.black if erases else Qt.white, width, Qt.SolidLine, Qt.RoundCap, Qt.RoundJoin)


def _draw_ink(painter: QPainter, ink: Ink) -> None:
    """Ink lies on ink: the lighter of both is seen, as in the network's picture."""
    height, width = ink.pixels.shape
    place = QRectF(QPointF(*ink.corner), QSizeF(width, height) * ink.pixel)
    image = grey_image(ink.pixels)
    painter.setCompositionMode(QPainter.CompositionMode_Lighten)
    painter.drawImage(place, image, QRectF(image.rect()))
    painter.setCompositionMode(QPainter.CompositionMode_SourceOver)
