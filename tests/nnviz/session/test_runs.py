"""All runs by id: which replaced ones are kept and for how long, and what a run knows of itself."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from engine.datasets import Dataset
from engine.experiment import Experiment
from engine.network.network import Network
from engine.provenance import Provenance
from engine.training.events import BestRestored, Epoch
from engine.training.metrics import Evaluation
from nnviz.jobs.reports import NetworkFrame
from nnviz.session import runs as module
from nnviz.session.file_writing import provenance_of
from nnviz.session.loaded_runs import run_of_network
from nnviz.session.run import Run, new_run
from nnviz.session.runs import Runs
from nnviz.session.session import Session
from nnviz.session.status import Progress, Stage, Status
from nnviz.session.undo import Kind, Step, Undo
from tests.nnviz.conftest import Model
from tests.nnviz.helpers import train_epochs, wait_for


def run(neurons: int, epochs: int = 2) -> Run:
    """A network that was trained so long, or so it says; nothing of it is unsaved."""
    made = new_run(Experiment().changed(hidden=(neurons,)))
    for epoch in range(epochs + 1 if epochs else 0):
        made.history.error.train.add(epoch, 0.5 / (epoch + 1))
        made.history.completed = epoch
    return made


def following(*runs: Run) -> Runs:
    """The list of runs where each took the place of the one before."""
    first, *others = runs
    kept = Runs(first, Undo())
    for other in others:
        kept.show(kept.add(other) if not other.id else other)
    return kept


def neurons(runs: Runs) -> list[int]:
    """Of those that are compared, the oldest first."""
    return [each.network.shape[1] for each in runs.compared]


# ---- compared


def test_a_trained_network_is_compared(qapp: object) -> None:
    runs = following(run(30), run(64, 0))
    assert neurons(runs) == [30]
    assert runs.compared[0].history.error.train.values == pytest.approx([0.5, 0.25, 0.5 / 3])


def test_a_network_opened_again_from_its_own_file_is_not_compared_with_itself(qapp: object) -> None:
    before, now = run(30), run(30)
    before.storage.path = now.storage.path = Path("thirty.json")
    runs = following(before, now)
    assert neurons(runs) == []
    now.storage.path = Path("other.json")
    assert neurons(runs) == [30]


def test_one_that_was_not_trained_for_an_epoch_is_not(qapp: object) -> None:
    untrained, measured, opened, looked_at = run(30, 0), run(30, 0), run(30, 0), run(30, 0)
    measured.history.error.train.add(0, 0.9)
    opened.history.completed = 20  # a file that tells no curves
    for curve in (looked_at.history.error.train, looked_at.history.error.test, looked_at.history.loss.train):
        curve.add(150, 0.004)  # of such a file, measured as training went on: single figures are no line
    for before in (untrained, measured, opened, looked_at):
        assert following(before, run(64)).compared == []


def test_losses_are_reason_enough(qapp: object) -> None:
    before = run(30, 0)
    before.history.loss.train.add(0, 2.6)
    before.history.loss.train.add(1, 2.5)
    assert neurons(following(before, run(64))) == [30]


def test_the_last_three_are_compared(qapp: object) -> None:
    assert neurons(following(*map(run, (10, 20, 30, 40, 50)))) == [20, 30, 40]


def test_coming_back_lists_each_network_once(qapp: object) -> None:
    one, two, three = run(10), run(20), run(30)
    runs = following(one, two, three)
    runs.show(two)
    assert neurons(runs) == [10, 30], "the second is the current one again"
    runs.show(three)
    assert neurons(runs) == [10, 20]
    runs.show(three)
    assert neurons(runs) == [10, 20]


def test_stopping_to_compare_can_be_undone(qapp: object) -> None:
    undo = Undo()
    runs = Runs(run(10), undo)
    runs.show(runs.add(run(20)))
    runs.stop_comparing()
    assert neurons(runs) == []
    undo.undo()
    assert neurons(runs) == [10]
    undo.redo()
    runs.show(runs.add(run(30)))
    assert neurons(runs) == [20], "only those of then are left out"


# ---- one list, one rule


def test_every_run_has_an_id_of_its_own(qapp: object) -> None:
    made = [run(size) for size in (10, 20, 30)]
    runs = following(*made)
    assert len({each.id for each in made}) == 3
    assert [runs.by_id(each.id) for each in made] == made
    assert runs.by_id(99) is None


def test_the_oldest_goes_when_there_are_too_many_and_that_is_reported(
    qapp: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_RUNS", 2)
    gone: list[Run] = []
    made = [run(size) for size in (10, 20, 30)]
    runs = following(*made)
    runs.evicted.connect(gone.append)
    runs.show(runs.add(run(40)))
    assert gone == made[:1]
    assert runs.by_id(made[0].id) is None


def test_and_when_they_take_too_much_memory(qapp: object, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [run(10) for _ in range(4)]
    monkeypatch.setattr(module, "MOST_BYTES", 3 * made[0].nbytes)
    runs = following(*made)
    assert runs.by_id(made[0].id) is None
    assert runs.by_id(made[1].id) is made[1]


def test_the_current_one_stays_however_large_it_is(qapp: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 1)
    one, two = run(10), run(20)
    runs = following(one, two)
    assert runs.current is two
    assert runs.by_id(one.id) is None


def test_one_that_nobody_can_come_back_to_and_that_learned_nothing_goes_at_once_and_that_is_reported(
    qapp: object,
) -> None:
    undo = Undo()
    forgotten, named, now = run(10, 0), run(20, 0), run(30, 0)
    runs, gone = Runs(forgotten, undo), []
    runs.evicted.connect(gone.append)
    runs.add(named)
    undo.push(Step("opening", Kind.RUN, lambda _: None, None, None, (named.id,)))
    runs.show(named)
    runs.show(runs.add(now))
    assert gone == [forgotten]
    assert runs.by_id(named.id) is named


def test_undo_never_leads_to_a_run_that_is_gone(qapp: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_RUNS", 1)
    undo = Undo()
    made = [run(size) for size in (10, 20, 30)]
    runs = Runs(made[0], undo)
    for before, now in itertools.pairwise(made):
        runs.add(now)
        ids = (before.id, now.id)
        undo.push(Step(f"{now.id}", Kind.RUN, lambda number: runs.show(runs.by_id(number)), *ids, ids))
    assert runs.by_id(made[0].id) is None
    undo.undo()
    assert runs.current is made[1]
    assert undo.last() is None, "the first step would need the first run"


def learn(session: Session) -> Run:
    """The current run is one that has learned something."""
    session.runs.current.changes += 1
    return session.runs.current


def test_the_person_is_notified_that_an_unsaved_run_was_removed(
    small_session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_RUNS", 1)
    session = small_session
    lost = learn(session)
    session.reset()
    assert "Ctrl+Z" in session.messages.current.text
    learn(session)
    session.reset()
    assert session.runs.by_id(lost.id) is None
    assert "was removed" in session.messages.current.text
    assert "784-3" in session.messages.current.text


def test_room_is_made_before_a_training_begins(
    ready_model: Model, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trained network takes several times the memory of a fresh one: what must go for it goes at once."""
    session = ready_model.session
    session.settings.change("optimizer", optimizer="adam", learning_rate=0.01)
    session.step_batch()
    wait_for(qtbot, ready_model, Status.PAUSED)
    lost, trained = session.runs.current, session.runs.current.nbytes
    session.reset()
    monkeypatch.setattr(module, "MOST_BYTES", trained + session.runs.current.nbytes)
    assert session.runs.by_id(lost.id) is lost
    session.step_batch()
    assert session.runs.by_id(lost.id) is None
    assert "was removed" in session.messages.current.text
    wait_for(qtbot, ready_model, Status.PAUSED)
    assert session.runs.current.nbytes <= module.MOST_BYTES
    assert session.training.runner.call(lost.id, lambda trainer: trainer).result(10) is None


