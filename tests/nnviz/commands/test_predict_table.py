"""``predict`` on tables: a row of answers for each row, or one line that says which column and row do not fit."""

from __future__ import annotations

import csv
import io
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import NeuralNetwork
from engine.basics.errors import DataError
from engine.datasets.description import Description
from engine.datasets.scaling import Scaling
from engine.datasets.table.table_source import load_table
from engine.network.network import Network
from engine.storage import export_onnx, export_script, load_network, save_network
from nnviz.commands import cli
from tests.engine.described import (
    ODD_NAMES,
    TABLES,
    odd_rows,
    prepared,
    table_rows,
    trained_on,
    whole_rows,
    write_rows,
)

MAIN = Path(__file__).parents[3] / "main.py"


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Files of networks that learned the rows of the shipped tables in which nothing is missing."""
    folder = tmp_path_factory.mktemp("nets")
    files = {table: folder / f"{table}.npz" for table in TABLES}
    for table, file in files.items():
        save_network(trained_on(TABLES[table](missing="drop").dataset), file)
    return files


def reported(capsys: pytest.CaptureFixture[str], *arguments: object) -> list[dict[str, str]]:
    """The rows that were printed."""
    code = cli.main(["predict", *map(str, arguments)])
    out, err = capsys.readouterr()
    assert (code, err) == (0, "")
    return list(csv.DictReader(io.StringIO(out, newline="")))


def complained(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """The one line about what cannot be done, with nothing printed."""
    code = cli.main(["predict", *map(str, arguments)])
    out, err = capsys.readouterr()
    assert (code, out) == (cli.USAGE_ERROR, "")
    assert err.startswith("nnviz: ")
    assert err.count("\n") == 1
    return err


def test_classes_with_their_probabilities(
    capsys: pytest.CaptureFixture[str], networks: dict[str, Path], tmp_path: Path
) -> None:
    rows = whole_rows("penguins.csv")
    answers = reported(capsys, networks["penguins.csv"], write_rows(tmp_path / "rows.csv", rows))
    network = load_network(networks["penguins.csv"])
    about = network.description
    assert about is not None
    outputs = network.predict(np.concatenate([about.encode(row) for row in rows]))
    assert [row["species"] for row in answers] == [about.class_names[number] for number in outputs.argmax(axis=1)]
    printed = np.array([[row[f"probability of {name}"] for name in about.class_names] for row in answers], np.float32)
    np.testing.assert_array_equal(printed, outputs)


def test_numbers_in_the_unit_of_the_target(
    capsys: pytest.CaptureFixture[str], networks: dict[str, Path], tmp_path: Path
) -> None:
    rows = whole_rows("mpg.csv")
    answers = reported(capsys, networks["mpg.csv"], write_rows(tmp_path / "rows.csv", rows))
    assert list(answers[0]) == ["mpg"]
    off = [float(answer["mpg"]) - float(row["mpg"]) for answer, row in zip(answers, rows, strict=True)]
    assert len(answers) == 392
    assert np.abs(off).mean() < 6


def test_a_new_process_and_the_exported_script_print_the_same(networks: dict[str, Path], tmp_path: Path) -> None:
    net, rows = networks["penguins.csv"], write_rows(tmp_path / "rows.csv", whole_rows("penguins.csv"))
    export_script(load_network(net), tmp_path / "net.py")
    commands = [[MAIN, "predict", net, rows], [tmp_path / "net.py", rows]]
    printed = [subprocess.run([sys.executable, *each], capture_output=True, text=True, check=True) for each in commands]
    ours, theirs = ([line.split(",") for line in each.stdout.splitlines()] for each in printed)
    assert ours[0] == theirs[0]
    values = [np.array([line[1:] for line in lines[1:]], float) for lines in (ours, theirs)]
    np.testing.assert_allclose(*values, rtol=1e-5, atol=1e-6)


MIXED = """\
area,district,lift,rent,size
40,North,no,420.5,small
85,,yes,1010,large
,West,no,700,small
62.5,East,,650.25,large
"""


@pytest.mark.parametrize("target", ["rent", "size"])
def test_a_program_gets_the_same_answers_as_the_command_the_script_and_onnx(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, target: str
) -> None:
    """With texts, yes/no, and missing values that are filled in."""
    head, *lines = MIXED.splitlines()
    (tmp_path / "flats.csv").write_text("\n".join([head, *lines * 6]) + "\n")
    data = prepared(tmp_path / "flats.csv", target, ignored=("rent", "size"), missing="median", test_share=0).dataset
    save_network(trained_on(data), tmp_path / "net.json")
    (tmp_path / "rows.csv").write_text(MIXED)
    printed = reported(capsys, tmp_path / "net.json", tmp_path / "rows.csv")
    net, rows = NeuralNetwork(tmp_path / "net.json"), list(csv.DictReader(io.StringIO(MIXED)))
    answers = net.predict(rows)
    columns = ["rent"] if target == "rent" else ["probability of large", "probability of small"]
    np.testing.assert_allclose([[float(row[name]) for name in columns] for row in printed], answers, rtol=1e-8)
    if target == "size":
        assert [row["size"] for row in printed] == [("large", "small")[place] for place in answers.argmax(axis=1)]
    export_script(net, tmp_path / "net.py")
    script = runpy.run_path(str(tmp_path / "net.py"))
    encoded = np.array([script["encode"](row) for row in rows])
    np.testing.assert_allclose(script["predict"](encoded), answers, rtol=1e-5)
    if target == "rent":
        np.testing.assert_allclose(script["answer"](rows), answers[:, 0], rtol=1e-5)
    pytest.importorskip("onnx", reason="the package onnx is optional, and is not installed")
    runtime = pytest.importorskip("onnxruntime", reason="the package onnxruntime is optional, and is not installed")
    export_onnx(net, tmp_path / "net.onnx")
    session = runtime.InferenceSession(str(tmp_path / "net.onnx"), providers=["CPUExecutionProvider"])
    (of_onnx,) = session.run(["output"], {"input": encoded.astype(np.float32)})
    np.testing.assert_allclose(of_onnx, answers, rtol=1e-5)


LARGE = 1_700_000_000  # seconds, beside a standard deviation of about 10


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A network whose inputs and targets are large beside their standard deviation, and its table."""
    rng = np.random.default_rng(2)
    rows = [f"{LARGE * 10 + a},{b:.4f},{LARGE + round(a / 3 - 20 * b, 1)}" for a, b in rng.random((200, 2)) * [99, 1]]
    (tmp_path / "large.csv").write_text("\n".join(["ms,b,seconds", *rows]) + "\n")
    data = prepared(tmp_path / "large.csv", "seconds", task="regression", test_share=0).dataset
    save_network(trained_on(data), tmp_path / "net.json")
    return tmp_path / "large.csv"


