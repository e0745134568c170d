"""How good a network is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.basics.errors import DataError, SettingError
from engine.datasets import Dataset, Split
from engine.datasets.dataset import classification_split, one_hot, regression_split
from engine.network.network import Network
from engine.training.metrics import Evaluation, Evaluator, confusion_matrix, in_figures
from tests.engine.helpers import class_data, network_for, refused, trainer


def copying_network() -> Network:
    """Two classes; it answers with the larger of its two inputs."""
    net = Network([2, 2], ["identity"], initializer="zeros")
    net.weights[0][...] = np.eye(2)
    return net


def test_confusion_matrix_by_hand() -> None:
    true, answers = np.array([0, 0, 1, 2, 2, 2]), np.array([0, 1, 1, 0, 2, 2])
    assert confusion_matrix(true, answers, 3).tolist() == [[1, 1, 0], [0, 1, 0], [1, 0, 2]]


def test_confusion_matrix_has_a_row_and_a_column_for_absent_classes() -> None:
    assert confusion_matrix(np.array([1]), np.array([1]), 4).shape == (4, 4)


def test_many_classes_as_bytes_are_counted_rightly() -> None:
    classes = np.arange(200, dtype=np.uint8)
    assert confusion_matrix(classes, classes, 200).tolist() == np.eye(200, dtype=int).tolist()


def test_error_loss_and_confusion_by_hand() -> None:
    split = classification_split("test", [[1, 0], [0, 1], [1, 0], [1, 0]], [0, 1, 1, 0], 2, 2)
    result = Evaluator(copying_network(), split).evaluate()
    assert result.error == pytest.approx(0.25)
    assert result.loss == pytest.approx(1 / 4)  # one of four is |(1, 0) - (0, 1)|^2 / 2 = 1 off
    assert result.confusion is not None
    assert result.confusion.tolist() == [[2, 0], [1, 1]]


def test_regression_has_a_loss_only() -> None:
    split = regression_split("test", [[1, 2]], [[1, 4]], 2, 2)
    result = Evaluator(copying_network(), split).evaluate()
    assert (result.loss, result.error, result.confusion) == (2.0, None, None)


def answered(true: list[int], outputs: list[list[float]]) -> Evaluation:
    """The figures of a network that answers just that: weights 1, so the examples are the answers."""
    width = len(outputs[0])
    net = Network([width, width], ["identity"], initializer="zeros")
    net.weights[0][...] = np.eye(width)
    return Evaluator(net, classification_split("test", outputs, true, width, width)).evaluate()


def test_precision_and_recall_by_hand() -> None:
    # Class 0 is answered three times, twice rightly, and there are two. Class 1 is answered once, rightly, of two.
    # Class 2 is answered once and does not occur. Class 3 occurs once and is never answered.
    figures = Evaluation(0.0, None, np.array([[2, 0, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 1, 0]]))
    assert figures.precision is not None
    assert figures.recall is not None
    np.testing.assert_allclose(figures.precision, [2 / 3, 1, 0, np.nan])
    np.testing.assert_allclose(figures.recall, [1, 1 / 2, np.nan, 0])


def test_precision_and_recall_of_answers_by_hand() -> None:
    figures = answered([0, 0, 1, 1], [[9, 1, 0], [9, 1, 0], [9, 1, 0], [1, 9, 0]])
    assert figures.precision is not None
    assert figures.recall is not None
    np.testing.assert_allclose(figures.precision, [2 / 3, 1, np.nan])
    np.testing.assert_allclose(figures.recall, [1, 1 / 2, np.nan])


def test_ranks_and_top_errors_by_hand() -> None:
    figures = answered([0, 1, 2, 0], [[3, 2, 1], [3, 2, 1], [3, 2, 1], [1, 2, 3]])
    assert figures.ranks is not None
    assert figures.ranks.tolist() == [1, 1, 2]
    assert [figures.top_error(k) for k in (1, 2, 3, 4)] == [0.75, 0.5, 0, 0]
    assert figures.error == 0.75


@given(examples=st.integers(1, 40), classes=st.integers(1, 6), seed=st.integers(0, 1000))
@settings(max_examples=40, derandomize=True)
def test_figures_of_random_answers(examples: int, classes: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    true = rng.integers(classes, size=examples).tolist()
    outputs = rng.permuted(np.tile(np.arange(classes, dtype=float), (examples, 1)), axis=1)
    figures = answered(true, outputs.tolist())
    best = [np.argsort(-row).tolist() for row in outputs]
    assert figures.top_error(1) == pytest.approx(figures.error)
    for k in range(1, classes + 1):
        missed = sum(label not in row[:k] for label, row in zip(true, best, strict=True))
        assert figures.top_error(k) == pytest.approx(missed / examples)
    assert figures.precision is not None
    assert figures.recall is not None
    for c in range(classes):
        named = [label for label, row in zip(true, best, strict=True) if row[0] == c]
        there = [row[0] for label, row in zip(true, best, strict=True) if label == c]
        np.testing.assert_allclose(figures.precision[c], named.count(c) / len(named) if named else np.nan)
        np.testing.assert_allclose(figures.recall[c], there.count(c) / len(there) if there else np.nan)


def test_regression_has_none_of_these() -> None:
    figures = Evaluator(copying_network(), regression_split("test", [[1, 2]], [[1, 4]], 2, 2)).evaluate()
    assert (figures.precision, figures.recall, figures.ranks, figures.top_error(1)) == (None, None, None, None)


@pytest.mark.parametrize("count", [1, 999, 1000, 1001, 2500])
def test_many_chunks_give_what_all_at_once_gives(count: int) -> None:
    split = class_data(examples=count, test=0).train
    net = network_for(class_data())
    answers = net.predict(split.inputs)
    result = Evaluator(net, split).evaluate()
    assert result.error == pytest.approx((answers.argmax(axis=1) != split.labels).mean())
    assert result.loss == pytest.approx(((answers - split.targets) ** 2).sum(axis=1).mean() / 2, rel=1e-5)
    assert result.confusion is not None
    assert result.confusion.sum() == count
    assert result.ranks is not None
    assert result.ranks.sum() == count
    assert result.top_error(1) == pytest.approx(result.error)


def test_it_can_be_stopped_between_chunks() -> None:
    steps = Evaluator(network_for(class_data()), class_data(examples=2500, test=0).train).steps()
    assert [next(steps), next(steps)] == [1000, 2000]
    steps.close()


def test_it_sees_the_parameters_as_they_are_now() -> None:
    net, split = copying_network(), classification_split("test", [[1, 0]], [0], 2, 2)
    evaluator = Evaluator(net, split)
    assert evaluator.evaluate().error == 0
    net.weights[0][...] = -np.eye(2)
    assert evaluator.evaluate().error == 1


def test_bytes_are_scaled_on_the_way_in(mnist: Dataset) -> None:
    assert mnist.test is not None
    head = mnist.test.head(50)
    assert head.labels is not None
    as_floats = Split(head.inputs / np.float32(255), head.targets, head.labels)
    net = Network([784, 10], rng=np.random.default_rng(0), initializer="glorot")
    assert Evaluator(net, head).evaluate().loss == pytest.approx(Evaluator(net, as_floats).evaluate().loss, rel=1e-5)


def test_between_equal_answers_the_first_counts_as_higher() -> None:
    data = class_data(examples=30, classes=3)
    result = Evaluator(network_for(data, initializer="zeros"), data.train).evaluate()
    assert result.top_error(1) == pytest.approx(result.error)
    assert result.top_error(2) == pytest.approx(1 / 3)
    assert result.top_error(3) == 0


@pytest.mark.parametrize("wrong", [1, 46, 9999])
def test_an_error_is_the_nearest_number_to_its_fraction(wrong: int) -> None:
    """And not 1 - 0.9954, which is 0.0046000000000000485."""
    labels = np.zeros(10_000, int)
    labels[:wrong] = 1
    split = classification_split("test", np.tile([1.0, 0.0], (10_000, 1)), labels, 2, 2)
    assert Evaluator(copying_network(), split).evaluate().error == wrong / 10_000


def test_targets_that_the_loss_cannot_have_are_refused_before_anything_is_learned() -> None:
    good, bad = (regression_split("train", [[1, 2], [3, 4]], targets, 2, 2) for targets in ([[1, 0]] * 2, [[1, 1]] * 2))
    network = Network([2, 2], ["softmax"], "cross-entropy")
    before = network.parameters.copy()
    for train, test in ((bad, None), (good, bad)):
        with refused(DataError, "targets", "2 in sum at [0]"):
            trainer(Dataset("bad", train, test), network, batch_size=1)
    trainer(Dataset("good", good, good), network, batch_size=1)
    np.testing.assert_array_equal(network.parameters, before)
    with refused(DataError, "targets", "2 in sum at [0]"):
        Evaluator(network, bad)


@pytest.mark.parametrize("k", [0, -1, 1.5, "1", None])
def test_top_error_refuses_what_is_no_count(k: object) -> None:
    figures = answered([0, 1], [[1, 0], [0, 1]])
    with refused(SettingError, "k", str(k)):
        figures.top_error(k)  # type: ignore[arg-type]


def test_a_regression_of_many_outputs_needs_no_table_of_them() -> None:
    outputs = 300_000  # squared, they would not fit in any memory
    split = Split(np.ones((2, 1), np.float32), np.zeros((2, outputs), np.float32))
    assert Evaluator(Network([1, outputs], ["identity"], initializer="zeros"), split).evaluate().loss == 0


@pytest.mark.parametrize("output", ["softmax", "identity"])
def test_answers_that_are_not_finite_are_no_figures(output: str) -> None:
    """Also without labels, and in the last, smaller chunk."""
    network = Network([2, 3, 2], ["relu", output], "quadratic", rng=np.random.default_rng(1))
    network.weights[0][...] = 3e38
    inputs, labels = np.zeros((1500, 2), np.float32), np.zeros(1500, np.int64)
    targets = one_hot(labels, 2)
    assert Evaluator(network, Split(inputs, targets, labels)).evaluate().error is not None
    inputs[-1] = 1
    for split in (Split(inputs, targets, labels), Split(inputs, targets)):
        with refused(DataError, "network", "the weighted sums of layer 1 overflow"):
            Evaluator(network, split).evaluate()


def test_a_loss_that_overflows_is_no_figure() -> None:
    network = Network([1, 1], ["identity"], rng=np.random.default_rng(1))
    network.weights[0][...] = 1e30
    with refused(DataError, "network", "the loss overflows"):
        Evaluator(network, Split(np.ones((3, 1), np.float32), np.ones((3, 1), np.float32))).evaluate()


@pytest.mark.parametrize(
    ("value", "words"),
    [(15470.9, "15,471"), (2.7124, "2.712"), (7584.4, "7584"), (9999.7, "10,000"), (0.00341, "0.00341"), (0.0, "0"),
     (-1234567.0, "-1,234,567"), (3e15, "3e+15")],
)  # fmt: skip
def test_figures_are_written_as_people_do(value: float, words: str) -> None:
    assert in_figures(value) == words
