"""Checks that several commands make before they begin."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from engine.storage.files import mode_of_file

if TYPE_CHECKING:
    from engine.datasets.data_setting import Value


class CommandError(Exception):
    """An error with a one-line message for the user. The program ends with code 2."""


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
        raise CommandError(f"{file}: its folder does not exist. Create it, or choose another folder.")
    if not os.access(folder, os.W_OK):
        raise CommandError(f"{file}: its folder cannot be written to. Choose another folder.")


def check_keeps(file: str, *read: str) -> None:
    """Raises CommandError if ``file`` is one of the files that are read: it would be replaced."""
    if os.path.realpath(file) in map(os.path.realpath, read):
        raise CommandError(f"{file} is an input of this command and would be overwritten. Name another file.")


def check_keeps_data(file: str, data: str, settings: Mapping[str, Value]) -> None:
    """Raises CommandError if ``file`` holds the data: it would be replaced."""
    from engine.datasets.loading import is_file_of  # other commands do not need it

    if is_file_of(data, settings, file):
        raise CommandError(f"{file} holds the data and would be overwritten. Name another file.")
