"""Contents and texts of an explanation, for the card and the command: images, bars or strips."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from PyQt5.QtCore import QPoint, QRect

from engine.basics.validation import Array
from nnviz.cards.explanation.bar_rows import BarRow, BarRows
from nnviz.cards.explanation.column_contributions import changed_columns, column_bars
from nnviz.cards.explanation.content import Content, signed
from nnviz.cards.explanation.explanation_data import (
    FRAMES,
    OCCLUSION,
    Contributions,
    Counterfactual,
    ExplanationQuery,
    NearestExample,
    occluded_side,
)
from nnviz.cards.explanation.pictures import ImagePane, ImageRows
from nnviz.cards.explanation.strips import LayerStrip, LayerStrips
from nnviz.formatting import text
from nnviz.formatting.meaning import NO_MEANING, Meaning
from nnviz.session.predicted_class import predicted_class_of

_TYPICAL = 0.99  # Share of the contributions within the range of colours. The others saturate.
_PER_ROW = 5
_LINE = 36  # characters in a line of a read-out


def input_name(query: ExplanationQuery, number: int, meaning: Meaning = NO_MEANING) -> str:
    """Returns the name of an input: a pixel or a column."""
    if query.is_picture:
        row, column = divmod(number, query.shape[1])
        return f"row {row + 1}, column {column + 1}"
    return meaning.input(number)


def limit_of(parts: Sequence[Array]) -> float:
    """Returns the contribution with the last colour."""
    sizes = np.abs(np.concatenate(parts)) if parts else np.empty(0)
    sizes = sizes[np.isfinite(sizes) & (sizes > 0)]
    place = int(_TYPICAL * (len(sizes) - 1))
    return float(np.partition(sizes, place)[place]) if len(sizes) else 1.0


def distance(value: float) -> str:
    """Returns a distance as text: 15.1, 0.24, 0.004."""
    if value < 0.0005:
        return "0"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 0.01 else f"{value:.3f}"


def figure(value: float) -> str:
    """Returns a number with three digits and a minus sign."""
    return f"{value:.3g}".replace("-", "−")


# ---- attributions


def attributions(
    contributions: Contributions,
    change: Counterfactual | None,
    names: Sequence[str],
    frame: int | None = None,
    meaning: Meaning = NO_MEANING,
    regions: Sequence[Array] = (),
) -> Content:
    """Returns the contributions of the inputs to one output and to the other, and the smallest change found.

    ``frame`` shows a frame of the film instead of its end. ``meaning`` is that of columns and targets. ``regions``:
    pixels with an outline each.
    """
    if contributions.query.is_picture:
        return _pictures(contributions, change, names, frame, regions)
    return column_bars(contributions, change, names, frame, meaning)


def _pictures(
    contributions: Contributions,
    change: Counterfactual | None,
    names: Sequence[str],
    frame: int | None,
    regions: Sequence[Array],
) -> ImageRows:
    query, limit = contributions.query, limit_of(contributions.parts)
    compared = [contributions.one] if contributions.other is None else [contributions.one, contributions.other]
    panes = [
        ImagePane(part.reshape(query.shape), f"for {names[number]}", limit)
        for part, number in zip(contributions.parts, compared, strict=True)
    ]
    panes[0] = replace(panes[0], outlined=[_extent(region, query.shape[1]) for region in regions])
    if change is not None and change.changed is not None:
        shown, caption = _frame_image(change, change.changed, names, frame)
        is_old = change.query.example is not query.example
        panes.append(ImagePane(shown.reshape(query.shape), caption, is_old=is_old))

    def read_out(pane: ImagePane, row: int, column: int) -> str:
        return input_read_out(contributions, change, names, row * query.shape[1] + column)

    return ImageRows([panes], read_out)


def _extent(region: Array, width: int) -> QRect:
    """Returns the rectangle of the pixels of a region, in an image of a width."""
    rows, columns = np.divmod(region, width)
    return QRect(QPoint(int(columns[0]), int(rows[0])), QPoint(int(columns[-1]), int(rows[-1])))


def _frame_image(change: Counterfactual, changed: Array, names: Sequence[str], frame: int | None) -> tuple[Array, str]:
    """Returns a frame of the film and its caption; without a frame the end of the film."""
    if frame is None or change.film is None:
        return changed, f"makes it a {names[change.to]}"
    at = change.query.example + np.float32(frame / (FRAMES - 1)) * (changed - change.query.example)
    verdict = predicted_class_of(change.film[frame])
    return at, f"{names[verdict.best]} · {100 * verdict.confidence:.0f} %"


def input_read_out(
    contributions: Contributions, change: Counterfactual | None, names: Sequence[str], number: int
) -> str:
    """Returns the read-out of an input in short lines."""
    query = contributions.query
    baseline = figure(contributions.baseline[number])
    lines = [f"{input_name(query, number)}: {figure(query.example[number])}, baseline {baseline}"]
    compared = [contributions.one] if contributions.other is None else [contributions.one, contributions.other]
    parts = [
        f"for {names[output]}: {signed(float(part[number]))}"
        for part, output in zip(contributions.parts, compared, strict=True)
    ]
    together = " · ".join(parts)
    lines += [together] if len(together) <= _LINE else parts
    if change is not None and change.changed is not None:
        lines.append(f"makes it {names[change.to]}: {figure(change.changed[number])}")
    return "\n".join(lines)


# ---- layers and examples


def layers(
    contributions: Contributions, pointed: tuple[int, int] | None = None, meaning: Meaning = NO_MEANING
) -> LayerStrips:
    """Returns the contributions of each layer's neurons to one output against the other; to a number in its unit.

    ``pointed``: layer and index of the neuron that any card points at.
    """
    unit, spread = "pixel" if contributions.query.is_picture else "input", meaning.spread(contributions.one)
    strips = [
        LayerStrip(
            f"layer {number}" if number else "input",
            "neuron" if number else unit,
            values * spread,
            () if number else meaning.columns,
        )
        for number, values in enumerate(contributions.layers)
    ]
    return LayerStrips(strips, pointed)


def neighbours(change: Counterfactual, names: Sequence[str], meaning: Meaning = NO_MEANING) -> Content:
    """Returns the nearest training examples: a row of images for each class, or lines."""
    query = change.query
    if query.is_picture:
        rows = [
            [
                ImagePane(
                    each.example.reshape(query.shape),
                    " · ".join(filter(None, (_class(each.label, names), distance(each.distance)))),
                )
                for each in row
            ]
            for row in change.neighbours
            if row
        ]
        return ImageRows(rows, lambda shown, row, column: f"training example: {shown.caption} away", _PER_ROW, 6)
    every = _by_distance(change)
    far = max((each.distance for each in every), default=1.0)
    has_classes = bool(every) and every[0].label is not None
    about = [_number(each, meaning) if has_classes else meaning.answer(each.target) for each in every]
    lines = [
        BarRow(
            _class(each.label, names) or _number(each, meaning),
            (each.distance,),
            f"{distance(each.distance)} · {words}",
        )
        for each, words in zip(every, about, strict=True)
    ]
    return BarRows(("distance",), lines, far or 1.0, "training set" if has_classes else "its target", is_signed=False)


def _number(each: NearestExample, meaning: Meaning) -> str:
    """Returns "row 212" of the file, or "no. 12" of the training set if the row is not known."""
    row = meaning.file_row("train", each.number)
    return f"no. {text.count(each.number)}" if row is None else f"row {text.count(row)}"


def neighbour_at(change: Counterfactual, row: int, column: int) -> int:
    """Returns the number of the training example at a row and column of the content."""
    if change.query.is_picture:
        return [each for each in change.neighbours if each][row][column].number
    return _by_distance(change)[row].number


def _by_distance(change: Counterfactual) -> list[NearestExample]:
    return sorted((each for row in change.neighbours for each in row), key=lambda each: each.distance)


def _class(label: int | None, names: Sequence[str]) -> str:
    return "" if label is None else names[label] if label < len(names) else str(label)


# ---- words


def sum_line(contributions: Contributions, change: Counterfactual | None) -> str:
    """Returns a short text on how far the contributions explain the output."""
    if contributions.layers:
        return "a · w · gradient of the output"
    if contributions.query.method == OCCLUSION:
        side = occluded_side(contributions.query.shape)
        covered = f"{side} × {side} covered" if contributions.query.is_picture else "each covered"
        return f"{covered} with"
    if not contributions.parts:
        hidden = len(contributions.query.network.weights) - 1
        return f"as layer {hidden} sees them" if hidden else "as they are"
    missing = f" (± {contributions.missing:.1g})" if contributions.missing else ""
    if contributions.share is None:
        return f"hardly differs{missing} from"
    return f"sums to {100 * contributions.share:.{0 if missing else 1}f} %{missing} from"


def change_line(change: Counterfactual, names: Sequence[str], meaning: Meaning = NO_MEANING) -> tuple[str, ...]:
    """Returns the size of the smallest change found as a short text and a shorter one; for rows the changed columns."""
    if change.other is None or not change.query.has_classes:
        return ("",)
    if change.changed is None:
        return (f"no counterfactual {names[change.to]} nearby",)
    if change.query.is_picture:
        pixels = f"{change.visible} pixel{'' if change.visible == 1 else 's'}"
        size = f"change found: {pixels if change.visible else 'faint everywhere'}"
    elif meaning.example == "point":
        size = f"change found: by {distance(change.distance)}"
    else:
        count = changed_columns(change, meaning)
        size = f"change found: {count} column{'' if count == 1 else 's'}"
    return f"smallest {size}", size


def change_sizes(change: Counterfactual) -> str:
    """Returns what the figures of the smallest change of an image mean; empty for other inputs."""
    if change.changed is None or not (change.query.has_classes and change.query.is_picture):
        return ""
    pixels = "pixel changes" if change.visible == 1 else "pixels change"
    return (
        f"Counterfactual: the smallest change found of the input that gets the other prediction. L2 norm "
        f"{distance(change.distance)}; {change.visible} {pixels} by more than 10 %."
    )
