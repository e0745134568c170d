"""Presets: all settings at once, one step to undo, "Custom" as soon as anything differs."""

from __future__ import annotations

import shutil
from dataclasses import fields
from pathlib import Path

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QComboBox, QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from engine.assets_folder import ASSETS
from engine.errors import FileFormatError
from engine.experiment import Experiment
from engine.presets import presets
from engine.training import FIXED_WHILE_TRAINING
from nnviz.session.status import Status
from nnviz.window.main_window import MainWindow
from tests.conftest import MakeWindow
from tests.nnviz.helpers import action, find, is_shown, pause, retype, train_for_a_while, wait_for


def choose(window: MainWindow, name: str) -> QComboBox:
    """As the list would when the entry is clicked."""
    combo = find(window, QComboBox, "presetCombo")
    index = combo.findText(name)
    assert index > 0, name
    combo.setCurrentIndex(index)
    combo.activated.emit(index)
    return combo


def test_they_are_offered_in_the_order_of_their_files(ready_window: MainWindow) -> None:
    combo = find(ready_window, QComboBox, "presetCombo")
    assert [combo.itemText(i) for i in range(combo.count())] == ["Custom", *(preset.name for preset in presets())]
    for index, preset in enumerate(presets(), start=1):
        assert combo.itemData(index, Qt.ToolTipRole) == preset.description
    assert choose(ready_window, presets()[0].name).currentText() == presets()[0].name


def test_each_sets_everything_and_is_one_step(ready_window: MainWindow, qtbot: QtBot) -> None:
    session = ready_window.session
    for preset in presets():
        before = session.settings.experiment
        combo = choose(ready_window, preset.name)
        assert combo.currentText() == preset.name
        assert preset.description in combo.toolTip()
        experiment = session.settings.experiment
        assert experiment.shape == preset.experiment.shape
        assert experiment.activations == preset.experiment.activations
        assert experiment.loss == preset.experiment.loss
        assert experiment.initializer == preset.experiment.initializer
        assert experiment.training == preset.applied_to(experiment, session.dataset).training
        wait_for(qtbot, ready_window, Status.READY)
        assert session.runs.current.network.shape == list(experiment.shape), "an untrained network follows"
        action(ready_window, "actionUndo").trigger()
        assert session.settings.experiment == before
        action(ready_window, "actionRedo").trigger()
        assert session.settings.preset_for(session.data.dataset) == preset


def test_the_network_is_the_one_the_command_line_makes(ready_window: MainWindow) -> None:
    modern = next(preset for preset in presets() if preset.name == "Modern")
    choose(ready_window, "Modern")
    wanted = modern.experiment.build()
    assert (ready_window.session.runs.current.network.parameters == wanted.parameters).all()


def test_a_change_makes_it_ones_own(ready_window: MainWindow, qtbot: QtBot) -> None:
    combo = choose(ready_window, "Modern")
    for field, text in (("learningRateEdit", "0.0123"), ("shapeEdit", "784, 17, 10")):
        retype(qtbot, ready_window, field, text)
        assert combo.currentText() == "Custom"
        action(ready_window, "actionUndo").trigger()
        assert combo.currentText() == "Modern"


def test_the_seed_is_the_persons(ready_window: MainWindow, qtbot: QtBot) -> None:
    retype(qtbot, ready_window, "seedEdit", "7")
    combo = choose(ready_window, "Modern")
    assert ready_window.session.settings.experiment.seed == 7
    assert combo.currentText() == "Modern"


def test_custom_can_be_chosen_and_changes_nothing(ready_window: MainWindow) -> None:
    combo = choose(ready_window, "Modern")
    combo.setCurrentIndex(0)
    combo.activated.emit(0)
    assert combo.currentText() == "Modern"


def test_it_mends_what_could_not_be_used(ready_window: MainWindow, qtbot: QtBot) -> None:
    retype(qtbot, ready_window, "learningRateEdit", "-1")
    retype(qtbot, ready_window, "shapeEdit", "784, x, 10")
    modern = next(preset for preset in presets() if preset.name == "Modern")
    choose(ready_window, "Modern")
    assert not ready_window.session.settings.problems
    assert find(ready_window, QLineEdit, "learningRateEdit").text() == f"{modern.experiment.training.learning_rate:g}"
    shape = ", ".join(str(size) for size in modern.experiment.shape)
    assert find(ready_window, QLineEdit, "shapeEdit").text() == shape
    assert not find(ready_window, QLabel, "learningRateError").isVisible()


def test_in_the_middle_of_a_run(ready_window: MainWindow, qtbot: QtBot) -> None:
    """What can be applied is; the network waits, and comes back with undo."""
    window = ready_window
    train_for_a_while(qtbot, window)
    network, before = window.session.runs.current.network, window.session.runs.current.experiment.training
    preset = presets()[-1]
    choose(window, preset.name)
    now = window.session.runs.current.experiment.training
    for each in fields(now):
        of = before if each.name in FIXED_WHILE_TRAINING else preset.experiment.training
        assert getattr(now, each.name) == getattr(of, each.name), each.name
    assert window.session.runs.current.network is network
    assert find(window, QLabel, "networkNotice").isVisible()
    message = window.session.messages.current
    assert message is not None
    assert preset.name in message.text
    assert "-".join(map(str, preset.experiment.shape)) in message.text
    assert "for the next run" in message.text
    action(window, "actionUndo").trigger()
    assert window.session.runs.current.experiment.training == window.session.settings.experiment.training
    assert window.session.settings.experiment.training.optimizer == "sgd"
    pause(qtbot, window)


