"""Formulas of one parameter's update in a step: gradient, penalties, clipping, optimizer, limits, line by line."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np

from engine.explain.formulas import Address, Factor, Formula, Term, largest_terms, slope_of
from engine.explain.step_trace import BIAS, StepTrace
from engine.training.optimizers import OPTIMIZERS


@dataclass(frozen=True)
class _Parameter:
    """A parameter of a step, and the lines about it."""

    step: StepTrace
    layer: int
    neuron: int
    source: int
    row: int

    def at(self, what: str) -> Address:
        """Returns the address of a line, or of the parameter itself."""
        return Address(what, self.layer, self.neuron, self.source, self.row)

    @property
    def before(self) -> Factor:
        """The parameter before the step."""
        name = "b" if self.source == BIAS else "w"
        value = self.step.value_of(self.step.network.parameters, self.layer, self.neuron, self.source)
        return Factor(name, value, self.at("weight"))

    @property
    def after(self) -> float:
        """The parameter after the step."""
        return self.step.value_of(self.step.after.parameters, self.layer, self.neuron, self.source)

    def kept(self, name: str, is_after: bool) -> float:
        """Returns the optimizer's value of this name for the parameter; 0 before the first step."""
        averages = self.step.averages_after if is_after else self.step.averages_before
        vector = averages.kept.get(name)
        return 0.0 if vector is None else self.step.value_of(vector, self.layer, self.neuron, self.source)

    def line(self, what: str, name: str, rule: str, written: str, value: float, *parts: Factor) -> Formula:
        """Returns a line with one term."""
        return Formula(self.at(what), name, rule, written, value, (Term(parts, value),))


def update_formulas(step: StepTrace, layer: int, neuron: int, source: int, row: int) -> list[Formula]:
    """Returns all lines of a parameter's update, from the gradient of the loss to the parameter after the step."""
    parameter = _Parameter(step, layer, neuron, source, row)
    lines = [_gradient(parameter)]
    lines += _penalties(parameter, _part(lines[-1], "g"))
    lines += _clipping(parameter, _part(lines[-1], "g"))
    lines += _step(parameter, _part(lines[-1], "g"))
    return [*lines, *_result(parameter, _part(lines[-1], "s"))]


def _part(line: Formula, symbol: str) -> Factor:
    return Factor(symbol, line.value, line.address)


# ---- the gradient


def _gradient(parameter: _Parameter) -> Formula:
    """Returns the formula δ · a, or its mean over the examples of a batch; for a bias δ alone."""
    step, layer, neuron, source = parameter.step, parameter.layer, parameter.neuron, parameter.source
    deltas = step.deltas[layer - 1][:, neuron].astype(np.float64)
    below = np.ones_like(deltas) if source == BIAS else step.entering(layer)[:, source].astype(np.float64)

    def term(row: int) -> Term:
        parts = [Factor("δ", float(deltas[row]), Address("delta", layer, neuron, row=row))]
        if source != BIAS:
            at = Address("entering", layer - 1, source, row=row)
            parts.append(Factor("a" if layer > 1 else "x", float(below[row]), at))
        return Term(tuple(parts), float(deltas[row] * below[row]) / step.rows, step.rows)

    terms, left_out, left_sum = largest_terms(deltas * below / step.rows, term)
    if step.rows == 1:
        terms, left_out = [term(0)], 0  # also if it is 0, because its numbers show why
    product = "δ" if source == BIAS else f"δ · {'a' if layer > 1 else 'x'}"
    rule = f"g = {product}" if step.rows == 1 else f"g = mean of {product} over the examples"
    value = step.value_of(step.gradient, layer, neuron, source)
    return Formula(
        parameter.at("gradient"), "gradient", rule, "", value, tuple(terms), left_out, left_sum, _why_nothing(parameter)
    )


def _why_nothing(parameter: _Parameter) -> str:
    """Returns the reason why the gradient is 0 in every example; empty if it is not."""
    step, layer, neuron, source = parameter.step, parameter.layer, parameter.neuron, parameter.source
    deltas = step.deltas[layer - 1][:, neuron]
    has_input = np.ones(step.rows, bool) if source == BIAS else step.entering(layer)[:, source] != 0
    if ((deltas != 0) & has_input).any():
        return ""
    ever = "" if step.rows == 1 else " in every example"
    if not deltas.any():
        return f"{_why_no_delta(step, layer, neuron)}{ever}: its δ is 0"
    return f"its input is 0{ever}" if not has_input.any() else "δ or the input is 0 in every example"


