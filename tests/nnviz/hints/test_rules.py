"""Each hint on a stored snapshot where it is right, and on others where it must be silent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from engine.experiment import MILD, Experiment
from engine.training.augmentation import Augmentation
from engine.training.distributions import LayerActivity
from engine.training.history import PARTS, QUANTITIES, Curve, Curves, History
from nnviz.hints.rules import (
    RULES,
    Hint,
    augmentation_too_strong,
    class_never_predicted,
    close_result,
    dead_neurons,
    diverged,
    hints_for,
    overfitting,
    rate_too_large,
    rate_too_small,
    saturated_neurons,
    too_few_epochs,
    unbalanced_classes,
    underfitting,
)
from nnviz.hints.state import Rival, RunState, all_findings
from nnviz.window.guide import sections

# Of a run on 60,000 digits with the default settings: nothing is wrong with it.
GOOD = RunState(
    experiment=Experiment(),
    epochs=tuple(range(9)),
    figures={
        "train_error": (0.91, 0.062, 0.043, 0.033, 0.027, 0.022, 0.019, 0.016, 0.014),
        "test_error": (0.91, 0.063, 0.047, 0.040, 0.036, 0.0325, 0.032, 0.0315, 0.031),
        "train_loss": (2.36, 0.21, 0.145, 0.11, 0.09, 0.074, 0.062, 0.053, 0.046),
        "test_loss": (2.36, 0.21, 0.155, 0.13, 0.117, 0.109, 0.104, 0.102, 0.101),
    },
    examples={"train": 60_000, "test": 10_000},
    is_over=True,
    layers=(LayerActivity("relu", 64, 3, 0.6), LayerActivity("relu", 32, 1, 0.5)),
    confusion=np.full((10, 10), 3) + np.diag(np.full(10, 970)),
    class_names=tuple("0123456789"),
    has_images=True,
)


def state(experiment: Experiment | None = None, **changes: Any) -> RunState:
    """The good run with other values; a name of a figure replaces its curve, and all curves end with the shortest."""
    curves = {name: tuple(changes.pop(name)) for name in list(changes) if name.split("_")[0] in ("train", "test")}
    figures = {**GOOD.figures, **curves, **{name: changes.pop(name) for name in list(changes) if "validation_" in name}}
    length = min(map(len, figures.values()))
    known = {name: getattr(GOOD, name) for name in vars(GOOD)} | {"epochs": GOOD.epochs[:length]}
    known |= {"figures": {name: tuple(values)[:length] for name, values in figures.items()}}
    known |= {"examples": changes.pop("examples", GOOD.examples)}
    known["findings"] = all_findings(history_of(known["figures"]), known["examples"])
    return RunState(**{**known, **({} if experiment is None else {"experiment": experiment}), **changes})


def history_of(figures: Mapping[str, Sequence[float]]) -> History:
    """A history with these figures after each epoch from 0."""
    curves = {name: [Curve(), Curve(), Curve()] for name in QUANTITIES}
    for name, values in figures.items():
        part, _, quantity = name.partition("_")
        curves[quantity][PARTS.index(part)] = Curve(list(range(len(values))), list(values))
    return History(**{name: Curves(*parts) for name, parts in curves.items()})


def with_settings(**settings: Any) -> Experiment:
    return Experiment().changed(**settings)


# Measured on the first 2,000 digits with plain gradient descent.
RISING = (2.31, 0.9, 0.6, 0.75, 0.5, 0.62)
SLOW = (2.31, 2.26, 2.21, 2.16, 2.11)
WRONG = (0.9, 0.31, 0.25, 0.28, 0.2, 0.24)
LEFT = (0.9, 0.8, 0.74, 0.7, 0.66)
# Its held-out loss is best after epoch 3, and its error after epoch 4.
OVERFITTED = {
    "train_loss": (2.36, 0.21, 0.12, 0.06, 0.03, 0.01, 0.005, 0.002, 0.001),
    "test_loss": (2.36, 0.22, 0.16, 0.14, 0.145, 0.16, 0.17, 0.18, 0.19),
    "test_error": (0.91, 0.07, 0.05, 0.044, 0.042, 0.043, 0.044, 0.043, 0.044),
}
# A linear network on spirals: neither error falls any more.
UNDERFITTED = {
    "train_loss": (0.75, 0.68, 0.66, 0.655, 0.654, 0.653, 0.653, 0.653, 0.653),
    "test_loss": (0.75, 0.68, 0.66, 0.655, 0.654, 0.653, 0.653, 0.653, 0.653),
    "train_error": (0.5, 0.4, 0.39, 0.385, 0.385, 0.384, 0.384, 0.384, 0.384),
    "test_error": (0.5, 0.41, 0.4, 0.39, 0.39, 0.39, 0.39, 0.39, 0.39),
}
FALLING = {"test_error": (0.91, 0.4, 0.3, 0.25, 0.21, 0.18, 0.16, 0.14, 0.125)}
MOSTLY_ONE = np.array([[90, 0, 0], [6, 0, 0], [4, 0, 0]])


def case(
    rule: Callable[[RunState], Hint | None], found: str, diagnosis: str, steps: dict[str, Any], of: RunState
) -> Any:
    return pytest.param(rule, found, diagnosis, steps, of, id=f"{rule.__name__}-{' '.join(steps)}")


RIGHT = [
    case(
        diverged,
        "The steps are so large that the loss is no longer finite",
        "diverged",
        {"learning_rate": 0.02, "clip_norm": 1.0},
        state(has_diverged=True),
    ),
    case(
        diverged,
        "The steps are so large that the loss is no longer finite",
        "diverged",
        {"learning_rate": 0.2, "clip_norm": 1.0, "weight_scale": 1.0},
        state(with_settings(learning_rate=1e30, weight_scale=9), has_diverged=True),
    ),
    case(
        dead_neurons,
        "40 of 64 neurons in layer 1 never fire",
        "dead neurons",
        {"learning_rate": 0.2},
        state(
            with_settings(learning_rate=0.8),
            layers=(LayerActivity("relu", 64, 40, 0.9), LayerActivity("relu", 32, 1, 0.5)),
        ),
    ),
    case(
        dead_neurons,
        "Layer 2 has the same output for nearly every example",
        "dead layer",
        {"learning_rate": 0.2},
        state(with_settings(learning_rate=2), dead_layer=2),
    ),
    case(
        dead_neurons,
        "Layer 1 has the same output for nearly every example",
        "dead layer",
        {"activations": ("leaky-relu", "tanh", "softmax")},
        state(with_settings(activations=("relu", "tanh", "softmax")), dead_layer=1),
    ),
    case(
        saturated_neurons,
        "61 % of the outputs of layer 1 are where sigmoid is flat",
        "saturated",
        {"weight_scale": 1.0},
        state(with_settings(weight_scale=8), layers=(LayerActivity("sigmoid", 64, 3, 0.61),)),
    ),
    case(
        saturated_neurons,
        "61 % of the outputs of layer 1 are where tanh is flat",
        "saturated",
        {"learning_rate": 0.05},
        state(with_settings(activations=("tanh", "tanh", "softmax")), layers=(LayerActivity("tanh", 64, 3, 0.61),)),
    ),
    case(
        saturated_neurons,
        "61 % of the outputs of layer 2 are where tanh is flat",
        "saturated",
        {"learning_rate": 0.05},
        state(
            with_settings(activations=("relu", "tanh", "softmax")),
            layers=(LayerActivity("relu", 64, 3, 0.5), LayerActivity("tanh", 32, 0, 0.61)),
        ),
    ),
    case(
        rate_too_large,
        "The training loss rose in 2 of the last 5 epochs",
        "learning rate too large",
        {"schedule": "cosine"},
        state(train_loss=RISING, train_error=WRONG),
    ),
    case(
        rate_too_large,
        "The training loss rose in 2 of the last 5 epochs",
        "learning rate too large",
        {"schedule": "cosine", "learning_rate": 0.8},
        state(with_settings(learning_rate=3), train_loss=RISING, train_error=WRONG),
    ),
    case(
        rate_too_large,
        "The training loss rose in 2 of the last 5 epochs",
        "learning rate too large",
        {"learning_rate": 0.05},
        state(with_settings(schedule="cosine"), train_loss=RISING, train_error=WRONG),
    ),
    case(
        rate_too_small,
        "In 4 epochs the training loss only fell from 2.31 to 2.11",
        "learning rate too small",
        {"learning_rate": 0.25},
        state(with_settings(learning_rate=0.025), train_loss=SLOW, train_error=LEFT),
    ),
    case(
        unbalanced_classes,
        "90 % of examples are “rare <b>”, and the error is no better than always predicting it",
        "unbalanced classes",
        {"dropout": 0.0},
        state(
            with_settings(dropout=0.5),
            confusion=MOSTLY_ONE,
            class_names=("rare <b>", "b", "c"),
            train_error=(0.4, 0.1, 0.1, 0.1, 0.1),
            test_error=(0.4, 0.1, 0.1, 0.1, 0.1),
            examples={"test": 100},
        ),
    ),
    case(
        class_never_predicted,
        "“5” has 21 examples and is never predicted",
        "a class is missing",
        {"optimizer": "adam", "learning_rate": 0.001},
        state(confusion=np.diag([20, 20, 20, 20, 20, 0]) + np.outer([0, 0, 0, 0, 0, 1], [0, 0, 0, 21, 0, 0])),
    ),
    case(
        overfitting,
        "The test error (4.40 %, in training 1.40 %) has not improved since epoch 3",
        "overfitting",
        {"augmentation": MILD},
        state(**OVERFITTED),
    ),
    case(
        overfitting,
        "The test error (4.40 %, in training 1.40 %) has not improved since epoch 3",
        "overfitting",
        {"weight_decay": 0.001},
        state(**OVERFITTED, has_images=False),
    ),
    case(
        overfitting,
        "The validation error (4.40 %, in training 1.40 %) has not improved since epoch 3",
        "overfitting",
        {"patience": 10},
        state(
            validation_loss=OVERFITTED["test_loss"],
            validation_error=OVERFITTED["test_error"],
            train_loss=OVERFITTED["train_loss"],
            has_images=False,
        ),
    ),
    case(
        overfitting,
        "The test loss (0.19, in training 0.001) has risen since epoch 3",
        "overfitting",
        {"augmentation": MILD},
        state(**{**OVERFITTED, "train_error": (0.9, 0.06, 0.05, 0.044, 0.042, 0.041, 0.042, 0.041, 0.04)}),
    ),
    case(
        augmentation_too_strong,
        "Without distortions, the training error (4.50 %) is not below the test error (4.40 %)",
        "augmentation too strong",
        {"rotation": 20.0, "shift": 2.0},
        state(
            with_settings(augmentation=Augmentation(rotation=40, shift=4)),
            train_error=(0.9, 0.2, 0.1, 0.06, 0.045),
            test_error=(0.9, 0.2, 0.1, 0.06, 0.044),
        ),
    ),
    case(
        underfitting,
        "The training error (38.40 %) is not below the test error (37.50 %), and neither still falls",
        "underfitting",
        {"hidden": (256, 128)},
        state(
            with_settings(optimizer="adam", learning_rate=0.001),
            **{**UNDERFITTED, "test_error": (0.5, 0.41, 0.39, 0.38, 0.375, 0.375, 0.375, 0.375, 0.375)},
        ),
    ),
    case(
        underfitting,
        "The training error (38.40 %) is as high as the test error (38.40 %), and neither still falls",
        "underfitting",
        {"hidden": (256, 128)},
        state(
            with_settings(optimizer="adam", learning_rate=0.001),
            **{**UNDERFITTED, "test_error": UNDERFITTED["train_error"]},
        ),
    ),
    case(
        underfitting,
        "The training error (38.40 %) is hardly below the test error (39.00 %), and neither still falls",
        "underfitting",
        {"hidden": (256, 128)},
        state(with_settings(optimizer="adam", learning_rate=0.001), **UNDERFITTED),
    ),
    case(
        underfitting,
        "The training error (38.40 %) is hardly below the test error (39.00 %), and neither still falls",
        "underfitting",
        {"hidden": (32,)},
        state(with_settings(hidden=(), weight_decay=0.1), **UNDERFITTED),
    ),
    case(
        underfitting,
        "The training error (38.40 %) is hardly below the test error (39.00 %), and neither still falls",
        "underfitting",
        {"learning_rate": 0.2},
        state(with_settings(learning_rate=0.01, weight_decay=0.1), **UNDERFITTED),
    ),
    case(
        underfitting,
        "The training error (38.40 %) is hardly below the test error (39.00 %), and neither still falls",
        "underfitting",
        {"augmentation": Augmentation()},
        state(with_settings(augmentation=MILD), **UNDERFITTED),
    ),
    case(
        too_few_epochs,
        "The test error fell from 18.00 % (epoch 5) to 12.50 %",
        "too few epochs",
        {"epochs": 40},
        state(**FALLING),
    ),
    case(
        close_result,
        "The test error 3.10 % here and 3.30 % with learning rate 0.05 may differ by chance",
        "single runs",
        {},
        state(rivals=(Rival("learning rate 1", 0.2), Rival("learning rate 0.05", 0.033))),
    ),
]


@pytest.mark.parametrize(("rule", "found", "diagnosis", "steps", "of"), RIGHT)
def test_it_is_right(
    rule: Callable[[RunState], Hint | None], found: str, diagnosis: str, steps: dict[str, Any], of: RunState
) -> None:
    hint = rule(of)
    assert hint is not None
    assert (hint.observation, hint.diagnosis, dict(hint.steps)) == (found, diagnosis, steps)
    assert hint.sentence == f"{found}: {diagnosis}."
    assert hint.label
    assert of.experiment.changed(**hint.steps) != of.experiment or not steps, "the steps are settings, and change them"
    assert ("hints", hint.name) in {(section.page, section.anchor) for section in sections()}, "the guide explains it"


def test_nothing_is_said_about_a_good_run() -> None:
    assert hints_for(GOOD) == []
    assert {rule.__name__ for rule in RULES} == {parameters.values[0].__name__ for parameters in RIGHT}


def values(curve: Sequence[float], times: float) -> tuple[float, ...]:
    return tuple(times * value for value in curve)


SILENT = {
    "no neuron is known before the first epoch": (
        dead_neurons,
        state(train_loss=(2.3,), layers=(LayerActivity("relu", 64, 64, 1),)),
    ),
    "a third of the neurons is dead": (dead_neurons, state(layers=(LayerActivity("relu", 32, 12, 0.9),))),
    "leaky neurons do not die": (dead_neurons, state(layers=(LayerActivity("leaky-relu", 64, 60, 0.9),))),
    "two of three neurons, by chance": (dead_neurons, state(layers=(LayerActivity("relu", 3, 2, 0.9),))),
    "ReLU does not saturate": (saturated_neurons, state(layers=(LayerActivity("relu", 64, 3, 0.9),))),
    "a third of the outputs is saturated": (saturated_neurons, state(layers=(LayerActivity("tanh", 64, 3, 0.3),))),
    "the loss rose once": (rate_too_large, state(train_loss=(2.3, 0.9, 0.6, 0.7, 0.5, 0.4), train_error=WRONG)),
    "it rises where nothing is left to learn": (
        rate_too_large,
        state(train_loss=values(RISING, 0.01), train_error=values(WRONG, 0.01)),
    ),
    "the rate is far below the default": (
        rate_too_large,
        state(with_settings(learning_rate=0.01), train_loss=RISING, train_error=WRONG),
    ),
    "the training error varies by chance": (
        rate_too_large,
        state(train_loss=RISING, train_error=WRONG, examples={"train": 40, "test": 10_000}),
    ),
    "two epochs are too few to judge": (rate_too_small, state(train_loss=SLOW[:3], train_error=LEFT)),
    "the loss falls, and flattens": (
        rate_too_small,
        state(train_loss=(2.31, 1.7, 1.45, 1.35, 1.33), train_error=LEFT),
    ),
    "the loss does not fall in every epoch": (
        rate_too_small,
        state(train_loss=(2.31, 2.28, 2.29, 2.27, 2.25), train_error=LEFT),
    ),
    "it beats the majority": (
        unbalanced_classes,
        state(confusion=MOSTLY_ONE, test_error=(0.4, 0.1, 0.05, 0.03, 0.02), examples={"test": 1000}),
    ),
    "the training set is learned": (
        unbalanced_classes,
        state(
            confusion=MOSTLY_ONE,
            train_error=(0.4, 0.1, 0.06, 0.03, 0.01),
            test_error=(0.4, 0.1, 0.1, 0.1, 0.1),
            examples={"test": 100},
        ),
    ),
    "no class is the majority": (unbalanced_classes, state(test_error=(0.9, 0.9, 0.9, 0.9, 0.9))),
    "the missed class has 4 examples": (class_never_predicted, state(confusion=MOSTLY_ONE[:, :] * [1, 0, 0])),
    "the errors are alike, and the loss rises a little": (
        overfitting,
        state(
            **{
                **OVERFITTED,
                "train_error": (0.9, 0.06, 0.05, 0.044, 0.042, 0.041, 0.042, 0.041, 0.04),
                "train_loss": (2.3, 0.22, 0.16, 0.14, 0.138, 0.137, 0.136, 0.135, 0.134),
                "test_loss": (2.3, 0.22, 0.16, 0.14, 0.141, 0.143, 0.142, 0.143, 0.142),
            }
        ),
    ),
    "the gap is no larger than what a few examples make": (
        overfitting,
        state(**{**OVERFITTED, "test_loss": OVERFITTED["train_loss"]}, examples={"test": 30}),
    ),
    "the loss rises, but the training error has hardly fallen": (
        overfitting,
        state(**{**OVERFITTED, "train_error": (0.9, *[0.89] * 8)}),
    ),
    "the error still improves": (
        overfitting,
        state(**{**OVERFITTED, "test_error": (0.91, 0.07, 0.05, 0.044, 0.042, 0.041, 0.04, 0.039, 0.038)}),
    ),
    "the last epochs are no better than one before": (
        too_few_epochs,
        state(test_error=(0.5, 0.4, 0.25, 0.27, 0.25)),
    ),
    "early stopping takes care of it": (
        overfitting,
        state(with_settings(patience=5, validation_share=0.1), **OVERFITTED),
    ),
    "nothing is distorted": (augmentation_too_strong, state(**UNDERFITTED)),
    "the distortions keep the errors apart": (
        augmentation_too_strong,
        state(
            with_settings(augmentation=MILD),
            train_error=(0.9, 0.2, 0.1, 0.05, 0.03),
            test_error=(0.9, 0.2, 0.12, 0.07, 0.06),
        ),
    ),
    "the errors are far apart": (underfitting, state(**{**UNDERFITTED, "test_error": (0.6,) * 9})),
    "the loss still falls": (
        underfitting,
        state(**{**UNDERFITTED, "train_loss": (0.75, 0.7, 0.66, 0.62, 0.6, 0.58, 0.56, 0.54, 0.52)}),
    ),
    "three epochs all improve on the untrained network": (too_few_epochs, state(test_error=(0.9, 0.4, 0.3, 0.25))),
    "the run is not over": (too_few_epochs, state(**FALLING, is_over=False)),
    "the error stays": (too_few_epochs, GOOD),
    "two mistakes are too few to measure less": (
        too_few_epochs,
        state(test_error=(0.9, 0.5, 0.4, 0.3, 0.2, 0.1, 0.06, 0.04, 0.02), examples={"test": 100}),
    ),
    "nothing can be gained": (
        saturated_neurons,
        state(
            with_settings(activations=("tanh", "tanh", "softmax")),
            layers=(LayerActivity("tanh", 64, 3, 0.9),),
            test_error=(0.9, 0.0, 0.0),
        ),
    ),
    "the last epochs vary by chance": (
        too_few_epochs,
        state(test_error=(0.9, 0.1, 0.06, 0.055, 0.052, 0.051, 0.055, 0.05, 0.05), examples={"test": 300}),
    ),
    "the runs are clearly apart": (close_result, state(rivals=(Rival("learning rate 0.05", 0.045),))),
    "there is no other run": (close_result, GOOD),
    "the run was paused": (close_result, state(rivals=(Rival("learning rate 0.05", 0.031),), is_over=False)),
}


@pytest.mark.parametrize("why", SILENT)
def test_it_is_silent(why: str) -> None:
    rule, of = SILENT[why]
    assert rule(of) is None


def test_the_most_urgent_comes_first() -> None:
    both = state(has_diverged=True, is_over=False, train_loss=RISING, train_error=WRONG)
    assert [hint.name for hint in hints_for(both)] == ["diverged", "learning-rate-too-large"]


def test_regression_is_judged_by_its_rmse() -> None:
    """Neither its figures nor its sentence are those of classes."""
    figures = {
        "train_loss": (1.2, 0.5, 0.4, 0.39, 0.389, 0.389, 0.389),
        "train_rmse": (9.0, 5.2, 4.9, 4.85, 4.84, 4.84, 4.84),
        "test_loss": (1.2, 0.5, 0.41, 0.4, 0.399, 0.398, 0.398),
        "test_rmse": (9.0, 5.3, 4.95, 4.9, 4.89, 4.88, 4.88),
        "train_r2": (0.0, 0.4, 0.5, 0.55, 0.551, 0.551, 0.551),
    }
    examples = {"train": 300, "test": 90}
    findings = all_findings(history_of(figures), examples)
    of = RunState(Experiment(), tuple(range(7)), figures, examples, findings, is_over=True)
    (hint,) = hints_for(of)
    assert (
        hint.sentence
        == "The training RMSE (4.84) is hardly below the test RMSE (4.88), and neither still falls: underfitting."
    )


def test_a_run_without_figures_has_no_hints() -> None:
    assert hints_for(RunState(Experiment())) == []
    only_trained = {name: curve for name, curve in GOOD.figures.items() if name.startswith("train")}
    assert hints_for(RunState(Experiment(), GOOD.epochs, only_trained, {"train": 100}, is_over=True)) == []
