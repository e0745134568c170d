"""What the distortions of pictures do, each by itself and together."""

from __future__ import annotations

import itertools
import math
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

import engine.training.image_warp
from engine.basics.errors import SettingError
from engine.basics.validation import Array
from engine.datasets import Dataset
from engine.datasets.arrays import Arrays, dataset_of
from engine.experiment import Experiment
from engine.network.buffers import TrainingBuffers
from engine.training.augmentation import Augmentation, Augmenter, elastic_basis
from engine.training.update_pipeline import UpdatePipeline
from tests.engine.helpers import refused

SHAPES = [(28, 28), (8, 8), (10, 14), (14, 10), (1, 5), (1, 1)]
ALL = {
    "shift": 2.0,
    "rotation": 15.0,
    "scale": 0.15,
    "shear": 0.2,
    "elastic": 1.5,
    "elastic_sigma": 3.0,
    "thickness": 0.5,
    "noise": 0.05,
}
STRENGTHS = {name: strength for name, strength in ALL.items() if name != "elastic_sigma"}


class Fixed(np.random.Generator):
    """Draws distortions by shares of their strength, in turn: 1 in full, 0 not at all, -1 the other way."""

    def __init__(self, *shares: float) -> None:
        super().__init__(np.random.PCG64(1))
        self._shares = itertools.cycle(shares)

    def random(self, size: Any = None, dtype: Any = np.float64, out: Any = None) -> Any:
        """The same for all pictures of a batch."""
        return np.full(size, (next(self._shares) + 1) / 2, dtype)


def pictures_of(shape: tuple[int, int], count: int = 7, dtype: Any = np.float32) -> Array:
    return np.random.default_rng(5).random((count, shape[0] * shape[1])).astype(dtype)


def distorted(pictures: Array, shape: tuple[int, int], rng: np.random.Generator, **how: float) -> Array:
    """A distorted copy, as (k, height, width)."""
    result = pictures.copy()
    Augmenter(Augmentation(**how), shape, len(pictures), pictures.dtype).apply(result, rng)
    return result.reshape(-1, *shape)


@pytest.mark.parametrize("name", [*STRENGTHS, "all"])
def test_on_a_light_background_it_is_the_negative_of_that_on_a_dark_one(name: str) -> None:
    """What comes in from outside is light, and dark strokes become thicker."""
    wanted = Augmentation(**(ALL if name == "all" else {name: ALL[name]}))
    wanted = replace(wanted, noise=0)  # which is not turned round
    dark = pictures_of((9, 7))
    light = 1 - dark
    Augmenter(wanted, (9, 7), len(dark)).apply(dark, np.random.default_rng(2))
    Augmenter(wanted, (9, 7), len(light), background=1.0).apply(light, np.random.default_rng(2))
    np.testing.assert_allclose(light, 1 - dark, atol=1e-5)


def test_a_grey_background_comes_in_from_outside() -> None:
    pictures = np.full((5, 63), 0.8, np.float32)
    Augmenter(Augmentation(shift=6, rotation=90), (9, 7), 5, background=0.8).apply(pictures, np.random.default_rng(2))
    np.testing.assert_allclose(pictures, 0.8, atol=1e-6)


def test_the_training_takes_the_background_of_its_network() -> None:
    """An older network has none, and is distorted as it was."""
    images = np.full((20, 5, 5), 240, np.uint8)
    images[::2, 2, 2] = 0
    data = dataset_of("light", Arrays(images, np.arange(20) % 2), test_share=0)
    made = Experiment().changed(shape=(25, 4, 2), activations=("relu", "softmax")).for_data(data)
    made = made.changed(batch_size=20, augmentation=Augmentation(shift=3))
    lowest = {}
    for brightness in (data.brightness, None):
        network = made.changed(brightness=brightness).build()
        inputs, buffers = np.full((20, 25), 240, np.float32), TrainingBuffers(network, 20)
        buffers.scale = 1 / 255
        UpdatePipeline(network, data, made.training).augment(inputs, buffers, np.random.default_rng(1))
        lowest[brightness] = inputs.min()
    assert lowest[data.brightness] == pytest.approx(240 / 255, abs=1e-5)
    assert lowest[None] < 0.1


