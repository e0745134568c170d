"""The best trials of the displayed sweep, the significance of the best one's lead, and its test error."""

from __future__ import annotations

from PyQt5.QtCore import Qt
from PyQt5.QtGui import QResizeEvent
from PyQt5.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from nnviz.cards.sweep.best_table import BestTrialRow, BestTrialTable
from nnviz.cards.sweep.trial_table import TrialTable
from nnviz.cards.sweep.trial_text import format_chosen_trial, format_figures, shown_sweep_title, unit_of
from nnviz.cards.sweep.trials_model import TrialsModel
from nnviz.formatting import text
from nnviz.formatting.conclusion import Conclusion
from nnviz.formatting.result_text import figure_name, format_best_two
from nnviz.formatting.setting_text import short_setting_name
from nnviz.library import RunGroup
from nnviz.session.session import Session
from nnviz.session.sweep_titles import format_setting_value
from nnviz.ui.card import label
from nnviz.ui.elided_label import ElidedLabel
from nnviz.ui.fixed_size_box import FixedSizeBox
from nnviz.ui.parts import arranged, named

_MOST_ROWS = 20
_LOW = 240  # pixels: with less height only the first sentences stand below the table
_TIP = (
    "Best trials by median validation error. Click a row to choose the trial, or its square (C) to compare it; "
    "Enter or a double click opens its run."
)
_VERDICT_TIP = (
    "Mann-Whitney U test of the best trial against the second. p is the probability of a difference at least this "
    "large by chance; below 0.05 it is called significant."
)
_CHOSEN_TIP = "Test error of the trial with the best validation error. It is reported once, at the end of the sweep."
_EMPTY = "No finished trials yet."
_NOTHING = Conclusion("")
_NOT_YET = Conclusion("The test error of the best trial is reported once, at the end of the sweep.")
_ALONE = Conclusion(
    "Each trial is a single run: differences may be chance.",
    "Use several seeds to test whether the best trial is better.",
)


class BestTrials(QWidget):
    """A table of the best trials with a title, the verdict and the test error."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._trials = session.models[TrialsModel]
        self._words = (_NOTHING, _NOTHING)
        self.title = ElidedLabel(role="muted")
        self.table = named(BestTrialTable(), "bestTrialsTable", "Best trials", "")
        self.table.setWhatsThis(_TIP)
        self._empty = label(_EMPTY, "muted")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        self._stack = QStackedWidget()
        for part in (self._empty, self.table):
            self._stack.addWidget(part)
        self.verdict = named(label(role="notice"), "trialsVerdict", "Comparison of the two best trials", _VERDICT_TIP)
        self.chosen = named(label(role="notice"), "trialsChosen", "Test error of the chosen trial", _CHOSEN_TIP)
        for words in (self.verdict, self.chosen):
            words.setWordWrap(True)
        title = FixedSizeBox(self.title)
        arranged(QVBoxLayout(self), title, (self._stack, 1), self.verdict, self.chosen, spacing=4)
        trials = self._trials
        self.table.chosen.connect(trials.choose)
        self.table.compared.connect(trials.compare)
        self.table.opened.connect(trials.open)

    def refresh(self) -> None:
        """Shows the current ranking of the trials."""
        trials = self._trials
        table = trials.table
        ranked = [] if table is None else table.results.ranked(_MOST_ROWS)
        self._stack.setCurrentWidget(self.table if ranked else self._empty)
        self.title.show_versions(*self._titles(table))
        if table is None or not ranked:
            self._show_words(_NOTHING, _NOTHING)
            return
        names = ["rank", *(short_setting_name(axis.name) for axis in table.axes), *_names_of_figures(table)]
        unit, best = unit_of(table, self._session.data.dataset), table.results.chosen
        rows = [
            self._row(table, rank, each.trial, unit, best is not None and each.trial == best.trial)
            for rank, each in enumerate(ranked, start=1)
        ]
        self.table.show_rows(names, rows, trials.chosen)
        alone = _ALONE if len(table.plan.seeds) == 1 else _NOTHING
        verdict = format_best_two(table.plan, table.results, are_listed=True) or alone
        self._show_words(verdict, format_chosen_trial(table, unit) if trials.is_over else _NOT_YET)

    def _show_words(self, verdict: Conclusion, chosen: Conclusion) -> None:
        self._words = verdict, chosen
        for part, words, tip in ((self.verdict, verdict, _VERDICT_TIP), (self.chosen, chosen, _CHOSEN_TIP)):
            is_whole = self.height() >= _LOW or not words.rest  # else the table needs the room
            part.setText(words.text if is_whole else words.lead)
            part.setToolTip(tip if is_whole else f"{words.text} {tip}")
            part.setVisible(bool(words.lead))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_words(*self._words)

    def _titles(self, table: TrialTable | None) -> tuple[str, ...]:
        """Returns the sweep and its progress: "sweep 3 · 12 of 60 runs done, 2 min left"; then shorter versions."""
        trials = self._trials
        if table is None:
            return ("",)
        done, most = table.results.over, table.plan.most_runs
        runs = text.count(done) if most in (None, done) else f"{text.count(done)} of {text.count(most)}"
        state = self._session.sweeps.progress if trials.is_running else f"{runs} runs done"
        stopped = ", stopped" if not (trials.is_running or trials.is_over) else ""
        percent = " %" if table.results.quantity == "error" else ""
        by = f"by {figure_name(table.results.compared_by)}{percent}"
        return f"{shown_sweep_title(trials)}, {by} · {state}{stopped}", f"{by} · {state}{stopped}", f"{state}{stopped}"

    def _row(self, table: TrialTable, rank: int, trial: int, unit: str, is_best: bool) -> BestTrialRow:
        values, comparison = table.results.trials[trial].values, self._session.comparison
        settings = [format_setting_value(axis.name, values.get(axis.name)) for axis in table.axes]
        found, seeds = table.results.trials[trial], len(table.plan.seeds)
        count = len(found.runs)
        done = str(count) if found.is_complete(table.plan) else f"{count} of {seeds}"
        figures = [*format_figures(table, trial, unit, in_column=True), done]
        cells = (str(rank), *settings, *figures[: len(_names_of_figures(table))])
        return BestTrialRow(trial, cells, comparison.colours.get(RunGroup(self._trials.shown, trial), ""), is_best)


def _names_of_figures(table: TrialTable) -> list[str]:
    """Returns the titles of the figures' columns; a single seed has no spread."""
    if len(table.plan.seeds) > 1:
        return ["median", "low – high", "runs"]
    return ["error" if table.results.quantity == "error" else "RMSE"]
