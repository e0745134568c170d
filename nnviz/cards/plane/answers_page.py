"""A page of what the network answers all over the region in which the data lie: what plane and curve have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from PyQt5.QtWidgets import QHBoxLayout

from engine import explain
from engine.basics.validation import Array
from engine.datasets import Dataset
from engine.datasets.dataset import Split
from engine.explain.input_grid import Region, region_of
from nnviz.cards.plane.paint_tools import PaintTools
from nnviz.cards.plane.points_view import PointsView
from nnviz.cards.registry import CardInfo
from nnviz.formatting.text import short
from nnviz.session.asked_over import ANSWERS_OVER, NEURONS_OVER, AnswersOver
from nnviz.session.asked_words import full_name
from nnviz.session.painting import Painting
from nnviz.session.session import Session
from nnviz.session.status import Status
from nnviz.ui import theme
from nnviz.ui.card import Table
from nnviz.ui.pages import Page
from nnviz.ui.parts import arranged
from nnviz.ui.plane.points import MOST, Points
from nnviz.ui.plots.legend import Key
from nnviz.ui.read_out import Piece

Lines = list[list[Piece]]


class AnswersPage(Page):
    """It has a tab only where the data lie in a region of its kind. Subclasses say how the answers are drawn.

    Attributes:
        kind: of region.
        view: the points and the answers.
        tests: shows or hides the points of the test part.
    """

    kind: type[Region]

    def __init__(self, session: Session, title: str, tip: str, view: PointsView, tests: Key) -> None:
        super().__init__(title, f"{title.lower()}Tab", tip)
        self.leads = True
        self._session, self._view, self.tests = session, view, tests
        self._is_painted = False  # whether points are painted here
        self._row = arranged(QHBoxLayout(), (view, 1), spacing=8)
        self.body.addLayout(self._row)

    def _connect(self) -> None:
        """Subclasses call it when they are made."""
        session, view = self._session, self._view
        view.hovered.connect(self._describe)
        view.moved.connect(self._move)
        view.asked.connect(self._ask)
        session.question.changed.connect(self._show_asked)
        session.question.answered.connect(self._tell_asked)
        self.tests.toggled.connect(self._show_data)
        session.data.changed.connect(self._data_changed)
        session.painting.changed.connect(self._follow_painting)
        session.runs.replaced.connect(self.refresh)
        session.queries[ANSWERS_OVER].changed.connect(self.refresh)
        theme.changed.connect(self.refresh)
        self._data_changed()
        self._follow_painting()

    # ---- what subclasses say

    def _show_points(self, data: Dataset) -> None:
        """Shows the points of the data in the view."""
        raise NotImplementedError

    def _draw(self, answers: AnswersOver | None) -> None:
        """Draws answers, or that there are none."""
        raise NotImplementedError

    def _example(self, point: tuple[float, float]) -> Sequence[float]:
        """What the network is given for a point of the view."""
        raise NotImplementedError

    def _point(self, example: Array) -> tuple[float, float]:
        """Where such an example is in the view."""
        raise NotImplementedError

    def _where(self, point: tuple[float, float]) -> str:
        """A point of the view in words."""
        raise NotImplementedError

    def _answered(self, outputs: Array) -> list[Piece]:
        """Finite outputs, (outputs,), in words."""
        raise NotImplementedError

    # ---- what is shown

    @property
    def _data(self) -> Dataset | None:
        data = self._session.data.dataset
        return data if data is not None and isinstance(region_of(data), self.kind) else None

    @property
    def _answers(self) -> AnswersOver | None:
        """What was computed last, unless it is of a network that is gone, of another shape."""
        answers: AnswersOver | None = self._session.queries[ANSWERS_OVER].result
        if answers is None or answers.network.shape != self._session.displayed.network.shape:
            return None
        return answers if isinstance(answers.region, self.kind) else None

    def _data_changed(self) -> None:
        """Shows other data, if they belong here."""
        data = self._data
        if data is not None:
            self.tests.setVisible(data.test is not None)
        self._show_data()
        self._show_asked()
        self.offer(data is not None)
        self.refresh()

    def _follow_painting(self) -> None:
        """Comes to the front when painting begins, and shows the points as they are painted."""
        is_on = self._session.painting.is_on and self._data is not None
        if is_on and not self._is_painted:
            self.make_tools()
            self.wanted.emit()
            self._view.setFocus()  # its keys choose the class, and end it
        self._is_painted = is_on
        self._show_data()

    def make_tools(self) -> None:
        """Makes the tools for painting, unless they are there: they are needed when it begins for the first time."""
        if self._row.count() == 1:
            self._row.insertWidget(0, PaintTools(self._session, self._view, self))

    def _show_data(self) -> None:
        if self._data is not None:
            self._show_points(self._data)

    def refresh(self) -> None:
        """Draws the latest answers."""
        if self.in_view:
            self._draw(self._answers)
            if self._session.state is not Status.TRAINING:  # while it trains, each new answer tells it
                self._tell_asked()

    def _around(self, answers: AnswersOver) -> AnswersOver:
        """By which a neuron is drawn: all neurons, if they are known, so that it looks as in its small picture."""
        known: AnswersOver | None = self._session.queries[NEURONS_OVER].result
        return known if known is not None and known.network.shape == answers.network.shape else answers

    def _reason(self) -> str:
        """Why there are no answers; empty where they are about to come."""
        misfit = self._session.runs.current.misfit(self._data)
        return "" if misfit is None else "this network does not fit the data"

    # ---- what is asked and pointed at

    @property
    def _asked(self) -> tuple[float, float] | None:
        """The point that the session asks about."""
        example = self._session.question.example
        return None if self._data is None or example is None else self._point(example)

    def _move(self, x: float, y: float) -> None:
        if self._data is not None:  # other data may come while the button is down
            self._session.question.move_example(self._example((x, y)))

    def _ask(self, x: float, y: float) -> None:
        if self._data is not None:
            self._session.question.set_example(self._example((x, y)), "point")

    def _show_asked(self) -> None:
        self._view.show_asked(self._asked)

    def _tell_asked(self) -> None:
        """Tells a screen reader the point that is asked about, and the answer."""
        point, answers = self._asked, self._answers
        if not self.in_view:
            return
        words = []
        if point is not None and answers is not None:
            words = [self._where(point), *(piece[0] for line in self._said(answers, point) for piece in line)]
        self._view.setAccessibleDescription(" ".join(words))

    def _describe(self, point: tuple[float, float] | None) -> None:
        """What is answered at the point under the mouse."""
        answers = self._answers
        if point is None or answers is None or self._is_painted:
            self._view.show_text("")
        else:
            self._view.show_text([[(self._where(point), "muted")], *self._said(answers, point)])

    def _said(self, answers: AnswersOver, point: tuple[float, float]) -> Lines:
        """The network's answer to a point, or the neuron's activation."""
        network, neuron = answers.network, answers.neuron
        row = np.array([self._example(point)], network.parameters.dtype)
        with np.errstate(all="ignore"):
            activations = explain.forward(network, row).activations
        if neuron is not None:
            value = float(activations[neuron.layer][0, neuron.number])
            return [[(full_name(self._session, neuron), "text"), (short(value), "text")]]
        outputs = activations[-1][0]
        return [self._answered(outputs) if np.isfinite(outputs).all() else [("no finite answer", "muted")]]

    # ---- for a file

    def _table(self, places: Array, values: Array, head: Iterable[str]) -> Table:
        """A row for each place, (k, inputs), with its values (k, columns)."""
        rows = ([*map(float, place), *map(float, found)] for place, found in zip(places, values, strict=True))
        return list(head), rows


def some_of(data: Dataset, with_tests: bool) -> tuple[dict[str, Split], int]:
    """The parts of the data by name, the test part only if wanted, and how many examples they have in all.

    Of very many only some that are spread evenly.
    """
    parts = {name: split for name, split in data.splits.items() if with_tests or name != "test"}
    total = sum(map(len, parts.values()))
    step = max(1, -(-total // MOST))
    return {name: split.at(slice(None, None, step)) for name, split in parts.items()}, total


def painted_points(painting: Painting, inks: Sequence[str], with_tests: bool) -> Points:
    """The points that are painted, those of the test part only if wanted."""
    points, are_tests = painting.points, painting.are_tests
    shown = np.ones(len(points), bool) if with_tests else ~are_tests
    return Points(points.places[shown], points.kinds[shown], are_tests[shown], inks, int(shown.sum()))


def answers_card(make: Callable[[Session], AnswersPage], suits: Callable[[Dataset], bool]) -> CardInfo:
    """The description of such a page, for the registry."""
    return CardInfo(make, needs=(ANSWERS_OVER,), page_of="curvesDock", page_number=1, suits=suits)
