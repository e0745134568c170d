"""The widgets of the page "Step through" and their layout."""

from __future__ import annotations

import math

from PyQt5.QtCore import Qt
from PyQt5.QtGui import QResizeEvent
from PyQt5.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from nnviz.cards.step_through.controls import NumberBox, StepButtons, TemperatureSlider
from nnviz.cards.step_through.number_rows import NumberRows
from nnviz.cards.step_through.stage_path import StagePath
from nnviz.cards.step_through.step_effects import StepEffect
from nnviz.cards.step_through.term_board import TermBoard
from nnviz.formatting import text
from nnviz.formatting.conclusion import Conclusion
from nnviz.formatting.result_text import format_range
from nnviz.ui import theme
from nnviz.ui.column import ScrollColumn
from nnviz.ui.conclusion_label import ConclusionLabel
from nnviz.ui.elided_label import ElidedLabel
from nnviz.ui.fixed_size_box import FixedSizeBox
from nnviz.ui.parts import arranged, named, pill

_PATH, _HEAD, _FOOT = 88, 26, 28  # pixels
_MOST_FOR_LINES = 0.5  # of the height
_NARROW = 760  # pixels of the width
_TAKE_TIP = "Trains the network by this step. Undo reverts it until you train on."
_PAST_TIP = "A past epoch cannot be trained. Press End to return to the present, and take the step there."


