"""How the height of a workspace's middle column is divided between its cards, until a person divides it."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

from PyQt5.QtCore import QEvent, QObject, Qt
from PyQt5.QtGui import QMouseEvent
from PyQt5.QtWidgets import QDockWidget, QMainWindow

USUAL, DRAWN, CHOSEN = "usual", "drawn", "chosen"  # for most data; for those that lie in a plane or on a curve; by hand


class SplitterSizes(QObject):
    """Divides the height as the data need it. What a person chose by dragging the line between two cards stays.

    Attributes:
        kinds: how it is divided at present, by the names of the workspaces; USUAL where one is not there.
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
        """Takes those of an earlier start; what is none is left out."""
        self.kinds.update({name: kind for name, kind in kinds.items() if kind in (USUAL, DRAWN, CHOSEN)})

    def show(self, workspace: str, docks: Sequence[QDockWidget]) -> None:
        """From now on these cards, from the top, are shown."""
        self._workspace, self._docks = workspace, docks

    def divide(self, kind: str, heights: Sequence[int]) -> bool:
        """Gives the cards these heights, unless they have those of that kind or a person's; returns whether it did."""
        if self.kinds.get(self._workspace, USUAL) in (kind, CHOSEN) or not self._are_stacked():
            return False
        self._host.resizeDocks(list(self._docks), list(heights), Qt.Vertical)
        self.kinds[self._workspace] = kind
        return True

    def _are_stacked(self) -> bool:
        """Whether the cards lie directly below each other, as they did at first."""
        if not self._docks or any(not dock.isVisible() or dock.isFloating() for dock in self._docks):
            return False
        places = [dock.geometry() for dock in self._docks]
        gap = self._host.style().pixelMetric(self._host.style().PM_DockWidgetSeparatorExtent, None, self._host)
        return all(
            (above.left(), above.width()) == (below.left(), below.width()) and below.top() == above.bottom() + 1 + gap
            for above, below in itertools.pairwise(places)
        )

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Notices that a person drags the line between two of the cards; the host gets the mouse only between docks."""
        if isinstance(event, QMouseEvent) and event.button() == Qt.LeftButton:
            heights = [dock.height() for dock in self._docks]
            if event.type() == QEvent.MouseButtonPress:
                self._pressed = heights
            elif event.type() == QEvent.MouseButtonRelease and self._pressed:
                if self._pressed != heights:
                    self.kinds[self._workspace] = CHOSEN
                self._pressed = []
        return False
