"""Shown neurons of each layer in the order of their cells, and the shown connections between them."""

from __future__ import annotations

import numpy as np
from PyQt5.QtCore import Qt

from engine.basics.validation import Array
from engine.explain.contribution_paths import Activity, Links, most_important, neuron_links, strongest_links
from nnviz.cards.stage.diagram.curves import CurveSet
from nnviz.cards.stage.diagram.layout import LayerBlock, Layout
from nnviz.ui.painted_view import ARROWS

NeuronIndex = tuple[int, int]  # layer, 0 for the input; index in it

_LEVELLED = 0.85  # Share of the smallest strength that is subtracted from all before they become widths.
_SEARCHED = 256  # Most important neurons of a layer, whose connections are compared.


class ShownNeurons:
    """Shown neurons of each layer in the order of their cells.

    They are chosen again only if the input, the network's answer or the shape changes: neurons must not jump from one
    batch to the next.
    """

    def __init__(self) -> None:
        self._numbers: dict[int, Array] = {}
        self._places: dict[int, Array] = {}
        self._about: tuple[object, ...] = (None,)  # the example, the explained output, the network's shape

    def forget(self) -> None:
        """Chooses all neurons again, for another network."""
        self._about = (None,)

    def update(self, activity: Activity, layout: Layout, chosen: NeuronIndex | None, are_numbers: bool = False) -> None:
        """Updates the shown neurons: the most important ones, and the chosen one.

        ``are_numbers``: whether the outputs are numbers, of which the first are shown.
        """
        about = activity.target, activity.network.shape
        if self._about[0] is not activity.example or self._about[1:] != about:
            self._about = activity.example, *about
            self._numbers.clear()
        last = len(activity.network.shape) - 1
        for block in layout.blocks:
            layer, count = block.layer, block.shown
            numbers = self._numbers.get(layer)
            if numbers is None or len(numbers) != count:
                is_first = are_numbers and layer == last
                numbers = np.arange(count) if is_first else most_important(activity, layer, count)
            if chosen is not None and chosen[0] == layer and chosen[1] not in numbers:
                numbers = np.append(numbers[:-1], chosen[1])
            self._numbers[layer] = numbers
            self._places[layer] = np.full(block.size, -1)
            self._places[layer][numbers] = np.arange(len(numbers))

    def numbers(self, layer: int) -> Array:
        """Returns (shown,): the index of the neuron in each cell."""
        return self._numbers[layer]

    def place(self, neuron: NeuronIndex) -> int | None:
        """Returns the cell of a neuron; None if it is not shown."""
        places = self._places.get(neuron[0])
        found = -1 if places is None or neuron[1] >= len(places) else int(places[neuron[1]])
        return None if found < 0 else found

    def places(self, layer: int, numbers: Array) -> Array:
        """Returns the cells of neurons; −1 for those that are not shown."""
        return self._places[layer][numbers]


def links_to_show(
    activity: Activity, layout: Layout, ranks: ShownNeurons, focus: NeuronIndex | None, count: int
) -> list[Links]:
    """Returns the strongest connections between neighbouring layers; with ``focus`` those of this neuron.

    Without an input there are none.
    """
    if not activity.is_lit:
        return []
    if focus is not None:
        return [links for links in neuron_links(activity, *focus, count) if _is_between(layout, links)]
    found = []
    for below, above in layout.pairs():
        one, other = (_searched(activity, block, ranks) for block in (below, above))
        found.append(strongest_links(activity, above.layer, one, other, count))
    return found


def _searched(activity: Activity, block: LayerBlock, ranks: ShownNeurons) -> Array:
    numbers = ranks.numbers(block.layer)
    return numbers if len(numbers) <= _SEARCHED else most_important(activity, block.layer, _SEARCHED)


def _is_between(layout: Layout, links: Links) -> bool:
    return layout.of(links.layer) is not None and layout.of(links.layer - 1) is not None


def curves_of(links: Links, layout: Layout, ranks: ShownNeurons) -> CurveSet:
    """Returns the curves of connections with two shown ends."""
    below, above = layout.of(links.layer - 1), layout.of(links.layer)
    assert below is not None
    assert above is not None
    one, other = ranks.places(below.layer, links.below), ranks.places(above.layer, links.above)
    seen = (one >= 0) & (other >= 0)
    strength = _strength(links.values[seen], links.largest)
    return CurveSet(*below.ends(one[seen], 1), *above.ends(other[seen], 0), strength)


def _strength(values: Array, largest: float) -> Array:
    """Returns strengths from −1 to 1. Differences of nearly equal values are enlarged, or all curves would be wide."""
    sizes = np.abs(values)
    floor = _LEVELLED * float(sizes.min(initial=largest))
    return np.sign(values) * (sizes - floor) / max(largest - floor, 1e-30)


def neighbour(layout: Layout, ranks: ShownNeurons, chosen: NeuronIndex | None, key: Qt.Key) -> NeuronIndex | None:
    """Returns the neuron that an arrow key leads to from the chosen one; None for other keys and at the edge.

    Home and End lead to the first and last neuron of the layer. At the side of a block an arrow leads to the next
    layer, at about the same height.
    """
    if key not in ARROWS and key not in (Qt.Key.Key_Home, Qt.Key.Key_End):
        return None
    layers = [layer for layer in layout.layers if layer > 0]
    place = None if chosen is None else ranks.place(chosen)
    if chosen is None or place is None or chosen[0] == 0:
        first = layers[0]
        return first, int(ranks.numbers(first)[0])
    layer, block = chosen[0], layout.of(chosen[0])
    assert block is not None
    if key in (Qt.Key.Key_Home, Qt.Key.Key_End):
        return layer, int(ranks.numbers(layer)[0 if key == Qt.Key.Key_Home else -1])
    across, down = ARROWS[key]
    row, column = divmod(place, block.columns)
    other = (row + down) * block.columns + column + across
    if 0 <= column + across < block.columns and 0 <= other < block.shown:
        return layer, int(ranks.numbers(layer)[other])
    beside = layers.index(layer) + across
    if not across or not 0 <= beside < len(layers):
        return None
    return _at_height(layout, ranks, layers[beside], float(block.cells[place][1]), from_left=across > 0)


def _at_height(layout: Layout, ranks: ShownNeurons, layer: int, y: float, from_left: bool) -> NeuronIndex:
    block = layout.of(layer)
    assert block is not None
    cells = block.cells
    sideways = cells[:, 0] if from_left else -cells[:, 0]
    place = np.lexsort((sideways, np.abs(cells[:, 1] - y)))[0]
    return layer, int(ranks.numbers(layer)[place])
