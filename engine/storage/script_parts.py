"""The parts of a NumPy script that come from a network's description: scaling, and the meaning of rows and outputs.

Names from the data are written as Python literals, so that none of them can become code.
"""

from __future__ import annotations

import pprint
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass, replace
from string import Template

from engine.datasets.description import Description
from engine.datasets.scaling import Scaling
from engine.datasets.table.cells import MISSING, SIGNS, YES_NO
from engine.datasets.table.table_coding import LARGEST, TableCoding
from engine.storage.script_table import NAMED, NUMBERED, OF_TABLE
from engine.storage.script_usage import WIDTH, has_no_heading

_INDENT = " " * 4
_OF_PICTURES = (
    "Rows hold numbers as the network was trained with: of images, brightness from 0\nto 1, which is bytes / 255."
)
_OF_RAW = "Rows hold numbers as they stand in the data; the script scales them, and the predictions."
_OF_TABLES = (
    "The file has the names of columns in a row; above it may be titles. Numbers may have\n"
    "the sign or unit beside them that their column had in the table the network learned from,\n"
    "or € or % if it had none, and separated thousands. Their decimal mark is the one that the\n"
    "file shows; if it shows none, as in 1.234, that of the table the network learned from.\n"
    "Missing values are filled as in the training; if rows with gaps were left out then, such a\n"
    "row gets an empty prediction, as does one with an unreadable value. In a program a row is a dict\n"
    "of columns and values, and numbers have a decimal point."
)


@dataclass(frozen=True)
class Parts:
    """Pieces of a script.

    Attributes:
        modules: the modules it imports in addition to those of every script.
        meaning: constants and functions before ``predict``.
        given: number type of raw rows; None for that of the network.
        scaled, answers: expressions for the inputs of the first layer from raw ``rows``, and for the predictions from
            outputs ``rows``; empty if they are equal.
        command: the functions of the command line, as a template; empty for those of plain numbers.
        main: the function that a program imports.
        rows: the meaning of rows, for the docstring.
    """

    modules: tuple[str, ...] = ()
    meaning: str = ""
    given: str | None = None
    scaled: str = ""
    answers: str = "rows"
    command: str = ""
    main: str = "predict"
    rows: str = _OF_PICTURES


def parts_of(about: Description | None) -> Parts:
    """Returns the pieces for a network of that description."""
    if about is None:
        return Parts()
    facts = _scalings(about)
    if about.class_names:
        facts.append(_list("CLASSES", about.class_names))
    if about.brightness is not None:
        mean, deviation = about.brightness.mean, about.brightness.deviation
        facts.insert(0, f"INPUT_MEAN, INPUT_SPREAD = {mean!r}, {deviation!r}  # of all training pixels")
    parts = Parts(meaning="\n".join(facts) + "\n\n\n" if facts else "")
    if about.scaling is not None:
        parts = replace(parts, given="float64", scaled="(rows - INPUT_MEAN) / INPUT_SPREAD", rows=_OF_RAW)
    if about.brightness is not None:
        parts = replace(parts, scaled="(rows - INPUT_MEAN) / INPUT_SPREAD")
    if about.target_scaling is not None:
        parts = replace(parts, answers="rows * TARGET_SPREAD + TARGET_MEAN", rows=_OF_RAW)
    if about.coding is not None:
        return _with_table(parts, about, about.coding)
    return replace(parts, meaning=parts.meaning + _ANSWER_OF_NUMBERS, main="answer") if about.class_names else parts


def _with_table(parts: Parts, about: Description, coding: TableCoding) -> Parts:
    columns = ((each.name, each.kind, list(each.categories), each.filled, each.sign) for each in coding.columns)
    facts = [
        "# Of each column: its name, what is in it, its texts, what stands for a missing value, and\n"
        "# the sign or unit beside its numbers.",
        _list("COLUMNS", columns),
        f"MISSING = {sorted(MISSING)}",
        _list("NO_AND_YES", YES_NO),
        f"LARGEST = {LARGEST!r}",
        "# Signs beside numbers, where a column has none of its own; and the decimal mark of the\n"
        "# table that the network learned from.",
        f"SIGNS = {sorted(SIGNS)}",
        f"DECIMAL = {coding.form.decimal if coding.form else '.'!r}",
        "# The first row of the table of predictions.",
        _list("HEADING", about.answer_columns(1)),
    ]
    command = Template(OF_TABLE).safe_substitute(
        names=NUMBERED.format(skip=coding.form.skip if coding.form else 0) if has_no_heading(coding) else NAMED,
        answer="CLASSES[row.argmax()], *" if about.class_names else "*",
    )
    answer = "CLASSES[row.argmax()]" if about.class_names else "float(row[0])"
    encode = Template(_ENCODE).substitute(answer=answer)
    meaning = "\n".join([*facts, parts.meaning or "\n\n"]) + encode
    return replace(parts, modules=("csv", "io", "re"), meaning=meaning, command=command, main="answer", rows=_OF_TABLES)


