"""Fixtures of several tests of the session."""

from __future__ import annotations

import pytest

from engine.datasets import Dataset
from tests.nnviz.conftest import Model


@pytest.fixture(scope="session")
def few_digits(mnist: Dataset) -> Dataset:
    """The first 500 and 200 of MNIST, fewer than elsewhere: most of these tests train several epochs."""
    assert mnist.test is not None
    return Dataset(mnist.title, mnist.train.head(500), mnist.test.head(200), mnist.example_shape, mnist.class_names)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """All that takes time takes long, in sessions that are made after this."""
    monkeypatch.setattr("nnviz.session.activities._LONG", 0)


@pytest.fixture
def recorded(ready_model: Model) -> Model:
    """A session whose trainings are recorded."""
    ready_model.session.records.set_on(True)
    return ready_model
