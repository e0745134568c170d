"""Update rules, each worked by hand in scalar arithmetic."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from engine.basics.validation import Array
from engine.datasets.dataset import Dataset, regression_split
from engine.network.network import Network
from engine.training.events import Batch
from engine.training.optimizers import OPTIMIZERS, SGD, Kept, Optimizer, RMSProp
from engine.training.settings import TrainingSettings
from engine.training.trainer import Trainer
from tests.engine.helpers import bits, class_data, network_for, trainer

# gradient, learning rate
Steps = list[tuple[float, float]]
STEPS: Steps = [(0.5, 0.1), (-1.5, 0.1), (0.25, 0.02), (0.0, 0.02), (3.0, 0.3), (-0.125, 0.3)]
KEEPING = [name for name in OPTIMIZERS if OPTIMIZERS[name].keeps]


# the rules as their papers have them, for one number


def sgd(p: float, steps: Steps) -> float:
    for g, rate in steps:
        p = p - rate * g
    return p


def momentum(p: float, steps: Steps, momentum: float) -> float:
    v = 0.0
    for g, rate in steps:
        v = momentum * v + g
        p = p - rate * v
    return p


def nesterov(p: float, steps: Steps, momentum: float) -> float:
    v = 0.0
    for g, rate in steps:
        v = momentum * v + g
        p = p - rate * (g + momentum * v)
    return p


def rmsprop(p: float, steps: Steps, beta2: float, epsilon: float) -> float:
    square = 0.0
    for g, rate in steps:
        square = beta2 * square + (1 - beta2) * g**2
        p = p - rate * g / (math.sqrt(square) + epsilon)
    return p


def adam(p: float, steps: Steps, momentum: float, beta2: float, epsilon: float) -> float:
    m = v = 0.0
    for t, (g, rate) in enumerate(steps, start=1):
        m = momentum * m + (1 - momentum) * g
        v = beta2 * v + (1 - beta2) * g**2
        p = p - rate * (m / (1 - momentum**t)) / (math.sqrt(v / (1 - beta2**t)) + epsilon)
    return p


RULES: dict[str, Callable[..., float]] = {
    "sgd": sgd,
    "momentum": momentum,
    "nesterov": nesterov,
    "rmsprop": rmsprop,
    "adam": adam,
    "adamw": adam,  # its decay is the trainer's, see test_regularisation.py
}


# Values of each constant that a rule is tried with, besides its default.
OTHERS = {"momentum": (0.5, 0.0), "beta2": (0.8, 0.0), "epsilon": (0.1, 1e-3)}


def constants_of(name: str, place: int = -1) -> dict[str, float]:
    """Returns the constants of a rule: its defaults, or the other values at a place."""
    default, uses = TrainingSettings(), OPTIMIZERS[name].uses
    return {each: getattr(default, each) if place < 0 else OTHERS[each][place] for each in uses}


def made(name: str, **constants: float) -> Optimizer:
    """Returns an optimizer with default constants, except those given."""
    return OPTIMIZERS[name](**constants_of(name) | constants)


def taken(optimizer: Optimizer, parameters: Array, steps: Steps) -> Array:
    for g, rate in steps:
        optimizer.step(parameters, np.full_like(parameters, g), rate)
    return parameters


def test_every_optimizer_is_worked_by_hand_here() -> None:
    assert set(RULES) == set(OPTIMIZERS)


@pytest.mark.parametrize("name", list(OPTIMIZERS))
@pytest.mark.parametrize("place", [-1, 0, 1])
def test_by_hand(name: str, place: int) -> None:
    constants = constants_of(name, place)
    for count in range(1, len(STEPS) + 1):
        parameters = taken(OPTIMIZERS[name](**constants), np.array([1.5]), STEPS[:count])
        expected = RULES[name](1.5, STEPS[:count], **constants)
        assert parameters[0] == pytest.approx(expected, rel=1e-12), f"{count} steps"


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_every_number_of_a_long_vector_is_moved(name: str) -> None:
    """It is worked on in parts, and the last one is not full. Seven kinds of numbers, so that none takes another's."""
    kind = np.arange(300_001) % 7
    parameters, optimizer = kind - 2.5, made(name)
    for g, rate in STEPS:
        optimizer.step(parameters, g * (kind + 1.0), rate)
    steps = [[(g * (k + 1), rate) for g, rate in STEPS] for k in range(7)]
    expected = [RULES[name](k - 2.5, steps[k], **constants_of(name)) for k in range(7)]
    np.testing.assert_allclose(parameters, np.array(expected)[kind], rtol=1e-10)
    assert optimizer.steps in (0, len(STEPS))
    assert list(optimizer.kept) == [vector.name for vector in optimizer.keeps]


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_reads_its_constants_and_takes_no_others(name: str) -> None:
    default = taken(made(name), np.array([1.5]), STEPS)
    for constant in OPTIMIZERS[name].uses:
        assert taken(made(name, **{constant: OTHERS[constant][0]}), np.array([1.5]), STEPS)[0] != default[0], constant
    with pytest.raises(TypeError, match=f"needs {', '.join(OPTIMIZERS[name].uses) or 'no constants'}, not .*magic"):
        made(name, magic=1)


