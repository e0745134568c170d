"""The card of the compared runs' predictions for the current input."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

import numpy as np

from engine.basics.validation import Array
from engine.network.network import Network
from nnviz.cards.comparison.conclusion import agreement_conclusion
from nnviz.cards.comparison.model import COMPARED_PREDICTIONS, ComparedPredictions
from nnviz.cards.comparison.prediction_rows import ComparedPrediction, PredictionRows
from nnviz.cards.registry import CARDS, CardInfo, Column, Place
from nnviz.formatting import text
from nnviz.formatting.meaning import Meaning
from nnviz.formatting.run_name import short_names
from nnviz.session.compared_run import ComparedMember, ComparedRun
from nnviz.session.example_text import example_noun
from nnviz.session.predicted_numbers import Targets
from nnviz.session.seeds import seed_of
from nnviz.session.session import Session
from nnviz.ui.card import Panel, Table
from nnviz.ui.column import ScrollColumn
from nnviz.ui.conclusion_label import ConclusionLabel
from nnviz.ui.parts import named

_TIP = (
    "Shows the prediction of each compared run with its last weights. The bar shows the confidence or, for a "
    "group of seeds, the share of runs that agree."
)


class PredictionsCard(Panel):
    """A row for each compared run with its prediction for the current input."""

    def __init__(self, session: Session) -> None:
        super().__init__("Predictions")
        self._session = session
        self._targets = Targets(session)
        self.rows = named(PredictionRows(), "theirAnswers", "Predictions", _TIP)
        self.conclusion = ConclusionLabel("theirAnswersConclusion")
        self.body.addWidget(self.conclusion)
        self.body.addWidget(ScrollColumn("theirAnswersScroll", self.rows))
        self.rows.setAutoFillBackground(False)  # which a scrolled widget has
        self._query = session.models[ComparedPredictions].predictions
        self._query.changed.connect(self.refresh)
        for signal in (session.comparison.changed, session.question.changed):
            signal.connect(self.refresh)

    def adapt(self) -> None:
        self.refresh()

    def refresh(self) -> None:
        if not self.in_view:
            return
        session = self._session
        what = example_noun(session.data.dataset)
        self.head.detail.setText(f"for this {('drawing' if session.question.is_drawn else what)}")
        if not session.comparison.runs:
            self._show_rows((), "Click runs in the list to compare their predictions.")
        elif session.question.example is None:
            self._show_rows((), f"Draw a {what} to see the prediction of each run.")
        else:
            found, runs = self._query.result or (), session.comparison.runs
            if [len(each) for each in found] == [len(run.members) for run in runs]:  # else a group has grown meanwhile
                self._show_rows([self._row(run, answer) for run, answer in zip(runs, found, strict=True)])

    def _show_rows(self, rows: Sequence[ComparedPrediction], note: str = "") -> None:
        self.rows.show_rows(rows, note)
        names = short_names([run.title for run in self._session.comparison.runs])
        known = [(name, row) for name, row in zip(names, rows, strict=False) if row.share is not None]
        divided = [name for name, row in known if row.runs and row.share != 1]
        self.conclusion.show_conclusion(agreement_conclusion([(name, row.answer) for name, row in known], divided))

    def _row(self, run: ComparedRun, answers: Sequence[Array | None]) -> ComparedPrediction:
        given = [each for each in answers if each is not None]
        if not given:
            reason = self._reason(run.network) if run.members else "first run in progress"
            return ComparedPrediction(run.title, run.colour, reason=reason)
        answer, share = self._answer(given)
        pairs = zip(run.members, answers, strict=True) if run.is_group else ()
        return ComparedPrediction(run.title, run.colour, answer, share, runs=tuple(self._told(*pair) for pair in pairs))

    def _answer(self, given: Sequence[Array]) -> tuple[str, float | None]:
        """Returns the prediction of one or several runs: a class with its confidence or share, or the median of
        numbers.
        """
        data, targets = self._session.data.dataset, self._targets.all
        if data is not None and not data.is_classification and len(given[0]) == len(targets):
            return targets[0].format(statistics.median([self._targets.values(each)[0] for each in given])), None
        if len(given[0]) == 1:
            return text.steady(statistics.median([float(each[0]) for each in given])), None
        best, share = majority_class(given)
        return self._name(len(given[0]), best), share

    def _told(self, member: ComparedMember, answer: Array | None) -> str:
        """Returns the prediction of one run of a group: "seed 3: 7, 99.1 %"."""
        if answer is None:
            return f"{seed_of(member.record)}: {self._reason(member.network)}"
        words, share = self._answer([answer])
        return f"{seed_of(member.record)}: {words}" + ("" if share is None else f", {100 * share:.1f} %")

    def _name(self, outputs: int, number: int) -> str:
        data = self._session.data.dataset
        return Meaning(data if data is not None and data.outputs == outputs else None).output(number)

    def _reason(self, network: Network | None) -> str:
        if network is None:
            return "no weights stored"
        example = self._session.question.example
        fits = example is not None and len(example) == network.shape[0]
        return "not finite" if fits else f"needs {text.count(network.shape[0])} inputs"

    def table(self) -> Table | None:
        """Returns run, prediction, and confidence (or share of a group's runs), for a CSV file."""
        rows = [[row.title, row.answer, "" if row.share is None else row.share] for row in self.rows.rows]
        return ["run", "answer", "confidence"], rows


def majority_class(answers: Sequence[Array]) -> tuple[int, float]:
    """Returns the class that most runs predict and their share; the more confident class in case of a tie.

    For a single run returns its predicted class and its confidence 0…1.
    """
    if len(answers) == 1:
        best = int(answers[0].argmax())
        return best, min(max(float(answers[0][best]), 0.0), 1.0)
    votes = np.bincount([int(each.argmax()) for each in answers], minlength=len(answers[0]))
    best = int(np.lexsort((np.sum(answers, axis=0), votes))[-1])
    return best, float(votes[best]) / len(answers)


CARDS.register("theirAnswersDock")(
    CardInfo(PredictionsCard, {"runs": Place(Column.ASK, 3, 230)}, needs=(COMPARED_PREDICTIONS,))
)
