"""Exports of networks that learned a table: raw rows get right answers, and no name becomes code."""

from __future__ import annotations

import ast
import csv
import io
import json
import runpy
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.basics.errors import DataError
from engine.basics.validation import Array
from engine.datasets.arrays import Arrays, dataset_of
from engine.datasets.description import Description
from engine.datasets.scaling import Scaling
from engine.datasets.table.cells import is_missing
from engine.datasets.table.table import read_table
from engine.datasets.table.table_dataset import table_dataset
from engine.datasets.table.table_format import TableFormat
from engine.datasets.table.table_source import load_table
from engine.experiment import Experiment
from engine.network.network import Network
from engine.storage import export_onnx, export_script
from tests.engine.described import (
    ODD_NAMES,
    TABLES,
    odd_rows,
    prepare_penguins,
    prepared,
    table_rows,
    trained_on,
    whole_rows,
    write_rows,
)
from tests.engine.storage.scripts import run_apart, run_here

ROUND_OFF = {"rtol": 1e-5, "atol": 1e-5}


@pytest.fixture
def odd(tmp_path: Path) -> Any:
    """A table of odd names, with its file."""
    file = write_rows(tmp_path / "odd.csv", odd_rows())
    return file, prepared(file, ODD_NAMES[3], test_share=0).dataset


def wanted(network: Network, rows: list[dict[str, str]]) -> Array:
    about = network.description
    assert about is not None
    inputs = np.concatenate([about.encode(row) for row in rows])
    return about.answers(network.predict(inputs))


