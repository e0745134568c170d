"""A button with a progress bar at its lower edge."""

from __future__ import annotations

from PyQt5.QtCore import QRectF
from PyQt5.QtGui import QPainter, QPaintEvent
from PyQt5.QtWidgets import QPushButton

from nnviz.ui import theme

_HEIGHT, _INSET = 3, 5  # pixels


class ProgressButton(QPushButton):
    """Attributes are for reading. ``share``: the share 0…1 that is done; None while there is no work."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.share: float | None = None

    def show_share(self, share: float | None) -> None:
        """Shows how much is done; None for no work."""
        if share != self.share:
            self.share = share
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.share is None:
            return
        painter = QPainter(self)
        whole = QRectF(_INSET, self.height() - _HEIGHT - 2, self.width() - 2 * _INSET, _HEIGHT)
        painter.fillRect(whole, theme.colour("border"))
        whole.setWidth(whole.width() * min(1.0, self.share))
        painter.fillRect(whole, theme.colour("accent"))
