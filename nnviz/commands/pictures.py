"""Images given to a command, read as a network's input."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engine.basics.validation import Array
from engine.datasets.grey_images import UnusableError, grey_picture, readable_formats
from engine.image_files import reads_drawings, shape_of_pictures
from engine.network.network import Network
from nnviz.commands.checks import CommandError
from nnviz.digits.drawing import picture_of_image
from nnviz.digits.picture_files import grey_of_file
from nnviz.formatting import text


def picture_of_file(network: Network, name: str) -> Array:
    """Returns an image file as the network's input, (inputs,) float32 in 0…1.

    It is all 0 if the network expects drawings and the image contains none. Raises CommandError or DataError.
    """
    shape = shape_of_pictures(network)
    assert shape is not None
    if reads_drawings(network):
        return _drawing_of_file(name)
    try:
        pixels = grey_picture(name, shape, readable_formats())
    except UnusableError as error:
        raise CommandError(f"{name}: {error}. Give a PNG, JPEG or another common image file.") from None
    raw = pixels.reshape(1, -1).astype(np.float32) / 255
    return raw[0] if network.description is None else network.description.inputs_of(raw)[0]


def output_labels(network: Network) -> list[str]:
    """Returns the names of the network's outputs, or else their numbers from 0."""
    names = network.description.output_names if network.description is not None else ()
    return [text.name(name) for name in names] or [str(number) for number in range(network.shape[-1])]


def _drawing_of_file(name: str) -> Array:
    try:
        grey = grey_of_file(Path(name))
    except OSError as error:
        why = error.strerror or str(error)
        raise CommandError(f"{name}: {why}. Give a PNG, JPEG or another common image file.") from None
    return picture_of_image(grey).ravel()
