"""Lines about a data set: its splits, its task, and its classes with counts or its numbers with their range."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from engine.basics.validation import Array
from engine.datasets import Dataset
from engine.training.metrics import in_figures
from nnviz.commands.text_table import aligned_lines
from nnviz.formatting import text

_MOST_CLASSES = 40  # that are listed
_LONGEST_NAMES = 60  # characters of names in a summary


def summary_of(dataset: Dataset) -> str:
    """Returns the number and kind of examples, and the task: "600 points in the plane, 2 classes"."""
    count = sum(len(split) for split in dataset.splits.values())
    if dataset.is_classification:
        task = f"{dataset.outputs:,} classes"
    else:
        named = text.plain(", ".join(map(text.name, dataset.targets)), _LONGEST_NAMES)
        task = f"predicts {named or f'{dataset.outputs:,} numbers'}"
    return f"{count:,} {_examples(dataset)}, {task}"


def _examples(dataset: Dataset) -> str:
    if dataset.is_picture:
        return "images of {} × {}".format(*dataset.example_shape)
    if dataset.columns == ("x", "y") and dataset.scaling is None:
        return "points in the plane"
    return f"examples of {dataset.width:,} {'input' if dataset.width == 1 else 'inputs'}"


def facts_of(dataset: Dataset) -> Iterator[str]:
    """Yields lines about the task, the splits, and the classes or the numbers to predict."""
    yield f"task: {'classification' if dataset.is_classification else 'regression'}"
    parts = [f"{len(split):,} {name}" for name, split in dataset.splits.items()]
    yield f"examples: {', '.join(parts)}" + ("" if dataset.test else "; there is no test set")
    if dataset.scaling is not None:
        yield "inputs are standardised with mean and standard deviation of the training set"
    yield ""
    yield from _classes(dataset) if dataset.is_classification else _numbers(dataset)
    for note in dataset.notes:
        yield text.plain(note.replace("\n", " "))


def _classes(dataset: Dataset) -> Iterator[str]:
    counts = {name: _counts(split.labels, dataset.outputs) for name, split in dataset.splits.items()}
    rows = [
        [text.name(dataset.class_name(number)), *(f"{of_part[number]:,}" for of_part in counts.values())]
        for number in range(min(dataset.outputs, _MOST_CLASSES))
    ]
    yield from aligned_lines([["class", *counts], *rows])
    if dataset.outputs > _MOST_CLASSES:
        yield f"… and {dataset.outputs - _MOST_CLASSES:,} more classes"


def _counts(labels: Array | None, classes: int) -> Array:
    assert labels is not None
    return np.bincount(labels, minlength=classes)


def _numbers(dataset: Dataset) -> Iterator[str]:
    raw = dataset.raw_targets(np.concatenate([split.targets for split in dataset.splits.values()]))
    names = [text.name(dataset.target_name(place)) for place in range(dataset.outputs)]
    figures = zip(names[:_MOST_CLASSES], raw.min(axis=0), raw.mean(axis=0), raw.max(axis=0), strict=False)
    rows = [[name, *(in_figures(figure) for figure in of_one)] for name, *of_one in figures]
    yield from aligned_lines([["predicted", "lowest", "mean", "highest"], *rows])
