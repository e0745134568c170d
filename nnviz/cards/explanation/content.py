"""Interface of the contents of the explanation view, and their common text functions."""

from __future__ import annotations

from typing import Protocol

from PyQt5.QtCore import QPoint, QRect, Qt
from PyQt5.QtGui import QFontMetrics, QPainter

from nnviz.ui import alignment, theme

LINE = 16  # height of a line of text in pixels


class Content(Protocol):
    """Content that paints itself into a rectangle, and has a read-out for each point."""

    def paint(self, painter: QPainter, within: QRect) -> None:
        """Paints the content."""

    def read_out_at(self, within: QRect, point: QPoint) -> str:
        """Returns the read-out for a point; empty for none."""

    def found_at(self, within: QRect, point: QPoint) -> tuple[int, int] | None:
        """Returns row and column of the element at a point, or layer and neuron; None for none."""


def write(painter: QPainter, within: QRect, words: str, colour: str = "muted", right: bool = False) -> None:
    """Paints one line of small plain text, elided to fit."""
    font = theme.font(theme.SMALL)
    painter.setFont(font)
    painter.setPen(theme.colour(colour))
    shown = QFontMetrics(font).elidedText(words, Qt.TextElideMode.ElideRight, within.width())
    painter.drawText(
        within,
        alignment.LEFT,
        shown,
    )


def signed(value: float) -> str:
    """Returns a number with its sign and three digits: +0.31."""
    return f"{value:+.3g}".replace("-", "−")
