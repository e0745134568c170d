"""A branch begins at a moment of the past exactly: with the same settings it repeats the run to the bit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from threading import Event
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from engine.basics.validation import Array
from engine.training.events import Batch, Epoch
from nnviz.jobs.recorder import Recorder
from nnviz.jobs.reports import Recorded
from nnviz.library import Library
from nnviz.session.divergence_recovery import best_epoch
from nnviz.session.exact_replay import ExactReplay, ReplayRequest, of_the_past
from nnviz.session.run import Run
from nnviz.session.selection import Neuron
from nnviz.session.status import Stage, Status
from tests.nnviz.conftest import Model
from tests.nnviz.helpers import train_epochs, train_for_a_while, wait_for
from tests.nnviz.library.test_replay import gone_to


def steps(qtbot: QtBot, model: Model, epochs: int, batches: int = 0) -> None:
    for step in [model.session.step_epoch] * epochs + [model.session.step_batch] * batches:
        before = model.session.runs.current.epochs
        step()
        qtbot.waitUntil(lambda before=before: model.session.runs.current.epochs > before, timeout=20_000)
        wait_for(qtbot, model, Status.PAUSED, Status.FINISHED)


def branch(qtbot: QtBot, model: Model) -> None:
    """Until another run is the current one."""
    before = model.session.runs.current
    model.session.timeline.branch()
    qtbot.waitUntil(lambda: model.session.runs.current is not before, timeout=20_000)


def branch_twice(qtbot: QtBot, model: Model) -> Run:
    """Asks for a branch of the branch before the library has reported anything of the first one, which is returned."""
    runs = model.session.runs
    before, made = runs.current, list[Run]()

    def again() -> None:
        runs.replaced.disconnect(again)
        made.append(runs.current)
        assert (runs.current.storage.record, model.session.branching.reason_unavailable) == (None, None)
        model.session.timeline.branch()

    runs.replaced.connect(again)
    model.session.timeline.branch()
    qtbot.waitUntil(lambda: runs.current is not before, timeout=20_000)
    return made[0]


def end(qtbot: QtBot, model: Model) -> Array:
    """The parameters after the rest of the training."""
    model.session.start()
    wait_for(qtbot, model, Status.FINISHED)
    parameters: Array = model.session.runs.current.network.parameters.copy()
    return parameters


def test_with_the_same_settings_it_repeats_the_run_to_the_bit(recorded: Model, qtbot: QtBot) -> None:
    """From the beginning, from the ends of epochs, and from between them."""
    session = recorded.session
    session.settings.change("all", hidden=(12,), optimizer="adam", learning_rate=0.003, dropout=0.2, epochs=4)
    steps(qtbot, recorded, 2, 3)
    between = session.timeline.epochs[-2]
    assert between != round(between)
    straight = end(qtbot, recorded)
    old = session.runs.current
    for wanted in (0, 1, 2, between):
        session.timeline.go_to(wanted)
        assert session.timeline.epoch == wanted
        branch(qtbot, recorded)
        new = session.runs.current
        assert (new.origin.parent, new.origin.left_at, new.origin.parent_record) == (old.id, wanted, old.storage.record)
        assert new.epochs == session.timeline.live_epoch == wanted
        assert session.timeline.is_live
        np.testing.assert_array_equal(end(qtbot, recorded), straight, f"from epoch {wanted}")
        np.testing.assert_array_equal(old.network.parameters, straight)
        assert new.history.error.test.values == old.history.error.test.values, wanted
        session.undo.undo()
        assert session.runs.current is old


def test_a_branch_within_the_first_epoch_is_recorded_with_the_figures_before_it(recorded: Model, qtbot: QtBot) -> None:
    session = recorded.session
    session.settings.change("all", hidden=(12,), epochs=2)
    steps(qtbot, recorded, 0, 3)
    branch(qtbot, recorded)
    end(qtbot, recorded)
    run = session.runs.current
    assert run.storage.record is not None
    with Library() as library:
        assert library.history(run.storage.record).error.test == run.history.error.test
    assert run.history.error.test.epochs == [0, 1, 2]


def test_a_rate_that_was_changed_while_paused_is_replayed_from_its_batch(recorded: Model, qtbot: QtBot) -> None:
    session, rate = recorded.session, {1: 0.01, 2: 0.002}
    session.settings.change("all", hidden=(12,), optimizer="adam", learning_rate=rate[1], epochs=2)
    steps(qtbot, recorded, 1)
    session.settings.change("rate", learning_rate=rate[2])
    end(qtbot, recorded)
    run, dataset = session.runs.current, session.dataset
    assert run.storage.record is not None
    assert dataset is not None
    straight = run.experiment.changed(learning_rate=rate[1]).trainer(dataset)
    for event in straight.run():
        if isinstance(event, Epoch) and event.epoch == 1:
            straight.change(run.experiment.training)
        elif isinstance(event, Batch) and (event.epoch, event.batch) == (2, 3):
            break
    with Library() as library:
        assert (
            [change.epoch for change in library.run(run.storage.record).changes]
            == [1]
            == [run.history.changes[0].epoch]
        )
        replayed = gone_to(library, 1 + 3 / straight.batches_per_epoch, run.storage.record, dataset)
    np.testing.assert_array_equal(replayed.trainer.network.parameters, straight.network.parameters)


def test_before_its_beginning_a_branch_goes_back_in_its_parent(recorded: Model, qtbot: QtBot) -> None:
    """And in that one's parent; a file of such a moment is exact, too."""
    session = recorded.session
    session.settings.change("all", hidden=(12,), optimizer="adam", learning_rate=0.003, epochs=4)
    steps(qtbot, recorded, 4)
    straight, first = session.runs.current.network.parameters.copy(), session.runs.current
    for at, wanted in ((3, 2), (2, 1)):
        before = session.runs.current
        session.timeline.go_to(at)
        branch(qtbot, recorded)
        steps(qtbot, recorded, 1)
        assert session.timeline.epochs[0] == 0
        assert best_epoch(session.runs.current) == session.runs.current.epochs
        session.timeline.go_to(wanted)
        branch(qtbot, recorded)
        new = session.runs.current
        assert (new.origin.left_at, new.epochs) == (wanted, wanted)
        assert new.origin.parent_record not in (None, before.storage.record)
    np.testing.assert_array_equal(end(qtbot, recorded), straight)
    assert session.runs.current is not first


