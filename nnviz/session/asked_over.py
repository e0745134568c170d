"""What the views of the plane and of the curve need computed: the answers all over it, and what every neuron answers.

While the network learns, they are asked at few places; at rest these answers are followed by those at many places.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from engine.basics.validation import Array
from engine.explain.input_grid import Region, RegionEvaluator, Span, Square, region_of
from engine.network.network import Network
from nnviz.jobs.latest import Latest, Request, RequestKey
from nnviz.jobs.pace import Budget
from nnviz.session.data import Data
from nnviz.session.displayed import Displayed
from nnviz.session.runs import Runs
from nnviz.session.selection import Neuron, Selection

ANSWERS_OVER, NEURONS_OVER = "answers all over", "neurons all over"
COARSE, FINE = 48, 200  # cells of the plane in each direction
COARSE_TILE, FINE_TILE = 24, 64  # of a neuron's plane
COARSE_LINE, FINE_LINE = 100, 500  # places of the curve
COARSE_TILE_LINE, FINE_TILE_LINE = 50, 125  # of a neuron's line
_SIDES = {Square: (COARSE, FINE), Span: (COARSE_LINE, FINE_LINE)}
_TILE_SIDES = {Square: (COARSE_TILE, FINE_TILE), Span: (COARSE_TILE_LINE, FINE_TILE_LINE)}
_MOST_PRODUCTS, _MOST_NUMBERS = 2_000_000_000, 4_000_000  # of one answer: about 0.1 s of work; 16 MB
_PRODUCTS_PER_NEURON = 10  # that take as long as its activation
_TIMES_ITS_COST = 1  # the work may take half of a core's time


@dataclass(frozen=True, eq=False)
class AnswersOver:
    """What a network answers all over a region.

    Attributes:
        network: whose answers they are; nobody writes to it.
        region: where it was asked.
        side: places in each direction.
        neuron: the one whose activations they are; None for all outputs, or for all neurons.
        layers: by layer, from 1, (neurons, places).
    """

    network: Network
    region: Region
    side: int
    neuron: Neuron | None
    layers: Mapping[int, Array]

    def limit(self, layer: int) -> float:
        """At which activation the colours of a layer end: 1 where none is larger, else its largest one."""
        if self.network.layer_activations[layer - 1].is_bounded:
            return 1.0
        return float(np.abs(self.layers[layer]).max()) or 1.0


def over_probes(displayed: Displayed, runs: Runs, data: Data, selection: Selection) -> dict[str, Latest]:
    """The probes of :class:`AnswersOver`: of the outputs or the neuron that is pointed at, and of all neurons."""
    outputs = _Over(displayed, runs, data, lambda: selection.pointed, _SIDES, _one_layer)
    neurons = _Over(displayed, runs, data, lambda: None, _TILE_SIDES, _all_layers)
    probes = {ANSWERS_OVER: outputs.probe, NEURONS_OVER: neurons.probe}
    selection.pointed_changed.connect(outputs.probe.hurry)
    for signal in (runs.replaced, data.changed):
        for probe in probes.values():
            signal.connect(probe.forget)
    return probes


def _one_layer(network: Network, neuron: Neuron | None) -> Mapping[int, slice]:
    """The outputs, or that neuron alone."""
    if neuron is None:
        return {len(network.weights): slice(None)}
    return {neuron.layer: slice(neuron.number, neuron.number + 1)}


def _all_layers(network: Network, _: Neuron | None) -> Mapping[int, slice]:
    return {layer: slice(None) for layer in range(1, len(network.shape))}


def _has(network: Network, neuron: Neuron) -> bool:
    """Whether it is there: another network may be displayed than the one that it was chosen in."""
    return neuron.layer < len(network.shape) and neuron.number < network.shape[neuron.layer]


class _Over:
    """A probe of answers all over a region, first at few places, then at many; keeps the evaluators' buffers."""

    def __init__(
        self,
        displayed: Displayed,
        runs: Runs,
        data: Data,
        pointed: Callable[[], Neuron | None],
        sides: Mapping[type[Region], tuple[int, int]],
        wanted: Callable[[Network, Neuron | None], Mapping[int, slice]],
    ) -> None:
        self._displayed, self._runs, self._data, self._pointed = displayed, runs, data, pointed
        self._sides, self._wanted = sides, wanted
        self._kept: dict[int, tuple[list[int], Region, RegionEvaluator]] = {}  # by side
        self.probe = Latest(self._question, Budget(0, _TIMES_ITS_COST), self._kept.clear)

    def _question(self) -> Request | None:
        network, dataset = self._displayed.network, self._data.dataset
        region = None if dataset is None else region_of(dataset)
        if region is None or self._runs.current.misfit(dataset) is not None:
            return None
        pointed = self._pointed()
        neuron = pointed if pointed is not None and _has(network, pointed) else None
        side = self._side(network, region, neuron)
        return RequestKey(network, dataset, neuron, side), lambda: self._answers(network, region, neuron, side)

    def _side(self, network: Network, region: Region, neuron: Neuron | None) -> int:
        """Many places at rest, if the answers at few are there already; in both cases fewer for a large network."""
        known: AnswersOver | None = self.probe.result
        is_known = known is not None and known.network is network and known.neuron is neuron
        coarse, fine = self._sides[type(region)]
        side = fine if is_known and not self._runs.is_training() else coarse
        numbers = sum(network.shape[layer] for layer in self._wanted(network, neuron))
        products = len(network.parameters) + _PRODUCTS_PER_NEURON * sum(network.shape[1:])
        most = min(_MOST_PRODUCTS // products, _MOST_NUMBERS // numbers)
        return max(1, min(side, region.finest(most)))

    def _answers(self, network: Network, region: Region, neuron: Neuron | None, side: int) -> AnswersOver:
        """Runs in the lane's thread, the only one that uses ``_kept``."""
        kept = self._kept.get(side)
        if kept is None or kept[:2] != (network.shape, region):
            kept = self._kept[side] = network.shape, region, RegionEvaluator(network, region, side)
        layers = kept[2].evaluate(network, self._wanted(network, neuron))
        return AnswersOver(network, region, side, neuron, layers)
