"""The selection that all cards share: a neuron, an example, a pair of classes."""

from __future__ import annotations

from dataclasses import dataclass

from PyQt5.QtCore import QObject, pyqtSignal

from engine.basics.validation import Array
from nnviz.session.data import Data
from nnviz.session.runs import Runs


@dataclass(frozen=True)
class Neuron:
    """A neuron: its layer, from 1, and its number in the layer, from 0. The last layer has the outputs."""

    layer: int
    number: int


@dataclass(frozen=True)
class Example:
    """An example of the data: its set, one of ``example_sets.SET_NAMES``, and its number in the set, from 0."""

    part: str
    number: int


@dataclass(frozen=True)
class Classes:
    """A cell of the confusion matrix: the true and the predicted class; None stands for all classes."""

    true: int | None
    answer: int | None


@dataclass(frozen=True, eq=False)
class ExampleGroup:
    """A group of examples: the set as in :class:`Example`, and their numbers in it, (k,)."""

    part: str
    numbers: Array


class Selection(QObject):
    """Holds the selection. Selecting the same again emits nothing.

    Signals:
        neuron_changed, example_changed: another one is selected, or none.
        classes_changed: another pair of classes is selected, or another group, or neither.
        pointed_changed: the mouse points at another neuron, or at none.

    Attributes:
        neuron, example, classes: the selected ones; None for none.
        group: examples that were selected one by one; never together with a pair of classes.
        pointed: the neuron that the mouse points at, in any card; None for none.
    """

    neuron_changed = pyqtSignal()
    pointed_changed = pyqtSignal()
    example_changed = pyqtSignal()
    classes_changed = pyqtSignal()

    def __init__(self, runs: Runs, data: Data) -> None:
        super().__init__()
        self.neuron: Neuron | None = None
        self.example: Example | None = None
        self.classes: Classes | None = None
        self.group: ExampleGroup | None = None
        self.pointed: Neuron | None = None
        self._runs, self._data = runs, data
        runs.replaced.connect(self._drop_neuron)
        data.changed.connect(self._drop_examples)

    def choose_neuron(self, neuron: Neuron | None) -> None:
        """Selects a neuron of the current network; None if the network has no such neuron."""
        if neuron is not None and not self._has(neuron):
            neuron = None
        if neuron != self.neuron:
            self.neuron = neuron
            self.neuron_changed.emit()

    def point_at(self, neuron: Neuron | None) -> None:
        """Highlights a neuron in all cards while the mouse is over it in one."""
        if neuron is not None and not self._has(neuron):
            neuron = None
        if neuron != self.pointed:
            self.pointed = neuron
            self.pointed_changed.emit()

    def choose_example(self, example: Example | None) -> None:
        """Selects an example of the data."""
        if example != self.example:
            self.example = example
            self.example_changed.emit()

    def choose_classes(self, classes: Classes | None) -> None:
        """Selects a pair of classes, or one class with all others, in place of a group."""
        if classes != self.classes or self.group is not None:
            self.classes, self.group = classes, None
            self.classes_changed.emit()

    def choose_group(self, group: ExampleGroup | None) -> None:
        """Selects some examples, in place of a pair of classes."""
        if group is not self.group:
            self.classes, self.group = None, group
            self.classes_changed.emit()

    def _has(self, neuron: Neuron) -> bool:
        shape = self._runs.current.network.shape
        return 1 <= neuron.layer < len(shape) and 0 <= neuron.number < shape[neuron.layer]

    def _drop_neuron(self) -> None:
        self.point_at(self.pointed)
        if self.neuron is not None and not self._has(self.neuron):
            self.choose_neuron(None)

    def _drop_examples(self) -> None:
        self.choose_example(None)
        self.choose_classes(None)
