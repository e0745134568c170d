"""The interface of 2015 on a network that learned a table: raw rows in, values in the unit of the target out."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import NeuralNetwork
from engine.basics.errors import DataError, DivergenceError, EngineError
from engine.basics.validation import Array
from engine.datasets.description import Description
from engine.datasets.scaling import Scaling
from engine.storage import save_network
from tests.engine.described import TABLES, prepared, trained_on, whole_rows
from tests.engine.helpers import ENDINGS, bits, refused

# A number, texts, yes/no; a class and a number to predict.
DISTRICTS = ("North", "East", "West")
FLATS: list[dict[str, Any]] = [
    {"area": 40 + 3 * number % 50, "district": DISTRICTS[number % 3], "lift": ("no", "yes")[number % 2]}
    for number in range(60)
]
NAMES = ("area", "district", "lift")
for _flat in FLATS:
    _flat["rent"] = round(9.5 * _flat["area"] + 80 * (_flat["lift"] == "yes") + 40 * len(_flat["district"]), 2)
    _flat["size"] = "large" if _flat["area"] > 60 else "small"


class Columns:
    """Named columns of rows."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self._rows = rows
        self.columns = list(rows[0])


class Frame(Columns):
    """What is taken of a DataFrame of pandas."""

    def itertuples(self, index: bool = True, name: str | None = "Pandas") -> Any:
        assert not index
        assert name is None
        return iter([tuple(row.values()) for row in self._rows])


class RowsFrame(Columns):
    """What is taken of one of polars."""

    def iter_rows(self) -> Any:
        return iter([tuple(row.values()) for row in self._rows])


class DictFrame(Columns):
    """One that has no rows, only dicts."""

    def to_dict(self, orient: str) -> Any:
        assert orient == "records"
        return self._rows


def flats_file(folder: Path, target: str, **how: Any) -> Path:
    """The file of a network that learned the flats."""
    text = "\n".join(",".join(map(str, row)) for row in [list(FLATS[0]), *(flat.values() for flat in FLATS)])
    (folder / "flats.csv").write_text(text + "\n")
    other = "size" if target == "rent" else "rent"
    data = prepared(folder / "flats.csv", target, ignored=(other,), **how).dataset
    save_network(trained_on(data), folder / "net.json")
    return folder / "net.json"


@pytest.fixture
def rent(tmp_path: Path) -> NeuralNetwork:
    return NeuralNetwork(flats_file(tmp_path, "rent", missing="drop"))


@pytest.fixture
def size(tmp_path: Path) -> NeuralNetwork:
    return NeuralNetwork(flats_file(tmp_path, "size"))


def by_hand(net: NeuralNetwork, rows: list[dict[str, Any]]) -> Array:
    """What the network says of flats: scaled, expanded and scaled back here."""
    coding = net.description.coding  # type: ignore[union-attr]
    assert coding is not None
    assert coding.scaling is not None
    raw = [
        [row["area"], *(float(row["district"] == name) for name in ("East", "North", "West")), row["lift"] == "yes"]
        for row in rows
    ]
    outputs = net.network.predict((np.array(raw, float) - coding.scaling.mean) / coding.scaling.spread)
    undo = coding.target_scaling
    return outputs if undo is None else outputs * undo.spread + undo.mean


# predict


def test_raw_rows_get_values_in_the_unit_of_the_target(rent: NeuralNetwork) -> None:
    answers = rent.predict(FLATS)
    np.testing.assert_allclose(answers, by_hand(rent, FLATS), rtol=1e-6)
    assert answers.shape == (60, 1)
    assert np.abs(answers[:, 0] - [flat["rent"] for flat in FLATS]).mean() < 100


def test_raw_rows_get_probabilities(size: NeuralNetwork) -> None:
    answers = size.predict(FLATS)
    np.testing.assert_allclose(answers, by_hand(size, FLATS), atol=1e-6)
    np.testing.assert_allclose(answers.sum(axis=1), 1, atol=1e-6)


