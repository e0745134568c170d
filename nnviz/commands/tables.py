"""Tables given to a command: their encoding as inputs of a network, and predictions printed as a table."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from engine.basics.errors import DataError
from engine.basics.validation import Array
from engine.datasets.description import Description
from engine.datasets.table.table import Table, read_table, row_number
from engine.datasets.table.table_coding import CodedColumn, TableCoding
from engine.datasets.table.table_columns import NUMBER
from engine.datasets.table.table_format import TableFormat, sniff
from engine.network.network import Network
from nnviz.commands.checks import CommandError
from nnviz.commands.number_notation import decimal_mark_of, decimal_note, sign_note
from nnviz.formatting import text

_MOST_KINDS = 5  # of gaps that are listed


def is_table(name: str) -> bool:
    """Whether a file is a table, by the ending of its name."""
    return Path(name).suffix.lower() in (".csv", ".tsv")


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows of a table, encoded for a network.

    Attributes:
        inputs: (k, inputs) of the rows without a gap.
        has_gap: (rows,) whether a row cannot be used: a required value is missing or unknown to the network.
        note: a line with the number of unusable rows and the reasons, and with differences in notation from the
            network's table; empty for none.
    """

    inputs: Array
    has_gap: Array
    note: str


def read_rows(network: Network, file: str) -> Rows:
    """Reads a CSV or TSV file as inputs of a network, by the description of its inputs.

    Raises CommandError, which names the first unusable column and row, and FileFormatError.
    """
    about = network.description or Description()
    default = decimal_mark_of(network)
    table, form = _read(file, about, default)
    coding = about.coding
    if coding is None:
        coding = _plain_coding(file, table, about.columns, network.shape[0])
        table = _whole_table(file, form, coding)
    try:
        read = coding.read_known(table)
    except DataError as error:
        row = next((problem.row for problem in table.problems if problem.column == error.parameter), None)
        where = "" if row is None else f" First in row {row:,}."
        raise CommandError(
            _line(f"{text.path(file)}: {error.message_for(f'column {error.parameter}')}{where}")
        ) from None
    gaps = _gaps(table, coding, read)
    has_gap = np.logical_or.reduce(list(gaps.values()))
    raw = coding.raw([values[~has_gap] for values, _ in read])
    notes = [_gap_note(file, form, gaps, has_gap), decimal_note(form, default), sign_note(table, network)]
    return Rows(about.inputs_of(raw), has_gap, " ".join(filter(None, notes)))


def _gaps(table: Table, coding: TableCoding, read: list[tuple[Array, Array]]) -> dict[str, Array]:
    """Returns by reason the rows that cannot be used, (rows,) bool: the whole row, or the value of a column."""
    ragged = np.zeros(len(table), bool)
    ragged[list(table.kept_ragged)] = True
    gaps = {"too many or too few cells": ragged}
    for column, (values, is_unknown) in zip(coding.columns, read, strict=True):
        where = f"column {text.name(column.name)}"
        unread = np.zeros(len(table), bool)
        unread[table.column(column.name).unreadable] = True
        gaps[f"an unknown value in {where}"] = is_unknown & ~unread & ~ragged
        is_missing = np.isnan(values) & ~is_unknown & (column.filled is None)
        gaps[f"no readable value in {where}"] = (unread | is_missing) & ~ragged
    return gaps


def _gap_note(file: str, form: TableFormat, gaps: Mapping[str, Array], has_gap: Array) -> str:
    """Returns the number of rows with a gap, and the first row of each kind of gap, by its number in the file."""
    count = int(has_gap.sum())
    if not count:
        return ""
    kinds = _first_kinds(gaps, has_gap)
    notes = [_gap_text(row_number(file, form, int(has_it.argmax())), int(has_it.sum()), what) for what, has_it in kinds]
    more = f"; and {len(notes) - _MOST_KINDS:,} more reasons" if len(notes) > _MOST_KINDS else ""
    rows = "1 row has no prediction" if count == 1 else f"{count:,} rows have no prediction"
    return _line(f"{text.path(file)}: {rows}: {'; '.join(notes[:_MOST_KINDS])}{more}.")


