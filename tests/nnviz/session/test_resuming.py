"""A training from a file goes on when the data that it was begun with are there; nothing of it is lost meanwhile."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PyQt5.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from engine.basics.validation import Array
from engine.datasets import DATASETS, Dataset, DataSource
from engine.storage import load_checkpoint
from nnviz.jobs.network_reading import LoadedNetwork, resumed
from nnviz.session.status import Progress, Status
from nnviz.window.main_window import MainWindow
from tests.engine.helpers import restored_later
from tests.nnviz.cards.card_window import AnyWindow, MakeCards
from tests.nnviz.cards.stage.plane.plane_helpers import load
from tests.nnviz.conftest import Model
from tests.nnviz.helpers import announced, find, is_shown, train_epochs, wait_for
from tests.nnviz.session.helpers import reopen, save, set_up, steps


def test_other_data(ready_model: Model, qtbot: QtBot, home: Path, few_digits: Dataset) -> None:
    model, session = ready_model, ready_model.session
    set_up(model)
    steps(qtbot, model, 0, 3)
    save(qtbot, model, home / "run.npz")
    parameters = session.runs.current.network.parameters.copy()
    session.data.dataset = replace(few_digits, train=few_digits.train.head(400))
    reopen(qtbot, model, home / "run.npz")
    assert session.messages.current is not None
    assert "cannot be resumed" in session.messages.current.text
    assert not session.messages.current.is_error
    np.testing.assert_array_equal(session.runs.current.network.parameters, parameters)
    train_epochs(qtbot, model, 1)


def paused_on_points(qtbot: QtBot, window: AnyWindow, path: Path) -> tuple[Progress, Array]:
    """Saves a training of points that is cut off; returns its place, and what comes of it if it goes on at once.

    Afterwards there are other data in the window.
    """
    session = window.session
    load(qtbot, window, "moons", points=200)
    session.settings.change("all", hidden=(12,), optimizer="adam", learning_rate=0.01, batch_size=20, epochs=4)
    session.reset()
    steps(qtbot, window, 1, 3)
    save(qtbot, window, path)
    progress = session.training.progress
    session.start()
    wait_for(qtbot, window, Status.FINISHED)
    straight = session.runs.current.network.parameters.copy()
    load(qtbot, window, "mnist")
    return progress, straight


def place_of(progress: Progress) -> tuple[int, ...]:
    return progress.epoch, progress.epochs, progress.batch, progress.batches


def test_with_its_own_data_it_goes_on_where_it_was_and_what_is_to_start_meanwhile_too(
    make_cards: MakeCards, qtbot: QtBot, home: Path
) -> None:
    window = make_cards()
    window.add_bars()
    session = window.session
    progress, straight = paused_on_points(qtbot, window, home / "run.npz")
    reopen(qtbot, window, home / "run.npz")
    assert session.messages.current is None
    wait_for(qtbot, window, Status.PAUSED)
    qtbot.waitUntil(lambda: session.training.is_in_progress)
    assert session.data.name == "moons"
    assert place_of(session.training.progress) == place_of(progress)
    assert session.displayed.network.shape == [2, 12, 2]
    assert "epoch 2 of 4" in find(window, QLabel, "runStatus").text()
    session.start()
    wait_for(qtbot, window, Status.FINISHED)
    np.testing.assert_array_equal(session.runs.current.network.parameters, straight)
    assert session.runs.current.epochs == 4
    load(qtbot, window, "mnist")
    reopen(qtbot, window, home / "run.npz")
    session.start()
    wait_for(qtbot, window, Status.FINISHED)
    np.testing.assert_array_equal(session.runs.current.network.parameters, straight)


def test_until_it_can_go_on_the_session_is_not_at_rest(
    ready_model: Model, qtbot: QtBot, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody takes it for a network without a training, not even between its data and its training."""
    model, session = ready_model, ready_model.session
    progress, _ = paused_on_points(qtbot, model, home / "run.npz")
    has_begun, may_end = threading.Event(), threading.Event()

    def resumed_slowly(found: LoadedNetwork, dataset: Dataset) -> LoadedNetwork:
        has_begun.set()
        assert may_end.wait(10)
        return resumed(found, dataset)

    monkeypatch.setattr("nnviz.session.loaded_runs.resumed", resumed_slowly)
    reopen(qtbot, model, home / "run.npz")
    qtbot.waitUntil(has_begun.is_set)
    assert not session.data.loading
    assert session.state is Status.LOADING
    save(qtbot, model, home / "run.npz")
    may_end.set()
    qtbot.waitUntil(lambda: session.state is not Status.LOADING)
    assert session.state is Status.PAUSED
    assert place_of(session.training.progress) == place_of(progress)
    state = load_checkpoint(home / "run.npz")[1]
    assert state is not None
    assert (state.progress["epoch"], state.progress["batch"]) == place_of(progress)[::2]


