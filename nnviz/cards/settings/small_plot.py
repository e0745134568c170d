"""A small plot of one line: few ticks, a read-out under the mouse, colours without a meaning."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pyqtgraph as pg
from PyQt5.QtCore import QEvent, Qt
from PyQt5.QtGui import QMouseEvent

from nnviz.ui import theme
from nnviz.ui.parts import named
from nnviz.ui.plots.base_plot import BasePlot

Marks = Sequence[tuple[float, str]]


class SmallPlot(BasePlot):
    """Shows y over x, and optionally a mark on the x axis.

    Attributes:
        points: the points that are drawn: all x, all y.
    """

    def __init__(self, name: str, accessible: str, tip: str) -> None:
        super().__init__()
        named(self, name, accessible, tip)
        theme.sized(self.setFixedHeight, 96)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.points: tuple[list[float], list[float]] = ([], [])
        self._describe: Callable[[float, float], str] = lambda x, y: ""
        self._line = self.plot()
        self._mark, self._read_out = self._disable_mouse_actions((0, 6, 14, 0))
        self._apply_theme()

    def show_line(
        self,
        x: Sequence[float],
        y: Sequence[float],
        marks: tuple[Marks, Marks],
        describe: Callable[[float, float], str],
        at: float | None = None,
    ) -> None:
        """Draws a line; ``marks``, the ticks of x and y, give the axes' ranges; ``at`` is marked on the x axis."""
        self.points, self._describe = (list(x), list(y)), describe
        self._line.setData(np.array(x, float), np.array(y, float))
        across, up = marks
        self.getAxis("bottom").setTicks([list(across)])
        self.getAxis("left").setTicks([list(up)])
        low, high = up[0][0], up[-1][0]
        room = 0.06 * (high - low) or 1.0
        self.setRange(xRange=(across[0][0], across[-1][0]), yRange=(low - room, high + room), padding=0)
        self.mark(at)

    def mark(self, at: float | None) -> None:
        """Marks a place on the x axis, or removes the mark (None)."""
        self._mark.setVisible(at is not None)
        if at is not None:
            self._mark.setPos(at)

    @property
    def marked(self) -> float | None:
        """The marked place on the x axis, or None."""
        return float(self._mark.value()) if self._mark.isVisible() else None

    def _apply_theme(self) -> None:
        super()._apply_theme()
        self._line.setPen(pg.mkPen(theme.colour("muted"), width=2))
        self._line.opts["antialias"] = True
        self._mark.setPen(pg.mkPen(theme.colour("ink"), style=Qt.PenStyle.DashLine))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        x, y = self.points
        if not x:
            return
        index = int(np.argmin(np.abs(np.array(x) - self.place(event.pos()).x())))
        self._read_out.show_text(self._describe(x[index], y[index]), event.pos())

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._read_out.show_text("", None)
