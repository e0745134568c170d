"""What the network is asked: the drawing, the picture that the network is shown of it, and the answer."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PyQt5.QtCore import QObject, pyqtSignal

from engine.network import Network
from engine.validation import Array
from nnviz.digits.drawing import picture_of
from nnviz.digits.strokes import Drawing
from nnviz.session.displayed import Displayed
from nnviz.session.undo import Kind, Step, Undo

CONFIDENCE_THRESHOLD = 0.5  # from which an answer counts as sure, unless a person sets another
DEFAULT_PEN = 18 / 240  # the pen's width as a share of the canvas's shorter side


@dataclass(frozen=True)
class Verdict:
    """Which class an answer names, and with what confidence.

    Confidences are the outputs themselves, kept within 0 and 1. Behind softmax they are probabilities. Behind sigmoid
    each is a yes or no of its own: they need not sum to 1, and are not made to, since an answer that says no to every
    class would else look sure of one. Those of any other activation are measured against 0 and 1 as the targets were.

    Attributes:
        best, second: class numbers.
        confidence, second_confidence: their outputs, within 0 and 1.
        is_sure: whether the best reaches the threshold.
    """

    best: int
    confidence: float
    second: int
    second_confidence: float
    is_sure: bool


def verdict_of(outputs: Array, threshold: float = CONFIDENCE_THRESHOLD) -> Verdict:
    """Of the finite outputs (classes,) of a network with at least two classes; the first of equals wins."""
    best = int(np.argmax(outputs))
    others = np.array(outputs, float)
    others[best] = -np.inf
    second = int(np.argmax(others))
    confidence, other = (min(max(float(outputs[index]), 0.0), 1.0) for index in (best, second))
    return Verdict(best, confidence, second, other, confidence >= threshold)


def ask(network: Network, picture: Array | None) -> Array | None:
    """(outputs,); None where there is no picture, it does not fit the network, or the answer is not finite."""
    if picture is None or len(picture) != network.shape[0]:
        return None
    with np.errstate(all="ignore"):
        answer = network.predict(picture[None])[0]
    return answer if np.isfinite(answer).all() else None


def _same(one: Array | None, other: Array | None) -> bool:
    return one is other if one is None or other is None else np.array_equal(one, other)


class Question(QObject):
    """The drawing and what is made of it. Attributes are for reading.

    Signals:
        changed: the drawing, the pen or the centring is another, and with it the picture.
        answered: ``answer`` is another.
        threshold_changed: the confidence threshold is another.

    Attributes:
        drawing: all strokes and pictures on the canvas, in units of its shorter side.
        pen: the pen's width in that unit.
        centred: whether the network is shown the drawing scaled and centred as MNIST is.
        field: width and height of what can be seen of the drawing, in that unit.
        picture: (784,) float32 in 0…1, what the network is shown; None for an empty canvas.
        answer: what the views show, (outputs,): the last answer that was worked out, perhaps of a moment ago.
        threshold: the confidence, 0…1, from which an answer counts as sure.
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
        self._answered: tuple[Network | None, Array | None] = (None, None)  # what the answer is to
        self.answer: Array | None = None

    # ---- the drawing

    def draw(self, drawing: Drawing) -> None:
        """The drawing as it is now, perhaps in the middle of a stroke; no step to undo."""
        if drawing is not self.drawing:
            self.drawing = drawing
            self._show()

    def step(self, what: str, before: Drawing, after: Drawing) -> None:
        """Another drawing, as one step that can be undone."""
        self._undo.push(Step(what, Kind.DRAWING, self.draw, before, after))

    def replace(self, what: str, drawing: Drawing) -> None:
        """Puts another drawing in the place of this one, undoably."""
        self.step(what, self.drawing, drawing)

    def undo_stroke(self) -> None:
        """Takes back the last thing done on the canvas, whatever else was done since."""
        self._undo.undo_last(Kind.DRAWING)

    def look(
        self, pen: float | None = None, centred: bool | None = None, field: tuple[float, float] | None = None
    ) -> None:
        """Another pen, centring or field, see the attributes; what is None stays."""
        before = (self.pen, self.centred, self.field)
        self.pen = self.pen if pen is None else pen
        self.centred = self.centred if centred is None else centred
        self.field = self.field if field is None else field
        is_only_larger = (self.pen, self.centred) == before[:2]
        if (self.pen, self.centred, self.field) == before or (is_only_larger and _same(self._seen(), self.picture)):
            return
        self._show()

    def _seen(self) -> Array | None:
        picture = picture_of(self.drawing, self.pen, self.centred, self.field).ravel()
        return picture if picture.any() else None

    def _show(self) -> None:
        self.picture = self._seen()
        self.changed.emit()

    # ---- the answer

    def take_answer(self, network: Network | None, picture: Array | None, outputs: Array | None) -> None:
        """What that network said to that picture, as somebody has worked out; all None where nothing is asked."""
        if network is not None or self._answered[0] is not None:
            self._answered, self.answer = (network, picture), outputs
            self.answered.emit()

    @property
    def prediction(self) -> Array | None:
        """The displayed network's answer, (outputs,), worked out now where it is not known yet; see :func:`ask`."""
        network, picture = self._displayed.network, self.picture
        if self._answered[0] is network and self._answered[1] is picture:
            return self.answer
        return ask(network, picture)

    @property
    def verdict(self) -> Verdict | None:
        """What the answer says; None without one, and for a single output."""
        if self.answer is None or len(self.answer) < 2:
            return None
        return verdict_of(self.answer, self.threshold)

    def set_threshold(self, confidence: float) -> None:
        """The confidence from which an answer counts as sure."""
        confidence = min(max(confidence, 0.0), 1.0)
        if confidence != self.threshold and not math.isnan(confidence):
            self.threshold = confidence
            self.threshold_changed.emit()
