"""Perturbations of examples at several strengths, for measuring the robustness of a network.

Several severities of each kind: Hendrycks and Dietterich 2019, arXiv:1903.12261. A new kind is one class in this
module.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.basics.registry import RegisteredClass, Registry
from engine.basics.validation import Array
from engine.datasets import Dataset
from engine.training.augmentation import Augmentation
from engine.training.image_warp import warp_images

_DIRECTIONS = ((0, 1), (1, 0), (0, -1), (-1, 0))  # (down, right), of which examples take turns
_SEED = 1


# Dimensions of an example: (height, width) of an image, else (columns,), where a category counts as one column.
Shape = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class InputStatistics:
    """Statistics of a data set's inputs that perturbations need.

    Attributes:
        shape: the dimensions of an example.
        means, spreads: (width,) mean and standard deviation over the training examples; for images the background
            and 1, the difference between black and white. The standard deviation of a category's inputs is set to 0.
        columns: (width,) the number of each input's column; None if each input is a column of its own.
    """

    shape: Shape
    means: Array
    spreads: Array
    columns: Array | None = None

    @property
    def background(self) -> float:
        """The brightness of an empty image."""
        return float(self.means[0])


def is_picture(shape: Shape) -> bool:
    """Whether examples of this shape are images."""
    return len(shape) == 2


def shape_of(dataset: Dataset) -> Shape:
    """Returns the dimensions of an example: (height, width) of an image, else (columns,)."""
    return dataset.example_shape if dataset.is_picture else (int(_columns_of(dataset)[-1]) + 1,)


def _columns_of(dataset: Dataset) -> Array:
    """Returns the number of each input's column, (width,), from 0; the inputs of a category share one."""
    begins = np.ones(dataset.width, bool)
    for group in dataset.categories:
        begins[sorted(group)[1:]] = False
    numbers: Array = np.cumsum(begins) - 1
    for group in dataset.categories:
        numbers[list(group)] = numbers[min(group)]
    return numbers


def input_statistics(dataset: Dataset) -> InputStatistics:
    """Returns the statistics of a data set's inputs."""
    width, shape = dataset.width, shape_of(dataset)
    if is_picture(shape):
        return InputStatistics(shape, np.full(width, dataset.background, np.float32), np.ones(width, np.float32))
    inputs, scale = dataset.train.inputs, dataset.train.scale
    means, spreads = inputs.mean(axis=0, dtype=np.float64), inputs.std(axis=0, dtype=np.float64)
    if len(dataset.categories) < shape[0]:
        spreads[[number for group in dataset.categories for number in group]] = 0  # nothing lies between categories
    found = (means * scale).astype(np.float32), (spreads * scale).astype(np.float32)
    return InputStatistics(shape, *found, _columns_of(dataset))


class Perturbation(RegisteredClass):
    """Base class of perturbations. Strength 0 changes nothing; the sign of a strength is a direction, if there are two.

    Attributes:
        for_columns: whether it applies to examples that are not images.
    """

    for_columns = False

    @abstractmethod
    def unit(self, shape: Shape) -> str:
        """Returns the unit of the strength, as shown after a number; it may be empty."""

    @abstractmethod
    def meaning(self, shape: Shape) -> str:
        """Returns a short text on the meaning of the strength."""

    @abstractmethod
    def strengths(self, shape: Shape) -> Sequence[float]:
        """Returns the strengths at which networks are measured, ascending, including 0."""

    def step(self, shape: Shape) -> float:
        """Returns the finest useful step of the strength, a tenth of the distance between the measured strengths."""
        strengths = self.strengths(shape)
        return (strengths[1] - strengths[0]) / 10

    @abstractmethod
    def apply(self, inputs: Array, material: InputStatistics, strength: float, rng: np.random.Generator) -> Array:
        """Returns a perturbed copy of inputs (k, width), floats. The same state of ``rng`` gives the same bits."""

    def trained(self, augmentation: Augmentation) -> tuple[float, float]:
        """Returns the range of strengths that this augmentation covers in training; (0, 0) for none."""
        return 0.0, 0.0

    def __call__(self, inputs: Array, material: InputStatistics, strength: float, chunk: int = 0) -> Array:
        """Returns a perturbed copy of a chunk of the inputs, with the same random numbers at each strength."""
        return self.apply(inputs, material, strength, np.random.default_rng((_SEED, chunk)))


