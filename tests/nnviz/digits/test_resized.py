"""A picture of any size becomes one of the size of the data."""

from __future__ import annotations

import numpy as np
import pytest

from nnviz.digits.picture_files import resized


@pytest.mark.parametrize("shape", [(32, 32), (20, 30), (1, 1)])
@pytest.mark.parametrize("size", [(10, 10), (300, 100), (1, 400), (40, 41)])
def test_size_and_range(size: tuple[int, int], shape: tuple[int, int]) -> None:
    made = resized(np.random.default_rng(0).uniform(0, 255, size), shape)
    assert made.shape == shape
    assert made.dtype == np.float32
    assert 0 <= made.min() <= made.max() <= 1


def test_it_stays_in_proportion_on_the_shade_of_its_border() -> None:
    picture = np.full((100, 50), 200.0)
    picture[40:60, 15:35] = 0
    made = resized(picture, (40, 40))
    np.testing.assert_allclose(made[:, :8], 200 / 255, atol=1e-3)
    dark = np.argwhere(made < 0.4)
    assert np.ptp(dark, axis=0).tolist() == [7, 7], "a square stays one"


def test_sixteen_bits() -> None:
    assert resized(np.full((4, 4), 65_535.0), (2, 2)).min() == pytest.approx(1)
