"""The contents of the page at a stage of the step: a layer's numbers, their formulas, and the terms of one formula."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from engine.basics.validation import Array
from engine.explain.finite_difference import FiniteDifference
from engine.explain.formulas import (
    Address,
    Formula,
    activation_formula,
    batch_loss_formula,
    delta_formulas,
    dropout_formula,
    loss_formula,
    softmax_with_temperature,
    sum_formula,
)
from engine.explain.step_trace import BIAS, StepTrace
from engine.explain.update_formulas import update_formulas
from nnviz.cards.step_through.names import StepNames
from nnviz.cards.step_through.navigation import StepPhase, StepStage, stage_number
from nnviz.cards.step_through.number_rows import NO_ROWS, RowsData
from nnviz.cards.step_through.number_text import (
    decimals_for_change,
    digits_of_parts,
    figure,
    product_text,
    short_figure,
    signed,
    value_text,
    written_versions,
)
from nnviz.formatting import text

_EXAMPLE, _NUMBER, _TARGET, _PRODUCT = 76, 56, 40, 100  # pixels
_VALUE = 56
_MOST_IN_LIST = 7  # decimals of parameters, which are written twice in a row
_HEADS = {"sum": "w · a", "from above": "w · δ", "gradient": "δ · a", "activation": "z", "batch loss": "loss"}
_FIRST_HEADS = _HEADS | {"sum": "w · x", "gradient": "δ · x"}


def _plain(number: int, value: float) -> str:
    """Returns a value as text, as everywhere in the step. The number of its row does not matter."""
    return figure(value)


def _whole(number: int, value: float) -> object:
    """Returns a value with all its digits, for a file. The number of its row does not matter."""
    return value


@dataclass(frozen=True)
class StepPosition:
    """A position in a step.

    Attributes:
        stage: the stage.
        neuron: the neuron of its layer, counted from 0.
        source: in an update, the input of the weight, or ``BIAS``.
        row: the example of the batch, counted from 0.
        temperature: of softmax; 1 for none.
    """

    stage: StepStage
    neuron: int = 0
    source: int = BIAS
    row: int = 0
    temperature: float = 1.0


@dataclass(frozen=True)
class StepContent:
    """The rows and formulas that a position in a step shows."""

    step: StepTrace
    names: StepNames
    position: StepPosition

    # ---- the numbers of the stage

    @cached_property
    def order(self) -> Array:
        """The neuron, example or parameter of each row of the stage; the last parameter is the bias."""
        step, stage = self.step, self.position.stage
        if stage.phase is StepPhase.LOSS:
            return np.arange(step.rows)
        if stage.phase is StepPhase.UPDATE:
            before, _, after = step.parameters_of(stage.layer, self.position.neuron)
            return np.argsort(-np.abs(after - before), kind="stable")
        if stage.layer == 0 and self.names.picture is not None:
            return np.argsort(-np.abs(step.activations[0][self.position.row]), kind="stable")  # most pixels are empty
        return np.arange(self.names.shape[stage.layer])

    @cached_property
    def place(self) -> int | None:
        """The chosen row; None if the chosen neuron, example or parameter has no row."""
        position = self.position
        wanted = position.neuron
        if position.stage.phase is StepPhase.LOSS:
            wanted = position.row
        elif position.stage.phase is StepPhase.UPDATE:
            wanted = position.source % len(self.order)  # the bias, -1, is the last
        found = np.flatnonzero(self.order == wanted)
        return int(found[0]) if len(found) else None

    def rows(self) -> RowsData:
        """Returns the numbers of the stage."""
        stage = self.position.stage
        if stage.phase is StepPhase.LOSS:
            return self._loss_rows()
        if stage.phase is StepPhase.UPDATE:
            return self._update_rows()
        return self._forward_rows() if stage.phase is StepPhase.FORWARD else self._backward_rows()

    def _forward_rows(self) -> RowsData:
        step, layer, row = self.step, self.position.stage.layer, self.position.row
        a = step.activations[layer][row]
        if layer == 0 and self.names.meaning.is_scaled:
            raw = self.names.meaning.raw(a)
            given = self.names.meaning.input_text
            return self._of_neurons(layer, [raw, a], ("as given", "x"), a, (given, _plain), (given, _whole))
        if layer == 0 and step.network.brightness is not None:
            return self._of_neurons(layer, [step.inputs[row], a], ("as given", "x"), a)
        if layer == 0:
            return self._of_neurons(layer, [a], ("x",), a)
        z = step.sums[layer - 1][row]
        if layer < step.layers:
            return self._of_neurons(layer, [z, a], ("z", "a"), a)
        head = "a"
        if self.position.temperature != 1:
            a, head = softmax_with_temperature(z, self.position.temperature), f"a at T {self.position.temperature:.2g}"
        return self._of_neurons(layer, [z, a, step.targets[row]], ("z", head, "target"), a)

    def _backward_rows(self) -> RowsData:
        layer, row = self.position.stage.layer, self.position.row
        deltas = self.step.deltas[layer - 1][row]
        return self._of_neurons(layer, [deltas], ("δ",), deltas)

    def _of_neurons(
        self,
        layer: int,
        columns: list[Array],
        heads: tuple[str, ...],
        bars: Array,
        written: Sequence[Callable[[int, float], str]] = (_plain,) * 3,
        in_file: Sequence[Callable[[int, float], object]] = (_whole,) * 3,
    ) -> RowsData:
        order = self.order

        def values(place: int) -> tuple[object, ...]:
            number = int(order[place])
            return tuple(of(number, float(column[number])) for of, column in zip(in_file, columns, strict=False))

        return RowsData(
            len(bars),
            ("", "", *heads),
            (self.names.width(layer), *[_NUMBER] * min(2, len(columns)), *[_TARGET] * (len(columns) - 2)),
            lambda place: self.names.neuron(layer, int(order[place])),
            lambda place: tuple(
                write(int(order[place]), float(column[order[place]]))
                for write, column in zip(written, columns, strict=False)
            ),
            bars[order],
            values=values,
        )

    def _loss_rows(self) -> RowsData:
        losses = self.step.losses
        return RowsData(
            len(losses),
            ("", "", "loss"),
            (_EXAMPLE, _NUMBER),
            lambda place: f"example {place + 1}",
            lambda place: (figure(float(losses[place])),),
            losses,
            values=lambda place: (float(losses[place]),),
        )

    def _update_rows(self) -> RowsData:
        """Returns the parameters of a neuron, those with the largest changes first."""
        layer = self.position.stage.layer
        before, _, after = (each[self.order] for each in self.step.parameters_of(layer, self.position.neuron))
        change = after.astype(np.float64) - before
        decimals = min(decimals_for_change(float(np.abs(change).max())), _MOST_IN_LIST)

        def name(place: int) -> str:
            source = int(self.order[place])
            return self.names.parameter(layer, BIAS if source == len(self.order) - 1 else source)

        return RowsData(
            len(change),
            ("weight of", "change", "before", "after"),
            (self.names.width(layer - 1), _NUMBER, _NUMBER),
            name,
            lambda place: (figure(float(before[place]), decimals), figure(float(after[place]), decimals)),
            change,
            values=lambda place: (float(before[place]), float(after[place])),
        )

    def picked(self, place: int) -> int:
        """Returns the neuron, the example or the source of the parameter in a row of the stage."""
        found = int(self.order[place])
        is_bias = self.position.stage.phase is StepPhase.UPDATE and found == len(self.order) - 1
        return BIAS if is_bias else found

    # ---- formulas

    def formulas(self) -> list[Formula]:
        """Returns the formulas of the chosen number."""
        step, position = self.step, self.position
        phase, layer = position.stage.phase, position.stage.layer
        if phase is StepPhase.LOSS:
            of_example = loss_formula(step, position.row)
            return [of_example, batch_loss_formula(step)] if step.rows > 1 else [of_example]
        if phase is StepPhase.UPDATE:
            return update_formulas(step, layer, position.neuron, position.source, position.row)
        if phase is StepPhase.BACKWARD:
            return delta_formulas(step, layer, position.neuron, position.row)
        dropped = dropout_formula(step, layer, position.neuron, position.row)
        after = [] if dropped is None else [dropped]
        if layer == 0:
            value = float(step.activations[0][position.row, position.neuron])
            return [
                Formula(
                    Address("activation", 0, position.neuron, row=position.row),
                    "input",
                    "x, the input of the network",
                    "",
                    value,
                    (),
                ),
                *after,
            ]
        parts = (layer, position.neuron, position.row)
        return [sum_formula(step, *parts), activation_formula(step, *parts), *after]

    def _standardisation(self, pixel: Address) -> str:
        """Returns how a pixel became its input, "(0.94 − 0.81) ÷ 0.21"; empty if the network takes raw pixels."""
        about = self.step.network.brightness
        if about is None:
            return ""
        given = float(self.step.inputs[pixel.row, pixel.neuron])
        return f"({figure(given)} − {figure(about.mean)}) ÷ {figure(about.deviation)}"

    def line_rows(self, formulas: list[Formula]) -> RowsData:
        """Returns formulas as rows: the name, the right side with its numbers, the value."""

        def right_side(formula: Formula) -> list[str]:
            if formula.address.what == "activation" and formula.address.layer == 0:
                value = self._standardisation(formula.address)
                value = value or self.names.meaning.scaling_text(formula.address.neuron, formula.value)
                return [f"= {value}" if value else "as in the data"]
            return [f"= {version}" for version in written_versions(formula)]

        return RowsData(
            len(formulas),
            ("", "", ""),
            (0, _VALUE),
            lambda place: formulas[place].name,
            lambda place: (value_text(formulas[place]),),
            bold=0,
            second=lambda place: right_side(formulas[place]),
            shorter=lambda place: "sum" if formulas[place].address.what == "sum" else formulas[place].name,
        )

    def term_rows(self, formula: Formula) -> RowsData:
        """Returns the terms of a formula as rows; the numbers of the formula if it is not a sum."""
        if not formula.terms:
            return replace(NO_ROWS, note=formula.why)
        if len(formula.terms) <= 1:
            parts, digits = formula.parts, digits_of_parts(formula)
            return RowsData(
                len(parts),
                ("from", "", "", ""),
                (0, 44, _VALUE),
                lambda place: self._part_name(parts[place].address),
                lambda place: (parts[place].symbol, _part_text(parts[place].value, digits[place])),
                note=formula.why,
            )
        terms, left, total = formula.terms, formula.left_out, formula.left_sum
        divisor, what = terms[0].divisor, formula.address.what
        # The values below the first layer are the network's inputs.
        head = (_FIRST_HEADS if formula.address.layer == 1 else _HEADS).get(what, "")
        return RowsData(
            len(terms),
            ("from", "", head + (f" / {divisor}" if divisor > 1 else ""), "adds"),
            (self._width_of_terms(formula), _PRODUCT, _VALUE),
            lambda place: self._term_name(formula, place),
            lambda place: (product_text(formula, place), signed(terms[place].value)),
            np.array([term.value for term in terms]),
            note=f"… and {text.count(left)} more, together {figure(total)}" if left else formula.why,
            bold=1,
        )

    def _width_of_terms(self, formula: Formula) -> int:
        """Returns the width of the column that names the sources of a formula's terms, in pixels."""
        at = term_source(formula, len(formula.terms) - 1)
        by_example = at is None or formula.address.what in ("gradient", "batch loss")
        return _EXAMPLE if at is None or by_example else self.names.width(at.layer)

    def _part_name(self, at: Address | None) -> str:
        if at is None:
            return "setting"
        if self.place_of(at) is None:
            return "a line above"
        return self.names.address(at, self.step.rows)

    def _term_name(self, formula: Formula, place: int) -> str:
        at = term_source(formula, place)
        if at is None:
            return ""
        if formula.address.what in ("gradient", "batch loss"):
            return f"example {at.row + 1}"
        return "bias" if at.what == "weight" else self.names.neuron(at.layer, at.neuron)

    def change_text(self) -> str:
        """Returns the change of the chosen parameter: "weight 0.0677 → 0.0703 (+0.0027)"."""
        position = self.position
        before, _, after = self.step.parameters_of(position.stage.layer, position.neuron)
        name = "bias" if position.source == BIAS else "weight"
        old, new = float(before[position.source]), float(after[position.source])
        decimals = decimals_for_change(new - old)
        return f"{name} {figure(old, decimals)} → {figure(new, decimals)} ({signed(new - old)})"

    def answer_text(self) -> str:
        """Returns the example's first output in its unit, " · mpg 27.2, true 38"; empty if it is no scaled number."""
        meaning, step, row = self.names.meaning, self.step, self.position.row
        if not meaning.is_regression or meaning.data is None or meaning.data.target_scaling is None:
            return ""
        said, true = float(step.activations[-1][row, 0]), float(step.targets[row, 0])
        return f" · {meaning.output(0)} {text.figure(meaning.target(said), 3)}, true {meaning.answer(true)}"

    # ---- addresses

    def place_of(self, at: Address) -> int | None:
        """Returns the number of the stage that shows an address; None for a line of the displayed formulas."""
        stages = {
            "sum": StepStage(StepPhase.FORWARD, at.layer),
            "activation": StepStage(StepPhase.FORWARD, at.layer),
            "entering": StepStage(StepPhase.FORWARD, at.layer),
            "mask": StepStage(StepPhase.FORWARD, at.layer),
            "target": StepStage(StepPhase.FORWARD, at.layer),
            "loss": StepStage(StepPhase.LOSS, at.layer),
            "delta": StepStage(StepPhase.BACKWARD, at.layer),
            "weight": StepStage(StepPhase.UPDATE, at.layer),
        }
        wanted = stages.get(at.what)
        return None if wanted is None else stage_number(wanted, self.names.layers)


def _part_text(value: float, digits: int) -> str:
    """Returns a number of a formula as text, with the formula's digits if these are more than the default."""
    return max(figure(value), short_figure(value, digits), key=len)


def term_sources(formula: Formula, place: int) -> list[Address]:
    """Returns the addresses of a term's parts."""
    return [part.address for part in formula.terms[place].parts if part.address is not None]


def term_source(formula: Formula, place: int) -> Address | None:
    """Returns the address that a term leads to: the activation for w · a, the delta for the gradient's δ · a."""
    found = term_sources(formula, place)
    return None if not found else found[0 if formula.address.what == "gradient" else -1]


def check_text(found: FiniteDifference) -> str:
    """Describes how a gradient was measured."""
    return (
        f"Loss {found.more:.10g} at +{found.distance:.1e}, {found.less:.10g} at −{found.distance:.1e}: their "
        f"difference divided by {2 * found.distance:.1e} is {found.slope:.6g}."
    )
