"""The ancestor's JSON, read with suspicion."""

from __future__ import annotations

import json
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.basics.errors import FileFormatError
from engine.network.activations import ACTIVATIONS
from engine.storage import load_network
from tests.engine.helpers import refused, value_or_error
from tests.engine.storage.documents import ANCESTORS, OURS, changed, without


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "net.json"


def cannot_be_loaded(file: Path, content: str | bytes, value: str) -> None:
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    with refused(FileFormatError, file.name, value):
        load_network(file)


# what is no network


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b"", "empty"),
        (b" \n\t", "empty"),
        (b"\x1c", "empty"),
        ("\u00a0", "empty"),
        (b"hello", "not valid JSON"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "neither JSON nor a checkpoint"),
        (b"\x00" * 64, "not valid JSON"),
        (b"\xff\xfe\x00", "neither JSON nor a checkpoint"),
        ('{"shape": [3, 2], nonsense}', "not valid JSON"),
        ("<html></html>", "not valid JSON"),
        ("{'shape': [3, 2]}", "not valid JSON"),
        (json.dumps(OURS) + "{}", "not valid JSON"),
        ("[]", "a list at the top"),
        ("[[1, 2], [3]]", "a list at the top"),
        ("3", "a int at the top"),
        ("null", "NoneType at the top"),
        ('"shape"', "a str at the top"),
        ("true", "a bool at the top"),
        ("{}", "the key “shape” is missing (its keys: none)"),
        ('{"a": 1}', "the key “shape” is missing (its keys: a)"),
        (json.dumps(OURS)[:-1], "cut off after"),
        (json.dumps(OURS)[:60], "cut off after"),
        ("[1, 2", "cut off after"),
        ("{", "cut off after 1 bytes"),
    ],
)
def test_refuses_what_is_no_network(file: Path, content: str | bytes, value: str) -> None:
    cannot_be_loaded(file, content, value)


@pytest.mark.parametrize(
    ("name", "said"),
    [("houses.csv", "a table, not a network. Use File → Open data"), ("seven.png", "an image, not a network")],
)
def test_a_file_of_data_is_named_as_such(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / name).write_bytes(b"size,price\n1,2\n")
    with pytest.raises(FileFormatError, match=said):
        load_network(tmp_path / name)


@pytest.mark.parametrize("key", ["shape", "weights", "biases"])
def test_refuses_a_file_without_one_of_the_ancestors_keys(file: Path, key: str) -> None:
    cannot_be_loaded(file, without(key), f"the key “{key}”")


def test_wherever_a_file_is_cut_it_is_called_cut_short(file: Path) -> None:
    whole = json.dumps(OURS)
    for length in range(1, len(whole)):
        cannot_be_loaded(file, whole[:length], "cut off after")


