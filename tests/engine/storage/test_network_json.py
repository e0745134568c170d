"""The ancestor's JSON, there and back."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engine import NeuralNetwork
from engine.basics.errors import DataError
from engine.network.network import Network
from engine.storage import load_network, save_network
from tests.engine.helpers import LOSS_AND_OUTPUT, ancestor_predict, refused
from tests.engine.storage.documents import ANCESTORS, OURS

EXAMPLES = [[1, 2, 3], [0.5, -1, 0], [0, 0, 0]]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "net.json"


# there and back


@pytest.mark.parametrize(("loss", "output"), LOSS_AND_OUTPUT)
def test_what_is_saved_comes_back_to_the_bit(file: Path, loss: str, output: str) -> None:
    for dtype in (np.float32, np.float64):
        net = Network([3, 4, 2], ["relu", output], loss, rng=np.random.default_rng(1), dtype=dtype)
        net.provenance = {"data": "MNIST", "epochs": 3, "errors": [0.5, None]}
        save_network(net, file)
        again = load_network(file)
        assert again.parameters.tobytes() == net.parameters.tobytes()
        assert again.parameters.dtype == dtype
        for name in ("shape", "activations", "loss", "provenance"):
            assert getattr(again, name) == getattr(net, name)
        np.testing.assert_array_equal(again.predict(EXAMPLES), net.predict(EXAMPLES))


@pytest.mark.parametrize("shape", [[1, 1], [2, 7], [5, 1, 1, 3], [2, 3, 4, 5, 6]])
def test_every_shape_comes_back(file: Path, shape: list[int]) -> None:
    net = Network(shape)
    save_network(net, file)
    assert load_network(file).shape == shape
    assert load_network(file).parameters.tobytes() == net.parameters.tobytes()


@pytest.mark.parametrize("number", [1e-45, 3.4028235e38, -0.0, 1 / 3, 16777217.0])
def test_every_number_comes_back(file: Path, number: float) -> None:
    net = Network([2, 2])
    net.parameters[...] = number
    save_network(net, file)
    assert load_network(file).parameters.tobytes() == net.parameters.tobytes()


def test_the_ancestors_keys_and_nesting(file: Path) -> None:
    net = Network([3, 4, 2])
    save_network(net, str(file))
    saved = json.loads(file.read_text())
    assert list(saved)[:3] == ["shape", "weights", "biases"]
    assert saved["shape"] == [3, 4, 2]
    for layer, (n_in, n_out) in enumerate([(3, 4), (4, 2)]):
        assert np.shape(saved["weights"][layer]) == (n_out, n_in)
        assert np.shape(saved["biases"][layer]) == (n_out, 1)
        assert saved["weights"][layer] == net.weights[layer].tolist()
        assert saved["biases"][layer] == net.biases[layer].tolist()


def test_a_file_is_strict_json(file: Path) -> None:
    save_network(Network([3, 2]), file)
    json.loads(file.read_text(), parse_constant=lambda name: pytest.fail(name))


# the ancestor


def test_a_file_of_the_ancestor_is_sigmoid_with_quadratic_cost(file: Path) -> None:
    file.write_text(json.dumps(ANCESTORS, indent=2))
    net = load_network(file)
    assert net.activations == ["sigmoid", "sigmoid"]
    assert net.loss == "quadratic"
    assert net.provenance == {}
    np.testing.assert_allclose(net.predict(EXAMPLES), ancestor_predict(file, EXAMPLES), atol=1e-6)


@pytest.mark.parametrize("shape", [[3, 1], [3, 5, 2], [3, 30, 20, 10]])
def test_a_file_of_ours_predicts_the_same_in_the_ancestor(file: Path, shape: list[int]) -> None:
    net = Network(shape, rng=np.random.default_rng(4))
    save_network(net, file)
    data = np.random.default_rng(5).normal(size=(50, 3))
    np.testing.assert_allclose(ancestor_predict(file, data), net.predict(data), atol=1e-6)


def test_keys_that_nobody_knows_are_ignored(file: Path) -> None:
    file.write_text(json.dumps(ANCESTORS | {"comment": "mine", "epoch": [1, {"a": None}]}))
    assert load_network(file).shape == [3, 2, 1]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-8-sig"])
def test_an_editors_encodings_are_read(file: Path, encoding: str) -> None:
    file.write_bytes(json.dumps(OURS, ensure_ascii=False).encode(encoding))
    assert load_network(str(file)).loss == "cross-entropy"


@pytest.mark.parametrize("key", ["activations", "loss", "dtype", "provenance"])
def test_any_of_our_keys_may_be_missing(file: Path, key: str) -> None:
    document = OURS | {"loss": "quadratic"}
    del document[key]
    file.write_text(json.dumps(document))
    assert load_network(file).shape == [3, 2, 1]


# files and folders


@pytest.mark.parametrize("load", [load_network, NeuralNetwork])
def test_a_file_that_cannot_be_read_is_an_os_error(tmp_path: Path, load: Callable[[Path], Network]) -> None:
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "missing.json")
    with pytest.raises(OSError, match=tmp_path.name):
        load(tmp_path)


def test_saving_into_a_missing_folder_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        save_network(Network([3, 2]), tmp_path / "missing" / "net.json")


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_network_that_is_not_finite_is_not_saved_over_a_good_one(file: Path, bad: float) -> None:
    net = Network([3, 4, 2])
    save_network(net, file)
    good = file.read_bytes()
    net.biases[1][0] = bad
    with refused(DataError, "network", "layer 2"):
        save_network(net, file)
    assert file.read_bytes() == good
    assert [entry.name for entry in file.parent.iterdir()] == ["net.json"]
