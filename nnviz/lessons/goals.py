"""Goals of a step: conditions on facts, parsed, evaluated and phrased.

The grammar is that of a line of a ``goal`` block::

    line   = and {"or" and};  and = not {"and" not};  not = ["not"] atom
    atom   = "(" line ")" | fact [op value]
    fact   = NAME ["(" arg {"," arg} ")"];  arg = NAME | INT ["." INT]
    op     = "<" | "<=" | "=" | "!=" | ">" | ">="
    value  = item {"," item};  item = NUMBER ["%"] | NAME | STRING
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from engine.basics.errors import EngineError
from engine.experiment import Experiment
from nnviz.lessons.catalogue import (
    FACTS,
    NUMBERS,
    SETTINGS,
    STATES,
    WORKSPACES,
    Catalogue,
    FactInfo,
    Kind,
    value_of_setting,
)
from nnviz.lessons.directives import setting_value
from nnviz.lessons.errors import at_line, nearest

_MOST_TOKENS, _MOST_NESTED = 200, 20
_TOKEN = re.compile(
    r"""\s*(?:(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(?P<percent>\s*%)?
    |(?P<name>[A-Za-z][\w-]*)|(?P<string>"[^"]*")|(?P<sign><=|>=|!=|[<>=(),.]))""",
    re.VERBOSE,
)
_ORDERS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_PHRASES = {"<": "below {}", "<=": "at most {}", ">": "above {}", ">=": "at least {}", "=": "{}", "!=": "other than {}"}
_OPPOSITES = {"<": ">=", ">=": "<", "<=": ">", ">": "<=", "=": "!=", "!=": "="}
Value = float | str | bool | None  # of a fact; None while it is not known
Argument = str  # of a fact, as it was written: "1", "1.4", "learning-rate"


@dataclass(frozen=True)
class Fact:
    """A fact with its arguments. ``name`` is one of ``FACTS`` or a setting."""

    name: str
    arguments: tuple[Argument, ...] = ()

    @property
    def info(self) -> FactInfo:
        """The description of the fact."""
        found = FACTS.get(self.name)
        return FactInfo(Kind.SETTING, "", self.name.replace("-", " ").capitalize()) if found is None else found

    @property
    def setting(self) -> str:
        """The setting whose value it is, if it is of that kind."""
        return self.arguments[0] if self.arguments else self.name

    @property
    def text(self) -> str:
        """The fact as it is written in a goal."""
        return f"{self.name}({', '.join(self.arguments)})" if self.arguments else self.name

    @property
    def written(self) -> str:
        """The fact as a goal writes it: "dead(1)"."""
        return f"{self.name}({', '.join(self.arguments)})" if self.arguments else self.name

    @property
    def label(self) -> str:
        """The beginning of a sentence about the fact: "Test error"."""
        named = self.arguments
        if self.info.arguments == ("neuron",):
            layer, number = self.arguments[0].split(".")
            named = (f"neuron {number} in layer {layer}",)
        return self.info.label.format(" read as ".join(named))


Read = Callable[[Fact], Value]


@dataclass(frozen=True)
class Comparison:
    """A fact that is compared with values; without an operator it must be true.

    Attributes:
        values: numbers (shares as 0…1) or texts; any of them may hold for "=".
        written: the values as they were written.
    """

    fact: Fact
    sign: str = ""
    values: tuple[float | str, ...] = ()
    written: str = ""

    def holds(self, read: Read) -> bool | None:
        """Whether it holds; None while the fact is not known."""
        value = read(self.fact)
        if value is None or (isinstance(value, float) and math.isnan(value)):
            return None
        if not self.sign:
            return bool(value)
        if self.sign in _ORDERS:
            limit = self.values[0]
            if isinstance(value, str) or isinstance(limit, str):  # such as dropout with a number for each layer
                return None
            return _ORDERS[self.sign](float(value), limit)
        is_one_of = any(_are_equal(value, wanted) for wanted in self.values)
        return is_one_of == (self.sign == "=")

    def phrase(self) -> str:
        """Returns the condition as text: "Test error below 6 %"."""
        return f"{self.fact.label} {self.limit}" if self.sign else self.fact.label

    @property
    def limit(self) -> str:
        """The end of the phrase, after the fact: "below 6 %"."""
        return _PHRASES[self.sign].format(self.written)

    @property
    def opposite(self) -> str:
        """The phrase of the condition that must not hold."""
        if self.sign:
            return replace(self, sign=_OPPOSITES[self.sign]).phrase()
        words, _, last = self.fact.label.rpartition(" ")
        return f"{words} not {last}" if words else f"Not {_lowered(last)}"


@dataclass(frozen=True)
class Negation:
    """A condition that must not hold."""

    part: Condition

    def holds(self, read: Read) -> bool | None:
        """Whether it holds; None while it is not known."""
        found = self.part.holds(read)
        return None if found is None else not found

    def phrase(self) -> str:
        """Returns the condition as text, with parentheses if "not" is about several conditions."""
        if isinstance(self.part, Comparison):
            return self.part.opposite
        return f"Not {_in_parentheses(self.part)}"


@dataclass(frozen=True)
class Combination:
    """Conditions that must all hold, or of which one must.

    An unknown part makes the whole unknown, unless the others decide it.
    """

    parts: tuple[Condition, ...]
    is_all: bool

    def holds(self, read: Read) -> bool | None:
        """Whether it holds; None while it is not known."""
        found = [part.holds(read) for part in self.parts]
        if (not self.is_all) in found:
            return not self.is_all
        return None if None in found else self.is_all

    def phrase(self) -> str:
        """Returns the condition as text: "Epochs trained from 1 to 3 and test error below 3.1 %"."""
        first, *others = self._phrases()
        word = " and " if self.is_all else " or "
        return word.join([first, *map(_lowered, others)])

    def _phrases(self) -> list[str]:
        """Returns the phrases of the parts; two limits of one fact are one phrase."""
        found: list[str] = []
        before: Comparison | None = None
        for part in self.parts:
            limit = part if self.is_all and isinstance(part, Comparison) and part.sign in _ORDERS else None
            if limit is not None and before is not None and before.fact == limit.fact:
                is_range = (before.sign, limit.sign) == (">=", "<=")
                both = f"from {before.written} to {limit.written}" if is_range else f"{before.limit} and {limit.limit}"
                found[-1], before = f"{limit.fact.label} {both}", None
            else:
                found.append(_in_parentheses(part) if isinstance(part, Combination) else part.phrase())
                before = limit
        return found


def _in_parentheses(part: Condition) -> str:
    return f"({_lowered(part.phrase())})"


def _lowered(phrase: str) -> str:
    return f"{phrase[0].lower()}{phrase[1:]}"


Condition = Comparison | Negation | Combination


def comparisons_of(condition: Condition) -> list[Comparison]:
    """Returns the comparisons that a condition is made of, in their order."""
    if isinstance(condition, Comparison):
        return [condition]
    parts = (condition.part,) if isinstance(condition, Negation) else condition.parts
    return [comparison for part in parts for comparison in comparisons_of(part)]


def facts_of(condition: Condition) -> list[Fact]:
    """Returns the facts that a condition depends on, in their order."""
    return [comparison.fact for comparison in comparisons_of(condition)]


def _are_equal(value: Value, wanted: float | str) -> bool:
    if isinstance(value, (bool, str)) or isinstance(wanted, str):
        return str(value).replace(" ", "") == _plain(wanted).replace(" ", "")
    return value is not None and math.isclose(value, wanted, rel_tol=1e-9)


# ---- parsing


@dataclass(frozen=True)
class _Token:
    kind: str  # "number", "share", "name", "string" or the sign itself
    text: str
    value: float | str


_END = _Token("end", "the end", "")


class _Parser:
    """Parses one line."""

    def __init__(self, file: str, line: int, text: str, catalogue: Catalogue) -> None:
        self._file, self._line, self._catalogue = file, line, catalogue
        self._tokens = self._split(text)
        self._at = self._nested = 0

    def _error(self, problem: str, remedy: str = "For example: epoch >= 3 and test-error < 6 %") -> Exception:
        return at_line(self._file, self._line, problem, remedy)

    def _split(self, text: str) -> list[_Token]:
        tokens, at = [], 0
        while text[at:].strip():
            found = _TOKEN.match(text, at)
            if found is None:
                raise self._error(f"“{text[at:].strip()[:20]}” is not a part of a goal")
            at = found.end()
            if found["number"] is not None:
                value = float(found["number"])
                share = found["percent"] is not None
                words = f"{found['number']} %" if share else found["number"]
                tokens.append(_Token("share" if share else "number", words, value / 100 if share else value))
            elif found["string"] is not None:
                tokens.append(_Token("string", found["string"], found["string"][1:-1]))
            elif found["name"] is not None:
                tokens.append(_Token("name", found["name"], found["name"]))
            else:
                tokens.append(_Token(found["sign"], found["sign"], found["sign"]))
            if len(tokens) > _MOST_TOKENS:
                raise self._error(f"a goal has more than {_MOST_TOKENS} parts", "Divide it into several lines.")
        return tokens

    @property
    def _next(self) -> _Token:
        return self._tokens[self._at] if self._at < len(self._tokens) else _END

    def _take(self, *kinds: str) -> _Token:
        token = self._next
        if token.kind not in kinds:
            raise self._error(f"“{token.text}” is not expected here; expected: {' or '.join(kinds)}")
        self._at += 1
        return token

    def _takes(self, word: str) -> bool:
        """Whether the next token is that word or sign; then it is taken."""
        is_it = self._next.text == word and self._next.kind != "string"
        self._at += is_it
        return is_it

    def parse(self) -> Condition:
        """Returns the whole line. Raises LessonError."""
        if not self._tokens:
            raise self._error("a goal is empty")
        found = self._either()
        if self._at < len(self._tokens):
            raise self._error(f"“{self._next.text}” is not expected here; expected: and, or, or the end of the line")
        return found

    def _either(self) -> Condition:
        parts = [self._all()]
        while self._takes("or"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else Combination(tuple(parts), is_all=False)

    def _all(self) -> Condition:
        parts = [self._negated()]
        while self._takes("and"):
            parts.append(self._negated())
        return parts[0] if len(parts) == 1 else Combination(tuple(parts), is_all=True)

    def _negated(self) -> Condition:
        return Negation(self._atom()) if self._takes("not") else self._atom()

    def _atom(self) -> Condition:
        if not self._takes("("):
            return self._comparison()
        self._nested += 1
        if self._nested > _MOST_NESTED:
            raise self._error(
                f"a goal has more than {_MOST_NESTED} nested parentheses", "Divide it into several lines."
            )
        found = self._either()
        self._take(")")
        self._nested -= 1
        return found

    def _comparison(self) -> Comparison:
        fact = self._fact()
        signs = (*_ORDERS, "=", "!=")
        if self._next.kind not in signs:
            if fact.info.kind is not Kind.FLAG:
                raise self._error(f"“{fact.name}” is not compared with a value", f"For example: {_example(fact)}")
            return Comparison(fact)
        sign = self._take(*signs).text
        if self._next.kind == "=":
            raise self._error(f"“{sign}=” is not an operator", "Write =, !=, <, <=, > or >=.")
        first = self._at
        self._check_decimals(fact, sign)
        values = [self._value(fact, sign)]
        while self._takes(","):
            values.append(self._value(fact, sign))
        written = ", ".join(token.text.strip('"') for token in self._tokens[first : self._at] if token.kind != ",")
        if fact.info.kind is Kind.SETTING and sign not in _ORDERS:
            if len(values) > 1:
                values = [", ".join(_plain(value) for value in values)]  # a list, such as the sizes of the layers
            self._check_setting(fact, _plain(values[0]))
        return Comparison(fact, sign, tuple(values), written)

    def _check_decimals(self, fact: Fact, sign: str) -> None:
        """Raises LessonError for several values where there can be one: a number with a decimal comma."""
        whole, comma, more = (*self._tokens[self._at : self._at + 3], _END, _END, _END)[:3]
        if comma.kind == "," and (sign in _ORDERS or fact.info.kind in (Kind.SHARE, Kind.NUMBER)):
            decimal = f"{whole.text}.{more.text}" if more.kind in ("number", "share") else "3.1"
            raise self._error(
                f"“{sign}” compares with one value, not with {whole.text}, {more.text}",
                f"Write a decimal point: {decimal}.",
            )

    def _check_setting(self, fact: Fact, text: str) -> None:
        """Raises LessonError for a value that the setting cannot have."""
        name = fact.setting
        try:
            setting_value(SETTINGS[name], text)
        except EngineError as error:
            raise self._error(f"{name}{error.problem}", error.remedy) from error
        except (ValueError, RecursionError, OverflowError):
            raise self._error(f"the value of {name} cannot be read", "Write it as on the command line.") from None

    def _fact(self) -> Fact:
        name = self._take("name").text
        if name not in FACTS and name not in SETTINGS:
            raise self._error(f"“{name}” is not a fact", nearest(name, [*FACTS, *SETTINGS]))
        arguments: list[str] = []
        if self._takes("("):
            arguments.append(self._argument())
            while self._takes(","):
                arguments.append(self._argument())
            self._take(")")
        fact = Fact(name, tuple(arguments))
        wanted = fact.info.arguments
        if len(arguments) != len(wanted):
            raise self._error(f"“{name}” has {len(arguments)} arguments, not {len(wanted)}", f"Write {_example(fact)}.")
        for kind, argument in zip(wanted, arguments, strict=True):
            self._check_argument(kind, argument)
        return fact

    def _argument(self) -> str:
        return self._take("name", "number", "string").text.strip('"')

    def _check_argument(self, kind: str, argument: str) -> None:
        known = {"setting": frozenset(SETTINGS), "card": self._catalogue.cards}.get(kind)
        if known is not None and argument not in known:
            raise self._error(f"“{argument}” is not a {kind}", nearest(argument, known))
        if kind == "layer" and not re.fullmatch(r"[1-9][0-9]{0,3}", argument):
            raise self._error(f"“{argument}” is not a layer", "Layers are numbered from 1: dead(1).")
        if kind == "neuron" and not re.fullmatch(r"[1-9][0-9]{0,3}\.[1-9][0-9]{0,5}", argument):
            raise self._error(f"“{argument}” is not a neuron", "Write layer and neuron, from 1: strength(1.4).")

    def _value(self, fact: Fact, sign: str) -> float | str:
        token, kind = self._take("number", "share", "name", "string"), fact.info.kind
        if kind is Kind.FLAG:
            raise self._error(f"“{fact.name}” is not compared with a value", f"Write {fact.name} or not {fact.name}.")
        if kind is Kind.SHARE and token.kind != "share":
            raise self._error(f"“{fact.name}” is a share, and {token.text} is not", f"Write {token.text} %.")
        if kind in (Kind.NUMBER, Kind.WHOLE) and token.kind != "number":
            problem = f"“{fact.name}” is compared with a number, not with “{token.text}”"
            if fact.name in SETTINGS:  # the figure "loss" has the name of a setting
                example = f"field({fact.name}) = {token.text}"
                raise self._error(problem, f"The setting of that name is “field({fact.name})”: {example}.")
            raise self._error(problem)
        if sign not in _ORDERS and kind in (Kind.SHARE, Kind.NUMBER):
            raise self._error(f"“{fact.name}” cannot be compared by “{sign}”: it is not exact", "Use < or >.")
        is_text = kind is Kind.NAME or (kind is Kind.SETTING and fact.setting not in NUMBERS)
        if sign in _ORDERS and (is_text or token.kind in ("name", "string")):
            problem = f"“{fact.text}” cannot be compared by “{sign}” with “{token.text}”"
            has_default = kind is Kind.SETTING and is_text
            example = f", as in {fact.text} = {value_of_setting(Experiment(), fact.setting)}" if has_default else ""
            raise self._error(problem, f"Use = or !={example}.")
        choices = {"state": STATES, "workspace": WORKSPACES}.get(fact.name)
        if choices is not None and token.value not in choices:
            raise self._error(f"“{token.text}” is not a value of “{fact.name}”", nearest(token.text, choices))
        return token.text.strip('"') if kind is Kind.NAME else token.value  # a class may be called 7


def _plain(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:g}"


def _example(fact: Fact) -> str:
    known = fact.info
    arguments = f"({', '.join(known.arguments)})" if known.arguments else ""
    ends = {Kind.SHARE: " < 5 %", Kind.NUMBER: " >= 1", Kind.WHOLE: " = 2", Kind.NAME: ' = "a"', Kind.SETTING: " = 0.2"}
    return f"{fact.name}{arguments}{ends.get(known.kind, '')}"


def parse_goal(file: str, line: int, text: str, catalogue: Catalogue) -> Condition:
    """Returns the condition of a line of a goal. Raises LessonError with the line, the word and the nearest name."""
    return _Parser(file, line, text, catalogue).parse()


def parse_goals(file: str, lines: Sequence[tuple[int, str]], catalogue: Catalogue) -> list[Condition]:
    """Returns the conditions of the lines (number, text) of a goal block. Raises LessonError."""
    return [parse_goal(file, number, text, catalogue) for number, text in lines if text.strip()]
