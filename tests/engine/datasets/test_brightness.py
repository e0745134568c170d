"""How bright the images of a data set are: measured from the user's own images, and only from those."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from engine.basics.errors import DataError
from engine.basics.validation import Array
from engine.datasets import DATASETS, Dataset
from engine.datasets.arrays import Arrays, dataset_of
from engine.datasets.brightness import Brightness
from engine.datasets.description import Description
from engine.datasets.image_folder import folder_dataset
from engine.datasets.scaling import Scaling

_LABELS = np.arange(20) % 2


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def light_images(rng: np.random.Generator) -> Array:
    """Twenty light images, (20, 6, 5) bytes, each with a dark spot."""
    images = rng.integers(230, 240, (20, 6, 5)).astype(np.uint8)
    images[:, 2:4, 2] = 30
    return images


def test_it_is_that_of_the_training_pixels(rng: np.random.Generator) -> None:
    data = dataset_of("light", Arrays(light_images(rng), _LABELS), test_share=0.25)
    pixels = data.train.inputs.reshape(-1, 6, 5) / 255
    found = data.brightness
    assert found is not None
    assert found.mean == pytest.approx(pixels.mean())
    assert found.deviation == pytest.approx(pixels.std())
    border = np.concatenate([pixels[:, 0].ravel(), pixels[:, -1].ravel(), pixels[:, 1:-1, [0, -1]].ravel()])
    assert data.background == found.background == pytest.approx(np.median(border))


@pytest.mark.parametrize("scale", [1, 16, 65_535])
def test_images_of_any_range_are_measured_in_0_to_1(rng: np.random.Generator, scale: int) -> None:
    images = light_images(rng) / 255 * scale
    images[0, 0, 0] = scale
    found = dataset_of("light", Arrays(images.astype(np.float32), _LABELS), test_share=0).brightness
    assert found is not None
    assert found.mean == pytest.approx(images.mean() / scale, rel=1e-5)
    assert found.deviation == pytest.approx(images.std() / scale, rel=1e-5)


def test_folders_of_images_have_one(tmp_path: Path, rng: np.random.Generator) -> None:
    for number, image in enumerate(light_images(rng)):
        (tmp_path / str(number % 2)).mkdir(exist_ok=True)
        Image.fromarray(image).save(tmp_path / str(number % 2) / f"{number}.png")
    data, _ = folder_dataset(tmp_path, 8)
    assert data.brightness == Brightness.of(data.train.inputs, 1 / 255, (8, 8))
    assert 0.88 < data.background < 0.96


def test_included_data_have_none(mnist: Dataset) -> None:
    for data in (mnist, *(DATASETS[name].load({}) for name in ("spirals", "penguins", "sine"))):
        assert data.brightness is None, data.title
        assert data.background == 0, data.title


def test_rows_and_images_with_values_below_0_have_none(rng: np.random.Generator) -> None:
    assert dataset_of("rows", Arrays(rng.random((20, 6)), _LABELS)).brightness is None
    assert dataset_of("signed", Arrays(rng.normal(size=(20, 6, 5)), _LABELS)).brightness is None


def test_constant_images_can_be_divided_by_their_deviation() -> None:
    found = dataset_of("white", Arrays(np.full((20, 4, 4), 255, np.uint8), _LABELS)).brightness
    assert found == Brightness(1.0, 1.0, 1 / 255)


def test_the_description_has_it_and_comes_back(rng: np.random.Generator) -> None:
    data = dataset_of("light", Arrays(light_images(rng), _LABELS))
    about = data.description
    assert about is not None
    back = Description.from_dict(about.as_dict())
    assert back.brightness == data.brightness
    assert "brightness" not in Description("old", (6, 5)).as_dict()
    assert Description.from_dict({"title": "old", "example_shape": [6, 5]}).brightness is None


@pytest.mark.parametrize(
    "entries",
    [
        1,
        [0.9, 0.8, 0.2],
        {},
        {"background": 0.9, "mean": 0.8},
        {"background": 0.9, "mean": 0.8, "deviation": 0},
        {"background": 0.9, "mean": 0.8, "deviation": 1e-30},
        {"background": 0.9, "mean": 0.8, "deviation": float("nan")},
        {"background": -1, "mean": 0.8, "deviation": 0.1},
        {"background": 0.9, "mean": 1e30, "deviation": 0.1},
        {"background": "0.9", "mean": 0.8, "deviation": 0.1},
        {"background": True, "mean": 0.8, "deviation": 0.1},
    ],
)
def test_what_is_none_is_refused(entries: Any) -> None:
    with pytest.raises(DataError):
        Description.from_dict({"title": "broken", "example_shape": [2, 2], "brightness": entries})


def test_rows_that_are_scaled_have_none() -> None:
    with pytest.raises(DataError, match="only images have one"):
        Description("both", scaling=Scaling(np.zeros(4), np.ones(4)), brightness=Brightness(0, 0.5, 0.2))


def test_the_examples_are_known_by_the_same_fingerprint(rng: np.random.Generator) -> None:
    data = dataset_of("light", Arrays(light_images(rng), _LABELS))
    plain = Dataset(data.title, data.train, data.test, data.example_shape, data.class_names)
    assert data.fingerprint == plain.fingerprint
