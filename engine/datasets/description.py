"""``Description``: what the inputs and outputs of a network mean. It travels with the network, into every file."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any

import numpy as np

from engine.basics.errors import DataError, Verbatim
from engine.basics.validation import Array, matrix, table, targets
from engine.basics.validation import labels as class_numbers
from engine.datasets.brightness import Brightness, brightness_in
from engine.datasets.raw_rows import Cells, cells_of, columns_of, has_names
from engine.datasets.scaling import Scaling
from engine.datasets.stored_texts import check_characters, text_in, texts_in
from engine.datasets.table.cells import is_number, plain_number, shortened
from engine.datasets.table.table_coding import CodedColumn, TableCoding
from engine.datasets.table.table_columns import NUMBER, TEXT

_MOST_DIMENSIONS = 8  # dimensions of an example
_ANEW = "Train the network again from its data."
_FITTING = "Make a network that fits (in the window: Reset), or choose the data set that it was trained on."
_CLASSES = "classes"
_UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, OverflowError)


@dataclass(frozen=True, eq=False)
class Description:
    """The meaning of inputs and outputs, and the conversion between raw values and the network's numbers.

    Raises DataError if its parts do not fit together, or the names are too long.

    Attributes:
        title: the data set's name.
        example_shape: dimensions of an example, see :class:`~engine.datasets.Dataset`; empty for a plain row.
        class_names: a name per output; empty for regression.
        columns: a name per input; empty if they have none.
        targets: a name per output, if the targets are numbers with names; else empty.
        scaling: the scaling from raw numbers to inputs; None if they are equal. Raw images are brightness, 0…1.
        target_scaling: the scaling of numeric targets; None if they are raw.
        coding: the encoding of table rows as inputs, which determines names and scalings; None for other data.
        brightness: mean and deviation by which the network standardises images in 0…1; None if it does not.
    """

    title: str = ""
    example_shape: tuple[int, ...] = ()
    class_names: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    scaling: Scaling | None = None
    target_scaling: Scaling | None = None
    coding: TableCoding | None = None
    brightness: Brightness | None = None

    def __post_init__(self) -> None:
        for name, value in ({} if self.coding is None else self.coding.facts).items():
            object.__setattr__(self, name, value)
        names = (self.title, *self.class_names, *self.columns, *self.targets)
        check_characters("description", map(len, names))
        if len(self._widths) > 1 or len(self._heights) > 1 or (self.class_names and self.is_regression):
            value = Verbatim(f"of {_listed(self._widths)} inputs and {_listed(self._heights)} outputs")
            rule = "must have one name for each number, and either classes or numbers to predict"
            raise DataError("description", value, rule, _ANEW)
        if self.brightness is not None and (self.scaling is not None or self.coding is not None):
            raise DataError.from_problem("brightness", "only images have one, not scaled rows", _ANEW)

    @property
    def _widths(self) -> set[int]:
        """The different numbers of inputs of which its parts speak."""
        sizes = [len(self.columns), math.prod(self.example_shape) if self.example_shape else 0]
        return {*sizes, 0 if self.scaling is None else len(self.scaling.mean)} - {0}

    @property
    def _heights(self) -> set[int]:
        """The lengths of the columns of outputs."""
        sizes = [len(self.class_names), len(self.targets)]
        return {*sizes, 0 if self.target_scaling is None else len(self.target_scaling.mean)} - {0}

    @property
    def is_brightness_alone(self) -> bool:
        """Whether it says how inputs are standardised, and nothing of what they mean, as of an untrained network."""
        names = (self.title, self.example_shape, self.class_names, self.columns, self.targets)
        others = (self.scaling, self.target_scaling, self.coding)
        return self.brightness is not None and not any(names) and all(each is None for each in others)

    @property
    def is_regression(self) -> bool:
        """Whether the outputs are known to be numbers."""
        return bool(self.targets) or self.target_scaling is not None

    @property
    def is_classification(self) -> bool:
        """Whether the outputs stand for classes; else they are numbers."""
        return bool(self.class_names)

    @property
    def output_names(self) -> tuple[str, ...]:
        """The names of classes, or of the numbers that are predicted; empty if they have none."""
        return self.class_names or self.targets

    def answer_columns(self, outputs: int) -> tuple[str, ...]:
        """Returns the column names of a table of predictions: the class and the probabilities; or the numbers."""
        if not self.class_names:
            return self.targets or tuple(f"output {number}" for number in range(1, outputs + 1))
        asked = "class" if self.coding is None else self.coding.target
        return (asked, *(f"probability of {name}" for name in self.class_names))

    def check_fits(self, inputs: int, outputs: int) -> None:
        """Raises DataError if it describes a network of other sizes."""
        if self._widths - {inputs} or self._heights - {outputs}:
            value = Verbatim(f"of {_listed(self._widths)} inputs and {_listed(self._heights)} outputs")
            rule = f"must fit the network, which has {inputs:,} inputs and {outputs:,} outputs"
            raise DataError("description", value, rule, _ANEW)

    def check_means_same(self, data: Description) -> None:
        """Raises DataError unless inputs and outputs of the other data mean the same as in this description."""
        for (name, ours), theirs in zip(self._words.items(), data._words.values(), strict=True):
            if ours != theirs and not (name == _CLASSES and self.has_classes_of(data)):
                own, wanted = _different(ours, theirs)
                problem = f"this network has {own}, but {shortened(data.title)} has {wanted}"
                raise DataError.from_problem(name, problem, _FITTING)
        for one, other in ((self.scaling, data.scaling), (self.target_scaling, data.target_scaling)):
            if one is not other and (one is None or not one.is_as(other)):
                problem = "its scaling differs from the network's, because the data or how they are read have changed"
                raise DataError.from_problem(shortened(data.title), problem, _FITTING)

    @property
    def _words(self) -> dict[str, tuple[object, ...]]:
        """Returns the meaning of inputs and outputs, by the name of each property."""
        predicted = self.targets if self.coding is None else (self.coding.target,)
        names = {"columns": self.columns, "column to predict": predicted, _CLASSES: self.class_names}
        return {"size of an example": self.example_shape, **names}

    @property
    def changes_numbers(self) -> bool:
        """Whether raw rows or targets differ from the network's inputs or outputs: they are encoded or scaled."""
        return any(each is not None for each in (self.coding, self.scaling, self.target_scaling))

    def has_classes_of(self, data: Description) -> bool:
        """Whether both have the same classes in the same order. Equal numbers are the same: 1099 and 01099."""
        pairs = zip(self._ways_of_classes, data._ways_of_classes, strict=False)
        return len(self.class_names) == len(data.class_names) and all(ours & theirs for ours, theirs in pairs)

    @property
    def _ways_of_classes(self) -> list[set[str]]:
        """Each class as it is called, and, if it is a number of a table, as its plain number."""
        plain = self.class_names if self.coding is None else self.coding.plain_class_names
        return [{*names} for names in zip(self.class_names, plain, strict=True)]

    def inputs_of(self, rows: object, parameter: str = "rows") -> Array:
        """Returns the network's inputs, (k, inputs), for raw numbers, (k, inputs); texts are 1 or 0 for each category.

        Raises DataError, about ``parameter``, for what is no such rows of finite numbers.
        """
        widths = self._widths
        raw = matrix(parameter, rows, max(widths), np.float64) if widths else table(parameter, rows)
        return raw if self.scaling is None else self.scaling.apply(raw)

    def encode(self, row: Mapping[str, object]) -> Array:
        """Returns the network's inputs, (1, inputs), for one raw row: values by column name; see :meth:`encode_rows`.

        Raises DataError, which names the column; or if neither a coding nor columns are known.
        """
        if not self.columns:
            raise DataError.from_problem("columns", "they are not known", "Give a row of numbers.")
        return self.encode_rows([row])

    def encode_rows(self, rows: object, parameter: str = "rows") -> Array:
        """Turns raw rows into the network's inputs.

        Args:
            rows: (k, columns) values: a list of lists or of dicts, an array or a DataFrame; see
                :func:`~engine.datasets.raw_rows.columns_of`. Without a coding, (k, inputs) raw numbers.
            parameter: what errors call the rows.

        Returns:
            (k, inputs) array.

        Raises:
            DataError: as :meth:`TableCoding.encode_rows` or :meth:`inputs_of`.
        """
        if self.coding is not None:
            return self.coding.encode_rows(rows, parameter)
        if self.columns and has_names(rows):
            rows = list(zip(*columns_of(rows, self.columns, parameter), strict=True))
        return self.inputs_of(rows, parameter)

    def class_numbers(self, labels: object, parameter: str = "labels") -> Array:
        """Returns the numbers of classes, (k,) int64.

        Args:
            labels: (k,) or (k, 1) names of classes, as in the data; or class numbers, if no name is a number.
            parameter: what errors call the labels.

        Raises:
            DataError: a label is missing or no class; the error lists the classes.
        """
        cells = self._target_cells(labels, parameter)
        cells = [int(cell) if isinstance(cell, (bool, np.bool_)) else cell for cell in cells]
        are_numbers = all(isinstance(cell, numbers.Real) and cell == cell for cell in cells)
        if are_numbers and not any(is_number(name, ".") for name in self.class_names):
            return class_numbers(parameter, cells, len(self.class_names))
        if self.coding is not None and are_numbers:  # programs read the class 01099 of a file as the number 1099
            known = self.coding.class_by_name
            places = [known.get(plain_number(cell)) for cell in cells]
            cells = [
                cell if place is None else self.class_names[place] for cell, place in zip(cells, places, strict=True)
            ]
        return CodedColumn(self._target, TEXT, self.class_names).read_cells(cells, parameter).astype(np.int64)

    def targets_of(self, values: object, outputs: int, parameter: str = "targets") -> Array:
        """Returns what the network learns to give, (k, outputs), of numbers in the unit of its targets.

        Args:
            values: (k, outputs); of one output also (k,), or rows that name it.
            outputs: of the network.
            parameter: what errors call the numbers.

        Raises:
            DataError: a value is missing or no number, or their dimensions are wrong.
        """
        if outputs == 1:
            column = CodedColumn(self._target, NUMBER)
            raw = column.read_cells(self._target_cells(values, parameter), parameter)[:, None]
        else:
            raw = targets(parameter, values, outputs, np.float64)
        return raw if self.target_scaling is None else self.target_scaling.apply(raw)

    @property
    def _target(self) -> str:
        """Returns the name of the predicted class or numbers, as one column."""
        if self.coding is not None:
            return self.coding.target
        return self.targets[0] if len(self.targets) == 1 else "target"

    def _target_cells(self, values: object, parameter: str) -> Cells:
        return cells_of(values, self._target, parameter)

    def answers(self, outputs: Array) -> Array:
        """Returns the network's outputs, (k, outputs), with numbers in the unit of their targets."""
        return outputs if self.target_scaling is None else self.target_scaling.undo(outputs)

    def answer_digits(self, enough: int) -> int:
        """Returns the digits to write predictions with, at most 17, if ``enough`` suffice for the network's outputs."""
        extra = 0 if self.target_scaling is None else self.target_scaling.mean_digits
        return min(enough + extra, 17)

    def as_dict(self) -> dict[str, Any]:
        """Returns the description in types that JSON can hold, without empty entries."""
        entries: dict[str, Any] = {"title": self.title, "example_shape": list(self.example_shape)}
        if self.coding is not None:
            entries["coding"] = self.coding.as_dict()
        else:
            entries |= {name: list(getattr(self, name)) for name in ("class_names", "columns", "targets")}
            scalings = {"scaling": self.scaling, "target_scaling": self.target_scaling}
            entries |= {name: each and each.as_dict() for name, each in scalings.items()}
        if self.brightness is not None:
            entries["brightness"] = self.brightness.as_dict()
        return {name: entry for name, entry in entries.items() if entry}

    @classmethod
    def from_dict(cls, entries: object) -> Description:
        """Returns the description of an :meth:`as_dict`; unknown entries are ignored. Raises DataError if invalid."""
        try:
            if not isinstance(entries, Mapping):
                raise TypeError(entries)
            names: dict[str, Any] = {name: texts_in(entries.get(name, ())) for name in _NAMES}
            scalings: dict[str, Any] = {name: _scaling_in(entries.get(name)) for name in ("scaling", "target_scaling")}
            coding = None if entries.get("coding") is None else TableCoding.from_dict(entries["coding"])
            shape = _shape_in(entries.get("example_shape", ()))
            brightness = brightness_in(entries.get("brightness"))
            return cls(
                text_in(entries.get("title", "")), shape, **names, **scalings, coding=coding, brightness=brightness
            )
        except _UNREADABLE as error:
            if isinstance(error, DataError):
                raise
            raise DataError.from_problem("description", "it cannot be read", _ANEW) from None


