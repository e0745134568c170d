"""Large networks are made behind the window; whoever changes their mind meanwhile gets what they asked for last."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt5.QtWidgets import QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from engine.storage import save_network
from nnviz.configuration import Configuration, Layer
from nnviz.run import Run, new_run
from nnviz.state import State
from nnviz.window import MainWindow
from tests.nnviz.helpers import action, click, find, retype, train_epochs, wait_for

LARGE = 50  # neurons, from which on these tests take a network for large


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Networks are made in the background, and ready when this is set."""
    ready = threading.Event()

    def make(configuration: Configuration) -> Run:
        if threading.current_thread() is not threading.main_thread():
            assert ready.wait(10)
        return new_run(configuration)

    monkeypatch.setattr("nnviz.builder.new_run", make)
    monkeypatch.setattr("nnviz.builder._BUILT_AT_ONCE", 784 * LARGE)
    yield ready
    ready.set()


@pytest.fixture
def small(ready_window: MainWindow, qtbot: QtBot, site: threading.Event) -> MainWindow:
    """A window whose network is small."""
    ready_window.session.change("shape", layers=(Layer(8),))
    assert ready_window.session.state is State.READY
    return ready_window


def test_the_window_says_so_and_lives(small: MainWindow, qtbot: QtBot, site: threading.Event) -> None:
    retype(qtbot, small, "shapeEdit", "784, 70, 10")
    assert small.session.state is State.BUILDING
    assert find(small, QLabel, "runState").text() == "Making the network"
    assert small.session.run.network.shape == [784, 8, 10]
    site.set()
    wait_for(qtbot, small, State.READY)
    assert small.session.run.network.shape == [784, 70, 10]
    assert not find(small, QLabel, "networkNotice").isVisible()


def test_training_begins_when_it_is_there(small: MainWindow, qtbot: QtBot, site: threading.Event) -> None:
    small.session.change("epochs", epochs=1)
    retype(qtbot, small, "shapeEdit", "784, 70, 10")
    click(qtbot, small, QPushButton, "trainButton")
    assert small.session.state is State.BUILDING
    site.set()
    wait_for(qtbot, small, State.FINISHED)
    assert small.session.run.network.shape == [784, 70, 10]


def test_the_last_shape_counts(small: MainWindow, qtbot: QtBot, site: threading.Event) -> None:
    retype(qtbot, small, "shapeEdit", "784, 70, 10")
    retype(qtbot, small, "shapeEdit", "784, 80, 10")
    site.set()
    wait_for(qtbot, small, State.READY)
    assert small.session.run.network.shape == [784, 80, 10]
    assert find(small, QLineEdit, "shapeEdit").text() == "784, 80, 10"


@pytest.mark.parametrize("shape", ["784, 8, 10", "784, 9, 10"])
def test_back_to_a_small_one(small: MainWindow, qtbot: QtBot, site: threading.Event, shape: str) -> None:
    """The large one is not put into the window when it comes after all."""
    retype(qtbot, small, "shapeEdit", "784, 70, 10")
    retype(qtbot, small, "shapeEdit", shape)
    assert small.session.state is State.READY
    site.set()
    small.session.change("epochs", epochs=1)
    click(qtbot, small, QPushButton, "trainButton")
    wait_for(qtbot, small, State.FINISHED)
    assert small.session.run.network.shape == [int(size) for size in shape.split(",")]


def test_opening_meanwhile(small: MainWindow, qtbot: QtBot, site: threading.Event, home: Path) -> None:
    save_network(Configuration(layers=(Layer(9),)).build(), home / "other.json")
    retype(qtbot, small, "shapeEdit", "784, 70, 10")
    small.session.start()
    small.session.open_network(home / "other.json")
    site.set()  # files and networks are made one after the other
    qtbot.waitUntil(lambda: small.session.run.path is not None)
    assert small.session.run.network.shape == [784, 9, 10]


def test_undo_of_a_reset_meanwhile(small: MainWindow, qtbot: QtBot, site: threading.Event) -> None:
    train_epochs(qtbot, small, 1)
    trained = small.session.run
    small.session.change("shape", layers=(Layer(70),))
    click(qtbot, small, QPushButton, "resetButton")
    assert small.session.state is State.BUILDING
    assert small.session.run is trained
    site.set()
    qtbot.waitUntil(lambda: small.session.run is not trained)
    assert small.session.run.network.shape == [784, 70, 10]
    action(small, "actionUndo").trigger()
    assert small.session.run is trained


def test_too_little_memory_after_all(
    small: MainWindow, qtbot: QtBot, site: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(configuration: Configuration) -> Run:
        raise MemoryError

    monkeypatch.setattr("nnviz.builder.new_run", fail)
    retype(qtbot, small, "shapeEdit", "784, 70, 10")
    small.session.start()
    wait_for(qtbot, small, State.READY)
    assert "not enough memory" in find(small, QLabel, "messageText").text()
    assert not small.session.will_train
    assert small.session.run.network.shape == [784, 8, 10]


def test_closing_meanwhile(small: MainWindow, qtbot: QtBot, site: threading.Event) -> None:
    retype(qtbot, small, "shapeEdit", "784, 70, 10")
    small.session.start()
    site.set()
    small.close()
    qtbot.wait(1)
    assert small.session.run.network.shape == [784, 8, 10]
