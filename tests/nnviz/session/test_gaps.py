"""A quick training is gone through again when it rests, so that each of its epochs can be looked back at."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from nnviz.library import Library
from nnviz.library.replay import replay
from nnviz.session import gaps as module
from nnviz.session.asked import PAST
from nnviz.session.exact import Exact
from nnviz.session.status import Status
from nnviz.window.main_window import MainWindow
from tests.conftest import MakeWindow
from tests.nnviz.helpers import wait_for
from tests.nnviz.panels.plane_helpers import load

EPOCHS = 40


@pytest.fixture
def window(make_window: MakeWindow, qtbot: QtBot) -> MainWindow:
    """Recorded, with a table that is learned forty times in the wink of an eye."""
    window = make_window(records=True)
    wait_for(qtbot, window, Status.READY)
    load(qtbot, window, "mpg")
    window.session.settings.change("epochs", epochs=EPOCHS, batch_size=64)
    return window


def train(window: MainWindow, qtbot: QtBot) -> None:
    window.session.start()
    wait_for(qtbot, window, Status.FINISHED)


def ends(window: MainWindow) -> list[float]:
    return [epoch for epoch in window.session.timeline.epochs if epoch and epoch == round(epoch)]


def wait_until_filled(window: MainWindow, qtbot: QtBot, epochs: int = EPOCHS) -> None:
    qtbot.waitUntil(lambda: ends(window) == list(range(1, epochs + 1)), timeout=20_000)


def held(monkeypatch: pytest.MonkeyPatch) -> tuple[Event, list[list[float]]]:
    """It waits for that event; the moments for which it was begun."""
    opened, begun = Event(), list[list[float]]()
    past = Exact.past

    def slow(self: Exact, run: Any, moments: Any, *more: Any) -> Callable[[], Any]:
        begun.append(list(moments))
        real = past(self, run, moments, *more)

        def made() -> Any:
            while not opened.wait(0.005):
                yield 0.25, None
            return (yield from real())

        return made

    monkeypatch.setattr(Exact, "past", slow)
    return opened, begun


def test_every_epoch_can_be_looked_back_at_exactly(window: MainWindow, qtbot: QtBot) -> None:
    train(window, qtbot)
    wait_until_filled(window, qtbot)
    session = window.session
    run, dataset = session.runs.current, session.dataset
    assert run.record is not None
    for epoch in (3, 17, 39):
        session.timeline.go_to(epoch)
        assert session.timeline.epoch == epoch
        with Library(session.records.path) as library:
            steps = replay(library, run.record, epoch, dataset)
            while True:
                try:
                    next(steps)
                except StopIteration as found:
                    exact = found.value.trainer.network.parameters
                    break
        np.testing.assert_array_equal(session.displayed.as_trained.parameters, exact)
        assert session.timeline.figures == (epoch, run.history.figures(epoch))


def test_what_was_answered_at_each_epoch_is_drawn(window: MainWindow, qtbot: QtBot) -> None:
    session = window.session
    session.question.set_example(session.dataset.test.inputs[3])
    session.probes.want("a test", (PAST,), True)
    train(window, qtbot)
    qtbot.waitUntil(lambda: {3, 10, 30} <= set(session.probes[PAST].result.epochs))
    wait_until_filled(window, qtbot)
    qtbot.waitUntil(lambda: session.probes[PAST].is_up_to_date)
    epochs = session.probes[PAST].result.epochs
    assert (epochs, epochs[-1]) == (sorted(epochs), EPOCHS), "lines go from left to right, up to now"


def test_one_that_goes_on_is_filled_again(window: MainWindow, qtbot: QtBot) -> None:
    train(window, qtbot)
    wait_until_filled(window, qtbot)
    train(window, qtbot)
    wait_until_filled(window, qtbot, 2 * EPOCHS)


def test_one_that_was_put_into_another_window_too(
    window: MainWindow, qtbot: QtBot, make_window: MakeWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as within:
        _, begun = held(within)
        train(window, qtbot)
        qtbot.waitUntil(lambda: bool(begun))
        record = window.session.runs.current.record
        window.close_unasked()
    other = make_window(records=True)
    load(qtbot, other, "mpg")
    assert record is not None
    other.session.library.open(record)
    qtbot.waitUntil(lambda: other.session.runs.current.record == record)
    wait_until_filled(other, qtbot)


def test_a_long_training_is_left_alone(window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_SECONDS", 0.0)
    opened, begun = held(monkeypatch)
    opened.set()
    train(window, qtbot)
    qtbot.waitUntil(lambda: bool(begun) and not window.session.gaps.work.is_running)
    assert len(ends(window)) < EPOCHS


def test_of_very_many_epochs_some_are_kept_within_the_room(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MOST_SECONDS", 1000)
    session = window.session
    session.settings.change("epochs", epochs=300)
    train(window, qtbot)
    qtbot.waitUntil(lambda: max(np.diff(session.timeline.epochs)) <= 6, timeout=30_000)
    assert len(session.timeline.epochs) <= 257


def test_training_on_gives_it_up(window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    session = window.session
    opened, _ = held(monkeypatch)
    train(window, qtbot)
    qtbot.waitUntil(lambda: session.gaps.work.is_running)
    session.settings.change("epochs", epochs=1000)
    session.start()
    qtbot.waitUntil(lambda: session.state is Status.TRAINING)
    assert not session.gaps.work.is_running
    opened.set()
    wait_for(qtbot, window, Status.FINISHED)


@pytest.mark.parametrize("how", ["another network", "other data"])
def test_what_takes_its_place_gives_it_up(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    session = window.session
    held(monkeypatch)
    train(window, qtbot)
    qtbot.waitUntil(lambda: session.gaps.work.is_running)
    if how == "another network":
        session.reset()
    else:
        session.data.load("penguins")
    qtbot.waitUntil(lambda: not session.gaps.work.is_running)


def test_it_is_begun_again_when_the_run_comes_back(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = window.session
    opened, _ = held(monkeypatch)
    train(window, qtbot)
    qtbot.waitUntil(lambda: session.gaps.work.is_running)
    session.reset()
    qtbot.waitUntil(lambda: not session.gaps.work.is_running)
    opened.set()
    session.undo.undo()
    wait_until_filled(window, qtbot)


def test_nothing_is_filled_where_every_epoch_is_kept(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, begun = held(monkeypatch)
    for _ in range(3):
        window.session.step_epoch()
        wait_for(qtbot, window, Status.PAUSED)
    qtbot.wait(150)
    assert begun == []


def test_closing_in_the_middle_of_it(window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    held(monkeypatch)
    train(window, qtbot)
    qtbot.waitUntil(lambda: window.session.gaps.work.is_running)
    window.close_unasked()
