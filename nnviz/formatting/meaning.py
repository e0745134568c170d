"""The meaning of a network's inputs and outputs: their names, and values as in the data's source."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from engine.basics.validation import Array
from engine.datasets import Dataset, Split
from engine.datasets.table.cells import plain_number
from engine.datasets.table.table_coding import TableCoding
from engine.datasets.table.table_columns import TEXT, YES_NO
from nnviz.formatting import text
from nnviz.formatting.units import unit_of

_NEARLY = 0.005  # from 0 or 1, a yes/no has its word; in between it is a number
_IS = " = "  # between a column and its category, in the names of inputs


@dataclass(frozen=True)
class Field:
    """A column of the data before its encoding.

    Attributes:
        name: its name.
        inputs: its input; for a category several, of which one is on.
        choices: the categories, one for each input; the words for 0 and 1 of a yes/no column; empty for a number.
    """

    name: str
    inputs: tuple[int, ...]
    choices: tuple[str, ...] = ()

    def raw(self, raw: Array) -> str | float:
        """Returns the category or the number in a raw example, (width,)."""
        if len(self.inputs) > 1:
            return self.choices[int(raw[list(self.inputs)].argmax())]
        value = float(raw[self.inputs[0]])
        word = round(value) if self.choices and abs(value - round(value)) < _NEARLY else -1
        return self.choices[word] if 0 <= word < len(self.choices) else value


class Meaning:
    """The words of a data set; without one, inputs and outputs have only numbers. All names are safe to show."""

    def __init__(self, data: Dataset | None = None) -> None:
        self.data = data

    @staticmethod
    def _name(words: str) -> str:
        """Returns a name from outside as it is displayed."""
        return text.name(words)

    @cached_property
    def for_file(self) -> Meaning:
        """The same for a file: whole names, and values as the source has them."""
        return _FileMeaning(self.data)

    # ---- inputs

    @property
    def picture(self) -> tuple[int, int] | None:
        """The height and width of an example; None if it is no image."""
        data = self.data
        return None if data is None or not data.is_picture else (data.example_shape[0], data.example_shape[1])

    @property
    def example(self) -> str:
        """The noun for an example: "image", "point" or "row"."""
        if self.data is None or self.picture is not None:
            return "image"
        return "point" if self.data.is_plane or self.data.columns == ("x",) else "row"

    @property
    def region(self) -> str:
        """The noun for the region over which predictions are drawn: "plane" or "curve"; empty for other data."""
        data = self.data
        return "" if data is None else "plane" if data.is_plane else "curve" if data.is_curve else ""

    def file_row(self, part: str, number: int) -> int | None:
        """Returns the row of an example in its file, from 1; None if it is in no file, or the row is not known."""
        split = None if self.data is None else self.data.splits.get(part)
        return None if split is None else split.file_row(number)

    def where(self, part: str, number: int, noun: str = "example") -> str:
        """Returns the number of an example in its split and in its file: "test row 75 · row 212 of the file"."""
        row = self.file_row(part, number)
        return f"{part} {noun} {text.count(number)}" + ("" if row is None else f" · row {text.count(row)} of the file")

    def input(self, number: int) -> str:
        """Returns the name of an input: "row 3, column 12" of an image, "body_mass_g", "island = Biscoe", "input 4".

        Rows, columns and inputs are numbered from 0.
        """
        if self.picture is not None:
            row, column = divmod(number, self.picture[1])
            return f"row {row + 1}, column {column + 1}"
        if self.data is None or number >= len(self.data.columns):
            return f"input {text.count(number + 1)}"
        return self._name(self.data.columns[number])

    @cached_property
    def columns(self) -> list[str]:
        """The names of all inputs; none for images."""
        data = self.data
        return [] if data is None or self.picture is not None else [self.input(number) for number in range(data.width)]

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """The columns of a row, in their order; none for an image."""
        data = self.data
        if data is None or self.picture is not None:
            return ()
        if data.coding is not None:
            return tuple(self._coded_fields(data.coding))
        groups = {group[0]: group for group in data.categories}
        inner = {number for group in data.categories for number in group[1:]}
        return tuple(self._field(groups.get(number, (number,))) for number in range(data.width) if number not in inner)

    def _coded_fields(self, coding: TableCoding) -> Iterator[Field]:
        start = 0
        for column in coding.columns:
            inputs = tuple(range(start, start + len(column.inputs)))
            start += len(inputs)
            if column.kind == TEXT and len(inputs) == 1:  # which is always on
                yield Field(self.input(inputs[0]), inputs)
            else:
                yield Field(self._name(column.name), inputs, tuple(map(self._name, column.categories)))

    def _field(self, inputs: tuple[int, ...]) -> Field:
        if len(inputs) == 1:
            return Field(self.input(inputs[0]), inputs)
        columns = () if self.data is None else self.data.columns
        names = [columns[number] if columns else self.input(number) for number in inputs]
        shared, found, _ = names[0].partition(_IS)
        if not found or not all(name.startswith(shared + _IS) for name in names):
            return Field(self._name(f"{names[0]} … {names[-1]}"), inputs, tuple(map(self._name, names)))
        return Field(self._name(shared), inputs, tuple(self._name(name[len(shared + _IS) :]) for name in names))

    @cached_property
    def _yes_no(self) -> dict[int, tuple[str, ...]]:
        """The words for 0 and 1, by the input of a yes/no column."""
        coding = None if self.data is None else self.data.coding
        found, start = {}, 0
        for column in () if coding is None else coding.columns:
            if column.kind == YES_NO:
                found[start] = tuple(map(self._name, column.categories))
            start += len(column.inputs)
        return found

    def input_text(self, number: int, value: float) -> str:
        """Returns a raw input as text: "3 750"; for a yes/no column its word, such as "ja"."""
        words = self._yes_no.get(number, ())
        return words[int(value)] if words and value in (0, 1) else text.figure(value)

    def raw(self, example: Array) -> Array:
        """Returns the inputs of an example as in the data's source, (width,) float64."""
        return np.asarray(example, np.float64) if self.data is None else self.data.raw_inputs(example)

    def raw_of(self, split: Split, number: int) -> Array:
        """Returns the inputs of an example of the data as in the data's source, (width,) float64."""
        return self.raw(split.example(number))

    def raw_input(self, number: int, value: float) -> float:
        """Returns a single input as in the data's source."""
        scaling = None if self.data is None else self.data.scaling
        return value if scaling is None else float(value * scaling.spread[number] + scaling.mean[number])

    @property
    def is_scaled(self) -> bool:
        """Whether inputs are not as their source has them."""
        return self.data is not None and self.data.scaling is not None

    def scaling_text(self, number: int, value: float) -> str:
        """Returns the scaling of an input as text: "(3 750 − 4 199) ÷ 802"; empty if it is not scaled."""
        scaling = None if self.data is None else self.data.scaling
        if scaling is None or (scaling.mean[number], scaling.spread[number]) == (0, 1):
            return ""
        mean, spread = text.figure(float(scaling.mean[number])), text.figure(float(scaling.spread[number]))
        return f"({text.figure(self.raw_input(number, value))} − {mean}) ÷ {spread}"

    def row(self, example: Array) -> list[str]:
        """Returns the values of :attr:`fields`: "Biscoe", "3 750"."""
        raw = self.raw(example)
        return [self.value(field, raw) for field in self.fields]

    def value(self, field: Field, raw: Array, digits: int = 4) -> str:
        """Returns the value of a column in a raw example, (width,), as text; coordinates have two decimals."""
        known = field.raw(raw)
        if isinstance(known, str):
            return known
        return f"{known:.2f}".replace("-", "−") if self.example == "point" else text.figure(known, digits)

    # ---- outputs

    @property
    def is_regression(self) -> bool:
        """Whether outputs are numbers."""
        return self.data is not None and not self.data.is_classification

    @property
    def is_single(self) -> bool:
        """Whether there is one output."""
        return self.data is not None and self.data.outputs == 1

    def output(self, number: int) -> str:
        """Returns the name of a class or target, or else its number; targets count from 1, a single one is "target"."""
        if self.data is None or self.data.is_classification:
            return str(number) if self.data is None else self._name(self.data.class_name(number))
        if self.data.targets:
            return self._name(self.data.targets[number])
        return "target" if self.is_single else f"output {text.count(number + 1)}"

    @property
    def target_name(self) -> str:
        """The name of the only number that is predicted; else empty."""
        data = self.data
        named = data is not None and self.is_regression and self.is_single and len(data.targets) == 1
        return self._name(data.targets[0]) if named and data is not None else ""

    @property
    def unit(self) -> str:
        """The unit of the only predicted number, if its name contains one; else empty."""
        return unit_of(self.target_name)

    def spread(self, output: int = 0) -> float:
        """Returns the size, in the target's unit, of a difference of 1 between outputs."""
        scaling = None if self.data is None else self.data.target_scaling
        return 1.0 if scaling is None else float(scaling.spread[output])

    def target(self, value: float, output: int = 0) -> float:
        """Returns an output in the target's unit."""
        scaling = None if self.data is None else self.data.target_scaling
        return float(value) * self.spread(output) + (0.0 if scaling is None else float(scaling.mean[output]))

    def truth_of(self, split: Split, number: int, output: int = 0) -> float:
        """Returns a target of an example of the data in its unit."""
        return self.target(float(split.targets[number, output]), output)

    def answer(self, value: float, output: int = 0) -> str:
        """Returns an output in the target's unit as text."""
        return text.figure(self.target(value, output))


