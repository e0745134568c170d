"""The formulas of a step: their terms add up to the number, and come from where they say."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest

from engine.explain.formulas import (
    Address,
    Formula,
    activation_formula,
    batch_loss_formula,
    delta_formulas,
    dropout_formula,
    loss_formula,
    sum_formula,
)
from engine.explain.step_trace import BIAS, StepTrace
from engine.explain.update_formulas import update_formulas
from engine.network.activations import ACTIVATIONS
from tests.engine.explain.test_step_trace import RECIPES, numbers, pictures, record, trainer
from tests.engine.helpers import LOSS_AND_OUTPUT


def total(formula: Formula) -> float:
    """Of all terms, with those that are left out."""
    return sum(term.value for term in formula.terms) + formula.left_sum


def worked_out(formula: Formula) -> float:
    """What the right side gives, with the numbers put in."""
    signs = {"·": "*", "−": "-", "²": "**2", "√": "+root "}
    text = formula.written.format(*[f"(+{part.value!r})" for part in formula.parts])
    for sign, python in signs.items():
        text = text.replace(sign, python)
    while "+root (" in text:
        before, after = text.split("+root (", 1)
        inner, rest = after.split(")", 1)
        text = f"{before}({inner})**0.5{rest}"
    return float(eval(text.replace("(+-", "(-")))


def value_at(step: StepTrace, at: Address) -> float:
    """What is in a step at an address."""
    row, layer, neuron = at.row, at.layer, at.neuron
    if at.what == "weight":
        return step.value_of(step.network.parameters, layer, neuron, at.source)
    if at.what == "entering":
        return float(step.entering(layer + 1)[row, neuron])
    if at.what == "mask":
        mask = step.mask_of(layer)
        return 1.0 if mask is None else float(mask[row, neuron])
    kept = {"sum": step.sums, "delta": step.deltas}
    if at.what in kept:
        return float(kept[at.what][layer - 1][row, neuron])
    if at.what == "activation":
        return float(step.activations[layer][row, neuron])
    if at.what == "target":
        return float(step.targets[row, neuron])
    assert at.what == "loss"
    return float(step.losses[row])


def come_from_where_they_say(step: StepTrace, formulas: Iterable[Formula]) -> None:
    lines = {formula.address: formula.value for formula in formulas}
    for formula in formulas:
        for part in formula.parts:
            if part.address is not None:
                at = part.address
                known = lines[at] if at in lines else value_at(step, at)
                known = float(np.sign(known)) if part.symbol.startswith("sign ") else known
                assert part.value == pytest.approx(known, rel=1e-5, abs=1e-12), (formula, part)


@pytest.mark.parametrize("function", list(ACTIVATIONS))
def test_every_activation_has_a_formula(function: str) -> None:
    assert ACTIVATIONS[function].formula.startswith("a = ")


@pytest.mark.parametrize("function", [name for name in ACTIVATIONS if ACTIVATIONS[name].hidden])
def test_forward_and_backward(function: str) -> None:
    step = record(trainer(activations=[function, function, "softmax"], steps=2, dropout=0.3))
    for layer, neuron, row in ((1, 3, 0), (2, 4, 7), (3, 2, 9)):
        z, a = sum_formula(step, layer, neuron, row), activation_formula(step, layer, neuron, row)
        assert total(z) == pytest.approx(z.value, rel=1e-6, abs=1e-5)
        assert z.value == step.sums[layer - 1][row, neuron]
        assert a.value == step.activations[layer][row, neuron]
        dropped = dropout_formula(step, layer, neuron, row)
        assert (dropped is None) == (layer == 3)
        if dropped is not None:
            assert worked_out(dropped) == pytest.approx(step.entering(layer + 1)[row, neuron])
        deltas = delta_formulas(step, layer, neuron, row)
        assert deltas[-1].value == step.deltas[layer - 1][row, neuron]
        assert worked_out(deltas[-1]) == pytest.approx(deltas[-1].value, rel=1e-4, abs=1e-7)
        if layer < 3:
            assert total(deltas[0]) == pytest.approx(deltas[0].value, abs=1e-6)
        come_from_where_they_say(step, [z, a, *deltas, *([dropped] if dropped else [])])


@pytest.mark.parametrize(("loss", "output"), LOSS_AND_OUTPUT)
def test_losses_and_what_flows_back_from_them(loss: str, output: str) -> None:
    step = record(trainer(activations=["tanh", "tanh", output], loss=loss, learning_rate=0.01, steps=1))
    for row in (0, 5):
        formula = loss_formula(step, row)
        assert total(formula) == pytest.approx(formula.value, rel=1e-4, abs=1e-6)
        for neuron in range(3):
            *before, delta = delta_formulas(step, 3, neuron, row)
            value = worked_out(delta)
            assert value == pytest.approx(delta.value, rel=1e-3, abs=1e-6)
            assert all(total(each) == pytest.approx(each.value, rel=1e-4, abs=1e-6) for each in (*before, delta))
    batch = batch_loss_formula(step)
    assert total(batch) == pytest.approx(batch.value)
    come_from_where_they_say(step, [batch, formula])


def test_softmax_with_sums_below_zero_is_written_with_brackets() -> None:
    step = record(trainer(activations=["tanh", "tanh", "softmax"], loss="cross-entropy"))
    step.sums[-1][0] = np.arange(len(step.sums[-1][0])) - 20
    assert activation_formula(step, step.layers, 0, 0).written.startswith("e^(−20.0000 − (−")
    step.sums[-1][0] += 30
    assert "(−" not in activation_formula(step, step.layers, 0, 0).written


def test_of_a_long_sum_the_largest_terms_are_written() -> None:
    step = record(trainer(hidden=[500, 5]))
    formula = sum_formula(step, 2, 0, 0)
    sizes = [abs(term.value) for term in formula.terms[1:]]
    assert sizes == sorted(sizes, reverse=True)
    assert 1 < len(formula.terms) < 100
    assert len(formula.terms) - 1 + formula.left_out == 500
    assert total(formula) == pytest.approx(formula.value, rel=1e-5)


# ---- the update


@pytest.mark.parametrize("name", RECIPES)
@pytest.mark.parametrize("steps", [0, 4])
def test_every_line_of_an_update_is_right(name: str, steps: int) -> None:
    step = record(trainer(steps=steps, **RECIPES[name]))
    for place in ((1, 2, 5), (2, 1, BIAS), (3, 0, 3)):
        lines = update_formulas(step, *place, row=0)
        assert lines[0].address.what == "gradient"
        assert total(lines[0]) == pytest.approx(lines[0].value, rel=1e-3, abs=1e-8), place
        for line in lines[1:]:
            assert worked_out(line) == pytest.approx(line.value, rel=2e-3, abs=1e-7), line
        assert lines[-1].value == step.value_of(step.after.parameters, *place)
        come_from_where_they_say(step, lines)


@pytest.mark.parametrize(
    ("settings", "lines"),
    [
        ({}, ["gradient", "step", "after"]),
        ({"weight_decay": 0.1}, ["gradient", "penalised", "step", "after"]),
        ({"optimizer": "momentum"}, ["gradient", "velocity", "step", "after"]),
        ({"clip_norm": 1e-6}, ["gradient", "clipped", "step", "after"]),
        ({"max_norm": 0.1}, ["gradient", "step", "moved", "after"]),
        (
            {"optimizer": "adamw", "weight_decay": 0.1},
            [
                "gradient",
                "average",
                "average square",
                "average, corrected",
                "square, corrected",
                "step",
                "decayed",
                "after",
            ],
        ),
    ],
)
def test_what_a_training_does_has_its_line(settings: dict[str, Any], lines: list[str]) -> None:
    step = record(trainer(**settings))
    assert [line.address.what for line in update_formulas(step, 1, 0, 0, 0)] == lines


def test_columns_and_a_single_neuron() -> None:
    step = record(trainer(numbers(), hidden=[1], activations=["relu", "identity"], loss="quadratic"))
    assert total(sum_formula(step, 1, 0, 3)) == pytest.approx(step.sums[0][3, 0], abs=1e-6)
    example = pictures()
    one = record(trainer(example), (np.ones(16), np.array([0, 0, 1])))
    gradient = update_formulas(one, 3, 2, 1, 0)[0]
    assert len(gradient.terms) == 1
    assert gradient.rule == "g = δ · a"


def test_why_nothing_changes_is_said() -> None:
    trained, inputs = trainer(activations=["relu", "relu", "softmax"]), np.linspace(0.1, 1, 16)
    inputs[2] = 0
    step = record(trained, (inputs, np.eye(3)[1]))
    assert not step.activations[1].all()
    for neuron in range(len(trained.network.biases[0])):
        gradient = update_formulas(step, 1, neuron, 2, 0)[0]
        assert gradient.value == 0
        is_off = step.activations[1][0, neuron] == 0
        assert ("inactive" if is_off else "input is 0") in gradient.why
        gradient = update_formulas(step, 1, neuron, 0, 0)[0]
        assert len(gradient.parts) == 2
        if is_off:
            assert gradient.why == "the neuron is inactive (slope 0): its δ is 0"
        else:
            assert bool(gradient.why) == (gradient.value == 0)
