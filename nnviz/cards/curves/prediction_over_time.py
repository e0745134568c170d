"""Predictions of the current run's snapshots for the current input, computed in the background."""

from __future__ import annotations

from dataclasses import dataclass

from PyQt5.QtCore import QObject

from engine.basics.validation import Array
from engine.network.half_precision import pack_exactly
from engine.network.network import Network
from nnviz.jobs.latest import Latest, Request, RequestKey
from nnviz.jobs.timing import TimeBudget
from nnviz.session import question as asking
from nnviz.session.session import Session
from nnviz.session.snapshots import Snapshot

PAST_PREDICTIONS = "predictions over time"
_SECONDS_BETWEEN = 0.1  # at least, between two computations; they may take a tenth of a core's time
_MOST_SNAPSHOTS = 64  # whose predictions are computed


@dataclass(frozen=True)
class PastPredictions:
    """The finite predictions for the current input, (outputs,) each, and the epochs of their snapshots."""

    epochs: list[float]
    predictions: list[Array]


class PredictionOverTime(QObject):
    """Computes predictions of snapshots. It keeps known ones until the input changes.

    Attributes:
        query: its result is :class:`PastPredictions`; None without an input.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._displayed, self._question = session.displayed, session.question
        self._runs, self._data, self._compared = session.runs, session.data, session.side_by_side
        self._example: Array | None = None  # the input that the kept predictions are for
        self._known: dict[Snapshot, Array | None] = {}
        self.query = Latest(self._request, TimeBudget(_SECONDS_BETWEEN, 9), self._release, forget_on_new_run=True)
        session.queries.add({PAST_PREDICTIONS: self.query})
        session.runs.history_changed.connect(self.query.look)  # missing snapshots may be filled in
        self._compared.changed.connect(self.query.look)

    def _request(self) -> Request | None:
        """Returns the request for predictions of the current run's snapshots and of its live network."""
        example, run = asking.active_input(self._question, self._displayed, self._data), self._runs.current
        network = self._displayed.network
        if example is None:
            return None
        moment = self._displayed.snapshot
        live = network.parameters if moment is None else run.parameters
        second = self._compared.second_epoch
        compared = None if second is None else run.snapshots.nearest(second)
        wanted = [each for each in (moment, compared) if each is not None]
        past = sorted({*run.snapshots.spread(_MOST_SNAPSHOTS), *wanted}, key=lambda snapshot: snapshot.epochs)
        snapshots = (*past, Snapshot(run.epochs, pack_exactly(live, tuple(network.shape))))
        return RequestKey(example, live, moment, *past), lambda: self._predictions(network, example, snapshots)

    def _predictions(self, network: Network, example: Array, snapshots: tuple[Snapshot, ...]) -> PastPredictions:
        """Computes predictions that are not known yet. Runs in the query's thread, the only one with ``_known``."""
        before = self._known if self._example is example else {}
        known = {snapshot: before[snapshot] for snapshot in snapshots if snapshot in before}
        for snapshot in snapshots:
            if snapshot not in known:
                known[snapshot] = asking.predict(network.with_parameters(snapshot.parameters), example)
        self._example, self._known = example, known
        latest = {snapshot.epochs: known[snapshot] for snapshot in snapshots}  # in order; of each epoch the last one
        finite = {epochs: prediction for epochs, prediction in latest.items() if prediction is not None}
        return PastPredictions(list(finite), list(finite.values()))

    def _release(self) -> None:
        """Drops the snapshots, which are large. Runs in the query's thread."""
        self._example, self._known = None, {}
