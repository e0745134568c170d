"""An activation and an optimizer that are registered outside the engine, and used by their names."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from engine.basics.validation import Array
from engine.datasets import Dataset
from engine.network.activations import ACTIVATIONS, Activation
from engine.network.buffers import Buffers, TrainingBuffers
from engine.network.network import Network
from engine.storage import load_network, save_network
from engine.storage.checkpoint import load_checkpoint, save_checkpoint
from engine.training.events import Epoch
from engine.training.optimizers import OPTIMIZERS, Kept, Momentum, Numbers, Optimizer, StepLine
from engine.training.settings import TrainingSettings
from engine.training.trainer import Trainer
from tests.engine.helpers import bits, class_data, network_for, restored_later


class HardTanh(Activation):
    """f(z) = z, kept within -1 and 1."""

    label = "Hard tanh"
    formula = "a = min(max(z, −1), 1)"
    script = ("f(z) = z, kept within -1 and 1", "return np.clip(z, -1, 1)")
    onnx = ("Max", ("Min", "z", 1.0), -1.0)
    is_bounded = True
    is_signed = True
    ends = (-0.99, 0.99)

    def forward(self, z: Array) -> None:
        np.clip(z, -1, 1, out=z)

    def backward(self, a: Array, gradient: Array) -> None:
        gradient *= np.abs(a) < 1


class Lion(Optimizer):
    """Steps of one size, along the sign of an average gradient."""

    label = "Lion"
    uses = ("momentum", "beta2")
    default_rate = 0.0003
    keeps = (Kept("mean", "mean of the gradients"),)
    decouples_decay = True

    def step(self, parameters: Array, gradient: Array, learning_rate: float) -> None:
        for p, g, mean in self.parts(parameters, gradient):
            p -= learning_rate * np.sign(self.momentum * mean + (1 - self.momentum) * g)
            mean *= self.beta2
            mean += (1 - self.beta2) * g

    def derivation(self, gradient: float, rate: float, before: Numbers, after: Numbers) -> list[StepLine]:
        c = self.momentum * before["mean"] + (1 - self.momentum) * gradient
        numbers = {"β": self.momentum, "m": before["mean"], "(1 − β)": 1 - self.momentum}
        return [
            StepLine("average with g", "c", "{β} · {m} + {(1 − β)} · {g}", c, numbers),
            StepLine("step", "s", "{η} · sign {c}", rate * float(np.sign(c)), {}),
        ]


@pytest.fixture
def activation(monkeypatch: pytest.MonkeyPatch) -> str:
    restored_later(monkeypatch, ACTIVATIONS)
    ACTIVATIONS.register("hard-tanh")(HardTanh)
    return "hard-tanh"


@pytest.fixture
def optimizer(monkeypatch: pytest.MonkeyPatch) -> str:
    restored_later(monkeypatch, OPTIMIZERS)
    OPTIMIZERS.register("lion")(Lion)
    return "lion"


def network(activation: str, data: Dataset, **how: object) -> Network:
    return network_for(data, hidden=8, activations=[activation, "softmax"], loss="cross-entropy", **how)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_it_learns(activation: str, optimizer: str, dtype: type) -> None:
    data = class_data()
    settings = TrainingSettings(batch_size=20, epochs=40, learning_rate=0.01, optimizer=optimizer, weight_decay=0.01)
    net = network(activation, data, dtype=dtype)
    first, *_, last = (event for event in Trainer(net, data, settings).run() if isinstance(event, Epoch))
    assert first.test is not None
    assert first.test.error is not None
    assert first.test.error > 0.2
    assert last.test is not None
    assert last.test.error == 0
    assert net.parameters.dtype == dtype


@pytest.mark.parametrize("seed", range(10))
def test_its_gradient_is_what_finite_differences_say(activation: str, seed: int) -> None:
    data = class_data(examples=6)
    net, x, y = network(activation, data, seed=seed, dtype=np.float64), data.train.inputs, data.train.targets
    buffers = TrainingBuffers(net, 6)
    net.forward_with_loss(x, y, buffers)
    gradient = net.backward(x, y, buffers)

    def loss_at(parameters: Array) -> float:
        return net.with_parameters(parameters).forward_with_loss(x, y, Buffers(net, 6))

    nudges = np.eye(len(net.parameters)) * 1e-6
    slopes = [(loss_at(net.parameters + nudge) - loss_at(net.parameters - nudge)) / 2e-6 for nudge in nudges]
    np.testing.assert_allclose(gradient, slopes, rtol=1e-5, atol=1e-7)


def test_it_is_saved_and_loaded_by_name(activation: str, tmp_path: Path) -> None:
    net = network(activation, class_data())
    save_network(net, tmp_path / "net.json")
    assert load_network(tmp_path / "net.json").activations == [activation, "softmax"]
    save_checkpoint(net, tmp_path / "net.npz")
    again, _ = load_checkpoint(tmp_path / "net.npz")
    assert again.activations == [activation, "softmax"]
    np.testing.assert_array_equal(again.predict([[1, 2, 3, 4]]), net.predict([[1, 2, 3, 4]]))


def test_settings_with_it_come_back_from_json(optimizer: str) -> None:
    settings = TrainingSettings(optimizer=optimizer)
    assert TrainingSettings.from_dict(json.loads(json.dumps(settings.as_dict()))) == settings


def test_a_training_with_it_goes_on_from_a_checkpoint_to_the_bit(
    activation: str, optimizer: str, tmp_path: Path
) -> None:
    data = class_data()
    net = network(activation, data)
    settings = TrainingSettings(batch_size=20, epochs=4, learning_rate=0.01, optimizer=optimizer)
    whole = Trainer(net, data, settings)
    for event in whole.run():
        if event.epoch == 2:
            break
    save_checkpoint(net, tmp_path / "run.npz", whole.state())
    list(whole.run())
    again, state = load_checkpoint(tmp_path / "run.npz")
    assert state is not None
    assert f"optimizer.{OPTIMIZERS[optimizer].keeps[0].name}" in state.vectors
    list(Trainer.resume(again, data, state).run())
    assert bits(again) == bits(net)


def test_what_an_optimizer_keeps_in_its_own_way_goes_on_from_a_checkpoint(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Own(Momentum):
        def step(self, parameters: Array, gradient: Array, learning_rate: float) -> None:
            velocity = self.kept.setdefault("velocity", np.zeros_like(parameters))
            velocity *= self.momentum
            velocity += gradient
            parameters -= learning_rate * velocity

    restored_later(monkeypatch, OPTIMIZERS)
    OPTIMIZERS.register("own")(Own)
    data = class_data()
    training = Trainer(network_for(data), data, TrainingSettings(batch_size=10, epochs=2, optimizer="own"))
    events = training.run()
    for _ in range(5):
        next(events)
    save_checkpoint(training.network, tmp_path / "net.npz", training.state())
    for _ in events:
        pass
    network, state = load_checkpoint(tmp_path / "net.npz")
    assert state is not None
    for _ in Trainer.resume(network, data, state).run():
        pass
    assert bits(network) == bits(training.network)
