"""Presets: all settings at once, one step to undo, "Custom" as soon as anything differs."""

from __future__ import annotations

import shutil
from dataclasses import fields
from pathlib import Path

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QComboBox, QLabel, QLineEdit, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from engine.basics.assets_folder import ASSETS
from engine.basics.errors import FileFormatError
from engine.experiment import Experiment
from engine.presets import Preset, presets
from engine.training.trainer import FIXED_WHILE_TRAINING
from nnviz.session.session import Session
from nnviz.session.status import Status
from nnviz.ui.fields import NumberEdit
from nnviz.window.main_window import MainWindow
from tests.nnviz.cards.card_window import AnyWindow, CardWindow, MakeCards
from tests.nnviz.conftest import Model, Restart
from tests.nnviz.helpers import (
    find,
    is_shown,
    open_more,
    pause,
    pick,
    press,
    retype,
    store_settings,
    stored_settings,
    train_epochs,
    train_for_a_while,
    wait_for,
)


def choose(window: AnyWindow, name: str) -> QComboBox:
    """As the list would when the entry is clicked."""
    combo = find(window, QComboBox, "presetCombo")
    index = combo.findText(name)
    assert index > 0, name
    combo.setCurrentIndex(index)
    combo.activated.emit(index)
    return combo


def apply(session: Session, name: str) -> None:
    """Applies the preset with that name, without the list."""
    preset = session.settings.preset_called(name)
    assert preset is not None
    session.settings.choose_preset(preset)


@pytest.fixture
def card_window(make_cards: MakeCards) -> CardWindow:
    """The cards of the network and the training, and the bar of the run."""
    window = make_cards("networkCard", "trainingCard")
    window.add_bars()
    return window


def entries_of(combo: QComboBox) -> list[str]:
    """The presets that the list offers, without the commands below the line."""
    entries = [combo.itemText(row) for row in range(combo.count())]
    return entries[: entries.index("")]


def test_they_are_offered_in_their_order_and_a_change_makes_it_ones_own(card_window: CardWindow, qtbot: QtBot) -> None:
    """Custom can be chosen and changes nothing; a preset mends what could not be used."""
    combo = find(card_window, QComboBox, "presetCombo")
    assert entries_of(combo) == ["Custom", *(preset.name for preset in presets())]
    for index, preset in enumerate(presets(), start=1):
        assert combo.itemData(index, Qt.ItemDataRole.ToolTipRole) == preset.description
    assert choose(card_window, presets()[0].name).currentText() == presets()[0].name

    combo = choose(card_window, "Modern")
    for field, text in (("learningRateEdit", "0.0123"), ("shapeEdit", "784, 17, 10")):
        retype(qtbot, card_window, field, text)
        assert combo.currentText() == "Custom"
        card_window.session.undo.undo()
        assert combo.currentText() == "Modern"
    combo.setCurrentIndex(0)
    combo.activated.emit(0)
    assert combo.currentText() == "Modern"

    retype(qtbot, card_window, "learningRateEdit", "-1")
    retype(qtbot, card_window, "shapeEdit", "784, x, 10")
    modern = next(preset for preset in presets() if preset.name == "Modern")
    choose(card_window, "Modern")
    assert not card_window.session.settings.problems
    assert find(card_window, QLineEdit, "learningRateEdit").text() == f"{modern.experiment.training.learning_rate:g}"
    shape = ", ".join(str(size) for size in modern.experiment.shape)
    assert find(card_window, QLineEdit, "shapeEdit").text() == shape
    assert not find(card_window, QLabel, "learningRateError").isVisible()


def test_each_sets_everything_and_is_one_step(card_window: CardWindow, qtbot: QtBot) -> None:
    session = card_window.session
    for preset in presets():
        before = session.settings.experiment
        combo = choose(card_window, preset.name)
        assert combo.currentText() == preset.name
        assert preset.description in combo.toolTip()
        experiment = session.settings.experiment
        assert experiment.shape == preset.experiment.shape
        assert experiment.activations == preset.experiment.activations
        assert experiment.loss == preset.experiment.loss
        assert experiment.initializer == preset.experiment.initializer
        assert experiment.training == preset.applied_to(experiment, session.dataset).training
        wait_for(qtbot, card_window, Status.READY)
        assert session.runs.current.network.shape == list(experiment.shape), "an untrained network follows"
        session.undo.undo()
        assert session.settings.experiment == before
        session.undo.redo()
        assert session.settings.preset_for(session.data.dataset) == preset


