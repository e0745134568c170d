"""Image warping for augmentation and robustness tests: moves pixels and the edges of strokes.

All movements of pixels are combined into one map from each pixel of the new image to a place in the old one, because
resampling several times would blur. The area outside an image counts as background.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.basics.validation import Array
from engine.datasets.brightness import ink_brightness

# Bytes of the buffers for one chunk of images: they fit into a second-level cache and still hold many images.
_BYTES_IN_A_PART = 1_500_000
# Numbers per pixel: the framed image, place and corner (y, x), the index (double size), 4 neighbours.
_NUMBERS_FOR_A_PIXEL = 1 + 2 + 2 + 2 + 4
# Pixels by which an edge moves in one step: beyond 1 / √2 a pixel would become brighter than its neighbours. With fine
# steps, a stroke that is made thicker by more always contains the one that is made thicker by less.
_THICKNESS_STEP, _FINE_STEP = 0.7, 0.25
# The terms of an affine map: 1, y and x.
AFFINE_TERMS = 3


class ImageWarper:
    """Warps images of one size, in chunks, with buffers that are allocated once.

    Attributes:
        part: the largest number of images in a chunk.
    """

    def __init__(
        self,
        shape: tuple[int, int],
        most: int,
        basis: Array,
        steps: int,
        dtype: npt.DTypeLike = np.float32,
        background: float = 0.0,
    ) -> None:
        """
        Args:
            shape: (height, width).
            most: the largest number of images.
            basis: (terms, height * width); coefficients times the basis are the places that pixels come from.
            steps: number of steps in which the edges of strokes move; 0 if they never do.
            dtype: type of the images, float32 or float64.
            background: brightness of an empty image, 0…1; strokes on one above 0.5 are dark.
        """
        self._background, self._strokes = background, -1 if ink_brightness(background) < background else 1
        self._shape = height, width = shape
        self._dtype: Any = np.dtype(dtype)
        self._basis = basis.astype(self._dtype)
        bytes_for_one = _NUMBERS_FOR_A_PIXEL * height * width * self._dtype.itemsize
        self.part = min(most, max(1, _BYTES_IN_A_PART // bytes_for_one))
        self._steps = steps
        self._allocate_padded()
        self._allocate_motion()

    def _empty(self, *shape: int) -> Array:
        return np.empty(shape, self._dtype)

    def _allocate_padded(self) -> None:
        """Allocates the images of a chunk, each with a frame of zeros one pixel wide, which stands for the outside."""
        height, width = self._shape
        self._row, self._frame = width + 2, (height + 2) * (width + 2)
        # Extra space after the last frame for the lower right neighbours of its last pixel.
        self._padded = np.zeros(self.part * self._frame + self._row + 1, self._dtype)
        frames = self._padded[: self.part * self._frame].reshape(self.part, height + 2, width + 2)
        self._inside = frames[:, 1:-1, 1:-1]
        numbers = self.part * self._frame if self._steps else 0
        self._signed, self._across, self._along = (self._empty(numbers) for _ in range(3))

    def _allocate_motion(self) -> None:
        height, width = self._shape
        self._places = self._empty(2, self.part, height * width)
        self._corners = np.empty_like(self._places)
        self._index = np.empty((self.part, height * width), np.intp)
        self._first = self._frame * np.arange(self.part, dtype=np.intp)[:, None]
        self._neighbours = self._empty(4, self.part, height * width)

    def warp(self, pictures: Array, thicknesses: Array | None, coefficients: Array | None) -> None:
        """Warps at most ``part`` images, (k, height * width), in place.

        Args:
            images: C-contiguous, of the ``dtype`` given.
            thicknesses: (k,) pixels by which the edges of strokes move outward; None leaves them.
            coefficients: (2, k, terms) of the basis; they give the place (y, x) in the framed image that each pixel
                comes from. None leaves the pixels where they are.
        """
        if self._background:  # makes the background 0 and strokes positive
            pictures -= self._background
            pictures *= self._strokes
        inside = self._inside[: len(pictures)]
        inside[...] = pictures.reshape(inside.shape)
        if thicknesses is not None:
            self._thicken(thicknesses)
        if coefficients is not None:
            self._find_places(coefficients)
            self._resample(pictures)
        else:
            pictures.reshape(inside.shape)[...] = inside
        if self._background:
            pictures *= self._strokes
            pictures += self._background

    def _thicken(self, by: Array) -> None:
        """Moves the edges of strokes by (k,) pixels: changes each pixel by that times the slope on its brighter side.

        This is morphology as a differential equation, ∂u/∂t = ±|∇u|, which grows equally in all directions; Rouy and
        Tourin 1992. Shrinking is growing the negative.
        """
        used, inside = len(by) * self._frame, self._inside[: len(by)]
        sign = np.copysign(self._dtype.type(1), by)[:, None]
        by_step = (by / self._steps)[:, None, None]
        signed, slope = self._signed[:used], self._along[:used]
        for _ in range(self._steps):
            np.multiply(self._padded[:used].reshape(len(by), -1), sign, out=signed.reshape(len(by), -1))
            self._slope(signed, slope)
            slopes = slope.reshape(len(by), *(side + 2 for side in self._shape))[:, 1:-1, 1:-1]
            slopes *= by_step
            inside += slopes

    def _slope(self, signed: Array, slope: Array) -> None:
        """Writes into ``slope`` how steeply the surroundings of each pixel rise; the frames are overwritten."""
        across = self._across[: len(slope)]
        for step, squares in ((1, across), (self._row, slope)):
            here, middle = squares[step:-step], signed[step:-step]
            np.maximum(signed[: -2 * step], signed[2 * step :], out=here)
            np.maximum(here, middle, out=here)
            here -= middle
            here *= here
        inner = slope[self._row : -self._row]
        inner += across[self._row : -self._row]
        np.sqrt(inner, out=inner)

    def _find_places(self, coefficients: Array) -> None:
        """Computes where each pixel comes from: ``_index`` is the pixel above and left, ``_places`` the rest."""
        count = coefficients.shape[1]
        places, corners, index = self._places[:, :count], self._corners[:, :count], self._index[:count]
        np.matmul(coefficients, self._basis, out=places)
        for axis, side in enumerate(self._shape):
            np.clip(places[axis], 0, side + 1, out=places[axis])
        np.floor(places, out=corners)
        places -= corners
        corners[0] *= self._row
        corners[0] += corners[1]
        np.copyto(index, corners[0], casting="unsafe")
        index += self._first[:count]

    def _resample(self, part: Array) -> None:
        """Interpolates bilinearly between the four neighbours of each place."""
        count = len(part)
        down, right = self._places[:, :count]
        neighbours = self._neighbours[:, :count]
        for offset, values in zip((0, 1, self._row, self._row + 1), neighbours, strict=True):
            # The indices are in range; mode="clip" avoids a check and a temporary copy of the output.
            np.take(self._padded[offset:], self._index[:count], out=values, mode="clip")
        left, beside = neighbours[0::2], neighbours[1::2]  # of the upper and the lower row at once
        beside -= left
        beside *= right
        left += beside
        above, below = left
        below -= above
        below *= down
        np.add(above, below, out=part)


def steps_for(thickness: float, is_fine: bool = False) -> int:
    """Returns the number of steps in which edges move by this many pixels."""
    return math.ceil(thickness / (_FINE_STEP if is_fine else _THICKNESS_STEP))


def affine_basis(shape: tuple[int, int]) -> Array:
    """Returns (3, height * width): 1, and each pixel's y and x relative to the image's centre."""
    y, x = np.indices(shape, np.float64).reshape(2, -1)
    return np.stack((np.ones_like(y), y - y.mean(), x - x.mean()))


def write_affine_map(
    coefficients: Array,
    shape: tuple[int, int],
    down: Array | float = 0.0,
    right: Array | float = 0.0,
    angle: Array | float = 0.0,
    scale: Array | float = 1.0,
    shear: Array | float = 0.0,
) -> None:
    """Writes coefficients (2, k, terms) of an affine basis: images are scaled, then sheared, rotated and shifted.

    Each is one number for all images or (k,): pixels down and to the right; radians about the centre,
    counter-clockwise; the factor of height and width; pixels sideways per pixel upward. The coefficients are those of
    the inverse map, from the new image to the old one.
    """
    cos, sin = np.cos(angle) / scale, np.sin(angle) / scale
    rows = (cos, sin), (shear * cos - sin, shear * sin + cos)
    for axis, (by_y, by_x) in enumerate(rows):
        centre = (shape[axis] - 1) / 2 + 1  # 1 for the frame
        coefficients[axis, :, 0] = centre - by_y * down - by_x * right
        coefficients[axis, :, 1] = by_y
        coefficients[axis, :, 2] = by_x


def warp_images(
    pictures: Array,
    shape: tuple[int, int],
    down: Array | float = 0.0,
    right: Array | float = 0.0,
    angle: float = 0.0,
    scale: float = 1.0,
    thickness: float = 0.0,
    background: float = 0.0,
) -> Array:
    """Returns a warped copy of images (k, height * width): edges move by ``thickness``, then :func:`write_affine_map`.

    If nothing moves, no pixel is resampled. For ``background`` see :class:`ImageWarper`.
    """
    copies, count = pictures.copy(), len(pictures)
    steps = steps_for(abs(thickness), is_fine=True)
    redrawer = ImageWarper(shape, count, affine_basis(shape), steps, pictures.dtype, background)
    coefficients = np.empty((2, count, AFFINE_TERMS), pictures.dtype)
    write_affine_map(coefficients, shape, down, right, angle, scale)
    moves = bool(np.any(down) or np.any(right) or angle or scale != 1)
    thicknesses = np.full(count, thickness, pictures.dtype)
    for start in range(0, count, redrawer.part):
        part = slice(start, start + redrawer.part)
        redrawer.warp(copies[part], thicknesses[part] if thickness else None, coefficients[:, part] if moves else None)
    return copies
