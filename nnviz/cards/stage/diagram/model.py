"""Model of the diagram card: activations and contributions for the current input."""

from __future__ import annotations

from dataclasses import replace

from engine.datasets import Dataset
from engine.explain.contribution_paths import Activity, activation_planes, compute_activity
from nnviz.jobs.latest import QUICK, Latest, Request, RequestKey
from nnviz.jobs.timing import TimeBudget
from nnviz.session.current_example import CurrentExample
from nnviz.session.session import Session

ACTIVITY = "activity"  # name of the query
PLANE = 24  # cells of a plane in each direction
_TIMES_ITS_COST = 9  # The query may take a tenth of a core's time.
_LARGEST_WITH_PLANES = 60_000  # Parameters. Evaluating a plane takes too long for a larger network.


class DiagramModel:
    """Queries the :class:`~engine.explain.contribution_paths.Activity` of the displayed network for the chosen
    output."""

    def __init__(self, session: Session) -> None:
        self._displayed, self._runs, self._data = session.displayed, session.runs, session.data
        self._selection = session.selection
        self._current = CurrentExample(session.question, session.selection, session.data)
        self._query = Latest(
            self._request,
            TimeBudget(0, _TIMES_ITS_COST),
            quick=QUICK,
            size=lambda: self._displayed.network.shape,
            forget_on_new_run=True,
        )
        session.queries.add({ACTIVITY: self._query})
        for signal in (session.selection.neuron_changed, session.selection.example_changed):
            signal.connect(self._query.look)

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

    def _request(self) -> Request | None:
        network, dataset = self._displayed.network, self._data.dataset
        example = self._current.inputs(network.shape[0])
        chosen = self._selection.neuron
        output = chosen if chosen is not None and chosen.layer == len(network.weights) else None
        target = None if output is None or output.number >= network.shape[-1] else output.number
        has_plane = network.shape[0] == 2 and len(network.parameters) < _LARGEST_WITH_PLANES

        def work() -> Activity:
            activity = compute_activity(network, example, target)
            if not has_plane or dataset is None or dataset.is_picture or dataset.width != 2:
                return activity
            return replace(activity, planes=activation_planes(network, *dataset.train.bounds, PLANE))

        return RequestKey(network, example, output), work
