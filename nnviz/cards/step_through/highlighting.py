"""Highlights that follow the mouse: the places that belong to a number, on the page and in other cards."""

from __future__ import annotations

from engine.explain.formulas import Address
from nnviz.cards.step_through.navigation import StepPhase
from nnviz.cards.step_through.number_text import figure, value_text, written
from nnviz.cards.step_through.opened_formula import OpenedFormula
from nnviz.cards.step_through.view import StepWidgets
from nnviz.session.selection import Neuron, Selection


class StepHighlighting:
    """Connects the page's widgets: pointing at a number in one highlights the numbers it is made of in the others.

    Attributes:
        opened: the formula that is displayed with its terms; None for none.
    """

    def __init__(self, parts: StepWidgets, selection: Selection) -> None:
        self._parts, self._selection = parts, selection
        self.opened: OpenedFormula | None = None
        parts.numbers.hovered.connect(self._point_at_number)
        parts.terms.hovered.connect(self._hover_term)
        parts.board.hovered.connect(self._light_cell)
        selection.pointed_changed.connect(self._show_pointed)
        parts.board.describe = lambda cell: "" if self.opened is None else self.opened.described_cell(cell)
        parts.lines.describe = self._described_line
        parts.numbers.describe = self._described_number

    def show(self, opened: OpenedFormula) -> None:
        """Sets the opened formula, and highlights the sources of the term under the mouse."""
        self.opened = opened
        self._light_term(-1 if self._parts.terms.marked is None else self._parts.terms.marked)

    # ---- from terms and cells

    def _hover_term(self, place: int) -> None:
        opened = self.opened
        self._point_at(None if place < 0 or opened is None else opened.address_of_term(place))
        self._light_term(place)

    def _light_term(self, place: int) -> None:
        """Highlights the source of a term on the path, on the board, and in the lists of formulas and numbers."""
        opened, parts = self.opened, self._parts
        at = None if place < 0 or opened is None else opened.address_of_term(place)
        if at is None or opened is None:
            parts.path.light(())
            for each in (parts.board, parts.lines, parts.numbers):
                each.light(None)
            return
        parts.path.light(opened.stages_of_term(place))
        parts.board.light(opened.cell_of(at))
        parts.lines.light(opened.line_at(at))
        parts.numbers.light(opened.number_at(at) if opened.is_on_stage(at) else None)

    def _light_cell(self, cell: int) -> None:
        """Highlights the term that comes from a cell of the board."""
        opened = self.opened
        place = None if opened is None or cell < 0 else opened.term_of_cell(cell)
        self._parts.terms.light(place)
        self._parts.keep_in_sight(self._parts.terms, place)

    # ---- neurons in all cards

    def _point_at(self, at: Address | None) -> None:
        """Points at the address's neuron in the other cards."""
        is_neuron = at is not None and at.layer > 0 and at.what != "loss"
        self._selection.point_at(Neuron(at.layer, at.neuron) if at is not None and is_neuron else None)

    def _point_at_number(self, place: int) -> None:
        opened = self.opened
        if opened is None or place < 0 or opened.stage.phase in (StepPhase.LOSS, StepPhase.UPDATE):
            self._point_at(None)
        else:
            self._point_at(Address("activation", opened.stage.layer, opened.content.picked(place)))

    def _show_pointed(self) -> None:
        """Outlines a neuron of this stage that is pointed at in another card."""
        pointed, opened = self._selection.pointed, self.opened
        is_here = pointed is not None and opened is not None and pointed.layer == opened.stage.layer
        is_here = is_here and opened is not None and opened.stage.phase in (StepPhase.FORWARD, StepPhase.BACKWARD)
        self._parts.numbers.point_at(pointed.number if pointed is not None and is_here else None)

    # ---- descriptions

    def _described_line(self, line: int) -> str:
        """Returns the whole formula of a line, for its tooltip."""
        if self.opened is None or line >= len(self.opened.lines):
            return ""
        formula = self.opened.lines[line]
        return f"{formula.rule}\n= {written(formula)}\n= {value_text(formula)}" if formula.terms else ""

    def _described_number(self, place: int) -> str:
        """Returns a row's numbers with their names, for its tooltip; if there are many, each on a line of its own."""
        rows = self._parts.numbers.rows
        figures = [f"{head} {words}" for head, words in zip(rows.heads[2:], rows.texts(place), strict=True)]
        if rows.heads[1] and rows.bars is not None:
            figures.insert(0, f"{rows.heads[1]} {figure(float(rows.bars[place]))}")
        if len(figures) > 2:
            return "\n".join([rows.name(place), *figures])
        return f"{rows.name(place)}: {', '.join(figures)}"
