"""What the tests of the processes share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nnviz.jobs.data_process import DataProcess
from nnviz.jobs.worker import Worker


@pytest.fixture
def process() -> Iterator[DataProcess]:
    """One that reads data, and is ended with the test."""
    made = DataProcess()
    yield made
    made.end()


@pytest.fixture
def worker(qapp: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[Worker]:
    """It lends a training as soon as the process is ready. Ended after the test, also in the middle of a wait."""
    monkeypatch.setattr("nnviz.jobs.worker._SECONDS_HERE", 0.0)
    worker = Worker()
    yield worker
    assert worker.quit_and_wait(10_000)
