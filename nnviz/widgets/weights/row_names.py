"""Names at the left of a heat map with one column of tiles."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt5.QtCore import QEvent, QObject, QRect, Qt
from PyQt5.QtGui import QFontMetrics, QPainter, QPaintEvent
from PyQt5.QtWidgets import QWidget

from nnviz.look import theme
from nnviz.widgets.weights.heat_map import HeatMap

_WIDEST = 120  # longer names are shortened
_AIR = 8  # pixels between the names and the tiles


class RowNames(QWidget):
    """Follows the heat map when it changes; hidden without names. Rows lower than a name show none."""

    def __init__(self, heat_map: HeatMap) -> None:
        super().__init__()
        self._map = heat_map
        self.names: tuple[str, ...] = ()
        heat_map.installEventFilter(self)
        heat_map.turned.connect(self.update)
        self.hide()

    def set_names(self, names: Sequence[str]) -> None:
        """Sets the names, one per neuron of the map."""
        if tuple(names) == self.names:
            return
        self.names = tuple(names)
        metrics = QFontMetrics(theme.font(theme.SMALL))
        widest = max((metrics.horizontalAdvance(name) for name in names), default=0)
        self.setFixedWidth(min(widest, _WIDEST) + _AIR)
        self.setVisible(bool(names))
        self.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Resize:
            self.update()
        return super().eventFilter(watched, event)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._map.grid is None or self._map.grid.across.count != 1:
            return
        painter = QPainter(self)
        painter.setFont(theme.font(theme.SMALL))
        painter.setPen(theme.colour("muted"))
        room = self.width() - _AIR
        for neuron in self._map.shown[: len(self.names)]:
            row = self._map.tile_rect(neuron)
            if row.height() >= painter.fontMetrics().ascent():
                place = QRect(0, row.y(), room, row.height())
                name = painter.fontMetrics().elidedText(self.names[neuron], Qt.ElideRight, room)
                painter.drawText(place, int(Qt.AlignRight | Qt.AlignVCenter | Qt.TextDontClip), name)