def one(picture: Array, *shares: float, **how: float) -> Array:
    """A single picture (height, width), distorted by those shares."""
    height, width = picture.shape
    return distorted(picture.reshape(1, -1), (height, width), Fixed(*shares), **how)[0]


def blob(height: int = 40, width: int = 40, spread: float = 3.0) -> Array:
    """A soft round spot in the middle."""
    y, x = np.indices((height, width))
    square = (y - (height - 1) / 2) ** 2 + (x - (width - 1) / 2) ** 2
    return np.exp(-square / (2 * spread**2))


def spread(picture: Array) -> tuple[float, float]:
    """Standard deviation of the ink about the picture's centre, down and across."""
    height, width = picture.shape
    y, x = np.indices(picture.shape)
    down, across = (y - (height - 1) / 2) ** 2, (x - (width - 1) / 2) ** 2
    return tuple(math.sqrt((picture * square).sum() / picture.sum()) for square in (down, across))  # type: ignore[return-value]


@pytest.fixture(scope="module")
def digits(mnist: Dataset) -> Array:
    """The first 300 digits, 0 … 1."""
    return mnist.train.inputs[:300].astype(np.float32) / np.float32(255)


# ---- settings


def test_nothing_is_done_unless_asked_for() -> None:
    assert not Augmentation().is_active
    assert not Augmentation(elastic_sigma=2).is_active
    pictures, rng = pictures_of((10, 14)), np.random.default_rng(1)
    result = distorted(pictures, (10, 14), rng)
    assert result.tobytes() == pictures.tobytes()
    assert rng.bit_generator.state == np.random.default_rng(1).bit_generator.state


@pytest.mark.parametrize("name", STRENGTHS)
def test_each_strength_makes_it_active_and_changes_pictures(name: str) -> None:
    assert Augmentation(**{name: STRENGTHS[name]}).is_active
    pictures = pictures_of((28, 28))
    result = distorted(pictures, (28, 28), np.random.default_rng(1), **{name: STRENGTHS[name]})
    assert (np.abs(result.reshape(7, -1) - pictures).max(axis=1) > 0.01).all()


@pytest.mark.parametrize("name", [field.name for field in fields(Augmentation)])
def test_a_setting_out_of_its_limits_is_refused(name: str) -> None:
    for value in (-0.5, math.nan, math.inf, 1e9, 10**400, "2", None, True):
        with refused(SettingError, name, ""):
            Augmentation(**{name: value})  # type: ignore[arg-type]


def test_settings_become_floats() -> None:
    assert Augmentation(shift=2, rotation=np.float32(10), scale=np.int64(1)) == Augmentation(2.0, 10.0, 1.0)
    assert type(Augmentation(shift=2).shift) is float


def test_a_smoothing_of_no_width_is_refused() -> None:
    with refused(SettingError, "elastic_sigma", "0"):
        Augmentation(elastic_sigma=0)


def test_a_batch_of_nothing_is_refused() -> None:
    with refused(SettingError, "batch_size", "0"):
        Augmenter(Augmentation(shift=1), (28, 28), 0)


# ---- where pixels go


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_moving_by_nothing_gives_the_same_bits(shape: tuple[int, int], dtype: Any) -> None:
    pictures = pictures_of(shape, dtype=dtype)
    how = {"shift": 3.0, "rotation": 20.0, "scale": 0.3, "shear": 0.4, "thickness": 0.5}
    assert distorted(pictures, shape, Fixed(0), **how).tobytes() == pictures.tobytes()


@pytest.mark.parametrize("shape", [(28, 28), (8, 8), (10, 14)])
@pytest.mark.parametrize(("down", "right"), [(1, 0), (0, 1), (-1, 0), (0, -1), (1, -1), (1, 1)])
def test_a_shift_by_whole_pixels_is_exact(shape: tuple[int, int], down: int, right: int) -> None:
    pictures = pictures_of(shape)
    expected = np.zeros((7, shape[0] + 6, shape[1] + 6), np.float32)
    expected[:, 3 + 3 * down : 3 + 3 * down + shape[0], 3 + 3 * right : 3 + 3 * right + shape[1]] = pictures.reshape(
        7, *shape
    )
    result = distorted(pictures, shape, Fixed(down, right), shift=3)
    np.testing.assert_array_equal(result, expected[:, 3:-3, 3:-3])


