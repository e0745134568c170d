"""What the displayed network predicts for some examples of a regression, beside the true numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine import explain
from engine.basics.validation import Array
from engine.datasets import Dataset
from engine.network.network import Network
from nnviz.jobs.latest import Latest, Request, RequestKey
from nnviz.jobs.pace import Budget
from nnviz.session.data import Data
from nnviz.session.displayed import Displayed
from nnviz.session.mistakes import Mistakes
from nnviz.session.part import Part
from nnviz.session.runs import Runs

PREDICTED = "predicted numbers"
MOST = 2000  # examples; of more, some that are spread evenly
_PARTS = ("test", "train")  # the first of them takes up to half of the room, the other one the rest
_SECONDS_BETWEEN, _TIMES_ITS_COST = 0.15, 19  # of computing; drawing takes a few milliseconds


@dataclass(frozen=True, eq=False)
class PredictedPart:
    """Some examples of a part.

    Attributes:
        part: the part.
        rows: (k,) their numbers in it.
        true, predicted: (k, outputs) float64, in the unit of the targets; predicted may be NaN or infinite.
    """

    part: Part
    rows: Array
    true: Array
    predicted: Array


@dataclass(frozen=True, eq=False)
class PredictedNumbers:
    """What one network predicts for one data set: the test part first."""

    network: Network
    dataset: Dataset
    parts: tuple[PredictedPart, ...]

    @property
    def is_sample(self) -> bool:
        """Whether there are more examples than these."""
        return any(len(each.rows) < each.part.count for each in self.parts)


def predicted_probe(displayed: Displayed, runs: Runs, data: Data, mistakes: Mistakes) -> dict[str, Latest]:
    """The probe of :class:`PredictedNumbers`; there are none where the network does not fit the data, or of classes."""

    def ask() -> Request | None:
        network, dataset = displayed.network, data.dataset
        parts = [mistakes.parts[name] for name in _PARTS if name in mistakes.parts]
        if dataset is None or dataset.is_classification or not parts:
            return None
        return RequestKey(network, *parts), lambda: predicted_numbers(network, dataset, parts)

    probe = Latest(ask, Budget(_SECONDS_BETWEEN, _TIMES_ITS_COST))
    for signal in (runs.replaced, data.changed):
        signal.connect(probe.forget)
    return {PREDICTED: probe}


def predicted_numbers(network: Network, dataset: Dataset, parts: list[Part]) -> PredictedNumbers:
    """Asks the network about at most :data:`MOST` examples of the parts, of which the first gets half of the room."""
    found, room = [], MOST
    for number, part in enumerate(parts):
        left = room if number + 1 == len(parts) else max(room // 2, room - parts[number + 1].count)
        found.append(_predicted(network, dataset, part, min(part.count, left)))
        room -= len(found[-1].rows)
    return PredictedNumbers(network, dataset, tuple(found))


def _predicted(network: Network, dataset: Dataset, part: Part, count: int) -> PredictedPart:
    rows = np.linspace(0, part.count - 1, count).round().astype(np.intp)
    some = part.split.at(rows if part.rows is None else part.rows[rows])
    inputs = some.take(slice(None), np.empty(some.inputs.shape, network.parameters.dtype))
    with np.errstate(all="ignore"):
        predicted = explain.forward(network, inputs).activations[-1].astype(np.float64)  # finite or not
        return PredictedPart(part, rows, dataset.raw_targets(some.targets), dataset.raw_targets(predicted))
