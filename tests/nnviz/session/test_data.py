"""Other data for a trained network: what it has learned stays; a paused training continues only with its own data."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PyQt5.QtWidgets import QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from engine.basics.errors import SettingError, UnknownNameError
from engine.basics.optional_packages import install_advice
from engine.datasets import DATASETS, Dataset, DataSource
from engine.datasets.dataset import Split
from engine.datasets.download import Download, RemoteFile
from engine.storage import save_network
from nnviz.jobs.network_reading import read_network
from nnviz.session.file_writing import provenance_of
from nnviz.session.status import Stage, Status
from tests.engine.helpers import restored_later
from tests.nnviz.cards.card_window import MakeCards
from tests.nnviz.conftest import Gate, Model
from tests.nnviz.helpers import MANY_EPOCHS, find, is_shown, open_more, pause, train_for_a_while, wait_for

Put = Callable[[str, Callable[[], Dataset]], None]


@pytest.fixture(scope="module")
def few_digits(mnist: Dataset) -> Dataset:
    """The first 2,000 and 500 of MNIST, of which the other data of these tests are a part."""
    assert mnist.test is not None
    return Dataset(mnist.title, mnist.train.head(2000), mnist.test.head(500), mnist.example_shape, mnist.class_names)


@pytest.fixture
def put_data(monkeypatch: pytest.MonkeyPatch) -> Put:
    """Registers more data, for this test."""
    restored_later(monkeypatch, DATASETS)

    def put(name: str, load: Callable[[], Dataset]) -> None:
        DATASETS.register(name)(DataSource(name, load))

    return put


@pytest.fixture
def fewer_digits(few_digits: Dataset) -> Dataset:
    """Others, and fewer, of the same kind."""
    return replace(few_digits, title="fewer", train=few_digits.train.head(700))


def step(qtbot: QtBot, model: Model, batches: int = 3) -> None:
    """Paused in the middle of an epoch."""
    for _ in range(batches):
        model.session.step_batch()
        wait_for(qtbot, model, Status.PAUSED)


def message(model: Model) -> str:
    assert model.session.messages.current is not None
    return model.session.messages.current.text


def load(qtbot: QtBot, model: Model, name: str) -> None:
    """Until it is there, or could not be had."""
    model.session.data.load(name)
    assert model.session.state is Status.LOADING
    qtbot.waitUntil(lambda: is_shown(model.session.data))


def opened_checkpoint(qtbot: QtBot, model: Model, path: Path) -> None:
    """A run in the middle of its training, from a file."""
    step(qtbot, model)
    done: list[bool] = []
    model.session.files.save(path, lambda: done.append(True))
    qtbot.waitUntil(lambda: bool(done))
    before = model.session.runs.current
    model.session.files.open(path)
    qtbot.waitUntil(lambda: model.session.runs.current is not before)
    assert model.session.state is Status.PAUSED


@pytest.mark.parametrize("from_file", [True, False])
def test_a_paused_run_learns_on_the_new_data_only(
    ready_model: Model, qtbot: QtBot, home: Path, put_data: Put, fewer_digits: Dataset, from_file: bool
) -> None:
    model, session = ready_model, ready_model.session
    if from_file:
        opened_checkpoint(qtbot, model, home / "run.npz")
    else:
        step(qtbot, model)
    parameters, run = session.runs.current.network.parameters.copy(), session.runs.current
    put_data("fewer", lambda: fewer_digits)
    load(qtbot, model, "fewer")
    assert not session.training.is_in_progress, "its place belongs to the data of before"
    np.testing.assert_array_equal(session.displayed.network.parameters, parameters)
    session.settings.change("epochs", epochs=MANY_EPOCHS)
    session.training.fine_tune()
    qtbot.waitUntil(lambda: session.training.progress.batches > 0)
    pause(qtbot, model)
    assert session.runs.current is run
    assert session.training.progress.batches == 7, "of the new data"
    assert run.experiment.fingerprint == fewer_digits.fingerprint
    assert run.experiment.data == "fewer"
    trained_on = session.training.runner.call(run.id, lambda trainer: trainer.dataset).result(10)
    assert trained_on is fewer_digits


def test_nothing_is_learned_while_other_data_come(
    ready_model: Model, qtbot: QtBot, put_data: Put, fewer_digits: Dataset, loading_gate: threading.Event
) -> None:
    model, session = ready_model, ready_model.session

    def held() -> Dataset:
        assert loading_gate.wait(10)
        return fewer_digits

    put_data("fewer", held)
    train_for_a_while(qtbot, model)
    session.data.load("fewer")
    qtbot.waitUntil(lambda: not session.training.is_in_progress or session.runs.current.stage.value == "paused")
    parameters = session.runs.current.network.parameters.copy()
    assert session.state is Status.LOADING
    session.start()
    np.testing.assert_array_equal(session.runs.current.network.parameters, parameters)
    loading_gate.set()
    wait_for(qtbot, model, Status.TRAINING)
    assert session.runs.current.experiment.fingerprint == fewer_digits.fingerprint, "what was asked for meanwhile"
    pause(qtbot, model)


def sound(model: Model, path: Path) -> None:
    """What is shown is what trains next and what is saved, and its epochs are all that it was trained."""
    session, run = model.session, model.session.runs.current
    np.testing.assert_array_equal(run.network.parameters, run.parameters)
    assert session.displayed.network.parameters is run.parameters
    assert not run.untouched
    assert run.unsaved
    assert [*run.snapshots][-1].epochs <= run.epochs
    provenance = provenance_of(run, "")
    assert provenance.epochs == run.epochs
    network = run.displayed_network()
    provenance.write(network)
    save_network(network, path)
    assert read_network(path, None).provenance.epochs == pytest.approx(run.epochs)


def test_steps_of_an_epoch_that_other_data_broke_off_are_counted(
    ready_model: Model, qtbot: QtBot, home: Path, put_data: Put, fewer_digits: Dataset
) -> None:
    model, session = ready_model, ready_model.session
    step(qtbot, model, 5)
    run, seen = session.runs.current, []
    put_data("fewer", lambda: fewer_digits)
    load(qtbot, model, "fewer")
    assert run.epochs == 5 / 20
    sound(model, home / "n.json")
    session.displayed.changed.connect(lambda: seen.append(run.epochs))
    session.settings.change("epochs", epochs=2)
    session.training.fine_tune()
    wait_for(qtbot, model, Status.TRAINING)
    wait_for(qtbot, model, Status.FINISHED)
    assert seen == sorted(seen), "never backwards"
    assert run.epochs == 5 / 20 + 2
    assert run.history.error.train.epochs == [0, 0.25, 1.25, 2.25], "measured before the new training too"
    assert [moment.epochs for moment in run.snapshots] == sorted({moment.epochs for moment in run.snapshots})


def test_other_data_while_it_trains(
    ready_model: Model, qtbot: QtBot, home: Path, gate: Gate, put_data: Put, fewer_digits: Dataset
) -> None:
    """The data is there before the step has ended."""
    model, session = ready_model, ready_model.session
    put_data("fewer", lambda: fewer_digits)
    session.settings.change("epochs", epochs=MANY_EPOCHS)
    session.start()
    qtbot.waitUntil(lambda: session.training.progress.epoch > 0)
    gate.close()
    gate.wait_until_reached()
    session.data.load("fewer")
    qtbot.waitUntil(lambda: is_shown(session.data))
    gate.open()
    qtbot.waitUntil(lambda: session.runs.current.stage is Stage.RESTING)
    sound(model, home / "n.json")


def test_a_checkpoint_knows_of_the_epoch_that_was_broken_off(
    make_cards: MakeCards, qtbot: QtBot, home: Path, put_data: Put, fewer_digits: Dataset
) -> None:
    window = make_cards()
    window.add_bars()
    session = window.session
    step(qtbot, window, 5)
    put_data("fewer", lambda: fewer_digits)
    load(qtbot, window, "fewer")
    session.settings.change("epochs", epochs=1)
    session.training.fine_tune()
    wait_for(qtbot, window, Status.FINISHED)
    session.settings.change("epochs", epochs=2)
    opened_checkpoint(qtbot, window, home / "run.npz")
    run = session.runs.current
    assert run.epochs == pytest.approx(0.25 + 1 + 3 / 7)
    assert "epoch 2.2 of 3.2" in find(window, QLabel, "runStatus").text()


@pytest.mark.parametrize("from_file", [True, False])
def test_data_that_cannot_be_loaded_leave_a_paused_run_its_place(
    ready_model: Model, qtbot: QtBot, home: Path, put_data: Put, from_file: bool
) -> None:
    model, session = ready_model, ready_model.session

    def broken() -> Dataset:
        raise FileNotFoundError(2, "No such file or directory", "somewhere")

    if from_file:
        opened_checkpoint(qtbot, model, home / "run.npz")
    else:
        step(qtbot, model)
    put_data("broken", broken)
    load(qtbot, model, "broken")
    assert "could not be loaded" in message(model)
    assert session.data.name == "mnist"
    assert session.state is Status.PAUSED
    assert (session.training.progress.epoch, session.training.progress.batch) == (1, 3)
    session.step_batch()
    wait_for(qtbot, model, Status.TRAINING)
    wait_for(qtbot, model, Status.PAUSED)
    assert (session.training.progress.epoch, session.training.progress.batch) == (1, 4)


def test_undo_of_data_loads_the_data_before(
    ready_model: Model, qtbot: QtBot, put_data: Put, fewer_digits: Dataset, few_digits: Dataset
) -> None:
    """A network that fits the new data is kept, but its training does not go on in the middle."""
    model, session = ready_model, ready_model.session
    step(qtbot, model)
    run = session.runs.current
    put_data("fewer", lambda: fewer_digits)
    load(qtbot, model, "fewer")
    assert session.runs.current is run
    assert not session.training.is_in_progress
    session.undo.undo()
    assert session.state is Status.LOADING
    wait_for(qtbot, model, Status.PAUSED)
    assert (session.data.name, session.data.dataset) == ("mnist", few_digits)
    assert session.settings.experiment.fingerprint == few_digits.fingerprint
    session.undo.redo()
    wait_for(qtbot, model, Status.PAUSED)
    assert (session.data.name, session.data.dataset) == ("fewer", fewer_digits)
    session.step_batch()
    wait_for(qtbot, model, Status.TRAINING)
    wait_for(qtbot, model, Status.PAUSED)
    assert session.training.progress.batches == 7


def test_undo_of_data_that_are_gone_says_so_and_changes_nothing(
    ready_model: Model, qtbot: QtBot, put_data: Put, fewer_digits: Dataset
) -> None:
    def gone() -> Dataset:
        raise FileNotFoundError(2, "No such file or directory", "somewhere")

    model, session = ready_model, ready_model.session
    put_data("fewer", lambda: fewer_digits)
    load(qtbot, model, "fewer")
    put_data("mnist", gone)
    session.undo.undo()
    wait_for(qtbot, model, Status.READY)
    assert "could not be loaded" in message(model)
    assert (session.data.name, session.settings.experiment.data) == ("fewer", "fewer")
    session.settings.change("learning rate", learning_rate=0.1)
    assert not session.data.loading


def test_a_batch_too_large_for_the_data_becomes_all_of_them(
    ready_model: Model, qtbot: QtBot, put_data: Put, fewer_digits: Dataset
) -> None:
    model, session = ready_model, ready_model.session
    session.settings.change("batch size", batch_size=1000)
    put_data("fewer", lambda: fewer_digits)
    load(qtbot, model, "fewer")
    assert session.settings.experiment.training.batch_size == len(fewer_digits.train)
    assert session.settings.problems == {}
    assert session.training.can_start
    session.undo.undo()
    wait_for(qtbot, model, Status.READY)
    assert session.settings.experiment.training.batch_size == 1000


def test_fields_that_take_a_batch_size_too_large_for_new_data_tell_it_too(
    make_cards: MakeCards, qtbot: QtBot, put_data: Put, fewer_digits: Dataset
) -> None:
    window = make_cards("trainingCard")
    session = window.session
    session.settings.change("batch size", batch_size=1000)
    session.settings.change("batch size", batch_size=50)
    put_data("fewer", lambda: fewer_digits)
    load(qtbot, window, "fewer")
    assert session.settings.problems == {}
    session.settings.show_experiment(session.settings.experiment.changed(batch_size=1000))
    assert "batch_size" in session.settings.problems
    open_more(qtbot, window)
    assert find(window, QLabel, "batchSizeError").isVisible()
    assert not session.training.can_start
    session.settings.show_experiment(session.settings.experiment.changed(batch_size=50))
    assert session.settings.problems == {}
    assert not find(window, QLabel, "batchSizeError").isVisible()
    session.settings.set_problem("batch_size", "Batch size must be a number.")
    load(qtbot, window, "mnist")
    assert session.settings.problems == {"batch_size": "Batch size must be a number."}, "what was typed wrong stays one"
    assert find(window, QLineEdit, "batchSizeEdit").text() == "50"


@pytest.fixture
def small_digits(few_digits: Dataset) -> Dataset:
    """The middle 8 × 8 pixels of each."""
    assert few_digits.test is not None

    def middle(split: Split) -> Split:
        pictures = split.inputs.reshape(-1, 28, 28)[:, 10:18, 10:18].reshape(len(split), 64)
        return replace(split, inputs=np.ascontiguousarray(pictures))

    return replace(
        few_digits,
        title="small",
        train=middle(few_digits.train),
        test=middle(few_digits.test),
        example_shape=(8, 8),
    )


def test_other_data_and_their_undo_are_one_step(
    ready_model: Model, qtbot: QtBot, put_data: Put, small_digits: Dataset
) -> None:
    model, session = ready_model, ready_model.session
    session.settings.change("learning rate", learning_rate=0.1)
    put_data("small", lambda: small_digits)
    load(qtbot, model, "small")
    fields = session.settings.experiment
    assert (fields.data, fields.fingerprint) == ("small", small_digits.fingerprint)
    assert fields.shape == (64, 64, 32, 10)
    session.undo.undo()
    wait_for(qtbot, model, Status.READY)
    assert session.settings.experiment.shape == (784, 64, 32, 10)
    assert session.settings.experiment.training.learning_rate == 0.1
    session.undo.undo()
    assert session.settings.experiment.training.learning_rate == 0.2


def test_a_trained_network_that_does_not_fit_other_data_is_replaced_and_comes_back_with_undo(
    ready_model: Model, qtbot: QtBot, put_data: Put, small_digits: Dataset
) -> None:
    model, session = ready_model, ready_model.session
    step(qtbot, model)
    trained = session.runs.current
    put_data("small", lambda: small_digits)
    load(qtbot, model, "small")
    assert session.runs.current.network.shape == [64, 64, 32, 10]
    assert session.training.can_start
    assert "was replaced, because small has other inputs" in message(model)
    session.undo.undo()
    assert session.runs.current is trained
    wait_for(qtbot, model, Status.PAUSED)
    assert session.data.name == "mnist"
    assert session.settings.experiment.shape == (784, 64, 32, 10)
    session.step_batch()
    wait_for(qtbot, model, Status.TRAINING)
    wait_for(qtbot, model, Status.PAUSED)
    assert session.training.progress.batch == 4, "it goes on in its middle"
    session.undo.redo()
    wait_for(qtbot, model, Status.READY)
    assert session.settings.experiment.shape == (64, 64, 32, 10)
    assert session.runs.current.network.shape == [64, 64, 32, 10]
    assert session.training.can_start


def write_rows(path: Path, names: str, rows: range, factor: float = 1.0) -> str:
    """A table of two columns and a number to predict from them."""
    lines = [f"{0.1 * row:g};{row % 7};{factor * (row + row % 7):g}" for row in rows]
    path.write_text("\n".join([names, *lines]))
    return str(path)


HOUSES = "area;rooms;price"


@pytest.mark.parametrize(
    ("names", "rows", "factor", "what"),
    [
        ("weight;doors;range", range(200), 1.0, "columns: this network has area, rooms"),
        ("area;rooms;rent", range(200), 1.0, "column to predict: this network has price"),
        (HOUSES, range(100), 1.0, "others: its scaling differs from the network's"),
        (HOUSES, range(200), 2.0, "others: its scaling differs from the network's"),
    ],
)
def test_a_trained_network_takes_no_rows_that_mean_something_else(
    ready_model: Model, qtbot: QtBot, tmp_path: Path, names: str, rows: range, factor: float, what: str
) -> None:
    """Also where there are as many of them: its answers would be wrong, without a word."""
    model, session = ready_model, ready_model.session
    load(qtbot, model, write_rows(tmp_path / "houses.csv", HOUSES, range(200)))
    step(qtbot, model)
    trained = session.runs.current
    load(qtbot, model, write_rows(tmp_path / "others.csv", names, rows, factor))
    assert trained.misfit(session.dataset).startswith(what)
    assert session.runs.current is not trained
    assert session.runs.current.misfit(session.dataset) is None
    assert session.messages.current.text == (
        "The trained network was replaced, because it does not fit others. Ctrl+Z restores it."
    )
    session.undo.undo()
    wait_for(qtbot, model, Status.PAUSED)
    assert session.runs.current is trained
    assert trained.misfit(session.dataset) is None


def test_the_same_rows_in_another_file_are_taken(ready_model: Model, qtbot: QtBot, tmp_path: Path) -> None:
    model, session = ready_model, ready_model.session
    load(qtbot, model, write_rows(tmp_path / "houses.csv", HOUSES, range(200)))
    step(qtbot, model)
    trained = session.runs.current
    load(qtbot, model, write_rows(tmp_path / "copy.csv", HOUSES, range(200)))
    assert session.runs.current is trained
    assert session.training.can_start


def test_a_file_that_changed_since_a_network_was_saved(ready_model: Model, qtbot: QtBot, tmp_path: Path) -> None:
    """Its rows are scaled otherwise now: nothing is asked, and it says why."""
    model, session = ready_model, ready_model.session
    load(qtbot, model, write_rows(tmp_path / "houses.csv", HOUSES, range(200)))
    step(qtbot, model)
    session.files.save(tmp_path / "net.json")
    qtbot.waitUntil((tmp_path / "net.json").exists)
    session.data.load("mnist")
    wait_for(qtbot, model, Status.READY)
    write_rows(tmp_path / "houses.csv", HOUSES, range(50))
    session.files.open(tmp_path / "net.json")
    qtbot.waitUntil(lambda: session.data.name.endswith("houses.csv") and is_shown(session.data))
    assert "have changed" in session.runs.current.misfit(session.dataset)
    assert session.meaning.columns == []
    assert session.question.example is not None
    assert session.prediction is None


def test_other_data_in_the_first_moments_of_a_training_replace_its_network(
    ready_model: Model, qtbot: QtBot, gate: Gate
) -> None:
    session = ready_model.session
    gate.close()
    session.start()
    gate.wait_until_reached()
    assert session.runs.current.untouched, "nothing is learned yet"
    session.data.load("spirals")
    qtbot.waitUntil(lambda: is_shown(session.data))
    gate.open()
    qtbot.waitUntil(lambda: session.runs.current.experiment.shape[0] == 2)
    wait_for(qtbot, ready_model, Status.READY)
    assert session.runs.current.misfit(session.dataset) is None


def test_regression_and_back_changes_output_and_loss_with_the_data(ready_model: Model, qtbot: QtBot) -> None:
    model, session = ready_model, ready_model.session
    before = session.settings.experiment
    load(qtbot, model, "sine")
    fields = session.settings.experiment
    assert (fields.shape, fields.output, fields.loss) == ((1, 64, 32, 1), "identity", "quadratic")
    load(qtbot, model, "penguins")
    fields = session.settings.experiment
    assert (fields.shape, fields.output, fields.loss) == ((10, 64, 32, 3), "softmax", "cross-entropy")
    session.undo.undo()
    wait_for(qtbot, model, Status.READY)
    session.undo.undo()
    wait_for(qtbot, model, Status.READY)
    assert session.settings.experiment == before


def test_data_are_made_with_their_settings(ready_model: Model, qtbot: QtBot) -> None:
    model, session = ready_model, ready_model.session
    session.data.load("spirals", {"points": 100, "noise": 0.03})
    wait_for(qtbot, model, Status.READY)
    assert session.data.settings == {"points": 100}, "the usual ones are not noted"
    assert session.data.dataset is not None
    assert len(session.data.dataset.train) == 80
    assert session.settings.experiment.data_settings == {"points": 100}
    with pytest.raises(SettingError, match="colour"):
        session.data.load("spirals", {"colour": "red"})
    with pytest.raises(UnknownNameError, match="file or folder"):
        session.data.load("no such data")
    assert not session.data.loading


def test_other_data_take_back_the_question_which_network_to_train(
    ready_model: Model, qtbot: QtBot, put_data: Put, small_digits: Dataset
) -> None:
    """Its answers would be networks that do not fit."""
    model, session = ready_model, ready_model.session
    step(qtbot, model)
    session.settings.change("shape", hidden=(20,))
    session.start()
    assert session.messages.current is not None
    put_data("small", lambda: small_digits)
    asked = session.messages.current
    load(qtbot, model, "small")
    assert session.messages.current is not asked


@pytest.fixture
def remote(monkeypatch: pytest.MonkeyPatch, fewer_digits: Dataset, home: Path) -> str:
    """Data that would have to be downloaded."""
    restored_later(monkeypatch, DATASETS)
    monkeypatch.setenv("NNVIZ_CACHE", str(home / "cache"))
    file = RemoteFile("http://127.0.0.1:9/digits.gz", 21_000_000, "0" * 32)
    download = Download("remote", (file,), "a free licence", "Somebody 2020")
    DATASETS.register("remote")(DataSource("Remote digits", lambda: fewer_digits, download=download))
    return "remote"


def test_nothing_is_downloaded_without_a_question(ready_model: Model, qtbot: QtBot, remote: str) -> None:
    session = ready_model.session
    session.data.load(remote)
    assert not session.data.loading
    assert session.messages.current is not None
    reported = session.messages.current.text
    assert all(words in reported for words in ("21 MB", "a free licence", "Somebody 2020"))
    assert session.data.name == "mnist"
    session.messages.current.choices[0].act()
    qtbot.waitUntil(lambda: is_shown(session.data))
    assert session.data.name == remote


def test_without_pooch_it_says_how_to_get_it(ready_model: Model, remote: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nnviz.session.data.can_download", lambda: False)
    session = ready_model.session
    session.data.load(remote)
    assert session.messages.current is not None
    assert install_advice("download") in session.messages.current.text
    assert not session.data.loading
