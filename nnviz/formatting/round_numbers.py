"""Round numbers for the ticks of an axis and the ends of a scale."""

from __future__ import annotations

import math

_MARKS = (1, 2, 5, 10)
_ENDS = (1, 1.5, 2, 3, 4, 6, 8, 10)
_LARGEST = 3.4e38  # weights are float32 and could not be divided by more
_FEWEST = 3  # with fewer marks a logarithmic axis gets more than 1, 2 and 5 per decade
_EPSILON = 1e-6  # what rounding may take from a number that is meant to be whole


def round_end(value: float, least: float = 1e-9) -> float:
    """Returns the next 1, 1.5, 2, 3, 4, 6 or 8 times a power of ten, at least ``least``; inf and NaN stay."""
    if not math.isfinite(value):
        return value
    return min(_next(max(value, least), _ENDS, 0.0), max(value, _LARGEST))


def steady_end(end: float, largest: float, least: float = 1e-9) -> float:
    """Returns the end of a scale: as it is while that is at most three times the largest value, else a round one."""
    return end if end / 3 < largest <= end else round_end(largest, least)


def step(wanted: float) -> float:
    """Returns the next 1, 2 or 5 times a power of ten; ``wanted`` must be above 0."""
    return _next(wanted, _MARKS, _EPSILON)


def _next(value: float, mantissas: tuple[float, ...], slack: float) -> float:
    power = math.floor(math.log10(value))
    every = (10.0 ** (power + 1) if mantissa == 10 else mantissa * 10.0**power for mantissa in mantissas)
    return next((number for number in every if number >= value * (1 - slack)), 10.0 ** (power + 1))


def marks(low: float, high: float) -> list[float]:
    """Returns 1, 2 and 5 times every power of ten from low to high, both above 0."""
    powers = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 1)
    every = [mantissa * 10.0**power for power in powers for mantissa in _MARKS[:3]]
    return [mark for mark in every if low * (1 - _EPSILON) <= mark <= high * (1 + _EPSILON)]


def even_marks(low: float, high: float, wanted: float) -> list[float]:
    """Returns about ``wanted`` multiples of 1, 2 or 5 times a power of ten from low to high."""
    width = step((high - low) / wanted)
    first = math.ceil(low / width - _EPSILON)
    return [number * width for number in range(first, math.floor(high / width + _EPSILON) + 1)]


def enough_marks(low: float, high: float, wanted: float) -> list[float]:
    """Returns even marks, more than ``wanted`` if needed for two, since an axis with one mark shows no scale."""
    found = even_marks(low, high, wanted)
    return found if len(found) > 1 else enough_marks(low, high, 2 * wanted)


def log_marks(low: float, high: float, most: float) -> list[float]:
    """Returns the marks of a logarithmic axis from low to high, both above 0, as many as ``most`` lets read.

    These are 1, 2 and 5 times powers of ten, powers of ten alone where those are many, even ones where they are few.
    """
    found = marks(low, high)
    if len(found) < _FEWEST:
        return enough_marks(low, high, min(most, 8))
    if len(found) <= 2 * most:
        return found
    powers = [mark for mark in found if f"{mark:e}".startswith("1.0")]
    return powers if len(powers) > 1 else found[::2]  # two powers of ten are enough


def round_top(high: float, parts: int = 5) -> float:
    """Returns the end of an axis from 0 that contains ``high`` and has about ``parts`` even steps."""
    width = step(high / parts)
    return width * math.ceil(high / width - _EPSILON)


def digits(values: list[float]) -> int:
    """Returns the number of decimals that distinguishes even marks; 9 for fewer than two marks."""
    return max(0, math.ceil(-math.log10(values[1] - values[0]) - _EPSILON)) if len(values) > 1 else 9
