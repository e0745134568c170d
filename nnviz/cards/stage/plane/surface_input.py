"""The base of plane and curve as an input: predictions all over the region of the data, behind its points."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from PyQt5.QtCore import QSize
from PyQt5.QtWidgets import QHBoxLayout, QWidget

from engine import explain
from engine.basics.validation import Array
from engine.datasets import Dataset
from engine.datasets.dataset import Split
from engine.explain.input_grid import Region, region_of
from nnviz.cards.stage.plane.dot_legend import DotLegend
from nnviz.cards.stage.plane.paint_tools import PaintTools
from nnviz.cards.stage.plane.points_view import PointsView
from nnviz.formatting.text import short
from nnviz.session.example_text import neuron_full_name
from nnviz.session.painting import PaintedPointsModel
from nnviz.session.session import Session
from nnviz.session.status import Status
from nnviz.session.surface_query import NEURON_SURFACES, OUTPUT_SURFACE, PredictionSurface
from nnviz.ui import theme
from nnviz.ui.card import LazyView, Table
from nnviz.ui.parts import arranged
from nnviz.ui.plane.points import MOST, Points
from nnviz.ui.plots.legend import Key
from nnviz.ui.read_out import Piece, spoken

_GAP = 8  # pixels between the tools and the view

Lines = list[list[Piece]]


class SurfaceInput(QWidget, LazyView):
    """The region of the data, if that is of its kind; a click chooses the input. Subclasses draw the predictions.

    Attributes:
        kind: the kind of region.
        where: what the region is called in names of widgets: "plane" or "curve".
        key: the legend of the points.
        tests: the key that shows or hides the points of the test set.
        options: further controls.
    """

    kind: type[Region]
    where: str

    def __init__(self, session: Session, view: PointsView, key: DotLegend, tests: Key) -> None:
        super().__init__()
        self._session, self._view, self.key, self.tests = session, view, key, tests
        self.options: list[QWidget] = []
        self._is_painted = False  # whether points are painted here
        self._tools: PaintTools | None = None
        self._row = arranged(QHBoxLayout(self), (view, 1), spacing=_GAP)

    def _connect(self) -> None:
        """Connects signals and shows the data. Subclasses call it at the end of their construction."""
        session, view = self._session, self._view
        view.hovered.connect(self._describe)
        view.moved.connect(self._move)
        view.picked.connect(self._pick)
        session.question.changed.connect(self._show_input)
        session.question.answer_changed.connect(self._describe_input)
        self.tests.toggled.connect(self._show_data)
        session.painting.changed.connect(self._follow_painting)
        session.queries[OUTPUT_SURFACE].changed.connect(self.refresh)
        theme.changed.connect(self.refresh)
        self.adapt()
        self._follow_painting()

    # ---- for subclasses

    def _show_points(self, data: Dataset) -> None:
        """Shows the points of the data in the view."""
        raise NotImplementedError

    def _draw(self, surface: PredictionSurface | None) -> None:
        """Draws a surface, or that there is none."""
        raise NotImplementedError

    def _example(self, point: tuple[float, float]) -> Sequence[float]:
        """Returns the network's input for a point of the view."""
        raise NotImplementedError

    def _point(self, example: Array) -> tuple[float, float]:
        """Returns the point of the view for an input."""
        raise NotImplementedError

    def _where(self, point: tuple[float, float]) -> str:
        """Returns a point of the view as text."""
        raise NotImplementedError

    def _prediction(self, outputs: Array) -> list[Piece]:
        """Returns finite outputs, (outputs,), as text."""
        raise NotImplementedError

    # ---- display

    def set_in_view(self, in_view: bool) -> None:
        """Sets whether it can be seen."""
        self.in_view = in_view
        self._session.queries.want(self, (OUTPUT_SURFACE,), in_view)
        if in_view:
            self._catch_up()

    @property
    def _data(self) -> Dataset | None:
        data = self._session.data.dataset
        return data if data is not None and isinstance(region_of(data), self.kind) else None

    @property
    def _surface(self) -> PredictionSurface | None:
        """The latest surface; None if it belongs to a network of another shape."""
        surface: PredictionSurface | None = self._session.queries[OUTPUT_SURFACE].result
        if surface is None or surface.network.shape != self._session.displayed.network.shape:
            return None
        return surface if isinstance(surface.region, self.kind) else None

    def adapt(self) -> None:
        """Shows the points of the data, if these lie in a region of this kind."""
        data = self._data
        if data is not None:
            self.tests.setVisible(data.test is not None)
        self._show_data()
        self._show_input()
        self.refresh()

    def _follow_painting(self) -> None:
        """Offers the tools when painting begins, and shows the points as they are painted."""
        is_on = self._session.painting.is_on and self._data is not None
        if is_on and not self._is_painted:
            self.make_tools()
            self._view.setFocus()  # its keys choose the class, and end it
        self._is_painted = is_on
        self._show_data()

    def make_tools(self) -> PaintTools:
        """Returns the tools for painting, and makes them if there are none yet."""
        if self._tools is None:
            self._tools = PaintTools(self._session, self._view, self.where, self)
            self._row.insertWidget(0, self._tools)
        return self._tools

    def room_of_tools(self) -> QSize:
        """Returns the width that the tools for painting need beside the view, and their height; 0 without them."""
        if not self._session.painting.is_on or self._data is None:
            return QSize(0, 0)
        tools = self.make_tools()
        return QSize(tools.minimumWidth() + _GAP, tools.minimumSizeHint().height())

    def _show_data(self) -> None:
        if self._data is not None:
            self._show_points(self._data)

    def refresh(self) -> None:
        """Draws the latest surface."""
        if self.in_view:
            self._draw(self._surface)
            if self._session.state is not Status.TRAINING:  # during training each new prediction does
                self._describe_input()

    def _around(self, surface: PredictionSurface) -> PredictionSurface:
        """Returns the surface that sets a neuron's colours: all neurons' if known, so that it looks as in its tile."""
        known: PredictionSurface | None = self._session.queries[NEURON_SURFACES].result
        return known if known is not None and known.network.shape == surface.network.shape else surface

    def _reason(self) -> str:
        """Returns why there is no surface; empty if it is being computed."""
        misfit = self._session.runs.current.misfit(self._data)
        return "" if misfit is None else "this network does not fit the data"

    # ---- the input and the mouse

    @property
    def _input(self) -> tuple[float, float] | None:
        """The point of the current input; None if there is none."""
        example = self._session.question.example
        return None if self._data is None or example is None else self._point(example)

    def _move(self, x: float, y: float) -> None:
        if self._data is not None:  # other data may come while the button is down
            self._session.question.move_example(self._example((x, y)))

    def _pick(self, x: float, y: float) -> None:
        if self._data is not None:
            self._session.question.set_example(self._example((x, y)), "point")

    def _show_input(self) -> None:
        self._view.show_input(self._input)

    def _describe_input(self) -> None:
        """Describes the current input and its prediction to screen readers."""
        point, surface = self._input, self._surface
        if not self.in_view:
            return
        lines: Lines = []
        if point is not None and surface is not None:
            lines = [[(self._where(point), "muted")], *self._prediction_at(surface, point)]
        self._view.set_summary(spoken(lines))

    def _describe(self, point: tuple[float, float] | None) -> None:
        """Shows the prediction at the point under the mouse."""
        surface = self._surface
        if point is None or surface is None or self._is_painted:
            self._view.show_text("")
        else:
            self._view.show_text([[(self._where(point), "muted")], *self._prediction_at(surface, point)])

    def _prediction_at(self, surface: PredictionSurface, point: tuple[float, float]) -> Lines:
        """Returns the network's prediction at a point, or the neuron's activation."""
        network, neuron = surface.network, surface.neuron
        row = np.array([self._example(point)], network.parameters.dtype)
        with np.errstate(all="ignore"):
            activations = explain.forward(network, row).activations
        if neuron is not None:
            value = float(activations[neuron.layer][0, neuron.number])
            return [[(neuron_full_name(self._session, neuron), "ink"), (short(value), "ink")]]
        outputs = activations[-1][0]
        return [self._prediction(outputs) if np.isfinite(outputs).all() else [("output not finite", "muted")]]

    # ---- for a file

    def _table(self, places: Array, values: Array, head: Iterable[str]) -> Table:
        """Returns a row for each place, (k, inputs), with its values, (k, columns)."""
        rows = ([*map(float, place), *map(float, found)] for place, found in zip(places, values, strict=True))
        return list(head), rows


def thinned_splits(data: Dataset, with_tests: bool) -> tuple[dict[str, Split], int]:
    """Returns the splits by name, the test set if wanted, and the number of examples. Very many are thinned evenly."""
    parts = {name: split for name, split in data.splits.items() if with_tests or name != "test"}
    total = sum(map(len, parts.values()))
    step = max(1, -(-total // MOST))
    return {name: split.at(slice(None, None, step)) for name, split in parts.items()}, total


def painted_points(painting: PaintedPointsModel, inks: Sequence[str], with_tests: bool) -> Points:
    """Returns the painted points, those of the test set if wanted."""
    points, are_tests = painting.points, painting.are_tests
    shown = np.ones(len(points), bool) if with_tests else ~are_tests
    return Points(points.places[shown], points.kinds[shown], are_tests[shown], inks, int(shown.sum()))
