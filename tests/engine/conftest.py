"""Fixtures of the engine's tests."""

from __future__ import annotations

import pytest

from engine.datasets import Dataset
from engine.datasets.mnist import load_mnist


@pytest.fixture(scope="session")
def mnist() -> Dataset:
    """The real MNIST, loaded once."""
    return load_mnist()
