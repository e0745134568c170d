"""What the card and the command of reasons show, made from the numbers: pictures, bars or strips, and their words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.basics.validation import Array
from nnviz.cards.explanation.bar_rows import BarRow, BarRows
from nnviz.cards.explanation.column_contributions import changed_columns, column_bars
from nnviz.cards.explanation.content import Content, signed
from nnviz.cards.explanation.explanation_data import (
    FRAMES,
    OCCLUSION,
    Counterfactual,
    Neighbour,
    Query,
    Reasons,
    square_of,
)
from nnviz.cards.explanation.pictures import Pane, Pictures
from nnviz.cards.explanation.strips import Strip, Strips
from nnviz.formatting import text
from nnviz.formatting.meaning import NO_MEANING, Meaning
from nnviz.session.predicted_class import predicted_class_of

_TYPICAL = 0.99  # share of the contributions within the range of colours; the few beyond it saturate
_PER_ROW = 5
_LINE = 36  # characters of a read-out's line


def input_name(query: Query, number: int, meaning: Meaning = NO_MEANING) -> str:
    """The name of an input: a pixel or a column."""
    if query.is_picture:
        row, column = divmod(number, query.shape[1])
        return f"row {row + 1}, column {column + 1}"
    return meaning.input(number)


def limit_of(parts: Sequence[Array]) -> float:
    """The contribution that gets the last colour."""
    sizes = np.abs(np.concatenate(parts)) if parts else np.empty(0)
    sizes = sizes[np.isfinite(sizes) & (sizes > 0)]
    place = int(_TYPICAL * (len(sizes) - 1))
    return float(np.partition(sizes, place)[place]) if len(sizes) else 1.0


def distance(value: float) -> str:
    """15.1, 0.24, 0.004."""
    if value < 0.0005:
        return "0"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 0.01 else f"{value:.3f}"


def figure(value: float) -> str:
    """Three figures, with a real minus sign."""
    return f"{value:.3g}".replace("-", "−")


# ---- attributions


def attributions(
    reasons: Reasons,
    turning: Counterfactual | None,
    names: Sequence[str],
    frame: int | None = None,
    meaning: Meaning = NO_MEANING,
) -> Content:
    """What each input contributes to one output and to the other, and what would turn the answer.

    ``frame`` shows that moment of the film instead of its end. ``meaning`` is that of columns and targets.
    """
    if reasons.query.is_picture:
        return _pictures(reasons, turning, names, frame)
    return column_bars(reasons, turning, names, frame, meaning)


def _pictures(reasons: Reasons, turning: Counterfactual | None, names: Sequence[str], frame: int | None) -> Pictures:
    query, limit = reasons.query, limit_of(reasons.parts)
    compared = [reasons.one] if reasons.other is None else [reasons.one, reasons.other]
    panes = [
        Pane(part.reshape(query.shape), f"for {names[number]}", limit)
        for part, number in zip(reasons.parts, compared, strict=True)
    ]
    if turning is not None and turning.changed is not None:
        shown, caption = _moment(turning, turning.changed, names, frame)
        is_old = turning.query.example is not query.example
        panes.append(Pane(shown.reshape(query.shape), caption, is_old=is_old))

    def told(pane: Pane, row: int, column: int) -> str:
        return told_of_input(reasons, turning, names, row * query.shape[1] + column)

    return Pictures([panes], told)


def _moment(turning: Counterfactual, changed: Array, names: Sequence[str], frame: int | None) -> tuple[Array, str]:
    """A picture of the film with its answer, or the end of it."""
    if frame is None or turning.film is None:
        return changed, f"makes it a {names[turning.to]}"
    at = turning.query.example + np.float32(frame / (FRAMES - 1)) * (changed - turning.query.example)
    verdict = predicted_class_of(turning.film[frame])
    return at, f"{names[verdict.best]} · {100 * verdict.confidence:.0f} %"


def told_of_input(reasons: Reasons, turning: Counterfactual | None, names: Sequence[str], number: int) -> str:
    """All that is known of an input, in short lines."""
    query = reasons.query
    lines = [
        f"{input_name(query, number)}: {figure(query.example[number])}, baseline {figure(reasons.baseline[number])}"
    ]
    compared = [reasons.one] if reasons.other is None else [reasons.one, reasons.other]
    parts = [
        f"for {names[output]}: {signed(float(part[number]))}"
        for part, output in zip(reasons.parts, compared, strict=True)
    ]
    together = " · ".join(parts)
    lines += [together] if len(together) <= _LINE else parts
    if turning is not None and turning.changed is not None:
        lines.append(f"makes it {names[turning.to]}: {figure(turning.changed[number])}")
    return "\n".join(lines)


# ---- layers and examples


def layers(reasons: Reasons, pointed: tuple[int, int] | None = None, meaning: Meaning = NO_MEANING) -> Strips:
    """What the neurons of each layer contribute to one output against the other; to a number in its unit.

    ``pointed``: layer and number of the neuron that is pointed at in any card.
    """
    unit, spread = "pixel" if reasons.query.is_picture else "input", meaning.spread(reasons.one)
    strips = [
        Strip(
            f"layer {number}" if number else "input",
            "neuron" if number else unit,
            values * spread,
            () if number else meaning.columns,
        )
        for number, values in enumerate(reasons.layers)
    ]
    return Strips(strips, pointed)


def neighbours(turning: Counterfactual, names: Sequence[str], meaning: Meaning = NO_MEANING) -> Content:
    """The nearest training examples: a row of pictures for each class, or lines."""
    query = turning.query
    if query.is_picture:
        rows = [
            [
                Pane(each.example.reshape(query.shape), f"{_class(each.label, names)}{distance(each.distance)}")
                for each in row
            ]
            for row in turning.neighbours
            if row
        ]
        return Pictures(rows, lambda shown, row, column: f"training example: {shown.caption} away", _PER_ROW, 6)
    every = _by_distance(turning)
    far = max((each.distance for each in every), default=1.0)
    has_classes = bool(every) and every[0].label is not None
    about = [_number(each, meaning) if has_classes else meaning.answer(each.target) for each in every]
    lines = [
        BarRow(
            _class(each.label, names).removesuffix(" · ") or _number(each, meaning),
            (each.distance,),
            f"{distance(each.distance)} · {words}",
        )
        for each, words in zip(every, about, strict=True)
    ]
    return BarRows(("distance",), lines, far or 1.0, "in training" if has_classes else "its target", is_signed=False)


def _number(each: Neighbour, meaning: Meaning) -> str:
    """ "row 212" of the file; "no. 12" of the training part if that is not known."""
    row = meaning.file_row("train", each.number)
    return f"no. {text.count(each.number)}" if row is None else f"row {text.count(row)}"


def neighbour_at(turning: Counterfactual, row: int, column: int) -> int:
    """The number of the training example that is shown there."""
    if turning.query.is_picture:
        return [each for each in turning.neighbours if each][row][column].number
    return _by_distance(turning)[row].number


def _by_distance(turning: Counterfactual) -> list[Neighbour]:
    return sorted((each for row in turning.neighbours for each in row), key=lambda each: each.distance)


def _class(label: int | None, names: Sequence[str]) -> str:
    return "" if label is None else f"{names[label] if label < len(names) else label} · "


# ---- words


def sum_line(reasons: Reasons, turning: Counterfactual | None) -> str:
    """How far the contributions explain the answer, in a few words."""
    if reasons.layers:
        return "a · w, carried on to the answer"
    if reasons.query.method == OCCLUSION:
        side = square_of(reasons.query.shape)
        covered = f"{side} × {side} covered" if reasons.query.is_picture else "each covered"
        return f"{covered} with"
    if not reasons.parts:
        hidden = len(reasons.query.network.weights) - 1
        return f"as layer {hidden} sees them" if hidden else "as they are"
    missing = f" (± {reasons.missing:.1g})" if reasons.missing else ""
    if reasons.share is None:
        return f"hardly differs{missing} from"
    return f"sums to {100 * reasons.share:.{0 if missing else 1}f} %{missing} from"


def change_line(turning: Counterfactual, names: Sequence[str], meaning: Meaning = NO_MEANING) -> str:
    """The size of the smallest change, in a few words; of a row the number of columns that change."""
    if turning.other is None or not turning.query.has_classes:
        return ""
    if turning.changed is None:
        return f"nothing near makes it {names[turning.to]}"
    if turning.query.is_picture:
        return f"smallest change {distance(turning.distance)} · {turning.visible} px"
    if meaning.example == "point":
        return f"smallest change: by {distance(turning.distance)}"
    count = changed_columns(turning, meaning)
    return f"smallest change: {count} column{'' if count == 1 else 's'}"
