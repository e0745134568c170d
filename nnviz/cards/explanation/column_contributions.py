"""Contributions and smallest change of the columns of a row. All inputs of a category count as one column."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.basics.validation import Array
from nnviz.cards.explanation.bar_rows import BarRow, BarRows
from nnviz.cards.explanation.explanation_data import FRAMES, Contributions, Counterfactual, ExplanationQuery
from nnviz.formatting.meaning import Field, Meaning


def column_bars(
    contributions: Contributions,
    change: Counterfactual | None,
    names: Sequence[str],
    frame: int | None,
    meaning: Meaning,
) -> BarRows:
    """Returns a row for each column, the largest contribution first, with its value and its smallest change.

    Contributions to a number are in its unit. ``frame`` is a frame of the film, None for its end.
    """
    fields = _fields(contributions.query, meaning)
    compared = [contributions.one] if contributions.other is None else [contributions.one, contributions.other]
    parts = np.array([_of_fields(part, fields) * meaning.spread(contributions.one) for part in contributions.parts])
    values = _values(contributions.query.example, fields, meaning)
    if change is not None and change.changed is not None:
        head, texts = f"makes it {names[change.to]}", _changes(change, fields, meaning, frame)
    else:
        head, texts = "its value", values
    order = np.argsort(-np.abs(parts).max(axis=0), kind="stable").tolist()
    rows = [BarRow(fields[place].name, tuple(parts[:, place].tolist()), texts[place]) for place in order]
    said = "adds to" if meaning.is_regression else "for"
    heads = tuple(f"{said} {names[number]}" for number in compared)
    return BarRows(heads, rows, float(np.abs(parts).max(initial=0.0)), head)


def contributions_of_columns(
    query: ExplanationQuery, parts: Sequence[Array], meaning: Meaning
) -> tuple[list[str], Array, list[str]]:
    """Returns the names of the columns, contributions (len(parts), columns) of each, and the values of the example."""
    fields = _fields(query, meaning)
    values = np.array([_of_fields(part, fields) for part in parts])
    return [field.name for field in fields], values, _values(query.example, fields, meaning)


def changed_columns(change: Counterfactual, meaning: Meaning) -> int:
    """Returns the number of columns whose displayed value the smallest change changes."""
    fields = _fields(change.query, meaning)
    after = change.query.example if change.changed is None else change.changed
    pairs = zip(_values(change.query.example, fields, meaning), _values(after, fields, meaning), strict=True)
    return sum(one != other for one, other in pairs)


def _fields(query: ExplanationQuery, meaning: Meaning) -> Sequence[Field]:
    """Returns the columns; without data every input is one."""
    return meaning.fields or [Field(meaning.input(number), (number,)) for number in range(len(query.example))]


def _of_fields(part: Array, fields: Sequence[Field]) -> Array:
    """Returns (fields,): the summed contributions of the inputs of each column."""
    return np.array([part[list(field.inputs)].sum() for field in fields])


def _values(example: Array, fields: Sequence[Field], meaning: Meaning) -> list[str]:
    raw = meaning.raw(example)
    return [meaning.value(field, raw, 3) for field in fields]


def _changes(change: Counterfactual, fields: Sequence[Field], meaning: Meaning, frame: int | None) -> list[str]:
    """Returns the change of each column up to a frame, "3 750 → 4 120"; the value alone if it does not change."""
    before, after = change.query.example, change.changed
    assert after is not None
    if frame is not None:
        after = before + (after - before) * np.float32(frame / (FRAMES - 1))
    pairs = zip(_values(before, fields, meaning), _values(after, fields, meaning), strict=True)
    return [one if one == other else f"{one} → {other}" for one, other in pairs]
