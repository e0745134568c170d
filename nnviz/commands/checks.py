"""Checks that several commands make before they begin."""

from __future__ import annotations

import os
from pathlib import Path

from engine.storage.files import mode_of_file


class CommandError(Exception):
    """An error with one line for the person; the program then ends with code 2."""


def check_folder(file: str) -> None:
    """Raises CommandError if ``file`` cannot be written; called before the work that it is for."""
    if Path(file).is_dir():
        raise CommandError(f"{file} is a folder. Name a file in it.")
    try:
        mode_of_file(file)
    except OSError as error:
        raise CommandError(f"{file}: {error.strerror}. Name another file.") from None
    folder = Path(os.path.realpath(file)).parent  # the folder that a link points into
    if not folder.is_dir():
        raise CommandError(f"{file}: its folder does not exist. Make it first, or choose another place.")
    if not os.access(folder, os.W_OK):
        raise CommandError(f"{file}: its folder cannot be written to. Choose another place.")
