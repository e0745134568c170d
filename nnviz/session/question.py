"""What the network is asked about: a drawing, or another example of what the data are; and its answer."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PyQt5.QtCore import QObject, pyqtSignal

from engine.datasets import Dataset
from engine.errors import DataError
from engine.network import Network
from engine.validation import Array, matrix
from nnviz.digits.examples import example_ink, fits_canvas
from nnviz.digits.strokes import Ink
from nnviz.session.data import Data
from nnviz.session.displayed import Displayed
from nnviz.session.selection import PARTS, Example
from nnviz.session.sketch import Sketch
from nnviz.session.undo import Kind, Step, Undo
from nnviz.session.verdict import CONFIDENCE_THRESHOLD, Verdict, verdict_of


def ask(network: Network, example: Array | None) -> Array | None:
    """The network's outputs (outputs,); None without an example, for one of another size, or if not all are finite."""
    if example is None or len(example) != network.shape[0]:
        return None
    try:
        answer: Array = network.predict(example[None])[0]
    except DataError:
        return None
    return answer


@dataclass(frozen=True, eq=False)
class _Given:
    """An example that is not drawn: (width,) float32, and which example it is of the data with that fingerprint."""

    values: Array
    origin: Example | None = None
    fingerprint: str = ""


def _meaning(data: Dataset) -> object:
    """What the numbers of an example stand for: other data of the same meaning can be asked about the same example."""
    scaling = None if data.scaling is None else (data.scaling.mean.tobytes(), data.scaling.spread.tobytes())
    return data.width, data.example_shape, data.columns, scaling


