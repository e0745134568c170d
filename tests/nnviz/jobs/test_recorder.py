"""What is trained in the window is in the library, wherever it is trained, and whatever happens to the window."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from engine.datasets import DATASETS, Dataset
from engine.provenance import Provenance
from engine.storage import load_network
from engine.training.metrics import Evaluator
from engine.training.trainer import Trainer
from nnviz.commands.runs import result_of
from nnviz.formatting.text import date, percent
from nnviz.library import Library, RunRecord
from nnviz.library.export import export_run
from nnviz.library.locks import lock_of_run
from nnviz.library.quota import Quota
from nnviz.session import reopening
from nnviz.session.selection import Neuron
from nnviz.session.status import Status
from nnviz.window.main_window import MainWindow
from tests.nnviz.cards.card_window import MakeCards
from tests.nnviz.conftest import Model, Restart
from tests.nnviz.helpers import (
    MANY_EPOCHS,
    action,
    announced,
    click,
    find,
    is_shown,
    pause,
    press,
    store_settings,
    stored_settings,
    train_epochs,
    train_for_a_while,
    wait_for,
)
from tests.nnviz.library.helpers import an_experiment, in_epoch, record


@pytest.fixture
def recorded(restart: Restart, qtbot: QtBot) -> Model:
    """A session whose trainings are recorded, as in a window."""
    model = restart()
    qtbot.waitUntil(lambda: is_shown(model.session.data))
    assert model.session.records.is_on
    return model


@pytest.fixture
def recorded_window(ready_window: MainWindow) -> MainWindow:
    """A window whose trainings are recorded."""
    ready_window.session.records.set_on(True)
    return ready_window


def runs_of(model: Model) -> list[RunRecord]:
    """As the library has them, the newest first."""
    with Library(model.session.records.path) as library:
        return list(library.runs())


def expect_exact(library: Library, record: RunRecord, dataset: Dataset) -> None:
    """Its last state is what a training without a window is at that place, and so goes on to the same end."""
    kept = library.state(record.id)
    assert kept is not None
    assert kept.at == record.epochs
    resumed = Trainer.resume(kept.network, dataset, kept.training)
    whole = record.experiment.trainer(dataset, record.experiment.build())
    events = whole.run()
    while (whole.epoch, whole.batch) != (resumed.epoch, resumed.batch):
        next(events)
    np.testing.assert_array_equal(resumed.network.parameters, whole.network.parameters)
    assert resumed.state().progress["random"] == whole.state().progress["random"]


def test_a_training_is_in_the_library_and_nothing_is_asked_when_it_closes(recorded: Model, qtbot: QtBot) -> None:
    session = recorded.session
    train_epochs(qtbot, recorded, 3)
    run = session.runs.current
    (record,) = runs_of(recorded)
    assert (record.id, record.status, record.epochs) == (run.storage.record, "finished", 3)
    assert (record.data, record.fingerprint) == (session.dataset.title, session.dataset.fingerprint)
    assert record.test_error == run.history.error.test.values[-1]
    with Library() as library:
        np.testing.assert_array_equal(library.network(record.id).parameters, run.network.parameters)
        history = library.history(record.id)
    assert history.error.test.values == run.history.error.test.values
    np.testing.assert_array_equal(history.confusion(3), run.history.confusion(3))
    qtbot.waitUntil(lambda: run.storage.is_kept)
    assert not run.unsaved
    assert session.runs.unsaved == []
    session.records.set_on(False)
    train_epochs(qtbot, recorded, 1)
    assert session.runs.unsaved == [run], "what is not kept is asked about"


def test_pausing_and_more_epochs_belong_to_the_same_run_and_another_network_is_another_run(
    recorded: Model, qtbot: QtBot
) -> None:
    session = recorded.session
    session.settings.change("epochs", epochs=2)
    session.step_batch()
    wait_for(qtbot, recorded, Status.PAUSED)
    assert [record.status for record in runs_of(recorded)] == ["paused"]
    train_epochs(qtbot, recorded, 2)
    train_epochs(qtbot, recorded, 2)
    (record,) = runs_of(recorded)
    assert (record.epochs, record.status) == (4, "finished")
    with Library() as library:
        assert library.history(record.id).error.test.epochs == [0, 1, 2, 3, 4]
    session.reset()
    train_epochs(qtbot, recorded, 1)
    assert len(runs_of(recorded)) == 2


def test_a_changed_rate_is_noted(recorded: Model, qtbot: QtBot) -> None:
    session = recorded.session
    session.step_epoch()
    wait_for(qtbot, recorded, Status.PAUSED)
    session.settings.change("rate", learning_rate=0.05)
    session.step_epoch()
    wait_for(qtbot, recorded, Status.PAUSED)
    (record,) = runs_of(recorded)
    assert [change.text for change in record.changes] == ["learning rate 0.05"]
    assert record.experiment.training.learning_rate == 0.05


def test_switched_off_nothing_is_written(recorded: Model, qtbot: QtBot) -> None:
    recorded.session.records.set_on(False)
    train_epochs(qtbot, recorded, 1)
    assert not recorded.session.records.path.exists()
    assert recorded.session.runs.current.storage.record is None


def test_that_recording_is_off_is_announced_and_undone_and_a_mark_stays_as_long(
    recorded_window: MainWindow, qtbot: QtBot
) -> None:
    """The mark switches it on, too. Ctrl+K alone, so near to K, does nothing."""
    session, mark = recorded_window.session, find(recorded_window, QPushButton, "recordingOffButton")
    press(qtbot, recorded_window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    assert session.records.is_on
    assert not mark.isVisible()
    session.messages.warn("An error.")
    press(qtbot, recorded_window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
    assert not session.records.is_on
    assert action(recorded_window, "actionKeepRuns").isChecked() is False
    assert announced(session).startswith("Recording is off.")
    assert mark.isVisible()
    assert session.messages.current is not None, "an error stays"
    assert session.messages.current.text == "An error."
    undo = click(qtbot, recorded_window, QPushButton, "announcementChoice1Button")
    assert undo.text() == "Undo"
    assert session.records.is_on
    assert not mark.isVisible()
    assert not recorded_window.announcement_bar.isVisible()
    press(qtbot, recorded_window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
    session.messages.end_announcement()
    click(qtbot, recorded_window, QPushButton, "recordingOffButton")
    assert session.records.is_on
    assert not mark.isVisible()
    assert announced(session) == "Recording is on again."


@pytest.mark.parametrize("paused", [False, True])
def test_a_training_is_recorded_from_where_recording_is_on_again(recorded: Model, qtbot: QtBot, paused: bool) -> None:
    """With all of its curves, and exactly from there on."""
    session = recorded.session
    session.records.set_on(False)
    session.settings.change("epochs", epochs=MANY_EPOCHS)
    train_for_a_while(qtbot, recorded)
    run = session.runs.current
    if paused:
        pause(qtbot, recorded)
    session.records.set_on(True)
    if paused:
        assert not session.records.path.exists(), "it is kept when it continues"
        session.start()
    qtbot.waitUntil(lambda: run.storage.is_kept, timeout=20_000)
    pause(qtbot, recorded)
    session.step_epoch()
    wait_for(qtbot, recorded, Status.PAUSED)
    (record,) = runs_of(recorded)
    assert record.epochs == run.epochs
    assert session.dataset is not None
    with Library() as library:
        assert library.history(record.id).error.test.values == run.history.error.test.values
        expect_exact(library, record, session.dataset)


def test_a_message_stays_when_a_training_is_recorded_from_now_on(recorded: Model, qtbot: QtBot) -> None:
    """Also while the fields describe another network: the run goes on."""
    session = recorded.session
    session.records.set_on(False)
    train_for_a_while(qtbot, recorded)
    run = session.runs.current
    session.settings.change("layers", hidden=(7, 5))
    error = session.messages.warn("An error.")
    session.records.set_on(True)
    qtbot.waitUntil(lambda: run.storage.is_kept, timeout=20_000)
    assert session.runs.current is run
    assert session.state is Status.TRAINING
    assert session.messages.current is error
    pause(qtbot, recorded)


def test_epochs_that_are_missing_are_noted_beside_the_curves(recorded: Model, qtbot: QtBot) -> None:
    session = recorded.session
    train_epochs(qtbot, recorded, 2)
    qtbot.waitUntil(lambda: session.runs.current.storage.is_kept)
    session.records.set_on(False)
    train_epochs(qtbot, recorded, 3)
    session.records.set_on(True)
    train_epochs(qtbot, recorded, 1)
    qtbot.waitUntil(lambda: session.runs.current.storage.is_kept)
    (record,) = runs_of(recorded)
    assert record.epochs == 6
    noted = [(change.epoch, change.text) for change in record.changes]
    assert noted == [(5, "1 more epoch, epochs 2 to 5 are not recorded")]
    assert session.runs.current.history.changes[-1].text == noted[-1][1]


def test_the_first_time_says_so_once(recorded_window: MainWindow, qtbot: QtBot) -> None:
    """In a sentence near the top: nothing lies over the weights, and no path has to be read."""
    session = recorded_window.session
    train_epochs(qtbot, recorded_window, 1)
    qtbot.waitUntil(lambda: announced(session).startswith("Runs are saved in the library"))
    assert str(session.records.path.parent) not in announced(session)
    assert session.messages.current is None
    record = f"in the library: run {session.runs.current.storage.record}, in {session.records.path}"
    assert record in find(recorded_window, QLabel, "runStatus").toolTip()
    session.messages.end_announcement()
    session.reset()
    train_epochs(qtbot, recorded_window, 1)
    assert (session.messages.current, announced(session)) == (None, "")


def test_what_goes_is_said_after_one_training_and_goes_after_the_next(recorded: Model, qtbot: QtBot) -> None:
    session = recorded.session
    with Library() as library:
        library.introduce()
        run, _ = record(library, an_experiment(epochs=8).changed(hidden=(2000,)))
        before = library.snapshot_epochs(run)
        library.quota.budget = 1_000_000
    session.settings.change("batch size", batch_size=500)  # too few batches for estimates, whose snapshots could go too
    train_epochs(qtbot, recorded, 1)
    qtbot.waitUntil(lambda: session.messages.current is not None)
    assert session.messages.current is not None
    reported = session.messages.current.text
    assert "of its 1 MB limit. When the next run ends, nnviz removes" in reported
    assert "of 1 old run" in reported
    assert session.runs.current.storage.is_kept
    with Library() as library:
        assert library.snapshot_epochs(run) == before
    session.messages.dismiss()
    train_epochs(qtbot, recorded, 1)
    with Library() as library:
        qtbot.waitUntil(lambda: len(library.snapshot_epochs(run)) < len(before))
        assert library.state(run).at == 8
    assert session.messages.current is None


def test_a_library_that_cannot_be_written_never_stops_a_training(recorded: Model, qtbot: QtBot) -> None:
    session = recorded.session
    session.records.path.mkdir(parents=True)
    train_epochs(qtbot, recorded, 2)
    qtbot.waitUntil(lambda: session.messages.current is not None)
    assert "is not recorded" in session.messages.current.text
    assert session.runs.current.epochs == 2


def test_pausing_and_quitting_keep_the_place_of_the_training(recorded: Model, qtbot: QtBot) -> None:
    session = recorded.session
    train_for_a_while(qtbot, recorded)
    dataset = session.dataset
    assert dataset is not None
    pause(qtbot, recorded)
    (record,) = runs_of(recorded)
    assert (record.status, record.epochs) == ("paused", session.runs.current.epochs)
    session.start()
    qtbot.waitUntil(lambda: session.runs.current.epochs > record.epochs + 1)
    assert recorded.close()
    with Library() as library:
        (record,) = library.runs()
        assert record.status == "paused"
        assert record.epochs > 1
        expect_exact(library, record, dataset)


def test_an_edit_of_a_paused_run_is_written_and_let_go(recorded: Model, qtbot: QtBot) -> None:
    session = recorded.session
    session.step_epoch()
    wait_for(qtbot, recorded, Status.PAUSED)
    record, value = session.runs.current.storage.record, 0.5
    session.edits.set_bias(Neuron(1, 0), value)
    qtbot.waitUntil(lambda: "test_error" in session.runs.current.figures())
    written(qtbot, recorded)
    assert record is not None
    with Library() as library:
        assert library.run(record).status == "paused"
        assert not library.is_live(record)
        assert library.network(record).biases[0][0, 0] == value
        library.delete([record])


def test_the_end_of_a_training_does_not_wait_for_thinning(
    recorded: Model, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    monkeypatch.setattr(Quota, "enforce", lambda room: go_on.wait(20) and None)
    train_epochs(qtbot, recorded, 1)  # until it has ended
    assert not go_on.is_set()
    go_on.set()


def test_the_next_start_has_it_again(recorded: Model, qtbot: QtBot, restart: Restart) -> None:
    train_epochs(qtbot, recorded, 2)
    run = recorded.session.runs.current
    qtbot.waitUntil(lambda: run.storage.is_kept)
    assert recorded.close()
    model = restart()
    qtbot.waitUntil(lambda: model.session.runs.current.storage.record == run.storage.record, timeout=20_000)
    assert model.session.runs.current.epochs == 2
    np.testing.assert_array_equal(model.session.runs.current.network.parameters, run.network.parameters)


def test_while_a_training_changes_hands_the_library_says_that_it_goes_on(recorded: Model, qtbot: QtBot) -> None:
    """Else a window that is killed just then would not be missed."""
    session = recorded.session
    train_for_a_while(qtbot, recorded)

    def look(_: Trainer | None) -> list[tuple[str, bool]]:
        with Library(session.records.path) as library:
            return [(record.status, library.is_live(record.id)) for record in library.runs()]

    seen = session.training.runner.call(session.runs.current.id, look)
    qtbot.waitUntil(seen.done)
    assert seen.result() == [("training", False)]
    assert recorded.close()
    (record,) = runs_of(recorded)
    assert record.status == "paused"


@pytest.mark.parametrize("then", ["another", "end"])
def test_a_training_that_was_looked_at_last_is_no_broken_off_one(recorded: Model, qtbot: QtBot, then: str) -> None:
    session = recorded.session
    train_for_a_while(qtbot, recorded)
    look = session.training.runner.call(session.runs.current.id, lambda _: None)
    if then == "another":
        session.reset()
        session.start()
        qtbot.waitUntil(lambda: session.runs.current.storage.record is not None, timeout=20_000)
    qtbot.waitUntil(look.done)
    assert recorded.close()
    assert {record.status for record in runs_of(recorded)} == {"paused"}


SCRIPT = """
import main
main.set_threads()
from PyQt5.QtCore import QCoreApplication
from nnviz.session.session import Session
from nnviz.session.status import Status
app = QCoreApplication([])
session = Session()
session.data.load("moons", {"points": 400})
while session.state is not Status.READY:
    app.processEvents()
