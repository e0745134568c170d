"""What a network's description adds to its numpy script: scaling, and the meaning of rows and answers.

Names from the data stand in the script as Python's own literals, so that none of them can become code.
"""

from __future__ import annotations

import pprint
import re
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass, replace
from string import Template

from engine.datasets.cells import MISSING, YES_NO
from engine.datasets.description import Description
from engine.datasets.scaling import Scaling
from engine.datasets.table_coding import LARGEST, TableCoding

_WIDTH, _INDENT = 88, " " * 4
_OF_PICTURES = (
    "Rows hold numbers as the network was trained with: of pictures, brightness from 0\nto 1, which is bytes / 255."
)
_OF_RAW = "Rows hold numbers as they stand in the data; the script scales them, and the answers."
_OF_TABLES = (
    "The file has the names of columns in its first row. In a program a row is a dict of\n"
    "columns and values. Numbers have a decimal point."
)


@dataclass(frozen=True)
class Parts:
    """Pieces of a script.

    Attributes:
        modules: those that it imports besides what every script does.
        meaning: constants and functions before ``predict``.
        given: number type of raw rows; None for that of the network.
        scaled, answers: expressions: the numbers for the first layer made of raw ``rows``, and the answers of outputs
            ``rows``; empty where they are the same.
        command: the functions of the command line, as a template; empty for those of plain numbers.
        main: the function that a program imports.
        rows: what rows are, for the docstring.
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
    """The pieces for a network of that description."""
    if about is None:
        return Parts()
    facts = _scalings(about)
    if about.class_names:
        facts.append(_list("CLASSES", about.class_names))
    parts = Parts(meaning="\n".join(facts) + "\n\n\n" if facts else "")
    if about.scaling is not None:
        parts = replace(parts, given="float64", scaled="(rows - INPUT_MEAN) / INPUT_SPREAD", rows=_OF_RAW)
    if about.target_scaling is not None:
        parts = replace(parts, answers="rows * TARGET_SPREAD + TARGET_MEAN", rows=_OF_RAW)
    if about.coding is not None:
        return _with_table(parts, about, about.coding)
    return replace(parts, meaning=parts.meaning + _ANSWER_OF_NUMBERS, main="answer") if about.class_names else parts


def _with_table(parts: Parts, about: Description, coding: TableCoding) -> Parts:
    columns = ((each.name, each.kind, list(each.categories), each.filled) for each in coding.columns)
    facts = [
        "# Of each column: its name, what is in it, its texts, and what stands for a missing value.",
        _list("COLUMNS", columns),
        f"MISSING = {sorted(MISSING)}",
        _list("NO_AND_YES", YES_NO),
        f"LARGEST = {LARGEST!r}",
        "# The first row of the table of answers.",
        _list("HEADING", about.answer_columns(1)),
    ]
    is_headless = all(re.fullmatch(r"column [0-9]+", column.name) for column in coding.columns)
    command = Template(_OF_TABLE).safe_substitute(
        names=_NUMBERED if is_headless else _NAMED,
        answer="CLASSES[row.argmax()], *" if about.class_names else "*",
    )
    answer = "CLASSES[row.argmax()]" if about.class_names else "float(row[0])"
    encode = Template(_ENCODE).substitute(answer=answer)
    meaning = "\n".join([*facts, parts.meaning or "\n\n"]) + encode
    return replace(parts, modules=("csv",), meaning=meaning, command=command, main="answer", rows=_OF_TABLES)


def _scalings(about: Description) -> list[str]:
    named: dict[str, Scaling | None] = {"INPUT": about.scaling, "TARGET": about.target_scaling}
    return [
        f"{name}_{part} = np.array([\n{_wrapped(numbers)}\n])"
        for name, scaling in named.items()
        if scaling is not None
        for part, numbers in (("MEAN", scaling.mean.tolist()), ("SPREAD", scaling.spread.tolist()))
    ]


def _wrapped(numbers: list[float]) -> str:
    return textwrap.fill(", ".join(map(repr, numbers)), _WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT)


def _list(name: str, items: Iterable[object]) -> str:
    """A list of literals, an item a line: texts, numbers, None and tuples. Signs that cannot be printed are escaped."""
    lines = (textwrap.indent(pprint.pformat(item, width=_WIDTH - 5, compact=True), _INDENT) for item in items)
    return f"{name} = [\n" + "".join(f"{line},\n" for line in lines) + "]"


_ANSWER_OF_NUMBERS = '''\
def answer(rows):
    """The name of the class that each of the examples, (k, numbers), is taken for."""
    return [CLASSES[number] for number in predict(rows).argmax(axis=1)]


'''

_ENCODE = '''\
def value_of(value, kind, categories, filled):
    """One value as a number: a text's is its place in the categories."""
    if hasattr(value, "is_integer") and value.is_integer():
        value = int(value)
    text = "" if value is None else str(value).strip()
    small = text.casefold()
    if small in MISSING:
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
    try:
        number = float("word" if "_" in text else text if isinstance(value, str) else value)
    except (TypeError, ValueError):
        raise ValueError(f"must be a number, not {text!r}") from None
    if not abs(number) <= LARGEST:
        raise ValueError(f"must be a finite number up to {LARGEST:g}, not {text!r}")
    return number