def test_the_network_is_the_one_the_command_line_makes(ready_model: Model) -> None:
    modern = next(preset for preset in presets() if preset.name == "Modern")
    apply(ready_model.session, "Modern")
    wanted = modern.experiment.build()
    assert (ready_model.session.runs.current.network.parameters == wanted.parameters).all()


def test_the_seed_is_the_persons(ready_model: Model) -> None:
    session = ready_model.session
    session.settings.change("seed", seed=7)
    apply(session, "Modern")
    assert session.settings.experiment.seed == 7
    assert session.settings.preset_for(session.dataset) == session.settings.preset_called("Modern")


def test_in_the_middle_of_a_run(card_window: CardWindow, qtbot: QtBot) -> None:
    """What can be applied is; the network waits, and comes back with undo."""
    window = card_window
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
    assert "a new run" in message.text
    window.session.undo.undo()
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


def test_one_that_cannot_be_read_does_not_take_the_others_with_it(folder: Path, make_cards: MakeCards) -> None:
    before = len(presets())
    broken = ("{", '{"name": 3}', '{"name": "x", "description": "", "network": 5}')
    for number, content in enumerate(broken):
        (folder / f"{number}-broken.json").write_text(content)
    window = make_cards("trainingCard")
    assert len(entries_of(find(window, QComboBox, "presetCombo"))) == 1 + before
    with pytest.raises(FileFormatError, match="0-broken"):
        presets()
    message = window.session.messages.current
    assert message is not None
    for number in range(len(broken)):
        assert f"{number}-broken.json" in message.text


def test_none_at_all(folder: Path, make_cards: MakeCards) -> None:
    shutil.rmtree(folder)
    combo = find(make_cards("trainingCard"), QComboBox, "presetCombo")
    assert entries_of(combo) == ["Custom"]


def test_a_match_looks_at_every_setting() -> None:
    for preset in presets():
        follower = preset.applied_to(Experiment())
        assert preset.matches(follower)
        for name, value in (("momentum", 0.31), ("noise", 0.3), ("weight_scale", 0.7), ("validation_share", 0.2)):
            assert not preset.matches(follower.changed(**{name: value})), name


# ---- other data


def load(qtbot: QtBot, model: Model | AnyWindow, name: str) -> None:
    model.session.data.load(name)
    qtbot.waitUntil(lambda: is_shown(model.session.data))


def test_the_preset_in_the_box_follows_the_data_and_says_so(card_window: CardWindow, qtbot: QtBot) -> None:
    """Another one takes what the task needs, and has it back afterwards."""
    window, session = card_window, card_window.session
    choose(window, "First steps")
    before = session.settings.experiment
    combo = find(window, QComboBox, "presetCombo")
    load(qtbot, window, "spirals")
    assert combo.currentText() == "First steps"
    assert "First steps for 480 examples: SGD 0.2, batches of 12, 300 epochs." in combo.toolTip()
    assert find(window, QLineEdit, "epochsEdit").text() == "300"
    load(qtbot, window, "mpg")
    assert combo.currentText() == "First steps"
    chosen = "First steps for 318 examples: AdamW 0.001, weight decay 0.5, batches of 10, 60 epochs."
    assert chosen in combo.toolTip()
    assert "identity output, quadratic loss" in combo.toolTip()
    for _ in range(2):
        session.undo.undo()
        qtbot.waitUntil(lambda: is_shown(session.data))
    assert session.settings.experiment == before, "each change of data is one step"
    assert combo.currentText() == "First steps"

    choose(window, "Best on MNIST")
    before = session.settings.experiment
    load(qtbot, window, "mpg")
    assert find(window, QComboBox, "presetCombo").currentText() == "Best on MNIST"
    assert session.settings.experiment.loss == "quadratic"
    assert not session.settings.experiment.training.augmentation.is_active
    assert "no augmentation" in combo.toolTip()
    load(qtbot, window, "mnist")
    assert session.settings.experiment == before
    assert "for 60" not in combo.toolTip()
    assert "Adjusted" not in combo.toolTip()


