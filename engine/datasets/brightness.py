"""``Brightness``: how bright the images of a data set are, by which a network standardises its inputs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.basics.errors import DataError
from engine.basics.validation import Array

_LEAST_DEVIATION = 1 / 255  # one step of a byte; constant images have none
_AT_ONCE = 1_000_000  # pixels
_REMEDY = "Train the network again from its data."


@dataclass(frozen=True)
class Brightness:
    """The brightness of all training pixels, in 0…1. Raises DataError for other numbers.

    Attributes:
        background: the median of the pixels at the images' borders.
        mean, deviation: mean and standard deviation; the network's first layer gets (pixel - mean) / deviation.
    """

    background: float
    mean: float
    deviation: float

    def __post_init__(self) -> None:
        for name in ("background", "mean", "deviation"):
            value = getattr(self, name)
            is_number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
            least = _LEAST_DEVIATION / 2 if name == "deviation" else 0.0
            if not is_number or not least <= value <= 1:  # nor NaN
                raise DataError(name, value, f"must be a number from {least:.3g} to 1", _REMEDY)
            object.__setattr__(self, name, float(value))

    @classmethod
    def of(cls, images: Array, scale: float, example_shape: tuple[int, ...]) -> Brightness:
        """Returns the brightness of images, (k, height · width), whose pixels times ``scale`` are in 0…1."""
        height, width = example_shape
        is_border = np.ones((height, width), bool)
        is_border[1:-1, 1:-1] = False
        background = float(np.median(images[:, is_border.ravel()])) * scale
        mean = sum(float(part.sum(dtype=np.float64)) for part in _parts(images)) / images.size
        squares = sum(float(np.square(part - mean, dtype=np.float64).sum()) for part in _parts(images)) / images.size
        return cls(min(background, 1.0), min(mean * scale, 1.0), max(math.sqrt(squares) * scale, _LEAST_DEVIATION))

    def standardise(self, rows: Array, scale: float = 1.0, out: Array | None = None) -> Array:
        """Returns (pixel · scale - mean) / deviation of all pixels, as an array of floats; new, or ``out``."""
        kind = rows.dtype.type if rows.dtype.kind == "f" else np.float32
        found: Array = np.multiply(rows, kind(scale / self.deviation), out=out)
        found -= kind(self.mean / self.deviation)
        return found

    def __str__(self) -> str:
        return f"mean {self.mean:.3g}, deviation {self.deviation:.3g}"

    def as_dict(self) -> dict[str, float]:
        """Returns the numbers in types that JSON can hold."""
        return {"background": self.background, "mean": self.mean, "deviation": self.deviation}

    @classmethod
    def from_dict(cls, entries: object) -> Brightness:
        """Returns the brightness of an :meth:`as_dict`. Raises DataError for anything else."""
        names = ("background", "mean", "deviation")
        if not isinstance(entries, Mapping) or not all(name in entries for name in names):
            raise DataError.from_problem("brightness", "it has no background, mean or deviation", _REMEDY)
        return cls(**{name: entries[name] for name in names})


def ink_brightness(background: float) -> float:
    """Returns the brightness of full ink: black on a light background, else white."""
    return 0.0 if background > 0.5 else 1.0


def _parts(images: Array) -> Iterator[Array]:
    rows = max(1, _AT_ONCE // max(1, images.shape[1]))
    for start in range(0, len(images), rows):
        yield images[start : start + rows]


def brightness_in(entries: Any) -> Brightness | None:
    """Returns the brightness of an optional entry; None where there is none."""
    return None if entries is None else Brightness.from_dict(entries)
