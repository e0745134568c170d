"""Data sets out of arrays: what an ``.npz`` or a pair of IDX files holds becomes a ``Dataset``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engine.basics.errors import DataError, EngineError, SettingError, Verbatim, bad_file
from engine.basics.npz import DAMAGE, ArrayHeader, Npz
from engine.basics.regular_files import LARGEST_FILE, open_regular
from engine.basics.validation import Array, above_quarter_of_memory, matrix, same_length
from engine.datasets.brightness import Brightness
from engine.datasets.dataset import MOST_CLASSES, Dataset, Split, one_hot
from engine.datasets.scaling import Scaling
from engine.datasets.splitting import parts_of

TASKS = ("classification", "regression")
_MOST_DIMENSIONS = 4
_FEWER = "Use fewer examples."
_KINDS = "biufUS"
_NAMES = re.compile(r"[xy](_train|_test)?", re.IGNORECASE)
# The greatest values that images commonly have: as shares, in sixteen steps, in one byte and in two.
_TOPS = (1, 16, 255, 65_535)


@dataclass(frozen=True)
class Arrays:
    """The examples of one part, and what belongs to each.

    Attributes:
        x: (k, width) rows; (k, height, width), (k, height, width, 1) or (k, 1, height, width) images; (k,) numbers.
        y: (k,) class numbers or texts, (k, classes) one-hot, or (k,) or (k, outputs) targets.
        x_name, y_name: what messages call them.
    """

    x: Array
    y: Array
    x_name: str = "x"
    y_name: str = "y"


def npz_dataset(path: str | Path, task: str | None = None, test_share: float = 0.2, seed: int = 0) -> Dataset:
    """Reads x and y, or x_train, y_train, x_test and y_test, in small or capital letters; see :func:`dataset_of`.

    Other arrays in the file are left alone. Without a test set, one is drawn from the training set.

    Raises:
        FileFormatError: no ``.npz``, damaged, without these arrays, with Python objects in them, or larger than a
            quarter of the memory that is available; the size is checked before anything is unpacked.
        DataError: the arrays do not fit together, or cannot be learned from.
        SettingError: an invalid task, share or seed.
        OSError: the file cannot be read.
    """
    path = Path(path)
    with _opened(path) as npz:
        train, test = _parts_in(path, npz)
    return dataset_of(path.stem, train, test, task, test_share, seed)


def array_headers(path: str | Path) -> tuple[tuple[str, str], ...]:
    """Returns name and shape ("60,000 × 28 × 28, uint8") of the used arrays in an ``.npz``, without reading numbers.

    Raises FileFormatError, and OSError if the file cannot be read.
    """
    with _opened(Path(path)) as npz:
        return tuple((name, _in_words(claim)) for name, claim in npz.claims.items())


def _in_words(claim: ArrayHeader) -> str:
    sizes = " × ".join(f"{size:,}" for size in claim.shape) or "one"
    return f"{sizes}, {'texts' if claim.dtype.kind in 'US' else claim.dtype}"


@contextmanager
def _opened(path: Path) -> Iterator[Npz]:
    """Turns the errors of damage into FileFormatError."""
    with open_regular(path, LARGEST_FILE) as file:
        try:
            yield Npz(file, _MOST_DIMENSIONS, _KINDS, lambda name: bool(_NAMES.fullmatch(name)))
        except EngineError:
            raise
        except DAMAGE as error:
            remedy = "Save the arrays again with numpy.savez, without objects."
            raise bad_file(path, f"not an .npz with arrays of numbers or texts ({error})", remedy) from None


def _parts_in(path: Path, npz: Npz) -> tuple[Arrays, Arrays | None]:
    names = {name.lower(): name for name in npz.claims}
    if len(names) < len(npz.claims):
        raise ValueError("x or y occurs twice, in lower and upper case")
    begin = "_train" if names.keys() & {"x_train", "y_train"} else ""
    wanted = [f"x{begin}", f"y{begin}"]
    if begin and names.keys() & {"x_test", "y_test"}:
        wanted += ["x_test", "y_test"]
    missing = [name for name in wanted if name not in names]
    if missing:
        remedy = "Save the arrays as x and y, or as x_train and y_train, with x_test and y_test for a test set."
        raise bad_file(path, f"it does not contain {' and '.join(missing)}", remedy)
    in_file = [names[name] for name in wanted]
    _check_size(path, npz, in_file)
    found = [npz.array(name) for name in in_file]
    test = Arrays(found[2], found[3], in_file[2], in_file[3]) if len(found) > 2 else None
    return Arrays(found[0], found[1], in_file[0], in_file[1]), test


def _check_size(path: Path, npz: Npz, names: list[str]) -> None:
    """Refuses more than a quarter of memory; float32 copies of the numbers are counted."""
    claims = [npz.claims[name] for name in names]
    needed = sum(claim.nbytes + (0 if claim.dtype == np.uint8 else 4 * claim.count) for claim in claims)
    if excess := above_quarter_of_memory(needed):
        raise bad_file(path, f"its arrays take {excess}", _FEWER)


# ---- from arrays to a data set


def dataset_of(
    title: str,
    train: Arrays,
    test: Arrays | None = None,
    task: str | None = None,
    test_share: float = 0.2,
    seed: int = 0,
) -> Dataset:
    """Makes a data set from arrays.

    Images and rows of bytes are scaled to 0…1 by the greatest value of their kind (1, 16, 255 or 65,535). Images with
    values below 0 are not scaled. Other rows are standardised by the training set.

    Args:
        test: the test set; if there is none, it is drawn from ``train`` by ``test_share`` and ``seed``.
        task: "classification" or "regression"; None infers it from ``y``: texts, whole numbers in one column and
            one-hot rows are classes, everything else is targets, which are standardised.

    Raises:
        DataError: the arrays do not fit together, or cannot be learned from.
        SettingError: an invalid task, share or seed.
    """
    given = [train] if test is None else [train, test]
    answers = _answers(given, task)
    inputs, example_shape = _inputs(given)
    for part, x, y in zip(given, inputs, answers.of_parts, strict=True):
        same_length(part.y_name, len(y), part.x_name, len(x))
    of_parts = list(zip(inputs, answers.of_parts, strict=True))
    if test is None:
        stratum = answers.of_parts[0] if answers.class_names else len(inputs[0])
        rows = [part for part in parts_of(stratum, test_share, seed) if len(part)]
        of_parts = [(inputs[0][part], answers.of_parts[0][part]) for part in rows]
    return _scaled(title, of_parts, example_shape, answers)


@dataclass(frozen=True)
class _Targets:
    """(k,) class numbers of each part with the classes' names, or (k, outputs) targets of each and no names."""

    of_parts: list[Array]
    class_names: tuple[str, ...]


