"""The drawing on the canvas, and the image that a network gets of it."""

from __future__ import annotations

import numpy as np
from PyQt5.QtCore import QObject, pyqtSignal

from engine.basics.validation import Array
from engine.datasets import Dataset
from engine.network.network import Network
from nnviz.digits.drawing import DEFAULT_PEN, picture_of
from nnviz.digits.examples import are_centred, fits_canvas
from nnviz.digits.strokes import Drawing, Ink
from nnviz.session.undo import Kind, Step, Undo


def _same(one: Array | None, other: Array | None) -> bool:
    return one is other if one is None or other is None else (one == other).all()


def _classes(data: Dataset) -> tuple[str, ...]:
    """Returns the names of the classes; without classes those of the predicted numbers."""
    named = data.class_name if data.is_classification else data.target_name
    return tuple(map(named, range(data.outputs)))


class Sketch(QObject):
    """Holds the drawing and its image. Attributes are for reading.

    ``changed``: the drawing, the pen, the centring or the field has changed, and with it ``picture``.

    Attributes:
        drawing: all strokes and images on the canvas, in units of its shorter side.
        pen: the pen's width in that unit.
        centred: whether the drawing is scaled and centred as in MNIST before a network gets it.
        field: width and height of the visible part of the drawing, in that unit.
        background: brightness of an empty canvas, 0…1; ink is the opposite.
        picture: (784,) float32 in 0…1; None for an empty canvas.
    """

    changed = pyqtSignal()

    def __init__(self, undo: Undo) -> None:
        super().__init__()
        self.drawing: Drawing = ()
        self.pen = DEFAULT_PEN
        self.centred = True
        self.field = (1.0, 1.0)
        self.background = 0.0
        self.picture: Array | None = None
        self._undo = undo
        self._suits: Dataset | None = None
        self._put_away: dict[tuple[str, ...], Drawing] = {}  # by the classes of the data that it was drawn for

    def draw(self, drawing: Drawing) -> None:
        """Changes the drawing without a step to undo, as within a stroke. Leaves out examples of other data."""
        drawing = self._without_other_data(drawing)
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
        """Undoes the last step on the canvas, even if other steps followed it."""
        self._undo.undo_last(Kind.DRAWING)

    def set_options(
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

    def adapt(self, data: Dataset | None, network: Network | None = None) -> None:
        """Centres the drawing, or shows it as it is, as suits the data.

        Its background is that of the images that the network learned, or else of the data. Examples of earlier data are
        removed. The user's own strokes stay for data with the same classes; for others they are put away, and come back
        with the classes that they were drawn for.
        """
        before = self._suits
        is_new = data is not None and data is not self._suits and fits_canvas(data)
        self._suits = data if is_new else self._suits
        background = 0.0 if network is None else network.background
        if not background and data is not None:
            background = data.background
        if background != self.background:
            self.background = background
            self._update_picture()
        if data is not None and is_new:
            if before is not None and _classes(before) != _classes(data):
                self._put_away[_classes(before)] = self.drawing
                self.draw(self._put_away.pop(_classes(data), ()))
            else:
                self.draw(self.drawing)
            self.set_options(centred=are_centred(data))

    def _without_other_data(self, drawing: Drawing) -> Drawing:
        """Returns the drawing without examples of other data; the same object if there are none."""
        data = self._suits
        if data is None:
            return drawing
        examples = [part for part in drawing if isinstance(part, Ink) and part.is_example]
        others = [part for part in examples if part.fingerprint != data.fingerprint]
        return tuple(part for part in drawing if part not in others) if others else drawing

    def _make_picture(self) -> Array | None:
        picture = picture_of(self.drawing, self.pen, self.centred, self.field, self.background).ravel()
        return picture if (picture != np.float32(self.background)).any() else None

    def _update_picture(self) -> None:
        self.picture = self._make_picture()
        self.changed.emit()
