"""``explain``: one picture of the reasons, a line for each picture, and one line for what cannot be done."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

from engine.basics.validation import Array
from engine.datasets import load_data
from engine.datasets.table.table_source import load_table
from engine.network.network import Network
from engine.storage import load_network, save_network
from nnviz.commands import cli, explain
from tests.engine.described import trained_on


def network_file(folder: Path, shape: list[int]) -> Path:
    path = folder / f"{shape[0]}.json"
    save_network(Network(shape, ["relu", "softmax"], "cross-entropy", "he", np.random.default_rng(2)), path)
    return path


@pytest.fixture
def digit(tmp_path: Path) -> Path:
    """A black stroke on white paper."""
    sheet = np.full((90, 80), 255, np.uint8)
    sheet[15:75, 36:44] = 0
    Image.fromarray(sheet).save(tmp_path / "one.png")
    return tmp_path / "one.png"


def pixels(path: Path) -> Array:
    return np.asarray(Image.open(path).convert("RGB"))


def colours_of(path: Path) -> int:
    """The number of different colours of a picture."""
    with Image.open(path) as picture:
        return len(picture.convert("RGB").getcolors(2**24))


def test_a_file_that_is_read_is_not_replaced(capsys: pytest.CaptureFixture[str], digit: Path, tmp_path: Path) -> None:
    net, table = network_file(tmp_path, [784, 20, 10]), tmp_path / "rows.csv"
    table.write_text("a,b,class\n" + "1,2,x\n2,1,y\n" * 10)
    there = {path: path.read_bytes() for path in (net, digit, table)}
    for words in (
        ("explain", str(net), str(digit), "--out", str(digit)),
        ("explain", str(net), str(digit), "--out", str(net)),
        ("explain", str(net), "--data", str(table), "--out", str(table)),
        ("screenshot", str(table), "--data", str(table)),
    ):
        assert cli.main([*words]) == cli.USAGE_ERROR
        assert "would be overwritten" in capsys.readouterr().err
    (tmp_path / "net.py").write_bytes(net.read_bytes())
    assert cli.main(["export", str(tmp_path / "net.py"), str(tmp_path / "net.py")]) == cli.USAGE_ERROR
    assert "is an input of this command" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in there} == there


@pytest.mark.parametrize("method", explain.METHODS)
def test_it_draws_and_tells(
    qtbot: QtBot, capsys: pytest.CaptureFixture[str], digit: Path, tmp_path: Path, method: str
) -> None:
    net, out = network_file(tmp_path, [784, 20, 10]), tmp_path / "why.png"
    digits = [str(digit)] * (2 if method == "layers" else 1)
    code = cli.main(["explain", str(net), *digits, "--method", method, "--class", "3", "--out", str(out)])
    reported = capsys.readouterr().out.splitlines()
    assert code == 0
    assert len(reported) == len(digits) + 1
    assert reported[-1] == f"written to {out}"
    assert "why 3, not " in reported[0]
    assert ("adds up to" in reported[0]) == (method in ("integrated-gradients", "gradient-times-input"))
    assert colours_of(out) > 20


def test_contributions_that_do_not_add_up_say_so(
    qtbot: QtBot, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Sums around a million are rounded to sixteenths."""
    network = Network([2, 5, 2], ["relu", "softmax"], "cross-entropy", "he", np.random.default_rng(0))
    network.biases[0][...] = 1e6
    save_network(network, tmp_path / "large.npz")
    words = [str(tmp_path / "large.npz"), "--data", "moons", "--out", str(tmp_path / "why.png")]
    for example in range(4):
        words += ["--example", str(example)]
    assert cli.main(["explain", *words]) == 0
    assert "inexact: ± 0." in capsys.readouterr().out


def test_in_both_themes(qtbot: QtBot, digit: Path, tmp_path: Path) -> None:
    net = network_file(tmp_path, [784, 20, 10])
    means = []
    for look in ("light", "dark"):
        assert cli.main(["explain", str(net), str(digit), "--theme", look, "--out", str(tmp_path / look)]) == 0
        means.append(pixels(tmp_path / look).mean())
    assert means[0] > 150 > 80 > means[1]


