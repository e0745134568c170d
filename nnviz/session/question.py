"""The question: the current input of the network, and its prediction."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PyQt5.QtCore import QObject, pyqtSignal

from engine.basics.errors import DataError
from engine.basics.validation import Array, matrix
from engine.datasets import Dataset
from engine.network.network import Network
from nnviz.digits.examples import example_ink, fits_canvas
from nnviz.digits.strokes import Ink
from nnviz.session.data import Data
from nnviz.session.displayed import Displayed
from nnviz.session.example_sets import SET_NAMES
from nnviz.session.predicted_class import CONFIDENCE_THRESHOLD, PredictedClass, predicted_class_of
from nnviz.session.selection import Example, Selection
from nnviz.session.sketch import Sketch
from nnviz.session.undo import Kind, Step, Undo


@dataclass(frozen=True, eq=False)
class DataInput:
    """An input that is not drawn, (width,) float32.

    Attributes:
        values: the numbers.
        start: the example of the data that it is, or from which the user made it.
        fingerprint: of those data.
        is_start: whether it is that example unchanged.
    """

    values: Array
    start: Example | None = None
    fingerprint: str = ""
    is_start: bool = False


def predict(network: Network, example: Array | None) -> Array | None:
    """Returns the outputs (outputs,); None without an input, for one of another size, or if not all are finite."""
    if example is None or len(example) != network.shape[0]:
        return None
    try:
        answer: Array = network.predict(example[None])[0]
    except DataError:
        return None
    return answer


def active_input(question: Question, displayed: Displayed, data: Data) -> Array | None:
    """Returns the current input if the displayed network accepts it: a drawing, or data that it fits."""
    return question.example if question.is_drawn or displayed.fits(data.dataset) else None


def meaning_of(data: Dataset) -> object:
    """Returns what the numbers of an input stand for: the input is kept for other data of the same meaning."""
    scaling = None if data.scaling is None else (data.scaling.mean.tobytes(), data.scaling.spread.tobytes())
    return data.width, data.example_shape, data.columns, scaling


def input_of(data: Dataset, example: Example) -> DataInput:
    """Returns an example of the data as an input."""
    return DataInput(data.splits[example.part].example(example.number), example, data.fingerprint, is_start=True)


def _checked(values: object, width: int) -> Array:
    """Returns a copy of the numbers, (width,) float32. Raises DataError."""
    return np.array(matrix("example", [values], width, np.float32)[0])


class Question(QObject):
    """Holds the current input and its prediction. Attributes are for reading.

    If the data are images of 28 × 28, or not loaded yet, the input is the drawing. Else it is an image of another size,
    a row, a point or a number. It begins with an example of the data, and is remembered while other data are loaded.

    Signals:
        changed: ``example`` has changed, or the drawing.
        answer_changed: ``answer`` has changed.
        threshold_changed: ``threshold`` has changed.

    Attributes:
        answer: the last prediction, (outputs,), for the views; it may lag behind the input.
        threshold: the confidence threshold, 0…1, from which a prediction counts as confident.
    """

    changed = pyqtSignal()
    answer_changed = pyqtSignal()
    threshold_changed = pyqtSignal()

    def __init__(self, displayed: Displayed, sketch: Sketch, data: Data, selection: Selection, undo: Undo) -> None:
        super().__init__()
        self.threshold = CONFIDENCE_THRESHOLD
        self._displayed, self._sketch, self._data = displayed, sketch, data
        self._selection, self._undo = selection, undo
        self._given: dict[object, DataInput] = {}  # by meaning
        self._before: dict[object, DataInput | None] = {}  # what was given before it was moved
        self._random = np.random.default_rng()
        self._announced: Array | None = None  # the example when ``changed`` was last emitted
        self._answered: tuple[Network | None, Array | None] = (None, None)  # whose ``answer`` it is, and to what
        self.answer: Array | None = None
        sketch.changed.connect(self._sketch_changed)
        data.changed.connect(self._data_changed)
        selection.example_changed.connect(self._follow_selection)
        self.changed.connect(self._select_origin)

    # ---- the example

    @property
    def is_drawn(self) -> bool:
        """Whether the input is the drawing."""
        return self._data.dataset is None or fits_canvas(self._data.dataset)

    @property
    def example(self) -> Array | None:
        """The input, (width,) float32; None if there is none. Must not be changed."""
        if self.is_drawn:
            return self._sketch.picture
        given = self._now
        return None if given is None else given.values

    @property
    def origin(self) -> Example | None:
        """The example of the data that the input is, also on the canvas; None if the user made or changed it."""
        data = self._data.dataset
        if self.is_drawn:
            drawing = self._sketch.drawing
            ink = drawing[0] if len(drawing) == 1 else None
            if data is None or not isinstance(ink, Ink) or ink.fingerprint != data.fingerprint:
                return None
            return None if ink.origin is None else Example(*ink.origin)
        given = self._now
        return self._start if given is not None and given.is_start else None

    @property
    def truth(self) -> Array | None:
        """The targets (outputs,) of the input, if it is an example of the data; else None."""
        data, origin = self._data.dataset, self.origin
        if data is None or origin is None:
            return None
        targets: Array = data.splits[origin.part].targets[origin.number]
        return targets

    @property
    def label(self) -> int | None:
        """The true class of an example of the data; None if it is not known."""
        data, origin = self._data.dataset, self.origin
        labels = None if data is None or origin is None else data.splits[origin.part].labels
        return None if origin is None or labels is None else int(labels[origin.number])

    @property
    def is_own(self) -> bool:
        """Whether the user drew, made or changed the input."""
        return self.example is not None and self.origin is None

    def example_of_width(self, width: int) -> Array | None:
        """Returns the input of networks of this width, (width,); None if it has another one, or there is none."""
        example = self.example
        return example if example is not None and len(example) == width else None

    @property
    def _now(self) -> DataInput | None:
        data = self._data.dataset
        return None if data is None or self.is_drawn else self._given.get(meaning_of(data))

    @property
    def _start(self) -> Example | None:
        """The example of the data from which the input was made."""
        data, given = self._data.dataset, self._now
        return None if data is None or given is None or given.fingerprint != data.fingerprint else given.start

    def set_example(self, values: object, what: str = "example") -> None:
        """Sets the input, (width,) numbers, as one step to undo with the moves before; ``what`` names it.

        On the canvas it becomes a picture. Raises DataError unless these are as many finite numbers as the data have;
        does nothing before there are data.
        """
        data = self._data.dataset
        if data is None:
            return
        example = _checked(values, data.width)
        if self.is_drawn:
            pixels = example.reshape(data.example_shape)
            self._sketch.replace(what, (Ink(pixels, 1.0, what, is_example=True, fingerprint=data.fingerprint),))
        else:
            self._step(data, self._made(example), what)

    def move_example(self, values: object) -> None:
        """Sets the input without a step to undo, as while it is dragged; a drawing stays. Raises DataError."""
        data = self._data.dataset
        if data is not None and not self.is_drawn:
            given, meaning = self._made(_checked(values, data.width)), meaning_of(data)
            self._before.setdefault(meaning, self._given.get(meaning))
            self._give(meaning, given)

    def set_data_example(self, example: Example, what: str = "example") -> None:
        """Makes an example of the data the input, as one step to undo; ``what`` names it. Ignores missing examples."""
        data = self._data.dataset
        split = None if data is None else data.splits.get(example.part)
        if data is None or split is None or not 0 <= example.number < len(split) or example == self.origin:
            return
        if self.is_drawn:
            self._sketch.replace(what, (example_ink(data, example.part, example.number),))
        else:
            self._step(data, input_of(data, example), what)

    def show_example(self, example: Example) -> None:
        """Makes an example of the data the input, without a step to undo if nothing of the user's is lost."""
        data = self._data.dataset
        if self.is_own or data is None:
            self.set_data_example(example)
        elif 0 <= example.number < len(data.splits.get(example.part, ())):
            if self.is_drawn:
                self._sketch.draw((example_ink(data, example.part, example.number),))
                return
            self._before.pop(meaning_of(data), None)
            self._give(meaning_of(data), input_of(data, example))

    def begin_with_example(self) -> None:
        """Shows a random example of the data, not from the training set if possible, if there is no input."""
        if self._data.dataset is not None and self.example is None:
            self.show_example(self._any(self._data.dataset))

    def set_random_example(self, what: str = "example") -> None:
        """Makes a random example the input, not from the training set if possible, as one step to undo."""
        if self._data.dataset is not None:
            self.set_data_example(self._any(self._data.dataset), what)

    def reset(self) -> None:
        """Restores the example of the data from which the input was made, else a random one, as one step to undo."""
        if self._start is None:
            self.set_random_example("reset")
        elif self.origin is None:
            self.set_data_example(self._start, "reset")

    def _any(self, data: Dataset) -> Example:
        part = next(part for part in SET_NAMES if part in data.splits)
        count = len(data.splits[part])
        found = Example(part, int(self._random.integers(count)))
        return found if found != self.origin else Example(part, (found.number + 1) % count)

    def _made(self, values: Array) -> DataInput:
        """Returns an input that the user made from the current one."""
        now = self._now
        return DataInput(values) if now is None else DataInput(values, now.start, now.fingerprint)

    def _step(self, data: Dataset, given: DataInput, what: str) -> None:
        """Pushes a step to undo, unless nothing has changed."""
        meaning = meaning_of(data)
        before = self._before.pop(meaning, self._given.get(meaning))
        if before is not None and not given.is_start and np.array_equal(before.values, given.values):
            self._give(meaning, before)
            return
        values = (meaning, before), (meaning, given)
        self._undo.push(Step(what, Kind.EXAMPLE, self._restore, *values, nbytes=given.values.nbytes))

    def _restore(self, value: tuple[object, DataInput | None]) -> None:
        meaning, given = value
        self._before.pop(meaning, None)
        if given is not None:
            self._give(meaning, given)

    def _give(self, meaning: object, given: DataInput) -> None:
        self._given[meaning] = given
        self._emit_changed()

    def _sketch_changed(self) -> None:
        if self.is_drawn:
            self._announced = self.example
            self.changed.emit()

    def _data_changed(self) -> None:
        data = self._data.dataset
        if data is not None and not self.is_drawn:
            self._given.setdefault(meaning_of(data), input_of(data, self._any(data)))
        self._emit_changed()

    def _follow_selection(self) -> None:
        """Makes the selected example of the data the current input. The user's drawing stays."""
        selected, stays = self._selection.example, self.is_drawn and self.is_own
        if selected is not None and not stays and selected != self.origin:
            self.show_example(selected)

    def _select_origin(self) -> None:
        """Selects the example of the data that is the current input, if any example is selected."""
        origin = self.origin
        if origin is not None and self._selection.example is not None:
            self._selection.choose_example(origin)

    def _emit_changed(self) -> None:
        if self._announced is not self.example:
            self._announced = self.example
            self.changed.emit()

    # ---- the answer

    def set_answer(self, network: Network | None, example: Array | None, outputs: Array | None) -> None:
        """Stores the outputs of this network for this example; all are None without an example."""
        self._answered, self.answer = (network, example), outputs
        self.answer_changed.emit()

    @property
    def prediction(self) -> Array | None:
        """The displayed network's outputs, (outputs,), computed now if they are not known yet."""
        network, example = self._displayed.network, active_input(self, self._displayed, self._data)
        if self._answered[0] is network and self._answered[1] is example:
            return self.answer
        return predict(network, example)

    @property
    def verdict(self) -> PredictedClass | None:
        """The predicted class of ``answer``; None without one, for a single output, and for numbers."""
        data, answer = self._data.dataset, self.answer
        is_number = data is not None and not data.is_classification
        return None if answer is None or len(answer) < 2 or is_number else predicted_class_of(answer, self.threshold)

    def set_threshold(self, confidence: float) -> None:
        """Sets the confidence threshold, clipped to 0…1; NaN is ignored."""
        confidence = min(max(confidence, 0.0), 1.0)
        if confidence != self.threshold and not math.isnan(confidence):
            self.threshold = confidence
            self.threshold_changed.emit()


def take_picture(question: Question, data: Data, picture: Array) -> None:
    """Makes an image that was read the input, unless other data were loaded meanwhile."""
    if data.dataset is not None and picture.shape == data.dataset.example_shape:
        question.set_example(picture.ravel(), "picture")
