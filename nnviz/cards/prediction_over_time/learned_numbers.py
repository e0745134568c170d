"""The numbers that the network would have predicted at earlier moments, as lines of a strip."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.basics.validation import Array
from nnviz.cards.prediction_over_time.strip_plot import ShareLine, StripAxis
from nnviz.formatting import text
from nnviz.session.predicted_numbers import Target, Targets
from nnviz.ui import theme


def number_lines(targets: Targets, answers: Array) -> tuple[list[ShareLine], StripAxis]:
    """The lines of answers, (epochs, outputs), and their axis.

    A single number has an axis in its unit, which is as long as its range in training, or longer if the line leaves
    that; the true number is marked. Of several, each goes from the lower to the upper end of its own range.
    """
    values, truth = targets.values(answers), targets.truth
    if values.shape[1] > 1:
        several = zip(targets.all, values.T, theme.CLASSES, strict=False)
        lines = [_line(target, colour, of_one, target.low, target.high) for target, of_one, colour in several]
        return lines, StripAxis("least", "most", ", each in its unit")
    target, of_one = targets.all[0], values[:, 0]
    known = [target.low, target.high, *(() if truth is None else (float(truth[0]),))]
    low, high = float(min(of_one.min(), *known)), float(max(of_one.max(), *known))
    mark = None if truth is None else _share(float(truth[0]), low, high)
    axis = StripAxis(text.compact(low), text.compact(high), "", mark)
    return [_line(target, theme.CLASSES[0], of_one, low, high)], axis


def _line(target: Target, colour: str, values: Array, low: float, high: float) -> ShareLine:
    shares: Sequence[float] = np.clip([_share(value, low, high) for value in values.tolist()], 0, 1).tolist()
    return ShareLine(target.name, colour, shares, [target.words(value) for value in values.tolist()])


def _share(value: float, low: float, high: float) -> float:
    return (value - low) / (high - low) if high > low else 0.5
