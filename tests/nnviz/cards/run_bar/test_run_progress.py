"""The bar at the top: what it says of the run, in words and figures."""

from __future__ import annotations

import pytest
from PyQt5.QtCore import QCoreApplication
from PyQt5.QtWidgets import QApplication, QLabel, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from engine.training.events import Epoch
from engine.training.metrics import Evaluation
from nnviz.jobs.reports import Epochs
from nnviz.session.status import Status
from nnviz.ui import theme
from nnviz.window.main_window import MainWindow
from tests.nnviz.cards.card_window import AnyWindow, CardWindow, MakeCards
from tests.nnviz.conftest import Model
from tests.nnviz.helpers import find, open_more, show_view, train_epochs, wait_for


@pytest.fixture
def ready_window(make_cards: MakeCards) -> CardWindow:
    window = make_cards()
    window.add_bars()
    return window


def status(window: AnyWindow) -> str:
    """What the bar says beside what is going on."""
    return find(window, QLabel, "runStatus").text()


def kill(window: AnyWindow) -> None:
    """No neuron of the second layer answers anything any more."""
    window.session.runs.current.network.biases[1][:] = -1e5


# ---- a network that died


def test_a_network_that_died_is_reported_once_where_the_error_is(ready_window: CardWindow, qtbot: QtBot) -> None:
    window, session = ready_window, ready_window.session
    session.settings.change("learning rate", learning_rate=0.3)
    kill(window)
    train_epochs(qtbot, window, 1)
    assert status(window) == "epoch 1 of 1 · layer 2 is dead"
    reported = session.messages.current
    assert reported is not None
    assert "layer 2" in reported.text
    assert [choice.text for choice in reported.choices] == [
        "Reset with learning rate 0.2",
        "Reset with learning rate 0.03",
    ]
    session.messages.choose(1)
    assert session.settings.experiment.training.learning_rate == 0.03
    assert session.runs.current.untouched
    assert "dead" not in status(window)

    # That it died is reported once.
    session.reset()
    window, session = ready_window, ready_window.session
    session.settings.change("epochs", epochs=4)
    kill(window)
    session.step_epoch()
    wait_for(qtbot, window, Status.PAUSED)
    assert session.messages.current is not None
    session.messages.dismiss()
    reported: list[object] = []
    session.training.died.connect(lambda *_: reported.append(1))
    session.start()
    wait_for(qtbot, window, Status.FINISHED)
    assert reported == []
    assert session.messages.current is None
    assert status(window).endswith("layer 2 is dead"), "but the bar still says so"


def test_that_it_died_again_is_not_reported_in_the_same_training(ready_window: CardWindow, qtbot: QtBot) -> None:
    window, session = ready_window, ready_window.session
    reported: list[object] = []
    session.training.died.connect(reported.append)
    biases = session.runs.current.network.biases[1]
    for value, dead in ((-1e5, True), (0, False), (-1e5, True)):
        biases[:] = value
        session.step_epoch()
        wait_for(qtbot, window, Status.TRAINING)
        wait_for(qtbot, window, Status.PAUSED)
        assert ("dead" in status(window)) == dead
    assert reported == [session.runs.current]


def test_the_message_names_the_layer_that_is_dead_now(ready_window: CardWindow, qtbot: QtBot) -> None:
    """Another layer may die later in the same training."""
    window, session = ready_window, ready_window.session
    kill(window)
    train_epochs(qtbot, window, 1)
    figures = Evaluation(0.1, 0.9, None)
    offered = [choice.text for choice in session.messages.current.choices]
    session.training.runner.reported.emit(
        session.runs.current.id, Epochs.of([Epoch(2, figures, figures, 0.1, None, 1)])
    )
    assert status(window) == "epoch 1 of 1 · layer 1 is dead"
    assert ": layer 1 has the same output" in session.messages.current.text
    assert [choice.text for choice in session.messages.current.choices] == offered
    session.messages.dismiss()
    session.training.runner.reported.emit(
        session.runs.current.id, Epochs.of([Epoch(3, figures, figures, 0.1, None, 2)])
    )
    assert status(window) == "epoch 1 of 1 · layer 2 is dead"
    assert session.messages.current is None, "a message that was dismissed does not come back"


def test_one_that_learns_is_not_called_dead(ready_window: CardWindow, qtbot: QtBot) -> None:
    train_epochs(qtbot, ready_window, 1)
    assert status(ready_window) == "epoch 1 of 1"
    assert ready_window.session.messages.current is None


def test_that_it_died_between_others_is_reported_with_its_layer(ready_model: Model) -> None:
    """Short epochs come together, and after the last one it may learn again."""
    session, figures = ready_model.session, Evaluation(0.1, 0.9, None)
    ended = [Epoch(1, figures, figures, 0.1, None, 2), Epoch(2, figures, figures, 0.1)]
    session.training.runner.reported.emit(session.runs.current.id, Epochs.of(ended))
    reported = session.messages.current
    assert reported is not None
    assert "layer 2" in reported.text
    assert session.runs.current.history.completed == 2


def test_while_looking_back_the_progress_says_that_it_is_of_now(ready_window: CardWindow, qtbot: QtBot) -> None:
    session = ready_window.session
    session.step_epoch()
    wait_for(qtbot, ready_window, Status.PAUSED)
    session.step_batch()
    wait_for(qtbot, ready_window, Status.PAUSED)
    assert " · 1 of 20 batches" in status(ready_window)
    session.timeline.go_to(1)
    assert status(ready_window).startswith("now: 1 of 20 batches")


# ---- looks


def colours_in(widget: QWidget) -> set[str]:
    """Those that it is painted in."""
    image = widget.grab().toImage()
    return {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}


def test_symbols_follow_the_theme_and_the_state(qapp: QApplication, make_cards: MakeCards) -> None:
    window = make_cards()
    window.add_bars()
    for name in ("light", "dark"):
        theme.apply(qapp, name)
        QCoreApplication.processEvents()
        look = theme.current()
        assert look.on_ink in symbol_colours(window, "trainButton")
        window.session.settings.set_problem("epochs", "wrong")
        assert look.on_ink not in symbol_colours(window, "trainButton")
        window.session.settings.forget_problems()


def symbol_colours(window: AnyWindow, name: str) -> set[str]:
    """Of the pixels of a button's symbol that are opaque."""
    image = find(window, QPushButton, name).icon().pixmap(32).toImage()
    every = (image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height()))
    return {colour.name() for colour in every if colour.alpha() == 255}


def test_what_can_be_clicked_looks_like_a_button_and_other_words_do_not(whole_window: MainWindow, qtbot: QtBot) -> None:
    window = whole_window
    open_more(qtbot, window)
    button = find(window, QToolButton, "otherExamplesButton")
    button.parentWidget().setFocus()
    image = button.grab().toImage()
    assert theme.current().edge in {image.pixelColor(x, image.height() // 2).name() for x in range(9)}
    show_view(qtbot, window, "distributionsView")
    assert "bar height ∝ √count" in find(window, QLabel, "distributionsKey").text()
    assert not [each for each in window.findChildren(QToolButton) if "count" in each.text()]
