"""Draws which examples are the test part: a share of each class, always the same ones for one seed."""

from __future__ import annotations

import numpy as np

from engine.errors import SettingError
from engine.validation import Array, number_within

MOST_SHARE = 0.9


def check_test_share(share: object) -> float:
    """Returns the share of the examples that are the test part, 0…0.9, as float. Raises SettingError."""
    return number_within("test_share", share, 0, MOST_SHARE, "0.2")


def parts_in_proportion(labels: Array, share: float, seed: int) -> tuple[Array, Array]:
    """Draws a test part; returns the numbers of the other examples and of these, both sorted, int64.

    Every class keeps at least one example to learn from. Without a share the test part is empty.

    Args:
        labels: (k,) whole numbers, the class of each example; the same for all where there are no classes.
        share: of the examples of each class, 0…0.9.

    Raises:
        SettingError: ``share`` is out of range, or so small that no example would be for testing.
    """
    share = check_test_share(share)
    order = np.random.default_rng(seed).permutation(len(labels))
    by_class = order[np.argsort(labels[order], kind="stable")]
    _, starts, counts = np.unique(labels[by_class], return_index=True, return_counts=True)
    wanted = _wanted(counts, share)
    if share and not wanted.any():
        rule = f"must leave examples on both sides, and there are {len(labels):,}"
        raise SettingError("test_share", share, rule, "Try 0.2, with more examples.")
    is_test = np.zeros(len(labels), bool)
    for start, count in zip(starts, wanted, strict=True):
        is_test[by_class[start : start + count]] = True
    return np.flatnonzero(~is_test), np.flatnonzero(is_test)


def _wanted(counts: Array, share: float) -> Array:
    """(classes,) test examples of each class, so that their sum is the share of all, as far as that is possible."""
    exact = counts * share
    wanted: Array = np.minimum(np.floor(exact), counts - 1).astype(np.int64)
    missing = round(float(exact.sum())) - int(wanted.sum())
    largest_rests_first = np.argsort(wanted - exact, kind="stable")
    can_give_one_more = [each for each in largest_rests_first if wanted[each] + 1 < counts[each]]
    wanted[can_give_one_more[:missing]] += 1
    return wanted
