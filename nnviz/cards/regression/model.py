"""Model of the regression pages: predictions for a sample of the examples, with the true targets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine import explain
from engine.basics.validation import Array
from engine.datasets import Dataset
from engine.network.network import Network
from nnviz.jobs.latest import Latest, Request, RequestKey
from nnviz.jobs.timing import TimeBudget
from nnviz.session.example_sets import ExampleSet
from nnviz.session.session import Session

PREDICTED = "predicted numbers"  # name of the query
MOST = 2000  # Examples. Larger data are sampled evenly.
_PARTS = ("test", "train")  # The first one gets at least half of the sample, if it has so many examples.
_SECONDS_BETWEEN, _TIMES_ITS_COST = 0.15, 19  # of computation; drawing takes a few milliseconds


@dataclass(frozen=True, eq=False)
class PredictedPart:
    """Sample of a part of the data.

    Attributes:
        part: the part.
        rows: (k,) indices of the examples in the part.
        true, predicted: (k, outputs) float64, in the units of the targets; predicted may be NaN or infinite.
    """

    part: ExampleSet
    rows: Array
    true: Array
    predicted: Array


@dataclass(frozen=True, eq=False)
class PredictedNumbers:
    """Predictions of a network for the parts of a data set, the test set first."""

    network: Network
    dataset: Dataset
    parts: tuple[PredictedPart, ...]

    @property
    def is_sample(self) -> bool:
        """Whether some examples are left out."""
        return any(len(each.rows) < each.part.count for each in self.parts)


class RegressionModel:
    """Queries :class:`PredictedNumbers` of the displayed network. There are none for classes or unsuitable data."""

    def __init__(self, session: Session) -> None:
        self._displayed, self._data, self._mistakes = session.displayed, session.data, session.mistakes
        self._query = Latest(self._request, TimeBudget(_SECONDS_BETWEEN, _TIMES_ITS_COST), forget_on_new_run=True)
        session.queries.add({PREDICTED: self._query})

    @property
    def predicted(self) -> PredictedNumbers | None:
        """The latest predictions for the current data set; None if there are none."""
        known: PredictedNumbers | None = self._query.result
        return known if known is not None and known.dataset is self._data.dataset else None

    def _request(self) -> Request | None:
        network, dataset, parts_by_name = self._displayed.network, self._data.dataset, self._mistakes.parts
        parts = [parts_by_name[name] for name in _PARTS if name in parts_by_name]
        if dataset is None or dataset.is_classification or not parts:
            return None
        return RequestKey(network, *parts), lambda: predicted_numbers(network, dataset, parts)


def predicted_numbers(network: Network, dataset: Dataset, parts: list[ExampleSet]) -> PredictedNumbers:
    """Returns predictions for at most :data:`MOST` examples of the parts."""
    found, room = [], MOST
    for number, part in enumerate(parts):
        left = room if number + 1 == len(parts) else max(room // 2, room - parts[number + 1].count)
        found.append(_predicted(network, dataset, part, min(part.count, left)))
        room -= len(found[-1].rows)
    return PredictedNumbers(network, dataset, tuple(found))


def _predicted(network: Network, dataset: Dataset, part: ExampleSet, count: int) -> PredictedPart:
    rows = np.linspace(0, part.count - 1, count).round().astype(np.intp)
    some = part.split.at(rows if part.rows is None else part.rows[rows])
    inputs = some.scaled_inputs(network.parameters.dtype)
    with np.errstate(all="ignore"):
        predicted = explain.forward(network, inputs).activations[-1].astype(np.float64)  # finite or not
        return PredictedPart(part, rows, dataset.raw_targets(some.targets), dataset.raw_targets(predicted))
