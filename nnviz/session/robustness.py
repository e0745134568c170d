"""How robust the displayed network is: the measurement over disturbed examples, and one example at one strength."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from weakref import ref

import numpy as np
from PyQt5.QtCore import QObject, pyqtSignal

from engine.basics.errors import DataError
from engine.basics.validation import Array
from engine.datasets import Dataset
from engine.explain.perturbations import (
    PERTURBATIONS,
    InputStatistics,
    Shape,
    applicable_perturbations,
    input_statistics,
    shape_of,
)
from engine.explain.robustness import Robustness, measure
from engine.network.network import Network
from engine.training.augmentation import Augmentation
from nnviz.jobs.latest import QUICK, Latest, Request, RequestKey
from nnviz.jobs.pace import Budget
from nnviz.jobs.stepwise import Steps, Stepwise, giving_way
from nnviz.session import question as asking
from nnviz.session.current_example import CurrentExample
from nnviz.session.data import Data
from nnviz.session.displayed import Displayed, what_if_text
from nnviz.session.messages import Messages
from nnviz.session.part import Part, measured_part
from nnviz.session.runs import Runs
from nnviz.session.selection import Selection
from nnviz.session.status import Stage

DISTURBED = "disturbed example"
_TIMES_ITS_COST = 9  # the example may take a tenth of a core's time


@dataclass(frozen=True, eq=False)
class Subject:
    """What is measured: the displayed network after so many epochs, by a part of the data.

    Attributes:
        what_if: what was supposed about its neurons, in words; empty for nothing.
        shape: how an example is arranged.
        augmentation: what its training disturbed, of all that the pictures were.
    """

    epochs: float
    what_if: str
    part: Part
    dataset: Dataset
    shape: Shape
    augmentation: Augmentation


@dataclass(frozen=True)
class Strength:
    """A disturbance, by name, and how strong it is, also between those that are measured; strength 0 is none."""

    name: str
    value: float


UNDISTURBED = Strength("", 0.0)


@dataclass(frozen=True, eq=False)
class Disturbed:
    """An example before and after a disturbance, (width,) each, and the answers, (outputs,); None if not finite."""

    strength: Strength
    inputs: tuple[Array, Array]
    answers: tuple[Array | None, Array | None]


class HowRobust(QObject):
    """Measures the displayed network when it is asked to; what was measured stays until the run or the data change.

    Signals:
        changed: the measurement has gone on, begun or ended, or what there is to measure has changed.
        pointed_changed: ``pointed`` has changed.

    Attributes:
        work: about a :class:`Subject`; its result, and what it found so far, is a
            :class:`~engine.explain.robustness.Robustness`.
        before: what was measured of an earlier moment of this run, for comparison; None if nothing was.
        problem: why the last measurement ended without a result; empty if it did not.
    """

    changed = pyqtSignal()
    pointed_changed = pyqtSignal()

    def __init__(
        self,
        displayed: Displayed,
        question: asking.Question,
        runs: Runs,
        data: Data,
        selection: Selection,
        messages: Messages,
    ) -> None:
        super().__init__()
        self._displayed, self._runs, self._data, self._messages = displayed, runs, data, messages
        self._current = CurrentExample(question, selection, data)
        self.work = Stepwise()
        self.before: tuple[Subject, Robustness] | None = None
        self.problem = ""
        self._measured_of: tuple[Callable[[], object], object] = (lambda: None), {}  # holds nothing that is large
        self._pointed: Strength | None = None
        self._first: tuple[Dataset | None, Array] = (None, np.empty(0))  # the data's first example
        self._material: tuple[Dataset, InputStatistics] | None = None
        self._changed: tuple[RequestKey, Array] | None = None  # the last disturbed example, and of what it was made
        self._probe = Latest(self._ask, Budget(0, _TIMES_ITS_COST), quick=QUICK, size=self._size)
        self.work.changed.connect(self.changed)
        self.work.failed.connect(self._failed)
        for signal in (question.changed, selection.example_changed, self.pointed_changed):
            signal.connect(self._probe.hurry)
        for signal in (runs.replaced, data.changed):
            signal.connect(self._forget)

    def probes(self) -> dict[str, Latest]:
        """The probe of a :class:`Disturbed` example."""
        return {DISTURBED: self._probe}

    # ---- the measurement

    @property
    def subject(self) -> Subject | None:
        """What would be measured now; None without data, or if the network does not fit them."""
        data, run = self._data.dataset, self._runs.current
        if data is None or run.misfit(data) is not None:
            return None
        part = measured_part(data, run.experiment.training.validation_share)
        augmentation = run.experiment.training.augmentation if self._displayed.epochs else Augmentation()
        moment = self._displayed.epochs, what_if_text(self._displayed.what_if)
        return Subject(*moment, part, data, shape_of(data), augmentation)

    @property
    def measured(self) -> tuple[Subject, Robustness] | None:
        """What is measured, or was so far; None for nothing yet."""
        found = self.work.result or self.work.partial
        return None if found is None else (self.work.about, found)

    @property
    def is_outdated(self) -> bool:
        """Whether the network was trained on or changed since it was measured, or another moment is displayed."""
        of, what_if = self._measured_of
        return self.work.about is not None and (of() is not self._displayed.one or what_if != self._displayed.what_if)

    def begin(self) -> None:
        """Measures for the first time, unless that was done or a training is running."""
        if self.work.about is None and self._runs.current.stage is not Stage.TRAINING:
            self.measure()

    def measure(self) -> None:
        """Measures the network as it is displayed now."""
        subject, network = self.subject, self._displayed.network
        if subject is None:
            return
        if self.measured is not None and self.is_outdated:
            self.before = self.measured
        self.problem, self._measured_of = "", (ref(self._displayed.one), self._displayed.what_if)

        def steps() -> Steps:
            return giving_way(measure(network, subject.dataset, subject.part.examples), self._runs.is_training)

        self.work.start(subject, steps)

    def _failed(self, error: Exception) -> None:
        """A network that cannot be measured, or too large a one, is no fault of the program."""
        if isinstance(error, (DataError, MemoryError)):
            self.problem = _in_words(error)
            self.changed.emit()
        else:
            self._messages.crashed.emit(error)

    def _forget(self) -> None:
        self.before, self.problem = None, ""
        self.work.forget()
        self._probe.forget()
        self.changed.emit()

    def close(self, milliseconds: int) -> bool:
        """Ends the measurement; returns whether that was in time."""
        return self.work.close(milliseconds)

    # ---- the example

    @property
    def pointed(self) -> Strength | None:
        """The strength at which an example is shown; None for none, or for one that these data do not have."""
        subject, pointed = self.subject, self._pointed
        if subject is None or pointed is None or pointed.name not in applicable_perturbations(subject.shape):
            return None
        strengths = PERTURBATIONS[pointed.name]().strengths(subject.shape)
        return pointed if strengths[0] <= pointed.value <= strengths[-1] else None

    def point_at(self, strength: Strength | None) -> None:
        """Shows an example at that strength."""
        if strength != self._pointed:
            self._pointed = strength
            self.pointed_changed.emit()

    def _ask(self) -> Request | None:
        subject = self.subject
        if subject is None:
            return None
        network, strength, inputs = self._displayed.network, self.pointed, self._example(subject)
        return RequestKey(network, inputs, strength), lambda: self._disturb(network, inputs, strength, subject.dataset)

    def _size(self) -> object:
        """What the time depends on: the first time, a disturbance may have to look at all the data."""
        pointed = self.pointed
        return self._displayed.network.shape, self._data.dataset, None if pointed is None else pointed.name

    def _example(self, subject: Subject) -> Array:
        """(width,): the drawing or the chosen example, else the first one of the part."""
        chosen = self._current.inputs(subject.dataset.width)
        if chosen is not None:
            return chosen
        if self._first[0] is not subject.dataset:
            self._first = subject.dataset, subject.part.split.example(subject.part.number(0))
        return self._first[1]

    def _disturb(self, network: Network, inputs: Array, strength: Strength | None, dataset: Dataset) -> Disturbed:
        """Runs in the lane's thread, or in the interface's if that is quick; never in both at once."""
        wanted, key = strength or UNDISTURBED, RequestKey(inputs, strength, dataset)
        if self._changed is None or self._changed[0] != key:
            self._changed = key, self._change(inputs, wanted, dataset)
        changed = self._changed[1]
        return Disturbed(wanted, (inputs, changed), (asking.ask(network, inputs), asking.ask(network, changed)))

    def _change(self, inputs: Array, wanted: Strength, dataset: Dataset) -> Array:
        """(width,): the disturbed example."""
        rows: Array = inputs[None].astype(np.float32)
        if not wanted.value:
            return rows[0]
        if self._material is None or self._material[0] is not dataset:
            self._material = dataset, input_statistics(dataset)
        disturbed: Array = PERTURBATIONS[wanted.name]()(rows, self._material[1], wanted.value)[0]
        return disturbed


def _in_words(error: DataError | MemoryError) -> str:
    if isinstance(error, MemoryError):
        return "There is not enough free memory."
    if error.parameter == "network":
        return "The network's answers are not finite."
    return f"The network's loss does not fit the data: {error.parameter} {error.rule}."
