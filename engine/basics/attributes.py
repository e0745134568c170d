"""Gives an object its attributes without its ``__dict__``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def set_attributes(thing: object, values: Mapping[str, Any]) -> None:
    """Sets attributes one by one, as ``__init__`` does.

    Who asks for ``__dict__``, even to read it, gets a dictionary, in which CPython before 3.13 looks the attributes up
    from then on. That is slower: a network of two times 64 neurons learns 2 to 3 % more slowly.
    """
    for name, value in values.items():
        setattr(thing, name, value)
