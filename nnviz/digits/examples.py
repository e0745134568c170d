"""An example of the data as a picture for the canvas."""

from __future__ import annotations

from engine.datasets import Dataset
from nnviz.digits.drawing import SIDE
from nnviz.digits.strokes import Ink


def fits_canvas(data: Dataset | None) -> bool:
    """Whether the data's examples are pictures of the size that the canvas hands to the network."""
    return data is not None and data.example_shape == (SIDE, SIDE)


def example_ink(data: Dataset, part: str, number: int) -> Ink:
    """An example of one of the data's splits, as a picture over the whole canvas."""
    split = data.splits[part]
    title = f"{part} picture {number}"
    if split.labels is not None:
        title += f": a {data.class_name(int(split.labels[number]))}"
    return Ink(split.example(number).reshape(SIDE, SIDE), 1.0, title, is_example=True)
