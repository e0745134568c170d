"""The thread of the window makes no large network and no trainer, which holds out the validation set."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PyQt5.QtCore import Qt
from pytestqt.qtbot import QtBot

from engine.basics.validation import parameter_count
from engine.experiment import Experiment
from engine.presets import preset_named
from engine.storage import save_network
from engine.training.trainer import Trainer
from nnviz.cards.settings.rate_search import RateSearch
from nnviz.session.training import Status
from nnviz.window.main_window import MainWindow
from tests.nnviz.conftest import Model, Restart
from tests.nnviz.helpers import action, pause, press, retype, store_settings, wait_for

LARGE = (784, 800, 10)
WIDE_ORTHOGONAL = (784, 300, 10)  # not large, but slow to draw


@pytest.fixture
def on_interface(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What of the costly things is done in the thread of the window."""
    done: list[str] = []

    def watch(owner: type, name: str, costs: Callable[[Any], str]) -> None:
        original = getattr(owner, name)

        def watched(self: Any, *args: Any, **kwargs: Any) -> Any:
            result = original(self, *args, **kwargs)
            what = costs(self)
            if what and threading.current_thread() is threading.main_thread():
                done.append(what)
            return result

        monkeypatch.setattr(owner, name, watched)

    def cost_of_build(experiment: Experiment) -> str:
        times = 10 if experiment.initializer == "orthogonal" else 1
        is_large = times * parameter_count(experiment.shape) > 500_000
        return f"build {experiment.shape} {experiment.initializer}" if is_large else ""

    watch(Experiment, "build", cost_of_build)
    watch(Trainer, "__init__", lambda _: "a trainer")
    return done


def network_is(window: MainWindow | Model, shape: tuple[int, ...]) -> bool:
    """Whether the current network has that shape."""
    return tuple(window.session.runs.current.network.shape) == shape


def test_typed_opened_and_the_distributions_at_the_start(
    ready_window: MainWindow, qtbot: QtBot, on_interface: list[str], home: Path
) -> None:
    retype(qtbot, ready_window, "shapeEdit", ", ".join(map(str, LARGE)))
    assert ready_window.session.state is Status.BUILDING
    qtbot.waitUntil(lambda: network_is(ready_window, LARGE))
    action(ready_window, "actionUndo").trigger()
    qtbot.waitUntil(lambda: network_is(ready_window, Experiment().shape))

    # The search for a rate.
    search = ready_window.session.models[RateSearch]
    search.search()
    qtbot.waitUntil(lambda: len(search.partial or ()) > 1)
    search.cancel()
    assert not on_interface

    action(ready_window, "actionRedo").trigger()
    qtbot.waitUntil(lambda: network_is(ready_window, LARGE))
    assert not on_interface

    # Opened and the distributions at the start.
    save_network(Experiment().changed(shape=LARGE).build(), home / "large.npz")
    on_interface.clear()
    window = ready_window
    window.session.files.open(home / "large.npz")
    qtbot.waitUntil(lambda: window.session.runs.current.storage.path == home / "large.npz")
    assert network_is(window, LARGE)
    window.setFocus()
    window.curves.turn_to(window.curves.pages[-1])
    press(qtbot, window, Qt.Key.Key_B)
    wait_for(qtbot, window, Status.PAUSED)
    assert not on_interface


def test_slow_to_draw(ready_model: Model, qtbot: QtBot, on_interface: list[str]) -> None:
    session = ready_model.session
    session.settings.change("shape", shape=WIDE_ORTHOGONAL)
    session.settings.change("initializer", initializer="orthogonal")
    qtbot.waitUntil(lambda: session.runs.current.experiment.initializer == "orthogonal")
    assert not on_interface


def test_preset_reset_and_start(ready_model: Model, qtbot: QtBot, on_interface: list[str]) -> None:
    session = ready_model.session
    preset = preset_named("Best on MNIST")
    shape = preset.applied_to(Experiment()).shape
    session.settings.choose_preset(preset)
    qtbot.waitUntil(lambda: network_is(ready_model, shape))
    before = session.runs.current
    session.reset()
    qtbot.waitUntil(lambda: session.runs.current is not before)
    session.settings.change("validation share", validation_share=0.2)
    session.step_batch()
    wait_for(qtbot, ready_model, Status.PAUSED)
    assert session.training.progress.batch == 1
    assert not on_interface


def test_start_of_another_network_than_the_trained(ready_model: Model, qtbot: QtBot, on_interface: list[str]) -> None:
    session = ready_model.session
    session.step_batch()
    wait_for(qtbot, ready_model, Status.PAUSED)
    session.settings.change("shape", shape=LARGE)
    session.start()
    qtbot.waitUntil(lambda: network_is(ready_model, LARGE) and session.state is Status.TRAINING)
    pause(qtbot, ready_model)
    assert not on_interface


@pytest.mark.parametrize(
    "experiment",
    [
        Experiment().changed(shape=LARGE),
        Experiment().changed(shape=WIDE_ORTHOGONAL, initializer="orthogonal"),
    ],
    ids=["large", "slow to draw"],
)
def test_the_settings_of_last_time(
    restart: Restart, qtbot: QtBot, on_interface: list[str], experiment: Experiment
) -> None:
    store_settings(configuration=json.dumps(experiment.as_dict()))
    model = restart()
    qtbot.waitUntil(lambda: network_is(model, tuple(experiment.shape)))
    assert not on_interface
