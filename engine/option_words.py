"""The words by which the command line says what a data set is and how it is made."""

from __future__ import annotations

# Settings of the data, and of the training, that have their own command line option.
DATA_OPTIONS = ("target", "task", "test_share", "points", "noise")
# Of these, what the usual preset adjusts to the data; see ``engine.presets.Adjustment``.
ADJUSTED = ("epochs", "batch_size", "learning_rate", "optimizer")
OPTIONS = ("epochs", "learning_rate", "batch_size", "optimizer", "schedule", "weight_decay", "dropout", "seed")


def data_words(name: str, value: str) -> list[str]:
    """The words that give a setting of the data that value, or name the data.

    A value that looks like an option itself is joined to its own.
    """
    if name not in (*DATA_OPTIONS, "data"):
        return ["--data-setting", f"{name}={value}"]
    option = f"--{name.replace('_', '-')}"
    return [f"{option}={value}"] if value.startswith("-") else [option, value]
