"""How good a network is."""

from __future__ import annotations

import numpy as np
import pytest

from engine.datasets import Dataset, Split
from engine.datasets.dataset import classification_split, regression_split
from engine.metrics import Evaluator, confusion_matrix
from engine.network import Network
from tests.engine.helpers import class_data, network_for


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
