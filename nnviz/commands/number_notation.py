"""The notation of the numbers in a network's table, for other tables that leave it open."""

from __future__ import annotations

from engine.datasets.description import Description
from engine.datasets.table.decimal_mark import MARKS, guess_note
from engine.datasets.table.table import Table
from engine.datasets.table.table_format import TableFormat
from engine.network.network import Network
from engine.provenance import Provenance
from nnviz.formatting import text


def decimal_mark_of(network: Network) -> str | None:
    """Returns the decimal mark of the table that a network was trained with; None if it is not known."""
    coding = (network.description or Description()).coding
    if coding is not None and coding.form is not None:
        return coding.form.decimal
    experiment = Provenance.read(network).experiment  # for files from before the coding contained it
    mark = None if experiment is None else experiment.data_settings.get("decimal")
    return mark if isinstance(mark, str) and mark in MARKS else None


def decimal_note(form: TableFormat, default: str | None) -> str:
    """Returns a note if a table's decimal mark is not that of the network's table, or is guessed; else empty."""
    if default is None or form.decimal == default:
        return guess_note(form.decimal, form.doubt)
    return (
        f"Its numbers have a decimal {MARKS[form.decimal]} and are read accordingly; "
        f"those of the network's table have a decimal {MARKS[default]}."
    )


def sign_note(table: Table, network: Network) -> str:
    """Returns a note about columns whose sign, such as € or %, differs from that in training; empty for none."""
    coding = (network.description or Description()).coding
    if coding is None or coding.form is None:  # of files from before, nothing is known of signs
        return ""
    here = {column.name: column.sign for column in table.columns if column.sign}
    others = [column for column in coding.columns if here.get(column.name, column.sign) != column.sign]
    return " ".join(
        f"Column {text.name(each.name)} has {here[each.name]} next to its numbers; when the network was trained it had "
        f"{each.sign or 'none'}."
        for each in others
    )
