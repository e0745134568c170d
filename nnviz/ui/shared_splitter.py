"""A splitter whose parts keep their shares of its length."""

from __future__ import annotations

from collections.abc import Callable

from PyQt5.QtCore import QEvent, Qt, pyqtSignal
from PyQt5.QtWidgets import QSplitter, QWidget

from nnviz.ui import theme


class SharedSplitter(QSplitter):
    """Divides its length again whenever its size or the needs of its parts change.

    QSplitter itself takes what it lacks from all parts, and does not undo that afterwards.

    Attributes:
        wanted: takes the visible parts and the pixels to divide; returns the length of each part.

    Signals:
        dragged: the user moved a line.
    """

    dragged = pyqtSignal()

    def __init__(self, orientation: Qt.Orientation, name: str) -> None:
        super().__init__(orientation)
        self.wanted: Callable[[list[QWidget], int], list[int]] = lambda parts, length: [1] * len(parts)
        self.setObjectName(name)
        self.setChildrenCollapsible(False)
        self.setHandleWidth(theme.GAP)
        self.splitterMoved.connect(lambda *_: self.dragged.emit())

    @property
    def parts(self) -> list[QWidget]:
        """The visible parts, from the left or the top."""
        return [part for part in map(self.widget, range(self.count())) if not part.isHidden()]

    def lengths(self) -> list[int]:
        """Returns the present lengths of the visible parts, in pixels."""
        is_wide = self.orientation() == Qt.Orientation.Horizontal
        return [part.width() if is_wide else part.height() for part in self.parts]

    def event(self, event: QEvent) -> bool:
        done = super().event(event)
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest):
            self.divide()
        return done

    def divide(self) -> None:
        """Gives each part its length; parts that need more get it from the largest ones."""
        parts = self.parts
        whole = self.width() if self.orientation() == Qt.Orientation.Horizontal else self.height()
        length = whole - self.handleWidth() * (len(parts) - 1)
        if parts and length > 0:
            wanted = dict(zip(parts, self.wanted(parts, length), strict=True))
            self.setSizes([wanted.get(self.widget(number), 0) for number in range(self.count())])
