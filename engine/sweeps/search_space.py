"""``Dimension``: a setting that differs from trial to trial, as a list of values or as a range."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any

import numpy as np

from engine.basics.cli_option_names import option_of_setting, setting_of_option
from engine.basics.errors import SettingError, Verbatim
from engine.basics.validation import parse_hidden, whole_number
from engine.experiment import DECLARED, SETTING_NAMES, Experiment
from engine.network.activations import ACTIVATIONS
from engine.training.setting import Choice
from engine.training.settings import RENAMED

LIST, LINEAR, LOG = "list", "linear", "log"
POINTS = 5  # default points of a range on a grid
_NO_LAYERS = "none"  # text for no hidden layers
_MOST_VALUES, _MOST_POINTS = 1_000, 1_000
_KINDS = (LIST, LINEAR, LOG)
_EXAMPLE = "For example learning-rate=log:0.01..1, hidden=32,64,128 or dropout=0..0.5."
_RANGE_EXAMPLE, _LIST_EXAMPLE = "For example 0.01..1.", "For example 0.05, 0.2."
# Settings that determine the data, the evaluation or the seed, with the remedy of the error.
_FIXED = {
    "seed": "Use --seeds, which trains every trial with several.",
    "data": "Run a sweep for each data set.",
    "data_settings": "Run a sweep for each data set.",
    "fingerprint": "Run a sweep for each data set.",
    "brightness": "Run a sweep for each data set.",
    "inputs": "The data say how many there are.",
    "outputs": "The data say how many there are.",
    "shape": "Use hidden, the sizes of the layers between.",
    "activations": "Use activation, that of all hidden layers.",
    "training": "Name one of its settings.",
    "augmentation": "Name one of its settings, for example rotation.",
    "validation_share": "All trials are compared by the same examples: set it for all, with --validation-share.",
    "evaluate": "All trials are measured.",
}
# Settings that may differ between trials.
VARIABLE_SETTINGS = tuple(name for name in ("activation", *SETTING_NAMES) if name not in _FIXED)
_DEFAULT = Experiment()


@dataclass(frozen=True)
class Dimension:
    """A dimension of the search space: a setting and its possible values. Raises SettingError for invalid ones.

    Attributes:
        name: a setting that :meth:`Experiment.value` knows, or "activation", that of all hidden layers.
        kind: "list", or the scale of a range, "linear" or "log".
        values: the values of a list; else empty.
        low, high: the ends of a range, both included; else 0.
        is_whole: whether a range has whole numbers only.
        points: number of values of a range on a grid.
    """

    name: str
    kind: str = LIST
    values: tuple[Any, ...] = ()
    low: float = 0.0
    high: float = 0.0
    is_whole: bool = False
    points: int = POINTS

    def __post_init__(self) -> None:
        _check_name(self.name)
        if self.kind not in _KINDS:
            raise SettingError("vary", self.kind, "must be a kind of values", f"Choose from: {', '.join(_KINDS)}.")
        frozen = tuple(tuple(value) if isinstance(value, list) else value for value in self.values)
        object.__setattr__(self, "values", tuple(dict.fromkeys(frozen)))
        if self.kind == LIST:
            if not 0 < len(self.values) <= _MOST_VALUES:
                value, rule = Verbatim(f"{len(self.values):,} values"), f"must have 1 to {_MOST_VALUES:,} values"
                raise SettingError(self.option, value, rule, "Leave some out, or use a range.")
            return
        self._check_ends()
        points = whole_number(self.option, self.points, 2, str(POINTS), _MOST_POINTS)
        object.__setattr__(self, "points", points)

    def _check_ends(self) -> None:
        ends = (self.low, self.high)
        limits = Verbatim(f"{self.low:g}..{self.high:g}")
        if not all(math.isfinite(end) for end in ends) or not self.low < self.high:
            raise SettingError(self.option, limits, "must go from a number to a larger one", _RANGE_EXAMPLE)
        if self.kind == LOG and self.low <= 0:
            rule = "must begin above 0 in a logarithmic range"
            raise SettingError(self.option, limits, rule, "Begin at a small number like 0.0001, or leave out log.")

    @property
    def option(self) -> str:
        """Its name on the command line: "learning-rate"."""
        return option_name(self.name)

    def grid(self) -> tuple[Any, ...]:
        """Returns all values on a grid, each once, in order."""
        if self.kind == LIST:
            return self.values
        spaced = np.geomspace if self.kind == LOG else np.linspace
        return tuple(dict.fromkeys(self.rounded(float(each)) for each in spaced(self.low, self.high, self.points)))

    def draw(self, rng: np.random.Generator) -> Any:
        """Draws a random value, uniformly from a list or a range, or from the logarithms of a "log" range."""
        if self.kind == LIST:
            return self.values[int(rng.integers(len(self.values)))]
        if self.kind == LOG:
            return self.rounded(math.exp(rng.uniform(math.log(self.low), math.log(self.high))))
        return self.rounded(rng.uniform(self.low, self.high))

    @property
    def is_endless(self) -> bool:
        """Whether there are infinitely many values."""
        return self.kind != LIST and not self.is_whole

    def rounded(self, value: float) -> int | float:
        """Rounds a value of a range to four digits, or to a whole number; the ends are not changed."""
        if self.is_whole:
            return min(max(round(value), math.ceil(self.low)), math.floor(self.high))
        return min(max(float(f"{value:.4g}"), self.low), self.high)

    def every(self) -> Iterable[Any]:
        """Returns all values of a list or of a range of whole numbers."""
        return self.values or range(math.ceil(self.low), math.floor(self.high) + 1)

    def as_dict(self) -> dict[str, Any]:
        """Returns all attributes in types that JSON can hold."""
        entries = {each.name: getattr(self, each.name) for each in fields(self)}
        return entries | {"values": [list(each) if isinstance(each, tuple) else each for each in self.values]}

    @classmethod
    def from_dict(cls, entries: Mapping[str, Any]) -> Dimension:
        """Returns the dimension of :meth:`as_dict`. Raises KeyError, SettingError, TypeError or ValueError."""
        known = {each.name: entries[each.name] for each in fields(cls) if each.name in entries}
        return cls(**{**known, "values": tuple(known.get("values", ()))})


def option_name(name: str) -> str:
    """Returns a setting's name on the command line, without dashes before it: "learning-rate", "image-noise"."""
    return option_of_setting(name).removeprefix("--")


