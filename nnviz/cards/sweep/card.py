"""The page of a sweep: its form at the left, the best trials of the displayed sweep at the right.

It is a page of the card of differences, which is wide enough for both and also shows which run is better.
"""

from __future__ import annotations

from PyQt5.QtCore import QTimer
from PyQt5.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from nnviz.cards.registry import CARDS, CardInfo
from nnviz.cards.sweep.best_trials import BestTrials
from nnviz.cards.sweep.fields_view import SweepFieldsView
from nnviz.cards.sweep.model import SweepForm
from nnviz.cards.sweep.trials_model import TrialsModel
from nnviz.session.session import Session
from nnviz.session.sweep_text import format_stop_count
from nnviz.ui import theme
from nnviz.ui.card import Table, label
from nnviz.ui.column import ScrollColumn
from nnviz.ui.pages import Page
from nnviz.ui.parts import arranged, named, pill
from nnviz.ui.start_stop import StartStop

_TIP = (
    "Trains the network of the workspace Train with many settings and reports which are best: a hyperparameter search."
)
_START_TIP = "Starts these runs in the background. They are recorded in the library."
_STOP_TIP = "Stops the sweep. Finished runs are kept, and you can resume it."
_GO_ON_TIP = "Resumes the displayed sweep where it was stopped."
_WHY = (
    "Trials are ranked by validation error (10 % of the training set are held out if you set no validation share). "
    "The test error is reported once, for the selected trial: selecting by it would bias it."
)
_FORM, _BEST = 332, 220  # least widths in pixels
_START = 104
_SOON = 300  # milliseconds


class SweepPage(Page):
    """A page with the form and the best trials."""

    def __init__(self, session: Session) -> None:
        super().__init__("Sweep", "sweepTab", _TIP)
        self._session = session
        self._model = session.models[SweepForm]
        self._trials = session.models[TrialsModel]
        self.form = SweepFieldsView(session)
        self.estimate = label(role="notice")
        self.estimate.setWordWrap(True)
        why = label(_WHY, "muted")
        why.setWordWrap(True)
        content = named(QWidget(), "scrolled")
        margins = (0, 0, 14, 0)  # the scroll bar's room
        arranged(QVBoxLayout(content), self.form, self.estimate, why, 1, spacing=6, margins=margins)
        self.column = ScrollColumn("sweepScroll", content)
        self.best = BestTrials(session)
        for part, least in ((self.column, _FORM), (self.best, _BEST)):
            theme.sized(part.setMinimumWidth, least)
        self.body.addLayout(arranged(QHBoxLayout(), (self.column, 1), (self.best, 1), spacing=12))
        self._add_buttons()
        self._connect()

    def _add_buttons(self) -> None:
        self.go_on = pill("Resume", "sweepGoOnButton", "Resume the sweep", _GO_ON_TIP)
        self.start = pill("▷ start", "sweepStartButton", "Start the sweep", _START_TIP)
        self._start_stop = StartStop(self.start, self._start_or_stop)
        # How far it is must not lay out the window again, several times a second.
        theme.sized(self.start.setFixedWidth, _START)
        arranged(QHBoxLayout(self.aside), 1, self.go_on, self.start, spacing=6)

    def _connect(self) -> None:
        session = self._session
        form, trials, sweeps = self._model, self._trials, session.sweeps
        self.in_view_changed.connect(lambda in_view: trials.watch(self.name, in_view))
        self.in_view_changed.connect(form.watch)
        self.go_on.clicked.connect(trials.resume)
        form.changed.connect(self._show_form)
        form.estimated.connect(self._show_estimate)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._show_best)
        self.in_view_changed.connect(lambda is_seen: None if is_seen else self._soon.stop())
        for signal in (trials.changed, session.comparison.changed):
            signal.connect(self._show_soon)
        trials.chosen_changed.connect(lambda: self.best.table.show_choice(trials.chosen))
        sweeps.changed.connect(self._show_buttons)

    def _start_or_stop(self) -> None:
        if self._session.sweeps.plan_progress is None:
            self.form.where.commit()
            self._model.start()
        else:
            self._session.sweeps.stop()

    def open(self) -> None:
        """Shows the page, and focuses the first field of the form."""
        self.wanted.emit()
        self.form.take_focus()

    # ---- what is shown

    def refresh(self) -> None:
        """Shows the form, the estimate and the best trials."""
        self._show_form()
        self._show_estimate()
        self._show_best()

    def _show_form(self) -> None:
        if self.in_view:
            self.form.refresh()
            self._show_buttons()

    def _show_estimate(self) -> None:
        if self.in_view:
            words = self._model.estimate
            self.estimate.setText(words)
            self.estimate.setVisible(bool(words))

    def _show_soon(self) -> None:
        """Delays the best trials while results arrive, so that the window responds after the dots are drawn."""
        if not self._trials.is_running:
            self._soon.stop()
            self._show_best()
        elif self.in_view and not self._soon.isActive():
            self._soon.start(_SOON)

    def _show_best(self) -> None:
        if self.in_view:
            self.best.refresh()
            self._show_buttons()

    def _show_buttons(self) -> None:
        sweeps = self._session.sweeps
        plan_progress = sweeps.plan_progress
        if not self.in_view:
            self._start_stop.note(plan_progress is not None)
            return
        reason_unavailable = self._model.reason_unavailable
        self._start_stop.show(plan_progress is not None, reason_unavailable is None)
        self.start.setText("▷ start" if plan_progress is None else format_stop_count(plan_progress))
        self.start.setToolTip(
            f"{sweeps.progress}. {_STOP_TIP}" if plan_progress is not None else reason_unavailable or _START_TIP
        )
        self.start.setAccessibleName("Start the sweep" if plan_progress is None else "Stop")
        self.go_on.setVisible(self._trials.can_resume)

    def table(self) -> Table | None:
        """Returns the best trials, for a CSV file."""
        best = self.best.table
        return ["rank", *best.names[1:]], [list(row.cells) for row in best.rows]


CARDS.register("sweepPage")(CardInfo(SweepPage, page_of="whatDiffersDock", page_number=3))
