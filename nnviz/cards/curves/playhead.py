"""The playhead over a plot of epochs: a mark of the displayed epoch."""

from __future__ import annotations

import pyqtgraph as pg
from PyQt5.QtCore import QObject, Qt

from nnviz.ui import theme
from nnviz.ui.plots.zoom_plot import ZoomPlot

_FAR = 100  # times the training: the veil reaches beyond the right end of the plot
_VEIL = 0.62  # opacity of what covers the future


class Playhead(QObject):
    """A line at the displayed epoch: in ink at the present; in violet in the past, where later epochs are veiled.

    A dashed line is at the epoch that the displayed one is compared with.
    """

    def __init__(self, plot: ZoomPlot) -> None:
        super().__init__(plot)
        self._plot = plot
        self._at = self._live = 0.0
        self._second: float | None = None  # the epoch that the displayed one is compared with
        self._has_past, self._is_live = False, True
        self.line, self.second = (pg.InfiniteLine(angle=90, movable=False) for _ in range(2))
        self._veil = pg.LinearRegionItem(movable=False, pen=pg.mkPen(None))
        for item, depth in ((self._veil, 0.5), (self.second, 0.65), (self.line, 0.7)):
            item.setZValue(depth)
            item.hide()
            plot.addItem(item, ignoreBounds=True)

    def show_moment(self, live: float, epoch: float | None, has_past: bool) -> None:
        """Shows an epoch of a run that has reached ``live``; None for the live network."""
        self._live = live
        now = live if epoch is None else epoch, has_past, epoch is None
        if now == (self._at, self._has_past, self._is_live):
            return
        was_live = self._is_live
        self._at, self._has_past, self._is_live = now
        self.line.setVisible(has_past)
        self._veil.setVisible(not self._is_live)
        if was_live != self._is_live:
            self.apply_theme()
        self.line.setPos(self._across(self._at))
        self._place_veil()

    def show_second(self, epoch: float | None) -> None:
        """Shows the epoch that the displayed one is compared with; None for none."""
        self.second.setVisible(epoch is not None)
        if epoch is not None:
            self.second.setPos(self._across(epoch))
        self._second = epoch
        self._place_veil()

    def place(self) -> None:
        """Places all marks again, after the axis of epochs has changed its scale."""
        self.line.setPos(self._across(self._at))
        self.show_second(self._second)

    def _across(self, epoch: float) -> float:
        return float(self._plot.axes.across(epoch))

    def _place_veil(self) -> None:
        """Veils what is later than the displayed epoch and the one that it is compared with."""
        start = self._at if self._second is None else max(self._at, self._second)
        region = self._across(start), self._across(max(_FAR * max(self._live, 1.0), start))
        if not self._is_live and region != tuple(self._veil.getRegion()):
            self._veil.setRegion(region)

    def apply_theme(self) -> None:
        """Applies the theme's colours."""
        self.line.setPen(pg.mkPen(theme.colour("ink" if self._is_live else "looking_back"), width=1))
        self.second.setPen(pg.mkPen(theme.colour("muted"), width=1, style=Qt.PenStyle.DashLine))
        ground = theme.colour("card")
        ground.setAlphaF(_VEIL)
        self._veil.setBrush(ground)
