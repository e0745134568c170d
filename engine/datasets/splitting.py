"""Splitting of examples into a training and a test set, drawn by a seed."""

from __future__ import annotations

import numpy as np

from engine.basics.errors import SettingError, Verbatim, counted
from engine.basics.validation import Array
from engine.datasets.data_setting import SEED, TEST_SHARE

_ROUNDING = 1e-9  # tolerance of a product with the share


def parts_of(labels_or_count: Array | int, test_share: float, seed: int) -> tuple[Array, Array]:
    """Draws the test set, always the same one for one ``seed``; of classes, each in proportion.

    Every class keeps at least one training example. The two parts are sorted, because memory is read faster in order.

    Args:
        labels_or_count: (k,) the class of each example, numbers or texts; or only how many examples there are.
        test_share: 0…0.9; 0 for no test set.

    Returns:
        The numbers, from 0, of the training examples and of the test examples; int64.

    Raises:
        SettingError: the share or the seed is out of range, or no example is left for the test.
    """
    share = TEST_SHARE.checked(test_share)
    class_of, counts = _counted(labels_or_count)
    wanted = _in_proportion(counts, share)
    if share > 0 and not wanted.any():
        raise _too_few(labels_or_count, counts, share)
    order = np.random.default_rng(SEED.checked(seed)).permutation(len(class_of))
    drawn = class_of[order]
    is_test = np.zeros(len(class_of), bool)
    is_test[order[place_in_class(drawn) < wanted[drawn]]] = True
    return np.flatnonzero(~is_test), np.flatnonzero(is_test)


def _too_few(labels_or_count: Array | int, counts: Array, share: float) -> SettingError:
    """Returns the error of examples that leave none for the test."""
    classes = "" if isinstance(labels_or_count, (int, np.integer)) else f" in {_classes(len(counts))}"
    few = f"only {counted(int(counts.sum()), 'example')}{classes}"
    if not _in_proportion(counts, 0.9).any():
        return SettingError.from_problem(
            "test_share", f"{few}, too few for a training and a test set", "Give more data."
        )
    rule = f"must leave examples in both sets, but there are {few}"
    return SettingError("test_share", Verbatim(f"{share:g}"), rule, "Give more data, or a larger share.")


def _classes(count: int) -> str:
    return "1 class" if count == 1 else f"{count:,} classes"


def _counted(labels_or_count: Array | int) -> tuple[Array, Array]:
    """Returns the number of each example's class, (k,) from 0, and the size of each class."""
    if isinstance(labels_or_count, (int, np.integer)):
        return np.zeros(int(labels_or_count), np.int64), np.array([int(labels_or_count)])
    return np.unique(np.asarray(labels_or_count), return_inverse=True, return_counts=True)[1:]


def validation_rows(examples: int, count: int, seed: int = 0) -> tuple[Array, Array]:
    """Draws ``count`` of the training examples for a validation set; returns the numbers of these and of the rest.

    Both are sorted, because memory is read faster in order.
    """
    order = np.random.default_rng(seed).permutation(examples)
    return np.sort(order[:count]), np.sort(order[count:])


def balanced_rows(labels_or_count: Array | int, count: int, seed: int) -> Array:
    """Draws ``count`` of the examples, as many of each class as far as a class has enough.

    With the same seed, the examples of a smaller count are among those of a larger one.

    Args:
        labels_or_count: as of :func:`parts_of`.
        count: at most as many as there are.

    Returns:
        The numbers of the drawn examples, from 0; int64, sorted.
    """
    class_of = _counted(labels_or_count)[0]
    order = np.random.default_rng(SEED.checked(seed)).permutation(len(class_of))
    rank = np.empty(len(order), np.int64)  # number of earlier examples of the same class, in the order of drawing
    rank[order] = place_in_class(class_of[order])
    # Row by row over the classes: first one of each, then a second one of each, …
    drawn = np.lexsort((class_of, rank))[:count]
    return np.sort(drawn)


def steady_parts(labels: Array, test_share: float, seed: int) -> tuple[Array, Array]:
    """Splits examples that arrive one by one, so that further examples do not move earlier ones.

    Within its class every n-th example is for the test; the seed draws the first of them, which is never the first
    example. There is no test set while there are too few examples.

    Args:
        labels: (k,) the class of each example, numbers or texts.
        test_share: 0…0.9; 0 for no test set.

    Returns:
        The numbers, from 0, of the training examples and of the test examples; int64, sorted.

    Raises:
        SettingError: the share or the seed is out of range.
    """
    share = TEST_SHARE.checked(test_share)
    start = np.random.default_rng(SEED.checked(seed)).uniform(0, 1 - share)
    places = place_in_class(_counted(labels)[0]) + np.array([[0], [1]])
    before, after = np.floor(places * share + start + _ROUNDING)
    return np.flatnonzero(before == after), np.flatnonzero(before < after)


def place_in_class(class_of: Array) -> Array:
    """Returns how many earlier examples have the same class, (k,), for classes numbered from 0."""
    by_class, counts = np.argsort(class_of, kind="stable"), np.bincount(class_of)
    places = np.empty(len(class_of), np.int64)
    places[by_class] = np.arange(len(class_of)) - np.repeat(np.cumsum(counts) - counts, counts)
    return places


def _in_proportion(counts: Array, share: float) -> Array:
    """Returns the number drawn from each class: the share, rounded to the right sum (largest remainders)."""
    exact = counts * share
    wanted = np.floor(exact + _ROUNDING).astype(np.int64)
    missing = round(float(exact.sum())) - int(wanted.sum())
    largest = np.argsort(wanted - exact, kind="stable")
    wanted[largest[: max(0, missing)]] += 1
    limited: Array = np.minimum(wanted, np.maximum(counts - 1, 0))
    return limited
