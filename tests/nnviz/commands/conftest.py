"""Data with which a training on the command line is over in a moment."""

from __future__ import annotations

from pathlib import Path

import pytest
from tqdm import tqdm

from engine.datasets import DATASETS, Dataset, DataSource
from tests.engine.helpers import restored_later


@pytest.fixture
def small_data(monkeypatch: pytest.MonkeyPatch, few_digits: Dataset) -> None:
    """In place of MNIST; and no thread that watches the progress bar."""
    restored_later(monkeypatch, DATASETS)
    DATASETS.register("mnist")(DataSource("MNIST", lambda: few_digits))
    monkeypatch.setattr(tqdm, "monitor_interval", 0)


@pytest.fixture
def small_data_here(small_data: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The same, in a folder of the test's own."""
    monkeypatch.chdir(tmp_path)
