"""Tests of contributions and counterfactuals for images and columns, classes and targets, and networks of all sizes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.basics.validation import Array
from engine.datasets.brightness import Brightness
from engine.datasets.dataset import Dataset, classification_split, regression_split
from engine.network.network import Network
from nnviz.cards.explanation import presentation as why_content
from nnviz.cards.explanation.explanation_data import (
    ATTRIBUTIONS,
    EMPTY,
    FRAMES,
    INTEGRATED,
    LAYERS,
    MEAN,
    METHODS,
    NEAREST,
    ExplanationQuery,
    InputSummary,
    NearestExamples,
    compared,
    contributions_for,
    counterfactual_of,
)

RNG = np.random.default_rng(4)


def network_of(shape: list[int], hidden: str = "relu", output: str = "softmax") -> Network:
    """Untrained."""
    loss = "cross-entropy" if output == "softmax" else "quadratic"
    activations = [hidden] * (len(shape) - 2) + [output]
    return Network(shape, activations, loss, "he", np.random.default_rng(3))


def table_of(classes: int = 3, columns: int = 4) -> Dataset:
    """A table of columns with different ranges."""
    inputs = RNG.random((60, columns), np.float32) * 10 ** np.arange(columns) + 5
    labels = RNG.integers(0, classes, 60)
    names = tuple("abcdefgh"[:classes])
    return Dataset("Table", classification_split("train", inputs, labels, columns, classes), class_names=names)


def query_of(network: Network, shape: tuple[int, ...] = (28, 28), **how: object) -> ExplanationQuery:
    example = RNG.random(network.shape[0], np.float32)
    return ExplanationQuery(network, example, shape, **how)  # type: ignore[arg-type]


def zeros(query: ExplanationQuery) -> Array:
    return np.zeros_like(query.example)


def test_the_accuracy_that_rounding_leaves_is_reported() -> None:
    exact = query_of(network_of([2, 5, 2]), (2,))
    inexact = query_of(network_of([2, 5, 2]), (2,))
    inexact.network.biases[0][...] = 1e6
    for query, is_exact in ((exact, True), (inexact, False)):
        found = contributions_for(query, zeros(query))
        assert found is not None
        assert (found.missing == 0) == is_exact
        assert ("(±" in why_content.sum_line(found, None)) != is_exact


SHAPES = [[784, 64, 32, 10], [784, *[12] * 60, 10], [784, 4000, 10], [784, 1, 10], [784, 10], [784, 5, 1]]


@pytest.mark.parametrize("shape", SHAPES, ids=["usual", "deep", "wide", "one neuron", "flat", "one output"])
@pytest.mark.parametrize("method", METHODS[:-1])
def test_every_method_explains_every_network(shape: list[int], method: str) -> None:
    query = query_of(network_of(shape, output="softmax" if shape[-1] > 1 else "sigmoid"), method=method)
    found = contributions_for(query, zeros(query))
    assert found is not None
    assert (found.other is None) == (shape[-1] == 1)
    if method == LAYERS:
        assert [len(values) for values in found.layers] == shape[:-1]
    else:
        assert [part.shape for part in found.parts] == [(784,)] * min(shape[-1], 2)
        assert all(np.isfinite(part).all() for part in found.parts)
    if method == INTEGRATED and found.share is not None and shape != SHAPES[1]:
        assert found.share == pytest.approx(1, abs=0.05)


def test_by_default_the_answer_is_compared_with_the_second_best() -> None:
    query = query_of(network_of([784, 20, 10]))
    outputs = query.network.predict(query.example[None])[0]
    first, second, *_ = np.argsort(-outputs).tolist()
    assert compared(query)[1:] == (first, second)  # type: ignore[index]


@pytest.mark.parametrize(("one", "other"), [(3, 5), (3, None), (None, 5), (3, 3), (3, 99)])
def test_what_was_chosen_is_compared(one: int | None, other: int | None) -> None:
    query = query_of(network_of([784, 20, 10]), one=one, other=other)
    pair = compared(query)
    assert pair is not None
    assert one is None or pair[1] == one
    assert other in (None, 3, 99) or pair[2] == other
    assert pair[1] != pair[2]


def test_a_pair_is_compared_only_if_one_of_it_is_predicted_and_that_comes_first() -> None:
    query = query_of(network_of([784, 20, 10]))
    best, second, third, fourth, *_ = np.argsort(-query.network.predict(query.example[None])[0]).tolist()
    for how, pair in (
        ({"pair": (third, best)}, (best, third)),
        ({"pair": (best, third), "truth": fourth}, (best, third)),
        ({"pair": (third, fourth)}, (best, second)),
        ({"pair": (third, fourth), "truth": third}, (best, third)),
        ({"rival": third, "truth": fourth}, (best, third)),
        ({"rival": best, "truth": fourth}, (best, fourth)),
        ({"rival": best, "truth": best}, (best, second)),
    ):
        assert compared(replace(query, **how))[1:] == pair, how  # type: ignore[arg-type, index]


def test_an_answer_that_is_not_finite_has_no_reasons() -> None:
    network = network_of([784, 20, 10])
    network.weights[1][...] = np.nan
    query = query_of(network)
    assert contributions_for(query, zeros(query)) is None
    assert counterfactual_of(query, zeros(query), np.ones(784, np.float32)) is None


# ---- what would turn it


def test_the_film_ends_where_the_answer_turns() -> None:
    query = query_of(network_of([784, 30, 10]))
    found = counterfactual_of(query, np.zeros(784, np.float32), np.ones(784, np.float32))
    assert found is not None
    assert found.changed is not None
    assert found.film is not None
    assert found.to == found.other
    answers = found.film.argmax(axis=1)
    assert len(answers) == FRAMES
    assert answers[0] == found.one
    assert answers[-1] == found.to
    assert found.distance == pytest.approx(float(np.linalg.norm(found.changed - query.example)), rel=1e-4)
    assert found.visible <= np.count_nonzero(found.changed != query.example)


def test_where_the_other_is_the_answer_already_it_turns_to_the_one() -> None:
    network = network_of([784, 30, 10])
    plain = query_of(network)
    answer = int(network.predict(plain.example[None])[0].argmax())
    one = (answer + 1) % 10
    found = counterfactual_of(
        ExplanationQuery(network, plain.example, (28, 28), True, one, answer), zeros(plain), np.ones(784, np.float32)
    )
    assert found is not None
    assert found.to == one


def test_columns_stay_within_the_range_seen_in_training() -> None:
    table = table_of()
    summary = InputSummary(table)
    query = ExplanationQuery(network_of([4, 8, 3]), table.train.inputs[0], (4,))
    found = counterfactual_of(query, *summary.bounds)
    assert found is not None
    if found.changed is not None:
        assert (found.changed >= table.train.inputs.min(axis=0)).all()
        assert (found.changed <= table.train.inputs.max(axis=0)).all()


@pytest.mark.parametrize("outputs", [1, 2])
def test_numbers_instead_of_classes_have_nothing_to_turn_to(outputs: int) -> None:
    targets = RNG.random((20, outputs), np.float32)
    data = Dataset("Numbers", regression_split("train", RNG.random((20, 3), np.float32), targets, 3, outputs))
    query = ExplanationQuery(
        network_of([3, 5, outputs], output="identity"), data.train.inputs[0], (3,), has_classes=False
    )
    reasons, turning = (
        contributions_for(query, InputSummary(data).baseline(MEAN)),
        counterfactual_of(query, *InputSummary(data).bounds),
    )
    assert reasons is not None
    assert reasons.one == 0
    assert turning is not None
    assert turning.changed is None
    found = NearestExamples().find(query, data)
    assert found is not None
    assert [row[0].number for row in found.neighbours] == [0]
    assert found.neighbours[0][0].target == pytest.approx(float(targets[0, 0]))


# ---- the data


def test_a_picture_may_be_anything_from_black_to_white(few_digits: Dataset) -> None:
    low, high = InputSummary(few_digits).bounds
    assert (low == 0).all()
    assert high == pytest.approx(np.ones(784))
    assert not InputSummary(few_digits).baseline(EMPTY).any()


def test_an_empty_picture_has_the_background_of_the_data(few_digits: Dataset) -> None:
    assert not InputSummary(few_digits).baseline(EMPTY).any()
    light = replace(few_digits, brightness=Brightness(0.9, 0.8, 0.2))
    np.testing.assert_allclose(InputSummary(light).baseline(EMPTY), 0.9)


def test_the_mean_is_that_of_the_training_examples(few_digits: Dataset) -> None:
    mean = InputSummary(few_digits).baseline(MEAN)
    assert mean == pytest.approx(few_digits.train.inputs.mean(axis=0) / 255, abs=1e-5)


def test_the_nearest_are_of_both_classes_and_an_example_is_next_to_itself(few_digits: Dataset) -> None:
    network = network_of([784, 20, 10])
    labels = few_digits.train.labels
    assert labels is not None
    example = (few_digits.train.inputs[5] / 255).astype(np.float32)
    own, other = int(labels[5]), (int(labels[5]) + 1) % 10
    search = NearestExamples()
    found = search.find(ExplanationQuery(network, example, (28, 28), True, own, other, NEAREST), few_digits)
    assert found is not None
    assert found.looked_at == len(few_digits.train)
    assert found.neighbours[0][0].number == 5
    assert found.neighbours[0][0].distance == pytest.approx(0, abs=1e-3)
    for row, label in zip(found.neighbours, (own, other), strict=True):
        assert {each.label for each in row} == {label}
        assert [each.distance for each in row] == sorted(each.distance for each in row)


def test_methods_that_give_every_input_a_number() -> None:
    assert set(ATTRIBUTIONS) < set(METHODS)
