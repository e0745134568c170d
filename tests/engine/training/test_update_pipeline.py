"""What a run is trained with is made ready once for each change, and not at all for another learning rate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine.training.augmentation import Augmenter
from engine.training.events import Batch
from engine.training.optimizers import SGD, Adam
from engine.training.rate_finder import RateFinder
from engine.training.regularisation import Penalties
from engine.training.settings import TrainingSettings
from engine.training.update_pipeline import UpdatePipeline
from tests.engine.helpers import bits, class_data, network_for, trainer
from tests.engine.training.test_resume import CASES

Made = Callable[[type], int]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Made:
    """How many of a class have been made since the last time that was asked."""
    counts = {UpdatePipeline: 0, Penalties: 0, Augmenter: 0, Adam: 0, SGD: 0}

    def count(kind: type) -> None:
        make = kind.__init__  # type: ignore[misc]

        def counted(self: object, *args: Any, **how: Any) -> None:
            counts[kind] += 1
            make(self, *args, **how)

        monkeypatch.setattr(kind, "__init__", counted)

    def since(kind: type) -> int:
        number, counts[kind] = counts[kind], 0
        return number

    for kind in counts:
        count(kind)
    return since


def test_a_sweep_makes_one_pipeline(made: Made) -> None:
    data = class_data(examples=300)
    settings = TrainingSettings(batch_size=10, optimizer="adam", l1=1e-4, dropout=0.2)
    finder = RateFinder(network_for(data), data, settings, batches=50)
    assert len(list(finder.run())) == 50
    assert (made(UpdatePipeline), made(Penalties), made(Adam)) == (1, 1, 1)


@pytest.mark.parametrize(
    "change",
    [
        {"learning_rate": 0.5},
        {"epochs": 7},
        {"warmup": 2.0},
        {"schedule": "step", "decay": 0.1, "decay_epochs": 1.0},
        {"learning_rate": 0.5, "schedule": "cosine"},
    ],
    ids=lambda change: "+".join(change),
)
def test_what_sets_the_rate_only_rebuilds_nothing(made: Made, change: dict[str, Any]) -> None:
    training = CASES["everything"].begin()
    steps = (event for event in training.run() if isinstance(event, Batch))
    next(steps)
    for kind in (UpdatePipeline, Augmenter, Adam):
        made(kind)
    training.change(replace(training.settings, **change))
    next(steps), next(steps)
    assert (made(UpdatePipeline), made(Augmenter), made(Adam)) == (0, 0, 0)


def test_any_other_change_makes_one_pipeline_which_the_next_step_takes(made: Made) -> None:
    training = trainer(epochs=5)
    steps = (event for event in training.run() if isinstance(event, Batch))
    next(steps)
    made(UpdatePipeline), made(Adam)
    training.change(replace(training.settings, optimizer="adam", l1=1e-4))
    next(steps), next(steps)
    assert (made(UpdatePipeline), made(Adam)) == (1, 1)


def test_a_changed_rate_is_the_rate_from_the_next_step_on() -> None:
    changed, other = trainer(learning_rate=0.5), trainer(learning_rate=0.25)
    runs = changed.run(), other.run()
    for run in runs:
        while not isinstance(event := next(run), Batch):
            pass
        assert event.batch == 1
    other.network.parameters[...] = changed.network.parameters
    changed.learning_rate = 0.25
    for run in runs:
        next(run)
    np.testing.assert_array_equal(changed.network.parameters, other.network.parameters)


def test_a_rate_may_be_changed_after_something_else_before_the_next_step() -> None:
    one, other = (trainer(optimizer="momentum", learning_rate=0.1) for _ in range(2))
    runs = one.run(), other.run()
    for run in runs:
        while not isinstance(next(run), Batch):
            pass
    one.change(replace(one.settings, dropout=0.4, momentum=0.5))
    one.learning_rate = 0.05
    other.change(replace(other.settings, dropout=0.4, momentum=0.5, learning_rate=0.05))
    for run in runs:
        next(run)
    assert bits(one.network) == bits(other.network)
