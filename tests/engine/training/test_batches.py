"""Which examples are learned from, and as what they come."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.basics.validation import Array
from engine.datasets import Dataset, Split
from engine.datasets.dataset import regression_split
from engine.network.buffers import TrainingBuffers
from engine.network.network import Network
from engine.training.augmentation import Augmentation
from engine.training.batches import Batches
from engine.training.events import Batch, Epoch
from engine.training.metrics import Evaluator
from engine.training.settings import TrainingSettings
from tests.engine.helpers import examples_used, network_for, numbered_data, trainer


@given(examples=st.integers(1, 40), batch=st.integers(1, 40))
@settings(max_examples=30, derandomize=True)
def test_dropping_leaves_out_the_remainder_and_uses_every_other_example_once(examples: int, batch: int) -> None:
    batch = min(batch, examples)
    for used in examples_used(trainer(numbered_data(examples), batch_size=batch, learning_rate=1e-9)):
        assert len(used) == len(set(used)) == examples - examples % batch
        assert set(used) <= set(range(examples))


@given(examples=st.integers(1, 40), batch=st.integers(1, 40))
@settings(max_examples=30, derandomize=True)
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


def bytes_and_floats(dtype: type, float_dtype: type) -> tuple[Dataset, Dataset]:
    """The same 2 × 2 pictures: numbers from 0 to 255 with a scale, and numbers from 0 to 1."""
    raw = np.random.default_rng(3).integers(0, 256, (30, 4))
    split = Split(raw.astype(dtype), np.eye(2, dtype=np.float32)[raw[:, 0] % 2], raw[:, 0] % 2, 1 / 255)
    scaled = replace(split, inputs=(raw / 255).astype(float_dtype), scale=1.0)
    return Dataset("bytes", split, split.head(20), (2, 2)), Dataset("floats", scaled, scaled.head(20), (2, 2))


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64, np.int32])
@pytest.mark.parametrize(
    ("network_dtype", "how"),
    [
        (np.float32, {}),
        (np.float64, {}),
        (np.float32, {"drop_last": False}),
        (np.float64, {"dropout": (0.3, 0.2)}),
        (np.float32, {"augmentation": Augmentation(shift=1, noise=0.1)}),
    ],
)
def test_inputs_of_every_type_are_scaled_alike(dtype: type, network_dtype: type, how: dict[str, Any]) -> None:
    ends = []
    for data in bytes_and_floats(dtype, network_dtype):
        network = network_for(data, dtype=network_dtype)
        events = list(trainer(data, network, **how).run())
        ends.append((network.parameters, [event.loss for event in events if isinstance(event, Batch)], events[-1]))
    (parameters, losses, last), (expected, expected_losses, expected_last) = ends
    np.testing.assert_allclose(parameters, expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(losses, expected_losses, rtol=1e-5)
    assert isinstance(last, Epoch)
    assert isinstance(expected_last, Epoch)
    assert last.test is not None
    assert expected_last.test is not None
    assert last.test.loss == pytest.approx(expected_last.test.loss, rel=1e-5)


def test_distortions_may_begin_and_end_on_the_way() -> None:
    ends = []
    for data in bytes_and_floats(np.uint8, np.float32):
        training = trainer(data, network_for(data), batch_size=5, epochs=3)
        plain = training.settings
        for event in training.run():
            if isinstance(event, Batch):
                on = event.batch in (2, 4)
                training.change(replace(plain, augmentation=Augmentation(noise=0.1 * on)))
        ends.append(training.network.parameters)
    np.testing.assert_allclose(*ends, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("shape", [[784, 128, 5, 3], [6, 300, 3], [6, 3]])
@pytest.mark.parametrize("rows", [8, 5])
def test_scaling_sums_and_deltas_is_scaling_the_inputs(shape: list[int], rows: int) -> None:
    rng = np.random.default_rng(0)
    raw, targets = rng.integers(0, 256, (rows, shape[0])).astype(float), rng.random((rows, shape[-1]))
    results = []
    for inputs, scale in ((raw, 1 / 255), (raw / 255, 1.0)):
        network = Network(shape, rng=np.random.default_rng(1), dtype=np.float64)
        buffers = TrainingBuffers(network, 8)
        buffers.cut(rows).scale = scale
        outputs = network.forward(inputs, buffers).copy()
        gradient = network.backward(inputs, targets, buffers).copy()
        network.forward(inputs, buffers)
        network.descend(inputs, targets, buffers, 0.5)
        results.append((outputs, gradient, network.parameters))
    for ours, expected in zip(*results, strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-9, atol=1e-12)


def pictures_learned_from(**how: Any) -> tuple[list[Array], Dataset]:
    """Those of one epoch in the order they came, and the data they were made from: a dot in the middle of each."""
    inputs = np.zeros((30, 49), np.float32)
    inputs[:, 24] = 1
    data = Dataset(
        "dots", Split(inputs, np.eye(2, dtype=np.float32)[np.arange(30) % 2], np.arange(30) % 2), None, (7, 7)
    )
    training = trainer(data, epochs=1, batch_size=15, **how)
    learn, seen = training.network.backward, []

    def backward(batch: Array, *rest: Any) -> Array:
        seen.extend(batch.copy())
        return learn(batch, *rest)

    training.network.backward = backward  # type: ignore[method-assign, assignment]
    for event in training.run():
        if isinstance(event, Epoch):
            assert event.train is not None
            assert event.train.loss == Evaluator(training.network.copy(), data.train).evaluate().loss
    return seen, data


def test_pictures_are_distorted_before_they_are_learned_from_and_only_then() -> None:
    """Nobody measures on distorted ones, and the data stay as they are."""
    seen, data = pictures_learned_from(augmentation=Augmentation(shift=2))
    places = {int(picture.argmax()) for picture in seen}
    assert len(seen) == 30
    assert len(places) > 10
    assert (data.train.inputs[:, 24] == 1).all()
    assert data.train.inputs.sum() == 30
    again, _ = pictures_learned_from(augmentation=Augmentation(shift=2))
    np.testing.assert_array_equal(again, seen)


def test_without_that_they_are_learned_from_as_they_are() -> None:
    seen, _ = pictures_learned_from()
    assert {int(picture.argmax()) for picture in seen} == {24}


def numbered_batches(examples: int, batch: int, *, drop_last: bool = True) -> Batches:
    """Of examples whose one input is their number, in that order."""
    numbers = np.arange(examples)
    split = Split(numbers[:, None].astype(np.float32), np.eye(2, dtype=np.float32)[numbers % 2], numbers % 2)
    return Batches(split, Network([1, 2]), TrainingSettings(batch_size=batch, drop_last=drop_last))


@given(examples=st.integers(1, 40), batch=st.integers(1, 12), data=st.data())
@settings(max_examples=60, derandomize=True)
def test_batches_can_be_asked_for_in_any_order(examples: int, batch: int, data: st.DataObject) -> None:
    """Whatever is gathered ahead, and whatever was done to what was handed out."""
    batches = numbered_batches(examples, batch, drop_last=False)
    for index in data.draw(st.lists(st.integers(0, batches.per_epoch - 1), max_size=12)):
        inputs, targets = batches.batch(index)
        expected = np.arange(examples)[index * batch : (index + 1) * batch]
        assert inputs[:, 0].tolist() == expected.tolist()
        assert targets.argmax(axis=1).tolist() == (expected % 2).tolist()
        inputs[...] = -1  # as distortions do
        targets[...] = -1


def test_what_was_gathered_ahead_is_not_used_after_shuffling() -> None:
    batches = numbered_batches(40, 4)
    batches.batch(0)
    batches.shuffle(np.random.default_rng(0))
    for index in range(1, batches.per_epoch):
        assert batches.batch(index)[0][:, 0].tolist() == batches.order[index * 4 : (index + 1) * 4].tolist()


def test_no_more_is_gathered_ahead_than_an_epoch_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.training.batches._AHEAD_NUMBERS", 12)
    for examples, batch, ahead in [(40, 1, 4), (40, 2, 2), (40, 13, 1), (2, 1, 2)]:  # one input, two targets
        batches = numbered_batches(examples, batch)
        gathered = batches.batch(0)[0].base  # of which a batch is a view
        assert gathered is not None
        assert len(gathered) == ahead * batch
        taken = [batches.batch(index)[0][:, 0].tolist() for index in range(batches.per_epoch)]
        assert np.concatenate(taken).tolist() == list(range(batches.per_epoch * batch))
