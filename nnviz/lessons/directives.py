"""Directives: what a step of a lesson does to the window, and the solution of its goals."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from engine.basics.errors import EngineError, SettingError, Verbatim
from engine.basics.validation import parse_hidden
from engine.datasets import source_of
from engine.experiment import DECLARED, Experiment
from engine.network.activations import ACTIVATIONS
from nnviz.lessons.catalogue import NUMBERS, SETTINGS, WORKSPACES, Catalogue
from nnviz.lessons.errors import at_line, nearest
from nnviz.lessons.folder import is_inside

MOST_EPOCHS = 1000  # of one directive
ALL = "all"
PRESET_ENDING = ".json"  # of a preset in the lesson's folder
_SETS = ("test", "validation", "train")
_NUMBERS = frozenset(SETTINGS[name] for name in NUMBERS)


@dataclass(frozen=True)
class Directive:
    """One line of a ``do`` or ``solution`` block.

    Attributes:
        verb: its first word: "set", "train".
        words: its names or numbers, checked.
        settings: values by setting, for "set" and "data".
        line: its line in the file.
        text: the line as it is written.
    """

    verb: str
    words: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    line: int = 0
    text: str = ""

    @property
    def names_file(self) -> bool:
        """Whether its word is a file of the lesson's folder."""
        is_preset = self.verb == "preset" and self.words[0].endswith(PRESET_ENDING)
        return self.verb == "open" or is_preset or (self.verb == "draw" and len(self.words) == 1)


# What each directive does, for the table of names.
DIRECTIVES: dict[str, str] = {
    "data NAME [SETTING = VALUE; …]": "loads a registered data set",
    "open FILE": "opens a table, images or a network of the lesson's folder",
    "preset NAME": "chooses a preset, or one of a file NAME.json in the lesson's folder",
    "set NAME = VALUE; …": "changes settings, by their command-line names",
    "new": "makes a new network",
    "train N epochs": f"trains, at most {MOST_EPOCHS:,} epochs",
    "train N seeds": "trains networks with 3, 5 or 10 seeds in the background",
    "pause": "pauses the training",
    "speed slow|full": "trains slowly enough to watch, or at full speed, as solutions always do",
    "goto EPOCH": "displays an earlier epoch",
    "live": "displays the present",
    "branch": "branches off at the displayed epoch",
    "compare": "shows two networks side by side",
    "mistake TRUE, PREDICTED": "lists the mistakes of a cell of the confusion matrix",
    "strength LAYER.NEURON = FACTOR": "scales the output of a neuron, as a what-if; 0 switches it off",
    "workspace train|inside|runs": "shows a workspace",
    "show CARD": "shows a card",
    "hide CARD": "hides a card",
    "enlarge CARD": "enlarges a card",
    "lock NAMES": "locks controls",
    "lock all [except NAMES]": "locks all controls, except some",
    "unlock NAMES": "unlocks controls",
    "point NAME": "draws a ring around a card or control",
    "draw FILE": "draws an image of the lesson's folder",
    "draw test N": "draws an example of the test set",
    "clear": "clears the drawing",
    "answer N, …": "chooses options, from 1; only in a solution",
}
_VERBS = tuple(dict.fromkeys(text.split()[0] for text in DIRECTIVES))
_ALONE = ("new", "pause", "live", "branch", "compare", "clear")
SPEEDS = ("slow", "full")
_SEEDS = ("3", "5", "10")  # numbers of seeds that the window offers


def parse_directives(
    file: str, lines: Sequence[tuple[int, str]], catalogue: Catalogue, is_solution: bool
) -> list[Directive]:
    """Returns the directives of the lines (number, text) of a block. Raises LessonError."""
    return [_Line(file, number, text, catalogue).parse(is_solution) for number, text in lines if text.strip()]


