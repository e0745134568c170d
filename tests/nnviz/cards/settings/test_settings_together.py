"""What settings do together: constants, schedule, pairs, augmentation, changes in mid-run."""

from __future__ import annotations

import pytest
from PyQt5.QtCore import QCoreApplication, Qt
from PyQt5.QtWidgets import QCheckBox, QLabel, QLineEdit, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from engine.experiment import MILD
from engine.network.activations import ACTIVATIONS
from engine.network.losses import LOSSES
from engine.training.augmentation import Augmenter
from engine.training.optimizers import OPTIMIZERS
from engine.training.schedules import SCHEDULES
from nnviz.cards.settings.small_plot import SmallPlot
from nnviz.session.status import Status
from nnviz.ui.fields import NumberEdit
from nnviz.ui.picture import LazyPicture
from tests.nnviz.cards.card_window import CardWindow, MakeCards
from tests.nnviz.helpers import (
    click,
    close_more,
    find,
    open_more,
    pause,
    pick,
    retype,
    train_epochs,
    train_for_a_while,
    wait_for,
)

WITH_ALL = pytest.mark.parametrize("cards", [("networkCard", "trainingCard")], ids=["all"])


@pytest.fixture
def cards() -> tuple[str, ...]:
    """The cards of the window, unless a test names others."""
    return ("trainingCard",)


@pytest.fixture
def ready_window(make_cards: MakeCards, cards: tuple[str, ...]) -> CardWindow:
    return make_cards(*cards)


# ---- what belongs together


def test_another_optimizer_brings_a_learning_rate_that_suits_it(ready_window: CardWindow, qtbot: QtBot) -> None:
    session = ready_window.session
    retype(qtbot, ready_window, "learningRateEdit", "0.4")  # twice as bold as usual
    pick(qtbot, ready_window, "optimizerCombo", "Adam")
    assert session.settings.experiment.training.learning_rate == 0.002
    assert find(ready_window, QLineEdit, "learningRateEdit").text() == "0.002"
    pick(qtbot, ready_window, "optimizerCombo", "Momentum")
    assert session.settings.experiment.training.learning_rate == 0.04
    session.undo.undo()
    session.undo.undo()
    assert (session.settings.experiment.training.optimizer, session.settings.experiment.training.learning_rate) == (
        "sgd",
        0.4,
    )

    # Only the constants that are read are there.
    for name in OPTIMIZERS:
        pick(qtbot, ready_window, "optimizerCombo", OPTIMIZERS[name].label)
        open_more(qtbot, ready_window)
        assert ready_window.session.settings.experiment.training.optimizer == name
        for constant in ("momentum", "beta2", "epsilon"):
            field = find(ready_window, QLineEdit, f"{constant}Edit")
            assert field.isVisibleTo(ready_window) == (constant in OPTIMIZERS[name].uses), (name, constant)

    # A bad constant goes with its optimizer.
    pick(qtbot, ready_window, "optimizerCombo", "Momentum")
    retype(qtbot, ready_window, "momentumEdit", "7")
    assert not ready_window.session.training.can_start
    pick(qtbot, ready_window, "optimizerCombo", "SGD")
    assert ready_window.session.training.can_start


def test_what_is_typed_goes_with_a_field_that_is_hidden(ready_window: CardWindow, qtbot: QtBot) -> None:
    session = ready_window.session
    open_more(qtbot, ready_window)
    for typed in ("7", "0.5"):
        pick(qtbot, ready_window, "optimizerCombo", "Momentum")
        field = find(ready_window, NumberEdit, "momentumEdit")
        field.setFocus()
        qtbot.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        qtbot.keyClicks(field, typed)
        assert field.is_typed
        session.undo.undo()
        assert not field.isVisibleTo(ready_window), typed
        assert session.settings.problems == {}, typed
        assert session.training.can_start
        assert session.undo.next is not None, "nothing was changed that would end the redo"
        session.undo.redo()
        assert field.text() == "0.9", typed
        session.undo.undo()


@WITH_ALL
def test_what_is_typed_goes_with_the_row_of_a_layer(ready_window: CardWindow, qtbot: QtBot) -> None:
    session = ready_window.session
    for typed in ("abc", "12"):
        session.settings.change("shape", shape=(784, 20, 30, 40, 10))
        field = find(ready_window, NumberEdit, "layer1Edit")
        field.setFocus()
        qtbot.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        qtbot.keyClicks(field, typed)
        before = session.undo.last()
        session.undo.undo()
        assert session.settings.problems == {}, typed
        assert session.undo.next is before, typed


