"""``Scaling``: how raw numbers become those that a network learns from, column by column."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.basics.errors import DataError, Verbatim
from engine.basics.validation import Array

_ROUNDING = 1e-6  # relative tolerance of a standard deviation, too small to affect a network
_CONSTANT = 1e-12  # standard deviations per mean: up to this, a column's numbers differ by rounding alone
_NUMBERS_AT_ONCE = 160_000  # they stay in the processor's cache
_MOST_DIGITS = 17  # bytes of a 64-bit number
_EXACT_TENS = 22  # powers of ten up to this one are exact
_FEWEST_ROWS, _MOST_ROWS = 500, 8_000  # at once: of wide tables each block costs time, and few rows are to be shared


def rows_at_once(columns: int) -> int:
    """Returns the number of rows to process at once for this number of columns."""
    return min(max(_FEWEST_ROWS, _NUMBERS_AT_ONCE // max(1, columns)), _MOST_ROWS)


@dataclass(frozen=True, eq=False)
class Scaling:
    """scaled = (raw − mean) ÷ spread. Raises DataError unless both are finite and of one length, and no spread is 0.

    Attributes:
        mean: (columns,) float64, the value that becomes 0.
        spread: (columns,) float64, above 0, the standard deviation, which becomes 1.
    """

    mean: Array
    spread: Array

    def __post_init__(self) -> None:
        for name in ("mean", "spread"):
            object.__setattr__(self, name, np.array(getattr(self, name), np.float64).reshape(-1))
        fits = len(self.mean) == len(self.spread)
        if not fits or not np.isfinite([*self.mean, *self.spread]).all() or not (self.spread > 0).all():
            raise DataError(
                "scaling",
                Verbatim(f"of {len(self.mean):,} means and {len(self.spread):,} standard deviations"),
                "must have one finite mean and one finite standard deviation above 0 for each column",
                "Scale by the mean and the standard deviation of the training examples.",
            )

    @classmethod
    def of(cls, raw: Array, kept: Array | None = None) -> Scaling:
        """Returns the scaling of raw rows, (k, columns), to mean 0 and standard deviation 1.

        Constant columns, and those for which ``kept``, (columns,) of booleans, is True, are not scaled.
        """
        mean, spread = raw.mean(axis=0, dtype=np.float64), raw.std(axis=0, dtype=np.float64)
        return cls._unless_constant(mean, spread, kept, lambda place: raw[:, place])

    @classmethod
    def of_columns(cls, columns: Sequence[Array | None], rows: Array) -> Scaling:
        """Returns the scaling, bit-identical to :meth:`of`, from at least two columns, (k,) float64 each.

        None stands for a column that is not scaled.
        """
        mean, spread = np.zeros(len(columns)), np.ones(len(columns))
        numbers = [(place, column) for place, column in enumerate(columns) if column is not None]
        if numbers:
            places = [place for place, _ in numbers]
            mean[places], spread[places] = _moments([column for _, column in numbers], rows)
        kept = np.array([column is None for column in columns])
        return cls._unless_constant(mean, spread, kept, lambda place: dict(numbers)[place][rows])

    @classmethod
    def _unless_constant(
        cls, mean: Array, spread: Array, kept: Array | None, column: Callable[[int], Array]
    ) -> Scaling:
        """Returns the scaling from means and deviations, without constant columns.

        ``column`` returns the raw numbers of a column by its index.
        """
        size, is_kept = np.abs(mean), np.zeros(len(mean), bool) if kept is None else kept
        stays = (spread <= _CONSTANT * np.maximum(1, size)) | is_kept
        for place in np.flatnonzero(stays & ~is_kept & (spread > _CONSTANT * size)):  # very small numbers, or rounding
            numbers = column(int(place))
            stays[place] = (numbers == numbers[0]).all()
        return cls(np.where(stays, 0.0, mean), np.where(stays, 1.0, spread))

    def apply(self, raw: Array) -> Array:
        """Returns scaled rows, (k, columns) float32, of raw rows; infinite beyond the range of float32."""
        raw = np.asarray(raw)
        scaled = np.empty(raw.shape, np.float32)
        with np.errstate(over="ignore"):
            at_once = rows_at_once(raw.shape[-1])
            for start in range(0, len(raw), at_once):
                rows = slice(start, start + at_once)
                some = np.subtract(raw[rows], self.mean, dtype=np.float64)
                some /= self.spread
                scaled[rows] = some
        return scaled

    def undo(self, scaled: Array) -> Array:
        """Returns the raw rows, (k, columns) float64, of scaled rows."""
        with np.errstate(over="ignore"):
            raw: Array = np.asarray(scaled, np.float64) * self.spread + self.mean
        return raw

    @property
    def mean_digits(self) -> int:
        """The number of leading digits of raw numbers beyond those that float32 keeps of the standard deviation; mostly
        0.

        Scaled numbers are float32, so they keep about seven digits, counted from the standard deviation. Unix seconds
        such as 1,700,000,012.34, with a standard deviation of 10, have 7 more, so 9 digits become 16.
        """
        with np.errstate(over="ignore"):
            ratio = float((np.abs(self.mean) / self.spread).max(initial=1))
        return max(0, math.floor(math.log10(min(ratio, 10.0**_MOST_DIGITS))) - 1)

    def shortest(self, raw: Array) -> Array:
        """Returns, for each raw number, the one with the fewest digits that has the same scaled number, (k, columns)
        float64.

        Scaled numbers are float32, so :meth:`undo` returns 5.999999995 for 6. A number of a file is restored unless
        it has more digits than float32 can hold: about seven, counted from the standard deviation of its column.
        """
        raw = np.asarray(raw, np.float64)
        found, scaled = raw.copy(), self.apply(raw)
        is_zero = self.apply(np.zeros_like(raw)) == scaled
        found[is_zero] = 0
        is_open = np.isfinite(raw) & np.isfinite(scaled) & ~is_zero
        with np.errstate(all="ignore"):
            places = np.floor(np.log10(np.abs(np.where(raw == 0, 1, raw)))).astype(int)
            for digits in range(1, _MOST_DIGITS + 1):
                if not is_open.any():
                    break
                decimals = np.clip(digits - 1 - places, -_EXACT_TENS, _EXACT_TENS)
                power = 10.0 ** np.abs(decimals)
                rounded = np.where(decimals < 0, np.rint(raw / power) * power, np.rint(raw * power) / power)
                fits = is_open & (self.apply(rounded) == scaled)
                found[fits] = rounded[fits]
                is_open &= ~fits
        return found

    def is_as(self, other: Scaling | None) -> bool:
        """Whether the other one does the same, but for rounding."""
        if other is None or len(other.mean) != len(self.mean):
            return False
        same_place = (np.abs(self.mean - other.mean) <= _ROUNDING * self.spread).all()
        return bool(same_place and np.allclose(self.spread, other.spread, rtol=_ROUNDING, atol=0))

    def as_dict(self) -> dict[str, Any]:
        """Returns the numbers in types that JSON can hold."""
        return {"mean": self.mean.tolist(), "spread": self.spread.tolist()}

    @classmethod
    def from_dict(cls, entries: dict[str, Any]) -> Scaling:
        """Returns the scaling of an :meth:`as_dict`. Raises DataError if it is invalid."""
        try:
            return cls(np.array(entries["mean"], np.float64), np.array(entries["spread"], np.float64))
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            if isinstance(error, DataError):
                raise
            problem, remedy = (
                "its means and standard deviations cannot be read",
                "Train the network again from its data.",
            )
            raise DataError.from_problem("scaling", problem, remedy) from None


def _moments(columns: list[Array], rows: Array) -> tuple[Array, Array]:
    """Returns mean and standard deviation of some rows, (columns,) each, summed row by row as in a matrix."""
    several = columns if len(columns) > 1 else 2 * columns  # numpy adds up the numbers of one in another order
    mean = _sum(_blocks(several, rows)) / len(rows)
    spread = np.sqrt(_sum(_squares(_blocks(several, rows), mean)) / len(rows))
    return mean[: len(columns)], spread[: len(columns)]


def _squares(blocks: Iterable[Array], mean: Array) -> Iterator[Array]:
    for block in blocks:
        block -= mean
        block *= block
        yield block


def _blocks(columns: list[Array], rows: Array) -> Iterator[Array]:
    """Yields chunks of the columns' rows, (rows, columns)."""
    at_once = rows_at_once(len(columns))
    for start in range(0, len(rows), at_once):
        some = rows[start : start + at_once]
        block = np.empty((len(some), len(columns)))
        for place, column in enumerate(columns):
            block[:, place] = column[some]
        yield block


def _sum(blocks: Iterable[Array]) -> Array:
    """Returns the sum of all rows, (columns,), added row by row as in one array."""
    total = np.zeros(0)
    for block in blocks:
        if len(total):
            block[0] += total
        total = np.einsum("ij->j", block)  # same sum as add.reduce, which would take three times as long
    return total
