"""Selection among many points or lines of a plot, by the mouse or by keys."""

from __future__ import annotations

import numpy as np
from PyQt5.QtCore import QPoint, Qt, pyqtSignal
from PyQt5.QtGui import QMouseEvent

from engine.basics.validation import Array
from nnviz.ui.painted_view import PaintedView


class ChoicePlot(PaintedView):
    """The base of a plot of numbered items, one of which is chosen.

    Signals:
        hovered(int): the mouse points at that item; -1 for none.
        chosen(int): the item was clicked.
        opened(int): the item was double-clicked, or Enter was pressed.
        moved(int): an arrow key leads to the item.
    """

    hovered = pyqtSignal(int)
    chosen = pyqtSignal(int)
    opened = pyqtSignal(int)
    moved = pyqtSignal(int)

    def __init__(self) -> None:
        super().__init__()
        self._choice: int | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def show_choice(self, number: int | None) -> None:
        """Highlights an item; None for none."""
        if number != self._choice:
            self._choice = number
            self.update()

    def _at(self, point: QPoint) -> int:
        """Returns the item nearest to a place; -1 if none is near."""
        raise NotImplementedError

    def _update_hovered(self) -> None:
        found = -1 if self._mouse is None else self._at(self._mouse)
        self._show_hand(found >= 0)
        self.hovered.emit(found)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Chooses an item."""
        found = self._at(event.pos())
        if event.button() == Qt.MouseButton.LeftButton and found >= 0:
            self.chosen.emit(found)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Opens an item."""
        found = self._at(event.pos())
        if event.button() == Qt.MouseButton.LeftButton and found >= 0:
            self.opened.emit(found)


def nearest(places: Array, at: QPoint, reach: float) -> int:
    """Returns the index of the place, of (k, 2) pixels, that is nearest to a point; -1 if none is within reach.

    Places that are not finite are ignored.
    """
    with np.errstate(invalid="ignore"):
        far = (places[:, 0] - at.x()) ** 2 + (places[:, 1] - at.y()) ** 2
        within = np.flatnonzero(far <= reach**2)
    return int(within[far[within].argmin()]) if len(within) else -1


def next_along(values: Array, chosen: int | None, step: int) -> int:
    """Returns the index of the value one step up or down from the chosen one; of the lowest if none is chosen."""
    order = np.argsort(values, kind="stable").tolist()
    place = 0 if chosen is None or chosen >= len(order) else order.index(chosen) + step
    return int(order[min(max(place, 0), len(order) - 1)])
