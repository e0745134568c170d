"""The subcommands: what they print, what they write, and the one line for a bad argument."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PyQt5.QtGui import QColor
from tqdm import tqdm

from engine.datasets import DATASETS, Dataset, DataSource
from engine.network.network import Network
from engine.provenance import Provenance
from engine.storage import load_network, save_network
from nnviz.commands import cli
from nnviz.program_name import program_name
from nnviz.ui.theme import LIGHT
from tests.engine.helpers import restored_later

pytestmark = pytest.mark.usefixtures("small_data")

ROOT = Path(__file__).parents[3]
EPOCH = re.compile(r"epoch (\d+) of (\d+)\s+train error\s+([\d.]+) %\s+test error\s+([\d.]+) %")


@pytest.fixture(scope="module")
def trained(few_digits: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network that knows digits tolerably well."""
    path = tmp_path_factory.mktemp("nets") / "trained.json"
    with pytest.MonkeyPatch.context() as patch:
        restored_later(patch, DATASETS)
        DATASETS.register("mnist")(DataSource("MNIST", lambda: few_digits))
        patch.setattr(tqdm, "monitor_interval", 0)
        arguments = ("train", "--epochs", "12", "--learning-rate", "0.3", "--batch-size", "20", "--save", str(path))
        assert cli.main(arguments) == 0
    return path


