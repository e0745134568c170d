"""What-ifs change only what is displayed; edits change the network, also in the middle of its training."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from engine.explain import neurons
from engine.network.network import Network
from engine.storage import load_checkpoint, load_network
from engine.training.history import Change
from engine.training.metrics import Evaluator
from engine.training.rate_finder import RateFinder
from nnviz.cards.settings.rate_search import RateSearch
from nnviz.session.file_writing import provenance_of
from nnviz.session.selection import Neuron
from nnviz.session.session import Session
from nnviz.session.status import Status
from tests.nnviz.conftest import Gate, Model
from tests.nnviz.helpers import MANY_EPOCHS, announced, pause, train_epochs, train_for_a_while, wait_for

NEURON = Neuron(1, 4)


@pytest.fixture
def session(ready_model: Model) -> Session:
    return ready_model.session


def written(qtbot: QtBot, session: Session) -> None:
    """Until the worker has carried out all orders."""
    done: list[bool] = []
    session.training.runner.call(session.runs.current.id, lambda _: None, lambda: done.append(True))
    qtbot.waitUntil(lambda: bool(done))


def bias(session: Session) -> float:
    """That of the neuron in the network itself."""
    return float(session.runs.current.network.biases[0][4, 0])


# ---- what if


def test_a_what_if_changes_the_displayed_network_only(session: Session, qtbot: QtBot, tmp_path: Path) -> None:
    run, before = session.runs.current, session.displayed.network
    session.edits.switch(NEURON)
    assert session.displayed.what_if == {NEURON: 0}
    assert not session.displayed.network.weights[1][:, 4].any()
    assert (session.displayed.as_trained.parameters == before.parameters).all()
    assert (run.parameters == before.parameters).all()
    assert run.untouched
    assert not run.unsaved
    session.files.save(tmp_path / "n.json")
    qtbot.waitUntil(lambda: run.storage.path is not None)
    assert load_network(tmp_path / "n.json").weights[1][:, 4].any()
    session.edits.switch(NEURON)
    assert session.displayed.network is session.displayed.as_trained


def test_it_lasts_while_the_network_learns_which_never_sees_it(ready_model: Model, qtbot: QtBot) -> None:
    session = ready_model.session
    twin = session.runs.current.network.copy()
    session.edits.switch(NEURON)
    train_epochs(qtbot, ready_model, 1)
    assert not session.displayed.network.weights[1][:, 4].any()
    dataset, experiment = session.dataset, session.runs.current.experiment
    assert dataset is not None
    trainer = experiment.trainer(dataset, twin)
    for _ in trainer.run():
        pass
    np.testing.assert_array_equal(session.runs.current.network.parameters, twin.parameters)


def test_another_network_ends_it(ready_model: Model, qtbot: QtBot) -> None:
    session = ready_model.session
    train_epochs(qtbot, ready_model, 1)
    session.edits.switch(NEURON)
    with qtbot.waitSignal(session.displayed.what_if_changed):
        session.reset()
    assert session.displayed.what_if == {}
    assert session.displayed.network is session.displayed.as_trained
    session.undo.undo()
    assert session.displayed.what_if == {}
    session.undo.undo()
    session.undo.redo()
    assert session.displayed.what_if == {NEURON: 0}


def test_it_is_undone(session: Session) -> None:
    for factor in (0.9, 0.5, 0.3):
        session.edits.try_strength(NEURON, factor)
    session.edits.set_strength(NEURON, 0.3)
    session.edits.set_strength(Neuron(2, 0), 0.0)
    assert session.displayed.what_if == {NEURON: 0.3, Neuron(2, 0): 0}
    session.undo.undo()
    assert session.displayed.what_if == {NEURON: 0.3}
    session.undo.undo()
    assert session.displayed.what_if == {}, "what was tried on the way is no step"
    assert session.undo.last() is None
    session.undo.redo()
    assert session.displayed.what_if == {NEURON: 0.3}
    session.edits.end_what_if()
    assert session.displayed.what_if == {}


@pytest.mark.parametrize("kept", [{}, {NEURON: 0.5}])
def test_what_was_only_tried_ends_with_it(session: Session, kept: dict[Neuron, float]) -> None:
    """A strength that was tried and not set, and then the strengths of before: no step, but they are displayed."""
    for neuron, factor in kept.items():
        session.edits.set_strength(neuron, factor)
    steps = session.undo.last()
    session.edits.try_strength(NEURON, 0.2)
    session.edits.set_strength(NEURON, kept.get(NEURON, 1.0))
    assert session.displayed.what_if == kept
    assert session.undo.last() is steps
    session.edits.try_strength(NEURON, 0.2)
    session.edits.end_what_if()
    assert session.displayed.what_if == {}
    assert session.displayed.network is session.displayed.as_trained


def test_keep_makes_an_edit_of_it(session: Session, qtbot: QtBot) -> None:
    before = session.displayed.network.weights[1][:, 4].copy()
    session.edits.set_strength(NEURON, 0.5)
    session.edits.keep()
    written(qtbot, session)
    run = session.runs.current
    np.testing.assert_array_equal(run.network.weights[1][:, 4], before * np.float32(0.5))
    assert session.displayed.what_if == {}
    np.testing.assert_array_equal(session.displayed.network.parameters, run.network.parameters)
    assert run.unsaved
    assert "layer 1 · neuron 5 scaled by 0.5" in run.history.changes[-1].text
    session.undo.undo()
    written(qtbot, session)
    np.testing.assert_array_equal(run.network.weights[1][:, 4], before)


def test_undo_of_keep_shows_nothing_in_between(session: Session, qtbot: QtBot) -> None:
    """Neither the edited network with the what-if on top, nor the one from before without it."""
    session.edits.set_strength(NEURON, 0.5)
    supposed = session.displayed.network.parameters.copy()
    session.edits.keep()
    written(qtbot, session)
    shown = []
    session.displayed.changed.connect(lambda: shown.append(session.displayed.network.parameters.copy()))
    session.undo.undo()
    written(qtbot, session)
    assert shown
    for parameters in shown:
        np.testing.assert_array_equal(parameters, supposed)


def test_an_edit_undone_at_once_does_not_come_back(session: Session, qtbot: QtBot) -> None:
    before, shown = session.displayed.network.parameters, []
    session.edits.set_bias(NEURON, 50.0)
    session.undo.undo()
    session.edits.edited.connect(lambda: shown.append(session.runs.current.displayed_network().parameters))
    written(qtbot, session)
    assert not shown
    np.testing.assert_array_equal(session.displayed.network.parameters, before)


def test_undo_of_keep_supposes_it_again(session: Session, qtbot: QtBot) -> None:
    before = session.displayed.as_trained.parameters.copy()
    session.edits.set_strength(NEURON, 0.5)
    session.edits.keep()
    session.undo.undo()
    written(qtbot, session)
    assert session.displayed.what_if == {NEURON: 0.5}
    np.testing.assert_array_equal(session.runs.current.network.parameters, before)
    session.undo.undo()
    assert session.displayed.what_if == {}
    np.testing.assert_array_equal(session.displayed.network.parameters, before)


def test_an_edit_leaves_other_what_ifs(session: Session) -> None:
    session.edits.switch(NEURON)
    session.edits.set_bias(Neuron(2, 0), 0.5)
    assert session.displayed.what_if == {NEURON: 0}
    assert session.displayed.network.biases[1][0, 0] == 0.5
    assert session.displayed.as_trained.weights[1][:, 4].any()


# ---- edits of a network that rests


def test_an_edit_can_be_taken_back_whole(session: Session, qtbot: QtBot) -> None:
    run = session.runs.current
    before = run.network.parameters.copy()
    session.edits.set_bias(NEURON, 0.25)
    assert session.displayed.network.biases[0][4, 0] == 0.25, "at once"
    written(qtbot, session)
    assert bias(session) == 0.25
    assert run.unsaved
    assert run.history.changes == [Change(0, "layer 1 · neuron 5: bias 0 → 0.25")]
    session.undo.undo()
    written(qtbot, session)
    np.testing.assert_array_equal(run.network.parameters, before)
    assert run.untouched, "as if nothing had been"
    assert run.history.changes == []
    session.undo.redo()
    written(qtbot, session)
    assert bias(session) == 0.25
    assert run.unsaved


def test_what_changes_nothing_is_no_edit(session: Session) -> None:
    session.edits.set_bias(NEURON, float(session.displayed.network.biases[0][4, 0]))
    session.edits.set_weight(NEURON, 3, float("nan"))
    session.edits.keep()
    assert session.undo.last() is None


def test_a_weight(session: Session, qtbot: QtBot) -> None:
    session.edits.set_weight(Neuron(2, 1), 7, -0.5)
    written(qtbot, session)
    assert session.runs.current.network.weights[1][1, 7] == -0.5
    assert "layer 2 · neuron 2: weight 8" in session.runs.current.history.changes[-1].text


def test_the_errors_are_measured_again(ready_model: Model, qtbot: QtBot) -> None:
    session = ready_model.session
    train_epochs(qtbot, ready_model, 1)
    run, dataset = session.runs.current, session.dataset
    assert dataset is not None
    assert dataset.test is not None
    measured = run.figures()
    for output in range(3):
        session.edits.set_bias(Neuron(3, output), 5.0)
    qtbot.waitUntil(lambda: "test_error" in run.figures())
    network = run.displayed_network()
    assert run.figures()["test_error"] == Evaluator(network, dataset.test).evaluate().error
    assert run.figures()["test_error"] != measured["test_error"]
    assert provenance_of(run, "").test_error == run.figures()["test_error"]
    for _ in range(3):
        session.undo.undo()
    assert run.figures() == measured


def test_a_network_without_finite_answers_has_no_errors(session: Session, qtbot: QtBot) -> None:
    for source in range(400, 420):
        session.edits.set_weight(NEURON, source, 3e38)
    session.edits.set_weight(Neuron(2, 0), 4, 3e38)
    written(qtbot, session)
    qtbot.waitUntil(lambda: not session.edits.errors._measuring._task.is_running)
    assert session.runs.current.figures() == {}
    session.edits.end_what_if()
    while session.undo.last() is not None:
        session.undo.undo()
    assert not session.runs.current.unsaved


def test_an_edited_network_trains_on_and_is_saved(ready_model: Model, qtbot: QtBot, tmp_path: Path) -> None:
    session = ready_model.session
    train_for_a_while(qtbot, ready_model)
    pause(qtbot, ready_model)
    run = session.runs.current
    session.edits.set_bias(NEURON, 0.75)
    path = tmp_path / "n.npz"
    session.files.save(path)
    qtbot.waitUntil(lambda: run.storage.path == path)
    saved, state = load_checkpoint(path)
    assert saved.biases[0][4, 0] == 0.75
    assert state is not None
    assert run.history.changes[-1].text.endswith("→ 0.75")
    assert run.history.changes[-1].epoch == run.epochs
    before, batch = run.network.parameters.copy(), run.progress.batch
    session.step_batch()
    wait_for(qtbot, ready_model, Status.PAUSED)
    assert run.progress.batch != batch
    assert bias(session) != 0.75 or (run.network.parameters != before).any()
    assert bias(session) == pytest.approx(0.75, abs=0.1)
    session.undo.undo()
    written(qtbot, session)
    assert bias(session) != pytest.approx(0.75, abs=0.1)
    assert "is kept" in announced(session)
    assert session.messages.current is None, "nothing lies over a card"
    assert (run.network.parameters != before).any(), "what was trained since stays"
    assert "undone" in run.history.changes[-1].text


# ---- edits of a network that learns


def test_an_edit_comes_between_two_steps(ready_model: Model, qtbot: QtBot, gate: Gate) -> None:
    session = ready_model.session
    session.settings.change("epochs", epochs=MANY_EPOCHS)
    session.settings.change("rate", learning_rate=1e-30)
    session.start()
    qtbot.waitUntil(lambda: session.runs.current.progress.batch > 1)
    gate.close()
    gate.wait_until_reached()
    session.edits.set_bias(NEURON, 0.5)
    assert session.displayed.network.biases[0][4, 0] == 0.5, "the answer moves at once"
    assert bias(session) != 0.5, "the step is not disturbed"
    gate.open()
    written(qtbot, session)
    assert bias(session) == 0.5
    assert session.state is Status.TRAINING
    edit = session.runs.current.history.changes[-1]
    assert edit.epoch > 0
    assert edit.text.endswith("→ 0.5")
    pause(qtbot, ready_model)
    assert session.displayed.network.biases[0][4, 0] == 0.5
    np.testing.assert_array_equal(session.displayed.network.parameters, session.runs.current.network.parameters)


def test_a_pause_on_its_way_loses_no_edit(ready_model: Model, qtbot: QtBot, gate: Gate) -> None:
    session = ready_model.session
    train_for_a_while(qtbot, ready_model)
    gate.close()
    gate.wait_until_reached()
    session.pause()
    session.edits.set_bias(NEURON, 0.5)
    gate.open()
    wait_for(qtbot, ready_model, Status.PAUSED)
    written(qtbot, session)
    assert bias(session) == 0.5
    np.testing.assert_array_equal(session.displayed.network.parameters, session.runs.current.network.parameters)


def test_the_search_for_a_rate_tries_the_network_as_it_is(
    session: Session, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    session.edits.switch(NEURON)
    tried: list[Network] = []

    def finder(network: Network, *others: object) -> RateFinder:
        tried.append(network)
        return RateFinder(network, *others)  # type: ignore[arg-type]

    monkeypatch.setattr("nnviz.cards.settings.rate_search.RateFinder", finder)
    session.models[RateSearch].search()
    qtbot.waitUntil(lambda: bool(tried))
    session.models[RateSearch].cancel()
    assert neurons.ParameterGroup("outgoing", 1, 4).view(tried[0]).any()
