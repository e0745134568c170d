"""Formulas of all numbers of a training step, with their values and the origin of each term.

A formula is made on demand; a long sum lists its largest terms only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.basics.validation import Array
from engine.explain.step_trace import BIAS, StepTrace

_MOST_TERMS = 60  # limit of the terms that are listed


@dataclass(frozen=True)
class Address:
    """The address of a number in a step.

    Attributes:
        what: "activation", "entering" (the next layer, after dropout), "mask", "target", "sum", "weight", "loss",
            "slope", "from above", "delta", or a line of an update: "gradient", "step", "after" …
        layer: from 1; 0 is the input.
        neuron: from 0.
        source: of a weight, the number of the neuron below, or ``BIAS``.
        row: the example.
    """

    what: str
    layer: int
    neuron: int
    source: int = BIAS
    row: int = 0


@dataclass(frozen=True)
class Factor:
    """A number in a formula; ``address`` is None for a setting, such as the learning rate."""

    symbol: str
    value: float
    address: Address | None = None


@dataclass(frozen=True)
class Term:
    """A product of parts, over ``divisor``, or another function of them; ``value`` is what it amounts to.

    ``written``: another function with places for the values of the parts, "−{1} · log {0}"; empty for a product.
    """

    parts: tuple[Factor, ...]
    value: float
    divisor: int = 1
    written: str = ""


@dataclass(frozen=True)
class Formula:
    """The derivation of a number.

    Attributes:
        address: the address of the number.
        name: its name as text.
        rule: the rule in symbols: "z = b + Σ w · a".
        written: the right side with places for the values of all terms' parts, "{0} · {1}"; empty for a sum of terms.
        value: the number.
        terms: the terms; those of a sum with the largest first.
        left_out, left_sum: number and sum of the terms that are not listed.
        why: the reason why the number is 0, as text; empty if it is obvious.
    """

    address: Address
    name: str
    rule: str
    written: str
    value: float
    terms: tuple[Term, ...]
    left_out: int = 0
    left_sum: float = 0.0
    why: str = ""

    @property
    def parts(self) -> tuple[Factor, ...]:
        """The factors of all terms."""
        return tuple(part for term in self.terms for part in term.parts)


# ---- forward


def sum_formula(step: StepTrace, layer: int, neuron: int, row: int) -> Formula:
    """Returns the formula z = b + Σ w · a over all inputs of the neuron."""
    weights = step.network.weights[layer - 1][neuron].astype(np.float64)
    inputs = step.entering(layer)[row].astype(np.float64)
    bias = float(step.network.biases[layer - 1][neuron, 0])

    def term(source: int) -> Term:
        weight = Factor("w", float(weights[source]), Address("weight", layer, neuron, source, row))
        below = Factor(
            "a" if layer > 1 else "x", float(inputs[source]), Address("entering", layer - 1, source, row=row)
        )
        return Term((weight, below), float(weights[source] * inputs[source]))

    terms, left_out, left_sum = largest_terms(weights * inputs, term)
    own = Term((Factor("b", bias, Address("weight", layer, neuron, BIAS, row)),), bias)
    rule = f"z = b + Σ w · {'a' if layer > 1 else 'x'}"
    value = float(step.sums[layer - 1][row, neuron])
    address = Address("sum", layer, neuron, row=row)
    return Formula(address, "weighted sum", rule, "", value, (own, *terms), left_out, left_sum)


def largest_terms(values: Array, make: Callable[[int], Term]) -> tuple[list[Term], int, float]:
    """Returns the terms of the largest values other than 0, the number of the others, and their sum."""
    order = np.argsort(-np.abs(values), kind="stable")
    shown = order[: min(_MOST_TERMS, int(np.count_nonzero(values)))]
    left = order[len(shown) :]
    return [make(place) for place in shown.tolist()], len(left), float(values[left].sum())


def activation_formula(step: StepTrace, layer: int, neuron: int, row: int) -> Formula:
    """Returns the formula a = f(z); softmax divides by the sum over all outputs."""
    function = step.network.layer_activations[layer - 1]
    value = float(step.activations[layer][row, neuron])
    address = Address("activation", layer, neuron, row=row)
    if function.name == "softmax":
        return _softmax_formula(step, address, value, function.formula)
    z = float(step.sums[layer - 1][row, neuron])
    own = Term((Factor("z", z, Address("sum", layer, neuron, row=row)),), value)
    return Formula(address, "activation", function.formula, f"{function.label}({{0}})", value, (own,))


def _softmax_formula(step: StepTrace, address: Address, value: float, rule: str) -> Formula:
    """Returns the softmax formula, in which the largest sum is subtracted from all; that changes no share."""
    z = step.sums[address.layer - 1][address.row].astype(np.float64)
    powers = np.exp(z - z.max())

    def term(output: int) -> Term:
        own = Factor("z", float(z[output]), Address("sum", address.layer, output, row=address.row))
        return Term((own,), float(powers[output]))

    terms, left_out, left_sum = largest_terms(powers, term)
    own, largest = f"{z[address.neuron]:.4f}", f"{z.max():.4f}"
    largest = f"({largest})" if z.max() < 0 else largest
    written = f"e^({own} − {largest}) / {powers.sum():.5f}".replace("-", "−")
    return Formula(address, "activation", rule, written, value, tuple(terms), left_out, left_sum)


def softmax_with_temperature(sums: Array, temperature: float) -> Array:
    """Returns the softmax of sums / temperature, (outputs,).

    High temperatures make all outputs alike, low ones leave the largest alone.

    Hinton, Vinyals and Dean 2015, arXiv:1503.02531, section 2.
    """
    powers = (sums - sums.max()).astype(np.float64) / temperature
    shares: Array = np.exp(powers)
    shares /= shares.sum()
    return shares


def dropout_formula(step: StepTrace, layer: int, neuron: int, row: int) -> Formula | None:
    """Returns the formula of an activation after dropout; None without dropout."""
    mask = step.mask_of(layer)
    if mask is None:
        return None
    factor, a = float(mask[row, neuron]), float(step.activations[layer][row, neuron])
    parts = (
        Factor("a", a, Address("activation", layer, neuron, row=row)),
        Factor("m", factor, Address("mask", layer, neuron, row=row)),
    )
    rule = "a · m, m = 0: left out" if not factor else "a · m, m = 1 / (1 − dropout)"
    address = Address("entering", layer, neuron, row=row)
    return Formula(address, "after dropout", rule, "{0} · {1}", factor * a, (Term(parts, factor * a),))


# ---- the loss


def loss_formula(step: StepTrace, row: int) -> Formula:
    """Returns the formula of the loss of one example, output by output."""
    layer, loss, output_function = step.layers, step.network.loss_function, step.network.layer_activations[-1]
    z, a, y = (each[row].astype(np.float64) for each in (step.sums[-1], step.activations[-1], step.targets))
    shares, written = loss.shares(z, a, y, output_function), loss.share_formula(output_function)
    rule = f"loss = {loss.formula(output_function)}"

    def term(output: int) -> Term:
        a = Factor("a", float(step.activations[-1][row, output]), Address("activation", layer, output, row=row))
        y = Factor("y", float(step.targets[row, output]), Address("target", layer, output, row=row))
        return Term((a, y), float(shares[output]), written=written)

    terms, left_out, left_sum = largest_terms(shares, term)
    address, value = Address("loss", layer, 0, row=row), float(step.losses[row])
    why = "" if terms or value else "every output is its target"
    return Formula(address, "loss", rule, "", value, tuple(terms), left_out, left_sum, why)


def batch_loss_formula(step: StepTrace) -> Formula:
    """Returns the formula of the mean loss over the examples."""
    values = step.losses.astype(np.float64) / step.rows

    def term(row: int) -> Term:
        own = Factor("loss", float(step.losses[row]), Address("loss", step.layers, 0, row=row))
        return Term((own,), float(values[row]), step.rows)

    terms, left_out, left_sum = largest_terms(values, term)
    address = Address("batch loss", step.layers, 0)
    rule = "mean of the examples' losses"
    return Formula(address, "loss of the batch", rule, "", step.loss, tuple(terms), left_out, left_sum)


# ---- backward


def delta_formulas(step: StepTrace, layer: int, neuron: int, row: int) -> list[Formula]:
    """Returns the formulas of δ = d loss/dz: for an output from the loss, else from the layer above."""
    return _output_delta(step, neuron, row) if layer == step.layers else _hidden_delta(step, layer, neuron, row)


def _output_delta(step: StepTrace, neuron: int, row: int) -> list[Formula]:
    layer = step.layers
    a = Factor("a", float(step.activations[-1][row, neuron]), Address("activation", layer, neuron, row=row))
    y = Factor("y", float(step.targets[row, neuron]), Address("target", layer, neuron, row=row))
    delta, address = float(step.deltas[-1][row, neuron]), Address("delta", layer, neuron, row=row)
    loss = step.network.loss_function
    rule, written = loss.slope.format(a="a", y="y"), loss.slope.format(a="{0}", y="{1}")
    if loss.joined_with:
        return [Formula(address, "delta", f"δ = d loss/dz = {rule}", written, delta, (Term((a, y), delta),))]
    by_outputs = step.activations[-1][row : row + 1].copy()
    loss.gradient(step.activations[-1][row : row + 1], step.targets[row : row + 1], by_outputs)
    slope_by_a = float(by_outputs[0, neuron])
    at, rule = Address("from above", layer, neuron, row=row), f"d loss/da = {rule}"
    above = Formula(at, "from the loss", rule, written, slope_by_a, (Term((a, y), slope_by_a),))
    if step.network.activations[-1] == "softmax":
        return [above, _softmax_delta(step, address, by_outputs[0], delta)]
    return [above, *_through_function(step, address, slope_by_a)]


def _softmax_delta(step: StepTrace, address: Address, by_outputs: Array, delta: float) -> Formula:
    """Returns δ = a · (d loss/da − Σ a · d loss/da), because every output depends on every sum."""
    a = float(step.activations[-1][address.row, address.neuron])
    total = float(step.activations[-1][address.row].astype(np.float64) @ by_outputs)
    parts = (
        Factor("a", a, Address("activation", address.layer, address.neuron, row=address.row)),
        Factor(
            "d loss/da",
            float(by_outputs[address.neuron]),
            Address("from above", address.layer, address.neuron, row=address.row),
        ),
        Factor("Σ", total),
    )
    return Formula(
        address, "delta", "δ = a · (d loss/da − Σ a · d loss/da)", "{0} · ({1} − {2})", delta, (Term(parts, delta),)
    )


def _hidden_delta(step: StepTrace, layer: int, neuron: int, row: int) -> list[Formula]:
    """Returns Σ w · δ over the layer above, times the factor of dropout, times the slope of the function."""
    weights = step.network.weights[layer][:, neuron].astype(np.float64)
    deltas = step.deltas[layer][row].astype(np.float64)

    def term(above: int) -> Term:
        weight = Factor("w", float(weights[above]), Address("weight", layer + 1, above, neuron, row))
        delta = Factor("δ", float(deltas[above]), Address("delta", layer + 1, above, row=row))
        return Term((weight, delta), float(weights[above] * deltas[above]))

    terms, left_out, left_sum = largest_terms(weights * deltas, term)
    total = float(weights @ deltas)
    address = Address("from above", layer, neuron, row=row)
    why = "" if terms else "no δ comes from the layer above"
    above = Formula(address, "from above", "d loss/da = Σ w · δ", "", total, tuple(terms), left_out, left_sum, why)
    return [above, *_through_function(step, Address("delta", layer, neuron, row=row), total)]


def _through_function(step: StepTrace, address: Address, above: float) -> list[Formula]:
    """Returns the formulas of the slope f'(z) and of δ."""
    layer, neuron, row = address.layer, address.neuron, address.row
    function, mask = step.network.layer_activations[layer - 1], step.mask_of(layer)
    slope = slope_of(step, layer, neuron, row)
    z = Factor("z", float(step.sums[layer - 1][row, neuron]), Address("sum", layer, neuron, row=row))
    at = Address("slope", layer, neuron, row=row)
    slope_line = Formula(at, "slope", f"f'(z) of {function.label}", "f'({0})", slope, (Term((z,), slope),))
    parts = [Factor("d loss/da", above, Address("from above", layer, neuron, row=row)), Factor("f'", slope, at)]
    if mask is not None:
        parts.append(Factor("m", float(mask[row, neuron]), Address("mask", layer, neuron, row=row)))
    delta = float(step.deltas[layer - 1][row, neuron])
    rule = "δ = d loss/dz = d loss/da · f'(z)" + (" · m, m: dropout" if mask is not None else "")
    written = " · ".join(f"{{{place}}}" for place in range(len(parts)))
    return [slope_line, Formula(address, "delta", rule, written, delta, (Term(tuple(parts), delta),))]