# tiny numbers


@pytest.mark.parametrize("name", KEEPING)
def test_what_has_faded_is_swept_away_after_fifty_steps(name: str) -> None:
    """Denormal numbers would make every step slow."""
    optimizer, parameters = made(name), np.zeros(4, np.float32)
    for step in range(1, 51):
        optimizer.step(parameters, np.zeros(4, np.float32), 0.1)
        if step == 48:
            for vector in optimizer.kept.values():
                vector[...] = [1e-30, 1e-42, 1e-20, 1]
        if step == 49:
            assert all(vector.all() for vector in optimizer.kept.values())
    for vector in optimizer.kept.values():
        assert (vector != 0).tolist() == [False, False, True, True]


@pytest.mark.parametrize("name", ["momentum", "nesterov", "adam", "adamw"])
def test_negative_numbers_are_swept_by_their_size_too(name: str) -> None:
    optimizer, parameters = made(name), np.zeros(3, np.float32)
    taken(optimizer, parameters, [(0.0, 0.1)] * 49)
    averages = optimizer.kept[optimizer.keeps[0].name]
    averages[...] = [-1, -1e-20, -1e-30]
    taken(optimizer, parameters, [(0.0, 0.1)])
    np.testing.assert_allclose(averages, [-0.9, -0.9e-20, 0], rtol=1e-6)


def test_small_numbers_of_float64_are_not_swept_away() -> None:
    """Gradients of 1e-14 have squares of 1e-28, which count where epsilon is smaller still."""
    optimizer, parameters = made("adam", epsilon=1e-30), np.zeros(1)
    for _ in range(200):
        optimizer.step(parameters, np.array([1e-14]), 0.001)
    assert parameters[0] == pytest.approx(-0.2, rel=1e-6)


# one takes over from another


def test_one_that_keeps_the_same_goes_on_with_it() -> None:
    for before, after in (("momentum", "nesterov"), ("nesterov", "momentum"), ("adam", "adamw"), ("adamw", "adam")):
        first, second = made(before), made(after)
        taken(first, np.array([1.5]), STEPS)
        kept = {name: vector.copy() for name, vector in first.kept.items()}
        second.adopt(first)
        assert second.steps == len(STEPS)
        for name, vector in kept.items():
            np.testing.assert_array_equal(second.kept[name], vector)


@pytest.mark.parametrize(
    ("before", "after"), [("sgd", "adam"), ("momentum", "adam"), ("adam", "rmsprop"), ("adam", "momentum")]
)
def test_one_that_keeps_something_else_starts_afresh(before: str, after: str) -> None:
    first, second = made(before), made(after)
    parameters = taken(first, np.array([1.5]), STEPS)
    second.adopt(first)
    start = float(parameters[0])
    taken(second, parameters, STEPS)
    assert parameters[0] == pytest.approx(RULES[after](start, STEPS, **constants_of(after)), rel=1e-12)


def test_vectors_that_only_have_the_same_name_are_not_exchanged() -> None:
    class SumOfSquares(RMSProp):
        keeps = (Kept("square", "sum of the squared gradients"),)

    first, second = made("rmsprop"), SumOfSquares(**constants_of("rmsprop"))
    taken(first, np.array([1.5]), STEPS)
    second.adopt(first)
    assert not second.kept
    assert not second.steps


