"""What the network diagram needs computed: what lights up for the current example, and what contributes."""

from __future__ import annotations

from dataclasses import replace

from engine.explain.contribution_paths import Activity, activation_planes, compute_activity
from nnviz.jobs.latest import QUICK, Latest, Request, RequestKey
from nnviz.jobs.pace import Budget
from nnviz.session import question as asking
from nnviz.session.current_example import CurrentExample
from nnviz.session.data import Data
from nnviz.session.displayed import Displayed
from nnviz.session.runs import Runs
from nnviz.session.selection import Selection

_TIMES_ITS_COST = 9  # the work may take a tenth of a core's time


PLANE = 24  # cells of a plane in each direction
_LARGEST_WITH_PLANES = 60_000  # parameters: larger networks take too long at so many points


def activity_probe(
    displayed: Displayed, question: asking.Question, selection: Selection, runs: Runs, data: Data
) -> Latest:
    """The probe of an :class:`~engine.explain.contribution_paths.Activity`: of the current example, for the chosen
    output."""
    current = CurrentExample(question, selection, data)

    def ask() -> Request | None:
        network, dataset = displayed.network, data.dataset
        example = current.inputs(network.shape[0])
        chosen = selection.neuron
        output = chosen if chosen is not None and chosen.layer == len(network.weights) else None
        target = None if output is None or output.number >= network.shape[-1] else output.number
        has_plane = network.shape[0] == 2 and len(network.parameters) < _LARGEST_WITH_PLANES

        def work() -> Activity:
            activity = compute_activity(network, example, target)
            if not has_plane or dataset is None or dataset.is_picture or dataset.width != 2:
                return activity
            return replace(activity, planes=activation_planes(network, *dataset.train.bounds, PLANE))

        return RequestKey(network, example, output), work

    probe = Latest(ask, Budget(0, _TIMES_ITS_COST), quick=QUICK, size=lambda: displayed.network.shape)
    for signal in (selection.neuron_changed, selection.example_changed):
        signal.connect(probe.look)
    for signal in (runs.replaced, data.changed):
        signal.connect(probe.forget)
    return probe
