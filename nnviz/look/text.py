"""Formats numbers: thin spaces between thousands, readable durations."""

from __future__ import annotations

import math
from collections.abc import Iterable

_THIN = "\u202f"


def count(number: int) -> str:
    """Formats a count: 60 000."""
    return f"{number:,}".replace(",", _THIN)


def epochs(number: float) -> str:
    """ "3", or "1.4" where a training was broken off within an epoch."""
    return f"{number:.1f}".removesuffix(".0")


def shape(sizes: Iterable[int]) -> str:
    """Formats a network's shape: 784-64-32-10."""
    return "-".join(map(str, sizes))


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
