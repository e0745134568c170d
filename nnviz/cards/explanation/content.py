"""What a view of reasons shows: something that paints itself into a rectangle and tells what is at a point of it."""

from __future__ import annotations

from typing import Protocol

from PyQt5.QtCore import QPoint, QRect, Qt
from PyQt5.QtGui import QFontMetrics, QPainter

from nnviz.ui import theme

LINE = 16  # height of a line of text, in pixels


class Content(Protocol):
    """Anything that a view of reasons can show."""

    def paint(self, painter: QPainter, within: QRect) -> None:
        """Paints it."""

    def told_at(self, within: QRect, point: QPoint) -> str:
        """What is at that point, as a read-out tells it; empty for nothing."""

    def found_at(self, within: QRect, point: QPoint) -> tuple[int, int] | None:
        """Row and column of what is at that point: of pictures and bars as they are shown, or layer and neuron."""


def write(painter: QPainter, within: QRect, words: str, colour: str = "muted", right: bool = False) -> None:
    """Writes one line of small plain text, shortened to fit."""
    font = theme.font(theme.SMALL)
    painter.setFont(font)
    painter.setPen(theme.colour(colour))
    shown = QFontMetrics(font).elidedText(words, Qt.ElideRight, within.width())
    painter.drawText(within, int((Qt.AlignRight if right else Qt.AlignLeft) | Qt.AlignVCenter), shown)


def signed(value: float) -> str:
    """+0.31, with a real minus sign and three figures."""
    return f"{value:+.3g}".replace("-", "−")
