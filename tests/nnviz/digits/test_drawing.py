"""From strokes and photographs to the picture a network of MNIST expects, by MNIST's rules."""

from __future__ import annotations

import tracemalloc
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from engine.datasets import Dataset
from nnviz.digits.drawing import BOX, SIDE, picture_of, picture_of_image
from nnviz.digits.strokes import Ink, Stroke

Array = npt.NDArray[np.float64]

PEN = 18.0
EVERYWHERE = (np.inf, np.inf)  # all of a drawing is seen
MIDDLE = [14.5, 14.5]  # of MNIST's digits, as a test below shows
SEVEN = [np.array([(60, 50), (120, 45), (180, 50), (150, 120), (120, 210)], float)]
FOUR = [np.array([(80, 40), (60, 140), (190, 140)], float), np.array([(150, 60), (145, 220)], float)]
CIRCLE = [np.array([(100 + 60 * np.cos(a), 100 + 80 * np.sin(a)) for a in np.linspace(0, 6.2, 60)])]
LINE = [np.array([(100, 20), (100, 220)], float)]
DIGITS = {"seven": SEVEN, "four": FOUR, "circle": CIRCLE, "line": LINE}


def picture_of_strokes(strokes: Sequence[np.ndarray], pen_width: float) -> np.ndarray:
    """Of lines drawn with one pen, (n, 2) arrays of points."""
    lines = [Stroke(np.asarray(line, np.float64).reshape(-1, 2)) for line in strokes if len(line)]
    return picture_of(lines, pen_width, field=EVERYWHERE)


def drawn(*drawing: Stroke | Ink) -> np.ndarray:
    """Of one drawing, all of it in sight, as MNIST was made."""
    return picture_of(drawing, PEN, field=EVERYWHERE)


def centre_of_mass(picture: Array) -> Array:
    """(x, y) in pixels from the upper left corner, of one picture or of each of several."""
    places = np.arange(SIDE) + 0.5
    sums = np.stack([picture.sum(axis=-2) @ places, picture.sum(axis=-1) @ places], axis=-1)
    return np.asarray(sums / picture.sum(axis=(-2, -1))[..., np.newaxis])


def extent(picture: Array, ink: float = 0.5) -> tuple[int, int]:
    """Rows and columns that have ink."""
    return int((picture > ink).any(axis=1).sum()), int((picture > ink).any(axis=0).sum())


def test_where_mnist_has_its_centres(few_digits: Dataset) -> None:
    pictures = (few_digits.train.inputs * few_digits.train.scale).reshape(-1, SIDE, SIDE)
    centres = centre_of_mass(pictures)
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
    tracemalloc.start()
    picture = picture_of_strokes([scribble], PEN)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 40e6, "28 × 28 distances for each of 20,000 points would take more"
    assert picture[7:22, 7:22].min() > 0.3


def test_a_lighter_touch_leaves_a_thinner_line() -> None:
    line = np.stack([np.full(41, 100.0), np.linspace(20, 220, 41)], axis=1)
    across = np.stack([np.linspace(40, 160, 41), np.full(41, 120.0)], axis=1)
    touch = np.linspace(1, 0.5, 41)
    even, tapered = (drawn(Stroke(line, widths), Stroke(across)) for widths in (None, touch))
    np.testing.assert_allclose(even.sum(axis=1)[5:12].mean(), even.sum(axis=1)[17:22].mean(), rtol=0.1)
    assert tapered.sum(axis=1)[5:12].mean() > 1.25 * tapered.sum(axis=1)[17:22].mean()


def test_few_points_make_a_smooth_curve_and_corners_stay_corners() -> None:
    angles = np.linspace(0, 2 * np.pi, 13)
    few = 100 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    curve, _ = Stroke(few).curve
    off = abs(np.hypot(*curve.T)[12:-12] - 100)
    assert off.max() < 1, "straight lines between the points would be up to 3.4 away"
    corner = np.array([(0, 0), (100, 0), (100, 100)], float)
    curve, _ = Stroke(corner).curve
    assert curve[:, 0].max() <= 100
    assert curve[:, 1].min() >= 0


# ---- the eraser


def test_what_is_erased_is_not_seen() -> None:
    line, across = Stroke(LINE[0]), Stroke(np.array([(40.0, 60.0), (160.0, 60.0)]))
    both, alone = drawn(line, across), drawn(line)
    eraser = Stroke(np.array([(40.0, 60.0), (75.0, 60.0)]), eraser=30.0)
    rest = Stroke(np.array([(125.0, 60.0), (160.0, 60.0)]), eraser=30.0)
    np.testing.assert_allclose(drawn(line, across, eraser, rest), alone, atol=0.15)
    assert abs(both - alone).max() > 0.9
    everything = Stroke(np.array([(100.0, 0.0), (100.0, 240.0)]), eraser=60.0)
    assert not drawn(line, everything).any()
    assert drawn(line, everything, line).any(), "ink over what was erased"
    np.testing.assert_allclose(drawn(line, everything, line), alone, atol=0.05)


