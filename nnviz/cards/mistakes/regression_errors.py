"""Errors of a regression: a plot of predictions over targets for one output, a list of errors for several."""

from __future__ import annotations

import numpy as np
from PyQt5.QtWidgets import QStackedWidget

from engine.explain.prediction_changes import NumberChanges
from engine.explain.predictions import NumberPredictions
from nnviz.cards.mistakes.conclusion import number_sentences, output_sentences
from nnviz.cards.mistakes.example_table import ExampleTable
from nnviz.cards.mistakes.predicted_plot import PredictedPlot
from nnviz.formatting import text
from nnviz.formatting.change_sentences import number_change
from nnviz.formatting.conclusion import Conclusion
from nnviz.formatting.meaning import Meaning
from nnviz.session.example_sets import SET_LABELS
from nnviz.session.prediction_changes import PredictionChanges
from nnviz.session.selection import Example
from nnviz.session.session import Session
from nnviz.session.split_predictions import SplitPredictions
from nnviz.ui.card import Table
from nnviz.ui.parts import named
from nnviz.ui.row_list import RowList
from nnviz.ui.row_table import ListColumn

_COLUMNS = [ListColumn("output"), ListColumn("RMSE", True, "-1.234e+05"), ListColumn("R²", True, "-0.123")]
_PLOT_HELP = (
    "Predicted against true values; on the dashed line both are equal. Click a point to choose its example; "
    "Left and Right move to its neighbours."
)


