"""A page of the trials of a sweep as dots, as lines, and the best so far."""

from __future__ import annotations

import numpy as np
from PyQt5.QtCore import Qt, QTimer
from PyQt5.QtWidgets import QHBoxLayout, QStackedWidget

from nnviz.cards.registry import CARDS, CardInfo
from nnviz.cards.sweep.conclusion import SettingPlaces, trials_conclusion
from nnviz.cards.sweep.trial_table import TrialTable
from nnviz.cards.sweep.trial_text import (
    dots_key,
    format_figures,
    format_settings,
    lines_key,
    shown_sweep_title,
    unit_of,
)
from nnviz.cards.sweep.trial_views import TrialViews
from nnviz.cards.sweep.trials_model import VIEWS, TrialsModel
from nnviz.formatting.conclusion import Conclusion
from nnviz.jobs.timing import TimeBudget
from nnviz.library import RunGroup
from nnviz.session.session import Session
from nnviz.session.sweep_titles import sweep_entry
from nnviz.ui.card import Table, label
from nnviz.ui.choice_button import ChoiceButton
from nnviz.ui.conclusion_label import ConclusionLabel
from nnviz.ui.fixed_size_box import FixedSizeBox
from nnviz.ui.pages import Page
from nnviz.ui.parts import arranged, pill

_TIP = "Shows the results of the trials of a sweep: over each setting, as parallel coordinates, and the best so far."
_SWEEP_TIP = "Selects the sweep, newest first. T in the list of runs shows a sweep, too."
_VIEW_TIP = "Selects the view: dots over each setting, parallel coordinates, or the best so far over finished runs."
_LOG_TIP = "Switches between a logarithmic axis, which separates good trials, and a linear one."
_COMPARE_TIP = "Adds the chosen trial to the comparison in all cards, or removes it (C)."
_OPEN_TIP = (
    "Opens the run of the chosen trial, with its past, so that you can continue it. Of several seeds, the run with "
    "the median figure is opened (Enter)."
)
_NO_SWEEP = "No sweep yet. Choose the settings to vary in the card Sweep, and start it."
_NAMES = dict(zip(VIEWS, ("dots", "parallel coordinates", "best so far"), strict=True))
_BETWEEN, _TIMES_ITS_COST = 0.15, 60  # between two drawings: seconds at least, and in multiples of what one takes


