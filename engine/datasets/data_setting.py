"""``DataSetting``: a setting of data; and the settings that several sources have."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from engine.basics.errors import SettingError
from engine.basics.validation import number_within, parse_number, parse_share, parse_whole, whole_number

YES_NO = {"yes": True, "no": False, "true": True, "false": False}
Value = Any  # a number, a text, None, or a tuple of these: what JSON can hold


@dataclass(frozen=True)
class DataSetting:
    """A setting of a data source. A number has a field in the window.

    Attributes:
        name: the name of the function's argument.
        label: its displayed name.
        default: its value if none is given.
        tip: its effect, in a sentence.
        choices: labels of the possible values; empty if there are others.
        kind: the type of its values, if the default is None and they are not texts; else None.
        example: a value that messages suggest if the default is None.
        least, most: the range of a number, both included.
        step: the arrows of a number's field go through the multiples of it.
        option: the help of its own command-line option, with the default unless it is a number. Settings without one
            are set by ``--data-setting``.
    """

    name: str
    label: str
    default: Value
    tip: str
    choices: Mapping[str, Value] = field(default_factory=dict, hash=False)
    kind: type | None = None
    example: Value = None
    least: float = 0
    most: float = math.inf
    step: float = 1
    option: str = ""

    @property
    def number(self) -> type[int] | type[float] | None:
        """The type of its values if they are numbers, else None."""
        return next((each for each in (int, float) if each is self._type), None)

    @property
    def _type(self) -> type:
        return self.kind or (str if self.default is None else type(self.default))

    @property
    def _example(self) -> str:
        return str(self.example if self.default is None else self.default)

    def checked(self, value: object, least: float = 0) -> Any:
        """Returns a number as int or float, if it is within the range and at least ``least``. Raises SettingError."""
        least = max(least, self.least)
        if self.number is int:
            return whole_number(self.name, value, int(least), self._example, self.most)
        return number_within(self.name, value, least, self.most, self._example)

    def parse(self, text: str) -> Value:
        """Parses a text as a value of the default's type. Raises SettingError."""
        if self.choices or self._type is bool:
            return self._chosen(text, self.choices or YES_NO)
        if self.number is None:
            return _texts(text) if self._type is tuple else text
        parse = parse_whole if self.number is int else parse_share if self.most <= 1 else parse_number
        return parse(self.name, text, self._example)

    def _chosen(self, text: str, choices: Mapping[str, Value]) -> Value:
        if text in choices.values():
            return text
        if text.strip().casefold() in choices:
            return choices[text.strip().casefold()]
        raise SettingError(self.name, text, f"must be one of: {', '.join(choices)}", "Choose one of these.")


def _texts(text: str) -> tuple[str, ...]:
    """Parses texts separated by commas, or a JSON list, whose texts may contain commas."""
    with suppress(ValueError, RecursionError):
        listed = json.loads(text)
        if isinstance(listed, list) and all(isinstance(each, str) for each in listed):
            return tuple(listed)
    return tuple(part.strip() for part in text.split(",") if part.strip())


TEST_SHARE = DataSetting(
    "test_share",
    "Test share",
    0.2,
    "Share of the examples that is held out as the test set.",
    most=0.9,
    step=0.05,
    option="share of the examples in the test set, 0 to 0.9",
)
SEED = DataSetting("seed", "Seed", 0, "Seed of the test split and of generated data. Another seed gives other data.")
SIDE = DataSetting(
    "side", "Image size", 28, "Scales each image to this width and height in pixels.", least=1, most=1_000
)
TRAIN_EXAMPLES = DataSetting(
    "train_examples",
    "Training examples",
    None,
    "Trains on this many examples, equally many of each class. With few, the network overfits.",
    kind=int,
    example=300,
    least=1,
    step=100,
    option="number of training images, the same for each class",
)
DRAWING_SEED = DataSetting("seed", "Seed", 0, "Seed that selects the training examples if not all are used.")