def _scaled(
    title: str, of_parts: list[tuple[Array, Array]], example_shape: tuple[int, ...], answers: _Targets
) -> Dataset:
    first, wanted = of_parts[0]
    is_row = not example_shape and first.dtype != np.uint8
    scaling = Scaling.of(first) if is_row else None
    factor = 1.0 if is_row else 1 / _top(first)
    target_scaling = None if answers.class_names else Scaling.of(wanted)
    splits = []
    for inputs, part in of_parts:
        x = inputs if scaling is None else scaling.apply(inputs)
        if target_scaling is None:
            splits.append(Split(x, one_hot(part, len(answers.class_names)), part, factor))
        else:
            splits.append(Split(x, target_scaling.apply(part), None, factor))
    outputs = splits[0].classes
    in_range = bool(example_shape) and first.min() >= 0
    names = ("y",) if outputs == 1 else tuple(f"y {number}" for number in range(1, outputs + 1))
    return Dataset(
        title,
        splits[0],
        splits[1] if len(splits) == 2 else None,
        example_shape,
        answers.class_names,
        targets=() if answers.class_names else names,
        scaling=scaling,
        target_scaling=target_scaling,
        brightness=Brightness.of(first, factor, example_shape) if in_range else None,
        has_own_images=bool(example_shape),
    )


def _top(inputs: Array) -> float:
    """Returns the value that becomes 1."""
    if inputs.min() < 0:
        return 1.0
    greatest = float(inputs.max())
    return next((float(top) for top in _TOPS if greatest <= top), greatest)


# ---- x


def _inputs(given: list[Arrays]) -> tuple[list[Array], tuple[int, ...]]:
    """Returns the examples as rows, and the dimensions of one: () unless they are images."""
    shapes = [_example_shape(part) for part in given]
    if len(set(shapes)) > 1:
        raise DataError(
            given[1].x_name,
            Verbatim(f"of dimensions {given[1].x.shape}"),
            f"must have examples like those of {given[0].x_name}, which is of dimensions {given[0].x.shape}",
            "Give both sets the same dimensions.",
        )
    width = int(np.prod(shapes[0]))
    return [_rows(part, width) for part in given], shapes[0] if len(shapes[0]) == 2 else ()


def _example_shape(part: Arrays) -> tuple[int, ...]:
    shape = part.x.shape
    if len(shape) == 4 and 1 in (shape[1], shape[3]):
        shape = shape[:3] if shape[3] == 1 else (shape[0], *shape[2:])
    if not 1 <= len(shape) <= 3 or part.x.size == 0 or part.x.dtype.kind not in "biuf":
        raise DataError(
            part.x_name,
            Verbatim(f"of dimensions {part.x.shape} and type {part.x.dtype}"),
            "must be numbers: rows (k, columns) or grey images (k, height, width), at least one",
            "Convert colours to grey and texts to numbers first.",
        )
    return shape[1:] or (1,)


def _rows(part: Arrays, width: int) -> Array:
    """Returns the rows as bytes if they are bytes, else as float32, which must be finite."""
    rows = part.x.reshape(len(part.x), width)
    return rows if rows.dtype == np.uint8 else matrix(part.x_name, rows, width)


# ---- y


