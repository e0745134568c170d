"""Contributions layer by layer: a strip of bars for each layer, from the most positive to the most negative neuron."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from PyQt5.QtCore import QPoint, QRect, QRectF
from PyQt5.QtGui import QPainter

from engine.basics.validation import Array
from nnviz.cards.explanation.content import LINE, signed, write
from nnviz.ui import theme

_LOWEST, _HIGHEST, _GAP = 16, 64, 2
_NAME, _SUM = 52, 44
_WIDEST_BAR = 8


@dataclass(frozen=True, eq=False)
class LayerStrip:
    """One layer: its name, the noun for its neurons, their contributions, and their names if they have any."""

    name: str
    unit: str
    values: Array
    names: Sequence[str] = ()

    @cached_property
    def order(self) -> Array:
        """Indices of the neurons with a contribution, from the most positive to the most negative."""
        order = np.argsort(-self.values, kind="stable")
        return order[self.values[order] != 0]


@dataclass(frozen=True, eq=False)
class LayerStrips:
    """Strips of all layers; if there is no room for all, those nearest to the output.

    Attributes:
        strips: a strip for each layer.
        pointed: layer and neuron of the outlined bar; None for none.
    """

    strips: Sequence[LayerStrip]
    pointed: tuple[int, int] | None = None

    def _places(self, within: QRect) -> list[tuple[LayerStrip, QRect]]:
        """Returns the shown strips with their rectangles."""
        fit = max(1, within.height() // theme.px(_LOWEST))
        has_room = len(self.strips) <= fit
        shown = self.strips if has_room else self.strips[-max(1, fit - 1) :]
        top, rest = within.y(), within.height()
        if not has_room:
            top, rest = top + theme.px(LINE), rest - theme.px(LINE)
        height = min(rest // max(1, len(shown)), _HIGHEST)
        return [
            (strip, QRect(within.x(), top + number * height, within.width(), height - _GAP))
            for number, strip in enumerate(shown)
        ]

    def paint(self, painter: QPainter, within: QRect) -> None:
        """Paints names, bars, and the sum of each layer."""
        places = self._places(within)
        left_out = len(self.strips) - len(places)
        if left_out:
            words = f"{left_out} earlier layers do not fit"
            write(painter, QRect(within.x(), within.y(), within.width(), theme.px(LINE)), words)
        for layer, (strip, place) in enumerate(places, left_out):
            write(painter, QRect(place.x(), place.y(), theme.px(_NAME) - 4, place.height()), strip.name)
            where = QRect(place.right() - theme.px(_SUM), place.y(), theme.px(_SUM), place.height())
            write(painter, where, signed(float(strip.values.sum())), "ink", right=True)
            self._paint_bars(painter, strip, self._bars_of(place))
            if self.pointed is not None and self.pointed[0] == layer:
                self._paint_outline(painter, strip, self._bars_of(place), self.pointed[1])

    @staticmethod
    def _bars_of(place: QRect) -> QRect:
        return place.adjusted(theme.px(_NAME), 0, -theme.px(_SUM) - 4, 0)

    @staticmethod
    def _width(strip: LayerStrip, bars: QRect) -> float:
        return min(_WIDEST_BAR, bars.width() / max(1, len(strip.order)))

    def _paint_bars(self, painter: QPainter, strip: LayerStrip, bars: QRect) -> None:
        """Paints a bar for each neuron; with more neurons than pixels, one neuron for each pixel."""
        painter.fillRect(bars, theme.colour("field"))
        width = self._width(strip, bars)
        middle = bars.y() + bars.height() / 2
        values = strip.values[strip.order]
        limit = float(np.abs(values).max()) if len(values) else 1.0
        places = range(len(values)) if width >= 1 else (round(x / width) for x in range(bars.width()))
        up, down = theme.colour("positive"), theme.colour("negative")
        for number in places:
            value = float(values[min(number, len(values) - 1)])
            length = max(0.5, abs(value) / limit * bars.height() / 2)
            top = middle - length if value > 0 else middle
            bar = QRectF(bars.x() + number * width, top, max(1.0, width - (1 if width > 3 else 0)), length)
            painter.fillRect(bar, up if value > 0 else down)

    def _paint_outline(self, painter: QPainter, strip: LayerStrip, bars: QRect, neuron: int) -> None:
        (found,) = np.nonzero(strip.order == neuron)
        if len(found):
            width = self._width(strip, bars)
            left = bars.x() + round(int(found[0]) * width)
            painter.setPen(theme.colour("ink"))
            painter.drawRect(QRect(left - 1, bars.y(), max(2, round(width)), bars.height() - 1))

    def found_at(self, within: QRect, point: QPoint) -> tuple[int, int] | None:
        """Returns layer and neuron of the bar at a point; neuron -1 outside the bars."""
        places = self._places(within)
        for number, (strip, place) in enumerate(places, len(self.strips) - len(places)):
            if place.contains(point):
                bars = self._bars_of(place)
                bar = int((point.x() - bars.x()) / self._width(strip, bars)) if bars.contains(point) else -1
                return number, int(strip.order[bar]) if 0 <= bar < len(strip.order) else -1
        return None

    def read_out_at(self, within: QRect, point: QPoint) -> str:
        """Returns the read-out of the neuron at a point, or of its layer."""
        found = self.found_at(within, point)
        if found is None:
            return ""
        layer, neuron = found
        strip = self.strips[layer]
        if neuron < 0:
            return f"{strip.name}: {len(strip.order)} of {len(strip.values)} contribute"
        name = strip.names[neuron] if strip.names else f"{strip.unit} {neuron + 1}"
        return f"{strip.name}, {name}: {signed(float(strip.values[neuron]))}"
