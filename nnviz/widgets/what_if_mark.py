"""The mark in a card's head while the card shows what would be, not what is."""

from __future__ import annotations

from PyQt5.QtCore import QRect, Qt
from PyQt5.QtGui import QFontMetrics, QPainter, QPaintEvent
from PyQt5.QtWidgets import QAbstractButton, QWidget

from nnviz.look import theme
from nnviz.widgets.parts import named

_PADDING, _HEIGHT = 6, 18
_END = "  ×"
_SHORTEST = "if"


class WhatIfMark(QAbstractButton):
    """Lies over the room that a head leaves free, and shows the longest text that fits. A click is to end the what-if.

    Attributes:
        what: what is supposed, empty for nothing.
    """

    def __init__(self, head: QWidget) -> None:
        super().__init__(head)
        named(self, "whatIfMark", "What if")
        self.what = ""
        self.setFocusPolicy(Qt.TabFocus)
        self.setCursor(Qt.PointingHandCursor)
        self.show_what("")

    def show_what(self, what: str) -> None:
        """Shows what is supposed; an empty text hides the mark."""
        self.what = what
        tip = f"What if: {what}. Every card shows what would be; the network itself is as before. A click ends it."
        self.setToolTip(tip if what else "")
        self.setAccessibleDescription(tip if what else "")
        self.setVisible(bool(what))
        self.update()

    @property
    def least_width(self) -> int:
        """The width of the shortest text in a whole pill."""
        return QFontMetrics(theme.font(theme.SMALL, bold=True)).horizontalAdvance(_SHORTEST) + 2 * _PADDING

    @property
    def shown(self) -> str:
        """The longest text that fits; empty for nothing."""
        metrics, room = QFontMetrics(theme.font(theme.SMALL, bold=True)), self.width() - 2 * _PADDING
        texts = f"what if: {self.what}{_END}", f"what if{_END}", "what if"
        fitting = (words for words in texts if metrics.horizontalAdvance(words) <= room)
        return next(fitting, _SHORTEST) if self.what else ""

    def paintEvent(self, event: QPaintEvent) -> None:
        words = self.shown
        if not words:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.Antialiasing)
        painter.setFont(theme.font(theme.SMALL, bold=True))
        wide = painter.fontMetrics().horizontalAdvance(words) + 2 * _PADDING
        place = QRect(0, (self.height() - _HEIGHT) // 2, wide, _HEIGHT)
        painter.setPen(theme.colour("accent") if self.hasFocus() else Qt.NoPen)
        painter.setBrush(theme.colour("text"))  # orange and blue have meanings of their own
        painter.drawRoundedRect(place.adjusted(0, 0, -1, -1), _HEIGHT / 2, _HEIGHT / 2)
        painter.setPen(theme.colour("card"))
        painter.drawText(place, int(Qt.AlignCenter), words)
