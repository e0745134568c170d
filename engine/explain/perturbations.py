"""Disturbances of examples, from none to much: by them it is measured how robust a network is.

The idea, several severities of each kind, is that of Hendrycks and Dietterich 2019, arXiv:1903.12261. A further kind is
one class here.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.basics.registry import Choice, Registry
from engine.basics.validation import Array
from engine.datasets import Dataset
from engine.training.augmentation import Augmentation
from engine.training.image_warp import warp_images

_DIRECTIONS = ((0, 1), (1, 0), (0, -1), (-1, 0))  # (down, right), of which examples take turns
_SEED = 1


# How an example is arranged: (height, width) of a picture, else (columns,), of which a category is one.
Shape = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class InputStatistics:
    """What disturbances must know of the data.

    Attributes:
        shape: how an example is arranged.
        means, spreads: (width,) of the training examples: mean and standard deviation; for pictures the background
            and 1, the difference between black and white. The spread of a category's inputs is 0.
        columns: (width,) the number of each input's column; None if each is one of its own.
    """

    shape: Shape
    means: Array
    spreads: Array
    columns: Array | None = None

    @property
    def background(self) -> float:
        """Of pictures the brightness of an empty one."""
        return float(self.means[0])


def is_picture(shape: Shape) -> bool:
    """Whether examples of that shape are pictures."""
    return len(shape) == 2


def shape_of(dataset: Dataset) -> Shape:
    """How its examples are arranged."""
    return dataset.example_shape if dataset.is_picture else (int(_columns_of(dataset)[-1]) + 1,)


def _columns_of(dataset: Dataset) -> Array:
    """(width,): the number of each input's column, from 0; the inputs of a category have one together."""
    begins = np.ones(dataset.width, bool)
    for group in dataset.categories:
        begins[sorted(group)[1:]] = False
    numbers: Array = np.cumsum(begins) - 1
    for group in dataset.categories:
        numbers[list(group)] = numbers[min(group)]
    return numbers


def input_statistics(dataset: Dataset) -> InputStatistics:
    """What disturbances must know of that data."""
    width, shape = dataset.width, shape_of(dataset)
    if is_picture(shape):
        return InputStatistics(shape, np.full(width, dataset.background, np.float32), np.ones(width, np.float32))
    inputs, scale = dataset.train.inputs, dataset.train.scale
    means, spreads = inputs.mean(axis=0, dtype=np.float64), inputs.std(axis=0, dtype=np.float64)
    if len(dataset.categories) < shape[0]:
        spreads[[number for group in dataset.categories for number in group]] = 0  # nothing lies between categories
    found = (means * scale).astype(np.float32), (spreads * scale).astype(np.float32)
    return InputStatistics(shape, *found, _columns_of(dataset))


class Perturbation(Choice):
    """The base class. Strength 0 is none; the sign of a strength is a direction, where there are two.

    Attributes:
        for_columns: whether it makes sense for examples that are no pictures.
    """

    for_columns = False

    @abstractmethod
    def unit(self, shape: Shape) -> str:
        """The unit of the strength, as it follows a number; it may be empty."""

    @abstractmethod
    def meaning(self, shape: Shape) -> str:
        """What the strength tells, in a few words."""

    @abstractmethod
    def strengths(self, shape: Shape) -> Sequence[float]:
        """The strengths at which networks are measured, ascending, with 0 among them."""

    def step(self, shape: Shape) -> float:
        """The smallest difference in strength that is worth a look, a fraction of that between those strengths."""
        strengths = self.strengths(shape)
        return (strengths[1] - strengths[0]) / 10

    @abstractmethod
    def apply(self, inputs: Array, material: InputStatistics, strength: float, rng: np.random.Generator) -> Array:
        """Returns a disturbed copy of inputs (k, width), floats. The same state of ``rng`` gives the same bits."""

    def trained(self, augmentation: Augmentation) -> tuple[float, float]:
        """From which to which strength the pictures of a training with that augmentation were disturbed; (0, 0)."""
        return 0.0, 0.0

    def __call__(self, inputs: Array, material: InputStatistics, strength: float, chunk: int = 0) -> Array:
        """Returns a disturbed copy of a chunk of the inputs; at each strength the same random numbers are used."""
        return self.apply(inputs, material, strength, np.random.default_rng((_SEED, chunk)))


