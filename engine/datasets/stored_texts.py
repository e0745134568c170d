"""Reads what the files of data descriptions hold: texts and numbers of the type that they must have."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from engine.basics.errors import DataError, Verbatim

MOST_CHARACTERS = 1_000_000  # of all names of a network's inputs and outputs together

_SURROGATES = re.compile("[\ud800-\udfff]")  # Python's signs for the bytes of a path that are not UTF-8, among others


def storable(text: str) -> str:
    """A name as every file can hold it: bytes of a path that are not UTF-8 are replaced by U+FFFD."""
    return text if text.isascii() else _SURROGATES.sub("\ufffd", text)


def text_in(entry: Any) -> str:
    """The entry as :func:`storable` returns it. Raises TypeError if it is no text."""
    if not isinstance(entry, str):
        raise TypeError(entry)
    return storable(entry)


def texts_in(entries: Any) -> tuple[str, ...]:
    """A list of texts. Raises TypeError."""
    if not isinstance(entries, (list, tuple)):
        raise TypeError(entries)
    return tuple(text_in(entry) for entry in entries)


def check_characters(parameter: str, lengths: Iterable[int]) -> None:
    """Raises DataError if names of these lengths are too long together."""
    count = sum(lengths)
    if count > MOST_CHARACTERS:
        value = Verbatim(f"described by names of {count:,} characters")
        rule = f"must have names of at most {MOST_CHARACTERS:,} characters together"
        raise DataError(parameter, value, rule, "Ignore columns of long texts, or shorten the names.")
