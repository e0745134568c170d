"""The interface of 2015, word for word."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import NeuralNetwork
from engine.basics.errors import FileFormatError
from engine.datasets import Dataset
from engine.network.network import Network
from tests.engine.helpers import ENDINGS, QUICK, ancestor_predict, bits, few_examples

XOR = [[0, 0], [0, 1], [1, 0], [1, 1]]


def trained_with(x: Any, y: Any, shape: tuple[int, ...] = (2, 4, 3), **how: Any) -> NeuralNetwork:
    net = NeuralNetwork(list(shape), seed=1)
    net.train(x, y, **(QUICK | how))
    return net


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
    x, y = few_examples(200)
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
    x, y = few_examples()
    assert bits(trained_with(x, form(y))) == bits(trained_with(x, y))


@pytest.mark.parametrize("form", [np.array, lambda x: np.array(x, np.float32), tuple, np.asfortranarray])
def test_data_may_come_in_many_ways(form: Callable[[Any], Any]) -> None:
    x, y = few_examples()
    assert bits(trained_with(form(x), y)) == bits(trained_with(x, y))


def test_train_changes_none_of_its_arguments() -> None:
    x, y = np.array(few_examples()[0], np.float32), np.array(few_examples()[1])
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
    x, y = few_examples()
    as_targets = trained_with(x, np.eye(3)[y], classification=False)
    assert bits(as_targets) == bits(trained_with(x, y))


def test_same_seeds_same_network() -> None:
    x, y = few_examples()
    assert bits(trained_with(x, y)) == bits(trained_with(x, y))
    assert bits(trained_with(x, y, seed=6)) != bits(trained_with(x, y))
    assert bits(NeuralNetwork([2, 3], seed=1)) == bits(NeuralNetwork([2, 3], seed=1))
    assert bits(NeuralNetwork([2, 3])) != bits(NeuralNetwork([2, 3]))


def test_training_again_goes_on_from_where_it_was() -> None:
    x, y = few_examples()
    net = trained_with(x, y)
    before = bits(net)
    net.train(x, y, **QUICK)
    assert bits(net) != before


# print_cost


def test_nothing_is_printed_by_default(capsys: pytest.CaptureFixture[str]) -> None:
    x, y = few_examples()
    trained_with(x, y, test_data=x, test_labels=y)
    assert lines(capsys) == []


def test_print_cost_prints_the_train_error_after_each_epoch(capsys: pytest.CaptureFixture[str]) -> None:
    x, y = few_examples()
    net = trained_with(x, y, print_cost=True, epochs=12)
    printed = lines(capsys)
    assert len(printed) == 12
    for epoch, line in enumerate(printed, start=1):
        assert re.fullmatch(rf"epoch +{epoch} of 12   train error +\d+\.\d\d %", line)
    error = (net.predict(x).argmax(axis=1) != y).mean()
    assert printed[-1].endswith(f" {100 * error:.2f} %")


def test_print_cost_prints_the_test_error_where_there_is_test_data(capsys: pytest.CaptureFixture[str]) -> None:
    x, y = few_examples(20)
    net = trained_with(x[:10], y[:10], print_cost=True, test_data=x[10:], test_labels=y[10:])
    printed = lines(capsys)
    assert len(printed) == 2
    assert all(re.fullmatch(r"epoch \d of 2   train error .* %   test error .* %", line) for line in printed)
    error = (net.predict(x[10:]).argmax(axis=1) != y[10:]).mean()
    assert printed[-1].endswith(f" {100 * error:.2f} %")


def test_print_cost_prints_the_cost_of_a_regression(capsys: pytest.CaptureFixture[str]) -> None:
    x, _ = few_examples()
    y = [[0.1, 0.2, 0.3]] * 10
    net = trained_with(x, y, classification=False, print_cost=True, test_data=x, test_labels=y)
    printed = lines(capsys)
    found = re.fullmatch(r"epoch 2 of 2   train cost (\S+)   test cost (\S+)", printed[-1])
    assert found
    cost = ((net.predict(x) - y) ** 2).sum(axis=1).mean() / 2
    assert [float(text) for text in found.groups()] == pytest.approx([cost, cost], rel=1e-4)


def test_a_whole_number_of_epochs_may_be_a_float(capsys: pytest.CaptureFixture[str]) -> None:
    x, y = few_examples()
    trained_with(x, y, print_cost=True, epochs=2.0)
    assert lines(capsys)[0].startswith("epoch 1 of 2   ")


def test_printing_does_not_change_what_is_learned() -> None:
    x, y = few_examples()
    assert bits(trained_with(x, y, print_cost=True)) == bits(trained_with(x, y))


# files


@pytest.mark.parametrize("path_type", [str, Path])
def test_round_trip_with_the_path_in_the_constructor(tmp_path: Path, path_type: Callable[[Any], Any]) -> None:
    x, y = few_examples()
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
    x, y = few_examples()
    net = trained_with(x, y)
    net.save(tmp_path / "net.json")
    again = NeuralNetwork(tmp_path / "net.json")
    for each in (net, again):
        each.train(x, y, **QUICK)
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
    x, y = few_examples(50)
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


# the number type


@pytest.mark.parametrize("dtype", [np.float32, "float64"])
def test_number_type_and_scale_of_the_weights_can_be_chosen(dtype: Any) -> None:
    plain, scaled = (
        NeuralNetwork([2, 3], seed=1, dtype=dtype),
        NeuralNetwork([2, 3], seed=1, dtype=dtype, weight_scale=2),
    )
    assert NeuralNetwork([2, 3]).parameters.dtype == np.float32
    assert scaled.parameters.dtype == dtype
    np.testing.assert_array_equal(scaled.weights[0], plain.weights[0] * 2)


def test_dtype_and_weight_scale_are_keyword_only() -> None:
    parameters = inspect.signature(NeuralNetwork).parameters
    assert all(parameters[name].kind is inspect.Parameter.KEYWORD_ONLY for name in ("dtype", "weight_scale"))


@pytest.mark.parametrize("name", [f"net{ending}" for ending in ENDINGS])
def test_a_float64_network_comes_back_as_one(tmp_path: Path, name: str) -> None:
    net = NeuralNetwork([2, 4, 3], seed=3, dtype=np.float64)
    net.save(tmp_path / name)
    assert bits(NeuralNetwork(tmp_path / name)) == bits(net)
    narrow = NeuralNetwork(tmp_path / name, dtype=np.float32)
    np.testing.assert_array_equal(narrow.parameters, net.parameters.astype(np.float32))
    assert narrow.parameters.dtype == np.float32
    narrow.load(tmp_path / name)
    assert bits(narrow) == bits(net)


def test_the_ancestors_digits_are_kept_where_float64_is_asked_for(tmp_path: Path) -> None:
    third, path = 1 / 3, tmp_path / "ancestor.json"
    path.write_text(json.dumps({"shape": [1, 1], "weights": [[[third]]], "biases": [[[-third]]]}))
    assert NeuralNetwork(path).parameters.tolist() == [np.float32(third), -np.float32(third)]
    for wide in (NeuralNetwork(path, dtype="float64"), NeuralNetwork([2, 2])):
        wide.load(path, dtype="float64")
        assert wide.parameters.tolist() == [third, -third]
        wide.save(tmp_path / "again.json")
        assert NeuralNetwork(tmp_path / "again.json").parameters.tolist() == [third, -third]


@pytest.mark.parametrize("name", [f"net{ending}" for ending in ENDINGS])
def test_a_number_beyond_the_type_asked_for_is_refused(tmp_path: Path, name: str) -> None:
    net = NeuralNetwork([1, 1], seed=3, dtype=np.float64)
    net.parameters[0] = 1e300
    net.save(tmp_path / name)
    with pytest.raises(FileFormatError, match=r"layer 1.*float32"):
        NeuralNetwork(tmp_path / name, dtype=np.float32)


# it learns


def test_learns_xor() -> None:
    net = NeuralNetwork([2, 5, 1], seed=3)
    net.train(XOR, [[0], [1], [1], [0]], batch_size=4, epochs=1000, learning_rate=5, classification=False, seed=1)
    assert np.abs(net.predict(XOR)[:, 0] - [0, 1, 1, 0]).max() < 0.1


def test_learns_xor_as_classes() -> None:
    net = NeuralNetwork([2, 5, 2], seed=3)
    net.train(XOR, [0, 1, 1, 0], batch_size=4, epochs=500, learning_rate=5, seed=1)
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


def test_training_forgets_what_was_known_of_its_past() -> None:
    network = NeuralNetwork([2, 2], seed=1)
    network.provenance = {"test_error": 0.0046}
    network.train([[0, 1], [1, 0]], [0, 1], batch_size=2, epochs=1)
    assert network.provenance == {}


def test_a_copy_is_one_that_trains_and_saves_too() -> None:
    assert isinstance(NeuralNetwork([2, 2], seed=1).copy(), NeuralNetwork)
