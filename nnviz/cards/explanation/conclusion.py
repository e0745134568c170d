"""The parts of the input that decide a prediction, in two sentences."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine import explain
from nnviz.cards.explanation.explanation_data import MEAN, Contributions, total_of
from nnviz.formatting import text
from nnviz.formatting.conclusion import Conclusion, enumeration
from nnviz.formatting.meaning import Meaning
from nnviz.session.predicted_class import predicted_class_of

REGIONS = (
    *("top left", "top", "top right"),
    *("left", "centre", "right"),
    *("bottom left", "bottom", "bottom right"),
)
_MOST_NAMED = 3  # parts; more are counted


def conclusion_of(found: Contributions, names: Sequence[str], meaning: Meaning) -> Conclusion | None:
    """Returns which parts decide the prediction, and what it is without them.

    None if the input has fewer than two parts, or if none changes a predicted number. ``names`` are those of the
    outputs.
    """
    if found.removal is not None:
        return _class_conclusion(found, found.removal, names, meaning)
    parts = shown_parts(found)
    if found.without is None or not parts:
        return None
    before, after = (meaning.target(float(each), found.one) for each in found.without[[0, 1 + parts[0]], found.one])
    part, without = _beginning(found, parts, meaning), _without(found, parts, meaning)
    return number_conclusion(part, names[found.one], before, after, without)


def shown_parts(found: Contributions) -> Sequence[int]:
    """Returns the numbers of the parts that the conclusion is about: that together decide a class, or one of a number.

    Of a number it is the part with the largest contributions among those without which the number changes, or the
    one with the largest change for methods without contributions.
    """
    if found.removal is not None:
        return found.removal.parts if found.removal.changes else ()
    if found.without is None or not np.isfinite(found.without).all():
        return ()
    effects = sizes = np.abs(found.without[0, found.one] - found.without[1:, found.one])
    if found.parts:
        total = total_of(found.query, found.parts)
        sizes = np.array([abs(float(total[region].sum())) for region in found.regions])
    return (int(np.where(effects > 0, sizes, -1).argmax()),) if effects.any() else ()


def _class_conclusion(
    found: Contributions, removal: explain.Removal, names: Sequence[str], meaning: Meaning
) -> Conclusion | None:
    if not np.isfinite(removal.outputs).all():
        return None
    verdict = predicted_class_of(removal.outputs)
    prediction = f"{names[verdict.best]} ({100 * verdict.confidence:.0f} %)"
    count, noun = len(removal.parts), "part" if found.query.is_picture else "column"
    if removal.changes and count == 1:
        lead = f"{_beginning(found, removal.parts, meaning)} decides."
        return Conclusion(lead, f"{_without(found, removal.parts, meaning)}, the prediction is {prediction}.")
    tried, total = len(found.regions), _part_count(found)
    none = f"No single {noun} decides." if tried == total else f"None of the {tried} strongest {noun}s decides."
    if removal.changes and count <= _MOST_NAMED:
        return Conclusion(f"{_without_all(found, removal.parts, meaning)}, the prediction is {prediction}.", none)
    removed = f"all {text.count(total)}" if count == total else f"{text.count(count)} of the {text.count(total)}"
    still = "" if removal.changes else "still "
    return Conclusion(none, f"Without {removed} {noun}s, the prediction is {still}{prediction}.")


def _part_count(found: Contributions) -> int:
    """Returns the number of all parts of the input, of which some may not have been removed."""
    query = found.query
    if query.is_picture:
        return len(found.regions)
    return len(query.example) - sum(map(len, query.categories)) + len(query.categories)


def _names(found: Contributions, parts: Sequence[int], meaning: Meaning) -> str:
    """Returns the names of regions or columns, and of a single column its value: "the centre", "weight 5 140"."""
    if found.query.is_picture:
        return f"the {enumeration([REGIONS[part] for part in parts])}"
    numbers = [int(found.regions[part][0]) for part in parts]
    fields = [next((field for field in meaning.fields if number in field.inputs), None) for number in numbers]
    pairs = zip(fields, numbers, strict=True)
    names = enumeration([meaning.input(number) if field is None else field.name for field, number in pairs])
    if len(parts) > 1 or fields[0] is None:
        return names
    return f"{names} {meaning.value(fields[0], meaning.raw(found.query.example), 3)}"


def _beginning(found: Contributions, parts: Sequence[int], meaning: Meaning) -> str:
    """Returns the names as the beginning of a sentence; names of columns stay as they are."""
    names = _names(found, parts, meaning)
    return f"T{names[1:]}" if found.query.is_picture else names


def _without(found: Contributions, parts: Sequence[int], meaning: Meaning) -> str:
    """Returns what replaces one removed part, as the beginning of a sentence: "Without it", "At its average"."""
    inputs, is_average = found.regions[parts[0]], found.query.baseline_name == MEAN
    if found.query.is_picture:
        return "With the mean image there" if is_average else "Without it"
    if len(inputs) > 1:  # a category, which has no average
        return "Without it"
    if is_average:
        return "At its average"
    return f"At {text.figure(meaning.raw_input(int(inputs[0]), float(found.baseline[inputs[0]])), 3)}"


def _without_all(found: Contributions, parts: Sequence[int], meaning: Meaning) -> str:
    """Returns what replaces several removed parts, as the beginning of a sentence: "Without the centre and right"."""
    names, is_average = _names(found, parts, meaning), found.query.baseline_name == MEAN
    if found.query.is_picture:
        return f"With the mean image in {names}" if is_average else f"Without {names}"
    return f"With {names} at their averages" if is_average else f"Without {names}"


def number_conclusion(part: str, target: str, before: float, after: float, without: str) -> Conclusion | None:
    """Returns whether a part raises or lowers a predicted number, and the number without that part; None for no change.

    ``before`` and ``after`` are the number for the whole input and without the part, in the target's unit.
    """
    given, becomes = text.figure(before, 3), text.figure(after, 3)
    if given == becomes:
        return None
    return Conclusion(
        f"{part} {'raises' if before > after else 'lowers'} {target}.",
        f"{without}, the prediction is {becomes}, not {given}.",
    )
