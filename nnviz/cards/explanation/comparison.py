"""Contributions in two networks side by side: content, sentences and table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.basics.validation import Array
from nnviz.cards.explanation.bar_rows import BarRow, BarRows
from nnviz.cards.explanation.column_contributions import contributions_of_columns
from nnviz.cards.explanation.conclusion import conclusion_of
from nnviz.cards.explanation.content import Content, signed
from nnviz.cards.explanation.explanation_data import Contributions, total_of
from nnviz.cards.explanation.pictures import ImagePane, ImageRows
from nnviz.cards.explanation.presentation import input_name, limit_of
from nnviz.formatting import text
from nnviz.formatting.conclusion import Conclusion
from nnviz.formatting.meaning import Meaning
from nnviz.session.predicted_class import predicted_class_of


@dataclass(frozen=True, eq=False)
class ComparedContributions:
    """Contributions to the same outputs in the earlier and the later network, for the same input.

    Attributes:
        before, after: the contributions.
        names: the names of both networks.
    """

    before: Contributions
    after: Contributions
    names: tuple[str, str]

    @property
    def totals(self) -> tuple[Array, Array]:
        """Contributions (width,) to one class against the other, or to a predicted number, in both networks."""
        before, after = (total_of(each.query, each.parts) for each in (self.before, self.after))
        return before, after


def content_of(found: ComparedContributions, meaning: Meaning) -> Content:
    """Returns the contributions in both networks and their difference: three images, or two bars for each column."""
    query, (before, after) = found.after.query, found.totals
    if not query.is_picture:
        spread = meaning.spread(found.after.one)
        names, values, texts = contributions_of_columns(query, [before * spread, after * spread], meaning)
        order = np.argsort(-np.abs(values).max(axis=0), kind="stable").tolist()
        rows = [BarRow(names[place], tuple(values[:, place].tolist()), texts[place]) for place in order]
        return BarRows(found.names, rows, float(np.abs(values).max(initial=0.0)), "its value")
    limit = limit_of([before, after])
    panes = [
        ImagePane(values.reshape(query.shape), caption, limit)
        for values, caption in zip((before, after, after - before), (*found.names, "change"), strict=True)
    ]

    def read_out(pane: ImagePane, row: int, column: int) -> str:
        number = row * query.shape[1] + column
        values = [
            f"{name}: {signed(float(each[number]))}" for name, each in zip(found.names, (before, after), strict=True)
        ]
        return "\n".join([input_name(query, number, meaning), " · ".join(values)])

    return ImageRows([panes], read_out)


def sentences_of(found: ComparedContributions, names: Sequence[str], meaning: Meaning) -> Conclusion:
    """Returns both predictions, and the deciding parts of each. ``names`` are those of the outputs."""
    first, second = (f"{name[0].upper()}{name[1:]}" for name in found.names)
    predictions, leads = [], []
    for each in (found.before, found.after):
        if each.query.has_classes and len(each.outputs) > 1:
            verdict = predicted_class_of(each.outputs)
            predictions.append(f"{names[verdict.best]}, at {100 * verdict.confidence:.0f} %")
        else:
            value = text.figure(meaning.target(float(each.outputs[each.one]), each.one), 3)
            predictions.append(f"{value} {meaning.unit}".rstrip())
        known = conclusion_of(each, names, meaning)
        leads.append("" if known is None else known.lead)
    lead = f"{first}: {predictions[0]}. {second}: {predictions[1]}."
    if not all(leads):
        return Conclusion(lead)
    before, after = leads
    return Conclusion(lead, f"In both: {before}" if before == after else f"{first}: {before} {second}: {after}")


def explains_same(before: Contributions, after: Contributions) -> bool:
    """Whether both explain the same outputs for the same input by the same method."""
    pairs = ((each.one, each.other, each.query.method, each.query.baseline_name) for each in (before, after))
    return len(set(pairs)) == 1 and before.query.example is after.query.example and bool(before.parts and after.parts)
