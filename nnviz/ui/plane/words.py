"""Coordinates in the plane and on the curve as text."""

from __future__ import annotations

import math
from collections.abc import Sequence


def coordinates(values: Sequence[float], half: float, names: Sequence[str] = ("x", "y")) -> str:
    """Returns "x 0.32  y −0.18", as exact as the eye can see in the visible range."""
    decimals = 2 - math.floor(math.log10(half)) if half > 0 else 2
    return "  ".join(f"{name} {_number(value, decimals)}" for name, value in zip(names, values, strict=True))


def _number(value: float, decimals: int) -> str:
    words = f"{value:.{decimals}f}" if 0 <= decimals <= 6 else f"{value:.4g}"
    return words.replace("-", "−")
