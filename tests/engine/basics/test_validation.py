"""What may come in from outside, and how the rest is refused."""

from __future__ import annotations

import math
import tracemalloc
from typing import Any

import numpy as np
import pytest

from engine import NeuralNetwork
from engine.basics import validation
from engine.basics.errors import DataError, SettingError, shown
from engine.basics.validation import (
    check_batch_memory,
    check_memory,
    check_shape,
    gigabytes,
    labels,
    matrix,
    parameter_count,
    parse_number,
    parse_shape,
    parse_share,
    positive_number,
    same_length,
    whole_number,
)
from tests.engine.helpers import refused, value_or_error

GB = 10**9


@pytest.fixture
def sixteen_gigabytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with that much memory to spare."""
    monkeypatch.setattr(validation, "available_memory", lambda: 16 * GB)


# numbers


@pytest.mark.parametrize("value", [0.3, 1, 1e-300, 1e300, np.float32(0.5), np.int64(2), np.float64(0.1)])
def test_positive_numbers(value: Any) -> None:
    number = positive_number("learning_rate", value, "0.3")
    assert type(number) is float
    assert number == value


@pytest.mark.parametrize(
    "value",
    [
        0,
        0.0,
        -0.3,
        math.nan,
        math.inf,
        -math.inf,
        pytest.param(10**400, id="10^400"),
        True,
        False,
        "0.3",
        None,
        [0.3],
        (1,),
        1j,
        {},
    ],
)
def test_what_is_no_positive_number(value: Any) -> None:
    with refused(SettingError, "learning_rate", shown(value)):
        positive_number("learning_rate", value, "0.3")


def test_an_array_is_no_number() -> None:
    with refused(SettingError, "learning_rate", "array"):
        positive_number("learning_rate", np.array([0.3]), "0.3")


@pytest.mark.parametrize("value", [1, 20, 3.0, np.int32(4), np.float32(5), 2**70, pytest.param(10**400, id="10^400")])
def test_whole_numbers(value: Any) -> None:
    number = whole_number("epochs", value, 1, "20")
    assert type(number) is int
    assert number == value


@pytest.mark.parametrize("value", [0, -3, 2.5, math.nan, math.inf, -math.inf, True, "3", None, [3], 1j, np.bool_(True)])
def test_what_is_no_whole_number(value: Any) -> None:
    with refused(SettingError, "epochs", ""):
        whole_number("epochs", value, 1, "20")


@pytest.mark.parametrize(("text", "number"), [("0.3", 0.3), ("0,3", 0.3), (" 1e-3 ", 1e-3), ("5", 5)])
def test_parse_number(text: str, number: float) -> None:
    assert parse_number("learning_rate", text, "0.3") == number


@pytest.mark.parametrize("text", ["", " ", "abc", "0.3.1", "1,000.5", "--1", "15 %"])
def test_parse_number_refuses(text: str) -> None:
    with refused(SettingError, "learning_rate", repr(text)):
        parse_number("learning_rate", text, "0.3")


@pytest.mark.parametrize(("text", "number"), [("0.3", 0.3), ("15 %", 0.15), (" 2,5% ", 0.025)])
def test_a_share_may_be_in_percent(text: str, number: float) -> None:
    assert parse_share("dropout", text, "0.3") == number


@pytest.mark.parametrize("text", ["", "%", "15 % %", "% 15", "a %"])
def test_parse_share_refuses(text: str) -> None:
    with refused(SettingError, "dropout", repr(text)):
        parse_share("dropout", text, "0.3")


@pytest.mark.parametrize("text", ["nan", "inf", "-0.3", "0", "1e999"])
def test_a_parsed_number_still_has_to_be_positive(text: str) -> None:
    with refused(SettingError, "learning_rate", ""):
        positive_number("learning_rate", parse_number("learning_rate", text, "0.3"), "0.3")


# shapes


@pytest.mark.parametrize(
    "text",
    [
        "784,64,32,10",
        "784, 64, 32, 10",
        " 784 ,64,  32,10 ",
        "784 64  32 10",
        "784;64; 32;10",
        "784-64-32-10",
    ],
)
def test_parse_shape(text: str) -> None:
    assert parse_shape(text) == (784, 64, 32, 10)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("784,abc", "size 2 of the shape is “abc”"),
        ("784,,10", "size 2 of the shape is empty"),
        ("784,10,", "size 3 of the shape is empty"),
        (",784,10", "size 1 of the shape is empty"),
        ("", "size 1 of the shape is empty"),
        ("784,6.5,10", "size 2 of the shape is “6.5”"),
        ("784,1e3,10", "size 2 of the shape is “1e3”"),
        ("784;64,10", "size 1 of the shape is “784;64”"),
        ("784 64-10", "size 2 of the shape is “64-10”"),
    ],
)
def test_parse_shape_names_the_layer_it_cannot_read(text: str, rule: str) -> None:
    with refused(SettingError, "shape", repr(text)):
        parse_shape(text)
    with pytest.raises(SettingError, match=rule):
        parse_shape(text)


@pytest.mark.parametrize("text", ["0", "784"])
def test_parse_shape_wants_two_layers(text: str) -> None:
    with refused(SettingError, "shape", text):
        parse_shape(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("784,0,10", "layer 1 has 0 neurons"),
        ("784,64,-3", "the output has -3 neurons"),
        ("0,10", "the input has 0 neurons"),
    ],
)
def test_parse_shape_wants_a_neuron_in_every_layer(text: str, said: str) -> None:
    with refused(SettingError, "shape", text.replace(",", ", ")):
        parse_shape(text)
    with pytest.raises(SettingError, match=f"at least 1 neuron in each layer, but {said}"):
        parse_shape(text)


@pytest.mark.usefixtures("sixteen_gigabytes")
@pytest.mark.parametrize(
    "text", ["784," + "9" * 400 + ",10", "784," + "9" * 5000 + ",10"], ids=["400 digits", "5000 digits"]
)
def test_parse_shape_survives_numbers_without_end(text: str) -> None:
    with pytest.raises(SettingError) as caught:
        parse_shape(text)
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize("shape", [[3, 2], (3, 2), [3.0, 2], np.array([3, 2]), [np.uint8(3), np.int64(2)]])
def test_check_shape(shape: Any) -> None:
    checked = check_shape(shape)
    assert checked == (3, 2)
    assert all(type(size) is int for size in checked)


@pytest.mark.parametrize("shape", [[], [5], None, 5, 5.0, "3, 2", {3: 2}, {3, 2}, True])
def test_check_shape_wants_a_list_of_two(shape: Any) -> None:
    with refused(SettingError, "shape", shown(shape)):
        check_shape(shape)


@pytest.mark.parametrize("shape", [np.array(5), np.ones((3, 2))])
def test_check_shape_wants_one_dimension(shape: Any) -> None:
    with refused(SettingError, "shape", "array"):
        check_shape(shape)


@pytest.mark.parametrize("bad", [0, -3, 2.5, math.nan, math.inf, True, "4", None, [4], np.array([4]), "x" * 5000, 1j])
def test_check_shape_wants_whole_positive_sizes(bad: Any) -> None:
    with refused(SettingError, "shape", "3, "):
        check_shape([3, bad, 2])
    with pytest.raises(SettingError, match="in each layer, but layer 1 has ") as caught:
        check_shape([3, bad, 2])
    assert len(str(caught.value)) < 500


def test_an_array_of_sizes_is_shown_as_numbers() -> None:
    with refused(SettingError, "shape", "784, 0, 10"):
        check_shape(np.array([784, 0, 10]))


def test_parameter_count() -> None:
    assert parameter_count([784, 64, 32, 10]) == 784 * 64 + 64 + 64 * 32 + 32 + 32 * 10 + 10


# memory


@pytest.mark.usefixtures("sixteen_gigabytes")
def test_ten_million_neurons_are_refused_with_what_they_take_and_what_there_is() -> None:
    tracemalloc.start()
    try:
        with refused(SettingError, "shape", "784, 10,000,000, 10"):
            NeuralNetwork([784, 10_000_000, 10])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 10_000_000
    with pytest.raises(SettingError, match=r"7,950,000,010 parameters\) takes 1\d\d\.\d GB of memory, but only 16"):
        NeuralNetwork([784, 10_000_000, 10])


@pytest.mark.parametrize("shape", [[784, 10**15, 10], [10**12, 10**12], pytest.param([784, 10**400, 10], id="10^400")])
def test_no_machine_has_that_much(shape: list[int]) -> None:
    with refused(SettingError, "shape", "1"):
        NeuralNetwork(shape)


@pytest.mark.usefixtures("sixteen_gigabytes")
@pytest.mark.parametrize("shape", [[784, 64, 10**9], [10**9, 64, 10], [784, 64, 10**9, 10]])
def test_the_remedy_names_the_layer_that_is_too_large(shape: list[int]) -> None:
    with pytest.raises(SettingError, match="Make the layer of 1,000,000,000 neurons smaller"):
        check_memory(shape)


def test_memory_is_counted_in_the_networks_number_type(monkeypatch: pytest.MonkeyPatch) -> None:
    def enough(available: int, bytes_per_number: int) -> bool:
        monkeypatch.setattr(validation, "available_memory", lambda: available)
        outcome = value_or_error(SettingError, lambda: check_memory([5, 1], bytes_per_number))
        return not isinstance(outcome, SettingError)

    single, double = (next(size for size in range(2000) if enough(size, width)) for width in (4, 8))
    assert double == 2 * single
    assert single >= 4 * 6 * 4  # parameters, gradient, the last finite copy, and somebody who watches


def test_where_the_system_does_not_say_how_much_there_is_anything_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validation, "available_memory", lambda: None)
    check_memory([10**9, 10**9])
    check_batch_memory([10**9, 10**9], 10**9)


@pytest.mark.usefixtures("sixteen_gigabytes")
def test_a_batch_has_to_fit_in_memory_too() -> None:
    check_batch_memory([2, 1_000_000, 2], 100)
    with refused(SettingError, "batch_size", "10,000"):
        check_batch_memory([2, 1_000_000, 2], 10_000)


def test_this_machine_has_some_memory() -> None:
    available = validation.available_memory()
    assert available is None or 10**7 < available < 10**15


@pytest.mark.parametrize(
    ("size", "text"),
    [(5_000_000, "5.0 MB"), (127_200_000_160, "127.2 GB"), (16 * 10**15, "16,000,000 GB"), (10**40, "about 10^31 GB")],
)
def test_gigabytes(size: int, text: str) -> None:
    assert gigabytes(size) == text


# examples


def test_matrix_is_contiguous_and_of_the_type_asked_for() -> None:
    rows = matrix("data", [[1, 2], [3, 4]], 2)
    assert rows.flags.c_contiguous
    assert rows.dtype == np.float32
    assert matrix("data", np.ones((2, 2), np.uint8), 2, np.float64).dtype == np.float64


@pytest.mark.parametrize("data", [[[True, False]], np.zeros((0, 2)), np.ones((1, 2), np.float16)])
def test_matrix_takes(data: Any) -> None:
    assert matrix("data", data, 2).shape == np.shape(data)


BAD_DATA = [
    ([[1, 2, 3]], "of dimensions (1, 3)"),
    ([[1], [2]], "of dimensions (2, 1)"),
    ([1, 2], "of dimensions (2,)"),
    (5, "of dimensions ()"),
    ([[[1, 2]]], "of dimensions (1, 1, 2)"),
    ([[1, 2], [3]], "ragged"),
    ([[1, 2], 3], "ragged"),
    ([[1, 2], [3, math.nan]], "nan at [1, 1] (1 such"),
    ([[math.inf, -math.inf]], "inf at [0, 0] (2 such"),
    ([[1, 2], [-math.inf, 4]], "-inf at [1, 0]"),
    ([[1, 1e39]], "1e+39 at [0, 1]"),
    ([["1", "2"]], "of type"),
    ([[1, "2"]], "of type"),
    ([[1, None]], "of type object"),
    pytest.param([[1, 10**400]], "of type object", id="10^400"),
    ([[1, 2j]], "of type complex"),
    (np.array([["2020-01-01", "2020-01-02"]], "M8[D]"), "of type datetime"),
    (None, "of type object"),
    ("ab", "of type"),
    ({1: 2}, "of type object"),
]


@pytest.mark.parametrize(("data", "value"), BAD_DATA)
def test_matrix_refuses(data: Any, value: str) -> None:
    with refused(DataError, "train_data", value):
        matrix("train_data", data, 2)


def test_matrix_says_where_the_first_of_many_bad_numbers_is() -> None:
    data = np.ones((1000, 50))
    data[7, 3] = data[400, 0] = data[999, 49] = math.nan
    with refused(DataError, "data", "nan at [7, 3] (3 such values)"):
        matrix("data", data, 50)


# class numbers


@pytest.mark.parametrize(
    "data",
    [
        [0, 2, 1],
        (0, 2, 1),
        [[0], [2], [1]],
        np.array([0, 2, 1], np.uint8),
        np.array([[0], [2], [1]]),
        [0.0, 2.0, 1.0],
        np.array([0, 2, 1], np.float32),
    ],
)
def test_labels_come_in_many_ways(data: Any) -> None:
    cleaned = labels("train_labels", data, 3)
    assert cleaned.tolist() == [0, 2, 1]
    assert cleaned.dtype == np.int64


@pytest.mark.parametrize(
    ("data", "value"),
    [
        ([0, 3], "3 at [1] (1 such"),
        ([-1, 0, -2], "-1 at [0] (2 such"),
        ([0, 1.5], "1.5 at [1]"),
        ([0, math.nan], "nan at [1]"),
        ([math.inf], "inf at [0]"),
        (np.array([255], np.uint8), "255 at [0]"),
        ([[1, 0, 0], [0, 1, 0]], "of dimensions (2, 3)"),
        ([[[0]]], "of dimensions (1, 1, 1)"),
        (1, "of dimensions ()"),
        ([[0], [1, 2]], "ragged"),
        (["0", "1"], "of type"),
        ([None], "of type object"),
        (None, "of type object"),
        ([1j], "of type complex"),
    ],
)
def test_labels_refuses(data: Any, value: str) -> None:
    with refused(DataError, "train_labels", value):
        labels("train_labels", data, 3)


def test_same_length() -> None:
    same_length("train_labels", 5, "train_data", 5)
    with refused(DataError, "train_labels", "4 long"):
        same_length("train_labels", 4, "train_data", 5)
