"""The trainer: a generator that the caller drives."""

from __future__ import annotations

import dataclasses
import math
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.datasets import Dataset, Split
from engine.datasets.dataset import regression_split
from engine.errors import DataError, DivergenceError, SettingError, UnknownNameError
from engine.events import Batch, Epoch, Evaluating, Event
from engine.metrics import Evaluator
from engine.network import Network
from engine.settings import TrainingSettings
from engine.training import Trainer
from engine.validation import Array
from tests.engine.helpers import class_data, network_for, numbered_data, refused


def trainer(dataset: Dataset | None = None, network: Network | None = None, **how: Any) -> Trainer:
    dataset = dataset or class_data()
    how = {"batch_size": 20, "epochs": 2} | how
    return Trainer(network or network_for(dataset), dataset, TrainingSettings(**how))


def kinds(events: Iterator[Event]) -> str:
    """B for a batch, v for part of an evaluation, E for an epoch's end."""
    return "".join({Batch: "B", Evaluating: "v", Epoch: "E"}[type(event)] for event in events)


def examples_used(training: Trainer) -> list[list[int]]:
    """The numbers of the examples that were learned from, epoch by epoch, in order."""
    epochs: list[list[int]] = [[]]
    learn = training.network.backward

    def backward(inputs: Array, *rest: Any) -> Array:
        epochs[-1].extend(inputs[:, 0].astype(int).tolist())
        return learn(inputs, *rest)

    training.network.backward = backward  # type: ignore[method-assign, assignment]
    for event in training.run():
        if isinstance(event, Epoch):
            epochs.append([])
    return epochs[1:-1]


# settings


def test_defaults_are_the_ancestors() -> None:
    defaults = TrainingSettings()
    assert (defaults.batch_size, defaults.epochs, defaults.learning_rate) == (100, 20, 0.3)
    assert defaults.drop_last


def test_settings_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        TrainingSettings().epochs = 3  # type: ignore[misc]


def test_settings_become_plain_numbers() -> None:
    cleaned = TrainingSettings(batch_size=np.int64(8), epochs=3.0, learning_rate=1, seed=np.uint8(4))  # type: ignore[arg-type]
    assert [type(x) for x in (cleaned.batch_size, cleaned.epochs, cleaned.learning_rate, cleaned.seed)] == [
        int,
        int,
        float,
        int,
    ]


BAD_COUNTS = [0, -3, 2.5, math.nan, math.inf, True, "100", None, [100], 1j]
BAD_RATES = [0, -0.1, math.nan, math.inf, -math.inf, pytest.param(10**400, id="10^400"), True, "0.3", None, [0.3], 1j]


@pytest.mark.parametrize("name", ["batch_size", "epochs"])
@pytest.mark.parametrize("value", BAD_COUNTS)
def test_counts_are_refused(name: str, value: Any) -> None:
    with refused(SettingError, name, repr(value)):
        TrainingSettings(**{name: value})


@pytest.mark.parametrize("value", BAD_RATES)
def test_learning_rates_are_refused(value: Any) -> None:
    with refused(SettingError, "learning_rate", repr(value)[:50]):
        TrainingSettings(learning_rate=value)


@pytest.mark.parametrize("value", [-1, 0.5, True, "1", math.nan])
def test_seeds_are_refused(value: Any) -> None:
    with refused(SettingError, "seed", repr(value)):
        TrainingSettings(seed=value)


def test_a_seed_may_be_as_large_as_numpy_takes_it() -> None:
    assert trainer(seed=10**400).settings.seed == 10**400


def test_an_unknown_optimizer_is_refused() -> None:
    with refused(UnknownNameError, "optimizer", "'magic'"):
        TrainingSettings(optimizer="magic")


# before training


def test_a_batch_larger_than_the_data_is_refused() -> None:
    with refused(SettingError, "batch_size", "61"):
        trainer(batch_size=61)


def test_a_batch_as_large_as_the_data_is_not() -> None:
    assert trainer(batch_size=60).batches_per_epoch == 1


def test_a_batch_that_does_not_fit_in_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset, network = class_data(), network_for(class_data())
    monkeypatch.setattr("engine.validation.available_memory", lambda: 1000)
    with refused(SettingError, "batch_size", "20"):
        trainer(dataset, network)


@pytest.mark.parametrize(("shape", "parameter"), [([5, 3], "inputs"), ([4, 2], "outputs")])
def test_a_network_that_does_not_fit_the_data_is_refused(shape: list[int], parameter: str) -> None:
    with refused(DataError, parameter, "in this network"):
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


def test_trainer_says_which_epoch_is_under_way() -> None:
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


# which examples are used