def test_a_gap_is_a_gap() -> None:
    gap = Stroke(np.array([(60.0, 120.0), (140.0, 120.0)]), eraser=40.0)
    picture = drawn(Stroke(LINE[0]), gap)
    rows = picture.max(axis=1)
    assert rows[14] < 0.05
    assert rows[7] > 0.8
    assert rows[21] > 0.8


def test_what_is_left_after_the_eraser_is_scaled_to_the_box() -> None:
    half = Stroke(np.array([(100.0, 130.0), (100.0, 240.0)]), eraser=40.0)
    letter = Stroke(LINE[0]), Stroke(np.array([(60.0, 20), (140, 20)]))
    whole, left = drawn(*letter), drawn(*letter, half)
    assert extent(left)[0] in (BOX - 2, BOX - 1, BOX)
    assert extent(left)[1] > extent(whole)[1]


# ---- what cannot be seen

STROKE = np.array([(-0.3, -0.3), (0.0, -0.32), (0.2, 0.3)])  # in units of the field's side
HIDDEN = {
    "beside": [(0.8, -0.2), (0.9, 0.4)],
    "far": [(-50.0, 900.0), (-40.0, 950.0), (-45.0, 990.0)],
    "along the edge": [(0.54, -0.4), (0.54, 0.4)],
    "round a corner": [(0.2, 0.7), (0.7, 0.7), (0.7, 0.2)],
    "a dot": [(0.0, 0.6)],
}


@pytest.mark.parametrize("centred", [True, False])
@pytest.mark.parametrize("name", HIDDEN)
def test_a_stroke_outside_the_field_is_nothing(name: str, centred: bool) -> None:
    hidden, seen = Stroke(np.array(HIDDEN[name])), Stroke(STROKE)
    plain = picture_of([seen], 0.075, centred)
    np.testing.assert_array_equal(picture_of([hidden, seen], 0.075, centred), plain)
    np.testing.assert_array_equal(picture_of([seen, Stroke(hidden.points, eraser=0.075)], 0.075, centred), plain)
    assert not picture_of([hidden], 0.075, centred).any()


def test_a_stroke_that_leaves_the_field_and_comes_back_counts_only_inside() -> None:
    loop = np.array([(-0.3, 0.0), (0.0, 0.0), (1.0, 0.0), (1.0, 0.3), (0.0, 0.3), (-0.3, 0.3)])
    edge = 0.5 + 0.075 / 2
    inside = [np.array([(-0.3, y), (0.0, y), (edge, y)]) for y in (0.0, 0.3)]
    plain = picture_of([Stroke(line) for line in inside], 0.075)
    np.testing.assert_allclose(picture_of([Stroke(loop)], 0.075), plain, atol=0.03)
    assert abs(picture_of([Stroke(loop)], 0.075, field=EVERYWHERE) - plain).max() > 0.5, "it would count"


def test_a_stroke_across_the_whole_field_counts_between_its_edges() -> None:
    edge = 0.5 + 0.075 / 2
    across, inside = (Stroke(np.array([(-x, 0.1), (x, 0.1)])) for x in (40.0, edge))
    np.testing.assert_allclose(picture_of([across], 0.075), picture_of([inside], 0.075), atol=1e-4)
    slant, kept = (Stroke(np.array([(-x, -x), (x, x)])) for x in (40.0, edge))
    np.testing.assert_allclose(picture_of([slant], 0.075), picture_of([kept], 0.075), atol=1e-4)


def test_widths_go_with_what_is_left_of_a_stroke() -> None:
    whole = Stroke(np.array([(-1.5, 0.0), (0.5, 0.0)]), np.array([0.2, 1.0]))
    (part,) = whole.within((1.0, 1.0), 0.0)
    np.testing.assert_allclose(part.points, [(-0.5, 0.0), (0.5, 0.0)])
    assert part.widths is not None
    np.testing.assert_allclose(part.widths, [0.6, 1.0])


def test_what_half_a_pen_shows_at_the_edge_counts() -> None:
    along = Stroke(np.array([(0.52, -0.3), (0.52, 0.3)]))
    assert picture_of([along], 0.075).any()
    assert not picture_of([along], 0.03).any(), "a thin pen is out of sight there"


