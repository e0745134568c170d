"""What trains can be pickled and deep-copied, in the middle and at the end of an epoch, and learns on to the bit."""

from __future__ import annotations

import copy
import itertools
import pickle
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine.datasets import Dataset
from engine.network.buffers import TrainingBuffers
from engine.network.network import Network
from engine.training.augmentation import Augmentation, Augmenter
from engine.training.distributions import LayerStatisticsEvaluator
from engine.training.events import Batch, BestRestored, Epoch, Evaluating, Event
from engine.training.optimizers import OPTIMIZERS
from engine.training.rate_finder import RateFinder
from engine.training.settings import TrainingSettings
from engine.training.trainer import Trainer
from tests.engine.helpers import bits, class_data, network_for
from tests.engine.training.test_resume import CLASSES, pictures, reported

COPIES: dict[str, Callable[[Any], Any]] = {
    "pickled": lambda thing: pickle.loads(pickle.dumps(thing)),
    "deep-copied": copy.deepcopy,
}
HOW: dict[str, dict[str, Any]] = {
    "plain": {},
    "penalties": {"l1": 1e-4, "weight_decay": 1e-3},
    "limits": {"max_norm": 1.5, "clip_norm": 0.1},
    "dropout": {"dropout": (0.1, 0.4)},
    "augmentation": {"augmentation": Augmentation(shift=1, rotation=10, elastic=1, thickness=0.3, noise=0.1)},
    "validation set": {"validation_share": 0.2, "patience": 3},
    "all examples": {"drop_last": False},
    "everything": {
        **{"l1": 1e-4, "weight_decay": 1e-3, "max_norm": 1.5, "clip_norm": 0.1, "dropout": 0.3, "schedule": "cosine"},
        **{"augmentation": Augmentation(shift=1), "validation_share": 0.2, "patience": 3, "drop_last": False},
    },
}


def begun(optimizer: str, how: dict[str, Any], dtype: type = np.float32) -> Trainer:
    data = pictures()
    network = network_for(data, hidden=300, dtype=dtype, **CLASSES)  # one layer laid out each way
    settings = {"batch_size": 15, "epochs": 4, "learning_rate": 0.01, "optimizer": optimizer} | how
    return Trainer(network, data, TrainingSettings(**settings))


def until(run: Iterator[Event], kind: type[Event], epoch: int, batch: int = 0) -> None:
    for event in run:
        if isinstance(event, kind) and event.epoch == epoch and getattr(event, "batch", 0) == batch:
            return
    raise AssertionError("it never came there")


def rest(run: Iterator[Event]) -> list[tuple[Any, ...]]:
    """An evaluation in progress begins again."""
    return [reported(event) for event in run if not isinstance(event, Evaluating)]


PLACES = {"in an epoch": (Batch, 2, 2), "evaluating": (Evaluating, 2), "after an epoch": (Epoch, 2)}


@pytest.mark.parametrize(
    ("how", "place", "optimizer"),
    [
        *[(how, place, "adam") for how in ("plain", "everything") for place in PLACES],
        *[("everything", "in an epoch", optimizer) for optimizer in OPTIMIZERS if optimizer != "adam"],
    ],
)
def test_a_twin_goes_on_from_the_place_of_another_trainer(how: str, place: str, optimizer: str) -> None:
    """There and back, also with settings that were changed on the way, to the bit."""
    dtype = np.float64 if optimizer == "adam" else np.float32
    whole, left, twin = (begun(optimizer, HOW[how], dtype) for _ in range(3))
    run = whole.run()
    until(run, *PLACES[place])
    until(left.run(), *PLACES[place])
    changed = replace(whole.settings, learning_rate=0.005, epochs=5)
    whole.change(changed)
    left.change(changed)
    twin.set_place(pickle.loads(pickle.dumps(left.place())))
    for _ in itertools.islice(twin.run(), 4):
        pass
    left.set_place(pickle.loads(pickle.dumps(twin.place())))
    rest(left.run())
    rest(run)
    assert left.settings == changed
    assert bits(left.network) == bits(whole.network)
    assert (left.epoch, left.batch) == (whole.epoch, whole.batch)


@pytest.mark.parametrize(
    ("how", "place"),
    [*[(how, "in an epoch") for how in HOW], ("everything", "evaluating"), ("plain", "after an epoch")],
)
def test_a_trainer_that_is_made_again_goes_on_there(how: str, place: str) -> None:
    whole, left = begun("adam", HOW[how]), begun("adam", HOW[how])
    run = whole.run()
    until(run, *PLACES[place])
    until(left.run(), *PLACES[place])
    make = left.maker()
    del left
    again = make()
    assert rest(again.run()) == rest(run)
    assert bits(again.network) == bits(whole.network)


