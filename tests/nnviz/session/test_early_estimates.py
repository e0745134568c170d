"""Estimates of the first epoch in a session: at every step that has one, whatever happens to the run."""

from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from engine.training.history import History
from nnviz.library import Library
from nnviz.session.selection import Neuron
from nnviz.session.session import Session
from nnviz.session.status import Status
from tests.nnviz.conftest import Model, Restart
from tests.nnviz.helpers import is_shown, wait_for
from tests.nnviz.session.helpers import steps
from tests.nnviz.session.test_branching import branch, end

PLACES = [step / 50 for step in (5, 10, 20, 40)]
EPOCHS = 3


@pytest.fixture
def begun(recorded: Model) -> Model:
    """Ready to train for three epochs of 50 batches."""
    change = {"hidden": (12,), "optimizer": "adam", "dropout": 0.2, "batch_size": 10, "epochs": EPOCHS, "seed": 3}
    recorded.session.settings.change("all", **change)
    recorded.session.reset()
    return recorded


def whole(session: Session) -> tuple[History, bytes]:
    """The history and the weights of the same training without a window."""
    dataset, history = session.data.dataset, History()
    assert dataset is not None
    trainer = session.settings.fitting.trainer(dataset)
    trainer.estimates_early = True
    for event in trainer.run():
        history.take_event(event)
    return history, trainer.network.parameters.tobytes()


def same_as_whole(model: Model) -> None:
    run = model.session.runs.current
    history, parameters = whole(model.session)
    assert run.network.parameters.tobytes() == parameters
    assert run.history.as_dict() | {"changes": 0} == history.as_dict() | {"changes": 0}
    assert run.history.early == PLACES
    assert set(PLACES) < set(run.snapshots.epochs)


def test_at_full_speed_each_is_there_with_its_snapshot_and_is_recorded(begun: Model, qtbot: QtBot) -> None:
    end(qtbot, begun)
    same_as_whole(begun)
    run = begun.session.runs.current
    assert run.storage.record is not None
    with Library() as library:
        found = library.history(run.storage.record)
        assert set(PLACES) < set(library.snapshot_epochs(run.storage.record))
    assert found.as_dict() == run.history.as_dict()
    for epoch in PLACES:
        begun.session.timeline.go_to(epoch)
        assert begun.session.timeline.epoch == epoch


@pytest.mark.parametrize("batches", [1, 5, 12])
def test_single_steps_and_pauses_in_the_first_epoch_change_none(begun: Model, qtbot: QtBot, batches: int) -> None:
    steps(qtbot, begun, 0, batches)
    run = begun.session.runs.current
    assert run.history.early == [place for place in PLACES if place <= batches / 50]
    assert run.history.error.live_test.epochs[-1] == batches / 50, "a single step has an estimate of its own"
    end(qtbot, begun)
    same_as_whole(begun)
    assert not run.history.error.live_test.epochs


def test_a_branch_within_the_first_epoch_takes_those_before_it(begun: Model, qtbot: QtBot) -> None:
    session = begun.session
    end(qtbot, begun)
    old = session.runs.current
    session.timeline.go_to(PLACES[1])
    branch(qtbot, begun)
    new = session.runs.current
    assert new.epochs == PLACES[1]
    assert new.history.early == PLACES[:2]
    end(qtbot, begun)
    same_as_whole(begun)
    assert old.history.early == PLACES


def test_undo_of_reset_brings_them_back(begun: Model, qtbot: QtBot) -> None:
    session = begun.session
    steps(qtbot, begun, 0, 12)
    session.reset()
    assert session.runs.current.history.early == []
    session.undo.undo()
    assert session.runs.current.history.early == PLACES[:2]
    end(qtbot, begun)
    same_as_whole(begun)


def test_another_program_opens_the_run_with_them_and_continues_within_the_first_epoch(
    begun: Model, restart: Restart, qtbot: QtBot
) -> None:
    steps(qtbot, begun, 0, 12)
    number = begun.session.runs.current.storage.record
    other = restart()
    qtbot.waitUntil(lambda: is_shown(other.session.data))
    other.session.records.set_on(True)
    other.session.library.open(number)
    qtbot.waitUntil(lambda: other.session.runs.current.storage.record == number)
    run = other.session.runs.current
    assert run.history.early == PLACES[:2]
    assert [each.epochs for each in run.snapshots if each.is_early] == PLACES[:2]
    end(qtbot, other)
    assert run.history.early == PLACES
    assert run.history.as_dict() == whole(begun.session)[0].as_dict()


def test_a_second_training_of_the_network_has_none(begun: Model, qtbot: QtBot) -> None:
    end(qtbot, begun)
    end(qtbot, begun)
    run = begun.session.runs.current
    assert run.history.completed == 2 * EPOCHS
    assert run.history.early == PLACES


def test_an_edit_in_the_first_epoch_leaves_those_before_it(begun: Model, qtbot: QtBot) -> None:
    session = begun.session
    steps(qtbot, begun, 0, 10)
    run = session.runs.current
    before = run.history.error.early_test.values.copy()
    session.edits.set_bias(Neuron(1, 4), 5.0)
    qtbot.waitUntil(lambda: bool(run.edited))
    assert (run.history.early, run.history.error.early_test.values) == (PLACES[:2], before)
    assert run.history.error.joined("test").at(PLACES[1]) == run.figures()["test_error"], "the exact figure counts"
    session.undo.undo()
    wait_for(qtbot, begun, Status.PAUSED)
    assert run.history.error.joined("test").at(PLACES[1]) == before[1]
    end(qtbot, begun)
    same_as_whole(begun)


def test_a_frame_that_arrives_late_drops_no_snapshot(begun: Model, qtbot: QtBot) -> None:
    end(qtbot, begun)
    run = begun.session.runs.current
    run.snapshots.add(0.15, run.parameters, run.network.shape)
    assert [epoch for epoch in run.snapshots.epochs if epoch > 0.15] == PLACES[1:]


def test_thinning_spares_them_as_far_as_they_take_half_of_the_limit(begun: Model, qtbot: QtBot) -> None:
    end(qtbot, begun)
    kept = begun.session.runs.current.snapshots
    size = next(iter(kept)).packed.nbytes
    kept.set_room(10 * size)
    assert set(PLACES) < set(kept.epochs)
    assert kept.epochs[0] == 0
    kept.set_room(6 * size)
    assert set(PLACES[:3]) < set(kept.epochs)
    assert len(kept) <= 6
    np.testing.assert_array_equal([each.epochs for each in kept.spread(3) if each.is_early], PLACES[:3])
