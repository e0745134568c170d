"""Validation of external values: numbers, shapes, arrays, labels. Checks return a clean value or raise an error."""

from __future__ import annotations

import itertools
import math
import os
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.basics.errors import DataError, SettingError, Verbatim, shown

Array = npt.NDArray[Any]

# Parameters, gradient, the last finite copy, and in the window the displayed and the next network. Optimizers may need
# two more and early stopping one, which are not counted: a network that is only opened needs none of them.
_COPIES_WHILE_TRAINING = 5
_MOST_LAYERS = 100_000
NO_LAYERS = "none"  # the text of a network without hidden layers


def positive_number(parameter: str, value: object, example: str) -> float:
    """Returns a finite number above 0 as float. Raises SettingError."""
    number = _real(value)
    if not 0 < number < math.inf:
        raise SettingError(parameter, value, "must be a finite number above 0", f"Try {example}.")
    return number


def number_within(parameter: str, value: object, least: float, most: float, example: str, unit: str = "") -> float:
    """Returns a number from ``least`` to ``most``, both included, as float. Raises SettingError."""
    number = _real(value)
    if not least <= number <= most or math.isinf(number):
        rule = f"must be a number from {least:g} to {most:g} {unit}".rstrip()
        if math.isinf(most):
            rule = f"must be a finite number of at least {least:g}"
        raise SettingError(parameter, value, rule, f"Try {example}.")
    return number


def whole_number(parameter: str, value: object, least: int, example: str, most: float = math.inf) -> int:
    """Returns a whole number from ``least`` to ``most`` (included) as int; 3.0 counts as 3. Raises SettingError."""
    is_whole = _is_int(value) or _real(value).is_integer()
    number = int(value) if is_whole else least - 1  # type: ignore[call-overload]  # not compared in a small type
    if number < least:
        raise SettingError(parameter, value, f"must be a whole number of at least {least}", f"Try {example}.")
    if number > most:
        raise SettingError(parameter, value, f"must be at most {most:,}", f"Try {example}.")
    return int(number)


def _is_int(value: object) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def _real(value: object) -> float:
    """Returns a number as float, inf if it is too large, or NaN if it is no number."""
    if not (_is_int(value) or isinstance(value, (float, np.floating))):
        return math.nan
    try:
        return float(value)  # type: ignore[arg-type]
    except OverflowError:
        return math.inf


def parse_number(parameter: str, text: str, example: str) -> float:
    """Converts a typed text, with decimal point or comma, to a number. Raises SettingError."""
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        raise SettingError(parameter, text, "must be a number", f"Try {example}.") from None


def parse_share(parameter: str, text: str, example: str) -> float:
    """Parses a share, which may be a percentage: ``30 %`` is 0.3. Raises SettingError."""
    number = text.strip()
    if not number.endswith("%"):
        return parse_number(parameter, text, example)
    try:
        return parse_number(parameter, number[:-1], example) / 100
    except SettingError:
        raise SettingError(parameter, text, "must be a number, or a percentage", f"Try {example}.") from None


def parse_whole(parameter: str, text: str, example: str) -> int | float:
    """Converts a typed text to a number, without commas, since 1,000 might mean a thousand. Raises SettingError."""
    cleaned = text.replace("\u202f", "").replace(" ", "")
    for read in (int, float):
        with suppress(ValueError):
            return read(cleaned)
    raise SettingError(parameter, text, "must be a whole number, without commas", f"Try {example}.")


def parse_shape(text: str) -> tuple[int, ...]:
    """Converts a typed text like ``784, 64, 32, 10`` to layer sizes; accepts semicolons, spaces and dashes too.

    Raises SettingError.
    """
    sizes = _parsed_sizes("shape", text, "784, 64, 32, 10")
    if len(sizes) < 2:
        rule = "must have at least two layers, input and output"
        raise SettingError("shape", text, rule, "Write their sizes like 784, 64, 32, 10.")
    return check_shape(sizes)


def parse_hidden(text: str) -> list[int]:
    """Parses the sizes of the hidden layers; an empty text or "none" means none. Raises SettingError."""
    return [] if text.strip() in ("", NO_LAYERS) else _parsed_sizes("hidden", text, "64, 32")


def _parsed_sizes(parameter: str, text: str, example: str) -> list[int]:
    separator = next((sign for sign in ",;" if sign in text), None if " " in text.strip() else "-")
    sizes = []
    for position, part in enumerate(text.split(separator), start=1):
        try:
            sizes.append(int(part))
        except ValueError:
            rule, found = "must have a number between its commas", "empty"
            if part.strip():
                rule, found = "must be whole numbers separated by commas", f"“{shown(Verbatim(part.strip()))}”"
            of = " of the shape" if parameter == "shape" else ""
            rule += f", but size {position}{of} is {found}"
            raise SettingError(parameter, text, rule, f"Write the layer sizes like {example}.") from None
    return sizes


