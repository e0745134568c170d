"""The weights of one neuron in two networks, and their difference, side by side."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PyQt5.QtCore import QSize
from PyQt5.QtGui import QResizeEvent
from PyQt5.QtWidgets import QGridLayout, QStackedWidget, QVBoxLayout, QWidget

from engine.basics.validation import Array
from nnviz.formatting.text import short
from nnviz.ui import theme
from nnviz.ui.card import label
from nnviz.ui.elided_label import ElidedLabel
from nnviz.ui.parts import arranged, named, set_look
from nnviz.ui.weights.heat_map import HeatMap
from nnviz.ui.weights.neuron_view import WeightBars

_GAP, _LINE = 8, 18  # pixels between two tiles, and of a line of text
_ROLES = {"looking_back": "back", "ink": "notice", "muted": "muted"}  # of a label, by the ink of a network
# Rows and columns of the three tiles and the note, in a square or in a row.
_IN_A_SQUARE = (0, 0, 1, 1), (0, 1, 1, 1), (1, 0, 1, 1), (1, 1, 1, 1)
_IN_A_ROW = (0, 0, 1, 1), (0, 1, 1, 1), (0, 2, 1, 1), (1, 0, 1, 3)
Heads = tuple[tuple[str, str], tuple[str, str]]  # name and colour of each network
Describe = Callable[[int], str]


class _Tile(QWidget):
    """Weights as an image or as bars, under a heading."""

    def __init__(self, name: str, accessible: str) -> None:
        super().__init__()
        self.head = ElidedLabel(role="muted")
        self.map, self.bars = named(HeatMap(), f"{name}Map", accessible), named(WeightBars(), f"{name}Bars", accessible)
        self._stack = QStackedWidget()
        for view in (self.map, self.bars):
            view.setMinimumSize(QSize(40, 30))
            self._stack.addWidget(view)
        arranged(QVBoxLayout(self), self.head, (self._stack, 1), spacing=2)
        self._describe: Describe = lambda number: ""
        self.map.hovered.connect(lambda _, number: self.map.show_text(self._read_out(number)))
        self.bars.hovered.connect(lambda number: self.bars.show_text(self._read_out(number)))

    def _read_out(self, number: int) -> str:
        return self._describe(number) if number >= 0 else ""

    def show_weights(
        self, values: Array, limit: float, tile: tuple[int, int] | None, source: Callable[[int], str], about: Describe
    ) -> None:
        """Shows weights (inputs,), from −limit to limit."""
        self._describe = about
        self._stack.setCurrentWidget(self.bars if tile is None else self.map)
        if tile is None:
            self.bars.show_values(values, limit, source)
        else:
            self.map.show_values(values[None], limit, tile)

    def show_head(self, words: str, ink: str) -> None:
        """Shows the heading in a colour of the theme."""
        self.head.setText(words)
        set_look(self.head, "role", _ROLES[ink])


class WeightChanges(QWidget):
    """Three tiles of one neuron: its weights in the earlier and in the later network, and the difference.

    ``note`` is for how much they differ.
    """

    def __init__(self) -> None:
        super().__init__()
        named(self, "weightChanges", "Weights of the neuron in both networks")
        self._heads: Heads | None = None
        names = (("earlierWeights", "Weights before"), ("laterWeights", "Weights after"), ("weightChange", "Change"))
        self.earlier, self.later, self.change = self._tiles = [_Tile(*name) for name in names]
        self.note = named(label(role="muted"), "weightChangeNote")
        self.note.setWordWrap(True)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(_GAP)
        self._is_in_a_row: bool | None = None
        self._arrange(False)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arranges the tiles so that they are largest."""
        super().resizeEvent(event)
        line = theme.px(_LINE)
        in_a_row = min((self.width() - 2 * _GAP) // 3, self.height() - _GAP - 2 * line)
        in_a_square = min((self.width() - _GAP) // 2, (self.height() - _GAP) // 2 - line)
        self._arrange(in_a_row > in_a_square)

    def _arrange(self, in_a_row: bool) -> None:
        if in_a_row == self._is_in_a_row:
            return
        self._is_in_a_row = in_a_row
        places = _IN_A_ROW if in_a_row else _IN_A_SQUARE
        for part, place in zip((*self._tiles, self.note), places, strict=True):
            self._grid.removeWidget(part)
            self._grid.addWidget(part, *place)
        for number in (0, 1, 2):
            self._grid.setColumnStretch(number, 1 if number < 2 or in_a_row else 0)
        self._grid.setRowStretch(0, 1)
        self._grid.setRowStretch(1, 0 if in_a_row else 1)

    def show_neuron(
        self,
        before: Array,
        after: Array,
        limit: float,
        tile: tuple[int, int] | None,
        source: Callable[[int], str],
        heads: Heads,
        biases: tuple[float, float],
    ) -> None:
        """Shows the weights (inputs,) of a neuron in both networks; all three tiles have the same scale.

        ``tile`` is the shape of the inputs if they are an image; ``source`` names an input.
        """

        def about(number: int) -> str:
            one, other = float(before[number]), float(after[number])
            return f"{source(number)}: {_signed(one)} → {_signed(other)} ({_signed(other - one)})"

        for view, values in zip(self._tiles, (before, after, after - before), strict=True):
            view.show_weights(values, limit, tile, source, about)
        if heads != self._heads:
            self._heads = heads
            for each, (words, ink) in zip(self._tiles, (*heads, ("change", "muted")), strict=True):
                each.show_head(words, ink)
        self.note.setText(f"{moved_text(before, after)}, bias {short(biases[0])} → {short(biases[1])}")


def relative_change(before: Array, after: Array) -> float:
    """Returns the norm of the difference as a share of the norm before; infinite if that is 0."""
    size, change = float(np.linalg.norm(before)), float(np.linalg.norm(after - before))
    return change / size if size else float("inf") if change else 0.0


def moved_text(before: Array, after: Array) -> str:
    """Returns how much weights differ: "weights differ by 34 % of their norm"."""
    share = relative_change(before, after)
    if not np.isfinite(share):
        return "weights were all 0"
    return f"weights differ by {100 * share:.3g}\N{NO-BREAK SPACE}% of their norm"  # the line may be broken


def _signed(value: float) -> str:
    return f"{value:+.4f}".replace("-", "−")
