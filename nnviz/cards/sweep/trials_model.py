"""The model of the displayed sweep: its trials, their results, and the chosen one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject, QTimer, pyqtSignal

from nnviz.cards.sweep.trial_reading import SweepReading, change_marker, read_sweep
from nnviz.jobs.plans import NewResults
from nnviz.library import RunGroup
from nnviz.session.session import Session

if TYPE_CHECKING:
    from nnviz.cards.sweep.trial_table import TrialTable
    from nnviz.library.sweeps import SweepSummary

VIEWS = ("dots", "parallel", "best")


class TrialsModel(QObject):
    """The sweeps of the library, and the trials of the displayed one. Nothing is read without a watching view.

    Attributes are for reading.

    Signals:
        changed: ``sweeps``, the displayed sweep or its results have changed.
        chosen_changed: another trial is chosen.
        view_changed: ``view`` has changed.
        wanted: the user wants to see the sweep.

    Attributes:
        sweeps: summaries of all sweeps, newest first.
        shown: number of the displayed sweep; 0 for none.
        table: its trials; None before they are read.
        chosen: number of the chosen trial; None for none.
        view: the kind of view: one of ``VIEWS``.
    """

    changed = pyqtSignal()
    chosen_changed = pyqtSignal()
    view_changed = pyqtSignal()
    wanted = pyqtSignal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        library, sweeps = session.library, session.sweeps
        self._thread, self._library, self._sweeps = session.library_thread, library, sweeps
        self._comparison, self._messages = session.comparison, session.messages
        self.sweeps: list[SweepSummary] = []
        self.shown = 0
        self.table: TrialTable | None = None
        self.chosen: int | None = None
        self.view = VIEWS[0]
        self._status = ""
        self._seen: object = None  # when it was looked whether others wrote a sweep
        self._running = 0  # the sweep that this window does
        self._watchers: set[str] = set()
        self._is_reading = self._is_stale = self._is_asked_for = False
        self._meanwhile: list[NewResults] = []  # what came while it was read
        sweeps.came.connect(self._take_new)
        sweeps.changed.connect(self._follow_end)
        sweeps.selected.connect(self.show)
        for signal in (library.deletion_changed, library.sweep_renamed):
            signal.connect(self._read)
        session.library_watch.wrote.connect(self._follow_others)

    # ---- which

    def watch(self, view: str, is_watched: bool) -> None:
        """Registers or unregisters a view of that name; trials are read while there is any."""
        was_watched = bool(self._watchers)
        (self._watchers.add if is_watched else self._watchers.discard)(view)
        self._report_visible_sweep()
        if self._watchers and not was_watched:
            self._read()
        elif not self._watchers:
            QTimer.singleShot(0, self._drop_unwatched)  # another view may come now, as one tab follows another

    def _drop_unwatched(self) -> None:
        if not self._watchers:
            self.table, self._meanwhile = None, []

    def _report_visible_sweep(self) -> None:
        """Reports the visible sweep to the automatic comparison, so that its end needs no message."""
        self._sweeps.auto_compare.sweep = self.shown if self._watchers else 0

    def show(self, sweep: int) -> None:
        """Displays the sweep of that number, and brings it into view."""
        self._display(sweep)
        self.wanted.emit()

    def _display(self, sweep: int) -> None:
        if sweep != self.shown:
            self.shown, self.table, self._status, self._is_asked_for = sweep, None, "", bool(sweep)
            self._report_visible_sweep()
            self.choose(None)
            self.changed.emit()
            self._read()

    def _read(self, *_: object) -> None:
        if not self._watchers:
            return
        if self._is_reading:
            self._is_stale = True
            return
        self._is_reading, self._is_stale = True, False
        shown = self.shown
        self._thread.run(lambda library: read_sweep(library, shown), self._take, self._failed, SweepReading([]))

    def _take(self, found: SweepReading) -> None:
        self._is_reading = False
        if self._is_stale or not self._watchers:
            self._read()
            return
        is_asked_for, self._is_asked_for = self._is_asked_for, False
        if is_asked_for and found.shown != self.shown:  # else it was deleted
            self._messages.show("This is not a sweep but a batch of seeds or a race. Compare its runs by their curves.")
        self.sweeps, self.shown, self.table, self._status = found.sweeps, found.shown, found.table, found.status
        self._report_visible_sweep()
        meanwhile, self._meanwhile = self._meanwhile, []
        for new in meanwhile:
            self._add(new)
        self.changed.emit()

    def _failed(self, error: Exception) -> None:
        self._is_reading = False
        self._messages.show_error("The sweep could not be read", error)

    # ---- while it is done

    def _take_new(self, new: NewResults) -> None:
        if new.sweep != self._running:  # it begins
            self._running = new.sweep
            self._display(new.sweep)
        elif self._watchers and new.sweep == self.shown:
            if self._is_reading:
                self._meanwhile.append(new)
            elif self._add(new):
                self.changed.emit()
            else:
                self._read()

    def _add(self, new: NewResults) -> bool:
        """Adds new results; returns whether they follow the known ones."""
        if self.table is None or new.sweep != self.shown or not self.table.add_trials(new.before, new.trials):
            return False
        self.table.add_runs(new.runs)
        return True

    def _follow_others(self) -> None:
        """Reads the sweeps again if another program wrote to one of them."""
        shown = self.shown

        def take(seen: object) -> None:
            if seen != self._seen:
                self._seen = seen
                self._read()

        if self._watchers and not self._running:
            self._thread.run(lambda library: change_marker(library, shown), take, self._failed)

    def _follow_end(self) -> None:
        if self._running and self._sweeps.plan_progress is None:
            self._running, self._status = 0, ""  # which the library knows now
            self._read()

    @property
    def is_running(self) -> bool:
        """Whether this window trains the displayed sweep."""
        return bool(self.shown) and self.shown == self._running

    @property
    def is_over(self) -> bool:
        """Whether the displayed sweep is complete."""
        return self._status == "finished" and not self.is_running

    @property
    def can_resume(self) -> bool:
        """Whether the displayed sweep was stopped and nothing else is in progress."""
        return self.table is not None and self._status == "stopped" and self._sweeps.plan_progress is None

    def resume(self) -> None:
        """Resumes the displayed sweep."""
        if self.can_resume and self.table is not None:
            self._sweeps.resume(self.shown, self.table.plan)

    # ---- one of its trials

    def choose(self, trial: int | None) -> None:
        """Chooses a trial; None for none."""
        if trial != self.chosen:
            self.chosen = trial
            self.chosen_changed.emit()

    def compare(self, trial: int) -> None:
        """Adds a trial to the comparison, or removes it."""
        if self.table is not None and self.table.results.trials[trial].is_kept:
            self._comparison.toggle(RunGroup(self.shown, trial))

    def open(self, trial: int, place: int = -1) -> None:
        """Opens a run in the window, with its snapshots.

        Args:
            place: index of the run in the table; -1 for the representative run of the trial.
        """
        table = self.table
        if table is not None:
            run = table.runs[place] if 0 <= place < len(table.runs) else table.run_of(trial)
            if run is not None and run.run is not None:
                self._library.open(run.run)

    # ---- how

    def set_view(self, view: str) -> None:
        """Changes the kind of view, if it is one of ``VIEWS``."""
        if view in VIEWS and view != self.view:
            self.view = view
            self.view_changed.emit()
