"""The prediction over time card: predictions for the current input at earlier epochs of the run."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QSizePolicy

from engine.basics.validation import Array
from nnviz.cards.prediction_over_time.model import PAST_PREDICTIONS, PastPredictions, PredictionOverTime
from nnviz.cards.prediction_over_time.strip_plot import SHARES, ShareLine, StripAxis, StripPlot
from nnviz.cards.registry import CARDS, CardInfo, Column, Place
from nnviz.formatting import text
from nnviz.session.predicted_class import WORTH_SEEING, PredictedClass, predicted_class_of
from nnviz.session.predicted_numbers import Target, Targets
from nnviz.session.session import Session
from nnviz.ui import theme
from nnviz.ui.card import Panel, Table
from nnviz.ui.parts import named
from nnviz.ui.plane.colours import class_colours

_FEWEST = 3  # lines, at least


class PredictionOverTimePanel(Panel):
    """Shows the confidence in the leading classes, or the predicted numbers, for the current input over the run."""

    def __init__(self, session: Session) -> None:
        super().__init__("Prediction over time")
        self._session = session
        self._targets = Targets(session)
        self._query = session.models[PredictionOverTime].query
        self._epochs: list[float] = []  # the drawn epochs
        tip = (
            "Shows the prediction for the current input at each snapshot of the run: the classes that lead now, "
            "and those that led before."
        )
        self.plot = named(StripPlot(), "learningStrip", "Confidence in the leading classes by epoch")
        self.plot.setWhatsThis(tip)  # a tooltip would cover the read-out
        self.head.detail.setSizePolicy(
            QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred
        )  # its text must not widen the card
        self.head.detail.setTextFormat(Qt.TextFormat.RichText)  # with the names escaped
        self.head.row.setStretchFactor(self.head.detail, 100)
        self.head.detail.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.body.addWidget(self.plot, 1)
        self.body.setContentsMargins(theme.CARD_PADDING, 0, theme.CARD_PADDING, 8)
        self._name_lines()
        self._query.changed.connect(self.refresh)
        session.timeline.changed.connect(self._show_moment)
        theme.changed.connect(self._name_lines)

    @property
    def _known(self) -> PastPredictions | None:
        """The latest predictions; None without an input, or if none are computed yet."""
        known: PastPredictions | None = self._query.result
        return known

    def adapt(self) -> None:
        self.refresh()

    def refresh(self) -> None:
        """Draws the latest predictions. Old lines stay while new ones are computed."""
        if not self.in_view:
            return
        quantity = "Predicted values" if self._session.meaning.is_regression else "Confidence in the leading classes"
        if self.plot.accessibleName() != f"{quantity} by epoch":
            self.plot.setAccessibleName(f"{quantity} by epoch")
        known, count = self._known, len(self._targets.all)
        if known is not None and known.predictions and count == len(known.predictions[-1]):
            self._show(known, *number_lines(self._targets, np.array(known.predictions)))
        elif known is None or not known.predictions or len(known.predictions[-1]) < 2:
            self._show_nothing()
        else:
            self._draw(known, predicted_class_of(known.predictions[-1]))
        self._name_lines()

    def _show_moment(self) -> None:
        self.plot.show_moment(self._session.timeline.epoch)
        if self.in_view:
            self._name_lines()

    # ---- drawing

    def _draw(self, known: PastPredictions, verdict: PredictedClass) -> None:
        confidences = np.clip(np.array(known.predictions), 0, 1)
        names = self._session.class_names
        of_classes = class_colours(self._session.data.dataset)
        lines = [
            ShareLine(names[index], of_classes[index] if of_classes else colour, confidences[:, index].tolist())
            for index, colour in zip(leaders(confidences, verdict), theme.CLASSES, strict=False)
        ]
        self._show(known, lines)

    def _show(self, known: PastPredictions, lines: list[ShareLine], axis: StripAxis = SHARES) -> None:
        self._epochs = known.epochs
        self.plot.show_lines(known.epochs, lines, "", axis)

    def _show_nothing(self) -> None:
        self._epochs = []
        has_none = self._known is not None  # else predictions are still being computed
        is_empty = self._session.question.example is None
        self.plot.show_lines([], [], "no prediction" if has_none and not is_empty else "")

    def _name_lines(self) -> None:
        """Names the classes in the head, in the colours of their lines, and describes the lines to screen readers.

        At a displayed epoch of the past the names come with the values of that epoch.
        """
        lines = self.plot.lines
        truth, targets = self._targets.truth, self._targets.all
        is_marked = len(targets) == 1 and truth is not None
        at = self._moment
        after = "" if at is not None else " by epoch"
        after = f" · true {targets[0].format(float(truth[0]))}" if is_marked and truth is not None else after
        figures = [] if at is None else [_figure(line, at) for line in lines]
        words = [line.name for line in lines]
        if figures:
            words = [f"{name}: {figure}" for name, figure in zip(words, figures, strict=True)]
        named = list(map(_coloured, lines, words))
        more = ", …" if at is None else ""
        fewer = [f"{', '.join(named[:count])}{more}" for count in range(len(named) - 1, 0, -1)]
        all_names = ", ".join(named)
        alone = [_coloured(lines[0], figures[0]), ""] if figures else []  # A number must not be cut.
        whole = (f"{all_names}{after}", all_names, *fewer, *alone) if lines else ("",)
        self.head.detail.show_versions(*whole, tip=", ".join(words) + after if words else "")
        ends = [f"{line.name}: {_value_text(line, 0)} to {_value_text(line, -1)}" for line in lines]
        self.plot.set_summary(", ".join(ends) or self.plot.note or "no prediction")

    @property
    def _moment(self) -> int | None:
        """The number of the displayed epoch among the drawn ones; None live, and while its prediction is not drawn."""
        epoch = self._session.timeline.epoch
        return self._epochs.index(epoch) if epoch in self._epochs else None

    def table(self) -> Table | None:
        """Returns epochs and the outputs of all classes, or the numbers in their units, for a CSV file."""
        known = self._known
        if known is None or not known.predictions:
            return None
        targets, predictions = self._targets.all, np.array(known.predictions)
        names = self._session.class_names_for_file
        if len(targets) == predictions.shape[1]:
            meaning, predictions = self._session.meaning.for_file, self._targets.values(predictions)
            names = [meaning.output(target.output) for target in targets]
        rows: list[list[object]] = [
            [epoch, *prediction.tolist()] for epoch, prediction in zip(known.epochs, predictions, strict=True)
        ]
        return ["epoch", *names], rows


def number_lines(targets: Targets, predictions: Array) -> tuple[list[ShareLine], StripAxis]:
    """Returns the lines of (epochs, outputs) predicted numbers, and their axis.

    A single number has an axis in its unit, as long as its range in training, or longer if the line leaves that; its
    true value is marked. Of several numbers, each line goes from the lower to the upper end of its own range.
    """
    values, truth = targets.values(predictions), targets.truth
    if values.shape[1] > 1:
        several = zip(targets.all, values.T, theme.CLASSES, strict=False)
        lines = [_line(target, colour, series, target.low, target.high) for target, series, colour in several]
        return lines, StripAxis("least", "most", ", each in its unit")
    target, series = targets.all[0], values[:, 0]
    known = [target.low, target.high, *(() if truth is None else (float(truth[0]),))]
    low, high = float(min(series.min(), *known)), float(max(series.max(), *known))
    mark = None if truth is None else _share(float(truth[0]), low, high)
    axis = StripAxis(text.compact(low), text.compact(high), "", mark)
    return [_line(target, theme.CLASSES[0], series, low, high)], axis


def _line(target: Target, colour: str, values: Array, low: float, high: float) -> ShareLine:
    shares: Sequence[float] = np.clip([_share(value, low, high) for value in values.tolist()], 0, 1).tolist()
    return ShareLine(target.name, colour, shares, [target.format(value) for value in values.tolist()])


def _share(value: float, low: float, high: float) -> float:
    return (value - low) / (high - low) if high > low else 0.5


def leaders(confidences: Array, verdict: PredictedClass) -> list[int]:
    """Returns the classes of (epochs, classes) ``confidences`` that get a line, at most as many as there are colours.

    First come the best and the second of the verdict, then the classes that once led, by their highest confidence. If
    these are fewer than three, others follow by their latest confidence, in whole percent, and then by their mean.
    """
    best = confidences.argmax(axis=1)
    led = np.bincount(best, minlength=confidences.shape[1])
    named = [verdict.best]
    if confidences[-1, verdict.second] >= WORTH_SEEING or led[verdict.second]:
        named.append(verdict.second)
    others = [index for index in range(len(led)) if index not in named]
    once = sorted((index for index in others if led[index]), key=lambda index: -confidences[:, index].max())
    now, mean = np.floor(100 * confidences[-1] + 0.5), confidences.mean(axis=0)
    never = sorted((index for index in others if not led[index]), key=lambda index: (-now[index], -mean[index]))
    return [*named, *once, *never[: max(0, _FEWEST - len(named) - len(once))]][: len(theme.CLASSES)]


def _value_text(line: ShareLine, index: int) -> str:
    return line.figure(index) if line.figures else f"{line.shares[index]:.1%}"


def _figure(line: ShareLine, index: int) -> str:
    return line.figure(index) if line.figures else f"{line.figure(index)} %"


def _coloured(line: ShareLine, words: str) -> str:
    return f'<span style="color:{theme.colour(line.colour).name()}">{escape(words)}</span>'


CARDS.register("learningStripDock")(
    CardInfo(PredictionOverTimePanel, {"train": Place(Column.ASK, 3, 106)}, needs=(PAST_PREDICTIONS,))
)
