"""The interface of 2015, word for word."""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import NeuralNetwork, neural_network
from engine.datasets import Dataset
from engine.errors import DataError, DivergenceError, EngineError, FileFormatError, PlotError, SettingError
from engine.network import Network
from tests.engine.helpers import ancestor_predict, refused

XOR = [[0, 0], [0, 1], [1, 0], [1, 1]]
DIGITS: dict[str, Any] = {"batch_size": 3, "epochs": 2, "seed": 5}


def data(examples: int = 10, width: int = 2, classes: int = 3) -> tuple[list[list[float]], list[int]]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(examples, width)).tolist(), (np.arange(examples) % classes).tolist()


def trained_with(x: Any, y: Any, shape: tuple[int, ...] = (2, 4, 3), **how: Any) -> NeuralNetwork:
    net = NeuralNetwork(list(shape), seed=1)
    net.train(x, y, **(DIGITS | how))
    return net


def bits(net: NeuralNetwork) -> bytes:
    return net.parameters.tobytes()


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out.splitlines()


# what the README of 2015 promises


def test_signature_of_train() -> None:
    parameters = list(inspect.signature(NeuralNetwork.train).parameters.values())[1:]
    promised = [(p.name, p.default) for p in parameters if p.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    assert promised == [
        ("train_data", inspect.Parameter.empty),
        ("train_labels", inspect.Parameter.empty),
        ("batch_size", 100),
        ("epochs", 20),
        ("learning_rate", 0.3),
        ("classification", True),
        ("print_cost", False),
        ("test_data", None),
        ("test_labels", None),
        ("plot", False),
    ]


def test_what_was_added_is_keyword_only_and_optional() -> None:
    added = list(inspect.signature(NeuralNetwork.train).parameters.values())[11:]
    assert {p.name for p in added} == {"drop_last", "seed"}
    assert all(p.kind is inspect.Parameter.KEYWORD_ONLY for p in added)
    assert inspect.signature(NeuralNetwork.train).parameters["drop_last"].default is True


def test_the_only_needed_argument_is_the_shape() -> None:
    required = [p for p in inspect.signature(NeuralNetwork).parameters.values() if p.default is p.empty]
    assert [p.name for p in required] == ["shape"]


def test_a_new_network_is_sigmoid_with_quadratic_cost() -> None:
    net = NeuralNetwork([784, 50, 30, 10])
    assert net.shape == [784, 50, 30, 10]
    assert [w.shape for w in net.weights] == [(50, 784), (30, 50), (10, 30)]
    assert [b.shape for b in net.biases] == [(50, 1), (30, 1), (10, 1)]
    assert net.activations == ["sigmoid"] * 3
    assert net.loss == "quadratic"
    assert net.parameters.std() == pytest.approx(1, rel=0.02)  # N(0, 1)
    assert net.biases[0].any()


def test_there_is_no_limit_in_the_number_of_layers() -> None:
    assert NeuralNetwork([2] * 100).predict([[1, 2]]).shape == (1, 2)


def test_predict_gives_an_array_from_lists_of_lists() -> None:
    answers = NeuralNetwork([2, 5, 1]).predict([[1, 2], [3, 4], [5, 6]])
    assert isinstance(answers, np.ndarray)
    assert answers.shape == (3, 1)


def test_train_and_predict_as_in_the_readme(tmp_path: Path) -> None:
    x, y = data(200)
    net = NeuralNetwork([2, 5, 3])
    assert net.train(train_data=x, train_labels=y) is None  # type: ignore[func-returns-value]
    net.save(str(tmp_path / "my_net.json"))
    np.testing.assert_array_equal(NeuralNetwork(str(tmp_path / "my_net.json")).predict(x), net.predict(x))


@pytest.mark.parametrize(
    "form",
    [
        lambda y: [[label] for label in y],
        np.array,
        lambda y: np.array(y)[:, None],
        lambda y: np.array(y, np.uint8),
        lambda y: [float(label) for label in y],
        tuple,
    ],
)
def test_labels_may_come_in_many_ways(form: Callable[[list[int]], Any]) -> None:
    x, y = data()
    assert bits(trained_with(x, form(y))) == bits(trained_with(x, y))


@pytest.mark.parametrize("form", [np.array, lambda x: np.array(x, np.float32), tuple, np.asfortranarray])
def test_data_may_come_in_many_ways(form: Callable[[Any], Any]) -> None:
    x, y = data()
    assert bits(trained_with(form(x), y)) == bits(trained_with(x, y))


def test_train_changes_none_of_its_arguments() -> None:
    x, y = np.array(data()[0], np.float32), np.array(data()[1])
    before = x.copy(), y.copy()
    trained_with(x, y)
    np.testing.assert_array_equal(x, before[0])
    np.testing.assert_array_equal(y, before[1])


@pytest.mark.parametrize("extra", [1, 2])
def test_the_last_examples_that_fill_no_batch_are_left_out(extra: int) -> None:
    """With one batch an epoch of k - k % batch_size examples, all targets alike, only their number shows."""
    x, y = [[1.0]] * (10 + extra), [[0.0]] * (10 + extra)
    how: dict[str, Any] = {"classification": False, "shape": (1, 1), "batch_size": 10, "epochs": 1}
    assert bits(trained_with(x, y, **how)) == bits(trained_with(x[:10], y[:10], **how))
    assert bits(trained_with(x, y, **how, drop_last=False)) != bits(trained_with(x, y, **how))


def test_classification_false_takes_targets() -> None:
    rng = np.random.default_rng(2)
    x = rng.uniform(-1, 1, (400, 2))
    y = np.stack([0.2 + 0.3 * (x[:, 0] > 0), 0.5 + 0.2 * x[:, 1]], axis=1)
    net = NeuralNetwork([2, 10, 2], seed=1)
    net.train(x.tolist(), y.tolist(), classification=False, batch_size=20, epochs=100, learning_rate=2, seed=1)
    assert np.abs(net.predict(x) - y).mean() < 0.03


def test_classification_true_is_one_hot_regression() -> None:
    x, y = data()
    as_targets = trained_with(x, np.eye(3)[y], classification=False)
    assert bits(as_targets) == bits(trained_with(x, y))


def test_same_seeds_same_network() -> None:
    x, y = data()
    assert bits(trained_with(x, y)) == bits(trained_with(x, y))
    assert bits(trained_with(x, y, seed=6)) != bits(trained_with(x, y))
    assert bits(NeuralNetwork([2, 3], seed=1)) == bits(NeuralNetwork([2, 3], seed=1))
    assert bits(NeuralNetwork([2, 3])) != bits(NeuralNetwork([2, 3]))


def test_training_again_goes_on_from_where_it_was() -> None:
    x, y = data()
    net = trained_with(x, y)
    before = bits(net)
    net.train(x, y, **DIGITS)
    assert bits(net) != before


# print_cost


def test_nothing_is_printed_by_default(capsys: pytest.CaptureFixture[str]) -> None:
    x, y = data()
    trained_with(x, y, test_data=x, test_labels=y)
    assert lines(capsys) == []


def test_print_cost_prints_the_train_error_after_each_epoch(capsys: pytest.CaptureFixture[str]) -> None:
    x, y = data()
    net = trained_with(x, y, print_cost=True, epochs=12)
    printed = lines(capsys)
    assert len(printed) == 12
    for epoch, line in enumerate(printed, start=1):
        assert re.fullmatch(rf"epoch +{epoch} of 12   train error +\d+\.\d\d %", line)
    error = (net.predict(x).argmax(axis=1) != y).mean()
    assert printed[-1].endswith(f" {100 * error:.2f} %")


def test_print_cost_prints_the_test_error_where_there_is_test_data(capsys: pytest.CaptureFixture[str]) -> None:
    x, y = data(20)
    net = trained_with(x[:10], y[:10], print_cost=True, test_data=x[10:], test_labels=y[10:])
    printed = lines(capsys)
    assert len(printed) == 2
    assert all(re.fullmatch(r"epoch \d of 2   train error .* %   test error .* %", line) for line in printed)
    error = (net.predict(x[10:]).argmax(axis=1) != y[10:]).mean()
    assert printed[-1].endswith(f" {100 * error:.2f} %")


def test_print_cost_prints_the_cost_of_a_regression(capsys: pytest.CaptureFixture[str]) -> None:
    x, _ = data()
    y = [[0.1, 0.2, 0.3]] * 10
    net = trained_with(x, y, classification=False, print_cost=True, test_data=x, test_labels=y)
    printed = lines(capsys)
    found = re.fullmatch(r"epoch 2 of 2   train cost (\S+)   test cost (\S+)", printed[-1])
    assert found
    cost = ((net.predict(x) - y) ** 2).sum(axis=1).mean() / 2
    assert [float(text) for text in found.groups()] == pytest.approx([cost, cost], rel=1e-4)


def test_a_whole_number_of_epochs_may_be_a_float(capsys: pytest.CaptureFixture[str]) -> None:
    x, y = data()
    trained_with(x, y, print_cost=True, epochs=2.0)
    assert lines(capsys)[0].startswith("epoch 1 of 2   ")


def test_printing_does_not_change_what_is_learned() -> None:
    x, y = data()
    assert bits(trained_with(x, y, print_cost=True)) == bits(trained_with(x, y))


# files


@pytest.mark.parametrize("path_type", [str, Path])
def test_round_trip_with_the_path_in_the_constructor(tmp_path: Path, path_type: Callable[[Any], Any]) -> None:
    x, y = data()
    net = trained_with(x, y)
    path = path_type(tmp_path / "net.json")
    net.save(path)
    again = NeuralNetwork(path)
    assert isinstance(again, NeuralNetwork)
    assert again.shape == net.shape
    assert bits(again) == bits(net)
    np.testing.assert_array_equal(again.predict(x), net.predict(x))


def test_round_trip_of_a_modern_network(tmp_path: Path) -> None:
    net = NeuralNetwork([2, 4, 3], ["relu", "softmax"], "cross-entropy", "he", seed=3)
    net.save(tmp_path / "net.json")
    again = NeuralNetwork(tmp_path / "net.json")
    assert (again.activations, again.loss) == (["relu", "softmax"], "cross-entropy")
    np.testing.assert_array_equal(again.predict(XOR), net.predict(XOR))


def test_load_makes_it_the_network_of_the_file(tmp_path: Path) -> None:
    net = NeuralNetwork([2, 4, 3], seed=3)
    net.save(tmp_path / "net.json")
    other = NeuralNetwork([5, 1], ["relu"])
    assert other.load(tmp_path / "net.json") is None  # type: ignore[func-returns-value]
    assert (other.shape, other.activations) == ([2, 4, 3], ["sigmoid", "sigmoid"])
    assert bits(other) == bits(net)


def test_a_loaded_network_can_be_trained_on(tmp_path: Path) -> None:
    x, y = data()
    net = trained_with(x, y)
    net.save(tmp_path / "net.json")
    again = NeuralNetwork(tmp_path / "net.json")
    for each in (net, again):
        each.train(x, y, **DIGITS)
    assert bits(again) == bits(net)
    assert np.shares_memory(again.weights[0], again.parameters)


def test_a_hand_written_file_of_the_ancestor_opens(tmp_path: Path) -> None:
    path = tmp_path / "ancestor.json"
    path.write_text(
        '{"shape": [2, 2, 1], "weights": [[[1, -2], [0.5, 3]], [[-1.5, 2]]], "biases": [[[0], [1]], [[-1]]]}'
    )
    net = NeuralNetwork(path)
    assert net.activations == ["sigmoid", "sigmoid"]
    np.testing.assert_allclose(net.predict(XOR), ancestor_predict(path, XOR), atol=1e-6)


def test_a_network_trained_here_predicts_the_same_in_the_ancestor(tmp_path: Path) -> None:
    x, y = data(50)
    net = trained_with(x, y, epochs=20)
    net.save(tmp_path / "net.json")
    np.testing.assert_allclose(ancestor_predict(tmp_path / "net.json", x), net.predict(x), atol=1e-6)
    assert {"shape", "weights", "biases"} <= set(json.loads((tmp_path / "net.json").read_text()))


@pytest.mark.parametrize("content", [b"", b"{}", b'{"shape": [2, 1], "weights": [[[1, 2]]], "biases": [[["x"]]]}'])
def test_a_load_that_fails_leaves_the_network_as_it_was(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.json").write_bytes(content)
    net = NeuralNetwork([3, 2], seed=1)
    before, state = bits(net), dict(net.__dict__)
    with pytest.raises(FileFormatError):
        net.load(tmp_path / "bad.json")
    with pytest.raises(FileNotFoundError):
        net.load(tmp_path / "missing.json")
    assert bits(net) == before
    assert all(net.__dict__[name] is value for name, value in state.items())


# bad input: refused before anything is learned


BAD_TRAINING: list[tuple[dict[str, Any], type[EngineError], str, str]] = [
    ({"learning_rate": float("nan")}, SettingError, "learning_rate", "nan"),
    ({"learning_rate": -0.3}, SettingError, "learning_rate", "-0.3"),
    ({"learning_rate": 0}, SettingError, "learning_rate", "0"),
    ({"learning_rate": float("inf")}, SettingError, "learning_rate", "inf"),
    ({"learning_rate": "0.3"}, SettingError, "learning_rate", "'0.3'"),
    ({"learning_rate": True}, SettingError, "learning_rate", "True"),
    ({"learning_rate": None}, SettingError, "learning_rate", "None"),
    ({"batch_size": 11}, SettingError, "batch_size", "11"),
    ({"batch_size": 0}, SettingError, "batch_size", "0"),
    ({"batch_size": -3}, SettingError, "batch_size", "-3"),
    ({"batch_size": 2.5}, SettingError, "batch_size", "2.5"),
    ({"batch_size": "3"}, SettingError, "batch_size", "'3'"),
    ({"batch_size": True}, SettingError, "batch_size", "True"),
    ({"epochs": 0}, SettingError, "epochs", "0"),
    ({"epochs": 1.5}, SettingError, "epochs", "1.5"),
    ({"epochs": float("inf")}, SettingError, "epochs", "inf"),
    ({"seed": -1}, SettingError, "seed", "-1"),
    ({"train_labels": [0, 1, 3] + [0] * 7}, DataError, "train_labels", "3 at [2]"),
    ({"train_labels": [0, -1] + [0] * 8}, DataError, "train_labels", "-1 at [1]"),
    ({"train_labels": [0.5] + [0] * 9}, DataError, "train_labels", "0.5 at [0]"),
    ({"train_labels": ["0"] * 10}, DataError, "train_labels", "of type"),
    ({"train_labels": [0] * 9}, DataError, "train_labels", "9 long"),
    ({"train_labels": [0] * 11}, DataError, "train_labels", "11 long"),
    ({"train_labels": [[1, 0, 0]] * 10}, DataError, "train_labels", "(10, 3)"),
    ({"train_labels": None}, DataError, "train_labels", "of type"),
    ({"train_labels": [0] * 10, "classification": False}, DataError, "train_labels", "(10,)"),
    ({"train_labels": [[1, 0]] * 10, "classification": False}, DataError, "train_labels", "(10, 2)"),
    ({"train_labels": [[1, 0, float("nan")]] * 10, "classification": False}, DataError, "train_labels", "nan at"),
    ({"train_data": [[1, 2, 3]] * 10}, DataError, "train_data", "(10, 3)"),
    ({"train_data": [[1, 2]] * 9 + [[1]]}, DataError, "train_data", "ragged"),
    ({"train_data": [[1, 2]] * 9 + [[1, float("nan")]]}, DataError, "train_data", "nan at [9, 1]"),
    ({"train_data": [[1, 2]] * 9 + [[1, float("inf")]]}, DataError, "train_data", "inf at [9, 1]"),
    ({"train_data": [["1", "2"]] * 10}, DataError, "train_data", "of type"),
    ({"train_data": np.ones((2, 10))}, DataError, "train_data", "(2, 10)"),
    ({"train_data": []}, DataError, "train_data", "(0,)"),
    ({"train_data": np.ones((0, 2)), "train_labels": []}, DataError, "train_data", "empty"),
    ({"train_data": None}, DataError, "train_data", "of type"),
    ({"test_data": [[1, 2, 3]], "test_labels": [0]}, DataError, "test_data", "(1, 3)"),
    ({"test_data": [[1, 2]], "test_labels": [3]}, DataError, "test_labels", "3 at [0]"),
    ({"test_data": [[1, 2]], "test_labels": [0, 1]}, DataError, "test_labels", "2 long"),
    ({"test_data": [[1, 2]]}, DataError, "test_labels", "of type"),
    ({"test_data": np.ones((0, 2)), "test_labels": []}, DataError, "test_data", "empty"),
]


@pytest.mark.parametrize(("bad", "kind", "parameter", "value"), BAD_TRAINING)
def test_train_refuses(bad: dict[str, Any], kind: type[EngineError], parameter: str, value: str) -> None:
    x, y = data()
    net = NeuralNetwork([2, 4, 3], seed=1)
    before = bits(net)
    with refused(kind, parameter, value):
        net.train(**(DIGITS | {"train_data": x, "train_labels": y} | bad))
    assert bits(net) == before


@pytest.mark.parametrize(
    "shape", [[5], [], [2, 0, 1], [2, -3, 1], [2, 2.5], [2, True], [2, "3"], [2, None], 5, None, {}]
)
def test_the_constructor_refuses_a_bad_shape(shape: Any) -> None:
    with refused(SettingError, "shape", ""):
        NeuralNetwork(shape)


@pytest.mark.parametrize("seed", [-1, 1.5, "1", True])
def test_the_constructor_refuses_a_bad_seed(seed: Any) -> None:
    with refused(SettingError, "seed", repr(seed)):
        NeuralNetwork([2, 1], seed=seed)


def test_text_is_taken_for_a_path() -> None:
    with pytest.raises(FileNotFoundError):
        NeuralNetwork("784, 64, 10")


@pytest.mark.parametrize("print_cost", [True, False])
def test_a_rate_that_is_far_too_high_is_an_error_and_leaves_finite_weights(print_cost: bool) -> None:
    net = NeuralNetwork([2, 4, 3], ["relu", "softmax"], "cross-entropy", seed=1)
    x, y = data()
    with refused(DivergenceError, "loss", "went first"):
        net.train(x, y, **(DIGITS | {"learning_rate": 1e38, "print_cost": print_cost}))
    assert np.isfinite(net.predict(x)).all()


# plot: in processes of their own, so that no window is left behind here

PLOTTING = """
import json, sys
import numpy as np
from PyQt5.QtWidgets import QApplication
QApplication.exec_ = lambda *_: 0  # as if the window were closed at once
import engine
from engine import NeuralNetwork
how = json.loads(sys.argv[1])
x = np.random.default_rng(0).normal(size=(30, 2))
y = (x.sum(axis=1) > 0).astype(int)
net = NeuralNetwork([2, 3, 2], seed=1)
if how.pop("regression"):
    y, how["classification"] = np.eye(2)[y], False
if how.pop("test"):
    how.update(test_data=x[:10], test_labels=y[:10])
net.train(x, y, batch_size=10, epochs=4, seed=1, plot=True, **how)
import pyqtgraph
window = pyqtgraph.plots[-1]
curves = {item.name(): [axis.tolist() for axis in item.getData()] for item in window.listDataItems()}
final = net.predict(x)
figure = (100 * float((final.argmax(axis=1) != y).mean()) if y.ndim == 1
          else float(((final - y) ** 2).sum(axis=1).mean() / 2))
labels = [window.getAxis(side).labelText for side in ("bottom", "left")]
print(json.dumps({"visible": window.isVisible(), "curves": curves, "labels": labels, "last": figure}))
"""


def plotted(monkeypatch: pytest.MonkeyPatch, **how: Any) -> dict[str, Any]:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    arguments = json.dumps({"regression": False, "test": False} | how)
    done = subprocess.run([sys.executable, "-c", PLOTTING, arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])  # type: ignore[no-any-return]


def test_plot_shows_train_and_test_error_against_epochs(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = plotted(monkeypatch, test=True)
    assert shown["visible"]
    assert shown["labels"] == ["epoch", "error, %"]
    assert list(shown["curves"]) == ["train", "test"]
    for epochs, errors in shown["curves"].values():
        assert epochs == [0, 1, 2, 3, 4]
        assert all(0 <= error <= 100 for error in errors)
    assert shown["curves"]["train"][1][-1] == pytest.approx(shown["last"])


def test_plot_shows_the_cost_of_a_regression(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = plotted(monkeypatch, regression=True)
    assert shown["labels"] == ["epoch", "cost"]
    assert list(shown["curves"]) == ["train"]
    assert shown["curves"]["train"][1][-1] == pytest.approx(shown["last"], rel=1e-4)


def refused_plot(value: str) -> None:
    x, y = data()
    net = NeuralNetwork([2, 4, 3], seed=1)
    before = bits(net)
    with refused(PlotError, "plot", "True"):
        net.train(x, y, plot=True, **DIGITS)
    assert bits(net) == before
    with pytest.raises(PlotError, match=value):
        net.train(x, y, plot=True, **DIGITS)


def test_plot_without_a_window_system_is_refused_before_training(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "nowhere")
    refused_plot("nowhere")


def test_plot_without_pyqtgraph_is_refused_before_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pyqtgraph.py").write_text("raise ImportError('pyqtgraph is not installed')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    refused_plot("ImportError: pyqtgraph is not installed")


def test_bad_data_is_refused_before_a_window_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neural_network, "_check_a_window_can_open", lambda: pytest.fail("tried"))
    with pytest.raises(DataError):
        NeuralNetwork([2, 3]).train([[1, 2, 3]], [0], batch_size=1, plot=True)


# it learns


def test_learns_xor() -> None:
    net = NeuralNetwork([2, 5, 1], seed=3)
    net.train(XOR, [[0], [1], [1], [0]], batch_size=4, epochs=3000, learning_rate=5, classification=False, seed=1)
    assert np.abs(net.predict(XOR)[:, 0] - [0, 1, 1, 0]).max() < 0.1


def test_learns_xor_as_classes() -> None:
    net = NeuralNetwork([2, 5, 2], seed=3)
    net.train(XOR, [0, 1, 1, 0], batch_size=4, epochs=3000, learning_rate=5, seed=1)
    assert net.predict(XOR).argmax(axis=1).tolist() == [0, 1, 1, 0]


def test_learns_digits_as_the_demo_of_2015_did(mnist: Dataset, capsys: pytest.CaptureFixture[str]) -> None:
    assert mnist.test is not None
    train, test = mnist.train.head(3000), mnist.test.head(1000)
    net = NeuralNetwork([784, 30, 10], seed=1)
    net.train(
        train.inputs / 255.0,
        train.labels,
        batch_size=10,
        epochs=10,
        learning_rate=3,
        print_cost=True,
        test_data=test.inputs / 255.0,
        test_labels=test.labels,
        seed=1,
    )
    last = lines(capsys)[-1]
    train_error, test_error = (float(text) for text in re.findall(r"([\d.]+) %", last))
    assert train_error < 8
    assert test_error < 20


def test_is_a_network() -> None:
    assert issubclass(NeuralNetwork, Network)
