"""One step of the training, to be walked through: which is asked for, and what is written down of it."""

from __future__ import annotations

from concurrent.futures import CancelledError

import numpy as np
from PyQt5.QtCore import QObject, pyqtSignal

from engine.basics.errors import DivergenceError, EngineError
from engine.datasets import Dataset
from engine.explain.finite_difference import FiniteDifference, finite_difference
from engine.explain.step_trace import StepTrace, record_step
from nnviz.jobs.lane import Lane
from nnviz.session.asked_step import About, AskedStep, Written
from nnviz.session.messages import Messages
from nnviz.session.run import Run
from nnviz.session.status import Status
from nnviz.session.taken_steps import Taken, TakenSteps

_MOST_KEPT = 16 * 2**20  # bytes of a step that no view shows
_AT_REST = (Status.READY, Status.PAUSED, Status.FINISHED)


class StepThrough(QObject):
    """Writes down the next step on a twin of the training. At rest it follows by itself, while it is in view.

    While one looks back it is the step that would have been next at that moment; it can be looked at, and not taken.

    Signals:
        changed: ``written``, ``line`` or ``is_newest`` has changed, or what is asked for.
        checked: ``check`` has changed.

    Attributes:
        written: the step; None while there is none.
        line: why there is none; empty while there is one or it is being written.
        check: the last gradient that was measured, and of which parameter; None for none.
    """

    changed = pyqtSignal()
    checked = pyqtSignal()

    def __init__(self, asked: AskedStep, steps: TakenSteps, messages: Messages) -> None:
        super().__init__()
        self._asked, self._steps, self._messages = asked, steps, messages
        self.written: Written | None = None
        self.line = ""
        self.check: tuple[tuple[int, int, int], FiniteDifference] | None = None
        self._is_wanted = False
        self._to_take: About | None = None  # the step that is taken as soon as it is written down
        self._busy_with: About | None = None
        self._tried: About | None = None  # what ``line`` is about
        self._lane = Lane()
        question, training = asked.question, asked.training
        for signal in (training.state_changed, asked.settings.changed, question.changed, question.answered):
            signal.connect(self._look)
        for signal in (asked.selection.example_changed, asked.displayed.moment_changed, asked.past_batch.changed):
            signal.connect(self._look)
        for signal in (asked.data.changed, asked.runs.replaced):
            signal.connect(self._forget)

    # ---- what is asked for

    def want(self, wanted: bool) -> None:
        """Notes whether a view of it is visible. Out of view a large step is dropped."""
        self._is_wanted = wanted
        if not wanted and self._to_take != self._busy_with:
            self._to_take = None  # it will not be written down, and is not to be taken when one looks again
        self._drop_if_large()
        self._want_batch()
        self._look()

    def _want_batch(self) -> None:
        self._asked.past_batch.want(self._is_wanted and not self.of_example)

    def _drop_if_large(self) -> None:
        if not self._is_wanted and self.written is not None and self.written.step.nbytes > _MOST_KEPT:
            self.written = self.check = None

    def choose(self, of_example: bool) -> None:
        """Asks for a step on the current example, or on the next batch."""
        if of_example != self.of_example:
            self._asked.of_example = of_example
            self._want_batch()
            self.look_now()

    @property
    def of_example(self) -> bool:
        """Whether it is to be of the current example, not of the next batch."""
        return self._asked.of_example

    @property
    def target(self) -> int | None:
        """The class that the drawing is learned as; None for another step, or an example whose class is known."""
        return self._asked.target if self._asked.is_on_example else None

    def learn_as(self, target: int) -> None:
        """Asks for the step that learns the drawing as that class."""
        self._asked.chosen_target = target
        self.look_now()

    @property
    def is_at_rest(self) -> bool:
        """Whether nothing loads or is built, and nothing trains, or the step is one of the past."""
        state = self._asked.training.state
        return state in _AT_REST or (state is Status.TRAINING and self._asked.is_of_past)

    @property
    def is_newest(self) -> bool:
        """Whether the step that is written down is the next one."""
        return self.written is not None and self.is_at_rest and self.written.about == self._asked.about()

    # ---- writing it down

    def _look(self) -> None:
        """Writes the next step down if it is another one; while the network trains only if there is none of now."""
        if not self._is_wanted:
            return
        about = self._asked.about()
        known = [self._busy_with, self._tried, None if self.written is None else self.written.about]
        is_of_now = [each is not None and each.moment is None for each in known]
        is_due = about not in known if self.is_at_rest else not any(is_of_now)
        if is_due and self._busy_with is None:
            self.look_now()
        else:
            self.changed.emit()

    def _forget(self) -> None:
        """What is written down is of another network, or of other data."""
        self.written, self.check, self._tried = None, None, None
        self._look()

    def look_now(self) -> None:
        """Writes down the step that comes next now."""
        data, run, about = self._asked.fitting_data, self._asked.runs.current, self._asked.about()
        self._tried = None
        if self._to_take != about:
            self._to_take = None
        if data is None or self._asked.training.state in (Status.LOADING, Status.BUILDING):
            # It is tried again as soon as that is over.
            self._nothing("The step is shown when there is data that fits the network.", None)
        elif self._asked.lacks_example:
            self._nothing(self._asked.lacks_example, about)
        elif self._asked.is_awaited:
            if self._asked.past_batch.is_long:
                self._nothing("To know the batch of then, the network is trained to this moment again.", about)
        elif self._busy_with is None:
            self._begin(run, data, about)
        self.changed.emit()

    def _nothing(self, line: str, tried: About | None) -> None:
        """There is no step, because of what was tried."""
        self.written, self.line, self._tried, self._to_take = None, line, tried, None

    def _begin(self, run: Run, data: Dataset, about: About) -> None:
        example = self._asked.example_of(data) if self._asked.is_on_example else None
        start = self._asked.start(run, data)

        def work() -> StepTrace | None:
            return record_step(start.moment(), start.network, data, example)

        def done(step: StepTrace | None) -> None:
            self._busy_with = None
            if step is None:
                self._nothing("This training takes no further step.", about)
            elif run is self._asked.runs.current and data is self._asked.fitting_data:
                around = step.before, step.after, step.batches, step.is_given
                taken = Taken(run.id, *around, data, about.experiment, start.is_first)
                self.written, self.line, self.check = Written(about, step, taken, start.epochs + step.epoch), "", None
            self._settled()

        def failed(error: Exception) -> None:
            self._busy_with = None
            if isinstance(error, CancelledError):
                return
            self._nothing(_in_words(error), about)
            if not isinstance(error, (EngineError, MemoryError)):
                self._messages.crashed.emit(error)
            self._settled()

        self._busy_with = about
        self._lane.run(work, done, failed)

    def _settled(self) -> None:
        """Takes the step if that was asked for, and nothing else has been asked for since."""
        is_next = self._to_take == self._asked.about()
        if not self.is_at_rest or not is_next or not (self._is_wanted or self.is_newest):
            self._to_take = None
        elif self.is_newest:
            self.take()
        self._drop_if_large()
        self._look()
        self.changed.emit()

    # ---- what can be done with it

    @property
    def can_take(self) -> bool:
        """Whether the step can be taken now; the past stays as it was."""
        training, is_live = self._asked.training, not self._asked.is_of_past
        is_there = self.written is not None and self.is_at_rest and is_live
        return is_there and training.can_start and not training.is_another_network

    def take(self) -> None:
        """Takes the step; if the written one is no longer the next one, when that is written down."""
        self._to_take = None
        if not self.can_take or self.written is None:
            return
        if self.is_newest and not np.isfinite(self.written.taken.after.parameters).all():
            self._messages.tell("That step was not taken: its weights are not finite. The learning rate is too high.")
        elif self.is_newest:
            self._steps.take(self.written.taken)
        else:
            about = self._asked.about()
            self._to_take = about if self._is_wanted and about != self._tried else None  # there is no such step
            self._look()

    @property
    def will_take(self) -> bool:
        """Whether a step is taken as soon as it is written down."""
        return self._to_take is not None

    def check_gradient(self, layer: int, neuron: int, source: int) -> None:
        """Measures the gradient of a parameter by finite differences; ``checked`` follows."""
        written = self.written
        if written is None:
            return

        def done(found: FiniteDifference) -> None:
            if self.written is written:
                self.check = (layer, neuron, source), found
                self.checked.emit()

        self._lane.run(
            lambda: finite_difference(written.step, layer, neuron, source), done, self._messages.crashed.emit
        )

    def close(self, milliseconds: int) -> bool:
        """Ends its thread; returns whether that was in time."""
        return self._lane.close(milliseconds)


def _in_words(error: Exception) -> str:
    """Why a step could not be written down."""
    if isinstance(error, DivergenceError):
        return "This step has no finite loss: the learning rate is too high."
    if isinstance(error, MemoryError):
        return "There is not enough memory to write this step down."
    return str(error) if isinstance(error, EngineError) else "This step could not be written down."
