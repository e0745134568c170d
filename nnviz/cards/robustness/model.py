"""Robustness of the displayed network: the measurement over perturbed examples, and one example at one strength."""

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
from nnviz.jobs.stepwise import Steps, StepwiseTask, yield_to_training
from nnviz.jobs.timing import TimeBudget
from nnviz.session import question as asking
from nnviz.session.displayed import what_if_text
from nnviz.session.example_sets import ExampleSet, evaluation_set
from nnviz.session.session import Session
from nnviz.session.status import Stage

PERTURBED = "perturbed example"  # name of the query
_TIMES_ITS_COST = 9  # Perturbing the example may take a tenth of a core's time.


@dataclass(frozen=True, eq=False)
class MeasurementSetup:
    """Conditions of a measurement: the state of the displayed network, and the examples that it is measured on.

    Attributes:
        epochs: number of epochs that the network was trained for.
        what_if: what-ifs about its neurons as text; empty if there are none.
        part: the examples.
        shape: shape of an example.
        augmentation: augmentation that the network was trained with.
    """

    epochs: float
    what_if: str
    part: ExampleSet
    dataset: Dataset
    shape: Shape
    augmentation: Augmentation


@dataclass(frozen=True)
class PerturbationStrength:
    """Name of a perturbation, and its strength, which may lie between the measured ones. Strength 0 changes nothing."""

    name: str
    value: float


UNPERTURBED = PerturbationStrength("", 0.0)


@dataclass(frozen=True, eq=False)
class PerturbedExample:
    """An example before and after a perturbation.

    Attributes:
        strength: the perturbation.
        inputs: (width,) each, before and after.
        outputs: (outputs,) each; None if they are not finite.
    """

    strength: PerturbationStrength
    inputs: tuple[Array, Array]
    outputs: tuple[Array | None, Array | None]


