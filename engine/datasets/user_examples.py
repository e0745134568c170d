"""``UserExamples``: labelled examples collected by the user, their file, and data sets with them mixed in."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from engine.basics.errors import DataError, EngineError, bad_file, shown
from engine.basics.npz import DAMAGE, Npz
from engine.basics.regular_files import open_regular
from engine.basics.validation import Array, above_quarter_of_memory, matrix, number_within, same_length
from engine.datasets.dataset import Dataset, Split, one_hot

MOST_OWN = 10_000  # examples
DEFAULT_SHARE = 0.1
_MOST_BYTES = 10**9  # limit of a file
_KINDS = "biufU"
_MEMBERS = ("x", "y", "columns", "targets")


@dataclass(frozen=True, eq=False)
class UserExamples:
    """Examples of one kind of data with their labels or targets. Raises DataError unless they fit together.

    Attributes:
        inputs: (k, width), finite: images as the network's input, other examples in raw numbers of their columns,
            before any scaling. k may be 0.
        truths: (k,) names of classes, texts or whole numbers; or (k, outputs) float64 numbers in their own units.
        example_shape: height and width of images, else ().
        columns, targets: the names of the inputs, and of the numbers to predict; () if there are none.
    """

    inputs: Array
    truths: Array
    example_shape: tuple[int, ...] = ()
    columns: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        same_length("y", len(self.truths), "x", len(self.inputs))
        if len(self) > MOST_OWN:
            problem = f"there are {len(self):,} examples of your own, at most {MOST_OWN:,} are allowed"
            raise DataError.from_problem("x", problem, "Open the file as a data set instead.")

    def __len__(self) -> int:
        return len(self.inputs)

    @classmethod
    def empty_for(cls, data: Dataset) -> UserExamples:
        """Returns an empty collection for this kind of data."""
        kind = np.float32 if data.example_shape else np.float64
        truths = np.zeros(0, "U1") if data.is_classification else np.zeros((0, data.outputs))
        return cls(np.zeros((0, data.width), kind), truths, data.example_shape, data.columns, data.targets)

    @classmethod
    def one(cls, data: Dataset, example: Array, truth: int | Sequence[float]) -> UserExamples:
        """Returns a single example, (width,) as the network's input, with the number of its class or its targets.

        Raises DataError for an example or a label that the data cannot have.
        """
        row = matrix("example", [example], data.width)
        rows = row if data.scaling is None else data.scaling.undo(row)
        if isinstance(truth, (int, np.integer)):
            names = np.array([_name_of(data, int(truth))])
        else:
            names = matrix("truth", [truth], data.outputs, np.float64)
        return cls(rows, names, data.example_shape, data.columns, data.targets)

    def at(self, rows: Array) -> UserExamples:
        """Returns the examples with these numbers, (n,), or for which booleans, (k,), are True."""
        return replace(self, inputs=self.inputs[rows], truths=self.truths[rows])

    def where(self, is_wanted: Callable[[bytes], bool]) -> UserExamples:
        """Returns the examples whose marks are wanted."""
        return self.at(np.array([is_wanted(mark) for mark in self.marks], bool))

    def with_more(self, others: UserExamples) -> UserExamples:
        """Returns the union of both collections, which must be of one kind."""
        known = set(self.marks)
        new = others.where(lambda mark: mark not in known)
        inputs = np.concatenate([self.inputs, new.inputs.astype(self.inputs.dtype)])
        return replace(self, inputs=inputs, truths=np.concatenate([self.truths, new.truths]))

    def is_like(self, others: UserExamples) -> bool:
        """Whether both are of one kind."""
        return _kind_of(self) == _kind_of(others)

    @property
    def marks(self) -> list[bytes]:
        """A hash of each example with its label, which identifies it."""
        pairs = zip(self.inputs.astype(np.float64), self.truths.tolist(), strict=True)
        return [hashlib.blake2b(row.tobytes() + repr(truth).encode(), digest_size=12).digest() for row, truth in pairs]

    @property
    def fingerprint(self) -> str:
        """16 hex digits that identify them."""
        return hashlib.blake2b(b"".join(self.marks), digest_size=8).hexdigest()

    # ---- as examples of the data

    def split_for(self, data: Dataset) -> Split:
        """Returns the examples, at least one, as a split of the data, with their targets.

        Raises DataError if they are of another kind, or of a class that the data do not have.
        """
        self._check_kind(data)
        scaled = self.inputs if data.scaling is None else data.scaling.apply(self.inputs)
        inputs = matrix("x", scaled, data.width)
        if data.is_classification:
            numbers = self._labels(data)
            return Split(inputs, one_hot(numbers, data.outputs), numbers)
        return Split(inputs, self._numbers(data))

    def _check_kind(self, data: Dataset) -> None:
        here = self.inputs.shape[1], self.example_shape
        fits = here == (data.width, data.example_shape if data.is_picture else ())
        for names, those in ((self.columns, data.columns), (self.targets, data.targets)):
            fits &= not (names and those) or names == those
        if not fits:
            problem = f"their {_size(*here)} do not match {data.title} ({_size(data.width, data.example_shape)})"
            if here[0] == data.width:
                problem = f"their shape or names do not match {data.title}"
            raise DataError.from_problem("own examples", problem, "Choose the data set that they were saved for.")

    def _labels(self, data: Dataset) -> Array:
        number_of = {data.class_name(number): number for number in range(data.outputs)}
        if data.coding is not None:
            number_of = data.coding.class_by_name  # files of version 0.21 call the class 01099 of a table 1099
        names = [str(truth) for truth in self.truths.tolist()] if self.truths.ndim == 1 else ["numbers"]
        unknown = next((name for name in names if name not in number_of), None)
        if unknown is not None:
            remedy = "Remove these, or choose the data set that they were saved for."
            raise DataError.from_problem("own examples", f"{shown(unknown)} is not a class of {data.title}", remedy)
        return np.array([number_of[name] for name in names], np.int64)

    def _numbers(self, data: Dataset) -> Array:
        if self.truths.dtype.kind == "U":
            problem = f"they have classes, but {data.title} has numbers to predict"
            remedy = "Choose the data set that they were saved for."
            raise DataError.from_problem("own examples", problem, remedy)
        truths = matrix("y", self.truths.reshape(len(self), -1), data.outputs, np.float64)
        scaled = truths if data.target_scaling is None else data.target_scaling.apply(truths)
        return matrix("y", scaled, data.outputs)

    # ---- a file

    def as_bytes(self) -> bytes:
        """Returns the content of an ``.npz`` with x and y, which can also be opened as a data set."""
        shape = self.example_shape or (self.inputs.shape[1],)
        names: dict[str, Any] = {
            name: np.array(getattr(self, name)) for name in ("columns", "targets") if getattr(self, name)
        }
        written = io.BytesIO()
        np.savez_compressed(written, x=self.inputs.reshape(len(self), *shape), y=self.truths, **names)
        return written.getvalue()


def read_user_examples(path: str | Path) -> UserExamples:
    """Reads an ``.npz`` with x and y, written by :meth:`UserExamples.as_bytes` or another program.

    Raises:
        FileFormatError: no such file, damaged, or larger than a quarter of the memory that is available.
        DataError: x and y do not belong together, or there are more than 10,000.
        OSError: the file cannot be read.
    """
    path = Path(path)
    with open_regular(path, _MOST_BYTES) as file:
        try:
            npz = Npz(file, 3, _KINDS, lambda name: name in _MEMBERS)
            _check_size(path, npz)
            return _own_in(npz)
        except EngineError:
            raise
        except DAMAGE as error:
            problem = f"not an .npz with x and y, examples and their targets ({error})"
            raise bad_file(path, problem, "Export your own examples again.") from None


def _check_size(path: Path, npz: Npz) -> None:
    """Checks the size before unpacking, including copies of the numbers."""
    needed = sum(claim.nbytes + 8 * claim.count for claim in npz.claims.values())
    if excess := above_quarter_of_memory(needed):
        raise bad_file(path, f"its arrays take {excess}", "Use fewer examples.")


def _own_in(npz: Npz) -> UserExamples:
    x, y = npz.array("x"), npz.array("y")
    if x.ndim < 2 or x.dtype.kind == "U" or not np.prod(x.shape[1:]) or y.ndim not in (1, 2) or y.shape[1:] == (0,):
        raise ValueError("x must be rows or grey images, and y their targets")
    shape = tuple(map(int, x.shape[1:])) if x.ndim == 3 else ()
    inputs = matrix("x", x.reshape(len(x), -1), int(np.prod(x.shape[1:])), np.float32 if shape else np.float64)
    if x.dtype.kind == "u" and shape:
        inputs = inputs / np.float32(255)
    if y.dtype.kind == "f":
        y = matrix("y", y.reshape(len(y), -1), y.size // max(1, len(y)) or 1, np.float64)
    elif y.ndim == 2:
        raise ValueError("y has several classes for each example")
    return UserExamples(inputs, y, shape, _names(npz, "columns"), _names(npz, "targets"))


def _names(npz: Npz, member: str) -> tuple[str, ...]:
    """Returns the names; lone surrogates, which no file can hold, as question marks."""
    names = npz.array(member) if member in npz.claims else np.zeros(0, "U1")
    return tuple(str(name).encode("utf-8", "replace").decode() for name in names.reshape(-1).tolist())


def checked_share(share: float) -> float:
    """Returns the share of user examples in the training set. Raises SettingError outside 0…0.9."""
    return number_within("own_share", share, 0, 0.9, "0.1")


def mix_in_user_examples(data: Dataset, own: UserExamples, share: float = DEFAULT_SHARE) -> Dataset:
    """Returns the data with user examples in the training set, repeated so that they make up this share of it.

    Each is included at least once. Validation and test set do not change.

    Raises DataError if the examples are of another kind or none, SettingError for a share outside 0…0.9.
    """
    share = checked_share(share)
    added, train = own.split_for(data), data.train
    times = max(1, round(share / (1 - share) * len(train) / len(added)))
    inputs = added.inputs / np.float32(train.scale)
    if train.inputs.dtype.kind in "iu":
        limits = np.iinfo(train.inputs.dtype)
        inputs = np.rint(inputs).clip(limits.min, limits.max)
    inputs = np.tile(inputs.astype(train.inputs.dtype), (times, 1))
    labels = None
    if train.labels is not None and added.labels is not None:
        labels = np.concatenate([train.labels, np.tile(added.labels, times)])
    targets = np.concatenate([train.targets, np.tile(added.targets, (times, 1))])
    rows = None if train.rows is None else np.concatenate([train.rows, np.zeros(len(inputs), train.rows.dtype)])
    unknown = np.full(len(inputs), np.nan)
    exact = {name: np.concatenate([numbers, unknown]) for name, numbers in train.exact.items()}
    mixed = Split(np.concatenate([train.inputs, inputs]), targets, labels, train.scale, rows, exact)
    count = f"{len(added):,} of your own {'example is' if len(added) == 1 else 'examples are'}"
    note = f"{count} in the training set, {'once' if times == 1 else f'{times:,} times'} each."
    return replace(data, train=mixed, notes=(*data.notes, note))


def _kind_of(own: UserExamples) -> tuple[object, ...]:
    return (
        own.inputs.shape[1:],
        own.truths.shape[1:],
        own.truths.dtype.kind,
        own.example_shape,
        own.columns,
        own.targets,
    )


def _name_of(data: Dataset, label: int) -> str:
    if not data.is_classification or not 0 <= label < data.outputs:
        raise DataError("truth", label, f"must be a class of {data.title}", f"Give 0 to {data.outputs - 1}.")
    return data.class_name(label)


def _size(width: int, shape: tuple[int, ...]) -> str:
    if len(shape) == 2:
        return f"{shape[0]} × {shape[1]} pixels"
    return f"{width:,} {'number' if width == 1 else 'numbers'}"
