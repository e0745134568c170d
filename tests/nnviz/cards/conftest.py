"""Windows of a few cards, and many runs without processes for what starts them in the window."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PyQt5 import sip
from PyQt5.QtCore import QCoreApplication, QEvent
from PyQt5.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.datasets import Dataset
from nnviz.ui import theme
from nnviz.window.main_window import MainWindow
from tests.conftest import MakeWindow
from tests.nnviz.cards.card_window import CardWindow, MakeCards
from tests.nnviz.cards.runs.helpers import filled
from tests.nnviz.cards.runs.seed_helpers import copy_library
from tests.nnviz.conftest import Model
from tests.nnviz.helpers import is_shown
from tests.nnviz.jobs.plans_helpers import Beside, Does


@pytest.fixture
def make_cards(
    qapp: QApplication, qtbot: QtBot, few_digits: Dataset, load_with: Callable[..., None]
) -> Iterator[MakeCards]:
    """Makes and shows windows of the canvas and the named cards with the beginning of MNIST, and closes them."""
    load_with(lambda: few_digits)
    made: list[CardWindow] = []

    def make(*names: str, workspace: str = "train", records: bool = False) -> CardWindow:
        theme.apply(qapp, "system", theme.SIZES[0])
        window = CardWindow(Model().session, *names)
        window.session.records.set_on(records)
        made.append(window)
        window.show_workspace(workspace)
        window.show()
        qtbot.waitUntil(lambda: is_shown(window.session.data), timeout=30_000)
        return window

    yield make
    for window in made:
        window.hide()
        assert any(window.session.close() for _ in range(50)), "all threads end"
        sip.delete(window)
    QCoreApplication.sendPostedEvents(None, QEvent.DeferredDelete)


@pytest.fixture
def whole_window(make_window: MakeWindow, qtbot: QtBot) -> MainWindow:
    """The whole window with its data, for what its menus, keys and bars do with a card."""
    window = make_window()
    qtbot.waitUntil(lambda: is_shown(window.session.data), timeout=30_000)
    return window


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


@pytest.fixture
def does(few_digits: Dataset, monkeypatch: pytest.MonkeyPatch) -> Does:
    """Has runs done without processes; one with a certain seed waits for the test."""

    def make(held_seed: int | None = None, data: Dataset = few_digits) -> Beside:
        made = Beside(held_seed, data)
        monkeypatch.setattr("nnviz.jobs.executors.beside_a_window", lambda dataset, experiment: made)
        return made

    return make