def test_a_training_that_goes_on_in_its_own_process(recorded: Model, qtbot: QtBot) -> None:
    session = recorded.session
    session.settings.change("epochs", epochs=200)
    train_for_a_while(qtbot, recorded)
    qtbot.waitUntil(lambda: session.runs.current.history.completed > 30, timeout=20_000)
    session.timeline.go_to(5)
    at = session.timeline.epoch
    assert at is not None
    branch(qtbot, recorded)
    old = session.runs.by_id(session.runs.current.origin.parent)
    assert old is not None
    qtbot.waitUntil(lambda: old.stage is Stage.PAUSED)
    session.settings.change("epochs", epochs=8)
    new_end = end(qtbot, recorded)
    session.reset()
    train_epochs(qtbot, recorded, 8)
    np.testing.assert_array_equal(session.runs.current.network.parameters, new_end)


def test_changed_settings_and_edits_on_the_way(recorded: Model, qtbot: QtBot) -> None:
    session = recorded.session
    session.settings.change("all", hidden=(12,), epochs=3)
    steps(qtbot, recorded, 0, 2)
    session.settings.change("rate", learning_rate=0.03)
    steps(qtbot, recorded, 0, 1)
    session.edits.set_weight(Neuron(1, 3), 7, 0.5)
    steps(qtbot, recorded, 1, 1)
    exact = session.runs.current.network.parameters.copy()
    at = session.runs.current.epochs
    straight = end(qtbot, recorded)
    session.timeline.go_to(at)
    branch(qtbot, recorded)
    np.testing.assert_array_equal(session.runs.current.network.parameters, exact)
    np.testing.assert_array_equal(end(qtbot, recorded), straight)


