"""The network: one vector, forward, backward, predict."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

from engine.basics.errors import DataError, SettingError, UnknownNameError
from engine.network.network import (
    Network,
    check_fits,
    chunk_rows,
    first_non_finite_layer,
    from_neuron_by_neuron,
    layer_views,
    neuron_by_neuron,
)
from tests.engine.helpers import refused


def network(shape: list[int], hidden: str = "sigmoid", output: str = "sigmoid", **how: Any) -> Network:
    how.setdefault("rng", np.random.default_rng(7))
    return Network(shape, [hidden] * (len(shape) - 2) + [output], **how)


# the parameter vector


def test_weights_and_biases_are_views_of_one_contiguous_vector() -> None:
    net = network([3, 4, 2])
    assert net.parameters.shape == (3 * 4 + 4 + 4 * 2 + 2,)
    assert net.parameters.flags.c_contiguous
    assert [w.shape for w in net.weights] == [(4, 3), (2, 4)]
    assert [b.shape for b in net.biases] == [(4, 1), (2, 1)]
    net.parameters[...] = from_neuron_by_neuron(np.arange(26.0, dtype=np.float32), net.shape)
    assert net.weights[0][0].tolist() == [0, 1, 2]
    assert net.biases[0][:, 0].tolist() == [12, 13, 14, 15]
    assert net.weights[1][1].tolist() == [20, 21, 22, 23]
    assert net.biases[1][:, 0].tolist() == [24, 25]


@pytest.mark.parametrize("shape", [[3, 4, 2], [3, 300, 2], [300, 256, 255, 1]])
def test_files_hold_the_weights_neuron_by_neuron_whatever_the_layout(shape: list[int]) -> None:
    net = network(shape)
    ordered = neuron_by_neuron(net.parameters, shape)
    first = np.concatenate([net.weights[0].ravel(), net.biases[0].ravel()])
    np.testing.assert_array_equal(ordered[: len(first)], first)
    np.testing.assert_array_equal(from_neuron_by_neuron(ordered, shape), net.parameters)
    with pytest.raises(ValueError, match="numbers for"):
        from_neuron_by_neuron(ordered[1:], shape)


def test_the_views_cover_every_parameter_once() -> None:
    vector = np.zeros(26)
    weights, biases = layer_views(vector, [3, 4, 2])
    for view in (*weights, *biases):
        view += 1
    assert (vector == 1).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_float32_unless_asked_otherwise(dtype: type) -> None:
    assert network([3, 2]).parameters.dtype == np.float32
    net = network([3, 2], dtype=dtype)
    assert net.parameters.dtype == net.weights[0].dtype == net.predict([[1, 2, 3]]).dtype == dtype


@pytest.mark.parametrize("shape", [(3, 2), [3.0, 2.0], np.array([3, 2]), [np.int64(3), 2]])
def test_shape_is_a_list_of_int(shape: Any) -> None:
    net = Network(shape)
    assert net.shape == [3, 2]
    assert all(type(size) is int for size in net.shape)


def test_defaults_are_the_ancestors() -> None:
    net = Network([3, 4, 2])
    assert net.activations == ["sigmoid", "sigmoid"]
    assert net.loss == "quadratic"
    assert net.provenance == {}
    assert Network([300, 200]).parameters.std() == pytest.approx(1, rel=0.05)


def test_two_networks_without_a_seed_differ() -> None:
    assert not np.array_equal(Network([3, 2]).parameters, Network([3, 2]).parameters)


# predict


def test_predict_by_hand() -> None:
    net = network([2, 2, 1], "relu", "identity", dtype=np.float64)
    net.weights[0][...], net.biases[0][...] = [[1, -1], [2, 0]], [[0.5], [-1]]
    net.weights[1][...], net.biases[1][...] = [[1, 3]], [[0.25]]
    # (1, 2): relu(1 - 2 + 0.5) = 0, relu(2 - 1) = 1 → 3.25; (3, 1): relu(2.5), relu(5) → 2.5 + 15 + 0.25
    assert net.predict([[1, 2], [3, 1]]).tolist() == [[3.25], [17.75]]


@pytest.mark.parametrize(
    "data",
    [
        [[1, 2, 3], [4, 5, 6]],
        ((1.0, 2.0, 3.0), (4.0, 5.0, 6.0)),
        np.array([[1, 2, 3], [4, 5, 6]], np.uint8),
        np.array([[1, 2, 3], [4, 5, 6]], np.float64),
        np.asfortranarray(np.array([[1, 2, 3], [4, 5, 6]], np.float32)),
        np.array([[1, 9, 2, 9, 3, 9], [4, 9, 5, 9, 6, 9]], np.float32)[:, ::2],
    ],
)
def test_predict_takes_lists_and_every_kind_of_array(data: Any) -> None:
    net = network([3, 4, 2])
    expected = net.predict(np.array([[1, 2, 3], [4, 5, 6]], np.float32))
    assert expected.shape == (2, 2)
    np.testing.assert_array_equal(net.predict(data), expected)


@pytest.mark.parametrize("count", [0, 1, 999, 1000, 1001, 2500])
def test_predict_takes_any_number_of_examples(count: int) -> None:
    net = network([3, 4, 2], dtype=np.float64)
    data = np.random.default_rng(0).normal(size=(count, 3))
    hidden = 1 / (1 + np.exp(-(data @ net.weights[0].T + net.biases[0].T)))
    expected = 1 / (1 + np.exp(-(hidden @ net.weights[1].T + net.biases[1].T)))
    answers = net.predict(data)
    assert answers.shape == (count, 2)
    np.testing.assert_allclose(answers, expected, rtol=1e-9)


def test_predictions_are_not_overwritten_by_later_ones() -> None:
    net = network([3, 2])
    first = net.predict([[1, 2, 3]])
    kept = first.copy()
    net.predict([[9, 9, 9]])
    np.testing.assert_array_equal(first, kept)


def test_predict_changes_neither_the_network_nor_the_data() -> None:
    net = network([3, 4, 2], "relu", "softmax")
    data = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    parameters, original = net.parameters.copy(), data.copy()
    net.predict(data)
    np.testing.assert_array_equal(net.parameters, parameters)
    np.testing.assert_array_equal(data, original)


@pytest.mark.parametrize(
    ("data", "value"),
    [
        ([[1, 2]], "(1, 2)"),
        ([1, 2, 3], "(3,)"),
        ([], "(0,)"),
        ([[[1, 2, 3]]], "(1, 1, 3)"),
        ([[1, 2, 3], [1, 2]], "ragged"),
        ([[1, float("nan"), 3]], "nan at [0, 1]"),
        ([[1, 2, float("inf")]], "inf at [0, 2]"),
        ([[float("inf"), float("-inf"), 0]], "2 such"),
        ([[1, 2, 1e300]], "1e+300 at [0, 2]"),
        ([["a", "b", "c"]], "of type"),
        ([[1, 2, 3j]], "of type complex"),
        (None, "of type object"),
        ({"a": 1}, "of type object"),
        ("123", "of type"),
    ],
)
def test_predict_refuses(data: Any, value: str) -> None:
    with refused(DataError, "data", value):
        network([3, 2]).predict(data)


def test_a_float64_network_takes_what_float32_cannot_hold() -> None:
    assert np.isfinite(network([1, 1], dtype=np.float64).predict([[1e300]])).all()


def test_huge_but_finite_numbers_are_not_taken_for_infinity() -> None:
    assert network([2, 1], dtype=np.float64).predict([[1.7e308, 1.7e308]]).shape == (1, 1)


# wrong arguments


@pytest.mark.parametrize("activations", [["relu"], ["relu"] * 3, [], "relu", "re", 2, True, {"relu": 1, "sigmoid": 2}])
def test_refuses_anything_but_one_activation_a_layer(activations: Any) -> None:
    with refused(SettingError, "activations", repr(activations)):
        Network([3, 4, 2], activations)


@pytest.mark.parametrize("name", ["magic", "", None, 3, ["relu"]])
def test_refuses_an_unknown_activation(name: Any) -> None:
    with refused(UnknownNameError, "activation", repr(name)):
        Network([3, 4, 2], ["relu", name])


@pytest.mark.parametrize("name", ["magic", None, 3, []])
def test_refuses_an_unknown_loss(name: Any) -> None:
    with refused(UnknownNameError, "loss", repr(name)):
        Network([3, 2], loss=name)


def test_refuses_a_loss_that_does_not_go_with_the_output() -> None:
    with refused(SettingError, "loss", "cross-entropy"):
        Network([3, 2], ["relu"], "cross-entropy")


@pytest.mark.parametrize("dtype", ["int32", np.float16, "nonsense", ">f4", object, 3])
def test_refuses_another_number_type(dtype: Any) -> None:
    with refused(SettingError, "dtype", str(dtype)):
        Network([3, 2], dtype=dtype)


# copies


def test_a_copy_is_independent() -> None:
    net = network([3, 4, 2])
    net.provenance["epochs"] = 3
    twin = net.copy()
    before = net.parameters.copy()
    twin.parameters += 1
    twin.provenance["epochs"] = 4
    np.testing.assert_array_equal(net.parameters, before)
    assert net.provenance == {"epochs": 3}
    assert np.shares_memory(twin.weights[0], twin.parameters)


def test_with_parameters_does_not_copy() -> None:
    net = network([3, 4, 2])
    snapshot = np.zeros_like(net.parameters)
    shown = net.with_parameters(snapshot)
    assert shown.parameters is snapshot
    assert shown.predict([[1, 2, 3]]).tolist() == [[0.5, 0.5]]
    assert net.parameters.any()


@pytest.mark.parametrize("again", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])
def test_deep_copies_and_pickles_still_have_views(again: Any) -> None:
    net = network([3, 4, 2], "relu", "softmax")
    twin = again(net)
    np.testing.assert_array_equal(twin.predict([[1, 2, 3]]), net.predict([[1, 2, 3]]))
    twin.parameters[...] = 0
    assert not any(view.any() for view in (*twin.weights, *twin.biases))
    assert net.parameters.any()


# small helpers


@pytest.mark.parametrize(("layer", "kind"), [(1, "weights"), (2, "biases"), (3, "weights")])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_first_non_finite_layer(layer: int, kind: str, bad: float) -> None:
    net = network([2, 3, 3, 2])
    assert first_non_finite_layer(net) is None
    getattr(net, kind)[layer - 1][0, 0] = bad
    net.biases[2][0] = bad
    assert first_non_finite_layer(net) == layer


def test_check_fits() -> None:
    net = network([4, 3])
    check_fits(net, 4, 3, "MNIST")
    with refused(DataError, "inputs", "this network has 4"):
        check_fits(net, 784, 3, "MNIST")
    with refused(DataError, "outputs", "this network has 3"):
        check_fits(net, 4, 10, "MNIST")


@pytest.mark.parametrize(
    ("shape", "rows", "expected"),
    [((784, 10), 60_000, 1000), ((784, 10), 7, 7), ((2, 1_000_000), 60_000, 4), ((2, 10**8), 9, 1), ((2, 2), 0, 1)],
)
def test_very_wide_layers_are_run_a_few_rows_at_a_time(shape: tuple[int, int], rows: int, expected: int) -> None:
    assert chunk_rows(shape, rows) == expected


# ---- answers that are no numbers


def overflowing(layer: int, output: str = "softmax") -> Network:
    """A network with finite weights; the sums of that layer overflow."""
    network = Network([2, 3, 3, 2], ["relu", "relu", output], "quadratic", rng=np.random.default_rng(1))
    for weights in network.weights:
        weights[...] = 1
    network.weights[layer - 1][...] = 3e38
    return network


@pytest.mark.parametrize("layer", [1, 2, 3])
@pytest.mark.parametrize("output", ["softmax", "identity"])
def test_answers_that_are_not_finite_are_an_error_that_names_the_layer(layer: int, output: str) -> None:
    with refused(DataError, "network", f"the weighted sums of layer {layer} overflow"):
        overflowing(layer, output).predict([[1.0, 1.0]])


def test_one_such_answer_among_many_is_enough() -> None:
    rows = np.zeros((2500, 2), np.float32)
    assert np.isfinite(overflowing(1).predict(rows)).all()
    rows[-1] = 1
    with refused(DataError, "network", "the weighted sums of layer 1 overflow"):
        overflowing(1).predict(rows)


def test_sums_that_a_function_brings_back_are_no_error() -> None:
    network = Network([2, 2], ["sigmoid"])
    network.weights[0][...] = 3e38
    assert network.predict([[1.0, 1.0]]).tolist() == [[1.0, 1.0]]
