"""The page of the compared runs' predictions for the current input, which stands beside and below that input."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

import numpy as np
from PyQt5.QtWidgets import QVBoxLayout

from engine.basics.validation import Array
from engine.network.network import Network
from nnviz.cards.comparison.conclusion import agreement_conclusion, numbers_conclusion
from nnviz.cards.comparison.model import COMPARED_PREDICTIONS, ComparedPredictions
from nnviz.cards.comparison.prediction_rows import LEAST_ROW, ComparedPrediction, PredictionRows
from nnviz.cards.registry import CARDS, CardInfo, Column, Place
from nnviz.formatting import text
from nnviz.formatting.achievement import verb_for
from nnviz.formatting.conclusion import Conclusion
from nnviz.formatting.meaning import Meaning
from nnviz.formatting.run_name import short_names
from nnviz.session.compared_run import ComparedMember, ComparedRun
from nnviz.session.example_text import counted_noun, draw_request
from nnviz.session.predicted_numbers import Targets
from nnviz.session.seeds import seed_of
from nnviz.session.session import Session
from nnviz.ui import theme
from nnviz.ui.card import Table, label
from nnviz.ui.column import ScrollColumn
from nnviz.ui.pages import Page
from nnviz.ui.parts import arranged, named

_TIP = "Shows the prediction of each compared run with its last weights."


class PredictionsPage(Page):
    """A row for each compared run with its prediction for the current input; in the aside what they have in common."""

    def __init__(self, session: Session) -> None:
        super().__init__("Predictions", "theirAnswersTab", _TIP)
        self._session = session
        self._targets = Targets(session)
        self.rows = named(PredictionRows(), "theirAnswers", "Predictions", _TIP)
        scroll = ScrollColumn("theirAnswersScroll", self.rows)
        theme.sized(scroll.setMinimumHeight, LEAST_ROW)
        self.body.addWidget(scroll)
        self.rows.setAutoFillBackground(False)  # which a scrolled widget has
        self.headline = named(label(role="headline"), "theirAnswersConclusion", "Conclusion")
        self.more = named(label(role="muted"), "theirAnswersMore", "More about the predictions")
        for part in (self.headline, self.more):
            part.setWordWrap(True)
        arranged(QVBoxLayout(self.aside), self.headline, self.more, 1, spacing=4)
        self._query = session.models[ComparedPredictions].predictions
        self._query.changed.connect(self.refresh)
        for signal in (session.comparison.changed, session.question.changed, session.library.listed):
            signal.connect(self.refresh)

    def adapt(self) -> None:
        self.refresh()

    def refresh(self) -> None:
        if not self.in_view:
            return
        session, runs = self._session, self._session.comparison.runs
        if not runs:
            has_run = bool(session.library.count)
            self._show_rows((), f"{'Click a run in the list' if has_run else 'Train a network'} to see its prediction.")
        elif session.question.example is None:
            request = draw_request(session.data.dataset).capitalize()
            self._show_rows((), f"{request} to see {'its' if len(runs) == 1 else 'their'} prediction.")
        else:
            found = self._query.result or ()
            if [len(each) for each in found] == [len(run.members) for run in runs]:  # else a group has grown meanwhile
                names = short_names([run.title for run in runs])
                self._show_rows([self._row(*each) for each in zip(runs, names, found, strict=True)])

    def _show_rows(self, rows: Sequence[ComparedPrediction], note: str = "") -> None:
        self.rows.show_rows(rows)
        found = self._conclusion([row for row in rows if row.answer]) if rows else Conclusion("", note)
        for part, words in ((self.headline, found.lead), (self.more, found.rest)):
            part.setText(words)
            part.setVisible(bool(words))

    def _conclusion(self, rows: Sequence[ComparedPrediction]) -> Conclusion:
        data = self._session.data.dataset
        numbers = [(row.number, row.answer) for row in rows if row.number is not None]
        if numbers:
            return numbers_conclusion(numbers, self._session.meaning.unit)
        networks = sum(len(run.members) for run in self._session.comparison.runs)
        divided = [row.title for row in rows if row.is_divided]
        verb = verb_for("digit" if data is None else counted_noun(data))
        return agreement_conclusion([(row.title, row.answer) for row in rows], divided, verb, networks)

    def _row(self, run: ComparedRun, name: str, answers: Sequence[Array | None]) -> ComparedPrediction:
        given = [each for each in answers if each is not None]
        if not given:
            reason = self._reason(run.network) if run.members else "first run in progress"
            return ComparedPrediction(name, run.colour, reason=reason)
        pairs = zip(run.members, answers, strict=True) if run.is_group else ()
        told = tuple(self._told(*pair) for pair in pairs)
        if not self._are_classes(given):
            numbers = [self._number(each) for each in given]
            middle = statistics.median(numbers)
            ends = [self._format(each) for each in (min(numbers), max(numbers))]
            caption = f"{' to '.join(ends)} with its {len(given)} seeds" if len(given) > 1 else ""
            place = min(max(self._targets.all[0].place(middle), 0.0), 1.0) if self._targets.all else 0.0
            return ComparedPrediction(
                name, run.colour, self._format(middle), number=middle, bar=place, caption=caption, runs=told
            )
        best, votes = majority_class(given)
        shares = sorted(min(max(float(each[best]), 0.0), 1.0) for each in given)
        caption = f"{_range(text.certainty(shares[0]), text.certainty(shares[-1]))} sure"
        caption = caption if votes == len(given) else f"{votes} of {len(given)} seeds, {caption}"
        share, is_divided = statistics.median(shares), votes < len(given)
        predicted = self._name(len(given[0]), best)
        return ComparedPrediction(
            name, run.colour, predicted, share, bar=share, caption=caption, is_divided=is_divided, runs=told
        )

    def _are_classes(self, given: Sequence[Array]) -> bool:
        data = self._session.data.dataset
        is_of_data = data is not None and not data.is_classification and len(given[0]) == len(self._targets.all)
        return not is_of_data and len(given[0]) > 1

    def _number(self, outputs: Array) -> float:
        return float(self._targets.values(outputs)[0] if self._targets.all else outputs[0])

    def _format(self, value: float) -> str:
        return self._targets.all[0].format(value) if self._targets.all else text.steady(value)

    def _told(self, member: ComparedMember, answer: Array | None) -> str:
        """Returns the prediction of one run of a group: "seed 3: 7, 99.1 %"."""
        if answer is None:
            words = self._reason(member.network)
        elif self._are_classes([answer]):
            best = int(answer.argmax())
            words = f"{self._name(len(answer), best)}, {text.certainty(float(answer[best]))} sure"
        else:
            words = self._format(self._number(answer))
        return f"{seed_of(member.record)}: {words}"

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
        """Returns run, prediction and confidence, for a group the median of its runs, for a CSV file."""
        rows = [[row.title, row.answer, "" if row.share is None else row.share] for row in self.rows.rows]
        return ["run", "answer", "confidence"], rows


def majority_class(answers: Sequence[Array]) -> tuple[int, int]:
    """Returns the class that most runs predict and how many do; in a tie, the class of which they are surer."""
    votes = np.bincount([int(each.argmax()) for each in answers], minlength=len(answers[0]))
    best = int(np.lexsort((np.sum(answers, axis=0), votes))[-1])
    return best, int(votes[best])


def _range(low: str, high: str) -> str:
    """Returns two percentages with the sign once: "99.6 to 99.9 %"; one if they are the same."""
    return low if low == high else f"{low.removesuffix(' %')} to {high}"


CARDS.register("theirAnswersDock")(
    CardInfo(
        PredictionsPage,
        {"runs": Place(Column.ASK, 1)},
        needs=(COMPARED_PREDICTIONS,),
        page_of="stagePanel",
    )
)
