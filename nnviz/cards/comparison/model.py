"""Predictions of the compared runs: of each for the current input, and of two for all examples of the test set.

In a group of seeds every run predicts the current input; its median run predicts the test set.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.basics.validation import Array
from engine.datasets import Dataset
from engine.explain.predictions import ClassPredictions, predict_in_steps
from engine.network.network import Network
from nnviz.jobs.latest import Latest, Request, RequestKey
from nnviz.session.compared_run import ComparedRun
from nnviz.session.example_sets import ExampleSet
from nnviz.session.question import predict
from nnviz.session.run import misfit_of
from nnviz.session.session import Session

COMPARED_PREDICTIONS, DISAGREEMENT = "answers of compared runs", "where two runs disagree"


@dataclass(frozen=True, eq=False)
class Disagreement:
    """The predictions of two networks for the examples of a split.

    Attributes:
        pair: the two runs.
        answers: the predictions of each, by example.
        part: the split.
    """

    pair: tuple[ComparedRun, ComparedRun]
    answers: tuple[ClassPredictions, ClassPredictions]
    part: ExampleSet

    @property
    def counts(self) -> Array:
        """(2, 2) numbers of examples: rows for the first run (right, wrong), columns for the second."""
        one, other = (each.are_wrong.astype(np.int64) for each in self.answers)
        return np.bincount(2 * one + other, minlength=4).reshape(2, 2)

    def examples(self, first_wrong: bool, second_wrong: bool) -> Array:
        """Returns the numbers in the split of the examples of one cell, the first run's most confident predictions
        first.
        """
        one, other = self.answers
        return one.among((one.are_wrong == first_wrong) & (other.are_wrong == second_wrong))


class ComparedPredictions:
    """The predictions of compared runs, computed in the background.

    Attributes:
        predictions: the query of the predictions of each run for the current input.
        disagreement: the query of a :class:`Disagreement` of two runs.
    """

    def __init__(self, session: Session) -> None:
        self._question, self._comparison, self._data = session.question, session.comparison, session.data
        self._latest: RequestKey | None = None  # of the disagreement: another request stops its work
        self._shown: RequestKey | None = None  # key of the disagreement that the result may be shown for
        self.predictions = Latest(self._ask_predictions)
        self.disagreement = Latest(self._ask_disagreement)
        session.queries.add({COMPARED_PREDICTIONS: self.predictions, DISAGREEMENT: self.disagreement})
        for signal in (session.comparison.changed, session.data.changed):
            signal.connect(self.predictions.look)
            signal.connect(self._look_at_disagreement)

    def _ask_predictions(self) -> Request | None:
        example, runs = self._question.example, self._comparison.runs
        if example is None or not runs:
            return None
        rows = None if self._question.is_drawn else self._data.dataset

        def work() -> list[list[Array | None]]:
            return [[_predict(each.network, example, rows) for each in run.members] for run in runs]

        return RequestKey(example, runs, rows), work

    def _look_at_disagreement(self) -> None:
        self._ask_disagreement()
        if self._latest is self._shown:
            self.disagreement.look()
        else:
            self._shown = self._latest
            self.disagreement.forget()

    def _ask_disagreement(self) -> Request | None:
        """Returns the request for the current pair of runs, and notes its key."""
        runs, dataset = self._comparison.pair, self._data.dataset
        if runs is None or dataset is None or not can_disagree(runs, dataset):
            self._latest = None
            return None
        part = compared_split(dataset)
        key = RequestKey(runs[0].network, runs[1].network, part.split)
        if key != self._latest:
            self._latest = key
        latest = self._latest
        return latest, lambda: self._compute_disagreement(latest, runs, part)

    def _compute_disagreement(
        self, key: RequestKey, runs: tuple[ComparedRun, ComparedRun], part: ExampleSet
    ) -> Disagreement | None:
        """Runs in the query's thread. Returns None if another request came meanwhile."""
        found = []
        for run in runs:
            assert run.network is not None
            steps = predict_in_steps(run.network, part.split)
            while self._latest is key:
                try:
                    next(steps)
                except StopIteration as finished:
                    found.append(finished.value)
                    break
        return Disagreement(runs, (found[0], found[1]), part) if len(found) == len(runs) else None


def _predict(network: Network | None, example: Array, rows: Dataset | None) -> Array | None:
    """Returns None for a network that was trained with rows whose columns have another meaning."""
    if network is None or (rows is not None and misfit_of(network, network.description, rows) is not None):
        return None
    return predict(network, example)


def compared_split(data: Dataset) -> ExampleSet:
    """Returns the split on which runs are compared: the test set, or the first one that exists."""
    name = "test" if data.test is not None else next(iter(data.splits))
    return ExampleSet(name, data.splits[name], name)


def can_disagree(runs: tuple[ComparedRun, ...], data: Dataset) -> bool:
    """Whether the runs can be right or wrong: the data have classes and fit the networks."""
    networks = [run.network for run in runs if run.network is not None]
    return data.is_classification and all(misfit_of(each, each.description, data) is None for each in networks)
