"""The trainer: a generator that the caller drives."""

from __future__ import annotations

import dataclasses
import tracemalloc
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from engine.basics.errors import DataError, SettingError
from engine.basics.validation import Array
from engine.datasets import Dataset, Split
from engine.network.network import Network
from engine.training.events import Batch, Epoch, Evaluating, Event
from engine.training.metrics import Evaluator
from tests.engine.helpers import BAD_RATES, class_data, network_for, refused, trainer


def kinds(events: Iterator[Event]) -> str:
    """B for a batch, v for part of an evaluation, E for an epoch's end."""
    return "".join({Batch: "B", Evaluating: "v", Epoch: "E"}[type(event)] for event in events)


# before training


def test_a_batch_larger_than_the_data_is_refused() -> None:
    with refused(SettingError, "batch_size", "61"):
        trainer(batch_size=61)


def test_a_batch_as_large_as_the_data_is_not() -> None:
    assert trainer(batch_size=60).batches_per_epoch == 1


def test_a_batch_that_does_not_fit_in_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset, network = class_data(), network_for(class_data())
    monkeypatch.setattr("engine.basics.validation.available_memory", lambda: 1000)
    with refused(SettingError, "batch_size", "20"):
        trainer(dataset, network)


@pytest.mark.parametrize(("shape", "parameter"), [([5, 3], "inputs"), ([4, 2], "outputs")])
def test_a_network_that_does_not_fit_the_data_is_refused(shape: list[int], parameter: str) -> None:
    with refused(DataError, parameter, "this network has"):
        trainer(network=Network(shape))


# the generator


def test_nothing_happens_before_the_first_next() -> None:
    training = trainer()
    before = training.network.parameters.copy()
    run = training.run()
    assert iter(run) is run
    np.testing.assert_array_equal(training.network.parameters, before)


def test_epoch_0_then_batches_and_an_evaluation_of_each_split() -> None:
    assert kinds(trainer().run()) == "vvE" + "BBBvvE" * 2


def test_without_a_test_split_only_train_is_evaluated() -> None:
    training = trainer(class_data(test=0))
    events = list(training.run())
    assert kinds(iter(events)) == "vE" + "BBBvE" * 2
    assert all(event.test is None for event in events if isinstance(event, Epoch))


def test_without_evaluation_there_are_batches_and_epochs_only() -> None:
    events = list(trainer(evaluate=False).run())
    assert kinds(iter(events)) == "E" + "BBBE" * 2
    assert all(event.train is event.test is None for event in events if isinstance(event, Epoch))


def test_a_large_split_is_evaluated_in_parts() -> None:
    assert kinds(trainer(class_data(examples=2500, test=0), batch_size=2500, epochs=1).run()) == "vvvEBvvvE"


def test_batches_are_numbered_and_epochs_count_from_1() -> None:
    batches = [event for event in trainer().run() if isinstance(event, Batch)]
    assert [(b.epoch, b.batch, b.batches) for b in batches] == [(e, b, 3) for e in (1, 2) for b in (1, 2, 3)]


def test_epochs_are_numbered_from_0_and_take_time() -> None:
    epochs = [event for event in trainer().run() if isinstance(event, Epoch)]
    assert [event.epoch for event in epochs] == [0, 1, 2]
    assert epochs[0].seconds == 0
    assert all(event.seconds > 0 for event in epochs[1:])


def test_trainer_says_which_epoch_is_in_progress() -> None:
    training = trainer()
    seen = []
    for event in training.run():
        seen.append(training.epoch == event.epoch)
    assert all(seen)


def test_an_epochs_figures_are_exact() -> None:
    training = trainer()
    for event in training.run():
        if isinstance(event, Epoch):
            assert training.dataset.test is not None
            for split, figures in ((training.dataset.train, event.train), (training.dataset.test, event.test)):
                exact = Evaluator(training.network.copy(), split).evaluate()
                assert figures is not None
                assert (figures.loss, figures.error) == (exact.loss, exact.error)


def test_an_evaluation_in_which_the_network_is_edited_is_repeated() -> None:
    training = trainer(epochs=1)
    events = training.run()
    seen: list[Event] = []
    for event in events:
        seen.append(event)
        if kinds(iter(seen)).endswith("BBBv") and not training.edits:
            training.network.biases[-1][...] = [[3.0], [0.0], [-3.0]]
            training.edits += 1
    assert kinds(iter(seen)) == "vvE" + "BBB" + "vvvv" + "E"
    last = seen[-1]
    assert isinstance(last, Epoch)
    assert last.train is not None
    assert last.train.loss == Evaluator(training.network, training.dataset.train).evaluate().loss


def test_the_loss_of_a_batch_is_that_before_its_step() -> None:
    training = trainer(batch_size=60, learning_rate=1.0)
    events = list(training.run())
    losses = [event.loss for event in events if isinstance(event, Batch)]
    exact = [event.train.loss for event in events if isinstance(event, Epoch) and event.train]
    assert losses == pytest.approx(exact[:-1], rel=1e-5)


def test_the_caller_may_stop_anywhere() -> None:
    training = trainer()
    run = training.run()
    for event in run:
        if isinstance(event, Batch):
            break
    after_one = training.network.parameters.copy()
    run.close()  # type: ignore[attr-defined]
    np.testing.assert_array_equal(training.network.parameters, after_one)


def test_each_step_moves_the_parameters_against_the_gradient() -> None:
    training = trainer(evaluate=False, epochs=1, learning_rate=0.5)
    before = training.network.parameters.copy()
    for event in training.run():
        if isinstance(event, Batch):
            assert not np.array_equal(training.network.parameters, before)
            before = training.network.parameters.copy()