class TrialsPage(Page):
    """A page with the views of the displayed sweep."""

    def __init__(self, session: Session) -> None:
        super().__init__("Trials", "trialsTab", _TIP)
        self._session = session
        self._model = session.models[TrialsModel]
        self._is_log = True
        self.views = TrialViews()
        self.hint = label(role="muted")
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.hint.setWordWrap(True)
        self._stack = QStackedWidget()
        for part in (self.hint, self.views):
            self._stack.addWidget(part)
        self.conclusion = ConclusionLabel("trialsConclusion")
        self.body.addWidget(self.conclusion)
        self.body.addWidget(self._stack, 1)
        self.words = label(role="muted")
        self.compare_button = pill("Compare", "trialCompareButton", "Compare the chosen trial", _COMPARE_TIP, True)
        self.open_button = pill("Open", "trialOpenButton", "Open the chosen trial", _OPEN_TIP)
        bar = (FixedSizeBox(self.words), 1), self.compare_button, self.open_button
        self.body.addLayout(arranged(QHBoxLayout(), *bar, spacing=8))
        self._add_choices()
        self._connect()

    def _add_choices(self) -> None:
        self.sweep_button = ChoiceButton("trialsSweepButton", "Sweep", _SWEEP_TIP)
        self.view_button = ChoiceButton("trialsViewButton", "How trials are shown", _VIEW_TIP)
        self.log_button = pill("Log", "trialsLogButton", "Logarithmic axis of the result", _LOG_TIP, True)
        self.log_button.setChecked(True)
        parts = (1, self.sweep_button, self.view_button, self.log_button)
        arranged(QHBoxLayout(self.aside), *parts, spacing=8)

    def _connect(self) -> None:
        trials, views = self._model, self.views
        self.in_view_changed.connect(lambda in_view: trials.watch(self.name, in_view))
        self.sweep_button.chosen.connect(lambda key: trials.show(int(key)))
        self.view_button.chosen.connect(trials.set_view)
        self.log_button.toggled.connect(self._set_log)
        views.chosen.connect(trials.choose)
        views.compare_wanted.connect(self._compare)
        views.opened.connect(trials.open)
        self.compare_button.clicked.connect(self._compare)
        self.open_button.clicked.connect(self._open_chosen)
        trials.wanted.connect(self.wanted)
        for signal in (trials.view_changed, self._session.comparison.changed):
            signal.connect(self.refresh)
        self._due = TimeBudget(_BETWEEN, _TIMES_ITS_COST)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self._follow)
        trials.changed.connect(self._follow)
        self.in_view_changed.connect(lambda is_seen: None if is_seen else self._later.stop())
        trials.chosen_changed.connect(self._show_choice)

    # ---- what is shown

    def refresh(self) -> None:
        """Draws the chosen view."""
        self._draw(at_once=True)

    def _follow(self) -> None:
        """Draws new results; while a sweep is running only as often as the window stays responsive."""
        if not self._model.is_running:
            self._later.stop()
            self.refresh()
        elif not self.in_view:
            self._later.stop()  # it is drawn when it comes into view
        elif self._due.is_due:
            with self._due:
                self._draw(at_once=False)
                self.views.currentWidget().repaint()  # what that takes counts, too
        elif not self._later.isActive():
            self._later.start(round(1000 * max(0.0, self._due.seconds_left)) + 1)

    def _draw(self, at_once: bool) -> None:
        if not self.in_view:
            return
        trials = self._model
        titles = {str(told.id): sweep_entry(told) for told in trials.sweeps}
        self.sweep_button.show_choice(titles, str(trials.shown))
        self.sweep_button.setText(f"{shown_sweep_title(trials)} ▾")
        self.view_button.show_choice(_NAMES, trials.view)
        table = trials.table
        for part in (self.view_button, self.log_button, self.sweep_button):
            part.setVisible(bool(trials.sweeps))
        if table is None:
            self.conclusion.show_conclusion(None)
            self.hint.setText("Reading the sweep …" if trials.sweeps or trials.shown else _NO_SWEEP)
            self._stack.setCurrentWidget(self.hint)
        else:
            looks = self._is_log, self._unit(table), self._colours(table)
            self.conclusion.show_conclusion(self._conclusion(table))
            self.views.show_table(table, trials.view, *looks, at_once)
            self._stack.setCurrentWidget(self.views)
        self._show_choice()

    def _conclusion(self, table: TrialTable) -> Conclusion | None:
        trials, scores = table.scores
        settings = [SettingPlaces(axis, table.places(number)[trials]) for number, axis in enumerate(table.axes)]
        has_place = ~np.isnan([each.places for each in settings]).any(axis=0)
        settings = [SettingPlaces(axis, places[has_place]) for axis, places in settings]
        return trials_conclusion(settings, scores[has_place], table.results.quantity, self._unit(table))

    def _unit(self, table: TrialTable) -> str:
        return unit_of(table, self._session.data.dataset)

    def _colours(self, table: TrialTable) -> dict[int, str]:
        """Returns the colours of the compared trials."""
        shown, count = self._model.shown, len(table.results.trials)
        found = self._session.comparison.colours.items()
        return {
            each.trial: colour
            for each, colour in found
            if isinstance(each, RunGroup) and each.sweep == shown and each.trial < count
        }

    def _set_log(self, is_log: bool) -> None:
        self._is_log = is_log
        self.refresh()

    def _show_choice(self) -> None:
        if not self.in_view:
            return
        trials, table = self._model, self._model.table
        chosen = trials.chosen if table is not None else None
        self.views.show_choice(chosen)
        for button in (self.compare_button, self.open_button):
            button.setVisible(chosen is not None)
        if table is None or chosen is None:
            words_of = lines_key if trials.view == "parallel" else dots_key
            self.words.setText("" if table is None else words_of(table))
            return
        self.compare_button.setChecked(chosen in self._colours(table))
        median, spread = format_figures(table, chosen, self._unit(table))
        told = [f"trial {chosen + 1}", format_settings(table, chosen), median, spread]
        self.words.setText(" · ".join(part for part in told if part))

    # ---- actions of the user

    def _compare(self) -> None:
        chosen = self._model.chosen
        if chosen is not None:
            self._model.compare(chosen)
            self._show_choice()

    def _open_chosen(self) -> None:
        if self._model.chosen is not None:
            self._model.open(self._model.chosen)

    def table(self) -> Table | None:
        """Returns a row for each run, for a CSV file."""
        table = self._model.table
        if table is None:
            return None
        figure = table.results.compared_by
        names = [axis.name for axis in table.axes]
        head = ["trial", "seed", *names, figure, "epochs", "seconds", "status", "run"]
        rows = []
        for run in table.runs:
            values = table.results.trials[run.trial].values
            settings = [_cell(values.get(name)) for name in names]
            figures = (run.figures.get(figure, ""), run.epochs, run.seconds, run.status, run.run or "")
            rows.append([run.trial + 1, run.seed, *settings, *figures])
        return head, rows


def _cell(value: object) -> object:
    """Returns a value as a cell of a file; layers as they are typed."""
    return "-".join(map(str, value)) if isinstance(value, tuple) else value


CARDS.register("trialsPage")(CardInfo(TrialsPage, page_of="whatDiffersDock", page_number=2))