def test_targets_that_are_large_beside_their_standard_deviation_keep_its_digits(
    capsys: pytest.CaptureFixture[str], large: Path
) -> None:
    net = NeuralNetwork(large.with_name("net.json"))
    rows = list(csv.DictReader(io.StringIO(large.read_text())))
    answers = net.predict(rows)[:, 0]
    assert answers.std() > 1
    printed = [float(row["seconds"]) for row in reported(capsys, large.with_name("net.json"), large)]
    np.testing.assert_allclose(printed, answers, rtol=0, atol=1e-5)
    export_script(net, large.with_name("net.py"))
    command = [sys.executable, large.with_name("net.py"), large]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[1:]
    np.testing.assert_allclose(list(map(float, lines)), answers, rtol=0, atol=1e-5)


def test_onnx_answers_numbers_that_are_large_beside_their_standard_deviation(large: Path) -> None:
    pytest.importorskip("onnx", reason="the package onnx is optional, and is not installed")
    runtime = pytest.importorskip("onnxruntime", reason="the package onnxruntime is optional, and is not installed")
    net = NeuralNetwork(large.with_name("net.json"))
    export_onnx(net, large.with_name("net.onnx"))
    session = runtime.InferenceSession(str(large.with_name("net.onnx")), providers=["CPUExecutionProvider"])
    assert [each.type for each in (*session.get_inputs(), *session.get_outputs())] == ["tensor(double)"] * 2
    rows = [[float(row["ms"]), float(row["b"])] for row in csv.DictReader(io.StringIO(large.read_text()))]
    (answers,) = session.run(["output"], {"input": np.array(rows)})
    np.testing.assert_allclose(answers, net.predict(rows), rtol=0, atol=1e-4)


