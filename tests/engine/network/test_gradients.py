"""Forward and backward: every gradient against finite differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.basics.validation import Array
from engine.network.activations import ACTIVATIONS
from engine.network.buffers import Buffers, TrainingBuffers
from engine.network.network import Network
from tests.engine.helpers import LOSS_AND_OUTPUT


def some_of_each() -> list[tuple[str, str, str]]:
    """Each hidden activation before two pairs of loss and output, each pair behind two hidden activations."""
    every, pairs = list(ACTIVATIONS), LOSS_AND_OUTPUT
    chosen = [(name, *pairs[(7 * i + k) % len(pairs)]) for i, name in enumerate(every) for k in (0, len(pairs) // 2)]
    chosen += [(every[(i + k) % len(every)], *pair) for i, pair in enumerate(pairs) for k in (1, len(every) // 2)]
    return sorted(set(chosen))


def network(shape: list[int], hidden: str = "sigmoid", output: str = "sigmoid", **how: Any) -> Network:
    how.setdefault("rng", np.random.default_rng(7))
    return Network(shape, [hidden] * (len(shape) - 2) + [output], **how)


def loss_at(net: Network, parameters: Array, x: Array, y: Array) -> float:
    twin = net.with_parameters(parameters)
    return twin.forward_with_loss(x, y, Buffers(twin, len(x)))


def gradient_of(net: Network, x: Array, y: Array) -> Array:
    buffers = TrainingBuffers(net, len(x))
    net.forward_with_loss(x, y, buffers)
    return net.backward(x, y, buffers)


def difference_quotients(net: Network, x: Array, y: Array, step: float = 1e-6) -> tuple[Array, Array]:
    """The slope along every parameter, from the right and from the left."""
    here = loss_at(net, net.parameters, x, y)
    nudges = np.eye(len(net.parameters)) * step
    right = [(loss_at(net, net.parameters + nudge, x, y) - here) / step for nudge in nudges]
    left = [(here - loss_at(net, net.parameters - nudge, x, y)) / step for nudge in nudges]
    return np.array(right), np.array(left)


@pytest.mark.parametrize(("hidden", "loss", "output"), some_of_each())
@given(
    shape=st.lists(st.integers(1, 4), min_size=2, max_size=5),
    batch=st.integers(1, 6),
    seed=st.integers(0, 10_000),
)
@settings(max_examples=5, derandomize=True)
def test_gradient_is_what_finite_differences_say(
    hidden: str, loss: str, output: str, shape: list[int], batch: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    net = network(shape, hidden, output, loss=loss, dtype=np.float64)
    net.parameters[...] = rng.normal(scale=0.7, size=net.parameters.shape)
    x = rng.normal(size=(batch, shape[0]))
    y = np.eye(shape[-1])[rng.integers(shape[-1], size=batch)]
    right, left = difference_quotients(net, x, y)
    assume(np.allclose(right, left, rtol=1e-3, atol=1e-3))  # no kink of a ReLU just here
    np.testing.assert_allclose(gradient_of(net, x, y), (right + left) / 2, rtol=1e-4, atol=1e-8)


def test_those_combinations_leave_out_nothing() -> None:
    for every, part in ((list(ACTIVATIONS), slice(0, 1)), (LOSS_AND_OUTPUT, slice(1, 3))):
        seen = [combination[part] for combination in some_of_each()]
        assert all(seen.count((name,) if isinstance(name, str) else name) >= 2 for name in every)


@pytest.mark.parametrize("width", [3, 64, 255, 256, 300])
@pytest.mark.parametrize("hidden", ["relu", "gelu"])
def test_gradient_through_layers_of_every_layout(width: int, hidden: str) -> None:
    """Narrow and wide layers lie differently in memory. Along a random direction only, as there are many numbers."""
    net = network([5, width, 4, width, 3], hidden, "softmax", loss="cross-entropy", initializer="he", dtype=np.float64)
    rng = np.random.default_rng(4)
    net.parameters += rng.normal(scale=0.1, size=net.parameters.shape)
    x, y, direction = rng.normal(size=(6, 5)), np.eye(3)[[0, 1, 2, 0, 1, 1]], rng.normal(size=net.parameters.shape)
    step = 1e-6 / np.linalg.norm(direction)
    there, back = (loss_at(net, net.parameters + by * direction, x, y) for by in (step, -step))
    assert gradient_of(net, x, y) @ direction == pytest.approx((there - back) / (2 * step), rel=1e-5)


def test_gradient_of_a_batch_is_the_mean_of_its_examples() -> None:
    net = network([3, 4, 2], "relu", "softmax", loss="cross-entropy", dtype=np.float64)
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(5, 3)), np.eye(2)[[0, 1, 1, 0, 1]]
    each = [gradient_of(net, x[i : i + 1], y[i : i + 1]).copy() for i in range(5)]
    np.testing.assert_allclose(gradient_of(net, x, y), np.mean(each, axis=0), rtol=1e-9, atol=1e-15)


def test_a_small_batch_in_large_buffers_leaves_no_trace_of_the_last_one() -> None:
    net = network([3, 4, 2], dtype=np.float64)
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(6, 3)), rng.normal(size=(6, 2))
    buffers = TrainingBuffers(net, 6)
    net.forward(x, buffers)
    net.backward(x, y, buffers)
    net.forward(x[:2], buffers)
    np.testing.assert_allclose(net.backward(x[:2], y[:2], buffers), gradient_of(net, x[:2], y[:2]), rtol=1e-12)


@pytest.mark.parametrize(("loss", "output"), LOSS_AND_OUTPUT)
def test_the_loss_comes_with_the_same_outputs_as_without_it(loss: str, output: str) -> None:
    net = network([3, 4, 2], "gelu", output, loss=loss, dtype=np.float64)
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(5, 3)), np.eye(2)[[0, 1, 1, 0, 1]]
    buffers = TrainingBuffers(net, 5)
    value = net.forward_with_loss(x, y, buffers)
    np.testing.assert_allclose(buffers.outputs[-1], net.predict(x), rtol=1e-12)
    each = [net.forward_with_loss(x[i : i + 1], y[i : i + 1], Buffers(net, 1)) for i in range(5)]
    assert value == pytest.approx(np.mean(each))


def test_a_factor_scales_the_gradient() -> None:
    net = network([3, 4, 2], dtype=np.float64)
    rng = np.random.default_rng(1)
    x, y, buffers = rng.normal(size=(5, 3)), rng.normal(size=(5, 2)), TrainingBuffers(net, 5)
    net.forward_with_loss(x, y, buffers)
    np.testing.assert_allclose(net.backward(x, y, buffers, 0.25), 0.25 * gradient_of(net, x, y), rtol=1e-12)


# buffers


def test_buffers_cut_to_another_size_are_kept_and_share_the_gradient() -> None:
    buffers = TrainingBuffers(network([3, 4, 2], "gelu"), 6)
    assert buffers.cut(6) is buffers
    small = buffers.cut(2)
    assert small is buffers.cut(2)
    assert (small.batch, len(small.outputs[0]), len(small.deltas[1])) == (2, 2, 2)
    assert small.gradient is buffers.gradient
    assert buffers.cut(5).batch == 5


def test_without_masks_nothing_is_left_out_any_more() -> None:
    net = network([3, 4, 2], dtype=np.float64)
    rng = np.random.default_rng(1)
    x, y, buffers = rng.normal(size=(5, 3)), rng.normal(size=(5, 2)), TrainingBuffers(net, 5)
    buffers.masks[1] = np.zeros((5, 4))
    net.forward_with_loss(x, y, buffers)
    assert not net.backward(x, y, buffers)[: 4 * 3].any()
    buffers.unmask()
    net.forward_with_loss(x, y, buffers)
    np.testing.assert_array_equal(net.backward(x, y, buffers), gradient_of(net, x, y))
