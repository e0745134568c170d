"""The model of step through: the requested step, its record, and what can be done with it."""

from __future__ import annotations

from concurrent.futures import CancelledError

import numpy as np
from PyQt5.QtCore import QObject, pyqtSignal

from engine.basics.errors import DivergenceError, EngineError
from engine.datasets import Dataset
from engine.explain.finite_difference import FiniteDifference, finite_difference
from engine.explain.step_trace import StepTrace, record_step
from nnviz.cards.step_through.manual_steps import ManualStep, ManualSteps
from nnviz.cards.step_through.past_batch import PastBatch
from nnviz.cards.step_through.step_effects import StepEffects
from nnviz.cards.step_through.step_request import RecordedStep, StepKey, StepRequest
from nnviz.formatting.text import regrouped
from nnviz.jobs.serial_thread import SerialThread, close_all
from nnviz.session.run import Run
from nnviz.session.session import Session
from nnviz.session.status import Status

_MOST_KEPT = 16 * 2**20  # bytes of a step that no view shows
_AT_REST = (Status.READY, Status.PAUSED, Status.FINISHED)


class StepThrough(QObject):
    """Records the next step on a copy of the training; by itself while no training runs and a view is visible.

    At a displayed epoch of the past it records the step that came next there, which can be looked at but not taken.

    Signals:
        changed: ``recorded``, ``line`` or ``is_newest`` has changed, or the requested step.
        checked: ``check`` has changed.

    Attributes:
        recorded: the recorded step; None while there is none.
        line: why there is no step, as a sentence; empty while there is one or it is being recorded.
        check: the parameter whose gradient was measured last, and the result; None for none.
        past_batch: the batch that came next at a displayed epoch of the past.
        effects: how the step changes the network's error.
    """

    changed = pyqtSignal()
    checked = pyqtSignal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session, self._messages = session, session.messages
        self.past_batch = PastBatch(session)
        self._request, self._steps = StepRequest(session, self.past_batch), ManualSteps(session)
        self.recorded: RecordedStep | None = None
        self.line = ""
        self.check: tuple[tuple[int, int, int], FiniteDifference] | None = None
        self._is_wanted = False
        self._to_take: StepKey | None = None  # the step that is taken as soon as it is recorded
        self._busy_with: StepKey | None = None
        self._tried: StepKey | None = None  # the step that ``line`` explains
        self._thread = SerialThread()
        question = session.question
        for signal in (
            session.training.state_changed,
            session.settings.changed,
            question.changed,
            question.answer_changed,
        ):
            signal.connect(self._look)
        for signal in (session.displayed.snapshot_changed, self.past_batch.changed):
            signal.connect(self._look)
        self.effects = StepEffects(self, self._steps, session.messages.crashed.emit)

    # ---- the request

    def want(self, wanted: bool) -> None:
        """Notes whether a view of the step is visible. A large step is dropped while none is."""
        self._is_wanted = wanted
        if not wanted and self._to_take != self._busy_with:
            self._to_take = None  # it will not be recorded, and must not be taken when a view is visible again
        self._drop_if_large()
        self._want_batch()
        self._look()

    def _want_batch(self) -> None:
        self.past_batch.want(self._is_wanted and not self.of_example)

    def _drop_if_large(self) -> None:
        if not self._is_wanted and self.recorded is not None and self.recorded.step.nbytes > _MOST_KEPT:
            self.recorded = self.check = None

    def choose(self, of_example: bool) -> None:
        """Requests a step on the current example, or on the next batch."""
        if of_example != self.of_example:
            self._request.of_example = of_example
            self._want_batch()
            self.look_now()

    @property
    def of_example(self) -> bool:
        """Whether the requested step is on the current example, not on the next batch."""
        return self._request.of_example

    @property
    def target(self) -> int | None:
        """The class that the drawing is learned as; None for a step on a batch, or an example with a known class."""
        return self._request.target if self._request.is_on_example else None

    def learn_as(self, target: int) -> None:
        """Requests the step that learns the drawing as that class."""
        self._request.chosen_target = target
        self.look_now()

    @property
    def is_at_rest(self) -> bool:
        """Whether no data loads and nothing is built or trained; at an epoch of the past the current run may train."""
        state = self._session.training.state
        return state in _AT_REST or (state is Status.TRAINING and self._request.is_of_past)

    @property
    def is_newest(self) -> bool:
        """Whether the recorded step is the next one."""
        return self.recorded is not None and self.is_at_rest and self.recorded.key == self._request.key()

    # ---- recording

    def _look(self) -> None:
        """Records the next step if it is another one. During training it does so only if no live step is recorded."""
        if not self._is_wanted:
            return
        key = self._request.key()
        known = [self._busy_with, self._tried, None if self.recorded is None else self.recorded.key]
        is_of_now = [each is not None and each.moment is None for each in known]
        is_due = key not in known if self.is_at_rest else not any(is_of_now)
        if is_due and self._busy_with is None:
            self.look_now()
        else:
            self.changed.emit()

    def forget(self) -> None:
        """Drops the step of a replaced network or of replaced data."""
        self.past_batch.forget()
        self.recorded, self.check, self._tried = None, None, None
        self._look()

    def look_now(self) -> None:
        """Records the step that comes next now."""
        data, run, key = self._request.fitting_data, self._session.runs.current, self._request.key()
        self._tried = None
        if self._to_take != key:
            self._to_take = None
        if data is None or self._session.training.state in (Status.LOADING, Status.BUILDING):
            # It is tried again as soon as that is over.
            self._nothing("No data that fit the network. Open data to see the step.", None)
        elif self._request.lacks_example:
            self._nothing(self._request.lacks_example, key)
        elif self._request.is_awaited:
            if self.past_batch.is_long:
                self._nothing("Replaying the run to this epoch to find its batch …", key)
        elif self._busy_with is None:
            self._begin(run, data, key)
        self.changed.emit()

    def _nothing(self, line: str, tried: StepKey | None) -> None:
        """Notes that the request gives no step, and why."""
        self.recorded, self.line, self._tried, self._to_take = None, line, tried, None

    def _begin(self, run: Run, data: Dataset, key: StepKey) -> None:
        example = self._request.example_of(data) if self._request.is_on_example else None
        start = self._request.start(run, data)

        def work() -> StepTrace | None:
            return record_step(start.moment(), start.network, data, example)

        def done(step: StepTrace | None) -> None:
            self._busy_with = None
            if step is None:
                self._nothing("The run has no further step.", key)
            elif run is self._session.runs.current and data is self._request.fitting_data:
                around = step.before, step.after, step.batches, step.is_given
                taken = ManualStep(run.id, *around, data, key.experiment, start.is_first)
                self.recorded = RecordedStep(key, step, taken, start.epochs + step.epoch)
                self.line, self.check = "", None
            self._settled()

        def failed(error: Exception) -> None:
            self._busy_with = None
            if isinstance(error, CancelledError):
                return
            self._nothing(_in_words(error), key)
            if not isinstance(error, (EngineError, MemoryError)):
                self._messages.crashed.emit(error)
            self._settled()

        self._busy_with = key
        self._thread.run(work, done, failed)

    def _settled(self) -> None:
        """Takes the recorded step if that was requested and is still the latest request."""
        is_next = self._to_take == self._request.key()
        if not self.is_at_rest or not is_next or not (self._is_wanted or self.is_newest):
            self._to_take = None
        elif self.is_newest:
            self.take()
        self._drop_if_large()
        self._look()
        self.changed.emit()

    # ---- actions

    @property
    def can_take(self) -> bool:
        """Whether the step can be taken now. A step of the past cannot."""
        training, is_live = self._session.training, not self._request.is_of_past
        is_there = self.recorded is not None and self.is_at_rest and is_live
        return is_there and training.can_start and not training.starts_new_network

    def take(self) -> None:
        """Takes the step. If the recorded one is no longer the next one, the next one is recorded first, then taken."""
        self._to_take = None
        if not self.can_take or self.recorded is None:
            return
        if self.is_newest and not np.isfinite(self.recorded.manual_step.after.parameters).all():
            self._messages.show("Step not taken: its weights are not finite. Lower the learning rate.")
        elif self.is_newest:
            self._steps.take(self.recorded.manual_step)
        else:
            key = self._request.key()
            self._to_take = key if self._is_wanted and key != self._tried else None  # there is no such step
            self._look()

    @property
    def will_take(self) -> bool:
        """Whether a step is taken as soon as it is recorded."""
        return self._to_take is not None

    def check_gradient(self, layer: int, neuron: int, source: int) -> None:
        """Measures the gradient of a parameter by finite differences; ``checked`` follows."""
        recorded = self.recorded
        if recorded is None:
            return

        def done(found: FiniteDifference) -> None:
            if self.recorded is recorded:
                self.check = (layer, neuron, source), found
                self.checked.emit()

        self._thread.run(
            lambda: finite_difference(recorded.step, layer, neuron, source), done, self._messages.crashed.emit
        )

    def close(self, milliseconds: int) -> bool:
        """Ends the threads. Returns whether they ended in time."""
        return close_all((self._thread, self.effects, self.past_batch), milliseconds)


def _in_words(error: Exception) -> str:
    """Returns why a step could not be recorded."""
    if isinstance(error, DivergenceError):
        return "The loss of this step is not finite. Lower the learning rate."
    if isinstance(error, MemoryError):
        return "Not enough memory to record this step. Close other programs and try again."
    return regrouped(str(error)) if isinstance(error, EngineError) else "This step could not be recorded."