def _scalings(about: Description) -> list[str]:
    named: dict[str, Scaling | None] = {"INPUT": about.scaling, "TARGET": about.target_scaling}
    return [
        f"{name}_{part} = np.array([\n{_wrapped(numbers)}\n])"
        for name, scaling in named.items()
        if scaling is not None
        for part, numbers in (("MEAN", scaling.mean.tolist()), ("SPREAD", scaling.spread.tolist()))
    ]


def _wrapped(numbers: list[float]) -> str:
    return textwrap.fill(", ".join(map(repr, numbers)), WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT)


def _list(name: str, items: Iterable[object]) -> str:
    """Returns a list of literals, one per line: texts, numbers, None and tuples. Unprintable characters are escaped."""
    lines = (textwrap.indent(pprint.pformat(item, width=WIDTH - 5, compact=True), _INDENT) for item in items)
    return f"{name} = [\n" + "".join(f"{line},\n" for line in lines) + "]"


_ANSWER_OF_NUMBERS = '''\
def answer(rows):
    """The name of the class that each of the examples, (k, numbers), is taken for."""
    return [CLASSES[number] for number in predict(rows).argmax(axis=1)]


'''

_ENCODE = '''\
def bare(text, own):
    """A number without its column's own sign or unit beside it; if it has none, without € or %."""
    if own and own not in SIGNS:
        number = re.fullmatch(rf"([+-]?[0-9][0-9.,\\u00a0\\u202f']*)\\s?{re.escape(own)}", text)
        return number[1] if number else text
    sign = f"(?:{'|'.join(map(re.escape, [own] if own else SIGNS))})"
    if text[-1:] in SIGNS:
        number = re.fullmatch(rf"([+-]?[0-9.,](?:.*[0-9.,])?)\\s*{sign}", text)
        return number[1] if number else text
    number = re.fullmatch(rf"([+-]?){sign}\\s*(-?[0-9.,].*)", text)
    return "".join(number.groups()) if number else text


def value_of(value, kind, categories, filled, own, mark):
    """One value as a number: a text's is its place in the categories."""
    if hasattr(value, "is_integer") and value.is_integer():
        value = int(value)
    text = "" if value is None else str(value).strip()
    small = text.casefold()
    if small in MISSING or small in ("+nan", "-nan"):
        if filled is None:
            raise ValueError("must have a value")
        return filled
    if text in categories:
        return categories.index(text)
    if kind == "yes/no":
        for pair in [["0", "1"], *NO_AND_YES]:
            if small in pair:
                return pair.index(small)
    if kind != "number":
        raise ValueError(f"must be one of {categories}, not {text!r}")
    plain = number_text(text, own, mark) if isinstance(value, str) else value
    try:
        number = float("word" if "_" in text else plain)
    except (TypeError, ValueError):
        raise ValueError(f"must be a number, not {text!r}") from None
    if not abs(number) <= LARGEST:
        raise ValueError(f"must be a finite number up to {LARGEST:g}, not {text!r}")
    return number


def encode(row, mark=None):
    """The numbers of a row, a dict of columns and values; of texts 0 or 1 for each.

    With a decimal mark, numbers are written as in a file; without one, as Python writes them.
    """
    numbers = []
    for name, kind, *how in COLUMNS:
        if name not in row:
            raise ValueError(f"there is no column {name!r}")
        try:
            value = value_of(row[name], kind, *how, mark)
        except ValueError as error:
            raise ValueError(f"column {name!r} {error}") from None
        if kind == "text":
            numbers += [float(place == value) for place in range(len(how[0]))]
        else:
            numbers.append(float(value))
    return numbers


def answer(rows):
    """The prediction for each of the rows, dicts of columns and values."""
    return [$answer for row in predict([encode(row) for row in rows])]


'''
