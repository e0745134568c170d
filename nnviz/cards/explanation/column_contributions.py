"""What the columns of a row contribute to an answer, and which of them would turn it; a category is one column."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.basics.validation import Array
from nnviz.cards.explanation.bar_rows import BarRow, BarRows
from nnviz.cards.explanation.explanation_data import FRAMES, Counterfactual, Query, Reasons
from nnviz.formatting.meaning import Field, Meaning


def column_bars(
    reasons: Reasons, turning: Counterfactual | None, names: Sequence[str], frame: int | None, meaning: Meaning
) -> BarRows:
    """A row for each column, the largest contribution first; at its right its value, and what it would turn into.

    Contributions to a number are in its unit. ``frame`` is a moment of the film, None for its end.
    """
    fields = _fields(reasons.query, meaning)
    compared = [reasons.one] if reasons.other is None else [reasons.one, reasons.other]
    parts = np.array([_of_fields(part, fields) * meaning.spread(reasons.one) for part in reasons.parts])
    values = _values(reasons.query.example, fields, meaning)
    if turning is not None and turning.changed is not None:
        head, texts = f"makes it {names[turning.to]}", _changes(turning, fields, meaning, frame)
    else:
        head, texts = "its value", values
    order = np.argsort(-np.abs(parts).max(axis=0), kind="stable").tolist()
    rows = [BarRow(fields[place].name, tuple(parts[:, place].tolist()), texts[place]) for place in order]
    said = "adds to" if meaning.is_regression else "for"
    heads = tuple(f"{said} {names[number]}" for number in compared)
    return BarRows(heads, rows, float(np.abs(parts).max(initial=0.0)), head)


def changed_columns(turning: Counterfactual, meaning: Meaning) -> int:
    """How many columns the smallest change changes, as far as their values are written."""
    fields = _fields(turning.query, meaning)
    after = turning.query.example if turning.changed is None else turning.changed
    pairs = zip(_values(turning.query.example, fields, meaning), _values(after, fields, meaning), strict=True)
    return sum(one != other for one, other in pairs)


def _fields(query: Query, meaning: Meaning) -> Sequence[Field]:
    """The columns; without data every input is one."""
    return meaning.fields or [Field(meaning.input(number), (number,)) for number in range(len(query.example))]


def _of_fields(part: Array, fields: Sequence[Field]) -> Array:
    """(fields,): what each column contributes, all inputs of it together."""
    return np.array([part[list(field.inputs)].sum() for field in fields])


def _values(example: Array, fields: Sequence[Field], meaning: Meaning) -> list[str]:
    raw = meaning.raw(example)
    return [meaning.value(field, raw, 3) for field in fields]


def _changes(turning: Counterfactual, fields: Sequence[Field], meaning: Meaning, frame: int | None) -> list[str]:
    """ "3 750 → 4 120", as far as the film has come; the value alone where nothing changes."""
    before, after = turning.query.example, turning.changed
    assert after is not None
    if frame is not None:
        after = before + (after - before) * np.float32(frame / (FRAMES - 1))
    pairs = zip(_values(before, fields, meaning), _values(after, fields, meaning), strict=True)
    return [one if one == other else f"{one} → {other}" for one, other in pairs]
