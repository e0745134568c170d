"""Row names of a heat map, at its left: of neurons if tiles are in one column, of inputs if they are in one row."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PyQt5.QtCore import QEvent, QObject, QRect, Qt
from PyQt5.QtGui import QFontMetrics, QHelpEvent, QPainter, QPaintEvent
from PyQt5.QtWidgets import QToolTip, QWidget

from nnviz.ui import alignment, theme
from nnviz.ui.weights.heat_map import HeatMap

_WIDEST, _SHARE = 140, 3  # pixels, and the part of the width; longer names are shortened
_AIR = 8  # pixels between the names and the tiles


class RowNames(QWidget):
    """Names that follow the heat map's layout. If rows are lower than a name, only some are named."""

    def __init__(self, heat_map: HeatMap) -> None:
        super().__init__()
        self._map = heat_map
        self.names: tuple[str, ...] = ()
        heat_map.installEventFilter(self)
        heat_map.turned.connect(self.update)
        theme.changed.connect(self._measure)
        self.hide()

    def set_names(self, names: Sequence[str]) -> None:
        """Sets the names, one per neuron of the map, or per input if neurons are columns."""
        if tuple(names) == self.names:
            return
        self.names = tuple(names)
        self._measure()
        self.setVisible(bool(names))
        self.update()

    def _measure(self) -> None:
        metrics = QFontMetrics(theme.font(theme.SMALL))
        widest = max((metrics.horizontalAdvance(name) for name in self.names), default=0)
        most = min(theme.px(_WIDEST), self.parentWidget().width() // _SHARE)
        self.setFixedWidth((min(widest + 2, most) + _AIR) // 2 * 2)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._measure()
            self.update()
        return super().eventFilter(watched, event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, room, rows = QPainter(self), self.width() - _AIR, self._rows()
        painter.setFont(theme.font(theme.SMALL))
        painter.setPen(theme.colour("muted"))
        metrics = painter.fontMetrics()
        pitch = (rows[-1][1].y() - rows[0][1].y()) / (len(rows) - 1) if len(rows) > 1 else self.height()
        for number, place in rows[:: max(1, math.ceil(metrics.height() / max(pitch, 0.01)))]:
            name = metrics.elidedText(self.names[number], Qt.TextElideMode.ElideMiddle, room)
            line = QRect(0, place.center().y() - metrics.height() // 2, room, metrics.height())
            line.moveTop(max(0, min(line.top(), self.height() - line.height())))
            painter.drawText(line, alignment.RIGHT | Qt.TextFlag.TextDontClip, name)

    def _rows(self) -> list[tuple[int, QRect]]:
        """Returns the number of each name on the current page, and the rectangle of its row."""
        grid, room = self._map.grid, self.width() - _AIR
        if grid is None or (grid.across.count != 1 and not grid.has_columns):
            return []
        if grid.has_columns:
            ends = [number * grid.down.size // grid.down.cells for number in range(grid.down.cells + 1)]
            return [(row, QRect(0, ends[row], room, ends[row + 1] - ends[row])) for row in range(len(self.names))]
        rows = ((neuron, self._map.tile_rect(neuron)) for neuron in self._map.shown[: len(self.names)])
        return [(neuron, QRect(0, rect.y(), room, rect.height())) for neuron, rect in rows]

    def event(self, event: QEvent) -> bool:
        """Shows the whole name of the row under the mouse as a tooltip."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            found = (number for number, place in self._rows() if place.top() <= event.pos().y() <= place.bottom())
            number = next(found, None)
            QToolTip.showText(event.globalPos(), self.toolTip() if number is None else self.names[number], self)
            return True
        return super().event(event)
