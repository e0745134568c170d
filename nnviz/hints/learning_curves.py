"""Findings in the learning curves of a run: still falling, no longer improving, overfitting, diverged.

Everything that nnviz says about these facts (a conclusion, a hint) follows from :func:`find_in_curves`.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import cached_property
from itertools import pairwise, takewhile

import numpy as np

from engine.training.history import Curve, Curves, History

FEWEST = 3  # epochs
_MOST = 200  # epochs; of a longer curve an even selection is examined
_LEAST_RECENT, _RECENT_SHARE = 3, 0.2  # epochs, and share of the run: the last ones, in which a curve has to improve
_NOISE_EPOCHS = 12  # epochs from which the noise is estimated
_DEVIATIONS = 1.5  # of the noise, up to which two values count as alike
_NOISE_LIMITS = 0.02, 0.1  # shares of the last value
_LOST = 0.5  # share of what was gained
_HARDLY, _FURTHER = 0.1, 0.05  # shares of the value before
_OVERFITTING, _CLEARLY, _CLEARLY_IF_RISEN = 1.25, 2, 1.5  # held-out value as a multiple of the training value
_ALIKE = 0.1  # share of the training value, up to which the held-out value is about as high
_TO_SIGMA = 1 / (0.6745 * math.sqrt(6))  # from the median size of second differences of independent normal numbers


@dataclass(frozen=True)
class LearningCurve:
    """Values of a quantity that training reduces, and their noise from epoch to epoch.

    Attributes:
        points: (epoch, value) of all measurements, at least one. A value that is not finite is infinite.
        epochs, values: the points, of a long curve an even selection.
        sigma: standard deviation of the noise of the last epochs.
        least: smallest possible change, that of one example; 0 if there is none.
    """

    points: list[tuple[float, float]]
    epochs: list[float]
    values: list[float]
    sigma: float
    least: float

    @property
    def last(self) -> float:
        """The last value."""
        return self.values[-1]

    @cached_property
    def noise(self) -> float:
        """The difference up to which two values count as alike: by their noise, but from 2 to 10 % of the last one."""
        low, high = (share * abs(self.middles[-1]) for share in _NOISE_LIMITS)
        return max(min(_DEVIATIONS * self.sigma, high), low, self.least)

    @cached_property
    def middles(self) -> list[float]:
        """The median of each value and its neighbours, so that a single low one does not count; the last one twice."""
        triples = zip(self.values, self.values[1:], self.values[2:], strict=False)
        middles = [self.values[0], *(sorted(triple)[1] for triple in triples)]
        return [*middles, middles[-1]] if len(self.values) > 1 else middles

    @cached_property
    def _settled(self) -> int:
        """The place of the first value as low as the lowest median, up to the noise; a single low one does not count.

        That is one without another such value at most two places away. The first value of the curve counts by itself.
        """
        bar = min(self.middles) + self.noise
        low = [place for place, value in enumerate(self.values) if value <= bar]
        near = (place for place, following in pairwise(low) if following - place <= 2)
        return 0 if low[0] == 0 else next(near)

    @cached_property
    def _before_recent(self) -> int:
        """The place of the last value before the recent epochs, or else the first one."""
        return max(bisect_right(self.epochs, self.epochs[-1] - self._recent) - 1, 0)

    @property
    def _recent(self) -> float:
        """The number of recent epochs."""
        return max(_LEAST_RECENT, _RECENT_SHARE * self.epochs[-1])

    @property
    def is_settled(self) -> bool:
        """Whether the curve has not improved by more than the noise in the recent epochs, up to single low values."""
        is_new_low = len(self.values) > 1 and self.last < min(self.values[:-1]) - self.noise
        return self._settled <= self._before_recent and not is_new_low

    @cached_property
    def fell_from(self) -> int | None:
        """The place before the recent epochs from which the curve fell to its last value; None if it did not fall.

        It fell if the last value is below that one by more than the noise and about as low as the lowest median, and
        the lowest value of all is in the later half of the recent epochs.
        """
        lowest_at = self.epochs[self.values.index(min(self.values))]
        is_lowest_recent = lowest_at > self.epochs[-1] - self._recent / 2
        if self.is_settled or not is_lowest_recent or self.last > min(self.middles) + self.noise:
            return None
        # Where the value before the recent epochs is a single low one, the one before it is not.
        place, most = self._before_recent, self.last + self.noise
        return next((each for each in (place, place - 1) if each >= 0 and self.values[each] > most), None)

    @cached_property
    def stays_since(self) -> float:
        """The first epoch since which the curve has hardly improved, up to single low values.

        Its value there is about as low as the last one.
        """
        return self.epochs[self._lasting_lows[0]]

    def stays_with(self, train: LearningCurve) -> float | None:
        """Returns the first epoch since which neither curve has improved; None if that is so only since recently."""
        most = train.last + max(train.noise, _FURTHER * train.last)
        low = (place for place in self._lasting_lows if train.at(self.epochs[place]) <= most)
        place = next(low, len(self.values))
        return self.epochs[place] if place <= self._before_recent else None

    @cached_property
    def _lasting_lows(self) -> list[int]:
        """The places of values that are as low as the last one and the lowest median, up to the noise."""
        most = min(self.last, *self.middles) + self.noise
        return [place for place in range(self._settled, len(self.values)) if self.values[place] <= most]

    @property
    def lowest_at(self) -> float:
        """The epoch of the lowest value next to the lowest median, the last one of several."""
        place = len(self.middles) - 1 - self.middles[::-1].index(min(self.middles))
        around = slice(max(place - 1, 0), place + 2)
        return max((-value, epoch) for value, epoch in zip(self.values[around], self.epochs[around], strict=True))[1]

    @property
    def has_risen(self) -> bool:
        """Whether the last values are above the lowest one by more than the noise."""
        return min(self.values[-_LEAST_RECENT:]) > min(self.middles) + self.noise

    @property
    def jumped(self) -> bool:
        """Whether the last value is more than twice the lowest median, while one shortly before it is not."""
        lowest = min(self.middles)
        return self.last - lowest > max(lowest, self.noise, 3 * self.least) and not self.has_risen

    @property
    def is_finite(self) -> bool:
        """Whether all values measured are finite."""
        return all(value < math.inf for _, value in self.points)

    @property
    def rose_at_end(self) -> bool:
        """Whether the last value measured is above the one before it."""
        return len(self.points) > 1 and self.points[-1][1] > self.points[-2][1]

    @property
    def lowest(self) -> tuple[float, float]:
        """The (epoch, value) of the lowest value measured, the first one of several."""
        return min(self.points, key=lambda point: point[1])

    @property
    def zero_since(self) -> float:
        """The epoch from which on all values measured are 0; the last value must be."""
        return list(takewhile(lambda point: point[1] == 0, reversed(self.points)))[-1][0]

    def at(self, epoch: float) -> float:
        """Returns the value at an epoch, or at the next one that was measured."""
        return self.values[self._place(epoch)]

    def has_fallen_since(self, epoch: float) -> bool:
        """Whether the last value is clearly below that at an epoch, and the medians around both as well."""
        place = self._place(epoch)
        before, now = min(self.values[place], self.middles[place]), max(self.last, self.middles[-1])
        return before - now > max(self.noise, _FURTHER * before)

    def _place(self, epoch: float) -> int:
        return min(bisect_left(self.epochs, epoch), len(self.values) - 1)


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
    numbers = (value if math.isfinite(value) else math.inf for value in curve.values[:end])
    points = list(zip(curve.epochs[:end], numbers, strict=True))
    epochs, values = map(list, zip(*points[:: -math.ceil(len(points) / _MOST)][::-1], strict=True))
    finite = [value for epoch, value in zip(epochs, values, strict=True) if epoch > 0 and math.isfinite(value)]
    bends = np.abs(np.diff(finite[-_NOISE_EPOCHS:], 2))
    sigma = float(np.median(bends)) * _TO_SIGMA if len(bends) else 0.0
    return LearningCurve(points, epochs, values, sigma, least)


class Course(Enum):
    """What the curves of a run do."""

    NOT_FINITE = auto()  # the last value is not finite
    TOO_FEW = auto()  # too few epochs to say more
    LOST = auto()  # training has lost much of what it had gained
    NOT_LEARNED = auto()  # training has gained hardly anything
    ZERO = auto()  # the held-out value is 0
    JUMPED = auto()  # the judged value has jumped up in the last epochs
    FALLING = auto()  # the judged value fell in the recent epochs, and may have risen only at the end
    UNDECIDED = auto()  # the judged value improved a short time ago, but not in the last epochs
    APART = auto()  # the training value has fallen while the held-out value has not
    RISEN = auto()  # the judged value has risen, and the training value has not fallen
    FLAT = auto()  # the judged value stays, and the training value has not clearly fallen


_SETTLED = Course.APART, Course.RISEN, Course.FLAT  # the judged value no longer improves


class Change(Enum):
    """What a judged value that no longer improves has done."""

    RISEN = auto()
    NONE = auto()  # it has not improved
    HARDLY = auto()  # it has improved by no more than the noise
    ONE_EXAMPLE = auto()  # it has improved by one example


class Overfitting(Enum):
    """How far overfitting is found."""

    NONE = auto()
    LITTLE = auto()
    CLEAR = auto()


@dataclass(frozen=True)
class CurvesFinding:
    """What the curves of one quantity of a run show.

    Attributes:
        course: what the curves do.
        train: the curve of the training set.
        judged: the curve of the validation set; of the test set, or of the training set, if there is no other.
        part: the name of that set.
        overfitting: how far overfitting is found.
        margin: standard error of the last judged value, from the number of its examples; 0 if it is not known.
        may_improve: whether more epochs may help.
    """

    course: Course
    train: LearningCurve
    judged: LearningCurve
    part: str
    overfitting: Overfitting = Overfitting.NONE
    margin: float = 0.0
    may_improve: bool = False

    @property
    def is_held_out(self) -> bool:
        """Whether there is a validation or test set."""
        return self.part != "train"

    @property
    def are_apart(self) -> bool:
        """Whether the held-out value is above the training value by far more than the noise."""
        gap, noise = self.judged.last - self.train.last, max(self.train.noise, self.judged.noise, self.margin)
        return self.is_held_out and gap > noise and self.judged.last >= _OVERFITTING * self.train.last

    @cached_property
    def since(self) -> float:
        """The epoch since which the judged value has hardly improved, or has risen."""
        if self.judged.has_risen:
            return self.judged.lowest_at
        both = self.both_stay_since if self.course is Course.FLAT else None
        return self.judged.stays_since if both is None else both

    @cached_property
    def both_stay_since(self) -> float | None:
        """The epoch since which neither curve has improved; None if that is so only since recently."""
        return self.judged.stays_with(self.train)

    @property
    def change(self) -> Change:
        """What the judged value has done since then."""
        curve = self.judged
        if curve.has_risen:
            return Change.RISEN
        better = curve.values[bisect_left(curve.epochs, self.since)] - curve.last
        if curve.least and round(better / curve.least) == 1:
            return Change.ONE_EXAMPLE
        return Change.HARDLY if better > 0 else Change.NONE


def find_in_curves(
    history: History, quantity: str, examples: Mapping[str, int], until: float = math.inf
) -> CurvesFinding | None:
    """Returns what the curves of a quantity show up to an epoch; None before the first epoch.

    Nothing, None, follows from curves that are finite in the end and were not before.

    The error or RMSE decides: if it still improves, a loss that rises is not called overfitting, because the network is
    only too confident in its mistakes. If it overfits or is 0, a loss that falls does not call for more epochs. In
    regression, the loss says the same as the RMSE, and is called overfitting only with it.

    Args:
        history: the history of the run.
        quantity: "error", "rmse" or "loss".
        examples: the number of examples by set: "train", "validation", "test".
        until: the last epoch.
    """
    found = _examined(getattr(history, quantity), quantity, examples, until)
    if quantity != "loss" or found is None:
        return found
    score = find_in_curves(history, score_of(history), examples, until)
    if score is None:
        return found
    is_clear = score.overfitting is Overfitting.CLEAR
    if score.course not in _SETTLED or (score_of(history) == "rmse" and not is_clear):
        found = replace(found, overfitting=Overfitting.NONE)
    return replace(found, may_improve=found.may_improve and not is_clear and score.course is not Course.ZERO)


def are_alike(train: float, held_out: float, margin: float) -> bool:
    """Whether a training value is about as high as the held-out one, or higher.

    ``margin``: standard error of the held-out value. Values that are alike are no overfitting.
    """
    return held_out - train <= max(margin, _ALIKE * train)


def score_of(history: History) -> str:
    """Returns the quantity by which a network is judged: "error" for classes, else "rmse"."""
    return "error" if history.error.train.values else "rmse"


def standard_error(quantity: str, value: float, examples: int) -> float:
    """Returns how far an error or RMSE on a set varies with the choice of its examples; 0 for a loss.

    Binomial for an error; for an RMSE that of normal residuals.
    """
    if not examples or quantity == "loss":
        return 0.0
    if quantity == "rmse":
        return value / math.sqrt(2 * examples)
    return math.sqrt(max(value * (1 - value), 1 / examples) / examples)


def _examined(curves: Curves, quantity: str, examples: Mapping[str, int], until: float) -> CurvesFinding | None:
    def curve(part: str) -> LearningCurve | None:
        count = examples.get(part, 0)
        return examine(getattr(curves, part), until, 1 / count if count and quantity == "error" else 0.0)

    train = curve("train")
    if train is None or not train.epochs[-1]:
        return None
    held_out = {part: found for part in ("validation", "test") if (found := curve(part)) is not None}
    part, judged = next(iter(held_out.items()), ("train", train))
    if math.isfinite(train.last + judged.last) and not (train.is_finite and judged.is_finite):
        return None
    margin = standard_error(quantity, judged.last, examples.get(part, 0)) if math.isfinite(judged.last) else 0.0
    return _judged(CurvesFinding(Course.TOO_FEW, train, judged, part, margin=margin))


def _judged(found: CurvesFinding) -> CurvesFinding:
    """Returns the finding with its course, and with what follows from it."""
    train, judged = found.train, found.judged
    course = _course(found)
    found = replace(found, course=course, may_improve=course is Course.FALLING)
    if course not in _SETTLED or not found.are_apart:
        return found
    is_clear = judged.last >= (_CLEARLY_IF_RISEN if judged.has_risen else _CLEARLY) * train.last
    return replace(found, overfitting=Overfitting.CLEAR if is_clear else Overfitting.LITTLE)


def _course(found: CurvesFinding) -> Course:
    train, judged = found.train, found.judged
    if not math.isfinite(judged.last + train.last):
        return Course.NOT_FINITE
    if sum(epoch > 0 for epoch in judged.epochs) < FEWEST:
        return Course.TOO_FEW
    best, (first, start) = train.lowest[1], train.points[0]
    is_whole = first == 0  # else it is not known what training has gained
    if is_whole and start - best < _HARDLY * start:
        return Course.NOT_LEARNED
    if is_whole and min(train.values[-_LEAST_RECENT:]) - best > max(_LOST * (start - best), train.noise):
        return Course.LOST
    if found.is_held_out and not judged.last:
        return Course.ZERO
    if judged.jumped:
        return Course.JUMPED
    if not judged.is_settled:
        return Course.FALLING if judged.fell_from is not None else Course.UNDECIDED
    if found.is_held_out and train.has_fallen_since(found.since):
        return Course.APART
    return Course.RISEN if judged.has_risen else Course.FLAT