def main_py(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The program as a person starts it."""
    return subprocess.run(
        [sys.executable, "main.py", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=120
    )


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit code, what was printed, and what was complained."""
    try:
        code = cli.main(arguments)
    except SystemExit as end:
        code = int(end.code or 0)
    out, err = capsys.readouterr()
    return code, out, err


# ---- train


def test_train_prints_the_errors_after_each_epoch(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "net.json"
    code, out, _ = run(capsys, "train", "--epochs", "3", "--shape", "784, 20, 10", "--save", str(file))
    assert code == 0
    epochs = EPOCH.findall(out)
    assert [(number, of) for number, of, *_ in epochs] == [("1", "3"), ("2", "3"), ("3", "3")]
    assert float(epochs[-1][3]) < float(epochs[0][3])
    assert f"saved to {file}" in out
    network = load_network(file)
    assert network.shape == [784, 20, 10]
    assert network.activations == ["relu", "softmax"]
    assert f"{100 * network.provenance['test_error']:.2f}" == epochs[-1][3]
    assert network.provenance["epochs"] == 3


def test_the_same_seed_gives_the_same_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    files = []
    for name, seed in (("a", "5"), ("b", "5"), ("c", "6")):
        run(capsys, "train", "--epochs", "1", "--seed", seed, "--shape", "784,8,10", "--save", str(tmp_path / name))
        files.append(load_network(tmp_path / name).parameters)
    np.testing.assert_array_equal(files[0], files[1])
    assert not np.array_equal(files[0], files[2])


def test_options_reach_the_network(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    options = ("--activation", "sigmoid", "--batch-size", "200", "--learning-rate", "0.7")
    run(capsys, "train", "--epochs", "1", *options, "--save", str(tmp_path / "net.json"))
    network = load_network(tmp_path / "net.json")
    assert network.activations == ["sigmoid", "sigmoid", "softmax"]
    experiment = Provenance.read(network).experiment
    assert experiment is not None
    assert experiment.training.batch_size == 200
    assert experiment.training.learning_rate == 0.7


def test_divergence_is_reported_in_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "net.json"
    code, _, err = run(capsys, "train", "--epochs", "1", "--learning-rate", "1e30", "--save", str(file))
    assert code == 1
    assert "learning rate" in err
    assert "Traceback" not in err
    assert not file.exists()


@pytest.mark.slow
def test_an_epoch_of_the_real_mnist(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, load_with: Any, mnist: Dataset
) -> None:
    load_with(lambda: mnist)
    file = tmp_path / "net.json"
    code, out, err = run(capsys, "train", "--epochs", "1", "--save", str(file))
    assert code == 0, err
    (epoch,) = EPOCH.findall(out)
    assert float(epoch[3]) < 8
    _, shown, _ = run(capsys, "evaluate", str(file))
    assert shown.startswith(f"test error {epoch[3]} %")
    assert "of 10,000" in shown


# ---- evaluate


def test_evaluate_prints_error_and_confusion(
    capsys: pytest.CaptureFixture[str], trained: Path, few_digits: Dataset
) -> None:
    code, out, err = run(capsys, "evaluate", str(trained))
    assert code == 0, err
    assert few_digits.test is not None
    data = few_digits.test
    answers = load_network(trained).predict(data.inputs * np.float32(data.scale)).argmax(axis=1)
    wrong = int((answers != data.labels).sum())
    assert f"test error {100 * wrong / 500:.2f} % ({wrong} of 500)" in out
    rows = [line.split() for line in out.splitlines() if re.match(r"\s+\d( +\d+){10}$", line)]
    assert [int(row[0]) for row in rows] == list(range(10))
    confusion = np.array([[int(number) for number in row[1:]] for row in rows])
    assert confusion.sum() == 500
    assert np.trace(confusion) == 500 - wrong
    assert confusion[3, 3] == ((data.labels == 3) & (answers == 3)).sum()


# ---- predict


def as_png(digit: Any, path: Path, kind: str) -> Path:
    """A picture of MNIST as somebody might have it."""
    grey = (digit * 255).astype(np.uint8)
    image = Image.fromarray(grey)
    if kind == "light on dark":
        image.save(path)
    elif kind == "dark on light":
        Image.fromarray(255 - grey).save(path)
    elif kind == "large":
        Image.fromarray(255 - grey).resize((300, 300), Image.Resampling.BICUBIC).save(path)
    elif kind == "wide":
        sheet = Image.new("L", (400, 120), 250)
        sheet.paste(Image.fromarray(250 - (digit * 240).astype(np.uint8)).resize((90, 90)), (20, 12))
        sheet.save(path)
    elif kind == "RGB":
        Image.merge("RGB", [Image.fromarray(255 - grey)] * 3).save(path)
    elif kind == "transparent":  # black ink on nothing
        Image.merge("RGBA", [Image.new("L", image.size, 0)] * 3 + [image]).save(path)
    elif kind == "palette":
        Image.fromarray(255 - grey).convert("P").save(path)
    elif kind == "16 bit":
        Image.fromarray((60000 - digit * 50000).astype(np.uint16)).save(path)
    elif kind == "black and white":
        Image.fromarray(255 - grey).convert("1").save(path)
    return path


KINDS = [
    *("light on dark", "dark on light", "large", "wide", "RGB", "transparent", "palette", "16 bit", "black and white"),
]


def test_predict_reads_pictures(
    capsys: pytest.CaptureFixture[str], trained: Path, few_digits: Dataset, tmp_path: Path
) -> None:
    """They are classified as the originals are, but for a few."""
    assert few_digits.test is not None
    inputs = (few_digits.test.inputs[:8] * few_digits.test.scale).astype(np.float32)
    originals = load_network(trained).predict(inputs).argmax(axis=1)
    for kind in KINDS:
        files = [as_png(digit.reshape(28, 28), tmp_path / f"{number}.png", kind) for number, digit in enumerate(inputs)]
        code, out, err = run(capsys, "predict", str(trained), *map(str, files))
        assert code == 0, (kind, err)
        lines = out.splitlines()
        assert len(lines) == len(files), kind
        assert re.fullmatch(rf"{re.escape(str(files[0]))}: \d \([\d.]+ %\), then \d \([\d.]+ %\)", lines[0]), kind
        answers = [int(re.search(r": (\d) \(", line)[1]) for line in lines]  # type: ignore[index]
        assert (np.array(answers) == originals).mean() >= 0.85, kind


def test_predict_of_an_empty_sheet(capsys: pytest.CaptureFixture[str], trained: Path, tmp_path: Path) -> None:
    Image.new("L", (50, 50), 200).save(tmp_path / "empty.png")
    code, out, _ = run(capsys, "predict", str(trained), str(tmp_path / "empty.png"))
    assert code == 0
    assert "nothing is drawn" in out


def test_white_ink_on_nothing_is_seen(capsys: pytest.CaptureFixture[str], trained: Path, tmp_path: Path) -> None:
    layers = np.zeros((40, 40, 4), np.uint8)
    layers[10:30, 18:22] = 255  # opaque white on transparency
    Image.fromarray(layers).save(tmp_path / "white.png")
    Image.fromarray(layers[:, :, 3]).save(tmp_path / "plain.png")
    code, out, err = run(capsys, "predict", str(trained), str(tmp_path / "white.png"), str(tmp_path / "plain.png"))
    assert code == 0, err
    white, plain = (line.partition(": ")[2] for line in out.splitlines())
    assert white == plain


# ---- screenshot


def test_screenshots_in_both_themes_after_training_and_looking_back(
    qapp: object, capsys: pytest.CaptureFixture[str], tmp_path: Path, load_with: Any, few_digits: Dataset
) -> None:
    """One by the program as a person starts it."""
    load_with(lambda: few_digits)
    size = ("--size", "1280x720")
    done = main_py("screenshot", str(tmp_path / "dark.png"), "--theme", "dark", *size, "--draw")
    assert (done.returncode, done.stderr) == (0, "")
    light, violet = ("--theme", "light", *size, "--draw"), QColor(LIGHT.looking_back)
    for name, words in (("trained", ("--epochs", "2")), ("back", ("--epochs", "2", "--at", "1"))):
        code, _, err = run(capsys, "screenshot", str(tmp_path / f"{name}.png"), *light, *words)
        assert code == 0, (name, err)
    pictures = {}
    for name in ("dark", "trained", "back"):
        with Image.open(tmp_path / f"{name}.png") as picture:
            assert picture.format == "PNG", name
            assert picture.size == (1280, 720), name
            pictures[name] = np.asarray(picture.convert("RGB"), int)
    assert pictures["dark"].mean() < 80
    assert pictures["trained"].mean() > 180
    assert pictures["dark"].std() > 5

    def count_violet(pixels: np.ndarray) -> int:
        near = np.abs(pixels - [violet.red(), violet.green(), violet.blue()]).max(axis=2) < 8
        return int(near.sum())

    assert count_violet(pictures["back"]) > 200 > count_violet(pictures["trained"]), "violet is looking back"
    assert os.environ["QT_QPA_PLATFORM"] == "offscreen"


# ---- help and bad arguments


@pytest.mark.parametrize("command", [[], ["train"], ["evaluate"], ["predict"], ["screenshot"]])
def test_help(capsys: pytest.CaptureFixture[str], command: list[str]) -> None:
    code, out, err = run(capsys, *command, "--help")
    assert code == 0
    assert err == ""
    assert out.startswith(f"usage: {program_name()} ")
    if command == ["train"]:
        for word in (
            "--shape",
            "784,64,32,10",
            "--epochs",
            "--learning-rate",
            "--batch-size",
            "--activation",
            "--seed",
            "--preset",
            "--set",
            "--checkpoint",
            "--resume",
            "validation",
        ):
            assert word in out


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    from nnviz import __version__

    assert run(capsys, "--version") == (0, f"nnviz {__version__}\n", "")


BAD = [
    (["nonsense"], ["nonsense"]),
    (["train", "--shape", "784,abc"], ["abc", "whole numbers"]),
    (["train", "--shape", "784,,10"], ["784,,10", "size 2 of the shape is empty"]),
    (["train", "--shape", "0"], ["0"]),
    (["train", "--shape", "784,0,10"], ["layer 1 has 0 neurons", "at least 1 neuron"]),
    (["train", "--shape", "700,64,10"], ["700", "784"]),
    (["train", "--shape", "784,64,11"], ["11", "10"]),
    (["train", "--shape", "784,10000000,10"], ["memory", "GB"]),
    (["train", "--epochs", "0"], ["0", "at least 1"]),
    (["train", "--epochs", "-3"], ["-3", "at least 1"]),
    (["train", "--epochs", "two"], ["--epochs: 'two' is not a whole number."]),
    (["train", "--momentum", "much"], ["--momentum: 'much' is not a number."]),
    (["train", "--dropout", "0.1,half"], ["--dropout: 'half' is not a number."]),
    (["train", "--learning-rate", "nan"], ["nan", "above 0"]),
    (["train", "--learning-rate", "-1"], ["-1", "above 0"]),
    (["train", "--batch-size", "0"], ["0", "at least 1"]),
    (["train", "--batch-size", "70000"], ["70,000", "2,000 examples"]),
    (["train", "--activation", "magic"], ["magic", "relu"]),
    (["train", "--seed", "-1"], ["-1", "at least 0"]),
    (["train", "--save", "/no/such/folder/net.json"], ["/no/such/folder/net.json", "folder"]),
    (["train", "--save", "."], [".", "folder"]),
    (["train", "--colour", "red"], ["--colour", "train --help"]),
    (["evaluate"], ["FILE"]),
    (["evaluate", "/no/such/net.json"], ["/no/such/net.json"]),
    (["evaluate", "."], ["."]),
    (["evaluate", "{text}"], ["text.txt", "not valid JSON"]),
    (["evaluate", "{small}"], ["4", "784"]),
    (["predict", "{trained}"], ["INPUT"]),
    (["predict", "{trained}", "/no/such/picture.png"], ["/no/such/picture.png", "No such file"]),
    (["predict", "{trained}", "{text}"], ["text.txt", "not an image"]),
    (["predict", "{small}", "{picture}"], ["small.json", "4 inputs", "784"]),
    (["screenshot"], ["OUT.png"]),
    (["screenshot", "/no/such/folder/x.png"], ["/no/such/folder/x.png", "folder"]),
    (["screenshot", "x.png", "--size", "big"], ["big", "1440x900"]),
    (["screenshot", "x.png", "--size", "10x10"], ["10x10", "200"]),
    (["screenshot", "x.png", "--theme", "purple"], ["purple", "dark"]),
    (["screenshot", "x.png", "--epochs", "many"], ["many"]),
    (["screenshot", "x.png", "--at", "-1"], ["-1", "3.4"]),
    (["screenshot", "x.png", "--at", "nan"], ["nan", "3.4"]),
    (["screenshot", "x.png", "--sweep", "1"], ["--sweep", "--workspace runs"]),
    (["screenshot", "x.png", "--view", "best"], ["--view", "--sweep"]),
    (["screenshot", "x.png", "--compare", "first"], ["first", "3,5"]),
    (["screenshot", "x.png", "--compare", "1"], ["--compare", "--workspace runs"]),
    (["screenshot", "x.png", "--workspace", "runs", "--compare", "1,2,3,4,5,6,7,8,9"], ["--compare", "8"]),
]


def test_a_bad_argument_gets_one_line_and_code_2(
    capsys: pytest.CaptureFixture[str], trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.basics.validation.available_memory", lambda: 8 * 10**9)
    (tmp_path / "text.txt").write_text("no network, no picture")
    save_network(Network([4, 5, 3]), tmp_path / "small.json")
    Image.new("L", (28, 28)).save(tmp_path / "picture.png")
    names = {"text": "text.txt", "small": "small.json", "picture": "picture.png"}
    places = {name: str(tmp_path / file) for name, file in names.items()} | {"trained": str(trained)}
    for arguments, reported in BAD:
        code, out, err = run(capsys, *(argument.format(**places) for argument in arguments))
        assert (code, out) == (2, ""), arguments
        assert err.count("\n") == 1, (arguments, err)
        assert err.startswith("nnviz"), arguments
        assert all(part in err for part in reported), (arguments, err)
        assert "Traceback" not in err, arguments


def test_main_py_hands_the_code_on() -> None:
    done = main_py("train", "--shape", "784,abc")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1


def test_without_a_screen_the_command_line_needs_no_qt() -> None:
    code = (
        "import sys, nnviz.commands.cli;sys.exit(any(name.startswith(('PyQt5', 'pyqtgraph')) for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


def test_missing_packages_are_named_and_how_to_get_them() -> None:
    done = subprocess.run([sys.executable, "-S", "main.py"], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    what, help_ = done.stderr.splitlines()
    assert "numpy" in what
    assert "not installed" in what
    assert ".ci/setup run" in help_


@pytest.mark.parametrize("words", [("data",), ("--help",), ("evaluate", "missing.npz")])
def test_a_reader_that_has_gone_is_no_error(words: tuple[str, ...]) -> None:
    """As ``| head`` that has seen enough: nothing is printed of a broken pipe."""
    read_end, write_end = os.pipe()
    os.close(read_end)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    command = [sys.executable, "main.py", *words]
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=write_end, stderr=subprocess.PIPE, text=True)
    os.close(write_end)
    assert done.returncode == (2 if "missing.npz" in words else 0)
    assert "BrokenPipe" not in done.stderr


def test_a_reader_that_has_gone_stops_no_training_that_is_saved(tmp_path: Path) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    how = ("--data", "sine", "--hidden", "3", "--epochs", "3", "--save", str(tmp_path / "net.json"))
    command = [sys.executable, "main.py", "train", *how]
    environment = os.environ | {"NNVIZ_LIBRARY": str(tmp_path / "library.sqlite")}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, stdout=write_end, stderr=subprocess.PIPE, text=True, timeout=120
    )
    os.close(write_end)
    assert done.returncode == 0
    assert "Pipe" not in done.stderr
    assert load_network(tmp_path / "net.json").provenance["epochs"] == 3
