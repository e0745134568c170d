"""Attributions add up and agree with brute force; changes change the answer, and are small."""

from __future__ import annotations

import math
import tracemalloc
from typing import Any

import numpy as np
import pytest

from engine import explain
from engine.basics.errors import DataError, SettingError
from engine.basics.validation import Array
from engine.network.activations import ACTIVATIONS
from engine.network.network import Network

_HIDDEN = [name for name in ACTIVATIONS if ACTIVATIONS[name].hidden]


def network_of(shape: list[int], hidden: str = "relu", output: str = "softmax", seed: int = 0, **how: Any) -> Network:
    """A random network with biases that are not 0."""
    rng = np.random.default_rng(seed)
    loss = "cross-entropy" if output == "softmax" else "quadratic"
    made = Network(shape, [hidden] * (len(shape) - 2) + [output], loss, "he", rng, **how)
    for biases in made.biases:
        biases[...] = rng.normal(0, 0.3, biases.shape)
    return made


def example_of(width: int, seed: int = 1) -> Array:
    """Numbers in 0…1."""
    return np.random.default_rng(seed).random(width, np.float32)


def sums_of(network: Network, rows: Array) -> Array:
    """The last layer's sums, in another way than the module computes them."""
    a = np.asarray(rows, np.float64)
    for layer, (w, b) in enumerate(zip(network.weights, network.biases, strict=True)):
        a = a @ w.T.astype(np.float64) + b.T
        if layer < len(network.weights) - 1:
            network.layer_activations[layer].forward(a)
    return a


# ---- gradients and integrated gradients


@pytest.mark.parametrize("hidden", _HIDDEN)
def test_gradients_agree_with_finite_differences(hidden: str) -> None:
    network = network_of([5, 7, 6, 3], hidden, dtype=np.float64)
    example = example_of(5).astype(np.float64)
    found = explain.gradients(network, explain.forward(network, example[None]), 2)[0][0]
    step = 1e-6
    for place in range(5):
        ahead, behind = example.copy(), example.copy()
        ahead[place] += step
        behind[place] -= step
        expected = (sums_of(network, ahead[None]) - sums_of(network, behind[None]))[0, 2] / (2 * step)
        assert found[place] == pytest.approx(expected, rel=1e-4, abs=1e-6)


@pytest.mark.parametrize(
    ("hidden", "shape"),
    [
        *((hidden, [8, 30, 20, 3]) for hidden in _HIDDEN),
        *(
            (hidden, shape)
            for hidden in ("relu", "gelu")
            for shape in ([8, 3], [8, 20, 3], [1, 4, 3], [8, *[6] * 20, 3])
        ),
    ],
)
def test_integrated_gradients_add_up(hidden: str, shape: list[int]) -> None:
    """To the difference of the target's sums, within 1 % of it or 0.01."""
    network = network_of(shape, hidden)
    network.parameters *= 1.5
    example = example_of(shape[0])
    ends = sums_of(network, np.stack([np.zeros_like(example), example]))
    targets: dict[explain.Target, Array] = {1: ends[:, 1], (2, 0): ends[:, 2] - ends[:, 0]}
    for target, sums in targets.items():
        difference = sums[1] - sums[0]
        found = explain.integrated_gradients(network, example, target)
        assert found.sum() == pytest.approx(difference, abs=max(0.01 * abs(difference), 0.01)), target


def test_integrated_gradients_take_a_baseline() -> None:
    network, example = network_of([8, 12, 3], "tanh"), example_of(8)
    baseline = np.full(8, 0.5, np.float32)
    found = explain.integrated_gradients(network, example, 0, baseline=baseline)
    ends = sums_of(network, np.stack([baseline, example]))[:, 0]
    assert found.sum() == pytest.approx(ends[1] - ends[0], abs=0.01)
    assert not explain.integrated_gradients(network, baseline, 0, baseline=baseline).any()


def test_integrated_gradients_of_a_linear_network_are_weight_times_input() -> None:
    network, example = network_of([6, 4], output="identity"), example_of(6)
    for found in (
        explain.integrated_gradients(network, example, 3, steps=1),
        explain.gradient_times_input(network, example, 3),
        explain.contributions(network, example, 3)[0],
    ):
        assert found == pytest.approx(network.weights[0][3] * example, rel=1e-4, abs=1e-6)


