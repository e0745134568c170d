"""A page with the examples of the test set that one run predicts correctly and another does not."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QHBoxLayout, QStackedWidget, QWidget

from engine.basics.validation import Array
from engine.datasets import Dataset
from nnviz.cards.comparison.agreement_table import AgreementTable
from nnviz.cards.comparison.conclusion import mistakes_conclusion
from nnviz.cards.comparison.model import DISAGREEMENT, ComparedPredictions, Disagreement, can_disagree
from nnviz.cards.registry import CARDS, CardInfo
from nnviz.formatting.meaning import Meaning
from nnviz.formatting.run_name import short_names
from nnviz.session.selection import Example
from nnviz.session.session import Session
from nnviz.ui.card import Table, label
from nnviz.ui.choice_button import ChoiceButton
from nnviz.ui.conclusion_label import ConclusionLabel
from nnviz.ui.pages import Page
from nnviz.ui.parts import arranged, named
from nnviz.ui.picture_list import PictureList
from nnviz.ui.row_list import RowList, measured_columns
from nnviz.ui.row_table import ListColumn

_TIP = (
    "Counts the test examples that both runs, one of them, or neither predicts correctly. A group of seeds is "
    "represented by its run with the median error."
)
_MATRIX_TIP = "Rows: the first run is right or wrong. Columns: the second run. Click a cell to list its examples."
_RUN_TIPS = tuple(
    f"Selects the run of the {lines}. A group of seeds is represented by its run with the median error."
    for lines in ("rows", "columns")
)
_LIST_TIP = (
    "Captions: prediction of the rows' run · of the columns' run. Click an example to choose it; Enter or a double "
    "click makes it the input of all runs."
)
_LONGEST = 18  # letters of a run's name on a button
_MOST_FIELDS = 20  # columns of a row


class DisagreementPage(Page):
    """A table of agreement at the left, the examples of its chosen cell next to it. Empty until first shown."""

    def __init__(self, session: Session) -> None:
        super().__init__("Disagreements", "disagreeTab", _TIP)
        self._session = session
        self._shown: Disagreement | None = None
        self._listed: list[int] = []  # numbers in the part
        self._chosen: int | None = None  # the place in the list

    def _make(self) -> None:
        self.matrix = named(
            AgreementTable(), "disagreeMatrix", "Correct and wrong predictions of two runs", _MATRIX_TIP
        )
        self.pictures = named(PictureList(), "disagreePictures", "Examples of the chosen cell")
        self.pictures.setWhatsThis(_LIST_TIP)
        self.rows = named(RowList(), "disagreeRows", "Examples of the chosen cell", _LIST_TIP)
        self._none = label("No examples.", "muted")
        self._none.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._examples, self._stack = QStackedWidget(), QStackedWidget()
        for page in (self.pictures, self.rows, self._none):
            self._examples.addWidget(page)
        self._note = label(role="muted")
        self._note.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._note.setWordWrap(True)
        both = QWidget()
        arranged(QHBoxLayout(both), self.matrix, (self._examples, 1), spacing=12)
        self._both = both
        self._stack.addWidget(both)
        self._stack.addWidget(self._note)
        self.conclusion = ConclusionLabel("disagreeConclusion")
        arranged(self.body, self.conclusion, (self._stack, 1), spacing=6)
        self._add_choices()
        self._connect()

    def _add_choices(self) -> None:
        self.run_buttons = [
            ChoiceButton(f"disagree{which}Button", f"{which} run", tip)
            for which, tip in zip(("First", "Second"), _RUN_TIPS, strict=True)
        ]
        for place, button in enumerate(self.run_buttons):
            button.chosen.connect(lambda chosen, place=place: self._choose_run(place, chosen))
        self._times = label("×", "muted")
        arranged(QHBoxLayout(self.aside), 1, self.run_buttons[0], self._times, self.run_buttons[1], spacing=2)

    def _choose_run(self, place: int, chosen: str) -> None:
        comparison = self._session.comparison
        for run in comparison.runs:
            if str(run.chosen) == chosen:
                comparison.choose_for_pair(place, run.chosen)

    def _connect(self) -> None:
        session = self._session
        self._query = session.models[ComparedPredictions].disagreement
        self.in_view_changed.connect(lambda in_view: session.queries.want(self.name, (DISAGREEMENT,), in_view))
        for signal in (self._query.changed, session.comparison.changed):
            signal.connect(self.refresh)
        self.matrix.chosen.connect(lambda *_: self._list())
        for view in (self.pictures, self.rows):
            view.chosen.connect(self._choose)
            view.opened.connect(self._ask)
        self.pictures.hovered.connect(lambda place: self.pictures.show_text(self._describe(place)))

    # ---- what is shown

    def adapt(self) -> None:
        self.refresh()

    def refresh(self) -> None:
        if not self.in_view:
            return
        self._show_choices()
        note = self._why_not()
        found: Disagreement | None = self._query.result if self._query.is_up_to_date else None
        if note or found is None:
            self._shown = None
            self.conclusion.show_conclusion(None)
            self._note.setText(note or "Computing the predictions of both networks …")
            self._stack.setCurrentWidget(self._note)
            return
        self._stack.setCurrentWidget(self._both)
        if found is not self._shown:
            self._shown = found
            names = short_names([run.title_of_middle for run in found.pair])
            self.conclusion.show_conclusion(mistakes_conclusion(names[0], names[1], found.counts))
            numbers = ["" if run.record is None else f"#{run.record.id}" for run in found.pair]
            one, other = (
                (run.title_of_middle, run.colour, number) for run, number in zip(found.pair, numbers, strict=True)
            )
            self.matrix.show_counts((one, other), found.counts)
            self._list()

    def _show_choices(self) -> None:
        comparison = self._session.comparison
        pair = comparison.pair
        runs = [run for run in comparison.runs if run.network is not None]
        titles = {str(run.chosen): run.title_of_middle.within(_LONGEST) for run in runs}
        for place, button in enumerate(self.run_buttons):
            button.show_choice(titles, "" if pair is None else str(pair[place].chosen))
            button.setVisible(pair is not None)
        self._times.setVisible(pair is not None)

    def _why_not(self) -> str:
        """Returns why there is nothing to show; empty if there is."""
        pair, data = self._session.comparison.pair, self._session.data.dataset
        if pair is None:
            return "Click two runs to see which examples only one of them predicts correctly."
        if data is None:
            return "The data are not loaded yet."
        if not data.is_classification:
            return "Disagreements need classes. These runs predict numbers: compare their RMSE."
        if not can_disagree(pair, data):
            return "These networks do not fit the current data. Open one of the runs first."
        return ""

    def _list(self) -> None:
        """Lists the examples of the chosen cell."""
        found, data = self._shown, self._session.data.dataset
        if found is None or data is None:
            return
        self._listed = found.examples(*map(bool, self.matrix.cell)).tolist()
        self._chosen = None
        if not self._listed:
            self._examples.setCurrentWidget(self._none)
        elif data.is_picture:
            self.pictures.show_pictures(len(self._listed), lambda place: self._picture(place, data), self._caption)
            self._examples.setCurrentWidget(self.pictures)
        else:
            self.rows.show_rows(self._columns(data), len(self._listed), self._texts)
            self._examples.setCurrentWidget(self.rows)

    def _inputs(self, place: int) -> Array:
        assert self._shown is not None
        part = self._shown.part
        return part.split.example(part.number(self._listed[place]))

    def _picture(self, place: int, data: Dataset) -> Array:
        return self._inputs(place).reshape(data.example_shape)

    def _answers(self, place: int) -> list[str]:
        """Returns the true class and the predictions of both runs."""
        assert self._shown is not None
        index, name = self._listed[place], Meaning(self._session.data.dataset).output
        one, other = self._shown.answers
        return [name(int(each[index])) for each in (one.labels, one.answers, other.answers)]

    def _caption(self, place: int) -> str:
        _, one, other = self._answers(place)
        return f"{one} · {other}"

    def _describe(self, place: int) -> str:
        if self._shown is None or not 0 <= place < len(self._listed):
            return ""
        part, (true, *answers) = self._shown.part, self._answers(place)
        where = Meaning(self._session.data.dataset).where(part.where, part.number(self._listed[place]))
        lines = [f"{where}: {true}"]
        lines += [f"{run.title_of_middle}: {answer}" for run, answer in zip(self._shown.pair, answers, strict=True)]
        return "\n".join(lines)

    def _columns(self, data: Dataset) -> list[ListColumn]:
        names = [field.name for field in Meaning(data).fields[:_MOST_FIELDS]]
        titles = ["true", "first", "second", *names]
        return measured_columns(titles, [False] * len(titles), map(self._texts, range(len(self._listed))))

    def _texts(self, place: int) -> Sequence[str]:
        values = Meaning(self._session.data.dataset).row(self._inputs(place))[:_MOST_FIELDS]
        return [*self._answers(place), *values]

    # ---- the chosen example

    def _choose(self, place: int) -> None:
        self._chosen = place
        self.pictures.show_choice(place)

    def _ask(self) -> None:
        """Makes the chosen example the current input."""
        if self._shown is not None and self._chosen is not None:
            part = self._shown.part
            self._session.question.set_data_example(Example(part.where, part.number(self._listed[self._chosen])))

    def table(self) -> Table | None:
        """Returns the counts of all four cells."""
        if self._shown is None:
            return None
        one, other = (run.title_of_middle for run in self._shown.pair)
        counts = self._shown.counts.tolist()
        head = ["", f"{other}: right", f"{other}: wrong"]
        return head, [[f"{one}: {word}", *row] for word, row in zip(("right", "wrong"), counts, strict=True)]


CARDS.register("disagreePage")(CardInfo(DisagreementPage, page_of="whatDiffersDock", page_number=1))
