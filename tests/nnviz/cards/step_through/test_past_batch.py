"""A step of the past: on an example from the displayed network, on the next batch exactly as it was taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from threading import Event
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from engine.explain.step_trace import StepTrace
from engine.training.metrics import Evaluator
from nnviz.cards.step_through import past_batch as module
from nnviz.cards.step_through.model import StepThrough
from nnviz.cards.step_through.step_request import RecordedStep
from nnviz.library import Library
from nnviz.session.exact_replay import ExactReplay
from nnviz.session.selection import Example
from nnviz.session.status import Status
from tests.nnviz.conftest import Model
from tests.nnviz.helpers import pause, train_for_a_while, wait_for


@pytest.fixture
def small(ready_model: Model) -> Model:
    """A recorded session with a small network, whose snapshots are kept unpacked."""
    session = ready_model.session
    session.records.set_on(True)
    session.settings.change("all", hidden=(12,), optimizer="adam", learning_rate=0.003, dropout=0.2, epochs=6)
    session.reset()
    session.models[StepThrough].choose(of_example=False)
    session.models[StepThrough].want(True)
    return ready_model


def newest(model: Model, qtbot: QtBot) -> RecordedStep:
    step_through = model.session.models[StepThrough]
    qtbot.waitUntil(lambda: step_through.is_newest, timeout=20_000)
    assert step_through.recorded is not None
    return step_through.recorded


def train(model: Model, qtbot: QtBot, epochs: int, batches: int = 0) -> None:
    session = model.session
    for step in [session.step_epoch] * epochs + [session.step_batch] * batches:
        step()
        wait_for(qtbot, model, Status.PAUSED, Status.FINISHED)


def expect_same(found: StepTrace, then: StepTrace) -> None:
    """The same step to the bit."""
    pairs = [(found.inputs, then.inputs), (found.gradient, then.gradient), (found.losses, then.losses)]
    pairs += [(getattr(found, when).parameters, getattr(then, when).parameters) for when in ("before", "after")]
    for one, other in pairs:
        np.testing.assert_array_equal(one, other)
    assert (found.epoch, found.batch, found.rate, found.is_given) == (then.epoch, then.batch, then.rate, False)


def held(monkeypatch: pytest.MonkeyPatch) -> tuple[Event, list[float]]:
    """Going back waits for that event; the moments to which it was begun to go back."""
    opened, begun = Event(), list[float]()
    steps = ExactReplay.steps

    def slow(self: ExactReplay, wish: Any) -> Callable[[], Any]:
        begun.append(wish.at)
        real = steps(self, wish)

        def made() -> Any:
            while not opened.wait(0.005):
                yield 0.25, None
            return (yield from real())

        return made

    monkeypatch.setattr(ExactReplay, "steps", slow)
    return opened, begun


# ---- on an example


def test_on_an_example_it_begins_with_the_displayed_network(small: Model, qtbot: QtBot) -> None:
    session = small.session
    train(small, qtbot, 3)
    session.selection.choose_example(Example("test", 3))
    session.models[StepThrough].choose(True)
    now = newest(small, qtbot)
    session.timeline.go_to(1)
    then = newest(small, qtbot)
    assert then.step.is_given
    assert then.epoch == 1
    np.testing.assert_array_equal(then.step.before.parameters, session.displayed.as_trained.parameters)
    assert not np.array_equal(then.step.before.parameters, now.step.before.parameters)
    assert then.step.targets[0].argmax() == session.dataset.test.labels[3]
    session.timeline.go_live()
    assert np.array_equal(newest(small, qtbot).step.before.parameters, now.step.before.parameters)


def test_what_it_would_do_to_the_error_is_of_that_moment(small: Model, qtbot: QtBot) -> None:
    session, effects = small.session, small.session.models[StepThrough].effects
    effects.want(True)
    train(small, qtbot, 2)
    before = newest(small, qtbot)
    session.models[StepThrough].take()
    qtbot.waitUntil(lambda: effects.did is not None)
    assert effects.did is not None
    assert np.array_equal(session.runs.current.parameters, before.step.after.parameters)
    session.selection.choose_example(Example("test", 3))
    session.models[StepThrough].choose(True)
    session.timeline.go_to(1)
    newest(small, qtbot)
    qtbot.waitUntil(lambda: effects.would is not None)
    assert effects.would is not None
    measured = Evaluator(session.displayed.as_trained, session.dataset.test).evaluate()
    assert effects.would.before == measured.error
    assert effects.did is None, "the last step is none of that moment's"


def test_the_past_cannot_be_stepped_on_from(small: Model, qtbot: QtBot) -> None:
    session = small.session
    train(small, qtbot, 2)
    now = session.runs.current.parameters.copy()
    session.selection.choose_example(Example("test", 3))
    session.models[StepThrough].choose(True)
    session.timeline.go_to(1)
    newest(small, qtbot)
    assert not session.models[StepThrough].can_take
    session.models[StepThrough].take()
    assert not session.models[StepThrough].will_take
    assert np.array_equal(session.runs.current.parameters, now)
    session.timeline.go_live()
    newest(small, qtbot)
    assert session.models[StepThrough].can_take


def test_while_it_trains_the_step_of_the_past_stays_and_live_it_is_one_of_now(small: Model, qtbot: QtBot) -> None:
    session = small.session
    session.selection.choose_example(Example("test", 3))
    session.models[StepThrough].choose(True)
    train_for_a_while(qtbot, small)
    session.timeline.go_to(0)
    then = newest(small, qtbot)
    assert np.array_equal(then.step.before.parameters, session.displayed.as_trained.parameters)
    before = session.runs.current.epochs
    qtbot.waitUntil(lambda: session.runs.current.epochs > before + 1)
    assert session.models[StepThrough].recorded is then
    session.timeline.go_live()
    qtbot.waitUntil(lambda: session.models[StepThrough].recorded.key.moment is None)
    pause(qtbot, small)


# ---- on the next batch


def test_the_batch_of_then_is_the_one_that_was_taken(small: Model, qtbot: QtBot) -> None:
    session = small.session
    train(small, qtbot, 1, 4)
    at, then = session.runs.current.epochs, newest(small, qtbot).step
    train(small, qtbot, 2, 3)
    session.timeline.go_to(at)
    assert session.timeline.epoch == at
    found = newest(small, qtbot)
    expect_same(found.step, then)
    assert (found.epoch, found.step.batch) == (2, 5)
    assert session.models[StepThrough].past_batch.reason_unavailable == ""
    assert session.models[StepThrough].past_batch.found.differences == []


def test_changed_settings_on_the_way_are_those_of_then(small: Model, qtbot: QtBot) -> None:
    session = small.session
    train(small, qtbot, 1)
    session.settings.change("rate", learning_rate=0.02)
    train(small, qtbot, 0, 2)
    at, then = session.runs.current.epochs, newest(small, qtbot).step
    train(small, qtbot, 0, 2)
    changed_at = session.runs.current.epochs
    session.settings.change("rate", learning_rate=0.0001)
    train(small, qtbot, 1)
    session.timeline.go_to(at)
    found = newest(small, qtbot).step
    expect_same(found, then)
    assert found.rate == 0.02
    session.timeline.go_to(changed_at)
    assert newest(small, qtbot).step.rate == 0.0001


def test_the_latest_moment_wins(small: Model, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    session = small.session
    train(small, qtbot, 3)
    opened, begun = held(monkeypatch)
    for epoch in (1, 2):
        session.timeline.go_to(epoch)
        qtbot.waitUntil(lambda epoch=epoch: begun[-1:] == [epoch])
    opened.set()
    found = newest(small, qtbot)
    assert found.key.moment is session.displayed.snapshot
    assert (found.epoch, found.step.batch) == (3, 1)
    np.testing.assert_array_equal(found.step.before.parameters, session.displayed.as_trained.parameters)


def test_while_one_scrubs_it_goes_nowhere(small: Model, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    session = small.session
    train(small, qtbot, 3)
    opened, begun = held(monkeypatch)
    opened.set()
    for epoch in (1, 2, 1, 0, 2):
        session.timeline.go_to(epoch)
    newest(small, qtbot)
    assert begun == [2]


def test_of_an_example_or_out_of_view_nobody_goes_back(
    small: Model, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = small.session
    train(small, qtbot, 2)
    _, begun = held(monkeypatch)
    session.selection.choose_example(Example("test", 3))
    session.models[StepThrough].choose(True)
    with qtbot.waitSignal(session.timeline.rested):
        session.timeline.go_to(1)
    newest(small, qtbot)
    session.models[StepThrough].want(False)
    session.models[StepThrough].choose(False)
    assert begun == []


def test_it_says_that_it_takes_long_and_can_be_given_up_and_begun_again(
    small: Model, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PATIENCE", 1)
    session, past = small.session, small.session.models[StepThrough].past_batch
    past._patience.setInterval(1)
    train(small, qtbot, 2)
    newest(small, qtbot)
    opened, _ = held(monkeypatch)
    session.selection.choose_example(Example("test", 3))
    session.timeline.go_to(1)
    qtbot.waitUntil(lambda: past.is_long and past.work.share == 0.25)
    assert session.models[StepThrough].recorded is None
    assert "Replaying the run to this epoch" in session.models[StepThrough].line
    past.cancel()
    assert "Replay cancelled" in past.reason_unavailable
    assert newest(small, qtbot).step.is_given
    assert past.can_begin_again
    opened.set()
    past.begin()
    qtbot.waitUntil(lambda: past.found is not None)
    assert not newest(small, qtbot).step.is_given
    assert past.reason_unavailable == ""


# ---- what is not known


def test_a_run_that_is_not_recorded(ready_model: Model, qtbot: QtBot) -> None:
    session = ready_model.session
    session.models[StepThrough].choose(of_example=False)
    session.models[StepThrough].want(True)
    train(ready_model, qtbot, 2)
    session.timeline.go_to(1)
    assert "is not recorded" in session.models[StepThrough].past_batch.reason_unavailable
    assert not session.models[StepThrough].past_batch.can_begin_again
    qtbot.waitUntil(lambda: session.models[StepThrough].line.startswith("Draw something or choose an example to see"))
    session.selection.choose_example(Example("test", 3))
    written = newest(ready_model, qtbot)
    assert written.step.is_given
    assert not session.models[StepThrough].of_example, "it is still the batch that is asked for"
    session.timeline.go_live()
    assert not newest(ready_model, qtbot).step.is_given


def test_other_data(small: Model, qtbot: QtBot) -> None:
    session = small.session
    train(small, qtbot, 2)
    run = session.runs.current
    run.experiment = replace(run.experiment, fingerprint="other")
    session.timeline.go_to(1)
    assert "needs the data" in session.models[StepThrough].past_batch.reason_unavailable


def test_a_record_that_is_gone(small: Model, qtbot: QtBot) -> None:
    session = small.session
    train(small, qtbot, 2)
    session.selection.choose_example(Example("test", 3))
    session.settings.change("epochs", epochs=2)
    session.start()
    wait_for(qtbot, small, Status.FINISHED)
    with Library() as library:
        library.empty()
    session.timeline.go_to(1)
    qtbot.waitUntil(lambda: "no snapshot of this run" in session.models[StepThrough].past_batch.reason_unavailable)
    assert session.messages.current is None
    assert newest(small, qtbot).step.is_given


def test_closing_in_the_middle_of_it(small: Model, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    train(small, qtbot, 2)
    _, begun = held(monkeypatch)
    small.session.timeline.go_to(1)
    qtbot.waitUntil(lambda: begun == [1])
    assert small.session.close()