# randomness


def trained(seed: int | None, **how: Any) -> bytes:
    training = trainer(seed=seed, **how)
    list(training.run())
    return training.network.parameters.tobytes()


def test_same_seed_same_result_to_the_bit() -> None:
    assert trained(3) == trained(3)


@pytest.mark.parametrize("other", [4, None])
def test_another_seed_another_result(other: int | None) -> None:
    assert trained(3) != trained(other)


def test_watching_changes_nothing() -> None:
    watched = trainer(seed=3)
    for _ in watched.run():
        watched.estimate()
    assert watched.network.parameters.tobytes() == trained(3) == trained(3, evaluate=False)


def test_the_global_random_state_is_neither_read_nor_touched() -> None:
    before = np.random.get_state(legacy=False)
    first = trained(3)
    np.testing.assert_equal(np.random.get_state(legacy=False), before)
    np.random.seed(5)
    assert trained(3) == first
    np.random.set_state(before)


# the learning rate


def test_a_learning_rate_changed_between_steps_takes_effect() -> None:
    training = trainer(batch_size=60, evaluate=False, learning_rate=0.25)
    network = training.network
    gradients: list[Array] = []
    learn = network.backward

    def backward(*arguments: Any) -> Array:
        gradients.append(learn(*arguments[:3]).copy())
        return gradients[-1] * arguments[3]

    network.backward = backward  # type: ignore[method-assign, assignment]
    before = network.parameters.copy()
    run = training.run()
    next(run), next(run)
    np.testing.assert_allclose(network.parameters, before - 0.25 * gradients[0], rtol=1e-5)
    training.learning_rate = 2
    before = network.parameters.copy()
    next(run), next(run)
    np.testing.assert_allclose(network.parameters, before - 2 * gradients[1], rtol=1e-5)


@pytest.mark.parametrize("value", BAD_RATES)
def test_a_bad_learning_rate_is_refused_and_the_old_one_stays(value: Any) -> None:
    training = trainer(learning_rate=0.25)
    with refused(SettingError, "learning_rate", repr(value)[:50]):
        training.learning_rate = value
    assert training.learning_rate == 0.25


# estimates


def test_an_estimate_leaves_the_network_as_it_is() -> None:
    training = trainer()
    before = training.network.parameters.copy()
    training.estimate()
    np.testing.assert_array_equal(training.network.parameters, before)


def test_an_estimate_of_little_data_is_exact() -> None:
    training = trainer()
    *_, last = training.run()
    assert isinstance(last, Epoch)
    assert last.train is not None
    assert training.estimate().train.loss == last.train.loss


def test_an_estimate_of_much_data_looks_at_the_first_thousand() -> None:
    training = trainer(class_data(examples=3000, test=1500))
    head = training.dataset.train.head(1000)
    estimate = training.estimate()
    assert estimate.train.loss == Evaluator(training.network, head).evaluate().loss
    assert estimate.test is not None
    assert estimate.test.confusion is not None
    assert estimate.test.confusion.sum() == 1000


def test_an_estimate_without_a_test_split() -> None:
    assert trainer(class_data(test=0)).estimate().test is None


# memory


@pytest.mark.parametrize("inputs", [np.uint8, np.float32])
@pytest.mark.parametrize("batch_size", [100, 500])
def test_the_inner_loop_allocates_nothing_big(inputs: type, batch_size: int) -> None:
    rng = np.random.default_rng(0)
    pixels: Array = rng.integers(0, 256, (1000, 784)).astype(inputs)
    labels = rng.integers(10, size=1000)
    dataset = Dataset("noise", Split(pixels, np.eye(10, dtype=np.float32)[labels], labels, 1 / 255))
    network = Network([784, 64, 32, 10], ["relu", "relu", "softmax"], "cross-entropy", "he", np.random.default_rng(0))
    training = trainer(dataset, network, batch_size=batch_size, epochs=60, learning_rate=0.01, evaluate=False)
    batches = (event for event in training.run() if isinstance(event, Batch))
    next(batches)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(40):
            next(batches)
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 5_000
    # What numpy broadcasts or converts through, 8,192 numbers at a time, and two arrays of the loss, as large as the
    # answers. The inputs of a hundred examples alone are 313,600 bytes, the first layer's answers 25,600.
    assert peak - before < 3 * 8192 * 4 + 2 * batch_size * 10 * 4 + 4_000


# it learns


def test_learns_clouds_without_an_error() -> None:
    *_, last = trainer(epochs=60, learning_rate=2.0).run()
    assert isinstance(last, Epoch)
    assert last.test is not None
    assert last.test.error == 0


def test_learns_two_thousand_digits_of_mnist(mnist: Dataset) -> None:
    assert mnist.test is not None
    some = dataclasses.replace(mnist, train=mnist.train.head(2000), test=mnist.test.head(2000))
    network = Network([784, 32, 10], ["relu", "softmax"], "cross-entropy", "he", np.random.default_rng(1))
    *_, last = trainer(some, network, batch_size=20, epochs=5, learning_rate=0.1).run()
    assert isinstance(last, Epoch)
    assert last.train is not None
    assert last.test is not None
    assert last.train.error is not None
    assert last.test.error is not None
    assert last.train.error < 0.06
    assert last.test.error < 0.16


@pytest.mark.parametrize("protect", ["parameters", "weights"])
def test_a_network_that_is_read_only_is_not_trained(protect: str) -> None:
    data = class_data()
    network = network_for(data)
    (network.parameters if protect == "parameters" else network.weights[0]).flags.writeable = False
    with refused(DataError, "network", "read-only"):
        trainer(data, network)
    trainer(data, network.copy())
