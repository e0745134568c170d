"""Round numbers: where an axis is marked, and where a scale ends."""

from __future__ import annotations

import math

_MARKS = (1, 2, 5, 10)
_ENDS = (1, 1.5, 2, 3, 4, 6, 8, 10)
_LARGEST = 3.4e38  # weights are float32 and could not be divided by more
_EPSILON = 1e-6  # what rounding may take from a number that is meant to be whole


def round_end(value: float, least: float = 1e-9) -> float:
    """The next of 1, 1.5, 2, 3, 4, 6, 8 times a power of ten, at least ``least``; what is not finite stays as it is."""
    if not math.isfinite(value):
        return value
    return min(_next(max(value, least), _ENDS, 0.0), max(value, _LARGEST))


def step(wanted: float) -> float:
    """The next 1, 2 or 5 times a power of ten; ``wanted`` is above 0."""
    return _next(wanted, _MARKS, _EPSILON)


def _next(value: float, mantissas: tuple[float, ...], slack: float) -> float:
    power = math.floor(math.log10(value))
    every = (10.0 ** (power + 1) if mantissa == 10 else mantissa * 10.0**power for mantissa in mantissas)
    return next((number for number in every if number >= value * (1 - slack)), 10.0 ** (power + 1))


def marks(low: float, high: float) -> list[float]:
    """1, 2 and 5 of every power of ten from low to high, both above 0."""
    powers = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 1)
    every = [mantissa * 10.0**power for power in powers for mantissa in _MARKS[:3]]
    return [mark for mark in every if low * (1 - _EPSILON) <= mark <= high * (1 + _EPSILON)]


def even_marks(low: float, high: float, wanted: float) -> list[float]:
    """Multiples of 1, 2 or 5 between low and high, about so many."""
    width = step((high - low) / wanted)
    first = math.ceil(low / width - _EPSILON)
    return [number * width for number in range(first, math.floor(high / width + _EPSILON) + 1)]


def enough_marks(low: float, high: float, wanted: float) -> list[float]:
    """Even ones; more than are wanted, where that is what it takes to have two: with one alone nobody can measure."""
    found = even_marks(low, high, wanted)
    while len(found) < 2:
        wanted *= 2
        found = even_marks(low, high, wanted)
    return found


def round_top(high: float, parts: int = 5) -> float:
    """The end of an axis from 0 that holds ``high`` and is marked in about so many even steps."""
    width = step(high / parts)
    return width * math.ceil(high / width - _EPSILON)


def digits(values: list[float]) -> int:
    """So many behind the point tell even marks apart."""
    return max(0, math.ceil(-math.log10(values[1] - values[0]) - _EPSILON)) if len(values) > 1 else 9
