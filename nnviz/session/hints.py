"""Hints about the current run: at most one at a time, which the user applies or dismisses for good."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject, pyqtSignal

from engine.basics.errors import EngineError
from engine.datasets import Dataset
from engine.experiment import Experiment
from engine.training.distributions import layer_activities
from nnviz.formatting.setting_text import changes_between, setting_name
from nnviz.hints.rules import Hint, hints_for
from nnviz.hints.state import Rival, RunState
from nnviz.jobs.latest import Latest, Request, RequestKey
from nnviz.jobs.timing import TimeBudget
from nnviz.session.messages import Message, MessageChoice
from nnviz.session.run import Run
from nnviz.session.status import Stage

if TYPE_CHECKING:
    from nnviz.session.session import Session

HINTS = "hints"
_SECONDS_BETWEEN = 1.0  # at least, between two looks at a run in training; they may take a fiftieth of a core's time
_MOST_NAMED = 2  # changed settings in an announcement
# Settings in which the fields may differ from the run that a hint is about.
_NOT_COMPARED = {"epochs", "fingerprint", "brightness"}
_OF_DATA = {"data", "data_settings"}  # runs that differ in these have other test sets


class Hints(QObject):
    """Looks for hints at the end of an epoch and when training stops, in the background, while its query is wanted.

    Signals:
        changed: ``current`` has changed.
        dismissed_changed: ``dismissed`` has changed.

    Attributes:
        current: the most urgent hint that was not dismissed. None if there is none, if the network was edited since
            its last epoch, or if the fields already describe another experiment than the run's.
        dismissed: the names of the hints that the user dismissed for good.
        is_silent: whether no hint is shown, because a lesson is open.
    """

    changed = pyqtSignal()
    dismissed_changed = pyqtSignal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._data, self._runs, self._settings = session.data, session.runs, session.settings
        self._training, self._messages = session.training, session.messages
        self.current: Hint | None = None
        self.dismissed: frozenset[str] = frozenset()
        self.is_silent = False
        # The run that stopped because it diverged, and its experiment then, until it is trained again.
        self._diverged: tuple[Run, Experiment] | None = None
        self._applied: set[tuple[int, str]] = set()  # run and name of hints that change no settings
        self._known: tuple[Run, Request] | None = None  # the last request, and its run
        self._notice: Message | None = None  # about the applied hint, until the fields change again
        self._due = TimeBudget(_SECONDS_BETWEEN, 0)
        self._query = Latest(self._request, TimeBudget(0), forget_on_new_run=True)
        session.queries.add({HINTS: self._query})
        session.training.reports.diverged.connect(self._note_divergence)
        session.training.state_changed.connect(self._follow_state)
        session.runs.history_changed.connect(self._query.look)
        session.settings.changed.connect(lambda: self._messages.withdraw(self._notice))
        for signal in (self._query.changed, session.settings.changed):
            signal.connect(self._choose)

    @property
    def shown(self) -> Hint | None:
        """The hint that is shown; None while an earlier network is displayed, which it is not about."""
        return self.current if self._session.displayed.is_live and not self.is_silent else None

    def set_silent(self, is_silent: bool) -> None:
        """Sets whether no hint is shown."""
        if is_silent != self.is_silent:
            self.is_silent = is_silent
            self.changed.emit()

    # ---- the hints about the run

    def _note_divergence(self, run: Run, _: object) -> None:
        self._diverged = run, run.experiment
        self._query.hurry()

    def _follow_state(self) -> None:
        """Looks without delay when training stops."""
        if self._runs.is_training():
            self._diverged = None
        else:
            self._query.hurry()

    def _request(self) -> Request | None:
        """Returns the request for all hints about the run as it was at the end of its last epoch."""
        run, data = self._runs.current, self._data.dataset
        if data is None or not self._has_figures(run, data):
            self._known = None
            return None
        known = None if self._known is None or self._known[0] is not run else self._known[1]
        if known is not None and self._runs.is_training() and not self._due.is_due:
            return known
        epochs = len(run.history.loss.train.epochs)
        key = RequestKey(run, data, run.experiment, run.stage, epochs, self._stopped_with(run) is not None)
        if known is None or known[0] != key:
            self._due.spend(0)
            known = key, self._work(run, data)
            self._known = run, known
        return known

    def _has_figures(self, run: Run, data: Dataset) -> bool:
        """Whether the run's figures are those of its network on these data, with these settings if it diverged."""
        stopped_with = self._stopped_with(run)
        if stopped_with is not None and {*run.experiment.difference(stopped_with)} - _NOT_COMPARED:
            return False  # until the run is trained again, nothing is known about the new settings
        is_trained = run.history.completed > 0 or stopped_with is not None
        is_same_data = run.misfit(data) is None and run.experiment.fingerprint == data.fingerprint
        return is_trained and is_same_data and run.edited is None

    def _stopped_with(self, run: Run) -> Experiment | None:
        """Returns the experiment with which the run diverged; None if it did not."""
        return self._diverged[1] if self._diverged is not None and self._diverged[0] is run else None

    def _work(self, run: Run, data: Dataset) -> Callable[[], tuple[Experiment, list[Hint]]]:
        """Returns the function that finds the hints for an experiment in the background; the state is copied now."""
        state, network = self._state(run, data), run.displayed_network()

        def work() -> tuple[Experiment, list[Hint]]:
            return state.experiment, hints_for(replace(state, layers=layer_activities(network, data.train)))

        return work

    def _state(self, run: Run, data: Dataset) -> RunState:
        is_over = run.stage is Stage.ENDED
        return RunState.of(
            run.experiment,
            data,
            run.history,
            is_over=is_over,
            has_diverged=self._stopped_with(run) is not None,
            dead_layer=run.dead_layer,
            class_names=self._session.class_names if data.is_classification else (),
            rivals=self._rivals(run) if is_over else (),
        )

    def _rivals(self, run: Run) -> list[Rival]:
        """Returns the finished runs that the chart compares with this one, if they differ in more than the seed."""
        found, part = [], "validation" if run.history.loss.validation.values else "test"
        for other in self._runs.compared:
            curves = other.history.error if run.history.error.train.values else other.history.rmse
            curve = getattr(curves, part)
            scores = dict(zip(curve.epochs, curve.values, strict=True))
            changed = {*run.experiment.difference(other.experiment)} - {"seed", *_NOT_COMPARED}
            is_comparable = changed and not changed & _OF_DATA
            if other.stage is Stage.ENDED and other.epoch_of_figures in scores and is_comparable:
                found.append(Rival(self._runs.difference(other), scores[other.epoch_of_figures]))
        return found

    # ---- the current hint

    def _choose(self) -> None:
        """Sets the most urgent hint that is neither dismissed nor followed."""
        run, fields = self._runs.current, self._settings.experiment
        experiment, hints = self._query.result or (run.experiment, [])
        if experiment != run.experiment or (hints and {*run.experiment.difference(fields)} - _NOT_COMPARED):
            hints = []  # the user tries something else already
        if any(hint.needs_reset and self._is_followed(hint, run) for hint in hints):
            hints = []  # the network has to be reset, whatever else there is
        left = (hint for hint in hints if hint.name not in self.dismissed and not self._is_followed(hint, run))
        hint = next(left, None)
        if hint != self.current:
            self.current = hint
            self.changed.emit()

    def _is_followed(self, hint: Hint, run: Run) -> bool:
        if not hint.steps:
            return (run.id, hint.name) in self._applied
        return all(self._settings.experiment.value(name) == value for name, value in hint.steps.items())

    # ---- what the user does about it

    def apply(self) -> None:
        """Changes the settings as the hint says, as one step to undo; without settings, trains several seeds."""
        hint = self.current
        if hint is None:
            return
        if not hint.steps:
            self._train_seeds(hint)
            return
        before = self._settings.experiment
        try:
            self._settings.change(", ".join(map(setting_name, hint.steps)), **hint.steps)
        except EngineError as error:
            self._messages.show_error(f"{hint.label}: this cannot be applied", error)
        else:
            self._report(before, hint.needs_reset)

    def _train_seeds(self, hint: Hint) -> None:
        sweeps = self._session.sweeps
        if sweeps.plan_progress is not None:
            self._messages.announce("Other runs are in progress. Try again when they are done.")
            return
        if sweeps.reason_unavailable is None:
            self._applied.add((self._runs.current.id, hint.name))
            self._choose()
        sweeps.toggle()  # gives the reason if there is one

    def _report(self, before: Experiment, needs_reset: bool) -> None:
        """Shows what was changed, and how it takes effect."""
        run, now = self._runs.current, self._settings.experiment
        changes = changes_between(before, now) or [f"{now.training.epochs} epochs"]
        more = len(changes) - _MOST_NAMED
        what = ", ".join(changes[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
        is_applied = self._training.is_in_progress and not changes_between(run.experiment, now)
        is_waiting = self._training.is_in_progress and not is_applied
        reset = MessageChoice("Reset", self._session.reset, frozenset({"reset"}))
        if is_waiting or needs_reset or self._training.starts_new_network:
            self._notice = self._messages.show(f"Set: {what}. This needs a new run. Press Reset to start one.", reset)
        elif is_applied:
            self._notice = self._messages.announce(f"Applied to the current run: {what}")
        else:
            message = f"Set: {what}. Train to continue, or reset to start again."
            self._notice = self._messages.announce(message, reset)

    def dismiss(self) -> None:
        """Dismisses the current hint for good; the announcement offers to show it again."""
        hint = self.current
        if hint is not None:
            self.set_dismissed(self.dismissed | {hint.name})
            undo = MessageChoice("Undo", lambda: self.set_dismissed(self.dismissed - {hint.name}))
            self._messages.announce(f"No more hints about “{hint.diagnosis}”", undo)

    def restore(self) -> None:
        """Shows all hints again that were dismissed."""
        self.set_dismissed(())

    def set_dismissed(self, names: Iterable[str]) -> None:
        """Sets the names of the hints that are not shown."""
        wanted = frozenset(names)
        if wanted != self.dismissed:
            self.dismissed = wanted
            self.dismissed_changed.emit()
            self._choose()
