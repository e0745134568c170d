"""``Dataset``: training, test and validation examples with their description."""

from __future__ import annotations

import hashlib
import math
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.basics.errors import DataError, SettingError, Verbatim
from engine.basics.validation import (
    Array,
    labels,
    matrix,
    number_within,
    positive_number,
    same_length,
    table,
    targets,
    whole_number,
)
from engine.datasets.brightness import Brightness
from engine.datasets.description import Description
from engine.datasets.scaling import Scaling
from engine.datasets.splitting import balanced_rows, validation_rows
from engine.datasets.stored_texts import storable
from engine.datasets.table.table_coding import TableCoding

MOST_CLASSES = 1000  # limit of the classes in a file or folder; each is an output of the network
PLANE_COLUMNS = ("x", "y")  # the inputs of points in the plane


@dataclass(frozen=True, eq=False)
class Split:
    """At least one example with its target. Its arrays must not be changed.

    Raises DataError if the arrays do not fit together, SettingError unless ``scale`` is a number above 0.

    Attributes:
        inputs: (k, width), floats, or bytes to save memory.
        targets: (k, outputs) float32; one-hot for classification.
        labels: (k,) int64, the class of each example; None for regression.
        scale: factor of ``inputs`` (1/255 for bytes, to make them 0…1).
        rows: (k,) the row of each example in its file, from 1; 0 for an example that is in no file. None if unknown.
        exact: (k,) float64 by column name, for the columns of a table whose numbers have more digits than inputs and
            targets can hold (12345678901); NaN for an example that is in no file.
    """

    inputs: Array
    targets: Array
    labels: Array | None = None
    scale: float = 1.0
    rows: Array | None = None
    exact: Mapping[str, Array] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.rows is not None:
            same_length("rows", len(self.rows), "inputs", len(self.inputs))
        for name in ("inputs", "targets"):
            object.__setattr__(self, name, table(name, getattr(self, name)))
        same_length("targets", len(self.targets), "inputs", len(self))
        if self.labels is not None:
            object.__setattr__(self, "labels", labels("labels", self.labels, self.classes))
            same_length("labels", len(self.labels), "inputs", len(self))
        object.__setattr__(self, "scale", positive_number("scale", self.scale, "1"))

    def __len__(self) -> int:
        return len(self.inputs)

    @property
    def width(self) -> int:
        """Number of columns of the inputs."""
        return int(self.inputs.shape[1])

    @property
    def classes(self) -> int:
        """Number of columns of the targets."""
        return int(self.targets.shape[1])

    def take(self, rows: slice, out: Array) -> Array:
        """Writes consecutive inputs, times ``scale``, into ``out`` (rows, width) and returns it."""
        np.multiply(out, self.convert(self.inputs[rows], out), out=out)
        return out

    def scaled_inputs(self, dtype: npt.DTypeLike = np.float32) -> Array:
        """Returns a copy of all inputs, (k, width), times ``scale``: what a network gets."""
        return self.take(slice(None), np.empty(self.inputs.shape, dtype))

    def example(self, number: int) -> Array:
        """Returns the inputs of an example, (width,) float32, times ``scale``."""
        found: Array = self.at(slice(number, number + 1)).scaled_inputs()[0]
        return found

    def file_row(self, number: int) -> int | None:
        """Returns the row, from 1, of an example in its file; None if it is in no file."""
        return None if self.rows is None else int(self.rows[number]) or None

    def exact_number(self, column: str, number: int) -> float | None:
        """Returns the number of an example in a column, if it is in :attr:`exact`."""
        known = float(self.exact[column][number]) if column in self.exact else math.nan
        return None if math.isnan(known) else known

    def convert(self, inputs: Array, out: Array) -> float:
        """Writes inputs into ``out`` as floats and returns the factor by which they still have to be multiplied.

        For bytes it is ``scale``, which networks apply later, see :class:`~engine.network.buffers.Buffers`. Other
        inputs are multiplied here, and the factor is 1.
        """
        if inputs.dtype == np.uint8:
            np.copyto(out, inputs)
            return self.scale
        np.multiply(inputs, self.scale, out=out, casting="unsafe")
        return 1.0

    def at(self, rows: Array | slice) -> Split:
        """Returns the examples with these numbers, (k,), as a copy, or those of a slice as views."""
        some_labels, in_file = (None if each is None else each[rows] for each in (self.labels, self.rows))
        exact = {name: numbers[rows] for name, numbers in self.exact.items()}
        return Split(self.inputs[rows], self.targets[rows], some_labels, self.scale, in_file, exact)

    def head(self, count: int) -> Split:
        """Returns the first ``count`` examples, or all if there are fewer, as views."""
        return self.at(slice(count))

    @cached_property
    def bounds(self) -> tuple[Array, Array]:
        """(width,) each: the smallest and the largest inputs, times ``scale``. Computed once."""
        return self.inputs.min(axis=0) * self.scale, self.inputs.max(axis=0) * self.scale

    @cached_property
    def checksum(self) -> int:
        """CRC-32 of all inputs and targets, computed once: 20 ms for 60,000 images."""
        of_inputs = zlib.crc32(np.ascontiguousarray(self.inputs).data)
        return zlib.crc32(np.ascontiguousarray(self.targets).data, of_inputs)