def _answers(given: list[Arrays], task: str | None) -> _Targets:
    if task not in (None, *TASKS):
        raise SettingError("task", task, f"must be {' or '.join(TASKS)}", "Leave it out to have it guessed.")
    columns = [_columns(part) for part in given]
    if len({y.shape[1] for y in columns}) > 1:
        value, rule = Verbatim(f"of dimensions {given[1].y.shape}"), f"must have as many columns as {given[0].y_name}"
        remedy = f"Give both sets {columns[0].shape[1]:,}."
        raise DataError(given[1].y_name, value, f"{rule}, which is of dimensions {given[0].y.shape}", remedy)
    if task is None:
        task = "classification" if all(_looks_like_classes(y) for y in columns) else "regression"
    if task == "regression":
        return _Targets([_targets(part, y) for part, y in zip(given, columns, strict=True)], ())
    return _classes(given, [_one_column(part, y) for part, y in zip(given, columns, strict=True)])


def _columns(part: Arrays) -> Array:
    """Returns (k, columns) of y."""
    if part.y.ndim not in (1, 2) or part.y.size == 0 or part.y.dtype.kind not in _KINDS:
        raise DataError(
            part.y_name,
            Verbatim(f"of dimensions {part.y.shape} and type {part.y.dtype}"),
            "must be a class, or targets, for each example, at least one",
            "Give an array of dimensions (k,), or (k, outputs) for targets.",
        )
    return part.y.reshape(len(part.y), -1)


def _looks_like_classes(y: Array) -> bool:
    return (y.shape[1] == 1 and y.dtype.kind in "biuUS") or _is_one_hot(y)


def _is_one_hot(y: Array) -> bool:
    if y.shape[1] == 1 or y.dtype.kind not in "biuf":
        return False
    return bool(((y == 0) | (y == 1)).all() and (y.sum(axis=1) == 1).all())


def _targets(part: Arrays, y: Array) -> Array:
    if y.dtype.kind in "US":
        value = Verbatim(f"of texts (type {y.dtype})")
        raise DataError(part.y_name, value, "must be numbers for regression", "Choose classification.")
    if y.shape[1] > MOST_CLASSES:
        raise _too_many(part.y_name, f"of {y.shape[1]:,} columns", "columns")
    matrix(part.y_name, y, y.shape[1])  # refuses what float32 cannot hold, as which they will be learned
    return y.astype(np.float64)


def _one_column(part: Arrays, y: Array) -> Array:
    """Returns (k,) whole numbers or texts."""
    if _is_one_hot(y):
        return np.asarray(y.argmax(axis=1))
    if y.shape[1] > 1:
        value = Verbatim(f"of dimensions {part.y.shape}")
        raise DataError(part.y_name, value, "must be one class for each example", "Choose regression.")
    labels: Array = y[:, 0]
    if labels.dtype.kind == "S":
        labels = np.char.decode(labels, "utf-8", "replace")
    if labels.dtype.kind == "f":
        return _whole(part, labels)
    return labels.astype(np.int64) if labels.dtype.kind == "b" else labels


def _whole(part: Arrays, labels: Array) -> Array:
    bad = np.flatnonzero(~(np.abs(labels) < 2**53) | (labels != np.floor(labels)))
    if len(bad):
        value = Verbatim(f"{labels[bad[0]]} at [{bad[0]}] ({len(bad):,} such values)")
        raise DataError(part.y_name, value, "must be whole numbers for classification", "Choose regression.")
    return labels.astype(np.int64)


def _classes(given: list[Arrays], labels: list[Array]) -> _Targets:
    """Numbers the classes of both parts from 0, in the order of their numbers or texts, which are their names."""
    if len({each.dtype.kind in "US" for each in labels}) > 1:
        problem = f"one of it and {given[0].y_name} holds texts, the other numbers"
        raise DataError.from_problem(given[1].y_name, problem, "Save both the same way.")
    if labels[0].dtype.kind not in "US":
        labels = [each.astype(np.int64) if each.dtype != np.uint64 else each for each in labels]
    distinct, number_of = np.unique(np.concatenate(labels), return_inverse=True)
    name = given[0].y_name
    if len(distinct) > MOST_CLASSES:
        raise _too_many(name, f"of {len(distinct):,} classes", "classes")
    if len(np.unique(labels[0])) < 2:
        value = Verbatim(f"{distinct[0]} everywhere")
        raise DataError(name, value, "must have at least two classes", "Add examples of another class.")
    check_one_hot(name, len(number_of), len(distinct))
    numbers = np.split(number_of.reshape(-1), [len(labels[0])])[: len(labels)]
    return _Targets(numbers, tuple(_plain(each) for each in distinct.tolist()))


def check_one_hot(parameter: str, examples: int, classes: int) -> None:
    """Raises DataError if one-hot targets, float32, would take more than a quarter of the available memory."""
    if excess := above_quarter_of_memory(4 * examples * classes):
        problem = f"{examples:,} examples of {classes:,} classes take {excess}"
        raise DataError.from_problem(parameter, problem, _FEWER)


def _plain(name: Any) -> str:
    """Returns a class's name as a text that every file can hold."""
    return str(name).encode("utf-8", "replace").decode()


def _too_many(name: str, value: str, what: str) -> DataError:
    rule = f"must have at most {MOST_CLASSES:,} {what}, because each is an output of the network"
    return DataError(name, Verbatim(value), rule, "Choose regression, or group the classes.")