# wrong numbers


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (changed("weights", 0, 1, to=[1, 2]), "the weights of layer 1 have rows of different lengths"),
        (changed("weights", 0, 1, to=[1, 2, 3, 4]), "the weights of layer 1 have rows of different lengths"),
        (changed("weights", 0, to=[[1, 2], [3, 4]]), "the weights of layer 1 are 2 × 2"),
        (changed("weights", 0, to=[[1, 2], [3, 4], [5, 6]]), "the weights of layer 1 are 3 × 2"),
        (changed("weights", 0, to=[]), "the weights of layer 1 are 0 × 0"),
        (changed("weights", 0, to=[[], []]), "the weights of layer 1 are 2 × 0"),
        (changed("weights", 0, to=[1, 2, 3]), "the weights of layer 1 are not a list of lists"),
        (changed("weights", 0, 1, to=3), "the weights of layer 1 are not a list of lists"),
        (changed("weights", 0, to="abc"), "the weights of layer 1 are not a list of lists"),
        (changed("weights", 0, to=None), "the weights of layer 1 are not a list of lists"),
        (changed("weights", 0, to={"0": [1, 2, 3]}), "the weights of layer 1 are not a list of lists"),
        (changed("weights", to=OURS["weights"][:1]), "“weights” holds 1 layer,"),  # type: ignore[index]
        (changed("weights", to=[*OURS["weights"], [[1]]]), "“weights” holds 3 layers"),  # type: ignore[misc]
        (changed("weights", to=[]), "“weights” holds 0 layers"),
        (changed("weights", to={}), "“weights” holds a value of type dict"),
        (changed("weights", to=None), "“weights” holds a value of type NoneType"),
        (changed("biases", 1, to=[[1], [2]]), "the biases of layer 2 are 2 × 1"),
        (changed("biases", 0, to=[1, 2]), "the biases of layer 1 are not a list of lists"),
        (changed("biases", 0, to=[[1, 2]]), "the biases of layer 1 are 1 × 2"),
        (changed("biases", 0, to=[[1], []]), "the biases of layer 1 have rows of different lengths"),
        (changed("biases", to=3), "“biases” holds a value of type int"),
        (changed("weights", 1, 0, 1, to="0.5"), "the weights of layer 2 contain '0.5'"),
        (changed("weights", 1, 0, 1, to=None), "the weights of layer 2 contain None"),
        (changed("weights", 1, 0, 1, to=True), "the weights of layer 2 contain True"),
        (changed("weights", 1, 0, 1, to=[1]), "the weights of layer 2 contain [1]"),
        (changed("weights", 1, 0, 1, to={}), "the weights of layer 2 contain {}"),
        (changed("weights", 1, 0, 1, to=float("nan")), "the weights of layer 2 contain NaN or infinity"),
        (changed("weights", 1, 0, 1, to=float("inf")), "the weights of layer 2 contain NaN or infinity"),
        (changed("weights", 1, 0, 1, to=-float("inf")), "the weights of layer 2 contain NaN or infinity"),
        (changed("weights", 1, 0, 1, to="N").replace('"N"', "1e999"), "contain NaN or infinity"),
        pytest.param(
            changed("weights", 1, 0, 1, to=10**400),
            "the weights of layer 2 contain a number that is out of range",
            id="10^400",
        ),
        (changed("biases", 1, 0, 0, to=float("nan")), "the biases of layer 2 contain NaN or infinity"),
        (changed("biases", 1, 0, 0, to="x" * 10_000), "the biases of layer 2 contain"),
        (json.dumps(ANCESTORS).replace("0.7", "1e39"), "layer 2 contains a number out of the range"),
    ],
)
def test_refuses_wrong_numbers_and_says_where_they_are(file: Path, content: str, value: str) -> None:
    cannot_be_loaded(file, content, value)


def test_whole_numbers_are_numbers(file: Path) -> None:
    file.write_text(changed("weights", 1, to=[[2**60, -3]]))
    assert load_network(file).weights[1].tolist() == [[float(2**60), -3]]


# wrong settings


@pytest.mark.parametrize(
    ("shape", "value"),
    [
        ([3, 0, 1], "shape is 3, 0, 1"),
        ([3, -2, 1], "shape is 3, -2, 1"),
        ([3, 2.5, 1], "shape is 3, 2.5, 1"),
        ([3, True, 1], "shape is 3, True, 1"),
        ([3, "2", 1], "shape is 3, '2', 1"),
        ([3, None, 1], "shape is 3, None, 1"),
        ([3, [2], 1], "shape is 3, [2], 1"),
        ([3, float("nan"), 1], "shape is 3, nan, 1"),
        ([3, float("inf"), 1], "shape is 3, inf, 1"),
        pytest.param([3, 10**400, 1], "training 3, about 10^400, 1", id="10^400"),
        ([784, 10**12, 10], "training 784, 1,000,000,000,000, 10"),
        ([3, 10_000_000, 1], "the weights of layer 1 are 2 × 3"),
        ([3, 2, 1, 1], "“weights” holds 2 layers"),
        ([3, 1], "“weights” holds 2 layers"),
        ([3, 3, 1], "the weights of layer 1 are 2 × 3"),
        ([4, 2, 1], "the weights of layer 1 are 2 × 3"),
        ([3], "shape is [3]"),
        ([], "shape is []"),
        ("3, 2, 1", "shape is '3, 2, 1'"),
        (None, "shape is None"),
        (3, "shape is 3"),
        ({"0": 3, "1": 2}, "shape is {'0': 3"),
    ],
)
def test_refuses_a_wrong_shape(file: Path, shape: Any, value: str) -> None:
    cannot_be_loaded(file, changed("shape", to=shape), value)


def test_a_shape_that_the_rest_denies_costs_no_memory(file: Path) -> None:
    file.write_text(changed("shape", to=[3, 10_000_000, 1]))
    tracemalloc.start()
    try:
        with pytest.raises(FileFormatError):
            load_network(file)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1_000_000