@pytest.mark.parametrize(("optimizer", "copies"), [("sgd", 2), ("adam", 4)])
def test_its_bytes_are_those_of_its_training_too(optimizer: str, copies: int) -> None:
    made = new_run(Experiment().changed(hidden=(1000, 1000), optimizer=optimizer))
    fresh = made.nbytes
    assert 2.5 <= fresh / made.parameters.nbytes < 2.51, "the trained and the shown ones; a snapshot is packed"
    made.stage = Stage.PAUSED
    assert copies <= (made.nbytes - fresh) / made.parameters.nbytes < copies + 1


def test_nothing_is_said_of_one_that_has_a_file(small_session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_RUNS", 1)
    session = small_session
    saved = learn(session)
    saved.storage.saved_changes = saved.changes
    session.reset()
    learn(session)
    session.reset()
    assert session.runs.by_id(saved.id) is None
    assert "was removed" not in session.messages.current.text


# ---- a run


def test_what_is_unsaved() -> None:
    made = new_run(Experiment())
    assert made.untouched
    assert not made.unsaved
    assert made.title == "untitled"
    made.changes = 1
    assert made.unsaved
    assert not made.untouched
    made.storage.saved_changes = 1
    assert not made.unsaved
    made.changes = 2
    assert made.unsaved


def test_a_run_remembers_its_past() -> None:
    made = new_run(Experiment().changed(seed=5))
    figures = Evaluation(0.7, 0.2, np.eye(10, dtype=np.int64))
    made.take_event(Epoch(3, figures, figures, 0.1))
    reported = provenance_of(made, "digits")
    assert (reported.data, reported.epochs, reported.seed, reported.test_error) == ("digits", 3, 5, 0.2)
    assert reported.experiment == made.experiment
    assert made.history.completed == 3


def test_early_stopping_names_the_epoch_that_it_restored() -> None:
    made = new_run(Experiment())
    for epoch, error in ((1, 0.2), (2, 0.3)):
        figures = Evaluation(0.7, error, np.eye(10, dtype=np.int64))
        made.take_event(Epoch(epoch, figures, figures, 0.1))
    made.take_event(BestRestored(1, figures, early=True))
    assert made.figures()["test_error"] == 0.2
    assert provenance_of(made, "digits").epochs == 1


def test_it_goes_by_its_file_and_by_the_settings_that_the_file_does_not_know(few_digits: Dataset) -> None:
    opened = Network([4, 7, 3], ["sigmoid", "sigmoid"])
    described = run_of_network(opened, Experiment().changed(learning_rate=0.7), Provenance()).experiment
    assert described.shape == (4, 7, 3)
    assert described.activations == ("sigmoid", "sigmoid")
    assert described.training.learning_rate == 0.7
    assert described.for_data(few_digits).shape == (784, 7, 10)
    made_with = Experiment().changed(shape=(4, 7, 3), learning_rate=0.3)
    network = made_with.build()
    Provenance(experiment=made_with).write(network)
    assert run_of_network(network, Experiment(), Provenance.read(network)).experiment == made_with


def test_a_frame_seen_twice_is_learned_once() -> None:
    made = new_run(Experiment())
    frame = NetworkFrame(1, made.parameters, 1, 5, 10, 0.1)
    made.take_frame(frame)
    made.take_frame(replace(frame, parameters=made.parameters.copy()))
    assert made.changes == 1
    assert made.epochs == 0.5


def test_progress() -> None:
    assert Progress().epochs_done == 0
    assert Progress(epoch=1, epochs=4, batch=0, batches=10).epochs_done == 0
    assert Progress(epoch=3, epochs=4, batch=5, batches=10).epochs_done == 2.5
    assert Progress(epoch=4, epochs=4, batch=10, batches=10).epochs_done == 4


def test_the_history_keeps_the_confusion_matrix_of_every_epoch(ready_model: Model, qtbot: QtBot) -> None:
    train_epochs(qtbot, ready_model, 2)
    session = ready_model.session
    history, dataset = session.runs.current.history, session.dataset
    assert dataset is not None
    assert dataset.test is not None
    for part, split in (("train", dataset.train), ("test", dataset.test)):
        for epoch in range(3):
            matrix = history.confusion(epoch, part)
            assert matrix is not None
            assert matrix.sum() == len(split)
            wrong = 1 - np.trace(matrix) / len(split)
            assert wrong == pytest.approx(getattr(history.error, part).at(epoch))
