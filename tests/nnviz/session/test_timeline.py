"""Looking back: the displayed network is that of the moment, what was measured then, and training goes on meanwhile."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from engine.training.metrics import Evaluator
from nnviz.jobs.runner import Runner
from nnviz.jobs.timing import TimeBudget
from nnviz.session.selection import Neuron
from nnviz.session.shared_queries import MISTAKES
from nnviz.session.status import Status
from tests.nnviz.conftest import Model
from tests.nnviz.helpers import pause, train_epochs, train_for_a_while, wait_for


@pytest.fixture
def trained(ready_model: Model, qtbot: QtBot) -> Model:
    """Three epochs, and a few batches of the fourth."""
    session = ready_model.session
    for _ in range(3):
        session.step_epoch()
        wait_for(qtbot, ready_model, Status.PAUSED)
    for _ in range(4):
        session.step_batch()
        wait_for(qtbot, ready_model, Status.PAUSED)
    return ready_model


def test_the_moments_are_ascending_and_end_live(trained: Model) -> None:
    timeline = trained.session.timeline
    assert timeline.epochs == sorted(set(timeline.epochs))
    assert {0, 1, 2, 3} <= set(timeline.epochs)
    assert timeline.epochs[-1] == timeline.live_epoch == trained.session.runs.current.epochs > 3
    assert timeline.epoch is None


@pytest.fixture
def disturbances(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """What the runner is notified of what a person does, in sessions that are made after this."""
    reported: list[None] = []
    monkeypatch.setattr(Runner, "disturb", lambda _: reported.append(None))
    return reported


def test_the_runner_is_notified_when_a_person_looks_back(disturbances: list[None], trained: Model) -> None:
    timeline = trained.session.timeline
    for epoch in (2, 1):
        before = len(disturbances)
        timeline.go_to(epoch)
        assert len(disturbances) == before + 1
    timeline.go_live()
    assert len(disturbances) == before + 2


def test_at_the_start_there_is_no_past(ready_model: Model) -> None:
    timeline = ready_model.session.timeline
    assert timeline.epochs == [0]
    assert not timeline.has_past
    timeline.go_to(3)
    assert timeline.is_live


def test_the_network_of_that_moment_is_displayed(trained: Model, qtbot: QtBot) -> None:
    session = trained.session
    inputs = session.dataset.test.head(200).inputs / 255
    answers = {}
    for snapshot in session.runs.current.snapshots:
        answers[snapshot.epochs] = session.displayed.network.with_parameters(snapshot.parameters).predict(inputs)
    with qtbot.waitSignals([session.timeline.changed, session.displayed.changed]):
        session.timeline.go_to(2.01)
    assert session.timeline.epoch == 2
    assert session.displayed.epochs == 2
    np.testing.assert_array_equal(session.displayed.network.predict(inputs), answers[2])
    session.timeline.go_live()
    assert session.timeline.epoch is None
    assert session.displayed.network.parameters is session.runs.current.parameters


def test_answers_are_those_of_the_exact_network_within_a_tenth_of_a_percent(ready_model: Model, qtbot: QtBot) -> None:
    session = ready_model.session
    inputs = session.dataset.test.inputs / 255
    exact = {}
    for epoch in (1, 2):
        session.step_epoch()
        wait_for(qtbot, ready_model, Status.PAUSED)
        exact[epoch] = session.runs.current.network.predict(inputs)
    session.timeline.go_to(1)
    assert np.abs(session.displayed.network.predict(inputs) - exact[1]).max() < 0.001


def test_it_goes_to_the_nearest_moment_and_beyond_the_last_one_is_live(trained: Model) -> None:
    """What is no number is refused, and nothing moves."""
    timeline = trained.session.timeline
    for wanted, found in ((-5, 0), (0.01, 0), (0.999, 1), (2.001, 2)):
        timeline.go_to(wanted)
        assert timeline.epoch == timeline.nearest(wanted) == found, wanted
    for beyond in (3.9, 99, math.inf):
        timeline.go_to(1)
        timeline.go_to(beyond)
        assert timeline.is_live, beyond
    timeline.go_to(1)
    with pytest.raises(ValueError, match="must be a number"):
        timeline.go_to(math.nan)
    assert timeline.epoch == 1


def test_steps_go_through_all_moments(trained: Model) -> None:
    timeline = trained.session.timeline
    epochs, seen = timeline.epochs, []
    for _ in epochs[1:]:
        timeline.step(-1)
        seen.append(timeline.epoch)
    assert seen == epochs[-2::-1]
    timeline.step(-1)
    assert timeline.epoch == 0
    for epoch in epochs[1:-1]:
        timeline.step(1)
        assert timeline.epoch == epoch
    timeline.step(1)
    assert timeline.is_live


# ---- figures


def test_at_the_end_of_an_epoch_its_figures_are_known(trained: Model) -> None:
    session = trained.session
    session.timeline.go_to(2)
    epoch, figures = session.timeline.figures
    assert epoch == 2
    assert figures == session.runs.current.history.figures(2)
    assert figures["test_error"] > 0


def test_between_two_epochs_the_last_measured_ones_stand_until_it_rests(trained: Model, qtbot: QtBot) -> None:
    session = trained.session
    between = session.timeline.epochs[-3]
    assert 3 < between < session.timeline.live_epoch
    session.timeline.go_to(between)
    assert session.timeline.figures == (3, session.runs.current.history.figures(3))
    qtbot.waitUntil(lambda: session.timeline.figures[0] == between)
    measured = Evaluator(session.displayed.network, session.dataset.test).evaluate()
    assert session.timeline.figures[1]["test_error"] == measured.error
    assert session.timeline.figures[1]["test_error"] != session.runs.current.history.figures(3)["test_error"]


def test_measured_figures_are_never_those_of_the_next_moment(trained: Model, qtbot: QtBot) -> None:
    session = trained.session
    between, history = session.timeline.epochs[-3], session.runs.current.history
    session.timeline.go_to(between)
    qtbot.waitUntil(lambda: session.timeline.figures[0] == between)
    found: list[object] = []
    session.displayed.changed.connect(lambda: found.append(session.timeline.figures))
    session.timeline.go_live()
    assert found
    assert all(each == (3, history.figures(3)) for each in found), "whoever asks first gets the new moment's"


def test_the_matrix_is_that_of_the_moment(trained: Model, qtbot: QtBot) -> None:
    session = trained.session
    session.timeline.go_to(1)
    counts = session.mistakes.counts
    assert counts is not None
    assert (counts.epochs, counts.is_now) == (1, True)
    np.testing.assert_array_equal(counts.matrix, session.runs.current.history.confusion(1))


def test_a_later_matrix_does_not_stand_for_the_moment(trained: Model, qtbot: QtBot) -> None:
    session = trained.session
    session.queries.want("a test", (MISTAKES,), True)
    qtbot.waitUntil(lambda: session.queries[MISTAKES].is_up_to_date)
    session.timeline.go_to(1)
    np.testing.assert_array_equal(session.mistakes.counts.matrix, session.runs.current.history.confusion(1))
    between = session.timeline.epochs[-2]
    session.timeline.go_to(between)
    qtbot.waitUntil(lambda: session.mistakes.counts.is_now)
    assert session.mistakes.counts.epochs == between


def test_what_is_slow_follows_as_soon_as_it_rests(trained: Model, qtbot: QtBot) -> None:
    session, probe = trained.session, trained.session.queries[MISTAKES]
    probe._budget = TimeBudget(1000)
    session.queries.want("a test", (MISTAKES,), True)
    qtbot.waitUntil(lambda: probe.is_up_to_date)
    session.timeline.go_to(1)
    qtbot.waitUntil(lambda: probe.is_up_to_date)
    assert session.mistakes.found.network is session.displayed.network


def test_with_other_data_nothing_is_measured(trained: Model, qtbot: QtBot) -> None:
    session, run = trained.session, trained.session.runs.current
    run.experiment = replace(run.experiment, fingerprint="other")
    with qtbot.waitSignal(session.timeline.rested):
        session.timeline.go_to(session.timeline.epochs[-3])
    assert not session.timeline._measuring._task.is_running
    assert session.timeline.figures[0] == 3


# ---- harmless


def test_training_goes_on_behind_it(ready_model: Model, qtbot: QtBot) -> None:
    session = ready_model.session
    train_for_a_while(qtbot, ready_model)
    session.timeline.go_to(0)
    network, before = session.displayed.network, session.timeline.live_epoch
    qtbot.waitUntil(lambda: session.timeline.live_epoch > before + 2)
    assert session.displayed.network is network
    assert session.timeline.epoch == 0
    pause(qtbot, ready_model)
    assert session.timeline.epoch == 0
    session.timeline.go_live()
    assert session.displayed.network.parameters is session.runs.current.parameters


def test_it_changes_nothing_of_the_training(ready_model: Model, qtbot: QtBot) -> None:
    session = ready_model.session
    ends = []
    for looks_back in (False, True):
        session.reset()
        train_epochs(qtbot, ready_model, 1)
        if looks_back:
            session.timeline.go_to(0)
        train_epochs(qtbot, ready_model, 2)
        ends.append(session.runs.current.network.parameters.copy())
    np.testing.assert_array_equal(*ends)


def test_another_network_is_live(trained: Model, qtbot: QtBot) -> None:
    session = trained.session
    session.timeline.go_to(1)
    with qtbot.waitSignal(session.timeline.changed):
        session.reset()
    assert session.timeline.is_live
    assert session.timeline.epochs == [0]
    session.undo.undo()
    assert session.timeline.is_live
    assert len(session.timeline.epochs) > 4


def test_a_what_if_lasts_while_one_looks_back(trained: Model) -> None:
    session, neuron = trained.session, Neuron(1, 3)
    session.edits.switch(neuron)
    session.timeline.go_to(1)
    assert session.displayed.what_if == {neuron: 0}
    assert not session.displayed.network.weights[1][:, 3].any()
    assert session.displayed.as_trained.weights[1][:, 3].any()


def test_the_past_cannot_be_edited(trained: Model) -> None:
    session = trained.session
    before = session.runs.current.network.parameters.copy()
    session.timeline.go_to(1)
    session.edits.set_bias(Neuron(1, 3), 7)
    assert "Epoch 1 is in the past" in session.messages.current.text
    np.testing.assert_array_equal(session.runs.current.network.parameters, before)
    assert session.timeline.epoch == 1
