"""Command-line options of data sets, and their quoting for a shell."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

# Settings of the data, and of the training, that have their own command line option.
DATA_OPTIONS = ("target", "task", "test_share", "train_examples", "points", "noise")
# The settings that the default preset adjusts to the data; see ``engine.presets.Adjustment``.
ADJUSTED = ("epochs", "batch_size", "learning_rate", "optimizer", "weight_decay", "validation_share", "patience")
OPTIONS = ("epochs", "learning_rate", "batch_size", "optimizer", "schedule", "weight_decay", "dropout", "seed")


def data_words(name: str, value: str) -> list[str]:
    """Returns the command-line words that set a setting of the data, or name the data.

    A value that looks like an option is joined to its option.
    """
    if name not in (*DATA_OPTIONS, "data"):
        return ["--data-setting", f"{name}={value}"]
    option = f"--{name.replace('_', '-')}"
    return [f"{option}={value}"] if value.startswith("-") else [option, value]


def shell_command(words: Iterable[str]) -> str:
    """Quotes words for a shell; unprintable characters, and bytes that are not UTF-8, become $'\\xff'."""
    return " ".join(map(_quoted, words))


def _quoted(word: str) -> str:
    if word.isprintable():
        return shlex.quote(word)
    return "$'" + "".join(f"\\{sign}" if sign in "\\'" else escaped(sign) for sign in word) + "'"


def escaped(sign: str) -> str:
    """Returns the character, or its bytes as \\xff if it is unprintable."""
    if sign.isprintable():
        return sign
    content = sign.encode("utf-8", "surrogateescape" if "\udc80" <= sign <= "\udcff" else "surrogatepass")
    return "".join(f"\\x{byte:02x}" for byte in content)