def started(qtbot: QtBot, restart: Restart) -> Model:
    """A session whose data are there."""
    model = restart()
    qtbot.waitUntil(lambda: is_shown(model.session.data))
    return model


def derived(model: Model | AnyWindow) -> Experiment:
    """What First steps gives for the data that are there."""
    settings = model.session.settings
    return settings.presets[0].applied_to(settings.experiment, model.session.dataset)


def test_what_was_typed_stays_and_all_else_follows_the_data(ready_model: Model, qtbot: QtBot) -> None:
    model, session = ready_model, ready_model.session
    apply(session, "First steps")
    session.settings.change("epochs", epochs=33)
    for name in ("spirals", "mpg", "xor", "mnist"):
        load(qtbot, model, name)
        fields = session.settings.experiment
        assert fields == derived(model).changed(epochs=33), name
        assert session.settings.typed == {"epochs"}, name
        assert session.settings.preset_for(session.dataset) is None
    apply(session, "First steps")
    assert session.settings.experiment == derived(model)
    assert session.settings.typed == set()


def test_an_edit_on_one_data_set_does_not_bring_its_batches_and_epochs_to_the_next(
    ready_model: Model, qtbot: QtBot
) -> None:
    model, session = ready_model, ready_model.session
    apply(session, "First steps")
    for first, second in (("xor", "mnist"), ("mnist", "spirals")):
        load(qtbot, model, first)
        session.settings.change("shape", shape=(session.dataset.width, 17, session.dataset.outputs))
        load(qtbot, model, second)
        assert session.settings.experiment.hidden == (17,)
        assert session.settings.experiment.training == derived(model).training, second
        assert session.settings.typed == {"hidden"}
        apply(session, "First steps")


def test_layers_with_their_activations_and_regularisation_stay(ready_model: Model, qtbot: QtBot) -> None:
    model, session = ready_model, ready_model.session
    apply(session, "First steps")
    session.settings.change("layers", hidden=[9, 8, 7], activations=("tanh", "relu", "tanh", "softmax"))
    session.settings.change("dropout", dropout=(0.1, 0.2, 0.3, 0.4))
    session.settings.change("weight scale", weight_scale=0.5)
    typed = session.settings.typed
    assert typed == {"hidden", "activations", "dropout", "weight_scale"}
    for name in ("mpg", "spirals"):
        load(qtbot, model, name)
        now, wanted = session.settings.experiment, derived(model)
        assert (now.hidden, now.activations[:-1]) == ((9, 8, 7), ("tanh", "relu", "tanh"))
        assert now.training.dropout == (0.1, 0.2, 0.3, 0.4)
        assert now.weight_scale == 0.5
        assert (now.output, now.loss, now.training.epochs) == (wanted.output, wanted.loss, wanted.training.epochs)
        assert session.settings.typed == typed, name


def test_a_typed_learning_rate_keeps_its_optimizer(ready_model: Model, qtbot: QtBot) -> None:
    """A rate of plain gradient descent would be far too large for Adam."""
    model, session = ready_model, ready_model.session
    apply(session, "First steps")
    session.settings.change("learning rate", learning_rate=0.05)
    load(qtbot, model, "mpg")
    assert derived(model).training.optimizer != "sgd"
    training = session.settings.experiment.training
    assert (training.optimizer, training.learning_rate) == ("sgd", 0.05)
    assert session.settings.typed == {"learning_rate"}
    load(qtbot, model, "mnist")
    assert session.settings.experiment == derived(model).changed(learning_rate=0.05)
    load(qtbot, model, "mpg")
    session.settings.use_default("learning rate", "learning_rate")
    assert session.settings.experiment == derived(model)
    assert session.settings.typed == set()


def test_what_comes_with_a_chosen_optimizer_was_not_typed(ready_model: Model, qtbot: QtBot) -> None:
    model, session = ready_model, ready_model.session
    apply(session, "First steps")
    session.settings.choose("optimizer", session.settings.experiment.with_optimizer("rmsprop"))
    assert session.settings.typed == {"optimizer"}
    for name in ("mpg", "mnist"):
        load(qtbot, model, name)
        assert session.settings.experiment == derived(model).with_optimizer("rmsprop"), name
        assert session.settings.typed == {"optimizer"}


