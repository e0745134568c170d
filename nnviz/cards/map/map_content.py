"""What the map shows of a cloud: colours, rings, what stands back, and an example in words and as a picture."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PyQt5.QtGui import QColor, QImage

from engine.basics.validation import Array
from engine.datasets import Dataset
from engine.explain.predictions import ClassPredictions, NumberPredictions
from nnviz.formatting import text
from nnviz.formatting.meaning import Meaning, listed
from nnviz.session.cloud import Cloud
from nnviz.session.selection import Classes, Group
from nnviz.ui import theme
from nnviz.ui.map.painting import Dots
from nnviz.ui.picture import grey_image
from nnviz.ui.read_out import Piece
from nnviz.ui.theme import Theme

_MOST_NAMES = 20  # classes whose names are written on the map
_FEW_PERCENT = 1.0  # of the targets may lie beyond either end of the colours
_FIELDS_TOLD = 8


def class_names(data: Dataset) -> list[str]:
    """The names of the classes; empty where there are none."""
    return [] if data.train.labels is None else [text.name(data.class_name(number)) for number in range(data.outputs)]


def inks_of(data: Dataset) -> list[QColor]:
    """The colours of the points: one for each class, or a scale for numbers."""
    if data.train.labels is None:
        return _scale(theme.current())
    return [theme.colour(name) for name in ink_names(data)]


def ink_names(data: Dataset) -> list[str]:
    """The names of the classes' colours; points in the plane have the same there and here."""
    many = theme.MANY_CLASSES
    return theme.plane_classes(data.outputs) if data.is_plane else [many[n % len(many)] for n in range(data.outputs)]


@lru_cache(maxsize=2)
def _scale(look: Theme) -> list[QColor]:
    return [QColor(rgb) for rgb in theme.sequential_table(look)]


def ends_of(cloud: Cloud) -> tuple[float, float]:
    """The targets at the ends of the colours: nearly all lie between."""
    low, high = np.percentile(_targets(cloud), (_FEW_PERCENT, 100 - _FEW_PERCENT))
    return float(low), float(high)


def _targets(cloud: Cloud) -> Array:
    """(k,): the first target of each example."""
    targets: Array = cloud.subject.part.split.targets[cloud.rows, 0]
    return targets


def dots_of(cloud: Cloud, data: Dataset, classes: Classes | None, group: Group | None, are_ringed: bool) -> Dots:
    """The points with their colours; mistakes are ringed if wanted, and what is not chosen stands back."""
    answers, count = cloud.answers, len(cloud.points)
    nobody = np.zeros(count, bool)
    if isinstance(answers, ClassPredictions):
        # Classes of points in the plane lie around each other: the names would stand in nobody's middle.
        names = class_names(data) if data.outputs <= _MOST_NAMES and not data.is_plane else []
        rings = answers.are_wrong if are_ringed else nobody
        return Dots(cloud.points, answers.labels, rings, ~_chosen(cloud, classes, group), names)
    low, high = ends_of(cloud)
    shares = np.clip((_targets(cloud) - low) / (high - low or 1.0), 0, 1)
    return Dots(cloud.points, (255 * shares).astype(np.intp), nobody, ~_chosen(cloud, classes, group))


def _chosen(cloud: Cloud, classes: Classes | None, group: Group | None) -> Array:
    """(k,): whether an example is in the group or of these classes; all are, if nothing is chosen."""
    if group is not None:
        return np.isin(cloud.rows, group.numbers)
    chosen, answers = np.ones(len(cloud.points), bool), cloud.answers
    if classes is not None and isinstance(answers, ClassPredictions):
        if classes.true is not None:
            chosen &= answers.labels == classes.true
        if classes.answer is not None:
            chosen &= answers.answers == classes.answer
    return chosen


def standing_out(data: Dataset, classes: Classes | None, group: Group | None) -> str:
    """Which examples stand out, "4 answered as 9 stands out"; empty if all do."""
    if group is not None:
        return "the chosen examples stand out"
    if classes is None or classes == Classes(None, None) or data.train.labels is None:
        return ""
    true, answer = (
        None if each is None else text.name(data.class_name(each)) for each in (classes.true, classes.answer)
    )
    if answer is None:
        return f"class {true} stands out"
    if true is None:
        return f"what is answered as {answer} stands out"
    return f"{true} answered {'right' if true == answer else f'as {answer}'} stands out"


# ---- an example


def picture_of(cloud: Cloud, data: Dataset, number: int) -> QImage | None:
    """An example as a picture; None if it is none."""
    return grey_image(_inputs(cloud, number).reshape(data.example_shape)) if data.is_picture else None


def _inputs(cloud: Cloud, number: int) -> Array:
    return cloud.subject.part.split.example(int(cloud.rows[number]))


def words_of(cloud: Cloud, meaning: Meaning, number: int) -> list[list[Piece]]:
    """An example in words: what it is, what was answered, the values of its columns, and where it is from."""
    answers = cloud.answers
    if isinstance(answers, ClassPredictions):
        lines = _class_words(answers, meaning, number)
    else:
        lines = _number_words(answers, meaning, number)
    if meaning.picture is None:
        told = listed(meaning.fields, meaning.row(_inputs(cloud, number)), _FIELDS_TOLD)
        lines += [[(words, "muted")] for words in told]
    part = cloud.subject.part
    lines.append([(meaning.where(part.where, int(cloud.rows[number])), "muted")])
    return lines


def _class_words(answers: ClassPredictions, meaning: Meaning, number: int) -> list[list[Piece]]:
    true, answer = int(answers.labels[number]), int(answers.answers[number])
    sure = float(answers.confidences[number])
    share = "–" if np.isnan(sure) else f"{100 * sure:.0f} %"
    assert meaning.data is not None
    name, ink = meaning.output(true), inks_of(meaning.data)[true]
    if true == answer:
        return [[(name, ink), (f"answered right, {share}", "muted")]]
    return [[(name, ink), (f"answered as {meaning.output(answer)}, {share}", "text")]]


def _number_words(answers: NumberPredictions, meaning: Meaning, number: int) -> list[list[Piece]]:
    """ "mpg 38", "predicted 27.2 (−10.8)"."""
    output = int(answers.outputs[number])
    true, said = (meaning.target(float(each[number]), output) for each in (answers.targets, answers.answers))
    predicted = f"predicted {text.figure(said, 3)} ({text.signed(said - true)})"
    return [[(f"{meaning.output(output)} {text.figure(true)}", "text"), (predicted, "muted")]]
