"""Predictions of the compared runs: of each for the current input, and of two for all examples of the test set.

In a group of seeds every run predicts the current input; its median run predicts the test set.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

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

COMPARED_PREDICTIONS, DISAGREEMENT = "predictions of compared runs", "disagreements of two runs"


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
        self.predictions = Latest(self._ask_predictions)
        self.disagreement = Latest(self._ask_disagreement)
        session.queries.add({COMPARED_PREDICTIONS: self.predictions, DISAGREEMENT: self.disagreement})
        for query in (self.predictions, self.disagreement):
            session.comparison.changed.connect(query.look)

    def _ask_predictions(self) -> Request | None:
        example, runs = self._question.example, self._comparison.runs
        if example is None or not runs:
            return None
        rows = None if self._question.is_drawn else self._data.dataset

        def work() -> list[list[Array | None]]:
            return [[_predict(each.network, example, rows) for each in run.members] for run in runs]

        return RequestKey(example, runs, rows), work

    def _ask_disagreement(self) -> Request | None:
        runs, dataset = self._comparison.pair, self._data.dataset
        if runs is None or dataset is None or not can_disagree(runs, dataset):
            return None
        part = compared_split(dataset)
        one, other = (run.network for run in runs)
        assert one is not None
        assert other is not None

        def work() -> Generator[int, None, Disagreement]:
            found: list[Any] = []
            for network in (one, other):
                found.append((yield from predict_in_steps(network, part.split)))
            return Disagreement(runs, (found[0], found[1]), part)

        return RequestKey(one, other, part.split), work


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
