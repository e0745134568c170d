"""What each disturbance does to examples, and at which strengths."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

from engine.basics.validation import Array
from engine.datasets import Dataset
from engine.datasets.arrays import Arrays, dataset_of
from engine.datasets.dataset import regression_split
from engine.explain.perturbations import PERTURBATIONS, InputStatistics, applicable_perturbations, input_statistics
from engine.training.augmentation import Augmentation
from engine.training.image_warp import warp_images
from tests.engine.helpers import class_data

SHAPES = [(28, 28), (8, 8), (10, 14), (14, 10), (1, 5), (1, 1)]


def material(*shape: int) -> InputStatistics:
    """Of pictures; or of columns whose means are 5, 6, … and whose deviations 1, 2, …"""
    width = math.prod(shape)
    if len(shape) == 2:
        return InputStatistics(shape, np.zeros(width, np.float32), np.ones(width, np.float32))
    return InputStatistics(shape, np.arange(5, 5 + width, dtype=np.float32), np.arange(1, 1 + width, dtype=np.float32))


def each_that_fits(*shapes: tuple[int, ...]) -> list[tuple[str, tuple[int, ...]]]:
    """Each disturbance with each shape of examples to which it can be applied."""
    return [(name, shape) for shape in shapes for name in applicable_perturbations(material(*shape).shape)]


def random_examples(about: InputStatistics, count: int = 12) -> Array:
    return np.random.default_rng(3).random((count, len(about.means)), np.float32)


def disturbed(name: str, inputs: Array, about: InputStatistics, strength: float, chunk: int = 0) -> Array:
    return PERTURBATIONS[name]()(inputs, about, strength, chunk)


def stroke(side: int = 20, thickness: int = 4) -> Array:
    """(1, side²): a bar in the middle."""
    picture = np.zeros((side, side), np.float32)
    picture[4:-4, (side - thickness) // 2 : (side + thickness) // 2] = 1
    return picture.reshape(1, -1)


@pytest.mark.parametrize(("name", "shape"), each_that_fits(*SHAPES, (6,), (1,)))
def test_strengths_go_from_none_to_much(name: str, shape: tuple[int, ...]) -> None:
    about = material(*shape)
    strengths = list(PERTURBATIONS[name]().strengths(about.shape))
    assert strengths == sorted(set(strengths))
    assert 0 in strengths
    assert 2 <= len(strengths) <= 13
    for strength in strengths:
        result = disturbed(name, random_examples(about), about, strength)
        assert result.shape == (12, len(about.means))
        assert np.isfinite(result).all()
    between = min(after - before for before, after in itertools.pairwise(strengths))
    assert 0 < PERTURBATIONS[name]().step(about.shape) <= between


@pytest.mark.parametrize(("name", "shape"), each_that_fits((28, 28), (10, 14), (6,)))
def test_strength_0_changes_nothing_and_others_leave_the_examples_as_they_are(
    name: str, shape: tuple[int, ...]
) -> None:
    about = material(*shape)
    inputs = random_examples(about)
    before = inputs.copy()
    np.testing.assert_array_equal(disturbed(name, inputs, about, 0.0), before)
    strongest = max(PERTURBATIONS[name]().strengths(about.shape))
    assert not np.array_equal(disturbed(name, inputs, about, strongest), before)
    np.testing.assert_array_equal(inputs, before)


@pytest.mark.parametrize("name", list(PERTURBATIONS))
def test_the_same_chunk_is_disturbed_in_the_same_way_each_time(name: str) -> None:
    about = material(10, 14)
    inputs, strength = random_examples(about), max(PERTURBATIONS[name]().strengths(about.shape))
    first = disturbed(name, inputs, about, strength)
    assert first.tobytes() == disturbed(name, inputs, about, strength).tobytes()


def test_another_chunk_has_other_noise() -> None:
    about = material(8, 8)
    inputs = random_examples(about)
    assert not np.array_equal(*(disturbed("noise", inputs, about, 0.3, chunk) for chunk in (0, 1)))


# ---- what is asked of the data


def test_only_pictures_are_moved() -> None:
    assert applicable_perturbations((6,)) == ["noise", "covered"]
    assert applicable_perturbations((10, 14)) == list(PERTURBATIONS)


def test_of_columns_mean_and_deviation_are_known_in_their_units() -> None:
    inputs = np.array([[0, 100], [2, 300], [4, 500]], np.float32)
    split = regression_split("train", inputs, np.zeros((3, 1)), 2, 1)
    about = input_statistics(Dataset("table", split))
    np.testing.assert_allclose(about.means, [2, 300])
    np.testing.assert_allclose(about.spreads, inputs.std(axis=0))
    assert about.shape == (2,)


def test_bytes_of_columns_are_scaled() -> None:
    data = class_data()
    inputs = np.random.default_rng(1).integers(0, 256, data.train.inputs.shape).astype(np.uint8)
    about = input_statistics(Dataset("bytes", replace(data.train, inputs=inputs, scale=1 / 255)))
    np.testing.assert_allclose(about.means, inputs.mean(axis=0) / 255, rtol=1e-5)


# ---- each kind


def test_noise_has_the_deviation_of_its_strength() -> None:
    about = InputStatistics((50, 50), np.zeros(2500, np.float32), np.ones(2500, np.float32))
    grey = np.full((20, 2500), 0.5, np.float32)
    result = disturbed("noise", grey, about, 0.1)
    assert result.std() == pytest.approx(0.1, rel=0.02)
    assert result.mean() == pytest.approx(0.5, abs=0.002)
    strong = disturbed("noise", grey, about, 0.8)
    assert (strong.min(), strong.max()) == (0, 1)


def test_noise_of_columns_is_relative_to_their_deviation_and_not_clipped() -> None:
    about = material(3)
    noise = disturbed("noise", np.zeros((20_000, 3), np.float32), about, 0.5)
    np.testing.assert_allclose(noise.std(axis=0), [0.5, 1.0, 1.5], rtol=0.03)


@pytest.mark.parametrize("shape", [(8, 8), (10, 14)])
@pytest.mark.parametrize("strength", [1, 3])
def test_a_shift_is_a_roll_into_which_the_background_comes(shape: tuple[int, int], strength: int) -> None:
    about = material(*shape)
    inputs = random_examples(about, 8)
    result = disturbed("shift", inputs, about, strength).reshape(-1, *shape)
    for number, picture in enumerate(inputs.reshape(-1, *shape)):
        down, right = [(0, 1), (1, 0), (0, -1), (-1, 0)][number % 4]
        expected = np.zeros_like(picture)
        rolled = np.roll(picture, (strength * down, strength * right), (0, 1))
        inside = np.roll(np.pad(np.ones_like(picture), 9), (strength * down, strength * right), (0, 1))[9:-9, 9:-9] > 0
        expected[inside] = rolled[inside]
        np.testing.assert_allclose(result[number], expected, atol=1e-5)


@pytest.mark.parametrize("side", [8, 9, 28])
def test_a_rotation_by_a_quarter_is_rot90(side: int) -> None:
    about = material(side, side)
    inputs = random_examples(about, 3)
    for strength, turns in ((90, 1), (-90, -1)):
        result = disturbed("rotation", inputs, about, strength).reshape(-1, side, side)
        expected = np.rot90(inputs.reshape(-1, side, side), turns, axes=(1, 2))
        np.testing.assert_allclose(result, expected, atol=1e-4)


def test_a_rotation_of_a_picture_that_is_not_square_stays_about_its_centre() -> None:
    about = material(11, 15)
    picture = np.zeros((11, 15), np.float32)
    picture[5, 3:12] = 1
    turned = disturbed("rotation", picture.reshape(1, -1), about, 90).reshape(11, 15)
    expected = np.zeros_like(picture)
    expected[1:10, 7] = 1
    np.testing.assert_allclose(turned, expected, atol=1e-5)


def test_size_changes_height_and_width_by_its_percent() -> None:
    about = material(20, 20)
    inputs = stroke()
    smaller, larger = (disturbed("size", inputs, about, strength).sum() for strength in (-50, 50))
    assert smaller == pytest.approx(inputs.sum() / 4, rel=0.1)
    assert larger == pytest.approx(inputs.sum() * 1.5**2, rel=0.1)


def test_thickness_adds_ink_the_more_the_stronger_it_is() -> None:
    about = material(20, 20)
    kind = PERTURBATIONS["thickness"]()
    pictures = [kind(stroke(), about, strength)[0] for strength in kind.strengths(about.shape)]
    ink = [float(picture.sum()) for picture in pictures]
    assert ink == sorted(ink)
    assert all((after >= before - 1e-6).all() for before, after in itertools.pairwise(pictures))
    assert all(picture.min() >= 0 and picture.max() <= 1.0001 for picture in pictures)


def test_thickness_moves_each_edge_by_its_pixels() -> None:
    about = material(40, 40)
    bar = np.zeros((40, 40), np.float32)
    bar[:, 15:25] = 1
    for strength in (-1.5, -1.0, 1.0, 1.5):
        middle = disturbed("thickness", bar.reshape(1, -1), about, strength).reshape(40, 40)[20]
        assert middle.sum() == pytest.approx(10 + 2 * strength, abs=0.35)


@pytest.mark.parametrize(("shape", "side"), [((28, 28), 6), ((10, 14), 4), ((8, 8), 8)])
def test_a_square_of_the_background_covers_a_part(shape: tuple[int, int], side: int) -> None:
    about = material(*shape)
    covered = disturbed("covered", np.ones((200, math.prod(shape)), np.float32), about, side).reshape(-1, *shape)
    hidden = covered == 0
    assert (hidden.sum(axis=(1, 2)) == side**2).all()
    assert (hidden.any(axis=1).sum(axis=1) == side).all()
    if side < min(shape):
        assert hidden.any(axis=(0, 1)).all()  # at every place across, sooner or later
        assert hidden.any(axis=(0, 2)).all()


def test_a_larger_square_contains_the_smaller_one() -> None:
    about = material(28, 28)
    ones = np.ones((50, 784), np.float32)
    small, large = (disturbed("covered", ones, about, side) == 0 for side in (6, 8))
    assert (large | ~small).all()


def test_as_many_columns_get_their_mean() -> None:
    about = material(5)
    inputs = np.zeros((300, 5), np.float32)
    for strength in range(6):
        covered = disturbed("covered", inputs, about, strength)
        assert ((covered == about.means).sum(axis=1) == strength).all()


# ---- what the training covered


@pytest.mark.parametrize(
    ("name", "how", "covered"),
    [
        ("noise", {"noise": 0.1}, (0, 0.1)),
        ("shift", {"shift": 2}, (0, 2)),
        ("rotation", {"rotation": 10}, (-10, 10)),
        ("size", {"scale": 0.25}, (-20, 25)),
        ("thickness", {"thickness": 0.5}, (-0.5, 0.5)),
    ],
)
def test_what_augmentation_covers(name: str, how: dict[str, float], covered: tuple[float, float]) -> None:
    assert PERTURBATIONS[name]().trained(Augmentation(**how)) == pytest.approx(covered)
    for other in PERTURBATIONS:
        if other != name:
            assert PERTURBATIONS[other]().trained(Augmentation(**how)) == (0, 0)


# ---- redrawing


def test_pictures_in_several_parts_are_redrawn_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = random_examples(material(10, 14), 23)
    how = {"down": np.arange(23.0), "right": 1.5, "angle": 0.3, "scale": 1.2, "thickness": -0.7}
    whole = warp_images(pictures, (10, 14), **how)  # type: ignore[arg-type]
    monkeypatch.setattr("engine.training.image_warp._BYTES_IN_A_PART", 1)
    np.testing.assert_allclose(warp_images(pictures, (10, 14), **how), whole, atol=1e-6)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", [name for name in PERTURBATIONS if name != "noise"])
def test_on_a_light_background_they_are_the_negative_of_those_on_a_dark_one(name: str) -> None:
    dark, light = (
        InputStatistics((10, 14), np.full(140, shade, np.float32), np.ones(140, np.float32)) for shade in (0, 1)
    )
    pictures = random_examples(dark, 8)
    strength = PERTURBATIONS[name]().strengths(dark.shape)[-1]
    wanted = 1 - disturbed(name, pictures, dark, strength)
    np.testing.assert_allclose(disturbed(name, 1 - pictures, light, strength), wanted, atol=1e-5)


def test_the_background_is_that_of_the_data() -> None:
    images = np.full((20, 5, 5), 240, np.uint8)
    images[::2, 2, 2] = 0
    about = input_statistics(dataset_of("light", Arrays(images, np.arange(20) % 2)))
    np.testing.assert_allclose(about.means, 240 / 255)


def test_a_category_is_one_column_and_has_no_noise() -> None:
    rng = np.random.default_rng(8)
    inputs = np.concatenate([rng.normal(size=(60, 1)), np.eye(3)[rng.integers(3, size=60)]], axis=1).astype(np.float32)
    data = Dataset("Table", regression_split("train", inputs, inputs[:, :1], 4, 1), categories=((1, 2, 3),))
    about = input_statistics(data)
    assert about.shape == (2,), "a number and a category"
    assert PERTURBATIONS["covered"]().strengths(about.shape)[-1] == 2
    noisy = disturbed("noise", inputs, about, 1.0)
    assert (noisy[:, 1:] == inputs[:, 1:]).all()
    assert (noisy[:, 0] != inputs[:, 0]).all()
    covered = disturbed("covered", inputs, about, 1.0) == about.means
    is_hidden = covered[:, 1:].all(axis=1)
    assert (is_hidden != covered[:, 0]).all(), "either the number, or the whole category"
    assert 0 < is_hidden.sum() < len(inputs)