def test_saved_before_its_data_are_there_it_keeps_its_training(
    ready_model: Model,
    qtbot: QtBot,
    home: Path,
    few_digits: Dataset,
    loading_gate: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model, session = ready_model, ready_model.session
    slow = replace(few_digits, train=few_digits.train.head(400))
    load_through(qtbot, model, slow, loading_gate, monkeypatch)
    set_up(model)
    steps(qtbot, model, 1, 2)
    save(qtbot, model, home / "run.npz")
    load(qtbot, model, "mnist")
    loading_gate.clear()
    reopen(qtbot, model, home / "run.npz")
    save(qtbot, model, home / "run.npz")
    assert announced(session) == "Saved to run.npz"
    save(qtbot, model, home / "run.json")
    assert "without the training state" in announced(session)
    network, state = load_checkpoint(home / "run.npz")
    assert state is not None
    assert (state.progress["epoch"], state.progress["batch"]) == (2, 2)
    assert network.provenance["epochs"] == 1
    loading_gate.set()
    qtbot.waitUntil(lambda: session.training.is_in_progress)
    assert place_of(session.training.progress)[:3] == (2, 3, 2)
    session.start()
    wait_for(qtbot, model, Status.FINISHED)
    straight = session.runs.current.network.parameters.copy()
    reopen(qtbot, model, home / "run.npz")
    session.start()
    wait_for(qtbot, model, Status.FINISHED)
    np.testing.assert_array_equal(session.runs.current.network.parameters, straight)


def test_it_waits_while_its_opening_is_undone(ready_model: Model, qtbot: QtBot, home: Path) -> None:
    model, session = ready_model, ready_model.session
    progress, _ = paused_on_points(qtbot, model, home / "run.npz")
    reopen(qtbot, model, home / "run.npz")
    session.undo.undo()
    qtbot.waitUntil(lambda: is_shown(session.data) and session.data.name == "mnist")
    session.undo.redo()
    qtbot.waitUntil(lambda: session.training.is_in_progress)
    assert place_of(session.training.progress) == place_of(progress)


def load_through(
    qtbot: QtBot, window: MainWindow, data: Dataset, gate: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Loads data, called "slow", which wait for the gate whenever they are loaded; it is open when this returns."""
    restored_later(monkeypatch, DATASETS)

    def load_slowly() -> Dataset:
        assert gate.wait(10)
        return data

    DATASETS.register("slow")(DataSource("Slow", load_slowly))
    gate.set()
    load(qtbot, window, "slow")


def test_undo_while_its_data_load_gives_them_up(
    ready_model: Model,
    qtbot: QtBot,
    home: Path,
    few_digits: Dataset,
    loading_gate: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model, session = ready_model, ready_model.session
    slow = replace(few_digits, train=few_digits.train.head(400))
    load_through(qtbot, model, slow, loading_gate, monkeypatch)
    set_up(model)
    steps(qtbot, model, 0, 3)
    save(qtbot, model, home / "run.npz")
    load(qtbot, model, "mnist")
    first = session.runs.current
    loading_gate.clear()
    reopen(qtbot, model, home / "run.npz")
    assert session.state is Status.LOADING
    assert session.messages.current is None, "nothing is wrong while the data are on their way"
    session.undo.undo()
    assert session.runs.current is first
    assert not session.data.loading
    assert session.data.name == "mnist"
    session.undo.redo()
    assert session.state is Status.LOADING
    loading_gate.set()
    qtbot.waitUntil(lambda: session.training.is_in_progress)
    assert session.training.progress.batch == 3


def test_data_of_that_name_that_are_others_by_now(ready_model: Model, qtbot: QtBot, home: Path) -> None:
    model, session = ready_model, ready_model.session
    table = home / "points.csv"
    table.write_text("a,b,kind\n" + "".join(f"{n % 7},{n % 5},{'yes' if n % 3 else 'no'}\n" for n in range(100)))
    load(qtbot, model, str(table), target="kind")
    session.settings.change("all", hidden=(12,), batch_size=20, epochs=4)
    session.reset()
    steps(qtbot, model, 1, 2)
    save(qtbot, model, home / "run.npz")
    parameters = session.runs.current.network.parameters.copy()
    load(qtbot, model, "mnist")
    table.write_text(table.read_text().replace("6,", "9,"))
    reopen(qtbot, model, home / "run.npz")
    qtbot.waitUntil(lambda: session.messages.current is not None)
    assert session.messages.current is not None
    assert "points: its scaling differs from the network's" in session.messages.current.text
    assert not session.training.is_in_progress
    np.testing.assert_array_equal(session.runs.current.network.parameters, parameters)


def test_before_the_data_is_there(ready_model: Model, qtbot: QtBot, home: Path) -> None:
    model, session = ready_model, ready_model.session
    steps(qtbot, model, 0, 2)
    save(qtbot, model, home / "run.npz")
    session.data.dataset = None
    reopen(qtbot, model, home / "run.npz")
    assert session.messages.current is not None
    assert "not loaded yet" in session.messages.current.text


# ---- networks without the state of a training


def saved_of_points(qtbot: QtBot, window: MainWindow, path: Path) -> None:
    """Saves a network of points; afterwards there are other data in the window."""
    load(qtbot, window, "moons", points=200)
    save(qtbot, window, path)
    load(qtbot, window, "mnist")


def test_whether_it_fits_is_reported_when_its_data_are_there(ready_model: Model, qtbot: QtBot, home: Path) -> None:
    model, session = ready_model, ready_model.session
    saved_of_points(qtbot, model, home / "points.json")
    reported: list[str] = []
    session.messages.changed.connect(
        lambda: reported.append(session.messages.current.text if session.messages.current else "")
    )
    reopen(qtbot, model, home / "points.json")
    wait_for(qtbot, model, Status.READY)
    assert session.data.name == "moons"
    assert not any(reported)


def test_it_is_reported_where_they_cannot_be_loaded(
    ready_model: Model,
    qtbot: QtBot,
    home: Path,
    few_digits: Dataset,
    loading_gate: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model, session = ready_model, ready_model.session
    halves = replace(few_digits.train.head(400), inputs=few_digits.train.inputs[:400, :392])
    load_through(qtbot, model, Dataset("Slow", halves), loading_gate, monkeypatch)
    session.reset()
    save(qtbot, model, home / "halves.json")
    load(qtbot, model, "mnist")
    loading_gate.clear()
    reopen(qtbot, model, home / "halves.json")
    assert session.state is Status.LOADING
    session.data.cancel()
    loading_gate.set()
    assert session.messages.current is not None
    assert "784" in session.messages.current.text
