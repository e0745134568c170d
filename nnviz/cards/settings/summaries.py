"""Summaries of the settings in a few words, for the heads of closed groups."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.datasets import Dataset
from engine.experiment import DECLARED, MILD, Experiment
from engine.network.activations import ACTIVATIONS
from engine.network.initializers import INITIALIZERS
from engine.network.losses import LOSSES
from engine.presets import Preset
from engine.training.augmentation import DISTORTIONS, Augmentation
from engine.training.optimizers import OPTIMIZERS
from engine.training.schedules import SCHEDULES
from engine.training.setting import AUGMENTATION, INITIALISATION, REGULARISATION, SCHEDULE, SettingGroup
from engine.training.settings import TRAINING_SETTINGS, TrainingSettings
from nnviz.formatting import text
from nnviz.formatting.setting_text import setting_name
from nnviz.ui.setting_fields import GROUPS, ROWS


def of_optimizer(experiment: Experiment) -> str:
    """Returns the constants that the optimizer uses: "0.9, 0.999"."""
    constants = OPTIMIZERS[experiment.training.optimizer].uses
    return ", ".join(f"{experiment.value(name):g}" for name in constants) or "none"


def of_schedule(experiment: Experiment) -> str:
    """Returns schedule, its constants and warm-up: "cosine, warm-up 0.5"."""
    settings = experiment.training
    kind = SCHEDULES[settings.schedule]
    parts = [kind.label.lower()]
    if kind.uses:
        parts[0] += f" {settings.decay:g} in {settings.decay_epochs:g}"
    return ", ".join([*parts, *_words_of_group(experiment, SCHEDULE)])


def of_regularisation(experiment: Experiment) -> str:
    """Returns what is not off: "decay 0.05, dropout 0.2"."""
    return ", ".join(_words_of_group(experiment, REGULARISATION)) or "off"


def _words_of_group(experiment: Experiment, group: SettingGroup) -> list[str]:
    """Returns the settings of a group of the window that are not off, with their values: "dropout 0.1 0.5"."""
    words = []
    for row in GROUPS[group.title or ""]:
        setting, value = DECLARED[row.name], experiment.value(row.name)
        if setting.is_on(value):
            values = value if isinstance(value, tuple) else (value,)
            words.append(f"{setting.word or row.called} {text.listed([f'{each:g}' for each in values], ' ')}")
    return words


def of_augmentation(experiment: Experiment) -> str:
    """Returns the distortions that are not 0: "shift 1, rotation 8"."""
    wanted: Augmentation = experiment.training.augmentation
    if not wanted.is_active:
        return "off"
    if wanted == MILD:
        return "mild"
    return ", ".join(_words_of_group(experiment, AUGMENTATION))


def of_initialisation(experiment: Experiment) -> str:
    """Returns initial weights and loss: "He, cross-entropy"."""
    first = " ".join([INITIALIZERS[experiment.initializer].label, *_words_of_group(experiment, INITIALISATION)])
    return f"{first}, {LOSSES[experiment.loss].label.lower()}"


def waiting(fields: TrainingSettings, run: TrainingSettings) -> tuple[str, str]:
    """Returns the fields that wait for the next run, as "Batch size: from the next run."; empty if none do.

    The second text is shorter if there are several.
    """
    names = [
        setting_name(name)
        for name, setting in TRAINING_SETTINGS.items()
        if (setting.is_fixed or setting.fits_run is not None)
        and name in ROWS
        and getattr(fields, name) != getattr(run, name)
    ]
    if not names:
        return "", ""
    listed = " and ".join(filter(None, [", ".join(names[:-1]), names[-1]])).capitalize()
    short = listed if len(names) == 1 else f"{len(names)} settings"
    return f"{listed}: from the next run.", f"{short}: next run."


def of_adjustments(preset: Preset, dataset: Dataset) -> tuple[str, str]:
    """Returns what a preset adapts to the data: "First steps for 480 examples: SGD 0.2, batches of 12, 300 epochs."

    The second text also has adapted output, loss and augmentation; the first has them only if no training setting
    differs. Both are "" if nothing differs.
    """
    changes, line = preset.adjusted(dataset), text.regrouped(preset.line_for(dataset))
    of_task = [f"batch size {changes['batch_size']}"] if "batch_size" in changes and not line else []
    of_task += [words(changes[name]) for name, words in _TASK_WORDS.items() if name in changes]
    if any(name in changes for name in DISTORTIONS):
        of_task.append("no augmentation")
    adapted = f"Adjusted to {text.count(len(dataset.train))} examples: {', '.join(of_task)}." if of_task else ""
    return line or adapted, " ".join(filter(None, [line, adapted]))


_TASK_WORDS: dict[str, Callable[[Any], str]] = {
    "output": lambda name: f"{ACTIVATIONS[name].label.lower()} output",
    "loss": lambda name: f"{LOSSES[name].label.lower()} loss",
}
