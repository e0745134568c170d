"""Masked arrays and complex numbers, which numpy would convert with half of them lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from engine.basics.errors import DataError
from engine.basics.validation import labels, matrix, table, targets
from tests.engine.helpers import refused


def masked(rows: object) -> Any:
    return np.ma.masked_equal(np.array(rows), 9)


@pytest.mark.parametrize(
    "read",
    [lambda data: matrix("data", data, 2), lambda data: targets("data", data, 2), lambda data: table("data", data)],
)
def test_masked_rows_are_refused(read: Callable[[object], object]) -> None:
    for rows in (masked([[1.0, 9.0], [3.0, 4.0]]), [masked([1.0, 9.0]), masked([3.0, 4.0])]):
        with refused(DataError, "data", "masked"):
            read(rows)
    read(masked([[1.0, 2.0], [3.0, 4.0]]))  # nothing is masked there
    read([masked([1.0, 2.0])])


def test_masked_labels_are_refused() -> None:
    for numbers in (masked([1, 9, 0]), [1, np.ma.masked]):
        with refused(DataError, "labels", "masked"):
            labels("labels", numbers, 10)
    assert labels("labels", masked([1, 0]), 2).tolist() == [1, 0]


@pytest.mark.parametrize("data", [[[1j, 2]], np.ones((1, 2), complex), np.ones((1, 2), np.complex64)])
def test_complex_numbers_are_refused(data: object) -> None:
    for read in (lambda: matrix("data", data, 2), lambda: targets("data", data, 2), lambda: table("data", data)):
        with refused(DataError, "data", "complex"):
            read()
    with refused(DataError, "data", "complex"):
        labels("data", np.ravel(data), 2)