def test_a_step_at_a_kink_is_found() -> None:
    """A ReLU that begins just before the end of the way: equal steps would miss it."""
    network = network_of([1, 1, 2], output="identity")
    network.weights[0][...], network.biases[0][...] = 4000.0, -3999.0
    network.weights[1][...], network.biases[1][...] = 1.0, 0.0
    assert explain.integrated_gradients(network, [1.0], 0).sum() == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("seed", range(3))
def test_rounding_errors_are_not_halved_for_ever(seed: int) -> None:
    """Sums around a million are rounded to sixteenths: no number of steps adds up to a small difference."""
    network, rng = network_of([2, 5, 2], seed=seed), np.random.default_rng(seed)
    for biases in network.biases:
        biases[...] = rng.choice([-1e6, 1e6], biases.shape)
    example = np.array([0.3, -0.7], np.float32)
    tracemalloc.start()
    found = explain.integrated_gradients(network, example, 0)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20_000_000
    before, after = map(float, explain.target_sums(explain.forward(network, np.stack([0 * example, example])), 0))
    miss = abs(float(found.sum()) - (after - before))
    allowed = max(0.01 * abs(after - before), 0.01)
    reported = explain.completeness_error(network, example, 0, found)
    assert reported == (pytest.approx(miss, rel=1e-3) if miss > allowed else 0.0)
    assert np.isfinite(found).all()


# ---- occlusion


@pytest.mark.parametrize(("example_shape", "size"), [((4, 5), 1), ((4, 5), 2), ((4, 5), 4), ((20,), 1), ((20,), 3)])
def test_occlusion_equals_brute_force(example_shape: tuple[int, ...], size: int) -> None:
    network, example = network_of([20, 9, 3]), example_of(20)
    found = explain.occlusion(network, example, 1, example_shape, size, baseline=0.25)
    whole = sums_of(network, example[None])[0, 1]
    total, count = np.zeros(example_shape), np.zeros(example_shape)
    for corner in np.ndindex(*(length - size + 1 for length in example_shape)):
        square = tuple(slice(start, start + size) for start in corner)
        covered = example.reshape(example_shape).copy()
        covered[square] = 0.25
        total[square] += whole - sums_of(network, covered.reshape(1, -1))[0, 1]
        count[square] += 1
    assert found == pytest.approx((total / count).ravel(), rel=1e-3, abs=1e-5)


# ---- contributions


def test_contributions_of_the_last_layer_are_exact() -> None:
    network, example = network_of([6, 9, 4], "tanh"), example_of(6)
    last = explain.contributions(network, example, 2)[-1]
    assert last.sum() + network.biases[-1][2, 0] == pytest.approx(sums_of(network, example[None])[0, 2], rel=1e-4)


def test_what_connections_contribute_adds_up_to_what_their_neurons_do() -> None:
    network, example = network_of([6, 9, 5, 4]), example_of(6)
    for layer in (1, 2, 3):
        each = explain.connection_contributions(network, example, 1, layer)
        assert each.shape == network.weights[layer - 1].shape
        assert each.sum(axis=0) == pytest.approx(explain.contributions(network, example, 1)[layer - 1], abs=1e-4)


# ---- the smallest change


def deepfool(network: Network, example: Array, target: int, low: float, high: float) -> Array | None:
    """DeepFool with a target, within bounds: steps across the linearised boundary to the target, clipped each time."""
    point = example.astype(np.float64)
    for _ in range(100):
        sums = sums_of(network, point[None])[0]
        if sums.argmax() == target:
            return point
        best = int(sums.argmax())
        passed = explain.forward(network, point[None].astype(network.parameters.dtype))
        slope = explain.gradients(network, passed, (target, best))[0][0].astype(np.float64)
        length = float(slope @ slope)
        if not length:
            return None
        point = np.clip(point + 1.02 * (sums[best] - sums[target] + 1e-4) / length * slope, low, high)
    return None


