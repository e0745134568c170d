"""The names that a lesson may use: data, settings, cards, controls and facts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from engine.basics.cli_option_names import option_of_setting
from engine.basics.validation import NO_LAYERS
from engine.experiment import DECLARED, Experiment


class Kind(Enum):
    """The kind of a fact: how its value is written and compared."""

    FLAG = "yes or no"
    WHOLE = "whole number"
    NUMBER = "number"
    SHARE = "share in %"
    NAME = "name"
    SETTING = "value of a setting"


@dataclass(frozen=True)
class FactInfo:
    """The description of a fact.

    Attributes:
        kind: the kind of its value.
        about: what it is, for the table of names.
        label: the beginning of a sentence about it: "Test error". "{}" stands for the arguments. That of a flag is the
            whole sentence, and ends with what may be negated: "Branch made".
        arguments: names of its arguments.
        is_event: whether it counts what happened since the step was opened.
    """

    kind: Kind
    about: str
    label: str
    arguments: tuple[str, ...] = ()
    is_event: bool = False


FACTS: dict[str, FactInfo] = {
    "epoch": FactInfo(Kind.NUMBER, "epochs that the current run is trained", "Epochs trained"),
    "changed": FactInfo(
        Kind.FLAG,
        "settings or weights of the current run were changed, or epochs added, after its start",
        "Settings of the run changed",
    ),
    "train-error": FactInfo(Kind.SHARE, "training error at the end of the last epoch", "Training error"),
    "test-error": FactInfo(Kind.SHARE, "test error at the end of the last epoch", "Test error"),
    "validation-error": FactInfo(Kind.SHARE, "validation error at the end of the last epoch", "Validation error"),
    "loss": FactInfo(Kind.NUMBER, "training loss at the end of the last epoch", "Training loss"),
    "rmse": FactInfo(Kind.NUMBER, "test RMSE at the end of the last epoch", "Test RMSE"),
    "r2": FactInfo(Kind.NUMBER, "test R² at the end of the last epoch", "Test R²"),
    "field": FactInfo(Kind.SETTING, "value of a setting in the form", "Field {}", ("setting",)),
    "data": FactInfo(Kind.NAME, "name of the data, or of their file", "Data"),
    "inputs": FactInfo(Kind.WHOLE, "inputs of the current network", "Inputs"),
    "layers": FactInfo(Kind.WHOLE, "hidden layers of the current network", "Number of hidden layers"),
    "parameters": FactInfo(Kind.WHOLE, "weights and biases of the current network", "Parameters"),
    "state": FactInfo(Kind.NAME, "running, paused, finished, diverged, dead or ready", "State"),
    "dead": FactInfo(
        Kind.SHARE, "share of a hidden layer's neurons that are dead", "Dead neurons of layer {}", ("layer",)
    ),
    "strength": FactInfo(Kind.NUMBER, "factor of a neuron's output by a what-if", "Strength of {}", ("neuron",)),
    "drawn": FactInfo(Kind.FLAG, "something is drawn on the canvas, and no stroke is in progress", "Something drawn"),
    "prediction": FactInfo(Kind.NAME, "predicted class of the current input", "Prediction"),
    "confidence": FactInfo(Kind.SHARE, "confidence of the prediction", "Confidence"),
    "workspace": FactInfo(Kind.NAME, "train, inside or runs", "Workspace"),
    "opened": FactInfo(Kind.FLAG, "a card was opened", "{} opened", ("card",), True),
    "epoch-shown": FactInfo(Kind.NUMBER, "the displayed epoch", "Displayed epoch"),
    "branched": FactInfo(Kind.FLAG, "a branch was made", "Branch made", (), True),
    "compared": FactInfo(Kind.FLAG, "two networks were shown side by side, or runs compared", "Compared", (), True),
    "seeds": FactInfo(Kind.WHOLE, "seeds of the last finished group of runs", "Seeds trained", (), True),
    "runs": FactInfo(
        Kind.WHOLE, "number of values of a setting that were trained", "Values of {} trained", ("setting",), True
    ),
    "mistake-shown": FactInfo(
        Kind.FLAG,
        "the mistakes of a cell of the confusion matrix were listed",
        "{} chosen",
        ("true", "predicted"),
        True,
    ),
    "examples-kept": FactInfo(Kind.WHOLE, "examples of your own", "Examples kept"),
    "answered": FactInfo(Kind.FLAG, "the questions of the step are answered", "Question answered", (), True),
    "correct": FactInfo(Kind.FLAG, "the questions of the step are answered correctly", "Answer correct", (), True),
}
STATES = ("ready", "running", "paused", "finished", "diverged", "dead")
WORKSPACES = ("train", "inside", "runs")
# Settings by their command-line names, with those that have options of their own.
SETTINGS: dict[str, str] = {
    **{option_of_setting(name).removeprefix("--"): name for name in DECLARED},
    "hidden": "hidden",
    "activation": "activation",
}


def value_of_setting(experiment: Experiment, name: str) -> float | str:
    """Returns a setting of an experiment by its command-line name: a number, or a text such as "64, 32" or "true"."""
    if name == "activation":
        return ", ".join(dict.fromkeys(experiment.activations[:-1])) or NO_LAYERS
    value = experiment.value(SETTINGS[name])
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (tuple, list)):
        return ", ".join(f"{each:g}" for each in value) or NO_LAYERS
    return float(value) if isinstance(value, (int, float)) else str(value)


# Settings whose value is a number. Dropout may also be a list, one number for each layer.
NUMBERS = frozenset(name for name in SETTINGS if isinstance(value_of_setting(Experiment(), name), float))
_SUFFIXES = re.compile("(Button|Edit|Combo|Spin|Check|Slider|Canvas|Table|Dock|Page|Tab|Group|List|Plot)$")


@dataclass(frozen=True)
class Catalogue:
    """The names of one program: those above, and what the window has.

    Attributes:
        data, presets: names of data sets and presets.
        cards, controls: names of cards and controls, see :func:`lesson_name`.
    """

    data: frozenset[str]
    presets: frozenset[str]
    cards: frozenset[str]
    controls: frozenset[str]


def lesson_name(object_name: str) -> str:
    """Returns a Qt object name as lessons write it: "learningRateEdit" → "learning-rate", "actionReset" → "reset"."""
    bare = _SUFFIXES.sub("", object_name)
    if bare.startswith("action"):
        bare = f"{bare[6:7].lower()}{bare[7:]}"
    return re.sub("(?<=[a-z0-9])([A-Z])", lambda found: f"-{found[1].lower()}", bare)
