"""What is told of a network's numbers is of the network that is shown, and only while somebody looks."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from engine.distributions import LayerStatisticsEvaluator
from nnviz.session.session import Session
from nnviz.window.main_window import MainWindow
from tests.nnviz.helpers import pause, train_epochs, train_for_a_while


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Grows with every network that is looked at."""
    seen: list[object] = []
    original = LayerStatisticsEvaluator.evaluate

    def evaluate(self: LayerStatisticsEvaluator, network: object) -> object:
        seen.append(network)
        return original(self, network)  # type: ignore[arg-type]

    monkeypatch.setattr(LayerStatisticsEvaluator, "evaluate", evaluate)
    return seen


def weights_told(session: Session) -> float:
    assert session.anatomy.now is not None
    return session.anatomy.now[0].weights.mean


def mean_weight(session: Session) -> float:
    return float(session.displayed.network.weights[0].T.mean(dtype=np.float64))


def test_nobody_looks_nothing_is_worked_out(ready_window: MainWindow, qtbot: QtBot, looks: list[object]) -> None:
    train_epochs(qtbot, ready_window, 2)
    assert looks == []
    assert ready_window.session.anatomy.now is None


def test_a_fresh_network_is_as_it_was_at_the_start(ready_window: MainWindow, qtbot: QtBot) -> None:
    session = ready_window.session
    with qtbot.waitSignal(session.anatomy.changed):
        session.anatomy.want(True)
    assert session.anatomy.now is not None
    assert session.anatomy.start is not None
    assert session.anatomy.now[0].weights.high == session.anatomy.start[0].weights.high


def test_it_follows_a_training_and_remembers_the_start(ready_window: MainWindow, qtbot: QtBot) -> None:
    session = ready_window.session
    first = mean_weight(session)
    train_epochs(qtbot, ready_window, 2)
    session.anatomy.want(True)  # only now
    qtbot.waitUntil(lambda: session.anatomy.now is not None)
    assert session.anatomy.start is not None
    assert session.anatomy.start[0].weights.mean == pytest.approx(first)
    assert weights_told(session) == pytest.approx(mean_weight(session)) != pytest.approx(first)


def test_while_training_the_last_view_is_seen_in_the_end(ready_window: MainWindow, qtbot: QtBot) -> None:
    session = ready_window.session
    session.anatomy.want(True)
    train_for_a_while(qtbot, ready_window)
    pause(qtbot, ready_window)
    last = pytest.approx(mean_weight(session), rel=1e-9)
    qtbot.waitUntil(lambda: session.anatomy.now is not None and weights_told(session) == last)


def test_another_network_is_another_subject(ready_window: MainWindow, qtbot: QtBot) -> None:
    session = ready_window.session
    session.anatomy.want(True)
    qtbot.waitUntil(lambda: session.anatomy.now is not None)
    session.settings.change_shape((784, 5, 4, 10))
    qtbot.waitUntil(lambda: session.anatomy.now is not None and len(session.anatomy.now) == 3)
    assert session.anatomy.now is not None
    assert session.anatomy.now[0].neurons == 5


def test_looks_leave_nothing_behind(ready_window: MainWindow, qtbot: QtBot) -> None:
    """Each holds a network; the garbage collector would be late."""
    session = ready_window.session
    session.anatomy.want(True)
    qtbot.waitUntil(lambda: session.anatomy.now is not None)
    gc.collect()
    gc.disable()
    looked_at = []
    try:
        for _ in range(5):
            session.displayed.network = session.displayed.network.copy()
            looked_at.append(weakref.ref(session.displayed.network))
            with qtbot.waitSignal(session.anatomy.changed):
                session.displayed.changed.emit()
        qtbot.wait(1)
        assert sum(network() is not None for network in looked_at) == 1, "the one that is shown"
    finally:
        gc.enable()


def test_out_of_sight_it_keeps_no_buffers(ready_window: MainWindow, qtbot: QtBot) -> None:
    anatomy = ready_window.session.anatomy
    anatomy.want(True)
    qtbot.waitUntil(lambda: anatomy.now is not None)
    anatomy.want(False)
    assert anatomy._evaluator is None
    assert anatomy.now is not None


def test_an_opened_network_is_compared_with_what_was_opened(
    ready_window: MainWindow, qtbot: QtBot, tmp_path_factory: pytest.TempPathFactory
) -> None:
    session = ready_window.session
    train_epochs(qtbot, ready_window, 1)
    path = tmp_path_factory.mktemp("networks") / "trained.npz"
    with qtbot.waitSignal(session.runs.file_changed):
        session.files.save(path)
    trained = session.displayed.network.parameters.copy()
    with qtbot.waitSignal(session.runs.replaced):
        session.files.open(path)
    np.testing.assert_array_equal(session.runs.current.parameters_at_start(), trained)
    session.anatomy.want(True)
    qtbot.waitUntil(lambda: session.anatomy.start is not None)
    assert session.anatomy.start is not None
    assert session.anatomy.start[0].weights.high == session.displayed.network.weights[0].max()