def _check_name(name: str) -> None:
    if name in VARIABLE_SETTINGS:
        return
    rule, remedy = "must be a setting that may differ between trials", _FIXED.get(name)
    if remedy is None:
        choices = ", ".join(map(option_name, VARIABLE_SETTINGS))
        rule, remedy = "must be the name of a setting", f"Choose from: {choices}."
    raise SettingError("vary", option_name(name), rule, remedy)


def is_numeric(name: str) -> bool:
    """Whether the setting, one of ``VARIABLE_SETTINGS``, may be a range; "hidden" may be the size of a single layer."""
    default = _default(name)
    return name == "hidden" or (isinstance(default, (int, float)) and not isinstance(default, bool))


def is_whole(name: str) -> bool:
    """Whether a range of the setting has whole numbers only."""
    default = _default(name)
    return name == "hidden" or (isinstance(default, int) and not isinstance(default, bool))


@lru_cache
def choices_of(name: str) -> Mapping[str, str]:
    """Returns the choices of a non-numeric setting, as typed, with their displayed names; empty for numbers."""
    if is_numeric(name):
        return {}
    if name == "activation":
        return {each: ACTIVATIONS[each].label for each in ACTIVATIONS if ACTIVATIONS[each].hidden}
    rule = DECLARED[name].rule
    if isinstance(rule, Choice):
        return {each: rule.registry[each].label for each in rule.registry}
    return {"true": "yes", "false": "no"}


def _default(name: str) -> Any:
    return "relu" if name == "activation" else _DEFAULT.value(name)


# ---- parsing


def parse_dimension(text: str) -> Dimension:
    """Parses ``NAME=SPEC``: ``a,b,c``, ``lo..hi`` or ``log:lo..hi``; ``/9`` sets the points on a grid.

    Raises SettingError.
    """
    typed, equals, spec = text.partition("=")
    name = setting_of_option(typed)
    name = RENAMED.get(name, name)
    if not equals or not name or not spec.strip():
        raise SettingError("--vary", text, "must be NAME=VALUES", _EXAMPLE)
    _check_name(name)
    spec = spec.strip()
    is_log = spec.startswith("log:")
    if is_log or ".." in spec:
        return _range(name, spec.removeprefix("log:"), LOG if is_log else LINEAR)
    return parse_list(name, spec)