@pytest.fixture
def table(tmp_path: Path) -> str:
    """A table of a given number of examples that First steps stops early."""
    rows = [f"{number / 7},{number % 13},{'ab'[number % 2]}" for number in range(1200)]
    path = tmp_path / "many.csv"
    path.write_text("\n".join(["x,z,kind", *rows]))
    return str(path)


def without_early_stopping(model: Model | AnyWindow, qtbot: QtBot, table: str) -> None:
    session = model.session
    apply(session, "First steps")
    load(qtbot, model, table)
    assert session.settings.experiment.training.patience == 15
    for name, value in (("patience", 0), ("validation_share", 0), ("epochs", 20)):
        session.settings.change(name, **{name: value})


OFF = {"epochs": 20, "patience": 0, "validation_share": 0}


def test_what_was_typed_stays_where_the_data_between_have_it_as_default(
    ready_model: Model, qtbot: QtBot, table: str
) -> None:
    model, session = ready_model, ready_model.session
    without_early_stopping(model, qtbot, table)
    first = session.settings.experiment
    assert session.settings.typed == set(OFF)
    load(qtbot, model, "mnist")
    assert session.settings.experiment == derived(model).changed(epochs=20)
    assert session.settings.typed == set(OFF)
    load(qtbot, model, table)
    assert session.settings.experiment == first == derived(model).changed(**OFF)
    for _ in range(2):
        for step in (session.undo.undo, session.undo.redo):
            step()
            qtbot.waitUntil(lambda: is_shown(session.data))
            assert session.settings.typed == set(OFF)
    for _ in range(2 + len(OFF)):
        session.undo.undo()
        qtbot.waitUntil(lambda: is_shown(session.data))
    assert session.settings.typed == set()
    assert session.settings.experiment == derived(model)


def test_what_was_typed_stays_where_a_trained_network_is_replaced(ready_model: Model, qtbot: QtBot, table: str) -> None:
    model, session = ready_model, ready_model.session
    without_early_stopping(model, qtbot, table)
    train_epochs(qtbot, model, 1)
    load(qtbot, model, "mnist")
    assert session.runs.current.untouched
    assert session.settings.experiment == derived(model).changed(epochs=1)
    assert session.settings.typed == set(OFF)
    session.undo.undo()
    qtbot.waitUntil(lambda: is_shown(session.data))
    assert session.settings.experiment == derived(model).changed(**OFF | {"epochs": 1})
    session.undo.redo()
    qtbot.waitUntil(lambda: is_shown(session.data))
    load(qtbot, model, table)
    assert session.settings.experiment == derived(model).changed(**OFF | {"epochs": 1})


