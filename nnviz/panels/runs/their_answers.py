"""What each compared run answers to what the network is asked about."""

from __future__ import annotations

from engine.network import Network
from engine.validation import Array
from nnviz.look import text
from nnviz.look.meaning import Meaning
from nnviz.panels.asked_numbers import Targets
from nnviz.panels.asked_words import noun
from nnviz.panels.cards import CARDS, CardInfo, Column, Place
from nnviz.session.asked_compared import THEIR_ANSWERS
from nnviz.session.comparison import Compared
from nnviz.session.session import Session
from nnviz.widgets.card import DockCard, Table
from nnviz.widgets.column import ScrollColumn
from nnviz.widgets.parts import named
from nnviz.widgets.runs.answer_rows import AnswerRow, AnswerRows

_TIP = "What each compared run answers, as it was left. The bar is its confidence in that answer."


class TheirAnswersPanel(DockCard):
    """A row for each compared run; follows the drawing, row, point or number that is asked about."""

    def __init__(self, session: Session) -> None:
        super().__init__("Their answers")
        self._session = session
        self._targets = Targets(session)
        self.rows = named(AnswerRows(), "theirAnswers", "Their answers", _TIP)
        self.body.addWidget(ScrollColumn("theirAnswersScroll", self.rows))
        self.rows.setAutoFillBackground(False)  # which a scrolled widget has
        self._probe = session.probes[THEIR_ANSWERS]
        self._probe.changed.connect(self.refresh)
        for signal in (session.comparison.changed, session.question.changed, session.data.changed):
            signal.connect(self.refresh)

    def refresh(self) -> None:
        if not self.in_view:
            return
        session = self._session
        what = noun(session.data.dataset)
        self.head.detail.setText(f"to this {'drawing' if session.question.is_drawn else what}")
        if not session.comparison.runs:
            self.rows.show_rows((), "Click runs in the list to compare what they answer.")
        elif session.question.example is None:
            self.rows.show_rows((), f"Draw a {what} to ask all of them.")
        else:
            found, runs = self._probe.result or (), session.comparison.runs
            if len(found) == len(runs):
                self.rows.show_rows([self._row(run, answer) for run, answer in zip(runs, found, strict=True)])

    def _row(self, run: Compared, answer: Array | None) -> AnswerRow:
        if answer is None:
            return AnswerRow(run.title, run.colour, reason=self._reason(run.network))
        data, targets = self._session.data.dataset, self._targets.all
        if data is not None and not data.is_classification and len(answer) == len(targets):
            return AnswerRow(run.title, run.colour, targets[0].words(self._targets.values(answer)[0]))
        best = int(answer.argmax())
        if len(answer) == 1:
            return AnswerRow(run.title, run.colour, text.steady(float(answer[0])))
        share = min(max(float(answer[best]), 0.0), 1.0)
        return AnswerRow(run.title, run.colour, self._name(len(answer), best), share)

    def _name(self, outputs: int, number: int) -> str:
        data = self._session.data.dataset
        return Meaning(data if data is not None and data.outputs == outputs else None).output(number)

    def _reason(self, network: Network | None) -> str:
        if network is None:
            return "no weights kept"
        example = self._session.question.example
        fits = example is not None and len(example) == network.shape[0]
        return "not finite" if fits else f"takes {text.count(network.shape[0])} inputs"

    def table(self) -> Table | None:
        """Run, answer and confidence, for a CSV file."""
        rows = [[row.title, row.answer, "" if row.share is None else row.share] for row in self.rows.rows]
        return ["run", "answer", "confidence"], rows


CARDS.register("theirAnswersDock")(
    CardInfo(TheirAnswersPanel, {"runs": Place(Column.ASK, 3, 230)}, needs=(THEIR_ANSWERS,), is_of_displayed=False)
)