class _Line:
    """Parses one directive."""

    def __init__(self, file: str, line: int, text: str, catalogue: Catalogue) -> None:
        self._file, self._line, self._catalogue = file, line, catalogue
        self._verb, _, rest = text.strip().partition(" ")
        self._rest = rest.strip()

    def _error(self, problem: str, remedy: str = "") -> Exception:
        example = next((text for text in DIRECTIVES if text.startswith(self._verb)), "set learning-rate = 0.2")
        return at_line(self._file, self._line, problem, remedy or f"Write {example}.")

    def parse(self, is_solution: bool) -> Directive:
        """Returns the directive. Raises LessonError."""
        verb, rest = self._verb, self._rest
        if verb not in _VERBS:
            raise self._error(f"“{verb}” is not a directive", nearest(verb, _VERBS))
        if verb == "answer" and not is_solution:
            raise self._error("“answer” stands in a solution only", "Move it into a block ```solution.")
        if verb in _ALONE:
            if rest:
                raise self._error(f"“{verb}” stands alone, and “{rest}” follows it")
            return Directive(verb, line=self._line, text=verb)
        if not rest:
            raise self._error(f"“{verb}” needs a word after it")
        parse = getattr(self, f"_{verb}")
        words, settings = parse(rest)
        return Directive(verb, tuple(words), settings, self._line, f"{verb} {rest}")

    def _known(self, name: str, kind: str, known: frozenset[str]) -> str:
        if name not in known:
            raise self._error(f"“{name}” is not a {kind}", nearest(name, known))
        return name

    def _data(self, rest: str) -> tuple[list[str], dict[str, Any]]:
        name, _, settings = rest.partition(" ")
        source = source_of(self._known(name, "data set", self._catalogue.data))
        known = {each.name.replace("_", "-"): each for each in source.settings}  # not those that name a file
        found = {}
        for setting, text in self._pairs(settings).items():
            self._known(setting, f"setting of {name}", frozenset(known))
            found[known[setting].name] = self._checked(setting, partial(known[setting].parse, text))
        return [name], found

    def _open(self, rest: str) -> tuple[list[str], dict[str, Any]]:
        if not is_inside(rest):
            raise self._error(f"“{rest[:60]}” is not a file of the lesson's folder", "Put it next to the lesson.")
        return [rest], {}

    def _preset(self, rest: str) -> tuple[list[str], dict[str, Any]]:
        if rest.endswith(PRESET_ENDING):
            return self._open(rest)
        return [self._known(rest, "preset", self._catalogue.presets)], {}

    def _set(self, rest: str) -> tuple[list[str], dict[str, Any]]:
        found = {}
        for name, text in self._pairs(rest).items():
            self._known(name, "setting", frozenset(SETTINGS))
            found[SETTINGS[name]] = self._checked(name, partial(setting_value, SETTINGS[name], text))
        return [], found

    def _checked(self, name: str, value: Callable[[], Any]) -> Any:
        """Returns a value. Raises LessonError if it breaks its rule."""
        try:
            return value()
        except EngineError as error:
            raise self._error(f"{name}{error.problem}", error.remedy) from error
        except (ValueError, RecursionError, OverflowError):
            raise self._error(f"the value of {name} cannot be read", "Write it as on the command line.") from None

    def _pairs(self, text: str) -> dict[str, str]:
        found = {}
        for part in filter(str.strip, text.split(";")):
            name, equals, value = part.partition("=")
            if not equals or not value.strip():
                raise self._error(f"“{part.strip()}” has no value", "Write NAME = VALUE; NAME = VALUE.")
            found[name.strip()] = value.strip()
        return found

    def _speed(self, rest: str) -> tuple[list[str], dict[str, Any]]:
        return [self._known(rest, "speed", frozenset(SPEEDS))], {}

    def _train(self, rest: str) -> tuple[list[str], dict[str, Any]]:
        found = re.fullmatch(r"([0-9]{1,9}) (epochs?|seeds)", rest)
        if found is not None and found[2] == "seeds":
            if found[1] not in _SEEDS:
                raise self._error(f"{found[1]} seeds are not offered", f"Write {', '.join(_SEEDS)}.")
            return [found[1], "seeds"], {}
        if found is None or not 1 <= int(found[1]) <= MOST_EPOCHS:
            raise self._error(f"“{rest}” is not a number of epochs from 1 to {MOST_EPOCHS:,}")
        return [found[1]], {}

    def _goto(self, rest: str) -> tuple[list[str], dict[str, Any]]:
        if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", rest):
            raise self._error(f"“{rest}” is not an epoch")
        return [rest], {}

    def _mistake(self, rest: str) -> tuple[list[str], dict[str, Any]]:
        names = [name.strip() for name in rest.split(",")]
        if len(names) != 2 or not all(names):
            raise self._error(f"“{rest}” are not two classes")
        return names, {}

    def _strength(self, rest: str) -> tuple[list[str], dict[str, Any]]:
        found = re.fullmatch(r"([1-9][0-9]{0,3})\.([1-9][0-9]{0,5})\s*=\s*([0-2](?:\.[0-9]{1,6})?)", rest)
        if found is None or float(found[3]) > 2:
            raise self._error(f"“{rest}” is not a neuron and a factor from 0 to 2", "Write strength 1.4 = 0.")
        return list(found.groups()), {}

    def _workspace(self, rest: str) -> tuple[list[str], dict[str, Any]]:
        return [self._known(rest, "workspace", frozenset(WORKSPACES))], {}

    def _show(self, rest: str) -> tuple[list[str], dict[str, Any]]:
        return [self._known(rest, "card", self._catalogue.cards)], {}

    _hide = _enlarge = _show

    def _lock(self, rest: str) -> tuple[list[str], dict[str, Any]]:
        found = re.fullmatch(r"all(?: except (.+))?", rest)
        if found is not None:
            return [ALL, *self._controls(found[1] or "")], {}
        return self._controls(rest), {}

    def _unlock(self, rest: str) -> tuple[list[str], dict[str, Any]]:
        return self._controls(rest), {}

    def _controls(self, text: str) -> list[str]:
        names = [name.strip() for name in text.split(",") if name.strip()]
        return [
            self._known(name, "control or card", self._catalogue.controls | self._catalogue.cards) for name in names
        ]

    def _point(self, rest: str) -> tuple[list[str], dict[str, Any]]:
        return self._controls(rest), {}

    def _draw(self, rest: str) -> tuple[list[str], dict[str, Any]]:
        part, _, number = rest.partition(" ")
        if part in _SETS:
            if not re.fullmatch(r"[0-9]{1,9}", number.strip()):
                raise self._error(f"“{number}” is not the number of an example")
            return [part, number.strip()], {}
        return self._open(rest)

    def _answer(self, rest: str) -> tuple[list[str], dict[str, Any]]:
        numbers = [number.strip() for number in rest.split(",")]
        if not all(re.fullmatch(r"[1-9][0-9]{0,2}", number) for number in numbers):
            raise self._error(f"“{rest}” are not numbers of options")
        return numbers, {}


def setting_value(name: str, text: str) -> Any:
    """Returns the value of a setting of an experiment from its text. Raises SettingError if it breaks its rule."""
    if name != "dropout" and name in _NUMBERS and re.fullmatch(r"-?\d+,\s*\d+", text):
        decimal = re.sub(r",\s*", ".", text)
        raise SettingError(name, Verbatim(text), "must have a decimal point", f"Write {decimal}.")
    if name == "hidden":
        value: Any = tuple(parse_hidden(text))
        Experiment().changed(hidden=value)
    elif name == "activation":
        value = tuple(part.strip() for part in text.split(","))
        for each in value:
            ACTIVATIONS[each]  # raises UnknownNameError
    elif name == "dropout" and "," in text:
        value = DECLARED[name].rule.check(name, tuple(float(part) for part in text.split(",")))
    else:
        try:
            value = json.loads(text)
        except ValueError:
            value = text
        if name == "output":
            Experiment().with_output(value)  # whatever loss goes with it
        else:
            Experiment().changed(**{name: value})
    return value
