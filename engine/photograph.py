"""Extracts the ink of one digit from a photograph or scan.

The light on the paper is estimated as a smooth surface and subtracted. What is then darker (or lighter) than the
noise of the paper is ink; specks, and shadows at the border, are removed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image, ImageFilter

from engine.basics.validation import Array

_LOOK = 640  # pixels along the longer side of the image in which the digit is searched
_KEEP = 192  # pixels along the longer side of the result
_THINNEST = 0.075  # of the digit's longer side; thinner lines are made thicker, like MNIST's
_SMALL = 60  # pixels along a side; in smaller images the light is estimated from the border alone
_FIELD = 96  # pixels along the longer side of the image from which the light is estimated
_FAINTEST = 0.04  # least contrast of ink, as a share of the range of greys
_EVEN = 1e-4  # smaller differences of greys are those of rounding
_NOISE = 5.0  # ink differs from the paper by at least so many standard deviations of the paper's noise
_SPECK = 0.04  # smaller patches of ink, as a share of the largest, are ignored
_LOOK_FOR_PATCHES = 160  # cells along a side
_SHADE = 0.3  # light at the darkest place, as a share of the range of greys
_GRAIN = 5  # pixels; patches of noise are shorter
_MOST_PATCHES = 9  # a digit has one or two, some more if its lines are broken; noise has many
_SOFTEST = 0.06  # largest width of an edge of ink, as a share of the image's longer side
_MOST_INK = 0.75  # a larger share of the image cannot be ink


def ink_of_photograph(grey: Array) -> Array | None:
    """Cuts the digit out.

    Args:
        grey: (height, width), any size, finite. The border tells whether it is dark on light or light on dark.

    Returns:
        (height, width) float32 in 0…1, 1 is ink, at most 192 pixels long; None if there is no ink.
    """
    whole = np.asarray(grey, np.float32)
    small, factor = _reduced(whole, _LOOK)
    ink = _ink(small)
    if ink is None:
        return None
    box = _box(ink > 0.5)
    if factor > 1 and max(box[1] - box[0], box[3] - box[2]) < _KEEP:
        finer = _looked_at_closely(whole, box, factor)
        ink = ink if finer is None else finer
    return _cut_out(ink)


def _looked_at_closely(whole: Array, box: tuple[int, int, int, int], factor: int) -> Array | None:
    """Returns the ink around a digit that is small in a large image, at a higher resolution."""
    top, bottom, left, right = box
    margin = max(4, max(bottom - top, right - left) // 3)
    rows = slice(max(0, top - margin) * factor, (bottom + margin) * factor)
    columns = slice(max(0, left - margin) * factor, (right + margin) * factor)
    return _ink(_reduced(whole[rows, columns], _LOOK)[0])


def _reduced(grey: Array, longest: int) -> tuple[Array, int]:
    """Reduces the image to at most ``longest`` pixels a side; returns the means of blocks, and the blocks' side."""
    factor = -(-max(grey.shape) // longest)
    height, width = (max(1, length // factor) for length in grey.shape)
    tall, wide = min(factor, grey.shape[0]), min(factor, grey.shape[1])
    blocks = grey[: height * tall, : width * wide].reshape(height, tall, width, wide)
    return blocks.mean(axis=(1, 3), dtype=np.float64), factor  # float32 would overflow with the largest numbers


def _ink(grey: Array) -> Array | None:
    """Returns 0 for paper and 1 for ink, in the size of ``grey``; None if there is no ink."""
    span = float(grey.max()) - float(grey.min())
    if not span > 0:
        return None
    sharp = ((grey - grey.min()) / span).astype(np.float32)
    calm = _filtered(sharp, ImageFilter.MedianFilter(3)) if min(grey.shape) >= _SMALL else sharp
    calm = _without_light(calm)
    noise = _noise(calm)
    is_ink = calm > _threshold(calm)
    if not 0 < is_ink.mean() < _MOST_INK:
        return None
    dark = float(np.quantile(calm[is_ink], 0.75))
    is_ink = calm > 0.5 * dark
    digit, patches = _patches_that_count(is_ink)
    if min(grey.shape) >= _SMALL and (patches > _MOST_PATCHES or not _looks_written(calm, digit, dark)):
        return None
    faintest = min(max(0.02 * dark, 3 * noise), 0.45 * dark)
    ink = np.clip((calm - faintest) / (dark - faintest), 0, 1)
    around = _filtered(digit.astype(np.float32), ImageFilter.MaxFilter(5)) > 0
    ink = np.where(around, ink, 0).astype(np.float32)
    return ink if (ink > 0.5).any() else None


# ---- light


def _without_light(grey: Array) -> Array:
    """Subtracts the light on the paper; the result is positive for ink, dark or light."""
    if min(grey.shape) < _SMALL:
        difference = grey - _surface(grey)
        return difference if difference.max() >= -difference.min() else -difference
    around = _enlarged(_filtered(_small(grey), ImageFilter.GaussianBlur(_FIELD / 24)), grey.shape)
    # Lines differ more from their surroundings than the paper between them.
    ink = grey if ((grey - around) ** 3).mean() > 0 else -grey
    light = _lit_paper(ink)
    ink = ink - light
    if light.max() <= 0:  # dark ink has less contrast in the shade
        ink = ink * (_SHADE + float(np.median(-light))) / (_SHADE - light)
    for _ in range(2):
        ink = ink - _blurred_paper(ink, ink < _threshold(ink))
    return ink


def _lit_paper(ink: Array) -> Array:
    """Returns the paper's brightness without light ink, by a morphological opening wider than any line."""
    small = _small(ink)
    reach = min(_FIELD // 8, *(length - 1 for length in small.shape))
    paper = np.pad(small, reach, mode="reflect", reflect_type="odd")  # continues a slope beyond the border
    for how in (ImageFilter.MinFilter(5), ImageFilter.MaxFilter(5)):
        for _ in range(_FIELD // 16):
            paper = _filtered(paper, how)
    paper = _filtered(paper, ImageFilter.GaussianBlur(_FIELD / 24))
    return _enlarged(paper[reach:-reach, reach:-reach], ink.shape)


def _small(grey: Array) -> Array:
    """Reduces the image to about 96 pixels a side, enough for light, which is smooth."""
    return _reduced(grey, _FIELD)[0]


def _enlarged(grey: Array, shape: tuple[int, ...]) -> Array:
    made = Image.fromarray(np.asarray(grey, np.float32)).resize((shape[1], shape[0]), Image.Resampling.BICUBIC)
    return np.asarray(made)


def _surface(grey: Array) -> Array:
    """Returns a smooth surface fitted to the border, because a small image has little other paper."""
    rows, columns = np.meshgrid(np.linspace(-1, 1, grey.shape[0]), np.linspace(-1, 1, grey.shape[1]), indexing="ij")
    surfaces = np.stack([np.ones_like(rows), rows, columns, rows * columns, rows**2, columns**2], axis=-1)
    edge = np.ones(grey.shape, bool)
    edge[1:-1, 1:-1] = False
    return np.asarray(surfaces @ _fitted(surfaces[edge], grey[edge]))


def _fitted(surfaces: Array, grey: Array) -> Array:
    """Returns the surface's coefficients, fitted to most of the border; a digit that touches it has little weight."""
    weights = np.ones(len(grey))
    flat = np.zeros(surfaces.shape[1])
    flat[0] = np.median(grey)
    off = np.abs(grey - flat[0])
    if np.mean(off < 1e-6) > 0.5:  # as in every image that is not a photograph
        return flat
    for _ in range(8):
        scaled = surfaces * weights[:, None]
        # Regularised, so that a few pixels of a small image do not bend the surface.
        found = np.linalg.solve(scaled.T @ surfaces + 1e-3 * len(grey) * np.diag([0, 1, 1, 1, 1, 1]), scaled.T @ grey)
        off = np.abs(grey - surfaces @ found)
        weights = 1 / (1 + (off / max(2 * float(np.median(off)), 1e-4)) ** 2)
    return np.asarray(found)


def _blurred_paper(ink: Array, is_paper: Array) -> Array:
    """Returns the mean of the paper nearby."""
    blur = ImageFilter.GaussianBlur(_FIELD / 10)
    share = _filtered(_small(is_paper.astype(np.float32)), blur)
    light = _filtered(_small(np.where(is_paper, ink, 0).astype(np.float32)), blur)
    return _enlarged(light / np.maximum(share, 1e-3), ink.shape)


# ---- ink


def _threshold(values: Array) -> float:
    """Returns the value above which a pixel is ink; at least some noise levels above the paper."""
    return max(_parting(values), _FAINTEST, _NOISE * _noise(values))


def _noise(values: Array) -> float:
    """Returns the standard deviation of the paper, estimated robustly against ink."""
    paper = values[values <= _parting(values)]
    return 1.4826 * float(np.median(np.abs(paper - np.median(paper))))


def _parting(values: Array) -> float:
    """Returns the value that separates paper from ink best (Otsu 1979, "A threshold selection method")."""
    if values.max() - values.min() < _EVEN:
        return float(values.max())
    counts, edges = np.histogram(values, bins=128)
    middles = (edges[1:] + edges[:-1]) / 2
    below = np.cumsum(counts)[:-1]
    above = below[-1] + counts[-1] - below
    total = np.cumsum(counts * middles)
    gap = (total[-1] - total[:-1]) / np.maximum(above, 1) - total[:-1] / np.maximum(below, 1)
    return float(edges[1 + int(np.argmax(below * above * gap**2))])


def _patches_that_count(is_ink: Array) -> tuple[Array, int]:
    """Removes specks, and patches that touch the border if there is a digit apart from them.

    Returns:
        The remaining ink, and the number of its patches.
    """
    patch_of = _patches(is_ink)
    sizes = np.bincount(patch_of.ravel())
    sizes[0] = 0
    border = np.unique(np.concatenate([patch_of[0], patch_of[-1], patch_of[:, 0], patch_of[:, -1]]))
    free = sizes.copy()
    free[border] = 0
    if free.max() > 0.15 * sizes.max() or (sizes.max() >= 64 and free.max() >= max(64, 0.0005 * is_ink.size)):
        sizes = free
    counts = sizes >= max(1.0, _SPECK * sizes.max())
    return counts[patch_of] & is_ink, int(counts.sum())


def _looks_written(calm: Array, digit: Array, dark: float) -> bool:
    """Whether the ink is a digit rather than a few pixels of noise or the soft edge of a shadow."""
    longest = max(calm.shape)
    top, bottom, left, right = _box(digit)
    if max(bottom - top, right - left) < _GRAIN:
        return False
    soft = _filtered(calm, ImageFilter.GaussianBlur(longest / 300))
    steps = [np.abs(np.diff(soft, axis=axis))[np.diff(digit, axis=axis)] for axis in (0, 1)]
    return bool(np.concatenate(steps).mean() > dark / (_SOFTEST * longest))


def _patches(is_ink: Array) -> Array:
    """Numbers the patches of ink from 1; 0 is paper. Pixels that touch, also at corners, are one patch.

    It works on coarse cells, so patches with a smaller gap than a cell count as one.
    """
    step = -(-max(is_ink.shape) // _LOOK_FOR_PATCHES)
    rows, columns = is_ink.shape
    padded = np.pad(is_ink, ((0, -rows % step), (0, -columns % step)))
    coarse = np.asarray(padded.reshape(padded.shape[0] // step, step, -1, step).any(axis=(1, 3)))
    patch_of = np.where(coarse, np.arange(1, coarse.size + 1).reshape(coarse.shape), 0)
    while True:  # each pass spreads the highest number along whole rows and columns
        before = patch_of
        patch_of = _carried(_carried(patch_of, coarse).T, coarse.T).T
        around = np.pad(patch_of, 1)
        for down, right in ((0, 0), (0, 2), (2, 0), (2, 2)):
            beside = around[down : down + coarse.shape[0], right : right + coarse.shape[1]]
            patch_of = np.where(coarse, np.maximum(patch_of, beside), 0)
        if np.array_equal(patch_of, before):
            break
    numbers = np.unique(patch_of, return_inverse=True)[1].reshape(coarse.shape) + int(coarse.all())
    return np.where(is_ink, np.repeat(np.repeat(numbers, step, 0), step, 1)[:rows, :columns], 0)


def _carried(patch_of: Array, is_ink: Array) -> Array:
    """Numbers every run of ink within a row by the highest number in it."""
    starts = is_ink & np.diff(is_ink, axis=1, prepend=False)
    run_of = np.cumsum(starts.ravel()) * is_ink.ravel()
    highest = np.zeros(run_of.max() + 1, patch_of.dtype)
    np.maximum.at(highest, run_of, patch_of.ravel())
    highest[0] = 0
    return highest[run_of].reshape(is_ink.shape)


def _cut_out(ink: Array) -> Array:
    """Returns the box of the digit, its lines at least as thick as MNIST's, reduced if it is too large."""
    top, bottom, left, right = _box(ink > 0.25)
    digit = ink[top:bottom, left:right]
    longest = max(digit.shape)
    if longest > _KEEP:
        size = [max(1, round(length * _KEEP / longest)) for length in digit.shape]
        digit = np.asarray(Image.fromarray(digit).resize((size[1], size[0]), Image.Resampling.BOX))
    return np.asarray(np.clip(_thickened(digit), 0, 1), np.float32)


def _thickened(digit: Array) -> Array:
    """Makes thin lines as thick as MNIST's thinnest, because they would otherwise become grey and vanish."""
    is_ink = np.pad(digit > 0.5, 1)
    edges = (is_ink[1:] != is_ink[:-1]).sum() + (is_ink[:, 1:] != is_ink[:, :-1]).sum()
    # Counted in pixels, the outline of a slanted line is longer than it is; π / 4 corrects the mean of all directions.
    width = 2 * is_ink.sum() / max(1.0, edges * np.pi / 4)
    missing = (_THINNEST * max(digit.shape) - width) / 2
    if missing < 0.5:
        return digit
    reach = round(missing)
    return _filtered(np.pad(digit, reach), ImageFilter.MaxFilter(2 * reach + 1))


def _filtered(values: Array, how: Any) -> Array:
    """Applies a filter of Pillow in 256 steps, because Pillow does not filter floats."""
    low, high = float(values.min()), float(values.max())
    span = max(high - low, 1e-12)
    bytes_ = np.round((values - low) * (255 / span)).astype(np.uint8)
    return np.asarray(Image.fromarray(bytes_).filter(how), np.float32) * np.float32(span / 255) + np.float32(low)


def _box(is_ink: Array) -> tuple[int, int, int, int]:
    """Returns the first row, the row after the last, the first column and the column after the last with ink."""
    rows, columns = np.flatnonzero(is_ink.any(axis=1)), np.flatnonzero(is_ink.any(axis=0))
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