@given(examples=st.integers(1, 40), batch=st.integers(1, 40))
@settings(max_examples=30, deadline=None, derandomize=True)
def test_dropping_leaves_out_the_remainder_and_uses_every_other_example_once(examples: int, batch: int) -> None:
    batch = min(batch, examples)
    for used in examples_used(trainer(numbered_data(examples), batch_size=batch, learning_rate=1e-9)):
        assert len(used) == len(set(used)) == examples - examples % batch
        assert set(used) <= set(range(examples))


@given(examples=st.integers(1, 40), batch=st.integers(1, 40))
@settings(max_examples=30, deadline=None, derandomize=True)
def test_without_dropping_every_example_is_used_once_an_epoch(examples: int, batch: int) -> None:
    batch = min(batch, examples)
    training = trainer(numbered_data(examples), batch_size=batch, learning_rate=1e-9, drop_last=False)
    assert training.batches_per_epoch == math.ceil(examples / batch)
    for used in examples_used(training):
        assert Counter(used) == Counter(range(examples))


def test_each_epoch_has_an_order_of_its_own() -> None:
    first, second = examples_used(trainer(numbered_data(50), batch_size=10, learning_rate=1e-9))
    assert first != second
    assert first != sorted(first)


def test_what_is_left_out_changes_from_epoch_to_epoch() -> None:
    epochs = examples_used(trainer(numbered_data(50), batch_size=40, epochs=20, learning_rate=1e-9))
    left_out = [set(range(50)) - set(used) for used in epochs]
    assert len(set.union(*left_out)) > 40


def test_inputs_and_targets_stay_together() -> None:
    x = np.arange(40.0)[:, None] / 40
    dataset = Dataset("a line", regression_split("train", x, 2 * x + 1, 1, 1))
    network = Network([1, 1], ["identity"], initializer="zeros")
    list(trainer(dataset, network, batch_size=7, epochs=200, learning_rate=0.3).run())
    assert network.parameters.tolist() == pytest.approx([2, 1], abs=1e-3)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64, np.int32])
@pytest.mark.parametrize("network_dtype", [np.float32, np.float64])
def test_inputs_of_every_type_are_scaled_alike(dtype: type, network_dtype: type) -> None:
    raw = np.random.default_rng(3).integers(0, 256, (30, 4))
    split = Split(raw.astype(dtype), np.eye(2, dtype=np.float32)[raw[:, 0] % 2], raw[:, 0] % 2, 1 / 255)
    network = Network([4, 2], rng=np.random.default_rng(0), dtype=network_dtype)
    reference = Network([4, 2], rng=np.random.default_rng(0), dtype=network_dtype)
    scaled = Split((raw / 255).astype(network_dtype), split.targets, split.labels)
    list(trainer(Dataset("bytes", split), network).run())
    list(trainer(Dataset("floats", scaled), reference).run())
    np.testing.assert_allclose(network.parameters, reference.parameters, rtol=1e-5, atol=1e-6)


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
        gradients.append(learn(*arguments).copy())
        return gradients[-1].copy()

    network.backward = backward  # type: ignore[method-assign, assignment]
    before = network.parameters.copy()
    run = training.run()
    next(run), next(run)
    np.testing.assert_allclose(network.parameters, before - 0.25 * gradients[0], rtol=1e-6)
    training.learning_rate = 2
    before = network.parameters.copy()
    next(run), next(run)
    np.testing.assert_allclose(network.parameters, before - 2 * gradients[1], rtol=1e-6)


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
        for _ in range(100):
            next(batches)
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 5_000
    # What numpy broadcasts or converts through, 8,192 numbers at a time, and two arrays of the loss, as large as the
    # answers. The inputs of a hundred examples alone are 313,600 bytes, the first layer's answers 25,600.
    assert peak - before < 3 * 8192 * 4 + 2 * batch_size * 10 * 4 + 4_000


# divergence


def diverging(
    hidden: str, output: str, loss: str, learning_rate: float, dtype: type = np.float32, **how: Any
) -> Trainer:
    dataset = class_data(examples=300)
    network = network_for(dataset, activations=[hidden, output], loss=loss, dtype=dtype)
    return trainer(dataset, network, **({"batch_size": 10, "epochs": 50, "learning_rate": learning_rate} | how))


@pytest.mark.parametrize(
    ("hidden", "output", "loss", "learning_rate"),
    [
        ("relu", "identity", "quadratic", 1e30),
        ("relu", "identity", "quadratic", 1e3),
        ("relu", "softmax", "cross-entropy", 1e30),
        ("identity", "softmax", "quadratic", 3e38),
        ("sigmoid", "identity", "quadratic", 1e30),
        ("sigmoid", "sigmoid", "quadratic", 1e300),
        ("sigmoid", "softmax", "cross-entropy", 1e300),
    ],
)
@pytest.mark.parametrize("evaluate", [True, False])
def test_a_diverging_run_stops_with_a_finite_network(
    hidden: str, output: str, loss: str, learning_rate: float, evaluate: bool
) -> None:
    training = diverging(hidden, output, loss, learning_rate, evaluate=evaluate)
    with refused(DivergenceError, "loss", "went first"):
        list(training.run())
    assert np.isfinite(training.network.parameters).all()
    assert np.isfinite(training.estimate().train.loss)


