"""What comes back at the next start, and what is left out because it is damaged."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PyQt5.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from engine.experiment import Experiment
from engine.storage import load_network
from nnviz.cards.runs.storage import StorageModel
from nnviz.commands.cli import main
from nnviz.session.session import Session
from nnviz.session.status import Status
from nnviz.window.bundled_networks import bundled_networks
from nnviz.window.main_window import MainWindow
from nnviz.window.session_restore import restored
from tests.conftest import MakeWindow
from tests.nnviz.conftest import Restart, RestoredModel
from tests.nnviz.helpers import (
    action,
    find,
    is_shown,
    pick,
    quit_unasked,
    retype,
    store_settings,
    stored_settings,
)


@pytest.fixture
def first(restart: Restart, qtbot: QtBot) -> RestoredModel:
    """A session of which something is to come back, when its data are there. It and the next keep no runs."""
    model = restart()
    model.session.records.set_on(False)
    qtbot.waitUntil(lambda: is_shown(model.session.data))
    return model


def train_one_epoch(session: Session, qtbot: QtBot) -> None:
    session.settings.change("epochs", epochs=1)
    session.start()
    qtbot.waitUntil(lambda: session.state is Status.FINISHED)


def save(session: Session, qtbot: QtBot, path: Path) -> None:
    """And waits until that is done."""
    session.files.save(path)
    qtbot.waitUntil(lambda: session.runs.current.storage.path == path and not session.runs.current.unsaved)


# ---- settings


def test_settings_come_back(ready_window: MainWindow, make_window: MakeWindow, qtbot: QtBot) -> None:
    """Those of the network and of its training, and the controls of the window."""
    window = ready_window
    retype(qtbot, window, "shapeEdit", "784, 20, 10")
    retype(qtbot, window, "learningRateEdit", "0.07")
    pick(qtbot, window, "optimizerCombo", "Adam")
    window.session.settings.change("distortions", rotation=3.0)
    wanted = window.session.settings.experiment
    window.draw.pen.setValue(31)
    window.session.question.set_threshold(0.85)
    window.curves.set_log("error", False)
    is_log = window.curves.is_log("loss")
    quit_unasked(window)
    again = make_window()
    qtbot.waitUntil(lambda: is_shown(again.session.data))
    assert again.session.settings.experiment == wanted
    assert again.session.runs.current.network.shape == [784, 20, 10] == list(again.session.displayed.network.shape)
    assert find(again, QComboBox, "optimizerCombo").currentText() == "Adam"
    assert not again.session.undo.last()
    assert not again.isWindowModified()
    assert again.draw.pen.value() == 31
    assert again.session.question.threshold == 0.85
    assert not again.curves.is_log("error")
    assert again.curves.is_log("loss") == is_log


def test_a_large_network_comes_behind_the_window(first: RestoredModel, restart: Restart, qtbot: QtBot) -> None:
    first.session.settings.change("shape", shape=(784, 3000, 10))
    qtbot.waitUntil(lambda: first.session.runs.current.network.shape[1] == 3000)
    first.close()
    again = restart().session
    assert again.runs.current.network.shape[1] != 3000, "the window does not wait for it"
    qtbot.waitUntil(lambda: again.runs.current.network.shape[1] == 3000)
    assert not again.undo.last()


def test_closed_before_it_was_there_it_is_not_forgotten(first: RestoredModel, restart: Restart) -> None:
    first.session.settings.change("learning rate", learning_rate=0.07)
    first.close()
    restart().close()
    assert restart().session.settings.experiment.training.learning_rate == 0.07


def test_every_setting_survives_json() -> None:
    made = Experiment().changed(
        shape=(784, 9, 10),
        activations=("tanh", "softmax"),
        optimizer="adam",
        dropout=(0.1, 0.5),
        schedule="cosine",
        shift=2.0,
        seed=7,
    )
    assert restored(json.loads(json.dumps(made.as_dict()))) == made


# ---- the file of 0.3

OF_0_3: dict[str, Any] = {
    "inputs": 784,
    "outputs": 10,
    "layers": [{"neurons": 20, "activation": "tanh"}, {"neurons": 12, "activation": "relu"}],
    "output": "sigmoid",
    "loss": "quadratic",
    "initializer": "glorot",
    "weight_scale": 0.5,
    "training": {"batch_size": 50, "epochs": 7, "learning_rate": 0.07, "optimizer": "adam", "held_out": 0.1, "seed": 3},
    "strengths": {"shift": 2.5, "rotation": 3.0},
}


def test_the_settings_of_0_3_are_read(restart: Restart, qtbot: QtBot) -> None:
    store_settings(configuration=json.dumps(OF_0_3), sure_from=0.75)
    session = restart().session
    qtbot.waitUntil(lambda: session.state is Status.READY)
    found = session.settings.experiment
    assert found.shape == (784, 20, 12, 10)
    assert found.activations == ("tanh", "relu", "sigmoid")
    assert (found.loss, found.initializer, found.weight_scale) == ("quadratic", "glorot", 0.5)
    training = found.training
    assert (training.batch_size, training.epochs, training.learning_rate, training.optimizer) == (50, 7, 0.07, "adam")
    assert (training.validation_share, training.seed) == (0.1, 3)
    assert not training.augmentation.is_active
    assert (session.settings.strengths.shift, session.settings.strengths.rotation) == (2.5, 3.0)
    assert session.question.threshold == 0.75
    assert session.displayed.network.shape == [784, 20, 12, 10]


# ---- damage

DAMAGED_SETTINGS = {
    "dataset": "of another year",
    "network": "/no/such/folder",
    "shipped": "nothing of ours",
    "preset": "Post-modern",
    "typed": '["shape", 3, {}, "seed", "epochs"]',
    "sure_from": "often",
    "pen_width": -5,
}


def good() -> dict[str, Any]:
    """A document of settings, as they are written."""
    made = Experiment().changed(learning_rate=0.07, hidden=(20,)).as_dict()
    document: dict[str, Any] = json.loads(json.dumps(made))
    return document


def good_of_0_3() -> dict[str, Any]:
    """The same as 0.3 wrote it."""
    document = good()
    shape, activations = document.pop("shape"), document.pop("activations")
    layers = [{"neurons": shape[1], "activation": activations[0]}]
    return {**document, "inputs": 784, "outputs": 10, "layers": layers, "output": "softmax"}


def damaged(document: dict[str, Any], **entries: Any) -> dict[str, Any]:
    """That document with other entries in it."""
    training = {**document["training"], **entries.pop("training", {})}
    return {**document, "training": training, **entries}


@pytest.mark.parametrize(
    "entries",
    [
        {"training": {"optimizer": "of old"}},
        {"training": {"momentum": "much"}},
        {"training": {"what was there once": 1}},
        {"training": {"batch_size": None, "augmentation": [3]}},
        {"loss": "no such loss"},
        {"initializer": ["x"]},
        {"weight_scale": -1},
        {"fingerprint": 5},
        {"something new": {}},
    ],
)
@pytest.mark.parametrize("document", [good, good_of_0_3])
def test_what_is_damaged_is_left_out_and_the_rest_is_kept(
    document: Callable[[], dict[str, Any]], entries: dict[str, Any]
) -> None:
    found = restored(damaged(document(), **entries))
    assert found.training.learning_rate == 0.07
    assert found.shape == (784, 20, 10)
    assert found.activations == ("relu", "softmax")
    assert found.training.optimizer == "sgd"
    assert found.loss == "cross-entropy"


@pytest.mark.parametrize(
    "entries",
    [{"output": ["x"]}, {"strengths": {"rotation": "north"}}, {"strengths": 5}, {"inputs": "many"}],
)
def test_the_same_of_what_only_0_3_had(entries: dict[str, Any]) -> None:
    found = restored(damaged(good_of_0_3(), **entries))
    assert found.training.learning_rate == 0.07
    assert found.shape == (784, 20, 10)
    assert found.activations == ("relu", "softmax")


@pytest.mark.parametrize(
    "entries",
    [
        {"shape": "784"},
        {"shape": None},
        {"shape": [784, 0, 10]},
        {"shape": [784, 10**12, 10]},
        {"shape": [784, 5.5, 10]},
        {"activations": ["relu"]},
        {"activations": ["magic", "softmax"]},
        {"activations": 3},
    ],
)
def test_damaged_shapes_are_the_usual_one(entries: dict[str, Any]) -> None:
    found = restored(damaged(good(), **entries))
    assert found.shape == Experiment().shape
    assert found.activations == Experiment().activations
    assert found.training.learning_rate == 0.07


@pytest.mark.parametrize(
    "layers", [[{"neurons": 0}], [{"neurons": 10**12}], [{"cells": 3}], "784", [[3]], None, [{"neurons": 5.5}]]
)
def test_damaged_layers_of_0_3_are_the_usual_ones(layers: object) -> None:
    found = restored(damaged(good_of_0_3(), layers=layers))
    assert found.shape == Experiment().shape
    assert found.training.learning_rate == 0.07


@pytest.mark.parametrize("document", [None, 5, "x", [], [1], {}, {"training": 3}, {"layers": {}}, {"shape": {}}])
def test_a_document_of_another_kind(document: object) -> None:
    assert restored(document).training == Experiment().training


@pytest.mark.parametrize("text", ["{", "null", "[" * 5000, "\x00", '{"training": {"epochs": NaN}}'])
def test_a_damaged_file_is_left_out(restart: Restart, qtbot: QtBot, text: str) -> None:
    """That the window comes then too is tested with the damaged settings of the window."""
    store_settings(configuration=text, **DAMAGED_SETTINGS)
    session = restart().session
    qtbot.waitUntil(lambda: session.state is Status.READY)
    assert session.settings.experiment.training == Experiment().training
    assert session.data.name == "mnist"


# ---- the network


def test_the_saved_network_comes_back(first: RestoredModel, make_window: MakeWindow, qtbot: QtBot, home: Path) -> None:
    train_one_epoch(first.session, qtbot)
    save(first.session, qtbot, home / "mine.json")
    first.close()
    again = make_window()
    qtbot.waitUntil(lambda: again.session.runs.current.storage.path == home / "mine.json")
    saved = load_network(home / "mine.json").parameters
    np.testing.assert_array_equal(again.session.displayed.network.parameters, saved)
    assert again.windowTitle() == "mine.json[*] – nnviz"
    assert not action(again, "actionUndo").isEnabled(), "nobody did anything yet"
    assert again.session.runs.current.history.completed == 1


def test_a_network_that_is_gone_is_a_quiet_message(
    first: RestoredModel, restart: Restart, qtbot: QtBot, home: Path
) -> None:
    save(first.session, qtbot, home / "mine.json")
    first.close()
    (home / "mine.json").unlink()
    again = restart().session
    qtbot.waitUntil(lambda: again.messages.current is not None)
    assert again.messages.current is not None
    assert not again.messages.current.is_error
    assert "mine.json" in again.messages.current.text
    assert str(home) in again.messages.current.text
    assert again.runs.current.untouched


def test_training_asked_for_meanwhile_is_that_of_the_network_that_comes(
    first: RestoredModel, restart: Restart, qtbot: QtBot, home: Path
) -> None:
    first.session.settings.change("epochs", epochs=1)
    save(first.session, qtbot, home / "mine.json")
    first.close()
    again = restart().session
    again.training.toggle()
    qtbot.waitUntil(lambda: again.state is Status.FINISHED)
    assert again.runs.current.storage.path == home / "mine.json"
    assert again.runs.current.history.completed == 1
    assert not again.undo.last()


def test_a_paused_training_goes_on_where_it_stood(
    first: RestoredModel, restart: Restart, qtbot: QtBot, home: Path
) -> None:
    first.session.step_batch()
    qtbot.waitUntil(lambda: first.session.state is Status.PAUSED)
    save(first.session, qtbot, home / "paused.npz")
    first.close()
    again = restart().session
    qtbot.waitUntil(lambda: again.state is Status.PAUSED)
    assert again.runs.current.storage.path == home / "paused.npz"
    assert again.training.progress.batch == 1
    assert again.messages.current is None


def test_a_shipped_network_comes_back_as_a_copy(first: RestoredModel, restart: Restart, qtbot: QtBot) -> None:
    shipped = bundled_networks()[0]
    first.session.files.open(shipped.path, shipped.title)
    qtbot.waitUntil(lambda: first.session.runs.current.origin.opened is not None)
    first.close()
    again = restart().session
    qtbot.waitUntil(lambda: again.runs.current.origin.opened is not None)
    assert again.runs.current.title == first.session.runs.current.title
    assert again.runs.current.storage.path is None, "saving asks for a file"


def test_a_network_put_aside_for_a_new_one_does_not_come_back(
    first: RestoredModel, restart: Restart, qtbot: QtBot, home: Path
) -> None:
    save(first.session, qtbot, home / "mine.json")
    first.session.reset()
    first.close()
    again = restart().session
    qtbot.waitUntil(lambda: is_shown(again.data))
    assert again.runs.current.storage.path is None
    assert stored_settings()["network"] == ""


# ---- pictures of the window


def test_a_screenshot_shows_nothing_of_the_person(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store_settings(configuration=json.dumps(good()), pen_width=31)
    made: list[MainWindow] = []
    from nnviz.commands import screenshot

    create = screenshot.create_window
    monkeypatch.setattr(screenshot, "create_window", lambda *given: made.append(create(*given)) or made[-1])
    monkeypatch.setattr(screenshot, "qInstallMessageHandler", lambda _: None)
    assert main(["screenshot", str(home / "x.png"), "--size", "1280x800"]) == 0
    (window,) = made
    assert not window.session.settings.experiment.difference(Experiment())
    assert window.draw.pen.value() != 31
    window.deleteLater()


def test_a_budget_of_moments_that_does_not_fit_this_time_is_not_forgotten(
    restart: Restart, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other programs may leave more memory the next time."""
    chosen = 200 * 2**20
    store_settings(moment_bytes=chosen)
    with monkeypatch.context() as patched:
        patched.setattr("nnviz.session.snapshots.available_memory", lambda: 2**27)
        model = restart()
        assert model.session.models[StorageModel].memory_budget < chosen
        model.close()
    assert stored_settings()["moment_bytes"] == chosen
    model = restart()
    assert model.session.models[StorageModel].memory_budget == chosen
    model.session.models[StorageModel].set_memory_budget(2**26)
    model.close()
    assert stored_settings()["moment_bytes"] == 2**26
