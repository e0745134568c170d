"""What the views of the plane need computed: the answers all over it, and what every neuron answers there.

While the network learns, the cells are coarse; at rest the coarse ones are followed by fine ones.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from engine.datasets import Dataset
from engine.network import Network
from engine.plane_answers import PlaneEvaluator, Square, square_of
from engine.validation import Array
from nnviz.jobs.pace import Budget
from nnviz.jobs.probes import Probe, Question, Same
from nnviz.session.data import Data
from nnviz.session.displayed import Displayed
from nnviz.session.runs import Runs
from nnviz.session.selection import Neuron, Selection

PLANE, NEURON_PLANES = "answers over the plane", "neurons over the plane"
COARSE, FINE = 48, 200  # cells of the plane in each direction
COARSE_TILE, FINE_TILE = 24, 64  # of a neuron's plane
_MOST_PRODUCTS, _MOST_NUMBERS = 2_000_000_000, 4_000_000  # of one answer: about 0.1 s of work; 16 MB
_PRODUCTS_PER_NEURON = 10  # that take as long as its activation
_TIMES_ITS_COST = 1  # the work may take half of a core's time


@dataclass(frozen=True, eq=False)
class PlaneAnswers:
    """What a network answers over a square of the plane.

    Attributes:
        network: whose answers they are; nobody writes to it.
        square: of the plane.
        side: cells in each direction, which lie row by row, the highest y first.
        neuron: the one whose activations they are; None for all outputs, or for all neurons.
        layers: by layer, from 1, (neurons, side · side).
    """

    network: Network
    square: Square
    side: int
    neuron: Neuron | None
    layers: Mapping[int, Array]

    def limit(self, layer: int) -> float:
        """At which activation the colours of a layer end: 1 where none is larger, else its largest one."""
        if self.network.layer_activations[layer - 1].is_bounded:
            return 1.0
        return float(np.abs(self.layers[layer]).max()) or 1.0


def plane_probes(displayed: Displayed, runs: Runs, data: Data, selection: Selection) -> dict[str, Probe]:
    """The probes of :class:`PlaneAnswers`: of the outputs or the neuron that is pointed at, and of all neurons."""
    outputs = _OverPlane(displayed, runs, data, lambda: selection.pointed, (COARSE, FINE), _one_layer)
    neurons = _OverPlane(displayed, runs, data, lambda: None, (COARSE_TILE, FINE_TILE), _all_layers)
    probes = {PLANE: outputs.probe, NEURON_PLANES: neurons.probe}
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


class _OverPlane:
    """A probe of answers over the plane, first coarse, then fine; keeps the evaluators' buffers."""

    def __init__(
        self,
        displayed: Displayed,
        runs: Runs,
        data: Data,
        pointed: Callable[[], Neuron | None],
        sides: tuple[int, int],
        wanted: Callable[[Network, Neuron | None], Mapping[int, slice]],
    ) -> None:
        self._displayed, self._runs, self._data, self._pointed = displayed, runs, data, pointed
        self._coarse, self._fine = sides
        self._wanted = wanted
        self._kept: dict[int, tuple[list[int], Square, PlaneEvaluator]] = {}  # by side
        self.probe = Probe(self._question, Budget(0, _TIMES_ITS_COST), self._kept.clear)

    def _question(self) -> Question | None:
        network, dataset = self._displayed.network, self._data.dataset
        if dataset is None or not dataset.is_plane or self._runs.current.misfit(dataset) is not None:
            return None
        pointed = self._pointed()
        neuron = pointed if pointed is not None and _has(network, pointed) else None
        side = self._side(network, neuron)
        return Same(network, dataset, neuron, side), lambda: self._answers(network, dataset, neuron, side)

    def _side(self, network: Network, neuron: Neuron | None) -> int:
        """Fine at rest, if the coarse answers are there already; in both cases fewer cells for a large network."""
        known: PlaneAnswers | None = self.probe.result
        is_known = known is not None and known.network is network and known.neuron is neuron
        side = self._fine if is_known and not self._runs.is_training() else self._coarse
        numbers = sum(network.shape[layer] for layer in self._wanted(network, neuron))
        products = len(network.parameters) + _PRODUCTS_PER_NEURON * sum(network.shape[1:])
        most = min(_MOST_PRODUCTS // products, _MOST_NUMBERS // numbers)
        return max(1, min(side, math.isqrt(most)))

    def _answers(self, network: Network, dataset: Dataset, neuron: Neuron | None, side: int) -> PlaneAnswers:
        """Runs in the lane's thread, the only one that uses ``_kept``."""
        square, kept = square_of(dataset), self._kept.get(side)
        if kept is None or kept[:2] != (network.shape, square):
            kept = self._kept[side] = network.shape, square, PlaneEvaluator(network, square, side)
        layers = kept[2].evaluate(network, self._wanted(network, neuron))
        return PlaneAnswers(network, square, side, neuron, layers)
