"""The same numbers as PyTorch, where both know the same thing."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from engine.basics.validation import Array
from engine.datasets.dataset import Dataset, Split
from engine.network.activations import ACTIVATIONS
from engine.network.buffers import TrainingBuffers
from engine.network.initializers import INITIALIZERS
from engine.network.losses import LOSSES
from engine.network.network import Network, neuron_by_neuron
from engine.training.optimizers import OPTIMIZERS
from tests.engine.helpers import LOSS_AND_OUTPUT, trainer
from tests.engine.training.test_optimizers import constants_of

torch: Any
F: Any


@pytest.fixture(scope="module", autouse=True)
def import_torch() -> None:
    """Imports PyTorch for this file alone: each process collects all tests, and the import takes two seconds."""
    global torch, F
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch = pytest.importorskip("torch", reason="needs PyTorch: pip install torch")
    F = torch.nn.functional


# Names of our activations, losses and optimizers of which PyTorch has none. All others are compared.
ONLY_OURS: tuple[str, ...] = ()

THEIR_ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "identity": lambda z: z,
    "sigmoid": lambda z: torch.sigmoid(z),
    "tanh": lambda z: torch.tanh(z),
    "relu": lambda z: torch.relu(z),
    "leaky-relu": lambda z: F.leaky_relu(z, 0.01),
    "elu": lambda z: F.elu(z),
    "gelu": lambda z: F.gelu(z, approximate="tanh"),
    "softplus": lambda z: F.softplus(z, threshold=1e9),
    "softmax": lambda z: torch.softmax(z, dim=1),
}


def their_cross_entropy(output: str, z: Any, y: Any) -> Any:
    if output == "softmax":
        return F.cross_entropy(z, y)
    return F.binary_cross_entropy_with_logits(z, y, reduction="sum") / len(z)


# Of an output activation, sums and targets: summed over the outputs, mean over the examples.
THEIR_LOSSES: dict[str, Callable[[str, Any, Any], Any]] = {
    "quadratic": lambda output, z, y: F.mse_loss(THEIR_ACTIVATIONS[output](z), y, reduction="sum") / 2 / len(z),
    "huber": lambda output, z, y: F.huber_loss(THEIR_ACTIVATIONS[output](z), y, reduction="sum", delta=1.0) / len(z),
    "cross-entropy": their_cross_entropy,
}
PAIRS = [pair for pair in LOSS_AND_OUTPUT if not set(pair) & set(ONLY_OURS)]


@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name not in ONLY_OURS])
def test_activations_and_their_slopes(name: str) -> None:
    rng = np.random.default_rng(0)
    z, upstream = rng.normal(scale=4, size=(2, 7, 5))
    a, gradient, activation = z.copy(), upstream.copy(), ACTIVATIONS[name]()
    activation.forward(a)
    answers = a.copy()
    activation.backward(z.copy() if activation.needs_sums else a, gradient)
    theirs = torch.tensor(z, requires_grad=True)
    out = THEIR_ACTIVATIONS[name](theirs)
    out.backward(torch.tensor(upstream))
    np.testing.assert_allclose(answers, out.detach().numpy(), rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(gradient, theirs.grad.numpy(), rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("soft", [False, True])
@pytest.mark.parametrize(
    ("hidden", "loss", "output"),
    [*[("gelu", *pair) for pair in PAIRS], ("tanh", *PAIRS[0]), ("relu", *PAIRS[-1])],
)
def test_forward_loss_and_gradient_of_a_network(hidden: str, loss: str, output: str, soft: bool) -> None:
    rng = np.random.default_rng(1)
    net = Network([6, 300, 5, 4], [hidden, hidden, output], loss, "glorot", rng, np.float64, weight_scale=2)
    for b in net.biases:
        b[...] = rng.normal(size=b.shape)
    x = rng.normal(size=(9, 6))
    y = rng.dirichlet(np.ones(4), 9) if soft else np.eye(4)[rng.integers(4, size=9)]
    buffers = TrainingBuffers(net, 9)
    value = net.forward_with_loss(x, y, buffers)
    answers = buffers.outputs[-1].copy()
    gradient = net.backward(x, y, buffers)

    pairs = [(w, b[:, 0]) for w, b in zip(net.weights, net.biases, strict=True)]
    theirs = [torch.tensor(part, requires_grad=True) for pair in pairs for part in pair]
    z = torch.tensor(x)
    for layer in range(3):
        z = z if layer == 0 else THEIR_ACTIVATIONS[hidden](z)
        z = F.linear(z, theirs[2 * layer], theirs[2 * layer + 1])
    cost = THEIR_LOSSES[loss](output, z, torch.tensor(y))
    cost.backward()
    np.testing.assert_allclose(answers, THEIR_ACTIVATIONS[output](z).detach().numpy(), rtol=1e-10, atol=1e-14)
    assert value == pytest.approx(cost.item(), rel=1e-10)
    expected = np.concatenate([part.grad.numpy().ravel() for part in theirs])
    np.testing.assert_allclose(neuron_by_neuron(gradient, net.shape), expected, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("output", ["softmax", "sigmoid"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_cost_of_confident_mistakes(output: str, dtype: type) -> None:
    z = np.array([[1e4, -1e4, 0], [30, -20, 5], [0.1, 0.2, 0.3]], dtype)
    y = np.array([[0, 1, 0], [0, 1, 0], [0, 1, 0]], dtype)
    theirs = their_cross_entropy(output, torch.tensor(z), torch.tensor(y)).item()
    ours = LOSSES["cross-entropy"]().forward(z, y, ACTIVATIONS[output]())
    assert ours == pytest.approx(theirs, rel=1e-6 if dtype is np.float32 else 1e-12)


# With the constants that each uses.
THEIR_OPTIMIZERS: dict[str, Callable[..., Any]] = {
    "sgd": lambda p, rate: torch.optim.SGD(p, rate),
    "momentum": lambda p, rate, momentum: torch.optim.SGD(p, rate, momentum=momentum),
    "nesterov": lambda p, rate, momentum: torch.optim.SGD(p, rate, momentum=momentum, nesterov=True),
    "rmsprop": lambda p, rate, beta2, epsilon: torch.optim.RMSprop(p, rate, alpha=beta2, eps=epsilon),
    "adam": lambda p, rate, momentum, beta2, epsilon: torch.optim.Adam(p, rate, betas=(momentum, beta2), eps=epsilon),
    "adamw": lambda p, rate, momentum, beta2, epsilon: torch.optim.AdamW(
        p, rate, betas=(momentum, beta2), eps=epsilon, weight_decay=0.0
    ),
}


@pytest.mark.parametrize("name", [name for name in OPTIMIZERS if name not in ONLY_OURS])
@pytest.mark.parametrize("place", [-1, 0])
def test_optimizers_over_five_steps(name: str, place: int) -> None:
    rng, constants = np.random.default_rng(2), constants_of(name, place)
    ours, optimizer = rng.normal(size=50), OPTIMIZERS[name](**constants)
    parameter = torch.nn.Parameter(torch.tensor(ours.copy()))
    theirs = THEIR_OPTIMIZERS[name]([parameter], 0.1, **constants)
    for rate in (0.1, 0.1, 0.02, 0.3, 0.3):
        gradient = rng.normal(size=50)
        theirs.param_groups[0]["lr"] = rate
        parameter.grad = torch.tensor(gradient.copy())
        theirs.step()
        optimizer.step(ours, gradient, rate)
        np.testing.assert_allclose(ours, parameter.detach().numpy(), rtol=1e-10, atol=1e-13)


# a whole training


def their_run(net: Network, data: Split, make: Callable[[Any], Any], l1: float, l2: float, clip: float) -> Array:
    """Five steps with all examples; the parameters neuron by neuron. Penalties belong to the cost that is clipped."""
    views = [view for pair in zip(net.weights, net.biases, strict=True) for view in pair]
    parts = [torch.nn.Parameter(torch.tensor(view.copy())) for view in views]
    optimizer = make([{"params": parts[0::2]}, {"params": parts[1::2], "weight_decay": 0.0}])
    x, y = torch.tensor(data.inputs), torch.tensor(data.targets)
    for _ in range(5):
        optimizer.zero_grad()
        z = F.linear(torch.tanh(F.linear(x, parts[0], parts[1][:, 0])), parts[2], parts[3][:, 0])
        cost = F.cross_entropy(z, y)
        cost = cost + sum(l1 * w.abs().sum() + l2 / 2 * (w * w).sum() for w in parts[0::2])
        cost.backward()
        if clip:
            torch.nn.utils.clip_grad_norm_(parts, clip)
        optimizer.step()
    return np.concatenate([part.detach().numpy().ravel() for part in parts])


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("sgd", lambda p: torch.optim.SGD(p, 0.05)),
        ("nesterov", lambda p: torch.optim.SGD(p, 0.05, momentum=0.9, nesterov=True)),
        ("adam", lambda p: torch.optim.Adam(p, 0.05)),
        ("adamw", lambda p: torch.optim.AdamW(p, 0.05, weight_decay=0.1)),
    ],
    ids=["sgd", "nesterov", "adam", "adamw"],
)
@pytest.mark.parametrize(("l1", "l2", "clip"), [(0, 0, 0), (0, 0.1, 0), (0.01, 0.1, 0), (0.01, 0.1, 0.05)])
def test_a_training_goes_to_the_same_place(
    name: str, make: Callable[[Any], Any], l1: float, l2: float, clip: float
) -> None:
    rng = np.random.default_rng(3)
    labels = np.arange(12) % 3
    split = Split(rng.normal(size=(12, 4)), np.eye(3)[labels], labels)
    net = Network([4, 6, 3], ["tanh", "softmax"], "cross-entropy", "glorot", rng, np.float64)
    decoupled = name == "adamw"
    expected = their_run(net, split, make, l1, 0 if decoupled else l2, clip)
    how: dict[str, Any] = {"optimizer": name, "l1": l1, "weight_decay": 0.1 if decoupled else l2, "clip_norm": clip}
    list(trainer(Dataset("a dozen", split), net, batch_size=12, epochs=5, learning_rate=0.05, **how).run())
    # They divide by the length plus 1e-6 when they clip.
    ours = neuron_by_neuron(net.parameters, net.shape)
    np.testing.assert_allclose(ours, expected, rtol=1e-4 if clip else 1e-9, atol=1e-12)


def test_orthogonal_has_the_deviation_that_theirs_has() -> None:
    w, b = np.empty((40, 90)), np.empty((40, 1))
    INITIALIZERS["orthogonal"]().fill(w, b, np.random.default_rng(0))
    theirs = torch.nn.init.orthogonal_(torch.empty(40, 90, dtype=torch.float64)).numpy()
    np.testing.assert_allclose(w @ w.T, theirs @ theirs.T, atol=1e-12)
    assert w.std() == pytest.approx(theirs.std(), rel=1e-3)
