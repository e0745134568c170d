"""A line that shows something shorter where there is no room for the whole."""

from __future__ import annotations

from PyQt5.QtCore import Qt
from PyQt5.QtGui import QPainter, QPaintEvent
from PyQt5.QtWidgets import QLabel


class FittingLabel(QLabel):
    """``text()`` is the whole; its tooltip tells it too. Belongs into a ``FixedSizeBox``."""

    def __init__(self, side: Qt.AlignmentFlag = Qt.AlignLeft, role: str = "muted") -> None:
        super().__init__()
        self.setProperty("role", role)
        self.setTextFormat(Qt.PlainText)
        self._side = side
        self._versions: tuple[str, ...] = ("",)

    def show_versions(self, *versions: str, tip: str = "") -> None:
        """Shows the first of them that finds room, the longest first. The last one is cut if need be; it may be ""."""
        if versions != self._versions:
            self._versions = versions
            self.setText(versions[0])
        self.setToolTip(tip or versions[0])

    @property
    def read(self) -> str:
        """What can be read."""
        metrics, room = self.fontMetrics(), self.width()
        fitting = (words for words in self._versions if metrics.horizontalAdvance(words) <= room)
        return next(fitting, metrics.elidedText(self._versions[-1], Qt.ElideRight, room))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints it."""
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.rect(), int(self._side | Qt.AlignVCenter), self.read)
