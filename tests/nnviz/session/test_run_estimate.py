"""The duration of a long run, measured before it starts, next to the preset and the button."""

from __future__ import annotations

import threading

import pytest
from PyQt5.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from engine.basics.validation import Array
from engine.datasets import Dataset
from engine.network.buffers import Buffers
from engine.network.network import Network
from nnviz.session import run_estimate
from nnviz.session.run_estimate import RUN_ESTIMATE
from nnviz.session.status import Status
from tests.nnviz.cards.card_window import CardWindow, MakeCards
from tests.nnviz.helpers import find, pause, pick, wait_for
from tests.nnviz.library.helpers import an_experiment


@pytest.fixture
def window(make_cards: MakeCards) -> CardWindow:
    window = make_cards("trainingCard")
    window.add_bars()
    return window


def test_a_long_run_says_before_it_starts_what_it_costs(window: CardWindow, qtbot: QtBot) -> None:
    session = window.session
    query, status = session.queries[RUN_ESTIMATE], find(window, QLabel, "runStatus")
    assert query.questions == 0, "a short run is not measured"
    pick(qtbot, window, "presetCombo", "Best on MNIST")
    session.settings.change("epochs", epochs=100_000)
    qtbot.waitUntil(lambda: session.run_estimate.text != "", timeout=20_000)
    estimate = session.run_estimate.text
    assert estimate.startswith("about ")
    assert estimate.endswith("for 100\u202f000 epochs")
    assert status.text() == estimate
    notice = find(window, QLabel, "trainingNotice")
    assert notice.text() == f"A{estimate[1:]}, on this computer."
    session.settings.change("patience", patience=3, validation_share=0.1)
    assert status.text() == "", "not measured yet"
    qtbot.waitUntil(lambda: status.text().startswith("at most about "), timeout=20_000)

    estimated = query.result / 100_000
    session.settings.change("patience", patience=0, validation_share=0.0, epochs=100_000)
    session.start()
    wait_for(qtbot, window, Status.TRAINING)
    qtbot.waitUntil(lambda: session.training.progress.seconds_of_epoch > 0, timeout=20_000)
    measurements = query.questions
    pause(qtbot, window)
    assert query.questions == measurements, "a paused run knows how long it takes"
    measured = session.training.progress.seconds_of_epoch
    assert estimated / 5 < measured < 5 * estimated
    assert "about" not in status.text(), "how much is left of the run in progress says more"


def test_measuring_can_be_stopped_after_a_few_examples(monkeypatch: pytest.MonkeyPatch, mnist: Dataset) -> None:
    rows, forward = [0], Network.forward_with_loss

    def counted(network: Network, inputs: Array, targets: Array, buffers: Buffers) -> float:
        rows[-1] += len(inputs)
        return forward(network, inputs, targets, buffers)

    monkeypatch.setattr(Network, "forward_with_loss", counted)
    for _ in run_estimate._measured(an_experiment(mnist, batch_size=1000), mnist):
        rows.append(0)
    assert 0 < max(rows) <= 400, "a step and an evaluation, at most"


def test_it_is_measured_apart_from_the_interface(
    window: CardWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[threading.Thread] = []

    def measured(*_: object) -> float:
        threads.append(threading.current_thread())
        return 3600.0

    monkeypatch.setattr("nnviz.session.run_estimate._measured", measured)
    window.session.settings.change("epochs", epochs=1_000_000)
    qtbot.waitUntil(lambda: window.session.run_estimate.text == "about 60 min for 1\u202f000\u202f000 epochs")
    assert threads[0] is not threading.main_thread()
    window.session.settings.change("epochs", epochs=1)
    assert window.session.run_estimate.text == ""