def _why_no_delta(step: StepTrace, layer: int, neuron: int) -> str:
    """Returns the reason why δ of a neuron is 0 in all examples."""
    if layer == step.layers:
        return "the output is its target"
    mask = step.mask_of(layer)
    if mask is not None and not mask[:, neuron].any():
        return "dropout has left the neuron out"
    if not any(slope_of(step, layer, neuron, row) for row in range(step.rows)):
        return "the neuron is inactive (slope 0)"
    return "nothing comes back to the neuron"


def _penalties(parameter: _Parameter, gradient: Factor) -> list[Formula]:
    """Returns the lines of weight decay and L1, which affect weights only."""
    settings = parameter.step.settings
    decay = 0.0 if OPTIMIZERS[settings.optimizer].decouples_decay else settings.weight_decay
    if parameter.source == BIAS or not (decay or settings.l1):
        return []
    before, parts, value = parameter.before, [gradient], gradient.value
    written, rule = "{0}", "g"
    if decay:
        parts += [Factor("λ", decay), before]
        value += decay * before.value
        written, rule = written + " + {1} · {2}", f"{rule} + λ · w"
    if settings.l1:
        sign = float(np.sign(before.value))
        parts += [Factor("λ₁", settings.l1), Factor("sign w", sign, before.address)]
        value += settings.l1 * sign
        written, rule = f"{written} + {{{len(parts) - 2}}} · {{{len(parts) - 1}}}", f"{rule} + λ₁ · sign w"
    return [parameter.line("penalised", "with weight decay" if decay else "with L1", rule, written, value, *parts)]


def _clipping(parameter: _Parameter, gradient: Factor) -> list[Formula]:
    """Returns the line of gradient clipping: the whole gradient is shortened if it exceeds the limit."""
    most, length = parameter.step.settings.clip_norm, parameter.step.changed_gradient_length
    if not most or length <= most:
        return []
    parts = (gradient, Factor("most", most), Factor("length", length))
    value = gradient.value * most / length
    return [parameter.line("clipped", "clipped", "g · most / length of all", "{0} · {1} / {2}", value, *parts)]


def _step(parameter: _Parameter, gradient: Factor) -> list[Formula]:
    """Returns the lines of the optimizer's rule, from the gradient to the step."""
    step, optimizer = parameter.step, parameter.step.settings.new_optimizer()
    optimizer.zeros, optimizer.steps = step.averages_after.zeros, step.averages_after.steps
    before, after = (
        {name: parameter.kept(name, is_after) for name, _ in optimizer.keeps} for is_after in (False, True)
    )
    known, lines = {"g": gradient, "η": Factor("η", step.rate)}, []
    for line in optimizer.derivation(gradient.value, step.rate, before, after):
        known |= {symbol: Factor(symbol.strip("()"), value) for symbol, value in line.numbers.items()}
        symbols = list(dict.fromkeys(re.findall("{(.+?)}", line.formula)))
        written = line.formula.format_map({symbol: f"{{{place}}}" for place, symbol in enumerate(symbols)})
        rule = f"{line.symbol} = {line.formula.format_map({symbol: symbol for symbol in symbols})}"
        parts = [known[symbol] for symbol in symbols]
        lines.append(parameter.line(line.name, line.name, rule, written, line.value, *parts))
        known[line.symbol] = _part(lines[-1], line.symbol)
    return lines


# ---- the parameter after the step


def _result(parameter: _Parameter, taken: Factor) -> list[Formula]:
    """Returns the lines of w − s: decoupled weight decay before it, the limit of the weights' norm after it."""
    step, settings, before = parameter.step, parameter.step.settings, parameter.before
    is_weight, name = parameter.source != BIAS, before.symbol
    title = "weight after" if is_weight else "bias after"
    lines: list[Formula] = []
    if OPTIMIZERS[settings.optimizer].decouples_decay and settings.weight_decay and is_weight:
        parts = (before, Factor("η", step.rate), Factor("λ", settings.weight_decay))
        value = before.value * (1 - step.rate * settings.weight_decay)
        lines.append(
            parameter.line("decayed", "weight decay", "w · (1 − η · λ)", "{0} · (1 − {1} · {2})", value, *parts)
        )
        before = _part(lines[-1], name)
    written, value = "{0} − {1}", before.value - taken.value
    if is_weight and settings.max_norm and not math.isclose(value, parameter.after, rel_tol=1e-3, abs_tol=1e-7):
        lines.append(parameter.line("moved", "moved", f"{name} − s", written, value, before, taken))
        moved, factor = _part(lines[-1], name), parameter.after / value
        rule = "w · most / length of the neuron's weights"
        return [*lines, parameter.line("after", title, rule, "{0} · {1}", parameter.after, moved, Factor("", factor))]
    return [
        *lines,
        parameter.line("after", title, f"{name} after = {name} − s", written, parameter.after, before, taken),
    ]
