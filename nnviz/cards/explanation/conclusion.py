"""The part of the input that decides a prediction, in two sentences."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.basics.validation import Array
from nnviz.cards.explanation.explanation_data import MEAN, Contributions, total_of
from nnviz.formatting import text
from nnviz.formatting.conclusion import Conclusion
from nnviz.formatting.meaning import Meaning
from nnviz.session.predicted_class import predicted_class_of

REGIONS = (
    *("The top left", "The top centre", "The top right"),
    *("The middle left", "The centre", "The middle right"),
    *("The bottom left", "The bottom centre", "The bottom right"),
    *("The top", "The middle row", "The bottom"),
    *("The left", "The middle column", "The right"),
)
_NINTHS = 9  # regions before the rows and the columns
# A row or column is named if its effect is this many times that of its strongest ninth, and if at most this share of
# the ink is in it: without more ink an image is nearly empty.
_JOINED, _MOST_INK = 1.5, 0.5
# Effects of a part, as shares of the difference of both logits: the least that is named, and the least of a large one.
_LEAST, _LARGE = 0.05, 0.25


def conclusion_of(found: Contributions, names: Sequence[str], meaning: Meaning) -> Conclusion | None:
    """Returns what the deciding part speaks for, and the prediction without that part.

    None if the input has fewer than two parts, or if none changes a predicted number. ``names`` are those of the
    outputs.
    """
    covered, one, other, is_picture = found.covered, found.one, found.other, found.query.is_picture
    if covered is None or len(covered.parts) < 2 or not np.isfinite(covered.logits).all():
        return None
    other = other if found.query.has_classes else None
    number = deciding_part(found)
    if number is None:
        noun = "part" if is_picture else "column"
        words = "" if other is None else f"No {noun} speaks clearly for {names[one]} rather than {names[other]}."
        return Conclusion(words) if words else None
    outputs, is_average = covered.outputs[[0, 1 + number]], found.query.baseline_name == MEAN
    if is_picture:
        part, value, without = REGIONS[number], "", "With the mean there" if is_average else "Without it"
    else:
        part, value, without = _column(found, covered.parts[number], meaning)
    if other is None:
        before, after = (meaning.target(float(each), one) for each in outputs[:, one])
        return number_conclusion(f"{part} {value}".rstrip(), names[one], before, after, without)
    whole, change = covered.logits[0], covered.logits[1 + number] - covered.logits[0]
    changes, difference = (-float(change[one]), float(change[other])), abs(float(whole[one] - whole[other]))
    lead = class_lead(part, (names[one], names[other]), changes, difference)
    old, new = map(predicted_class_of, outputs)
    confidences = [f"{100 * each.confidence:.0f} %" for each in (old, new)]
    is_same = old.best == new.best and confidences[0] == confidences[1]
    condition = "Not needed:" if is_same else f"{without}," if is_picture else f"{without}:"
    still = "still " if old.best == new.best else ""
    would = f"it would {still}read " if is_picture else still  # Names of columns need the room.
    return Conclusion(lead, f"{condition} {would}{names[new.best]}, at {confidences[1]}.")


def deciding_part(found: Contributions) -> int | None:
    """Returns the index of the part that speaks most for one class against the other, or that changes a number most.

    It is the part with the largest contributions among those whose replacement has the same effect, or the largest
    effect for methods without contributions. Of the regions of an image it is a ninth, or its row or column if that has
    a much larger effect and is not most of the ink. None if no part has an effect to tell. The logits must be finite.
    """
    covered, one, other = found.covered, found.one, found.other
    if covered is None or not covered.parts:
        return None
    if other is None or not found.query.has_classes:
        values, least = covered.outputs[:, one], 0.0
        effects = np.abs(values[0] - values[1:])
    else:
        values = covered.logits[:, one] - covered.logits[:, other]
        effects, least = values[0] - values[1:], _LEAST * abs(float(values[0]))
    candidates = np.where(effects > least, _contributions(found, effects), -np.inf)
    number = int(candidates[:_NINTHS].argmax() if found.query.is_picture else candidates.argmax())
    if found.query.is_picture:
        ink = np.abs(found.query.example - found.baseline)
        bands = [_NINTHS + number // 3, _NINTHS + 3 + number % 3]
        bands = [band for band in bands if ink[covered.parts[band]].sum() <= _MOST_INK * ink.sum()]
        band = max(bands, key=lambda each: float(effects[each]), default=number)
        number = band if effects[band] >= _JOINED * effects[number] else number
    return number if effects[number] > least else None


def _contributions(found: Contributions, effects: Array) -> Array:
    """Returns the sum of the shown contributions to each part; for methods without them its effect."""
    if not found.parts or found.covered is None:
        return effects
    total = total_of(found.query, found.parts)
    sums = np.array([total[part].sum() for part in found.covered.parts])
    return sums if found.query.has_classes and found.other is not None else np.abs(sums)


def _column(found: Contributions, inputs: Array, meaning: Meaning) -> tuple[str, str, str]:
    """Returns the name of a column, its value, and what replaces the value: "weight", "5 140", "At its average"."""
    number, query = int(inputs[0]), found.query
    fields = [field for field in meaning.fields if number in field.inputs]
    name = fields[0].name if fields else meaning.input(number)
    value = meaning.value(fields[0], meaning.raw(query.example), 3) if fields else ""
    if len(inputs) > 1:  # a category, which has no average
        return name, value, "Without it"
    if query.baseline_name == MEAN:
        return name, value, "At its average"
    return name, value, f"At {text.figure(meaning.raw_input(number, float(found.baseline[number])), 3)}"


def class_lead(part: str, names: tuple[str, str], changes: tuple[float, float], difference: float) -> str:
    """Returns what a part speaks for: "The top speaks for 7.", or against: "The top speaks a little against 3.".

    Args:
        part, names: names of the part and of the two compared classes.
        changes: without the part, by how much the logit of one class falls, and by how much that of the other rises.
        difference: of the two logits for the whole input, without its sign.
    """
    falls, rises = changes
    little = "" if falls + rises >= _LARGE * difference else " a little"
    return f"{part} speaks{little} for {names[0]}." if falls >= rises else f"{part} speaks{little} against {names[1]}."


def number_conclusion(part: str, target: str, before: float, after: float, without: str) -> Conclusion | None:
    """Returns whether a part raises or lowers a predicted number, and the number without that part; None for no change.

    ``before`` and ``after`` are the number for the whole input and without the part, in the target's unit.
    """
    given, becomes = text.figure(before, 3), text.figure(after, 3)
    if given == becomes:
        return None
    return Conclusion(
        f"{part} {'raises' if before > after else 'lowers'} {target}.",
        f"{without}, it would be {becomes}, not {given}.",
    )
