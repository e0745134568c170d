"""Summaries of the settings in a few words."""

from __future__ import annotations

from collections.abc import Callable, Set
from typing import Any

from engine.datasets import Dataset
from engine.experiment import DECLARED, MILD, Experiment
from engine.network.activations import ACTIVATIONS
from engine.network.initializers import INITIALIZERS
from engine.network.losses import LOSSES
from engine.presets import Preset
from engine.training.augmentation import DISTORTIONS
from engine.training.optimizers import OPTIMIZERS
from engine.training.schedules import SCHEDULES
from engine.training.setting import COMMON
from engine.training.settings import TRAINING_SETTINGS, TrainingSettings
from nnviz.formatting import text
from nnviz.formatting.setting_text import setting_name
from nnviz.ui.setting_fields import GROUPS, ROWS

# The settings that are not always in view.
HIDDEN = tuple(row.name for group, rows in GROUPS.items() if group is not COMMON for row in rows)
_ALWAYS = ("batch_size", "schedule", "initializer")  # are named also while they have their defaults


def of_more(experiment: Experiment, typed: Set[str], dataset: Dataset | None) -> list[tuple[str, bool]]:
    """Returns the settings that are not always in view in a few words each, and whether each was changed.

    Those that were changed come first, then the batch size and what is on. What is off is left out.
    """
    others = {name for kinds in (OPTIMIZERS, SCHEDULES) for kind in kinds for name in kinds[kind].uses}
    unused = others - {*OPTIMIZERS[experiment.training.optimizer].uses, *SCHEDULES[experiment.training.schedule].uses}
    found: list[tuple[int, str]] = []
    for name in HIDDEN:
        setting, value = DECLARED[name], experiment.value(name)
        is_changed = name in typed or (name == "seed" and value != Experiment().value(name))
        if setting.suits(dataset) and name not in unused and name not in DISTORTIONS:
            rank = 0 if is_changed else 1 if name == "batch_size" else 2 if setting.is_on(value) else 3
            if rank < 3 or name in _ALWAYS:
                found.append((rank, _words_of(name, value)))
    wanted = experiment.training.augmentation
    is_typed = not typed.isdisjoint(DISTORTIONS)
    if (wanted.is_active or is_typed) and DECLARED["shift"].suits(dataset):
        words = "mild augmentation" if wanted == MILD else "augmentation" if wanted.is_active else "no augmentation"
        found.append((0 if is_typed else 2, words))
    return [(words, rank == 0) for rank, words in sorted(found, key=lambda each: each[0])]


def _words_of(name: str, value: Any) -> str:
    """Returns a setting with its value: "batch 100", "constant rate", "dropout 0.1 0.5"."""
    if name in _CHOICE_WORDS:
        return _CHOICE_WORDS[name](value)
    values = value if isinstance(value, tuple) else (value,)
    return f"{DECLARED[name].word or ROWS[name].called} {text.listed([f'{each:g}' for each in values], ' ')}"


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


def of_adjustments(preset: Preset, dataset: Dataset) -> str:
    """Returns what a preset adapts to the data: "First steps for 480 examples: SGD 0.2, batches of 12, 300 epochs."

    Adapted output, loss and augmentation follow in a sentence of their own. "" if nothing differs.
    """
    changes, line = preset.adjusted(dataset), text.regrouped(preset.line_for(dataset))
    of_task = [f"batch size {changes['batch_size']}"] if "batch_size" in changes and not line else []
    of_task += [words(changes[name]) for name, words in _TASK_WORDS.items() if name in changes]
    if any(name in changes for name in DISTORTIONS):
        of_task.append("no augmentation")
    adapted = f"Adjusted to {text.count(len(dataset.train))} examples: {', '.join(of_task)}." if of_task else ""
    return " ".join(filter(None, [line, adapted]))


_TASK_WORDS: dict[str, Callable[[Any], str]] = {
    "output": lambda name: f"{ACTIVATIONS[name].label.lower()} output",
    "loss": lambda name: f"{LOSSES[name].label.lower()} loss",
}
_CHOICE_WORDS: dict[str, Callable[[Any], str]] = {
    **_TASK_WORDS,
    "schedule": lambda name: f"{SCHEDULES[name].label.lower()} rate",
    "initializer": lambda name: INITIALIZERS[name].label,
}
