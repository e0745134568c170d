"""The speed of training in the window: full, or slow enough to watch the network learn."""

from __future__ import annotations

from collections.abc import Callable

from PyQt5.QtCore import QObject, pyqtSignal

from nnviz.jobs.pace import SLOW, SLOW_START, Pace
from nnviz.session.runs import Runs
from nnviz.session.training import Training


class Speed(QObject):
    """The chosen speed, which takes effect at the next step. It is full at first.

    Signals:
        changed: the speed has changed, or whether the slow start is in progress.
        started_slowly: the slow start has begun; there is no other one.
    """

    changed = pyqtSignal()
    started_slowly = pyqtSignal()

    def __init__(self, training: Training, runs: Runs) -> None:
        super().__init__()
        self._training, self._runs = training, runs
        self._chosen: Pace | None = None  # None for full speed
        self._ignored = 0  # how many of the callers of ``ignore`` have not ended it
        self._has_begun = False  # whether the slow start has
        training.state_changed.connect(self._follow_start)
        runs.history_changed.connect(self._end_after_epoch)
        runs.replaced.connect(self._end_if_begun)

    @property
    def is_slow(self) -> bool:
        """Whether slow is chosen, or the slow start is in progress."""
        return self._chosen is SLOW or self.starts_slowly

    @property
    def starts_slowly(self) -> bool:
        """Whether the slow start is in progress."""
        return self._chosen is SLOW_START and self._training.is_in_progress

    @property
    def steps_a_second(self) -> float:
        """The steps that a slow training takes in a second at its present place; 0 at full speed."""
        pace, progress = self._pace, self._training.progress
        if pace is None or not progress.batches:
            return 0.0
        done = progress.before + progress.epochs_done
        wanted = pace.steps_a_second(done, progress.last_epoch, progress.batches)
        possible = progress.batches / progress.seconds_per_epoch if progress.seconds_per_epoch else wanted
        return min(wanted, possible)

    def choose(self, is_slow: bool) -> None:
        """Chooses slow or full speed. Either ends the slow start."""
        self._set(SLOW if is_slow else None)

    def toggle(self) -> None:
        """Chooses the other speed."""
        self.choose(not self.is_slow)

    def start_slowly(self) -> None:
        """Makes the first epoch of the next run slow, unless a speed is chosen before it ends."""
        self._has_begun = False
        self._set(SLOW_START)

    def ignore(self) -> Callable[[], None]:
        """Trains at full speed, whatever is chosen, until the returned function is called."""
        self._ignored += 1
        self._send()

        def end() -> None:
            self._ignored -= 1
            self._send()

        return end

    @property
    def _pace(self) -> Pace | None:
        return None if self._ignored else self._chosen

    def _set(self, pace: Pace | None) -> None:
        if pace is not self._chosen:
            self._chosen = pace
            self._send()

    def _send(self) -> None:
        self._training.runner.set_pace(self._pace)
        self.changed.emit()

    def _follow_start(self) -> None:
        if self.starts_slowly and not self._has_begun:
            self._has_begun = True
            self.started_slowly.emit()
            self.changed.emit()

    def _end_after_epoch(self) -> None:
        run = self._runs.current
        if self.starts_slowly and run.history.completed > run.progress.before:
            self._set(None)

    def _end_if_begun(self) -> None:
        if self._has_begun and self._chosen is SLOW_START:
            self._set(None)