def test_momentum_goes_on_as_nesterov_by_hand() -> None:
    first, second, parameters = made("momentum"), made("nesterov", momentum=0.5), np.array([1.0])
    first.step(parameters, np.array([2.0]), 0.1)  # v = 2, p = 0.8
    second.adopt(first)
    second.step(parameters, np.array([-1.0]), 0.1)  # v = 0.5 * 2 - 1 = 0, p = 0.8 - 0.1 * (-1 + 0)
    assert parameters[0] == pytest.approx(0.9)


@pytest.mark.parametrize("after", ["adam", "adamw"])
def test_adam_goes_on_with_other_constants_by_hand(after: str) -> None:
    """The averages stay what they are; the new constants count from the next gradient on.

    What is left of the zeros that the averages began with is the product of all factors so far.
    """
    first, second = made("adam", beta2=0.99), made(after, momentum=0.6, beta2=0.7)
    parameters = np.array([1.0])
    p, m, v, zeros_in_m, zeros_in_v = 1.0, 0.0, 0.0, 1.0, 1.0
    for t, (g, rate) in enumerate(STEPS, start=1):
        if t == 4:
            second.adopt(first)
        beta1, beta2 = (0.9, 0.99) if t < 4 else (0.6, 0.7)
        (first if t < 4 else second).step(parameters, np.array([g]), rate)
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        zeros_in_m, zeros_in_v = zeros_in_m * beta1, zeros_in_v * beta2
        p = p - rate * (m / (1 - zeros_in_m)) / (math.sqrt(v / (1 - zeros_in_v)) + 1e-8)
        assert parameters[0] == pytest.approx(p, rel=1e-10)


@pytest.mark.parametrize("name", ["adam", "adamw"])
@pytest.mark.parametrize("constants", [(0.999, 0.999), (0.9, 0.9999), (0.5, 0.9), (0.0, 0.999)])
def test_a_steady_gradient_gives_steady_steps_whatever_constants_are_set(
    name: str, constants: tuple[float, float]
) -> None:
    momentum, beta2 = constants
    first, second, parameters = made(name), made(name, momentum=momentum, beta2=beta2), np.array([0.0])
    for _ in range(100):
        first.step(parameters, np.array([0.3]), 0.01)
    second.adopt(first)
    for _ in range(100):
        before = parameters[0]
        second.step(parameters, np.array([0.3]), 0.01)
        assert before - parameters[0] == pytest.approx(0.01, rel=1e-6)


# in a training


def test_sgd_by_hand_over_several_steps() -> None:
    parameters = np.array([1.0, -2.0])
    sgd = SGD()
    for gradient, rate in (([0.5, 1.0], 0.1), ([-1.0, 0.0], 0.1), ([2.0, -4.0], 0.5)):
        sgd.step(parameters, np.array(gradient), rate)
    np.testing.assert_allclose(parameters, [1 - 0.05 + 0.1 - 1, -2 - 0.1 - 0 + 2])


def sigmoid_neuron_by_hand(
    w: float, b: float, examples: list[tuple[float, float]], rate: float, steps: int
) -> tuple[float, float]:
    """One neuron, quadratic cost, all examples in each batch; scalars only."""
    for _ in range(steps):
        slope_w = slope_b = 0.0
        for x, y in examples:
            a = 1 / (1 + math.exp(-(w * x + b)))
            d = (a - y) * a * (1 - a) / len(examples)
            slope_w += d * x
            slope_b += d
        w, b = w - rate * slope_w, b - rate * slope_b
    return w, b


