"""While it learns: the drawing of now, asked about the whole training so far."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PyQt5.QtCore import Qt
from pytestqt.qtbot import QtBot

from engine.events import BestRestored
from engine.metrics import Evaluation
from nnviz.look import theme
from nnviz.panels.learning_strip import LearningStripPanel, _leaders
from nnviz.session.question import Replay, verdict_of
from nnviz.window.main_window import MainWindow
from tests.nnviz.helpers import drag, pause, press, seven, train_epochs, train_for_a_while


def wait_until_asked(qtbot: QtBot, window: MainWindow) -> None:
    strip = window.card("learningStripDock")
    qtbot.waitUntil(lambda: not strip._timer.isActive() and strip._replay.drawing is window.session.question.picture)


def rows(strip: LearningStripPanel) -> np.ndarray:
    table = strip.table()
    assert table is not None
    return np.array([list(row) for row in table[1]], float)


def expect_true_history(window: MainWindow) -> None:
    """Each row is what the network said, or would have said, at that epoch."""
    session, shown = window.session, rows(window.card("learningStripDock"))
    moments = list(session.runs.current.snapshots)
    assert shown[0, 0] == 0
    assert len(shown) - len(moments) in (0, 1), "the moments, and perhaps now"
    for moment, row in zip(moments, shown, strict=False):
        assert row[0] == moment.epochs
        answer = session.runs.current.network.with_parameters(moment.parameters).predict(
            session.question.picture[None]
        )[0]
        np.testing.assert_allclose(row[1:], answer, atol=1e-6)
    assert shown[-1, 0] == session.runs.current.epochs
    np.testing.assert_allclose(shown[-1, 1:], session.prediction, atol=1e-6)


def test_an_empty_canvas_says_what_to_do(ready_window: MainWindow) -> None:
    strip = ready_window.learning_strip
    assert "draw a digit" in strip.plot._note
    assert strip.table() is None
    assert strip.head.detail.text() == ""
    assert strip.plot.accessibleDescription() == "no answer"


def test_one_moment_is_no_history_yet(ready_window: MainWindow) -> None:
    drag(ready_window.canvas, seven(ready_window.canvas))
    assert "train" in ready_window.learning_strip.plot._note
    assert len(rows(ready_window.learning_strip)) == 1


def test_a_drawing_that_was_there_before_grows_its_history(ready_window: MainWindow, qtbot: QtBot) -> None:
    window = ready_window
    drag(window.canvas, seven(window.canvas))
    train_for_a_while(qtbot, window)
    pause(qtbot, window)
    wait_until_asked(qtbot, window)
    expect_true_history(window)
    assert window.card("learningStripDock").plot._note == ""


def test_a_drawing_of_afterwards_gets_the_whole_history(ready_window: MainWindow, qtbot: QtBot) -> None:
    window = ready_window
    train_epochs(qtbot, window, 3)
    drag(window.canvas, seven(window.canvas))
    wait_until_asked(qtbot, window)
    expect_true_history(window)
    before, described = (
        rows(window.card("learningStripDock")),
        window.card("learningStripDock").plot.accessibleDescription(),
    )
    best = window.session.question.verdict.best
    assert f"{best}: {before[0, 1 + best]:.1%} to {before[-1, 1 + best]:.1%}" in described
    drag(window.canvas, [(40, 40), (120, 60), (60, 120)])
    wait_until_asked(qtbot, window)
    expect_true_history(window)
    assert not np.allclose(before[:, 1:], rows(window.card("learningStripDock"))[:, 1:])


def test_a_second_run_goes_on_where_the_first_ended(ready_window: MainWindow, qtbot: QtBot) -> None:
    window = ready_window
    drag(window.canvas, seven(window.canvas))
    train_epochs(qtbot, window, 2)
    train_epochs(qtbot, window, 2)
    wait_until_asked(qtbot, window)
    expect_true_history(window)
    assert rows(window.card("learningStripDock"))[-1, 0] == 4


def test_reset_begins_a_history_and_undo_brings_the_old_one_back(ready_window: MainWindow, qtbot: QtBot) -> None:
    window = ready_window
    drag(window.canvas, seven(window.canvas))
    train_epochs(qtbot, window, 2)
    wait_until_asked(qtbot, window)
    before = rows(window.card("learningStripDock"))
    window.session.reset()
    wait_until_asked(qtbot, window)
    assert len(rows(window.card("learningStripDock"))) == 1
    expect_true_history(window)
    press(qtbot, window, Qt.Key_Z, Qt.ControlModifier)
    wait_until_asked(qtbot, window)
    np.testing.assert_allclose(rows(window.card("learningStripDock")), before, atol=1e-6)


def test_what_early_stopping_puts_back_is_the_past_again(ready_window: MainWindow, qtbot: QtBot) -> None:
    window = ready_window
    train_epochs(qtbot, window, 3)
    session = window.session
    assert session.runs.current.snapshots.newest.epochs == 3
    session._best_restored(BestRestored(1, Evaluation(0.1, 0.1, None), early=True))
    assert session.runs.current.snapshots.newest.epochs <= session._start_epoch + 1


def test_it_is_asked_in_slices_and_not_while_hidden(
    ready_window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = ready_window
    train_for_a_while(qtbot, window)
    pause(qtbot, window)
    counts: list[int] = []
    original = Replay.ask

    def in_no_time(self: Replay, network: Any, moments: Any, seconds: float) -> bool:
        assert 0 < seconds <= 0.004
        counts.append(len(self._answers))
        return original(self, network, moments, 0)

    monkeypatch.setattr(Replay, "ask", in_no_time)
    window.card("learningStripDock").close()
    drag(window.canvas, seven(window.canvas))
    assert not window.card("learningStripDock")._timer.isActive()
    window.card("learningStripDock").show()
    wait_until_asked(qtbot, window)
    assert len(counts) >= len(window.session.runs.current.snapshots) - 1
    assert counts == sorted(counts)
    expect_true_history(window)


def test_the_leading_class_is_blue_the_second_orange(ready_window: MainWindow, qtbot: QtBot) -> None:
    window = ready_window
    train_epochs(qtbot, window, 3)
    drag(window.canvas, seven(window.canvas))
    wait_until_asked(qtbot, window)
    lines = window.card("learningStripDock")._lines
    assert [line.colour for line in lines] == ["accent", "test", "muted"]
    assert lines[0].name == str(window.session.question.verdict.best)
    words = window.card("learningStripDock").head.detail.text()
    assert theme.colour("accent").name() in words
    assert words.index(f">{lines[0].name}<") < words.index(f">{lines[1].name}<")


def test_the_heads_colours_follow_the_theme(ready_window: MainWindow) -> None:
    drag(ready_window.canvas, seven(ready_window.canvas))
    for name in ("light", "dark"):
        ready_window.set_theme(name)
        assert theme.THEMES[name].accent in ready_window.learning_strip.head.detail.text()


def test_a_network_that_takes_no_drawing_has_no_history(ready_window: MainWindow) -> None:
    session = ready_window.session
    drag(ready_window.canvas, seven(ready_window.canvas))
    session.data.dataset = replace(session.data.dataset, class_names=("yes", "no"))
    session.data.changed.emit()
    assert ready_window.learning_strip.table() is None
    assert ready_window.learning_strip.plot._note == "no answer"


def test_the_lines_are_those_that_lead_now() -> None:
    """Whatever led before; of those with nearly nothing the ones that once had more."""
    past = np.array([[0.0, 0.9, 0.5, 0.1, 0.3], [0.0, 0.8, 0.5, 0.1, 0.3]])
    for now, expected in (
        ([0.1, 0.2, 0.0, 0.7, 0.0], [3, 1, 0]),
        ([0.12, 0.118, 0.0, 0.7, 0.119], [3, 0, 1]),
        ([0.001, 0.0, 0.002, 0.99, 0.004], [3, 1, 2]),
        ([0.4, 0.4, 0.0, 0.2, 0.0], [0, 1, 3]),
    ):
        answer = np.array(now)
        assert _leaders(np.vstack([past, answer]), verdict_of(answer)) == expected, now


def test_the_head_names_the_classes_of_the_verdict(ready_window: MainWindow, qtbot: QtBot) -> None:
    window = ready_window
    train_epochs(qtbot, window, 1)
    drag(window.canvas, [(60, 60), (120, 90), (60, 150)])
    wait_until_asked(qtbot, window)
    verdict = window.session.question.verdict
    lines = window.card("learningStripDock")._lines
    assert lines[0].name == str(verdict.best)
    assert verdict.second_share >= 0.01, "after an epoch it is not that sure"
    assert lines[1].name == str(verdict.second)
