"""Slow work is done in other threads, and nothing that matters waits for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PyQt5.QtCore import QMimeData, QUrl
from pytestqt.qtbot import QtBot

from engine.datasets import DATASETS, Dataset, DataSource
from engine.experiment import Experiment
from engine.network.network import Network
from engine.storage import load_network, save_network
from engine.training.history import History
from engine.training.trainer import Trainer
from nnviz.cards.settings.rate_search import RateSearch
from nnviz.session import files
from nnviz.session import network_replacement as making
from nnviz.session.status import Status
from tests.engine.helpers import ENDINGS, restored_later
from tests.nnviz.cards.card_window import CardWindow, MakeCards
from tests.nnviz.conftest import Gate, Model, Restart
from tests.nnviz.helpers import MANY_EPOCHS, is_shown, pause, seven, wait_for

Threads = dict[str, list[threading.Thread]]


@pytest.fixture
def slow_work(monkeypatch: pytest.MonkeyPatch) -> Threads:
    """By what is done, the threads that do it: large networks, trainers, the parting of a validation set."""
    done: Threads = {"network": [], "trainer": [], "validation set": []}

    def note(kind: type, method: str, what: str, counts: Callable[[tuple[Any, ...]], bool] = lambda _: True) -> None:
        original = getattr(kind, method)

        def noted(self: object, *arguments: Any, **named: Any) -> Any:
            if counts(arguments):
                done[what].append(threading.current_thread())
            return original(self, *arguments, **named)

        monkeypatch.setattr(kind, method, noted)

    note(Network, "__init__", "network", lambda arguments: len(arguments) > 3 and arguments[3] == "orthogonal")
    note(Trainer, "__init__", "trainer")
    note(Dataset, "with_validation", "validation set")
    return done


def test_networks_trainers_and_validation_sets_are_made_behind_the_window(
    ready_model: Model, qtbot: QtBot, slow_work: Threads
) -> None:
    """Also an orthogonal network, which is slow to make at a size at which others are not."""
    session = ready_model.session
    session.settings.change("initialisation", initializer="orthogonal", hidden=(256, 64))
    assert session.state is Status.BUILDING
    wait_for(qtbot, ready_model, Status.READY)
    assert session.displayed.network.shape == [784, 256, 64, 10]
    session.settings.change("validation set", validation_share=0.2, epochs=MANY_EPOCHS)
    session.start()
    qtbot.waitUntil(lambda: session.runs.current.history.completed >= 1)
    pause(qtbot, ready_model)
    session.reset()
    wait_for(qtbot, ready_model, Status.READY)
    assert all(slow_work.values()), "each was made"
    for what, threads in slow_work.items():
        assert threading.main_thread() not in threads, what


def test_at_the_next_start_too(restart: Restart, qtbot: QtBot, slow_work: Threads) -> None:
    model = restart()
    wait_for(qtbot, model, Status.READY)
    model.session.settings.change("initialisation", initializer="orthogonal", hidden=(256, 64))
    wait_for(qtbot, model, Status.READY)
    assert model.close()
    model = restart()
    qtbot.waitUntil(lambda: model.session.displayed.network.shape == [784, 256, 64, 10])
    assert len(slow_work["network"]) == 2
    assert threading.main_thread() not in slow_work["network"]


def test_the_history_in_a_file_is_read_behind_the_window(
    ready_model: Model, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be of many thousand epochs."""
    threads: list[threading.Thread] = []
    original = History.from_dict

    def noted(entries: object) -> History:
        threads.append(threading.current_thread())
        return original(entries)

    monkeypatch.setattr(History, "from_dict", noted)
    network = Experiment().build()
    network.provenance = {"epochs": 7, "curves": {}}
    save_network(network, tmp_path / "old.npz")
    with qtbot.waitSignal(ready_model.session.files.opened):
        ready_model.session.files.open(tmp_path / "old.npz")
    assert ready_model.session.runs.current.history.completed == 7
    assert threads
    assert threading.main_thread() not in threads


# ---- what is held up


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Reading files and pictures, and making networks, does not go on before this is set."""
    gate = threading.Event()

    def slowly(original: Callable[..., Any]) -> Callable[..., Any]:
        def wait(*arguments: Any) -> Any:
            if threading.current_thread() is not threading.main_thread():
                gate.wait(10)
            return original(*arguments)

        return wait

    monkeypatch.setattr(files, "read_network", slowly(files.read_network))
    monkeypatch.setattr(making, "new_run", slowly(making.new_run))
    monkeypatch.setattr("nnviz.digits.picture_files.grey_of_file", slowly(lambda *_: np.zeros((9, 9))))
    yield gate
    gate.set()


def hold_all_up(window: CardWindow, gate: Gate, folder: Path) -> None:
    """A file, a picture, answers, a search and a large network are on their way, and do not get on."""
    session = window.session
    save_network(Experiment().build(), folder / "other.json")
    session.files.open(folder / "other.json")
    Image.new("L", (9, 9)).save(folder / "digit.png")
    given = QMimeData()
    given.setUrls([QUrl.fromLocalFile(str(folder / "digit.png"))])
    session.pictures.load(given, "the clipboard")
    gate.close()
    window.canvas.set_strokes([np.array(seven(window.canvas))])
    session.models[RateSearch].search()
    session.settings.change("shape", hidden=(900,))
    gate.wait_until_reached()


@pytest.mark.parametrize("name", [f"network{ending}" for ending in ENDINGS])
def test_saving_waits_for_nothing(
    make_cards: MakeCards, qtbot: QtBot, gate: Gate, held: threading.Event, home: Path, name: str
) -> None:
    window = make_cards()
    session = window.session
    session.step_batch()
    wait_for(qtbot, window, Status.PAUSED)
    parameters = session.displayed.network.parameters
    hold_all_up(window, gate, home)
    saved: list[object] = []
    session.files.save(home / name, lambda: saved.append(session.runs.current.storage.path))
    qtbot.waitUntil(lambda: saved == [home / name])
    assert not held.is_set()
    gate.open()
    held.set()
    found = load_network(home / name)
    np.testing.assert_array_equal(found.parameters, parameters)


def test_the_end_waits_once_for_all(
    make_cards: MakeCards, qtbot: QtBot, gate: Gate, held: threading.Event, home: Path
) -> None:
    """A large network in the making, and whatever else is slow: nothing of it would be kept."""
    window = make_cards()
    hold_all_up(window, gate, home)
    assert window.session.replacement.is_making
    start = time.monotonic()
    assert not window.session.close()
    assert time.monotonic() - start < 1
    gate.open()
    held.set()
    qtbot.waitUntil(window.session.close)


def test_a_start_is_not_lost_while_a_long_step_comes_to_its_end(
    ready_model: Model, qtbot: QtBot, gate: Gate, few_digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other data is there before the training on the data before has stopped."""
    session, other = ready_model.session, few_digits.with_validation(0.5)
    restored_later(monkeypatch, DATASETS)
    DATASETS.register("other")(DataSource("Other", lambda: other))
    session.settings.change("epochs", epochs=MANY_EPOCHS)
    gate.close()
    session.start()
    gate.wait_until_reached()
    session.data.load("other")
    session.start()
    qtbot.waitUntil(lambda: is_shown(session.data))
    assert session.training.will_start
    gate.open()
    qtbot.waitUntil(lambda: session.runs.current.history.completed >= 1)
    assert session.runs.current.experiment.data == "other"
    assert session.runs.current.experiment.fingerprint == other.fingerprint
    pause(qtbot, ready_model)
