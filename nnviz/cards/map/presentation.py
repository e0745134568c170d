"""Content of the map: colours, rings and faded points of an embedding, and the read-out of an example."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PyQt5.QtGui import QColor, QImage

from engine.basics.validation import Array
from engine.datasets import Dataset
from engine.explain.predictions import ClassPredictions, NumberPredictions
from nnviz.cards.map.embedding import Embedding
from nnviz.formatting import text
from nnviz.formatting.meaning import Meaning, listed
from nnviz.session.selection import Classes, ExampleGroup
from nnviz.ui import theme
from nnviz.ui.map.painting import Dots
from nnviz.ui.picture import grey_image
from nnviz.ui.read_out import Piece
from nnviz.ui.theme import Theme

_MOST_NAMES = 20  # Classes up to which names are painted on the map.
_FEW_PERCENT = 1.0  # percentage of the targets beyond either end of the colours
_MOST_FIELDS = 8  # columns in a read-out


def class_names(data: Dataset) -> list[str]:
    """Returns the names of the classes; empty for regression."""
    return [] if data.train.labels is None else [text.name(data.class_name(number)) for number in range(data.outputs)]


def point_colours(data: Dataset) -> list[QColor]:
    """Returns the colours of the points: one for each class, or a scale for numbers."""
    if data.train.labels is None:
        return _scale(theme.current())
    return [theme.colour(name) for name in class_colour_names(data)]


def class_colour_names(data: Dataset) -> list[str]:
    """Returns the theme's names of the colours of classes; data in the plane have those of the plane card."""
    many = theme.MANY_CLASSES
    return theme.plane_classes(data.outputs) if data.is_plane else [many[n % len(many)] for n in range(data.outputs)]


@lru_cache(maxsize=2)
def _scale(look: Theme) -> list[QColor]:
    return [QColor(rgb) for rgb in theme.sequential_table(look)]


def colour_range(embedding: Embedding) -> tuple[float, float]:
    """Returns the targets at both ends of the colours; 98 % of the targets lie between."""
    low, high = np.percentile(targets_of(embedding), (_FEW_PERCENT, 100 - _FEW_PERCENT))
    return float(low), float(high)


def targets_of(embedding: Embedding) -> Array:
    """Returns (k,): the first target of each example."""
    targets: Array = embedding.source.part.split.targets[embedding.rows, 0]
    return targets


def make_dots(
    embedding: Embedding, data: Dataset, classes: Classes | None, group: ExampleGroup | None, are_ringed: bool
) -> Dots:
    """Returns the points with their colours. Mistakes get rings if ``are_ringed``; examples not chosen are faded."""
    answers, count = embedding.answers, len(embedding.points)
    none = np.zeros(count, bool)
    if isinstance(answers, ClassPredictions):
        # Classes of data in the plane surround each other, so that the middle of a class is no place for its name.
        names = class_names(data) if data.outputs <= _MOST_NAMES and not data.is_plane else []
        rings = answers.are_wrong if are_ringed else none
        return Dots(embedding.points, answers.labels, rings, ~_chosen(embedding, classes, group), names)
    low, high = colour_range(embedding)
    shares = np.clip((targets_of(embedding) - low) / (high - low or 1.0), 0, 1)
    return Dots(embedding.points, (255 * shares).astype(np.intp), none, ~_chosen(embedding, classes, group))


def _chosen(embedding: Embedding, classes: Classes | None, group: ExampleGroup | None) -> Array:
    """Returns (k,): whether an example is in the group or of the classes; all are, if nothing is chosen."""
    if group is not None:
        return np.isin(embedding.rows, group.numbers)
    chosen, answers = np.ones(len(embedding.points), bool), embedding.answers
    if classes is not None and isinstance(answers, ClassPredictions):
        if classes.true is not None:
            chosen &= answers.labels == classes.true
        if classes.answer is not None:
            chosen &= answers.answers == classes.answer
    return chosen


def highlight_text(data: Dataset, classes: Classes | None, group: ExampleGroup | None) -> str:
    """Returns the highlighted examples as text, "4 answered as 9 stands out"; empty if all are alike."""
    if group is not None:
        return "the selected examples"
    if classes is None or classes == Classes(None, None) or data.train.labels is None:
        return ""
    true, answer = (
        None if each is None else text.name(data.class_name(each)) for each in (classes.true, classes.answer)
    )
    if answer is None:
        return f"class {true}"
    if true is None:
        return f"predicted as {answer}"
    return f"{true} predicted {('correctly' if true == answer else f'as {answer}')}"


# ---- an example


def example_image(embedding: Embedding, data: Dataset, number: int) -> QImage | None:
    """Returns an example as an image; None if it is none."""
    return grey_image(_inputs(embedding, number).reshape(data.example_shape)) if data.is_picture else None


def _inputs(embedding: Embedding, number: int) -> Array:
    return embedding.source.part.split.example(int(embedding.rows[number]))


def read_out_lines(embedding: Embedding, meaning: Meaning, number: int) -> list[list[Piece]]:
    """Returns the read-out of an example: target, prediction, values of its columns, and its origin."""
    answers = embedding.answers
    if isinstance(answers, ClassPredictions):
        lines = _class_words(answers, meaning, number)
    else:
        lines = _number_words(answers, meaning, number)
    if meaning.picture is None:
        told = listed(meaning.fields, meaning.row(_inputs(embedding, number)), _MOST_FIELDS)
        lines += [[(words, "muted")] for words in told]
    part = embedding.source.part
    lines.append([(meaning.where(part.where, int(embedding.rows[number])), "muted")])
    return lines


def _class_words(answers: ClassPredictions, meaning: Meaning, number: int) -> list[list[Piece]]:
    true, answer = int(answers.labels[number]), int(answers.answers[number])
    sure = float(answers.confidences[number])
    share = "–" if np.isnan(sure) else f"{100 * sure:.0f} %"
    assert meaning.data is not None
    name, ink = meaning.output(true), point_colours(meaning.data)[true]
    if true == answer:
        return [[(name, ink), (f"predicted correctly, {share}", "muted")]]
    return [[(name, ink), (f"predicted as {meaning.output(answer)}, {share}", "ink")]]


def _number_words(answers: NumberPredictions, meaning: Meaning, number: int) -> list[list[Piece]]:
    """Returns "mpg 38", "predicted 27.2 (−10.8)"."""
    output = int(answers.outputs[number])
    true, said = (meaning.target(float(each[number]), output) for each in (answers.targets, answers.answers))
    predicted = f"predicted {text.figure(said, 3)} ({text.signed(said - true)})"
    return [[(f"{meaning.output(output)} {text.figure(true)}", "ink"), (predicted, "muted")]]