class RegressionErrors(QStackedWidget):
    """Replaces the confusion matrix if outputs are numbers.

    Attributes:
        plot: predictions over targets.
        outputs: list of the errors of several outputs.
        conclusion: what the errors mean; None if nothing is known.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._found: SplitPredictions | None = None
        self._changes: PredictionChanges | None = None
        self.conclusion: Conclusion | None = None
        self.plot = named(PredictedPlot(), "numberPlot", "Predicted against true")
        self.plot.setWhatsThis(_PLOT_HELP)
        tip = "RMSE: the root of the mean squared error. R²: the share of the variance that the network explains."
        self.outputs = named(RowList(), "outputErrorsList", "Error of each output", tip)
        for page in (self.plot, self.outputs):
            self.addWidget(page)
        self.plot.hovered.connect(self._describe)
        self.plot.chosen.connect(self._choose)
        self.plot.opened.connect(session.mistakes.put_on_canvas)
        session.selection.example_changed.connect(self._show_choice)

    def show_found(self, found: SplitPredictions, answers: NumberPredictions) -> None:
        """Shows the predictions for all examples."""
        if found is not self._found or self._changes is not None:
            self._found, self._changes = found, None
            meaning, is_single = self._session.meaning, len(answers.errors) == 1
            if is_single:
                targets, predictions = pairs_of(answers, meaning)
                self.plot.show_numbers(targets, predictions, ink_of(found))
                share = float(answers.explained[0])
                self.conclusion = number_sentences(targets, predictions, share, meaning.unit)
            else:
                names = [meaning.output(number) for number in range(len(answers.errors))]
                self.conclusion = output_sentences(names, answers.explained.tolist())
                self.outputs.show_rows(_COLUMNS, len(answers.errors), lambda row: _texts(answers, meaning, row))
            self.setCurrentWidget(self.plot if is_single else self.outputs)
        self._show_choice()

    def show_changes(self, found: PredictionChanges, changes: NumberChanges) -> None:
        """Shows the predictions of two networks, those of the earlier one in the colour of the past."""
        if found is not self._changes:
            self._found, self._changes = found.after, found
            meaning, is_single = self._session.meaning, len(changes.after.errors) == 1
            part, errors = SET_LABELS[found.part.name], found.errors(meaning)
            self.conclusion = number_change(found.opening, part, changes, errors, meaning.unit)
            if is_single:
                targets, predictions = pairs_of(changes.after, meaning)
                _, earlier = pairs_of(changes.before, meaning)
                self.plot.show_numbers(targets, predictions, "ink", earlier)
            else:
                head = [
                    ListColumn("output"),
                    *(ListColumn(f"RMSE, {name}", True, "-1.234e+05") for name in found.names),
                ]
                self.outputs.show_rows(head, len(changes.after.errors), lambda row: self._texts_of_both(changes, row))
            self.setCurrentWidget(self.plot if is_single else self.outputs)
        self._show_choice()

    def _texts_of_both(self, changes: NumberChanges, row: int) -> tuple[str, str, str]:
        meaning = self._session.meaning
        one, other = (text.figure(rmse_of(each, meaning, row)) for each in (changes.before, changes.after))
        return meaning.output(row), one, other

    def detail_of_changes(self, found: PredictionChanges, changes: NumberChanges) -> tuple[str, ...]:
        """Returns the errors of both networks as a short text, and shorter versions, the last one empty."""
        if len(changes.after.errors) > 1:
            return self.detail(changes.after)
        one, other = (text.figure(error, 3) for error in found.errors(self._session.meaning))
        return f"RMSE {one} → {other}", f"{one} → {other}", ""

    def detail(self, answers: NumberPredictions) -> tuple[str, ...]:
        """Returns the errors as a short text, and shorter versions, the last one empty."""
        if len(answers.errors) > 1:
            return f"{text.count(len(answers.answers))} {self._session.meaning.example}s", ""
        rmse = text.figure(rmse_of(answers, self._session.meaning), 3)
        return f"RMSE {rmse} · R² {explained(answers)}", f"RMSE {rmse}", rmse, ""

    def key(self, answers: NumberPredictions) -> str:
        """Returns a short description of the view."""
        if len(answers.errors) > 1:
            return "R²: explained share"
        name = self._session.meaning.output(0)
        return f"x: true {name} · y: predicted {name}"

    def _show_choice(self) -> None:
        example, found = self._session.selection.example, self._found
        is_here = example is not None and found is not None and found.part.where == example.part
        index = found.part.index(example.number) if found and example and is_here else None
        self.plot.show_choice(index)
        self.plot.set_summary("" if index is None else self._words(index))

    def _describe(self, index: int) -> None:
        self.plot.show_text(self._words(index))

    def _words(self, index: int) -> str:
        """Returns the description of a point; empty if there is no such point."""
        known = self._found is not None and 0 <= index < self.plot.count
        return ExampleTable(self._found, self._session.meaning).tip(index) if known and self._found else ""

    def _choose(self, index: int) -> None:
        if self._found is not None:
            part = self._found.part
            self._session.selection.choose_example(Example(part.where, part.number(index)) if index >= 0 else None)

    def table(self, answers: NumberPredictions) -> Table:
        """Returns the errors of each output, for a CSV file."""
        meaning = self._session.meaning.for_file
        rows = [
            [meaning.output(number), error * meaning.spread(number), share]
            for number, (error, share) in enumerate(
                zip(answers.errors.tolist(), answers.explained.tolist(), strict=True)
            )
        ]
        return ["output", "root mean squared error", "R2"], rows

    def table_of_changes(self, found: PredictionChanges, changes: NumberChanges) -> Table:
        """Returns the errors of each output by both networks, for a CSV file."""
        meaning = self._session.meaning.for_file
        both = [
            (rmse_of(changes.before, meaning, n), rmse_of(changes.after, meaning, n))
            for n in range(len(changes.after.errors))
        ]
        rows = [[meaning.output(number), one, other, other - one] for number, (one, other) in enumerate(both)]
        return ["output", *(f"root mean squared error, {name}" for name in found.names), "difference"], rows


def pairs_of(answers: NumberPredictions, meaning: Meaning) -> tuple[np.ndarray, np.ndarray]:
    """Returns (k,) each: targets and predictions of the only output, in its unit."""
    start, spread = meaning.target(0.0), meaning.spread()
    return answers.targets * spread + start, answers.answers * spread + start


def rmse_of(answers: NumberPredictions, meaning: Meaning, output: int = 0) -> float:
    """Returns the root mean squared error of an output, in its unit."""
    return float(answers.errors[output]) * meaning.spread(output)


def explained(answers: NumberPredictions, output: int = 0) -> str:
    """Returns R² as text; a dash if all targets are equal."""
    share = float(answers.explained[output])
    return "–" if np.isnan(share) else f"{share:.2f}".replace("-", "−")


def ink_of(found: SplitPredictions) -> str:
    """Returns the theme's colour name of the part of the data."""
    return found.part.name


def _texts(answers: NumberPredictions, meaning: Meaning, row: int) -> tuple[str, str, str]:
    return meaning.output(row), text.figure(rmse_of(answers, meaning, row)), explained(answers, row)
