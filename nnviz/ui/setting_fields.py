"""The settings of an experiment as forms show them: titles, steps, tooltips and choices, one row each."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PyQt5.QtWidgets import QWidget

from engine.basics.registry import Registry
from engine.basics.validation import parse_number, parse_share, parse_whole
from engine.datasets import DataSetting
from engine.network.activations import ACTIVATIONS
from engine.network.initializers import INITIALIZERS
from engine.network.losses import LOSSES
from engine.training.optimizers import OPTIMIZERS
from engine.training.schedules import SCHEDULES
from nnviz.formatting.setting_text import setting_name
from nnviz.ui.fields import NumberEdit, step_by, step_decade, step_decade_or_zero, step_whole
from nnviz.ui.parts import object_name


@dataclass(frozen=True)
class SettingField:
    """The description of a field in which a setting is typed.

    Attributes:
        name: the setting's name in an experiment.
        title: its name in the window.
        step: takes the text and +1 or -1; returns the next value up or down as text.
        tip: what it does to the network.
        parse: takes the setting's name, the text and an example; returns the value.
        is_list: whether several values can be typed, with spaces between them.
        unit: the unit, which the caption has after the title; empty for none.
    """

    name: str
    title: str
    step: Callable[[str, int], str]
    tip: str
    parse: Callable[[str, str, str], Any] = parse_number
    is_list: bool = False
    unit: str = ""

    @property
    def caption(self) -> str:
        """The title with the unit: "Shift, pixels"."""
        return f"{self.title}, {self.unit}" if self.unit else self.title

    @property
    def called(self) -> str:
        """The title within a sentence: "batch size", "L1"."""
        return self.title if self.title.isupper() else self.title.lower()


@dataclass(frozen=True)
class SettingChoice:
    """The description of a combo box with the entries of a registry.

    Attributes:
        name, title, tip: as of a field.
        registry: what can be chosen.
        choose: takes the session and the chosen name; without it, just that setting is changed.
    """

    name: str
    title: str
    tip: str
    registry: Registry[Any]
    choose: Callable[[Any, str], None] | None = None


SettingRows = Sequence[SettingField | SettingChoice]


def data_edit(setting: DataSetting, prefix: str, parent: QWidget | None = None) -> NumberEdit:
    """Returns a field for a data setting; ``prefix`` is the start of its object name."""
    name = object_name(prefix, setting.name, "Edit")
    return NumberEdit(name, data_step(setting), setting.tip, setting.label, parent)


def data_step(setting: DataSetting) -> Callable[[str, int], str]:
    """Returns the step function of a data setting that is a number."""
    if setting.number is not int:
        return step_by(setting.step, setting.most, setting.least)
    by = int(setting.step)
    return step_whole(math.ceil(setting.least / by) * by, by, setting.most)


def parse_dropout(parameter: str, typed: str, example: str) -> float | tuple[float, ...]:
    """Returns one share, or several separated by commas, semicolons or spaces. Raises SettingError."""
    parts = [part.rstrip(",") for part in re.split(r"[;\s]+", typed.strip())]
    if len(parts) == 1 and ("." in typed or typed.count(",") > 1):  # else the comma is a decimal comma
        parts = parts[0].split(",")
    shares = tuple(parse_share(parameter, part, example) for part in parts)
    return shares if len(shares) > 1 else shares[0]


def _choose_optimizer(session: Any, name: str) -> None:
    """Chooses an optimizer, and reports the settings that it has changed."""
    before = session.settings.experiment.training
    session.settings.choose("change of optimizer", session.settings.experiment.with_optimizer(name))
    now = session.settings.experiment.training
    changed = [
        f"{setting_name(setting)} {getattr(now, setting):g}"
        for setting in ("learning_rate", "weight_decay")
        if getattr(now, setting) != getattr(before, setting)
    ]
    if changed:
        session.messages.show(f"{OPTIMIZERS[name].label}: {' and '.join(changed)} set to its defaults.")


USUAL = (
    SettingChoice(
        "optimizer",
        "Optimizer",
        "Chooses the rule that turns a gradient into a step of the weights. Learning rate and weight decay "
        "change to the optimizer's defaults.",
        OPTIMIZERS,
        _choose_optimizer,
    ),
    SettingField(
        "learning_rate",
        "Learning rate",
        step_decade,
        "Sets the size of each step of the weights: too small learns slowly, too large diverges. You can "
        "change it during a run.",
    ),
    SettingField(
        "batch_size",
        "Batch size",
        step_whole(1, by=10),
        "Sets how many examples are averaged for one step of the weights. Small batches give more and noisier steps.",
        parse_whole,
    ),
    SettingField(
        "epochs",
        "Epochs",
        step_whole(1),
        "Sets how many times the run passes through the training set.",
        parse_whole,
    ),
)


SCHEDULE = (
    SettingChoice(
        "schedule",
        "Schedule",
        "Changes the learning rate during the run: large steps first, small ones at the end.",
        SCHEDULES,
    ),
    SettingField(
        "warmup",
        "Warm-up",
        step_by(0.5),
        "Raises the learning rate from 0 to its full value over these epochs, while the first gradients are large.",
        unit="epochs",
    ),
    SettingField("decay", "Decay", step_by(0.1, 1), "Multiplies the learning rate by this factor at each drop."),
    SettingField(
        "decay_epochs",
        "Every",
        step_whole(1),
        "Sets the number of epochs between two drops of the learning rate.",
        unit="epochs",
    ),
)


CONSTANTS = (
    SettingField(
        "momentum",
        "Momentum",
        step_by(0.05, 0.95),
        "Sets how much of the last step is kept in the next one, so that steps roll over bumps and along valleys.",
    ),
    SettingField(
        "beta2",
        "Beta 2",
        step_by(0.001, 0.999),
        "Sets how slowly the average of the squared gradients changes. Each weight's step is divided by its root.",
    ),
    SettingField(
        "epsilon",
        "Epsilon",
        step_decade,
        "Bounds the steps of weights with tiny gradients.",
    ),
)


REGULARISATION = (
    SettingField(
        "weight_decay",
        "Weight decay",
        step_decade_or_zero,
        "Pulls every weight towards zero in proportion to its size, which can limit overfitting. 0 is off.",
    ),
    SettingField(
        "l1",
        "L1",
        step_decade_or_zero,
        "Pulls every weight towards zero by the same amount, so that useless weights become zero. 0 is off.",
    ),
    SettingField(
        "dropout",
        "Dropout rate",
        step_by(0.05, 0.95),
        "Leaves out this share of the hidden neurons in each step, so that none relies on another. For a "
        "share per layer, type inputs first: 0.1, 0.5, 0.5.",
        parse_dropout,
        is_list=True,
    ),
    SettingField(
        "max_norm",
        "Max-norm",
        step_by(0.5),
        "Limits the norm of each neuron's incoming weights. 0 is off: no limit.",
    ),
    SettingField(
        "clip_norm",
        "Clip gradient",
        step_by(0.5),
        "Limits the norm of the gradient, so that no single batch changes the weights much. 0 is off: no limit.",
    ),
    SettingField(
        "validation_share",
        "Validation share",
        step_by(0.05, 0.5),
        "Holds out this share of the training set to choose settings: the network never learns from it. "
        "0 is off: no validation set.",
        parse_share,
    ),
    SettingField(
        "patience",
        "Patience",
        step_whole(0),
        "Stops the run if the validation error has not fallen for this many epochs, and restores the best "
        "weights. 0 is off: the run trains all epochs.",
        parse_whole,
        unit="epochs",
    ),
)


# A change of output or loss changes the other if they do not fit each other.
INITIALISATION = (
    SettingChoice(
        "initializer",
        "Initial weights",
        "Sets how the initial weights are drawn. If they are too large, neurons saturate; if too small, the "
        "signal fades.",
        INITIALIZERS,
    ),
    SettingField(
        "weight_scale",
        "Weight scale",
        step_decade,
        "Multiplies all initial weights. 1 leaves them as drawn.",
    ),
    SettingChoice(
        "output",
        "Output",
        "Sets the activation of the output layer: softmax gives the probability of each class. The loss follows.",
        ACTIVATIONS,
        lambda session, name: session.settings.choose(
            "change of output", session.settings.experiment.with_output(name)
        ),
    ),
    SettingChoice(
        "loss",
        "Loss",
        "Sets what training minimises. Cross-entropy punishes confident mistakes most. The output follows.",
        LOSSES,
        lambda session, name: session.settings.choose("change of loss", session.settings.experiment.with_loss(name)),
    ),
)


STRENGTHS = (
    SettingField(
        "shift",
        "Shift",
        step_by(0.5, 100),
        "Shifts each image in both directions, by at most this many pixels.",
        unit="pixels",
    ),
    SettingField(
        "rotation",
        "Rotation",
        step_by(1, 180),
        "Rotates each image about its centre, by at most this angle.",
        unit="degrees",
    ),
    SettingField(
        "scale", "Scale", step_by(0.02, 1), "Enlarges or shrinks each image, by at most this share: 0.1 is a tenth."
    ),
    SettingField(
        "shear",
        "Shear",
        step_by(0.02, 1),
        "Slants each image to the left or right, by at most this amount: 1 is 45 degrees.",
    ),
    SettingField(
        "elastic",
        "Elastic",
        step_by(0.1, 20),
        "Bends the strokes (elastic deformation), as another hand would draw them. The unit is pixels.",
        unit="pixels",
    ),
    SettingField(
        "elastic_sigma",
        "Smoothing",
        step_by(0.5, 100),
        "Sets how smooth the elastic deformation is: if it is small, strokes tremble.",
        unit="pixels",
    ),
    SettingField(
        "thickness",
        "Thickness",
        step_by(0.1, 2),
        "Makes strokes thicker or thinner, by at most this many pixels.",
        unit="pixels",
    ),
    SettingField(
        "noise",
        "Noise",
        step_by(0.01, 1),
        "Adds a random number to every pixel, so that the network learns to ignore noise.",
    ),
)
