"""Work in pieces: in its order, once, and with room for the mouse between two of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PyQt5.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer
from PyQt5.QtGui import QMouseEvent
from PyQt5.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from nnviz.jobs.deferred_calls import CallQueue, DeferredCall


class Hand(QWidget):
    """Notes when a move of the mouse is handled."""

    def __init__(self, done: list[str]) -> None:
        super().__init__()
        self._done = done

    def move_mouse(self) -> None:
        """As if it moved now, while something else is done."""
        at = self.rect().center()
        QCoreApplication.postEvent(
            self,
            QMouseEvent(
                QEvent.Type.MouseMove,
                at,
                Qt.MouseButton.LeftButton,
                Qt.MouseButton.LeftButton,
                Qt.KeyboardModifier.NoModifier,
            ),
        )

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._done.append("mouse")


@pytest.fixture
def done() -> list[str]:
    return []


@pytest.fixture
def hand(qtbot: QtBot, done: list[str]) -> Hand:
    hand = Hand(done)
    qtbot.addWidget(hand)
    return hand


@pytest.fixture
def parent(qtbot: QtBot) -> Iterator[QObject]:
    parent = QObject()
    yield parent
    parent.deleteLater()


def test_a_turn_comes_once_however_often_it_is_asked_for(qtbot: QtBot, parent: QObject, done: list[str]) -> None:
    turn = DeferredCall(lambda: done.append("call"), parent)
    for _ in range(3):
        turn.schedule()
    assert turn.is_wanted
    assert not done
    qtbot.waitUntil(lambda: not turn.is_wanted)
    assert done == ["call"]
    turn.schedule()
    qtbot.waitUntil(lambda: done == ["call", "call"])


def test_one_that_was_cancelled_does_not_come(qtbot: QtBot, parent: QObject, done: list[str]) -> None:
    turn, later = DeferredCall(lambda: done.append("call"), parent), DeferredCall(lambda: done.append("later"), parent)
    turn.schedule()
    turn.cancel()
    later.schedule()
    qtbot.waitUntil(lambda: bool(done))
    assert done == ["later"]


def test_the_mouse_comes_before_a_turn_that_is_due(qtbot: QtBot, parent: QObject, hand: Hand, done: list[str]) -> None:
    """Qt calls timers that are due at once one after another; the mouse that moves meanwhile would come after all."""
    turn, timers = DeferredCall(lambda: done.append("call"), parent), [QTimer(parent), QTimer(parent)]
    timers[0].timeout.connect(hand.move_mouse)
    timers[1].timeout.connect(lambda: done.append("timer"))
    for timer in timers:
        timer.setSingleShot(True)
        timer.start(1)
    turn.schedule()
    while any(timer.remainingTime() > 0 for timer in timers):  # until all are due
        pass
    qtbot.waitUntil(lambda: len(done) == 3)
    assert done == ["timer", "mouse", "call"]


def test_all_come_in_order_with_the_mouse_between(qtbot: QtBot, parent: QObject, hand: Hand, done: list[str]) -> None:
    views = CallQueue(parent)

    def first() -> None:
        done.append("first")
        hand.move_mouse()

    views.add(first)
    views.add(lambda: done.append("second"))
    with qtbot.waitSignal(views.ended):
        views.begin()
        assert views.is_in_progress
        assert not done
    assert not views.is_in_progress
    assert done == ["first", "mouse", "second"]


def test_what_begins_again_begins_at_the_first(qtbot: QtBot, parent: QObject, done: list[str]) -> None:
    views = CallQueue(parent)

    def first() -> None:
        done.append("first")
        if len(done) == 1:
            views.begin()

    views.add(first)
    views.add(lambda: done.append("second"))
    with qtbot.waitSignal(views.ended):
        views.begin()
    assert done == ["first", "first", "second"]


def test_they_follow_what_is_reported_before(qtbot: QtBot, parent: QObject, done: list[str]) -> None:
    views = CallQueue(parent)
    views.add(lambda: done.append("view"))
    with qtbot.waitSignal(views.ended):
        with views.held():
            assert views.are_held
            assert views.is_in_progress
            assert not done
        assert not views.are_held
        assert views.is_in_progress
    assert done == ["view"]


def test_one_that_fails_does_not_keep_the_others(qtbot: QtBot, parent: QObject, done: list[str]) -> None:
    views = CallQueue(parent)

    def fail() -> None:
        raise ValueError("as it may be")

    views.add(fail)
    views.add(lambda: done.append("second"))
    with qtbot.captureExceptions() as errors, qtbot.waitSignal(views.ended):
        views.begin()
    assert [kind for kind, *_ in errors] == [ValueError]
    assert done == ["second"]


def test_none_comes_after_the_end(qtbot: QtBot, parent: QObject, done: list[str]) -> None:
    views, later = CallQueue(parent), DeferredCall(lambda: done.append("later"), parent)
    views.add(lambda: done.append("view"))
    views.begin()
    views.end()
    later.schedule()
    qtbot.waitUntil(lambda: bool(done))
    assert done == ["later"]