def test_half_a_pixel_lies_half_way_and_outside_is_0() -> None:
    result = one(np.ones((4, 4)), 0, 1, shift=0.5)
    np.testing.assert_allclose(result, np.tile([0.5, 1, 1, 1], (4, 1)))


@pytest.mark.parametrize("share", [1, -1])
def test_far_outside_there_is_nothing(share: int) -> None:
    assert not one(np.ones((8, 8)), share, shift=100).any()


@pytest.mark.parametrize("shape", [(9, 9), (28, 28)])
def test_a_positive_rotation_is_counter_clockwise_about_the_centre(shape: tuple[int, int]) -> None:
    picture = pictures_of(shape, 1, np.float64).reshape(shape)
    inner = (slice(1, -1), slice(1, -1))  # at the edge, rounding may look beyond it
    np.testing.assert_allclose(one(picture, 1, rotation=90)[inner], np.rot90(picture)[inner], atol=1e-9)
    np.testing.assert_allclose(one(picture, -1, rotation=90)[inner], np.rot90(picture, -1)[inner], atol=1e-9)


def test_half_a_turn_of_a_picture_that_is_not_square() -> None:
    picture = pictures_of((10, 14), 1, np.float64).reshape(10, 14)
    np.testing.assert_allclose(one(picture, 1, rotation=180)[1:-1, 1:-1], picture[::-1, ::-1][1:-1, 1:-1], atol=1e-9)


def test_rotation_keeps_the_ink(digits: Array) -> None:
    rotated = distorted(digits, (28, 28), np.random.default_rng(1), rotation=30).reshape(300, -1)
    ratio = rotated.sum(axis=1) / digits.sum(axis=1)
    assert ratio.mean() == pytest.approx(1, abs=0.005)
    assert np.quantile(np.abs(ratio - 1), 0.98) < 0.03  # a few digits leave the picture with an end


@pytest.mark.parametrize(("share", "factor"), [(1, 1.5), (-1, 1 / 1.5)])
def test_scale_is_a_factor_for_both_axes(share: int, factor: float) -> None:
    result = one(blob(40, 44), share, scale=0.5)
    assert spread(result) == pytest.approx((3 * factor, 3 * factor), rel=0.02)
    assert result.sum() == pytest.approx(blob(40, 44).sum() * factor**2, rel=0.01)


@pytest.mark.parametrize("share", [1, -1])
def test_a_positive_shear_leans_to_the_right(share: int) -> None:
    bar = np.zeros((21, 31))
    bar[:, 15] = 1
    result = one(bar, share, shear=0.3)
    middle = (result * np.arange(31)).sum(axis=1) / result.sum(axis=1)
    np.testing.assert_allclose(middle, 15 + share * 0.3 * (10 - np.arange(21)), atol=1e-9)


def test_distortions_are_one_map_scaled_slanted_turned_shifted() -> None:
    spot = np.roll(blob(60, 60, 2), (-9, 5), axis=(0, 1))  # 9 above the centre and 5 right of it
    how = {"shift": 4.0, "rotation": 30.0, "scale": 0.2, "shear": 0.1}
    result = one(spot, 1, **how)
    up, right = 9 * 1.2, 5 * 1.2
    right += 0.1 * up
    cos, sin = math.cos(math.radians(30)), math.sin(math.radians(30))
    up, right = cos * up + sin * right, cos * right - sin * up
    y, x = np.indices((60, 60)) - 29.5
    assert (result * y).sum() / result.sum() == pytest.approx(4 - up, abs=0.01)
    assert (result * x).sum() / result.sum() == pytest.approx(4 + right, abs=0.01)


# ---- elastic


