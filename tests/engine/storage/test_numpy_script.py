"""A network as one Python file: the same answers, with numpy and nothing else."""

from __future__ import annotations

import ast
import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.basics.errors import DataError
from engine.basics.validation import Array
from engine.datasets.description import Description
from engine.network.activations import ACTIVATIONS
from engine.network.network import Network
from engine.storage.numpy_script import export_script
from tests.engine.helpers import refused
from tests.engine.storage.scripts import run_apart, run_here

ROUND_OFF = {"rtol": 2e-6, "atol": 2e-6}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "digits.py"


def made(shape: list[int], *activations: str, dtype: Any = np.float32, **how: Any) -> Network:
    return Network(shape, list(activations), rng=np.random.default_rng(3), dtype=dtype, **how)


def rows_for(network: Network, count: int = 7, spread: float = 1.0) -> Array:
    rows = np.random.default_rng(4).normal(scale=spread, size=(count, network.shape[0]))
    return rows.astype(network.parameters.dtype)


def imported(network: Network, file: Path) -> dict[str, Any]:
    """What stands in the script of that network."""
    export_script(network, file)
    return runpy.run_path(str(file))


def printed(done: subprocess.CompletedProcess[str]) -> Array:
    assert done.stderr == ""
    return np.array([[float(number) for number in line.split(",")] for line in done.stdout.splitlines()])