def test_it_takes_the_settings_of_the_fields(recorded: Model, qtbot: QtBot) -> None:
    session = recorded.session
    session.settings.change("epochs", epochs=3)
    steps(qtbot, recorded, 3)
    session.timeline.go_to(1)
    session.settings.change("rate", learning_rate=0.05)
    branch(qtbot, recorded)
    run = session.runs.current
    assert run.stage is Stage.PAUSED
    assert run.experiment.training.learning_rate == 0.05
    assert run.history.changes[-1].text == "learning rate 0.05"
    assert session.settings.experiment.training.learning_rate == 0.05
    steps(qtbot, recorded, 1)
    assert run.epochs == 2
    assert session.runs.compared == [session.runs.by_id(run.origin.parent)]


def test_a_branch_that_was_not_trained_on_has_no_curve_beside_its_parent(recorded: Model, qtbot: QtBot) -> None:
    session = recorded.session
    steps(qtbot, recorded, 3)
    parent = session.runs.current
    session.timeline.go_to(2)
    branch(qtbot, recorded)
    made = session.runs.current
    session.undo.undo()
    assert session.runs.current is parent
    assert made not in session.runs.compared
    session.undo.redo()
    steps(qtbot, recorded, 1)
    session.undo.undo()
    assert made in session.runs.compared


def test_another_batch_size_begins_a_new_training_of_that_network(recorded: Model, qtbot: QtBot) -> None:
    session = recorded.session
    steps(qtbot, recorded, 3)
    session.timeline.go_to(2)
    session.settings.change("batch", batch_size=50, epochs=1)
    branch(qtbot, recorded)
    run = session.runs.current
    assert (run.stage, run.epochs) == (Stage.RESTING, 2)
    end(qtbot, recorded)
    assert run.epochs == 3


def test_it_can_be_undone(recorded: Model, qtbot: QtBot) -> None:
    session = recorded.session
    train_epochs(qtbot, recorded, 2)
    old = session.runs.current
    session.timeline.go_to(1)
    branch(qtbot, recorded)
    session.undo.undo()
    assert session.runs.current is old
    assert session.timeline.epochs[-1] == 2


def test_what_lies_before_it_can_be_looked_back_at(recorded: Model, qtbot: QtBot) -> None:
    session = recorded.session
    steps(qtbot, recorded, 3)
    before = [epoch for epoch in session.timeline.epochs if epoch < 2]
    session.timeline.go_to(2)
    branch(qtbot, recorded)
    assert session.timeline.epochs == [*before, 2]
    session.timeline.go_to(1)
    assert session.timeline.figures[0] == 1
    assert session.mistakes.counts is not None


def test_a_branch_of_a_branch_at_once(recorded: Model, qtbot: QtBot) -> None:
    """Before the library has reported the number of the first one's record."""
    session = recorded.session
    steps(qtbot, recorded, 2)
    session.timeline.go_to(1)
    first = branch_twice(qtbot, recorded)
    qtbot.waitUntil(lambda: session.runs.current is not first, timeout=20_000)
    second = session.runs.current
    assert (second.origin.left_at, second.epochs, second.origin.parent_record) == (1, 1, first.storage.record)
    assert first.storage.record is not None
    np.testing.assert_array_equal(end(qtbot, recorded), _went_on(qtbot, recorded, first))


def _went_on(qtbot: QtBot, model: Model, run: Run) -> Array:
    """The parameters after the rest of that run's training."""
    model.session.undo.undo()
    assert model.session.runs.current is run
    return end(qtbot, model)


def test_the_library_knows_where_it_comes_from(recorded: Model, qtbot: QtBot) -> None:
    session = recorded.session
    session.settings.change("epochs", epochs=2)
    steps(qtbot, recorded, 2)
    session.timeline.go_to(1)
    branch(qtbot, recorded)
    end(qtbot, recorded)
    run = session.runs.current
    assert session.close()
    with Library() as library:
        assert run.storage.record is not None
        record = library.run(run.storage.record)
        assert (record.parent, record.left_at, record.status) == (run.origin.parent_record, 1, "finished")
        np.testing.assert_array_equal(library.network(run.storage.record).parameters, run.network.parameters)