FORMS: dict[str, Callable[[list[dict[str, Any]]], Any]] = {
    "other order": lambda rows: [{name: row[name] for name in reversed(row)} for row in rows],
    "only the inputs": lambda rows: [{name: row[name] for name in NAMES} for row in rows],
    "texts": lambda rows: [{name: f" {value} " for name, value in row.items()} for row in rows],
    "lists": lambda rows: [[row[name] for name in NAMES] for row in rows],
    "tuples": lambda rows: tuple(tuple(row[name] for name in NAMES) for row in rows),
    "array of texts": lambda rows: np.array([[row[name] for name in NAMES] for row in rows]),
    "array of objects": lambda rows: np.array([[row[name] for name in NAMES] for row in rows], object),
    "frame": Frame,
    "frame of rows": RowsFrame,
    "frame of dicts": DictFrame,
    "iterator": iter,
    "booleans": lambda rows: [{**row, "lift": row["lift"] == "yes"} for row in rows],
}


@pytest.mark.parametrize("form", FORMS)
def test_rows_may_come_in_many_ways(rent: NeuralNetwork, form: str) -> None:
    np.testing.assert_array_equal(rent.predict(FORMS[form](FLATS)), rent.predict(FLATS))


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int16])
def test_an_array_of_numbers_is_raw_even_if_it_is_as_wide_as_the_inputs(tmp_path: Path, dtype: Any) -> None:
    (tmp_path / "some.csv").write_text("a,b,y\n" + "100,7,1\n300,5,2\n500,7,3\n" * 8)
    net = NeuralNetwork([2, 3, 1], seed=1)
    net.description = Description(coding=prepared(tmp_path / "some.csv", "y", task="regression").coding)
    rows = [[100, 7], [300, 5]]
    named = [{"b": 7, "a": 100}, {"a": 300, "b": 5}]
    np.testing.assert_array_equal(net.predict(np.array(rows, dtype)), net.predict(named))


def test_no_rows_get_no_answers(rent: NeuralNetwork) -> None:
    assert rent.predict([]).shape == (0, 1)
    assert rent.predict(np.zeros((0, 3))).shape == (0, 1)


@pytest.mark.parametrize("value", [None, float("nan"), "", "NA", np.float32("nan"), np.ma.masked])
@pytest.mark.parametrize("column", NAMES)
def test_missing_values_are_filled_as_for_training(tmp_path: Path, column: str, value: Any) -> None:
    net = NeuralNetwork(flats_file(tmp_path, "rent"))
    gaps = [FLATS[0], {**FLATS[1], column: value}]
    answers = net.predict(gaps)
    coded = next(each for each in net.description.coding.columns if each.name == column)  # type: ignore[union-attr]
    number = coded.filled
    assert number is not None
    instead = coded.categories[int(number)] if coded.categories else number
    np.testing.assert_array_equal(answers, net.predict([FLATS[0], {**FLATS[1], column: instead}]))


BAD_ROWS: list[tuple[Any, str, str, str]] = [
    ([*FLATS[:2], {**FLATS[0], "district": "South"}], "district", "'South' at [2] of data", "East, North, West"),
    ([{**FLATS[0], "area": "big"}], "area", "'big' at [0] of data", "a number"),
    ([{**FLATS[0], "area": 1e39}], "area", "1e+39 at [0]", "finite number"),
    ([{**FLATS[0], "lift": "maybe"}], "lift", "'maybe' at [0]", "no or yes"),
    ([FLATS[0], {**FLATS[0], "area": None}], "area", "missing at [1] of data", "must have a value"),
    (np.array([[float("inf"), 0, 1]]), "area", "inf at [0]", "finite number"),
    ([{"area": 1, "district": "East"}], "lift", "missing at [0] of data", "area, district"),
    ([FLATS[0], {"Area": 1, "district": "East", "lift": "no"}], "area", "missing at [1]", "Area, district, lift"),
    (Frame([{"area": 1, "district": "East"}]), "lift", "missing", "area, district"),
    ([[40, "East"]], "data", "of 2 columns at [0]", "3 columns, in this order: area, district, lift"),
    ([[40, "East", "no"], [40, "East", "no", 1]], "data", "of 4 columns at [1]", "area, district, lift"),
    (np.ones((2, 5)), "data", "of 5 columns", "area, district, lift"),
    (np.ones(3), "data", "of dimensions (3,)", "must be rows"),
    ([40, "East", "no"], "data", "with a row of type int at [0]", "must be rows"),
    (FLATS[0], "data", "of type dict", "must be rows"),
    ("40,East,no", "data", "of type str", "must be rows"),
    (None, "data", "of type NoneType", "must be rows"),
]