@pytest.mark.parametrize(
    ("hidden", "shape"),
    [
        ("relu", [9, 3]),
        *((hidden, [20, 12, 4]) for hidden in ("relu", "sigmoid", "tanh", "gelu")),
        *((hidden, [30, 20, 15, 6]) for hidden in ("relu", "tanh")),
    ],
)
def test_the_smallest_change(hidden: str, shape: list[int]) -> None:
    """It changes the answer, is within the bounds, cannot be shrunk, and is no larger than DeepFool's."""
    network, compared = network_of(shape, hidden), 0
    network.parameters *= 2
    for seed in range(1 if shape[-1] == 6 else 3):  # each with that many targets
        example = example_of(shape[0], seed)
        was = int(network.predict(example[None])[0].argmax())
        for target in range(shape[-1]):
            if target == was:
                continue
            rival = deepfool(network, example, target, 0, 1)
            try:
                found = explain.smallest_change(network, example, target)
            except explain.NoChangeError:
                assert rival is None
                continue
            assert network.predict(found[None])[0].argmax() == target
            assert found.min() >= 0
            assert found.max() <= 1
            for share in (0.5, 0.9, 0.99):
                shrunk = (example + share * (found - example)).astype(np.float32)
                assert network.predict(shrunk[None])[0].argmax() != target
            if rival is not None:
                compared += 1
                ours, theirs = np.linalg.norm(found - example), np.linalg.norm(rival - example)
                assert ours <= 1.05 * theirs, f"{ours} against {theirs} of DeepFool"
    assert compared


def test_what_has_the_answer_already_is_not_changed() -> None:
    network, example = network_of([9, 8, 3]), example_of(9)
    was = int(network.predict(example[None])[0].argmax())
    assert np.array_equal(explain.smallest_change(network, example, was), example)


def test_bounds_may_differ_from_input_to_input() -> None:
    network, example = network_of([9, 8, 3]), example_of(9)
    network.parameters *= 3
    low, high = np.where(np.arange(9) < 4, example, -2), np.where(np.arange(9) < 4, example, 2)
    was = int(network.predict(example[None])[0].argmax())
    found = explain.smallest_change(network, example, (was + 1) % 3, low, high)
    assert np.array_equal(found[:4], example[:4])


def test_where_no_input_gets_the_answer_it_is_said() -> None:
    network = network_of([4, 3], output="identity")
    network.parameters[...] = 0
    network.biases[0][:, 0] = 5, 1, 1
    with pytest.raises(explain.NoChangeError, match="predicted as 2"):
        explain.smallest_change(network, example_of(4), 2)


def with_categories(seed: int) -> Array:
    """Two numbers, then one of three and one of four categories."""
    rng = np.random.default_rng(seed)
    row = np.zeros(9, np.float32)
    row[:2] = rng.random(2)
    row[2 + rng.integers(3)] = row[5 + rng.integers(4)] = 1
    return row


def test_categories_change_as_a_whole() -> None:
    """As a search through all categories finds, with the numbers between them changed as little as can be."""
    groups, changed = ((2, 3, 4), (5, 6, 7, 8)), 0
    for seed in range(2):
        network, example = network_of([9, 8, 3], seed=seed), with_categories(seed)
        network.parameters *= 2
        was = int(network.predict(example[None])[0].argmax())
        for target in {0, 1, 2} - {was}:
            wanted: list[float] = []
            for group, other in [(groups[0], None), *((each, other) for each in groups for other in each)]:
                switched = example.copy()
                if other is not None:
                    switched[list(group)] = 0
                    switched[other] = 1
                low, high = switched.copy(), switched.copy()
                low[:2], high[:2] = 0, 1
                try:
                    nearest = explain.smallest_change(network, switched, target, low, high)
                except explain.NoChangeError:
                    continue
                wanted.append(float(np.linalg.norm(nearest - example)))
            try:
                found = explain.smallest_change(network, example, target, categories=groups)
            except explain.NoChangeError:
                assert not wanted
                continue
            assert network.predict(found[None])[0].argmax() == target
            for group in groups:
                assert sorted(found[list(group)]) == [0] * (len(group) - 1) + [1]
            switches = sum(bool((found[list(group)] != example[list(group)]).any()) for group in groups)
            if wanted:
                assert switches <= 1
                assert np.linalg.norm(found - example) == pytest.approx(min(wanted), rel=1e-5)
            changed += switches
    assert changed


