"""Conclusions about the map: which classes overlap most; for numbers, along which axis they are ordered."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from engine.basics.validation import Array
from nnviz.formatting import text
from nnviz.formatting.conclusion import Conclusion

_APART, _SLIGHT, _MIXED = 0.02, 0.1, 0.5  # shares of the points that lie next to another class
_LONGEST = 20  # characters of a name, so that two names fit into the line
_FEWEST = 5  # points of a class
_FEW = 100  # Points. A share of fewer is written as a count.
_ORDERED, _CLEARLY_ORDERED = 0.5, 0.9  # correlations


def class_sentences(
    neighbours: Array, confusion: Array, names: Sequence[str], is_sample: bool = False
) -> Conclusion | None:
    """Returns which classes overlap most, or None without points of two classes.

    Args:
        neighbours: (classes, classes) counts of points by their class, and by the class of the nearest other point.
        confusion: (classes, classes) counts of the points by their true and their predicted class.
        names: names of the classes.
        is_sample: whether the neighbours of only some of the points were counted.
    """
    sizes = neighbours.sum(axis=1)
    is_known, total = sizes >= _FEWEST, int(sizes.sum())
    strangers = total - int(np.trace(neighbours))
    if is_known.sum() < 2:
        return None
    about = "about " if is_sample and strangers else ""
    if strangers <= _APART * total:
        return Conclusion("The classes lie apart.", f"Next to another class: {about}{_part(strangers, total, 'the')}.")
    both, counts = neighbours + neighbours.T, sizes[:, None] + sizes
    shares = np.where(np.triu(is_known[:, None] & is_known, 1), both / np.maximum(counts, 1), 0.0)
    first, second = (divmod(int(place), len(sizes)) for place in np.argsort(-shares, axis=None, kind="stable")[:2])
    share, following, count = float(shares[first]), float(shares[second]), int(counts[first])
    if not share:
        return None
    some = f"({about}{_part(int(both[first]), count, 'their')})"
    if strangers >= _MIXED * total and is_known.sum() > 2:
        return Conclusion(f"Most classes overlap, {_pair(first, names)} most of all {some}.")
    most = " most" if is_known.sum() > 2 else ""
    little = ", but only a little" if share <= _SLIGHT else ""
    lead = f"{_pair(first, names)} overlap{most}{little} {some}."
    noise = math.sqrt(share * (1 - share) / count + following * (1 - following) / max(int(counts[second]), 1))
    if following and share - following <= noise:
        return Conclusion(lead, f"Nearly as much: {_pair(second, names)}.")
    wrong = int(confusion[first] + confusion[first[::-1]])
    confused = _share(wrong, int(confusion[list(first)].sum())) if wrong else "none"
    return Conclusion(lead, f"The network confuses {confused} of them.")


def _pair(classes: tuple[int, int], names: Sequence[str]) -> str:
    return " and ".join(text.name(names[number], _LONGEST) for number in classes)


def _part(count: int, total: int, whose: str) -> str:
    """Returns "35 % of their points"; of few points the number: "4 of their 50 points"."""
    if not count:
        return f"none of {whose} points"
    return f"{count} of {whose} {total} points" if total < _FEW else f"{_share(count, total)} of {whose} points"


def _share(count: int, total: int) -> str:
    """Returns a share above 0 as "12 %" or "0.4 %"."""
    percent = 100 * count / total
    return f"{percent:.0f} %" if percent >= 1 else f"{percent:.1g} %"


def number_sentences(points: Array, targets: Array, name: str) -> Conclusion | None:
    """Returns along which axis the targets are ordered; None without points or if all targets are equal.

    Args:
        points: (k, 2), x to the right and y upwards; NaN for points without a place.
        targets: (k,).
        name: name of the target.
    """
    is_known = np.isfinite(points).all(axis=1) & np.isfinite(targets)
    if is_known.sum() < _FEWEST:
        return None
    centred = np.column_stack([points, targets])[is_known].astype(np.float64)
    centred -= centred.mean(axis=0)
    *sides, length = np.sqrt(np.square(centred).sum(axis=0)).tolist()
    if not length or not any(sides):
        return None
    along = [
        float(centred[:, axis] @ centred[:, 2]) / (side * length) if side else 0.0 for axis, side in enumerate(sides)
    ]
    axis = int(abs(along[1]) > abs(along[0]))
    correlation = f"{along[axis]:.2f}".replace("-", "−")
    if abs(along[axis]) < _ORDERED:
        return Conclusion(f"Neither axis orders {name}.", f"The correlations are at most {correlation.lstrip('−')}.")
    mostly = "" if abs(along[axis]) >= _CLEARLY_ORDERED else "mostly "
    side = "from left to right" if axis == 0 else "from bottom to top"
    return Conclusion(
        f"{name} {mostly}{'rises' if along[axis] > 0 else 'falls'} {side}.", f"Correlation {correlation}."
    )