@pytest.mark.parametrize("table", TABLES)
def test_a_program_gets_the_same_answers_for_the_shipped_tables_with_their_gaps(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, table: str
) -> None:
    rows, net = table_rows(table), tmp_path / "net.npz"
    save_network(trained_on(TABLES[table]().dataset), net)
    printed = reported(capsys, net, write_rows(tmp_path / "rows.csv", rows))
    numbers = [list(row.values())[table == "penguins.csv" :] for row in printed]
    np.testing.assert_allclose(NeuralNetwork(net).predict(rows), np.array(numbers, float), rtol=1e-8)


def test_other_delimiters_orders_and_decimal_commas(
    capsys: pytest.CaptureFixture[str], networks: dict[str, Path], tmp_path: Path
) -> None:
    rows = whole_rows("penguins.csv")[:20]
    plain = reported(capsys, networks["penguins.csv"], write_rows(tmp_path / "rows.csv", rows))
    turned = [{name: row[name].replace(".", ",") for name in reversed(row) if name != "species"} for row in rows]
    other = write_rows(tmp_path / "other.tsv", turned, delimiter=";")
    (head, *answers), said = with_gaps(capsys, networks["penguins.csv"], other)
    assert [dict(zip(head, row, strict=True)) for row in answers] == plain
    assert said == (
        "nnviz: Its numbers have a decimal comma and are read accordingly; "
        "those of the network's table have a decimal point.\n"
    )


def test_a_single_row_of_words_has_its_names_above(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    text = "colour,shape,kind\n" + "red,round,a\nblue,round,b\nred,long,a\nblue,long,b\n" * 4
    (tmp_path / "some.csv").write_text(text)
    save_network(trained_on(prepared(tmp_path / "some.csv", "kind").dataset), tmp_path / "net.json")
    (tmp_path / "rows.csv").write_text("colour,shape\nred,long\n")
    assert len(reported(capsys, tmp_path / "net.json", tmp_path / "rows.csv")) == 1


HEADING = "island,bill_length_mm,bill_depth_mm,flipper_length_mm,body_mass_g,sex\n"
ROW = "Dream,40,18,190,3500,MALE\n"


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        (
            HEADING.replace("sex", "gender") + ROW,
            ["column sex is missing", "found: island"],
        ),
        (
            HEADING + ROW + "Dream,40,wide,190,3500,MALE\n" * 2,
            ["column bill_depth_mm is wrong in 2 rows", "a number", "row 3."],
        ),
        (HEADING + "\n\nDream,40,wide,190,3500,MALE\n", ["column bill_depth_mm is wrong", "row 4."]),
        ("", ["empty"]),
        (HEADING, ["rows.csv"]),
    ],
)
def test_what_does_not_fit_is_said_with_column_and_row(
    capsys: pytest.CaptureFixture[str], networks: dict[str, Path], tmp_path: Path, text: str, facts: list[str]
) -> None:
    (tmp_path / "rows.csv").write_text(text)
    said = complained(capsys, networks["penguins.csv"], tmp_path / "rows.csv")
    for fact in facts:
        assert fact in said


