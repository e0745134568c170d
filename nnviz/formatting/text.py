"""Formats numbers, and makes names and texts from files safe to show.

Labels and tooltips take no text for HTML (see ``ui/theme.py``). What else a name could do is prevented here: a name
from outside (a file, a class, a title) goes through :func:`name`, or :func:`entry` in menus, and longer texts through
:func:`plain`. The command line writes whole paths, by :func:`path`, and whole messages, by :func:`visible`.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from engine.basics.cli_option_names import escaped
from nnviz.formatting.round_numbers import digits

_THIN = "\u202f"
# Texts in quotes, and a count with commas as group 1.
_COMMAS = re.compile(r"""(?<!\w)'[^']*'|"[^"]*"|“[^”]*”|(?<![\w,.])([1-9]\d{0,2}(?:,\d{3})+)(?!,?\w|\.[^\W\d])""")
_MOST_SIZES, _FIRST_SIZES = 12, 3  # of a longer list only the first are written


# Control characters but the line break, lone surrogates, and signs that turn the direction of the text after them.
_UNSAFE = re.compile("[\0-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_NEARLY_ALL, _ALL = 0.99, 0.9995  # between these shares one decimal is shown, so that 99.6 % is not rounded to 100 %
_LARGE = 1e6  # percent
_SHORTENED = 1e4  # from here on the numbers of an axis are written like 20k
_ROUNDING, _MOST_DECIMALS = 1e-7, 7  # of epochs
_LONGEST_NAME, _LONGEST_TEXT, _LONGEST_STEM = 60, 1500, 40  # characters


def thousands(sign: str) -> str:
    """Returns a note about the thousands separator: "thousands separated by ,"."""
    return f"thousands separated by {sign if sign.strip() else 'a space'}"


def number_signs(separator: str, sign: str) -> list[str]:
    """Returns notes about other signs in the numbers of a column: "with €", "thousands separated by ,"."""
    return [*([f"with {sign}"] if sign else []), *([thousands(separator)] if separator else [])]


def plain(words: str, longest: int = _LONGEST_TEXT) -> str:
    """Returns a text from outside without control characters, shortened in the middle if it is long."""
    safe = _UNSAFE.sub("\ufffd", words[: 2 * longest] + words[2 * longest :][-longest:])
    if len(safe) <= longest:
        return safe
    end = longest // 3  # of a file's name, with its ending
    return f"{safe[: longest - end - 1]}…{safe[-end:]}"


def visible(words: str) -> str:
    """Returns a text for the terminal, with control characters and bytes that are not UTF-8 as \\x1b."""
    return _UNSAFE.sub(lambda found: escaped(found[0]), words)


def path(words: object) -> str:
    """Returns the whole path of a file for the terminal, in one line; see :func:`visible`."""
    return visible(str(words)).replace("\n", "\\n")


@lru_cache(maxsize=1000)
def name(words: str, longest: int = _LONGEST_NAME) -> str:
    """Returns a name from outside in one line."""
    return plain(words.replace("\r", "").replace("\n", " "), longest)


def entry(words: str) -> str:
    """Returns a name for a menu entry or a button, in which a single "&" would mark a letter."""
    return name(words).replace("&", "&&")


def file_stem(words: str, default: str) -> str:
    """Returns a name from outside as the stem of a file's name: "Why 7?" → "why-7".

    It has letters and digits of any script, and hyphens. ``default`` is for a name without letters and digits.
    """
    return re.sub(r"[\W_]+", "-", unicodedata.normalize("NFC", words).lower()).strip("-")[:_LONGEST_STEM] or default


def count(number: int) -> str:
    """Formats a count: 60 000."""
    return f"{number:,}".replace(",", _THIN)


def figure(value: float, digits: int = 4) -> str:
    """Formats a number of any unit with ``digits`` digits: "23.4", "−0.062", "3504", "12 504", "1.2e+09".

    Numbers with four digits are not grouped, because they may be years.
    """
    size = abs(value)
    if not math.isfinite(size):
        return "not finite"
    if size and not 1e-4 <= size < 1e7:
        return f"{value:.{digits - 1}g}".replace("-", "−")
    decimals = max(0, digits - 1 - math.floor(math.log10(size))) if size else 0
    words = f"{value:,.{decimals}f}" if size >= 1e4 else f"{value:.{decimals}f}"
    words = words.rstrip("0").rstrip(".") if decimals else words
    return grouped(words) if words.strip("-0") else "0"


def grouped(words: str) -> str:
    """Returns a number formatted by Python with thin spaces for commas and a real minus sign."""
    return words.replace(",", _THIN).replace("-", "−")


def regrouped(note: str) -> str:
    """Returns a note or an error of the engine, whose counts have commas, with thin spaces: "300 of 60 000 examples".

    What is in quotes, such as a typed value, stays as it is.
    """
    return _COMMAS.sub(lambda found: found[0].replace(",", _THIN) if found[1] else found[0], note)


def compact(value: float, digits: int = 3) -> str:
    """Returns a short number for the ends of an axis: 0.05, 2500, 58k, 1.2M.

    ``digits``: digits of a number with a letter.
    """
    for factor, letter in ((1e6, "M"), (1e3, "k")):
        if max(factor, _SHORTENED) <= abs(value) < 1e9:
            return f"{value / factor:.{digits}g}{letter}".replace("-", "−")
    return f"{value:.4g}".replace("-", "−")


def marks(values: Sequence[float]) -> list[str]:
    """Returns labels for even marks, only as long as distinguishes them.

    "0.5", "1.0"; "200k", "1.2M"; "1.002M", "1.004M".
    """
    places, largest = digits(list(values)), max(map(abs, values), default=0.0)
    if largest >= _SHORTENED:
        apart = math.log10(largest / abs(values[1] - values[0])) if len(values) > 1 else 1.0
        return [compact(value, max(3, math.floor(apart + 1e-6) + 2)) for value in values]
    words = [f"{value:.{places}f}" if value and places < 5 else f"{round(value, 12):.4g}" for value in values]
    return [each.replace("-", "−") for each in words]


def steady(value: float, digits: int = 3) -> str:
    """Formats a number like :func:`figure`, but keeps zeros at the end, so that the width stays: "2.70", "123"."""
    size = abs(value)
    if not math.isfinite(size) or (size and not 1e-4 <= size < 10**digits):
        return figure(value, digits)
    return f"{value:.{max(0, steady_decimals(value, digits))}f}".replace("-", "−")


def steady_decimals(value: float, digits: int = 3) -> int:
    """Returns the number of decimals of :func:`steady`; −1 if it rounds to tens, −2 if to hundreds."""
    return digits - 1 - (math.floor(math.log10(abs(value))) if value else 0)


def signed(value: float, digits: int = 3) -> str:
    """Formats a number like :func:`figure`, with a sign: "+2.31"."""
    words = figure(value, digits)
    return words if words.startswith("−") or words in ("0", "not finite") else f"+{words}"


def epochs(number: float, batches: int = 0) -> str:
    """Returns a number of epochs: "3", or within an epoch "1.4", "2.998", "11 408.5".

    It has as many decimals as distinguish it from a whole epoch and, for an epoch of ``batches`` batches, from the
    batch before.
    """
    whole = round(number)
    decimals = max(1, math.ceil(math.log10(max(batches, 1)))) if abs(number - whole) > _ROUNDING else 0
    while decimals and round(number, decimals) == whole and decimals < _MOST_DECIMALS:
        decimals += 1
    words = f"{number:,.{decimals}f}"
    return (words.rstrip("0").rstrip(".") if decimals else words).replace(",", _THIN)


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
    return f"{percentage(share)} %"


def certainty(share: float) -> str:
    """Formats how sure a prediction is: a whole percentage, with a decimal from 99 to 99.95 %."""
    return f"{100 * share:.{1 if _NEARLY_ALL <= share < _ALL else 0}f} %"


def percentage(share: float) -> str:
    """Formats a share as the number of :func:`percent`, for ranges that have the unit once."""
    percent = 100 * float(share)
    return f"{percent:.3g}" if abs(percent) >= _LARGE else f"{percent:.{percentage_decimals(share)}f}"


def percentage_decimals(share: float) -> int:
    """Returns the number of decimals of :func:`percentage`."""
    size = abs(100 * float(share))
    return 2 if not 0 < size < 0.01 else 1 - math.floor(math.log10(size))


def duration(seconds: float) -> str:
    """Formats a duration: 0.21 s, 12 s, 3 min 05 s."""
    if seconds < 1:
        return f"{seconds:.2g} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def roughly(seconds: float) -> str:
    """Returns an estimated duration: 0.2 s, 45 s, 9 min, 2.5 h, 3 days."""
    for unit, length, until in (("s", 1.0, 90.0), ("min", 60.0, 5400.0), ("h", 3600.0, 172800.0)):
        if seconds < until:
            amount = seconds / length
            return f"{amount:.2g} {unit}" if amount < 10 else f"{amount:.0f} {unit}"
    return f"{count(round(seconds / 86400))} days"


def date(seconds: float) -> str:
    """Returns seconds since 1970 as local date and time: "2026-11-27 12:31"; "unknown date" for none."""
    try:
        return datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M")
    except (OverflowError, OSError, ValueError):
        return "unknown date"


def age(seconds: float) -> str:
    """Formats how long ago something was: "now", "30 min ago", "5 h ago", "2 days ago"."""
    for unit, step in (("day", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= step:
            number = int(seconds // step)
            return f"{count(number)} {unit}{'s' * (unit == 'day' and number > 1)} ago"
    return "now"


def size(nbytes: float) -> str:
    """Returns a number of bytes in a suitable unit, with at most one decimal."""
    for unit, step in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if nbytes >= step:
            number = f"{nbytes / step:.1f}".removesuffix(".0") if nbytes < 100 * step else f"{nbytes / step:.0f}"
            return f"{number} {unit}"
    return f"{nbytes:.0f} bytes"


def short(value: float) -> str:
    """Returns a number with two decimals, or with one digit if it is smaller: 3.21, −0.06, 0.004, 4e−7."""
    size = abs(value)
    words = f"{value:{'.0e' if 0 < size < 0.001 else '.1g' if 0 < size < 0.005 else '.2f' if size < 1000 else '.3g'}}"
    return re.sub(r"e([+-])0*", lambda found: "e" + found[1].strip("+"), words).replace("-", "−")
