"""A pixmap of a drawing, to which a piece of a stroke is added without drawing the rest."""

from __future__ import annotations

import numpy as np
from PyQt5.QtCore import QPointF, QRectF, QSize, QSizeF, Qt
from PyQt5.QtGui import QColor, QPaintDevice, QPainter, QPen, QPixmap, QPolygonF

from engine.basics.validation import Array
from engine.datasets.brightness import ink_brightness
from nnviz.digits.drawing import on_background
from nnviz.digits.strokes import CURVE_STEPS, Drawing, Ink, Stroke, curve_of
from nnviz.ui.picture import grey_image

_NO_LENGTH = 1e-4  # units; Qt would not draw a line of length 0


class DrawingPixmap:
    """A pixmap with ink on a background. Its coordinates have the shorter side as unit and the centre as origin."""

    def __init__(self, size: QSize, ratio: float, background: float = 0.0) -> None:
        """``size`` is in pixels of the widget; each is ``ratio`` pixels of the screen. The background is 0…1."""
        self.size = size
        self.ratio = ratio
        self.background = background
        self.pixmap = QPixmap(size * ratio)
        self.pixmap.setDevicePixelRatio(ratio)
        self.pixmap.fill(grey(background))

    def lay(self, drawing: Drawing, pen: float) -> None:
        """Draws strokes and images over the pixmap. ``pen`` is the pen's width in units."""
        painter = self.painter(self.pixmap)
        for part in drawing:
            if isinstance(part, Ink):
                _draw_ink(painter, part, self.background)
            else:
                _draw_line(painter, *part.curve, pen, part.eraser, self.background)
        painter.end()

    def lay_piece(self, stroke: Stroke, number: int, pen: float) -> None:
        """Draws a piece of a stroke as :func:`draw_piece` does."""
        painter = self.painter(self.pixmap)
        draw_piece(painter, stroke, number, pen, self.background)
        painter.end()

    def painter(self, on: QPaintDevice) -> QPainter:
        """Returns a painter whose coordinates are the drawing's units."""
        painter = QPainter(on)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        painter.translate(self.size.width() / 2, self.size.height() / 2)
        side = max(1, min(self.size.width(), self.size.height()))
        painter.scale(side, side)
        return painter


def grey(brightness: float) -> QColor:
    """Returns a brightness, 0…1, as a colour."""
    return QColor.fromRgbF(brightness, brightness, brightness)


def draw_piece(painter: QPainter, stroke: Stroke, number: int, pen: float, background: float = 0.0) -> None:
    """Draws the curve from point ``number`` to the next, as in the whole curve. ``pen`` is the pen's width in units."""
    first = max(0, number - 1)
    around = slice(first, number + 3)
    points, widths = curve_of(stroke.points[around], None if stroke.widths is None else stroke.widths[around])
    pieces = CURVE_STEPS if len(stroke.points[around]) > 2 else 1
    piece = slice((number - first) * pieces, (number - first + 1) * pieces + 1)
    _draw_line(painter, points[piece], None if widths is None else widths[piece], pen, stroke.eraser, background)


def _draw_line(
    painter: QPainter, points: Array, widths: Array | None, pen: float, eraser: float, background: float
) -> None:
    """Draws a line with round ends, in ink, or as the background where ``eraser``, its width, is not 0."""
    colour = grey(background if eraser else ink_brightness(background))
    corners = [QPointF(x, y) for x, y in points.tolist()]
    if len(corners) == 1:
        corners.append(corners[0] + QPointF(_NO_LENGTH, 0))
    if widths is None or eraser:
        painter.setPen(_pen(eraser or pen, colour))
        painter.drawPolyline(QPolygonF(corners))
        return
    for number, width in enumerate(np.convolve(widths, [0.5, 0.5], "valid") if len(widths) > 1 else widths):
        painter.setPen(_pen(pen * float(width), colour))
        painter.drawLine(corners[number], corners[number + 1])


def extent_of(points: Array, width: float) -> QRectF:
    """Returns the box around a line of this width, in units."""
    low, high = points.min(axis=0) - width / 2, points.max(axis=0) + width / 2
    return QRectF(QPointF(*low), QPointF(*high))


def _pen(width: float, colour: QColor) -> QPen:
    return QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)


def _draw_ink(painter: QPainter, ink: Ink, background: float) -> None:
    """Draws an image so that of overlapping pixels the one with more ink is seen, as in the network's input."""
    height, width = ink.pixels.shape
    place = QRectF(QPointF(*ink.corner), QSizeF(width, height) * ink.pixel)
    image = grey_image(ink.pixels if ink.is_example else on_background(ink.pixels, background))
    is_dark = ink_brightness(background) < background
    painter.setCompositionMode(
        QPainter.CompositionMode.CompositionMode_Darken if is_dark else QPainter.CompositionMode.CompositionMode_Lighten
    )
    painter.drawImage(place, image, QRectF(image.rect()))
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