PERTURBATIONS: Registry[type[Perturbation]] = Registry("disturbance")


@PERTURBATIONS.register("noise")
class Noise(Perturbation):
    """Normal noise is added to each number; pictures are clipped to 0…1, as in augmentation."""

    label = "Noise"
    for_columns = True

    def unit(self, shape: Shape) -> str:
        """Of pictures, 1 is the difference between black and white."""
        return "" if is_picture(shape) else "σ"

    def meaning(self, shape: Shape) -> str:
        """See :meth:`apply`."""
        return "standard deviation" if is_picture(shape) else "σ: the column's deviation"

    def strengths(self, shape: Shape) -> Sequence[float]:
        """The standard deviation of the noise."""
        return [step / 10 for step in range(9)] if is_picture(shape) else [step / 4 for step in range(9)]

    def apply(self, inputs: Array, material: InputStatistics, strength: float, rng: np.random.Generator) -> Array:
        """In units of the material's spreads."""
        noise = rng.standard_normal(inputs.shape, np.float32)
        disturbed: Array = inputs + np.float32(strength) * material.spreads * noise
        return np.clip(disturbed, 0, 1) if is_picture(material.shape) else disturbed

    def trained(self, augmentation: Augmentation) -> tuple[float, float]:
        """Up to the noise that was always added."""
        return 0.0, augmentation.noise


@PERTURBATIONS.register("shift")
class Shift(Perturbation):
    """Pictures are moved, in turn to the right, down, to the left and up."""

    label = "Shift"

    def unit(self, shape: Shape) -> str:
        """Pixels."""
        return "px"

    def meaning(self, shape: Shape) -> str:
        """Where to."""
        return "four ways in turn"

    def strengths(self, shape: Shape) -> Sequence[float]:
        """Whole pixels up to nearly a third of the picture."""
        return _whole_steps(0.3 * min(shape))

    def apply(self, inputs: Array, material: InputStatistics, strength: float, rng: np.random.Generator) -> Array:
        """See :data:`_DIRECTIONS`."""
        turns = np.resize(np.array(_DIRECTIONS), (len(inputs), 2)) * strength
        return _redrawn(inputs, material, down=turns[:, 0], right=turns[:, 1])

    def trained(self, augmentation: Augmentation) -> tuple[float, float]:
        """Pixels."""
        return 0.0, augmentation.shift


@PERTURBATIONS.register("rotation")
class Rotation(Perturbation):
    """Pictures are turned about their centre; counter-clockwise is positive."""

    label = "Rotation"

    def unit(self, shape: Shape) -> str:
        """Degrees."""
        return "°"

    def meaning(self, shape: Shape) -> str:
        """Which way."""
        return "+ is to the left"

    def strengths(self, shape: Shape) -> Sequence[float]:
        """Up to a quarter of a turn, both ways."""
        return [float(angle) for angle in range(-90, 91, 15)]

    def step(self, shape: Shape) -> float:
        """A degree."""
        return 1.0

    def apply(self, inputs: Array, material: InputStatistics, strength: float, rng: np.random.Generator) -> Array:
        """All by the same angle."""
        return _redrawn(inputs, material, angle=math.radians(strength))

    def trained(self, augmentation: Augmentation) -> tuple[float, float]:
        """Degrees."""
        return -augmentation.rotation, augmentation.rotation


@PERTURBATIONS.register("size")
class Size(Perturbation):
    """What is in the pictures becomes smaller or larger, about their centre."""

    label = "Size"

    def unit(self, shape: Shape) -> str:
        """Percent that height and width gain or lose."""
        return "%"

    def meaning(self, shape: Shape) -> str:
        """As its unit."""
        return "smaller is −, larger is +"

    def strengths(self, shape: Shape) -> Sequence[float]:
        """Down to half, and up to one and a half times as high and wide."""
        return [float(percent) for percent in range(-50, 51, 10)]

    def apply(self, inputs: Array, material: InputStatistics, strength: float, rng: np.random.Generator) -> Array:
        """All by the same factor."""
        return _redrawn(inputs, material, scale=1 + strength / 100)

    def trained(self, augmentation: Augmentation) -> tuple[float, float]:
        """Percent; augmentation's ``scale`` is the largest share that is gained, and the factor's inverse is lost."""
        return 100 / (1 + augmentation.scale) - 100, 100 * augmentation.scale


