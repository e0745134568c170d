"""Two views of a layer side by side, each below the name of its network."""

from __future__ import annotations

from PyQt5.QtGui import QResizeEvent
from PyQt5.QtWidgets import QGridLayout, QWidget

from nnviz.session.side_by_side import Side
from nnviz.ui.elided_label import ElidedLabel
from nnviz.ui.parts import set_look
from nnviz.ui.weights.weight_changes import ROLES

_GAP, _LINE_GAP = 16, 4  # pixels between the views, and below their headings


class SidePair(QWidget):
    """Two views of equal size; without a comparison, the later one alone.

    Attributes:
        earlier, later: the views.
        heads: the names of their networks.
    """

    def __init__(self, earlier: QWidget, later: QWidget, names: QWidget | None = None) -> None:
        """``names``: a widget at the left of the views, whose width is even."""
        super().__init__()
        self.earlier, self.later = earlier, later
        self.heads = ElidedLabel(), ElidedLabel()
        self._grid = QGridLayout(self)
        self._grid.setHorizontalSpacing(0)
        self._grid.setVerticalSpacing(_LINE_GAP)
        if names is not None:
            self._grid.addWidget(names, 1, 0)
        for column, head, view in ((1, self.heads[0], earlier), (3, self.heads[1], later)):
            head.setProperty("heading", True)
            self._grid.addWidget(head, 0, column)
            self._grid.addWidget(view, 1, column)
        self._grid.setColumnStretch(3, 1)
        self._grid.setRowStretch(1, 1)
        self._show_both(False)

    def _show_both(self, are_both: bool) -> None:
        for part in (self.earlier, *self.heads):
            part.setVisible(are_both)
        self._grid.setColumnMinimumWidth(2, _GAP if are_both else 0)
        self._grid.setColumnStretch(1, int(are_both))

    def show_sides(self, sides: tuple[Side, Side] | None) -> None:
        """Shows the names of both networks, and both views; None for the later view alone."""
        if self.earlier.isHidden() == (sides is not None):
            self._show_both(sides is not None)
        for head, side in zip(self.heads, sides or (), strict=False):
            head.show_versions(side.name, side.short)
            set_look(head, "role", ROLES[side.ink])

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leaves a pixel that both views cannot share, since tiles of views of another size may be of another size."""
        super().resizeEvent(event)
        self._grid.setContentsMargins(0, 0, self.width() % 2, 0)