PERTURBATIONS: Registry[type[Perturbation]] = Registry("disturbance")


@PERTURBATIONS.register("noise")
class Noise(Perturbation):
    """Adds normal noise to each number; images are clipped to 0…1, as in augmentation."""

    label = "Noise"
    for_columns = True

    def unit(self, shape: Shape) -> str:
        """Returns no unit for images, where 1 is the difference between black and white; else σ."""
        return "" if is_picture(shape) else "σ"

    def meaning(self, shape: Shape) -> str:
        """Returns "standard deviation", or σ of the column."""
        return "standard deviation" if is_picture(shape) else "σ: the column's deviation"

    def strengths(self, shape: Shape) -> Sequence[float]:
        """Returns standard deviations of the noise."""
        return [step / 10 for step in range(9)] if is_picture(shape) else [step / 4 for step in range(9)]

    def apply(self, inputs: Array, material: InputStatistics, strength: float, rng: np.random.Generator) -> Array:
        """Adds noise in units of the inputs' standard deviations."""
        noise = rng.standard_normal(inputs.shape, np.float32)
        disturbed: Array = inputs + np.float32(strength) * material.spreads * noise
        return np.clip(disturbed, 0, 1) if is_picture(material.shape) else disturbed

    def trained(self, augmentation: Augmentation) -> tuple[float, float]:
        """Returns 0 and the standard deviation of the noise in training."""
        return 0.0, augmentation.noise


@PERTURBATIONS.register("shift")
class Shift(Perturbation):
    """Moves images, in turn to the right, down, to the left and up."""

    label = "Shift"

    def unit(self, shape: Shape) -> str:
        """Returns pixels."""
        return "px"

    def meaning(self, shape: Shape) -> str:
        """Returns the directions."""
        return "mean over 4 directions"

    def strengths(self, shape: Shape) -> Sequence[float]:
        """Returns whole pixels up to nearly a third of the image."""
        return _whole_steps(0.3 * min(shape))

    def apply(self, inputs: Array, material: InputStatistics, strength: float, rng: np.random.Generator) -> Array:
        """Moves the examples in turn in the four directions of :data:`_DIRECTIONS`."""
        turns = np.resize(np.array(_DIRECTIONS), (len(inputs), 2)) * strength
        return _redrawn(inputs, material, down=turns[:, 0], right=turns[:, 1])

    def trained(self, augmentation: Augmentation) -> tuple[float, float]:
        """Returns pixels."""
        return 0.0, augmentation.shift


@PERTURBATIONS.register("rotation")
class Rotation(Perturbation):
    """Rotates images about their centre; counter-clockwise is positive."""

    label = "Rotation"

    def unit(self, shape: Shape) -> str:
        """Returns degrees."""
        return "°"

    def meaning(self, shape: Shape) -> str:
        """Returns the direction of positive angles."""
        return "+ is anticlockwise"

    def strengths(self, shape: Shape) -> Sequence[float]:
        """Returns angles up to a quarter turn both ways, in degrees."""
        return [float(angle) for angle in range(-90, 91, 15)]

    def step(self, shape: Shape) -> float:
        """Returns one degree."""
        return 1.0

    def apply(self, inputs: Array, material: InputStatistics, strength: float, rng: np.random.Generator) -> Array:
        """Rotates all examples by the same angle, in degrees."""
        return _redrawn(inputs, material, angle=math.radians(strength))

    def trained(self, augmentation: Augmentation) -> tuple[float, float]:
        """Returns degrees."""
        return -augmentation.rotation, augmentation.rotation


@PERTURBATIONS.register("size")
class Size(Perturbation):
    """Scales the content of images about their centre."""

    label = "Size"

    def unit(self, shape: Shape) -> str:
        """Returns percent, by which height and width change."""
        return "%"

    def meaning(self, shape: Shape) -> str:
        """Returns the meaning of the unit."""
        return "smaller is −, larger is +"

    def strengths(self, shape: Shape) -> Sequence[float]:
        """Returns changes of height and width from −50 to 50, in percent."""
        return [float(percent) for percent in range(-50, 51, 10)]

    def apply(self, inputs: Array, material: InputStatistics, strength: float, rng: np.random.Generator) -> Array:
        """Scales all examples by the same factor."""
        return _redrawn(inputs, material, scale=1 + strength / 100)

    def trained(self, augmentation: Augmentation) -> tuple[float, float]:
        """Returns percent: augmentation scales by 1 / (1 + ``scale``) to 1 + ``scale``."""
        return 100 / (1 + augmentation.scale) - 100, 100 * augmentation.scale


