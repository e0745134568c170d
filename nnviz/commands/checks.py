"""What several commands look at before they begin."""

from __future__ import annotations

import os
from pathlib import Path

from engine.storage.files import mode_of_file


class CommandError(Exception):
    """A line for the person; the program ends with code 2."""


def check_folder(file: str) -> None:
    """Before the work is done, not after it. Raises CommandError where ``file`` cannot be written."""
    if Path(file).is_dir():
        raise CommandError(f"{file} is a folder. Name a file in it.")
    try:
        mode_of_file(file)
    except OSError as error:
        raise CommandError(f"{file}: {error.strerror}. Name another file.") from None
    folder = Path(os.path.realpath(file)).parent  # where a link points to
    if not folder.is_dir():
        raise CommandError(f"{file}: its folder does not exist. Make it first, or choose another place.")
    if not os.access(folder, os.W_OK):
        raise CommandError(f"{file}: its folder cannot be written to. Choose another place.")
