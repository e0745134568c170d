"""Digits on paper as cameras see them: uneven light, noise, little of the picture taken up by the digit."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageDraw

from engine.datasets import Dataset
from engine.photograph import ink_of_photograph
from nnviz.digits.drawing import SIDE, picture_of_image

Array = npt.NDArray[np.float64]
Light = Callable[[Array, Array], Array]

LIGHTS: dict[str, Light] = {
    "even": lambda x, y: 220 + 0 * x,
    "from the side": lambda x, y: 60 + 180 * x,
    "from a corner": lambda x, y: 40 + 100 * x + 100 * y,
    "a lamp": lambda x, y: 60 + 180 * np.exp(-((x - 0.3) ** 2 + (y - 0.3) ** 2) / 0.08),
}
SIZES = {"close": (300, 400, 240), "far": (600, 800, 80)}


def digit(data: Dataset, row: int) -> Array:
    """One of MNIST's."""
    return (data.train.inputs[row] * data.train.scale).reshape(SIDE, SIDE)


def scene(
    picture: Array | None, light: Light, size: tuple[int, int, int], noise: float = 4, contrast: float = 0.7
) -> Array:
    """A sheet under a light, with a digit near its middle that takes away so much of it."""
    height, width, side = size
    generator = np.random.default_rng(3)
    y, x = np.mgrid[0:height, 0:width] / max(height, width)
    grey = light(x, y)
    if picture is not None:
        shape = Image.fromarray((picture * 255).astype(np.uint8)).resize((side, side), Image.Resampling.BICUBIC)
        top, left = (height - side) // 3, (width - side) // 2
        grey[top : top + side, left : left + side] *= 1 - contrast * np.asarray(shape, float) / 255
    return np.clip(grey + generator.normal(0, noise, grey.shape), 0, 255)


def likeness(one: Array, other: Array) -> float:
    """1 where they are alike."""
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


@pytest.mark.parametrize("light", LIGHTS)
@pytest.mark.parametrize("size", SIZES)
def test_uneven_light(few_digits: Dataset, light: str, size: str) -> None:
    alike = []
    for row in range(2):
        photo = scene(digit(few_digits, row), LIGHTS[light], SIZES[size])
        alike.append(likeness(picture_of_image(photo), digit(few_digits, row)))
    assert np.mean(alike) > 0.84, "a digit beside its place by a pixel is a fifth less alike"
    assert min(alike) > 0.65


def test_light_ink_on_a_dark_board(few_digits: Dataset) -> None:
    for row in range(3):
        photo = 255 - scene(digit(few_digits, row), LIGHTS["from the side"], SIZES["close"])
        assert likeness(picture_of_image(photo), digit(few_digits, row)) > 0.75


def test_noise_and_faint_ink(few_digits: Dataset) -> None:
    noisy = scene(digit(few_digits, 0), LIGHTS["even"], SIZES["close"], noise=15)
    faint = scene(digit(few_digits, 0), LIGHTS["from the side"], SIZES["close"], contrast=0.3)
    for photo in (noisy, faint):
        assert likeness(picture_of_image(photo), digit(few_digits, 0)) > 0.85


@pytest.mark.parametrize("light", LIGHTS)
@pytest.mark.parametrize("noise", [0, 2, 10])
def test_a_blank_sheet_is_blank(light: str, noise: float) -> None:
    assert ink_of_photograph(scene(None, LIGHTS[light], (300, 400, 1), noise)) is None


def test_dust_and_the_edge_of_the_table_are_no_ink(few_digits: Dataset) -> None:
    photo = scene(digit(few_digits, 2), LIGHTS["even"], SIZES["close"])
    clean = picture_of_image(photo)
    photo[:, :9] = 30  # the table
    photo[280:283, 350:353] = 20
    photo[20:22, 380:384] = 20
    assert likeness(picture_of_image(photo), clean) > 0.95


def test_a_fine_pen_is_seen() -> None:
    sheet = Image.new("L", (1000, 1000), 240)
    ImageDraw.Draw(sheet).line([(300, 200), (700, 200), (450, 800)], fill=30, width=6)
    picture = picture_of_image(np.asarray(sheet, float))
    assert np.quantile(picture[picture > 0.1], 0.75) > 0.7, "as a line of MNIST, not as grey mist"


def test_it_is_kept_small(few_digits: Dataset) -> None:
    ink = ink_of_photograph(scene(digit(few_digits, 0), LIGHTS["even"], (900, 900, 750)))
    assert ink is not None
    assert max(ink.shape) <= 200
    assert ink.dtype == np.float32
    assert ink.min() >= 0
    assert ink.max() <= 1


def test_whatever_is_given_there_is_an_answer() -> None:
    generator = np.random.default_rng(1)
    for shape in ((1, 1), (1, 300), (700, 2), (61, 61), (60, 900), (5000, 3)):
        for values in (
            generator.random(shape),
            generator.integers(0, 2, shape),
            np.arange(np.prod(shape)).reshape(shape),
        ):
            picture = picture_of_image(values)
            assert np.isfinite(picture).all()
            assert picture.min() >= 0
            assert picture.max() <= 1


@pytest.mark.parametrize(("seed", "shape"), [(1, (500, 7)), (9, (2000, 30)), (23, (2000, 30))])
def test_a_strip_of_noise_with_faint_ink_only_has_none(seed: int, shape: tuple[int, int]) -> None:
    assert ink_of_photograph(np.random.default_rng(seed).normal(size=shape)) is None


@pytest.mark.parametrize("paper", [0.0, 3e-9, 0.99999994])
def test_one_bright_pixel_on_a_sheet_of_one_grey_is_no_digit(paper: float) -> None:
    """And a hair's breadth between two greys beside it is none either."""
    sheet = np.full((64, 80), paper, np.float32)
    sheet[20, 30] = 9e11
    assert ink_of_photograph(sheet) is None
    sheet[20, 30] = 9
    sheet[30:40, 30:40] = np.nextafter(np.float32(paper), np.float32(2))
    assert ink_of_photograph(sheet) is None