# ---- files


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the presets that may be spoilt."""
    shutil.copytree(ASSETS / "presets", tmp_path / "presets")
    monkeypatch.setattr("engine.presets.ASSETS", tmp_path)
    return tmp_path / "presets"


def test_one_that_cannot_be_read_does_not_take_the_others_with_it(folder: Path, make_window: MakeWindow) -> None:
    before = len(presets())
    broken = ("{", '{"name": 3}', '{"name": "x", "description": "", "network": 5}')
    for number, content in enumerate(broken):
        (folder / f"{number}-broken.json").write_text(content)
    window = make_window()
    assert window.isVisible()
    assert find(window, QComboBox, "presetCombo").count() == 1 + before
    with pytest.raises(FileFormatError, match="0-broken"):
        presets()
    message = find(window, QLabel, "messageText")
    assert message.isVisible()
    for number in range(len(broken)):
        assert f"{number}-broken.json" in message.text()


def test_none_at_all(folder: Path, make_window: MakeWindow) -> None:
    shutil.rmtree(folder)
    combo = find(make_window(), QComboBox, "presetCombo")
    assert combo.count() == 1


def test_a_match_looks_at_every_setting() -> None:
    for preset in presets():
        follower = preset.applied_to(Experiment())
        assert preset.matches(follower)
        for name, value in (("momentum", 0.31), ("noise", 0.3), ("weight_scale", 0.7), ("validation_share", 0.2)):
            assert not preset.matches(follower.changed(**{name: value})), name


# ---- other data


def load(qtbot: QtBot, window: MainWindow, name: str) -> None:
    window.session.data.load(name)
    qtbot.waitUntil(lambda: is_shown(window.session.data))


def test_the_preset_in_the_box_follows_the_data_and_says_so(ready_window: MainWindow, qtbot: QtBot) -> None:
    window, session = ready_window, ready_window.session
    choose(window, "First steps")
    before = session.settings.experiment
    combo, line = find(window, QComboBox, "presetCombo"), find(window, QLabel, "presetAdjusted")
    load(qtbot, window, "spirals")
    assert combo.currentText() == "First steps"
    assert line.isVisible()
    assert line.text().replace("\u00a0", " ") == "First steps for 480 examples: SGD 0.2, batches of 12, 300 epochs."
    assert "First steps for 480 examples: SGD 0.2, batches of 12, 300 epochs." in combo.toolTip()
    assert find(window, QLineEdit, "epochsEdit").text() == "300"
    load(qtbot, window, "mpg")
    assert combo.currentText() == "First steps"
    chosen = "First steps for 318 examples: AdamW 0.001, weight decay 0.5, batches of 10, 60 epochs."
    assert line.text().replace("\u00a0", " ") == chosen
    assert "identity output, quadratic loss" in combo.toolTip()
    for _ in range(2):
        action(window, "actionUndo").trigger()
        qtbot.waitUntil(lambda: is_shown(session.data))
    assert session.settings.experiment == before, "each change of data is one step"
    assert combo.currentText() == "First steps"


def test_another_preset_takes_what_the_task_needs_and_has_it_back_afterwards(
    ready_window: MainWindow, qtbot: QtBot
) -> None:
    window, session = ready_window, ready_window.session
    choose(window, "Best on MNIST")
    before = session.settings.experiment
    load(qtbot, window, "mpg")
    assert find(window, QComboBox, "presetCombo").currentText() == "Best on MNIST"
    assert session.settings.experiment.loss == "quadratic"
    assert not session.settings.experiment.training.augmentation.is_active
    assert "no augmentation" in find(window, QLabel, "presetAdjusted").text()
    load(qtbot, window, "mnist")
    assert session.settings.experiment == before
    assert not find(window, QLabel, "presetAdjusted").isVisible()


def test_a_persons_own_settings_stay(ready_window: MainWindow, qtbot: QtBot) -> None:
    window, session = ready_window, ready_window.session
    choose(window, "First steps")
    retype(qtbot, window, "epochsEdit", "33")
    batch = session.settings.experiment.training.batch_size
    for name in ("spirals", "mpg", "spirals"):
        load(qtbot, window, name)
        training = session.settings.experiment.training
        assert (training.epochs, training.batch_size, training.optimizer) == (33, batch, "sgd"), name
        assert find(window, QComboBox, "presetCombo").currentText() == "Custom"
        assert not find(window, QLabel, "presetAdjusted").isVisible()
    choose(window, "First steps")
    assert session.settings.experiment.training.epochs == 300
