"""An example of the data as an image for the canvas."""

from __future__ import annotations

import numpy as np

from engine.basics.validation import Array
from engine.datasets import Dataset
from nnviz.digits.drawing import BOX, SIDE, ink_in
from nnviz.digits.strokes import Ink

_LOOKED_AT = 40  # images


def fits_canvas(data: Dataset | None) -> bool:
    """Whether the data's examples are images of the size that the canvas hands to the network."""
    return data is not None and data.example_shape == (SIDE, SIDE)


def example_ink(data: Dataset, part: str, number: int) -> Ink:
    """Returns an example of one of the data's splits as an image over the whole canvas."""
    split = data.splits[part]
    title = f"{part} image {number}"
    if split.labels is not None:
        title += f": a {data.class_name(int(split.labels[number]))}"
    pixels = split.example(number).reshape(SIDE, SIDE)
    return Ink(pixels, 1.0, title, is_example=True, origin=(part, number), fingerprint=data.fingerprint)


def are_centred(data: Dataset) -> bool:
    """Whether the data's images, (28, 28), lie in their frame as MNIST's do: of a few, most are 20 pixels long.

    And the middle of their mass is in the middle of the frame.
    """
    count = min(len(data.train), _LOOKED_AT)
    examples = (data.train.example(number).reshape(SIDE, SIDE) for number in range(count))
    return 2 * sum(_is_centred(ink_in(example, data.background)) for example in examples) > count


def _is_centred(picture: Array) -> bool:
    rows, columns = np.nonzero(picture > 0)
    if not len(rows):
        return False
    length = max(np.ptp(rows), np.ptp(columns)) + 1
    places = (np.arange(SIDE) + 0.5 - SIDE / 2) @ np.stack([picture.sum(axis=0), picture.sum(axis=1)], axis=1)
    return bool(abs(length - BOX) <= 1 and (abs(places) <= picture.sum()).all())
