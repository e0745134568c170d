"""Regression as points: predicted against true numbers, and residuals against predicted ones."""

from __future__ import annotations

import numpy as np

from engine.basics.validation import Array
from engine.datasets import Dataset
from nnviz.cards.registry import CARDS, CardInfo
from nnviz.cards.regression.points_page import PointsPage
from nnviz.formatting.round_numbers import steady_end, step
from nnviz.session.asked_numbers import PREDICTED, PredictedNumbers, PredictedPart
from nnviz.session.session import Session
from nnviz.ui.plots.painted_axes import Ends, Frame

_AIR = 0.05  # of the range of the true numbers, beyond them
_STEPS = 5  # in the range of the true numbers, by which the axis of the predicted ones grows
_FARTHEST = 1.0  # times that range: predictions farther away lie at the edge


class PredictedPage(PointsPage):
    """Predicted against true, with the diagonal."""

    def __init__(self, session: Session) -> None:
        super().__init__(session, "Predicted")

    def _points(self, part: PredictedPart) -> Array:
        return np.stack(self._numbers(part), axis=1)

    def _frame(self, known: PredictedNumbers | None) -> Frame:
        if known is None:
            return Frame()
        true, predicted = ends_of([self._numbers(part) for part in known.parts])
        return Frame(true, predicted, self._named("true"), self._named("predicted"), true)


class ResidualsPage(PointsPage):
    """How far predictions are off, predicted − true, against predicted, with the line of 0."""

    def __init__(self, session: Session) -> None:
        super().__init__(session, "Residuals")
        self._end = 0.0
        for signal in (session.data.changed, session.runs.replaced):
            signal.connect(self._forget_end)

    def _forget_end(self) -> None:
        self._end = 0.0

    def _points(self, part: PredictedPart) -> Array:
        true, predicted = self._numbers(part)
        with np.errstate(invalid="ignore"):
            return np.stack([predicted, predicted - true], axis=1)

    def _frame(self, known: PredictedNumbers | None) -> Frame:
        if known is None:
            return Frame(line=(0.0, 0.0))
        numbers = [self._numbers(part) for part in known.parts]
        true, predicted = ends_of(numbers)
        with np.errstate(invalid="ignore"):
            sizes = np.concatenate([np.abs(each - other) for each, other in numbers])
        largest = float(sizes[np.isfinite(sizes)].max(initial=0.0))
        self._end = steady_end(self._end, min(largest, true[1] - true[0]), 1e-9)
        return Frame(predicted, (-self._end, self._end), self._named("predicted"), self._off_by, (0, 0))


def ends_of(numbers: list[tuple[Array, Array]]) -> tuple[Ends, Ends]:
    """The ends of the axes of true and of predicted numbers, (k,) pairs of them.

    The second has the first in it, and grows in steps with predictions beyond, up to as far again on either side.
    """
    true = np.concatenate([each for each, _ in numbers])
    low, high = float(true.min()), float(true.max())
    air = _AIR * (high - low) or _AIR * max(abs(low), 1.0)
    low, high = low - air, high + air
    every = np.concatenate([each for _, each in numbers])
    seen = np.clip(every[np.isfinite(every)], low - _FARTHEST * (high - low), high + _FARTHEST * (high - low))
    width = step((high - low) / _STEPS)
    below = max(0.0, low - float(seen.min(initial=low)))
    above = max(0.0, float(seen.max(initial=high)) - high)
    return (low, high), (low - width * np.ceil(below / width), high + width * np.ceil(above / width))


def _predicts_numbers(data: Dataset) -> bool:
    return not data.is_classification


for _name, _page, _number in (("predictedPage", PredictedPage, 2), ("residualsPage", ResidualsPage, 3)):
    _info = CardInfo(_page, needs=(PREDICTED,), page_of="curvesDock", page_number=_number, suits=_predicts_numbers)
    CARDS.register(_name)(_info)
