"""``data``: the list of what there is, and how a file or folder would be understood."""

from __future__ import annotations

import codecs
import re
import shlex
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tqdm import tqdm

from engine.datasets import DATASETS
from engine.datasets.mnist import load_mnist
from nnviz.commands import cli


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tqdm, "monitor_interval", 0)


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    try:
        code = cli.main(["data", *words])
    except SystemExit as end:
        code = int(end.code or 0)
    out, err = capsys.readouterr()
    return code, out, err


def test_how_numbers_are_scaled_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "penguins")
    assert "inputs are standardised with mean and standard deviation of the training set" in out


def row_of(out: str, name: str) -> list[str]:
    """The cells of a table's row; two spaces are between them."""
    row = next(line for line in out.splitlines() if line.split("  ")[0] == name)
    return re.split(r"  +", row)


def test_the_list_names_all_in_groups(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NNVIZ_CACHE", str(tmp_path))
    code, out, err = run(capsys)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    for name in DATASETS:
        (line,) = [line for line in lines if line.split()[:1] == [name]]
        assert DATASETS[name].title in line
        group = next(each for each in reversed(lines[: lines.index(line)]) if each and not each.startswith(" "))
        assert group == DATASETS[name].group
    assert re.search(r"penguins +Penguins +344 examples of 10 inputs, 3 classes", out)
    assert re.search(r"mpg +Auto MPG +398 examples of 9 inputs, predicts mpg", out)
    assert re.search(r"spirals +Spirals +600 points in the plane, 2 classes", out)
    assert re.search(r"kuzushiji-mnist .* MB to download", out)


def test_what_the_list_says_without_loading_is_true() -> None:
    data = load_mnist()
    assert data.test is not None
    about = f"{len(data.train) + len(data.test):,} images of 28 × 28, {data.outputs} classes"
    assert DATASETS["mnist"].about == about
    large = [name for name in DATASETS if DATASETS[name].download]
    assert all(DATASETS[name].about for name in large)


def test_what_is_not_here_is_not_fetched(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NNVIZ_CACHE", str(tmp_path))
    code, out, err = run(capsys, "kuzushiji-mnist")
    assert (code, err) == (0, "")
    assert "licence: CC BY-SA 4.0" in out
    assert "21 MB" in out
    assert list(tmp_path.iterdir()) == []


def test_a_table_column_by_column(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "mpg", "--target", "origin", "--test-share", "0.5")
    assert (code, err) == (0, "")
    assert out.startswith("Auto MPG: a table, 398 rows, 9 columns\n")
    assert "delimiter: comma; decimal mark: point; encoding: utf-8" in out
    assert row_of(out, "origin") == ["origin", "text", "predict", "0", "europe, japan, usa"]
    assert row_of(out, "horsepower") == ["horsepower", "number", "input", "6", "46 … 230"]
    assert row_of(out, "name")[2] == "ignored"
    assert "rows used: 398 of 398\n" in out
    assert "Missing values: 6 in horsepower filled with the median (" in out
    assert "(--data-setting missing=drop leaves out 6 rows with a missing input)" in out
    assert "task: classification (guessed)" in out
    assert "examples: 199 train, 199 test" in out
    assert [int(count) for count in row_of(out, "usa")[1:]] == [125, 124]
    assert out.endswith("train with it: python main.py train --data mpg --target origin --test-share 0.5\n")


def test_the_command_it_ends_with_works(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "-a b.csv"
    file.write_text("x;-y\n" + "".join(f"{number / 3:.2f};{number}\n" for number in range(50)))
    _, out, _ = run(capsys, str(file), "--target=-y", "--data-setting", "seed=3")
    words = shlex.split(out.splitlines()[-1].removeprefix("train with it: python main.py "))
    assert cli.main([*words, "--epochs", "1"]) == 0


def write(file: Path, text: str, encoding: str = "utf-8") -> str:
    file.write_bytes(text.encode(encoding))
    return str(file)


def random_rows(count: int, row: Callable[[np.random.Generator, int], str]) -> str:
    rng = np.random.default_rng(1)
    return "\n".join(row(rng, place) for place in range(count))


def test_a_german_table(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    rows = random_rows(80, lambda rng, _: f"Köln;{rng.integers(1, 5)};{rng.random():.3f}".replace(".", ",") + ";")
    file = write(tmp_path / "mieten.csv", f"Stadt;Zimmer;Fläche;\r\n{rows}\r\n", "latin-1")
    code, out, err = run(capsys, file)
    assert (code, err) == (0, "")
    assert "delimiter: semicolon; decimal mark: comma; encoding: windows-1252" in out
    assert row_of(out, "Stadt")[2] == "left out"
    assert row_of(out, "Fläche")[1:3] == ["number", "predict"], "the empty last column is not what is wanted"
    assert row_of(out, "column 4")[2] == "left out"
    assert "task: regression (guessed; to change it: --task classification)" in out


def test_large_whole_numbers_have_all_their_digits(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("account,y\n" + "".join(f"{12345678901 + i},{i % 2}\n" for i in range(40)))
    code, out, _ = run(capsys, str(tmp_path / "t.csv"))
    assert code == 0
    assert row_of(out, "account")[-1] == "12345678901 … 12345678940"


def test_names_dates_and_numbers_of_rows_are_no_inputs(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    rows = random_rows(
        90, lambda rng, at: f"{at},ORD-{at},2023-{at % 12 + 1:02}-{at % 28 + 1:02},{rng.random():.2f},{at % 2}"
    )
    code, out, err = run(capsys, write(tmp_path / "orders.csv", f",order,date,amount,returned\n{rows}"))
    assert (code, err) == (0, "")
    roles = {name: row_of(out, name)[2] for name in ("column 1", "order", "date", "amount", "returned")}
    assert list(roles.values()) == ["left out", "left out", "left out", "input", "predict"]
    assert "order left out: it has 90 different texts" in out
    assert "column 1 left out: it only numbers the rows" in out


def test_a_title_above_the_names(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for title in ("Sales of 2023\n\n", "Sales of 2023,,\n,,\n"):
        rows = random_rows(60, lambda rng, at: f"{'NS'[at % 2]},{rng.integers(1, 50)},{rng.random():.2f}")
        code, out, err = run(capsys, write(tmp_path / "sales.csv", f"{title}Region,Units,Profit\n{rows}\nTotal,1,oops"))
        assert (code, err) == (0, "")
        assert row_of(out, "Profit")[1:3] == ["number", "predict"]
        line = title.count("\n") + 62
        assert f"Row {line}, column Profit: “oops” is not a number" in out


def test_no_names_tabs_and_yes_or_no(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    rows = random_rows(60, lambda rng, at: f"{rng.random():.2f}\t{'Yes' if at % 3 else 'No'}\t{'.' if at < 9 else at}")
    code, out, err = run(capsys, write(tmp_path / "t.txt", rows, "utf-16"), "--target", "column 2")
    assert (code, err) == (0, "")
    assert "delimiter: tab" in out
    assert "column names: none, so the columns are numbered" in out
    assert row_of(out, "column 2")[1:3] == ["yes/no", "predict"]
    assert row_of(out, "column 3")[1:4] == ["number", "input", "9"], "a point alone is a missing value"
    assert "Missing values: 9 in column 3 filled with the median (" in out
    _, out, _ = run(capsys, str(tmp_path / "t.txt"), "--target", "column 2", "--data-setting", "missing=drop")
    assert "rows used: 51 of 60 (left out: 9 with a missing input)" in out
    assert "missing=fill keeps" in out


def test_line_breaks_and_signs_in_cells_are_one_line_of_plain_text(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    rows = random_rows(60, lambda rng, at: f'"good,\nor not",{at % 3},"\x1b[31m{"ab"[at % 2]}"')
    text = codecs.BOM_UTF8.decode() + f'"what\nis it",n,"\x1b[1mred"\n\n{rows}\n\n'
    code, out, err = run(capsys, write(tmp_path / "odd.csv", text))
    assert (code, err) == (0, "")
    assert "\x1b" not in out
    assert "60 rows, 3 columns" in out
    assert row_of(out, "what is it")[2] == "left out"


@pytest.mark.parametrize(
    ("content", "words", "reported"),
    [
        (b"", (), "empty"),
        (bytes(range(256)), (), "not a text file"),
        (b"a,b,c\n", (), "it has no row of values"),
        (b"a\n1\n2\n", (), "only one column"),
        (b"a,b\n1,yes\n2,yes\n", (), "only one class"),
        (b"a,b\n1,2\n3,4\n", ("--target", "c"), "must be a column of x: a, b"),
        (b'a,b\n1.5,"1,234"\n2.5,"5,678"\n3,"9,1"\n', (), "thousands separators"),
        (b'b,a\n"1,234",1.5\n"5,678",2.5\n"9,1",3\n', ("--target", "a"), "thousands separators"),
        (b"a,b\n" + b"".join(b"%d,n%d\n" % (at, at) for at in range(60)), ("--target", "a"), "60 different texts"),
        (b"a,b\n1,x\n2,y\n", ("--task", "regression", "--target", "b"), "must hold numbers"),
        (b"a,b\n1,2\n", ("--points", "4"), "--points"),
        (b"a,b\n1,2\n", ("--data-setting", "delimiter=x"), "comma, semicolon, tab, pipe"),
    ],
)
def test_what_is_refused_gets_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, content: bytes, words: tuple[str, ...], reported: str
) -> None:
    (tmp_path / "x.csv").write_bytes(content)
    code, _, err = run(capsys, str(tmp_path / "x.csv"), *words)
    assert code == 2
    assert err.startswith("nnviz: ")
    assert err.count("\n") == 1
    assert reported in err


def test_lines_above_a_table_are_reported_and_can_be_set(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    lines = "".join(f"{row},{row % 7},k{row % 2}\n" for row in range(40))
    file = write(tmp_path / "x.csv", f"Log of 2024\n\na,b,y\n{lines}")
    code, out, _ = run(capsys, file)
    assert code == 0
    assert "40 rows, 3 columns" in out
    assert "lines above the table, left out: 2 (Log of 2024)" in out
    code, out, _ = run(capsys, file, "--data-setting", "skip=4")
    assert "39 rows, 3 columns" in out
    code, _, err = run(capsys, file, "--data-setting", "skip=many")
    assert code == 2
    assert "must be a whole number" in err


def test_columns_are_reported_even_if_the_table_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = write(tmp_path / "x.csv", 'id,price\n1.5,"1,234"\n2.5,"5,678"\n3,"9,1"\n')
    code, out, err = run(capsys, file)
    assert code == 2
    assert row_of(out, "price")[:4] == ["price", "number", "predict", "3"]
    assert "Rows 2 and 3, column price: “1,234” has a thousands separator" in out
    assert "--data-setting ignored" in out, "an option may help"
    assert "price" in err


def test_a_folder_with_what_cannot_be_read(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for name, count in (("cats", 6), ("dogs", 4)):
        (tmp_path / name).mkdir()
        for number in range(count):
            Image.new("L", (9, 9), 20 * number).save(tmp_path / name / f"{number}.png")
    (tmp_path / "cats" / "broken.png").write_bytes(b"no picture")
    code, out, err = run(capsys, str(tmp_path), "--data-setting", "side=5", "--test-share", "0.5")
    assert (code, err) == (0, "")
    assert "10 images of 5 × 5, 2 classes" in out
    assert row_of(out, "cats") == ["cats", "3", "3"]
    assert "left out: 1" in out
    assert "cats/broken.png" in out


def test_arrays(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    file = tmp_path / "x.npz"
    np.savez(file, x=rng.integers(0, 255, (30, 4, 5)).astype(np.uint8), y=np.arange(30) % 3)
    code, out, err = run(capsys, str(file))
    assert (code, err) == (0, "")
    assert "30 images of 4 × 5, 3 classes" in out
    np.savez(file, x=rng.random((30, 3)), y=rng.random((30, 2)))
    code, out, err = run(capsys, str(file))
    assert "30 examples of 3 inputs, predicts y 1, y 2" in out
    assert "task: regression" in out
