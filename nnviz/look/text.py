"""Formats numbers: thin spaces between thousands, readable durations."""

from __future__ import annotations

import math
from collections.abc import Sequence

_THIN = "\u202f"
_MOST_SIZES, _FIRST_SIZES = 12, 3  # of a longer list only the first are written


def count(number: int) -> str:
    """Formats a count: 60 000."""
    return f"{number:,}".replace(",", _THIN)


def shape(sizes: Sequence[int]) -> str:
    """Formats a network's shape: 784-64-32-10; of a very deep one only the beginning: 1-1-1-… (10 000 layers)."""
    if len(sizes) <= _MOST_SIZES:
        return "-".join(map(str, sizes))
    return f"{'-'.join(map(str, sizes[:_FIRST_SIZES]))}-… ({count(len(sizes) - 1)} layers)"


def listed(values: Sequence[str], separator: str = ", ") -> str:
    """Formats a list: "0.2, 0.5"; of a very long one only the beginning: "0, 0, 0, … (10 000 values)"."""
    if len(values) <= _MOST_SIZES:
        return separator.join(values)
    return f"{separator.join([*values[:_FIRST_SIZES], '…'])} ({count(len(values))} values)"


def percent(share: float) -> str:
    """Formats a share as 2.41 %; a smaller one gets as many decimals as needed to show it: 0.0017 %."""
    size = abs(100 * share)
    decimals = 2 if not 0 < size < 0.01 else 1 - math.floor(math.log10(size))
    return f"{100 * share:.{decimals}f} %"


def duration(seconds: float) -> str:
    """Formats a duration: 0.21 s, 12 s, 3 min 05 s."""
    if seconds < 1:
        return f"{seconds:.2g} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
