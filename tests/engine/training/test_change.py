"""Settings changed in the middle of a run."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine.basics.errors import SettingError
from engine.training.augmentation import Augmentation
from engine.training.events import Batch, Epoch
from engine.training.setting import Number
from engine.training.settings import TRAINING_SETTINGS
from tests.engine.helpers import bits, refused, trainer


@pytest.mark.parametrize(
    ("name", "value"), [("batch_size", 10), ("drop_last", False), ("validation_share", 0.2), ("seed", 5)]
)
def test_what_the_order_of_examples_depends_on_stays(name: str, value: Any) -> None:
    training = trainer()
    next(training.run())
    before = training.settings
    with refused(SettingError, name, repr(value)):
        training.change(replace(before, **{name: value}))
    assert training.settings is before


# Changes of settings whose example has no effect on a short run of a small network.
STRONG = {"clip_norm": 0.01, "max_norm": 0.5, "warmup": 5.0}
# Values that switch each setting on which may change and is off, except patience, which has no effect on a step.
SWITCHED_ON = {
    name: STRONG.get(name, float(setting.rule.example))
    for name, setting in TRAINING_SETTINGS.items()
    if setting.off is not None and not setting.is_fixed and name != "patience" and isinstance(setting.rule, Number)
}


@pytest.mark.parametrize(
    "change",
    [
        {"learning_rate": 0.05},
        {"schedule": "exponential", "decay": 0.1},
        {"optimizer": "adam"},
        *({name: value} for name, value in SWITCHED_ON.items()),
    ],
    ids=lambda change: next(iter(change)),
)
def test_everything_else_takes_effect_with_the_next_step(change: dict[str, Any]) -> None:
    changed, plain = trainer(learning_rate=0.5), trainer(learning_rate=0.5)
    runs = [(event for event in training.run() if isinstance(event, Batch)) for training in (changed, plain)]
    for run in runs:
        next(run), next(run)
    changed.change(replace(changed.settings, **change))
    assert bits(changed.network) == bits(plain.network)
    for run in runs:
        next(run)
    assert bits(changed.network) != bits(plain.network), f"{change} has no effect on a step"


def test_fewer_epochs_end_the_run_with_the_one_in_progress() -> None:
    training, epochs = trainer(epochs=9), []
    for event in training.run():
        if isinstance(event, Batch) and event.epoch == 3:
            training.change(replace(training.settings, epochs=2))
        if isinstance(event, Epoch):
            epochs.append(event.epoch)
    assert epochs == [0, 1, 2, 3]


def test_more_epochs_make_it_go_on() -> None:
    training = trainer(epochs=1)
    for event in training.run():
        if isinstance(event, Epoch) and event.epoch == 1:
            training.change(replace(training.settings, epochs=2))
    assert training.epoch == 2


@pytest.mark.parametrize(("after", "keeps"), [("nesterov", True), ("adam", False), ("sgd", False)])
def test_another_optimizer_goes_on_with_what_it_keeps_too(after: str, keeps: bool) -> None:
    training = trainer(optimizer="momentum")
    batches = (event for event in training.run() if isinstance(event, Batch))
    next(batches), next(batches)
    before = training.network.parameters.copy()
    training.change(replace(training.settings, optimizer=after, learning_rate=1e-30))
    next(batches)
    np.testing.assert_array_equal(training.network.parameters, before)  # the network is the same
    state = training.state()
    assert state.settings["optimizer"] == after
    assert (state.progress["steps"] == 3) == keeps
    assert ("optimizer.velocity" in state.vectors) == keeps


def test_settings_that_do_not_fit_the_data_are_refused_and_the_old_ones_stay() -> None:
    training = trainer()
    before = training.settings
    with refused(SettingError, "shift", "1"):
        training.change(replace(before, augmentation=Augmentation(shift=1)))
    assert training.settings is before
