"""The duration of a run with the settings of the fields, measured on a few of its steps in the background."""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject, pyqtSignal

from engine.basics.errors import EngineError
from engine.basics.validation import parameter_count
from engine.datasets import Dataset
from engine.experiment import Experiment
from engine.training.events import Batch
from engine.training.metrics import Evaluator
from engine.training.trainer import Trainer
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
_SECONDS, _STEPS, _FIRST = 0.5, 40, 3  # time and steps that are enough to measure, after the first few
_EVALUATED = 2000  # examples on which the evaluation is measured


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
        """Returns the request for the seconds of a run. None while others compute, which would slow it down."""
        dataset, experiment = self._data.dataset, self._settings.experiment
        trains = self._training.state is Status.TRAINING or self._training.will_start
        is_busy = trains or self._sweeps.plan_progress is not None
        if dataset is None or self._data.loading or is_busy or self._settings.problems:
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


def _seconds_of_step(trainer: Trainer) -> Generator[None, None, float]:
    start, steps = 0.0, -_FIRST
    for event in trainer.run():
        steps += isinstance(event, Batch)
        now = time.perf_counter()
        if steps <= 0:
            start = now
        elif steps == _STEPS or now - start > _SECONDS:
            break
        yield
    return (time.perf_counter() - start) / max(steps, 1)


def _measured(experiment: Experiment, dataset: Dataset) -> Generator[None, None, float | None]:
    """Trains a new network for a few steps; yields after each. Returns the seconds of the run; None if it cannot be."""
    try:
        trainer = experiment.changed(evaluate=False, patience=0).trainer(dataset)
        step = yield from _seconds_of_step(trainer)
        epoch = trainer.batches_per_epoch * step
        if experiment.training.evaluate:
            sample = trainer.dataset.train.head(_EVALUATED)
            start = time.perf_counter()
            Evaluator(trainer.network, sample, dataset.target_scaling).evaluate()
            measured = sum(map(len, trainer.dataset.splits.values()))
            epoch += (time.perf_counter() - start) * measured / len(sample)
    except (EngineError, MemoryError):
        return None
    return experiment.training.epochs * epoch
