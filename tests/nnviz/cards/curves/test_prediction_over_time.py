"""Predictions of all snapshots for the same drawing."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from engine.basics.validation import Array
from engine.experiment import Experiment
from nnviz.cards.curves.prediction_over_time import PastPredictions, PredictionOverTime
from nnviz.session import question as asking
from nnviz.session.session import Session
from tests.nnviz.helpers import draw_grey


@pytest.fixture
def session(small_session: Session) -> Session:
    return small_session


def learned(seed: int) -> Array:
    """Returns the parameters of a network with that seed."""
    return Experiment(shape=(784, 3), activations=("softmax",)).changed(seed=seed).build().parameters


def live_through(session: Session, count: int, last: Array | None = None) -> None:
    """Gives the current run a snapshot of each of ``count`` epochs, and displays the last."""
    run = session.runs.current
    run.snapshots.clear()
    for epoch in range(count):
        run.parameters = learned(epoch) if last is None or epoch < count - 1 else last
        run.history.completed = epoch
        run.keep_snapshot()
    session.displayed.show(run)


def answers_of_snapshots(session: Session, qtbot: QtBot) -> PastPredictions:
    """Returns the predictions as soon as they are computed."""
    probe = session.models[PredictionOverTime].query
    qtbot.waitUntil(lambda: probe.result is not None)
    result: PastPredictions = probe.result
    return result


def test_each_snapshot_answers_as_its_network_did(session: Session, qtbot: QtBot) -> None:
    live_through(session, 5)
    draw_grey(session)
    session.models[PredictionOverTime].query.want("a test", True)
    answers = answers_of_snapshots(session, qtbot)
    assert answers.epochs == [0, 1, 2, 3, 4]
    for snapshot, answer in zip(session.runs.current.snapshots, answers.predictions, strict=True):
        then = session.displayed.network.with_parameters(snapshot.parameters)
        np.testing.assert_array_equal(answer, then.predict(session.question.example[None])[0])


def test_another_drawing_is_asked_again(session: Session, qtbot: QtBot) -> None:
    live_through(session, 3)
    draw_grey(session)
    session.models[PredictionOverTime].query.want("a test", True)
    before = answers_of_snapshots(session, qtbot)
    draw_grey(session, 0.9)
    qtbot.waitUntil(lambda: session.models[PredictionOverTime].query.result is not before)
    after = answers_of_snapshots(session, qtbot)
    assert after.epochs == before.epochs
    assert not np.array_equal(before.predictions, after.predictions)


def test_what_is_known_is_not_asked_again(session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    live_through(session, 4)
    draw_grey(session)
    session.models[PredictionOverTime].query.want("a test", True)
    before = answers_of_snapshots(session, qtbot)
    asked: list[Any] = []
    ask = asking.predict
    monkeypatch.setattr(asking, "predict", lambda *about: asked.append(about) or ask(*about))
    run = session.runs.current
    run.parameters, run.history.completed = learned(9), 4
    run.keep_snapshot()
    session.displayed.show(run)
    qtbot.waitUntil(lambda: session.models[PredictionOverTime].query.result is not before)
    assert answers_of_snapshots(session, qtbot).epochs == [0, 1, 2, 3, 4]
    # The newest, once as a snapshot and once as the network that is displayed; and that which was displayed before.
    assert len(asked) <= 2


def test_an_answer_that_is_not_finite_is_left_out(session: Session, qtbot: QtBot) -> None:
    live_through(session, 3, last=np.full_like(learned(0), np.inf))
    draw_grey(session)
    session.models[PredictionOverTime].query.want("a test", True)
    assert answers_of_snapshots(session, qtbot).epochs == [0, 1]


def test_snapshots_that_are_gone_are_dropped(session: Session, qtbot: QtBot) -> None:
    """Their parameters take much memory."""
    live_through(session, 4)
    draw_grey(session)
    session.models[PredictionOverTime].query.want("a test", True)
    before, run = answers_of_snapshots(session, qtbot), session.runs.current
    gone = weakref.ref(list(run.snapshots)[-1])
    run.snapshots.forget_after(2)
    run.parameters, run.history.completed = list(run.snapshots)[-1].parameters, 2
    session.displayed.show(run)
    qtbot.waitUntil(lambda: session.models[PredictionOverTime].query.result is not before)
    assert answers_of_snapshots(session, qtbot).epochs == [0, 1, 2]
    gc.collect()
    assert gone() is None
