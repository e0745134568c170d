"""Networks that standardise their inputs: all that they compute agrees with a network of other first weights.

(pixel - mean) / deviation can be put into the first layer: its weights divided by the deviation, and its biases less
what the mean adds to them. Such a network takes the pixels as they are, and gives the same.
"""

from __future__ import annotations

import copy
import pickle
import runpy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import explain
from engine.basics.validation import Array
from engine.datasets.arrays import Arrays, dataset_of
from engine.datasets.brightness import Brightness
from engine.datasets.dataset import Dataset
from engine.datasets.description import Description
from engine.experiment import Experiment
from engine.explain.contribution_paths import compute_activity
from engine.explain.features import activations_of
from engine.explain.finite_difference import finite_difference
from engine.explain.neurons import answers
from engine.explain.step_trace import record_step, take_trainer_snapshot
from engine.network.buffers import Buffers, TrainingBuffers
from engine.network.network import Network
from engine.neural_network import NeuralNetwork
from engine.storage import (
    export_script,
    load_checkpoint,
    load_network,
    read_checkpoint,
    save_checkpoint,
    save_network,
)
from engine.storage.state_codec import StateBytes
from engine.training.events import Batch, TrainingState
from engine.training.settings import TrainingSettings
from engine.training.trainer import Trainer

LIGHT = Brightness(0.95, 0.8, 0.15)
SIDE = 5


def images(count: int = 60) -> Dataset:
    """Light images of two classes, with a dark bar that lies or stands."""
    rng = np.random.default_rng(5)
    x, y = rng.integers(220, 256, (count, SIDE, SIDE)).astype(np.uint8), np.arange(count) % 2
    x[y == 0, 2], x[y == 1, :, 2] = 20, 20
    return dataset_of("bars", Arrays(x, y), test_share=0.2)


def experiment(data: Dataset, **settings: Any) -> Experiment:
    settings = {"epochs": 3, "batch_size": 10, "optimizer": "adam", "learning_rate": 0.01} | settings
    return (
        Experiment()
        .changed(shape=(SIDE * SIDE, 6, 2), activations=("tanh", "softmax"))
        .for_data(data)
        .changed(**settings)
    )


def trained(data: Dataset, made: Experiment | None = None) -> Network:
    trainer = (made or experiment(data)).trainer(data)
    for _ in trainer.run():
        pass
    return trainer.network


def standardising(dtype: Any = np.float64) -> Network:
    network = Network([SIDE * SIDE, 7, 3], ["tanh", "softmax"], "cross-entropy", "he", np.random.default_rng(3), dtype)
    network.description = Description("light", (SIDE, SIDE), ("a", "b", "c"), brightness=LIGHT)
    return network


def folded(network: Network) -> Network:
    """A network that gives the same, and takes its inputs as they are."""
    about = network.brightness
    assert about is not None
    plain = network.copy()
    plain.description = Description()
    plain.weights[0][...] = network.weights[0] / about.deviation
    plain.biases[0][...] -= about.mean * plain.weights[0].sum(axis=1, keepdims=True)
    return plain


@pytest.fixture
def rows() -> Array:
    return np.random.default_rng(0).random((8, SIDE * SIDE))


# ---- passes


def test_predictions_are_those_of_the_folded_network(rows: Array) -> None:
    network = standardising()
    np.testing.assert_allclose(network.predict(rows), folded(network).predict(rows), rtol=1e-12)


@pytest.mark.parametrize("rate", [0.0, 0.3])
def test_gradients_are_what_finite_differences_say(rows: Array, rate: float) -> None:
    """Of bytes, whose factor is applied later, and with inputs that dropout leaves out."""
    network, wanted = standardising(), np.eye(3)[np.arange(8) % 3]
    pixels = np.rint(rows * 255)
    mask = (np.random.default_rng(2).random(rows.shape) >= rate) / (1 - rate)

    def loss(parameters: Array) -> float:
        buffers = Buffers(network, 8)
        buffers.scale, buffers.masks[0] = 1 / 255, mask if rate else None
        return network.with_parameters(parameters).forward_with_loss(pixels, wanted, buffers)

    buffers = TrainingBuffers(network, 8)
    buffers.scale, buffers.masks[0] = 1 / 255, mask if rate else None
    network.forward_with_loss(pixels, wanted, buffers)
    gradient = network.backward(pixels, wanted, buffers)
    nudges = np.eye(len(network.parameters)) * 1e-6
    slopes = [(loss(network.parameters + by) - loss(network.parameters - by)) / 2e-6 for by in nudges]
    np.testing.assert_allclose(gradient, slopes, rtol=1e-4, atol=1e-8)
    assert buffers.scale == 1 / 255  # and so the next batch is right as well


