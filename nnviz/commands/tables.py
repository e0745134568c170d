"""Reads the table that a command is given as a network takes it, and prints its answers as a table."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from engine.datasets.cells import RAGGED
from engine.datasets.description import Description
from engine.datasets.table import Table, read_table, row_number
from engine.datasets.table_coding import CodedColumn, TableCoding
from engine.datasets.table_columns import NUMBER
from engine.datasets.table_format import TableFormat, sniff
from engine.errors import DataError
from engine.network import Network
from engine.validation import Array
from nnviz.commands.checks import CommandError
from nnviz.look import text


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows of a table, as a network takes them.

    Attributes:
        inputs: (k, inputs) of those that have all values that must be there.
        has_gap: (rows,) whether one is missing.
        told: how many rows have a gap, and the first of them, in one line; empty if none has.
    """

    inputs: Array
    has_gap: Array
    told: str


def rows_of_file(network: Network, file: str) -> Rows:
    """What the network is given of a CSV or TSV file, by what it knows of its inputs.

    Raises CommandError, which says which column cannot be used, and the first row; and FileFormatError.
    """
    about = network.description or Description()
    table, form = _read(file, about)
    coding = about.coding or _plain_coding(file, table, about.columns, network.shape[0])
    try:
        values = coding.read_table(table)
    except DataError as error:
        row = _first_row(file, form, table, coding, error.parameter)
        where = "" if row is None else f" First in row {row:,}."
        raise CommandError(_line(f"{file}: {error.message_for(f'column {error.parameter}')}{where}")) from None
    gaps = coding.gaps(values)
    has_gap = np.logical_or.reduce(list(gaps.values()), initial=False) | np.zeros(len(table), bool)
    raw = coding.raw([each[~has_gap] for each in values])
    return Rows(about.inputs_of(raw), has_gap, _told_gaps(file, form, table, gaps, has_gap))


def _told_gaps(file: str, form: TableFormat, table: Table, gaps: Mapping[str, Array], has_gap: Array) -> str:
    """How many rows have a gap, the number of the first of them in the file, and its column."""
    count = int(has_gap.sum())
    if not count:
        return ""
    place = int(has_gap.argmax())
    column = next(name for name, of_column in gaps.items() if of_column[place])
    row = row_number(file, form, place, len(table.columns))
    where = f"in column {text.name(column)}" if row is None else f"in row {row:,}, column {text.name(column)}"
    rows = "1 row has a missing value" if count == 1 else f"{count:,} rows have a missing value"
    return _line(f"{file}: {rows} and no answer, {'' if count == 1 else 'first '}{where}.")


def _read(file: str, about: Description) -> tuple[Table, TableFormat]:
    """The table, whose first row holds names if the network's columns are found there."""
    form = sniff(file)
    table = _whole_table(file, form, about)
    wanted = {column.name for column in about.coding.columns} if about.coding else set(about.columns)
    if not wanted <= set(table.names):
        other = replace(form, header=not form.header)
        again = _whole_table(file, other, about) if len(table) > form.header else table
        if wanted <= set(again.names):
            return again, other
    return table, form


def _whole_table(file: str, form: TableFormat, about: Description) -> Table:
    texts = about.coding.texts if about.coding else ()
    table = read_table(file, form, texts=texts, least_columns=1)
    if table.ragged:
        row = next((problem for problem in table.problems if problem.kind == RAGGED), None)
        what = f"row {row.row:,} has {row.value}" if row else f"{table.ragged:,} rows have too many or too few cells"
        raise CommandError(f"{file}: {what}. Give all rows a cell for each column.")
    return table


def _plain_coding(file: str, table: Table, columns: tuple[str, ...], inputs: int) -> TableCoding:
    """That of a network of numbers: its columns by their names; if none of them is there, all those of numbers."""
    numbers = tuple(column.name for column in table.columns if column.kind == NUMBER)
    named = columns if set(columns) & set(table.names) else ()
    fitting = next((names for names in (named, numbers, table.names) if len(names) == inputs), None)
    if fitting is None:
        count = f"{len(numbers):,} column{'s' * (len(numbers) != 1)} of numbers"
        raise CommandError(f"{file}: has {count}, and the network takes {inputs:,}. Give it a column for each input.")
    return TableCoding(tuple(CodedColumn(name, NUMBER) for name in fitting), None, "")


def _first_row(file: str, form: TableFormat, table: Table, coding: TableCoding, name: str) -> int | None:
    """The number of the first row, from 1, whose value in that column is refused; None if it is not known."""
    if name not in table.names:
        return None
    wrong = next((problem.row for problem in table.problems if problem.column == name), None)
    if wrong is not None or table.column(name).wrong:
        return wrong
    place = coding.first_unfit(table, name)
    return None if place is None else row_number(file, form, place, len(table.columns))


def _line(words: str) -> str:
    return text.plain(words.replace("\n", " "))


def print_answers(network: Network, outputs: Array, has_gap: Array) -> None:
    """Prints outputs, (k, outputs), as CSV: the class and a probability for each; or numbers in their unit.

    For the rows where ``has_gap``, (rows,), is True there are none: they are printed as empty cells.
    """
    about = network.description or _guessed(network)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # names may have signs that the terminal does not know
    out = csv.writer(sys.stdout, lineterminator="\n")
    head = about.answer_columns(network.shape[-1])
    out.writerow(head)
    digits = 9 if network.parameters.dtype == np.float32 else 17  # enough to tell any two numbers apart
    answers = iter(about.answers(outputs))
    for is_empty in has_gap.tolist():
        if is_empty:
            out.writerow([""] * len(head))
            continue
        row = next(answers)
        named = [about.class_names[row.argmax()]] if about.class_names else []
        out.writerow([*named, *(f"{number:.{digits}g}" for number in row)])


def _guessed(network: Network) -> Description:
    """Of a network of which nothing is known: outputs that add up to 1 stand for classes."""
    if network.activations[-1] != "softmax":
        return Description()
    return Description(class_names=tuple(map(str, range(network.shape[-1]))))
