"""From strokes and photographs to the picture a network of MNIST expects, by MNIST's rules."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from engine.datasets import Dataset
from nnviz import drawing
from nnviz.drawing import BOX, SIDE, picture_of_image, picture_of_strokes

Array = npt.NDArray[np.float64]

PEN = 18.0
MIDDLE = [14.5, 14.5]  # of MNIST's digits, as a test below shows
SEVEN = [np.array([(60, 50), (120, 45), (180, 50), (150, 120), (120, 210)], float)]
FOUR = [np.array([(80, 40), (60, 140), (190, 140)], float), np.array([(150, 60), (145, 220)], float)]
CIRCLE = [np.array([(100 + 60 * np.cos(a), 100 + 80 * np.sin(a)) for a in np.linspace(0, 6.2, 60)])]
LINE = [np.array([(100, 20), (100, 220)], float)]
DIGITS = {"seven": SEVEN, "four": FOUR, "circle": CIRCLE, "line": LINE}


def centre_of_mass(picture: Array) -> Array:
    """(x, y) in pixels from the upper left corner."""
    places = np.arange(SIDE) + 0.5
    return np.array([picture.sum(axis=0) @ places, picture.sum(axis=1) @ places]) / picture.sum()


def extent(picture: Array, ink: float = 0.5) -> tuple[int, int]:
    """Rows and columns that have ink."""
    return int((picture > ink).any(axis=1).sum()), int((picture > ink).any(axis=0).sum())


def test_where_mnist_has_its_centres(few_digits: Dataset) -> None:
    pictures = (few_digits.train.inputs * few_digits.train.scale).reshape(-1, SIDE, SIDE)
    centres = np.array([centre_of_mass(picture) for picture in pictures])
    np.testing.assert_allclose(centres.mean(axis=0), MIDDLE, atol=0.03)
    assert abs(centres - MIDDLE).max() <= 0.51


# ---- strokes


@pytest.mark.parametrize("name", DIGITS)
def test_it_is_made_as_mnist_was(name: str) -> None:
    picture = picture_of_strokes(DIGITS[name], PEN)
    assert picture.shape == (SIDE, SIDE)
    assert picture.dtype == np.float32
    assert picture.min() == 0
    assert 0.8 < picture.max() <= 1  # a thin line may lie between two pixels
    np.testing.assert_allclose(centre_of_mass(picture), MIDDLE, atol=0.5)
    assert max(extent(picture)) in (BOX - 1, BOX, BOX + 1), "it fills the box of 20 × 20"
    grey = ((picture > 0.02) & (picture < 0.98)).sum()
    assert grey > 20, "its edges are grey"


def test_the_numbers_resemble_those_of_mnist(few_digits: Dataset) -> None:
    """As much ink, and as grey, as written digits have."""
    pictures = few_digits.train.inputs * few_digits.train.scale
    ink = pictures.sum(axis=1)
    drawn = [picture_of_strokes(digit, PEN).sum() for digit in DIGITS.values()]
    assert ink.min() < min(drawn)
    assert max(drawn) < ink.max()


@pytest.mark.parametrize("scale", [0.1, 0.5, 3, 40])
@pytest.mark.parametrize("move", [(0, 0), (-500, 3000)])
def test_size_and_place_do_not_matter(scale: float, move: tuple[float, float]) -> None:
    plain = picture_of_strokes(FOUR, PEN)
    moved = picture_of_strokes([stroke * scale + move for stroke in FOUR], PEN * scale)
    np.testing.assert_allclose(moved, plain, atol=1e-4)


def test_nothing_drawn_is_black() -> None:
    for strokes in ([], [np.zeros((0, 2))], [[]]):
        picture = picture_of_strokes(strokes, PEN)
        assert picture.shape == (SIDE, SIDE)
        assert not picture.any()


def test_a_dot_is_a_dot() -> None:
    for strokes in ([np.array([(50.0, 70.0)])], [np.array([(50.0, 70.0)] * 3)]):
        picture = picture_of_strokes(strokes, PEN)
        assert picture.max() == 1
        assert max(extent(picture)) <= 4
        np.testing.assert_allclose(centre_of_mass(picture), MIDDLE, atol=0.1)


def test_a_thicker_pen_leaves_more_ink() -> None:
    assert (
        picture_of_strokes(SEVEN, 8).sum() < picture_of_strokes(SEVEN, 16).sum() < picture_of_strokes(SEVEN, 24).sum()
    )


def test_even_a_small_drawing_is_no_blot() -> None:
    small = [stroke * 0.1 for stroke in SEVEN]
    picture = picture_of_strokes(small, PEN)
    assert picture.mean() < 0.3


def test_many_points_or_few_make_the_same_line() -> None:
    few = [np.array([(0.0, 0.0), (100.0, 200.0)])]
    many = [np.linspace((0, 0), (100, 200), 3000)]
    np.testing.assert_allclose(picture_of_strokes(many, PEN), picture_of_strokes(few, PEN), atol=0.02)


def test_a_scribble_keeps_up_with_the_mouse() -> None:
    """However long it is drawn at, it is made of few pieces; and looks as it would of many."""
    back_and_forth = [(x, 30 if n % 2 else 230) for n, x in enumerate(np.linspace(30, 230, 40))]
    corners = np.array(back_and_forth, float)
    steps = np.linspace(0, len(corners) - 1, 20_000)
    scribble = np.stack([np.interp(steps, np.arange(len(corners)), corners[:, axis]) for axis in (0, 1)], axis=1)
    starts, _ = drawing._segments([scribble / 12])
    assert len(starts) <= 2 * drawing._MOST_SEGMENTS
    picture = picture_of_strokes([scribble], PEN)
    assert picture[7:22, 7:22].min() > 0.3


points = st.tuples(st.floats(-1e4, 1e4), st.floats(-1e4, 1e4))
drawings = st.lists(st.lists(points, min_size=1, max_size=12).map(np.array), min_size=1, max_size=4)


@settings(max_examples=60, deadline=None)
@given(drawings, st.floats(1, 60))
def test_whatever_is_drawn_is_a_sound_picture(strokes: list[Array], pen: float) -> None:
    picture = picture_of_strokes(strokes, pen)
    assert np.isfinite(picture).all()
    assert picture.min() >= 0
    assert picture.max() <= 1
    assert picture.any()


# ---- photographs


def photograph(picture: Array, side: int, ink: float = 20, paper: float = 230) -> Array:
    """One of MNIST's pictures on a larger sheet."""
    large = Image.fromarray((picture * 255).astype(np.uint8)).resize((side, side), Image.Resampling.BICUBIC)
    return paper + (ink - paper) * np.asarray(large, float) / 255