def test_bytes_and_numbers_give_the_same(rows: Array) -> None:
    network, pixels = standardising(np.float32), np.rint(rows * 255).astype(np.float32)
    buffers = Buffers(network, 8)
    buffers.scale = buffers.cut(3).scale = 1 / 255
    for _ in range(2):
        np.testing.assert_allclose(network.forward(pixels, buffers), network.predict(pixels / 255), rtol=1e-5)
        np.testing.assert_allclose(network.forward(pixels[:3], buffers), network.predict(pixels[:3] / 255), rtol=1e-5)


# ---- explanations

_EXPLANATIONS: dict[str, Callable[[Network, Array], Array]] = {
    "integrated gradients": lambda net, x: explain.integrated_gradients(net, x, 1, baseline=0.95),
    "gradient times input": lambda net, x: explain.gradient_times_input(net, x, (0, 2), 0.95),
    "occlusion": lambda net, x: explain.occlusion(net, x, 1, (SIDE, SIDE), 2, 0.95),
    "smallest change": lambda net, x: explain.smallest_change(net, x, int(net.predict(x[None])[0].argmin())),
    "carried back": lambda net, x: explain.carried_back(net, 2, 1),
    "carried back at an example": lambda net, x: explain.carried_back(net, 2, 1, x),
    "most exciting": lambda net, x: explain.most_exciting(net, 2, 1),
    "activations": lambda net, x: activations_of(net, x[None], 1),
}


@pytest.mark.parametrize("name", _EXPLANATIONS)
def test_explanations_are_those_of_the_folded_network(name: str, rows: Array) -> None:
    network, of = standardising(), _EXPLANATIONS[name]
    np.testing.assert_allclose(of(network, rows[0]), of(folded(network), rows[0]), rtol=1e-6, atol=1e-9)


def test_integrated_gradients_add_up(rows: Array) -> None:
    network = standardising()
    found = explain.integrated_gradients(network, rows[0], 1, baseline=0.95)
    assert explain.completeness_error(network, rows[0], 1, found, 0.95) == 0


def test_the_gradient_by_the_inputs_is_what_finite_differences_say(rows: Array) -> None:
    network, row = standardising(), rows[0]

    def logit(inputs: Array) -> float:
        return float(explain.forward(network, inputs[None]).sums[-1][0, 1])

    slopes = [(logit(row + by) - logit(row - by)) / 2e-6 for by in np.eye(len(row)) * 1e-6]
    np.testing.assert_allclose(explain.carried_back(network, 2, 1, row), slopes, rtol=1e-5, atol=1e-8)


def test_what_the_first_neurons_get_adds_up_to_their_sums(rows: Array) -> None:
    """Weights are shown as they are, beside the inputs that they are multiplied with."""
    network = standardising()
    activity = compute_activity(network, rows[0])
    sums = network.weights[0] @ activity.activations[0] + network.biases[0][:, 0]
    np.testing.assert_allclose(sums, activity.sums[0])
    np.testing.assert_allclose(activity.activations[0], (rows[0] - LIGHT.mean) / LIGHT.deviation)
    np.testing.assert_allclose(activity.activations[-1], network.predict(rows[:1])[0])


def test_a_neuron_answers_the_examples_as_in_a_pass() -> None:
    data = images()
    network = trained(data)
    inputs = data.train.scaled_inputs()
    passed = explain.forward(network, inputs)
    for layer in (1, 2):
        found = answers(network, data.train, layer, 1).values
        np.testing.assert_allclose(found, passed.activations[layer][:, 1], rtol=1e-4, atol=1e-6)


# ---- training


def test_a_new_network_for_such_images_standardises() -> None:
    data = images()
    network = trained(data)
    assert network.brightness == data.brightness is not None
    assert network.description is not None
    assert network.description.class_names == data.class_names


def test_an_untrained_network_keeps_it_when_its_description_is_set_again(rows: Array) -> None:
    network = experiment(images()).build()
    before = network.predict(rows)
    assert network.description is None
    network.description = network.description
    np.testing.assert_array_equal(network.predict(rows), before)
    assert network.background == network.brightness.background


def test_an_experiment_without_it_trains_as_before_to_the_bit() -> None:
    """A run from before has none, though its images would give one now."""
    data = images()
    old = experiment(data).as_dict()
    del old["brightness"]
    before = replace(data, brightness=None)
    then, now = trained(before, experiment(before)), trained(data, Experiment.from_dict(old))
    np.testing.assert_array_equal(now.parameters, then.parameters)
    assert now.brightness is None
    assert now.description is not None
    assert now.description.class_names == data.class_names


def test_experiments_come_back_with_it_or_without() -> None:
    data = images()
    for made in (experiment(data), experiment(replace(data, brightness=None))):
        assert Experiment.from_dict(made.as_dict()) == made
    assert "brightness" not in Experiment().as_dict()


