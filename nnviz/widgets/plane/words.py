"""Places of the plane in words."""

from __future__ import annotations

import math


def coordinates(x: float, y: float, half: float) -> str:
    """ "x 0.32  y −0.18", as exact as the eye can tell in a square of half that side."""
    decimals = 2 - math.floor(math.log10(half)) if half > 0 else 2
    return "  ".join(f"{name} {_number(value, decimals)}" for name, value in (("x", x), ("y", y)))


def _number(value: float, decimals: int) -> str:
    words = f"{value:.{decimals}f}" if 0 <= decimals <= 6 else f"{value:.4g}"
    return words.replace("-", "−")
