"""The numpy script of a network that learned images: the same answers to image files as ``predict`` gives."""

from __future__ import annotations

import runpy
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from engine import storage
from engine.basics.assets_folder import ASSETS
from engine.datasets import Dataset
from engine.datasets.description import Description
from engine.network.network import Network
from nnviz.commands import cli
from nnviz.commands.pictures import picture_of_file
from tests.engine.storage.scripts import run_apart, run_here

SMALL = ASSETS / "networks" / "small.npz"


def run(script: Path, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Runs the script in its folder."""
    return run_here(script, script.parent, *arguments, code=code)


def photograph(size: tuple[int, int] = (600, 800), seed: int = 1) -> Image.Image:
    """A seven in ink on paper that is darker at one side, a little noisy."""
    width, height = size
    shade = np.linspace(235, 150, width)[None, :] + np.random.default_rng(seed).normal(0, 3, (height, width))
    image = Image.fromarray(np.clip(shade, 0, 255).astype(np.uint8))
    across, down = width / 3, height / 3
    line = [(across, down), (2 * across, down), (1.3 * across, 2 * down)]
    ImageDraw.Draw(image).line(line, fill=40, width=width // 40, joint="curve")
    return image


@pytest.fixture
def digit(mnist: Dataset, tmp_path: Path) -> str:
    """The file of one of MNIST's digits."""
    Image.fromarray((255 * mnist.train.example(0).reshape(28, 28)).astype(np.uint8)).save(tmp_path / "digit.png")
    return str(tmp_path / "digit.png")


@pytest.fixture
def images(digit: str, tmp_path: Path) -> list[str]:
    """Digits of many kinds of files, and one without a digit."""
    seven = photograph()
    turned = Image.Exif()
    turned[0x0112] = 6
    clear = Image.new("RGBA", (60, 80), (0, 0, 0, 0))
    ImageDraw.Draw(clear).line([(20, 20), (40, 20), (30, 60)], fill=(0, 0, 0, 255), width=6)
    saved = {
        "inverted.bmp": lambda path: Image.fromarray(255 - np.asarray(Image.open(digit))).save(path),
        "bits.png": lambda path: Image.fromarray(np.asarray(seven).astype(np.uint16) * 257).save(path),
        "turned.jpg": lambda path: seven.convert("RGB").save(path, exif=turned),
        "large.jpg": lambda path: photograph((1200, 1600)).save(path),
        "clear.png": lambda path: clear.save(path),
        "empty.png": lambda path: Image.new("L", (50, 50), 255).save(path),
    }
    for name, save in saved.items():
        save(tmp_path / name)
    return [digit, *(str(tmp_path / name) for name in saved)]


def test_a_script_says_what_predict_says_of_drawn_digits(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, images: list[str]
) -> None:
    """And a program that uses it gets the same pixels as the network here."""
    assert cli.main(["export", str(SMALL), str(tmp_path / "net.py")]) == 0
    capsys.readouterr()
    assert cli.main(["predict", str(SMALL), *images]) == 0
    wanted = capsys.readouterr().out
    assert "empty.png: nothing is drawn on it" in wanted
    assert run_apart(tmp_path / "net.py", tmp_path, *images).stdout == wanted
    assert run(tmp_path / "net.py", images[0]).stdout == wanted.splitlines(keepends=True)[0]
    network = storage.load_network(SMALL)
    script = runpy.run_path(str(tmp_path / "net.py"))
    for path in images:
        assert script["read_image"](path).tobytes() == picture_of_file(network, path).tobytes(), path


def test_what_is_no_image_is_refused_by_its_name(tmp_path: Path, digit: str) -> None:
    storage.export_script(storage.load_network(SMALL), tmp_path / "net.py")
    cut, rows = tmp_path / "cut.png", tmp_path / "rows.csv"
    cut.write_bytes(Path(digit).read_bytes()[:60])
    rows.write_text("1,2\n")
    for files, reason in (
        ([str(cut)], f"{cut} cannot be used: it is damaged, or not an image\n"),
        ([digit, str(rows)], f"{rows} cannot be used: it is damaged, or not an image\n"),
        ([str(rows)], f"{rows} cannot be used: row 1 must have 784 cells, not 2\n"),
        ([digit, str(tmp_path / "no.png")], f"{tmp_path / 'no.png'} cannot be used: No such file or directory\n"),
    ):
        done = run(tmp_path / "net.py", *files, code=2)
        assert (done.stderr, done.stdout) == (reason, "")


def test_without_pillow_it_says_what_is_missing_and_still_answers_rows(
    tmp_path: Path, digit: str, mnist: Dataset
) -> None:
    storage.export_script(storage.load_network(SMALL), tmp_path / "net.py")
    script = tmp_path / "net.py"
    script.write_text(script.read_text("utf-8").replace("from PIL import", "from no_such_package import"), "utf-8")
    reported = run(script, digit, code=2).stderr
    assert reported == f"{digit} cannot be used: images need Pillow; install it with: python -m pip install pillow\n"
    np.save(tmp_path / "rows.npy", mnist.test.inputs[:3] / np.float32(255))
    assert len(run(script, str(tmp_path / "rows.npy")).stdout.splitlines()) == 3


def test_the_usage_says_which_images_it_takes(tmp_path: Path) -> None:
    network = storage.load_network(SMALL)
    storage.export_script(network, tmp_path / "net.py")
    for fact in ("IMAGE", "28 x 28", "784 numbers", "Pillow"):
        assert fact in run(tmp_path / "net.py", "--help").stdout
    network = Network([784, 3])
    network.description = Description(columns=tuple(map(str, range(784))), class_names=("a", "b", "c"))
    storage.export_script(network, tmp_path / "net.py")
    assert "IMAGE" in run(tmp_path / "net.py", "--help").stdout  # as ``predict`` has it


def test_the_script_is_short_lines_of_plain_python_without_types(tmp_path: Path) -> None:
    storage.export_script(storage.load_network(SMALL), tmp_path / "net.py")
    text = (tmp_path / "net.py").read_text("utf-8")
    assert max(map(len, text.splitlines())) <= 120
    assert "-> " not in text
    assert "engine" not in text