@pytest.mark.parametrize("is_named", [False, True])
def test_a_branch_has_a_name_if_its_run_has(recorded: Model, qtbot: QtBot, is_named: bool) -> None:
    """An opened run without a name is called by its settings, which its branch need not have."""
    session = recorded.session
    steps(qtbot, recorded, 2)
    run = session.runs.current
    run.storage.name, run.storage.is_named = "#1 · 784-8-10", is_named
    session.timeline.go_to(1)
    branch(qtbot, recorded)
    end(qtbot, recorded)
    qtbot.waitUntil(lambda: session.runs.current.storage.record is not None)
    with Library() as library:
        assert library.run(session.runs.current.storage.record).name == ("#1 · 784-8-10" if is_named else "")
    at_rest = of_the_past(ReplayRequest(run, 1), run.history, None)
    assert (at_rest.storage.name, at_rest.storage.is_named) == (run.storage.name, is_named)


# ---- what cannot be done


def test_a_run_that_is_not_recorded(ready_model: Model, qtbot: QtBot) -> None:
    session = ready_model.session
    steps(qtbot, ready_model, 2)
    session.timeline.go_to(1)
    session.timeline.branch()
    assert "is not recorded" in session.messages.current.text
    assert session.timeline.epoch == 1


def test_a_branch_whose_record_cannot_be_begun(recorded: Model, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    session, reported = recorded.session, list[str]()
    steps(qtbot, recorded, 2)
    session.timeline.go_to(1)
    monkeypatch.setattr(Recorder, "open", lambda self, trainer, tell: tell(Recorded(None, is_written=False)))
    session.messages.changed.connect(lambda: reported.append(session.messages.current.text))
    made = branch_twice(qtbot, recorded)
    qtbot.waitUntil(lambda: bool(reported))
    assert reported == [
        "The run could not be branched off: the record of the run is missing from the library. Train the network again."
    ]
    assert session.runs.current is made
    assert "is not recorded" in (session.branching.reason_unavailable or "")


def test_a_library_that_fails_again_and_again_promises_no_record(recorded: Model, qtbot: QtBot) -> None:
    session = recorded.session
    session.records.path.mkdir(parents=True)
    for _ in range(2):
        train_epochs(qtbot, recorded, 1)
        qtbot.waitUntil(lambda: "is not recorded" in (session.branching.reason_unavailable or ""))


def test_fields_that_describe_another_network(recorded: Model, qtbot: QtBot) -> None:
    session = recorded.session
    train_epochs(qtbot, recorded, 2)
    session.timeline.go_to(1)
    session.settings.change("layers", hidden=(7,))
    session.timeline.branch()
    assert "the settings describe another one" in session.messages.current.text


def test_an_untrained_network(recorded: Model) -> None:
    assert "Train the network first" in (recorded.session.branching.reason_unavailable or "")


def test_other_data(recorded: Model, qtbot: QtBot) -> None:
    session = recorded.session
    train_epochs(qtbot, recorded, 1)
    run = session.runs.current
    run.experiment = replace(run.experiment, fingerprint="other")
    assert "needs the data" in (session.branching.reason_unavailable or "")


def test_a_record_that_is_gone(recorded: Model, qtbot: QtBot) -> None:
    session = recorded.session
    steps(qtbot, recorded, 2)
    with Library() as library:
        library.empty()
    session.timeline.go_to(1)
    session.timeline.branch()
    qtbot.waitUntil(lambda: session.messages.current is not None)
    assert "The run could not be branched off" in session.messages.current.text
    assert session.timeline.epoch == 1


def test_the_moment_stays_in_view_until_the_branch_is_there_and_another_run_gives_it_up(
    recorded: Model, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, opened = recorded.session, Event()
    real = ExactReplay.steps

    def held(self: ExactReplay, wish: ReplayRequest) -> Callable[[], Any]:
        steps = real(self, wish)

        def made() -> Any:
            while not opened.wait(0.005):
                yield 0.5, None
            return (yield from steps())

        return made

    monkeypatch.setattr(ExactReplay, "steps", held)
    steps(qtbot, recorded, 3)
    session.timeline.go_to(2)
    session.timeline.branch()
    qtbot.waitUntil(lambda: session.branching.work.share == 0.5)
    assert session.timeline.epoch == 2
    session.reset()
    qtbot.waitUntil(lambda: session.state is Status.READY)
    assert not session.branching.work.is_running
    untrained = session.runs.current
    opened.set()
    qtbot.wait(50)
    assert session.runs.current is untrained
