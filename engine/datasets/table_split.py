"""Draws which rows a network learns from and which it is tested with."""

from __future__ import annotations

import numpy as np

from engine.errors import SettingError
from engine.validation import Array, number_within, whole_number


def drawn_rows(classes: Array | None, rows: int, test_share: float, seed: int) -> tuple[Array, Array]:
    """The numbers of training and test rows, sorted; always the same ones for one ``seed``.

    Args:
        classes: (rows,) class numbers from 0, each class being drawn in proportion and never as a whole; None: all rows
            alike.
        rows: how many there are.
        test_share: 0…1, the share of the test rows; 0: none.
        seed: of the generator.

    Raises SettingError if one side would be empty, unless ``test_share`` is 0.
    """
    share = number_within("test_share", test_share, 0, 1, "0.2")
    rng = np.random.default_rng(whole_number("seed", seed, 0, "0"))
    groups = [np.arange(rows)] if classes is None else _groups(classes)
    counts = _counts(np.array([len(group) for group in groups]), share, rng)
    is_test = np.zeros(rows, bool)
    for group, count in zip(groups, counts, strict=True):
        is_test[rng.permutation(group)[:count]] = True
    if share and not 0 < is_test.sum() <= round(share * rows) < rows:
        rule = f"must leave rows on both sides, and there are {rows:,}"
        raise SettingError("test_share", test_share, rule, "Try 0.2, with more rows.")
    return np.flatnonzero(~is_test), np.flatnonzero(is_test)


def _groups(classes: Array) -> list[Array]:
    order = np.argsort(classes, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(classes[order])) + 1)


def _counts(sizes: Array, share: float, rng: np.random.Generator) -> Array:
    """How many of each group are drawn: its share rounded down, and one more where the most was lost.

    At least one of each stays. Where equally much was lost, chance decides.
    """
    exact = share * sizes
    counts: Array = np.minimum(np.floor(exact).astype(np.int64), sizes - 1)
    lost = np.where(counts < sizes - 1, exact - counts, -1)
    more = round(share * int(sizes.sum())) - int(counts.sum())
    for group in np.lexsort((rng.random(len(sizes)), -lost))[: max(more, 0)]:
        counts[group] += lost[group] > 0
    return counts