def test_two_categories_change_where_one_is_not_enough() -> None:
    network = network_of([4, 2], output="identity")
    network.parameters[...] = 0
    network.weights[0][1] = 0, 1, 0, 1
    network.biases[0][:, 0] = 1.5, 0
    found = explain.smallest_change(network, [1, 0, 1, 0], 1, categories=((0, 1), (2, 3)))
    assert found.tolist() == [0, 1, 0, 1]


def test_a_group_without_a_category_may_stay_so() -> None:
    network = network_of([4, 2], output="identity")
    network.parameters[...] = 0
    network.weights[0][1] = 0, 1, 0, 0
    network.biases[0][:, 0] = 0.5, 0
    found = explain.smallest_change(network, [0, 0, 1, 0], 1, categories=((0, 1), (2, 3)))
    assert found.tolist() == [0, 1, 1, 0]
    network.biases[0][:, 0] = 0, 0.5
    assert explain.smallest_change(network, [0, 0, 1, 0], 1, categories=((0, 1), (2, 3))).tolist() == [0, 0, 1, 0]


# ---- neurons


def test_carrying_back_through_identity_layers_is_the_product_of_the_weights() -> None:
    network = network_of([7, 6, 5, 4], "identity", "identity")
    product = network.weights[2] @ network.weights[1] @ network.weights[0]
    for found in (explain.carried_back(network, 3, 1), explain.carried_back(network, 3, 1, example_of(7))):
        assert found == pytest.approx(product[1], rel=1e-4, abs=1e-6)
    assert np.array_equal(explain.carried_back(network, 1, 2), network.weights[0][2])


@pytest.mark.parametrize("hidden", _HIDDEN)
def test_gradient_ascent_climbs(hidden: str) -> None:
    network = network_of([12, 9, 6, 4], hidden)
    for layer in (1, 2, 3):
        start = example_of(12, layer)
        found = explain.most_exciting(network, layer, 1, start=start)
        before, after = explain.forward(network, np.stack([start, found])).sums[layer - 1][:, 1]
        assert after >= before
        assert found.min() >= 0
        assert found.max() <= 1
    linear = explain.most_exciting(network, 1, 1)
    assert linear == pytest.approx((network.weights[0][1] > 0).astype(float), abs=1e-3)


def test_the_nearest_examples_are_those_of_brute_force() -> None:
    network, rows = network_of([6, 8, 5, 3], "tanh"), np.random.default_rng(3).random((50, 6), np.float32)
    found = explain.nearest_examples(network, rows[7], rows, 4)
    hidden = explain.forward(network, rows).activations[2]
    distances = [math.dist(hidden[7], row) for row in hidden]
    assert found[0] == 7
    assert list(found) == sorted(range(50), key=lambda number: distances[number])[:4]


# ---- what is refused


@pytest.mark.parametrize("target", [-1, 3, True, 1.5, (0, 7)])
def test_a_target_that_is_no_output_is_refused(target: Any) -> None:
    with pytest.raises(SettingError, match="must be the number of an output, 0 to 2"):
        explain.integrated_gradients(network_of([4, 3]), example_of(4), target)


def test_inputs_that_are_no_example_are_refused() -> None:
    network = network_of([4, 3])
    with pytest.raises(DataError):
        explain.gradient_times_input(network, example_of(5), 0)
    with pytest.raises(DataError, match="one example"):
        explain.gradient_times_input(network, np.zeros((2, 4)), 0)
    with pytest.raises(DataError):
        explain.smallest_change(network, [0, 1, np.nan, 0], 0)


def test_squares_that_do_not_fit_are_refused() -> None:
    network = network_of([6, 3])
    with pytest.raises(SettingError, match="at most 2"):
        explain.occlusion(network, example_of(6), 0, (2, 3), 3)
    with pytest.raises(SettingError, match="6 inputs"):
        explain.occlusion(network, example_of(6), 0, (2, 2), 1)