def check_shape(shape: object) -> tuple[int, ...]:
    """Returns layer sizes from input to output as a tuple of int. Raises SettingError.

    There must be at least two layers of at least one neuron, and training must fit in memory.
    """
    checked = check_sizes(shape)
    check_memory(checked)
    return checked


def check_sizes(shape: object) -> tuple[int, ...]:
    """Checks layer sizes without the check of memory, for an existing network. Raises SettingError."""
    sizes: object = shape.tolist() if isinstance(shape, np.ndarray) and shape.ndim == 1 else shape
    if not isinstance(sizes, (list, tuple)) or len(sizes) < 2:
        rule = "must be a list of at least two layer sizes, input first"
        raise SettingError("shape", shape, rule, "For example [784, 64, 32, 10].")
    if len(sizes) > _MOST_LAYERS:
        value, rule = Verbatim(f"{len(sizes):,} sizes"), f"must have at most {_MOST_LAYERS:,} layers"
        raise SettingError("shape", value, rule, "Remove some layers.")
    checked = []
    for place, size in enumerate(sizes, start=1):
        try:
            checked.append(whole_number("shape", size, 1, "64"))
        except SettingError:
            # Layers are counted as in the window: layer 1 follows the input.
            layer = "the input" if place == 1 else "the output" if place == len(sizes) else f"layer {place - 1}"
            is_whole = isinstance(size, (int, np.integer)) and not isinstance(size, bool)
            needed = "at least 1 neuron" if is_whole else "a whole number of neurons"
            rule = f"must have {needed} in each layer, but {layer} has {shown(size)}{' neurons' * is_whole}"
            whole = Verbatim(", ".join(shown(each) for each in sizes))
            raise SettingError("shape", whole, rule, "Change this size, or remove it.") from None
    return tuple(checked)


def parameter_count(shape: Sequence[int]) -> int:
    """Returns the number of weights and biases of a fully connected network."""
    return sum((n_in + 1) * n_out for n_in, n_out in itertools.pairwise(shape))


def check_memory(shape: Sequence[int], bytes_per_number: int = 4) -> None:
    """Raises SettingError if training a network of this shape needs more memory than is available."""
    needed = parameter_count(shape) * bytes_per_number * _COPIES_WHILE_TRAINING
    sizes = shown(Verbatim(", ".join(_count(size) for size in shape)))[:100]
    remedy = f"Make the layer of {_count(max(shape))} neurons smaller."
    check_available(needed, "shape", f"training {sizes} ({_count(parameter_count(shape))} parameters)", remedy)


def check_batch_memory(shape: Sequence[int], rows: int, bytes_per_number: int = 4) -> None:
    """Raises SettingError if the buffers for a batch of ``rows`` examples need more memory than is available."""
    needed = 2 * sum(shape) * rows * bytes_per_number  # outputs and their gradient
    purpose = f"a batch of {_count(rows)} examples in a network of {_count(sum(shape))} neurons"
    check_available(needed, "batch_size", purpose, "Try a smaller batch, or smaller layers.")


def check_available(needed: int, parameter: str, purpose: str, remedy: str) -> None:
    """Raises SettingError if fewer than ``needed`` bytes are available for the purpose, "training 784, 10"."""
    available = available_memory()
    if available is not None and needed > available:
        problem = f"{purpose} takes {gigabytes(needed)} of memory, but only {gigabytes(available)} is available"
        raise SettingError.from_problem(parameter, problem, remedy)


def above_quarter_of_memory(needed: int) -> str:
    """Returns the size of ``needed`` bytes and the limit if they are more than a quarter of the available memory,
    else an empty text.
    """
    available = available_memory()
    if available is None or needed <= available // 4:
        return ""
    return f"{gigabytes(needed)}, more than {gigabytes(available // 4)} (a quarter of the available memory)"


def available_memory() -> int | None:
    """Returns the bytes that can be used without swapping, or None if the system does not say.

    On Linux it is the available memory (``MemAvailable``), on other Unix systems the installed memory.
    """
    with suppress(OSError, StopIteration, ValueError), open("/proc/meminfo", encoding="ascii") as lines:
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))
    with suppress(AttributeError, ValueError, OSError):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return None


def gigabytes(size: int) -> str:
    """Formats a size in bytes."""
    if size >= 10**15:
        return f"{_count(size // 10**9)} GB"
    return f"{size / 1e9:,.1f} GB" if size >= 1e8 else f"{size / 1e6:,.1f} MB"


def _count(number: int) -> str:
    return f"{number:,}" if number < 10**18 else f"about 10^{int(number.bit_length() * math.log10(2))}"


_ROWS_REMEDY = "Give a list of equally long lists of numbers, or a two-dimensional array."