session.settings.change("all", hidden=(8,), epochs=100_000, optimizer="adam", learning_rate=0.001)
session.start()
app.exec()
"""


CLAIMS = """
import sys
from nnviz.library import library_path
from nnviz.library.locks import lock_of_offer
claim = lock_of_offer(library_path(), int(sys.argv[1]))
print(claim.acquire(), flush=True)
sys.stdin.read()
"""


def test_after_a_kill_it_goes_on_to_the_bit(home: Path, qtbot: QtBot, restart: Restart) -> None:
    """Of the session, while its process trains. The next one says so, once."""
    with subprocess.Popen([sys.executable, "-c", SCRIPT]) as program:
        path = Path(os.environ["NNVIZ_LIBRARY"])
        end = time.monotonic() + 60

        def has_come_far() -> bool:
            assert program.poll() is None
            assert time.monotonic() < end
            if not path.exists():
                return False
            with Library(path) as library:
                return any(
                    record.epochs > 50 and len(library.snapshot_epochs(record.id)) > 3 for record in library.runs()
                )

        qtbot.waitUntil(has_come_far, timeout=60_000)
        program.send_signal(signal.SIGKILL)
    dataset = DATASETS["moons"].load({"points": 400})
    with Library(path) as library:
        qtbot.waitUntil(lambda: bool(library.interrupted()), timeout=10_000)  # its process ends with it
        (record,) = library.interrupted()
        expect_exact(library, record, dataset)
    model = restart()
    qtbot.waitUntil(lambda: model.session.messages.current is not None, timeout=20_000)
    reported = model.session.messages.current
    assert reported is not None
    assert f"Run {record.id} was interrupted at epoch" in reported.text
    model.session.messages.choose(0)
    qtbot.waitUntil(lambda: model.session.runs.current.storage.record == record.id, timeout=20_000)
    run = model.session.runs.current
    qtbot.waitUntil(lambda: run.epochs >= record.epochs, timeout=20_000)  # its last state may be an epoch older
    assert len(model.session.timeline.epochs) > 3  # of three hundred epochs a second not many moments are kept
    qtbot.waitUntil(lambda: run.epochs > record.epochs + 3, timeout=20_000)
    pause(qtbot, model)
    with Library(path) as library:
        assert library.interrupted() == []
        expect_exact(library, library.run(record.id), dataset)


@pytest.mark.parametrize("data", ["mnist", "moons"])
def test_the_run_that_the_next_start_puts_into_the_window_was_broken_off(
    restart: Restart, qtbot: QtBot, few_digits: Dataset, data: str
) -> None:
    """It says so, also when its data come later; and it goes on if the person wants that."""
    dataset = few_digits if data == "mnist" else DATASETS[data].load({})
    made = an_experiment(dataset, epochs=MANY_EPOCHS, batch_size=100).changed(data=data)
    with Library() as library:
        library.introduce()
        number, _ = record(library, made, dataset, until=in_epoch(3, 2), finish=False)
        library.database.write("UPDATE runs SET status = 'training'")
        saved = library.run(number).updated
    store_settings(record=number)
    model = restart()
    session = model.session
    qtbot.waitUntil(lambda: session.runs.current.storage.record == number, timeout=20_000)
    wait_for(qtbot, model, Status.PAUSED)
    qtbot.waitUntil(lambda: session.messages.current is not None)
    reported = session.messages.current
    assert reported is not None
    assert reported.text.startswith(f"Run {number} was interrupted at epoch 2.")
    assert reported.text.endswith(f" ({date(saved)}). It is in the library.")
    session.messages.set_locks(lambda name: name == "open-network")
    assert session.messages.offered(reported) == []
    session.messages.set_locks(lambda name: False)
    assert [choice.text for choice in reported.choices] == ["Continue training"]
    assert [run.storage.record for run in session.runs.unsaved] == []
    with Library() as library:
        qtbot.waitUntil(lambda: not library.is_live(number))  # another program may train it; to look takes it, too
    session.messages.choose(0)
    qtbot.waitUntil(lambda: session.runs.current.epochs > 4, timeout=20_000)
    pause(qtbot, model)
    with Library() as library:
        (run,) = library.runs()
        assert (run.id, run.status) == (number, "paused")
        expect_exact(library, run, dataset)


@pytest.fixture
def interrupted(few_digits: Dataset, monkeypatch: pytest.MonkeyPatch) -> int:
    """A run whose program ended in the middle of its training, which the next window opens."""
    monkeypatch.setattr(reopening, "_BETWEEN_LOOKS", 20)
    made = an_experiment(few_digits, epochs=MANY_EPOCHS, batch_size=100).changed(data="mnist")
    with Library() as library:
        library.introduce()
        number, _ = record(library, made, few_digits, until=in_epoch(3, 2), finish=False)
        library.database.write("UPDATE runs SET status = 'training'")
    store_settings(record=number)
    return number


def offers(model: Model) -> bool:
    message = model.session.messages.current
    return message is not None and [choice.text for choice in message.choices] == ["Continue training"]


def wait_for_run(qtbot: QtBot, model: Model, number: int) -> None:
    qtbot.waitUntil(lambda: model.session.runs.current.storage.record == number, timeout=20_000)
    wait_for(qtbot, model, Status.PAUSED)


def test_of_two_windows_one_offers_to_continue_a_run(restart: Restart, qtbot: QtBot, interrupted: int) -> None:
    models = [restart() for _ in range(2)]
    for model in models:
        wait_for_run(qtbot, model, interrupted)
    qtbot.waitUntil(lambda: any(map(offers, models)))
    looked: list[object] = []
    for model in models:
        model.session.library_thread.run(lambda library: None, looked.append, looked.append)
    qtbot.waitUntil(lambda: len(looked) == 2)
    first, second = sorted(models, key=offers, reverse=True)
    assert not offers(second)
    first.session.messages.choose(0)
    qtbot.waitUntil(lambda: first.session.runs.current.epochs > 4, timeout=20_000)
    assert not offers(second)
    pause(qtbot, first)


def test_an_offer_goes_when_another_window_continues_the_run(restart: Restart, qtbot: QtBot, interrupted: int) -> None:
    models = [restart() for _ in range(2)]
    for model in models:
        wait_for_run(qtbot, model, interrupted)
    qtbot.waitUntil(lambda: any(map(offers, models)))
    first, second = sorted(models, key=offers, reverse=True)
    second.session.start()
    qtbot.waitUntil(lambda: not offers(first))
    assert announced(first.session) == f"Run {interrupted} continues in another window."
    pause(qtbot, second)
    with Library() as library:
        assert [run.id for run in library.runs()] == [interrupted], "nothing was branched off"


def test_an_offer_is_not_taken_if_another_program_was_quicker(restart: Restart, qtbot: QtBot, interrupted: int) -> None:
    model = restart()
    wait_for_run(qtbot, model, interrupted)
    qtbot.waitUntil(lambda: offers(model))
    model.session._reopening._look.stop()
    other = lock_of_run(model.session.records.path, interrupted)
    assert other.acquire()
    model.session.messages.choose(0)
    qtbot.waitUntil(lambda: announced(model.session) == f"Run {interrupted} continues in another window.")
    other.release()
    assert model.session.state is Status.PAUSED


def test_an_offer_comes_back_after_another_message(restart: Restart, qtbot: QtBot, interrupted: int) -> None:
    """It is still this window's: it goes when another one continues the run, and is not settled meanwhile."""
    model = restart()
    messages = model.session.messages
    wait_for_run(qtbot, model, interrupted)
    qtbot.waitUntil(lambda: offers(model))
    messages.warn("An error.")
    assert not offers(model)
    messages.dismiss()
    assert offers(model)
    messages.warn("An error.")
    other = lock_of_run(model.session.records.path, interrupted)
    assert other.acquire()
    qtbot.waitUntil(lambda: announced(model.session) == f"Run {interrupted} continues in another window.")
    other.release()
    assert messages.current is not None
    assert messages.current.text == "An error."
    messages.dismiss()
    assert messages.current is None