def _first_kinds(gaps: Mapping[str, Array], has_gap: Array) -> list[tuple[str, Array]]:
    """Returns the first gap of each row as pairs of text and rows with it, (rows,) bool, in the order of the rows."""
    left, kinds = has_gap.copy(), []
    for what, has_it in gaps.items():
        if (has_it & left).any():
            kinds.append((what, has_it & left))
        left &= ~has_it
    return sorted(kinds, key=lambda kind: int(kind[1].argmax()))


def _gap_text(row: int | None, count: int, what: str) -> str:
    which = "one row" if row is None else f"row {row:,}"
    return f"{which} has {what}" if count == 1 else f"{which} and {count - 1:,} more have {what}"


def _read(file: str, about: Description, default_decimal: str | None) -> tuple[Table, TableFormat]:
    """Reads the table. Its first row holds names if the network's columns are found there."""
    form = sniff(file, default_decimal=default_decimal)
    table = _whole_table(file, form, about.coding)
    wanted = {column.name for column in about.coding.columns} if about.coding else set(about.columns)
    if not wanted <= set(table.names):
        other = replace(form, header=not form.header)
        again = _whole_table(file, other, about.coding) if len(table) > form.header else table
        if wanted <= set(again.names):
            return again, other
    return table, form


def _whole_table(file: str, form: TableFormat, coding: TableCoding | None) -> Table:
    """Reads all rows of the table, including those with too many or too few cells."""
    how: dict[str, Any] = {"texts": coding.texts, "numbers": coding.numbers, "signs": coding.signs} if coding else {}
    return read_table(file, form, least_columns=1, keeps_ragged=True, **how)


def _plain_coding(file: str, table: Table, columns: tuple[str, ...], inputs: int) -> TableCoding:
    """Returns the coding for a network of plain numbers: its columns by name, or else all numeric columns."""
    numbers = tuple(column.name for column in table.columns if column.kind == NUMBER)
    named = columns if set(columns) & set(table.names) else ()
    fitting = next((names for names in (named, numbers, table.names) if len(names) == inputs), None)
    if fitting is None:
        count = f"{len(numbers):,} column{'s' * (len(numbers) != 1)} of numbers"
        raise CommandError(f"{file} has {count}, but the network has {inputs:,} inputs. Give a column for each.")
    return TableCoding(tuple(CodedColumn(name, NUMBER) for name in fitting), None, "")


def _line(words: str) -> str:
    return text.plain(words.replace("\n", " "))


def print_predictions(network: Network, outputs: Array, has_gap: Array) -> None:
    """Prints outputs, (k, outputs), as CSV: the class and a probability for each; or numbers in their unit.

    For the rows where ``has_gap``, (rows,), is True there are none: they are printed as empty cells.
    """
    about = network.description or _guess_description(network)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # names may have signs that the terminal does not know
    out = csv.writer(sys.stdout, lineterminator="\n")
    head = about.answer_columns(network.shape[-1])
    out.writerow(head)
    enough = 9 if network.parameters.dtype == np.float32 else 17  # digits that distinguish any two numbers
    digits = about.answer_digits(enough)
    answers = iter(about.answers(outputs))
    for is_empty in has_gap.tolist():
        if is_empty:
            out.writerow([""] * len(head))
            continue
        row = next(answers)
        named = [about.class_names[row.argmax()]] if about.class_names else []
        out.writerow([*named, *(f"{number:.{digits}g}" for number in row)])


def _guess_description(network: Network) -> Description:
    """Returns the description of a network that has none: softmax outputs are classes."""
    if network.activations[-1] != "softmax":
        return Description()
    return Description(class_names=tuple(map(str, range(network.shape[-1]))))