def with_gaps(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[list[list[str]], str]:
    """The rows that were printed, and the line about those without an answer."""
    code = cli.main(["predict", *map(str, arguments)])
    out, err = capsys.readouterr()
    assert code == 0
    assert err.count("\n") == 1
    return list(csv.reader(io.StringIO(out, newline=""))), err


def test_thousands_separators_are_understood_as_in_training(
    capsys: pytest.CaptureFixture[str], networks: dict[str, Path], tmp_path: Path
) -> None:
    answers = []
    for mass in ("3500", '"3,500"'):
        (tmp_path / "rows.csv").write_text(HEADING + ROW.replace("3500", mass) * 2)
        answers.append(reported(capsys, networks["penguins.csv"], tmp_path / "rows.csv"))
    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("Dream,40,18,k. A.,3500,MALE", "no readable value in column flipper_length_mm"),
        ("Dream,40,18,n/a,3500,MALE", "no readable value in column flipper_length_mm"),
        ("Dream,40,1e39,190,3500,MALE", "an unknown value in column bill_depth_mm"),
        ("Mars,40,18,190,3500,MALE", "an unknown value in column island"),
        (",40,18,190,3500,MALE", "no readable value in column island"),
        ("Dream,40", "too many or too few cells"),
        ("Dream,40,18,190,3500,MALE,extra", "too many or too few cells"),
    ],
)
@pytest.mark.parametrize("others", [1, 30])
def test_a_row_that_cannot_be_used_does_not_stop_the_others(
    capsys: pytest.CaptureFixture[str], networks: dict[str, Path], tmp_path: Path, row: str, said: str, others: int
) -> None:
    (tmp_path / "rows.csv").write_text(f"{HEADING}{ROW}\n{row}\n{ROW * others}")
    (head, first, empty, *rest), line = with_gaps(capsys, networks["penguins.csv"], tmp_path / "rows.csv")
    assert empty == [""] * len(head)
    assert all(first)
    assert rest == [first] * others
    assert line.endswith(f"rows.csv: 1 row has no prediction: row 4 has {said}.\n")


WAYS = "way,share,plain,y\n" + "1 km,5%,1,p\n3 km,7%,2,q\n7 km,9%,3,p\n,,,q\n" * 5
ODD = (
    *("Sum", "(3)", "−3", "3x", "3 km", "3 mi", "3km", "km 3", "3 kmkm", "3e0 km", "3%", "3 %", "%3", "3€", "€3"),
    *("$-3", "-$3", "3%%", "€3%", "3 % km", "%", "km", "inf", "1e39", "-1e999", "+nan", "-NaN", "nan%", "1_0", "0x3"),
    *("NA", "", "-", ".3", "3.", "1 000", "1,000", "1,0", "\u0663", "1'000 km", "3e0%", "+3", "--3", "3 3", "null"),
)