def matrix(parameter: str, data: object, width: int, dtype: npt.DTypeLike = np.float32, remedy: str = "") -> Array:
    """Returns examples as a C-contiguous (k, width) array of ``dtype``. Raises DataError.

    Accepts a list of lists or an array; refuses ragged rows, a wrong width, text, masked numbers, NaN, infinity and
    numbers out of the range of ``dtype``. ``remedy`` is the advice for a wrong shape.
    """
    array = _numbers(parameter, data, _ROWS_REMEDY)
    if array.ndim != 2 or array.shape[1] != width:
        raise DataError(
            parameter,
            Verbatim(f"of dimensions {array.shape}"),
            f"must have one row for each example and {width} columns, one for each neuron",
            remedy or f"Reshape it to (k, {width}), or make a network that fits the data.",
        )
    with np.errstate(all="ignore"):
        converted = np.ascontiguousarray(array, dtype=dtype)
    _refuse_non_finite(parameter, array, converted)
    return converted


def table(parameter: str, data: object) -> Array:
    """Returns numbers in rows and columns, (k, n), both at least 1, of any type, not copied. Raises DataError."""
    array = _numbers(parameter, data, _ROWS_REMEDY)
    if array.ndim != 2 or array.size == 0:
        raise DataError(
            parameter,
            Verbatim(f"of dimensions {array.shape}"),
            "must have a row for each example, at least one, and at least one column",
            "Reshape it to (examples, numbers in each).",
        )
    return array


def targets(parameter: str, data: object, outputs: int, dtype: npt.DTypeLike = np.float32) -> Array:
    """Returns targets as a (k, outputs) array of ``dtype``. Raises DataError like :func:`matrix`."""
    remedy = f"Give an array of dimensions (k, {outputs}), with the targets of an example in each row"
    if outputs > 1:
        remedy += "; or classification=True, where these are class numbers"
    return matrix(parameter, data, outputs, dtype, remedy + ".")


def _numbers(parameter: str, data: object, remedy: str) -> Array:
    rows = data if isinstance(data, (list, tuple)) else ()
    if _is_masked(data) or any(_is_masked(row) for row in rows):
        problem = "some values are masked, and would be read as numbers"
        raise DataError.from_problem(parameter, problem, "Fill in these values, or remove those examples.")
    try:
        array = np.asarray(data)
    except ValueError:
        raise DataError(parameter, Verbatim("ragged"), "must have rows of equal length", remedy) from None
    if array.dtype.kind not in "biuf":
        kind = Verbatim(f"of type {array.dtype}")
        raise DataError(parameter, kind, "must hold real numbers only", remedy)
    return array


def _is_masked(data: object) -> bool:
    # Plain arrays need no import of numpy.ma.
    is_special = isinstance(data, np.ndarray) and type(data) is not np.ndarray
    return is_special and bool(np.ma.is_masked(data))


def _refuse_non_finite(parameter: str, array: Array, converted: Array) -> None:
    # The sum needs float64, since that of finite float32 may overflow. It is faster than a mask of the whole array.
    with np.errstate(all="ignore"):
        if math.isfinite(converted.sum(dtype=np.float64)):
            return
    bad = np.argwhere(~np.isfinite(converted))
    if len(bad):
        place = ", ".join(str(index) for index in bad[0])
        raise DataError(
            parameter,
            Verbatim(f"{array[tuple(bad[0])]} at [{place}] ({len(bad):,} such values)"),
            f"must hold finite numbers only, in the range of {converted.dtype}",
            "Remove those examples, or replace the values.",
        )


def labels(parameter: str, data: object, classes: int) -> Array:
    """Returns class numbers 0 … classes-1 as a (k,) array of int64, from (k,) or (k, 1). Raises DataError."""
    numbers = f"Give a list of class numbers from 0 to {classes - 1}, one for each example."
    array = _numbers(parameter, data, numbers)
    is_targets = array.ndim == 2 and array.shape[1] == classes
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise DataError(
            parameter,
            Verbatim(f"of dimensions {array.shape}"),
            "must be one class number for each example, (k,) or (k, 1)",
            "Pass classification=False, as these have the dimensions of targets." if is_targets else numbers,
        )
    bad = np.flatnonzero(~((array >= 0) & (array < classes) & (array == np.floor(array))))
    if len(bad):
        raise DataError(
            parameter,
            Verbatim(f"{array[bad[0]]} at [{bad[0]}] ({len(bad):,} such labels)"),
            f"must be a whole number from 0 to {classes - 1}, as the network has {classes} outputs",
            "Pass classification=False with targets of dimensions (k, 1), or give the network an output for each class."
            if classes == 1
            else "Number the classes from 0, or give the network an output for each.",
        )
    return array.astype(np.int64)


def same_length(parameter: str, count: int, other: str, expected: int) -> None:
    """Raises DataError unless both counts are equal."""
    if count != expected:
        raise DataError(
            parameter,
            Verbatim(f"{count:,} long"),
            f"must be as long as {other}, which has {expected:,} examples",
            "Pass one target for each example.",
        )
