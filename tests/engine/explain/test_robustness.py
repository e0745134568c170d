"""How the error over disturbed examples is measured."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np
import pytest

from engine.basics.errors import DataError
from engine.basics.validation import Array
from engine.datasets import Dataset, Split
from engine.datasets.dataset import one_hot, regression_split
from engine.explain.perturbations import PERTURBATIONS, input_statistics
from engine.explain.robustness import Robustness, RobustnessPoint, measure
from engine.network.network import Network
from engine.training.metrics import Evaluator
from tests.engine.helpers import class_data, network_for


def whole(steps: Generator[Any, None, Robustness]) -> Robustness:
    while True:
        try:
            next(steps)
        except StopIteration as finished:
            result: Robustness = finished.value
            return result


def bars(examples: int = 300, shape: tuple[int, int] = (9, 12)) -> Dataset:
    """Pictures with a lying or a standing bar, in bytes."""
    rng = np.random.default_rng(1)
    labels = np.arange(examples) % 2
    pictures = np.zeros((examples, *shape), np.uint8)
    for picture, label, place in zip(pictures, labels, rng.integers(2, 7, examples), strict=True):
        picture[place, 2:-2] = 255 * (label == 0)
        picture[2:-2, place] += np.uint8(255) * (label == 1)
    split = Split(pictures.reshape(examples, -1), one_hot(labels, 2), labels, 1 / 255)
    return Dataset("bars", split, split, shape, ("lying", "standing"))


def table() -> Dataset:
    rng = np.random.default_rng(1)
    inputs = rng.normal(size=(400, 5)) * [1, 10, 100, 1, 1]
    return Dataset("table", *(regression_split("train", inputs, inputs[:, :1] * 2, 5, 1) for _ in range(2)))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_strength_0_is_the_ordinary_result(dtype: Any) -> None:
    data = bars()
    network = Network([108, 6, 2], rng=np.random.default_rng(1), dtype=dtype)
    assert data.test is not None
    ordinary = Evaluator(network, data.test).evaluate()
    found = whole(measure(network, data, data.test))
    assert list(found.curves) == list(PERTURBATIONS)
    for name, curve in found.curves.items():
        assert [one.strength for one in curve] == list(PERTURBATIONS[name]().strengths((9, 12)))
        at_0 = next(one for one in curve if one.strength == 0)
        assert (at_0.loss, at_0.error) == (ordinary.loss, ordinary.error)
        assert all(one.error is not None and 0 <= one.error <= 1 for one in curve)
    assert found.examples == 300


def test_each_strength_is_the_result_on_the_disturbed_examples() -> None:
    data = bars()
    assert data.test is not None
    network = network_for(data)
    curve = whole(measure(network, data, data.test, ["rotation"])).curves["rotation"]
    inputs = data.test.scaled_inputs()
    for one in curve:
        turned = PERTURBATIONS["rotation"]()(inputs, input_statistics(data), one.strength)
        expected = Evaluator(network, Split(turned, data.test.targets, data.test.labels)).evaluate()
        assert one.error == pytest.approx(expected.error)
        assert one.loss == pytest.approx(expected.loss, rel=1e-4)


def test_it_does_not_depend_on_the_network_how_examples_are_disturbed(monkeypatch: pytest.MonkeyPatch) -> None:
    data, seen = bars(), []
    assert data.test is not None
    apply = PERTURBATIONS["noise"].apply

    def spied(self: Any, inputs: Array, *rest: Any) -> Array:
        result = apply(self, inputs, *rest)
        seen.append(result.tobytes())
        return result

    monkeypatch.setattr(PERTURBATIONS["noise"], "apply", spied)
    for shape in ([108, 2], [108, 4000, 2]):
        whole(measure(Network(shape), data, data.test, ["noise"]))
    assert len(seen) % 2 == 0
    assert seen[: len(seen) // 2] == seen[len(seen) // 2 :]


def test_many_examples_in_several_chunks_are_all_measured_and_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    data = bars(301)
    assert data.test is not None
    network = network_for(data)
    one_chunk = whole(measure(network, data, data.test, ["shift", "size"]))
    monkeypatch.setattr("engine.explain.robustness._BYTES_AT_ONCE", 4 * 108 * 22)
    chunks = whole(measure(network, data, data.test, ["shift", "size"]))
    for name, curve in one_chunk.curves.items():
        assert [one.error for one in chunks.curves[name]] == pytest.approx([one.error for one in curve])
        assert [one.loss for one in chunks.curves[name]] == pytest.approx([one.loss for one in curve], rel=1e-4)


def test_the_same_network_has_the_same_curves() -> None:
    data = bars()
    assert data.test is not None
    network = network_for(data)
    assert whole(measure(network, data, data.test)) == whole(measure(network, data, data.test))


def test_shares_grow_to_1_and_curves_grow_outward_from_0() -> None:
    data = bars()
    assert data.test is not None
    steps = list(measure(network_for(data), data, data.test, ["rotation", "covered"]))
    shares = [share for share, _ in steps]
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1)
    curves = [found.curves["rotation"] for _, found in steps if found.curves]
    assert [one.strength for one in curves[0]] == [0]
    assert sorted(one.strength for one in next(curve for curve in curves if len(curve) == 3)) == [-15, 0, 15]


def test_a_table_of_targets_has_losses_and_no_errors() -> None:
    data = table()
    assert data.test is not None
    network = Network([5, 1], ["identity"], rng=np.random.default_rng(1))
    network.parameters[:] = [2, 0, 0, 0, 0, 0]  # the right answer
    found = whole(measure(network, data, data.test))
    assert list(found.curves) == ["noise", "covered"]
    noise = found.curves["noise"]
    assert all(one.error is None for one in noise)
    assert noise[0].loss == pytest.approx(0, abs=1e-10)
    assert [one.loss for one in noise] == sorted(one.loss for one in noise)
    assert [one.strength for one in found.curves["covered"]] == [0, 1, 2, 3, 4, 5]


def test_a_table_of_classes_gets_worse_with_noise() -> None:
    data = class_data(300, 4, 3, 300)
    assert data.test is not None
    centres = np.stack([data.train.inputs[data.train.labels == label].mean(axis=0) for label in range(3)])
    network = Network([4, 3], ["identity"])
    network.weights[0][...] = centres
    network.biases[0][:, 0] = -(centres**2).sum(axis=1) / 2
    curve = whole(measure(network, data, data.test, ["noise"])).curves["noise"]
    assert curve[0].error is not None
    assert curve[-1].error is not None
    assert curve[-1].error > curve[0].error + 0.1


@pytest.mark.parametrize(
    "shape", [[108, *[3] * 60, 2], [108, 4000, 2], [108, 1, 2]], ids=["deep", "wide", "one neuron"]
)
def test_networks_of_any_shape(shape: list[int]) -> None:
    data = bars(40)
    assert data.test is not None
    found = whole(measure(Network(shape, initializer="glorot"), data, data.test, ["shift"]))
    assert all(isinstance(one, RobustnessPoint) for one in found.curves["shift"])


def test_answers_that_are_not_finite_are_an_error() -> None:
    data = bars(40)
    assert data.test is not None
    network = Network([108, 3, 2], ["identity", "identity"])
    network.parameters[:] = 1e30
    with pytest.raises(DataError):
        whole(measure(network, data, data.test))


def test_a_huge_network_is_left_soon_after_it_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    data = bars()
    assert data.test is not None
    network = network_for(data)
    expected = whole(measure(network, data, data.test, ["shift"])).curves["shift"]
    monkeypatch.setattr("engine.explain.robustness._MOST_WORK", 10 * len(network.parameters))
    steps = list(measure(network, data, data.test, ["shift"]))
    assert len(steps) == 1 + 30 * (len(expected) - 1)  # ten examples each
    found = whole(measure(network, data, data.test, ["shift"])).curves["shift"]
    assert [one.error for one in found] == pytest.approx([one.error for one in expected])
