"""A quick training is gone through again when it rests, so that each of its epochs can be looked back at."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from nnviz.cards.curves.prediction_over_time import PredictionOverTime
from nnviz.library import Library
from nnviz.library.replay import replay
from nnviz.session import snapshot_backfill as module
from nnviz.session.exact_replay import ExactReplay
from nnviz.session.status import Status
from tests.nnviz.cards.stage.plane.plane_helpers import load
from tests.nnviz.conftest import Model
from tests.nnviz.helpers import MANY_EPOCHS, pause, wait_for

EPOCHS = 40


@pytest.fixture
def of_table(recorded: Model, qtbot: QtBot) -> Model:
    """A recorded session with a small table, whose forty epochs take a fraction of a second."""
    load(qtbot, recorded, "mpg")
    recorded.session.settings.change("epochs", epochs=EPOCHS, batch_size=64)
    return recorded


def train(model: Model, qtbot: QtBot) -> None:
    model.session.start()
    wait_for(qtbot, model, Status.FINISHED)


def ends(model: Model) -> list[float]:
    return [epoch for epoch in model.session.timeline.epochs if epoch and epoch == round(epoch)]


def wait_until_filled(model: Model, qtbot: QtBot, epochs: int = EPOCHS) -> None:
    qtbot.waitUntil(lambda: ends(model) == list(range(1, epochs + 1)), timeout=20_000)


def held(monkeypatch: pytest.MonkeyPatch) -> tuple[Event, list[list[float]]]:
    """It waits for that event; the moments for which it was begun."""
    opened, begun = Event(), list[list[float]]()
    past = ExactReplay.past

    def slow(self: ExactReplay, run: Any, moments: Any, *more: Any) -> Callable[[], Any]:
        begun.append(list(moments))
        real = past(self, run, moments, *more)

        def made() -> Any:
            while not opened.wait(0.005):
                yield 0.25, None
            return (yield from real())

        return made

    monkeypatch.setattr(ExactReplay, "past", slow)
    return opened, begun


def test_every_epoch_can_be_looked_back_at_exactly_and_where_it_goes_on_too(of_table: Model, qtbot: QtBot) -> None:
    train(of_table, qtbot)
    wait_until_filled(of_table, qtbot)
    session = of_table.session
    run, dataset = session.runs.current, session.dataset
    assert run.storage.record is not None
    for epoch in (3, 17, 39):
        session.timeline.go_to(epoch)
        assert session.timeline.epoch == epoch
        with Library(session.records.path) as library:
            steps = replay(library, run.storage.record, epoch, dataset)
            while True:
                try:
                    next(steps)
                except StopIteration as found:
                    exact = found.value.trainer.network.parameters
                    break
        np.testing.assert_array_equal(session.displayed.as_trained.parameters, exact)
        assert session.timeline.figures == (epoch, run.history.figures(epoch))
    train(of_table, qtbot)
    wait_until_filled(of_table, qtbot, 2 * EPOCHS)


def test_what_was_answered_at_each_epoch_is_drawn(of_table: Model, qtbot: QtBot) -> None:
    session = of_table.session
    session.question.set_example(session.dataset.test.inputs[3])
    session.models[PredictionOverTime].query.want("a test", True)
    train(of_table, qtbot)
    qtbot.waitUntil(lambda: {3, 10, 30} <= set(session.models[PredictionOverTime].query.result.epochs))
    wait_until_filled(of_table, qtbot)
    qtbot.waitUntil(lambda: session.models[PredictionOverTime].query.is_up_to_date)
    epochs = session.models[PredictionOverTime].query.result.epochs
    assert (epochs, epochs[-1]) == (sorted(epochs), EPOCHS), "lines go from left to right, up to now"


def test_one_that_was_opened_in_another_session_too(
    of_table: Model, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as within:
        _, begun = held(within)
        train(of_table, qtbot)
        qtbot.waitUntil(lambda: bool(begun))
        record = of_table.session.runs.current.storage.record
        assert of_table.session.close()
    other = Model()
    other.session.records.set_on(True)
    load(qtbot, other, "mpg")
    assert record is not None
    other.session.library.open(record)
    qtbot.waitUntil(lambda: other.session.runs.current.storage.record == record)
    wait_until_filled(other, qtbot)
    assert other.session.close()


def test_a_long_training_is_left_alone(of_table: Model, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_SECONDS", 0.0)
    opened, begun = held(monkeypatch)
    opened.set()
    train(of_table, qtbot)
    qtbot.waitUntil(lambda: bool(begun) and not of_table.session.backfill.work.is_running)
    assert len(ends(of_table)) < EPOCHS


def test_of_very_many_epochs_some_are_kept_within_the_room(
    of_table: Model, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MOST_SECONDS", 1000)
    session = of_table.session
    session.settings.change("epochs", epochs=300, batch_size=300)
    train(of_table, qtbot)
    qtbot.waitUntil(lambda: max(np.diff(session.timeline.epochs)) <= 6, timeout=30_000)
    assert len(session.timeline.epochs) <= 257


def test_training_on_gives_it_up(of_table: Model, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    session = of_table.session
    opened, _ = held(monkeypatch)
    train(of_table, qtbot)
    qtbot.waitUntil(lambda: session.backfill.work.is_running)
    session.settings.change("epochs", epochs=MANY_EPOCHS)
    session.start()
    qtbot.waitUntil(lambda: session.state is Status.TRAINING)
    assert not session.backfill.work.is_running
    opened.set()
    pause(qtbot, of_table)


@pytest.mark.parametrize("how", ["another network", "other data"])
def test_what_takes_its_place_gives_it_up(
    of_table: Model, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    session = of_table.session
    held(monkeypatch)
    train(of_table, qtbot)
    qtbot.waitUntil(lambda: session.backfill.work.is_running)
    if how == "another network":
        session.reset()
    else:
        session.data.load("penguins")
    qtbot.waitUntil(lambda: not session.backfill.work.is_running)


def test_it_is_begun_again_when_the_run_comes_back(
    of_table: Model, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = of_table.session
    opened, _ = held(monkeypatch)
    train(of_table, qtbot)
    qtbot.waitUntil(lambda: session.backfill.work.is_running)
    session.reset()
    qtbot.waitUntil(lambda: not session.backfill.work.is_running)
    opened.set()
    session.undo.undo()
    wait_until_filled(of_table, qtbot)


def test_nothing_is_filled_where_every_epoch_is_kept(
    of_table: Model, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, begun = held(monkeypatch)
    for _ in range(3):
        of_table.session.step_epoch()
        wait_for(qtbot, of_table, Status.PAUSED)
    qtbot.wait(150)
    assert begun == []


def test_closing_in_the_middle_of_it(of_table: Model, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    held(monkeypatch)
    train(of_table, qtbot)
    qtbot.waitUntil(lambda: of_table.session.backfill.work.is_running)
    assert of_table.session.close()