def described_as(about: Description | None, brightness: Brightness | None) -> Description | None:
    """Returns the description of data for a network with this brightness, which may differ from the data's."""
    if (None if about is None else about.brightness) == brightness:
        return about
    return replace(about or Description(), brightness=brightness)


_NAMES = ("class_names", "columns", "targets")


def _scaling_in(entries: Any) -> Scaling | None:
    return None if entries is None else Scaling.from_dict(entries)


def _shape_in(sizes: Any) -> tuple[int, ...]:
    """Dimensions of an example. Raises TypeError or ValueError."""
    if len(sizes) > _MOST_DIMENSIONS or any(type(size) is not int or size < 1 for size in sizes):
        raise ValueError(sizes)
    return tuple(sizes)


def _different(ours: tuple[object, ...], theirs: tuple[object, ...]) -> tuple[str, str]:
    """Returns both texts from where they differ, shortened; "none" for an empty one."""
    pairs = enumerate(zip_longest(ours, theirs))
    start = next((place for place, (one, other) in pairs if one != other), 0)
    own, other = (", ".join(map(str, names[start:])) or "none" for names in (ours, theirs))
    return shortened(own), shortened(other)


def _listed(sizes: set[int]) -> str:
    """Returns sizes as text: "3", "3 or 4", or "any number of"."""
    return " or ".join(f"{size:,}" for size in sorted(sizes)) or "any number of"