def displacements(count: int, elastic: float, sigma: float, side: int = 28, margin: int = 8) -> Array:
    """(2, k, side - 2 margin, the same) in pixels, y and x, seen in pictures that get brighter evenly."""
    inner = slice(margin, side - margin)
    found = []
    for coordinate in np.indices((side, side), np.float64):
        ramps = np.tile(coordinate.ravel() / side, (count, 1))
        bent = distorted(ramps, (side, side), np.random.default_rng(3), elastic=elastic, elastic_sigma=sigma)
        found.append((bent * side - coordinate)[:, inner, inner])
    return np.stack(found)


@pytest.mark.parametrize(("elastic", "sigma"), [(1.0, 4.0), (0.5, 2.0), (1.5, 8.0)])
def test_elastic_moves_pixels_by_that_distance(elastic: float, sigma: float) -> None:
    down, right = displacements(1500, elastic, sigma)
    assert math.sqrt((down**2 + right**2).mean()) == pytest.approx(elastic, rel=0.04)
    for moved in (down, right):
        assert math.sqrt((moved**2).mean()) == pytest.approx(elastic / math.sqrt(2), rel=0.06)
        assert moved.mean() == pytest.approx(0, abs=0.06 * elastic)
    assert (down * right).mean() == pytest.approx(0, abs=0.06 * elastic**2)


def test_elastic_displacements_are_those_of_noise_smoothed_by_a_gaussian() -> None:
    moved = displacements(1500, 1.0, 3.0)
    for distance in (1, 2, 4, 6):
        expected = math.exp(-(distance**2) / (4 * 3.0**2)) / 2
        assert (moved[..., distance:] * moved[..., :-distance]).mean() == pytest.approx(expected, abs=0.02)
        assert (moved[..., distance:, :] * moved[..., :-distance, :]).mean() == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("sigma", [1, 4, 100])
def test_the_elastic_field_has_variance_1_at_each_pixel(shape: tuple[int, int], sigma: float) -> None:
    basis = elastic_basis(shape, sigma)
    assert len(basis) <= basis.shape[1] == shape[0] * shape[1]
    np.testing.assert_allclose((basis**2).sum(axis=0), 1)


def test_a_smooth_field_takes_few_numbers() -> None:
    assert len(elastic_basis((28, 28), 4)) < 40


# ---- thickness and noise


@pytest.mark.parametrize("thickness", [0.3, 0.7, 1.0, 2.0])
@pytest.mark.parametrize("share", [1, -1])
def test_edges_move_by_the_thickness(thickness: float, share: int) -> None:
    bar = np.zeros((20, 20))
    bar[:, 7:13] = 1
    result = one(bar, share, thickness=thickness)
    np.testing.assert_allclose(result[4:-4].sum(axis=1), 6 + share * 2 * thickness)
    result = one(bar.T, share, thickness=thickness)
    np.testing.assert_allclose(result[:, 4:-4].sum(axis=0), 6 + share * 2 * thickness)


@pytest.mark.parametrize("share", [1, -1])
def test_round_things_grow_and_shrink_in_all_directions(share: int) -> None:
    y, x = np.indices((60, 60)) - 29.5
    disc = np.clip(15.5 - np.hypot(x, y), 0, 1)
    area = one(disc, share, thickness=1).sum()
    assert area == pytest.approx(math.pi * (15 + share) ** 2, rel=0.01)


def test_ink_grows_with_the_thickness(digits: Array) -> None:
    shares = (-1, -0.6, -0.3, 0, 0.3, 0.6, 1)
    results = [distorted(digits, (28, 28), Fixed(share), thickness=1) for share in shares]
    assert (np.diff([result.sum(axis=(1, 2)) for result in results], axis=0) > 0).all()
    assert min(result.min() for result in results) >= 0
    assert max(result.max() for result in results) <= 1


def test_noise_has_that_deviation_and_stays_between_0_and_1(digits: Array) -> None:
    grey = np.full((100, 784), 0.5, np.float32)
    noise = distorted(grey, (28, 28), np.random.default_rng(1), noise=0.1) - 0.5
    assert noise.std() == pytest.approx(0.1, rel=0.02)
    assert noise.mean() == pytest.approx(0, abs=0.002)
    noisy = distorted(digits, (28, 28), np.random.default_rng(1), noise=0.3)
    assert (noisy.min(), noisy.max()) == (0, 1)


