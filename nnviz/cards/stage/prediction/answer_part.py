"""The answer: the right end of the stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PyQt5.QtCore import QEvent, QSize
from PyQt5.QtGui import QResizeEvent
from PyQt5.QtWidgets import QSizePolicy, QWidget

from engine.basics.validation import Array
from nnviz.cards.stage.part import StagePart
from nnviz.cards.stage.prediction.answer_view import Answer, AnswerView
from nnviz.cards.stage.prediction.compared_predictions import (
    ColumnHead,
    ComparedBars,
    ComparedNumbers,
    Heads,
)
from nnviz.cards.stage.prediction.number_bars import MOST_NUMBERS, NumberBars, NumberRow
from nnviz.cards.stage.prediction.threshold_popup import ThresholdPopup
from nnviz.formatting import text
from nnviz.session.predicted_class import WORTH_SEEING, predicted_class_of
from nnviz.session.predicted_numbers import Target, Targets
from nnviz.session.session import Session
from nnviz.session.shared_queries import ANSWER, SECOND_ANSWER
from nnviz.ui import theme
from nnviz.ui.card import Table
from nnviz.ui.parts import named

_LEAST_WIDTH, _WIDTH, _MOST_WIDTH = 96, 170, 250  # pixels; the second follows the text size
_LEAST_HEIGHT = 100
_LEAST_ANSWER, _MOST_ANSWER = 110, 220  # pixels of the height of the answer above bars
_GAP = 12  # between the answer and what is below
_GUESS = "a guess: not trained yet"
_TIP = (
    "Shows the class with the largest output, and the second. Below the confidence threshold it is grey, “not sure”. "
    "For regression, shows the predicted number."
)


class AnswerPart(StagePart):
    """Shows the prediction while the user draws and the network trains.

    Numbers are in the units of their targets, next to the true ones if the input is an example of the data. While two
    networks are compared, it shows both predictions.

    Attributes:
        view: the answer in large letters.
        numbers: several numbers, below the chosen one.
        compared_bars, compared_numbers: all outputs of both networks.
        popup: sets the confidence threshold.
    """

    needs = (ANSWER, SECOND_ANSWER)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._targets = Targets(session)
        self._names: Sequence[str] = ()  # of the classes
        self.view = AnswerView(_TIP)
        tip = "Shows the predicted values. The dot lies between the smallest and the largest value in the training set."
        self.numbers = named(NumberBars(), "predictionNumbers", "Predicted numbers", tip)
        tip = "Shows the confidence of each class for both networks, in percent."
        self.compared_bars = named(ComparedBars(), "comparedBars", "Predictions of both networks", tip)
        tip = "Shows the values that both networks predict. The line spans the values of the training set."
        self.compared_numbers = named(ComparedNumbers(), "comparedNumbers", "Predictions of both networks", tip)
        self._below: QWidget | None = None  # the view below the answer; hidden where there is no room for it
        self._hint = 0  # pixels of the width that was last asked for
        for view in (self.view, self.numbers, self.compared_bars, self.compared_numbers):
            view.setParent(self)
        self.popup = ThresholdPopup(session.question, self)
        self.view.sure_button.clicked.connect(lambda: self.popup.open(self.view.sure_button))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        question, compared = session.question, session.side_by_side
        signals = (question.answer_changed, question.threshold_changed, compared.changed, compared.answer_changed)
        for signal in (*signals, session.selection.neuron_changed):
            signal.connect(self.refresh)
        theme.changed.connect(self._arrange)
        self.adapt()

    def adapt(self) -> None:
        """Sets the names of the classes by the data and the network."""
        self._names = [] if self._is_of_numbers else self._session.class_names
        self.view.set_names(self._names)
        self.refresh()
        self._arrange()

    @property
    def _is_of_numbers(self) -> bool:
        data = self._session.data.dataset
        return data is not None and not data.is_classification

    @property
    def _is_untrained(self) -> bool:
        """Whether the displayed network has learned nothing."""
        run, displayed = self._session.runs.current, self._session.displayed
        return run.untouched or (not displayed.is_live and displayed.epochs == 0 and run.origin.opened is None)

    def refresh(self) -> None:
        """Shows the latest prediction."""
        if not self.in_view:
            return
        if (both := self._both()) is not None:
            self._show_both(*both)
        elif self._is_of_numbers:
            self._show_numbers()
        else:
            self._show_class()

    def _show_class(self) -> None:
        outputs = self._session.question.answer
        if outputs is None or len(outputs) != len(self._names):  # the prediction of the network before
            self.view.show_answers((), self._reason())
        else:
            answer = self._class_answer(outputs)
            if self._is_untrained:
                answer = replace(answer, caption=_GUESS, note="", is_muted=True)
            self.view.show_answers((answer,), can_choose=not self._is_untrained)
        self._put_below(None)

    def _class_answer(self, outputs: Array, sure: str = " sure") -> Answer:
        """Returns the predicted class with its confidence, and the second class if it is not nearly impossible."""
        if len(outputs) < 2:
            share = min(max(float(outputs[0]), 0.0), 1.0)
            is_sure, best, note = share >= self._session.question.threshold, 0, ""
        else:
            verdict = predicted_class_of(outputs, self._session.question.threshold)
            share, is_sure, best = verdict.confidence, verdict.is_sure, verdict.best
            is_worth_seeing = verdict.second_confidence >= WORTH_SEEING
            second = f"or {self._names[verdict.second]} ({text.certainty(verdict.second_confidence)})"
            note = second if is_worth_seeing else ""
        return Answer(self._names[best], f"{text.certainty(share)}{sure}" if is_sure else "not sure", note, not is_sure)

    def _show_numbers(self) -> None:
        rows = self._number_rows(self._session.question.answer)
        if not rows:
            self.view.show_answers((), self._reason())
            self._put_below(None)
            return
        is_alone, is_untrained = len(rows) == 1, self._is_untrained
        row = rows[self._chosen_output(len(rows))]
        caption = _GUESS if is_untrained else _caption(row)
        answer = Answer(row.value, caption, is_muted=is_untrained, row=row, has_line=is_alone)
        self.view.show_answers((answer,))
        self.numbers.show_rows(() if is_alone else rows)
        self._put_below(None if is_alone else self.numbers)

    def _chosen_output(self, count: int) -> int:
        """Returns the number of the chosen neuron if it is an output among the first ``count``, else 0."""
        neuron, layers = self._session.selection.neuron, len(self._session.runs.current.network.shape) - 1
        return neuron.number if neuron is not None and neuron.layer == layers and neuron.number < count else 0

    # ---- sizes

    def sizeHint(self) -> QSize:
        is_wide = self._is_of_numbers or len(self.view.answers) > 1
        most = theme.px(_MOST_WIDTH) if self.view.is_presented else _MOST_WIDTH
        width = most if is_wide else theme.px(_WIDTH)
        if not is_wide and not self.view.are_short:
            width = max(width, self.view.width_of_names)
        return QSize(min(width, most), theme.px(_MOST_WIDTH))

    def set_presented(self, is_presented: bool) -> None:
        """Lets the answer grow with the screen, or not."""
        self.view.is_presented = is_presented
        self._arrange()

    def minimumSizeHint(self) -> QSize:
        return QSize(_LEAST_WIDTH, _LEAST_HEIGHT)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.ContentsRectChange:
            self._arrange()

    def _put_below(self, view: QWidget | None) -> None:
        """Shows one of the views below the answer, or none."""
        if view is not self._below:
            self._below = view
            self._arrange()

    def _arrange(self) -> None:
        """Gives the views their places. What is below the answer leaves if there is no room for it."""
        inside, below = self.contentsRect(), self._below
        width, height = inside.width(), inside.height()
        if (hint := self.sizeHint().width()) != self._hint:
            self._hint = hint
            self.updateGeometry()
        least = QSize() if below is None else below.minimumSizeHint()
        room = height - theme.px(_LEAST_ANSWER) - _GAP
        has_room = below is not None and room >= least.height() and width >= least.width()
        top, of_view = 0, height
        if has_room and below is not None:
            rest = min(below.sizeHint().height(), room)
            of_view = min(height - rest - _GAP, theme.px(_MOST_ANSWER))
            top = (height - rest - _GAP - of_view) // 2
            below.setGeometry(0, inside.top() + top + of_view + _GAP, width, rest)
        self.view.setGeometry(0, inside.top() + top, width, of_view)
        for view in (self.numbers, self.compared_bars, self.compared_numbers):
            is_shown = has_room and view is below
            if view.isHidden() == is_shown:
                view.setVisible(is_shown)

    # ---- two networks

    def _both(self) -> tuple[Array, Array, Heads] | None:
        """Returns the outputs of both networks, and the headings of their columns; None while nothing is compared."""
        compared, answer = self._session.side_by_side, self._session.question.answer
        second, sides = compared.answer, compared.sides
        if sides is None or second is None or answer is None or len(answer) != len(second):
            return None
        is_first = compared.is_second_later
        earlier, later = (ColumnHead(side.name, side.ink, side.short) for side in sides)
        heads = earlier, later
        return (answer, second, heads) if is_first else (second, answer, heads)

    def _show_both(self, before: Array, after: Array, heads: Heads) -> None:
        both = list(zip(self._number_rows(before), self._number_rows(after), strict=True))
        if both:
            chosen = both[self._chosen_output(len(both))]
            shown = [Answer(row.value, row.unit or row.name, row=row) for row in chosen]
            self.compared_numbers.show_numbers(both, heads)
            below: QWidget = self.compared_numbers
        elif len(self._names) == len(before):
            answers = [self._class_answer(outputs, sure="") for outputs in (before, after)]
            shown = [replace(answer, note="") for answer in answers]
            self.compared_bars.show_outputs(self._names, before, after, heads)
            below = self.compared_bars
        else:
            return
        self.view.show_answers(
            tuple(
                replace(each, heading=head.name, short_heading=head.short, ink=head.ink)
                for each, head in zip(shown, heads, strict=True)
            )
        )
        self._put_below(below)

    # ---- numbers

    def _number_rows(self, outputs: Array | None) -> list[NumberRow]:
        """Returns the first numbers of some outputs, with the true ones; none if they are not those of the targets."""
        targets, truth = self._targets.all, self._targets.truth
        if outputs is None or len(outputs) != len(targets):
            return []
        values, unit = self._targets.values(outputs), self._session.meaning.unit
        return [
            _number_row(target, float(values[number]), None if truth is None else float(truth[number]), unit)
            for number, target in enumerate(targets[:MOST_NUMBERS])
        ]

    def _reason(self) -> str:
        """Returns why there is no prediction; empty if there is one or it is being computed."""
        session, inputs = self._session, self._session.runs.current.network.shape[0]
        if session.question.example is None:
            return ""  # the input says what to do
        if len(session.question.example) != inputs:
            what = "a drawing" if session.question.is_drawn else "these"
            return f"network takes {text.count(inputs)} numbers, not {what}"
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
        if answer is not None and self._number_rows(answer):
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


def _number_row(target: Target, value: float, truth: float | None, unit: str) -> NumberRow:
    low, high = text.compact(target.low), text.compact(target.high)
    row = NumberRow(target.name, target.format(value), target.place(value), low, high, unit=unit)
    return row if truth is None else replace(row, truth=target.format(truth), true_place=target.place(truth))


def _caption(row: NumberRow) -> str:
    """Returns the unit or the name of a number and its true value: "mpg · true 40.8"."""
    return " · ".join([row.unit or row.name, *([f"true {row.truth}"] if row.truth else [])])