class RobustnessModel(QObject):
    """Measures the displayed network on request. A measurement is kept until the run or the data change.

    Signals:
        changed: the measurement began, advanced or ended, or the run or the data changed.
        pointed_changed: ``pointed`` has changed.

    Attributes:
        work: the measurement; ``about`` is a :class:`MeasurementSetup`, its result, also a partial one, a
            :class:`~engine.explain.robustness.Robustness`.
        before: the measurement of another epoch of this run, for comparison; None if there is none.
        problem: reason why the last measurement ended without a result; empty if it did not.
    """

    changed = pyqtSignal()
    pointed_changed = pyqtSignal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._displayed, self._runs, self._data = session.displayed, session.runs, session.data
        self._messages = session.messages
        self._question = session.question
        self.work = StepwiseTask()
        self.before: tuple[MeasurementSetup, Robustness] | None = None
        self.problem = ""
        self._measured_of: tuple[Callable[[], object], object] = (lambda: None), {}  # Weak: a network is large.
        self._pointed: PerturbationStrength | None = None
        self._first: tuple[Dataset | None, Array] = (None, np.empty(0))  # the data's first example
        self._material: tuple[Dataset, InputStatistics] | None = None
        self._perturbed: tuple[RequestKey, Array] | None = None  # the last perturbed example, and what it was made of
        budget = TimeBudget(0, _TIMES_ITS_COST)
        self._query = Latest(self._request, budget, quick=QUICK, size=self._size, forget_on_new_run=True)
        session.queries.add({PERTURBED: self._query})
        self.work.changed.connect(self.changed)
        self.work.failed.connect(self._failed)
        for signal in (session.question.changed, self.pointed_changed):
            signal.connect(self._query.hurry)

    # ---- the measurement

    @property
    def setup(self) -> MeasurementSetup | None:
        """Setup of a measurement of the displayed network; None without data, or if the network does not fit them."""
        data, run = self._data.dataset, self._runs.current
        if data is None or run.misfit(data) is not None:
            return None
        part = evaluation_set(data, run.experiment.training.validation_share)
        augmentation = run.experiment.training.augmentation if self._displayed.epochs else Augmentation()
        moment = self._displayed.epochs, what_if_text(self._displayed.what_if)
        return MeasurementSetup(*moment, part, data, shape_of(data), augmentation)

    @property
    def measured(self) -> tuple[MeasurementSetup, Robustness] | None:
        """The measurement, also an unfinished one; None if nothing has been measured yet."""
        found = self.work.result or self.work.partial
        return None if found is None else (self.work.about, found)

    @property
    def is_outdated(self) -> bool:
        """Whether the displayed network is no longer the measured one."""
        of, what_if = self._measured_of
        return self.work.about is not None and (of() is not self._displayed.one or what_if != self._displayed.what_if)

    def begin(self) -> None:
        """Starts the first measurement, unless there is one or the run is training."""
        if self.work.about is None and self._runs.current.stage is not Stage.TRAINING:
            self.measure()

    def measure(self) -> None:
        """Measures the displayed network."""
        setup, network = self.setup, self._displayed.network
        if setup is None:
            return
        if self.measured is not None and self.is_outdated:
            self.before = self.measured
        self.problem, self._measured_of = "", (ref(self._displayed.one), self._displayed.what_if)

        def steps() -> Steps:
            return yield_to_training(measure(network, setup.dataset, setup.part.examples), self._runs.is_training)

        self.work.start(setup, steps)

    def _failed(self, error: Exception) -> None:
        """Shows the reason if the network cannot be measured; any other error is a fault of the program."""
        if isinstance(error, (DataError, MemoryError)):
            self.problem = _problem_text(error)
            self.changed.emit()
        else:
            self._messages.crashed.emit(error)

    def forget(self) -> None:
        """Drops the measurements."""
        self.before, self.problem = None, ""
        self.work.forget()
        self.changed.emit()

    def close(self, milliseconds: int) -> bool:
        """Stops the measurement. Returns whether its thread ended in time."""
        return self.work.close(milliseconds)

    # ---- the example

    @property
    def pointed(self) -> PerturbationStrength | None:
        """The strength at which an example is shown; None if there is none, or if it does not apply to the data."""
        setup, pointed = self.setup, self._pointed
        if setup is None or pointed is None or pointed.name not in applicable_perturbations(setup.shape):
            return None
        strengths = PERTURBATIONS[pointed.name]().strengths(setup.shape)
        return pointed if strengths[0] <= pointed.value <= strengths[-1] else None

    def point_at(self, strength: PerturbationStrength | None) -> None:
        """Shows an example at a strength."""
        if strength != self._pointed:
            self._pointed = strength
            self.pointed_changed.emit()

    def _request(self) -> Request | None:
        setup = self.setup
        if setup is None:
            return None
        network, strength, inputs = self._displayed.network, self.pointed, self._example(setup)
        return RequestKey(network, inputs, strength), lambda: self._perturb(network, inputs, strength, setup.dataset)

    def _size(self) -> object:
        """Returns all that the time depends on. The first use of a perturbation may read the whole data set."""
        pointed = self.pointed
        return self._displayed.network.shape, self._data.dataset, None if pointed is None else pointed.name

    def _example(self, setup: MeasurementSetup) -> Array:
        """Returns (width,): the current input, else the first measured example."""
        chosen = self._question.example_of_width(setup.dataset.width)
        if chosen is not None:
            return chosen
        if self._first[0] is not setup.dataset:
            self._first = setup.dataset, setup.part.split.example(setup.part.number(0))
        return self._first[1]

    def _perturb(
        self, network: Network, inputs: Array, strength: PerturbationStrength | None, dataset: Dataset
    ) -> PerturbedExample:
        """Runs in the query's thread, or in the interface's if that is quick; never in both at once."""
        wanted, key = strength or UNPERTURBED, RequestKey(inputs, strength, dataset)
        if self._perturbed is None or self._perturbed[0] != key:
            self._perturbed = key, self._perturbed_inputs(inputs, wanted, dataset)
        perturbed = self._perturbed[1]
        outputs = asking.predict(network, inputs), asking.predict(network, perturbed)
        return PerturbedExample(wanted, (inputs, perturbed), outputs)

    def _perturbed_inputs(self, inputs: Array, wanted: PerturbationStrength, dataset: Dataset) -> Array:
        """Returns (width,): the perturbed example."""
        rows: Array = inputs[None].astype(np.float32)
        if not wanted.value:
            return rows[0]
        if self._material is None or self._material[0] is not dataset:
            self._material = dataset, input_statistics(dataset)
        perturbed: Array = PERTURBATIONS[wanted.name]()(rows, self._material[1], wanted.value)[0]
        return perturbed


def _problem_text(error: DataError | MemoryError) -> str:
    if isinstance(error, MemoryError):
        return "Not enough free memory. Close other programs and measure again."
    if error.parameter == "network":
        return "The outputs of the network are not finite."
    return f"The network's loss does not fit the data: {error.parameter} {error.rule}."
