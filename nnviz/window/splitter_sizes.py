"""The heights of the cards in the middle column of a workspace, until the user drags a separator."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

from PyQt5.QtCore import QEvent, QObject, Qt
from PyQt5.QtGui import QMouseEvent
from PyQt5.QtWidgets import QDockWidget, QMainWindow

DEFAULT, DRAWN, CHOSEN = (
    "usual",
    "drawn",
    "chosen",
)  # for most data; for those that lie in a plane or on a curve; by hand


class SplitterSizes(QObject):
    """Sets the heights of the cards as the data need them. Heights that the user chose by dragging a separator stay.

    Attributes:
        kinds: the kind of division by workspace; DEFAULT for a workspace without one.
    """

    def __init__(self, host: QMainWindow) -> None:
        super().__init__(host)
        self._host = host
        self.kinds: dict[str, str] = {}
        self._workspace = ""
        self._docks: Sequence[QDockWidget] = ()
        self._pressed: list[int] = []  # the heights when the mouse was pressed between docks
        host.installEventFilter(self)

    def remember(self, kinds: Mapping[str, str]) -> None:
        """Restores the kinds of an earlier start, without invalid ones."""
        self.kinds.update({name: kind for name, kind in kinds.items() if kind in (DEFAULT, DRAWN, CHOSEN)})

    def show(self, workspace: str, docks: Sequence[QDockWidget]) -> None:
        """Sets the cards of the workspace that is shown, from the top."""
        self._workspace, self._docks = workspace, docks

    def divide(self, kind: str, heights: Sequence[int]) -> bool:
        """Sets heights of a kind, unless the cards have that kind or heights of the user. Returns whether it did."""
        if self.kinds.get(self._workspace, DEFAULT) in (kind, CHOSEN) or not self._are_stacked():
            return False
        self._host.resizeDocks(list(self._docks), list(heights), Qt.Orientation.Vertical)
        self.kinds[self._workspace] = kind
        return True

    def _are_stacked(self) -> bool:
        """Whether the cards lie directly below each other, as in the default arrangement."""
        if not self._docks or any(not dock.isVisible() or dock.isFloating() for dock in self._docks):
            return False
        places = [dock.geometry() for dock in self._docks]
        gap = self._host.style().pixelMetric(self._host.style().PM_DockWidgetSeparatorExtent, None, self._host)
        return all(
            (above.left(), above.width()) == (below.left(), below.width()) and below.top() == above.bottom() + 1 + gap
            for above, below in itertools.pairwise(places)
        )

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Notices that the user drags a separator; the host gets mouse events only between docks."""
        if isinstance(event, QMouseEvent) and event.button() == Qt.MouseButton.LeftButton:
            heights = [dock.height() for dock in self._docks]
            if event.type() == QEvent.Type.MouseButtonPress:
                self._pressed = heights
            elif event.type() == QEvent.Type.MouseButtonRelease and self._pressed:
                if self._pressed != heights:
                    self.kinds[self._workspace] = CHOSEN
                self._pressed = []
        return False
