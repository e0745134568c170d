"""A network from a file: the fields show what it was made with, and no preset is named that it was not made with."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PyQt5.QtWidgets import QComboBox, QLineEdit
from pytestqt.qtbot import QtBot

from engine.datasets import Dataset
from engine.experiment import Experiment
from engine.network.network import Network
from engine.presets import Adjustment, preset_named, presets
from engine.storage import load_checkpoint, save_checkpoint, save_network
from engine.training.events import Batch
from nnviz.cards.settings.settings_card import SettingsCard
from nnviz.session.training import Status
from nnviz.window.bundled_networks import bundled_networks
from tests.conftest import MakeWindow
from tests.engine.helpers import ENDINGS
from tests.nnviz.cards.card_window import AnyWindow, CardWindow, MakeCards
from tests.nnviz.conftest import Restart
from tests.nnviz.helpers import find, is_shown, pick, retype, train_epochs, wait_for

OWN = "Custom"


@pytest.fixture(autouse=True)
def first_steps_of_all_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The few digits of these tests stand for all 60,000: “First steps” is as it is for those."""
    monkeypatch.setattr(Adjustment, "changes_for", lambda self, dataset, own: {})


def preset_box(window: AnyWindow) -> str:
    """What it names."""
    return find(window, QComboBox, "presetCombo").currentText()


def fields(window: AnyWindow) -> dict[str, str]:
    """The values of the most important fields."""
    assert find(window, SettingsCard, "settingsCard").more, "all fields are made"
    edits = ("shapeEdit", "seedEdit", "learningRateEdit", "batchSizeEdit", "epochsEdit")
    combos = ("optimizerCombo", "activation1Combo")
    texts = {name: find(window, QLineEdit, name).text() for name in edits}
    return texts | {name: find(window, QComboBox, name).currentText() for name in combos}


def open_file(qtbot: QtBot, window: AnyWindow, path: Path) -> None:
    """And waits until it is the current network."""
    before = window.session.runs.current
    window.session.files.open(path)
    qtbot.waitUntil(lambda: window.session.runs.current is not before)


@pytest.fixture
def settings_window(make_cards: MakeCards) -> CardWindow:
    """The two cards of settings."""
    return make_cards("networkCard", "trainingCard")


def test_a_saved_network_brings_its_settings_back(settings_window: CardWindow, qtbot: QtBot, home: Path) -> None:
    window, session = settings_window, settings_window.session
    retype(qtbot, window, "shapeEdit", "784, 20, 10")
    retype(qtbot, window, "seedEdit", "17")
    retype(qtbot, window, "batchSizeEdit", "50")
    pick(qtbot, window, "optimizerCombo", "Adam")
    pick(qtbot, window, "activation1Combo", "Tanh")
    retype(qtbot, window, "learningRateEdit", "0.004")
    session.settings.change("first weights", initializer="orthogonal", weight_scale=0.5)
    train_epochs(qtbot, window, 1)
    made_with, seen = session.settings.experiment, fields(window)
    for ending in ENDINGS:
        path = home / f"mine{ending}"
        session.files.save(path)
        qtbot.waitUntil(lambda path=path: session.runs.current.storage.path == path)
    session.settings.choose_preset(preset_named("Modern"))
    session.reset()
    assert preset_box(window) == "Modern"

    for ending in ENDINGS:
        open_file(qtbot, window, home / f"mine{ending}")
        assert session.settings.experiment == made_with, ending
        assert fields(window) == seen, ending
        assert preset_box(window) == OWN, ending
        assert not session.training.starts_new_network, ending
        session.undo.undo()
        assert preset_box(window) == "Modern", ending
        session.undo.redo()
        assert fields(window) == seen, ending
        assert preset_box(window) == OWN, ending
        session.undo.undo()


def test_one_made_with_a_preset_names_it(settings_window: CardWindow, qtbot: QtBot, home: Path) -> None:
    window, session = settings_window, settings_window.session
    for preset in [preset.name for preset in presets()[:3]]:
        path = home / f"{preset}.json"
        pick(qtbot, window, "presetCombo", preset)
        session.reset()  # else it is the network that was opened before
        session.files.save(path)
        qtbot.waitUntil(lambda path=path: session.runs.current.storage.path == path)
        session.reset()
        session.settings.change("learning rate", learning_rate=0.123)
        assert preset_box(window) == OWN, preset
        open_file(qtbot, window, path)
        assert preset_box(window) == preset