@pytest.mark.parametrize("ends", ["killed", "closed", "dismissed"])
def test_an_offer_that_was_not_answered_comes_again(
    restart: Restart, qtbot: QtBot, interrupted: int, ends: str
) -> None:
    """Also of a process that was killed; one that the user dismissed does not."""
    if ends == "killed":
        with subprocess.Popen(
            [sys.executable, "-c", CLAIMS, str(interrupted)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as program:
            assert program.stdout is not None
            assert program.stdout.readline() == b"True\n"
            model = restart()
            wait_for_run(qtbot, model, interrupted)
            looked: list[object] = []
            model.session.library_thread.run(lambda library: None, looked.append, looked.append)
            qtbot.waitUntil(lambda: bool(looked))
            assert not offers(model), "that process makes the offer"
            program.kill()
    else:
        model = restart()
        wait_for_run(qtbot, model, interrupted)
        qtbot.waitUntil(lambda: offers(model))
        if ends == "dismissed":
            model.session.messages.dismiss()
    assert model.close()
    model = restart()
    wait_for_run(qtbot, model, interrupted)
    if ends == "dismissed":
        answered: list[object] = []
        model.session.library_thread.run(lambda library: None, answered.append, answered.append)
        qtbot.waitUntil(lambda: bool(answered))
        assert not offers(model)
    else:
        qtbot.waitUntil(lambda: offers(model))


def test_a_run_that_is_opened_twice_at_once_is_there_once(restart: Restart, qtbot: QtBot, few_digits: Dataset) -> None:
    with Library() as library:
        number, _ = record(library, an_experiment(few_digits, batch_size=100), few_digits, until=in_epoch(3, 2))
    model = restart()
    wait_for(qtbot, model, Status.READY)
    opened: list[int] = []
    for _ in range(2):
        model.session._reopening.open(number, lambda: opened.append(model.session.runs.current.id))
    qtbot.waitUntil(lambda: len(opened) == 2, timeout=20_000)
    assert opened[0] == opened[1]


# ---- weights that were changed by hand: one figure, wherever it is shown


def measured_by_hand(model: Model) -> float:
    """The test error of the network as it is."""
    session = model.session
    assert session.dataset is not None
    assert session.dataset.test is not None
    error = Evaluator(session.runs.current.displayed_network(), session.dataset.test).evaluate().error
    assert error is not None
    return error


def edit_biases(qtbot: QtBot, model: Model) -> None:
    """Makes all answers the same, and waits until that is measured and written."""
    session = model.session
    session.edits.set_bias(Neuron(len(session.displayed.network.weights), 0), 50.0)
    run = session.runs.current
    qtbot.waitUntil(lambda: "test_error" in run.figures())
    written(qtbot, model)


def written(qtbot: QtBot, model: Model) -> None:
    session = model.session
    qtbot.waitUntil(session.training.runner.call(session.runs.current.id, lambda _: None).done)


def expect_everywhere(model: Model, tmp_path: Path, error: float, at: float) -> None:
    """The model, its curve, the library, what it exports, and ``runs`` say the same."""
    run = model.session.runs.current
    assert run.figures()["test_error"] == error
    assert run.history.error.test.at(at) == error
    (record,) = runs_of(model)
    assert record.test_error == error
    assert record.figures_before is None
    assert result_of(record) == percent(error)
    with Library() as library:
        kept = library.history(record.id)
        for name in ("error", "loss"):
            for part in ("train", "test"):
                here, there = (getattr(getattr(each, name), part) for each in (run.history, kept))
                assert here.epochs == there.epochs
                assert here.values == pytest.approx(there.values)
        export_run(library, record.id, tmp_path)
    exported = Provenance.read(load_network(tmp_path / "network.json"))
    assert exported.test_error == error
    assert exported.history is not None
    assert exported.history.error.test.at(at) == error
    *_, last = csv.DictReader((tmp_path / "curves.csv").read_text().splitlines())
    assert (float(last["epoch"]), float(last["test_error"])) == (at, pytest.approx(error))


@pytest.mark.parametrize(("batches", "starts"), [(0, 1), (7, 2)], ids=["at an epoch's end", "within an epoch"])
def test_after_an_edit_the_figures_are_those_of_the_weights_everywhere(
    recorded: Model, qtbot: QtBot, restart: Restart, home: Path, batches: int, starts: int
) -> None:
    session = recorded.session
    train_epochs(qtbot, recorded, 2)
    for _ in range(batches):
        session.step_batch()
        qtbot.waitUntil(lambda: session.state is not Status.TRAINING)
    run, before = session.runs.current, measured_by_hand(recorded)
    at = run.epochs
    edit_biases(qtbot, recorded)
    error = measured_by_hand(recorded)
    assert error > before + 0.3
    expect_everywhere(recorded, home / "first", error, at)
    for _ in range(starts):
        assert recorded.close()
        recorded = restart()
        qtbot.waitUntil(
            lambda model=recorded: model.session.runs.current.storage.record == run.storage.record, timeout=20_000
        )
        wait_for(qtbot, recorded, Status.PAUSED if batches else Status.FINISHED)
        assert measured_by_hand(recorded) == error
        assert recorded.session.runs.current.epochs == at
        expect_everywhere(recorded, home / "again", error, at)


def test_where_training_goes_on_after_an_edit_the_curve_is_one(recorded: Model, qtbot: QtBot, home: Path) -> None:
    train_epochs(qtbot, recorded, 2)
    edit_biases(qtbot, recorded)
    edited = measured_by_hand(recorded)
    train_epochs(qtbot, recorded, 2)
    assert recorded.session.runs.current.history.error.test.at(2) == edited
    with Library() as library:
        seconds = library.database.rows("SELECT seconds FROM epochs WHERE epoch > 0")
    assert all(each > 0 for (each,) in seconds), "how long an epoch took is still known"
    expect_everywhere(recorded, home / "on", measured_by_hand(recorded), 4)


def test_an_edit_that_is_undone_leaves_no_figure(make_cards: MakeCards, qtbot: QtBot, home: Path) -> None:
    window = make_cards("curvesDock", records=True)
    window.add_bars()
    session = window.session
    train_epochs(qtbot, window, 2)
    error, confusion = measured_by_hand(window), session.runs.current.history.confusion(2)
    edit_biases(qtbot, window)
    figure = find(window, QLabel, "testFigure")
    assert figure.text() == percent(measured_by_hand(window))
    session.undo.undo()
    written(qtbot, window)
    written(qtbot, window)
    expect_everywhere(window, home / "undone", error, 2)
    assert figure.text() == percent(error)
    np.testing.assert_array_equal(session.runs.current.history.confusion(2), confusion)
    assert runs_of(window)[0].status == "finished"


def test_an_edit_that_is_undone_within_an_epoch_leaves_the_figures_of_the_epoch_before(
    recorded: Model, qtbot: QtBot
) -> None:
    session = recorded.session
    session.settings.change("epochs", epochs=3)
    session.step_epoch()
    wait_for(qtbot, recorded, Status.PAUSED)
    for _ in range(2):
        session.step_batch()
        wait_for(qtbot, recorded, Status.PAUSED)
    run = session.runs.current
    figures, epochs = run.figures(), run.history.measured
    edit_biases(qtbot, recorded)
    session.undo.undo()
    written(qtbot, recorded)
    written(qtbot, recorded)
    (record,) = runs_of(recorded)
    assert (run.figures(), run.figures_before, run.history.measured) == (figures, 1, epochs)
    assert record.test_error == figures["test_error"]
    assert record.measured == 1
    with Library() as library:
        assert library.history(record.id).measured == epochs


def test_of_two_edits_the_first_is_measured_when_the_second_is_undone(
    recorded: Model, qtbot: QtBot, home: Path
) -> None:
    session = recorded.session
    train_epochs(qtbot, recorded, 1)
    session.edits.set_bias(Neuron(3, 0), 50.0)
    session.edits.set_bias(Neuron(3, 1), 60.0)
    session.undo.undo()
    qtbot.waitUntil(lambda: "test_error" in session.runs.current.figures())
    error = measured_by_hand(recorded)
    qtbot.waitUntil(lambda: runs_of(recorded)[0].test_error == error)
    expect_everywhere(recorded, home / "undone", error, 1)


def test_an_edit_that_is_undone_and_done_again_is_noted_once(recorded: Model, qtbot: QtBot) -> None:
    session = recorded.session
    train_epochs(qtbot, recorded, 1)
    run = session.runs.current
    edit_biases(qtbot, recorded)
    for step, count in ((session.undo.undo, 0), (session.undo.redo, 1)):
        step()
        qtbot.waitUntil(lambda: "test_error" in run.figures())
        written(qtbot, recorded)
        written(qtbot, recorded)
        (record,) = runs_of(recorded)
        assert record.changes == run.history.changes
        assert len(run.history.changes) == count


def test_after_an_edit_and_some_batches_the_figures_are_of_the_edited_epoch(recorded: Model, qtbot: QtBot) -> None:
    session = recorded.session
    session.settings.change("epochs", epochs=3)
    session.step_epoch()
    wait_for(qtbot, recorded, Status.PAUSED)
    edit_biases(qtbot, recorded)
    run, edited = session.runs.current, session.runs.current.figures()
    assert run.figures_before is None
    session.step_batch()
    wait_for(qtbot, recorded, Status.PAUSED)
    assert (run.figures(), run.figures_before) == (edited, 1)


def test_a_training_without_a_validation_set_keeps_the_validation_error_before_it(
    recorded: Model, qtbot: QtBot
) -> None:
    session = recorded.session
    session.settings.change("share", validation_share=0.2)
    train_epochs(qtbot, recorded, 2)
    session.settings.change("share", validation_share=0.0, epochs=1)
    session.training.fine_tune()
    wait_for(qtbot, recorded, Status.FINISHED)
    run = session.runs.current
    assert run.history.error.validation.epochs == [0, 1, 2]
    with Library() as library:
        kept = library.history(run.storage.record or 0)
    assert kept.error.validation.epochs == [0, 1, 2]
    assert kept.error.validation.values == pytest.approx(run.history.error.validation.values)
    assert kept.error.train.values == pytest.approx(run.history.error.train.values)


def test_an_edit_after_early_stopping_and_its_undo(recorded: Model, qtbot: QtBot, restart: Restart, home: Path) -> None:
    """The edited network stands where its training has come to; the best one is there again after Undo."""
    session = recorded.session
    session.settings.change("stopping", validation_share=0.2, patience=2, epochs=60, learning_rate=0.5)
    session.start()
    wait_for(qtbot, recorded, Status.FINISHED)
    run = session.runs.current
    best, error = run.history.best, measured_by_hand(recorded)
    assert best is not None
    edit_biases(qtbot, recorded)
    assert run.epochs == run.history.completed == best.epoch + 2
    expect_everywhere(recorded, home / "edited", measured_by_hand(recorded), run.epochs)
    session.undo.undo()
    written(qtbot, recorded)
    written(qtbot, recorded)
    (record,) = runs_of(recorded)
    assert (run.epochs, run.history.best) == (best.epoch, best)
    assert run.figures()["test_error"] == record.test_error == error
    assert record.best is not None
    assert (record.best.epoch, record.measured, record.status) == (best.epoch, best.epoch, "finished")
    session.undo.redo()
    qtbot.waitUntil(lambda: "test_error" in run.figures())
    written(qtbot, recorded)
    error = measured_by_hand(recorded)
    assert recorded.close()
    again = restart()
    qtbot.waitUntil(lambda: again.session.runs.current.storage.record == run.storage.record, timeout=20_000)
    wait_for(qtbot, again, Status.FINISHED)
    assert measured_by_hand(again) == error
    expect_everywhere(again, home / "again", error, best.epoch + 2)


def test_what_was_not_measured_when_the_window_closed_is_measured_by_the_next(
    recorded: Model, qtbot: QtBot, restart: Restart, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    session = recorded.session
    train_epochs(qtbot, recorded, 1)
    with monkeypatch.context() as patched:
        patched.setattr(session.edits.errors, "measure", lambda run: None)
        session.edits.set_bias(Neuron(3, 0), 50.0)
        written(qtbot, recorded)
        (record,) = runs_of(recorded)
        assert record.test_error is None, "what is not known is not shown"
        assert recorded.close()
    again = restart()
    qtbot.waitUntil(lambda: "test_error" in again.session.runs.current.figures(), timeout=20_000)
    written(qtbot, again)
    expect_everywhere(again, home / "again", measured_by_hand(again), 1)


# ---- again and again


def test_a_run_survives_any_number_of_starts(recorded: Model, qtbot: QtBot, restart: Restart, home: Path) -> None:
    """With its curves and its record; nothing is written, and an edit in the last window is recorded."""
    train_epochs(qtbot, recorded, 2)
    run = recorded.session.runs.current
    qtbot.waitUntil(lambda: run.storage.is_kept)
    (record,) = runs_of(recorded)
    model = recorded
    for _ in range(2):
        assert model.close()
        model = restart()
        qtbot.waitUntil(
            lambda model=model: model.session.runs.current.storage.record == run.storage.record, timeout=20_000
        )
        wait_for(qtbot, model, Status.FINISHED)
        again = model.session.runs.current
        np.testing.assert_array_equal(again.network.parameters, run.network.parameters)
        assert again.history.error == run.history.error
        assert (again.epochs, again.storage.is_kept, again.unsaved) == (2, True, False)
        (now,) = runs_of(model)
        assert (now.status, now.epochs, now.updated, now.nbytes) == ("finished", 2, record.updated, record.nbytes)
    edit_biases(qtbot, model)
    expect_everywhere(model, home / "edited", measured_by_hand(model), 2)
    train_epochs(qtbot, model, 1)
    (now,) = runs_of(model)
    assert (now.epochs, now.status) == (3, "finished")
    edit, more = now.changes
    assert (edit.epoch, more.epoch, more.text) == (2, 2, "1 more epoch")


def test_paused_within_an_epoch_and_started_again_a_checkpoint_is_saved_at_its_place(
    recorded: Model, qtbot: QtBot, restart: Restart, home: Path
) -> None:
    session = recorded.session
    session.settings.change("epochs", epochs=4)
    for step in (session.step_epoch, session.step_batch, session.step_batch):
        step()
        wait_for(qtbot, recorded, Status.PAUSED)
    run = session.runs.current
    assert recorded.close()
    model = restart()
    qtbot.waitUntil(lambda: model.session.runs.current.storage.record == run.storage.record, timeout=20_000)
    wait_for(qtbot, model, Status.PAUSED)
    again, saved = model.session.runs.current, list[bool]()
    model.session.files.save(home / "run.npz", lambda: saved.append(True))
    qtbot.waitUntil(lambda: bool(saved))
    model.session.files.open(home / "run.npz")
    qtbot.waitUntil(lambda: model.session.runs.current is not again and model.session.state is Status.PAUSED)
    opened = model.session.runs.current
    assert (opened.epochs, opened.progress.last_epoch, opened.figures()) == (run.epochs, 4, run.figures())
    assert len(runs_of(model)) == 1, "what was only opened is no run of its own"


def test_what_was_trained_after_a_save_is_there_at_the_next_start(
    recorded: Model, qtbot: QtBot, restart: Restart, home: Path
) -> None:
    """The network of the window, not that of its file."""
    train_epochs(qtbot, recorded, 1)
    saved: list[bool] = []
    recorded.session.files.save(home / "run.json", lambda: saved.append(True))
    qtbot.waitUntil(lambda: bool(saved))
    train_epochs(qtbot, recorded, 1)
    run = recorded.session.runs.current
    assert recorded.close()
    model = restart()
    qtbot.waitUntil(lambda: model.session.runs.current.storage.record == run.storage.record, timeout=20_000)
    np.testing.assert_array_equal(model.session.runs.current.network.parameters, run.network.parameters)


def test_a_run_that_is_trained_on_with_other_data_is_listed_with_them(recorded: Model, qtbot: QtBot) -> None:
    session = recorded.session
    for points, more in (("-0.5 0 | 0.5 0", ""), ("-0.5 0, 0.1 0.2 | 0.5 0", "again")):
        session.data.load("painted", {"painted": points})
        qtbot.waitUntil(lambda: is_shown(session.data))
        if not more:
            session.settings.change("all", hidden=(3,), batch_size=1)
        train_epochs(qtbot, recorded, 1)
    (record,) = runs_of(recorded)
    assert session.dataset is not None
    assert record.epochs == 2
    assert record.data_set == (session.dataset.title, session.dataset.fingerprint)


def test_closed_before_its_run_was_read_a_window_does_not_forget_it(
    recorded: Model, qtbot: QtBot, restart: Restart, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_epochs(qtbot, recorded, 1)
    run = recorded.session.runs.current
    assert recorded.close()
    go_on, wanted = threading.Event(), reopening.read_stored_run
    monkeypatch.setattr(reopening, "read_stored_run", lambda *given: go_on.wait(20) and wanted(*given))
    model = restart()
    qtbot.waitUntil(lambda: stored_settings()["record"] == run.storage.record and model.session.state is Status.READY)
    model.session.settings.change("rate", learning_rate=0.07)
    qtbot.waitUntil(lambda: "0.07" in stored_settings()["configuration"])
    assert stored_settings()["record"] == run.storage.record
    go_on.set()
    qtbot.waitUntil(lambda: model.session.runs.current.storage.record == run.storage.record, timeout=20_000)


def test_a_run_that_another_window_went_on_with_is_branched_when_it_is_edited(
    recorded: Model, qtbot: QtBot, restart: Restart
) -> None:
    train_epochs(qtbot, recorded, 1)
    run = recorded.session.runs.current
    assert recorded.close()
    model = restart()
    qtbot.waitUntil(lambda: model.session.runs.current.storage.record == run.storage.record, timeout=20_000)
    other = restart()
    qtbot.waitUntil(lambda: other.session.runs.current.storage.record == run.storage.record, timeout=20_000)
    train_epochs(qtbot, other, 1)
    edit_biases(qtbot, model)
    branch, first = runs_of(model)
    assert (branch.parent, branch.left_at, first.id, first.epochs) == (run.storage.record, 1, run.storage.record, 2)
    assert model.session.runs.current.storage.record == branch.id
    assert branch.test_error == measured_by_hand(model)
