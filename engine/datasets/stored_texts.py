"""Texts in stored data descriptions: checks of type and length, and characters that every file can hold."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from engine.basics.errors import DataError

MOST_CHARACTERS = 1_000_000  # limit of all names of a network's inputs and outputs together

_SURROGATES = re.compile("[\ud800-\udfff]")  # Python's signs for the bytes of a path that are not UTF-8, among others


def storable(text: str) -> str:
    """Returns a text that every file can hold: bytes of a path that are not UTF-8 are replaced by U+FFFD."""
    return text if text.isascii() else _SURROGATES.sub("\ufffd", text)


def text_in(entry: Any) -> str:
    """Returns the entry as :func:`storable` text. Raises TypeError if it is not a text."""
    if not isinstance(entry, str):
        raise TypeError(entry)
    return storable(entry)


def texts_in(entries: Any) -> tuple[str, ...]:
    """Returns a list of entries as storable texts. Raises TypeError for anything else."""
    if not isinstance(entries, (list, tuple)):
        raise TypeError(entries)
    return tuple(text_in(entry) for entry in entries)


def check_characters(parameter: str, lengths: Iterable[int]) -> None:
    """Raises DataError if names of these lengths are too long together."""
    count = sum(lengths)
    if count > MOST_CHARACTERS:
        problem = f"its names have {count:,} characters in total, at most {MOST_CHARACTERS:,} are allowed"
        raise DataError.from_problem(parameter, problem, "Ignore columns of long texts, or shorten the names.")