@PERTURBATIONS.register("thickness")
class Thickness(Perturbation):
    """Moves the edges of strokes outward, or inward for negative strengths."""

    label = "Stroke thickness"

    def unit(self, shape: Shape) -> str:
        """Returns pixels, on either side of a stroke."""
        return "px"

    def meaning(self, shape: Shape) -> str:
        """Returns the meaning of the unit."""
        return "at each edge"

    def strengths(self, shape: Shape) -> Sequence[float]:
        """Returns pixels; a stroke vanishes when its edges move inward by half its thickness."""
        return [step / 4 for step in range(-6, 7)]

    def apply(self, inputs: Array, material: InputStatistics, strength: float, rng: np.random.Generator) -> Array:
        """Moves the edges in all examples by the same number of pixels."""
        return _redrawn(inputs, material, thickness=strength)

    def trained(self, augmentation: Augmentation) -> tuple[float, float]:
        """Returns pixels."""
        return -augmentation.thickness, augmentation.thickness


@PERTURBATIONS.register("covered")
class Occlusion(Perturbation):
    """Hides a square of an image at a random place, or replaces random columns by their mean."""

    label = "Occlusion"
    for_columns = True

    def unit(self, shape: Shape) -> str:
        """Returns the unit of the square's side, or of the number of columns."""
        return "px" if is_picture(shape) else "columns"

    def meaning(self, shape: Shape) -> str:
        """Returns the meaning of the unit."""
        return "side of a square" if is_picture(shape) else "how many get their mean"

    def strengths(self, shape: Shape) -> Sequence[float]:
        """Returns sides of a square of up to six tenths of the image's side, or numbers of columns up to about all."""
        return _whole_steps(0.6 * min(shape) if is_picture(shape) else shape[0])

    def step(self, shape: Shape) -> float:
        """Returns one pixel or one column."""
        return 1.0

    def apply(self, inputs: Array, material: InputStatistics, strength: float, rng: np.random.Generator) -> Array:
        """Hides squares that lie wholly within the image; a larger one contains the smaller if it fits there."""
        hide = _hide_squares if is_picture(material.shape) else _hide_columns
        disturbed: Array = np.where(hide(len(inputs), material, round(strength), rng), material.means, inputs)
        return disturbed


def _hide_squares(count: int, material: InputStatistics, side: int, rng: np.random.Generator) -> Array:
    """Returns whether each pixel is hidden, (count, width)."""
    height, width = material.shape
    axes = []
    for length in (height, width):
        first = np.floor(rng.random((count, 1)) * (max(length - side, 0) + 1))
        places = np.arange(length)
        axes.append((places >= first) & (places < first + side))
    hidden: Array = axes[0][:, :, None] & axes[1][:, None, :]
    return hidden.reshape(count, -1)


def _hide_columns(count: int, material: InputStatistics, columns: int, rng: np.random.Generator) -> Array:
    """Returns whether each input's column is hidden, (count, width)."""
    of_inputs = np.arange(len(material.means)) if material.columns is None else material.columns
    ranks: Array = rng.random((count, int(of_inputs.max()) + 1)).argsort(axis=1).argsort(axis=1)
    return ranks[:, of_inputs] < columns


def _redrawn(inputs: Array, material: InputStatistics, **moved: Any) -> Array:
    height, width = material.shape
    return warp_images(inputs, (height, width), background=material.background, **moved)


def _whole_steps(most: float, count: int = 8) -> Sequence[float]:
    """Returns 0 and about ``count`` evenly spaced whole numbers up to ``most``."""
    step = max(1, round(most / count))
    return [float(strength) for strength in range(0, max(step, math.floor(most)) + 1, step)]


def applicable_perturbations(shape: Shape) -> list[str]:
    """Returns the names of the perturbations that apply to examples of this shape."""
    return [name for name in PERTURBATIONS if is_picture(shape) or PERTURBATIONS[name].for_columns]
