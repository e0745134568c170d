"""Statistics of each layer's weights, biases, activations and gradients, computed in the background."""

from __future__ import annotations

from dataclasses import dataclass

from PyQt5.QtCore import QObject

from engine.training.distributions import LayerDistributions, LayerStatisticsEvaluator
from nnviz.jobs.latest import Latest, Request, RequestKey
from nnviz.jobs.timing import TimeBudget
from nnviz.session.session import Session

STATISTICS = "layer statistics"
_SECONDS_BETWEEN = 0.15  # at least, between two computations; they may take a twentieth of a core's time


@dataclass(frozen=True)
class LayerStatistics:
    """The distributions of every layer, of the displayed network and of the run's initial weights.

    Attributes:
        activations: name of the activation function of each layer.
        epoch: the displayed epoch if it is one of the past; None for the live network.
    """

    now: list[LayerDistributions]
    start: list[LayerDistributions]
    activations: list[str]
    epoch: float | None


class Distributions(QObject):
    """Computes layer statistics. It keeps the evaluator's buffers and the statistics of the initial weights.

    Attributes:
        query: its result is :class:`LayerStatistics`; None if the current network does not fit the data.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._displayed, self._runs, self._data = session.displayed, session.runs, session.data
        self._about: RequestKey | None = None  # the run and the data set of what is kept
        self._evaluator: LayerStatisticsEvaluator | None = None
        self._start: list[LayerDistributions] | None = None
        self.query = Latest(self._request, TimeBudget(_SECONDS_BETWEEN, 19), self._release, forget_on_new_run=True)
        session.queries.add({STATISTICS: self.query})

    def _request(self) -> Request | None:
        """Returns the request for statistics of the displayed network, on some training examples."""
        dataset, run, network = self._data.dataset, self._runs.current, self._displayed.network
        if dataset is None or run.misfit(dataset) is not None:
            return None
        examples, at_start = dataset.train, run.parameters_at_start
        epoch = None if self._displayed.is_live else self._displayed.epochs

        def work() -> LayerStatistics:
            """Computes the statistics. Runs in the query's thread, the only one that uses what is kept."""
            about = RequestKey(run, dataset)
            if self._about != about:
                self._about, self._evaluator, self._start = about, None, None
            evaluator = self._evaluator = self._evaluator or LayerStatisticsEvaluator(network, examples)
            if self._start is None:
                self._start = evaluator.evaluate(network.with_parameters(at_start()))
            return LayerStatistics(evaluator.evaluate(network), self._start, network.activations, epoch)

        return RequestKey(network, dataset), work

    def _release(self) -> None:
        """Drops the buffers, which are large. Runs in the query's thread."""
        self._evaluator = None
