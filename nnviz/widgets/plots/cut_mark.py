"""A few words where curves begin above the plot: how high the first point lies, which would need too long an axis."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PyQt5.QtCore import QPoint, QPointF, Qt
from PyQt5.QtWidgets import QLabel, QWidget

from nnviz.widgets.parts import named
from nnviz.widgets.plots.curve_axes import Quantity
from nnviz.widgets.plots.curve_line import CurveLine
from nnviz.widgets.plots.zoom_plot import View

_GAP = 6  # pixels between the line and the words


class CutMark(QLabel):
    """ "↑ 54 071 at epoch 0", beside the place where the line comes into view."""

    def __init__(self, plot: QWidget) -> None:
        super().__init__(plot)
        named(self, "cutMark")
        self.setAttribute(Qt.WA_TransparentForMouseEvents)
        self.hide()

    def show_for(self, cut: Sequence[CurveLine], quantity: Quantity) -> None:
        """Tells of the one of these lines that begins highest; hides if there is none."""
        self.setVisible(bool(cut))
        if cut:
            highest = max(float(line.y[0]) for line in cut)
            self.setText(f"↑ {quantity.text(highest / quantity.factor)} at epoch 0")
            self.adjustSize()

    def stand_at(self, place: QPoint) -> None:
        """Puts it right of that place."""
        self.move(place + QPoint(_GAP, 0))


def lines_cut(lines: Sequence[CurveLine], view: View, quantity: Quantity, is_log: bool) -> list[CurveLine]:
    """Those that begin above the view."""
    return [line for line in lines if _begins_above(line, view, quantity, is_log)]


def place_beside(cut: Sequence[CurveLine], view: View, quantity: Quantity, is_log: bool, height: float) -> QPointF:
    """The top of the view, right of these lines, which come into it from above, as far down as ``height``."""
    level = view[1][1] - height
    return QPointF(max(_crossing(line, level, quantity, is_log) for line in cut), view[1][1])


def _begins_above(line: CurveLine, view: View, quantity: Quantity, is_log: bool) -> bool:
    """Whether its first point is at the left end of the view, and above it."""
    if not len(line.x) or line.x[0] != view[0][0] or not np.isfinite(line.y[0]):
        return False
    return bool(quantity.height(line.y[0], is_log) > view[1][1] + 1e-9)


def _crossing(line: CurveLine, level: float, quantity: Quantity, is_log: bool) -> float:
    """The x at which it goes below that; its first one if it never does."""
    heights = quantity.height(line.y, is_log)
    below = np.flatnonzero(heights <= level)
    if not len(below):
        return float(line.x[0])
    after = int(below[0])
    share = (heights[after - 1] - level) / (heights[after - 1] - heights[after])
    return float(line.x[after - 1] + share * (line.x[after] - line.x[after - 1]))