def test_a_neuron_trained_with_sgd_goes_where_scalar_arithmetic_goes() -> None:
    examples = [(0.5, 1.0), (-1.0, 0.0), (2.0, 0.25)]
    network = Network([1, 1], dtype=np.float64, rng=np.random.default_rng(2))
    start = float(network.weights[0][0, 0]), float(network.biases[0][0, 0])
    x, y = ([[pair[side]] for pair in examples] for side in (0, 1))
    data = Dataset("three", regression_split("train", x, y, 1, 1, np.float64))
    events = list(Trainer(network, data, TrainingSettings(batch_size=3, epochs=4, learning_rate=0.7)).run())
    assert sum(isinstance(event, Batch) for event in events) == 4
    np.testing.assert_allclose(network.parameters, sigmoid_neuron_by_hand(*start, examples, 0.7, 4), rtol=1e-12)


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_each_goes_downhill_and_in_place_at_its_own_rate(name: str) -> None:
    """The loss p² falls to a hundredth, from where a rule whose steps are as long as the rate needs 40 of them."""
    optimizer, rate = made(name), OPTIMIZERS[name].default_rate
    parameters = np.array([30, -40], np.float32) * np.float32(rate)
    same, start = parameters, float(parameters @ parameters)
    optimizer.step(parameters, 2 * parameters, rate)
    assert parameters @ parameters < start
    for _ in range(1000):
        optimizer.step(parameters, 2 * parameters, rate)
    assert parameters is same
    assert parameters @ parameters < start / 100


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_a_step_is_proportional_to_the_learning_rate(name: str) -> None:
    moved = []
    for rate in (0.1, 0.2):
        before = taken(optimizer := made(name), np.array([1.5]), STEPS)
        moved.append(taken(optimizer, before.copy(), [(0.7, rate)]) - before)
    assert moved[1] == pytest.approx(2 * moved[0], rel=1e-9)


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_each_keeps_the_weights_of_a_network_views_of_its_parameters(name: str) -> None:
    data = Dataset("one", regression_split("train", [[1.0, 2.0]], [[0.0]], 2, 1))
    network = network_for(data)
    list(Trainer(network, data, TrainingSettings(batch_size=1, epochs=2, optimizer=name)).run())
    assert all(np.shares_memory(w, network.parameters) for w in network.weights)


def everything_on(name: str, dtype: type = np.float32, **how: Any) -> Trainer:
    network = network_for(class_data(), activations=["gelu", "softmax"], loss="cross-entropy", dtype=dtype)
    how = {"optimizer": name, "learning_rate": 0.01, "dropout": 0.3, "weight_decay": 0.01, "l1": 0.001} | how
    return trainer(
        class_data(), network, max_norm=2, clip_norm=1, validation_share=0.2, patience=3, drop_last=False, **how
    )


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_same_seed_same_bits(name: str) -> None:
    def trained(seed: int) -> bytes:
        training = everything_on(name, seed=seed)
        list(training.run())
        return bits(training.network)

    assert trained(3) == trained(3)
    assert trained(3) != trained(4)


@pytest.mark.parametrize("name", list(OPTIMIZERS))
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_all_numbers_stay_of_the_kind_that_was_asked_for(name: str, dtype: type) -> None:
    training = everything_on(name, dtype)
    list(training.run())
    state = training.state()
    vectors = [training.network.parameters, *(v for key, v in state.vectors.items() if key != "order")]
    assert len(vectors) == 1 + len(OPTIMIZERS[name].keeps) + 1  # and the best parameters
    assert all(vector.dtype == dtype for vector in vectors)


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_float64_is_used_to_its_last_digits(name: str) -> None:
    """A run in float32 on the way would be wrong from the eighth digit on."""
    x, y = np.array([[0.1], [0.7]]), np.array([[0.3], [-0.2]])
    network = Network([1, 1], ["identity"], dtype=np.float64, rng=np.random.default_rng(2))
    w, b = float(network.weights[0][0, 0]), float(network.biases[0][0, 0])
    data = Dataset("two", regression_split("train", x, y, 1, 1, np.float64))
    list(Trainer(network, data, TrainingSettings(batch_size=2, epochs=1, learning_rate=0.1, optimizer=name)).run())
    d = [w * 0.1 + b - 0.3, w * 0.7 + b + 0.2]
    slopes = (d[0] * 0.1 + d[1] * 0.7) / 2, (d[0] + d[1]) / 2
    expected = [RULES[name](p, [(g, 0.1)], **constants_of(name)) for p, g in zip((w, b), slopes, strict=True)]
    np.testing.assert_allclose(network.parameters, expected, rtol=1e-13)
