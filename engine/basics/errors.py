"""The engine's errors. Every message names the thing, what is wrong with it, and what to do.

These parts are also attributes, so that a window can show the message next to its field.
"""

from __future__ import annotations

import errno
from pathlib import Path
from typing import TypeVar

import numpy as np

ANOTHER_FILE = "Open another file, or save the network again from where it came from."
_LONGEST_VALUE = 60
_LONGEST_DESCRIPTION = 300
E = TypeVar("E", bound="EngineError")


class EngineError(ValueError):
    """The base class. When it is raised, nothing was changed.

    Attributes:
        parameter: name of the parameter, for example ``learning_rate``.
        value: the refused value as a short text, or what is wrong if no rule is broken ("the file is empty").
        rule: what must hold, a clause that starts with a verb ("must be a finite number above 0"), or empty.
        remedy: what to do about it, a sentence.
    """

    def __init__(self, parameter: str, value: object, rule: str, remedy: str) -> None:
        self.parameter = parameter
        self.value = shown(value)
        self.rule = rule
        self.remedy = remedy
        super().__init__(self.message_for(parameter))

    @classmethod
    def from_problem(cls: type[E], parameter: str, problem: str, remedy: str) -> E:
        """Returns the error of a thing that breaks no rule about a value: "<parameter>: <problem>. <remedy>".

        An empty ``parameter`` leaves only the problem, which names the thing itself.
        """
        return cls(parameter, Verbatim(problem), "", remedy)

    @property
    def problem(self) -> str:
        """What is wrong, to follow a name: " is -1: it must be above 0", or ": the file is empty"."""
        return f" is {self.value}: it {self.rule}" if self.rule else f": {self.value}"

    def message_for(self, name: str) -> str:
        """Returns the whole message, with ``name`` for the parameter."""
        what = f"{name}{self.problem}" if name else self.value
        return f"{what}. {self.remedy}"

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        """Pickles the parts; the base class would only keep the message."""
        return type(self), (self.parameter, Verbatim(self.value), self.rule, self.remedy)


class SettingError(EngineError):
    """A setting of the network or the training breaks its rule."""


class MissingPackageError(SettingError):
    """An optional package is not installed. ``parameter`` is its extra, see ``engine.basics.optional_packages``."""


class UnknownNameError(SettingError):
    """A name is not registered; the remedy lists the choices."""


class DataError(EngineError):
    """The network cannot use these examples or targets."""


class FileFormatError(EngineError):
    """A file does not have the expected content. ``parameter`` is the file's name."""


class DownloadError(EngineError):
    """A file could not be downloaded or kept. ``parameter`` is the file's name, or the package that is missing."""


class DivergenceError(EngineError):
    """The loss is no longer finite. The parameters were restored to their last finite values.

    In ``value`` and ``in_words``, "{epoch}" stands for the epoch.

    Attributes:
        in_words: what happened and what to do, without the terms of a program, to follow a colon.
        epoch: the epoch of the run in which it happened, from 1; 0 before the first step.
        before: the epochs that the network had been trained for before; they count in the texts.
    """

    def __init__(
        self,
        parameter: str,
        value: object,
        rule: str,
        remedy: str,
        in_words: str = "",
        epoch: int = 0,
        before: float = 0,
    ) -> None:
        self.epoch, self.before, self._made_of = epoch, before, (value, rule, remedy, in_words)
        at = f"{before + epoch:.7g}"
        own = f"{at} (epoch {epoch} of this run)" if before else at
        shown = Verbatim(value.replace("{epoch}", own)) if isinstance(value, str) else value
        super().__init__(parameter, shown, rule, remedy)
        self.in_words = in_words.replace("{epoch}", at) or str(self)

    def after(self, before: float) -> DivergenceError:
        """Returns the error with epochs counted from the network's first run, ``before`` epochs before this one."""
        return type(self)(self.parameter, *self._made_of, self.epoch, before)

    def with_remedy(self, remedy: str) -> DivergenceError:
        """Returns the same error with another remedy."""
        value, rule, _, in_words = self._made_of
        return type(self)(self.parameter, value, rule, remedy, in_words, self.epoch, self.before)

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        return type(self), (self.parameter, *self._made_of, self.epoch, self.before)


class PlotError(EngineError):
    """Curves cannot be plotted because no window can be opened."""


class ProcessError(EngineError):
    """A process could not be started. ``parameter`` names the process, ``value`` is the cause."""

    def message_for(self, name: str) -> str:
        return f"{name} could not be started: {self.value}. {self.remedy}"


class Verbatim(str):
    """A text that messages show without quotes."""

    __slots__ = ()


def not_started(process: str, error: Exception) -> ProcessError:
    """Returns the error of a process that could not be started, with the cause that the system gives."""
    cause = getattr(error, "strerror", None) or str(error) or type(error).__name__
    number, name = getattr(error, "errno", None), getattr(error, "filename", None)
    remedy = "Close other programs and try again."
    if number in (errno.EMFILE, errno.ENFILE):
        remedy = "Raise the limit of open files (ulimit -n), or close other programs."
    elif number == errno.ENOENT and not name:
        cause, remedy = "the current folder no longer exists", "Start nnviz in a folder that exists."
    elif name:
        cause, remedy = f"{cause} ({name})", "Check that this program is still installed."
    return ProcessError(process, Verbatim(cause), "must be started", remedy)


def bad_file(path: Path, problem: str, remedy: str = ANOTHER_FILE) -> FileFormatError:
    """Returns the error of a file: "<name>: <problem>. <remedy>"."""
    return FileFormatError.from_problem(path.name, problem, remedy)


def missing_file(path: Path) -> FileFormatError:
    """Returns the error of a file that is not there."""
    return bad_file(path, "the file does not exist", "Check its name and folder.")


def invalid_file(path: Path, what: str, error: EngineError, remedy: str = "") -> FileFormatError:
    """Returns the error of a file whose content breaks a rule: "<name>: invalid <what> (<problem>). <remedy>"."""
    return bad_file(path, f"invalid {what} ({error.parameter}{error.problem})", remedy or error.remedy)


def counted(number: int, noun: str) -> str:
    """Returns a count with its noun: "1 row", "2,000 rows"."""
    return f"{number:,} {noun}{'s' * (number != 1)}"


def shown(value: object) -> str:
    """Returns a value as a text that is short enough for a message."""
    if isinstance(value, np.generic):
        value = value.item()  # written as 3, not as np.int64(3)
    longest = _LONGEST_DESCRIPTION if isinstance(value, Verbatim) else _LONGEST_VALUE
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)  # written as -1, not as -1.0
    try:
        text = str(value) if isinstance(value, Verbatim) else repr(value)
    except (RecursionError, ValueError):  # nested too deep, or an integer with too many digits
        text = f"of type {type(value).__name__}"
    return text if len(text) <= longest else text[: longest - 1] + "…"