@pytest.mark.parametrize(("rows", "parameter", "value", "rule"), BAD_ROWS)
def test_rows_that_do_not_fit_are_refused(
    rent: NeuralNetwork, rows: Any, parameter: str, value: str, rule: str
) -> None:
    with refused(DataError, parameter, value):
        rent.predict(rows)
    with pytest.raises(DataError, match=re.escape(rule)):
        rent.predict(rows)


def test_a_column_that_is_there_twice_is_refused(rent: NeuralNetwork) -> None:
    frame = Frame([FLATS[0]])
    frame.columns = [name.replace("size", "area") for name in frame.columns]
    with refused(DataError, "area", "2 columns of this name"):
        rent.predict(frame)


def test_encoded_inputs_go_to_the_network(rent: NeuralNetwork) -> None:
    about = rent.description
    assert about is not None
    encoded = about.encode_rows(FLATS)
    with pytest.raises(DataError, match=r"For encoded inputs, use net\.network"):
        rent.predict(encoded)
    np.testing.assert_array_equal(about.answers(rent.network.predict(encoded)), rent.predict(FLATS))
    assert not isinstance(rent.network, NeuralNetwork)


def test_the_network_shares_all_state(rent: NeuralNetwork, tmp_path: Path) -> None:
    inner = rent.network
    assert inner.parameters is rent.parameters
    inner.description = None
    assert rent.description is None
    NeuralNetwork([2, 1], seed=1).save(tmp_path / "other.json")
    rent.load(tmp_path / "other.json")
    assert inner.shape == [2, 1]
    np.testing.assert_array_equal(rent.network.predict([[1, 2]]), rent.predict([[1, 2]]))


@pytest.mark.parametrize("name", [f"again{ending}" for ending in ENDINGS])
@pytest.mark.parametrize("table", TABLES)
def test_a_saved_network_takes_raw_rows_again(tmp_path: Path, table: str, name: str) -> None:
    save_network(trained_on(TABLES[table]().dataset), tmp_path / "net.json")
    net, rows = NeuralNetwork(tmp_path / "net.json"), whole_rows(table)
    net.save(tmp_path / name)
    np.testing.assert_array_equal(NeuralNetwork(tmp_path / name).predict(rows), net.predict(rows))
    np.testing.assert_array_equal(net.copy().predict(rows), net.predict(rows))


def test_raw_numbers_of_other_scaled_data() -> None:
    net = NeuralNetwork([2, 3, 1], ["tanh", "identity"], seed=1)
    scaling, undo = Scaling(np.array([100.0, -5.0]), np.array([7.0, 0.1])), Scaling([1000.0], [50.0])
    rows = np.array([[103, -5.2], [90, -4.9]])
    inner = net.predict(scaling.apply(rows))
    net.description = Description("x", columns=("a", "b"), scaling=scaling, target_scaling=undo)
    np.testing.assert_allclose(net.predict(rows), inner * 50 + 1000)
    np.testing.assert_array_equal(net.predict([{"b": -5.2, "a": 103}, {"b": -4.9, "a": 90}]), net.predict(rows))
    with refused(DataError, "b", "missing at [0] of data"):
        net.predict([{"a": 1}])
    with refused(DataError, "data", "of dimensions (1, 3)"):
        net.predict([[1, 2, 3]])


def test_a_network_whose_description_scales_nothing_is_as_ever() -> None:
    net = NeuralNetwork([2, 3, 2], seed=1)
    before = net.predict([[1, 2]])
    net.description = Description("plane", class_names=("p", "q"), columns=("x", "y"))
    np.testing.assert_array_equal(net.predict([[1, 2]]), before)
    with refused(DataError, "train_labels", "of type"):
        net.train([[1, 2]] * 4, list("ppqq"), batch_size=2)
    net.train([[1, 2]] * 4, [0, 0, 1, 1], batch_size=2, epochs=1)
    assert net.description is None


# train


def printed_errors(capsys: pytest.CaptureFixture[str], pattern: str) -> list[list[float]]:
    lines = capsys.readouterr().out.splitlines()
    found = [re.fullmatch(pattern, line) for line in lines]
    assert all(found), lines
    return [[float(text) for text in each.groups()] for each in found if each]


RMSE = r"epoch +\d+ of 30   train RMSE (\S+), R² (\S+)   test RMSE (\S+), R² \S+"