def parse_list(name: str, text: str) -> Dimension:
    """Parses a list: ``a, b, c``, or ``0,1; 0,2`` with decimal commas. Raises SettingError."""
    parts = text.replace(",", ".").split(";") if ";" in text else text.split(",")
    return Dimension(name, LIST, tuple(_value(name, each.strip()) for each in parts))


def _range(name: str, spec: str, kind: str) -> Dimension:
    ends, slash, count = spec.partition("/")
    low, dots, high = ends.partition("..")
    option = option_name(name)
    if not dots:
        raise SettingError(option, spec, "must be a range with .. between its ends", _EXAMPLE)
    _check_can_range(name, spec)
    try:
        first, last = float(low), float(high)
        points = int(count) if slash else POINTS
    except ValueError:
        raise SettingError(option, spec, "must be numbers, as 0.01..1 or 0.01..1/9", _EXAMPLE) from None
    return make_range(name, first, last, kind, points)


def _check_can_range(name: str, spec: object) -> None:
    if not is_numeric(name):
        rule = "must be a list, because its values are not numbers"
        raise SettingError(option_name(name), spec, rule, "For example a,b,c.")


def make_range(name: str, low: float, high: float, kind: str = LINEAR, points: float = POINTS) -> Dimension:
    """Makes a range with a number of points on a grid. Raises SettingError."""
    limits = Verbatim(f"{low:g}..{high:g}")
    _check_can_range(name, limits)
    whole = is_whole(name)
    if whole and not all(end.is_integer() or not math.isfinite(end) for end in (low, high)):
        raise SettingError(option_name(name), limits, "must have whole numbers as ends", "For example 16..256.")
    return Dimension(name, kind, (), low, high, whole, points)  # type: ignore[arg-type]  # checked by Dimension


def _layers(text: str) -> tuple[int, ...]:
    """Parses the sizes of hidden layers, separated by dashes: commas separate values of a list. Raises SettingError."""
    try:
        return tuple(parse_hidden(text))
    except SettingError:
        rule = "must be whole numbers, with a dash between the layers of a network"
        raise SettingError("hidden", text, rule, f"For example 64-32, 128, {_NO_LAYERS}.") from None


def _value(name: str, text: str) -> Any:
    """Parses one value of a list. Raises SettingError."""
    option, default = option_name(name), _default(name)
    if not text:
        raise SettingError(option, Verbatim("empty"), "must have a value between its commas", _LIST_EXAMPLE)
    if name == "hidden":
        return () if text.lower() == _NO_LAYERS else _layers(text)
    if isinstance(default, bool):
        if text.lower() not in ("true", "false"):
            raise SettingError(option, text, "must be true or false", f"For example {option}=true,false.")
        return text.lower() == "true"
    if not is_numeric(name):
        return text
    try:
        number = float(text)
    except ValueError:
        raise SettingError(option, text, "must be a number", _LIST_EXAMPLE) from None
    return int(number) if is_whole(name) and number.is_integer() else number


# ---- experiments


def with_values(experiment: Experiment, values: Mapping[str, Any]) -> Experiment:
    """Returns the experiment with other values of the varied settings. Raises SettingError for invalid values."""
    changes = dict(values)
    activation = changes.pop("activation", None)
    if "hidden" in changes and not isinstance(changes["hidden"], (list, tuple)):
        changes["hidden"] = [changes["hidden"]]
    changed = experiment.changed(**changes)
    if activation is None:
        return changed
    choices = [name for name in ACTIVATIONS if ACTIVATIONS[name].hidden]
    if activation not in choices:
        rule = "must be an activation of hidden layers"
        raise SettingError("activation", activation, rule, f"Choose from: {', '.join(choices)}.")
    return changed.changed(activations=(*[activation] * len(changed.hidden), changed.output))


def format_values(values: Mapping[str, Any]) -> str:
    """Returns the values of a trial as text: "learning rate 0.05, hidden 64-32"."""
    return ", ".join(f"{option_name(name).replace('-', ' ')} {format_value(value)}" for name, value in values.items())


def format_value(value: Any) -> str:
    """Returns one value as typed on the command line: "0.05", "64-32"."""
    if isinstance(value, (list, tuple)):
        return "-".join(map(str, value)) or _NO_LAYERS
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)
