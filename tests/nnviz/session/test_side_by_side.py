"""Two networks side by side: which one is the second, and what is known of both."""

from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from engine.explain.prediction_changes import ClassChanges
from engine.training.metrics import Evaluator
from nnviz.library import Library
from nnviz.session.selection import Classes, Example, Neuron
from nnviz.session.session import Session
from nnviz.session.shared_queries import CHANGES, SECOND_ANSWER
from nnviz.session.side_by_side import EDIT, EPOCH, NOW, PARENT, WHAT_IF
from nnviz.session.status import Status
from tests.nnviz.conftest import Model
from tests.nnviz.helpers import MANY_EPOCHS, pause, wait_for

NEURON = Neuron(1, 4)


@pytest.fixture
def trained(ready_model: Model, qtbot: QtBot) -> Model:
    """Three epochs."""
    for _ in range(3):
        ready_model.session.step_epoch()
        wait_for(qtbot, ready_model, Status.PAUSED)
    return ready_model


def changes_of(qtbot: QtBot, session: Session) -> ClassChanges:
    """Until the predictions of both networks are known."""
    session.queries.want("test", (CHANGES,), True)
    qtbot.waitUntil(lambda: session.queries[CHANGES].is_up_to_date and session.side_by_side.changes is not None)
    found = session.side_by_side.changes
    assert found is not None
    assert isinstance(found.changes, ClassChanges)
    return found.changes


def test_an_epoch_is_beside_the_present(trained: Model, qtbot: QtBot) -> None:
    session, compared = trained.session, trained.session.side_by_side
    assert (compared.kinds, compared.sides) == ([], None)
    session.timeline.go_to(1)
    assert (compared.kind, compared.is_on) == (NOW, False)
    compared.toggle()
    assert compared.sides is not None
    before, after = compared.sides
    assert (before.name, before.epochs, after.name, after.epochs) == ("epoch 1", 1, "now", 3)
    assert before.network is session.displayed.network
    assert after.network.parameters is session.runs.current.parameters
    assert compared.opening == "From epoch 1 to 3"
    assert before.figures == session.runs.current.history.figures(1)
    assert after.figures["test_error"] == session.runs.current.history.error.test.at(3)
    assert compared.second_epoch == 3

    # The predictions of both for the test set, and the listed examples.
    changes = changes_of(qtbot, session)
    split = session.dataset.test
    for network, predictions in ((before.network, changes.before), (after.network, changes.after)):
        assert predictions.are_wrong.mean() == pytest.approx(Evaluator(network, split).evaluate().error)
    mistakes = session.mistakes
    np.testing.assert_array_equal(mistakes.listed, changes.of(None, None))
    session.selection.choose_classes(Classes(4, 9))
    np.testing.assert_array_equal(mistakes.listed, changes.of(4, 9))
    session.selection.choose_classes(None)
    mistakes.next_mistake()
    assert session.selection.example is not None
    assert session.selection.example.number == mistakes.listed[0]
    mistakes.next_mistake()
    assert mistakes.place == 1

    # Another epoch, and the end.
    session.timeline.go_to(2)
    assert compared.sides is not None
    assert compared.sides[0].name == "epoch 2"
    qtbot.waitUntil(lambda: compared.changes is not None and compared.changes.before.epochs == 2)
    session.timeline.go_live()
    assert (compared.is_on, compared.sides, compared.changes, session.mistakes.changes) == (False, None, None, None)
    session.timeline.go_to(1)
    assert not compared.is_on, "it ended when the present was displayed"


def test_the_prediction_of_the_second_network(trained: Model, qtbot: QtBot) -> None:
    session, compared = trained.session, trained.session.side_by_side
    session.question.set_data_example(Example("test", 7))
    session.queries.want("test", (SECOND_ANSWER,), True)
    session.timeline.go_to(1)
    assert compared.answer is None
    compared.toggle()
    qtbot.waitUntil(lambda: compared.answer is not None)
    assert compared.second is not None
    np.testing.assert_allclose(compared.answer, compared.second.network.predict(session.question.example[None])[0])
    compared.toggle()
    assert compared.answer is None


def test_a_kept_epoch_is_the_second(trained: Model) -> None:
    session, compared = trained.session, trained.session.side_by_side
    session.timeline.go_to(2)
    compared.keep_epoch()
    assert session.messages.announcement is not None
    assert session.messages.announcement.text == "Epoch 2 is selected for comparison. Go to the other epoch."
    assert compared.kinds == [NOW]
    session.timeline.go_live()
    assert compared.is_on, "it is the kept epoch that was chosen"
    session.timeline.go_to(1)
    assert (compared.kinds, compared.kind) == ([NOW, EPOCH], EPOCH)
    assert compared.sides is not None
    assert [side.name for side in compared.sides] == ["epoch 1", "epoch 2"]
    session.timeline.go_live()
    assert compared.sides is not None
    assert [side.name for side in compared.sides] == ["epoch 2", "now"]
    assert compared.opening == "From epoch 2 to 3"
    session.timeline.go_to(0)
    compared.choose(NOW)
    assert compared.sides is not None
    assert [side.name for side in compared.sides] == ["epoch 0", "now"]
    session.reset()
    assert (compared.is_on, compared.is_wanted, compared.kept_epoch, compared.kinds) == (False, False, None, [])