def slope_of(step: StepTrace, layer: int, neuron: int, row: int) -> float:
    """Returns f'(z) of a neuron whose function depends on its own sum only."""
    function = step.network.layer_activations[layer - 1]
    kept = step.sums[layer - 1] if function.needs_sums else step.activations[layer]
    slope = np.ones((1, 1), kept.dtype)
    function.backward(kept[row : row + 1, neuron : neuron + 1].copy(), slope)
    return float(slope[0, 0])


# ---- all terms of a sum at once


def all_terms(step: StepTrace, at: Address) -> Array | None:
    """Returns (terms,) what each term of the sum at an address adds, in the order of where they come from; None for no
    sum.

    Of a weighted sum they are in the order of the inputs, without the bias; of a gradient one for each example.
    """
    layer, neuron, row = at.layer, at.neuron, at.row
    found: Array | None = None
    if at.what == "sum":
        found = step.network.weights[layer - 1][neuron] * step.entering(layer)[row]
    elif at.what == "from above" and layer < step.layers:
        found = step.network.weights[layer][:, neuron] * step.deltas[layer][row]
    elif at.what == "gradient" and step.rows > 1:
        deltas = step.deltas[layer - 1][:, neuron] / step.rows
        found = deltas if at.source == BIAS else deltas * step.entering(layer)[:, at.source]
    elif at.what == "batch loss":
        found = step.losses / step.rows
    return found
