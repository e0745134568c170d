"""Reads the pictures that a command is given, as the network sees them."""

from __future__ import annotations

from pathlib import Path

from engine.validation import Array
from nnviz.commands.checks import CommandError
from nnviz.digits.drawing import picture_of_image
from nnviz.digits.picture_files import grey_of_file


def picture_of_file(name: str) -> Array:
    """(784,) float32 in 0…1 of a picture file; all 0 if nothing is drawn on it. Raises CommandError or DataError."""
    try:
        grey = grey_of_file(Path(name))
    except OSError as error:
        why = error.strerror or str(error)
        raise CommandError(f"{name}: {why}. Give a PNG, JPEG or another common picture file.") from None
    return picture_of_image(grey).ravel()
