"""``Dataset``: examples to learn from and examples to test with, and what is known about them."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.errors import DataError, SettingError, Verbatim
from engine.registry import Registry
from engine.validation import Array, labels, matrix, number_within, positive_number, same_length, table, targets


@dataclass(frozen=True, eq=False)
class Split:
    """Examples with their targets, at least one.

    Raises DataError where they do not go together, SettingError for a ``scale`` that is no number above 0.

    Attributes:
        inputs: (k, width), floats, or bytes to save memory.
        targets: (k, outputs) float32; one-hot for classification.
        labels: (k,) class numbers, kept as int64; None for regression.
        scale: what ``inputs`` are multiplied with on their way into a batch (1/255 for bytes).
    """

    inputs: Array
    targets: Array
    labels: Array | None = None
    scale: float = 1.0

    def __post_init__(self) -> None:
        checked: dict[str, Any] = {name: table(name, getattr(self, name)) for name in ("inputs", "targets")}
        same_length("targets", len(checked["targets"]), "inputs", len(checked["inputs"]))
        if self.labels is not None:
            checked["labels"] = labels("labels", self.labels, checked["targets"].shape[1])
            same_length("labels", len(checked["labels"]), "inputs", len(checked["inputs"]))
        checked["scale"] = positive_number("scale", self.scale, "1")
        for name, value in checked.items():
            object.__setattr__(self, name, value)

    def __len__(self) -> int:
        return len(self.inputs)

    @property
    def width(self) -> int:
        """Columns of the inputs."""
        return int(self.inputs.shape[1])

    @property
    def classes(self) -> int:
        """Columns of the targets."""
        return int(self.targets.shape[1])

    def take(self, rows: slice, out: Array) -> Array:
        """Writes consecutive examples, scaled, into ``out`` and returns it."""
        np.multiply(self.inputs[rows], self.scale, out=out, casting="unsafe")
        return out

    def at(self, rows: Array) -> Split:
        """Those examples, copied."""
        some_labels = None if self.labels is None else self.labels[rows]
        return Split(self.inputs[rows], self.targets[rows], some_labels, self.scale)

    def checksum(self) -> int:
        """One number for all examples and targets, to tell data apart (CRC-32)."""
        of_inputs = zlib.crc32(np.ascontiguousarray(self.inputs).data)
        return zlib.crc32(np.ascontiguousarray(self.targets).data, of_inputs)

    def head(self, count: int) -> Split:
        """The first examples, as views."""
        some_labels = None if self.labels is None else self.labels[:count]
        return Split(self.inputs[:count], self.targets[:count], some_labels, self.scale)


@dataclass(frozen=True, eq=False)
class Dataset:
    """A training split, perhaps others, and what the data says about itself.

    Raises DataError where the splits differ in inputs or outputs, or for a wrong ``example_shape``.

    Attributes:
        title: as a person reads it.
        train, test: the splits; ``test`` may be None.
        validation: training examples put aside to choose by; None where there are none.
        example_shape: how a row is laid out, for example (28, 28) for pictures: refused where that is not as many
            numbers as an example has. Empty: as a plain row.
        class_names: one for each output; empty for regression.
    """

    title: str
    train: Split
    test: Split | None = None
    example_shape: tuple[int, ...] = ()
    class_names: tuple[str, ...] = field(default=())
    validation: Split | None = None

    def __post_init__(self) -> None:
        sizes: tuple[Any, ...] = self.example_shape
        are_sizes = all(isinstance(size, (int, np.integer)) and size > 0 for size in sizes)
        if sizes and not (are_sizes and math.prod(sizes) == self.width):
            raise DataError(
                "example_shape",
                sizes,
                f"must lay out the {self.width:,} numbers of an example, as sizes whose product that is",
                f"Give sizes whose product is {self.width}, or () for a plain row.",
            )
        ends = (self.width, self.outputs)
        for name, split in (("test", self.test), ("validation", self.validation)):
            if split is not None and (split.width, split.classes) != ends:
                raise DataError(
                    name,
                    Verbatim(f"of {split.width:,} inputs and {split.classes:,} outputs"),
                    f"must have those of the training examples, {ends[0]:,} and {ends[1]:,}",
                    "Lay all examples out alike.",
                )

    def with_validation(self, share: float, seed: int = 0) -> Dataset:
        """The same with that share of the training examples put aside, 0…1, drawn at random: the same each time.

        Raises SettingError where no example would be left on either side.
        """
        share = number_within("validation", share, 0, 1, "0.1")
        count = round(share * len(self.train))
        if not 0 < count < len(self.train):
            raise SettingError(
                "validation",
                share,
                f"must leave examples on both sides, and there are {len(self.train):,}",
                "Try 0.1, with more data.",
            )
        order = np.random.default_rng(seed).permutation(len(self.train))
        # In their own order, which is kinder to memory.
        aside, rest = np.sort(order[:count]), np.sort(order[count:])
        return replace(self, train=self.train.at(rest), validation=self.train.at(aside))

    @property
    def width(self) -> int:
        """Numbers in an example: the inputs a network needs."""
        return self.train.width

    @property
    def outputs(self) -> int:
        """Outputs a network needs."""
        return self.train.classes

    @cached_property
    def fingerprint(self) -> str:
        """What tells these examples from others, as a short text."""
        return f"{zlib.crc32(repr(self._identity()).encode()):08x}"

    def _identity(self) -> dict[str, Any]:
        """What tells the examples of a run from others, as JSON can hold it; those to test with do not count."""
        validation = None if self.validation is None else self.validation.checksum()
        return {"checksum": self.train.checksum(), "scale": self.train.scale, "validation": validation}

    @property
    def is_picture(self) -> bool:
        """Whether an example can be shown as a grey picture."""
        return len(self.example_shape) == 2


@dataclass(frozen=True)
class DataSource:
    """A data set that can be loaded: its title, shown before it is, and the function that loads it."""

    title: str
    load: Callable[[], Dataset]


DATASETS: Registry[DataSource] = Registry("data set")


def one_hot(classes_of: Array, classes: int) -> Array:
    """(k, classes) float32 with a 1 in the column of each label. Raises DataError for labels that are none."""
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
    """A split of checked examples and class numbers. Raises DataError; ``name`` says which ("train", "test")."""
    inputs = _some_rows(f"{name}_data", matrix(f"{name}_data", data, width, dtype))
    numbers = labels(f"{name}_labels", class_numbers, classes)
    same_length(f"{name}_labels", len(numbers), f"{name}_data", len(inputs))
    return Split(inputs, one_hot(numbers, classes), numbers)


def regression_split(
    name: str, data: object, wanted: object, width: int, outputs: int, dtype: npt.DTypeLike = np.float32
) -> Split:
    """A split of checked examples and targets. Raises DataError."""
    inputs = _some_rows(f"{name}_data", matrix(f"{name}_data", data, width, dtype))
    rows = targets(f"{name}_labels", wanted, outputs, dtype)
    same_length(f"{name}_labels", len(rows), f"{name}_data", len(inputs))
    return Split(inputs, rows)


def _some_rows(parameter: str, rows: Array) -> Array:
    if len(rows) == 0:
        raise DataError(parameter, Verbatim("empty"), "must hold at least one example", "Pass some examples.")
    return rows