@pytest.mark.parametrize("activations", [["relu"], ["relu"] * 3, [], "relu", "re", 5, True, None, {"relu": 1, "b": 2}])
def test_refuses_activations_that_do_not_name_one_for_each_layer(file: Path, activations: Any) -> None:
    cannot_be_loaded(file, changed("activations", to=activations), f"activations is {activations!r}")


@pytest.mark.parametrize("name", ["magic", "", "ReLU", 1, None, True, ["relu"], {"relu": 1}])
def test_refuses_an_unknown_activation(file: Path, name: Any) -> None:
    cannot_be_loaded(file, changed("activations", 0, to=name), f"activation is {name!r}")
    with pytest.raises(FileFormatError, match="Choose one of: " + ", ".join(ACTIVATIONS)):
        load_network(file)


@pytest.mark.parametrize("loss", ["magic", "", 1, None, True, ["quadratic"], {}])
def test_refuses_an_unknown_loss(file: Path, loss: Any) -> None:
    cannot_be_loaded(file, changed("loss", to=loss), f"loss is {loss!r}")


def test_refuses_a_loss_that_does_not_go_with_the_output(file: Path) -> None:
    cannot_be_loaded(file, changed("activations", 1, to="relu"), "loss: cross-entropy")


@pytest.mark.parametrize(
    "dtype", ["float16", "int32", "nonsense", ">f4", "f4,f4", "a", "", None, 3, True, ["float32"], {}]
)
def test_refuses_an_unknown_number_type(file: Path, dtype: Any) -> None:
    cannot_be_loaded(file, changed("dtype", to=dtype), f"dtype is {dtype!r}")


@pytest.mark.parametrize("provenance", [None, [], "mine", 3, True])
def test_refuses_provenance_that_is_no_object(file: Path, provenance: Any) -> None:
    cannot_be_loaded(file, changed("provenance", to=provenance), f"provenance is {provenance!r}")


@pytest.mark.parametrize("key", ["shape", "weights", "activations", "loss", "dtype", "provenance", "unknown"])
@pytest.mark.parametrize("open_close", ["[]", ('{"a":', "}")])
def test_nesting_of_any_depth_is_survived(file: Path, key: str, open_close: tuple[str, str]) -> None:
    opening, closing = open_close
    limit = sys.getrecursionlimit()
    for depth in (50, *range(limit - 150, limit + 10, 8), 100_000):
        deep = opening * depth + "1" + closing * depth
        file.write_text(changed(key, to="DEEP").replace('"DEEP"', deep))
        outcome = value_or_error(FileFormatError, lambda: load_network(file))
        assert len(str(outcome)) < 1000
        assert isinstance(outcome, FileFormatError) or key in ("unknown", "provenance")


# any file at all

anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["relu", "float32"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


def places(document: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to everything in a document."""
    steps = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    return [found for step, inner in steps for found in ((*path, step), *places(inner, (*path, step)))]


def loads_or_is_refused(folder: pytest.TempPathFactory, content: bytes) -> None:
    file = folder.getbasetemp() / "any.json"
    file.write_bytes(content)
    outcome = value_or_error(FileFormatError, lambda: load_network(file))
    if isinstance(outcome, FileFormatError):
        assert outcome.parameter == "any.json"
        assert len(str(outcome)) < 1000
    else:
        assert np.isfinite(outcome.parameters).all()
        assert len(outcome.predict(np.zeros((2, outcome.shape[0])))) == 2


@given(path=st.sampled_from(places(OURS)), to=anything)
@settings(max_examples=30, derandomize=True)
def test_anything_anywhere_is_loaded_or_refused(
    tmp_path_factory: pytest.TempPathFactory, path: tuple[Any, ...], to: Any
) -> None:
    loads_or_is_refused(tmp_path_factory, changed(*path, to=to).encode())


@given(at=st.integers(0, len(json.dumps(OURS))), drop=st.integers(0, 20), put=st.binary(max_size=6))
@settings(max_examples=30, derandomize=True)
def test_a_damaged_file_is_loaded_or_refused(
    tmp_path_factory: pytest.TempPathFactory, at: int, drop: int, put: bytes
) -> None:
    whole = json.dumps(OURS).encode()
    loads_or_is_refused(tmp_path_factory, whole[:at] + put + whole[at + drop :])


@given(content=st.binary(max_size=60) | anything.map(lambda value: json.dumps(value).encode()))
@settings(max_examples=30, derandomize=True)
def test_any_bytes_are_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "any.json"
    file.write_bytes(content)
    with pytest.raises(FileFormatError):
        load_network(file)
