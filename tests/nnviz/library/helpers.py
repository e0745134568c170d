"""Runs to keep: small trainings on clouds of points, recorded to the end or to some place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.datasets import Dataset
from engine.experiment import Experiment
from engine.training.events import Batch, Event
from engine.training.history import History
from engine.training.trainer import Trainer
from nnviz.library import Library, Recording
from tests.engine.helpers import class_data, prices

DATA = class_data()  # 60 examples to learn from, 4 inputs, 3 classes


class Clock:
    """A clock that stands still unless it is set."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def an_experiment(data: Dataset = DATA, **settings: Any) -> Experiment:
    """Six epochs of six batches, with Adam, for data of any width."""
    made = Experiment().changed(hidden=(5,), epochs=6, batch_size=10, optimizer="adam", learning_rate=0.01)
    return made.for_data(data).changed(**settings)


def of_prices(seed: int = 0, **settings: Any) -> Experiment:
    """The same for a regression of one number."""
    return an_experiment(prices(seed), loss="quadratic", output="identity", **settings)


def record(
    library: Library,
    experiment: Experiment | None = None,
    data: Dataset = DATA,
    until: Callable[[Event], bool] = lambda event: False,
    finish: bool = True,
    history: History | None = None,
    **begun: Any,
) -> tuple[int, Trainer]:
    """Trains and records, to the end or to the event for which ``until`` is true; every batch takes 0.3 seconds."""
    made = an_experiment(data) if experiment is None else experiment
    trainer = made.trainer(data)
    run = library.begin(made, data.title, **begun)
    clock = Clock()
    recording = Recording(library, run, trainer, clock=clock)
    for event in trainer.run():
        recording.take_event(event)
        clock.now += 0.3
        if history is not None:
            history.take_event(event)
        if until(event):
            recording.pause()
            break
    if finish:
        recording.finish()
    else:
        recording.close()
    return run, trainer


def recorded(recording: Recording, clock: Clock, then: Callable[[Event], None] = lambda event: None) -> None:
    """Trains to the end; calls ``then`` after each event. Every batch takes 0.3 seconds."""
    for event in recording.trainer.run():
        recording.take_event(event)
        clock.now += 0.3
        then(event)
    recording.finish()


def in_epoch(epoch: int, batch: int) -> Callable[[Event], bool]:
    return lambda event: isinstance(event, Batch) and (event.epoch, event.batch) == (epoch, batch)


def trained_on(trainer: Trainer) -> Any:
    """The parameters after the rest of a training."""
    for _ in trainer.run():
        pass
    return trainer.network.parameters