def test_what_the_preset_gives_is_found_once_for_all_marks(
    ready_model: Model, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = ready_model.session.settings
    apply(ready_model.session, "First steps")
    given = settings.experiment
    settings.choose("optimizer", given.with_optimizer("adam"))
    settings.change("layers", hidden=[9], activations=("tanh", "softmax"))
    assert settings.typed == {"optimizer", "hidden", "activations"}
    monkeypatch.delattr(Preset, "applied_to")
    assert {name: settings.default(name) for name in settings.typed} == {
        "optimizer": "sgd",
        "hidden": given.hidden,
        "activations": given.activations,
    }


def test_a_mark_or_a_preset_forgets_what_was_typed_for_other_data(
    card_window: CardWindow, qtbot: QtBot, table: str
) -> None:
    """The mark of patience leads back with the validation set that it needs."""
    window, session = card_window, card_window.session
    without_early_stopping(window, qtbot, table)
    load(qtbot, window, "mnist")
    open_more(qtbot, window)
    mark = mark_of(window, "patience")
    assert mark.toolTip().startswith("You typed this value. First steps gives 0 for these data, too.")
    qtbot.mouseClick(mark, Qt.MouseButton.LeftButton)
    assert session.settings.typed == {"epochs"}
    assert not mark.isVisible()
    session.undo.undo()
    assert session.settings.typed == set(OFF)
    session.undo.redo()
    choose(window, "First steps")
    assert session.settings.typed == set()
    session.undo.undo()
    assert session.settings.typed == {"epochs"}
    load(qtbot, window, table)
    assert session.settings.experiment == derived(window).changed(epochs=20)

    without_early_stopping(window, qtbot, table)
    assert mark_of(window, "patience").toolTip().startswith("You typed this value. First steps gives 15 ")
    qtbot.mouseClick(mark_of(window, "patience"), Qt.MouseButton.LeftButton)
    assert session.settings.experiment == derived(window).changed(epochs=20)
    retype(qtbot, window, "validationShareEdit", "0.3")
    retype(qtbot, window, "patienceEdit", "7")
    qtbot.mouseClick(mark_of(window, "patience"), Qt.MouseButton.LeftButton)
    assert session.settings.experiment == derived(window).changed(epochs=20, validation_share=0.3)


def test_what_was_typed_for_other_data_is_known_at_the_next_start(qtbot: QtBot, restart: Restart, table: str) -> None:
    model = started(qtbot, restart)
    without_early_stopping(model, qtbot, table)
    load(qtbot, model, "mnist")
    assert model.close()
    model = started(qtbot, restart)
    assert model.session.settings.typed == set(OFF)
    load(qtbot, model, table)
    assert model.session.settings.experiment == derived(model).changed(**OFF)


def test_what_followed_the_data_in_an_older_file_was_not_typed(restart: Restart, qtbot: QtBot) -> None:
    """First steps gave tables other batches and epochs then, and files did not say what was typed."""
    model = started(qtbot, restart)
    apply(model.session, "First steps")
    load(qtbot, model, "penguins")
    then = {"batch_size": 24, "epochs": 300, "optimizer": "sgd", "learning_rate": 0.2, "weight_decay": 0}
    model.session.settings.change("all", hidden=[17], **then)
    assert model.close()
    store_settings(**{name: value for name, value in stored_settings().items() if name != "typed"})
    model = started(qtbot, restart)
    assert model.session.data.name == "penguins"
    assert model.session.settings.experiment.training.epochs == 300, "the settings of then are shown"
    assert model.session.settings.typed == {"hidden"}
    assert model.close()
    model = started(qtbot, restart)
    assert model.session.settings.typed == {"hidden"}
    load(qtbot, model, "mnist")
    assert model.session.settings.experiment == derived(model).changed(hidden=[17])


def test_undo_knows_the_preset_on_which_the_fields_were_based(ready_model: Model, qtbot: QtBot) -> None:
    model, session = ready_model, ready_model.session
    apply(session, "Modern")
    session.settings.change("epochs", epochs=33)
    apply(session, "First steps")
    session.undo.undo()
    assert session.settings.base.name == "Modern"
    assert session.settings.typed == {"epochs"}
    load(qtbot, model, "spirals")
    now = session.settings.experiment
    assert (now.hidden, now.training.optimizer, now.training.epochs) == ((256, 128), "adamw", 33)
    for _ in range(2):
        session.undo.undo()
        qtbot.waitUntil(lambda: is_shown(session.data))
    assert session.settings.typed == set()
    assert session.settings.preset_for(session.dataset).name == "Modern"
    for _ in range(3):
        session.undo.redo()
        qtbot.waitUntil(lambda: is_shown(session.data))
    assert session.settings.experiment == now
    assert (session.settings.base.name, session.settings.typed) == ("Modern", {"epochs"})


def test_an_opened_run_keeps_its_values_and_undo_the_preset_of_before(
    ready_model: Model, qtbot: QtBot, home: Path
) -> None:
    session = ready_model.session
    apply(session, "First steps")
    session.files.save(home / "made.json")
    qtbot.waitUntil(lambda: session.runs.current.storage.path is not None)
    session.reset()
    apply(session, "Modern")
    session.settings.change("epochs", epochs=33)
    before = session.settings.experiment
    session.files.open(home / "made.json")
    qtbot.waitUntil(lambda: session.runs.current.storage.path is not None)
    assert (session.settings.base.name, session.settings.typed) == ("First steps", set())
    session.undo.undo()
    assert session.settings.experiment == before
    assert (session.settings.base.name, session.settings.typed) == ("Modern", {"epochs"})


def test_another_start_knows_what_was_typed(qtbot: QtBot, restart: Restart, tmp_path: Path) -> None:
    """Also if the data of then are gone."""
    model = started(qtbot, restart)
    table = tmp_path / "birds.csv"
    table.write_bytes((ASSETS / "tables" / "penguins.csv").read_bytes())
    apply(model.session, "First steps")
    load(qtbot, model, str(table))
    model.session.settings.change("layers", hidden=[17])
    assert model.close()
    table.unlink()
    model = started(qtbot, restart)
    assert model.session.data.name == "mnist"
    assert model.session.settings.experiment == derived(model).changed(hidden=[17])
    assert model.session.settings.typed == {"hidden"}


def test_one_more_start_with_the_data_of_then(qtbot: QtBot, restart: Restart) -> None:
    model = started(qtbot, restart)
    apply(model.session, "Modern")
    load(qtbot, model, "spirals")
    model.session.settings.change("epochs", epochs=33)
    assert model.close()
    model = started(qtbot, restart)
    assert (model.session.settings.base.name, model.session.settings.typed) == ("Modern", {"epochs"})


# ---- the field shows which it is


def mark_of(window: AnyWindow, name: str) -> QToolButton:
    return find(window, QToolButton, f"{name}DefaultButton")


def test_a_typed_field_says_so_and_leads_back(ready_window: MainWindow, qtbot: QtBot) -> None:
    """By mouse and by key; optimizer and layers with what came with them. A wrong value goes with it."""
    window, session = ready_window, ready_window.session
    choose(window, "First steps")
    mark, edit = mark_of(window, "learningRate"), find(window, NumberEdit, "learningRateEdit")
    given = session.settings.experiment.training.learning_rate
    assert not mark.isVisible()
    assert edit.accessibleDescription() == ""
    retype(qtbot, window, "epochsEdit", "33")
    retype(qtbot, window, "learningRateEdit", "0.05")
    said = f"You typed this value. First steps gives {given:g} for these data."
    assert mark.isVisible()
    assert mark.toolTip().startswith(said)
    assert mark.accessibleName() == f"Use the default learning rate, {given:g}"
    assert edit.accessibleDescription() == said
    qtbot.mouseClick(mark, Qt.MouseButton.LeftButton)
    assert session.settings.experiment.training.learning_rate == given
    assert session.settings.typed == {"epochs"}
    assert not mark.isVisible()
    assert edit.accessibleDescription() == ""
    step = session.undo.last()
    assert step is not None
    assert step.text == "default learning rate"
    session.undo.undo()
    assert session.settings.typed == {"epochs", "learning_rate"}
    assert mark.isVisible()

    choose(window, "First steps")
    retype(qtbot, window, "learningRateEdit", "0.05")
    find(window, NumberEdit, "learningRateEdit").setFocus()
    press(qtbot, window, Qt.Key.Key_Tab)
    assert mark_of(window, "learningRate").hasFocus()
    press(qtbot, window, Qt.Key.Key_Return)
    assert session.settings.typed == set()
    assert find(window, NumberEdit, "learningRateEdit").hasFocus(), "what has gone leaves the focus to its field"

    choose(window, "First steps")
    before = session.settings.experiment
    pick(qtbot, window, "optimizerCombo", "Adam")
    retype(qtbot, window, "learningRateEdit", "0.05")
    qtbot.mouseClick(mark_of(window, "optimizer"), Qt.MouseButton.LeftButton)
    assert session.settings.experiment == before
    qtbot.mouseClick(find(window, QPushButton, "addLayerButton"), Qt.MouseButton.LeftButton)
    pick(qtbot, window, "activation1Combo", "Tanh")
    assert "64, 32" in mark_of(window, "shape").toolTip()
    qtbot.mouseClick(mark_of(window, "shape"), Qt.MouseButton.LeftButton)
    assert session.settings.experiment == before
    assert not mark_of(window, "shape").isVisible()

    retype(qtbot, window, "learningRateEdit", "0.05")
    retype(qtbot, window, "learningRateEdit", "fast")
    assert session.settings.problems
    qtbot.mouseClick(mark_of(window, "learningRate"), Qt.MouseButton.LeftButton)
    assert not session.settings.problems
    assert session.settings.typed == set()
