"""Finds the unit in the name of a column: what stands in brackets at its end, or a name that is a unit itself."""

from __future__ import annotations

import re

_IN_BRACKETS = re.compile(r"[(\[]\s*([^()\[\]]{1,10}?)\s*[)\]]\s*$")
_LONGEST = 3  # letters of a unit that is not among these
_LONG_UNITS = frozenset(("mmHg", "mmol", "days", "hours", "weeks", "months", "years", "mins", "miles", "Euro", "euros"))
_NAMES = frozenset(("mpg", "mph", "km/h", "kWh", "kW", "kg", "°C"))  # columns that are called by their unit


def unit_of(name: str) -> str:
    """ "h" of "hours to close (h)", "€" of "price [€]", "mpg" of "mpg"; empty if it names none."""
    if name in _NAMES:
        return name
    found = _IN_BRACKETS.search(name)
    words = found[1] if found else ""
    is_unit = len(words) <= _LONGEST or words in _LONG_UNITS or not words.isalpha()
    return words if is_unit else ""