def test_the_schedule_and_its_curve(ready_window: CardWindow, qtbot: QtBot) -> None:
    window = ready_window
    open_more(qtbot, window)
    plot = find(window, SmallPlot, "schedulePlot")
    for name in SCHEDULES:
        pick(qtbot, window, "scheduleCombo", SCHEDULES[name].label)
        for constant in ("decay", "decayEpochs"):
            assert find(window, QLineEdit, f"{constant}Edit").isVisibleTo(window) == bool(SCHEDULES[name].uses)
    pick(qtbot, window, "scheduleCombo", "Cosine")
    epochs, rates = plot.points
    assert (epochs[0], epochs[-1]) == (0, 20)
    assert rates[0] == pytest.approx(0.2)
    assert rates[-1] == pytest.approx(0, abs=1e-6)
    retype(qtbot, window, "epochsEdit", "8")
    retype(qtbot, window, "warmupEdit", "2")
    epochs, rates = plot.points
    assert epochs[-1] == 8
    assert rates[0] < 0.01
    assert max(rates) == pytest.approx(0.2, rel=0.01)

    # The curve says where the run is.
    QCoreApplication.processEvents()
    open_more(qtbot, window).scroll_area.ensureWidgetVisible(plot)
    assert plot.marked is None
    train_for_a_while(qtbot, ready_window)
    pause(qtbot, ready_window)
    assert plot.marked == pytest.approx(ready_window.session.training.progress.epochs_done)
    ready_window.session.reset()
    assert plot.marked is None


def test_patience_needs_examples_to_judge_by(ready_window: CardWindow, qtbot: QtBot) -> None:
    window = ready_window
    open_more(qtbot, window)
    retype(qtbot, window, "patienceEdit", "3")
    error = find(window, QLabel, "patienceError")
    assert "validation" in error.text()
    assert window.session.settings.experiment.training.patience == 0
    retype(qtbot, window, "validationShareEdit", "0.1")
    assert window.session.settings.experiment.training.patience == 3, "the value in the field is taken now"
    assert not error.isVisibleTo(window)
    retype(qtbot, window, "validationShareEdit", "0")
    assert "patience" in find(window, QLabel, "validationShareError").text()
    assert window.session.settings.experiment.training.validation_share == 0.1


@WITH_ALL
def test_dropout_follows_the_layers(ready_window: CardWindow, qtbot: QtBot) -> None:
    window = ready_window
    open_more(qtbot, window)
    retype(qtbot, window, "dropoutEdit", "0.1, 0.5, 0.4")
    retype(qtbot, window, "shapeEdit", "784, 20, 10")
    assert window.session.settings.experiment.training.dropout == (0.1, 0.5)
    retype(qtbot, window, "shapeEdit", "784, 20, 20, 20, 10")
    assert window.session.settings.experiment.training.dropout == (0.1, 0.5, 0.5, 0.5)


def test_loss_and_output_go_in_pairs(ready_window: CardWindow, qtbot: QtBot) -> None:
    window = ready_window
    open_more(qtbot, window)
    for loss in LOSSES:
        pick(qtbot, window, "lossCombo", LOSSES[loss].label)
        assert window.session.settings.experiment.loss == loss
    for output in ACTIVATIONS:
        pick(qtbot, window, "outputCombo", ACTIVATIONS[output].label)
        assert window.session.settings.experiment.output == output
        assert window.session.runs.current.network.activations[-1] == output
    pick(qtbot, window, "outputCombo", "Tanh")
    pick(qtbot, window, "lossCombo", "Cross-entropy")
    assert window.session.settings.experiment.output in LOSSES["cross-entropy"].joined_with
    pick(qtbot, window, "initializerCombo", "Zeros")
    assert not window.session.runs.current.network.parameters.any()


# ---- augmentation


