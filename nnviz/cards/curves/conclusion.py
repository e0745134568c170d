"""Conclusions from learning curves: still falling, flat, overfitting or diverged."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile

import numpy as np

from engine.training.history import Curve
from nnviz.formatting.conclusion import Conclusion
from nnviz.formatting.text import epochs as epochs_text

_MOST = 200  # epochs; of a longer curve an even selection is examined
_FEWEST = 3  # epochs
_LEAST_STALE, _STALE = 3, 0.2  # epochs, and share of the run, without improvement after which a curve is called flat
_RECENT = 12  # epochs from which the noise is estimated
_DEVIATIONS = 1.5  # of the noise, up to which two values count as alike
_ALIKE = 0.02, 0.1  # shares of the last value
_LOST = 0.5  # share of what was gained
_JUMPING = 0.1  # standard deviation of the noise as a share of the last value
_HARDLY, _FURTHER = 0.1, 0.05  # shares of the value before
_OVERFITTING, _CLEARLY, _CLEARLY_IF_RISEN = 1.25, 2, 1.5  # value on the test set over that on the training set
_TO_SIGMA = 1 / (0.6745 * math.sqrt(6))  # from the median size of second differences of independent normal numbers


@dataclass(frozen=True)
class LearningCurve:
    """Values of a quantity that training reduces, and their noise from epoch to epoch.

    Attributes:
        epochs, values: the points, at least one.
        sigma: standard deviation of the noise of the last epochs.
        least: smallest possible change, that of one example; 0 if there is none.
    """

    epochs: list[float]
    values: list[float]
    sigma: float
    least: float

    @property
    def last(self) -> float:
        return self.values[-1]

    @cached_property
    def noise(self) -> float:
        """The difference up to which two values count as alike: by their noise, but from 2 to 10 % of the last one."""
        low, high = (share * abs(self.middles[-1]) for share in _ALIKE)
        return max(min(_DEVIATIONS * self.sigma, high), low, self.least)

    @cached_property
    def middles(self) -> list[float]:
        """The median of each value and its neighbours, so that a single low one does not count; the last one twice."""
        triples = zip(self.values, self.values[1:], self.values[2:], strict=False)
        middles = [self.values[0], *(sorted(triple)[1] for triple in triples)]
        return [*middles, middles[-1]] if len(self.values) > 1 else middles

    @cached_property
    def settled(self) -> int:
        """The place of the first value that no later one improves by more than the noise, up to single low ones."""
        most = min(self.middles) + self.noise
        return next(place for place, value in enumerate(self.middles) if value <= most)

    @property
    def settled_at(self) -> float:
        """The epoch of this value."""
        return self.epochs[self.settled]

    @property
    def zero_since(self) -> float:
        """The epoch from which on all values are 0."""
        zeros = len(list(takewhile(lambda value: value == 0, reversed(self.values))))
        return self.epochs[-zeros]

    @property
    def stale(self) -> float:
        """Epochs since then."""
        return self.epochs[-1] - self.settled_at

    @property
    def is_falling(self) -> bool:
        """Whether the last improvement is not long ago; a last value far below all others is one."""
        is_new = len(self.values) > 1 and self.last < min(self.values[:-1]) - self.noise
        return is_new or self.stale < max(_LEAST_STALE, _STALE * self.epochs[-1])

    @property
    def lowest_at(self) -> float:
        """The epoch of the lowest value next to the lowest median, the last one of several."""
        place = len(self.middles) - 1 - self.middles[::-1].index(min(self.middles))
        around = slice(max(place - 1, 0), place + 2)
        return max((-value, epoch) for value, epoch in zip(self.values[around], self.epochs[around], strict=True))[1]

    @property
    def has_risen(self) -> bool:
        """Whether the last values are above the lowest one by more than the noise."""
        return min(self.values[-_LEAST_STALE:]) > min(self.middles) + self.noise

    def at(self, epoch: float) -> float:
        """Returns the median around an epoch, or around the next one that was measured."""
        return self.middles[min(bisect_left(self.epochs, epoch), len(self.values) - 1)]


def examine(curve: Curve, until: float = math.inf, least: float = 0.0) -> LearningCurve | None:
    """Returns a curve up to an epoch, with its noise; None without points.

    The noise is estimated from the second differences of the last epochs, so that a trend does not count.

    Args:
        curve: the points.
        until: the last epoch.
        least: smallest possible change, that of one example; 0 if there is none.
    """
    end = bisect_right(curve.epochs, until)
    if not end:
        return None
    places = slice(end - 1, None, -math.ceil(end / _MOST))
    epochs, values = curve.epochs[places][::-1], curve.values[places][::-1]
    recent = [value for epoch, value in zip(epochs, values, strict=True) if epoch > 0][-_RECENT:]
    bends = np.abs(np.diff(recent, 2))
    sigma = float(np.median(bends)) * _TO_SIGMA if len(bends) else 0.0
    return LearningCurve(epochs, values, sigma, least)


def curve_sentences(
    called: str,
    train: LearningCurve | None,
    held_out: LearningCurve | None,
    part: str,
    format_value: Callable[[float], str],
) -> Conclusion | None:
    """Returns what the curves of a run mean, or None before the first epoch.

    Args:
        called: the name of the quantity: "error".
        train: the curve of the training set.
        held_out: the curve of the validation set, or else of the test set; None if there is neither.
        part: the name of that set.
        format_value: formats a value with its unit.
    """
    if train is None or not train.epochs[-1]:
        return None
    judged, name = (train, "training") if held_out is None else (held_out, part)
    if not math.isfinite(judged.last + train.last):
        return Conclusion(f"The {name} {called} is no longer finite.")
    trained = sum(epoch > 0 for epoch in judged.epochs)
    if trained < _FEWEST:
        return _too_few(f"{name} {called}", judged, trained, format_value)
    if (found := _not_learning(called, train, format_value)) is not None:
        return found
    if held_out is None:
        return _one_curve(called, train)
    return _two_curves(called, train, held_out, part, format_value)


def _too_few(
    called: str, curve: LearningCurve, trained: int, format_value: Callable[[float], str]
) -> Conclusion | None:
    if len(curve.values) < 2:
        return None
    first, last = format_value(curve.values[0]), format_value(curve.last)
    verb = "fell" if curve.last < curve.values[0] else "rose"
    lead = f"The {called} is still {last}." if first == last else f"The {called} {verb} from {first} to {last}."
    return Conclusion(lead, f"{'One epoch is' if trained == 1 else 'Two epochs are'} too few to say more.")


def _not_learning(called: str, train: LearningCurve, format_value: Callable[[float], str]) -> Conclusion | None:
    """Returns that the network lost what it had learned, or has hardly learned; None if it has learned."""
    values, best = train.values, min(train.values)
    gain, now = values[0] - best, min(values[-_LEAST_STALE:])
    if now - best > max(_LOST * gain, train.noise):
        at = epochs_text(train.epochs[values.index(best)])
        lead = f"The training {called} has risen from {format_value(best)} at epoch {at} to {format_value(train.last)}."
        return Conclusion(lead, "The network has lost much of what it had learned.")
    if train.epochs[0] == 0 and gain < _HARDLY * values[0]:
        lead = f"The network has hardly learned: the training {called} is {format_value(train.last)}."
        return Conclusion(lead, f"Untrained it was {format_value(values[0])}.")
    return None


def _two_curves(
    called: str, train: LearningCurve, held_out: LearningCurve, part: str, format_value: Callable[[float], str]
) -> Conclusion:
    if not held_out.last:
        lead = f"The {part} {called} has been 0 since epoch {epochs_text(held_out.zero_since)}."
        return Conclusion(lead, f"The training {called} is {format_value(train.last)}.")
    figures = f"{format_value(train.last)} in training, {format_value(held_out.last)} on the {part} set"
    settled_at, settled = held_out.settled_at, held_out.values[held_out.settled]
    better = settled - min(held_out.values)
    improved = "hardly improved" if better else "not improved"
    if held_out.least and round(better / held_out.least) == 1:
        improved = "improved by only one example"
    verb, start = ("risen", held_out.lowest_at) if held_out.has_risen else (improved, settled_at)
    change = f"the {part} {called} has {verb} since epoch {epochs_text(start)}"
    before, halfway = train.at(settled_at), train.at((settled_at + held_out.epochs[-1]) / 2)
    falls = f"The training {called} {'falls' if train.middles[-1] < (1 - _FURTHER) * halfway else 'fell'}"
    gap = held_out.last - train.last
    is_overfitting = gap > max(train.noise, held_out.noise) and held_out.last >= _OVERFITTING * train.last
    clear = _CLEARLY_IF_RISEN if held_out.has_risen else _CLEARLY
    is_clear = is_overfitting and held_out.last >= clear * train.last
    if not held_out.is_falling and before - train.middles[-1] > max(train.noise, _FURTHER * before):
        if is_clear:
            return Conclusion(f"{falls}, {change}: overfitting.", f"{figures}.")
        return Conclusion(f"{falls}, {change}.", "A little overfitting." if is_overfitting else f"{figures}.")
    if held_out.is_falling and held_out.has_risen and is_overfitting:
        return Conclusion(f"{falls}, {change}.", "It is too early to call this overfitting.")
    if held_out.is_falling:
        fall = f"training and the {part} {called} still fall" if train.is_falling else f"{part} {called} still falls"
        return Conclusion(f"The {fall}.", "More epochs may help.")
    lead = f"The training and the {part} {called} have hardly improved since epoch {epochs_text(settled_at)}."
    if train.sigma >= _JUMPING * train.last:
        later = train.values[bisect_left(train.epochs, settled_at) :]
        jumps = f"Since then, the training {called} has jumped between {format_value(min(later))}"
        return Conclusion(lead, f"{jumps} and {format_value(max(later))}.")
    return Conclusion(lead, f"{figures}{': overfitting' if is_clear else ''}.")


def _one_curve(called: str, train: LearningCurve) -> Conclusion:
    if train.is_falling:
        return Conclusion(f"The training {called} still falls.", "There is no test set that shows overfitting.")
    return Conclusion(f"The training {called} has hardly improved since epoch {epochs_text(train.settled_at)}.")


def as_of(conclusion: Conclusion, epoch: float | None, restored: float | None) -> Conclusion:
    """Returns the first sentence about the curves, and to which epoch it belongs if that is not the last one.

    Args:
        conclusion: the sentences about the curves up to the displayed epoch.
        epoch: the last measured epoch up to the displayed one; None for the live network.
        restored: the epoch that early stopping restored, to which the live network belongs; None if there is none.
    """
    if epoch is not None:
        return Conclusion(conclusion.lead, f"Up to epoch {epochs_text(epoch)}.")
    if restored is not None:
        return Conclusion(conclusion.lead, f"Early stopping restored epoch {epochs_text(restored)}.")
    return conclusion