def test_a_wide_field_shows_more() -> None:
    beside, seen = Stroke(np.array([(0.8, -0.2), (0.8, 0.4)])), Stroke(STROKE)
    wide = picture_of([seen, beside], 0.075, field=(2.0, 1.0))
    np.testing.assert_array_equal(wide, picture_of([seen, beside], 0.075, field=EVERYWHERE))
    assert abs(wide - picture_of([seen], 0.075)).max() > 0.5


# ---- without centring


def test_as_it_is() -> None:
    corner = Stroke(np.array([(-0.4, -0.4), (-0.2, -0.2)]))
    picture = picture_of([corner], 0.07, centred=False)
    rows, columns = np.nonzero(picture > 0.1)
    assert rows.max() <= 10
    assert columns.max() <= 10
    assert picture[5, 5] > 0.9, "unit (-0.3, -0.3) is in pixel 5.6"
    assert not picture_of([Stroke(np.array([(0.7, 0.0)]))], 0.07, centred=False).any(), "outside is not seen"


# ---- pictures among the strokes


def test_an_example_is_shown_as_it_is_until_it_is_drawn_over(few_digits: Dataset) -> None:
    pixels = (few_digits.train.inputs[3] * few_digits.train.scale).reshape(SIDE, SIDE).astype(np.float32)
    example = Ink(pixels, 1.0, is_example=True)
    for centred in (True, False):
        np.testing.assert_array_equal(picture_of([example], 0.075, centred), pixels)
    picture_of([example], 0.075)[:] = 1
    assert pixels.max() == 1
    assert pixels.min() == 0, "what was handed out is a copy"
    dot = Stroke(np.array([(-0.3, -0.3)]))
    drawn_over = picture_of([example, dot], 0.075, centred=False)
    assert drawn_over[5, 5] > 0.9
    np.testing.assert_array_equal(drawn_over[12:], pixels[12:])


def test_a_picture_may_be_erased(few_digits: Dataset) -> None:
    pixels = (few_digits.train.inputs[3] * few_digits.train.scale).reshape(SIDE, SIDE).astype(np.float32)
    wiped = Stroke(np.array([(-0.5, 0.25), (0.5, 0.25)]), eraser=0.5)
    picture = picture_of([Ink(pixels, 1.0), wiped], 0.075, centred=False)
    assert not picture[15:].any()
    assert picture[:13].any()
    assert not picture_of([Ink(pixels, 1.0), Stroke(wiped.points * [1, 0], eraser=1.2)], 0.075).any()
    centred = picture_of([Ink(pixels, 1.0), wiped], 0.075)
    assert extent(centred, 0.1)[0] >= 12, "what is left fills the box"


points = st.tuples(st.floats(-1e4, 1e4), st.floats(-1e4, 1e4))
drawings = st.lists(st.lists(points, min_size=1, max_size=12).map(np.array), min_size=1, max_size=4)


@settings(max_examples=30)
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


@pytest.mark.parametrize(
    ("side", "ink", "paper"),
    [
        *((28, ink, paper) for ink, paper in ((0, 255), (255, 0), (90, 140), (0.1, 0.9), (40000, 1000))),
        *((side, ink, paper) for side in (12, 300) for ink, paper in ((90, 140), (255, 0))),
    ],
)
def test_dark_on_light_and_light_on_dark(few_digits: Dataset, ink: float, paper: float, side: int) -> None:
    likeness = []
    for row in range(6 if side == 300 else 10):
        digit = (few_digits.train.inputs[row] * few_digits.train.scale).reshape(SIDE, SIDE)
        picture = picture_of_image(photograph(digit, side, ink, paper))
        assert picture.dtype == np.float32
        assert picture.min() >= 0
        assert picture.max() <= 1
        np.testing.assert_allclose(centre_of_mass(picture), MIDDLE, atol=0.55)
        assert max(extent(picture, 0.1)) <= BOX
        likeness.append(np.corrcoef(picture.ravel(), digit.ravel())[0, 1])
    assert np.mean(likeness) > {12: 0.8, 28: 0.95, 300: 0.92}[side]


def test_a_picture_of_one_grey_is_black() -> None:
    for grey in (np.zeros((5, 5)), np.full((300, 20), 255.0), np.full((1, 1), 7.0)):
        assert not picture_of_image(grey).any()


def test_odd_pictures() -> None:
    tall = np.full((1000, 40), 255.0)
    tall[100:900, 18:22] = 0  # a one
    picture = picture_of_image(tall)
    assert extent(picture)[0] == BOX
    assert extent(picture, 0.1)[1] <= 4
    assert 0.9 < picture[10:18].sum(axis=1).mean() < 3, "a hair is made as thick as a thin pen's line"
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
