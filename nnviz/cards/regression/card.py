"""The regression pages: predictions over targets, and residuals over predictions."""

from __future__ import annotations

import numpy as np

from engine.basics.validation import Array
from engine.datasets import Dataset
from nnviz.cards.registry import CARDS, CardInfo
from nnviz.cards.regression.model import PREDICTED, PredictedNumbers, PredictedPart
from nnviz.cards.regression.points_page import PointsPage
from nnviz.formatting.round_numbers import steady_end
from nnviz.session.session import Session
from nnviz.ui.plots.painted_axes import Frame, ends_of


class PredictedPage(PointsPage):
    """Predictions over targets, with the diagonal."""

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
    """Residuals (prediction − target) over predictions, with the line of 0."""

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


def _predicts_numbers(data: Dataset) -> bool:
    return not data.is_classification


for _name, _page, _number in (("predictedPage", PredictedPage, 2), ("residualsPage", ResidualsPage, 3)):
    _info = CardInfo(_page, needs=(PREDICTED,), page_of="curvesDock", page_number=_number, suits=_predicts_numbers)
    CARDS.register(_name)(_info)
