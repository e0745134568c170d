"""``--data`` and the settings of data: of ``train``, of the command that repeats an experiment, of ``screenshot``."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tqdm import tqdm

from engine.datasets import DATASETS, Dataset, load_data, source_of
from engine.datasets.painted_points import PaintedPoints
from engine.experiment import Experiment
from engine.presets import DEFAULT_PRESET, preset_named
from engine.provenance import Provenance
from engine.storage import load_network
from nnviz.commands import cli, screenshot
from nnviz.commands.options import parser
from nnviz.commands.train_options import described_experiment, fitted_experiment
from nnviz.window.main_window import MainWindow

# Settings that differ from the usual ones, besides those that are numbers.
PAINTED = PaintedPoints(np.random.default_rng(1).uniform(-1, 1, (150, 2)), np.arange(150) % 3)
SETTINGS: dict[str, dict[str, Any]] = {
    "penguins": {"target": "sex", "missing": "median", "ignored": ("island",), "standardise": False},
    "mpg": {"target": "origin", "task": "classification", "ignored": (), "texts": ("cylinders",)},
    "painted": {"painted": PAINTED.write(), "classes": 4},
    "painted-curve": {"painted": replace(PAINTED, kinds=PAINTED.kinds * 0).write()},
}


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch, load_with: Callable[..., None], mnist: Dataset) -> None:
    """No thread of bars; and MNIST is read once for all tests."""
    load_with(lambda: mnist)
    monkeypatch.setattr(tqdm, "monitor_interval", 0)


@pytest.fixture
def cars(tmp_path: Path) -> Path:
    """A table as a German program writes it, whose columns have odd names."""
    rng = np.random.default_rng(1)
    rows = ["a;b, c;-speed;colour"]
    for _ in range(120):
        a, b = rng.random(2)
        rows.append(f"{a:.3f};{b:.3f};{2 * a - b:.3f};{rng.choice(['red', 'blue'])}".replace(".", ","))
    file = tmp_path / "cars.csv"
    file.write_text("\n".join(rows))
    return file


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    try:
        code = cli.main(words)
    except SystemExit as end:
        code = int(end.code or 0)
    out, err = capsys.readouterr()
    return code, out, err


def repeated(made: Experiment) -> Experiment:
    """What its command describes, typed into a shell."""
    arguments = parser().parse_args(shlex.split(shlex.join(made.command())))
    assert described_experiment(arguments).data_settings == made.data_settings
    return fitted_experiment(arguments, load_data(made.data, made.data_settings))


def other_settings(name: str) -> dict[str, Any]:
    """Numbers one step away from the usual ones, and what SETTINGS says."""
    numbers = [each for each in DATASETS[name].settings if each.number is not None]
    other = {each.name: each.example if each.default is None else each.default + each.step for each in numbers}
    return other | SETTINGS.get(name, {})


@pytest.mark.parametrize("name", [name for name in DATASETS if DATASETS[name].download is None])
@pytest.mark.parametrize("has_settings", [False, True])
def test_the_command_means_the_same_data(name: str, has_settings: bool) -> None:
    settings = DATASETS[name].different(other_settings(name) if has_settings else {})
    data = load_data(name, settings)
    made = Experiment().for_data(data, name, settings).for_task(data)
    assert made.data_settings == settings
    assert repeated(made) == made


def test_few_images_are_trained_as_first_steps_says_unless_something_else_is_typed() -> None:
    """With the batches and epochs of all of MNIST a network of 300 would take 30 steps."""
    data = load_data("mnist", {"train_examples": 300})
    changes = preset_named(DEFAULT_PRESET).adjusted(data)
    words = ["train", "--train-examples", "300"]
    for typed, wanted in (([], changes), (["--epochs", "3"], {**changes, "epochs": 3})):
        made = fitted_experiment(parser().parse_args([*words, *typed]), data)
        assert {name: made.value(name) for name in wanted} == wanted
    assert fitted_experiment(parser().parse_args(["train"]), load_data("mnist")).training.batch_size == 100


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"target": "-speed", "task": "regression", "test_share": 0.4},
        {"target": "colour", "ignored": ("b, c", "-speed"), "delimiter": ";", "decimal": ",", "header": True},
        {"encoding": "utf-8", "header": False, "delimiter": ";", "standardise": False},
    ],
)
def test_the_command_means_the_same_file(cars: Path, settings: dict[str, Any]) -> None:
    data = load_data(str(cars), settings)
    made = Experiment().changed(batch_size=20).for_data(data, str(cars), settings).for_task(data)
    assert repeated(made) == made


def test_tabs_and_the_like_have_names(tmp_path: Path) -> None:
    file = tmp_path / "t.txt"
    file.write_text("x\ty\n1\t2\n")
    source = source_of(str(file))
    assert source.setting("delimiter").parse("tab") == source.setting("delimiter").parse("\t") == "\t"
    assert source.setting("decimal").parse("Comma") == ","
    assert source.setting("header").parse("no") is False


@pytest.mark.parametrize(
    ("words", "reported"),
    [
        (("--data", "nope.csv"), ("nope.csv", "penguins", "file or a folder")),
        (("--data", "penguins", "--points", "3"), ("--points", "Penguins", "--target", "missing")),
        (("--points", "3"), ("--points", "MNIST", "--train-examples")),
        (("--train-examples", "5"), ("train_examples", "10 to 60,000", "Try 300")),
        (("--train-examples", "60001"), ("train_examples", "10 to 60,000")),
        (("--data-setting", "seed=-1"), ("seed", "at least 0")),
        (("--train-examples", "few"), ("train_examples", "few", "whole number", "Try 300")),
        (("--data", "mpg", "--train-examples", "5"), ("--train-examples", "MPG")),
        (("--data", "sine", "--target", "y"), ("--target", "Sine", "--points, --noise, --test-share", "seed")),
        (("--data", "spirals", "--data-setting", "colour=red"), ("colour", "classes")),
        (("--data", "spirals", "--data-setting", "classes"), ("classes", "NAME=VALUE")),
        (("--data", "spirals", "--points", "many"), ("points", "many", "whole number")),
        (("--data", "mpg", "--target", "price"), ("price", "horsepower", "main.py data")),
        (("--data", "mpg", "--task", "both"), ("both", "classification, regression")),
        (("--data", "mpg", "--test-share", "2"), ("test_share", "0.9")),
        (("--data", "penguins", "--task", "regression"), ("species", "numbers")),
        (("--data", "mpg", "--data-setting", "standardise=perhaps"), ("perhaps", "yes, no")),
        (("--data", "mpg", "--shape", "9,5,3"), ("9, 5, 3", "9 inputs", "1 output,")),
        (("--data", "mpg", "--hidden", "5,x"), ("5,x", "“x”")),
        (("--data", "mpg", "--hidden", "5", "--shape", "9,5,1"), ("--hidden", "--shape")),
        (("--data", "mpg", "--set", "output=softmax"), ("output", "softmax", "identity")),
        (("--data", "mpg", "--set", "loss=cross-entropy"), ("loss", "cross-entropy", "quadratic")),
        (
            ("--data", "spirals", "--points", "400", "--data-setting", "points=300"),
            ("--points is given twice", "400", "300"),
        ),
        (("--data", "penguins", "--set", "shift=2"), ("without images",)),
        (("--data", "mpg", "--output", "softmax"), ("output", "softmax", "identity")),
        (("--data", "mpg", "--loss", "cross-entropy"), ("loss", "cross-entropy", "quadratic")),
        (("--data", "penguins", "--shift", "2"), ("without images",)),
        (("--resume", "run.npz", "--data", "mpg", "--noise", "1"), ("--data, --noise", "run.npz")),
    ],
    ids=lambda words: " ".join(words),
)
def test_wrong_data_get_one_line(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], reported: tuple[str, ...]
) -> None:
    code, out, err = run(capsys, "train", *words)
    assert (code, out) == (2, "")
    assert err.startswith("nnviz: ")
    assert err.count("\n") == 1
    for part in reported:
        assert part in err


# ---- train


def test_output_and_loss_follow_the_task(capsys: pytest.CaptureFixture[str], tmp_path: Path, cars: Path) -> None:
    for target, ends, output, loss in (("-speed", (4, 1), "identity", "quadratic"), ("colour", (3, 2), "softmax", "")):
        words = ("--data", str(cars), f"--target={target}", "--hidden", "6", "--epochs", "2", "--batch-size", "10")
        code, _, err = run(capsys, "train", *words, "--save", str(tmp_path / "net.npz"))
        assert code == 0, err
        network = load_network(tmp_path / "net.npz")
        assert network.shape == [ends[0], 6, ends[1]]
        assert network.activations == ["relu", output]
        assert network.loss == (loss or "cross-entropy")


def test_an_explicit_output_stays(tmp_path: Path) -> None:
    words = ("--data", "sine", "--set", "output=tanh", "--set", "loss=huber", "--epochs", "1")
    assert cli.main(["train", *words, "--save", str(tmp_path / "net.npz")]) == 0
    network = load_network(tmp_path / "net.npz")
    assert (network.activations[-1], network.loss) == ("tanh", "huber")


def test_what_was_left_out_is_reported_once(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("train", "--data", "penguins", "--epochs", "3")
    _, out, _ = run(capsys, *words, "--data-setting", "missing=drop")
    assert out.count("11 rows with a missing value left out.") == 1
    _, out, _ = run(capsys, *words)
    assert out.count("Missing values: 11 in sex get a category of their own; ") == 1


def test_few_examples_need_no_smaller_batch(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("train", "--data", "spirals", "--points", "20", "--epochs", "1")
    assert run(capsys, *words)[0] == 0
    assert run(capsys, *words, "--set", "validation_share=0.25")[0] == 0
    code, _, err = run(capsys, *words, "--batch-size", "100")
    assert code == 2, "what was chosen is not changed"
    assert "16 examples" in err


@pytest.fixture
def rows(tmp_path: Path) -> str:
    """A table of 1,000 rows, of which 800 are trained with."""
    rng = np.random.default_rng(1)
    lines = [f"{a:.3f},{b:.3f},{'yes' if a > b else 'no'}" for a, b in rng.random((1000, 2))]
    (tmp_path / "rows.csv").write_text("\n".join(["a,b,c", *lines]))
    return str(tmp_path / "rows.csv")


def test_training_begins_with_a_line_that_says_what_the_data_chose(
    capsys: pytest.CaptureFixture[str], rows: str
) -> None:
    code, out, _ = run(capsys, "train", "--data", rows, "--no-record", "--batch-size", "50", "--epochs", "40")
    assert code == 0
    line, _, rest = out.partition("\n")
    assert line == (
        "First steps for 800 examples: AdamW 0.001, weight decay 0.5, batches of 50, up to 40 epochs, "
        "stops when the validation error has not improved for 15 epochs."
    )
    assert rest.lstrip().startswith("epoch  1 of 40 ")
    assert "First steps" not in run(capsys, "train", "--no-record", "--epochs", "1", "--hidden", "2")[1]


def test_the_command_line_trains_as_the_window_does(rows: str) -> None:
    data = load_data(rows)
    first = preset_named("First steps").applied_to(Experiment().for_data(data, rows), data)
    assert fitted_experiment(parser().parse_args(["train", "--data", rows]), data) == first


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (("--optimizer", "sgd"), {"learning_rate": 0.2, "weight_decay": 0.0025, "patience": 15}),
        (("--optimizer", "sgd", "--learning-rate", "0.1"), {"learning_rate": 0.1, "weight_decay": 0.0025}),
        (("--set", "validation_share=0"), {"validation_share": 0, "patience": 0, "optimizer": "adamw"}),
        (("--set", "patience=3"), {"validation_share": 0.15, "patience": 3}),
        (("--validation-share", "0"), {"validation_share": 0, "patience": 0, "optimizer": "adamw"}),
        (("--patience", "3"), {"validation_share": 0.15, "patience": 3}),
        (("--weight-decay", "0"), {"weight_decay": 0, "learning_rate": 0.001}),
    ],
)
def test_what_is_chosen_stays_and_the_rest_suits_it(rows: str, words: tuple[str, ...], wanted: dict[str, Any]) -> None:
    made = fitted_experiment(parser().parse_args(["train", "--data", rows, *words]), load_data(rows))
    assert {name: made.value(name) for name in wanted} == wanted


def test_a_training_on_a_file_goes_on(capsys: pytest.CaptureFixture[str], tmp_path: Path, cars: Path) -> None:
    kept, resumed, unbroken = (str(tmp_path / name) for name in ("kept.npz", "resumed.npz", "unbroken.npz"))
    words = ("train", "--data", str(cars), "--target", "colour", "--data-setting", "seed=4", "--batch-size", "10")
    run(capsys, *words, "--epochs", "2", "--checkpoint", kept)
    assert run(capsys, "train", "--resume", kept, "--epochs", "3", "--save", resumed)[0] == 0
    run(capsys, *words, "--epochs", "3", "--save", unbroken)
    np.testing.assert_array_equal(load_network(resumed).parameters, load_network(unbroken).parameters)
    past = Provenance.read(load_network(resumed)).experiment
    assert past is not None
    assert (past.data, past.data_settings) == (str(cars), {"target": "colour", "seed": 4})


def test_names_that_are_no_letters_of_the_terminal_are_written_somehow(tmp_path: Path) -> None:
    file = tmp_path / "größe.csv"
    file.write_text("größe,art\n" + "".join(f"{number},{'äö'[number % 2]}\n" for number in range(40)), "utf-8")
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "main.py", "data", str(file)]
    done = subprocess.run(
        command, cwd=Path(__file__).parents[3], capture_output=True, text=True, env=environment, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "gr\\xf6\\xdfe" in done.stdout


# ---- screenshot


def test_a_picture_of_the_window_with_other_data(
    qapp: object,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    cars: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    windows: list[MainWindow] = []
    create_window = screenshot.create_window
    monkeypatch.setattr(screenshot, "create_window", lambda *given: windows.append(create_window(*given)) or windows[0])
    shown: list[Dataset | None] = []
    png = screenshot.png
    monkeypatch.setattr(screenshot, "png", lambda picture: shown.append(windows[0].session.dataset) or png(picture))
    words = ("screenshot", str(tmp_path / "x.png"), "--data", str(cars), "--target", "colour")
    assert run(capsys, *words)[::2] == (0, "")
    (data,) = shown
    assert data is not None
    assert (data.title, set(data.class_names)) == ("cars", {"red", "blue"})
    with Image.open(tmp_path / "x.png") as picture:
        assert picture.format == "PNG"


@pytest.mark.parametrize(
    ("words", "reported"),
    [
        (("--data", "nope"), "nope"),
        (("--data", "mpg", "--points", "3"), "--points"),
        (("--data", "mpg", "--target", "price"), "price"),
        (("--data", "mpg", "--draw"), "no images of 28 × 28"),
    ],
)
def test_a_picture_of_the_window_without_its_data(
    qapp: object, capsys: pytest.CaptureFixture[str], tmp_path: Path, words: tuple[str, ...], reported: str
) -> None:
    code, out, err = run(capsys, "screenshot", str(tmp_path / "x.png"), *words)
    assert (code, out) == (2, "")
    assert err.startswith("nnviz: ")
    assert reported in err
    assert err.count("\n") == 1
    assert not (tmp_path / "x.png").exists()
