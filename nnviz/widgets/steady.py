"""A place for words that change often: whatever they are, nothing else is laid out anew."""

from __future__ import annotations

from PyQt5.QtCore import QSize
from PyQt5.QtGui import QResizeEvent
from PyQt5.QtWidgets import QLabel, QSizePolicy, QWidget


class Steady(QWidget):
    """As wide as its layout makes it, at least ``width`` pixels, and as high as a line. The label fills it.

    A label in a layout asks all layouts above it for another size at each change of its text, which takes longer than
    to paint it.
    """

    def __init__(self, content: QLabel, width: int = 0) -> None:
        super().__init__()
        self._content = content
        self._width = width
        content.setParent(self)
        self.setSizePolicy(QSizePolicy.Expanding if not width else QSizePolicy.Fixed, QSizePolicy.Fixed)

    def sizeHint(self) -> QSize:
        """Of a line in the label's font."""
        self._content.ensurePolished()
        return QSize(self._width, self._content.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:
        """The same."""
        return self.sizeHint()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The label follows."""
        self._content.setGeometry(self.rect())
