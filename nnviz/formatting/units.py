"""The unit in a column's name: the text in brackets at its end, or the whole name if that is a unit."""

from __future__ import annotations

import re

_IN_BRACKETS = re.compile(r"[(\[]\s*([^()\[\]]{1,10}?)\s*[)\]]\s*$")
_LONGEST = 3  # letters of a unit that is not among these
_LONG_UNITS = frozenset(("mmHg", "mmol", "days", "hours", "weeks", "months", "years", "mins", "miles", "Euro", "euros"))
_NAMES = frozenset(("mpg", "mph", "km/h", "kWh", "kW", "kg", "°C"))  # columns that are called by their unit


def unit_of(name: str) -> str:
    """Returns the unit in a name: "h" for "hours to close (h)", "€" for "price [€]", "mpg" for "mpg"; or ""."""
    if name in _NAMES:
        return name
    found = _IN_BRACKETS.search(name)
    words = found[1] if found else ""
    is_unit = len(words) <= _LONGEST or words in _LONG_UNITS or not words.isalpha()
    return words if is_unit else ""