def test_shipped_networks_show_what_they_were_made_with_and_are_measured(
    settings_window: CardWindow, qtbot: QtBot
) -> None:
    window, session = settings_window, settings_window.session
    for shipped in bundled_networks()[:2]:
        reported = load_checkpoint(shipped.path)[0].provenance["experiment"]
        made_with = Experiment.from_dict(reported).changed(evaluate=True)  # as the window always does
        before = session.runs.current
        session.files.open(shipped.path, shipped.title)
        qtbot.waitUntil(lambda before=before: session.runs.current is not before)
        assert not session.settings.experiment.difference(made_with), shipped.title
        shown = fields(window)
        assert shown["shapeEdit"] == ", ".join(map(str, made_with.shape))
        assert shown["learningRateEdit"] == f"{made_with.training.learning_rate:g}"
        assert shown["epochsEdit"] == str(made_with.training.epochs)
        assert shown["optimizerCombo"] == "AdamW"
        named = next((preset for preset in session.settings.presets if preset.name == preset_box(window)), None)
        assert named is None or named.matches(session.settings.experiment), shipped.title

    # A shipped network that learns on is measured.
    window, session = settings_window, settings_window.session
    small = bundled_networks()[-1]
    open_file(qtbot, window, small.path)
    before = session.runs.current.history.completed
    train_epochs(qtbot, window, 1)
    assert session.runs.current.history.error.test.epochs[-1] == before + 1


def test_a_paused_training_goes_on_with_being_measured(
    settings_window: CardWindow, qtbot: QtBot, few_digits: Dataset, home: Path
) -> None:
    """Although the command line was reported not to measure it."""
    window, session = settings_window, settings_window.session
    trainer = Experiment().changed(epochs=2, evaluate=False).trainer(few_digits)
    for event in trainer.run():
        if isinstance(event, Batch):
            break
    save_checkpoint(trainer.network, home / "paused.npz", trainer.state())
    open_file(qtbot, window, home / "paused.npz")
    assert session.state is Status.PAUSED
    session.start()
    wait_for(qtbot, window, Status.FINISHED)
    assert session.runs.current.history.error.test.epochs == [1, 2]


# ---- a file that does not know its experiment


@pytest.fixture
def write_ancestor(home: Path) -> Callable[[Network], Path]:
    """Writes a network as the ancestor did: shape, weights and biases, and at most what tells how it works."""

    def write(network: Network) -> Path:
        save_network(network, home / "old.json")
        document = json.loads((home / "old.json").read_text())
        document.pop("provenance", None)
        (home / "old.json").write_text(json.dumps(document))
        return home / "old.json"

    return write


def test_without_its_experiment_no_preset_is_named_also_by_undo(
    settings_window: CardWindow, qtbot: QtBot, write_ancestor: Callable[[Network], Path]
) -> None:
    """A new network is made with what the fields say."""
    window = settings_window
    open_file(qtbot, window, write_ancestor(Experiment().build()))
    window.session.undo.undo()
    assert preset_box(window) == "First steps"
    window.session.undo.redo()
    assert preset_box(window) == OWN
    window.session.reset()
    assert preset_box(window) == "First steps"

    # Although the fields are as a preset has them: nobody knows how it was trained.
    session = window.session
    assert preset_box(window) == "First steps"
    network = Experiment().build()
    network.parameters += np.float32(0.01)
    open_file(qtbot, window, write_ancestor(network))
    assert preset_box(window) == OWN
    assert session.settings.preset_for(session.data.dataset) is None
    retype(qtbot, window, "learningRateEdit", "0.1")
    window.session.undo.undo()
    assert preset_box(window) == OWN
    pick(qtbot, window, "presetCombo", "First steps")
    assert preset_box(window) == "First steps", "now the person has chosen it"

    # Undo of a preset does not name what is only guessed.
    open_file(qtbot, window, write_ancestor(Experiment().build()))
    pick(qtbot, window, "presetCombo", "Modern")
    assert preset_box(window) == "Modern"
    window.session.undo.undo()
    assert preset_box(window) == OWN


def test_a_guess_that_was_saved_stays_one(
    settings_window: CardWindow, qtbot: QtBot, write_ancestor: Callable[[Network], Path], home: Path
) -> None:
    """Its settings come back; that it was made with the preset is not known for that."""
    window, session = settings_window, settings_window.session
    for epochs in (0, 1):
        open_file(qtbot, window, write_ancestor(Experiment().build()))
        if epochs:
            train_epochs(qtbot, window, epochs)
            session.settings.change("epochs", epochs=20)
        run, seen = session.runs.current, fields(window)
        session.files.save(home / "again.json")
        qtbot.waitUntil(lambda run=run: run.storage.path == home / "again.json")
        session.reset()
        assert preset_box(window) == "First steps"
        open_file(qtbot, window, home / "again.json")
        assert {**fields(window), "epochsEdit": ""} == {**seen, "epochsEdit": ""}
        assert preset_box(window) == OWN, epochs


def test_it_is_not_named_at_the_next_start_either(
    restart: Restart, make_window: MakeWindow, qtbot: QtBot, write_ancestor: Callable[[Network], Path]
) -> None:
    path = write_ancestor(Experiment().build())
    first = restart()
    qtbot.waitUntil(lambda: is_shown(first.session.data))
    before = first.session.runs.current
    first.session.files.open(path)
    qtbot.waitUntil(lambda: first.session.runs.current is not before)
    first.close()
    again = make_window()
    qtbot.waitUntil(lambda: again.session.runs.current.storage.path == path and again.session.data.dataset is not None)
    assert preset_box(again) == OWN
