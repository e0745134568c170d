"""Disks that do not answer: nothing else waits for them, and what is read from them can be given up."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from engine.datasets import DATASETS, Dataset, DataSource
from engine.experiment import Experiment
from engine.storage import load_network, numpy_script, save_network
from nnviz.session import files
from nnviz.session.activities import Activities
from nnviz.session.status import Status
from nnviz.window.main_window import MainWindow
from tests.engine.helpers import restored_later
from tests.nnviz.conftest import Gate, Model
from tests.nnviz.helpers import announced, find, is_shown, press, wait_for


@pytest.fixture
def dead(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on a disk that answers only at the end of the test."""
    folder, answers = home / "dead", threading.Event()
    folder.mkdir()

    def hanging(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            if any(isinstance(each, Path) and each.parent == folder for each in arguments):
                answers.wait(30)
            return original(*arguments)

        return call

    for name in ("read_network", "save_network", "save_checkpoint"):
        monkeypatch.setattr(files, name, hanging(getattr(files, name)))
    monkeypatch.setitem(vars(numpy_script.FORMAT), "save", hanging(numpy_script.FORMAT.save))
    yield folder
    answers.set()


def small(path: Path, neurons: int) -> Path:
    """A network with a given number of hidden neurons in a file."""
    save_network(Experiment().changed(hidden=(neurons,)).build(), path)
    return path


def test_the_later_of_two_saves_of_one_file_stays(ready_model: Model, qtbot: QtBot, home: Path, gate: Gate) -> None:
    """The first waits for a step; the second, of a network that rests, does not."""
    session, path = ready_model.session, home / "net.npz"
    session.settings.change("epochs", epochs=1000)
    session.start()
    qtbot.waitUntil(lambda: session.runs.current.epochs > 0)
    first = session.runs.current
    gate.close()
    gate.wait_until_reached()
    session.files.save(path)
    session.files.open(small(home / "small.json", 3))
    qtbot.waitUntil(lambda: session.runs.current is not first)
    session.files.save(path)
    qtbot.waitUntil(lambda: session.runs.current.storage.path == path)
    gate.open()
    qtbot.waitUntil(lambda: not session.files.activity)
    assert load_network(path).shape == session.runs.current.network.shape
    assert first.unsaved
    assert first.storage.path is None


@pytest.mark.parametrize(("first", "name"), [("save.json", "n.npz"), ("save.npz", "n.json"), ("export.py", "n.json")])
def test_a_save_does_not_wait_for_one_to_a_dead_disk(
    ready_model: Model, qtbot: QtBot, home: Path, dead: Path, first: str, name: str
) -> None:
    session = ready_model.session
    session.step_batch()
    wait_for(qtbot, ready_model, Status.PAUSED)
    (session.files.export if first == "export.py" else session.files.save)(dead / first)
    qtbot.waitUntil(lambda: session.files.activity.startswith(("Saving", "Exporting")))
    done: list[object] = []
    session.files.save(home / name, lambda: done.append(True))
    qtbot.waitUntil(lambda: bool(done))
    assert load_network(home / name).shape == session.runs.current.network.shape
    assert session.files.activity
    assert announced(session).startswith(f"Saved to {name}")
    assert session.files.activity.endswith(f"{first} …")


def test_an_earlier_save_that_comes_later_is_not_the_file_of_the_run(
    ready_model: Model, qtbot: QtBot, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, answers, done, save = ready_model.session, threading.Event(), [], files.save_network

    def late(network: Any, path: Path) -> None:
        if path.name == "late.json":
            answers.wait(30)
        save(network, path)

    monkeypatch.setattr(files, "save_network", late)
    (home / "slow").mkdir()
    session.files.save(home / "slow" / "late.json", lambda: done.append("late"))
    session.step_batch()
    wait_for(qtbot, ready_model, Status.PAUSED)
    session.files.save(home / "n.json", lambda: done.append("n"))
    qtbot.waitUntil(lambda: done == ["n"])
    answers.set()
    qtbot.waitUntil(lambda: done == ["n", "late"])
    assert session.runs.current.storage.path == home / "n.json"
    assert not session.runs.current.unsaved
    assert (home / "slow" / "late.json").exists()


def test_an_opening_does_not_wait_for_one_from_a_dead_disk_and_replaces_it(
    ready_model: Model, qtbot: QtBot, home: Path, dead: Path
) -> None:
    session = ready_model.session
    session.files.open(small(dead / "late.json", 3))
    assert session.files.activity
    with qtbot.waitSignal(session.files.opened):
        session.files.open(small(home / "other.json", 4))
    assert session.runs.current.network.shape == [784, 4, 10]
    assert not session.files.activity


def test_an_opening_can_be_cancelled_by_button_and_by_escape(
    at_once: None, ready_window: MainWindow, qtbot: QtBot, dead: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, read = ready_window.session, []
    here = session.runs.current
    answers = threading.Event()

    def late(*_: object) -> None:
        answers.wait(30)
        read.append(True)

    monkeypatch.setattr(files, "read_network", late)
    for how in ("button", "escape"):
        session.files.open(small(dead / "late.json", 3))
        qtbot.waitUntil(lambda: session.messages.current is not None)
        assert find(ready_window, QLabel, "activityLabel").text() == session.files.activity
        assert "Still opening late.json" in find(ready_window, QLabel, "messageText").text()
        with qtbot.waitSignal(session.files.failed):
            if how == "button":
                qtbot.mouseClick(find(ready_window, QPushButton, "messageChoice1Button"), Qt.MouseButton.LeftButton)
            else:
                press(qtbot, ready_window, Qt.Key.Key_Escape)
        assert session.messages.current is None, how
        assert not session.files.activity, how
        assert "cancelled" in announced(session), how
    answers.set()
    qtbot.waitUntil(lambda: len(read) == 2)
    assert ready_window.session.close()
    assert session.runs.current is here


def test_the_offer_goes_when_the_network_comes(
    at_once: None, ready_model: Model, qtbot: QtBot, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, answers, read = ready_model.session, threading.Event(), files.read_network

    def late(*arguments: Any) -> Any:
        answers.wait(30)
        return read(*arguments)

    monkeypatch.setattr(files, "read_network", late)
    session.files.open(small(home / "late.json", 3))
    qtbot.waitUntil(lambda: session.messages.current is not None)
    with qtbot.waitSignal(session.files.opened):
        answers.set()
    assert session.messages.current is None


def test_the_offer_takes_no_other_message_away(at_once: None, ready_model: Model, qtbot: QtBot, dead: Path) -> None:
    session = ready_model.session
    session.messages.warn("Something went wrong.")
    session.files.open(small(dead / "late.json", 3))
    seen: list[object] = []
    session.messages.changed.connect(lambda: seen.append(session.messages.current))
    qtbot.wait(1)
    assert seen == []
    session.messages.dismiss()
    qtbot.waitUntil(lambda: session.messages.current is not None)
    assert [choice.text for choice in session.messages.current.choices] == ["Cancel"]


def test_loading_data_can_be_cancelled(
    at_once: None, ready_model: Model, qtbot: QtBot, few_digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, answers = ready_model.session, threading.Event()
    restored_later(monkeypatch, DATASETS)

    def late() -> Dataset:
        answers.wait(30)
        return few_digits.with_validation(0.5)

    DATASETS.register("late")(DataSource("Late", late))
    DATASETS.register("quick")(DataSource("Quick", lambda: few_digits))
    session.data.load("late")
    session.start()
    qtbot.waitUntil(lambda: session.messages.current is not None)
    assert "Still loading Late" in session.messages.current.text
    session.messages.choose(0)
    assert (session.data.name, session.data.dataset) == ("mnist", few_digits)
    assert session.state is Status.READY
    assert not session.training.will_start
    session.data.load("quick")
    qtbot.waitUntil(lambda: is_shown(session.data))
    answers.set()
    assert session.data.name == "quick", "it did not wait"


def test_what_goes_on_longest_is_named() -> None:
    activities = Activities()
    one, other = activities.begin("Saving a"), activities.begin("Saving b")
    assert activities.text == "Saving a …"
    news: list[str] = []
    activities.ended.connect(news.append)
    one("Saved to a")
    assert (activities.text, news) == ("Saving b …", ["Saved to a"])
    one("twice")
    other()
    assert activities.text == ""
