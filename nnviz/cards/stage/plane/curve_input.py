"""The curve as an input: the network's line, or that of a neuron, over points with one input and one target."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.basics.validation import Array
from engine.datasets import Dataset
from engine.explain.input_grid import Span, places_of, span_of
from nnviz.cards.stage.plane.curve_view import CurveView, DrawnLine
from nnviz.cards.stage.plane.dot_legend import DotLegend
from nnviz.cards.stage.plane.surface_input import SurfaceInput, painted_points, thinned_splits
from nnviz.formatting.meaning import Meaning
from nnviz.session.example_text import neuron_full_name
from nnviz.session.selection import Neuron
from nnviz.session.session import Session
from nnviz.session.surface_query import PredictionSurface
from nnviz.ui.card import Table
from nnviz.ui.parts import named
from nnviz.ui.plane.points import Points
from nnviz.ui.plane.words import coordinates
from nnviz.ui.plots.legend import Key, Sample
from nnviz.ui.plots.painted_axes import AxesFrame, Ends, ends_of
from nnviz.ui.read_out import Piece

_HELP = (
    "Shows the prediction for every input. Click to set the input; Left and Right move it, with Shift in small steps."
)
_TESTS_TIP = "Shows or hides the points of the test set, which the network never learns from. They have a dark core."
_AIR = 0.06  # times the largest activation: how far beyond it the axis of a neuron ends
_INKS = {"train": "train", "test": "test", "validation": "validation"}


class CurveInput(SurfaceInput):
    """Shows the line that the network predicts over the points of the data, in the units of the data's source."""

    kind = Span
    where = "curve"

    def __init__(self, session: Session) -> None:
        self.view = named(CurveView(), "curveView", "Predicted curve over the data")
        self.view.setWhatsThis(_HELP)
        tests = Key("test", "test", "curveTestsKey", _TESTS_TIP, Sample.RING)
        super().__init__(session, self.view, named(DotLegend(), "curveKey", "Points"), tests)
        self._true: Ends = (0.0, 1.0)
        self._connect()

    @property
    def _meaning(self) -> Meaning:
        """The meaning of the data's inputs and targets, even if the network does not fit them."""
        return Meaning(self._data)

    # ---- display

    def _show_points(self, data: Dataset) -> None:
        parts = [part for part in _INKS if part in data.splits and part != "test"]
        self.key.show_names(tuple(parts), [_INKS[part] for part in parts])
        self.view.show_points(self._painted() if self._is_painted else self._points_of(data))
        targets = [data.raw_targets(split.targets) for split in data.splits.values()]
        ends = [] if data.extent is None else [-data.extent, data.extent]
        self._true = float(min([*map(np.min, targets), *ends])), float(max([*map(np.max, targets), *ends]))

    def _painted(self) -> Points:
        """Returns the painted points in the colours of their splits."""
        points = painted_points(self._session.painting, list(_INKS.values()), self.tests.isChecked())
        return replace(points, kinds=np.where(points.are_tests, list(_INKS).index("test"), 0))

    def _points_of(self, data: Dataset) -> Points:
        """Returns the data's points in the colours of their splits."""
        parts, total = thinned_splits(data, self.tests.isChecked())
        counts = list(map(len, parts.values()))
        return Points(
            np.concatenate([places_of(data, split) for split in parts.values()]),
            np.repeat([list(_INKS).index(part) for part in parts], counts),
            np.repeat([part == "test" for part in parts], counts),
            list(_INKS.values()),
            total,
        )

    def _draw(self, surface: PredictionSurface | None) -> None:
        if surface is None:
            self.view.show_line(None, self._axes(np.zeros(0)), self._reason())
            return
        x, y, name = self._line(surface)
        neuron = surface.neuron
        if self._is_hidden(surface, neuron) and neuron is not None:
            axes = replace(self._axes(y), y=self._ends(surface, neuron.layer), y_name="", line=(0.0, 0.0))
            self.view.show_line(DrawnLine(x, y, is_neuron=True), axes, name)
        else:
            self.view.show_line(DrawnLine(x, y), self._axes(y), "" if neuron is None else name)

    def _ends(self, surface: PredictionSurface, layer: int) -> Ends:
        """Returns the ends of a layer's activations, from 0 if none is negative, as in the neurons' tiles."""
        around = self._around(surface)
        end, has_lower = around.limit(layer), bool((around.layers[layer] < 0).any())
        return -(1 + _AIR if has_lower else _AIR) * end, (1 + _AIR) * end

    @staticmethod
    def _is_hidden(surface: PredictionSurface, neuron: Neuron | None) -> bool:
        """Whether ``neuron`` is a hidden neuron, whose activations are not predictions."""
        return neuron is not None and neuron.layer < len(surface.network.weights)

    def _line(self, surface: PredictionSurface) -> tuple[Array, Array, str]:
        """Returns x and y of the line, (k,) each, and the name of y. Predictions are in the data's units."""
        data, neuron = self._data, surface.neuron
        x = self._meaning.raw(surface.region.places(surface.side))[:, 0]
        (values,) = surface.layers.values()
        if neuron is not None and self._is_hidden(surface, neuron):
            return x, values[0].astype(np.float64), neuron_full_name(self._session, neuron)
        name = f"predicted {self._meaning.output(0)}"
        return x, values[0].astype(np.float64) if data is None else data.raw_targets(values.T)[:, 0], name

    def _axes(self, predicted: Array) -> AxesFrame:
        """Returns axes for the data and the line. A line far from the data may leave them."""
        data, meaning = self._data, self._meaning
        if data is None:
            return AxesFrame(line=None)
        _, y = ends_of([(np.array(self._true), predicted)])
        return AxesFrame(self._span(data), y, meaning.input(0), meaning.output(0), None)

    def _span(self, data: Dataset) -> Ends:
        """Returns the ends of x in the units of the data's source."""
        span, raw = span_of(data), self._meaning.raw_input
        return raw(0, span.low), raw(0, span.high)

    # ---- places and predictions

    def _example(self, point: tuple[float, float]) -> tuple[float]:
        scaling = None if self._data is None else self._data.scaling
        return (point[0] if scaling is None else float(scaling.apply(np.array([[point[0]]]))[0, 0]),)

    def _point(self, example: Array) -> tuple[float, float]:
        return float(self._meaning.raw(example)[0]), 0.0

    def _where(self, point: tuple[float, float]) -> str:
        low, high = self.view.x_ends
        return coordinates(point[:1], (high - low) / 2, [self._meaning.input(0)])

    def _prediction(self, outputs: Array) -> list[Piece]:
        """Returns the predicted number as text."""
        name, value = self._meaning.output(0), self._meaning.answer(float(outputs[0]))
        return [(f"predicted {name} {value}", "ink")]

    # ---- for a file

    def table(self) -> Table | None:
        """Returns a row for each place of the line with its prediction, for a CSV file."""
        surface = self._surface
        if surface is None:
            return None
        x, y, name = self._line(surface)
        return self._table(x[:, None], y[:, None], [self._meaning.input(0), name])
