"""The widgets of the page of a step, and how they are arranged."""

from __future__ import annotations

from PyQt5.QtCore import Qt
from PyQt5.QtGui import QResizeEvent
from PyQt5.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from nnviz.panels.step_controls import Counter, Temperature, Walking
from nnviz.widgets.card import label
from nnviz.widgets.column import ScrollColumn
from nnviz.widgets.fixed_size_box import FixedSizeBox
from nnviz.widgets.parts import arranged, named, pill
from nnviz.widgets.step.board import Board
from nnviz.widgets.step.number_rows import NumberRows
from nnviz.widgets.step.path import StagePath

_PATH = 88  # pixels
_MOST_FOR_LINES = 0.5  # of the height


class StepParts(QWidget):
    """At the left the path, in the middle the numbers of a stage, at the right the formula; below what can be done.

    Attributes:
        path, numbers, lines, terms, board: see their tooltips.
        where, rule, result: the stage, the rule of the chosen line, and what comes of it all.
        neuron, example, temperature: what is looked at.
        walking, check, take: the buttons.
    """

    def __init__(self) -> None:
        super().__init__()
        self._make_lists()
        self._make_controls()
        columns = arranged(QHBoxLayout(), self._left(), (self._middle(), 5), (self._right(), 6), spacing=12)
        foot = (self.walking, (FixedSizeBox(self.result), 1), self.check, self.take)
        arranged(QVBoxLayout(self), (columns, 1), arranged(QHBoxLayout(), *foot, spacing=8), spacing=6)

    def _make_lists(self) -> None:
        tip = "The way through the step: a click goes there; Left and Right go back and on."
        self.path = named(StagePath(), "stepPath", "Stages of the step", tip)
        tip = "The numbers of this stage; a click opens one. Arrow keys and Enter do so too."
        self.numbers = named(NumberRows(), "stepNumbers", "Numbers of the stage", tip)
        tip = "How the chosen number comes about, line by line, with the numbers put in. A click shows a line's terms."
        self.lines = named(NumberRows(), "stepLines", "Formulas", tip)
        tip = "The chosen line's terms, the largest first. Point at one to see where it is from; click to go there."
        self.terms = named(NumberRows(), "stepTerms", "Terms of the formula", tip)
        tip = "Every term at the place that it comes from: orange adds, blue takes away. A click goes there."
        self.board = named(Board(), "stepBoard", "Where the terms come from", tip)

    def _make_controls(self) -> None:
        self.where, self.rule, self.result = label(role="title"), label(role="muted"), label(role="muted")
        for each, name in ((self.where, "stepWhere"), (self.rule, "stepRule"), (self.result, "stepResult")):
            named(each, name).setTextFormat(Qt.PlainText)
        self.neuron = Counter("neuron", "stepNeuronSpin", "Neuron", "Which neuron of the layer.")
        self.example = Counter("example", "stepRowSpin", "Example of the batch", "Which example of the batch.")
        self.temperature, self.walking = Temperature(), Walking()
        tip = "Measures the gradient of the chosen weight: moves it a little up and down, and computes the loss."
        self.check = pill("check the gradient", "checkGradientButton", "Check by finite difference", tip)
        tip = "Takes this step: the network learns it, and Undo takes it back until more is trained."
        self.take = pill("Take the step", "takeStepButton", "Take the step", tip)

    def _left(self) -> ScrollColumn:
        self._path_scroll = _scrolled("stepPathScroll", self.path)
        self._path_scroll.setFixedWidth(_PATH)
        return self._path_scroll

    def _middle(self) -> QVBoxLayout:
        self._numbers_scroll = _scrolled("stepNumbersScroll", self.numbers)
        head = arranged(QHBoxLayout(), (FixedSizeBox(self.where), 1), self.neuron, self.example, spacing=8)
        return arranged(QVBoxLayout(), head, (self._numbers_scroll, 1), self.temperature, spacing=2)

    def _right(self) -> QVBoxLayout:
        board = arranged(QVBoxLayout(), self.board, 1)
        self._lines_scroll = _scrolled("stepLinesScroll", self.lines)
        above = arranged(QHBoxLayout(), (self._lines_scroll, 1), board, spacing=8)
        self._terms_scroll = _scrolled("stepTermsScroll", self.terms)
        return arranged(QVBoxLayout(), above, FixedSizeBox(self.rule), (self._terms_scroll, 1), spacing=4)

    def fit_lines(self) -> None:
        """Gives the lines no more room than they need, and never most of it; the terms get the rest."""
        most = max(self.board.height(), round(_MOST_FOR_LINES * self.height()))
        self._lines_scroll.setFixedHeight(min(most, max(self.board.height(), self.lines.sizeHint().height())))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Gives the lines their room anew."""
        super().resizeEvent(event)
        self.fit_lines()

    def keep_in_sight(self, within: StagePath | NumberRows, place: int | None) -> None:
        """Scrolls a list so that the row of that number can be seen."""
        scrolls = {self.path: self._path_scroll, self.numbers: self._numbers_scroll, self.terms: self._terms_scroll}
        if place is None or place >= within.count:
            return
        scroll, row = scrolls[within], within.place_of(place)
        scroll.widget().layout().activate()
        scroll.widget().adjustSize()
        scroll.ensureVisible(row.center().x(), row.center().y(), 0, 2 * row.height())


def _scrolled(name: str, content: QWidget) -> ScrollColumn:
    holder = named(QWidget(), "scrolled")
    arranged(QVBoxLayout(holder), content, 1)
    scroll = ScrollColumn(name, holder)
    scroll.verticalScrollBar().valueChanged.connect(lambda _: content.update())  # heads stay at the top
    return scroll