def test_a_reader_that_has_enough_is_no_error(file: Path, tmp_path: Path) -> None:
    """As ``| head``, of which the pipe is closed before all is written."""
    export_script(made([784, 3], "identity"), file)
    np.save(tmp_path / "rows.npy", np.zeros((20_000, 784), np.float32))
    command = [sys.executable, "-I", "-W", "error", str(file), str(tmp_path / "rows.npy")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as script:
        assert script.stdout is not None
        assert script.stderr is not None
        script.stdout.readline()
        script.stdout.close()
        assert script.stderr.read() == b""
    assert script.returncode == 0


# the same answers


@pytest.mark.parametrize("activation", list(ACTIVATIONS))
def test_every_activation_gives_the_same_answers_on_its_own(file: Path, tmp_path: Path, activation: str) -> None:
    net = made([5, 6, 4], activation, activation)
    rows = rows_for(net, spread=3)
    export_script(net, file)
    np.save(tmp_path / "rows.npy", rows)
    answers = printed(run_here(file, tmp_path, str(tmp_path / "rows.npy")))
    np.testing.assert_allclose(answers, net.predict(rows), **ROUND_OFF)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("activation", list(ACTIVATIONS))
def test_every_activation_keeps_the_precision(file: Path, activation: str, dtype: type) -> None:
    net = made([3, 4], activation, dtype=dtype)
    answers = imported(net, file)["predict"](rows_for(net))
    assert answers.dtype == dtype
    tiny = 10 * np.finfo(dtype).eps
    np.testing.assert_allclose(answers, net.predict(rows_for(net)), rtol=tiny, atol=tiny)


@pytest.mark.parametrize("activation", list(ACTIVATIONS))
def test_far_out_there_is_no_overflow(file: Path, activation: str) -> None:
    net = made([2, 2], activation, initializer="zeros")
    net.weights[0][...] = np.eye(2)
    rows = np.array([[1e15, -1e15], [-100, 100], [0, -0.0], [9.99, -9.99]], np.float32)
    np.testing.assert_allclose(imported(net, file)["predict"](rows), net.predict(rows), **ROUND_OFF)


@pytest.mark.parametrize("shape", [[1, 1], [2, 7], [5, 1, 1, 3], [2, 3, 4, 5, 6]])
def test_every_shape(file: Path, shape: list[int]) -> None:
    net = made(shape, *["tanh"] * (len(shape) - 1))
    predict = imported(net, file)["predict"]
    for count in (0, 1, 7):
        rows = rows_for(net, count)
        np.testing.assert_allclose(predict(rows.tolist() if count else rows), net.predict(rows), **ROUND_OFF)


def test_a_network_for_digits(file: Path, tmp_path: Path) -> None:
    net = made([784, 64, 32, 10], "relu", "relu", "softmax", loss="cross-entropy", initializer="he")
    rows = np.random.default_rng(5).uniform(size=(50, 784)).astype(np.float32)
    export_script(net, file)
    with open(tmp_path / "rows.NPY", "wb") as place:
        np.save(place, rows)
    (tmp_path / "empty").mkdir()
    answers = printed(run_apart(file, tmp_path / "empty", str(tmp_path / "rows.NPY")))
    np.testing.assert_allclose(answers, net.predict(rows), **ROUND_OFF)
    assert file.stat().st_size < 6 * net.parameters.size


# on the command line


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_csv_file_is_read_and_every_digit_printed(file: Path, tmp_path: Path, dtype: Any) -> None:
    net = made([3, 2], "identity", dtype=dtype)
    export_script(net, file)
    (tmp_path / "rows.csv").write_text("\ufeff1,2,3\n0.5, -1, 1e-3\n", "utf-8")
    answers = printed(run_here(file, tmp_path, str(tmp_path / "rows.csv"))).astype(dtype)
    predict = runpy.run_path(str(file))["predict"]
    np.testing.assert_array_equal(answers, predict([[1, 2, 3], [0.5, -1, 1e-3]]))


def test_one_line_or_one_column_is_enough(file: Path, tmp_path: Path) -> None:
    for shape, text in (([3, 2], "1,2,3\n"), ([1, 2], "1\n2\n3\n")):
        export_script(made(shape, "relu"), file)
        (tmp_path / "rows.csv").write_text(text)
        assert printed(run_here(file, tmp_path, str(tmp_path / "rows.csv"))).shape[1] == 2


def test_without_a_file_it_says_how_to_use_it(file: Path, tmp_path: Path) -> None:
    net = made([3, 2], "relu")
    net.description = Description(columns=("height", "width", "\x1b[31mred"), targets=("price [€]", "age"))
    export_script(net, file)
    reported = run_here(file, tmp_path, code=2).stderr
    assert reported.startswith("Usage: python ")
    assert "digits.py ROWS" in reported
    for fact in ("3 numbers", "(k, 3)", "'height'", "'width'", r"'\x1b[31mred'", "'price [€]', 'age'"):
        assert fact in " ".join(reported.split())
    assert "\x1b" not in reported
    assert run_here(file, tmp_path, "a", "b", code=2).stderr == reported
    for asked in ("--help", "-h"):
        assert run_here(file, tmp_path, asked).stdout == reported


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("missing.csv", None, "No such file"),
        ("narrow.csv", b"1,2\n", "row 1 must have 3 cells, not 2"),
        ("ragged.csv", b"1,2,3\n\n1,2,3,4\n", "row 3 must have 3 cells, not 4"),
        ("heading.csv", b"a,b,c\n1,2,3\n", "row 1, column 1 must be a number, not 'a'"),
        ("word.csv", b"1,2,3\n1,wide,3\n", "row 2, column 2 must be a number, not 'wide'"),
        ("gap.csv", b"1,2,3\n1,2,\n", "row 2, column 3 must be a number, not ''"),
        ("nan.csv", b"1,2,3\n1,nan,3\n", "row 2, column 2 must be a number, not 'nan'"),
        ("german.csv", b"1,5;2;3\n", "row 1, column 2 must be a number, not '5;2;3'"),
        ("image.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "it is not a text file; this network takes rows of numbers"),
        ("empty.csv", b"", "it is empty"),
        ("no.npy", b"\x93NUMPY", ""),
        ("empty.npy", b"", ""),
    ],
)
def test_what_is_no_rows_is_refused_in_one_line(
    file: Path, tmp_path: Path, name: str, content: bytes | None, reason: str
) -> None:
    export_script(made([3, 2], "relu"), file)
    rows = tmp_path / name
    if content is not None:
        rows.write_bytes(content)
    done = run_here(file, tmp_path, str(rows), code=2)
    assert done.stderr.startswith(f"{rows} cannot be used: ")
    assert reason in done.stderr
    assert (done.stderr.count("\n"), done.stdout) == (1, "")


def test_rows_of_another_width_are_refused(file: Path) -> None:
    predict = imported(made([3, 2], "relu"), file)["predict"]
    for rows in ([[1, 2]], [1, 2, 3], np.zeros((2, 3, 1))):
        with pytest.raises(ValueError, match=r"must be of shape \(k, 3\)"):
            predict(rows)


# a file for people


def test_the_docstring_says_what_it_is(file: Path) -> None:
    net = made([784, 32, 10], "leaky-relu", "softmax", loss="cross-entropy")
    net.provenance = {"data": "MNIST “digits”", "epochs": 12, "test_error": 0.0231}
    about = ast.get_docstring(ast.parse(text_of(net, file)))
    assert about is not None
    for fact in ("784, 32, 10", "leaky-relu, softmax", "cross-entropy", "MNIST “digits”", "12", "2.31 %", "numpy"):
        assert fact in about