PICTURE, POINT, NUMBER, ROW = "picture", "point", "number", "row"  # kinds of examples


class Note(str):
    """A sentence for the user about a source's examples. ``short`` is a version of it for where there is no room."""

    short: str

    def __new__(cls, sentence: str, short: str = "") -> Note:
        made = super().__new__(cls, sentence)
        made.short = short
        return made


@dataclass(frozen=True, eq=False)
class Dataset:
    """Examples in up to three splits, with their description.

    Raises DataError if the splits differ in width or outputs, or names, ``example_shape`` or ``categories`` do not fit.

    Attributes:
        title: its displayed name.
        train: the examples to learn from.
        test: examples that only measure the result; None if there are none.
        example_shape: dimensions of an example, (28, 28) for an image of 28 × 28; their product is the width. Empty if
            an example is a plain row.
        class_names: a name per output; empty for regression.
        validation: the validation set: held-out examples by which you or early stopping make choices; None if there is
            none.
        categories: groups of columns, from 0, in each of which exactly one is on: at its highest value, and the others
            at their lowest.
        columns: a name per input, if an example is a row of named columns; else empty.
        targets: a name per output, with its unit, if the targets are numbers; else empty.
        scaling: the scaling from raw inputs to ``inputs``; None if they are raw.
        target_scaling: the scaling of numeric targets; None if they are raw.
        coding: the encoding from rows of a table to ``inputs``; None for other data. It determines the attributes above
            (class names, categories, columns, targets, scalings).
        extent: the largest distance from 0 of points of the plane, or of x and y of a curve; None if unspecified.
        brightness: mean and deviation of the user's own images, by which networks standardise their inputs; None for
            included images and all other data, and if values are below 0.
        has_own_images: whether the examples are images from the user's files.
        notes: sentences for the user about the source's examples: what was left out, and why. Some are a :class:`Note`.
    """

    title: str
    train: Split
    test: Split | None = None
    example_shape: tuple[int, ...] = ()
    class_names: tuple[str, ...] = ()
    validation: Split | None = None
    categories: tuple[tuple[int, ...], ...] = ()
    columns: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    scaling: Scaling | None = None
    target_scaling: Scaling | None = None
    coding: TableCoding | None = None
    extent: float | None = None
    brightness: Brightness | None = None
    notes: tuple[str, ...] = ()
    has_own_images: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "title", storable(self.title))
        if self.coding is not None:
            for name, value in (self.coding.facts | {"categories": self.coding.categories}).items():
                object.__setattr__(self, name, value)
        self._check_shape()
        self._check_names()
        self._check_categories()
        for name, split in self.splits.items():
            if (split.width, split.classes) != (self.width, self.outputs):
                raise DataError(
                    name,
                    Verbatim(f"of {split.width:,} inputs and {split.classes:,} outputs"),
                    f"must have {self.width:,} and {self.outputs:,}, like the training examples",
                    "Give all splits the same inputs and outputs.",
                )

    def _check_shape(self) -> None:
        sizes: tuple[Any, ...] = self.example_shape
        are_sizes = all(isinstance(size, (int, np.integer)) and size > 0 for size in sizes)
        if sizes and not (are_sizes and math.prod(sizes) == self.width):
            raise DataError(
                "example_shape",
                sizes,
                f"must be sizes whose product is the {self.width:,} numbers of an example",
                f"Give sizes whose product is {self.width}, or () for a plain row.",
            )

    def _check_names(self) -> None:
        for name, count in (("columns", self.width), ("targets", self.outputs)):
            given = getattr(self, name)
            if given and len(given) != count:
                rule = f"must be one name for each of the {count:,} numbers"
                raise DataError(name, Verbatim(f"{len(given):,} names"), rule, "Name all of them, or none.")

    def _check_categories(self) -> None:
        in_groups = [number for group in self.categories for number in group]
        known = all(0 <= number < self.width for number in in_groups)
        if not known or len(set(in_groups)) < len(in_groups) or not all(self.categories):
            rule = "must be groups of columns, each column in one group at most"
            raise DataError("categories", self.categories, rule, "Name the columns of each group by their numbers.")

    def with_validation(self, share: float, seed: int = 0) -> Dataset:
        """Returns the data set with a share (0…1) of the training examples as its validation set.

        The examples are drawn at random, always the same ones for one ``seed``. Raises SettingError if one side would
        be empty.
        """
        share = number_within("validation_share", share, 0, 1, "0.1")
        count = round(share * len(self.train))
        if not 0 < count < len(self.train):
            raise SettingError(
                "validation_share",
                share,
                f"must leave examples in both sets, but there are only {len(self.train):,}",
                "Try 0.1, with more data.",
            )
        aside, rest = validation_rows(len(self.train), count, seed)
        return replace(self, train=self.train.at(rest), validation=self.train.at(aside))

    def with_train_examples(self, count: object, seed: int = 0) -> Dataset:
        """Returns the data set with ``count`` of its training examples, the same of each class as far as it has enough.

        They are drawn at random, always the same ones for one ``seed``; a note says so. All other splits stay. Raises
        SettingError for fewer than one example of each class, or more than there are.
        """
        every, labels = len(self.train), self.train.labels
        least = 1 if labels is None else len(np.unique(labels))
        number = 0
        if isinstance(count, (int, float, np.integer)) and not isinstance(count, bool) and float(count).is_integer():
            number = int(count)
        if not least <= number <= every:
            why = "at least one of each class" if least > 1 else "at least one"
            raise SettingError(
                "train_examples",
                count,
                f"must be a whole number from {least:,} to {every:,} ({why}, at most all of {self.title})",
                f"Try {min(max(least, 300), every)}, or leave it out for all.",
            )
        if number == every:
            return self
        rows = balanced_rows(every if labels is None else labels, number, seed)
        note = f"{number:,} of {every:,} examples, drawn by seed {seed}."
        return replace(self, train=self.train.at(rows), notes=(note, *self.notes))

    def divided(self, validation_share: float) -> Dataset:
        """Returns the data as a run with that ``validation_share`` divides them.

        These are the data themselves if they have a validation set or the share is 0. Raises SettingError, see
        :meth:`with_validation`.
        """
        if self.validation is not None or not validation_share:
            return self
        return self.with_validation(validation_share)

    @property
    def splits(self) -> dict[str, Split]:
        """The splits there are, by their names: train, test, validation."""
        splits = {"train": self.train, "test": self.test, "validation": self.validation}
        return {name: split for name, split in splits.items() if split is not None}

    @property
    def width(self) -> int:
        """Numbers in an example, equal to the network's inputs."""
        return self.train.width

    @property
    def outputs(self) -> int:
        """Number of outputs of the network."""
        return self.train.classes

    @cached_property
    def description(self) -> Description | None:
        """The description that networks trained on this data set store; None if only the title is known.

        Bytes that are not images are scaled by their ``scale``. Raw numbers of images are brightness from 0 to 1.
        """
        if self.coding is not None:
            return Description(self.title, coding=self.coding)
        scaling = self._scaling_of_rows
        if not any((self.example_shape, self.class_names, self.columns, self.targets, scaling, self.target_scaling)):
            return None
        about = Description(
            self.title, self.example_shape, columns=self.columns, scaling=scaling, brightness=self.brightness
        )
        if self.is_classification:
            return replace(about, class_names=tuple(self.class_name(number) for number in range(self.outputs)))
        return replace(about, targets=self.targets, target_scaling=self.target_scaling)

    @property
    def _scaling_of_rows(self) -> Scaling | None:
        """The scaling from raw numbers to the network's inputs, including the factor of rows of bytes."""
        if self.example_shape or self.train.scale == 1:
            return self.scaling
        scaling = self.scaling or Scaling(np.zeros(self.width), np.ones(self.width))
        return Scaling(scaling.mean, scaling.spread / self.train.scale)

    @cached_property
    def fingerprint(self) -> str:
        """16 hex digits that identify the data: all splits with their scales. Computed once."""
        splits = (self.train, self.test, self.validation)
        parts = [split and (split.inputs.shape, split.targets.shape, split.checksum, split.scale) for split in splits]
        return hashlib.blake2b(repr(parts).encode(), digest_size=8).hexdigest()

    @property
    def identity(self) -> dict[str, Any]:
        """The identity of the data that a checkpoint stores, in types that JSON can hold."""
        return {
            "title": self.title,
            "fingerprint": self.fingerprint,
            "checksum": self.train.checksum,
            "scale": self.train.scale,
            "validation": None if self.validation is None else self.validation.checksum,
        }

    def check_same_examples(self, begun_with: Mapping[str, Any]) -> None:
        """Compares the data with the :attr:`identity` of those with which a run was started.

        Raises DataError if training or validation examples differ (test examples may), KeyError if ``begun_with`` is
        incomplete.
        """
        now = self.identity
        # Files of version 0.3 call the validation set held_out; the oldest ones have only the checksum.
        before = {"scale": now["scale"], "validation": begun_with.get("held_out", now["validation"]), **begun_with}
        if any(before[name] != now[name] for name in ("checksum", "scale", "validation")):
            then = str(begun_with["title"])
            rule = "must be the examples this run was started with" + ("" if then == self.title else f" ({then})")
            remedy = "Load that data set, or train the network again from its weights."
            raise DataError("data", Verbatim(self.title_beside(then)), rule, remedy)

    def title_beside(self, title: str) -> str:
        """Returns the title for messages that compare these data with others, whose title may be the same."""
        return f"{self.title} with other examples" if title == self.title else self.title

    @property
    def kind(self) -> str:
        """The kind of an example: ``PICTURE``, ``POINT`` of the plane, ``NUMBER`` (x of a curve), or ``ROW``."""
        if self.is_picture:
            return PICTURE
        if self.is_plane:
            return POINT
        return NUMBER if self.width == 1 and not self.is_classification else ROW

    @property
    def is_classification(self) -> bool:
        """Whether the task is classification; else it is regression."""
        return self.train.labels is not None

    def column_name(self, number: int) -> str:
        """Returns the name of an input, or its number, from 1, if it has none."""
        return self.columns[number] if number < len(self.columns) else f"input {number + 1}"

    def target_name(self, number: int) -> str:
        """Returns the name of a number that is predicted, or that of its output, from 1, if it has none."""
        return self.targets[number] if number < len(self.targets) else f"output {number + 1}"

    def raw_inputs(self, inputs: Array) -> Array:
        """Returns inputs, (…, width), before their scaling; float64."""
        return np.asarray(inputs, np.float64) if self.scaling is None else self.scaling.undo(inputs)

    def raw_targets(self, outputs: Array) -> Array:
        """Returns targets, or a network's outputs, (…, outputs), in the unit of the predicted numbers; float64."""
        return np.asarray(outputs, np.float64) if self.target_scaling is None else self.target_scaling.undo(outputs)

    def shortest_inputs(self, raw: Array) -> Array:
        """Returns raw inputs, (…, width), as in the source, without digits that only float32 has added; float64."""
        return _shortest(self.scaling, raw)

    def shortest_targets(self, raw: Array) -> Array:
        """Returns targets or outputs in their own unit with the fewest identifying digits, (…, outputs) float64."""
        return _shortest(self.target_scaling, raw)

    def class_name(self, number: int) -> str:
        """Returns the name of a class, or its number if it has none."""
        return self.class_names[number] if number < len(self.class_names) else str(number)

    @property
    def background(self) -> float:
        """The brightness of an empty image, 0…1."""
        return 0.0 if self.brightness is None else self.brightness.background

    @property
    def is_picture(self) -> bool:
        """Whether an example can be shown as a greyscale image."""
        return len(self.example_shape) == 2

    @property
    def is_plane(self) -> bool:
        """Whether the examples are points in the plane, each of a class."""
        return self.columns == PLANE_COLUMNS and self.is_classification

    @property
    def is_curve(self) -> bool:
        """Whether one number is predicted from one number."""
        return self.kind == NUMBER and self.outputs == 1


