"""Names of command-line options for settings, and quoting for a shell."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable
from typing import Any

# The settings that the default preset adjusts to the data; see ``engine.presets.Adjustment``.
ADJUSTED = ("epochs", "batch_size", "learning_rate", "optimizer", "weight_decay", "validation_share", "patience")
# Settings whose option has another name than the setting: --noise is a setting of the data.
_OTHER_NAMES = {"noise": "image_noise"}
_SETTINGS = {option: setting for setting, option in _OTHER_NAMES.items()}


def option_of_setting(name: str) -> str:
    """Returns the option of a setting of the network or its training: "--learning-rate"."""
    return f"--{_OTHER_NAMES.get(name, name).replace('_', '-')}"


def setting_of_option(typed: str) -> str:
    """Returns the setting that is typed as "learning-rate", "learning_rate" or "image-noise"."""
    name = typed.strip().replace("-", "_")
    return _SETTINGS.get(name, name)


def setting_words(name: str, value: Any) -> list[str]:
    """Returns the command-line words that set a setting of the network or its training to a value."""
    option = option_of_setting(name)
    if isinstance(value, bool):
        return [option if value else option.replace("--", "--no-", 1)]
    if isinstance(value, (list, tuple)):
        comma = "," if len(value) == 1 else ""  # else it would be a number
        return [option, ",".join(map(json.dumps, value)) + comma]
    return [option, value if isinstance(value, str) else json.dumps(value)]


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
