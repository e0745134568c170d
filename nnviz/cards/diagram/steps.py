"""Where the arrow keys lead in the diagram."""

from __future__ import annotations

import numpy as np
from PyQt5.QtCore import Qt

from nnviz.cards.diagram.layout import Layout
from nnviz.cards.diagram.shown_neurons import Neuron, Ranks

_MOVES = {Qt.Key_Left: (0, -1), Qt.Key_Right: (0, 1), Qt.Key_Up: (-1, 0), Qt.Key_Down: (1, 0)}


def neighbour(layout: Layout, ranks: Ranks, chosen: Neuron | None, key: Qt.Key) -> Neuron | None:
    """The neuron beside the chosen one; None for another key, or at the edge. Home and End: the first of its layer,
    and the last. At the side of a block an arrow leads into the next layer, at about the same height.
    """
    if key not in _MOVES and key not in (Qt.Key_Home, Qt.Key_End):
        return None
    layers = [layer for layer in layout.blocks if layer > 0]
    place = None if chosen is None else ranks.place(chosen)
    if chosen is None or place is None or chosen[0] == 0:
        first = layers[0]
        return first, int(ranks.numbers(first)[0])
    layer, block = chosen[0], layout.blocks[chosen[0]]
    if key in (Qt.Key_Home, Qt.Key_End):
        return layer, int(ranks.numbers(layer)[0 if key == Qt.Key_Home else -1])
    down, across = _MOVES[key]
    row, column = divmod(place, block.columns)
    other = (row + down) * block.columns + column + across
    if 0 <= column + across < block.columns and 0 <= other < block.shown:
        return layer, int(ranks.numbers(layer)[other])
    beside = layers.index(layer) + across
    if not across or not 0 <= beside < len(layers):
        return None
    return _at_height(layout, ranks, layers[beside], float(block.cells[place][1]), from_left=across > 0)


def _at_height(layout: Layout, ranks: Ranks, layer: int, y: float, from_left: bool) -> Neuron:
    cells = layout.blocks[layer].cells
    sideways = cells[:, 0] if from_left else -cells[:, 0]
    place = np.lexsort((sideways, np.abs(cells[:, 1] - y)))[0]
    return layer, int(ranks.numbers(layer)[place])
