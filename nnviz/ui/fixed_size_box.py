"""A widget for text that changes often, without a new layout of the window at each change."""

from __future__ import annotations

from PyQt5.QtCore import QSize
from PyQt5.QtGui import QResizeEvent
from PyQt5.QtWidgets import QLabel, QSizePolicy, QWidget

from nnviz.ui import theme
from nnviz.ui.elided_label import ElidedLabel
from nnviz.ui.parts import named


class FixedSizeBox(QWidget):
    """Holds a label at a fixed height of one line, as wide as the layout makes it or ``width`` pixels at 100 percent.

    A label in a layout asks all layouts above it to compute their sizes at each change of its text, which takes longer
    than painting it.
    """

    def __init__(self, content: QLabel, width: float = 0) -> None:
        super().__init__()
        self._content = content
        self._width = width
        content.setParent(self)
        self.setSizePolicy(
            QSizePolicy.Policy.Expanding if not width else QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed
        )

    def set_width(self, width: float) -> None:
        """Makes the box that many pixels wide at 100 percent. Costs a new layout if it is another width."""
        if width != self._width:
            self._width = width
            self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
            self.updateGeometry()

    def sizeHint(self) -> QSize:
        self._content.ensurePolished()
        return QSize(theme.px(self._width), self._content.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._content.setGeometry(self.rect())


def line(name: str, role: str = "muted") -> tuple[FixedSizeBox, ElidedLabel]:
    """Returns a line of plain text that changes without a new layout of the window, elided if it is long."""
    made = named(ElidedLabel(role=role), name)
    return FixedSizeBox(made), made


def say(where: QLabel, words: str) -> None:
    """Shows the words, if they are others."""
    if where.text() != words:
        where.setText(words)