@pytest.mark.parametrize("evaluate", [True, False])
@pytest.mark.parametrize("learning_rate", [1e30, 1e38, 1e300])
def test_even_the_very_last_step_is_noticed(learning_rate: float, evaluate: bool) -> None:
    training = diverging("relu", "identity", "quadratic", learning_rate, batch_size=300, epochs=1, evaluate=evaluate)
    start = training.network.parameters.copy()
    with refused(DivergenceError, "loss", "epoch 1, batch 1"):
        list(training.run())
    np.testing.assert_array_equal(training.network.parameters, start)


@pytest.mark.parametrize("evaluate", [True, False])
def test_infinite_weights_do_not_hide_behind_a_sigmoid(evaluate: bool) -> None:
    dataset = Dataset("one", regression_split("train", [[1.0]], [[0.25]], 1, 1))
    network = Network([1, 1], rng=np.random.default_rng(0))
    start = network.parameters.copy()
    with refused(DivergenceError, "loss", "layer 1"):
        list(trainer(dataset, network, batch_size=1, epochs=1, learning_rate=1e300, evaluate=evaluate).run())
    np.testing.assert_array_equal(network.parameters, start)


def test_figures_that_are_not_finite_are_never_shown() -> None:
    """Here it is one example of the test split that is too much, after an epoch that went well."""
    train = regression_split("train", [[1.0]] * 4, [[3.0]] * 4, 1, 1)
    dataset = Dataset("one far away", train, regression_split("test", [[1e20]], [[3.0]], 1, 1))
    network = Network([1, 1], ["identity"], initializer="zeros")
    run = trainer(dataset, network, batch_size=2, epochs=1, learning_rate=0.1).run()
    events: list[Event] = []
    with refused(DivergenceError, "loss", "epoch 1, batch 2"):
        events.extend(run)
    assert all(np.isfinite(event.test.loss) for event in events if isinstance(event, Epoch) and event.test)
    assert not network.parameters.any()


def test_no_more_than_fifty_batches_are_lost() -> None:
    training = diverging("relu", "identity", "quadratic", 0.001, batch_size=2)
    run, after_100 = training.run(), None
    for event in run:
        if isinstance(event, Batch) and event.batch == 100:
            after_100 = training.network.parameters.copy()
        if isinstance(event, Batch) and event.batch == 149:
            break
    training.learning_rate = 1e38
    with refused(DivergenceError, "loss", "epoch 1, batch 15"):
        list(run)
    np.testing.assert_array_equal(training.network.parameters, after_100)


@pytest.mark.parametrize("layer", [1, 2])
def test_the_message_names_the_layer_whose_weights_went(layer: int) -> None:
    training = diverging("relu", "identity", "quadratic", 0.001)
    run = training.run()
    for event in run:
        if isinstance(event, Batch) and event.batch == 3:
            break
    training.network.weights[layer - 1][0, 0] = np.inf
    with refused(DivergenceError, "loss", f"epoch 1, batch 4 (layer {layer} went first)"):
        next(run)


def test_the_message_names_the_layer_whose_answers_went() -> None:
    training = diverging("relu", "identity", "quadratic", 0.001)
    training.network.weights[0][...] = 1
    training.network.weights[1][...] = 3e38
    with refused(DivergenceError, "loss", "epoch 0, batch 1 (layer 2 went first)"):
        next(training.run())


def test_huge_but_finite_weights_are_let_be() -> None:
    training = diverging("sigmoid", "sigmoid", "quadratic", 1e30)
    *_, last = training.run()
    assert isinstance(last, Epoch)
    assert last.epoch == 50


def test_training_goes_on_with_a_lower_rate_after_divergence() -> None:
    training = diverging("relu", "softmax", "cross-entropy", 1e30)
    with pytest.raises(DivergenceError):
        list(training.run())
    *_, last = trainer(training.dataset, training.network, learning_rate=0.05, epochs=20).run()
    assert isinstance(last, Epoch)
    assert last.test is not None
    assert last.test.error is not None
    assert last.test.error <= 0.1


def test_a_rate_that_shoots_up_on_the_way_is_noticed_too() -> None:
    training = diverging("relu", "identity", "quadratic", 0.001)
    run = training.run()
    for event in run:
        if isinstance(event, Epoch) and event.epoch == 2:
            break
    good = training.network.parameters.copy()
    training.learning_rate = 1e35
    with pytest.raises(DivergenceError, match=r"epoch 3.*1e\+35"):
        list(run)
    np.testing.assert_array_equal(training.network.parameters, good)


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
