"""Which neurons are shown at which place, and which connections between them."""

from __future__ import annotations

import numpy as np

from engine.basics.validation import Array
from engine.explain.contribution_paths import Activity, Links, most_important, neuron_links, strongest_links
from nnviz.cards.diagram.curves import Strands
from nnviz.cards.diagram.layout import Block, Kind, Layout

Neuron = tuple[int, int]  # layer, from 0 for the input; number in it, from 0

_LEVELLED = 0.85  # how much of what all connections have in common does not count for their width
_SEARCHED = 256  # neurons of a layer, the most important, among which the strongest connections are searched


class Ranks:
    """The neurons that are shown of each layer, in the order of their places.

    While one example is shown, for one output, places change only if most of them would: else they would jump while
    the network learns.
    """

    def __init__(self) -> None:
        self._numbers: dict[int, Array] = {}
        self._places: dict[int, Array] = {}
        self._about: tuple[object, ...] = (None,)  # the example, the chosen output, the network's shape

    def update(self, activity: Activity, layout: Layout, chosen: Neuron | None) -> None:
        """Takes the most important neurons, and the chosen one."""
        shape = activity.network.shape
        output = chosen if chosen is not None and chosen[0] == len(shape) - 1 else None
        example, *others = self._about
        if example is not activity.example or others != [output, shape]:
            self._about = activity.example, output, shape
            self._numbers.clear()
        for layer, block in layout.blocks.items():
            numbers = self._kept(activity, layer, block.shown)
            if chosen is not None and chosen[0] == layer and chosen[1] not in numbers:
                numbers = np.append(numbers[:-1], chosen[1])
            self._numbers[layer] = numbers
            self._places[layer] = np.full(block.size, -1)
            self._places[layer][numbers] = np.arange(len(numbers))

    def _kept(self, activity: Activity, layer: int, count: int) -> Array:
        before = self._numbers.get(layer)
        if before is not None and len(before) == count == len(activity.importance[layer]):
            return before  # all of them
        fresh = most_important(activity, layer, count)
        if before is None or len(before) != count or np.isin(before, fresh).sum() < count / 2:
            return fresh
        return before

    def numbers(self, layer: int) -> Array:
        """(shown,): the neuron at each place."""
        return self._numbers[layer]

    def place(self, neuron: Neuron) -> int | None:
        """The place of a neuron; None if it is not shown."""
        places = self._places.get(neuron[0])
        found = -1 if places is None or neuron[1] >= len(places) else int(places[neuron[1]])
        return None if found < 0 else found

    def places(self, layer: int, numbers: Array) -> Array:
        """The places of some neurons; −1 for those that are not shown."""
        return self._places[layer][numbers]


def links_to_show(activity: Activity, layout: Layout, ranks: Ranks, focus: Neuron | None, count: int) -> list[Links]:
    """The strongest connections between each two layers; with a neuron in focus, those of this neuron."""
    if focus is not None:
        return [links for links in neuron_links(activity, *focus, count) if _is_between(layout, links)]
    found = []
    for below, above in layout.pairs():
        one, other = (ranks.numbers(block.layer)[: _most_searched(block)] for block in (below, above))
        found.append(strongest_links(activity, above.layer, one, other, count))
    return found


def _most_searched(block: Block) -> int:
    return block.shown if block.kind is Kind.PICTURE else _SEARCHED


def _is_between(layout: Layout, links: Links) -> bool:
    return links.layer in layout.blocks and links.layer - 1 in layout.blocks


def strands_of(links: Links, layout: Layout, ranks: Ranks) -> Strands:
    """The curves of connections whose ends are both shown. Tiles show their own connections to a picture."""
    below, above = layout.blocks[links.layer - 1], layout.blocks[links.layer]
    one, other = ranks.places(below.layer, links.below), ranks.places(above.layer, links.above)
    seen = (one >= 0) & (other >= 0)
    if below.kind is Kind.PICTURE and above.kind is Kind.TILES:
        seen[:] = False
    side = 0.5 if below.kind is Kind.PICTURE else 1
    strength = _strength(links.values[seen], links.largest)
    return Strands(*below.ends(one[seen], side), *above.ends(other[seen], 0), strength)


def _strength(values: Array, largest: float) -> Array:
    """Values from −1 to 1. Among nearly equal ones the weaker are drawn weaker still, or all would be wide."""
    sizes = np.abs(values)
    floor = _LEVELLED * float(sizes.min(initial=largest))
    return np.sign(values) * (sizes - floor) / max(largest - floor, 1e-30)
