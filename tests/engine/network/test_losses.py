"""Every registered loss: its values by hand, its gradient against finite differences."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.basics.errors import DataError, SettingError
from engine.basics.validation import Array
from engine.network.activations import ACTIVATIONS
from engine.network.losses import LOSSES
from tests.engine.helpers import LOSS_AND_OUTPUT, refused


def cost(loss: str, output: str, z: object, y: object, dtype: type = np.float64) -> float:
    return LOSSES[loss]().forward(np.array(z, dtype), np.array(y, dtype), ACTIVATIONS[output]())


def slope(loss: str, output: str, z: Array, y: Array) -> Array:
    """Of the mean cost with respect to z."""
    a, out = z.copy(), np.empty_like(z)
    activation, function = ACTIVATIONS[output](), LOSSES[loss]()
    function.forward(a, y, activation)
    function.gradient(a, y, out)
    if not function.joined_with:
        activation.backward(z.copy() if activation.needs_sums else a, out)
    return out / len(z)


def difference_quotient(loss: str, output: str, z: Array, y: Array, step: float = 1e-6) -> Array:
    quotient = np.empty_like(z)
    for place in np.ndindex(*z.shape):
        nudge = np.zeros_like(z)
        nudge[place] = step
        quotient[place] = cost(loss, output, z + nudge, y) - cost(loss, output, z - nudge, y)
    return quotient / (2 * step)


@pytest.mark.parametrize(("loss", "output"), LOSS_AND_OUTPUT)
@given(batch=st.integers(1, 5), outputs=st.integers(1, 5), soft=st.booleans(), seed=st.integers(0, 1000))
@settings(max_examples=7, derandomize=True)
def test_gradient_is_the_slope_of_the_value(
    loss: str, output: str, batch: int, outputs: int, soft: bool, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    z = rng.normal(scale=2, size=(batch, outputs))
    z += 0.05 * np.sign(z)
    y = rng.dirichlet(np.ones(outputs), batch) if soft else np.eye(outputs)[rng.integers(outputs, size=batch)]
    np.testing.assert_allclose(slope(loss, output, z, y), difference_quotient(loss, output, z, y), rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize(("loss", "output"), LOSS_AND_OUTPUT)
def test_turns_weighted_sums_into_answers_in_place(loss: str, output: str) -> None:
    for order in ("C", "F"):
        z: Array = np.random.default_rng(5).normal(size=(4, 3)).copy(order)  # type: ignore[call-overload]
        answers = z.copy()
        ACTIVATIONS[output]().forward(answers)
        LOSSES[loss]().forward(z, np.eye(3)[[0, 2, 1, 1]], ACTIVATIONS[output]())
        np.testing.assert_allclose(z, answers, rtol=1e-12)


@pytest.mark.parametrize(("loss", "output"), LOSS_AND_OUTPUT)
def test_is_a_mean_over_the_examples(loss: str, output: str) -> None:
    z = np.random.default_rng(5).normal(size=(4, 3))
    y = np.eye(3)[[0, 2, 1, 1]]
    each = [cost(loss, output, z[i : i + 1], y[i : i + 1]) for i in range(4)]
    assert cost(loss, output, z, y) == pytest.approx(np.mean(each))


@pytest.mark.parametrize(("loss", "output"), LOSS_AND_OUTPUT)
def test_gradient_is_that_of_each_example_whatever_the_batch(loss: str, output: str) -> None:
    rng = np.random.default_rng(6)
    a, y, whole, one = rng.random((4, 3)), rng.random((4, 3)), np.empty((4, 3)), np.empty((1, 3))
    LOSSES[loss]().gradient(a, y, whole)
    for i in range(4):
        LOSSES[loss]().gradient(a[i : i + 1], y[i : i + 1], one)
        np.testing.assert_array_equal(whole[i : i + 1], one)


@pytest.mark.parametrize(("loss", "output"), LOSS_AND_OUTPUT)
def test_the_right_answer_costs_nothing_and_a_wrong_one_something(loss: str, output: str) -> None:
    z = np.array([[-50.0, 50.0]])
    right = z.copy()
    ACTIVATIONS[output]().forward(right)
    assert cost(loss, output, z, right) == pytest.approx(0, abs=1e-12)
    assert cost(loss, output, z, right[:, ::-1]) > 0.1


# An output activation, sums, targets, and the mean loss of the two examples, worked by hand.
BY_HAND: dict[str, tuple[str, object, object, float]] = {
    "quadratic": ("identity", [[1, 2], [0, 0]], [[0, 0], [3, 4]], (5 / 2 + 25 / 2) / 2),
    # 0.5 and 1 off: 0.125 and 0.5; 3 and -4 off: 2.5 and 3.5.
    "huber": ("identity", [[0.5, 2], [3, 0]], [[0, 1], [0, 4]], (0.625 + 6) / 2),
    "cross-entropy": ("softmax", np.log([[0.2, 0.8], [0.5, 0.5]]), [[1, 0], [0, 1]], -math.log(0.2 * 0.5) / 2),
}


@pytest.mark.parametrize("loss", list(LOSSES))
def test_values_by_hand(loss: str) -> None:
    assert loss in BY_HAND, "work its value by hand"
    output, z, y, value = BY_HAND[loss]
    assert cost(loss, output, z, y) == pytest.approx(value)


def test_huber_pulls_no_harder_than_a_miss_by_1() -> None:
    out = np.empty((1, 4))
    LOSSES["huber"]().gradient(np.array([[0.5, -0.25, 7, -900]]), np.zeros((1, 4)), out)
    assert out.tolist() == [[0.5, -0.25, 1, -1]]


def test_cross_entropy_behind_softmax_by_hand() -> None:
    z = np.log([[0.2, 0.8], [0.5, 0.5]])
    expected = (-math.log(0.2) - 0.25 * math.log(0.5) - 0.75 * math.log(0.5)) / 2
    assert cost("cross-entropy", "softmax", z, [[1, 0], [0.25, 0.75]]) == pytest.approx(expected)


def test_cross_entropy_behind_sigmoid_asks_each_output_for_itself() -> None:
    z = [[math.log(0.2 / 0.8), math.log(0.8 / 0.2)]]
    expected = -math.log(0.2) - math.log(1 - 0.8)
    assert cost("cross-entropy", "sigmoid", z, [[1, 0]]) == pytest.approx(expected)


@pytest.mark.parametrize("output", ["softmax", "sigmoid"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [20, 100, 1e4])
def test_a_confident_mistake_costs_what_it_should_to_the_last_digit(output: str, dtype: type, size: float) -> None:
    """The probability of the truth is e^-2e4 there, which no float holds; its logarithm is -2e4 nonetheless."""
    assert cost("cross-entropy", output, [[size, -size]], [[0, 1]], dtype) == pytest.approx(2 * size, rel=1e-6)
    assert cost("cross-entropy", output, [[size, -size]], [[1, 0]], dtype) == pytest.approx(0, abs=1e-8)


@pytest.mark.parametrize("output", ["softmax", "sigmoid"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_confident_answers_that_are_right_lose_no_digits_to_others(output: str, dtype: type) -> None:
    """Each costs e^-12 or so: nothing of the size of z may be added up and taken away again."""
    right = np.linspace(12, 18, 1000)
    z = np.column_stack([right, -right])
    if output == "softmax":
        z, exact = z / 2, np.log1p(np.exp(-right)).mean()
    else:
        exact = 2 * np.log1p(np.exp(-right)).mean()
    y = np.tile([1.0, 0.0], (1000, 1))
    assert cost("cross-entropy", output, z, y, dtype) == pytest.approx(exact, rel=0.01)
    assert cost("cross-entropy", output, 1e4 * z, y, dtype) == 0


@pytest.mark.parametrize("output", ["softmax", "sigmoid"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_gradient_of_a_confident_mistake_does_not_vanish(output: str, dtype: type) -> None:
    z, y, out = np.array([[1e4, -1e4]], dtype), np.array([[0, 1]], dtype), np.empty((1, 2), dtype)
    loss = LOSSES["cross-entropy"]()
    assert loss.forward(z, y, ACTIVATIONS[output]()) == 2e4
    loss.gradient(z, y, out)
    assert out.tolist() == [[1, -1]]


@pytest.mark.parametrize("output", sorted(set(ACTIVATIONS) - {"softmax", "sigmoid"}))
def test_cross_entropy_is_refused_behind_what_gives_no_probabilities(output: str) -> None:
    with refused(SettingError, "loss", "cross-entropy"):
        LOSSES["cross-entropy"]().check_output(ACTIVATIONS[output]())


@pytest.mark.parametrize("output", list(ACTIVATIONS))
@pytest.mark.parametrize("loss", ["quadratic", "huber"])
def test_the_losses_of_regression_stand_behind_anything(loss: str, output: str) -> None:
    LOSSES[loss]().check_output(ACTIVATIONS[output]())


# targets


@pytest.mark.parametrize(
    ("output", "targets", "value", "rule"),
    [
        ("softmax", [[1, 0], [0.5, 0.7]], "1.2 in sum at [1] (1 such rows)", "must sum to 1"),
        ("softmax", [[0, 0], [1, 1], [0, 1]], "0 in sum at [0] (2 such rows)", "must sum to 1"),
        ("softmax", [[0.5, 0.501]], "1.001 in sum at [0]", "must sum to 1"),
        ("softmax", [[1, 0], [1.5, -0.5]], "1.5 at [1, 0] (2 such values)", "must lie within 0 and 1"),
        ("sigmoid", [[0, 1], [1, 7]], "7 at [1, 1] (1 such values)", "must lie within 0 and 1"),
        ("sigmoid", [[-0.001, 1]], "-0.001 at [0, 0]", "must lie within 0 and 1"),
        ("sigmoid", [[0.5, math.nan]], "nan at [0, 1]", "must lie within 0 and 1"),
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_cross_entropy_refuses_targets_that_are_no_probabilities(
    output: str, targets: list[list[float]], value: str, rule: str, dtype: type
) -> None:
    check = LOSSES["cross-entropy"]().check_targets
    with refused(DataError, "train_labels", value):
        check(np.array(targets, dtype), ACTIVATIONS[output](), "train_labels")
    with pytest.raises(DataError, match=f"{rule}.* after {output}. Make the network with the quadratic loss, or use"):
        check(np.array(targets, dtype), ACTIVATIONS[output]())


@pytest.mark.parametrize("outputs", [1, 2, 10, 10_000])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rounded_probabilities_are_taken(outputs: int, dtype: type) -> None:
    rng = np.random.default_rng(3)
    shares = np.exp(rng.normal(scale=3, size=(20, outputs))).astype(dtype)
    shares /= shares.sum(axis=1, keepdims=True)
    rows = min(3, outputs)
    for targets in (shares, np.eye(rows, outputs, dtype=dtype), np.eye(rows, outputs, dtype=np.uint8)):
        LOSSES["cross-entropy"]().check_targets(targets, ACTIVATIONS["softmax"]())
    yes_or_no = rng.random((20, outputs)).astype(dtype).round(1)
    LOSSES["cross-entropy"]().check_targets(yes_or_no, ACTIVATIONS["sigmoid"]())


@pytest.mark.parametrize(("loss", "output"), [each for each in LOSS_AND_OUTPUT if each[0] != "cross-entropy"])
def test_the_losses_of_regression_take_any_targets(loss: str, output: str) -> None:
    LOSSES[loss]().check_targets(np.array([[-3.0, 900.0]]), ACTIVATIONS[output]())
