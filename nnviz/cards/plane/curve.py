"""The curve: the network's line over the points of the data, or that of the neuron pointed at."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PyQt5.QtWidgets import QHBoxLayout

from engine.basics.validation import Array
from engine.datasets import Dataset
from engine.explain.input_grid import Span, places_of, span_of
from nnviz.cards.plane.answers_page import AnswersPage, answers_card, painted_points, some_of
from nnviz.cards.plane.curve_view import CurveView, Line
from nnviz.cards.plane.key import PlaneKey
from nnviz.cards.registry import CARDS
from nnviz.formatting.meaning import Meaning
from nnviz.session.asked_over import AnswersOver
from nnviz.session.asked_words import full_name
from nnviz.session.selection import Neuron
from nnviz.session.session import Session
from nnviz.ui.card import Table
from nnviz.ui.parts import arranged, named
from nnviz.ui.plane.points import Points
from nnviz.ui.plane.words import coordinates
from nnviz.ui.plots.legend import Key, Sample
from nnviz.ui.plots.painted_axes import Ends, Frame, ends_of
from nnviz.ui.read_out import Piece

_TIP = "The line that the network predicts, over the points that it learns from."
_HELP = (
    "The line is what the network predicts for every number. A click asks about the number there, Left and Right move "
    "it, with Shift a little."
)
_TESTS_TIP = "Shows or hides the points of the test part, which the network does not learn from. They have a dark core."
_AIR = 0.06  # times the largest activation: how far beyond it the axis of a neuron ends
_INKS = {"train": "train", "test": "test", "validation": "validation"}


class CurvePage(AnswersPage):
    """The curve, in the units of the data's source."""

    kind = Span

    def __init__(self, session: Session) -> None:
        self.view = named(CurveView(), "curveView", "The network's line over the data")
        self.view.setWhatsThis(_HELP)
        tests = Key("test", "test", "curveTestsKey", _TESTS_TIP, Sample.RING)
        super().__init__(session, "Curve", _TIP, self.view, tests)
        self._true: Ends = (0.0, 1.0)
        self.key = named(PlaneKey(), "curveKey", "Points")
        arranged(QHBoxLayout(self.aside), 1, self.key, self.tests, spacing=2)
        self._connect()

    @property
    def _meaning(self) -> Meaning:
        """Of the data, even where the network does not fit them."""
        return Meaning(self._data)

    # ---- what is shown

    def _show_points(self, data: Dataset) -> None:
        parts = [part for part in _INKS if part in data.splits and part != "test"]
        self.key.show_names(tuple(parts), [_INKS[part] for part in parts])
        self.view.show_points(self._painted() if self._is_painted else self._points_of(data))
        targets = [data.raw_targets(split.targets) for split in data.splits.values()]
        ends = [] if data.extent is None else [-data.extent, data.extent]
        self._true = float(min([*map(np.min, targets), *ends])), float(max([*map(np.max, targets), *ends]))

    def _painted(self) -> Points:
        """Those that are painted, in the colours of their parts."""
        points = painted_points(self._session.painting, list(_INKS.values()), self.tests.isChecked())
        return replace(points, kinds=np.where(points.are_tests, list(_INKS).index("test"), 0))

    def _points_of(self, data: Dataset) -> Points:
        """The points, in the colours of their parts."""
        parts, total = some_of(data, self.tests.isChecked())
        counts = list(map(len, parts.values()))
        return Points(
            np.concatenate([places_of(data, split) for split in parts.values()]),
            np.repeat([list(_INKS).index(part) for part in parts], counts),
            np.repeat([part == "test" for part in parts], counts),
            list(_INKS.values()),
            total,
        )

    def _draw(self, answers: AnswersOver | None) -> None:
        if answers is None:
            self.view.show_line(None, self._axes(np.zeros(0)), self._reason())
            return
        x, y, name = self._line(answers)
        neuron = answers.neuron
        if self._is_hidden(answers, neuron) and neuron is not None:
            axes = replace(self._axes(y), y=self._ends(answers, neuron.layer), y_name="", line=(0.0, 0.0))
            self.view.show_line(Line(x, y, is_neuron=True), axes, name)
        else:
            self.view.show_line(Line(x, y), self._axes(y), "" if neuron is None else name)

    def _ends(self, answers: AnswersOver, layer: int) -> Ends:
        """The ends of the activations, from 0 where none is below it, as in the small pictures."""
        around = self._around(answers)
        end, has_lower = around.limit(layer), bool((around.layers[layer] < 0).any())
        return -(1 + _AIR if has_lower else _AIR) * end, (1 + _AIR) * end

    @staticmethod
    def _is_hidden(answers: AnswersOver, neuron: Neuron | None) -> bool:
        """Whether it is a neuron whose activations are not the answer itself."""
        return neuron is not None and neuron.layer < len(answers.network.weights)

    def _line(self, answers: AnswersOver) -> tuple[Array, Array, str]:
        """(k,) x and y of what is drawn, in the data's units where these are answers, and what y is called."""
        data, neuron = self._data, answers.neuron
        x = self._meaning.raw(answers.region.places(answers.side))[:, 0]
        (values,) = answers.layers.values()
        if neuron is not None and self._is_hidden(answers, neuron):
            return x, values[0].astype(np.float64), full_name(self._session, neuron)
        name = f"predicted {self._meaning.output(0)}"
        return x, values[0].astype(np.float64) if data is None else data.raw_targets(values.T)[:, 0], name

    def _axes(self, predicted: Array) -> Frame:
        """Axes for the data and the line; the line may leave them where it is far off."""
        data, meaning = self._data, self._meaning
        if data is None:
            return Frame(line=None)
        _, y = ends_of([(np.array(self._true), predicted)])
        return Frame(self._span(data), y, meaning.input(0), meaning.output(0), None)

    def _span(self, data: Dataset) -> Ends:
        """The ends of x, as the data's source has it."""
        span, raw = span_of(data), self._meaning.raw_input
        return raw(0, span.low), raw(0, span.high)

    # ---- places and answers

    def _example(self, point: tuple[float, float]) -> tuple[float]:
        scaling = None if self._data is None else self._data.scaling
        return (point[0] if scaling is None else float(scaling.apply(np.array([[point[0]]]))[0, 0]),)

    def _point(self, example: Array) -> tuple[float, float]:
        return float(self._meaning.raw(example)[0]), 0.0

    def _where(self, point: tuple[float, float]) -> str:
        low, high = self.view.x_ends
        return coordinates(point[:1], (high - low) / 2, [self._meaning.input(0)])

    def _answered(self, outputs: Array) -> list[Piece]:
        """The predicted number."""
        name, value = self._meaning.output(0), self._meaning.answer(float(outputs[0]))
        return [(f"predicted {name} {value}", "text")]

    # ---- for a file

    def table(self) -> Table | None:
        """A row for each place of the line with what is answered there, for a CSV file."""
        answers = self._answers
        if answers is None:
            return None
        x, y, name = self._line(answers)
        return self._table(x[:, None], y[:, None], [self._meaning.input(0), name])


CARDS.register("curvePage")(answers_card(CurvePage, lambda data: data.is_curve))