def test_before_and_after_an_edit_and_with_a_what_if(trained: Model, qtbot: QtBot) -> None:
    session, compared = trained.session, trained.session.side_by_side
    trained_bias = float(session.displayed.network.biases[0][4, 0])
    session.edits.switch(NEURON)
    assert compared.kind == WHAT_IF
    compared.toggle()
    assert compared.sides is not None
    before, after = compared.sides
    assert (before.name, after.name, compared.opening) == ("as trained", "what if", "With layer 1 · neuron 5 off")
    assert before.network.weights[1][:, 4].any()
    assert not after.network.weights[1][:, 4].any()
    session.edits.end_what_if()
    assert not compared.is_on

    session.edits.set_bias(NEURON, 9.0)
    assert compared.kind == EDIT
    assert compared.sides is not None
    before, after = compared.sides
    assert (before.name, after.name, compared.opening) == ("before", "after", "With the edit")
    assert [float(side.network.biases[0][4, 0]) for side in (before, after)] == [trained_bias, 9.0]
    assert before.figures["test_error"] == session.runs.current.history.error.test.at(3) or before.figures
    session.undo.undo()
    assert not compared.is_on
    session.undo.redo()
    assert compared.is_on
    session.step_batch()
    wait_for(qtbot, trained, Status.PAUSED)
    assert not compared.is_on, "the network before the edit was not trained"


def test_a_branch_is_beside_its_parent_at_the_same_epoch(trained: Model, qtbot: QtBot) -> None:
    session, compared = trained.session, trained.session.side_by_side
    session.records.set_on(True)
    session.reset()
    for _ in range(3):
        session.step_epoch()
        wait_for(qtbot, trained, Status.PAUSED)
    parent = session.runs.current
    session.timeline.go_to(1)
    session.settings.change("rate", learning_rate=0.02)
    qtbot.waitUntil(lambda: session.branching.reason_unavailable is None)
    session.timeline.branch()
    qtbot.waitUntil(lambda: session.runs.current is not parent, timeout=20_000)
    assert compared.kinds == [PARENT]
    session.step_epoch()
    wait_for(qtbot, trained, Status.PAUSED)
    compared.toggle()
    assert compared.sides is not None
    before, after = compared.sides
    assert (before.name, before.epochs, after.name, after.epochs) == ("parent", 2, "branch", 2)
    snapshot = parent.snapshots.nearest(2)
    assert snapshot is not None
    np.testing.assert_array_equal(before.network.parameters, snapshot.parameters)
    assert before.figures == parent.history.figures(2)
    assert compared.opening == "From parent to branch, at epoch 2,"

    # Also in the past; and an edit is compared with what was before it.
    session.timeline.go_to(1)
    assert compared.sides is not None
    assert [side.name for side in compared.sides] == ["parent", "branch"]
    session.timeline.go_live()
    session.edits.set_bias(NEURON, 9.0)
    assert compared.kind == EDIT
    session.undo.undo()
    assert compared.kind == PARENT

    # A parent that is no longer in memory comes from the library.
    record = session.runs.current.origin.parent_record
    assert record is not None
    session.runs.by_id = lambda number: None  # type: ignore[method-assign]
    of_memory = compared.second
    session.timeline.go_to(1)
    qtbot.waitUntil(lambda: compared.second is not of_memory)
    with Library(session.records.path) as library:
        expected = library.network(record, 1).parameters
    assert compared.second is not None
    np.testing.assert_array_equal(compared.second.network.parameters, expected)


def test_during_training_the_present_is_replaced_once_an_epoch(ready_model: Model, qtbot: QtBot) -> None:
    session, compared = ready_model.session, ready_model.session.side_by_side
    session.settings.change("epochs", epochs=MANY_EPOCHS)
    session.start()
    qtbot.waitUntil(lambda: session.runs.current.epochs >= 2)
    session.timeline.go_to(1)
    assert not session.timeline.is_live
    compared.toggle()
    seen = []
    compared.changed.connect(lambda: seen.append((compared.second.name, session.runs.current.history.completed)))
    qtbot.waitUntil(lambda: len(seen) > 2)
    assert all(name.startswith("epoch ") for name, _ in seen)
    assert len({completed for _, completed in seen}) == len(seen)
    pause(qtbot, ready_model)
    assert compared.second is not None
    assert compared.second.name == "now"


def test_the_second_network_is_one_more_parameter_vector(trained: Model) -> None:
    session, compared = trained.session, trained.session.side_by_side
    session.timeline.go_to(1)
    compared.toggle()
    assert compared.second is not None
    assert compared.second.network.parameters is session.runs.current.parameters, "the present is not copied"
    network = compared.second.network
    session.timeline.go_to(2)
    assert compared.second.network is network, "it is kept as long as it is the same"
