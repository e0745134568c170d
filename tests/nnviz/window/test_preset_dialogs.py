"""Presets of the user: saved under a name, listed after the included ones, deleted, and there at the next start."""

from __future__ import annotations

from pathlib import Path

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QComboBox, QInputDialog
from pytestqt.qtbot import QtBot

from nnviz.window.main_window import MainWindow
from tests.nnviz.helpers import action, announced, find, pick


def save_as(window: MainWindow, name: str) -> None:
    action(window, "actionSavePreset").trigger()
    dialog = find(window, QInputDialog, "presetNameDialog")
    dialog.setTextValue(name)
    dialog.accept()


def entries(window: MainWindow) -> list[str]:
    """The presets in the list, without the commands at its end."""
    box = find(window, QComboBox, "presetCombo")
    return [box.itemText(number) for number in range(box.findText(""))]


def test_a_preset_is_saved_chosen_and_deleted_and_both_can_be_undone(ready_window: MainWindow, qtbot: QtBot) -> None:
    window, session = ready_window, ready_window.session
    included = entries(window)
    session.settings.change("layers", hidden=(8, 4))
    session.settings.change("activation", activations=("tanh", "relu", "softmax"))
    assert not action(window, "actionDeletePreset").isEnabled()
    save_as(window, "My  layers: a/b")
    assert announced(session) == "Saved the preset My layers: a/b"
    assert entries(window) == [*included, "My layers: a/b"]
    assert find(window, QComboBox, "presetCombo").currentText() == "My layers: a/b"

    pick(qtbot, window, "presetCombo", "First steps")
    assert session.settings.experiment.hidden == (64, 32)
    pick(qtbot, window, "presetCombo", "My layers: a/b")
    assert session.settings.experiment.hidden == (8, 4)
    assert session.settings.experiment.activations == ("tanh", "relu", "softmax")

    assert action(window, "actionDeletePreset").isEnabled()
    action(window, "actionDeletePreset").trigger()
    assert entries(window) == included
    session.messages.choose_announced(0)
    assert entries(window) == [*included, "My layers: a/b"]


def test_the_list_ends_with_commands_which_are_never_the_choice(ready_window: MainWindow, qtbot: QtBot) -> None:
    window, box = ready_window, find(ready_window, QComboBox, "presetCombo")
    before = entries(window)
    window.session.settings.change("rate", learning_rate=0.3)
    pick(qtbot, window, "presetCombo", "Save settings as preset …")
    assert box.currentText() == "Custom"
    dialog = find(window, QInputDialog, "presetNameDialog")
    dialog.setTextValue("Mine")
    dialog.accept()
    assert box.currentText() == "Mine"
    pick(qtbot, window, "presetCombo", "Delete preset")
    assert entries(window) == before

    # Keys pass over them while the list is closed.
    box.setFocus()
    qtbot.keyClick(box, Qt.Key.Key_End)
    assert box.currentText() == before[-1]


def test_names_that_look_alike_have_files_of_their_own_and_a_copied_file_can_be_deleted(
    ready_window: MainWindow, qtbot: QtBot
) -> None:
    window, presets = ready_window, ready_window.session.user_presets
    included = entries(window)
    save_as(window, "My run")
    window.session.settings.change("rate", learning_rate=0.3)
    save_as(window, "My-run")
    assert entries(window) == [*included, "My run", "My-run"]
    assert presets.folder is not None
    copied = presets.folder / "aaa.json"
    copied.write_bytes((presets.content_of("My run") or b"").replace(b"My run", b"Copied"))
    presets.use_folder(presets.folder)
    assert "Copied" in entries(window)
    presets.put("Copied", None)
    assert not copied.exists()


def test_names_that_are_refused_and_a_damaged_file(ready_window: MainWindow, qtbot: QtBot) -> None:
    window, session = ready_window, ready_window.session
    included = entries(window)
    for name in ("first steps", "x" * 61):
        save_as(window, name)
        message = session.messages.current
        assert message is not None
        assert message.is_error
        session.messages.dismiss()
    assert entries(window) == included
    folder = session.user_presets.folder
    assert isinstance(folder, Path)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "wrong.json").write_text("{}")
    session.user_presets.use_folder(folder)
    assert entries(window) == included
    message = session.messages.current
    assert message is not None
    assert "wrong.json" in message.text
