"""The duration of a run with the settings of the fields, measured on a few of its steps in the background."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject, pyqtSignal

from engine.basics.errors import EngineError
from engine.basics.validation import parameter_count
from engine.datasets import Dataset
from engine.experiment import Experiment
from engine.training.events import Batch
from engine.training.metrics import Evaluator
from nnviz.formatting import text
from nnviz.jobs.latest import Latest, Request, RequestKey
from nnviz.session.status import Status

if TYPE_CHECKING:
    from nnviz.session.session import Session

RUN_ESTIMATE = "duration of a run"
_LONG = 120.0  # seconds; shorter runs are not announced
# Operations of a run that a slow core computes in two minutes. Runs of fewer are not measured.
_MANY = 1e12
_OF_A_PARAMETER = 6  # operations for each parameter and example: forward, gradient of the inputs, of the weights
_OF_A_PIXEL = 500  # operations that distorting a pixel takes as long as
_OF_A_STEP = 200_000  # operations that a step takes as long as, besides
_SECONDS, _PIECES, _FIRST = 0.5, 40, 3  # time and pieces of work that are enough to measure, after the first few
_MOST_EXAMPLES = 200  # in a piece, between which measuring can be stopped


class RunEstimate(QObject):
    """Measures how long a run with the settings of the fields would take, if that may be long.

    Signals:
        changed: ``text`` may have changed.
    """

    changed = pyqtSignal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._data, self._settings, self._training = session.data, session.settings, session.training
        self._sweeps = session.sweeps
        self._query = Latest(self._request)
        session.queries.add({RUN_ESTIMATE: self._query})
        session.settings.changed.connect(self._query.look)
        self._query.changed.connect(self.changed)

    @property
    def text(self) -> str:
        """The duration of a long run: "about 57 min for 150 epochs"; empty if it is short or not known."""
        seconds = self._query.result if self._query.is_up_to_date else None
        if seconds is None or seconds < _LONG:
            return ""
        training = self._settings.experiment.training
        about = "at most about" if training.patience else "about"
        return f"{about} {text.roughly(seconds)} for {text.count(training.epochs)} epochs"

    def _request(self) -> Request | None:
        """Returns the request for the seconds of a run.

        None while others compute, which would slow it down, and for a paused run, which knows itself how long it takes.
        """
        dataset, experiment, training = self._data.dataset, self._settings.experiment, self._training
        is_busy = training.will_start or self._sweeps.plan_progress is not None or training.state is Status.TRAINING
        if dataset is None or self._data.loading or is_busy or self._settings.problems:
            return None
        if training.is_in_progress and not training.starts_new_network:
            return None
        if experiment.inputs != dataset.width or _operations(experiment, dataset) < _MANY:
            return None
        return RequestKey(dataset, experiment), lambda: _measured(experiment, dataset)


def _operations(experiment: Experiment, dataset: Dataset) -> float:
    """Returns about how many operations a run takes."""
    training, examples = experiment.training, experiment.examples(dataset)
    of_pixels = _OF_A_PIXEL * experiment.inputs if training.augmentation.is_active else 0
    of_example = _OF_A_PARAMETER * parameter_count(experiment.shape) + of_pixels
    return training.epochs * examples * (of_example + _OF_A_STEP / training.batch_size)


def _seconds_of_piece(pieces: Iterator[object]) -> Generator[None, None, float]:
    """Does a few pieces of work; yields after each. Returns the mean seconds of one."""
    start, count = 0.0, -_FIRST
    for _ in pieces:
        count += 1
        now = time.perf_counter()
        if count <= 0:
            start = now
        elif count == _PIECES or now - start > _SECONDS:
            break
        yield
    return (time.perf_counter() - start) / max(count, 1)


def _measured(experiment: Experiment, dataset: Dataset) -> Generator[None, None, float | None]:
    """Trains a new network for a few steps; yields after each. Returns the seconds of the run; None if it cannot be.

    Large batches are measured by smaller ones, as they take as long per example.
    """
    batch_size = min(experiment.training.batch_size, _MOST_EXAMPLES)
    try:
        trainer = experiment.changed(evaluate=False, patience=0, batch_size=batch_size).trainer(dataset)
        batches = (event for event in trainer.run() if isinstance(event, Batch))
        epoch = trainer.batches_per_epoch * (yield from _seconds_of_piece(batches))
        if experiment.training.evaluate:
            sample = trainer.dataset.train.head(_MOST_EXAMPLES)
            evaluator = Evaluator(trainer.network, sample, dataset.target_scaling)
            seconds = yield from _seconds_of_piece(iter(evaluator.evaluate, None))
            epoch += seconds * sum(map(len, trainer.dataset.splits.values())) / len(sample)
    except (EngineError, MemoryError):
        return None
    return experiment.training.epochs * epoch
