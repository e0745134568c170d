"""Augmentation: random distortions of the images of each batch, which make new examples from old ones.

Batches are processed in parts that fit into the processor's cache.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.basics.validation import Array, check_available, whole_number
from engine.training.image_warp import AFFINE_TERMS, ImageWarper, affine_basis, steps_for, write_affine_map
from engine.training.setting import AUGMENTATION, IMAGES, Number, Setting, declarations

# Share of the elastic field's variance that is drawn. The rest consists of many tiny ripples.
_SHARE_OF_VARIANCE = 0.99


@dataclass(frozen=True)
class Augmentation:
    """Strengths of the distortions of images; 0 switches one off. Raises SettingError for invalid values.

    "Up to" means: drawn uniformly for each image, from minus to plus the value.

    Attributes:
        shift: pixels, up to; drawn separately for right and down. At most 100.
        rotation: degrees about the image's centre, up to; counter-clockwise is positive. At most 180.
        scale: height and width times a factor from 1 / (1 + scale) to 1 + scale, its logarithm uniform. At most 1.
        shear: pixels sideways per pixel upward, up to; leaning right is positive. At most 1.
        elastic: pixels; root mean square of the distance by which a pixel is moved. At most 20.
        elastic_sigma: pixels; standard deviation of the Gaussian that smooths the elastic displacements. 1 to 100.
        thickness: pixels by which the edges of strokes move outward, up to; negative is inward, where strokes thinner
            than twice that fade. At most 2.
        noise: standard deviation of the normal noise added to each pixel; brightness is 0 … 1 and is clipped to it. At
            most 1.
    """

    shift: float = Setting(
        Number("2", 0, 100, 0.5, "pixels"),
        AUGMENTATION,
        IMAGES,
        help="move images by at most X pixels",
        title="Shift",
        unit="pixels",
        tip="Shifts each image in both directions, by at most this many pixels.",
        off=0.0,
    ).field(0.0)
    rotation: float = Setting(
        Number("10", 0, 180, 1, "degrees"),
        AUGMENTATION,
        IMAGES,
        help="rotate images by at most X degrees",
        title="Rotation",
        unit="degrees",
        tip="Rotates each image about its centre, by at most this angle.",
        off=0.0,
    ).field(0.0)
    scale: float = Setting(
        Number("0.1", 0, 1, 0.02, "(0.1 is up to a tenth larger or smaller)"),
        AUGMENTATION,
        IMAGES,
        help="enlarge or shrink images by at most this share; 0.1 is a tenth",
        title="Scale",
        tip="Enlarges or shrinks each image, by at most this share: 0.1 is a tenth.",
        off=0.0,
    ).field(0.0)
    shear: float = Setting(
        Number("0.1", 0, 1, 0.02, "(1 is a shear of 45 degrees)"),
        AUGMENTATION,
        IMAGES,
        help="shear images by at most this factor; 1 is 45 degrees",
        title="Shear",
        tip="Shears each image to the left or right, by at most this factor: 1 is 45 degrees.",
        off=0.0,
    ).field(0.0)
    elastic: float = Setting(
        Number("1", 0, 20, 0.1, "pixels"),
        AUGMENTATION,
        IMAGES,
        help="bend strokes: pixels move by X pixels (root mean square)",
        title="Elastic",
        unit="pixels",
        tip="Bends the strokes (elastic deformation), as another hand would draw them. The unit is pixels.",
        off=0.0,
    ).field(0.0)
    elastic_sigma: float = Setting(
        Number("4", 1, 100, 0.5, "pixels"),
        AUGMENTATION,
        IMAGES,
        help="smoothness of the elastic distortion in pixels",
        title="Smoothing",
        unit="pixels",
        tip="Sets how smooth the elastic deformation is. Small values make strokes jagged.",
        worth_trying=(3, 4.5, 6),
    ).field(4.0)
    thickness: float = Setting(
        Number("0.3", 0, 2, 0.1, "pixels"),
        AUGMENTATION,
        IMAGES,
        help="make strokes thicker or thinner by at most X pixels",
        title="Thickness",
        unit="pixels",
        tip="Makes strokes thicker or thinner, by at most this many pixels.",
        off=0.0,
    ).field(0.0)
    noise: float = Setting(
        Number("0.05", 0, 1, 0.01, "(1 is the difference between black and white)"),
        AUGMENTATION,
        IMAGES,
        help="standard deviation of the noise added to each pixel; 1 is from black to white",
        title="Noise",
        tip="Adds a random number to every pixel, so that the network learns to ignore noise.",
        off=0.0,
    ).field(0.0)

    def __post_init__(self) -> None:
        for name, setting in DISTORTIONS.items():
            object.__setattr__(self, name, setting.rule.check(name, getattr(self, name)))

    @property
    def moves(self) -> bool:
        """Whether a distortion moves pixels."""
        return any((self.shift, self.rotation, self.scale, self.shear, self.elastic))

    @property
    def is_active(self) -> bool:
        return self.moves or self.thickness > 0 or self.noise > 0


DISTORTIONS = declarations(Augmentation)


class Augmenter:
    """Distorts batches of images of one size. Its buffers are allocated once."""

    def __init__(
        self,
        augmentation: Augmentation,
        picture_shape: tuple[int, ...],
        batch_size: int,
        dtype: npt.DTypeLike = np.float32,
        background: float = 0.0,
    ) -> None:
        """
        Args:
            augmentation: the distortions.
            picture_shape: (height, width).
            batch_size: the largest number of images in a batch.
            dtype: type of the images, float32 or float64.
            background: brightness of an empty image, 0…1; strokes on one above 0.5 are dark.

        Raises:
            SettingError: ``batch_size`` is not a whole number of at least 1.
        """
        self._augmentation = augmentation
        height, width = picture_shape
        self._shape = (height, width)
        self._batch_size = whole_number("batch_size", batch_size, 1, "100")
        self._dtype: Any = np.dtype(dtype)
        self._background = background
        basis = affine_basis(self._shape)
        if augmentation.elastic:
            basis = np.vstack((basis, elastic_basis(self._shape, augmentation.elastic_sigma)))
        steps = steps_for(augmentation.thickness)
        self._redrawer = ImageWarper(self._shape, self._batch_size, basis, steps, self._dtype, background)
        self._coefficients = self._empty(2, self._batch_size, len(basis))
        self._drawn = self._empty(2 * self._batch_size * (len(basis) - AFFINE_TERMS))
        self._thicknesses = self._empty(self._batch_size)
        self._noise = self._empty(self._redrawer.part, height * width)

    def __reduce__(self) -> tuple[type, tuple[Any, ...]]:
        """Allocates new arrays for pickles and deep copies, because copied arrays would no longer share memory."""
        return type(self), (self._augmentation, self._shape, self._batch_size, self._dtype, self._background)

    def _empty(self, *shape: int) -> Array:
        return np.empty(shape, self._dtype)

    def apply(self, pictures: Array, rng: np.random.Generator) -> None:
        """Distorts images in place, each one differently.

        The area outside an image counts as background. The same state of ``rng`` and the same images give the same
        bits; no random numbers are drawn for distortions that are switched off.

        Args:
            images: (k, height * width) with k <= batch_size, values 0 … 1, C-contiguous, of the ``dtype`` given.
            rng: the source of all randomness.
        """
        wanted = self._augmentation
        if wanted.moves:
            self._draw_motion(len(pictures), rng)
        if wanted.thickness:
            self._thicknesses[: len(pictures)] = self._uniform(wanted.thickness, len(pictures), rng)
        size = self._redrawer.part
        for start in range(0, len(pictures), size):
            part = pictures[start : start + size]
            if wanted.moves or wanted.thickness:
                self._redraw(part, slice(start, start + len(part)))
            if wanted.noise:
                self._add_noise(part, rng)

    def _uniform(self, strength: float, count: int, rng: np.random.Generator) -> Array:
        """Returns (count,) numbers from -strength to strength; zeros without a draw for strength 0."""
        if not strength:
            return np.zeros(count, self._dtype)
        drawn: Array = rng.random(count, dtype=self._dtype)
        drawn *= 2 * strength
        drawn -= strength
        return drawn

    def _draw_motion(self, count: int, rng: np.random.Generator) -> None:
        """Draws coefficients (2, count, terms) of the basis; they give the place (y, x) in the frame of each pixel."""
        coefficients = self._coefficients[:, :count]
        self._draw_affine(coefficients, rng)
        if self._augmentation.elastic:
            modes = coefficients.shape[2] - AFFINE_TERMS
            drawn = self._drawn[: 2 * count * modes].reshape(2, count, modes)
            rng.standard_normal(dtype=self._dtype, out=drawn)
            drawn *= self._augmentation.elastic / math.sqrt(2)  # elastic is a distance: each axis has 1/√2 of it
            coefficients[:, :, AFFINE_TERMS:] = drawn

    def _draw_affine(self, coefficients: Array, rng: np.random.Generator) -> None:
        """Draws scale, shear, rotation and shift of each image."""
        wanted, count = self._augmentation, coefficients.shape[1]
        down, right = (self._uniform(wanted.shift, count, rng) for _ in range(2))
        angle = self._uniform(math.radians(wanted.rotation), count, rng)
        scale = np.exp(self._uniform(math.log1p(wanted.scale), count, rng))
        shear = self._uniform(wanted.shear, count, rng)
        write_affine_map(coefficients, self._shape, down, right, angle, scale, shear)

    def _redraw(self, part: Array, rows: slice) -> None:
        wanted = self._augmentation
        thicknesses = self._thicknesses[rows] if wanted.thickness else None
        self._redrawer.warp(part, thicknesses, self._coefficients[:, rows] if wanted.moves else None)

    def _add_noise(self, part: Array, rng: np.random.Generator) -> None:
        noise = self._noise[: len(part)]
        rng.standard_normal(dtype=self._dtype, out=noise)
        noise *= self._augmentation.noise
        part += noise
        np.clip(part, 0, 1, out=part)


def elastic_basis(shape: tuple[int, int], sigma: float) -> Array:
    """Returns (modes, height * width). Weighted by independent normal numbers, it is a smooth random field.

    The field is that of Simard, Steinkraus and Platt 2003, section 2: noise smoothed by a Gaussian of ``sigma`` pixels
    and scaled to variance 1, so that pixels d apart correlate by exp(-d² / 4 sigma²). Instead of smoothing noise it is
    composed of its principal components (Karhunen 1947, Loève 1948), of which few carry nearly all of the variance: 27
    for 28 × 28 and sigma 4.

    Raises SettingError if they do not fit in memory, as with a small sigma in large images.
    """
    (variances_y, modes_y), (variances_x, modes_x) = (_principal_components(side, sigma) for side in shape)
    variances = np.outer(variances_y, variances_x).ravel()
    order = np.argsort(-variances, kind="stable")
    share = np.cumsum(variances[order]) / variances.sum()
    kept = order[: 1 + int(np.searchsorted(share, _SHARE_OF_VARIANCE))]
    needed = 3 * 8 * len(kept) * shape[0] * shape[1]  # while the basis is computed
    purpose = f"a value of {sigma:g} for images of this size"
    check_available(needed, "elastic_sigma", purpose, f"Try {2 * sigma:g}.")
    at_y, at_x = np.unravel_index(kept, (shape[0], shape[1]))
    modes = modes_y[at_y][:, :, None] * modes_x[at_x][:, None, :]
    basis: Array = np.sqrt(variances[kept])[:, None] * modes.reshape(len(kept), -1)
    basis /= np.sqrt((basis**2).sum(axis=0))  # restores variance 1: the omitted modes lack most at the edges
    return basis


def _principal_components(side: int, sigma: float) -> tuple[Array, Array]:
    """Returns variances (side,) and directions (side, side), one per row, of a smooth random line."""
    distance = np.subtract.outer(np.arange(side), np.arange(side))
    variances, directions = np.linalg.eigh(np.exp(-(distance**2) / (4 * sigma**2)))
    return np.maximum(variances, 0), directions.T
