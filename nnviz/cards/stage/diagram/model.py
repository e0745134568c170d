"""Model of the diagram card: activations and contributions for the current input."""

from __future__ import annotations

from dataclasses import replace

from engine.datasets import Dataset
from engine.explain.contribution_paths import Activity, activation_planes, compute_activity
from engine.explain.input_grid import Span, region_of
from engine.network.network import Network
from engine.training.distributions import dead_neurons
from nnviz.jobs.latest import QUICK, Latest, Request, RequestKey
from nnviz.jobs.timing import TimeBudget
from nnviz.session.session import Session
from nnviz.ui.weights.colour_range import ColourRanges

ACTIVITY, DEAD = "activity", "dead neurons"  # names of the queries
PLANE, CURVE = 24, 60  # cells of a plane in each direction, places of a curve
_TIMES_ITS_COST = 9  # The query may take a tenth of a core's time.
_BETWEEN = 1.0  # seconds, at least, between two searches for dead neurons
_LARGEST_WITH_PLANES = 60_000  # Parameters. Evaluating a plane takes too long for a larger network.


class DiagramModel:
    """Queries the :class:`~engine.explain.contribution_paths.Activity` of the displayed network for the chosen
    output and its dead neurons, and keeps the ranges of the colours of its weights."""

    def __init__(self, session: Session) -> None:
        self._displayed, self._runs, self._data = session.displayed, session.runs, session.data
        self._selection, self._question = session.selection, session.question
        self._query = Latest(
            self._request,
            TimeBudget(0, _TIMES_ITS_COST),
            quick=QUICK,
            size=lambda: self._displayed.network.shape,
            forget_on_new_run=True,
        )
        self._dead = Latest(self._dead_request, TimeBudget(_BETWEEN), forget_on_new_run=True)
        self._ranges: tuple[object, ...] = ()  # the ranges, and the run and the data that they are of
        session.queries.add({ACTIVITY: self._query, DEAD: self._dead})
        session.selection.neuron_changed.connect(self._query.look)

    @property
    def data(self) -> Dataset | None:
        """The data set, if the network fits it."""
        data = self._data.dataset
        return data if self._runs.current.misfit(data) is None else None

    @property
    def activity(self) -> Activity | None:
        """The latest activity; None if it is of a network of another shape."""
        known: Activity | None = self._query.result
        return known if known is not None and known.network.shape == self._displayed.network.shape else None

    @property
    def dead(self) -> frozenset[tuple[int, int]]:
        """The neurons, as layer and number, that were 0 for all examples when the displayed network was last tested."""
        found: tuple[list[int], frozenset[tuple[int, int]]] | None = self._dead.result
        return found[1] if found is not None and found[0] == self._displayed.network.shape else frozenset()

    def _dead_request(self) -> Request | None:
        network, data = self._displayed.network, self.data
        if data is None or (data.width, data.outputs) != (network.shape[0], network.shape[-1]):
            return None

        def work() -> tuple[list[int], frozenset[tuple[int, int]]]:
            layers = enumerate(dead_neurons(network, data.train), start=1)
            found = ((layer, number) for layer, dead in layers for number in dead.nonzero()[0].tolist())
            return network.shape, frozenset(found)

        return RequestKey(network, data), work

    def limit(self, network: Network, layer: int) -> float:
        """Returns the weight of the last colour for a layer, from 1; see :class:`ColourRanges`."""
        run, data = self._runs.current, self.data
        made_for = run, tuple(network.shape), data is not None and data.is_picture
        if not self._ranges or self._ranges[1:] != made_for:
            first = next(iter(run.snapshots), None)
            fits = first is not None and network.shape == run.network.shape
            initial = run.network.with_parameters(first.parameters) if first is not None and fits else network
            self._ranges = ColourRanges(initial.weights, made_for[2]), *made_for
        ranges = self._ranges[0]
        assert isinstance(ranges, ColourRanges)
        return ranges.end(layer - 1, network.weights[layer - 1])

    def _request(self) -> Request | None:
        network, dataset = self._displayed.network, self._data.dataset
        example = self._question.example_of_width(network.shape[0])
        chosen = self._selection.neuron
        output = chosen if chosen is not None and chosen.layer == len(network.weights) else None
        of_numbers = dataset is not None and not dataset.is_classification
        target = 0 if of_numbers else None  # of several numbers the first, as the answer has it
        if output is not None and output.number < network.shape[-1]:
            target = output.number
        region = None if dataset is None or len(network.parameters) >= _LARGEST_WITH_PLANES else region_of(dataset)
        has_region = dataset is not None and dataset.width == network.shape[0]

        def work() -> Activity:
            activity = compute_activity(network, example, target)
            if region is None or not has_region:
                return activity
            places = region.places(CURVE if isinstance(region, Span) else PLANE, network.parameters.dtype)
            return replace(activity, planes=activation_planes(network, places))

        return RequestKey(network, example, output), work
