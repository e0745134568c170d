"""Exports, and the networks that come with the program."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest
from PyQt5.QtWidgets import QFileDialog, QLabel, QMenu
from pytestqt.qtbot import QtBot

from engine.basics.npz import Npz
from engine.experiment import Experiment
from engine.network.network import Network
from engine.storage import save_checkpoint, save_network
from nnviz.window import bundled_networks as shipped
from nnviz.window.main_window import MainWindow
from tests.nnviz.conftest import Model
from tests.nnviz.helpers import action, announced, choose_file, find, train_epochs


def export(qtbot: QtBot, window: MainWindow, name: str, path: Path) -> None:
    """By the menu, and until it is on disk or refused."""
    action(window, name).trigger()
    choose_file(qtbot, window, "exportNetworkDialog", path)
    qtbot.waitUntil(lambda: not window.session.files.activity)


def test_opening_one_and_exporting_a_script_and_onnx(
    folder: Path, ready_window: MainWindow, qtbot: QtBot, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, session = ready_window, ready_window.session
    assert not find(window, QMenu, "menuNetwork").menuAction().isVisible(), "there was none when it was made"
    path = folder / "best.npz"
    save_checkpoint(a_network(title="Small: 784-64-32-10", test_error=0.0041, epochs=5), path)
    menu = find(window, QMenu, "menuShipped")
    menu.aboutToShow.emit()
    assert [entry.text() for entry in menu.actions()] == ["&1  Small: 784-64-32-10 · 0.41 % test error"]
    before = session.runs.current
    menu.actions()[0].trigger()
    qtbot.waitUntil(lambda: session.runs.current is not before)
    assert window.windowTitle().startswith("Small: 784-64-32-10")
    assert session.runs.current.storage.path is None
    assert find(window, QLabel, "testFigure").text() == "0.41 %", "as its file says"
    assert find(window, QLabel, "trainFigure").isHidden()
    assert not session.runs.current.untouched
    assert session.runs.current.history.completed == 5
    assert not window.isWindowModified()

    content = path.read_bytes()
    train_epochs(qtbot, window, 1)
    action(window, "actionSaveNetwork").trigger()
    proposed = find(window, QFileDialog, "saveNetworkDialog").selectedFiles()[0]
    assert Path(proposed).name == "Small-784-64-32-10.json"
    choose_file(qtbot, window, "saveNetworkDialog", home / "mine.npz")
    qtbot.waitUntil(lambda: session.runs.current.storage.path == home / "mine.npz")
    assert path.read_bytes() == content, "the shipped file stays"
    assert window.windowTitle().startswith("mine.npz")

    # A script and onnx.
    session.reset()
    action(ready_window, "actionExportScript").trigger()
    dialog = find(ready_window, QFileDialog, "exportNetworkDialog")
    assert Path(dialog.selectedFiles()[0]).name == "network.py"
    dialog.close()

    # A script.
    export(qtbot, window, "actionExportScript", home / "digits")
    assert "Exported to digits.py" in announced(window.session)
    rows = np.zeros((2, 784), np.float32)
    answers = runpy.run_path(str(home / "digits.py"))["predict"](rows)
    np.testing.assert_allclose(answers, window.session.displayed.network.predict(rows), atol=1e-6)
    assert window.session.runs.current.storage.path is None, "an export is no file to save to"

    # Which it also is under its ending in the dialog for saving.
    action(window, "actionSaveNetworkAs").trigger()
    with qtbot.waitSignal(window.session.messages.changed):
        choose_file(qtbot, window, "saveNetworkDialog", home / "saved.py")
    text = find(window, QLabel, "messageText").text()
    assert "saved.py could not be saved: .py is an export (Python script), which cannot be opened again" in text
    assert window.session.runs.current.storage.path is None
    assert not (home / "saved.py").exists()

    # Nor can it be opened.
    with qtbot.waitSignal(window.session.files.failed):
        window.open_path(str(home / "digits.py"))
    assert (
        "digits.py: an export (Python script), which cannot be opened again. Open "
        in find(window, QLabel, "messageText").text()
    )

    # A place that cannot be written.
    with qtbot.waitSignal(window.session.messages.changed):
        window.session.files.export(home / "nowhere" / "x.py")
    assert "x.py could not be exported" in find(window, QLabel, "messageText").text()

    # ONNX where the package is missing.
    with monkeypatch.context() as patch, qtbot.waitSignal(window.session.messages.changed):
        patch.setitem(sys.modules, "onnx", None)
        export(qtbot, window, "actionExportOnnx", home / "digits.onnx")
    text = find(window, QLabel, "messageText").text()
    assert "digits.onnx could not be exported" in text
    assert not (home / "digits.onnx").exists()

    # ONNX.
    onnx = pytest.importorskip("onnx")
    export(qtbot, ready_window, "actionExportOnnx", home / "digits.onnx")
    onnx.checker.check_model(str(home / "digits.onnx"))


# ---- shipped networks


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of networks, without any at first."""
    monkeypatch.setattr(shipped, "FOLDER", tmp_path / "networks")
    (tmp_path / "networks").mkdir()
    (tmp_path / "networks" / "README.md").write_text("nothing here")
    return tmp_path / "networks"


def a_network(**provenance: object) -> Network:
    """An untrained network with that provenance."""
    network = Experiment().changed(seed=4).build()
    network.provenance = dict(provenance)
    return network


def test_what_the_menu_tells(folder: Path) -> None:
    save_checkpoint(a_network(title="The best one", test_error=0.0041), folder / "best.npz")
    save_checkpoint(a_network(test_error="good"), folder / "small.npz", half_precision=True)
    save_checkpoint(a_network(title=5, test_error=7), folder / "odd.npz")
    (folder / "broken.npz").write_bytes(b"PK\x03\x04 and no more")
    assert [network.label for network in shipped.bundled_networks()] == [
        "The best one · 0.41 % test error",
        "broken",
        "odd",
        "small",
    ]


def test_json_is_not_read_for_the_menu(folder: Path) -> None:
    """It can only be read as a whole, which may take long."""
    save_network(a_network(title="Text", test_error=0.05), folder / "large.json")
    assert [network.label for network in shipped.bundled_networks()] == ["large"]


def test_the_weights_are_not_read_for_the_menu(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_checkpoint(a_network(title="One"), folder / "one.npz")

    def no_numbers(*_: object) -> NoReturn:
        raise AssertionError("the numbers were read")

    monkeypatch.setattr(Npz, "numbers", no_numbers)
    assert [network.title for network in shipped.bundled_networks()] == ["One"]


def test_a_setting_does_not_throw_an_opened_one_away(folder: Path, ready_model: Model, qtbot: QtBot) -> None:
    session = ready_model.session
    save_checkpoint(a_network(), folder / "one.npz")
    session.files.open(folder / "one.npz", "one")
    qtbot.waitUntil(lambda: session.runs.current.origin.opened is not None)
    opened = session.runs.current
    session.settings.change("seed", seed=99)
    assert session.runs.current is opened
    assert session.training.starts_new_network