@pytest.mark.parametrize(
    ("optimizer", "how"),
    [*[("adam", how) for how in HOW], *[(optimizer, "everything") for optimizer in OPTIMIZERS if optimizer != "adam"]],
)
def test_a_copied_trainer_learns_on_as_the_original_does(optimizer: str, how: str) -> None:
    for place in PLACES.values():
        whole = begun(optimizer, HOW[how])
        run = whole.run()
        until(run, *place)
        twins = [make(whole) for make in COPIES.values()]
        before, expected = bits(whole.network), rest(run)
        for twin in twins:
            assert bits(twin.network) == before, "the original goes on without it"
            later, changes = [], 0
            for event in twin.run():
                later.append(event)
                changes += bits(twin.network) != before
            assert changes, "it learns"
            assert rest(iter(later)) == expected
            assert bits(twin.network) == bits(whole.network)


@pytest.mark.parametrize("make", list(COPIES.values()), ids=list(COPIES))
def test_a_copy_learns_before_the_first_step_too_and_in_float64(make: Callable[[Any], Any]) -> None:
    whole = begun("adam", HOW["everything"], np.float64)
    twin = make(whole)
    assert rest(twin.run()) == rest(whole.run())
    assert bits(twin.network) == bits(whole.network)


@pytest.mark.parametrize("make", list(COPIES.values()), ids=list(COPIES))
@pytest.mark.parametrize("change", [{"optimizer": "sgd"}, {"learning_rate": 0.1}, {"dropout": 0.5}])
def test_settings_that_wait_for_the_next_step_are_included(make: Callable[[Any], Any], change: dict[str, Any]) -> None:
    whole = begun("adam", {})
    run = whole.run()
    until(run, Batch, 1, 2)
    whole.change(TrainingSettings(**{**vars(whole.settings), **change}))
    twin = make(whole)
    assert twin.settings == whole.settings
    assert rest(twin.run()) == rest(run)
    assert bits(twin.network) == bits(whole.network)


def test_a_pickled_trainer_carries_the_data_once_and_no_buffers() -> None:
    data = class_data(examples=2000, width=100, test=0)
    network = Network([100, 50, 3])
    settings = TrainingSettings(batch_size=1000, optimizer="adam", validation_share=0.4, dropout=0.2, l1=1e-4)
    training = Trainer(network, data, settings)
    until(training.run(), Batch, 1, 1)
    the_data = len(pickle.dumps(data))
    order = 8 * len(training.dataset.train)
    vectors = 4 * network.parameters.nbytes  # parameters, the last that were finite, mean, square
    assert len(pickle.dumps(training)) < the_data + order + vectors + 5_000


@pytest.mark.parametrize("make", list(COPIES.values()), ids=list(COPIES))
def test_gradients_of_copied_buffers_are_views_into_one_vector(make: Callable[[Any], Any]) -> None:
    network = Network([4, 300, 3])
    buffers = TrainingBuffers(network, 8)
    buffers.cut(5)
    twin_network, twin = make((network, buffers))
    for each in (twin, twin.cut(5)):
        assert each.gradient is twin.gradient
        for view in (*each.weight_gradients, *each.bias_gradients):
            assert np.shares_memory(view, twin.gradient)
    inputs, targets = np.ones((5, 4), np.float32), np.ones((5, 3), np.float32)
    for of, into in ((network, buffers), (twin_network, twin)):
        of.forward(inputs, into)
        of.backward(inputs, targets, into)
    np.testing.assert_array_equal(twin.gradient, buffers.gradient)


@pytest.mark.parametrize("make", list(COPIES.values()), ids=list(COPIES))
def test_a_copied_augmenter_distorts_as_the_original_does(make: Callable[[Any], Any]) -> None:
    one = Augmenter(Augmentation(rotation=20, elastic=1, thickness=0.5), (8, 8), 70)
    pictures_of_one = pictures().train.inputs.astype(np.float32)
    pictures_of_other = pictures_of_one.copy()
    make(one).apply(pictures_of_other, np.random.default_rng(1))
    one.apply(pictures_of_one, np.random.default_rng(1))
    np.testing.assert_array_equal(pictures_of_other, pictures_of_one)


def sweep() -> RateFinder:
    data: Dataset = class_data(examples=300)
    return RateFinder(network_for(data), data, TrainingSettings(batch_size=10, optimizer="adam"), batches=40)


@pytest.mark.parametrize("make", list(COPIES.values()), ids=list(COPIES))
def test_a_copied_rate_finder_finds_the_same(make: Callable[[Any], Any]) -> None:
    finder = sweep()
    twin = make(finder)
    assert list(twin.run()) == list(finder.run())


@pytest.mark.parametrize("make", list(COPIES.values()), ids=list(COPIES))
def test_a_copied_layer_statistics_evaluator_gives_the_same(make: Callable[[Any], Any]) -> None:
    data = class_data()
    network = network_for(data)
    one = LayerStatisticsEvaluator(network, data.train)
    for layer, same in zip(one.evaluate(network), make(one).evaluate(network), strict=True):
        np.testing.assert_array_equal(layer.gradients.sample, same.gradients.sample)


def test_early_stopping_is_among_those_tested() -> None:
    *_, last = begun("adam", HOW["everything"]).run()
    assert isinstance(last, BestRestored)
