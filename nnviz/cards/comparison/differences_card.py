"""The card of the differences between compared runs in settings and figures."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt5.QtCore import Qt, QTimer
from PyQt5.QtGui import QResizeEvent
from PyQt5.QtWidgets import QHBoxLayout, QStackedWidget

from nnviz.cards.comparison.differences import (
    Live,
    differing_rows,
)
from nnviz.cards.comparison.differences_table import DifferenceTable
from nnviz.cards.comparison.race_button import RaceButton
from nnviz.cards.registry import CARDS, CardInfo, Column, Place
from nnviz.session.compared_run import ComparedRun
from nnviz.session.session import Session
from nnviz.ui.card import Table, label
from nnviz.ui.choice_button import ChoiceButton
from nnviz.ui.pages import Page, TabbedCard
from nnviz.ui.parts import arranged, named
from nnviz.ui.tabs import keep_in_sight

_TIP = "Shows the settings and figures in which the compared runs differ, and their differences to the baseline."
_BASELINE_TIP = "Selects the baseline. Grey numbers are differences to it."
_ALIKE = "No differences: the runs have the same settings and figures."
_NO_RUN = "Train a network, and its settings and figures appear here."
_NONE = "Click a run in the list to see its settings and figures; click two to see how they differ."
_PAUSE = 1000  # milliseconds between two updates from runs in training
_LONGEST, _SHORT = 22, 10  # letters of a run's name on the button; where there is little room
_WIDE = 700  # pixels, from which there is room for all of the head


class DifferencesCard(TabbedCard):
    """The card with the page of differences; other pages register themselves."""

    def __init__(self, session: Session) -> None:
        super().__init__("Differences")
        self.add_page(DifferencesPage(session))

    def show_offered(self) -> None:
        """Shows all tabs, and shortens the name of the baseline instead."""
        super().show_offered()
        keep_in_sight(self.tabs)


class DifferencesPage(Page):
    """A table of the settings and figures that differ."""

    def __init__(self, session: Session) -> None:
        super().__init__("Differences", "whatDiffersTab", _TIP)
        self._session = session
        self.view = named(DifferenceTable(), "differTable", "Differences between the compared runs", "")
        self.view.setWhatsThis(_TIP)
        self._note = label(role="muted")
        self._note.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._note.setWordWrap(True)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.view)
        self._stack.addWidget(self._note)
        self.body.addWidget(self._stack, 1)
        self.baseline_button = ChoiceButton("baselineButton", "Baseline", _BASELINE_TIP)
        self.baseline_button.chosen.connect(self._choose)
        self._baseline_word = label("baseline:", "muted")
        self.race_button = RaceButton(session)
        beside = (self._baseline_word, self.baseline_button, self.race_button)
        arranged(QHBoxLayout(self.aside), 1, *beside, spacing=2)
        for signal in (session.comparison.changed, session.library.listed):
            signal.connect(self.refresh)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.timeout.connect(self.refresh)
        session.active_runs.changed.connect(self._soon)
        self.in_view_changed.connect(lambda in_view: None if in_view else self._pause.stop())

    def _soon(self) -> None:
        """Shows new measurements of compared groups in training, at most once a second."""
        is_going = any(run.active_group is not None for run in self._session.comparison.runs)
        if self.in_view and is_going and not self._pause.isActive():
            self._pause.start(_PAUSE)

    def _live(self, runs: Sequence[ComparedRun]) -> Live:
        """Returns the measurements of groups without a finished run."""
        going = {run.chosen: self._session.active_runs.runs_of(run.chosen).values() for run in runs if not run.members}
        return {group: [{**run.figures, "epochs": run.epoch} for run in each] for group, each in going.items()}

    def _choose(self, chosen: str) -> None:
        comparison = self._session.comparison
        run = next((each.chosen for each in comparison.runs if str(each.chosen) == chosen), None)
        if run is not None and (run != comparison.baseline or not comparison.is_pinned):
            comparison.pin(run)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._is_wide != (event.oldSize().width() >= _WIDE):
            self.refresh()

    @property
    def _is_wide(self) -> bool:
        return self.width() >= _WIDE

    def refresh(self) -> None:
        if not self.in_view:
            return
        comparison = self._session.comparison
        runs, baseline = comparison.runs, comparison.baseline
        letters = _LONGEST if self._is_wide else _SHORT
        titles = {str(run.chosen): run.title.within(letters) for run in runs}
        self.baseline_button.show_choice(titles, str(baseline))
        self.baseline_button.setVisible(len(runs) > 1)
        self._baseline_word.setVisible(len(runs) > 1 and self._is_wide)
        rows = differing_rows(runs, baseline, self._live(runs)) if runs else []
        self.view.show_rows([(run.title, run.colour) for run in runs], rows)
        self._note.setText(_ALIKE if runs else _NONE if self._session.library.count else _NO_RUN)
        self._stack.setCurrentWidget(self.view if rows else self._note)

    def table(self) -> Table | None:
        """Returns a row for each setting and figure that differs, a column for each run."""
        titles = [run.title for run in self._session.comparison.runs]
        return ["", *titles], [[row.name, *(cell.text for cell in row.cells)] for row in self.view.rows]


CARDS.register("whatDiffersDock")(
    CardInfo(DifferencesCard, {"runs": Place(Column.TIME, 1, share=0.5, is_presented=False)})
)
