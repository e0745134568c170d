"""One family of errors. Every message names the parameter, the value, the rule and a way out.

The parts are attributes as well, so that a window can put the message beside the field it belongs to.
"""

from __future__ import annotations

import numpy as np

_LONGEST_VALUE = 60
_LONGEST_DESCRIPTION = 200


class EngineError(ValueError):
    """Something was refused; nothing was changed.

    Attributes:
        parameter: name of what was wrong, for example ``learning_rate``.
        value: the offending value as a short text.
        rule: what has to hold, a clause that starts with a verb ("must be a finite number above 0").
        remedy: what to do about it, a sentence.
    """

    def __init__(self, parameter: str, value: object, rule: str, remedy: str) -> None:
        self.parameter = parameter
        self.value = shown(value)
        self.rule = rule
        self.remedy = remedy
        super().__init__(self.told_of(parameter))

    def told_of(self, name: str) -> str:
        """The whole message, with the parameter called as the reader knows it."""
        return f"{name} is {self.value}: it {self.rule}. {self.remedy}"

    def __reduce__(self) -> tuple[type, tuple[str, object, str, str]]:
        """Pickles by its parts: the base class would only keep the finished sentence."""
        return type(self), (self.parameter, Verbatim(self.value), self.rule, self.remedy)


class SettingError(EngineError):
    """A setting of the network or of the training breaks its rule."""


class UnknownNameError(SettingError):
    """A name that is not registered; the remedy lists the choices."""


class DataError(EngineError):
    """Examples or targets that the network cannot use."""


class FileFormatError(EngineError):
    """A file that is not what it should be. ``parameter`` is the file's name."""


class DivergenceError(EngineError):
    """The loss stopped being a finite number; the parameters are back at their last finite values."""


class PlotError(EngineError):
    """Curves were asked for where no window can be opened."""


class Verbatim(str):
    """A description that stands in a message as it is, without quotes."""

    __slots__ = ()


def shown(value: object) -> str:
    """A value as a text short enough for a message."""
    if isinstance(value, np.generic):
        value = value.item()  # 3, and not np.int64(3)
    longest = _LONGEST_DESCRIPTION if isinstance(value, Verbatim) else _LONGEST_VALUE
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)  # -1, and not -1.0
    try:
        text = str(value) if isinstance(value, Verbatim) else repr(value)
    except (RecursionError, ValueError):  # nested too deep, or a number of too many digits
        text = f"of type {type(value).__name__}"
    return text if len(text) <= longest else text[: longest - 1] + "…"