def encode(row):
    """The numbers of a row, a dict of columns and values; of texts 0 or 1 for each."""
    numbers = []
    for name, kind, categories, filled in COLUMNS:
        if name not in row:
            raise ValueError(f"there is no column {name!r}")
        try:
            value = value_of(row[name], kind, categories, filled)
        except ValueError as error:
            raise ValueError(f"column {name!r} {error}") from None
        if kind == "text":
            numbers += [float(place == value) for place in range(len(categories))]
        else:
            numbers.append(float(value))
    return numbers


def answer(rows):
    """The answer to each of the rows, dicts of columns and values."""
    return [$answer for row in predict([encode(row) for row in rows])]


'''

_NUMBERED = 'names = [f"column {place}" for place in range(1, 1 + len(rows[0][1]))]'
_NAMED = "names = different(rows.pop(0)[1])"

_OF_TABLE = '''\
def different(heading):
    """The names of columns: numbered where there is none, or the same one again."""
    names = []
    for place, text in enumerate(heading, 1):
        name = first = text.strip("\\ufeff \\t\\n")[:200] or f"column {place}"
        count = 1
        while name in names:
            count += 1
            name = f"{first} ({count})"
        names.append(name)
    return names


def read(path):
    """The numbers of each row in a file, whose cells are separated by , ; | or tabs."""
    with open(path, encoding="utf-8-sig") as file:
        start = file.readline()
        file.seek(0)
        delimiter = max(",;|\\t", key=start.count)
        lines = csv.reader(file, delimiter=delimiter, skipinitialspace=True)
        rows = [
            (number, cells)
            for number, cells in enumerate(lines, 1)
            if len(cells) > 1 or "".join(cells).strip()
        ]
    if not rows:
        raise ValueError("it is empty")
    $names
    for name, *_ in COLUMNS:
        if name not in names:
            raise ValueError(f"there is no column {name!r}")
    return [numbers_of(number, names, cells) for number, cells in rows]


def numbers_of(number, names, cells):
    """The numbers of one row of a file."""
    if len(cells) < len(names) or any(cells[len(names) :]):
        raise ValueError(f"row {number} has {len(cells)} cells, not {len(names)}")
    try:
        return encode(dict(zip(names, cells)))
    except ValueError as error:
        raise ValueError(f"row {number}, {error}") from None


def main(arguments):
    """Prints the answers for the rows in the file named, as a table."""
    if len(arguments) != 2:
        sys.exit(
            f"Usage: python {arguments[0]} ROWS\\n"
            "ROWS is a CSV file with these columns, among others:\\n"
            f"{[name for name, *_ in COLUMNS]}"
        )
    try:
        rows = read(arguments[1])
        answers = predict(rows) if rows else []
    except (OSError, ValueError, csv.Error) as error:
        sys.exit(f"{arguments[1]} cannot be used: {error}")
    sys.stdout.reconfigure(errors="backslashreplace")
    out = csv.writer(sys.stdout, lineterminator="\\n")
    out.writerow(HEADING)
    for row in answers:
        out.writerow([${answer}(f"{number:.${digits}g}" for number in row)])'''
