"""A formula that is displayed with its terms, and the places that its terms come from."""

from __future__ import annotations

from dataclasses import dataclass

from engine.explain.formulas import Address, Formula, all_terms
from nnviz.cards.step_through.content import StepContent, term_source, term_sources
from nnviz.cards.step_through.navigation import StepPhase, StepStage, all_stages
from nnviz.cards.step_through.number_text import figure

_BY_EXAMPLE = ("gradient", "batch loss")  # sums whose terms are one for each example
_ON_BOARD = ("entering", "delta", "activation")


@dataclass(frozen=True)
class OpenedFormula:
    """The formulas of a number, one of which is opened: displayed with its terms.

    Attributes:
        content: the contents of the position that the formulas belong to.
        lines: all formulas.
        number: the number of the opened formula.
    """

    content: StepContent
    lines: list[Formula]
    number: int

    @property
    def formula(self) -> Formula:
        """The opened formula."""
        return self.lines[self.number]

    @property
    def stage(self) -> StepStage:
        """The stage that the formulas belong to."""
        return self.content.position.stage

    def is_on_stage(self, at: Address) -> bool:
        """Whether the stage shows the number at an address."""
        place = self.content.place_of(at)
        return place is not None and all_stages(self.content.names.layers)[place] == self.stage

    def address_of_term(self, place: int) -> Address | None:
        """Returns the address that a term comes from; None for a setting."""
        formula = self.formula
        return formula.parts[place].address if len(formula.terms) <= 1 else term_source(formula, place)

    def stages_of_term(self, place: int) -> list[int]:
        """Returns the stages that show the parts of a term."""
        formula = self.formula
        if len(formula.terms) <= 1:
            found = [at for at in (formula.parts[place].address,) if at is not None]
        else:
            found = term_sources(formula, place)
        stages = (self.content.place_of(at) for at in found)
        return [stage for stage in stages if stage is not None]

    def cell_of(self, at: Address) -> int | None:
        """Returns the cell of the board for an address."""
        if self.formula.address.what in _BY_EXAMPLE:
            return at.row
        return at.neuron if at.what in _ON_BOARD else None

    def term_of_cell(self, cell: int) -> int | None:
        """Returns the term that comes from a cell of the board; None if it is left out of the formula."""
        formula = self.formula
        if len(formula.terms) <= 1:
            return None
        sources = (term_source(formula, place) for place in range(len(formula.terms)))
        found = [place for place, at in enumerate(sources) if at is not None and self.cell_of(at) == cell]
        return found[0] if found else None

    def line_at(self, at: Address) -> int | None:
        """Returns another formula whose value is at an address; None if there is none."""
        found = [place for place, formula in enumerate(self.lines) if formula.address == at]
        return found[0] if found and found[0] != self.number else None

    def number_at(self, at: Address) -> int | None:
        """Returns the row of the stage's numbers for an address; None if there is none."""
        position = self.content.position
        if position.stage.phase is StepPhase.UPDATE:
            return None
        wanted = at.row if position.stage.phase is StepPhase.LOSS else at.neuron
        found = (self.content.order == wanted).nonzero()[0]
        return int(found[0]) if len(found) else None

    def address_of_cell(self, cell: int) -> Address:
        """Returns the address that a cell of the board stands for."""
        at = self.formula.address
        places = {
            "sum": Address("entering", at.layer - 1, cell, row=at.row),
            "from above": Address("delta", at.layer + 1, cell, row=at.row),
            "gradient": Address("delta", at.layer, at.neuron, row=cell),
            "batch loss": Address("loss", at.layer, 0, row=cell),
        }
        return places.get(at.what, Address("activation", at.layer, cell, row=at.row))

    def described_cell(self, cell: int) -> str:
        """Returns the name of a cell with the value that it adds."""
        content, at = self.content, self.formula.address
        if at.layer == 0:
            return f"{content.names.neuron(0, cell)}: {figure(float(content.step.activations[0][at.row][cell]))}"
        values = all_terms(content.step, at)
        added = "" if values is None or cell >= len(values) else f": adds {figure(float(values[cell]))}"
        return f"{content.names.address(self.address_of_cell(cell), content.step.rows)}{added}"