def test_an_opened_network_goes_on_without_it() -> None:
    data = images()
    network = trained(replace(data, brightness=None), experiment(replace(data, brightness=None)))
    trainer = Trainer(network, data, TrainingSettings(10, 1, 0.01, seed=1))
    assert trainer.network.brightness is None


def test_a_step_is_written_down_with_what_the_layer_gets() -> None:
    data = images()
    made = experiment(data, dropout=(0.2, 0.0))
    trainer = made.trainer(data)
    step = record_step(take_trainer_snapshot(trainer), made.build(), data)
    assert step is not None
    about = data.brightness
    assert about is not None
    np.testing.assert_allclose(step.activations[0], (step.inputs - about.mean) / about.deviation, rtol=1e-4, atol=1e-5)
    sums = step.entering(1) @ step.network.weights[0].T + step.network.biases[0].T
    np.testing.assert_allclose(step.sums[0], sums, rtol=1e-4, atol=1e-5)
    next(event for event in trainer.run() if isinstance(event, Batch))
    np.testing.assert_array_equal(step.after.parameters, trainer.network.parameters)
    measured = finite_difference(step, 1, 2, 3)
    assert measured.slope == pytest.approx(measured.gradient, rel=1e-3, abs=1e-6)


def test_a_resumed_training_ends_with_the_same_bits() -> None:
    data = images()
    whole, begun = experiment(data).trainer(data), experiment(data).trainer(data)
    for _ in whole.run():
        pass
    events = begun.run()
    for _ in range(7):
        next(events)
    kept = StateBytes.of(begun)
    network, state = read_checkpoint(kept.content, "its state")
    assert isinstance(state, TrainingState)
    resumed = Trainer.resume(network, data, state)
    for _ in resumed.run():
        pass
    np.testing.assert_array_equal(resumed.network.parameters, whole.network.parameters)
    assert resumed.network.brightness == data.brightness


# ---- copies and files

_COPIES: dict[str, Callable[[Network], Network]] = {
    "copy": Network.copy,
    "bare": Network.bare,
    "snapshot": lambda network: network.with_parameters(network.parameters),
    "pickle": lambda network: pickle.loads(pickle.dumps(network)),
    "deep copy": copy.deepcopy,
}


@pytest.mark.parametrize("way", _COPIES)
def test_copies_predict_the_same(way: str, rows: Array) -> None:
    network = standardising()
    np.testing.assert_array_equal(_COPIES[way](network).predict(rows), network.predict(rows))


@pytest.mark.parametrize("ending", ["json", "npz"])
def test_files_keep_it(ending: str, tmp_path: Path, rows: Array) -> None:
    network, file = standardising(np.float32), tmp_path / f"net.{ending}"
    save_network(network, file)
    back = load_network(file)
    np.testing.assert_array_equal(back.parameters, network.parameters)
    np.testing.assert_array_equal(back.predict(rows), network.predict(rows))
    if ending == "json":
        np.testing.assert_array_equal(NeuralNetwork(str(file)).predict(rows), network.predict(rows))


@pytest.mark.parametrize("ending", ["json", "npz"])
def test_an_untrained_network_says_nothing_of_its_data_but_standardises(ending: str, tmp_path: Path) -> None:
    data, file = images(), tmp_path / f"net.{ending}"
    network = experiment(data).build()
    assert network.description is None
    save_network(network, file)
    back = load_network(file)
    assert back.description is None
    assert back.brightness == data.brightness
    row = data.train.example(0)[None]
    np.testing.assert_array_equal(back.predict(row), network.predict(row))
    export_script(back, tmp_path / "net.py")
    script = runpy.run_path(str(tmp_path / "net.py"))
    np.testing.assert_allclose(script["predict"](row), network.predict(row), rtol=1e-4)


def test_checkpoints_keep_it(tmp_path: Path, rows: Array) -> None:
    data = images()
    trainer = experiment(data).trainer(data)
    save_checkpoint(trainer.network, tmp_path / "run.npz", trainer.state())
    np.testing.assert_array_equal(load_checkpoint(tmp_path / "run.npz")[0].predict(rows), trainer.network.predict(rows))


def test_the_ancestors_interface_trains_it_on(tmp_path: Path, rows: Array) -> None:
    network = standardising(np.float32)
    save_network(network, tmp_path / "net.json")
    net = NeuralNetwork(str(tmp_path / "net.json"))
    net.train(rows, np.arange(8) % 3, batch_size=4, epochs=1)
    assert net.brightness == LIGHT
    net.save(str(tmp_path / "on.json"))
    np.testing.assert_array_equal(NeuralNetwork(str(tmp_path / "on.json")).predict(rows), net.predict(rows))
