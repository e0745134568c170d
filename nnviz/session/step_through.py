"""One step of the training, to be walked through: which is asked for, and what is written down of it."""

from __future__ import annotations

from concurrent.futures import CancelledError

from PyQt5.QtCore import QObject, pyqtSignal

from engine.datasets import Dataset
from engine.errors import DivergenceError, EngineError
from engine.finite_difference import FiniteDifference, finite_difference
from engine.one_step import OneStep, record_step
from nnviz.jobs.lane import Lane
from nnviz.session.asked_step import About, AskedStep, Written
from nnviz.session.messages import Messages
from nnviz.session.run import Run
from nnviz.session.status import Status
from nnviz.session.step_effects import Effect, StepEffects
from nnviz.session.taken_steps import Taken, TakenSteps

_MOST_KEPT = 16 * 2**20  # bytes of a step that no view shows
_AT_REST = (Status.READY, Status.PAUSED, Status.FINISHED)


class StepThrough(QObject):
    """Writes down the next step on a twin of the training. At rest it follows by itself, while it is in view.

    Signals:
        changed: ``written``, ``line``, ``is_newest`` or ``effect`` has changed, or what is asked for.
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
        self._is_wanted = self._will_take = False
        self._busy_with: About | None = None
        self._tried: About | None = None  # what ``line`` is about
        self._lane = Lane()
        self._effects = StepEffects(messages.crashed.emit)
        self._effects.changed.connect(self.changed)
        question, training = asked.question, asked.training
        for signal in (training.state_changed, asked.settings.changed, question.changed, question.answered):
            signal.connect(self._look)
        asked.selection.example_changed.connect(self._look)
        for signal in (asked.data.changed, asked.runs.replaced):
            signal.connect(self._forget)

    # ---- what is asked for

    def want(self, wanted: bool) -> None:
        """Notes whether a view of it is visible. Out of view a large step is dropped."""
        self._is_wanted = wanted
        if not wanted and self.written is not None and self.written.step.nbytes > _MOST_KEPT:
            self.written = self.check = None
        self._tell()
        self._look()

    def choose(self, of_example: bool) -> None:
        """Asks for a step on the current example, or on the next batch."""
        if of_example != self.of_example:
            self._asked.of_example = of_example
            self.look_now()

    @property
    def of_example(self) -> bool:
        """Whether it is to be of the current example, not of the next batch."""
        return self._asked.of_example

    @property
    def target(self) -> int | None:
        """The class that the drawing is learned as; None where the current example is none, or has no class."""
        return self._asked.target

    def learn_as(self, target: int) -> None:
        """Asks for the step that learns the drawing as that class."""
        self._asked.chosen_target = target
        self.look_now()

    @property
    def is_at_rest(self) -> bool:
        """Whether nothing trains, loads or is built."""
        return self._asked.training.state in _AT_REST

    @property
    def is_newest(self) -> bool:
        """Whether the step that is written down is the next one."""
        return self.written is not None and self.is_at_rest and self.written.about == self._asked.about()

    # ---- writing it down

    def _look(self) -> None:
        """Writes the next step down if it is another one; while the network trains only if there is none at all."""
        if not self._is_wanted:
            return
        about = self._asked.about()
        known = (self._busy_with, self._tried, None if self.written is None else self.written.about)
        is_due = about not in known if self.is_at_rest else known == (None, None, None)
        if is_due and self._busy_with is None:
            self.look_now()
        else:
            self._tell()

    def _tell(self) -> None:
        is_shown = self._is_wanted and self.is_newest
        self._effects.look_at(self.written.taken if self.written is not None and is_shown else None)
        self.changed.emit()

    def _forget(self) -> None:
        """What is written down is of another network, or of other data."""
        self.written, self.check, self._tried = None, None, None
        self._look()

    def look_now(self) -> None:
        """Writes down the step that comes next now."""
        data, run, about = self._asked.fitting_data, self._asked.runs.current, self._asked.about()
        self._tried = None
        if data is None or self._asked.training.state in (Status.LOADING, Status.BUILDING):
            self._nothing("The step is shown when there is data that fits the network.")
            self._tried = None  # it is tried again as soon as that is over
        elif self.of_example and self._asked.inputs is None:
            self._nothing("Draw something or choose an example, or look at the next batch.")
        elif self._busy_with is None:
            self._begin(run, data, about)
        self._tell()

    def _nothing(self, line: str) -> None:
        self.written, self.line, self._tried, self._will_take = None, line, self._asked.about(), False

    def _begin(self, run: Run, data: Dataset, about: About) -> None:
        example = self._asked.example_of(data) if self.of_example else None
        moment, is_first = self._asked.moment(run, data, about.experiment)
        network, epochs, latest = run.network, run.start_epoch, self._steps.latest

        def work() -> tuple[OneStep | None, bool]:
            step = record_step(moment(), network, data, example)
            return step, step is not None and latest is not None and latest.leads_to(step)

        def done(step_and_follows: tuple[OneStep | None, bool]) -> None:
            step, follows = step_and_follows
            self._busy_with = None
            if step is None:
                self._nothing("This training takes no further step.")
            elif run is self._asked.runs.current:
                start = run.epochs if is_first else epochs
                taken = Taken(run.id, step, data, about.experiment, is_first)
                self.written = Written(about, taken, start + step.epoch, latest if follows else None)
                self.line, self.check = "", None
            self._settled()

        self._busy_with = about
        self._lane.run(work, done, self._failed)

    def _settled(self) -> None:
        if self._will_take and self.is_newest:
            self.take()
        self._look()
        self.changed.emit()

    def _failed(self, error: Exception) -> None:
        self._busy_with = None
        if isinstance(error, CancelledError):
            return
        if isinstance(error, DivergenceError):
            self._nothing("This step has no finite loss: the learning rate is too high.")
        elif isinstance(error, EngineError):
            self._nothing(str(error))
        elif isinstance(error, MemoryError):
            self._nothing("There is not enough memory to write this step down.")
        else:
            self._nothing("This step could not be written down.")
            self._messages.crashed.emit(error)
        self.changed.emit()

    # ---- what can be done with it

    @property
    def effect(self) -> Effect | None:
        """What the next step would do to the network; None until that is measured."""
        return self._effects.of(self.written.taken) if self.written is not None and self.is_newest else None

    @property
    def effect_of_last(self) -> Effect | None:
        """What the last step did that was taken; None once something else came after it, or it was undone."""
        last = None if self.written is None else self.written.last
        return self._effects.of(last) if last is self._steps.latest and self.is_newest else None

    @property
    def can_take(self) -> bool:
        """Whether the step can be taken now."""
        training = self._asked.training
        return self.written is not None and self.is_at_rest and training.can_start and not training.is_another_network

    def take(self) -> None:
        """Takes the step; if the written one is no longer the next one, when that is written down."""
        self._will_take = False
        if not self.can_take or self.written is None:
            return
        if self.is_newest:
            self._effects.keep(self.written.taken)
            self._steps.take(self.written.taken)
        else:
            self._will_take = True
            self._look()

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
        """Ends its threads; returns whether that was in time."""
        return all([self._lane.close(milliseconds), self._effects.close(milliseconds)])