class _FileMeaning(Meaning):
    """Names as they are in the source; values without digits that only float32 has made: 6, not 5.999999995."""

    @staticmethod
    def _name(words: str) -> str:
        return words

    def raw(self, example: Array) -> Array:
        raw = super().raw(example)
        return raw if self.data is None else self.data.shortest_inputs(raw)

    def input_text(self, number: int, value: float) -> str:
        words = self._yes_no.get(number, ())
        return words[int(value)] if words and value in (0, 1) else plain_number(value)

    def raw_of(self, split: Split, number: int) -> Array:
        raw = self.raw(split.example(number))
        for place, name in enumerate(self.columns if split.exact else ()):
            known = split.exact_number(name, number)
            raw[place] = raw[place] if known is None else known
        return raw

    def truth_of(self, split: Split, number: int, output: int = 0) -> float:
        known = split.exact_number(self.output(output), number)
        if known is not None or self.data is None:
            return super().truth_of(split, number, output) if known is None else known
        return float(self.data.shortest_targets(self.data.raw_targets(split.targets[number]))[output])


NO_MEANING = Meaning()
IN_FILE = "row of the file"  # a column of exported tables


def off_by(difference: float, unit: str = "") -> str:
    """Returns the residual, predicted − true, as text: "off by +2.3 mpg, too high"."""
    side = "too high" if difference > 0 else "too low" if difference < 0 else ""
    return ", ".join(filter(None, [f"off by {text.signed(difference)} {unit}".rstrip(), side]))


def listed(fields: Sequence[Field], values: Sequence[str], most: int) -> list[str]:
    """Returns the first values with their names, and the number of the others: "body_mass_g 3 750"."""
    lines = [f"{field.name} {value}" for field, value in zip(fields[:most], values, strict=False)]
    return [*lines, f"and {len(fields) - most} more"] if len(fields) > most else lines
