"""The batch that the training took next at a moment of its past: it is known by training to that moment again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject, QTimer, pyqtSignal

from engine.basics.errors import EngineError
from nnviz.jobs.stepwise import Stepwise, giving_way
from nnviz.session.data import Data
from nnviz.session.displayed import Displayed
from nnviz.session.exact import Exact, Wish
from nnviz.session.messages import Messages
from nnviz.session.runs import Runs
from nnviz.session.timeline import Timeline

if TYPE_CHECKING:
    from nnviz.library.replay import ReplayedMoment

_PATIENCE = 1000  # milliseconds after which a person is told that it takes a while


class PastBatch(QObject):
    """Trains again to the moment that is looked back at, in another thread, while that is wanted. The latest wins.

    Signals:
        changed: an attribute has changed, or how far it is.

    Attributes:
        work: that training; ``share`` says how far it is.
        is_long: whether it has been going on for so long that a person should know.
        why_not: why the batch is not known, as a sentence; empty if it is, or is about to be.
    """

    changed = pyqtSignal()

    def __init__(
        self, runs: Runs, data: Data, displayed: Displayed, timeline: Timeline, exact: Exact, messages: Messages
    ) -> None:
        super().__init__()
        self._runs, self._displayed, self._exact, self._messages = runs, displayed, exact, messages
        self.work = Stepwise()
        self.is_long, self.why_not = False, ""
        self._is_wanted = False
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(_PATIENCE)
        self._patience.timeout.connect(self._take_long)
        self.work.changed.connect(self._went_on)
        self.work.failed.connect(self._failed)
        displayed.moment_changed.connect(self._drop)
        timeline.rested.connect(self.begin)
        data.changed.connect(self._data_changed)

    def want(self, wanted: bool) -> None:
        """Notes whether a view of it is visible."""
        if wanted != self._is_wanted:
            self._is_wanted = wanted
            self._data_changed()

    @property
    def found(self) -> ReplayedMoment | None:
        """The training at the moment that is looked back at; None while it is not there."""
        found: ReplayedMoment | None = self.work.result
        return found

    @property
    def can_begin_again(self) -> bool:
        """Whether it is not known, and might be if it was tried once more."""
        return bool(self.why_not) and self._exact.why_not(self._runs.current) is None

    def begin(self) -> None:
        """Goes to the moment that is displayed, if it is one of the past and that is wanted."""
        run, moment = self._runs.current, self._displayed.moment
        if not self._is_wanted or moment is None:
            return
        self.why_not = self._exact.why_not(run) or ""
        if not self.why_not:
            wish = Wish(run, moment.epochs)
            steps = self._exact.steps(wish)
            self._patience.start()
            self.work.start(wish, lambda: giving_way(steps(), self._runs.is_training))
        self.changed.emit()

    def cancel(self) -> None:
        """Gives it up, until it is begun again."""
        if self.work.is_running:
            self.work.forget()
            self._end("Training to this moment again was given up.")

    def _drop(self) -> None:
        """Another moment is displayed: what was found is not of that."""
        self.work.forget()
        is_wanted = self._is_wanted and not self._displayed.is_live
        self._end((self._exact.why_not(self._runs.current) or "") if is_wanted else "")

    def _data_changed(self) -> None:
        self._drop()
        self.begin()

    def _take_long(self) -> None:
        self.is_long = True
        self.changed.emit()

    def _went_on(self) -> None:
        if not self.work.is_running:
            self._patience.stop()
            self.is_long = False
        self.changed.emit()

    def _failed(self, error: Exception) -> None:
        from nnviz.library import UnknownRunError  # not at the start of the window

        if isinstance(error, UnknownRunError):
            self._end("Of this training nothing is kept from which one could train to this moment again.")
        elif isinstance(error, EngineError):
            self._end(f"Training to this moment again failed: {error}")
        else:
            self._end("Training to this moment again failed.")
            self._messages.crashed.emit(error)

    def _end(self, why_not: str) -> None:
        self._patience.stop()
        self.is_long, self.why_not = False, why_not
        self.changed.emit()

    def close(self, milliseconds: int) -> bool:
        """Ends the work; returns whether that was in time."""
        self._patience.stop()
        return self.work.close(milliseconds)
