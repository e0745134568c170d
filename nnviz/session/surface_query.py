"""Queries for predictions all over the plane or the curve: of the outputs, and of every neuron.

During training few places are evaluated; at rest many places follow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from engine.basics.validation import Array
from engine.explain.input_grid import Region, RegionEvaluator, Span, Square, region_of
from engine.network.network import Network
from nnviz.jobs.latest import Latest, Request, RequestKey
from nnviz.jobs.timing import TimeBudget
from nnviz.session.data import Data
from nnviz.session.displayed import Displayed
from nnviz.session.runs import Runs
from nnviz.session.selection import Neuron, Selection

OUTPUT_SURFACE, NEURON_SURFACES = "predictions over the plane", "neurons over the plane"
SECOND_SURFACES = "neurons of the second network over the plane"
COARSE, FINE = 48, 200  # cells of the plane in each direction
COARSE_TILE, FINE_TILE = 24, 64  # cells of a neuron's plane in each direction
COARSE_LINE, FINE_LINE = 100, 500  # places of the curve
COARSE_TILE_LINE, FINE_TILE_LINE = 50, 125  # places of a neuron's line
_SIDES = {Square: (COARSE, FINE), Span: (COARSE_LINE, FINE_LINE)}
_TILE_SIDES = {Square: (COARSE_TILE, FINE_TILE), Span: (COARSE_TILE_LINE, FINE_TILE_LINE)}
_MOST_PRODUCTS, _MOST_NUMBERS = 2_000_000_000, 4_000_000  # of one surface: about 0.1 s of work; 16 MB
_PRODUCTS_PER_NEURON = 10  # products that take as long as an activation
_TIMES_ITS_COST = 1  # the work may take half of a core's time


@dataclass(frozen=True, eq=False)
class PredictionSurface:
    """Outputs or activations of a network all over a region.

    Attributes:
        network: the network; it must not be written to.
        region: the region.
        side: the number of places in each direction.
        neuron: the neuron whose activations they are; None for all outputs, or for all neurons.
        layers: by layer, counted from 1, (neurons, places) activations.
    """

    network: Network
    region: Region
    side: int
    neuron: Neuron | None
    layers: Mapping[int, Array]

    def limit(self, layer: int) -> float:
        """Returns the activation at which the colours of a layer end: the largest, or 1 if activations are bounded."""
        if self.network.layer_activations[layer - 1].is_bounded:
            return 1.0
        return float(np.abs(self.layers[layer]).max()) or 1.0


def surface_queries(
    displayed: Displayed, runs: Runs, data: Data, selection: Selection, second: Callable[[], Network | None]
) -> dict[str, Latest]:
    """Returns the queries of :class:`PredictionSurface`: of the outputs or the pointed neuron, and of all neurons.

    ``second`` returns a network that the displayed one is compared with, whose neurons have a query, too; or None.
    """

    def network() -> Network:
        return displayed.network

    outputs = _SurfaceQuery(network, runs, data, lambda: selection.pointed, _SIDES, _one_layer)
    neurons = _SurfaceQuery(network, runs, data, lambda: None, _TILE_SIDES, _all_layers)
    others = _SurfaceQuery(second, runs, data, lambda: None, _TILE_SIDES, _all_layers)
    queries = {OUTPUT_SURFACE: outputs.query, NEURON_SURFACES: neurons.query, SECOND_SURFACES: others.query}
    selection.pointed_changed.connect(outputs.query.hurry)
    return queries


def _one_layer(network: Network, neuron: Neuron | None) -> Mapping[int, slice]:
    """Returns the outputs, or a neuron alone."""
    if neuron is None:
        return {len(network.weights): slice(None)}
    return {neuron.layer: slice(neuron.number, neuron.number + 1)}


def _all_layers(network: Network, _: Neuron | None) -> Mapping[int, slice]:
    return {layer: slice(None) for layer in range(1, len(network.shape))}


def _has(network: Network, neuron: Neuron) -> bool:
    """Whether the network has that neuron, which may have been chosen in another network."""
    return neuron.layer < len(network.shape) and neuron.number < network.shape[neuron.layer]


class _SurfaceQuery:
    """A query of activations all over a region, first at few places, then at many. It keeps the evaluators' buffers."""

    def __init__(
        self,
        network: Callable[[], Network | None],
        runs: Runs,
        data: Data,
        pointed: Callable[[], Neuron | None],
        sides: Mapping[type[Region], tuple[int, int]],
        wanted: Callable[[Network, Neuron | None], Mapping[int, slice]],
    ) -> None:
        self._network, self._runs, self._data, self._pointed = network, runs, data, pointed
        self._sides, self._wanted = sides, wanted
        self._kept: dict[int, tuple[list[int], Region, RegionEvaluator]] = {}  # by side
        budget = TimeBudget(0, _TIMES_ITS_COST)
        self.query = Latest(self._request, budget, self._kept.clear, forget_on_new_run=True)

    def _request(self) -> Request | None:
        network, dataset = self._network(), self._data.dataset
        region = None if dataset is None else region_of(dataset)
        if network is None or region is None or self._runs.current.misfit(dataset) is not None:
            return None
        pointed = self._pointed()
        neuron = pointed if pointed is not None and _has(network, pointed) else None
        side = self._side(network, region, neuron)
        return RequestKey(network, dataset, neuron, side), lambda: self._evaluate(network, region, neuron, side)

    def _side(self, network: Network, region: Region, neuron: Neuron | None) -> int:
        """Returns the number of places: many at rest, once few are known; fewer for a large network."""
        known: PredictionSurface | None = self.query.result
        is_known = known is not None and known.network is network and known.neuron is neuron
        coarse, fine = self._sides[type(region)]
        side = fine if is_known and not self._runs.is_training() else coarse
        numbers = sum(network.shape[layer] for layer in self._wanted(network, neuron))
        products = len(network.parameters) + _PRODUCTS_PER_NEURON * sum(network.shape[1:])
        most = min(_MOST_PRODUCTS // products, _MOST_NUMBERS // numbers)
        return max(1, min(side, region.finest(most)))

    def _evaluate(self, network: Network, region: Region, neuron: Neuron | None, side: int) -> PredictionSurface:
        """Evaluates the network. Runs in the query's thread, the only one that uses ``_kept``."""
        kept = self._kept.get(side)
        if kept is None or kept[:2] != (network.shape, region):
            kept = self._kept[side] = network.shape, region, RegionEvaluator(network, region, side)
        layers = kept[2].evaluate(network, self._wanted(network, neuron))
        return PredictionSurface(network, region, side, neuron, layers)
