"""The curves of opened or replaced networks, and their context menu."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PyQt5.QtCore import QCoreApplication, Qt
from PyQt5.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from engine.experiment import Experiment
from engine.storage import save_network
from nnviz.session.status import Status
from nnviz.window.main_window import MainWindow
from tests.nnviz.cards.card_window import AnyWindow, CardWindow, MakeCards
from tests.nnviz.cards.curves.test_card import another_network, drawn, earlier_name, plot_of, switch, turn_to
from tests.nnviz.helpers import action, find, train_epochs


@pytest.fixture
def ready_window(make_cards: MakeCards) -> CardWindow:
    return make_cards("curvesDock")


def open_one_of_long_training(qtbot: QtBot, window: AnyWindow, folder: Path) -> None:
    """150 epochs, says the file, and has no curves."""
    network = Experiment().changed(hidden=(20,)).build()
    network.provenance = {"epochs": 150}
    path = folder / "long.json"
    save_network(network, path)
    window.session.files.open(path)
    qtbot.waitUntil(lambda: window.session.runs.current.storage.path == path)
    QCoreApplication.processEvents()


def measure(qtbot: QtBot, window: AnyWindow) -> None:
    """A step, before which the network is measured: one figure of each curve."""
    session = window.session
    session.step_batch()
    qtbot.waitUntil(lambda: session.state is Status.PAUSED and bool(session.runs.current.history.error.test.epochs))


def end_of_axis(window: AnyWindow) -> float:
    """The last epoch that is seen."""
    return round(plot_of(window, "errorPlot").end, 6)


def test_an_opened_network_without_curves_says_so(ready_window: CardWindow, qtbot: QtBot, tmp_path: Path) -> None:
    window = ready_window
    hint = find(plot_of(window, "errorPlot"), QLabel, "plotHint")
    assert not hint.isVisible()
    train_epochs(qtbot, window, 2)
    open_one_of_long_training(qtbot, window, tmp_path)
    assert hint.isVisible(), "over the curves of the earlier run too"
    assert hint.text() == "opened at epoch 150; its curve starts when you train it"
    assert plot_of(window, "errorPlot").rect().contains(hint.geometry())
    measure(qtbot, window)
    qtbot.waitUntil(lambda: not hint.isVisible())
    turn_to(qtbot, window, "lossView")
    assert not find(plot_of(window, "lossPlot"), QLabel, "plotHint").isVisible()
    window.session.reset()
    assert not hint.isVisible()


def test_one_that_was_only_measured_leaves_nothing_behind(
    ready_window: CardWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    window = ready_window
    open_one_of_long_training(qtbot, window, tmp_path)
    window.session.settings.change("epochs", epochs=2)
    measure(qtbot, window)
    qtbot.waitUntil(lambda: drawn(plot_of(window, "errorPlot"), "test")[0] == [150])
    assert end_of_axis(window) == 152
    window.session.reset()
    QCoreApplication.processEvents()
    assert window.session.runs.compared == []
    assert not earlier_name(window).isVisible()
    assert end_of_axis(window) == 2


# ---- the right click


def test_earlier_runs_zoom_and_scale_by_menus_and_keys(whole_window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    window, session = whole_window, whole_window.session
    forget = action(window, "actionForgetEarlierRuns")
    assert not forget.isEnabled()
    train_epochs(qtbot, window, 1)
    session.reset()
    plot = plot_of(window, "errorPlot")
    assert len(plot.earlier_lines) == 1
    assert forget.isEnabled()
    forget.trigger()
    assert session.runs.compared == []
    assert len(plot.earlier_lines) == 0
    assert not earlier_name(window).isVisible()
    window.session.undo.undo()
    assert len(plot.earlier_lines) == 1
    assert earlier_name(window).isVisible()

    # The zoom is reset from the menu.
    forget.trigger()
    train_epochs(qtbot, window, 3)
    window.curves.loss.fill()
    reset = action(window, "actionResetZoom")
    assert reset in plot.actions()
    assert not reset.isEnabled()
    plot.setFocus()
    qtbot.keyClick(plot, Qt.Key.Key_Plus)
    assert reset.isEnabled()
    reset.trigger()
    assert not plot.is_zoomed
    assert not reset.isEnabled()

    # The scale is switched from the menu.
    log = action(window, "actionLogarithmic")
    assert log in plot_of(window, "errorPlot").actions()
    assert log.isChecked()
    log.trigger()
    assert not plot.is_log
    np.testing.assert_allclose(
        drawn(plot_of(window, "errorPlot"), "test")[1],
        100 * np.array(window.session.runs.current.history.error.joined("test").values),
    )
    assert switch(qtbot, window, "actionLogarithmic").isChecked()

    # A run that began late does not stretch the axis of the next.
    open_one_of_long_training(qtbot, window, tmp_path)
    action(window, "actionForgetEarlierRuns").trigger()
    train_epochs(qtbot, window, 2)
    assert drawn(plot_of(window, "errorPlot"), "test")[0] == [150, 151, 152]
    another_network(window.session, 30)
    train_epochs(qtbot, window, 2)
    assert end_of_axis(window) == 2
    assert len(window.session.runs.compared) == 1
    assert not earlier_name(window).isVisible(), "nothing of it can be seen"
    assert action(window, "actionForgetEarlierRuns").isEnabled()
    window.session.settings.change("epochs", epochs=200)
    window.session.step_batch()
    qtbot.waitUntil(lambda: earlier_name(window).isVisible())
    assert end_of_axis(window) > 152