def test_training_on_raw_rows_lowers_the_error_in_the_unit_of_the_target(
    rent: NeuralNetwork, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = [flat["rent"] for flat in FLATS]
    how: dict[str, Any] = {"batch_size": 10, "epochs": 30, "learning_rate": 0.05, "seed": 1, "print_cost": True}
    about = rent.description
    rent.train(FLATS, wanted, test_data=FLATS[:9], test_labels=wanted[:9], **how)
    printed = printed_errors(capsys, RMSE)
    off = rent.predict(FLATS)[:, 0] - wanted
    rmse = [np.sqrt((off[:count] ** 2).mean()) for count in (60, 9)]
    assert [printed[-1][0], printed[-1][2]] == pytest.approx(rmse, rel=1e-3)
    assert printed[-1][0] < printed[0][0] / 2
    assert rent.description is about


def test_training_on_raw_rows_learns_classes_by_their_names(
    size: NeuralNetwork, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = [flat["size"] for flat in FLATS]
    size.train(FLATS, wanted, batch_size=10, epochs=30, learning_rate=0.3, seed=1, print_cost=True)
    printed = printed_errors(capsys, r"epoch +\d+ of 30   train error +(\S+) %")
    names = ("large", "small")
    wrong = [names[number] != name for number, name in zip(size.predict(FLATS).argmax(axis=1), wanted, strict=True)]
    assert printed[-1] == [pytest.approx(100 * np.mean(wrong), abs=0.01)]
    assert printed[-1] < printed[0]


def test_it_is_the_training_of_the_trainer_on_what_the_table_became(tmp_path: Path) -> None:
    net = NeuralNetwork(flats_file(tmp_path, "rent", test_share=0))
    twin = net.copy()
    data = prepared(tmp_path / "flats.csv", "rent", ignored=("size",), test_share=0).dataset
    how: dict[str, Any] = {"batch_size": 10, "epochs": 2, "learning_rate": 0.05, "seed": 3}
    net.train(FLATS, [flat["rent"] for flat in FLATS], **how)
    twin.description = None
    twin.train(data.train.inputs, data.train.targets, classification=False, **how)
    assert bits(net) == bits(twin)


LABELS: dict[str, Callable[[list[str]], Any]] = {
    "array": np.array,
    "column": lambda names: [[name] for name in names],
    "array column": lambda names: np.array(names)[:, None],
    "numbers": lambda names: [("large", "small").index(name) for name in names],
    "array of numbers": lambda names: np.array([("large", "small").index(name) for name in names]),
    "column of numbers": lambda names: [[float(name == "small")] for name in names],
    "booleans": lambda names: [name == "small" for name in names],
    "dicts": lambda names: [{"size": name, "more": 1} for name in names],
    "frame": lambda names: Frame([{"size": name} for name in names]),
}


@pytest.mark.parametrize("form", LABELS)
def test_classes_may_come_in_many_ways(size: NeuralNetwork, form: str) -> None:
    names, twin = [flat["size"] for flat in FLATS], size.copy()
    twin.train(FLATS, names, batch_size=10, epochs=1, seed=1)
    size.train(FLATS, LABELS[form](names), batch_size=10, epochs=1, seed=1)
    assert bits(size) == bits(twin)


NUMBERS: dict[str, Callable[[list[float]], Any]] = {
    "array": np.array,
    "array column": lambda numbers: np.array(numbers)[:, None],
    "texts": lambda numbers: [f"{number}" for number in numbers],
}


@pytest.mark.parametrize("classification", [True, False])
@pytest.mark.parametrize("form", NUMBERS)
def test_numbers_may_come_in_many_ways(rent: NeuralNetwork, form: str, classification: bool) -> None:
    numbers, twin = [flat["rent"] for flat in FLATS], rent.copy()
    twin.train(FLATS, numbers, batch_size=10, epochs=1, learning_rate=0.01, seed=1)
    rent.train(FLATS, NUMBERS[form](numbers), 10, 1, 0.01, classification, seed=1)
    assert bits(rent) == bits(twin)


def test_targets_of_classes_are_taken_as_ever(size: NeuralNetwork) -> None:
    names, twin = [flat["size"] for flat in FLATS], size.copy()
    twin.train(FLATS, names, batch_size=10, epochs=1, seed=1)
    one_hot = [[float(name == each) for each in ("large", "small")] for name in names]
    size.train(FLATS, one_hot, batch_size=10, epochs=1, classification=False, seed=1)
    assert bits(size) == bits(twin)
    assert size.description.class_names == ("large", "small")  # type: ignore[union-attr]


def test_classes_that_are_numbers_are_meant_by_their_names(tmp_path: Path) -> None:
    (tmp_path / "some.csv").write_text("a,doors\n" + "1,2\n3,4\n5,5\n" * 8)
    net = NeuralNetwork([1, 3], ["softmax"], "cross-entropy", seed=1)
    net.description = Description(coding=prepared(tmp_path / "some.csv", "doors", task="classification").coding)
    net.train([[1], [3], [5]], [2, 4.0, "5"], batch_size=3, epochs=200, learning_rate=3, seed=1)
    assert net.predict([[1], [3], [5]]).argmax(axis=1).tolist() == [0, 1, 2]
    (tmp_path / "codes.csv").write_text("a,place\n" + "1,01099\n3,04109\n" * 8)
    places = NeuralNetwork([1, 2], ["softmax"], "cross-entropy", seed=1)
    places.description = Description(coding=prepared(tmp_path / "codes.csv", "place", task="classification").coding)
    places.train([[1], [3]], ["01099", "04109"], batch_size=2, epochs=50, learning_rate=3, seed=1)
    for labels in ([1099, 4109], np.array([1099.0, 4109.0])):
        places.train([[1], [3]], labels, batch_size=2, epochs=1)
        assert places.predict([[1], [3]]).argmax(axis=1).tolist() == [0, 1]
    with pytest.raises(DataError, match=r"doors is 0 at \[0\] of train_labels: it must be one of: 2, 4, 5"):
        net.train([[1], [3]], [0, 1], batch_size=2)


BAD_TRAINING: list[tuple[str, dict[str, Any], type[EngineError], str, str]] = [
    ("size", {"train_labels": ["large", "tiny"] * 30}, DataError, "size", "'tiny' at [1] of train_labels"),
    ("size", {"train_labels": ["large", None] * 30}, DataError, "size", "missing at [1] of train_labels"),
    ("size", {"train_labels": [0, 2] * 30}, DataError, "train_labels", "2 at [1]"),
    ("size", {"train_labels": [0, 0.5] * 30}, DataError, "train_labels", "0.5 at [1]"),
    ("size", {"train_labels": ["large"] * 59}, DataError, "train_labels", "59 long"),
    ("size", {"train_labels": None}, DataError, "train_labels", "of type NoneType"),
    ("size", {"train_labels": [["large", "small"]] * 60}, DataError, "train_labels", "of 2 columns at [0]"),
    ("size", {"train_labels": ["large"] * 60, "classification": False}, DataError, "train_labels", "of type"),
    ("rent", {"train_labels": ["large"] * 60}, DataError, "rent", "'large' at [0] of train_labels"),
    ("rent", {"train_labels": [float("nan")] * 60}, DataError, "rent", "missing at [0] of train_labels"),
    ("rent", {"train_data": [*FLATS[:59], {}]}, DataError, "area", "missing at [59] of train_data"),
    ("rent", {"train_data": np.ones((60, 5))}, DataError, "train_data", "of 5 columns"),
    ("rent", {"train_data": [], "train_labels": []}, DataError, "train_data", "empty"),
    (
        "rent",
        {"test_data": [[1, "South", "no"]], "test_labels": [1]},
        DataError,
        "district",
        "'South' at [0] of test_data",
    ),
    ("rent", {"test_data": FLATS[:1], "test_labels": ["x"]}, DataError, "rent", "'x' at [0] of test_labels"),
]


@pytest.mark.parametrize(("target", "bad", "kind", "parameter", "value"), BAD_TRAINING)
def test_training_refuses_what_does_not_fit_and_changes_nothing(
    tmp_path: Path, target: str, bad: dict[str, Any], kind: type[EngineError], parameter: str, value: str
) -> None:
    net = NeuralNetwork(flats_file(tmp_path, target))
    before, about = bits(net), net.description
    with refused(kind, parameter, value):
        net.train(**({"train_data": FLATS, "train_labels": [flat[target] for flat in FLATS], "batch_size": 10} | bad))
    assert bits(net) == before
    assert net.description is about


def test_a_training_that_diverges_leaves_the_description(rent: NeuralNetwork) -> None:
    with pytest.raises(DivergenceError):
        rent.train(FLATS, [flat["rent"] for flat in FLATS], batch_size=10, learning_rate=1e38)
    assert rent.predict(FLATS).shape == (60, 1)