# ---- batches


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_same_state_same_bits_and_other_state_other_bits(shape: tuple[int, int], dtype: Any) -> None:
    pictures = pictures_of(shape, dtype=dtype)
    first, second, other = (distorted(pictures, shape, np.random.default_rng(seed), **ALL) for seed in (1, 1, 2))
    assert first.dtype == dtype
    assert np.isfinite(first).all()
    assert first.tobytes() == second.tobytes()
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("name", STRENGTHS)
def test_equal_pictures_come_out_differently(name: str) -> None:
    twins = np.repeat(pictures_of((28, 28), 1), 3, axis=0)
    a, b, c = distorted(twins, (28, 28), np.random.default_rng(1), **{name: STRENGTHS[name]})
    assert not np.array_equal(a, b)
    assert not np.array_equal(b, c)
    assert not np.array_equal(a, c)


def test_an_augmenter_goes_on_drawing_and_keeps_nothing_of_the_last_batch() -> None:
    pictures, rng = pictures_of((10, 14), 40), np.random.default_rng(1)
    augmenter = Augmenter(Augmentation(**ALL), (10, 14), 40)
    first, second = pictures.copy(), pictures.copy()
    augmenter.apply(first, rng)
    augmenter.apply(second, rng)
    assert not np.array_equal(first, second)
    again = pictures.copy()
    augmenter.apply(again, np.random.default_rng(1))
    assert again.tobytes() == first.tobytes()


def test_the_last_batch_may_be_smaller_and_only_its_rows_are_touched() -> None:
    buffer = pictures_of((8, 8), 50)
    before = buffer.copy()
    augmenter = Augmenter(Augmentation(**ALL), (8, 8), 50)
    augmenter.apply(buffer[:13], np.random.default_rng(1))
    np.testing.assert_array_equal(buffer[13:], before[13:])
    np.testing.assert_allclose(
        buffer[:13].reshape(-1, 8, 8), distorted(before[:13], (8, 8), np.random.default_rng(1), **ALL), atol=1e-5
    )
    augmenter.apply(buffer[:0], np.random.default_rng(1))


def test_it_does_not_matter_in_how_many_parts_a_batch_is_worked_on(monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = pictures_of((10, 14), 23, np.float64)
    whole = distorted(pictures, (10, 14), np.random.default_rng(1), **ALL)
    for size in (1, 140 * 11 * 8 * 5):
        monkeypatch.setattr(engine.training.image_warp, "_BYTES_IN_A_PART", size)
        parts = distorted(pictures, (10, 14), np.random.default_rng(1), **ALL)
        np.testing.assert_allclose(parts, whole, atol=1e-12)


@pytest.mark.parametrize(("name", "numbers"), [("shift", 14), ("rotation", 7), ("scale", 7), ("thickness", 7)])
def test_only_what_is_used_is_drawn(name: str, numbers: int) -> None:
    rng, reference = np.random.default_rng(1), np.random.default_rng(1)
    distorted(pictures_of((8, 8), dtype=np.float64), (8, 8), rng, **{name: STRENGTHS[name]})
    reference.random(numbers)
    assert rng.bit_generator.state == reference.bit_generator.state


def test_strengths_are_drawn_evenly_to_both_sides() -> None:
    dot = np.zeros((400, 1, 21))
    dot[:, 0, 10] = 1
    moved = distorted(dot.reshape(400, 21), (1, 21), np.random.default_rng(1), shift=0.9)
    right = (moved * np.arange(-10, 11)).sum(axis=(1, 2)) / moved.sum(axis=(1, 2))
    assert np.abs(right).max() <= 0.9
    assert right.mean() == pytest.approx(0, abs=0.1)
    assert right.std() == pytest.approx(0.9 / math.sqrt(3), rel=0.1)


def test_displacements_that_would_not_fit_in_memory_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.basics.validation.available_memory", lambda: 12_000_000)
    Augmenter(Augmentation(elastic=1, elastic_sigma=20), (100, 100), 1)
    with refused(SettingError, "elastic_sigma", "1"):
        Augmenter(Augmentation(elastic=1, elastic_sigma=1), (100, 100), 1)
