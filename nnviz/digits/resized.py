"""A picture of any size as one of the size that a network gets."""

from __future__ import annotations

import numpy as np
from PIL import Image

from engine.basics.validation import Array


def resized(grey: Array, shape: tuple[int, int]) -> Array:
    """Returns a picture, (height, width) grey values, whole and in proportion as float32 in 0…1 of another size.

    What it lacks at two of its sides has the shade of its border. Values beyond 255 are taken for those of 16 bits.
    """
    values = np.asarray(grey, np.float32) / (255 if grey.max() <= 255 else 65_535)
    scale = min(wanted / there for wanted, there in zip(shape, values.shape, strict=True))
    height, width = (max(1, round(scale * length)) for length in values.shape)
    small = np.asarray(Image.fromarray(values).resize((width, height), Image.Resampling.BILINEAR))
    border = np.concatenate([small[0], small[-1], small[:, 0], small[:, -1]])
    whole = np.full(shape, np.median(border), np.float32)
    top, left = (shape[0] - height) // 2, (shape[1] - width) // 2
    whole[top : top + height, left : left + width] = small
    return np.clip(whole, 0, 1)
