"""A label for curves that begin above the plot. It says how high, which would need too long an axis."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from PyQt5.QtCore import QPoint, QPointF, QRect, Qt
from PyQt5.QtWidgets import QLabel, QWidget

from nnviz.ui.parts import named
from nnviz.ui.plots.curve_axes import Quantity
from nnviz.ui.plots.curve_line import CurveLine
from nnviz.ui.plots.zoom_plot import View

_GAP = 6  # pixels between the line and the words


class ClippedLabel(QLabel):
    """The text "↑ 54 071 at epoch 0" where the line comes into view, or at the bottom if another line is there.

    If lines are in both places, the label covers a bit of them.
    """

    def __init__(self, plot: QWidget) -> None:
        super().__init__(plot)
        named(self, "cutMark")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def show_for(self, cut: Sequence[CurveLine], quantity: Quantity) -> None:
        """Names the value of the line that begins highest; hides if there is none."""
        self.setVisible(bool(cut))
        if cut:
            highest = max(float(line.y[0]) for line in cut)
            self.setText(f"↑ {quantity.text(highest / quantity.factor)} at epoch 0")
            self.adjustSize()

    def stand_at(self, place: QPoint, below: QPoint, is_free: Callable[[QRect], bool]) -> None:
        """Moves the label right of ``place``, or, if that is not free, right of and above ``below``."""
        first = QRect(place + QPoint(_GAP, 0), self.size())
        second = QRect(below + QPoint(_GAP, -self.height()), self.size())
        self.setGeometry(second if not is_free(first) and is_free(second) else first)


def clipped_lines(lines: Sequence[CurveLine], view: View, quantity: Quantity, is_log: bool) -> list[CurveLine]:
    """Returns the lines that begin above the view."""
    return [line for line in lines if _begins_above(line, view, quantity, is_log)]


def label_place(cut: Sequence[CurveLine], view: View, quantity: Quantity, is_log: bool, height: float) -> QPointF:
    """Returns the point at the top of the view, right of the clipped lines down to ``height`` below it."""
    level = view[1][1] - height
    return QPointF(max(_crossing(line, level, quantity, is_log) for line in cut), view[1][1])


def is_in_view(line: CurveLine, view: View, quantity: Quantity, is_log: bool) -> bool:
    """Whether a part of the line is in the view."""
    (left, right), (low, high) = view
    if not len(line.x) or line.x[-1] < left or line.x[0] > right:
        return False
    within = line.x[(line.x > left) & (line.x < right)]
    ends = np.clip([left, right], line.x[0], line.x[-1])
    across = np.sort(np.concatenate([ends, within]))
    heights = np.interp(across, line.x, quantity.height(line.y, is_log))
    heights = heights[np.isfinite(heights)]
    return bool(len(heights) and heights.min() <= high and heights.max() >= low)


def _begins_above(line: CurveLine, view: View, quantity: Quantity, is_log: bool) -> bool:
    """Whether the line's first point is at the left end of the view, and above it."""
    if not len(line.x) or line.x[0] != view[0][0] or not np.isfinite(line.y[0]):
        return False
    return bool(quantity.height(line.y[0], is_log) > view[1][1] + 1e-9)


def _crossing(line: CurveLine, level: float, quantity: Quantity, is_log: bool) -> float:
    """Returns the x at which the line falls below a level; its first x if it never does."""
    heights = quantity.height(line.y, is_log)
    below = np.flatnonzero(heights <= level)
    if not len(below):
        return float(line.x[0])
    after = int(below[0])
    share = (heights[after - 1] - level) / (heights[after - 1] - heights[after])
    return float(line.x[after - 1] + share * (line.x[after] - line.x[after - 1]))