@pytest.mark.parametrize(("ink", "paper"), [(0, 255), (255, 0), (90, 140), (0.1, 0.9), (40000, 1000)])
@pytest.mark.parametrize("side", [12, 28, 300])
def test_dark_on_light_and_light_on_dark(few_digits: Dataset, ink: float, paper: float, side: int) -> None:
    likeness = []
    for row in range(10):
        digit = (few_digits.train.inputs[row] * few_digits.train.scale).reshape(SIDE, SIDE)
        picture = picture_of_image(photograph(digit, side, ink, paper))
        assert picture.dtype == np.float32
        assert picture.min() >= 0
        assert picture.max() <= 1
        np.testing.assert_allclose(centre_of_mass(picture), MIDDLE, atol=0.55)
        assert max(extent(picture, 0.1)) <= BOX
        likeness.append(np.corrcoef(picture.ravel(), digit.ravel())[0, 1])
    assert np.mean(likeness) > (0.95 if side > 12 else 0.8)


def test_a_picture_of_one_grey_is_black() -> None:
    for grey in (np.zeros((5, 5)), np.full((300, 20), 255.0), np.full((1, 1), 7.0)):
        assert not picture_of_image(grey).any()


def test_odd_pictures() -> None:
    tall = np.full((1000, 40), 255.0)
    tall[100:900, 18:22] = 0  # a one
    picture = picture_of_image(tall)
    assert extent(picture)[0] == BOX
    assert extent(picture, 0.1)[1] <= 2
    pixel = np.zeros((9, 9))
    pixel[4, 4] = 1
    assert extent(picture_of_image(pixel)) == (BOX, BOX), "a single pixel is all there is"
    corner = np.full((50, 50), 255.0)
    corner[:10, :10] = 0
    np.testing.assert_allclose(centre_of_mass(picture_of_image(corner)), MIDDLE, atol=0.5)
    row = np.array([[0.0, 1.0, 0.0, 0.0]])
    assert np.isfinite(picture_of_image(row)).all()


def test_specks_on_the_paper_do_not_shift_the_digit(few_digits: Dataset) -> None:
    digit = (few_digits.train.inputs[0] * few_digits.train.scale).reshape(SIDE, SIDE)
    photo = photograph(digit, 280)
    photo[5:8, 5:8] -= 30  # faint
    clean = picture_of_image(photograph(digit, 280))
    np.testing.assert_allclose(picture_of_image(photo), clean, atol=0.05)