def _shortest(scaling: Scaling | None, raw: Array) -> Array:
    """Returns the shortest equal numbers, (…, columns), see :meth:`Scaling.shortest`."""
    rows = np.asarray(raw, np.float64).reshape(-1, np.shape(raw)[-1])
    scaling = scaling or Scaling(np.zeros(rows.shape[1]), np.ones(rows.shape[1]))
    found: Array = scaling.shortest(rows).reshape(np.shape(raw))
    return found


def one_hot(classes_of: Array, classes: int) -> Array:
    """Returns (k, classes) float32 with a 1 in the column of each label.

    Raises DataError for invalid labels, SettingError unless ``classes`` is a whole number of at least 1.
    """
    classes = whole_number("classes", classes, 1, "10")
    columns = labels("labels", classes_of, classes)
    rows = np.zeros((len(columns), classes), np.float32)
    rows[np.arange(len(columns)), columns] = 1
    return rows


def classification_split(
    name: str,
    data: object,
    class_numbers: object,
    width: int,
    classes: int,
    dtype: npt.DTypeLike = np.float32,
) -> Split:
    """Makes a split from examples and class numbers. Raises DataError, which mentions ``name`` ("train", "test")."""
    inputs = _examples(f"{name}_data", data, width, dtype)
    numbers = labels(f"{name}_labels", class_numbers, classes)
    same_length(f"{name}_labels", len(numbers), f"{name}_data", len(inputs))
    return Split(inputs, one_hot(numbers, classes), numbers)


def regression_split(
    name: str, data: object, wanted: object, width: int, outputs: int, dtype: npt.DTypeLike = np.float32
) -> Split:
    """Makes a split from examples and targets. Raises DataError."""
    inputs = _examples(f"{name}_data", data, width, dtype)
    rows = targets(f"{name}_labels", wanted, outputs, dtype)
    same_length(f"{name}_labels", len(rows), f"{name}_data", len(inputs))
    return Split(inputs, rows)


def _examples(parameter: str, data: object, width: int, dtype: npt.DTypeLike) -> Array:
    rows = matrix(parameter, data, width, dtype)
    if len(rows) == 0:
        raise DataError(parameter, Verbatim("empty"), "must hold at least one example", "Pass some examples.")
    return rows
