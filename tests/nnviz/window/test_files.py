"""Networks from and to disk: broken files say what is wrong and change nothing; what does not fit opens anyway."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QFileDialog, QLabel, QLineEdit, QMenu, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from engine.experiment import Experiment
from engine.network.network import Network
from engine.storage import load_network, save_network
from nnviz.cards.stage.prediction.answer_view import AnswerView
from nnviz.session.status import Status
from nnviz.window import network_dialogs
from nnviz.window.main_window import MainWindow
from tests.nnviz.conftest import Model
from tests.nnviz.helpers import (
    action,
    announced,
    choose_file,
    click,
    drag,
    find,
    is_shown,
    pause,
    press,
    retype,
    seven,
    stored_settings,
    train_epochs,
    train_for_a_while,
    wait_for,
)


def document(shape: tuple[int, ...] = (4, 5, 3)) -> dict[str, Any]:
    """A network of the ancestor: the three keys and nothing else."""
    pairs = list(itertools.pairwise(shape))
    return {
        "shape": list(shape),
        "weights": [[[0.5] * n_in for _ in range(n_out)] for n_in, n_out in pairs],
        "biases": [[[0.25]] * n_out for _, n_out in pairs],
    }


def changed(**keys: object) -> str:
    """The same as JSON with some keys replaced; None takes one out."""
    whole = {**document(), **keys}
    return json.dumps({key: value for key, value in whole.items() if value is not None})


BROKEN: dict[str, tuple[str, list[str]]] = {
    "empty": ("", ["empty"]),
    "no JSON": ("a picture of a network", ["not valid JSON"]),
    "a list": ("[1, 2]", ["not a network", "list"]),
    "cut short": (changed()[:-40], ["cut off"]),
    "without biases": (changed(biases=None), ["biases"]),
    "wrong key": (changed(shape=None, shap=[4, 5, 3]), ["shape", "shap"]),
    "ragged": (changed(weights=[[[1, 2, 3, 4], [1, 2]], [[1] * 5] * 3]), ["rows of different lengths", "layer 1"]),
    "words": (changed(biases=[[["a"]] * 5, [[0]] * 3]), ["'a'", "biases", "not a number"]),
    "too few rows": (changed(biases=[[[0]] * 4, [[0]] * 3]), ["4 × 1", "5 × 1"]),
    "too few layers": (changed(weights=[[[1] * 4] * 5]), ["1 layer,", "2 layers"]),
    "NaN": (changed(biases=[[[float("nan")]] * 5, [[0]] * 3]), ["NaN"]),
    "a shape of words": (changed(shape=["x", 3]), ["shape", "x"]),
    "unknown activation": (changed(activations=["magic", "softmax"]), ["magic"]),
}


@pytest.fixture
def write(home: Path) -> Callable[[str, str], Path]:
    """Puts a file into the home."""

    def write(name: str, content: str) -> Path:
        path = home / name
        path.write_text(content)
        return path

    return write


def message(window: MainWindow) -> QLabel:
    """The text of the bar."""
    return find(window, QLabel, "messageText")


def open_and_wait(qtbot: QtBot, window: MainWindow, path: Path) -> None:
    """As the menu would, and until it is the network in the window."""
    window.session.files.open(path)
    qtbot.waitUntil(lambda: window.session.runs.current.storage.path == path)


def test_what_cannot_be_written_or_read_is_reported_and_changes_nothing(
    ready_window: MainWindow,
    qtbot: QtBot,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    write: Callable[[str, str], Path],
) -> None:
    window = ready_window
    train_epochs(qtbot, window, 1)
    (home / "folder.json").mkdir()
    for path in (home / "no such folder" / "x.json", home / "folder.json"):
        with qtbot.waitSignal(window.session.messages.changed):
            window.session.files.save(path)
        assert f"{path.name} could not be saved" in message(window).text()
        assert window.session.runs.current.storage.path is None
        assert window.isWindowModified()
        window.session.messages.dismiss()
    assert not list(home.glob("*.part")) + list(home.glob(".*.part"))

    # A full disk leaves the old file.
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    save_network(Network([784, 10]), home / "old.json")
    before = (home / "old.json").read_bytes()
    shown: list[str] = []  # the preferences may report the full disk, too
    window.session.messages.changed.connect(lambda: shown.append(str(window.session.messages.current)))
    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        window.session.files.save(home / "old.json")
        qtbot.waitUntil(lambda: any("old.json could not be saved: No space left" in text for text in shown))
    assert (home / "old.json").read_bytes() == before

    # A broken file changes nothing.
    window.session.messages.dismiss()
    session = window.session
    train_epochs(qtbot, window, 1)
    run, network, parameters = (
        session.runs.current,
        session.runs.current.network,
        session.runs.current.network.parameters.copy(),
    )
    configuration = session.settings.experiment
    for name, (content, reported) in BROKEN.items():
        path = write("broken.json", content)
        with qtbot.waitSignal(session.messages.changed):
            session.files.open(path)
        assert message(window).isVisible()
        text = message(window).text()
        assert "broken.json" in text
        for part in reported:
            assert part in text, name
        assert session.runs.current is run, name
        assert session.runs.current.network is network
        np.testing.assert_array_equal(network.parameters, parameters)
        assert session.settings.experiment is configuration
        assert session.state is Status.FINISHED
        click(qtbot, window, QToolButton, "dismissMessageButton")
        assert not message(window).isVisible()

    # Files that cannot be read.
    (home / "binary.json").write_bytes(bytes(range(256)))
    for path in (home / "nowhere.json", home, home / "binary.json"):
        with qtbot.waitSignal(session.messages.changed):
            session.files.open(path)
        assert path.name in message(window).text()
        session.messages.dismiss()
    assert session.runs.current.storage.path is None

    # The training is not stopped either.
    train_for_a_while(qtbot, window)
    with qtbot.waitSignal(session.messages.changed):
        session.files.open(write("broken.json", "{"))
    assert session.state is Status.TRAINING
    assert message(window).isVisible()

    # The file of the data is not replaced.
    pause(qtbot, window)
    window.session.messages.dismiss()
    table = home / "rows.csv"
    rows = "a,b,class\n" + "1,2,x\n2,1,y\n" * 20
    table.write_text(rows)
    window.session.data.load(str(table))
    qtbot.waitUntil(lambda: is_shown(window.session.data))
    assert window.session.data.loaded_name == str(table)
    cancelled: list[bool] = []
    window.dialogs.save_network_as(cancelled=lambda: cancelled.append(True))
    dialog = find(window, QFileDialog, "saveNetworkDialog")
    dialog.fileSelected.emit(str(home / ".." / home.name / "rows.csv"))
    dialog.close()
    assert "rows.csv contains the current data and would be overwritten" in message(window).text()
    assert cancelled
    assert not window.session.files.activity
    assert table.read_text() == rows


# ---- what opens


def test_a_file_opens_and_opening_can_be_undone(
    ready_window: MainWindow, qtbot: QtBot, home: Path, write: Callable[[str, str], Path]
) -> None:
    window = ready_window
    session = window.session

    # Over an untrained network the steps from before it are still in order: the opening, then the setting.
    retype(qtbot, window, "epochsEdit", "3")
    open_and_wait(qtbot, window, write("small.json", changed()))
    action(window, "actionUndo").trigger()
    assert session.runs.current.storage.path is None
    assert session.settings.experiment.shape == (784, 64, 32, 10)
    assert session.settings.experiment.training.epochs == 3
    action(window, "actionUndo").trigger()
    assert session.settings.experiment.training.epochs == 20

    save_network(Experiment().changed(seed=9).build(), home / "other.json")
    train_epochs(qtbot, window, 1)
    trained = session.runs.current
    session.files.open(home / "other.json")
    qtbot.waitUntil(lambda: session.runs.current is not trained)
    action(window, "actionUndo").trigger()
    assert session.runs.current is trained
    assert window.isWindowModified()

    # A file of the ancestor opens and learns on.
    rng = np.random.default_rng(0)
    old = document((784, 15, 10))
    old["weights"] = [rng.normal(size=(15, 784)).tolist(), rng.normal(size=(10, 15)).tolist()]
    open_and_wait(qtbot, window, write("ancestor.json", json.dumps(old)))
    network = window.session.runs.current.network
    assert network.activations == ["sigmoid", "sigmoid"]
    assert network.loss == "quadratic"
    assert window.session.messages.current is None
    assert find(window, QLineEdit, "layer1Edit").text() == "15"
    # The output row tells what this network has.
    qtbot.waitUntil(lambda: "Sigmoid" in [label.text() for label in window.card("networkCard").findChildren(QLabel)])
    train_epochs(qtbot, window, 1)
    assert window.session.runs.current.network is network
    press(
        qtbot, window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier
    )  # to the file it came from, without a question
    qtbot.waitUntil(lambda: not window.isWindowModified())
    assert window.findChild(QFileDialog, "saveNetworkDialog") is None

    # A file of ours comes back as it was.
    session = window.session
    retype(qtbot, window, "shapeEdit", "784, 20, 10")
    train_epochs(qtbot, window, 1)
    drag(window.canvas, seven(window.canvas))
    answer, error = session.prediction.copy(), session.runs.current.history.error.test.values[-1]
    press(qtbot, window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)  # there is no file yet: it asks
    choose_file(qtbot, window, "saveNetworkDialog", home / "mine")
    qtbot.waitUntil(lambda: session.runs.current.storage.path == home / "mine.json")
    assert "mine.json" in announced(session)
    click(qtbot, window, QPushButton, "resetButton")
    retype(qtbot, window, "shapeEdit", "784, 64, 32, 10")
    open_and_wait(qtbot, window, home / "mine.json")
    assert find(window, QLineEdit, "shapeEdit").text() == "784, 20, 10"
    np.testing.assert_array_equal(session.prediction, answer)
    provenance = load_network(home / "mine.json").provenance
    assert provenance["test_error"] == error
    assert provenance["epochs"] == 1


# ---- what does not fit


def test_recent_files_and_a_network_that_does_not_fit(
    ready_window: MainWindow,
    qtbot: QtBot,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    write: Callable[[str, str], Path],
) -> None:
    monkeypatch.setattr(network_dialogs, "_MOST_RECENT", 3)
    window = ready_window
    menu = find(window, QMenu, "menuRecent")
    menu.aboutToShow.emit()
    assert [entry.isEnabled() for entry in menu.actions()] == [False]
    for number in range(5):
        path = home / f"net{number}.json"
        save_network(Network([784, 10]), path)
        open_and_wait(qtbot, window, path)
    open_and_wait(qtbot, window, home / "net3.json")
    menu.aboutToShow.emit()
    names = [entry.text().split()[-1] for entry in menu.actions()]
    assert names == [f"net{number}.json" for number in (3, 4, 2)]
    menu.actions()[2].trigger()
    qtbot.waitUntil(lambda: window.session.runs.current.storage.path == home / "net2.json")
    newest_first = json.dumps(str(home / "net2.json"))
    qtbot.waitUntil(lambda: stored_settings().get("recent", "").startswith(f"[{newest_first}"))
    (home / "net4.json").unlink()
    menu.aboutToShow.emit()
    with qtbot.waitSignal(window.session.messages.changed):
        next(entry for entry in menu.actions() if "net4" in entry.text()).trigger()
    assert "net4.json" in message(window).text()
    assert window.session.runs.current.storage.path == home / "net2.json"

    # A network that does not fit opens and says so.
    train = find(window, QPushButton, "trainButton")
    drag(window.canvas, seven(window.canvas))
    open_and_wait(qtbot, window, write("small.json", changed()))
    assert window.session.runs.current.network.shape == [4, 5, 3]
    assert find(window, QLineEdit, "shapeEdit").text() == "4, 5, 3"
    for text in (message(window).text(), find(window, QLabel, "networkNotice").text()):
        assert "4" in text
        assert "784" in text
        assert "Reset" in text
    assert message(window).isVisible()
    assert find(window, QLabel, "networkNotice").isVisible()
    assert not train.isEnabled()
    assert "784" in train.toolTip()
    assert window.session.prediction is None
    assert find(window, AnswerView, "answerView").reason == "network takes 4 numbers, not a drawing"
    assert window.windowTitle().startswith("small.json")
    window.grab()

    click(qtbot, window, QPushButton, "resetButton")
    assert window.session.runs.current.network.shape == [784, 5, 10]
    assert not message(window).isVisible()
    assert not find(window, QLabel, "networkNotice").isVisible()
    assert train.isEnabled()
    assert window.session.prediction is not None
    train_epochs(qtbot, window, 1)

    # Or a fitting shape is typed.
    for shape in ("784, 5, 10", "784, 9, 10"):
        open_and_wait(qtbot, window, home / "small.json")
        retype(qtbot, window, "shapeEdit", shape)
        assert find(window, QLineEdit, "shapeEdit").text() == shape
        assert train.isEnabled(), shape
        click(qtbot, window, QPushButton, "stepBatchButton")
        wait_for(qtbot, window, Status.PAUSED)
        assert window.session.runs.current.network.shape == [int(size) for size in shape.split(",")]
        assert window.session.runs.current.storage.path is None, "another network than the one in the file"


def test_one_opened_while_the_data_still_loads(window: MainWindow, qtbot: QtBot, write: Callable[..., Path]) -> None:
    window.session.files.open(write("small.json", changed()))
    qtbot.waitUntil(lambda: window.session.runs.current.storage.path is not None and is_shown(window.session.data))
    assert window.session.runs.current.network.shape == [4, 5, 3]
    assert find(window, QLabel, "networkNotice").isVisible()
    assert not find(window, QPushButton, "trainButton").isEnabled()


# ---- what cannot be written


def test_a_folder_without_permission(ready_model: Model, qtbot: QtBot, home: Path) -> None:
    locked = home / "locked"
    locked.mkdir(mode=0o500)
    if os.access(locked, os.W_OK):
        pytest.skip("this user may write anywhere")
    messages = ready_model.session.messages
    with qtbot.waitSignal(messages.changed):
        ready_model.session.files.save(locked / "x.json")
    assert messages.current is not None
    assert "Permission denied" in messages.current.text


# ---- recent files
