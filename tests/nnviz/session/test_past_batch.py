"""A step of the past: on an example from the network that is displayed, on the next batch exactly as it was taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from threading import Event
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from engine.metrics import Evaluator
from engine.one_step import OneStep
from nnviz.library import Library
from nnviz.session import past_batch as module
from nnviz.session.exact import Exact
from nnviz.session.selection import Example
from nnviz.session.status import Status
from nnviz.session.step_through import Written
from nnviz.window.main_window import MainWindow
from tests.conftest import MakeWindow
from tests.nnviz.helpers import pause, train_for_a_while, wait_for


@pytest.fixture
def recorded(make_window: MakeWindow, qtbot: QtBot) -> MainWindow:
    """Recorded, of a small network, whose moments are kept as they are."""
    window = make_window(records=True)
    wait_for(qtbot, window, Status.READY)
    settings = window.session.settings
    settings.change("all", hidden=(12,), optimizer="adam", learning_rate=0.003, dropout=0.2, epochs=6)
    window.session.reset()
    window.session.step_through.want(True)
    return window


def newest(window: MainWindow, qtbot: QtBot) -> Written:
    step_through = window.session.step_through
    qtbot.waitUntil(lambda: step_through.is_newest, timeout=20_000)
    assert step_through.written is not None
    return step_through.written


def train(window: MainWindow, qtbot: QtBot, epochs: int, batches: int = 0) -> None:
    session = window.session
    for step in [session.step_epoch] * epochs + [session.step_batch] * batches:
        step()
        wait_for(qtbot, window, Status.PAUSED, Status.FINISHED)


def expect_same(found: OneStep, then: OneStep) -> None:
    """The same step to the bit."""
    pairs = [(found.inputs, then.inputs), (found.gradient, then.gradient), (found.losses, then.losses)]
    pairs += [(getattr(found, when).parameters, getattr(then, when).parameters) for when in ("before", "after")]
    for one, other in pairs:
        np.testing.assert_array_equal(one, other)
    assert (found.epoch, found.batch, found.rate, found.is_given) == (then.epoch, then.batch, then.rate, False)


def held(monkeypatch: pytest.MonkeyPatch) -> tuple[Event, list[float]]:
    """Going back waits for that event; the moments to which it was begun to go back."""
    opened, begun = Event(), list[float]()
    steps = Exact.steps

    def slow(self: Exact, wish: Any) -> Callable[[], Any]:
        begun.append(wish.at)
        real = steps(self, wish)

        def made() -> Any:
            while not opened.wait(0.005):
                yield 0.25, None
            return (yield from real())

        return made

    monkeypatch.setattr(Exact, "steps", slow)
    return opened, begun


# ---- on an example


def test_on_an_example_it_begins_with_the_displayed_network(recorded: MainWindow, qtbot: QtBot) -> None:
    session = recorded.session
    train(recorded, qtbot, 3)
    session.selection.choose_example(Example("test", 3))
    session.step_through.choose(True)
    now = newest(recorded, qtbot)
    session.timeline.go_to(1)
    then = newest(recorded, qtbot)
    assert then.step.is_given
    assert then.epoch == 1
    np.testing.assert_array_equal(then.step.before.parameters, session.displayed.as_trained.parameters)
    assert not np.array_equal(then.step.before.parameters, now.step.before.parameters)
    assert then.step.targets[0].argmax() == session.dataset.test.labels[3]
    session.timeline.go_live()
    assert np.array_equal(newest(recorded, qtbot).step.before.parameters, now.step.before.parameters)


def test_what_it_would_do_to_the_error_is_of_that_moment(recorded: MainWindow, qtbot: QtBot) -> None:
    session, effects = recorded.session, recorded.session.step_effects
    effects.want(True)
    train(recorded, qtbot, 2)
    before = newest(recorded, qtbot)
    session.step_through.take()
    qtbot.waitUntil(lambda: effects.did is not None)
    assert effects.did is not None
    assert np.array_equal(session.runs.current.parameters, before.step.after.parameters)
    session.selection.choose_example(Example("test", 3))
    session.step_through.choose(True)
    session.timeline.go_to(1)
    newest(recorded, qtbot)
    qtbot.waitUntil(lambda: effects.would is not None)
    assert effects.would is not None
    measured = Evaluator(session.displayed.as_trained, session.dataset.test).evaluate()
    assert effects.would.before == measured.error
    assert effects.did is None, "the last step is none of that moment's"


def test_the_past_cannot_be_stepped_on_from(recorded: MainWindow, qtbot: QtBot) -> None:
    session = recorded.session
    train(recorded, qtbot, 2)
    now = session.runs.current.parameters.copy()
    session.selection.choose_example(Example("test", 3))
    session.step_through.choose(True)
    session.timeline.go_to(1)
    newest(recorded, qtbot)
    assert not session.step_through.can_take
    session.step_through.take()
    assert not session.step_through.will_take
    assert np.array_equal(session.runs.current.parameters, now)
    session.timeline.go_live()
    newest(recorded, qtbot)
    assert session.step_through.can_take


def test_while_it_trains_the_step_of_the_past_stays_and_live_it_is_one_of_now(
    recorded: MainWindow, qtbot: QtBot
) -> None:
    session = recorded.session
    session.selection.choose_example(Example("test", 3))
    session.step_through.choose(True)
    train_for_a_while(qtbot, recorded)
    session.timeline.go_to(0)
    then = newest(recorded, qtbot)
    assert np.array_equal(then.step.before.parameters, session.displayed.as_trained.parameters)
    before = session.runs.current.epochs
    qtbot.waitUntil(lambda: session.runs.current.epochs > before + 1)
    assert session.step_through.written is then
    session.timeline.go_live()
    qtbot.waitUntil(lambda: session.step_through.written.about.moment is None)
    pause(qtbot, recorded)


# ---- on the next batch


def test_the_batch_of_then_is_the_one_that_was_taken(recorded: MainWindow, qtbot: QtBot) -> None:
    session = recorded.session
    train(recorded, qtbot, 1, 4)
    at, then = session.runs.current.epochs, newest(recorded, qtbot).step
    train(recorded, qtbot, 2, 3)
    session.timeline.go_to(at)
    assert session.timeline.epoch == at
    found = newest(recorded, qtbot)
    expect_same(found.step, then)
    assert (found.epoch, found.step.batch) == (2, 5)
    assert session.past_batch.why_not == ""
    assert session.past_batch.found.differences == []


def test_changed_settings_on_the_way_are_those_of_then(recorded: MainWindow, qtbot: QtBot) -> None:
    session = recorded.session
    train(recorded, qtbot, 1)
    session.settings.change("rate", learning_rate=0.02)
    train(recorded, qtbot, 0, 2)
    at, then = session.runs.current.epochs, newest(recorded, qtbot).step
    train(recorded, qtbot, 0, 2)
    changed_at = session.runs.current.epochs
    session.settings.change("rate", learning_rate=0.0001)
    train(recorded, qtbot, 1)
    session.timeline.go_to(at)
    found = newest(recorded, qtbot).step
    expect_same(found, then)
    assert found.rate == 0.02
    session.timeline.go_to(changed_at)
    assert newest(recorded, qtbot).step.rate == 0.0001


def test_the_latest_moment_wins(recorded: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    session = recorded.session
    train(recorded, qtbot, 3)
    opened, begun = held(monkeypatch)
    for epoch in (1, 2):
        session.timeline.go_to(epoch)
        qtbot.waitUntil(lambda epoch=epoch: begun[-1:] == [epoch])
    opened.set()
    found = newest(recorded, qtbot)
    assert found.about.moment is session.displayed.moment
    assert (found.epoch, found.step.batch) == (3, 1)
    np.testing.assert_array_equal(found.step.before.parameters, session.displayed.as_trained.parameters)


def test_while_one_scrubs_it_goes_nowhere(recorded: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    session = recorded.session
    train(recorded, qtbot, 3)
    opened, begun = held(monkeypatch)
    opened.set()
    for epoch in (1, 2, 1, 0, 2):
        session.timeline.go_to(epoch)
    newest(recorded, qtbot)
    assert begun == [2]


def test_of_an_example_or_out_of_view_nobody_goes_back(
    recorded: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = recorded.session
    train(recorded, qtbot, 2)
    _, begun = held(monkeypatch)
    session.selection.choose_example(Example("test", 3))
    session.step_through.choose(True)
    with qtbot.waitSignal(session.timeline.rested):
        session.timeline.go_to(1)
    newest(recorded, qtbot)
    session.step_through.want(False)
    session.step_through.choose(False)
    assert begun == []


def test_it_says_that_it_takes_long_and_can_be_given_up_and_begun_again(
    recorded: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PATIENCE", 1)
    session, past = recorded.session, recorded.session.past_batch
    past._patience.setInterval(1)
    train(recorded, qtbot, 2)
    newest(recorded, qtbot)
    opened, _ = held(monkeypatch)
    session.selection.choose_example(Example("test", 3))
    session.timeline.go_to(1)
    qtbot.waitUntil(lambda: past.is_long and past.work.share == 0.25)
    assert session.step_through.written is None
    assert "trained to this moment again" in session.step_through.line
    past.cancel()
    assert "given up" in past.why_not
    assert newest(recorded, qtbot).step.is_given
    assert past.can_begin_again
    opened.set()
    past.begin()
    qtbot.waitUntil(lambda: past.found is not None)
    assert not newest(recorded, qtbot).step.is_given
    assert past.why_not == ""


# ---- what is not known


def test_a_run_that_is_not_recorded(ready_window: MainWindow, qtbot: QtBot) -> None:
    session = ready_window.session
    session.step_through.want(True)
    train(ready_window, qtbot, 2)
    session.timeline.go_to(1)
    assert "is not recorded" in session.past_batch.why_not
    assert not session.past_batch.can_begin_again
    qtbot.waitUntil(lambda: session.step_through.line.startswith("Draw something or choose an example to see"))
    session.selection.choose_example(Example("test", 3))
    written = newest(ready_window, qtbot)
    assert written.step.is_given
    assert not session.step_through.of_example, "it is still the batch that is asked for"
    session.timeline.go_live()
    assert not newest(ready_window, qtbot).step.is_given


def test_other_data(recorded: MainWindow, qtbot: QtBot) -> None:
    session = recorded.session
    train(recorded, qtbot, 2)
    run = session.runs.current
    run.experiment = replace(run.experiment, fingerprint="other")
    session.timeline.go_to(1)
    assert "needs the data" in session.past_batch.why_not


def test_a_record_that_is_gone(recorded: MainWindow, qtbot: QtBot) -> None:
    session = recorded.session
    train(recorded, qtbot, 2)
    session.selection.choose_example(Example("test", 3))
    session.settings.change("epochs", epochs=2)
    session.start()
    wait_for(qtbot, recorded, Status.FINISHED)
    with Library() as library:
        library.empty()
    session.timeline.go_to(1)
    qtbot.waitUntil(lambda: "nothing is kept" in session.past_batch.why_not)
    assert session.messages.current is None
    assert newest(recorded, qtbot).step.is_given


def test_closing_in_the_middle_of_it(recorded: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    train(recorded, qtbot, 2)
    _, begun = held(monkeypatch)
    recorded.session.timeline.go_to(1)
    qtbot.waitUntil(lambda: begun == [1])
    recorded.close_unasked()