@pytest.mark.parametrize(
    ("arguments", "reported"),
    [
        (["{small}", "{digit}"], "4 inputs"),
        (["{net}", "/no/such.png"], "No such file"),
        (["{net}", "{blank}"], "nothing is drawn"),
        (["{net}", "{digit}", "--class", "10"], "0 to 9"),
        (["{net}", "{digit}", "--against", "-1"], "0 to 9"),
        (["{net}", "{digit}", "--out", "/no/such/folder/x.png"], "folder"),
        (["{net}", "{digit}", "--method", "guess"], "guess"),
        (["{small}"], "Name the data with --data"),
    ],
)
def test_what_cannot_be_done_is_reported_in_one_line(
    qtbot: QtBot, capsys: pytest.CaptureFixture[str], digit: Path, tmp_path: Path, arguments: list[str], reported: str
) -> None:
    Image.new("L", (50, 50), 255).save(tmp_path / "blank.png")
    places = {
        "net": network_file(tmp_path, [784, 20, 10]),
        "small": network_file(tmp_path, [4, 3, 2]),
        "digit": digit,
        "blank": tmp_path / "blank.png",
    }
    words = [word.format(**places) for word in arguments]
    out = [] if "--out" in words else ["--out", str(tmp_path / "why.png")]
    try:
        code = cli.main(["explain", *words, *out])
    except SystemExit as end:
        code = int(end.code or 0)
    complaint = capsys.readouterr().err
    assert code == cli.USAGE_ERROR
    assert reported in complaint
    assert len(complaint.strip().splitlines()) == 1
    assert not (tmp_path / "why.png").exists()


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Networks that learned a table of classes and one of numbers for a moment."""
    folder = tmp_path_factory.mktemp("nets")
    made = {}
    for name in ("penguins", "mpg"):
        made[name] = folder / f"{name}.json"
        assert cli.main(["train", "--data", name, "--epochs", "5", "--hidden", "6", "--save", str(made[name])]) == 0
    return made


def test_rows_of_the_networks_own_data(
    qtbot: QtBot, capsys: pytest.CaptureFixture[str], trained: dict[str, Path], tmp_path: Path
) -> None:
    out = tmp_path / "why.png"
    capsys.readouterr()
    code = cli.main(["explain", str(trained["penguins"]), "--example", "0", "--example", "4", "--out", str(out)])
    reported = capsys.readouterr().out.splitlines()
    assert code == 0
    rows = load_data("penguins").test.rows
    named = [f"test example {number} · row {rows[number]} of the file" for number in (0, 4)]
    assert [line.partition(":")[0] for line in reported[:-1]] == named
    assert any(name in reported[0] for name in ("Adelie", "Chinstrap", "Gentoo"))
    assert "column" in reported[0] or "nothing near" in reported[0]
    assert colours_of(out) > 20


def test_a_number_is_reported_in_its_unit(
    qtbot: QtBot, capsys: pytest.CaptureFixture[str], trained: dict[str, Path], tmp_path: Path
) -> None:
    from engine.datasets import load_data
    from engine.storage import load_network

    capsys.readouterr()
    assert cli.main(["explain", str(trained["mpg"]), "--data", "mpg", "--out", str(tmp_path / "why.png")]) == 0
    reported = capsys.readouterr().out
    data = load_data("mpg")
    assert data.test is not None
    assert data.target_scaling is not None
    answer = load_network(trained["mpg"]).predict(data.test.example(0)[None])
    said = reported.partition("mpg ")[2].partition(";")[0].replace("−", "-")
    assert float(said) == pytest.approx(float(data.target_scaling.undo(answer)[0, 0]), rel=1e-3)
    assert "why mpg" in reported
    assert "smallest change" not in reported


def test_a_mistake_is_compared_with_its_true_class(
    qtbot: QtBot, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    data = load_data("penguins")
    net = network_file(tmp_path, [data.width, 8, 3])
    ranked, labels = np.argsort(-load_network(net).predict(data.test.inputs), axis=1), data.test.labels
    number = int(np.flatnonzero(ranked[:, 2] == labels)[0])
    command = ["explain", str(net), "--data", "penguins", "--example", str(number), "--out", str(tmp_path / "why.png")]
    best, second, truth = map(data.class_name, ranked[number])
    for against, other in (([], truth), (["--against", str(ranked[number, 1])], second)):
        assert cli.main([*command, *against]) == 0
        assert f"why {best}, not {other};" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("asked", "said"), [("2", "why 2, not -1;"), ("007", "why 007, not -1;"), ("7", "why 007, not -1;")]
)
def test_a_class_is_asked_for_by_its_name(
    qtbot: QtBot, capsys: pytest.CaptureFixture[str], tmp_path: Path, asked: str, said: str
) -> None:
    names = ("-1", "2", "007")
    (tmp_path / "some.csv").write_text(
        "a,b,kind\n" + "".join(f"{at % 5},{at % 7},{names[at % 3]}\n" for at in range(60))
    )
    data = load_table(tmp_path / "some.csv", target="kind", texts=("kind",))
    assert data.class_names == tuple(sorted(names)), "so 2 is the number of another class"
    save_network(trained_on(data), tmp_path / "net.json")
    words = [str(tmp_path / "net.json"), "--data", str(tmp_path / "some.csv"), "--out", str(tmp_path / "why.png")]
    assert cli.main(["explain", *words, "--class", asked, "--against", "-1"]) == 0
    assert said in capsys.readouterr().out
    assert cli.main(["explain", *words, "--class", "three"]) == 2
    assert "--class three is not an output. The network has outputs 0 to 2 for -1, 007, 2." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--example", "5000"], "The test set has the examples 0 to "),
        (["--data", "spirals"], "inputs"),
        (["one.png", "--example", "1"], "Images and examples of data cannot be explained at once"),
    ],
)
def test_one_line_for_examples_that_cannot_be_explained(
    capsys: pytest.CaptureFixture[str], trained: dict[str, Path], tmp_path: Path, words: list[str], said: str
) -> None:
    capsys.readouterr()
    out = str(tmp_path / "why.png")
    assert cli.main(["explain", str(trained["penguins"]), *words, "--out", out]) == cli.USAGE_ERROR
    reported = capsys.readouterr().err.splitlines()
    assert len(reported) == 1
    assert said in reported[0]