class StepWidgets(QWidget):
    """The path at the left, the numbers of a stage in the middle, the formulas at the right, and the actions below.

    Attributes:
        path, numbers, lines, terms, board: see their tooltips.
        where, rule, result: labels of the stage, of the chosen formula's rule, and of the result.
        neuron, example, temperature: inputs for the position.
        conclusion: how the step changes the error.
        did: label of the effect of the last step that was taken.
        back, walking, check, take, undo: the buttons.
    """

    def __init__(self) -> None:
        super().__init__()
        self._make_lists()
        self._make_controls()
        columns = arranged(QHBoxLayout(), self._left(), (self._middle(), 5), (self._right(), 6), spacing=12)
        self._did = FixedSizeBox(self.did)
        said = (FixedSizeBox(self.result), 4), (self._did, 3)
        foot = _of_height(_FOOT, self.back, self.walking, *said, self.undo, self.check, self.take)
        arranged(QVBoxLayout(self), self.conclusion, (columns, 1), foot, spacing=4)

    def _make_lists(self) -> None:
        tip = "Stages of the step. Click one to go there. Left and Right go back and forward."
        self.path = named(StagePath(), "stepPath", "Stages of the step", tip)
        tip = "Numbers of this stage. Click one, or use arrow keys and Enter, to open its formula."
        self.numbers = named(NumberRows(), "stepNumbers", "Numbers of the stage", tip)
        tip = "Formula of the chosen number, line by line, with its values. Click a line to show its terms."
        self.lines = named(NumberRows(), "stepLines", "Formulas", tip)
        tip = "Terms of the chosen line, the largest first. Point at one to see its source; click to go there."
        self.terms = named(NumberRows(), "stepTerms", "Terms of the formula", tip)
        tip = "Shows each term at its source: orange adds, blue subtracts. Click one to go there."
        self.board = named(TermBoard(), "stepBoard", "Sources of the terms", tip)

    def _make_controls(self) -> None:
        self.where = named(ElidedLabel(role="title"), "stepWhere")
        self.rule, self.result = (named(ElidedLabel(role="muted"), name) for name in ("stepRule", "stepResult"))
        self.conclusion = ConclusionLabel("stepConclusion")
        self.conclusion.setProperty("role", "headline")
        self.did = named(ElidedLabel(role="muted"), "stepDid")
        self.did.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._make_buttons()
        self.neuron = NumberBox("neuron", "stepNeuronSpin", "Neuron", "Selects the neuron of the layer.")
        self.example = NumberBox("example", "stepRowSpin", "Example of the batch", "Selects the example of the batch.")
        self.temperature, self.walking = TemperatureSlider(), StepButtons()

    def _make_buttons(self) -> None:
        tip = "Returns to the number you viewed before (Backspace, Alt+Left, or the mouse's back button)."
        self.back = pill("Last viewed", "stepBackButton", "Last viewed number", tip)
        tip = "Undoes the last step: the network gets its weights from before."
        self.undo = pill("Undo", "undoStepButton", "Undo the step", tip)
        tip = (
            "Checks the gradient of the chosen weight: compares it with the change of the loss for a small change of "
            "the weight."
        )
        self.check = pill("Check gradient", "checkGradientButton", "Check by finite difference", tip)
        self.take = pill("Take the step", "takeStepButton", "Take the step", _TAKE_TIP)

    def _left(self) -> ScrollColumn:
        self._path_scroll = _scrolled("stepPathScroll", self.path)
        theme.sized(self._path_scroll.setFixedWidth, _PATH)
        return self._path_scroll

    def _middle(self) -> QVBoxLayout:
        self._numbers_scroll = _scrolled("stepNumbersScroll", self.numbers)
        head = _of_height(_HEAD, (FixedSizeBox(self.where), 1), self.neuron, self.example)
        return arranged(QVBoxLayout(), head, (self._numbers_scroll, 1), self.temperature, spacing=2)

    def _right(self) -> QVBoxLayout:
        board = arranged(QVBoxLayout(), self.board, 1)
        self._lines_scroll = _scrolled("stepLinesScroll", self.lines)
        above = arranged(QHBoxLayout(), (self._lines_scroll, 1), board, spacing=8)
        self._terms_scroll = _scrolled("stepTermsScroll", self.terms)
        return arranged(QVBoxLayout(), above, FixedSizeBox(self.rule), (self._terms_scroll, 1), spacing=4)

    def offer_take(self, can_take: bool, is_past: bool) -> None:
        """Enables the button that takes the step, or says why it is disabled."""
        self.take.setEnabled(can_take)
        self.take.setToolTip(_PAST_TIP if is_past else _TAKE_TIP)

    def show_effects(self, loss: str, would: StepEffect | None, did: StepEffect | None) -> None:
        """Shows the loss, the effect that the step would have, and that of the last step taken; None for none."""
        self.conclusion.show_conclusion(step_sentences(loss, would))
        words = "" if did is None else effect_text(did)
        self.did.show_versions(f"last step: {words}" if words else "", words)
        for part in (self._did, self.undo):
            part.setVisible(did is not None)

    def fit_lines(self) -> None:
        """Sets the height of the formulas to what they need, but at most half of the page; the terms get the rest."""
        most = max(self.board.height(), round(_MOST_FOR_LINES * self.height()))
        self._lines_scroll.setFixedHeight(min(most, max(self.board.height(), self.lines.sizeHint().height())))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fits the height of the formulas to the new size. A narrow page leaves *Last viewed* to its keys."""
        super().resizeEvent(event)
        self.back.setVisible(self.width() >= theme.px(_NARROW))
        self.fit_lines()

    def keep_in_sight(self, within: StagePath | NumberRows, place: int | None) -> None:
        """Scrolls a list so that a row is visible."""
        scrolls = {self.path: self._path_scroll, self.numbers: self._numbers_scroll, self.terms: self._terms_scroll}
        if place is None or place >= within.count:
            return
        scroll, row = scrolls[within], within.place_of(place)
        scroll.widget().layout().activate()
        scroll.widget().adjustSize()
        scroll.ensureVisible(row.center().x(), row.center().y(), 0, 2 * row.height())


def step_sentences(loss: str, would: StepEffect | None) -> Conclusion:
    """Returns what a step would change; until that is measured, its loss."""
    if would is None:
        return Conclusion(f"The loss of this step is {loss}.")
    if would.before == would.after:
        return Conclusion(f"This step leaves the {_what(would)} as it is.")
    return Conclusion(f"This step changes the {_what(would)} from {_figures(would, ' to ')}.")


def effect_text(effect: StepEffect) -> str:
    """Returns an effect as text: "test error 2.72 → 89.90 %", "test RMSE 3.02 → 2.98"."""
    return f"{_what(effect)} {_figures(effect, ' → ')}"


def _what(effect: StepEffect) -> str:
    return f"{effect.part} {'RMSE' if effect.is_rmse else 'error'}"


def _figures(effect: StepEffect, between: str) -> str:
    """Returns the figures of an effect as text: "2.72 → 89.90 %"."""
    figures = effect.before, effect.after
    if effect.is_rmse:
        return between.join(map(text.figure, figures))
    if any(map(math.isnan, figures)):
        return between.join("not finite" if math.isnan(share) else text.percent(share) for share in figures)
    return format_range("error", *figures, between=between)


def _of_height(height: int, *parts: QWidget | tuple[QWidget, int]) -> QWidget:
    """Returns a row of a fixed height, so that its contents never move what is below."""
    row = QWidget()
    arranged(QHBoxLayout(row), *parts, spacing=8)
    theme.sized(row.setFixedHeight, height)
    return row


def _scrolled(name: str, content: QWidget) -> ScrollColumn:
    holder = named(QWidget(), "scrolled")
    arranged(QVBoxLayout(holder), content, 1)
    scroll = ScrollColumn(name, holder)
    scroll.verticalScrollBar().valueChanged.connect(lambda _: content.update())  # heads stay at the top
    return scroll
