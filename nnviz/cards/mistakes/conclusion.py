"""Conclusions about predictions: the classes that are confused most; for numbers the bias and the largest error."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from engine.basics.validation import Array
from nnviz.formatting import text
from nnviz.formatting.conclusion import Conclusion, enumeration

_READ = "read as"
_LONGEST, _LONGEST_OF_FOUR = 12, 9  # characters of a name, so that two and four names fit into two lines of the card
_FEW = 5  # Mistakes. The order of rarer ones may be chance.
_MOST_NAMES = 4  # of more classes only the number is given
_ENOUGH = 10  # examples from which a bias is measured
_BIASED, _CLEARLY_BIASED = 0.2, 0.5  # mean error as a share of the RMSE


def class_sentences(matrix: Array, names: Sequence[str], is_image: bool) -> Conclusion | None:
    """Returns which classes are confused most, or None without examples.

    Args:
        matrix: (classes, classes) counts, row = true class, column = predicted class.
        names: names of the classes.
        is_image: whether the examples are images: characters are "read as", others "predicted as".
    """
    total, right = int(matrix.sum()), int(np.trace(matrix))
    if not total:
        return None
    verb = _READ if is_image and all(len(name) == 1 for name in names) else "predicted as"
    if right == total:
        return Conclusion(f"No mistakes: {text.count(right)} of {text.count(total)} are correct.")
    predicted = np.flatnonzero(matrix.sum(axis=0))
    if len(predicted) == 1:
        lead = f"Everything is {verb} {text.name(names[int(predicted[0])], _LONGEST)}."
        return Conclusion(lead, f"Correct: {text.count(right)} of {text.count(total)}.")
    never = np.flatnonzero((matrix.sum(axis=0) == 0) & (matrix.sum(axis=1) >= _FEW)).tolist()
    confused = _most_confused(matrix, names, verb)
    if not never:
        return confused
    some = enumeration([text.name(names[number], _LONGEST) for number in never])
    many = f"{len(never)} of the {len(names)} classes"
    return Conclusion(f"Never predicted: {some if len(never) <= _MOST_NAMES else many}.", confused.lead)


def _most_confused(matrix: Array, names: Sequence[str], verb: str) -> Conclusion:
    """Returns the most frequent mistake and the next one, for a matrix with a mistake."""
    wrong = np.where(np.eye(len(matrix), dtype=bool), 0, matrix)
    shares = wrong / np.maximum(matrix.sum(axis=1, keepdims=True), 1)  # the order of mistakes that are equally frequent
    places = [divmod(int(place), len(matrix)) for place in np.lexsort((-shares.ravel(), -wrong.ravel()))[:2]]
    (first, second), (count, following) = places, (int(wrong[place]) for place in places)
    alike, mistakes = int((wrong == count).sum()), int(wrong.sum())
    brief = verb if verb == _READ else "as"

    def pair(place: tuple[int, int], verb: str, longest: int = _LONGEST) -> str:
        return f"{text.name(names[place[0]], longest)} {verb} {text.name(names[place[1]], longest)}"

    def often(place: tuple[int, int]) -> str:
        return f"({_times(int(wrong[place]))})"

    both = f"{pair(first, brief, _LONGEST_OF_FOUR)} and {pair(second, brief, _LONGEST_OF_FOUR)}"
    if first == second[::-1]:
        both = f"{pair(first, 'and')}, both ways"
    if mistakes == 1:
        return Conclusion(f"One mistake: {pair(first, verb)}.")
    if alike > 2:
        most = f"none more than {_times(count)}" if count > 1 else "each once"
        return Conclusion("No mistake stands out.", f"{text.count(mistakes)} mistakes, {most}.")
    if alike == 2:
        return Conclusion(f"Most often: {both}, {_times(count)} each.")
    is_close = count - following <= math.sqrt(count + following)
    if is_close and following and count < _FEW:
        lead = f"Most often, perhaps by chance: {pair(first, brief)} {often(first)}."
        return Conclusion(lead, f"The next mistake comes {_times(following)}.")
    if is_close and following and brief != verb:
        return Conclusion(f"Most often: {both} ({text.count(count)} and {text.count(following)}).")
    rest = f"{'Close behind' if is_close else 'Next'}: {pair(second, brief)} {often(second)}."
    lead = f"Most often: {pair(first, verb)} {often(first)}."
    return Conclusion(lead, rest if following else "There are no other mistakes.")


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{text.count(count)} times")


def number_sentences(targets: Array, predictions: Array, explained: float, unit: str) -> Conclusion | None:
    """Returns whether predictions of a number are biased, and the largest error; None if they are not finite.

    Args:
        targets, predictions: (k,) each, in the unit of the target.
        explained: coefficient of determination R²; NaN if all targets are equal.
        unit: the unit, or "".
    """
    errors = predictions - targets
    if not len(errors) or not np.isfinite(errors).all():
        return None
    worst = int(np.abs(errors).argmax())
    if not errors[worst]:
        return Conclusion(f"No errors: {text.count(len(errors))} of {text.count(len(errors))} are exact.")
    true, predicted = text.figure(float(targets[worst]), 3), text.figure(float(predictions[worst]), 3)
    largest = f"Largest error: {true} predicted as {f'{predicted} {unit}'.rstrip()}."
    if explained <= 0:
        return Conclusion("No better than always predicting the mean.", largest)
    bias, rmse = float(errors.mean()), math.sqrt(float(np.square(errors).mean()))
    is_certain = len(errors) >= _ENOUGH and abs(bias) > 2 * float(errors.std()) / math.sqrt(len(errors))
    if is_certain and abs(bias) >= _BIASED * rmse:
        little = "" if abs(bias) >= _CLEARLY_BIASED * rmse else "a little "
        by = f"{text.figure(abs(bias), 2)} {unit}".rstrip()
        return Conclusion(f"Predicted {little}too {'high' if bias > 0 else 'low'} on average, by {by}.", largest)
    half = f"{text.figure(float(np.median(np.abs(errors))), 2)} {unit}".rstrip()
    return Conclusion(f"Half are within {half}.", largest)


def output_sentences(names: Sequence[str], explained: Sequence[float]) -> Conclusion | None:
    """Returns which of several numbers is predicted worst; None if R² is known of fewer than two.

    Args:
        names: names of the outputs.
        explained: coefficient of determination R² of each; NaN if all its targets are equal.
    """
    known = sorted((share, number) for number, share in enumerate(explained) if math.isfinite(share))
    if len(known) < 2:
        return None
    (low, worst), (high, best) = known[0], known[-1]
    if _share(low) == _share(high):
        return Conclusion(f"Each output is predicted equally well: R² {_share(low)}.")
    lead = f"Predicted worst: {text.name(names[worst], _LONGEST)} (R² {_share(low)})."
    return Conclusion(lead, f"Best: {text.name(names[best], _LONGEST)} ({_share(high)}).")


def _share(share: float) -> str:
    return f"{share:.2f}".replace("-", "−")