def run(script: Path, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Runs it in its folder."""
    return run_here(script, script.parent, *arguments, code=code)


def printed(done: subprocess.CompletedProcess[str]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(done.stdout, newline="")))


# ---- the numpy script


@pytest.mark.parametrize("table", TABLES)
def test_a_script_answers_a_file_of_raw_rows(tmp_path: Path, table: str) -> None:
    network = trained_on(TABLES[table]().dataset)
    gaps = [row for row in table_rows(table) if any(map(is_missing, row.values()))]
    assert len(gaps) > 5
    rows = [*gaps, *whole_rows(table)[::7]]
    export_script(network, tmp_path / "net.py")
    write_rows(tmp_path / "rows.csv", rows)
    reported = printed(run_apart(tmp_path / "net.py", tmp_path, "rows.csv"))
    answers = wanted(network, rows)
    if table == "mpg.csv":
        np.testing.assert_allclose([float(row["mpg"]) for row in reported], answers[:, 0], rtol=1e-5)
        return
    names = network.description.class_names  # type: ignore[union-attr]
    assert [row["species"] for row in reported] == [names[number] for number in answers.argmax(axis=1)]
    shares = [[float(row[f"probability of {name}"]) for name in names] for row in reported]
    np.testing.assert_allclose(shares, answers, **ROUND_OFF)


@pytest.mark.parametrize("table", TABLES)
def test_a_program_asks_with_dicts_or_with_coded_numbers(tmp_path: Path, table: str) -> None:
    network = trained_on(TABLES[table]().dataset)
    about, rows = network.description, whole_rows(table)[:9]
    assert about is not None
    export_script(network, tmp_path / "net.py")
    script = runpy.run_path(str(tmp_path / "net.py"))
    answers = wanted(network, rows)
    if about.is_classification:
        assert script["answer"](rows) == [about.class_names[number] for number in answers.argmax(axis=1)]
    else:
        np.testing.assert_allclose(script["answer"](rows), answers[:, 0], rtol=1e-5)
    assert about.scaling is not None
    raw = about.scaling.undo(np.concatenate([about.encode(row) for row in rows]))
    np.testing.assert_allclose(script["predict"](raw), answers, **ROUND_OFF)
    with pytest.raises(ValueError, match=r"must be of shape"):
        script["predict"](raw[:, :1])  # one column would fit any mean


CELLS = (
    *(
        "1",
        " 2.5 ",
        "-1e2",
        "1_000",
        "1,234",
        "5 %",
        "$-5",
        "5 km",
        "inf",
        "-1e39",
        "1e999",
        "big",
        "",
        "NA",
        "n/a",
        "?",
        "NaN",
        "null",
    ),
    *("red", " blue ", "Red", "yes", "NO", "t", "F", "on", "nein", "0", "1", "2", "0.0", "true"),
    *(1, 0, 2, 1.0, 12, 12.0, 0.5, True, False, None, float("nan"), float("inf"), [1], np.float32(0.5)),
)


def test_a_script_takes_and_refuses_the_same_values_as_the_engine(tmp_path: Path) -> None:
    text = "size,colour,old,kind\n" + "1,red,yes,p\n3,red,yes,q\n5,blue,no,p\n7,12,no,q\n" * 9
    (tmp_path / "some.csv").write_text(text)
    coding = prepared(tmp_path / "some.csv", "kind").coding
    network = Network([len(coding.inputs), 2], ["softmax"], "cross-entropy")
    network.description = Description(coding=coding)
    export_script(network, tmp_path / "net.py")
    encode = runpy.run_path(str(tmp_path / "net.py"))["encode"]
    took = 0
    for column in ("size", "colour", "old"):
        for cell in CELLS:
            row = {"size": 1, "colour": "red", "old": "yes", column: cell}
            try:
                ours = coding.raw([np.array([each.read(row[each.name])]) for each in coding.columns])[0].tolist()
            except DataError:
                ours = None
            try:
                theirs = encode(row)
            except ValueError:
                theirs = None
            assert ours == theirs, (column, cell)
            took += ours is not None
    assert took > 20


@pytest.mark.parametrize("how", [{}, {"missing": "median"}])
def test_missing_values_are_filled_in_a_script_too(tmp_path: Path, how: Any) -> None:
    (tmp_path / "some.csv").write_text("a,t,b,y\n" + "1,x,yes,p\n3,x,yes,q\n7,z,no,p\n,,,q\n" * 5)
    data = prepared(tmp_path / "some.csv", "y", test_share=0, **how).dataset
    network = trained_on(data, epochs=1)
    export_script(network, tmp_path / "net.py")
    (tmp_path / "rows.csv").write_text("t;b;a\n;NA;\nz;no;7\n")
    reported = printed(run(tmp_path / "net.py", "rows.csv"))
    answers = wanted(network, [{"a": "", "t": "", "b": ""}, {"a": "7", "t": "z", "b": "no"}])
    np.testing.assert_allclose([float(row["probability of p"]) for row in reported], answers[:, 0], **ROUND_OFF)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("bill_length_mm,sex\n1,MALE\n", "there is no column 'island'"),
        ("", "it is empty"),
        ("\x89PNG\r\n\0", "it is not a text file; this network takes rows of a table"),
    ],
)
def test_a_script_refuses_a_file_in_one_line(tmp_path: Path, text: str, reason: str) -> None:
    export_script(trained_on(prepare_penguins().dataset, epochs=1), tmp_path / "net.py")
    heading = "island,bill_length_mm,bill_depth_mm,flipper_length_mm,body_mass_g,sex"
    (tmp_path / "rows.csv").write_text(text.format(heading=heading))
    reported = run(tmp_path / "net.py", "rows.csv", code=2)
    assert reported.stderr.startswith("rows.csv cannot be used: ")
    assert reason in reported.stderr
    assert reported.stderr.count("\n") == 1
    assert reported.stdout == ""


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("Biscoe,1,wide,1,1,MALE", "column 'bill_depth_mm' must be a number, not 'wide'"),
        ("Biscoe,1,,1,1,MALE", "column 'bill_depth_mm' must have a value"),
        ("Mars,1,1,1,1,MALE", "column 'island' must be one of"),
        ("Biscoe,1,1", "it has 3 of 6 cells"),
    ],
)
def test_a_row_with_a_gap_gets_an_empty_answer_from_a_script(tmp_path: Path, row: str, reason: str) -> None:
    export_script(trained_on(prepare_penguins(missing="drop").dataset, epochs=1), tmp_path / "net.py")
    heading = "island,bill_length_mm,bill_depth_mm,flipper_length_mm,body_mass_g,sex"
    (tmp_path / "rows.csv").write_text(f"{heading}\nBiscoe,1,1,1,1,MALE\n\n{row}\n")
    done = run(tmp_path / "net.py", "rows.csv")
    assert done.stderr.startswith(f"row 4 has no prediction: {reason}")
    assert done.stderr.count("\n") == 1
    first, second = printed(done)
    assert all(first.values())
    assert not any(second.values())


GERMAN = "Stadt;Fläche;Rabatt;Preis\n" + "Köln;1.073,5;1,5 %;300.000 €\nFürth;73,2;12 %;9.000,50 €\n" * 20


@pytest.mark.parametrize("above", ["", "sep=;\n", "Bericht 2024\n\n"])
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_a_script_reads_what_predict_reads(tmp_path: Path, above: str, codec: str) -> None:
    (tmp_path / "some.csv").write_bytes(GERMAN.encode())
    network = trained_on(load_table(tmp_path / "some.csv", target="Preis", missing="drop"), epochs=1)
    export_script(network, tmp_path / "net.py")
    rows = "Köln;1.073,5;1,5 %\r\nFürth;73,2;\r\nFürth;73,2;12 %\r\nKöln;1.234;12\r\n"
    (tmp_path / "rows.csv").write_bytes(f"{above}Stadt;Fläche;Rabatt\r\n{rows}".encode(codec))
    reported = [row["Preis"] for row in printed(run(tmp_path / "net.py", "rows.csv"))]
    cells = [("Köln", 1073.5, 1.5), ("Fürth", 73.2, 12), ("Köln", 1234, 12)]
    answers = wanted(network, [dict(zip(("Stadt", "Fläche", "Rabatt"), row, strict=True)) for row in cells])[:, 0]
    assert reported.pop(1) == ""
    np.testing.assert_allclose(list(map(float, reported)), answers, rtol=1e-5)


@pytest.mark.parametrize(
    ("rows", "area"), [("Köln;1.234;5", 1234), ("Köln;1.234;5\nKöln;2.5;5", 1.234), ("Köln;1,234;5", 1.234)]
)
def test_a_script_takes_the_decimal_mark_of_the_file_else_of_the_networks_table(
    tmp_path: Path, rows: str, area: float
) -> None:
    (tmp_path / "some.csv").write_bytes(GERMAN.encode())
    network = trained_on(load_table(tmp_path / "some.csv", target="Preis"), epochs=1)
    export_script(network, tmp_path / "net.py")
    (tmp_path / "rows.csv").write_text(f"Stadt;Fläche;Rabatt\n{rows}\n", encoding="utf-8")
    first, *_ = printed(run(tmp_path / "net.py", "rows.csv"))
    answer = wanted(network, [{"Stadt": "Köln", "Fläche": area, "Rabatt": 5}])[0, 0]
    assert float(first["Preis"]) == pytest.approx(answer, rel=1e-5)


def test_without_a_file_it_says_what_stands_in_each_column(tmp_path: Path) -> None:
    export_script(trained_on(prepare_penguins().dataset, epochs=1), tmp_path / "net.py")
    reported = run(tmp_path / "net.py", code=2).stderr
    assert reported.startswith("Usage: python ")
    lines = [line.strip() for line in reported.splitlines()]
    assert "'bill_length_mm': a number; may be empty" in lines
    assert "'island': one of 'Biscoe', 'Dream', 'Torgersen'; may be empty" in lines
    assert "Prints a CSV table with a row for each row: 'species', 'probability of" in reported
    assert run(tmp_path / "net.py", "--help").stdout == reported


def test_odd_names_stay_names_in_a_script(tmp_path: Path, odd: Any) -> None:
    file, data = odd
    network = trained_on(data)
    export_script(network, tmp_path / "net.py")
    text = (tmp_path / "net.py").read_text(encoding="utf-8")
    calls = {
        node.func.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call) and hasattr(node.func, "id")
    }
    assert calls <= {
        *("ValueError", "abs", "answer", "different", "dict", "encode", "enumerate", "float", "hasattr", "int", "len"),
        *("isinstance", "main", "max", "numbers_of", "open", "predict", "range", "read", "softmax", "str", "tanh"),
        *("activation", "all", "any", "bare", "below_heading", "bool", "decimal_mark", "grouped", "iter", "map"),
        *("fail", "getattr", "next"),
        *("number_text", "print", "rows_of", "says", "str", "sum", "text_of", "unpack", "value_of", "zip"),
    }
    script = runpy.run_path(str(tmp_path / "net.py"))
    assert "HOSTILE" not in script
    assert all(line.isprintable() for line in run(tmp_path / "net.py", "--help").stdout.splitlines())
    assert script["CLASSES"] == list(data.class_names)
    reported = printed(run(tmp_path / "net.py", str(file)))
    names = [data.class_names[number] for number in wanted(network, odd_rows()).argmax(axis=1)]
    assert [row[ODD_NAMES[3]] for row in reported] == names
    assert list(reported[0])[1:] == [f"probability of {name}" for name in data.class_names]


def test_a_file_without_names_is_answered_by_the_places_of_its_columns(tmp_path: Path) -> None:
    (tmp_path / "bare.csv").write_text("1,5,a\n2,6,b\n3,7,a\n4,9,b\n" * 6)
    table = read_table(tmp_path / "bare.csv", TableFormat(header=False))
    network = trained_on(table_dataset(table, "column 3", test_share=0).dataset, epochs=1)
    export_script(network, tmp_path / "net.py")
    assert len(printed(run(tmp_path / "net.py", "bare.csv"))) == 24


def test_a_script_of_scaled_numbers_without_columns(tmp_path: Path) -> None:
    network = Network([2, 3, 2], rng=np.random.default_rng(1))
    scaling = Scaling(np.array([100.0, -5.0]), np.array([7.0, 0.1]))
    network.description = Description("x", class_names=('"""', "b"), scaling=scaling)
    export_script(network, tmp_path / "net.py")
    rows = [[103, -5.2], [90, -4.9]]
    (tmp_path / "rows.csv").write_text("103,-5.2\n90,-4.9\n")
    answers = network.predict(scaling.apply(np.array(rows)))
    reported = run(tmp_path / "net.py", "rows.csv").stdout
    np.testing.assert_allclose(np.loadtxt(io.StringIO(reported), delimiter=","), answers, **ROUND_OFF)
    script = runpy.run_path(str(tmp_path / "net.py"))
    assert script["answer"](rows) == [('"""', "b")[number] for number in answers.argmax(axis=1)]


# ---- ONNX


def light_images() -> Network:
    """A network that standardises images, and learned a little of some light ones."""
    rng = np.random.default_rng(5)
    x, y = rng.integers(200, 256, (60, 5, 5)).astype(np.uint8), np.arange(60) % 2
    x[y == 0, 2], x[y == 1, :, 2] = 20, 20
    data = dataset_of("bars", Arrays(x, y))
    made = Experiment().changed(shape=(25, 6, 2), activations=("relu", "softmax")).for_data(data)
    trainer = made.changed(epochs=3, batch_size=10).trainer(data)
    for _ in trainer.run():
        pass
    assert trainer.network.brightness is not None
    return trainer.network


def test_a_script_standardises_images_as_the_network_does(tmp_path: Path) -> None:
    network, rows = light_images(), np.random.default_rng(1).random((9, 25)).astype(np.float32)
    export_script(network, tmp_path / "net.py")
    np.save(tmp_path / "rows.npy", rows)
    answers = np.loadtxt(io.StringIO(run(tmp_path / "net.py", "rows.npy").stdout), delimiter=",", ndmin=2)
    np.testing.assert_allclose(answers, network.predict(rows), **ROUND_OFF)
    script = runpy.run_path(str(tmp_path / "net.py"))
    np.testing.assert_allclose(script["predict"](rows), network.predict(rows), **ROUND_OFF)
    assert script["answer"](rows) == [str(number) for number in network.predict(rows).argmax(axis=1)]


def test_onnx_standardises_images_as_the_network_does(tmp_path: Path) -> None:
    pytest.importorskip("onnx", reason="the package onnx is optional, and is not installed")
    network, rows = light_images(), np.random.default_rng(1).random((9, 25)).astype(np.float32)
    export_onnx(network, tmp_path / "net.onnx")
    session, _ = onnx_model(tmp_path / "net.onnx")
    np.testing.assert_allclose(session.run(None, {"input": rows})[0], network.predict(rows), **ROUND_OFF)


def onnx_model(path: Path) -> tuple[Any, dict[str, Any]]:
    """A session of the runtime, and what the metadata say."""
    pytest.importorskip("onnx", reason="the package onnx is optional, and is not installed")
    runtime = pytest.importorskip("onnxruntime", reason="the package onnxruntime is optional, and is not installed")
    session = runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session, {name: json.loads(each) for name, each in session.get_modelmeta().custom_metadata_map.items()}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("table", TABLES)
def test_onnx_takes_coded_raw_numbers_and_answers_in_units(tmp_path: Path, table: str, dtype: Any) -> None:
    pytest.importorskip("onnx", reason="the package onnx is optional, and is not installed")
    network = trained_on(TABLES[table]().dataset, dtype=dtype)
    export_onnx(network, tmp_path / "net.onnx")
    session, said = onnx_model(tmp_path / "net.onnx")
    rows = [row for row in table_rows(table) if any(map(is_missing, row.values()))] + whole_rows(table)[:20]
    # What a person makes of a row by the metadata alone.
    entries = list(zip(said["inputs"], said["missing"], strict=True))
    numbers = [[_number(row, entry, missing) for entry, missing in entries] for row in rows]
    (answers,) = session.run(["output"], {"input": np.array(numbers, dtype)})
    assert answers.dtype == dtype
    np.testing.assert_allclose(answers, wanted(network, rows), rtol=1e-5, atol=1e-5)
    assert said["outputs"] == list(network.description.output_names)  # type: ignore[union-attr]
    assert said["task"] == ("regression" if table == "mpg.csv" else "classification")


@pytest.mark.parametrize(
    ("table", "given", "answered"),
    [
        (
            "penguins.csv",
            [
                "island = Biscoe: 1 if island is Biscoe, else 0",
                "bill_length_mm",
                "sex = MALE: 1 if sex is MALE, else 0",
            ],
            ["Adelie", "Chinstrap", "Gentoo"],
        ),
        ("mpg.csv", ["horsepower", "weight"], ["mpg"]),
    ],
)
def test_onnx_names_each_number_of_its_input_and_output(
    tmp_path: Path, table: str, given: list[str], answered: list[str]
) -> None:
    onnx = pytest.importorskip("onnx", reason="the package onnx is optional, and is not installed")
    network = trained_on(TABLES[table]().dataset, epochs=1)
    export_onnx(network, tmp_path / "net.onnx")
    graph = onnx.load(str(tmp_path / "net.onnx")).graph
    (first, *lines), (_, *outputs) = (each.doc_string.splitlines() for each in (graph.input[0], graph.output[0]))
    assert first == f"{network.shape[0]} numbers in each row, in this order:"
    assert [line.partition(". ")[0] for line in lines] == [str(number + 1) for number in range(network.shape[0])]
    assert set(given) <= {line.partition(". ")[2] for line in lines}
    assert [line.partition(". ")[2] for line in outputs] == answered


def test_names_that_no_encoding_knows_are_no_error(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx", reason="the package onnx is optional, and is not installed")
    network = Network([1, 1], ["identity"])
    network.description = Description(columns=("a\ud800\x1b",), targets=("b\ud800",))
    export_onnx(network, tmp_path / "net.onnx")
    assert onnx.load(str(tmp_path / "net.onnx")).graph.input[0].doc_string.endswith("1. a\ufffd\ufffd")
    export_script(network, tmp_path / "net.py")
    assert r"'a\ud800\x1b'" in run(tmp_path / "net.py", "--help").stdout


def test_onnx_says_how_images_are_given_and_nothing_of_numbers_without_names(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx", reason="the package onnx is optional, and is not installed")
    network = Network([12, 2])
    export_onnx(network, tmp_path / "net.onnx")
    assert onnx.load(str(tmp_path / "net.onnx")).graph.input[0].doc_string == ""
    network.description = Description(example_shape=(3, 4))
    export_onnx(network, tmp_path / "net.onnx")
    said = onnx.load(str(tmp_path / "net.onnx")).graph.input[0].doc_string
    assert said == "An image of 3 x 4 pixels in each row, line by line; brightness from 0 to 1."


def _number(row: dict[str, str], entry: dict[str, str], missing: float) -> float:
    if is_missing(row[entry.get("column", entry["name"])]):
        return missing
    return float(row[entry["column"]] == entry["1"]) if "column" in entry else float(row[entry["name"]])


def test_odd_names_stay_names_in_onnx(tmp_path: Path, odd: Any) -> None:
    onnx = pytest.importorskip("onnx", reason="the package onnx is optional, and is not installed")
    _, data = odd
    export_onnx(trained_on(data), tmp_path / "net.onnx")
    _, said = onnx_model(tmp_path / "net.onnx")
    assert said["outputs"] == list(data.class_names)
    assert [entry["name"] for entry in said["inputs"]] == list(data.columns)
    assert said["inputs"][-1] == {"name": ODD_NAMES[2], "0": "no", "1": "yes"}
    about = onnx.load(str(tmp_path / "net.onnx")).graph.input[0].doc_string.splitlines()
    assert about[-1] == f"{len(data.columns)}. {ODD_NAMES[2]}: 0 for no, 1 for yes".replace("\n", " ")


@pytest.mark.parametrize(("mean", "spread"), [(1e300, 1e290), (0, 1e-300), (0, 1e300), (1700, 1), (-1700, 1)])
def test_onnx_scales_in_double_what_float32_cannot_hold(tmp_path: Path, mean: float, spread: float) -> None:
    pytest.importorskip("onnx", reason="the package onnx is optional, and is not installed")
    scaling = Scaling(np.array([mean]), np.array([spread]))
    network = Network([1, 1], ["identity"], rng=np.random.default_rng(1))
    network.description = Description(scaling=scaling, target_scaling=scaling)
    export_onnx(network, tmp_path / "net.onnx")
    session, _ = onnx_model(tmp_path / "net.onnx")
    rows = mean + spread * np.array([[-1.5], [0], [0.25]])
    (answers,) = session.run(["output"], {"input": rows})
    np.testing.assert_allclose((answers - mean) / spread, network.predict(scaling.apply(rows)), **ROUND_OFF)
