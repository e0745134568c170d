"""Where the large arrays of a data set lie: a process that hands them to another one has them made elsewhere."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from engine.validation import Array

Make = Callable[[tuple[int, ...], npt.DTypeLike], Array]

_make: Make = np.empty


def make_by(make: Make) -> None:
    """From now on, large arrays of this process are made like this; ``numpy.empty`` is the usual way."""
    global _make
    _make = make


def empty(shape: tuple[int, ...], dtype: npt.DTypeLike) -> Array:
    """As ``numpy.empty``, for inputs of many examples."""
    return _make(shape, dtype)
