"""The fields of the window without a window: checked when made, and what follows from what."""

from __future__ import annotations

import numpy as np
import pytest

from engine.datasets import Dataset
from engine.errors import SettingError
from engine.events import Epoch
from engine.network import Network
from nnviz.session.configuration import Configuration, Layer, configuration_of
from nnviz.session.run import new_run
from nnviz.session.state import Progress


def test_what_stands_there_at_first() -> None:
    usual = Configuration()
    assert usual.shape == (784, 64, 32, 10)
    assert usual.activations == ["relu", "relu", "softmax"]
    assert usual.training_settings().epochs == usual.epochs == 20


@pytest.mark.parametrize(
    "fields",
    [
        {"layers": (Layer(0),)},
        {"layers": (Layer(3, "magic"),)},
        {"inputs": 0},
        {"learning_rate": float("nan")},
        {"learning_rate": -1},
        {"batch_size": 0},
        {"batch_size": 2.5},
        {"epochs": -1},
        {"seed": -1},
    ],
)
def test_what_breaks_its_rule_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(SettingError):
        Configuration().changed(**fields)


def test_whole_numbers_are_whole() -> None:
    made = Configuration().changed(batch_size=50.0, epochs=3.0, seed=7.0)
    assert all(isinstance(number, int) for number in (made.batch_size, made.epochs, made.seed))


def test_layers_that_stay_keep_their_activation() -> None:
    made = Configuration(layers=(Layer(5, "sigmoid"), Layer(6)))
    assert made.with_shape((784, 9, 10)).layers == (Layer(9, "sigmoid"),)
    assert made.with_shape((784, 1, 2, 3, 10)).layers == (Layer(1, "sigmoid"), Layer(2), Layer(3))
    assert made.with_shape((784, 10)).layers == ()
    assert Configuration(layers=()).with_shape((784, 4, 10)).layers == (Layer(4),)
    with pytest.raises(SettingError, match="784 inputs"):
        made.with_shape((700, 9, 10))


def test_the_seed_makes_the_network() -> None:
    one, same, other = (Configuration().changed(seed=seed).build().parameters for seed in (3, 3, 4))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


def test_what_makes_another_network() -> None:
    usual = Configuration()
    assert usual.same_network(usual.changed(learning_rate=1, batch_size=7, epochs=1))
    for fields in ({"seed": 2}, {"layers": (Layer(64),)}, {"layers": (Layer(64, "sigmoid"), Layer(32))}, {"inputs": 4}):
        assert not usual.same_network(usual.changed(**fields))


def test_it_follows_the_data_and_an_opened_network(few_digits: Dataset) -> None:
    opened = Network([4, 7, 3], ["sigmoid", "sigmoid"])
    described = configuration_of(opened, Configuration().changed(learning_rate=0.7))
    assert described.shape == (4, 7, 3)
    assert described.layers == (Layer(7, "sigmoid"),)
    assert described.learning_rate == 0.7
    assert described.for_dataset(few_digits).shape == (784, 7, 10)


# ---- a run


def test_what_is_unsaved() -> None:
    run = new_run(Configuration())
    assert run.untouched
    assert not run.unsaved
    assert run.title == "untitled"
    run.changes = 1
    assert run.unsaved
    assert not run.untouched
    run.saved_changes = 1
    assert not run.unsaved
    run.changes = 2
    assert run.unsaved


def test_a_run_remembers_its_past() -> None:
    run = new_run(Configuration().changed(seed=5))
    run.add_epoch(3, Epoch(3, None, None, 0.1), "digits")
    assert run.network.provenance == {"data": "digits", "epochs": 3, "seed": 5}
    assert run.tape.completed == 3


def test_progress() -> None:
    assert Progress().epochs_done == 0
    assert Progress(epoch=1, epochs=4, batch=0, batches=10).epochs_done == 0
    assert Progress(epoch=3, epochs=4, batch=5, batches=10).epochs_done == 2.5
    assert Progress(epoch=4, epochs=4, batch=10, batches=10).epochs_done == 4
