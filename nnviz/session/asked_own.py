"""What the displayed network answers to one's own examples; and of the test part, what it has forgotten meanwhile."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.basics.validation import Array
from engine.datasets import Dataset, Split
from engine.datasets.user_examples import UserExamples
from engine.explain.predictions import NumberPredictions, Predictions, predict_in_steps
from engine.network.network import Network
from nnviz.jobs.latest import Latest, Request, RequestKey
from nnviz.jobs.pace import Budget
from nnviz.session.data import Data
from nnviz.session.displayed import Displayed
from nnviz.session.own import Own
from nnviz.session.runs import Runs

OWN, TESTED = "own examples", "test part beside them"
_SECONDS_BETWEEN = 0.5  # at least, between two computations
_OWN_TIMES, _TESTED_TIMES = 19, 39  # they may take a twentieth, and a fortieth, of a core's time


@dataclass(frozen=True, eq=False)
class OwnAnswers:
    """The answers to one's own examples.

    Attributes:
        own: the examples.
        split: the same as the network is shown them.
        outputs: (k, outputs) the answers; numbers in the units of the targets.
        targets: (k, outputs) what they should be, likewise.
        error: the share of wrong answers; of numbers the root of the mean squared difference.
    """

    own: UserExamples
    split: Split
    outputs: Array
    targets: Array
    error: float

    @property
    def are_wrong(self) -> Array:
        """(k,) which answers are another class than the true one; of numbers none."""
        if self.split.labels is None:
            return np.zeros(len(self.split), bool)
        wrong: Array = self.outputs.argmax(axis=1) != self.split.labels
        return wrong


@dataclass(frozen=True)
class Tested:
    """The test part beside one's own examples, and what training on these has done to it since that began.

    Attributes:
        error: as in :class:`OwnAnswers`.
        before: the error before they were trained on; None if they were not, in this window.
        forgotten, learned: how many examples were right before and are wrong now, and the other way round; None for
            numbers, and where there is no before.
        by_class: (classes,) how many of each class were forgotten; None likewise.
    """

    error: float
    before: float | None = None
    forgotten: int | None = None
    learned: int | None = None
    by_class: Array | None = None


def own_probes(own: Own, displayed: Displayed, runs: Runs, data: Data) -> dict[str, Latest]:
    """The two probes."""
    past = _Before()

    def answers() -> Request | None:
        kept, dataset, network = own.kept, data.dataset, displayed.network
        if not kept or dataset is None or runs.current.misfit(dataset) is not None:
            return None
        return RequestKey(network, kept, dataset), lambda: own_answers(network, kept, dataset)

    def tested() -> Request | None:
        before, dataset, network = own.before, data.dataset, displayed.network
        test = None if dataset is None or not own.count or runs.current.misfit(dataset) is not None else dataset.test
        if dataset is None or test is None:
            return None
        past_network = None if before is None else before.network
        return RequestKey(past_network, network, test), lambda: past.compare(past_network, network, test, dataset)

    probes = {
        OWN: Latest(answers, Budget(_SECONDS_BETWEEN, _OWN_TIMES)),
        TESTED: Latest(tested, Budget(_SECONDS_BETWEEN, _TESTED_TIMES), past.release),
    }
    own.changed.connect(probes[OWN].hurry)
    for probe in probes.values():
        for signal in (runs.replaced, data.changed):
            signal.connect(probe.forget)
    return probes


def own_answers(network: Network, own: UserExamples, data: Dataset) -> OwnAnswers:
    """The network's answers to examples of one's own. Raises DataError if they are not of the data's kind."""
    split = own.split_for(data)
    outputs, targets = network.predict(split.inputs), split.targets.astype(np.float64)
    if split.labels is not None:
        error = float((outputs.argmax(axis=1) != split.labels).mean())
    else:
        outputs, targets = data.raw_targets(outputs), data.raw_targets(targets)
        error = float(np.sqrt(np.square(outputs - targets).mean()))
    return OwnAnswers(own, split, outputs, targets, error)


class _Before:
    """Keeps the answers of the network of before to the test part: only those of now change."""

    def __init__(self) -> None:
        self._about: RequestKey | None = None
        self._answers: Predictions | None = None

    def compare(self, before: Network | None, now: Network, test: Split, data: Dataset) -> Tested:
        """Runs in the lane's thread."""
        answers = all_answers(now, test)
        if before is None:
            return Tested(_error(answers, data))
        about = RequestKey(before, test)
        if self._answers is None or self._about != about:
            self._about, self._answers = about, all_answers(before, test)
        return difference(self._answers, answers, data)

    def release(self) -> None:
        """Drops what is kept. Runs in the lane's thread."""
        self._about = self._answers = None


def difference(before: Predictions, now: Predictions, data: Dataset) -> Tested:
    """What has changed from some answers to others to the same examples."""
    if isinstance(before, NumberPredictions) or isinstance(now, NumberPredictions):
        return Tested(_error(now, data), _error(before, data))
    forgotten = ~before.are_wrong & now.are_wrong
    by_class = np.bincount(now.labels[forgotten], minlength=data.outputs)
    learned = int((before.are_wrong & ~now.are_wrong).sum())
    return Tested(_error(now, data), _error(before, data), int(forgotten.sum()), learned, by_class)


def _error(answers: Predictions, data: Dataset) -> float:
    if not isinstance(answers, NumberPredictions):
        return float(answers.are_wrong.mean())
    spread = 1.0 if data.target_scaling is None else data.target_scaling.spread
    return float(np.sqrt(np.square(answers.errors * spread).mean()))


def all_answers(network: Network, split: Split) -> Predictions:
    """The network's answers to every example of a split."""
    steps = predict_in_steps(network, split)
    while True:
        try:
            next(steps)
        except StopIteration as finished:
            answers: Predictions = finished.value
            return answers
