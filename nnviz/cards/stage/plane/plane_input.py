"""The plane as an input: predictions, or a neuron's activations, all over the plane behind the points of the data."""

from __future__ import annotations

import numpy as np

from engine.basics.validation import Array
from engine.datasets import Dataset
from engine.explain.input_grid import Square, places_of, square_of
from nnviz.cards.stage.plane.dot_legend import DotLegend
from nnviz.cards.stage.plane.plane_view import PlaneView
from nnviz.cards.stage.plane.surface_input import SurfaceInput, painted_points, thinned_splits
from nnviz.formatting import text
from nnviz.session.example_text import neuron_full_name
from nnviz.session.session import Session
from nnviz.session.surface_query import PredictionSurface
from nnviz.ui import theme
from nnviz.ui.card import Table
from nnviz.ui.fields import check_box
from nnviz.ui.parts import named
from nnviz.ui.plane.colours import class_pixels, neuron_pixels
from nnviz.ui.plane.points import Points
from nnviz.ui.plane.words import coordinates
from nnviz.ui.plots.legend import Key, Sample
from nnviz.ui.read_out import Piece

_HELP = (
    "Colours each place by its predicted class, fading where the confidence is low. Click to set the "
    "input; arrow keys move it, with Shift in small steps."
)
_TESTS_TIP = "Shows or hides the points of the test set, which the network never learns from. They have a dark core."
_STEPS_TIP = (
    "Switches between shades of confidence and flat classes. Flat classes show the decision boundary as a hard edge."
)


class PlaneInput(SurfaceInput):
    """Shows the predicted class at every point of the plane, behind the examples of the training set."""

    kind = Square
    where = "plane"

    def __init__(self, session: Session) -> None:
        self.view = named(PlaneView(), "planeView", "Predicted class over the plane")
        self.view.setWhatsThis(_HELP)
        tests = Key("muted", "test", "planeTestsKey", _TESTS_TIP, Sample.RING)
        super().__init__(session, self.view, named(DotLegend(), "planeKey", "Classes"), tests)
        self.steps = check_box("planeStepsButton", "Steps instead of shades", _STEPS_TIP)
        self.steps.toggled.connect(self.refresh)
        self.options.append(self.steps)
        self._connect()

    # ---- display

    def _show_points(self, data: Dataset) -> None:
        names = tuple(text.name(data.class_name(number)) for number in range(data.outputs))
        inks = theme.plane_classes(len(names))
        self.key.show_names(names, inks)
        painted, with_tests = self._session.painting, self.tests.isChecked()
        points = painted_points(painted, inks, with_tests) if self._is_painted else points_of(data, with_tests)
        self.view.show_points(points, square_of(data))

    def _draw(self, surface: PredictionSurface | None) -> None:
        if surface is None:
            self.view.show_colours(None, caption=self._reason())
        elif surface.neuron is None:
            outputs = surface.layers[len(surface.network.weights)]
            in_steps = self.steps.isChecked()
            self._show(class_pixels(outputs, in_steps), surface.side, not in_steps, "")
        else:
            layer = surface.neuron.layer
            pixels = neuron_pixels(surface.layers[layer][0], self._around(surface).limit(layer))
            self._show(pixels, surface.side, True, neuron_full_name(self._session, surface.neuron))

    def _show(self, pixels: Array, side: int, is_smooth: bool, caption: str) -> None:
        self.view.show_colours(pixels.reshape(side, side), is_smooth, caption)

    # ---- places and predictions

    def _example(self, point: tuple[float, float]) -> tuple[float, float]:
        return point

    def _point(self, example: Array) -> tuple[float, float]:
        return float(example[0]), float(example[1])

    def _where(self, point: tuple[float, float]) -> str:
        return coordinates(point, self.view.square.half)

    def _prediction(self, outputs: Array) -> list[Piece]:
        """Returns the predicted class with its share."""
        best = int(outputs.argmax())
        share = f"{100 * min(max(float(outputs[best]), 0), 1):.1f} %"
        return [(self._session.class_names[best], theme.plane_classes(len(outputs))[best]), (share, "ink")]

    # ---- for a file

    def table(self) -> Table | None:
        """Returns a row for each cell of the plane with the outputs, or the neuron's activation, for a CSV file."""
        surface = self._surface
        if surface is None:
            return None
        names = self._session.class_names_for_file
        head = names if surface.neuron is None else [neuron_full_name(self._session, surface.neuron)]
        values = next(iter(surface.layers.values())).T
        return self._table(surface.region.places(surface.side), values, ["x", "y", *head])


def points_of(data: Dataset, with_tests: bool) -> Points:
    """Returns the points of all splits, those of the test set if wanted. Very many are thinned evenly."""
    parts, total = thinned_splits(data, with_tests)
    return Points(
        np.concatenate([places_of(data, split) for split in parts.values()]),
        np.concatenate([split.labels for split in parts.values() if split.labels is not None]),
        np.repeat([part == "test" for part in parts], list(map(len, parts.values()))),
        theme.plane_classes(data.outputs),
        total,
    )
