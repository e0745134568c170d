"""The usage text of a NumPy script: its input and its output."""

from __future__ import annotations

import re
import textwrap

from engine.datasets.description import Description
from engine.datasets.table.table_coding import CodedColumn, TableCoding
from engine.datasets.table.table_columns import NUMBER
from engine.image_files import shape_of_pictures
from engine.network.network import Network

WIDTH = 88  # length of the lines written, as most formatters want it
_MOST_NAMED = 40  # columns without a kind of their own


def usage_of(network: Network, has_images: bool) -> str:
    """Returns the text after "Usage: python this_file.py ", as a literal of Python: names in it cannot become code."""
    about = network.description or Description()
    lines = _of_table(about) if about.coding else _of_numbers(network, about, has_images)
    literals = "\n".join(f"    {line + chr(10)!r}" for line in lines[:-1])
    return f"(\n{literals}\n    {lines[-1]!r}\n)"


def _of_table(about: Description) -> list[str]:
    assert about.coding is not None
    answers = ", ".join(map(repr, about.answer_columns(1)))
    columns = "a heading. These columns must be in it, in any order, possibly with others:"
    if has_no_heading(about.coding):
        columns = "no heading. These columns must stand in these places:"
    return [
        "ROWS",
        "",
        f"ROWS is a CSV file with {columns}",
        *(f"  {column.name!r}: {_kind(column)}" for column in about.coding.columns),
        "",
        *_wrapped(f"Prints a CSV table with a row for each row: {answers}."),
        *_wrapped("A row that cannot be read gets empty cells, and a line on standard error names the row and column."),
    ]


def has_no_heading(coding: TableCoding) -> bool:
    """Whether the columns of the table had no names: they are numbered."""
    return all(re.fullmatch(r"column [0-9]+", column.name) for column in coding.columns)


def _kind(column: CodedColumn) -> str:
    if column.kind == NUMBER:
        kind = f"a number, in {column.sign!r}" if column.sign else "a number"
    else:
        kind = f"one of {', '.join(map(repr, column.categories))}"
    return kind if column.filled is None else f"{kind}; may be empty"


def _of_numbers(network: Network, about: Description, has_images: bool) -> list[str]:
    n_in, outputs, shape = network.shape[0], f"{network.shape[-1]} numbers", shape_of_pictures(network)
    if about.output_names:
        outputs = f"{'a number for each of ' * about.is_classification}{_listed(about.output_names)}"
    inputs = f", which are {_listed(about.columns)}" if about.columns else ""
    rows = _wrapped(
        f"ROWS is a CSV file without a heading, with {n_in} numbers in each line{inputs}. Or it is a .npy file of "
        f"shape (k, {n_in}). Prints a line for each row: {outputs}, separated by commas."
    )
    if not has_images or shape is None:
        return ["ROWS", "", *rows]
    images = _wrapped(
        f"IMAGE is a PNG, JPEG, GIF, BMP, TIFF, WebP or PPM file. It becomes {shape[0]} x {shape[1]} grey pixels. "
        "Prints a line for each: what is on it. Needs Pillow: python -m pip install pillow"
    )
    return ["IMAGE ... or ROWS", "", *images, "", *rows]


def _listed(names: tuple[str, ...]) -> str:
    more = f", and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(map(repr, names[:_MOST_NAMED])) + more


def _wrapped(words: str) -> list[str]:
    return textwrap.wrap(words, WIDTH - 8, break_long_words=False, break_on_hyphens=False)