@PERTURBATIONS.register("thickness")
class Thickness(Perturbation):
    """The edges of strokes move outward, or inward for negative strengths."""

    label = "Stroke thickness"

    def unit(self, shape: Shape) -> str:
        """Pixels on either side of a stroke."""
        return "px"

    def meaning(self, shape: Shape) -> str:
        """As its unit."""
        return "at each edge"

    def strengths(self, shape: Shape) -> Sequence[float]:
        """Pixels; thin strokes are gone when their edges have moved inward by half their thickness."""
        return [step / 4 for step in range(-6, 7)]

    def apply(self, inputs: Array, material: InputStatistics, strength: float, rng: np.random.Generator) -> Array:
        """All by the same number of pixels."""
        return _redrawn(inputs, material, thickness=strength)

    def trained(self, augmentation: Augmentation) -> tuple[float, float]:
        """Pixels."""
        return -augmentation.thickness, augmentation.thickness


@PERTURBATIONS.register("covered")
class Occlusion(Perturbation):
    """A part is hidden: of a picture a square, at a random place; else some columns, which get their mean."""

    label = "Occlusion parts"
    for_columns = True

    def unit(self, shape: Shape) -> str:
        """The side of the square, or the number of columns."""
        return "px" if is_picture(shape) else "columns"

    def meaning(self, shape: Shape) -> str:
        """As its unit."""
        return "side of a square" if is_picture(shape) else "how many get their mean"

    def strengths(self, shape: Shape) -> Sequence[float]:
        """A square of up to six tenths of the picture's side; or up to all columns, or nearly all."""
        return _whole_steps(0.6 * min(shape) if is_picture(shape) else shape[0])

    def step(self, shape: Shape) -> float:
        """There is no part of a pixel or of a column."""
        return 1.0

    def apply(self, inputs: Array, material: InputStatistics, strength: float, rng: np.random.Generator) -> Array:
        """The squares lie wholly within the picture; a larger one contains the smaller where there is room."""
        hide = _hide_squares if is_picture(material.shape) else _hide_columns
        disturbed: Array = np.where(hide(len(inputs), material, round(strength), rng), material.means, inputs)
        return disturbed


def _hide_squares(count: int, material: InputStatistics, side: int, rng: np.random.Generator) -> Array:
    """(count, width) whether each pixel is hidden."""
    height, width = material.shape
    axes = []
    for length in (height, width):
        first = np.floor(rng.random((count, 1)) * (max(length - side, 0) + 1))
        places = np.arange(length)
        axes.append((places >= first) & (places < first + side))
    hidden: Array = axes[0][:, :, None] & axes[1][:, None, :]
    return hidden.reshape(count, -1)


def _hide_columns(count: int, material: InputStatistics, columns: int, rng: np.random.Generator) -> Array:
    """(count, width) whether each input's column is hidden."""
    of_inputs = np.arange(len(material.means)) if material.columns is None else material.columns
    ranks: Array = rng.random((count, int(of_inputs.max()) + 1)).argsort(axis=1).argsort(axis=1)
    return ranks[:, of_inputs] < columns


def _redrawn(inputs: Array, material: InputStatistics, **moved: Any) -> Array:
    height, width = material.shape
    return warp_images(inputs, (height, width), background=material.background, **moved)


def _whole_steps(most: float, count: int = 8) -> Sequence[float]:
    """0 and about ``count`` whole numbers up to ``most``, evenly apart."""
    step = max(1, round(most / count))
    return [float(strength) for strength in range(0, max(step, math.floor(most)) + 1, step)]


def fitting(shape: Shape) -> list[str]:
    """The names of the disturbances that make sense for examples of that shape."""
    return [name for name in PERTURBATIONS if is_picture(shape) or PERTURBATIONS[name].for_columns]
