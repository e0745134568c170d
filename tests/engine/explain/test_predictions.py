"""The answers to all examples: they agree with predictions and counts, and are in the right order."""

from __future__ import annotations

import numpy as np
import pytest

from engine.basics.validation import Array
from engine.datasets import Dataset, Split
from engine.datasets.dataset import one_hot
from engine.datasets.splitting import validation_rows
from engine.explain.predictions import ClassPredictions, NumberPredictions, predict_in_steps
from engine.network.network import Network
from engine.training.metrics import Evaluator


def ask(network: Network, split: Split, rows: Array | None = None) -> ClassPredictions | NumberPredictions:
    """All steps at once."""
    steps = predict_in_steps(network, split, rows)
    while True:
        try:
            next(steps)
        except StopIteration as finished:
            found: ClassPredictions | NumberPredictions = finished.value
            return found


def classes_of(network: Network, split: Split, rows: Array | None = None) -> ClassPredictions:
    """Of a classification."""
    found = ask(network, split, rows)
    assert isinstance(found, ClassPredictions)
    return found


def numbers_of(network: Network, split: Split) -> NumberPredictions:
    """Of a regression."""
    found = ask(network, split)
    assert isinstance(found, NumberPredictions)
    return found


@pytest.fixture
def network(rng: np.random.Generator) -> Network:
    """Untrained, for pictures of digits."""
    return Network([784, 20, 10], ["relu", "softmax"], "cross-entropy", "he", rng)


@pytest.fixture
def rng() -> np.random.Generator:
    """Always the same."""
    return np.random.default_rng(5)


def test_they_are_the_networks_predictions(network: Network, mnist: Dataset) -> None:
    test = mnist.test
    assert test is not None
    found = classes_of(network, test)
    outputs = network.predict(test.inputs * np.float32(test.scale))
    np.testing.assert_array_equal(found.answers, outputs.argmax(axis=1))
    np.testing.assert_allclose(found.confidences, outputs.max(axis=1), atol=1e-5)
    np.testing.assert_array_equal(found.labels, test.labels)
    np.testing.assert_array_equal(found.confusion, Evaluator(network, test).evaluate().confusion)


def test_of_some_rows_only(network: Network, few_digits: Dataset) -> None:
    rows = np.array([3, 40, 41, 1999])
    few, every = (classes_of(network, few_digits.train, chosen) for chosen in (rows, None))
    np.testing.assert_array_equal(few.answers, every.answers[rows])
    np.testing.assert_array_equal(few.labels, every.labels[rows])


def test_a_caller_can_stop_between_chunks(network: Network, few_digits: Dataset) -> None:
    steps = predict_in_steps(network, few_digits.train)
    assert next(steps) == 1000
    steps.close()


def test_mistakes_come_first_and_the_surest_first_among_them() -> None:
    labels, answers = np.array([0, 0, 1, 1, 0]), np.array([1, 0, 1, 0, 1])
    found = ClassPredictions(labels, answers, np.array([0.6, 0.9, 0.7, 0.8, 0.95], np.float32), 2)
    assert found.of(0, 1).tolist() == [4, 0]
    assert found.of(0, None).tolist() == [4, 0, 1]
    assert found.of(None, 1).tolist() == [4, 0, 2]
    assert found.of(1, 1).tolist() == [2]
    assert found.of(None, None).tolist() == [4, 3, 0, 1, 2]
    assert found.mistakes().tolist() == [4, 3, 0]


def test_an_answer_that_is_no_number_is_the_least_sure() -> None:
    found = ClassPredictions(np.zeros(3, int), np.ones(3, int), np.array([0.2, np.nan, 0.9], np.float32), 2)
    assert found.order.tolist() == [2, 0, 1]


def test_a_network_beyond_all_bounds_answers_all_the_same(network: Network, few_digits: Dataset) -> None:
    network.parameters *= 1e30
    found = classes_of(network, few_digits.train)
    assert found.confusion.sum() == len(few_digits.train)
    assert len(found.order) == len(few_digits.train)


def test_of_numbers_the_farthest_output_of_each_example(rng: np.random.Generator) -> None:
    inputs, targets = rng.normal(size=(50, 3)).astype(np.float32), rng.normal(size=(50, 2)).astype(np.float32)
    network = Network([3, 5, 2], ["tanh", "identity"], rng=rng, dtype=np.float64)
    found = numbers_of(network, Split(inputs, targets))
    off = network.predict(inputs) - targets
    worst = np.abs(off).argmax(axis=1)
    np.testing.assert_array_equal(found.outputs, worst)
    np.testing.assert_allclose(found.differences, off[np.arange(50), worst], atol=1e-9)
    np.testing.assert_allclose(found.targets, targets[np.arange(50), worst])
    assert (np.diff(np.abs(found.differences[found.order])) <= 0).all()
    np.testing.assert_allclose(found.errors, np.sqrt((off**2).mean(axis=0)))
    np.testing.assert_allclose(found.explained, 1 - (off**2).mean(axis=0) / targets.var(axis=0), rtol=1e-6)


def test_of_equal_targets_nothing_can_be_explained(rng: np.random.Generator) -> None:
    found = numbers_of(Network([2, 1], ["identity"], rng=rng), Split(rng.normal(size=(9, 2)), np.full((9, 1), 4.0)))
    assert np.isnan(found.explained).all()


def test_a_difference_that_is_no_number_comes_first() -> None:
    none = np.zeros(3, int)
    found = NumberPredictions(none, np.array([0.0, 1.0, 2.0]), np.array([5.0, np.nan, 2.0]), np.ones(1), np.ones(1))
    assert found.order.tolist() == [1, 0, 2]


def test_one_class_only(rng: np.random.Generator) -> None:
    labels = np.zeros(7, int)
    split = Split(rng.normal(size=(7, 2)).astype(np.float32), one_hot(labels, 1), labels)
    assert classes_of(Network([2, 1], rng=rng), split).mistakes().tolist() == []


def test_rows_of_a_validation_set_are_those_that_training_leaves_out(few_digits: Dataset) -> None:
    aside, rest = validation_rows(len(few_digits.train), 200)
    split = few_digits.with_validation(0.1)
    assert split.validation is not None
    np.testing.assert_array_equal(few_digits.train.inputs[aside], split.validation.inputs)
    np.testing.assert_array_equal(few_digits.train.inputs[rest], split.train.inputs)


def test_among_some_examples_the_order_is_the_same(rng: np.random.Generator) -> None:
    labels, said = rng.integers(0, 3, 50), rng.integers(0, 3, 50)
    answers = ClassPredictions(labels, said, rng.random(50).astype(np.float32), 3)
    assert answers.among(np.ones(50, bool)).tolist() == answers.of(None, None).tolist()
    some = rng.random(50) < 0.3
    assert answers.among(some).tolist() == [number for number in answers.of(None, None) if some[number]]
    assert len(answers.among(np.zeros(50, bool))) == 0


def test_each_chunk_can_be_seen(network: Network, few_digits: Dataset) -> None:
    """With what all layers answered to it."""
    assert few_digits.test is not None
    seen: list[tuple[slice, Array]] = []
    for _ in predict_in_steps(
        network, few_digits.test, None, lambda at, _, all: seen.append((at, all.outputs[-1] + 0))
    ):
        pass
    answers = classes_of(network, few_digits.test)
    assert sum(at.stop - at.start for at, _ in seen) == len(few_digits.test)
    for at, outputs in seen:
        assert outputs.argmax(axis=1).tolist() == answers.answers[at].tolist()