def test_on_off_and_the_strengths_are_kept(ready_window: CardWindow, qtbot: QtBot) -> None:
    window, session = ready_window, ready_window.session
    open_more(qtbot, window)
    check = find(window, QCheckBox, "augmentationCheck")
    qtbot.mouseClick(check, Qt.MouseButton.LeftButton)
    assert check.isChecked()
    assert session.settings.experiment.training.augmentation == MILD
    retype(qtbot, window, "rotationEdit", "12")
    qtbot.mouseClick(check, Qt.MouseButton.LeftButton)
    assert not check.isChecked()
    assert not session.settings.experiment.training.augmentation.is_active
    assert find(window, QLineEdit, "rotationEdit").text() == "12"
    qtbot.keyClick(check, Qt.Key.Key_Space)
    assert session.settings.experiment.training.augmentation.rotation == 12
    window.session.undo.undo()
    assert not check.isChecked()
    retype(qtbot, window, "noiseEdit", "0.1")
    assert check.isChecked(), "whoever turns a strength wants to see it"


def picture_of(preview: LazyPicture) -> bytes:
    """What it shows, as bytes."""
    image = preview.grab().toImage()
    return image.bits().asstring(image.byteCount())


def test_the_preview_shows_what_the_network_sees(
    ready_window: CardWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = ready_window
    open_more(qtbot, window)
    preview = find(window, LazyPicture, "augmentationPreview")
    plain = picture_of(preview)
    qtbot.mouseClick(find(window, QCheckBox, "augmentationCheck"), Qt.MouseButton.LeftButton)
    distorted = picture_of(preview)
    assert distorted != plain
    assert picture_of(preview) == distorted, "it does not flicker"
    qtbot.mouseClick(preview, Qt.MouseButton.LeftButton)
    other = picture_of(preview)
    assert other != distorted
    click(qtbot, window, QToolButton, "otherExamplesButton")
    assert picture_of(preview) not in (other, distorted)

    # The preview costs nothing while it cannot be seen.
    preview.grab()
    close_more(qtbot, window)
    asked: list[int] = []
    monkeypatch.setattr(Augmenter, "apply", lambda *_: asked.append(1))
    window.session.settings.change("noise", noise=0.2)
    QCoreApplication.processEvents()
    assert not asked
    open_more(qtbot, window)
    preview.grab()
    assert asked


# ---- in the middle of a run


def test_what_can_act_at_once_does(ready_window: CardWindow, qtbot: QtBot) -> None:
    window, session = ready_window, ready_window.session
    open_more(qtbot, window)
    train_for_a_while(qtbot, window)
    begun = session.settings.experiment
    hint = find(window, QLabel, "trainingNotice")
    pick(qtbot, window, "optimizerCombo", "Momentum")
    retype(qtbot, window, "momentumEdit", "0.5")
    pick(qtbot, window, "scheduleCombo", "Cosine")
    retype(qtbot, window, "weightDecayEdit", "0.001")
    retype(qtbot, window, "rotationEdit", "5")
    assert session.runs.current.experiment.training == session.settings.experiment.training
    assert session.state is Status.TRAINING
    assert not hint.isVisibleTo(window)
    retype(qtbot, window, "validationShareEdit", "0.1")
    retype(qtbot, window, "patienceEdit", "3")
    assert hint.text() == "Validation share and patience: from the next run."
    assert session.runs.current.experiment.training.momentum == 0.5
    done = session.runs.current.history.completed
    qtbot.waitUntil(lambda: session.runs.current.history.completed > done)
    for _ in range(7):
        window.session.undo.undo()
        assert session.runs.current.experiment.training.optimizer == session.settings.experiment.training.optimizer
    assert session.settings.experiment == begun
    assert session.runs.current.experiment.training == begun.training
    pause(qtbot, window)
    assert session.messages.current is None or not session.messages.current.is_error


@WITH_ALL
def test_weights_and_loss_wait(ready_window: CardWindow, qtbot: QtBot) -> None:
    window = ready_window
    window.add_bars()
    open_more(qtbot, window)
    train_epochs(qtbot, window, 1)
    hint = find(window, QLabel, "networkNotice")
    for name, entry in (("initializerCombo", "Glorot"), ("outputCombo", "Sigmoid"), ("lossCombo", "Quadratic")):
        pick(qtbot, window, name, entry)
        assert hint.isVisibleTo(window), name
        window.session.undo.undo()
        assert not hint.isVisibleTo(window), name
    pick(qtbot, window, "lossCombo", "Quadratic")
    click(qtbot, window, QPushButton, "stepBatchButton")
    window.session.messages.choose(1)  # the new network, not the old one further on
    wait_for(qtbot, window, Status.PAUSED)
    assert window.session.runs.current.network.loss == "quadratic"
