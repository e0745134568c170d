"""``predict`` and ``explain`` on picture files, for networks that learned a folder of pictures of any size."""

from __future__ import annotations

import runpy
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pytestqt.qtbot import QtBot
from tqdm import tqdm

from engine.datasets.description import Description
from engine.datasets.grey_images import grey_picture, readable_formats
from engine.datasets.loading import source_of
from engine.experiment import Experiment
from engine.network.network import Network
from engine.neural_network import NeuralNetwork
from engine.storage import export_script, load_network, save_network
from nnviz.commands import cli
from nnviz.commands.pictures import picture_of_file
from nnviz.library import Library
from nnviz.library.reproduction import reproduction_of


@pytest.fixture(autouse=True)
def no_monitor(monkeypatch: pytest.MonkeyPatch) -> None:
    """A progress bar otherwise leaves a thread behind that looks after all later ones."""
    monkeypatch.setattr(tqdm, "monitor_interval", 0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two classes: bright above, and bright below."""
    for name, bright in (("upper", slice(0, 9)), ("lower", slice(9, 18))):
        (tmp_path / "shapes" / name).mkdir(parents=True)
        for number in range(6):
            pixels = np.full((18, 24), 20 * number, np.uint8)
            pixels[bright] += 100
            Image.fromarray(pixels).save(tmp_path / "shapes" / name / f"{number}.png")
    return tmp_path / "shapes"


def network_of(folder: Path, side: int) -> Path:
    file = folder.parent / "net.json"
    command = ["train", "--data", str(folder), "--data-setting", f"side={side}", "--shape", f"{side * side},8,2"]
    assert cli.main([*command, "--epochs", "3", "--save", str(file)]) == 0
    return file


@pytest.mark.parametrize("side", [16, 28])
def test_pictures_are_answered_as_those_of_the_folder(
    capsys: pytest.CaptureFixture[str], folder: Path, side: int
) -> None:
    file = network_of(folder, side)
    names = [str(path) for path in sorted(folder.glob("*/*.png"))]
    data = source_of(str(folder)).load({"side": side, "test_share": 0.0})
    network = load_network(file)
    capsys.readouterr()
    assert cli.main(["predict", str(file), *names]) == 0
    reported = capsys.readouterr().out.splitlines()
    right = network.predict(np.stack([data.train.example(number) for number in range(len(names))]))
    of_files = [f"{100 * output:.1f} %" for output in right.max(axis=1)]
    assert sorted(line.split("(")[1].split(")")[0] for line in reported) == sorted(of_files)
    assert {line.split(": ")[1].split(" ")[0] for line in reported} <= {"upper", "lower"}


@pytest.mark.parametrize("side", [16, 28])
def test_an_exported_script_says_what_predict_says(
    capsys: pytest.CaptureFixture[str], folder: Path, tmp_path: Path, side: int
) -> None:
    file = network_of(folder, side)
    clear = Image.new("RGBA", (30, 90), (0, 0, 0, 0))
    clear.paste((200, 30, 30, 255), (5, 5, 20, 40))
    clear.save(folder / "upper" / "clear.png")
    pixels = np.linspace(0, 65_535, 40 * 50).reshape(40, 50)
    Image.fromarray(pixels.astype(np.uint16)).save(folder / "upper" / "bits.png")
    Image.fromarray((pixels / 257).astype(np.uint8)).resize((1200, 900)).save(folder / "lower" / "large.jpg")
    names = [str(path) for path in sorted(folder.glob("*/*.*"))]
    assert cli.main(["export", str(file), str(tmp_path / "net.py")]) == 0
    capsys.readouterr()
    assert cli.main(["predict", str(file), *names]) == 0
    wanted = capsys.readouterr().out
    command = [sys.executable, "-I", "-W", "error", str(tmp_path / "net.py"), *names]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == wanted
    network, script = load_network(file), runpy.run_path(str(tmp_path / "net.py"))
    given = np.stack([script["read_image"](name) for name in names])
    right = network.predict(np.stack([picture_of_file(network, name) for name in names]))
    np.testing.assert_allclose(script["predict"](given), right, rtol=1e-5, atol=1e-6)


def test_explain_takes_them_too(qtbot: QtBot, capsys: pytest.CaptureFixture[str], folder: Path, tmp_path: Path) -> None:
    file, picture = network_of(folder, 16), str(folder / "upper" / "3.png")
    capsys.readouterr()
    assert cli.main(["explain", str(file), picture, "--class", "1", "--out", str(tmp_path / "why.png")]) == 0
    assert "why upper, not lower" in capsys.readouterr().out


def test_pictures_that_are_no_squares_and_numbers(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    network = Network([12, 2], ["identity"], rng=np.random.default_rng(1))
    network.description = Description(example_shape=(2, 6), targets=("weight", "age"))
    save_network(network, tmp_path / "net.json")
    Image.fromarray(np.arange(0, 240, 20, dtype=np.uint8).reshape(2, 6)).save(tmp_path / "a.png")
    assert cli.main(["predict", str(tmp_path / "net.json"), str(tmp_path / "a.png")]) == 0
    [numbers] = network.predict([np.arange(0, 240, 20) / 255])
    export_script(network, tmp_path / "net.py")
    script = runpy.run_path(str(tmp_path / "net.py"))
    assert script["named"](script["predict"]([script["read_image"](tmp_path / "a.png")])[0]) == (
        f"weight {numbers[0]:.6g}, age {numbers[1]:.6g}"
    )
    assert capsys.readouterr().out == f"{tmp_path / 'a.png'}: weight {numbers[0]:.6g}, age {numbers[1]:.6g}\n"


@pytest.mark.parametrize("size", [(8, 8), (4, 8), (16, 4), (1, 90), (90, 1)])
def test_what_a_picture_lacks_has_its_borders_shade(tmp_path: Path, size: tuple[int, int]) -> None:
    Image.new("L", size, 90).save(tmp_path / "a.png")
    whole = grey_picture(tmp_path / "a.png", (4, 8), readable_formats())
    assert whole.shape == (4, 8)
    assert (whole == 90).all()


def test_a_file_that_is_no_picture_gets_one_line(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    file = network_of(folder, 16)
    (folder / "no.png").write_bytes(b"no picture")
    capsys.readouterr()
    for name in ("no.png", "missing.png"):
        assert cli.main(["predict", str(file), str(folder / name)]) == cli.USAGE_ERROR
        err = capsys.readouterr().err
        assert (name in err, err.count("\n")) == (True, 1)


def test_the_command_a_program_and_the_script_answer_alike(
    capsys: pytest.CaptureFixture[str], folder: Path, tmp_path: Path
) -> None:
    """The network standardises its inputs; all of them give it pixels in 0…1."""
    file, picture = network_of(folder, 16), next(folder.glob("*/5.png"))
    network = load_network(file)
    data = source_of(str(folder)).load({"side": 16})
    assert network.brightness == data.brightness is not None
    pixels = grey_picture(picture, (16, 16), readable_formats()).reshape(1, -1) / np.float32(255)
    outputs = network.predict(pixels)
    np.testing.assert_array_equal(NeuralNetwork(str(file)).predict(pixels), outputs)
    capsys.readouterr()
    assert cli.main(["predict", str(file), str(picture)]) == 0
    assert f"({100 * outputs.max():.1f} %" in capsys.readouterr().out
    export_script(network, tmp_path / "net.py")
    script = runpy.run_path(str(tmp_path / "net.py"))
    np.testing.assert_allclose(script["predict"](pixels), outputs, rtol=1e-4, atol=1e-6)
    assert cli.main(["evaluate", str(file), "--data", str(folder), "--data-setting", "side=16"]) == 0


def test_the_command_of_an_older_run_trains_it_again_as_it_was(
    capsys: pytest.CaptureFixture[str], folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for_data = Experiment.for_data
    with monkeypatch.context() as older:
        older.setattr(Experiment, "for_data", lambda *given: for_data(*given).changed(brightness=None))
        then = load_network(network_of(folder, 16))
    assert then.brightness is None
    with Library() as library:
        run = library.runs()[0].id
        command = reproduction_of(library, run).command
    assert command is not None
    words = shlex.split(command)
    assert words[-2:] == ["--set", "brightness=null"]
    assert cli.main([*words[2:], "--save", str(tmp_path / "again.json")]) == 0
    np.testing.assert_array_equal(load_network(tmp_path / "again.json").parameters, then.parameters)
