"""Export of a card: images and tables as the contents of files."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from PyQt5.QtCore import QBuffer, QPoint, QRect
from PyQt5.QtGui import QPainter, QPixmap
from PyQt5.QtSvg import QSvgGenerator
from PyQt5.QtWidgets import QWidget

from engine.datasets.table.cells import plain_number
from nnviz.ui import theme
from nnviz.ui.card import Panel

_SCALE = 2  # pixels of a picture for each pixel on the screen


def picture(card: Panel) -> QPixmap:
    """Returns an image of the card with its header and background, at twice the resolution of the screen."""
    made = QPixmap(_SCALE * card.size())
    made.setDevicePixelRatio(_SCALE)
    _paint(card, made)
    return made


def png(pixmap: QPixmap) -> bytes:
    buffer = QBuffer()
    pixmap.save(buffer, "PNG")
    return bytes(buffer.data())


def svg(card: Panel) -> bytes:
    buffer = QBuffer()
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(card.size())
    generator.setViewBox(QRect(QPoint(0, 0), card.size()))
    generator.setTitle(f"nnviz: {card.caption}")
    _paint(card, generator)
    return bytes(buffer.data())


def _paint(card: Panel, onto: QPixmap | QSvgGenerator) -> None:
    painter = QPainter(onto)
    try:
        draw(card, painter)
    finally:
        painter.end()


def draw(card: Panel, painter: QPainter) -> None:
    """Draws the card with its head and background, without the button of its menu."""
    card.menu_button.hidden_in_picture = True
    try:
        painter.fillRect(QRect(QPoint(0, 0), card.size()), theme.colour("card"))
        card.render(painter, QPoint(0, 0), flags=QWidget.RenderFlag.DrawChildren)
    finally:
        card.menu_button.hidden_in_picture = False


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Returns a table as a CSV file in UTF-8; the first line is the header. Whole numbers have no decimal point."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows([plain_number(cell) if isinstance(cell, float) else cell for cell in row] for row in rows)
    return text.getvalue().encode()
