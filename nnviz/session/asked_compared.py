"""What the compared runs answer: each to what is asked about, and two of them to all examples of the test part.

Of a group of seeds each run answers to what is asked about; to all examples, the one in the middle.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.basics.validation import Array
from engine.datasets import Dataset
from engine.explain.predictions import ClassPredictions, predict_in_steps
from engine.network.network import Network
from nnviz.jobs.latest import Latest, Request, RequestKey
from nnviz.session.compared import Compared
from nnviz.session.comparison import Comparison
from nnviz.session.data import Data
from nnviz.session.part import Part
from nnviz.session.question import Question as Asked
from nnviz.session.question import ask
from nnviz.session.run import misfit_of

THEIR_ANSWERS, DISAGREEMENT = "answers of compared runs", "where two runs disagree"


@dataclass(frozen=True, eq=False)
class Disagreement:
    """The answers of two networks to the examples of a part.

    Attributes:
        pair: the two runs.
        answers: those of each, example by example.
        part: the part of the data.
    """

    pair: tuple[Compared, Compared]
    answers: tuple[ClassPredictions, ClassPredictions]
    part: Part

    @property
    def counts(self) -> Array:
        """(2, 2): rows: the first is right, is wrong; columns: the second likewise."""
        one, other = (each.are_wrong.astype(np.int64) for each in self.answers)
        return np.bincount(2 * one + other, minlength=4).reshape(2, 2)

    def examples(self, first_wrong: bool, second_wrong: bool) -> Array:
        """The numbers in the part of the examples of one cell, those first of which the first run is surest."""
        one, other = self.answers
        return one.among((one.are_wrong == first_wrong) & (other.are_wrong == second_wrong))


def compared_probes(comparison: Comparison, question: Asked, data: Data) -> dict[str, Latest]:
    """The two probes."""

    def answers() -> Request | None:
        example, runs = question.example, comparison.runs
        if example is None or not runs:
            return None
        rows = None if question.is_drawn else data.dataset

        def work() -> list[list[Array | None]]:
            return [[_answer(each.network, example, rows) for each in run.members] for run in runs]

        return RequestKey(example, runs, rows), work

    disagreeing = _Disagreeing(comparison, data)
    theirs, two = Latest(answers), Latest(disagreeing.question)
    for signal in (comparison.changed, data.changed):
        signal.connect(theirs.look)
        signal.connect(lambda: two.forget() if disagreeing.is_other_question() else two.look())
    return {THEIR_ANSWERS: theirs, DISAGREEMENT: two}


def _answer(network: Network | None, example: Array, rows: Dataset | None) -> Array | None:
    """None from a network that was trained with rows which mean something else."""
    if network is None or (rows is not None and misfit_of(network, network.description, rows) is not None):
        return None
    return ask(network, example)


class _Disagreeing:
    """Asks two networks about the test part; gives up as soon as another question comes."""

    def __init__(self, comparison: Comparison, data: Data) -> None:
        self._comparison, self._data = comparison, data
        self._latest: RequestKey | None = None

    def question(self) -> Request | None:
        """Notes what is asked now; what was asked before is given up then."""
        runs, dataset = self._comparison.pair, self._data.dataset
        if runs is None or dataset is None or not can_disagree(runs, dataset):
            self._latest = None
            return None
        part = part_of(dataset)
        key = RequestKey(runs[0].network, runs[1].network, part.split)
        if key != self._latest:
            self._latest = key
        latest = self._latest
        return latest, lambda: self._work(latest, runs, part)

    def is_other_question(self) -> bool:
        """Whether it is another one than before."""
        before = self._latest
        self.question()
        return before is not self._latest

    def _work(self, key: RequestKey, runs: tuple[Compared, Compared], part: Part) -> Disagreement | None:
        """Runs in the probe's thread. None if it was given up."""
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


def part_of(data: Dataset) -> Part:
    """The part that they are asked about: the test part, or else the first one there is."""
    name = "test" if data.test is not None else next(iter(data.splits))
    return Part(name, data.splits[name], name)


def can_disagree(runs: tuple[Compared, ...], data: Dataset) -> bool:
    """Whether each can be right or wrong about these data: they are classes, and the networks fit them."""
    networks = [run.network for run in runs if run.network is not None]
    return data.is_classification and all(misfit_of(each, each.description, data) is None for each in networks)