def test_an_unknown_past_is_not_mentioned(file: Path) -> None:
    text = text_of(made([2, 2], "relu"), file)
    assert "Trained" not in text
    assert "rror on the test" not in text


def test_only_the_activations_used_are_written(file: Path) -> None:
    text = text_of(made([2, 2, 2, 2], "elu", "leaky-relu", "elu"), file)
    functions = [node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
    assert functions == ["elu", "leaky_relu", "predict", "unpack", "read", "check_cells", "is_number", "main", "fail"]


def test_the_code_comes_first_in_short_lines(file: Path) -> None:
    net = made([3] * 60, *["leaky-relu"] * 59)
    lines = text_of(net, file).splitlines()
    assert max(map(len, lines)) <= 88
    assert all(line == line.rstrip() for line in lines)
    assert lines.index('NETWORK = unpack("""') > lines.index("def main(arguments):")


def test_it_needs_numpy_and_runs_no_text(file: Path) -> None:
    tree = ast.parse(text_of(made([3, 2, 2], "gelu", "softplus"), file))
    nodes = list(ast.walk(tree))
    modules = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    assert modules == {"base64", "sys", "zlib", "numpy"}
    assert not any(isinstance(node, ast.ImportFrom) for node in nodes)
    assert not {"eval", "exec", "compile", "__import__"} & {node.id for node in nodes if isinstance(node, ast.Name)}


@pytest.mark.parametrize("place", ["/home/me/secret/flowers.csv", r"C:\Users\me\secret\flowers.csv"])
def test_no_folder_of_this_machine_is_reported(file: Path, place: str) -> None:
    net = made([2, 2], "relu")
    net.provenance = {"data": place, "file": str(file)}
    text = text_of(net, file)
    assert "Trained on: flowers.csv." in text
    for private in ("secret", str(file.parent), os.getcwd()):
        assert private not in text


@settings(max_examples=12)
@given(
    st.dictionaries(
        st.sampled_from(["data", "epochs", "test_error"]),
        st.one_of(
            st.text(),
            st.sampled_from(['"""', '\\"""\nimport os', "$layers", "x\\", '"', "\ud800", "\u202e", "\r"]),
            st.integers(),
            st.floats(),
            st.none(),
            st.lists(st.booleans(), max_size=2),
        ),
    )
)
def test_nothing_in_the_provenance_becomes_code(tmp_path_factory: pytest.TempPathFactory, past: dict[str, Any]) -> None:
    file = tmp_path_factory.getbasetemp() / "past.py"
    net = made([1, 1], "relu")
    plain = ast.parse(text_of(net, file))
    net.provenance = past
    reported = ast.parse(text_of(net, file))
    assert ast.get_docstring(reported)
    assert [ast.dump(node) for node in reported.body[1:]] == [ast.dump(node) for node in plain.body[1:]]


def text_of(network: Network, file: Path) -> str:
    export_script(network, file)
    return file.read_text(encoding="utf-8")


# refused


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_numbers_that_are_not_finite_are_refused(file: Path, number: float) -> None:
    net = made([2, 2, 2], "relu", "relu")
    net.biases[1][0, 0] = number
    with refused(DataError, "network", "layer 2"):
        export_script(net, file)
    assert not file.exists()


def test_a_missing_folder_is_an_os_error(file: Path) -> None:
    with pytest.raises(OSError, match="nowhere"):
        export_script(made([2, 2], "relu"), file.parent / "nowhere" / file.name)


def test_an_older_file_is_replaced_whole(file: Path) -> None:
    file.write_text("old" * 10_000)
    export_script(made([2, 2], "relu"), str(file))
    first = file.read_bytes()
    export_script(made([2, 2], "relu"), str(file))
    assert file.read_bytes() == first
    assert os.listdir(file.parent) == [file.name]


def test_answers_that_are_not_finite_are_an_error_of_the_script_too(tmp_path: Path) -> None:
    network = Network([2, 3, 2], ["relu", "softmax"], "cross-entropy", rng=np.random.default_rng(1))
    network.weights[0][...] = 3e38
    export_script(network, tmp_path / "net.py")
    predict = runpy.run_path(str(tmp_path / "net.py"))["predict"]
    with pytest.raises(ValueError, match="the output is not finite"):
        predict([[1, 1]])
