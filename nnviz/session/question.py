"""The drawing, the picture that the network gets of it, and the network's answer."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PyQt5.QtCore import QObject, pyqtSignal

from engine.errors import DataError
from engine.network import Network
from engine.validation import Array
from nnviz.digits.drawing import DEFAULT_PEN, picture_of
from nnviz.digits.strokes import Drawing
from nnviz.session.displayed import Displayed
from nnviz.session.undo import Kind, Step, Undo

CONFIDENCE_THRESHOLD = 0.5  # unless the person sets another


@dataclass(frozen=True)
class Verdict:
    """Which class an answer names, and with what confidence.

    Confidences are the outputs themselves, clipped to 0…1. With softmax they are probabilities. With sigmoid each class
    is a yes or no of its own: the outputs need not sum to 1 and are not scaled to, because an answer that says no to
    every class would then look sure of one. With any other activation they are read as the targets were, 0 for no and
    1 for yes.

    Attributes:
        best, second: class numbers.
        confidence, second_confidence: their outputs, clipped to 0…1.
        is_sure: whether ``confidence`` reaches the confidence threshold.
    """

    best: int
    confidence: float
    second: int
    second_confidence: float
    is_sure: bool


def verdict_of(outputs: Array, threshold: float = CONFIDENCE_THRESHOLD) -> Verdict:
    """The verdict of finite outputs (classes,), at least two. The first of equal outputs is the best."""
    best = int(np.argmax(outputs))
    others = np.array(outputs, float)
    others[best] = -np.inf
    second = int(np.argmax(others))
    confidence, other = (min(max(float(outputs[index]), 0.0), 1.0) for index in (best, second))
    return Verdict(best, confidence, second, other, confidence >= threshold)


def ask(network: Network, picture: Array | None) -> Array | None:
    """The network's outputs (outputs,); None without a picture, for one of another size, or if not all are finite."""
    if picture is None or len(picture) != network.shape[0]:
        return None
    try:
        answer: Array = network.predict(picture[None])[0]
    except DataError:
        return None
    return answer


def _same(one: Array | None, other: Array | None) -> bool:
    return one is other if one is None or other is None else np.array_equal(one, other)


class Question(QObject):
    """Holds the drawing, the picture made of it and the answer to it. Attributes are for reading.

    Signals:
        changed: the drawing, the pen, the centring or the field has changed, and with it ``picture``.
        answered: ``answer`` has changed.
        threshold_changed: ``threshold`` has changed.

    Attributes:
        drawing: all strokes and pictures on the canvas, in units of its shorter side.
        pen: the pen's width in that unit.
        centred: whether the drawing is scaled and centred as in MNIST before the network gets it.
        field: width and height of the visible part of the drawing, in that unit.
        picture: (784,) float32 in 0…1, the network's input; None for an empty canvas.
        answer: (outputs,), what the views show: the last answer computed, which may lag behind the drawing.
        threshold: the confidence threshold, 0…1, from which an answer counts as sure.
    """

    changed = pyqtSignal()
    answered = pyqtSignal()
    threshold_changed = pyqtSignal()

    def __init__(self, displayed: Displayed, undo: Undo) -> None:
        super().__init__()
        self.drawing: Drawing = ()
        self.pen = DEFAULT_PEN
        self.centred = True
        self.field = (1.0, 1.0)
        self.picture: Array | None = None
        self.threshold = CONFIDENCE_THRESHOLD
        self._displayed, self._undo = displayed, undo
        self._answered: tuple[Network | None, Array | None] = (None, None)  # whose ``answer`` it is, and to what
        self.answer: Array | None = None

    # ---- the drawing

    def draw(self, drawing: Drawing) -> None:
        """Changes the drawing without a step to undo, as in the middle of a stroke."""
        if drawing is not self.drawing:
            self.drawing = drawing
            self._update_picture()

    def step(self, what: str, before: Drawing, after: Drawing) -> None:
        """Changes the drawing as one step to undo; ``what`` names the step."""
        added = sum(part.nbytes for part in after if part not in before)
        self._undo.push(Step(what, Kind.DRAWING, self.draw, before, after, nbytes=added))

    def replace(self, what: str, drawing: Drawing) -> None:
        """Replaces the drawing as one step to undo; ``what`` names the step."""
        self.step(what, self.drawing, drawing)

    def undo_stroke(self) -> None:
        """Undoes the last step on the canvas, also where other steps came after it."""
        self._undo.undo_last(Kind.DRAWING)

    def look(
        self, pen: float | None = None, centred: bool | None = None, field: tuple[float, float] | None = None
    ) -> None:
        """Changes the pen, the centring or the field, see the attributes; None leaves a value as it is."""
        before = self.pen, self.centred, self.field
        self.pen = self.pen if pen is None else pen
        self.centred = self.centred if centred is None else centred
        self.field = self.field if field is None else field
        if (self.pen, self.centred, self.field) == before:
            return
        if (self.pen, self.centred) != before[:2] or not _same(self._make_picture(), self.picture):
            self._update_picture()

    def _make_picture(self) -> Array | None:
        picture = picture_of(self.drawing, self.pen, self.centred, self.field).ravel()
        return picture if picture.any() else None

    def _update_picture(self) -> None:
        self.picture = self._make_picture()
        self.changed.emit()

    # ---- the answer

    def take_answer(self, network: Network | None, picture: Array | None, outputs: Array | None) -> None:
        """Takes the outputs that were computed for that network and picture; all None without a picture."""
        self._answered, self.answer = (network, picture), outputs
        self.answered.emit()

    @property
    def prediction(self) -> Array | None:
        """The displayed network's answer, (outputs,), computed now if it is not known yet; see :func:`ask`."""
        network, picture = self._displayed.network, self.picture
        if self._answered[0] is network and self._answered[1] is picture:
            return self.answer
        return ask(network, picture)

    @property
    def verdict(self) -> Verdict | None:
        """The verdict of ``answer``; None without one, and for a single output."""
        if self.answer is None or len(self.answer) < 2:
            return None
        return verdict_of(self.answer, self.threshold)

    def set_threshold(self, confidence: float) -> None:
        """Sets the confidence threshold, clipped to 0…1; NaN is ignored."""
        confidence = min(max(confidence, 0.0), 1.0)
        if confidence != self.threshold and not math.isnan(confidence):
            self.threshold = confidence
            self.threshold_changed.emit()
