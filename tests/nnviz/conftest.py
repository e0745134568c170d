"""Fixtures of the window's tests that need more than a window."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PyQt5 import sip
from PyQt5.QtCore import QCoreApplication, QEvent
from PyQt5.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.datasets import Dataset
from engine.experiment import Experiment
from engine.network.network import Network
from nnviz.session.session import Session
from nnviz.ui import theme
from nnviz.window.preferences import Preferences
from nnviz.window.session_restore import SessionRestore
from nnviz.window.user_files import settings_file
from tests.nnviz.cards.card_window import CardWindow, MakeCards
from tests.nnviz.helpers import is_shown
from tests.nnviz.jobs.plans_helpers import Beside, Does


class Gate:
    """Holds every thread but the interface in the next pass through a network, until it is opened."""

    def __init__(self) -> None:
        self._open = threading.Event()
        self._reached = threading.Event()
        self.open()

    def close(self) -> None:
        """From now on a thread waits."""
        self._reached.clear()
        self._open.clear()

    def open(self) -> None:
        """Those that wait go on."""
        self._open.set()

    def wait_until_reached(self) -> None:
        """Waits until a thread waits at the closed gate."""
        assert self._reached.wait(10), "nobody came to the gate"

    def pass_through(self) -> None:
        """What a thread does there."""
        if not self._open.is_set():
            self._reached.set()
            self._open.wait(10)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    """Lets a test hold the worker in the middle of a step. Open at first, and at the end."""
    gate = Gate()

    def held(original: Callable[..., Any]) -> Callable[..., Any]:
        def pass_through(self: Network, *arguments: Any) -> Any:
            if threading.current_thread() is not threading.main_thread():
                gate.pass_through()
            return original(self, *arguments)

        return pass_through

    for name in ("forward", "forward_with_loss"):
        monkeypatch.setattr(Network, name, held(getattr(Network, name)))
    yield gate
    gate.open()


class Model:
    """A session without a window: tests that look at no widget are quicker with it."""

    def __init__(self) -> None:
        self.session = Session()
        self.session.records.set_on(False)
        self.session.messages.crashed.connect(lambda error: sys.excepthook(type(error), error, error.__traceback__))
        self.session.data.load()

    def close(self) -> bool:
        """Ends all threads. Returns whether all have ended."""
        return self.session.close()


class RestoredModel(Model):
    """A session with what the last one left, without a window."""

    def __init__(self, settings: Path | None = None, **begin: Any) -> None:
        """Settings are remembered in that file; None for the user's own. ``begin`` is what to load in their place."""
        self.preferences = Preferences(settings or settings_file())
        self._restore = SessionRestore(self.preferences)
        self.session = self._restore.new_session()
        self.session.messages.crashed.connect(lambda error: sys.excepthook(type(error), error, error.__traceback__))
        self._restore.load(**begin)

    def close(self) -> bool:
        """Stores what is remembered, and ends all threads. Returns whether all have ended."""
        stored = self.preferences.close()
        return self.session.close() and stored


Restart = Callable[..., RestoredModel]


@pytest.fixture
def restart(qtbot: QtBot, few_digits: Dataset, load_with: Callable[..., None]) -> Iterator[Restart]:
    """Starts a session that still loads its data, the beginning of MNIST; sessions before it may be open."""
    load_with(lambda: few_digits)
    made: list[RestoredModel] = []

    def start(**begin: Any) -> RestoredModel:
        made.append(RestoredModel(**begin))
        return made[-1]

    yield start
    assert all(each.close() for each in made)


@pytest.fixture
def small_session(qtbot: QtBot) -> Iterator[Session]:
    """A session without a window: a network with one layer, and nothing drawn."""
    session = Session(Experiment(shape=(784, 3), activations=("softmax",)))
    yield session
    session.close()


@pytest.fixture
def model(qtbot: QtBot, few_digits: Dataset, load_with: Callable[..., None]) -> Iterator[Model]:
    """One that still loads its data, the beginning of MNIST."""
    load_with(lambda: few_digits)
    model = Model()
    yield model
    assert model.session.close()


@pytest.fixture
def ready_model(model: Model, qtbot: QtBot) -> Model:
    """The same when the data is there."""
    qtbot.waitUntil(lambda: is_shown(model.session.data))
    return model


@pytest.fixture
def loading_gate() -> Iterator[threading.Event]:
    """Data is there when this is set."""
    gate = threading.Event()
    yield gate
    gate.set()


@pytest.fixture
def held_data(few_digits: Dataset, load_with: Callable[..., None], loading_gate: threading.Event) -> None:
    """What is made after this loads until the test sets the gate."""

    def load() -> Dataset:
        assert loading_gate.wait(10)
        return few_digits

    load_with(load)


@pytest.fixture
def loading_model(held_data: None) -> Iterator[Model]:
    """Loads until the test sets the gate."""
    model = Model()
    yield model
    assert model.session.close()


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
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def does(few_digits: Dataset, monkeypatch: pytest.MonkeyPatch) -> Does:
    """Has runs done without processes; one with a certain seed waits for the test."""

    def make(held_seed: int | None = None, data: Dataset = few_digits) -> Beside:
        made = Beside(held_seed, data)
        monkeypatch.setattr("nnviz.jobs.executors.beside_a_window", lambda dataset, experiment: made)
        return made

    return make
