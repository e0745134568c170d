"""The whole window, and a library for what shows runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from engine.datasets import Dataset
from nnviz.window.main_window import MainWindow
from tests.conftest import MakeWindow
from tests.nnviz.cards.runs.helpers import filled
from tests.nnviz.cards.runs.seed_helpers import copy_library
from tests.nnviz.helpers import is_shown


@pytest.fixture
def whole_window(make_window: MakeWindow, qtbot: QtBot) -> MainWindow:
    """The whole window with its data, for what its menus, keys and bars do with a card."""
    window = make_window()
    qtbot.waitUntil(lambda: is_shown(window.session.data), timeout=30_000)
    return window


@pytest.fixture
def reads_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders and large files are read in this process too."""
    monkeypatch.setattr("nnviz.jobs.data_process.can_start", lambda: False)


@pytest.fixture(scope="session")
def library_of_three(few_digits: Dataset, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[int]]:
    """A library with three trained runs, which is copied, and their numbers."""
    path = tmp_path_factory.mktemp("runs") / "library.sqlite"
    return path, filled(few_digits, path)


@pytest.fixture
def three_runs(library_of_three: tuple[Path, list[int]]) -> list[int]:
    """The numbers of the three runs in the test's library, the second a branch of the first."""
    path, numbers = library_of_three
    copy_library(path)
    return list(numbers)
