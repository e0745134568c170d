"""What the tests of the processes share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nnviz.jobs.data_process import DataProcess


@pytest.fixture
def process() -> Iterator[DataProcess]:
    """One that reads data, and is ended with the test."""
    made = DataProcess()
    yield made
    made.end()