class Question(QObject):
    """Holds what the network is asked about, and its answer. Attributes are for reading.

    Where the data are pictures of 28 × 28, or not there yet, that is the drawing. Else it is an example that is set:
    a picture of another size, a row, a point or a number. It begins with one of the data, and is remembered while there
    are other data.

    Signals:
        changed: ``example`` has changed, or what is drawn.
        answered: ``answer`` has changed.
        threshold_changed: ``threshold`` has changed.

    Attributes:
        answer: (outputs,), what the views show: the last answer computed, which may lag behind the example.
        threshold: the confidence threshold, 0…1, from which an answer counts as sure.
    """

    changed = pyqtSignal()
    answered = pyqtSignal()
    threshold_changed = pyqtSignal()

    def __init__(self, displayed: Displayed, sketch: Sketch, data: Data, undo: Undo) -> None:
        super().__init__()
        self.threshold = CONFIDENCE_THRESHOLD
        self._displayed, self._sketch, self._data, self._undo = displayed, sketch, data, undo
        self._given: dict[object, _Given] = {}  # by meaning
        self._before: dict[object, _Given | None] = {}  # what was given before it was moved
        self._random = np.random.default_rng()
        self._told: Array | None = None  # the example when ``changed`` was last emitted
        self._answered: tuple[Network | None, Array | None] = (None, None)  # whose ``answer`` it is, and to what
        self.answer: Array | None = None
        sketch.changed.connect(self._sketch_changed)
        data.changed.connect(self._data_changed)

    # ---- the example

    @property
    def is_drawn(self) -> bool:
        """Whether the example is the drawing."""
        return self._data.dataset is None or fits_canvas(self._data.dataset)

    @property
    def example(self) -> Array | None:
        """(width,) float32: what the network is shown. None where there is nothing; else nobody may write to it."""
        if self.is_drawn:
            return self._sketch.picture
        given = self._now
        return None if given is None else given.values

    @property
    def origin(self) -> Example | None:
        """Which example of the data it is; None for one that a person made, and for a drawing."""
        data, given = self._data.dataset, self._now
        return (
            given.origin if given is not None and data is not None and given.fingerprint == data.fingerprint else None
        )

    @property
    def _now(self) -> _Given | None:
        data = self._data.dataset
        return None if data is None or self.is_drawn else self._given.get(_meaning(data))

    def set_example(self, values: object, what: str = "example") -> None:
        """Sets the example, (width,) numbers, as one step to undo together with the moves before; ``what`` names it.

        On the canvas it becomes a picture. Raises DataError unless these are as many finite numbers as the data have;
        does nothing before there are data.
        """
        data = self._data.dataset
        if data is None:
            return
        example = _checked(values, data.width)
        if self.is_drawn:
            self._sketch.replace(what, (Ink(example.reshape(data.example_shape), 1.0, what, is_example=True),))
        else:
            self._step(data, _Given(example), what)

    def move_example(self, values: object) -> None:
        """Sets the example without a step, as while it is dragged; a drawing stays. Raises DataError likewise."""
        data = self._data.dataset
        if data is not None and not self.is_drawn:
            given, meaning = _Given(_checked(values, data.width)), _meaning(data)
            self._before.setdefault(meaning, self._given.get(meaning))
            self._give(meaning, given)

    def ask_about(self, example: Example, what: str = "example") -> None:
        """Sets an example of the data, as one step to undo; ``what`` names it. Does nothing if it is not there."""
        data = self._data.dataset
        split = None if data is None else data.splits.get(example.part)
        if data is None or split is None or not 0 <= example.number < len(split):
            return
        if self.is_drawn:
            self._sketch.replace(what, (example_ink(data, example.part, example.number),))
        else:
            self._step(data, _given_of(data, example), what)

    def ask_about_any(self, what: str = "example") -> None:
        """Sets a random example that the network has not learned from, if there is one, as one step to undo."""
        if self._data.dataset is not None:
            self.ask_about(self._any(self._data.dataset), what)

    def _any(self, data: Dataset) -> Example:
        part = next(part for part in PARTS if part in data.splits)
        return Example(part, int(self._random.integers(len(data.splits[part]))))

    def _step(self, data: Dataset, given: _Given, what: str) -> None:
        meaning = _meaning(data)
        before = self._before.pop(meaning, self._given.get(meaning))
        values = (meaning, before), (meaning, given)
        self._undo.push(Step(what, Kind.EXAMPLE, self._restore, *values, nbytes=given.values.nbytes))

    def _restore(self, value: tuple[object, _Given | None]) -> None:
        meaning, given = value
        self._before.pop(meaning, None)
        if given is not None:
            self._give(meaning, given)

    def _give(self, meaning: object, given: _Given) -> None:
        self._given[meaning] = given
        self._tell()

    def _sketch_changed(self) -> None:
        if self.is_drawn:
            self._told = self.example
            self.changed.emit()

    def _data_changed(self) -> None:
        data = self._data.dataset
        if data is not None and not self.is_drawn:
            self._given.setdefault(_meaning(data), _given_of(data, self._any(data)))
        self._tell()

    def _tell(self) -> None:
        if self._told is not self.example:
            self._told = self.example
            self.changed.emit()

    # ---- the answer

    def take_answer(self, network: Network | None, example: Array | None, outputs: Array | None) -> None:
        """Takes the outputs that were computed for that network and example; all None without an example."""
        self._answered, self.answer = (network, example), outputs
        self.answered.emit()

    @property
    def prediction(self) -> Array | None:
        """The displayed network's answer, (outputs,), computed now if it is not known yet; see :func:`ask`."""
        network, example = self._displayed.network, self.example
        if self._answered[0] is network and self._answered[1] is example:
            return self.answer
        return ask(network, example)

    @property
    def verdict(self) -> Verdict | None:
        """The verdict of ``answer``; None without one, for a single output, and where numbers are predicted."""
        data = self._data.dataset
        is_number = data is not None and not data.is_classification
        if self.answer is None or len(self.answer) < 2 or is_number:
            return None
        return verdict_of(self.answer, self.threshold)

    def set_threshold(self, confidence: float) -> None:
        """Sets the confidence threshold, clipped to 0…1; NaN is ignored."""
        confidence = min(max(confidence, 0.0), 1.0)
        if confidence != self.threshold and not math.isnan(confidence):
            self.threshold = confidence
            self.threshold_changed.emit()


def _given_of(data: Dataset, example: Example) -> _Given:
    return _Given(data.splits[example.part].example(example.number), example, data.fingerprint)


def _checked(values: object, width: int) -> Array:
    """A copy of the numbers, (width,) float32. Raises DataError."""
    return np.array(matrix("example", [values], width, np.float32)[0])
