"""The weights of one neuron in two networks, and their difference, side by side."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from PyQt5.QtCore import QSize
from PyQt5.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from engine.basics.validation import Array
from nnviz.formatting.text import short
from nnviz.ui.card import label
from nnviz.ui.elided_label import ElidedLabel
from nnviz.ui.parts import arranged, named, set_look
from nnviz.ui.weights.heat_map import HeatMap
from nnviz.ui.weights.neuron_view import WeightBars

_GAP = 8  # pixels between two tiles
ROLES = {"looking_back": "back", "ink": "notice", "muted": "muted"}  # of a label, by the ink of a network
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
        set_look(self.head, "role", ROLES[ink])


class WeightChanges(QWidget):
    """Three tiles of one neuron: its weights in the earlier and in the later network, and the difference.

    ``note`` above them says how much they differ.
    """

    def __init__(self) -> None:
        super().__init__()
        named(self, "weightChanges", "Weights of the neuron in both networks")
        self._heads: Heads | None = None
        names = (("earlierWeights", "Weights before"), ("laterWeights", "Weights after"), ("weightChange", "Change"))
        self.earlier, self.later, self.change = self._tiles = [_Tile(*name) for name in names]
        self.note = named(label(role="muted"), "weightChangeNote")
        self.note.setWordWrap(True)
        tiles = arranged(QHBoxLayout(), *((tile, 1) for tile in self._tiles), spacing=_GAP)
        arranged(QVBoxLayout(self), self.note, (tiles, 1), spacing=4)

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


def relative_change(*pairs: tuple[Array, Array]) -> float:
    """Returns the norm of the differences of arrays before and after as a share of the norm before.

    It is infinite if that norm is 0.
    """
    size = math.hypot(*(float(np.linalg.norm(before)) for before, _ in pairs))
    change = math.hypot(*(float(np.linalg.norm(after - before)) for before, after in pairs))
    return change / size if size else float("inf") if change else 0.0


def moved_text(before: Array, after: Array) -> str:
    """Returns how much weights differ: "weights differ by 34 % of their norm"."""
    share = relative_change((before, after))
    if not np.isfinite(share):
        return "weights were all 0"
    return f"weights differ by {100 * share:.3g}\N{NO-BREAK SPACE}% of their norm"  # the line may be broken


def _signed(value: float) -> str:
    return f"{value:+.4f}".replace("-", "−")
