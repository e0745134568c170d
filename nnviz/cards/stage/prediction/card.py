"""The prediction card: a bar for each class, or the predicted numbers."""

from __future__ import annotations

from dataclasses import replace

from PyQt5.QtCore import QRegularExpression
from PyQt5.QtGui import QRegularExpressionValidator
from PyQt5.QtWidgets import QWidget

from engine.basics.validation import Array
from nnviz.cards.registry import CARDS, CardInfo, Column, Place
from nnviz.cards.stage.prediction.compared_predictions import (
    ColumnHead,
    ComparedBars,
    ComparedNumber,
    ComparedNumbers,
    Heads,
)
from nnviz.cards.stage.prediction.number_bars import MOST_ROWS, NumberBars, NumberRow
from nnviz.cards.stage.prediction.probability_bars import ProbabilityBars
from nnviz.formatting import text
from nnviz.session.predicted_numbers import Target, Targets
from nnviz.session.session import Session
from nnviz.session.shared_queries import ANSWER, SECOND_ANSWER
from nnviz.ui import theme
from nnviz.ui.card import Panel, Table
from nnviz.ui.fields import NumberEdit
from nnviz.ui.parts import named

_STEP = 5  # percent


class PredictionPanel(Panel):
    """Shows the prediction while the user draws and the network trains, and a field for the confidence threshold.

    Numbers are in the units of their targets, next to the true ones if the input is an example of the data. While two
    networks are compared, it shows both predictions.
    """

    compares = True

    def __init__(self, session: Session) -> None:
        super().__init__("Prediction")
        self._session = session
        self._targets = Targets(session)
        tip = (
            "Shows the confidence of each class in percent, for the current input. The dotted line is the "
            "confidence threshold."
        )
        self.bars = named(ProbabilityBars(), "predictionBars", "Prediction", tip)
        tip = "Shows the predicted values. The dot lies between the smallest and the largest value in the training set."
        self.numbers = named(NumberBars(), "predictionNumbers", "Predicted numbers", tip)
        tip = "Shows the confidence of each class for both networks, in percent."
        self.compared_bars = named(ComparedBars(), "comparedBars", "Predictions of both networks", tip)
        tip = "Shows the values that both networks predict. The line spans the values of the training set."
        self.compared_numbers = named(ComparedNumbers(), "comparedNumbers", "Predictions of both networks", tip)
        self.threshold_edit = _threshold_field()
        self.threshold_edit.committed.connect(self._threshold_entered)
        self.head.row.addWidget(self.threshold_edit)
        self.head.detail.only_whole = True
        for view in (self.bars, self.numbers, self.compared_bars, self.compared_numbers):
            self.body.addWidget(view)
        self.body.setContentsMargins(theme.CARD_PADDING, 2, theme.CARD_PADDING, 8)
        session.question.answer_changed.connect(self.refresh)
        session.question.threshold_changed.connect(self._show_threshold)
        for signal in (session.side_by_side.changed, session.side_by_side.answer_changed):
            signal.connect(self.refresh)
        self.head.marked.connect(self._show_threshold)
        self.head.marked.connect(self.refresh)
        self._show_threshold()
        self.adapt()

    def adapt(self) -> None:
        """Sets the names of classes or targets by the data and the network."""
        is_number = self._is_of_numbers
        names = [] if is_number else self._session.class_names
        self.bars.set_names(names)
        self.numbers.set_count(len(self._targets.all) or 1)
        self.refresh()

    @property
    def _is_of_numbers(self) -> bool:
        data = self._session.data.dataset
        return data is not None and not data.is_classification

    def refresh(self) -> None:
        """Shows the latest prediction."""
        misfit = self._session.runs.current.misfit(self._session.data.dataset) is not None
        is_number = self._is_of_numbers
        sure = ("",) if self.head.mark.is_wanted else ("% · threshold", "threshold")
        asked = (self._session.meaning.target_name,) if is_number else sure
        self.head.detail.show_versions(*(("network does not fit the data",) if misfit else asked))
        self.threshold_edit.setVisible(not misfit and not is_number)
        if not self.in_view:
            self._turn_to(self.numbers if is_number else self.bars)
        elif (both := self._both()) is not None:
            self._show_both(*both)
        elif is_number:
            self.numbers.show_rows(self._number_rows(), self._reason())
            self._turn_to(self.numbers)
        else:
            self.bars.set_values(self._session.question.answer, self._reason())
            self._turn_to(self.bars)

    def _turn_to(self, view: QWidget) -> None:
        """Shows one of the views; first hides the others, so that the card needs the height of one only."""
        views = (self.bars, self.numbers, self.compared_bars, self.compared_numbers)
        for each in sorted(views, key=lambda each: each is view):
            if each.isHidden() == (each is view):
                each.setVisible(each is view)

    # ---- two networks

    def _both(self) -> tuple[Array, Array, Heads] | None:
        """Returns the outputs of both networks, and the headings of their columns; None while nothing is compared."""
        compared, answer = self._session.side_by_side, self._session.question.answer
        second, sides = compared.answer, compared.sides
        if sides is None or second is None or answer is None or len(answer) != len(second):
            return None
        is_first = compared.is_second_later
        heads = ColumnHead(sides[0].name, sides[0].ink), ColumnHead(sides[1].name, sides[1].ink)
        return (answer, second, heads) if is_first else (second, answer, heads)

    def _show_both(self, before: Array, after: Array, heads: Heads) -> None:
        targets, names = self._targets.all, self._session.class_names
        if targets and len(targets) == len(before):
            self.compared_numbers.show_numbers(self._compared_rows(before, after), heads)
            self._turn_to(self.compared_numbers)
        elif len(names) == len(before):
            self.compared_bars.show_outputs(names, before, after, heads)
            self._turn_to(self.compared_bars)

    def _compared_rows(self, before: Array, after: Array) -> list[ComparedNumber]:
        values, truth = [self._targets.values(each) for each in (before, after)], self._targets.truth
        rows = []
        for number, target in enumerate(self._targets.all[:MOST_ROWS]):
            one, other = (float(each[number]) for each in values)
            texts, places = (target.format(one), target.format(other)), (target.place(one), target.place(other))
            row = ComparedNumber(target.name, texts, places)
            if truth is not None:
                true = float(truth[number])
                row = replace(row, truth=target.format(true), true_place=target.place(true))
            rows.append(row)
        return rows

    def _number_rows(self) -> list[NumberRow]:
        answer, targets, truth = self._session.question.answer, self._targets.all, self._targets.truth
        if answer is None or len(answer) != len(targets):
            return []
        values, unit = self._targets.values(answer), self._session.meaning.unit
        return [
            _number_row(target, float(values[number]), None if truth is None else float(truth[number]), unit)
            for number, target in enumerate(targets[:MOST_ROWS])
        ]

    def _reason(self) -> str:
        """Returns why there is no prediction; empty if there is one or it is being computed."""
        session, inputs = self._session, self._session.runs.current.network.shape[0]
        if session.question.example is None:
            return ""  # the input says what to do
        if len(session.question.example) != inputs:
            return f"network takes {inputs} numbers, not {'a drawing' if session.question.is_drawn else 'these'}"
        if not session.question.is_drawn and session.runs.current.misfit(session.data.dataset) is not None:
            return "network was trained on other data"
        # Without a result yet, the prediction is being computed.
        has_none = session.queries[ANSWER].is_up_to_date and session.question.answer is None
        return "the outputs are not finite" if has_none else ""

    def table(self) -> Table | None:
        """Returns the outputs for a CSV file; numbers in the units of their targets. Of two networks both."""
        if (both := self._both()) is not None:
            return self._table_of_both(*both)
        answer, names = self._session.question.answer, self._session.class_names_for_file
        rows = self._number_rows()
        if rows and answer is not None:
            truth, meaning = self._targets.truth, self._session.meaning.for_file
            values = [self._targets.values(answer)] + ([] if truth is None else [truth])
            lines = [
                [meaning.output(target.output), *(float(each[target.output]) for each in values)]
                for target in self._targets.all
            ]
            return ["target", "prediction", "true"][: 1 + len(values)], lines
        if answer is None or len(answer) != len(names):  # the prediction of the network before
            return None
        return ["class", "output"], [[name, value] for name, value in zip(names, answer.tolist(), strict=True)]

    def _table_of_both(self, before: Array, after: Array, heads: Heads) -> Table | None:
        names, are_numbers = self._session.class_names_for_file, bool(self._targets.all)
        if are_numbers:
            names = [self._session.meaning.for_file.output(target.output) for target in self._targets.all]
            before, after = self._targets.values(before), self._targets.values(after)
        if len(names) != len(before):
            return None
        rows = zip(names, before.tolist(), after.tolist(), (after - before).tolist(), strict=True)
        head = ["target" if are_numbers else "class", heads[0].name, heads[1].name, "difference"]
        return head, [list(row) for row in rows]

    # ---- the threshold

    def _show_threshold(self) -> None:
        sign = "≥ " if self.head.mark.is_wanted else ""  # the words before it have no room beside the mark
        self.threshold_edit.show_value(f"{sign}{100 * self._session.question.threshold:.0f} %")
        self.bars.set_mark(self._session.question.threshold)

    def _threshold_entered(self, entered: str) -> None:
        """Sets the threshold. More than 100 counts as 100; an empty field changes nothing."""
        digits = entered.strip("≥ %")
        if digits:
            self._session.question.set_threshold(min(int(digits), 100) / 100)
        self._show_threshold()


def _number_row(target: Target, value: float, truth: float | None, unit: str) -> NumberRow:
    low, high = text.compact(target.low), text.compact(target.high)
    row = NumberRow(target.name, target.format(value), target.place(value), low, high, unit=unit)
    return row if truth is None else replace(row, truth=target.format(truth), true_place=target.place(truth))


def _threshold_field() -> NumberEdit:
    field = NumberEdit(
        "sureThresholdSpin",
        _step,
        "Sets the confidence threshold: a prediction with less confidence is shown in grey as “not sure”.",
        "Confidence threshold",
    )
    field.line.setValidator(QRegularExpressionValidator(QRegularExpression(r"≥? ?\d{0,3} ?%?"), field))
    theme.sized(field.setFixedWidth, 76)
    return field


def _step(text: str, direction: int) -> str:
    now = int(text.strip("≥ %") or 0)
    return f"{min(max((now // _STEP + direction) * _STEP, 0), 100)} %"


PLACES = {"train": Place(Column.ASK, 2), "inside": Place(Column.ASK, 2, 252), "runs": Place(Column.ASK, 2, 252)}
CARDS.register("predictionDock")(CardInfo(PredictionPanel, PLACES, needs=(ANSWER, SECOND_ANSWER)))
