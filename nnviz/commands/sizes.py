"""How bytes are written: "1.2 MB", "340 kB"."""

from __future__ import annotations


def size(nbytes: float) -> str:
    """Bytes in the unit that fits, with at most one decimal."""
    for unit, step in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if nbytes >= step:
            number = f"{nbytes / step:.1f}".removesuffix(".0") if nbytes < 100 * step else f"{nbytes / step:.0f}"
            return f"{number} {unit}"
    return f"{nbytes:.0f} bytes"
