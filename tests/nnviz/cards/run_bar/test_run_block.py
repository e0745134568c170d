"""The run block: the speed and how the status says it, its size, and which buttons can be pressed."""

from __future__ import annotations

import numpy as np
import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from nnviz.cards.run_bar.run_block import RunBlock
from nnviz.session.status import Status
from nnviz.ui import theme
from nnviz.window.main_window import MainWindow
from tests.conftest import MakeWindow
from tests.nnviz.cards.card_window import CardWindow, MakeCards
from tests.nnviz.helpers import (
    MANY_EPOCHS,
    action,
    click,
    find,
    is_shown,
    press,
    stored_settings,
    train_epochs,
    wait_for,
)


@pytest.fixture
def ready_window(make_cards: MakeCards) -> CardWindow:
    window = make_cards()
    window.add_bars()
    return window


def status(window: CardWindow | MainWindow) -> str:
    return find(window, QLabel, "runStatus").text()


def is_slow(window: CardWindow | MainWindow) -> bool:
    """Whether the switch says so."""
    slow, full = (find(window, QPushButton, f"speed{name}Button") for name in ("Slow", "Full"))
    assert slow.isChecked() != full.isChecked()
    return slow.isChecked()


def test_slow_and_full_are_a_click_and_change_nothing_but_the_pace(ready_window: CardWindow, qtbot: QtBot) -> None:
    window, session = ready_window, ready_window.session
    train_epochs(qtbot, window, 3)
    alone = session.runs.current.network.parameters.copy()
    session.reset()
    assert not is_slow(window)
    click(qtbot, window, QPushButton, "speedSlowButton")
    click(qtbot, window, QPushButton, "trainButton")
    qtbot.waitUntil(lambda: session.training.progress.batch > 1)
    assert is_slow(window)
    assert "slow, " in status(window)
    assert status(window).split(" · ")[-1].endswith(" a second"), "no time is left that was not computed for this pace"
    click(qtbot, window, QPushButton, "speedFullButton")
    wait_for(qtbot, window, Status.FINISHED)
    assert not is_slow(window)
    assert "slow" not in status(window)
    np.testing.assert_array_equal(session.runs.current.network.parameters, alone)


def test_a_pause_ends_the_wait_and_nothing_can_be_stepped_meanwhile(
    ready_window: CardWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nnviz.jobs.pace._FEWEST_STEPS", 1e-9)
    window, session = ready_window, ready_window.session
    session.settings.change("epochs", epochs=1)
    session.speed.choose(True)
    click(qtbot, window, QPushButton, "trainButton")
    qtbot.waitUntil(lambda: session.training.progress.batch == 1)
    for name in ("stepBatchButton", "stepEpochButton"):
        assert not find(window, QPushButton, name).isEnabled()
    click(qtbot, window, QPushButton, "trainButton")
    wait_for(qtbot, window, Status.PAUSED)
    session.settings.set_problem("epochs", "wrong")
    assert not find(window, QPushButton, "resetButton").isEnabled()


def test_the_menu_and_its_key_switch_the_speed_too_and_it_is_not_remembered(
    whole_window: MainWindow, qtbot: QtBot
) -> None:
    window = whole_window
    entry = action(window, "actionSpeed")
    press(qtbot, window, Qt.Key.Key_L)
    assert window.session.speed.is_slow
    assert entry.isChecked()
    assert is_slow(window)
    entry.trigger()
    assert not is_slow(window)


def test_the_first_epoch_of_a_new_user_is_slow_once(ready_window: CardWindow, qtbot: QtBot) -> None:
    window, session = ready_window, ready_window.session
    began: list[bool] = []
    session.speed.started_slowly.connect(lambda: began.append(True))
    session.settings.change("epochs", epochs=MANY_EPOCHS)
    session.speed.start_slowly()
    assert not is_slow(window), "not before it trains"
    session.start()
    qtbot.waitUntil(lambda: "slow start, " in status(window))
    assert is_slow(window)
    click(qtbot, window, QPushButton, "speedFullButton")
    assert not is_slow(window)
    assert began == [True]
    qtbot.waitUntil(lambda: session.runs.current.history.completed > 1)
    session.reset()
    session.speed.start_slowly()
    session.start()
    qtbot.waitUntil(lambda: session.runs.current.history.completed > 1)
    assert not session.speed.is_slow, "it ends by itself after an epoch"
    assert "slow" not in status(window)


def test_the_slow_start_is_remembered_from_its_first_step_on(make_window: MakeWindow, qtbot: QtBot) -> None:
    window = make_window()
    qtbot.waitUntil(lambda: is_shown(window.session.data))
    window.start_slowly()
    press(qtbot, window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: window.session.speed.starts_slowly)
    qtbot.waitUntil(lambda: stored_settings().get("slow_start") == "done")
    window.session.pause()
    wait_for(qtbot, window, Status.PAUSED)
    other = make_window()
    qtbot.waitUntil(lambda: is_shown(other.session.data))
    other.start_slowly()
    other.session.start()
    wait_for(qtbot, other, Status.TRAINING)
    assert not other.session.speed.is_slow


def test_what_ignores_the_speed_trains_at_once(
    ready_window: CardWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nnviz.jobs.pace._FEWEST_STEPS", 1e-9)
    ready_window.session.speed.choose(True)
    end = ready_window.session.speed.ignore()
    train_epochs(qtbot, ready_window, 1)
    assert ready_window.session.runs.current.history.completed == 1
    end()
    assert ready_window.session.speed.is_slow


@pytest.mark.parametrize("percent", [100, 150, 200])
def test_all_words_have_room_in_the_width_of_the_column(
    ready_window: CardWindow, qtbot: QtBot, qapp: QApplication, percent: int
) -> None:
    theme.apply(qapp, "light", percent)
    block = RunBlock(ready_window.session)
    qtbot.addWidget(block)
    ready_window.session.settings.change("epochs", epochs=20)
    heights = ((False, True, theme.px(180)), (True, True, theme.px(78) + 26), (True, False, theme.px(46) + 18))
    for is_tight, has_steps, height in heights:
        block.set_tight(is_tight)
        block.show_steps(has_steps)
        block.resize(round(276 * (1 + percent / 100) / 2), block.sizeHint().height())
        block.show()
        assert block.height() == height
        assert block.batch.isVisible() == block.epoch.isVisible() == block.reset.isVisible() == has_steps
        assert block.speed.isVisible() != is_tight
        assert abs(block.train.height() - theme.px(46)) <= 2
        for button in block.findChildren(QPushButton):
            assert button.sizeHint().width() <= button.width() or not button.isVisible(), button.objectName()
    block.hide()
