"""Predictions for the user examples, and the change of the test error since the network was trained on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PyQt5.QtCore import QObject

from engine.basics.validation import Array
from engine.datasets import Dataset, Split
from engine.datasets.user_examples import UserExamples
from engine.explain.predictions import NumberPredictions, Predictions, predict_in_steps
from engine.network.network import Network
from nnviz.jobs.latest import Latest, Request, RequestKey
from nnviz.jobs.timing import TimeBudget
from nnviz.session.session import Session

PREDICTIONS, TEST_SET = "own examples", "test set next to them"
_SECONDS_BETWEEN = 0.5  # at least, between two computations
_PREDICTION_TIMES, _TEST_SET_TIMES = 19, 39  # the queries may take a twentieth and a fortieth of a core's time


@dataclass(frozen=True, eq=False)
class UserExamplePredictions:
    """Predictions for the user examples.

    Attributes:
        own: the examples.
        split: the examples as the network's inputs.
        outputs: (k, outputs) predictions; of a regression in the units of the targets.
        targets: (k, outputs) true values, in the same units.
        error: share of wrong predictions; of a regression the root mean squared error.
    """

    own: UserExamples
    split: Split
    outputs: Array
    targets: Array
    error: float

    @property
    def are_wrong(self) -> Array:
        """Whether each predicted class is wrong, (k,) bool; False for a regression."""
        if self.split.labels is None:
            return np.zeros(len(self.split), bool)
        wrong: Array = self.outputs.argmax(axis=1) != self.split.labels
        return wrong


@dataclass(frozen=True)
class TestSetChange:
    """The error on the test set, and its change since the network was first trained on user examples.

    Attributes:
        error: as in :class:`UserExamplePredictions`.
        before: the error before that training; None if the network was not trained on user examples in this window.
        forgotten, learned: number of examples that were right before and are wrong now, and the reverse; None for a
            regression, and if ``before`` is None.
        by_class: (classes,) forgotten examples of each class; None if ``forgotten`` is.
    """

    error: float
    before: float | None = None
    forgotten: int | None = None
    learned: int | None = None
    by_class: Array | None = None


class UserExampleQueries(QObject):
    """Queries the displayed network's predictions for the user examples, and its error on the test set next to them."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._examples, self._displayed = session.user_examples, session.displayed
        self._runs, self._data = session.runs, session.data
        self._comparison = _TestSetComparison()
        budget = TimeBudget(_SECONDS_BETWEEN, _PREDICTION_TIMES)
        predictions = Latest(self._request_predictions, budget, forget_on_new_run=True)
        budget = TimeBudget(_SECONDS_BETWEEN, _TEST_SET_TIMES)
        test_set = Latest(self._request_test_set, budget, self._comparison.release, forget_on_new_run=True)
        session.queries.add({PREDICTIONS: predictions, TEST_SET: test_set})
        self._examples.changed.connect(predictions.hurry)
        for query in (predictions, test_set):
            # Their time budgets are long: a pause must not wait for them.
            session.training.state_changed.connect(query.hurry)

    def _request_predictions(self) -> Request | None:
        kept, data, network = self._examples.examples, self._data.dataset, self._displayed.network
        if not kept or data is None or self._runs.current.misfit(data) is not None:
            return None
        return RequestKey(network, kept, data), lambda: predict_user_examples(network, kept, data)

    def _request_test_set(self) -> Request | None:
        before, data, network = self._examples.before, self._data.dataset, self._displayed.network
        if data is None or not self._examples.count or self._runs.current.misfit(data) is not None:
            return None
        test = data.test
        if test is None:
            return None
        earlier = None if before is None else before.network
        return RequestKey(earlier, network, test), lambda: self._comparison.compare(earlier, network, test, data)


def predict_user_examples(network: Network, own: UserExamples, data: Dataset) -> UserExamplePredictions:
    """Returns the network's predictions for user examples. Raises DataError if the examples do not fit the data."""
    split = own.split_for(data)
    outputs, targets = network.predict(split.inputs), split.targets.astype(np.float64)
    if split.labels is not None:
        error = float((outputs.argmax(axis=1) != split.labels).mean())
    else:
        outputs, targets = data.raw_targets(outputs), data.raw_targets(targets)
        error = float(np.sqrt(np.square(outputs - targets).mean()))
    return UserExamplePredictions(own, split, outputs, targets, error)


class _TestSetComparison:
    """Compares two networks on the test set, and keeps the predictions of the earlier one, which do not change."""

    def __init__(self) -> None:
        self._about: RequestKey | None = None
        self._answers: Predictions | None = None

    def compare(self, before: Network | None, now: Network, test: Split, data: Dataset) -> TestSetChange:
        """Returns the change of the test error between two networks. Runs in the query's thread."""
        answers = predict_split(now, test)
        if before is None:
            return TestSetChange(_error(answers, data))
        about = RequestKey(before, test)
        if self._answers is None or self._about != about:
            self._about, self._answers = about, predict_split(before, test)
        return compare_predictions(self._answers, answers, data)

    def release(self) -> None:
        """Drops the kept predictions. Runs in the query's thread."""
        self._about = self._answers = None


def compare_predictions(before: Predictions, now: Predictions, data: Dataset) -> TestSetChange:
    """Returns the change between two predictions of the same examples."""
    if isinstance(before, NumberPredictions) or isinstance(now, NumberPredictions):
        return TestSetChange(_error(now, data), _error(before, data))
    forgotten = ~before.are_wrong & now.are_wrong
    by_class = np.bincount(now.labels[forgotten], minlength=data.outputs)
    learned = int((before.are_wrong & ~now.are_wrong).sum())
    return TestSetChange(_error(now, data), _error(before, data), int(forgotten.sum()), learned, by_class)


def _error(answers: Predictions, data: Dataset) -> float:
    if not isinstance(answers, NumberPredictions):
        return float(answers.are_wrong.mean())
    spread = 1.0 if data.target_scaling is None else data.target_scaling.spread
    return float(np.sqrt(np.square(answers.errors * spread).mean()))


def predict_split(network: Network, split: Split) -> Predictions:
    """Returns the network's predictions for every example of a split."""
    steps = predict_in_steps(network, split)
    while True:
        try:
            next(steps)
        except StopIteration as finished:
            answers: Predictions = finished.value
            return answers
