"""What the results of a sweep mean, in a sentence: the setting that matters most, and its values that work best."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from engine.basics.validation import Array
from engine.sweeps.significance import SIGNIFICANCE_LEVEL, kruskal_wallis
from nnviz.cards.sweep.trial_table import SettingAxis
from nnviz.formatting import text
from nnviz.formatting.conclusion import Conclusion, enumeration, is_plural
from nnviz.formatting.result_text import figure_value
from nnviz.formatting.setting_text import setting_name
from nnviz.session.sweep_titles import format_setting_value

_FEWEST = 8  # results; nothing is said about fewer
_MOST_GROUPS = 5  # different numbers up to which each is a group; more are smoothed along their axis
_WINDOW = 3  # neighbouring results over which ranks are smoothed
_VERY_UNLIKELY_P = 0.01  # below it a setting matters; up to the significance level it seems to matter
_NEARLY_AS_MUCH = 0.75  # of the share that the first setting explains: from here on the second is named, too


class SettingPlaces(NamedTuple):
    """A setting that varies, and the place of each result on its axis, (n,)."""

    axis: SettingAxis
    places: Array


class _Effect(NamedTuple):
    """The effect of a setting on the ranks of the results.

    Attributes:
        name: the name of the setting.
        share: the share of the variance of the ranks that the setting explains; about 0 by chance.
        p: the probability that chance alone explains as much.
        best: the values that work best: "0.3 to 0.7", "64 and 128".
        are_several: whether they are several single values.
        is_best: (n,) whether each result has one of them.
    """

    name: str
    share: float
    p: float
    best: str
    are_several: bool
    is_best: Array


def trials_conclusion(
    settings: Sequence[SettingPlaces], scores: Array, quantity: str, unit: str = ""
) -> Conclusion | None:
    """Returns which setting explains the results of a sweep best, and where they are best; None for few results.

    A setting explains the ranks of the results as far as they are alike for equal values (Kruskal and Wallis 1952) or
    for neighbouring numbers (Bartels 1982). This also finds a valley, in which ranks do not correlate with values. With
    several settings, p is multiplied by their number (Bonferroni). Values work best if their mean rank lies in the best
    third between the best and the worst one.

    Args:
        scores: (n,) the figure of each trial, or of each run if only one setting varies; smaller is better, and
            infinite if it did not finish.
        quantity: "error" or "rmse".
        unit: the unit of an RMSE.
    """
    if not settings or len(scores) < _FEWEST:
        return None
    ranks, count = _ranks(scores), len(settings)
    effects = [
        effect for each in settings if (effect := _effect(each, ranks)) and effect.p * count < SIGNIFICANCE_LEVEL
    ]
    effects.sort(key=lambda effect: -effect.share)
    if not effects:
        if count > 1:
            return Conclusion(f"No setting stands out in {text.count(len(scores))} trials.")
        name = setting_name(settings[0].axis.name)
        return Conclusion(f"No clear effect of the {name} in {text.count(len(scores))} runs.")
    named = [effect for effect in effects[:2] if effect.share >= _NEARLY_AS_MUCH * effects[0].share]
    is_several = len(named) > 1 or is_plural(named[0].name)
    verb = "matter" if is_several else "matters"
    if max(effect.p for effect in named) * count >= _VERY_UNLIKELY_P:
        verb = "seem to matter" if is_several else "seems to matter"
    lead = f"The {' and the '.join(effect.name for effect in named)} {verb}{' most' if count > len(named) else ''}"
    medians = _medians(scores, np.logical_and.reduce([effect.is_best for effect in named]), quantity, unit)
    if len(named) > 1:
        best = " and ".join(f"{effect.name} {effect.best}" for effect in named)
        return Conclusion(f"{lead}.", f"{best[0].upper()}{best[1:]} work best. {medians}".rstrip())
    verb = "work" if named[0].are_several else "works"
    return Conclusion(f"{lead}: {named[0].best} {verb} best.", medians)


def _medians(scores: Array, is_best: Array, quantity: str, unit: str) -> str:
    """Returns the medians of the best results and of the others; empty if half of the best did not finish."""
    there, elsewhere = scores[is_best], scores[~is_best]
    if not len(there) or not math.isfinite(np.median(there)):
        return ""
    inside, outside = (float(np.median(each)) for each in (there, elsewhere))
    others = figure_value(quantity, outside, unit) if math.isfinite(outside) else "half or more did not finish"
    return f"Median {figure_value(quantity, inside, unit)} there, elsewhere {others}."


def _effect(setting: SettingPlaces, ranks: Array) -> _Effect | None:
    """Returns the effect of a setting; None if all results have the same value or the same rank."""
    axis, places = setting
    centred = ranks - ranks.mean()
    values, groups = np.unique(places, return_inverse=True)
    if len(values) < 2 or not centred.any():
        return None
    if axis.names or len(values) <= _MOST_GROUPS:
        share, p, levels = _between_groups(centred, groups)
        is_good = _are_good(levels)
        is_best = is_good[groups]
        best, are_several = enumeration([_value(axis, place) for place in values[is_good]]), is_good.sum() > 1
    else:
        order = np.argsort(places, kind="stable")
        share, p, levels = _along_axis(centred[order])
        good = order[_best_neighbours(levels, centred[order])]
        ends = places[good].min(), places[good].max()
        is_best = (places >= ends[0]) & (places <= ends[1])
        best, are_several = " to ".join(dict.fromkeys(_value(axis, end) for end in ends)), False
    return _Effect(setting_name(axis.name), share, p, best, bool(are_several), is_best)


def _between_groups(centred: Array, groups: Array) -> tuple[float, float, Array]:
    """Returns the share of the variance between groups (epsilon squared), p, and the mean rank of each group.

    See :func:`~engine.sweeps.significance.kruskal_wallis`.
    """
    sizes, count = np.bincount(groups), len(centred)
    levels: Array = np.bincount(groups, centred) / sizes
    freedom = len(sizes) - 1
    h = (count - 1) * float((sizes * levels**2).sum() / (centred**2).sum())
    return (h - freedom) / max(count - 1 - freedom, 1), kruskal_wallis(centred, groups), levels


def _along_axis(centred: Array) -> tuple[float, float, Array]:
    """Returns the share of the variance that neighbours have in common, p, and smoothed ranks, in the order of an axis.

    Bartels 1982, "The Rank Version of von Neumann's Ratio Test for Randomness".
    """
    count = len(centred)
    ratio = float((np.diff(centred) ** 2).sum() / (centred**2).sum())
    p = _normal_tail((2 - ratio) / math.sqrt(20 / (5 * count + 7)))
    levels: Array = np.convolve(np.pad(centred, _WINDOW // 2, "edge"), np.full(_WINDOW, 1 / _WINDOW), "valid")
    return 1 - ratio / 2, p, levels


def _best_neighbours(levels: Array, centred: Array) -> Array:
    """Returns the indices of the good results around the best smoothed rank, in the order of an axis."""
    best, bad = int(levels.argmin()), np.flatnonzero(~_are_good(levels))
    first, last = bad[bad < best].max(initial=-1) + 1, bad[bad > best].min(initial=len(levels)) - 1
    block = np.arange(first, last + 1)
    good: Array = block[centred[block] <= np.quantile(centred, 1 / 3)]
    return good if len(good) else block


def _are_good(levels: Array) -> Array:
    """Returns whether each mean rank is among the best third between the best and the worst one."""
    low, high = levels.min(), levels.max()
    good: Array = levels < low + (high - low) / 3
    return good


def _value(axis: SettingAxis, place: float) -> str:
    """Returns the value at a place: "64-32", "0.3"."""
    if axis.names:
        return format_setting_value(axis.name, axis.names[int(place)])
    return text.figure(float(10**place if axis.is_log else place), 2)


def _ranks(scores: Array) -> Array:
    """Returns (n,) ranks; equal scores share their mean rank."""
    _, which, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks: Array = (counts.cumsum() - (counts - 1) / 2)[which.ravel()]
    return ranks


def _normal_tail(z: float) -> float:
    return math.erfc(z / math.sqrt(2)) / 2
