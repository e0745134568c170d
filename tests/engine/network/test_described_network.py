"""A network keeps the description of the data that it learned, wherever it goes."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine import NeuralNetwork
from engine.basics.errors import DataError
from engine.datasets.description import Description
from engine.datasets.scaling import Scaling
from engine.network.network import Network
from engine.provenance import Provenance
from engine.training.settings import TrainingSettings
from engine.training.trainer import Trainer
from tests.engine.described import prepare_mpg, prepare_penguins, trained_on
from tests.engine.helpers import class_data, few_examples, network_for, refused

COPIES: dict[str, Callable[[Network], Network]] = {
    "copy": Network.copy,
    "snapshot": lambda network: network.with_parameters(network.parameters.copy()),
    "pickle": lambda network: pickle.loads(pickle.dumps(network)),
    "deep copy": copy.deepcopy,
}


@pytest.mark.parametrize("way", COPIES)
def test_copies_keep_it(way: str) -> None:
    data = prepare_penguins().dataset
    network = trained_on(data, epochs=1)
    twin = COPIES[way](network)
    assert network.description is data.description
    assert twin.description is not None
    assert twin.description.as_dict() == network.description.as_dict()  # type: ignore[union-attr]


def test_a_trainer_sets_it_and_a_copy_of_the_trainer_keeps_it() -> None:
    data = prepare_penguins().dataset
    network = network_for(data)
    assert network.description is None
    trainer = Trainer(network, data, TrainingSettings(batch_size=10, validation_share=0.2))
    assert network.description is data.description
    again = pickle.loads(pickle.dumps(trainer))
    assert again.network.description.class_names == data.class_names


def test_of_data_that_say_nothing_there_is_none() -> None:
    data = class_data()
    network = network_for(data)
    network.description = Description("earlier", columns=("a", "b", "c", "d"))
    Trainer(network, data, TrainingSettings(batch_size=10))
    assert network.description is None


def test_a_trainer_that_cannot_be_made_changes_nothing() -> None:
    data = replace(class_data(), columns=("a", "b", "c", "d"))
    network = network_for(data)
    with pytest.raises(ValueError, match="batch_size"):
        Trainer(network, data, TrainingSettings(batch_size=1000))
    assert network.description is None


def test_other_data_than_it_was_trained_with_do_not_change_it() -> None:
    data = replace(class_data(), columns=("a", "b", "c", "d"))
    other = replace(class_data(seed=1), columns=("e", "f", "g", "h"))
    state = Trainer(network_for(data), data, TrainingSettings(batch_size=10)).state()
    network = network_for(data)
    network.description = data.description
    with pytest.raises(DataError, match="examples this run was started with"):
        Trainer.resume(network, other, state)
    assert network.description is data.description
    Trainer.resume(network, data, state)
    assert network.description is data.description


@pytest.mark.parametrize("sizes", [{"columns": ("a",)}, {"class_names": ("a",)}, {"example_shape": (3, 3)}])
def test_one_of_other_sizes_is_refused(sizes: Any) -> None:
    network = Network([4, 3, 2])
    about = Description(**sizes)
    with refused(DataError, "description", "inputs"):
        network.description = about
    assert network.description is None


# printed


def test_a_printed_network_says_shape_parameters_task_and_training() -> None:
    net = NeuralNetwork([784, 64, 32, 10], ["relu", "relu", "softmax"], "cross-entropy", seed=1)
    plain = "NeuralNetwork 784-64-32-10 (relu, relu, softmax), 52,650 parameters: 10 outputs"
    assert str(net) == repr(net) == plain
    net.description = Description("MNIST", (28, 28), tuple("0123456789"))
    described = plain.replace("10 outputs", "10 classes (0…9)")
    assert str(net) == f"{described}, for MNIST"
    Provenance(data="MNIST", epochs=20).write(net)
    assert str(net) == f"{described}, trained on MNIST, 20 epochs"
    Provenance(epochs=1).write(net)
    assert str(net) == f"{described}, trained for 1 epoch"
    assert str(net.network) == f"{described[len('Neural') :]}, for MNIST"


def test_a_printed_network_of_a_table_names_classes_or_what_it_predicts() -> None:
    penguins, mpg = (network_for(make().dataset) for make in (prepare_penguins, prepare_mpg))
    penguins.description, mpg.description = prepare_penguins().dataset.description, prepare_mpg().dataset.description
    assert str(penguins).endswith(": 3 classes (Adelie, Chinstrap, Gentoo), for Penguins")
    assert str(mpg).endswith(": predicts mpg, for Auto MPG")
    unit = Network([1, 1], ["identity"])
    unit.description = Description(targets=("price [€]",))
    assert str(unit) == "Network 1-1 (identity), 2 parameters: predicts price [€]"


def test_a_printed_network_is_one_short_line_whatever_its_size_and_names() -> None:
    deep = NeuralNetwork([3] * 200)
    deep.description = Description("\x1b[31mred\n" * 100, class_names=("a\nb", "\x1b]0;c", "c" * 900))
    assert len(str(deep)) < 400
    assert str(deep).isprintable()
    assert str(deep).startswith("NeuralNetwork 3-3-3-3-…-3-3-3-3 (sigmoid, sigmoid, sigmoid, sigmoid, …, sigmoid, ")


def test_the_ancestors_interface_takes_it_along(tmp_path: Any) -> None:
    saved = tmp_path / "net.json"
    network = NeuralNetwork([2, 3], seed=1)
    network.description = Description(scaling=Scaling(np.zeros(2), np.ones(2)))
    network.save(saved)
    again = NeuralNetwork(saved)
    assert again.description is not None
    assert again.description.as_dict() == network.description.as_dict()
    again.train(*few_examples(), batch_size=5, epochs=1)
    assert again.description is not None  # it takes raw rows, and scales them still
    again.description = Description(columns=("a", "b"))
    again.train(*few_examples(), batch_size=5, epochs=1)
    assert again.description is None  # of arrays nothing is known