def test_an_odd_cell_gets_the_same_from_the_command_the_script_and_a_program(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A cell that is no number is not missing: its row has no answer. Units and signs are those of the training."""
    (tmp_path / "ways.csv").write_text(WAYS, encoding="utf-8")
    data = load_table(tmp_path / "ways.csv", target="y", numbers=("way",), missing="median", test_share=0)
    save_network(trained_on(data), tmp_path / "net.json")
    net = NeuralNetwork(tmp_path / "net.json")
    export_script(net, tmp_path / "net.py")
    script = runpy.run_path(str(tmp_path / "net.py"))
    answered = set()
    for column, cells in (("way", ODD), ("share", ODD[::4]), ("plain", ODD[1::4])):
        for cell in dict.fromkeys((*cells, "3%", "3 %", "NA", "3€", "3 km", "(3)")):
            rows = [{"way": "2 km", "share": "6%", "plain": "1.5"}] * 3
            rows.append({**rows[0], column: cell})
            write_rows(tmp_path / "rows.csv", rows)
            assert cli.main(["predict", str(tmp_path / "net.json"), str(tmp_path / "rows.csv")]) == 0
            out, err = capsys.readouterr()
            ours = [line.split(",")[-1] for line in out.splitlines()[1:]]
            assert all(ours[:3]), (column, cell)
            assert (f"row 5 has no readable value in column {column}" in err) or ours[3] or cell == "1e39"
            _, theirs, _ = script["read"](str(tmp_path / "rows.csv"))[3]
            assert bool(theirs) == bool(ours[3]), (column, cell)
            if theirs:
                assert float(script["predict"]([theirs])[0, -1]) == pytest.approx(float(ours[3]), rel=1e-5), cell
                answered.add((column, cell))
            try:
                of_program = net.predict([rows[3]])[0, -1]
            except DataError:
                assert not ours[3] or "000" in cell, (column, cell)
            else:
                assert float(ours[3]) == pytest.approx(of_program, rel=1e-5), (column, cell)
    assert {cell for column, cell in answered if column == "way"} >= {"3 km", "3km", "NA", "", "+3", "+nan"}
    assert {cell for column, cell in answered if column == "share"} >= {"3%", "3 %", "NA"}
    assert not answered & {("way", "3 mi"), ("way", "3€"), ("share", "3€"), ("plain", "3 km"), ("plain", "(3)")}


def test_another_sign_in_a_column_leaves_only_its_row_empty(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "ways.csv").write_text(WAYS)
    data = load_table(tmp_path / "ways.csv", target="y", numbers=("way",), missing="median", test_share=0)
    save_network(trained_on(data), tmp_path / "net.json")
    (tmp_path / "rows.csv").write_text("way,share,plain\n" + "1 km,5%,1\n" * 3 + "1 km,5€,1\n", encoding="utf-8")
    (head, *rows), said = with_gaps(capsys, tmp_path / "net.json", tmp_path / "rows.csv")
    assert [all(row) for row in rows] == [True, True, True, False]
    assert rows[3] == [""] * len(head)
    assert said.endswith("1 row has no prediction: row 5 has no readable value in column share.\n")


def test_rows_with_a_gap_get_an_empty_answer_and_the_others_theirs(
    capsys: pytest.CaptureFixture[str], networks: dict[str, Path], tmp_path: Path
) -> None:
    gaps = ["Dream,40,18,,3500,MALE\n", "Dream,40,18,190,3500,\n"]
    (tmp_path / "rows.csv").write_text(HEADING + "".join([ROW, gaps[0], ROW, ROW, gaps[1]]))
    (head, *rows), said = with_gaps(capsys, networks["penguins.csv"], tmp_path / "rows.csv")
    (tmp_path / "whole.csv").write_text(HEADING + ROW)
    (whole,) = reported(capsys, networks["penguins.csv"], tmp_path / "whole.csv")
    right, empty = [whole[name] for name in head], [""] * len(head)
    assert rows == [right, empty, right, right, empty]
    assert said.endswith(
        "2 rows have no prediction: row 3 has no readable value in column flipper_length_mm; "
        "row 6 has no readable value in column sex.\n"
    )


def test_a_number_that_cannot_be_predicted_is_an_empty_cell(
    capsys: pytest.CaptureFixture[str], networks: dict[str, Path], tmp_path: Path
) -> None:
    rows = whole_rows("mpg.csv")[:3]
    rows[1] = dict.fromkeys(rows[1], "")
    file = write_rows(tmp_path / "rows.csv", rows)
    (head, *answers), said = with_gaps(capsys, networks["mpg.csv"], file)
    assert head == ["mpg"]
    assert [len(row) for row in answers] == [1, 1, 1]
    assert answers[1] == [""]
    assert "1 row has no prediction: row 3 has no readable value in column cylinders." in said


def test_a_table_of_gaps_has_no_answers(
    capsys: pytest.CaptureFixture[str], networks: dict[str, Path], tmp_path: Path
) -> None:
    (tmp_path / "rows.csv").write_text(HEADING + "Dream,40,18,,3500,MALE\nDream,,18,190,3500,MALE\n")
    (head, *rows), said = with_gaps(capsys, networks["penguins.csv"], tmp_path / "rows.csv")
    assert rows == [[""] * len(head)] * 2
    assert "2 rows have no prediction" in said


@pytest.mark.parametrize(("missing", "text"), [("median", "x"), ("fill", "missing")])
def test_missing_values_are_filled_as_in_training(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, missing: str, text: str
) -> None:
    (tmp_path / "some.csv").write_text("a,t,b,y\n" + "1,x,yes,p\n3,x,yes,q\n7,z,no,p\n,,,q\n" * 5)
    data = prepared(tmp_path / "some.csv", "y", missing=missing, test_share=0).dataset
    save_network(trained_on(data), tmp_path / "net.json")
    (tmp_path / "rows.csv").write_text(f"a,t,b\n,,\n3,{text},yes\n")
    gap, whole = reported(capsys, tmp_path / "net.json", tmp_path / "rows.csv")
    assert gap == whole


def test_odd_names_are_printed_as_they_are_and_said_in_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    rows = odd_rows()
    file = write_rows(tmp_path / "odd.csv", rows)
    data = prepared(file, ODD_NAMES[3], test_share=0).dataset
    save_network(trained_on(data), tmp_path / "net.json")
    answers = reported(capsys, tmp_path / "net.json", file)
    assert list(answers[0]) == [ODD_NAMES[3], *(f"probability of {name}" for name in data.class_names)]
    assert {row[ODD_NAMES[3]] for row in answers} <= set(data.class_names)
    lacking = [{name: row[name] for name in row if name != ODD_NAMES[2]} for row in rows]
    said = complained(capsys, tmp_path / "net.json", write_rows(tmp_path / "lacking.csv", lacking))
    assert "HOSTILE = 1" in said
    assert "\u202e" not in said


# ---- networks of plain numbers


def plain(tmp_path: Path, **facts: Any) -> Path:
    network = Network([2, 3, 2], ["tanh", "softmax"], "cross-entropy", rng=np.random.default_rng(1))
    if facts:
        network.description = Description(class_names=("0", "1"), **facts)
    save_network(network, tmp_path / "net.json")
    return tmp_path / "net.json"


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("1,2\n3,4\n", {}),
        ("b,a\n2,1\n4,3\n", {"columns": ("a", "b")}),
        ("b,more,a\n2,9,1\n4,9,3\n", {"columns": ("a", "b")}),
        ("p,word,q\n1,x,2\n3,y,4\n", {"columns": ("a", "b")}),
        ("p;q\n10;2,0\n30;4,0\n", {"scaling": Scaling(np.zeros(2), np.array([10.0, 1.0]))}),
    ],
)
def test_as_many_columns_of_numbers_as_inputs(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str, facts: Any
) -> None:
    (tmp_path / "rows.csv").write_text(text)
    file = plain(tmp_path, **facts)
    answers = reported(capsys, file, tmp_path / "rows.csv")
    outputs = load_network(file).predict([[1, 2], [3, 4]])
    assert list(answers[0]) == ["class", "probability of 0", "probability of 1"]
    assert [int(row["class"]) for row in answers] == outputs.argmax(axis=1).tolist()
    np.testing.assert_allclose([float(row["probability of 0"]) for row in answers], outputs[:, 0], rtol=1e-6)


def test_one_input_needs_one_column(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    network = Network([1, 2], ["tanh"], rng=np.random.default_rng(1))
    save_network(network, tmp_path / "net.npz")
    (tmp_path / "rows.csv").write_text("x\n1\n-2\n")
    answers = reported(capsys, tmp_path / "net.npz", tmp_path / "rows.csv")
    assert list(answers[0]) == ["output 1", "output 2"]
    np.testing.assert_allclose([float(row["output 2"]) for row in answers], network.predict([[1], [-2]])[:, 1])


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("a,b,c\n1,2,3\n", ["has 3 columns of numbers", "has 2 inputs"]),
        ("a,b\n1,x\n2,y\n", ["column b is wrong in 2 rows", "row 2."]),
    ],
)
def test_other_columns_than_inputs_are_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str, facts: list[str]
) -> None:
    (tmp_path / "rows.csv").write_text(text)
    said = complained(capsys, plain(tmp_path), tmp_path / "rows.csv")
    for fact in facts:
        assert fact in said


def test_a_lacking_column_is_not_made_up_for_by_another(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("a,c\n1,2\n")
    assert "column b is missing" in complained(capsys, plain(tmp_path, columns=("a", "b")), tmp_path / "rows.csv")


def test_one_table_at_a_time(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("1,2\n")
    assert "one table at a time" in complained(capsys, plain(tmp_path), *[tmp_path / "rows.csv"] * 2)
