"""ONNX: other people's runtime gives our answers."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.basics.errors import DataError, MissingPackageError, SettingError
from engine.basics.optional_packages import install_advice
from engine.basics.validation import Array
from engine.network.activations import ACTIVATIONS
from engine.network.network import Network
from engine.storage import onnx_file
from engine.storage.onnx_file import export_onnx
from tests.engine.helpers import refused

TOLERANCE = {"float32": 1e-5, "float64": 1e-12}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "net.onnx"


def needed(package: str) -> Any:
    return pytest.importorskip(package, reason=f"the package {package} is optional, and is not installed")


def made(shape: list[int], *activations: str, dtype: str = "float32", **how: Any) -> Network:
    return Network(shape, list(activations), rng=np.random.default_rng(3), dtype=dtype, **how)


def exported(network: Network, file: Path) -> Any:
    """The model in the file written."""
    onnx = needed("onnx")
    export_onnx(network, file)
    return onnx.load(str(file))


def session_of(network: Network, file: Path) -> Any:
    needed("onnx")
    runtime = needed("onnxruntime")
    export_onnx(network, file)
    return runtime.InferenceSession(str(file), providers=["CPUExecutionProvider"])


def assert_same_answers(network: Network, file: Path, *batches: Array) -> None:
    session = session_of(network, file)
    tolerance = TOLERANCE[network.parameters.dtype.name]
    for rows in batches:
        (answers,) = session.run(["output"], {"input": rows})
        assert answers.dtype == network.parameters.dtype
        np.testing.assert_allclose(answers, network.predict(rows), rtol=tolerance, atol=tolerance)


def rows_for(network: Network, count: int, spread: float = 1.0) -> Array:
    rows = np.random.default_rng(4).normal(scale=spread, size=(count, network.shape[0]))
    return rows.astype(network.parameters.dtype)


# the same answers


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("activation", list(ACTIVATIONS))
def test_every_activation_gives_the_same_answers(file: Path, activation: str, dtype: str) -> None:
    net = made([5, 6, 4], activation, activation, dtype=dtype)
    assert_same_answers(net, file, rows_for(net, 1), rows_for(net, 7, spread=3))


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("activation", list(ACTIVATIONS))
def test_far_out_the_answers_are_the_same_too(file: Path, activation: str, dtype: str) -> None:
    net = made([2, 2], activation, dtype=dtype, initializer="zeros")
    net.weights[0][...] = np.eye(2)
    rows = np.array([[1e15, -1e15], [-100, 100], [0, -0.0], [9.99, -9.99]], dtype)
    assert_same_answers(net, file, rows)


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("shape", [[1, 1], [2, 7], [5, 1, 1, 3], [2, 3, 4, 5, 6]])
def test_every_shape(file: Path, shape: list[int], dtype: str) -> None:
    net = made(shape, *["tanh"] * (len(shape) - 1), dtype=dtype)
    assert_same_answers(net, file, rows_for(net, 1), rows_for(net, 7))


def test_one_model_of_every_activation(file: Path) -> None:
    every = list(ACTIVATIONS)
    net = made([4] * (len(every) + 1), *every, dtype="float64")
    assert_same_answers(net, file, rows_for(net, 7))


def test_a_network_for_digits(file: Path) -> None:
    net = made([784, 64, 32, 10], "relu", "gelu", "softmax", loss="cross-entropy", initializer="he")
    rows = np.random.default_rng(5).uniform(size=(50, 784)).astype(np.float32)
    assert_same_answers(net, file, rows)


# the model


@pytest.mark.parametrize("dtype", TOLERANCE)
def test_its_ends_are_as_promised(file: Path, dtype: str) -> None:
    session = session_of(made([3, 4, 2], "gelu", "identity", dtype=dtype), file)
    (given,), (answer,) = session.get_inputs(), session.get_outputs()
    kind = {"float32": "tensor(float)", "float64": "tensor(double)"}[dtype]
    assert (given.name, given.shape, given.type) == ("input", ["batch", 3], kind)
    assert (answer.name, answer.shape, answer.type) == ("output", ["batch", 2], kind)


def test_layers_can_be_found_by_name(file: Path) -> None:
    net = made([3, 4, 2], "leaky-relu", "softmax")
    model = exported(net, file)
    numpy_helper = needed("onnx.numpy_helper")
    numbers = {each.name: numpy_helper.to_array(each) for each in model.graph.initializer}
    assert list(numbers) == ["layer1.weight", "layer1.bias", "layer2.weight", "layer2.bias"]
    np.testing.assert_array_equal(numbers["layer2.weight"], net.weights[1])
    np.testing.assert_array_equal(numbers["layer2.bias"], net.biases[1][:, 0])
    nodes = [(node.op_type, node.output[0]) for node in model.graph.node]
    assert nodes == [
        ("Gemm", "layer1.sum"),
        ("LeakyRelu", "layer1.output"),
        ("Gemm", "layer2.sum"),
        ("Softmax", "output"),
    ]


def test_old_runtimes_can_read_it(file: Path) -> None:
    model = exported(made([3, 2], "gelu"), file)
    assert [(each.domain, each.version) for each in model.opset_import] == [("", 13)]
    assert model.ir_version == 7


def test_it_says_where_it_comes_from(file: Path) -> None:
    net = made([3, 4, 2], "relu", "softmax", loss="cross-entropy")
    net.provenance = {"data": "Blüten \ud800", "epochs": 12, "when": Path("x")}
    model = exported(net, file)
    assert model.producer_name == "nnviz"
    for fact in ("3-4-2", "relu, softmax", "cross-entropy", '"epochs": 12'):
        assert fact in model.doc_string


def test_without_a_past_none_is_reported(file: Path) -> None:
    assert "Provenance" not in exported(made([3, 2], "relu"), file).doc_string


# refused


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_numbers_that_are_not_finite_are_refused(file: Path, number: float) -> None:
    net = made([2, 2, 2], "relu", "relu")
    net.biases[1][0, 0] = number
    with refused(DataError, "network", "layer 2"):
        export_onnx(net, file)
    assert not file.exists()


def test_what_the_format_cannot_hold_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    net = made([2, 2], "relu")
    monkeypatch.setattr(onnx_file, "_MOST_BYTES", net.parameters.nbytes - 1)
    with refused(SettingError, "network", "ONNX file holds at most"):
        export_onnx(net, file)
    assert not file.exists()


def test_without_the_package_it_says_how_to_get_it(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    net = made([2, 2], "relu")
    with pytest.raises(MissingPackageError, match=re.escape(install_advice("onnx"))):
        export_onnx(net, file)
    assert not file.exists()


def test_the_package_is_only_loaded_to_write() -> None:
    question = "import sys, engine.storage.onnx_file; print('onnx' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", question], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "False"


def test_a_missing_folder_is_an_os_error(file: Path) -> None:
    needed("onnx")
    with pytest.raises(OSError, match="nowhere"):
        export_onnx(made([2, 2], "relu"), file.parent / "nowhere" / file.name)


def test_an_older_file_is_replaced_whole(file: Path) -> None:
    file.write_bytes(b"old" * 10_000)
    needed("onnx")
    export_onnx(made([2, 2], "relu"), str(file))
    first = file.read_bytes()
    export_onnx(made([2, 2], "relu"), str(file))
    assert file.read_bytes() == first
    assert [each.name for each in file.parent.iterdir()] == [file.name]
